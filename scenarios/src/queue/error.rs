//! Why an operation was refused.
//!
//! One enum per operation, so that a caller matches only what can happen to it; whatever was to be
//! pushed comes back inside the error. The messages are fragments that fit after "failed to push: "
//! and "failed to pop: ".

use std::error::Error;
use std::fmt;

use crate::journal::JournalError;

/// Why [`push`](super::BoundedQueue::push) or [`push_timeout`](super::BoundedQueue::push_timeout)
/// did not accept an item.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum PushError<T> {
    /// The queue is closed and accepts nothing any more.
    Closed(T),
    /// The queue was still full when the time was up. Never the answer of `push`, which waits for
    /// as long as it takes.
    Timeout(T),
}

/// Why [`try_push`](super::BoundedQueue::try_push) did not accept an item.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum TryPushError<T> {
    /// The queue is closed and accepts nothing any more.
    Closed(T),
    /// The queue holds as many items as it may.
    Full(T),
}

/// Why [`OverflowQueue::push`](super::OverflowQueue::push) did not accept an item.
pub enum Refused<T> {
    /// The queue is closed and accepts nothing any more.
    Closed(T),
    /// The queue was still full when the patience of [`DropAfter`](super::WhenFull::DropAfter) was over.
    Dropped(T),
    /// The disk did not take the item. The queue goes on; the next item may find room in memory.
    NotWritten(T, JournalError),
}

/// Why [`pop_timeout`](super::BoundedQueue::pop_timeout) delivered nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PopError {
    /// The queue is closed, and everything that it accepted has left it.
    Closed,
    /// The queue was still empty when the time was up.
    Timeout,
}

/// Why [`try_pop`](super::BoundedQueue::try_pop) delivered nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TryPopError {
    /// The queue is closed, and everything that it accepted has left it.
    Closed,
    /// The queue is empty, but open: an item may still come.
    Empty,
}

impl<T> PushError<T> {
    /// The item that was not accepted.
    pub fn into_item(self) -> T {
        match self {
            Self::Closed(item) | Self::Timeout(item) => item,
        }
    }
}

impl<T> TryPushError<T> {
    /// The item that was not accepted.
    pub fn into_item(self) -> T {
        match self {
            Self::Closed(item) | Self::Full(item) => item,
        }
    }
}

impl<T> Refused<T> {
    /// The item that was not accepted.
    pub fn into_item(self) -> T {
        match self {
            Self::Closed(item) | Self::Dropped(item) | Self::NotWritten(item, _) => item,
        }
    }
}

// The `Debug` of the three errors that carry an item leaves the item out: `push(job).unwrap()` must
// work for every `T`, as it does with the channels of the standard library.
impl<T> fmt::Debug for PushError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed(_) => f.write_str("Closed(..)"),
            Self::Timeout(_) => f.write_str("Timeout(..)"),
        }
    }
}

impl<T> fmt::Debug for TryPushError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed(_) => f.write_str("Closed(..)"),
            Self::Full(_) => f.write_str("Full(..)"),
        }
    }
}

impl<T> fmt::Debug for Refused<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed(_) => f.write_str("Closed(..)"),
            Self::Dropped(_) => f.write_str("Dropped(..)"),
            Self::NotWritten(_, error) => write!(f, "NotWritten(.., {error:?})"),
        }
    }
}

impl<T> fmt::Display for PushError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed(_) => "the queue is closed",
            Self::Timeout(_) => "the queue stayed full until the timeout",
        })
    }
}

impl<T> fmt::Display for TryPushError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed(_) => "the queue is closed",
            Self::Full(_) => "the queue is full",
        })
    }
}

impl<T> fmt::Display for Refused<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed(_) => f.write_str("the queue is closed"),
            Self::Dropped(_) => f.write_str("the queue stayed full for as long as it may"),
            Self::NotWritten(_, error) => write!(f, "the queue is full, and the disk did not take the item: {error}"),
        }
    }
}

impl fmt::Display for PopError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => "the queue is closed and empty",
            Self::Timeout => "the queue stayed empty until the timeout",
        })
    }
}

impl fmt::Display for TryPopError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => "the queue is closed and empty",
            Self::Empty => "the queue is empty",
        })
    }
}

impl<T> Error for PushError<T> {}
impl<T> Error for TryPushError<T> {}
impl<T> Error for Refused<T> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::NotWritten(_, error) => Some(error),
            Self::Closed(_) | Self::Dropped(_) => None,
        }
    }
}

impl Error for PopError {}
impl Error for TryPopError {}
