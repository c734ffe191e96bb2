//! Why an operation was refused.
//!
//! One enum per operation, so that a caller matches only what can happen to it. The messages are fragments that fit after "failed
//! to publish: " and so on.

use std::error::Error;
use std::fmt;

use crate::journal::JournalError;

/// Why [`publish`](super::Broker::publish) did not accept a message, with the message.
pub enum PublishError<T> {
    /// The broker has no such topic.
    UnknownTopic(T),
    /// The broker is closed.
    Closed(T),
    /// The log could not be written.
    NotWritten(T, JournalError),
}

impl<T> PublishError<T> {
    /// The message that was not accepted.
    pub fn into_message(self) -> T {
        match self {
            Self::UnknownTopic(message) | Self::Closed(message) | Self::NotWritten(message, _) => message,
        }
    }
}

// Without the message: `publish(…).unwrap()` must work for every `T`.
impl<T> fmt::Debug for PublishError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownTopic(_) => f.write_str("UnknownTopic(..)"),
            Self::Closed(_) => f.write_str("Closed(..)"),
            Self::NotWritten(_, error) => write!(f, "NotWritten(.., {error:?})"),
        }
    }
}

impl<T> fmt::Display for PublishError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownTopic(_) => f.write_str("there is no such topic"),
            Self::Closed(_) => f.write_str("the broker is closed"),
            Self::NotWritten(_, error) => write!(f, "the log cannot be written: {error}"),
        }
    }
}

impl<T> Error for PublishError<T> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::NotWritten(_, error) => Some(error),
            Self::UnknownTopic(_) | Self::Closed(_) => None,
        }
    }
}

/// Why nothing could be had of a group.
#[derive(Debug)]
#[non_exhaustive]
pub enum SubscribeError {
    /// The broker has no such topic.
    UnknownTopic,
    /// The topic has no such group.
    UnknownGroup,
    /// The log could not be written.
    Log(JournalError),
}

impl fmt::Display for SubscribeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownTopic => f.write_str("there is no such topic"),
            Self::UnknownGroup => f.write_str("the topic has no such group"),
            Self::Log(error) => write!(f, "the log cannot be written: {error}"),
        }
    }
}

impl Error for SubscribeError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Log(error) => Some(error),
            Self::UnknownTopic | Self::UnknownGroup => None,
        }
    }
}

/// Why a message was not acknowledged.
#[derive(Debug)]
pub enum AcknowledgeError {
    /// The lease ran out, and the message was given to another or given up.
    Expired,
    /// The log could not be written. The message is delivered again.
    Log(JournalError),
}

impl fmt::Display for AcknowledgeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expired => f.write_str("the lease ran out, and the message is somebody else's"),
            Self::Log(error) => write!(f, "the log cannot be written: {error}"),
        }
    }
}

impl Error for AcknowledgeError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Log(error) => Some(error),
            Self::Expired => None,
        }
    }
}
