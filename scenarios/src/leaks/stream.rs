//! The two ends of a stream.
//!
//! They share two channels: the items go one way, and the news that nobody wants more of them goes the other. That news is a
//! channel which is closed, because a channel that is closed is heard by whoever looks, however often and however late.

use std::fmt;
use std::iter::FusedIterator;
use std::marker::PhantomData;

use reweave::go;
use reweave::time::Duration;

use super::error::{Abandoned, CallError};
use super::variant::{Correct, Policy, Sending};

/// Where the work of a stream puts its items.
pub struct Outlet<T, P = Correct> {
    items: go::Chan<Result<T, CallError>>,
    abandoned: go::RecvChan<()>,
    policy: PhantomData<fn() -> P>,
}

/// The items of a stream, in the order in which they were sent. After an error there are no more.
///
/// When it is dropped, the work is told.
pub struct Stream<T> {
    items: go::Chan<Result<T, CallError>>,
    /// Closed when the stream is dropped; nothing is sent.
    abandoned: go::Chan<()>,
    /// Fires once: the time is the time of the whole stream.
    timer: go::Timer,
    ended: bool,
}

impl<T: Send + 'static> Stream<T> {
    pub(super) fn start<P: Policy>(limit: Duration, work: impl FnOnce(&Outlet<T, P>) + Send + 'static) -> Self {
        let (items, abandoned) = (go::Chan::new(0), go::Chan::new(0));
        let outlet = Outlet::<T, P> { items: items.clone(), abandoned: abandoned.recv_only(), policy: PhantomData };
        go::spawn(move || {
            if let Err(panic) = go::recover(|| work(&outlet)) {
                // If nobody is there, nobody needs to know.
                let _ = outlet.put(Err(panic.into()));
            }
            outlet.items.close();
        });
        Self { items, abandoned, timer: go::Timer::new(limit), ended: false }
    }
}

impl<T, P: Policy> Outlet<T, P> {
    /// Hands an item over, as soon as somebody asks for it.
    ///
    /// # Errors
    /// [`Abandoned`] if nobody ever will: the time is up, or the stream was dropped.
    pub fn send(&self, item: T) -> Result<(), Abandoned> {
        self.put(Ok(item))
    }

    /// Whether nobody takes items any more, for work that takes long between two of them.
    pub fn is_abandoned(&self) -> bool {
        go::select! {
            recv(self.abandoned) => true,
            default => false,
        }
    }

    fn put(&self, item: Result<T, CallError>) -> Result<(), Abandoned> {
        match P::SENDING {
            Sending::UntilAbandoned => go::select! {
                send(self.items, item) => Ok(()),
                recv(self.abandoned) => Err(Abandoned),
            },
            Sending::WithoutStopArm => {
                self.items.send(item);
                Ok(())
            }
        }
    }
}

impl<T> Iterator for Stream<T> {
    type Item = Result<T, CallError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = go::select! {
            recv(self.items) -> item => item,
            recv(self.timer.c()) => Some(Err(CallError::TimedOut)),
        };
        self.ended = !matches!(next, Some(Ok(_)));
        next
    }
}

impl<T> FusedIterator for Stream<T> {}

impl<T> Drop for Stream<T> {
    fn drop(&mut self) {
        self.timer.stop();
        self.abandoned.close();
    }
}

impl<T, P> fmt::Debug for Outlet<T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outlet").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Stream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("ended", &self.ended).finish_non_exhaustive()
    }
}
