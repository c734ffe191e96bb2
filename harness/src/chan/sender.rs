//! The sending half.

use std::fmt;
use std::panic::{Location, RefUnwindSafe, UnwindSafe};

use super::shared::Channel;
use super::{SendError, SendTimeoutError, TrySendError};
use crate::channel::{NotSent, Patience, Promise, Real, Reason};
use crate::engine::Place;
use crate::kernel::handles::Side;
use crate::memory::shared::Shared;
use crate::time::{Duration, Instant};

/// The sending half of a channel, as `crossbeam_channel::Sender`.
///
/// ```
/// let (sender, receiver) = reweave::chan::unbounded();
/// let another = sender.clone();
/// another.send("hello").unwrap();
/// drop((sender, another));
/// assert_eq!(receiver.into_iter().collect::<Vec<_>>(), ["hello"]);
/// ```
pub struct Sender<T>(pub(super) Repr<T>);

pub(super) enum Repr<T> {
    Real(Real<crossbeam_channel::Sender<T>>),
    Simulated(Shared<Channel<T>>),
}

impl<T> UnwindSafe for Sender<T> {}
impl<T> RefUnwindSafe for Sender<T> {}

/// Does one thing with a real channel and another with a simulated one, or a third where a thread unwinds on the wrong side.
macro_rules! either {
    ($self:expr, $real:ident => $there:expr, $simulated:ident => $here:expr, $lost:expr) => {
        match &$self.0 {
            Repr::Real(real) => match real.visit() {
                Some($real) => $there,
                None => $lost,
            },
            Repr::Simulated($simulated) => $here,
        }
    };
}

impl<T> Sender<T> {
    pub(super) fn real(sender: Real<crossbeam_channel::Sender<T>>) -> Sender<T> {
        Sender(Repr::Real(sender))
    }

    pub(super) fn simulated(channel: Shared<Channel<T>>) -> Sender<T> {
        Sender(Repr::Simulated(channel))
    }

    /// Sends a message if there is room for it, or, if the capacity is 0, if somebody waits for it.
    ///
    /// ```
    /// use reweave::chan::{TrySendError, bounded};
    ///
    /// let (sender, receiver) = bounded(1);
    /// assert_eq!(sender.try_send(1), Ok(()));
    /// assert_eq!(sender.try_send(2), Err(TrySendError::Full(2)));
    /// drop(receiver);
    /// assert_eq!(sender.try_send(3), Err(TrySendError::Disconnected(3)));
    /// ```
    ///
    /// # Errors
    /// The message, if there is no room, or if every receiver is gone.
    ///
    /// # Panics
    /// If the channel was not created where it is used: in this execution, or outside all of them.
    #[inline]
    #[track_caller]
    pub fn try_send(&self, msg: T) -> Result<(), TrySendError<T>> {
        let place = Location::caller();
        either!(
            self,
            real => real.try_send(msg),
            channel => channel.send(msg, Patience::Never, place).map_err(|NotSent(msg, reason)| match reason {
                Reason::NotReady => TrySendError::Full(msg),
                Reason::Disconnected => TrySendError::Disconnected(msg),
            }),
            Err(TrySendError::Disconnected(msg))
        )
    }

    /// Sends a message: blocks while the channel is full, or, if its capacity is 0, until somebody receives it.
    ///
    /// ```
    /// let (sender, receiver) = reweave::chan::bounded(1);
    /// sender.send(7).unwrap();
    /// assert_eq!(receiver.recv(), Ok(7));
    /// drop(receiver);
    /// assert_eq!(sender.send(8).unwrap_err().0, 8);
    /// ```
    ///
    /// # Errors
    /// The message, if every receiver is gone, or goes while this waits.
    ///
    /// # Panics
    /// If the channel was not created where it is used: in this execution, or outside all of them.
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[track_caller]
    pub fn send(&self, msg: T) -> Result<(), SendError<T>> {
        match &self.0 {
            Repr::Simulated(channel) => {
                channel.send(msg, Patience::Forever, Location::caller()).map_err(|NotSent(msg, _)| SendError(msg))
            }
            Repr::Real(real) => match real.visit() {
                Some(real) => real.send(msg),
                None => Err(SendError(msg)),
            },
        }
    }

    /// Sends a message, waiting for that, but not longer than `timeout`; in an execution that is virtual time.
    ///
    /// ```
    /// use reweave::chan::{SendTimeoutError, bounded};
    /// use reweave::time::Duration;
    ///
    /// let (sender, _receiver) = bounded(0);
    /// assert_eq!(sender.send_timeout(1, Duration::from_millis(5)), Err(SendTimeoutError::Timeout(1)));
    /// ```
    ///
    /// # Errors
    /// The message, if it could not be sent in time, or if every receiver is gone.
    ///
    /// # Panics
    /// If the channel was not created where it is used: in this execution, or outside all of them.
    #[track_caller]
    pub fn send_timeout(&self, msg: T, timeout: Duration) -> Result<(), SendTimeoutError<T>> {
        let place = Location::caller();
        either!(
            self,
            real => real.send_timeout(msg, timeout),
            channel => within(channel, msg, timeout, place),
            Err(SendTimeoutError::Disconnected(msg))
        )
    }

    /// Sends a message, waiting for that, but not longer than until `deadline`.
    ///
    /// ```
    /// use reweave::chan::bounded;
    /// use reweave::time::{Duration, Instant};
    ///
    /// let (sender, _receiver) = bounded(0);
    /// assert!(sender.send_deadline(1, Instant::now() + Duration::from_millis(5)).is_err());
    /// ```
    ///
    /// # Errors
    /// The message, if it could not be sent in time, or if every receiver is gone.
    ///
    /// # Panics
    /// If the channel was not created where it is used: in this execution, or outside all of them; or if `deadline` is a moment
    /// of another clock.
    #[track_caller]
    pub fn send_deadline(&self, msg: T, deadline: Instant) -> Result<(), SendTimeoutError<T>> {
        let place = Location::caller();
        either!(
            self,
            real => real.send_deadline(msg, deadline.real()),
            channel => match channel.visit() {
                Some(_) => within(channel, msg, deadline.until(), place),
                None => Err(SendTimeoutError::Disconnected(msg)),
            },
            Err(SendTimeoutError::Disconnected(msg))
        )
    }

    /// Whether the channel holds no message. With a capacity of 0 it never does.
    ///
    /// ```
    /// let (sender, _receiver) = reweave::chan::unbounded();
    /// assert!(sender.is_empty());
    /// sender.send(0).unwrap();
    /// assert!(!sender.is_empty());
    /// ```
    ///
    /// # Panics
    /// If the channel was not created where it is used: in this execution, or outside all of them.
    #[must_use]
    #[track_caller]
    pub fn is_empty(&self) -> bool {
        let place = Location::caller();
        either!(self, real => real.is_empty(), channel => channel.is_empty(place), true)
    }

    /// Whether the channel has no room. With a capacity of 0 it never has.
    ///
    /// ```
    /// let (sender, _receiver) = reweave::chan::bounded(1);
    /// assert!(!sender.is_full());
    /// sender.send(0).unwrap();
    /// assert!(sender.is_full());
    /// ```
    ///
    /// # Panics
    /// If the channel was not created where it is used: in this execution, or outside all of them.
    #[must_use]
    #[track_caller]
    pub fn is_full(&self) -> bool {
        let place = Location::caller();
        either!(self, real => real.is_full(), channel => channel.is_full(place), true)
    }

    /// How many messages the channel holds.
    ///
    /// ```
    /// let (sender, _receiver) = reweave::chan::unbounded();
    /// sender.send(0).unwrap();
    /// assert_eq!(sender.len(), 1);
    /// ```
    ///
    /// # Panics
    /// If the channel was not created where it is used: in this execution, or outside all of them.
    #[must_use]
    #[track_caller]
    pub fn len(&self) -> usize {
        let place = Location::caller();
        either!(self, real => real.len(), channel => channel.len(place), 0)
    }

    /// For how many messages the channel has room; `None` is any number.
    ///
    /// ```
    /// use reweave::chan::{bounded, unbounded};
    /// assert_eq!(bounded::<u8>(5).0.capacity(), Some(5));
    /// assert_eq!(unbounded::<u8>().0.capacity(), None);
    /// ```
    ///
    /// # Panics
    /// If the channel is real and the caller inside an execution.
    #[must_use]
    #[track_caller]
    pub fn capacity(&self) -> Option<usize> {
        either!(self, real => real.capacity(), channel => channel.capacity(), None)
    }

    /// Whether both send to the same channel.
    ///
    /// ```
    /// let (sender, _receiver) = reweave::chan::unbounded::<u8>();
    /// assert!(sender.same_channel(&sender.clone()));
    /// ```
    ///
    /// # Panics
    /// If both channels are real and the caller inside an execution.
    #[must_use]
    #[track_caller]
    pub fn same_channel(&self, other: &Sender<T>) -> bool {
        match (&self.0, &other.0) {
            (Repr::Real(one), Repr::Real(other)) => {
                matches!((one.visit(), other.visit()), (Some(one), Some(other)) if one.same_channel(other))
            }
            (Repr::Simulated(one), Repr::Simulated(other)) => one.is_same(other),
            _ => false,
        }
    }

    /// The value of a message that a select sent.
    #[track_caller]
    pub(super) fn fulfil(&self, promise: Promise, msg: T, place: Place) {
        if let Repr::Simulated(channel) = &self.0
            && let Some((engine, _)) = channel.visit()
        {
            channel.core.fulfil(engine, promise, msg, place);
        }
    }
}

#[track_caller]
fn within<T>(channel: &Channel<T>, msg: T, timeout: Duration, place: Place) -> Result<(), SendTimeoutError<T>> {
    channel.send(msg, Patience::Within(timeout), place).map_err(|NotSent(msg, reason)| match reason {
        Reason::NotReady => SendTimeoutError::Timeout(msg),
        Reason::Disconnected => SendTimeoutError::Disconnected(msg),
    })
}

impl<T> Clone for Sender<T> {
    /// Another sender of the same channel; receivers wait for messages as long as there is one.
    ///
    /// # Panics
    /// If the channel was not created where it is used: in this execution, or outside all of them.
    #[track_caller]
    fn clone(&self) -> Sender<T> {
        Sender(match &self.0 {
            Repr::Real(sender) => Repr::Real(sender.another()),
            Repr::Simulated(channel) => Repr::Simulated(Channel::add(channel, Side::Sending, Location::caller())),
        })
    }
}

impl<T> Drop for Sender<T> {
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn drop(&mut self) {
        if let Repr::Simulated(channel) = &self.0 {
            channel.remove(Side::Sending);
        }
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("Sender { .. }")
    }
}
