//! The receiving half, and the iterators over what it receives.

use std::fmt;
use std::iter::FusedIterator;
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

use super::shared::Channel;
use super::timer::Timer;
use super::{RecvError, RecvTimeoutError, TryRecvError};
use crate::channel::{Claim, Engine, Patience, Real, Reason, ready};
use crate::engine::Place;
use crate::engine::identity::inside;
use crate::iteration::Iteration;
use crate::kernel::handles::Side;
use crate::kernel::select::Pick;
use crate::memory::shared::Shared;
use crate::time::{Duration, Instant};

/// The receiving half of a channel, as `crossbeam_channel::Receiver`.
///
/// Every message goes to one of the receivers.
///
/// ```
/// use reweave::chan::bounded;
///
/// let (sender, receiver) = bounded(0);
/// let thread = reweave::thread::spawn(move || receiver.iter().sum::<u32>());
/// sender.send(1).unwrap();
/// sender.send(2).unwrap();
/// drop(sender);
/// assert_eq!(thread.join().unwrap(), 3);
/// ```
pub struct Receiver<T>(pub(super) Repr<T>);

/// Receivers of moments are of this type only if `T` is [`Instant`]; the function says that to the compiler.
pub(super) enum Repr<T> {
    Real(Real<crossbeam_channel::Receiver<T>>),
    RealTimer(Real<crossbeam_channel::Receiver<std::time::Instant>>, fn(Instant) -> T),
    Simulated(Shared<Channel<T>>),
    Timer(Arc<Timer>, fn(Instant) -> T),
    /// At home everywhere.
    Never(crossbeam_channel::Receiver<T>),
}

impl<T> UnwindSafe for Receiver<T> {}
impl<T> RefUnwindSafe for Receiver<T> {}

/// Does one thing with a real channel and another with a simulated one, with what both are, or a third where a thread
/// unwinds on the wrong side. Real timers give moments that have to be translated.
macro_rules! either {
    (
        $self:expr, $real:ident => $there:expr, $channel:ident => $here:expr, never => $never:expr, else => $lost:expr,
        $translate:expr
    ) => {
        match &$self.0 {
            Repr::Real(real) => match real.visit() {
                Some($real) => $there,
                None => $lost,
            },
            Repr::RealTimer(real, make) => match real.visit() {
                Some($real) => $translate($there, |moment| make(Instant::of_real(moment))),
                None => $lost,
            },
            Repr::Simulated($channel) => $here,
            Repr::Timer($channel, make) => $translate($here, |moment| make(moment)),
            Repr::Never($real) if inside().is_none() => $there,
            Repr::Never(_) => $never,
        }
    };
}

/// What is no message need not be translated.
fn as_it_is<R, F>(answer: R, _: F) -> R {
    answer
}

impl<T> Receiver<T> {
    pub(super) fn real(receiver: Real<crossbeam_channel::Receiver<T>>) -> Receiver<T> {
        Receiver(Repr::Real(receiver))
    }

    pub(super) fn real_timer(
        receiver: Real<crossbeam_channel::Receiver<std::time::Instant>>,
        make: fn(Instant) -> T,
    ) -> Receiver<T> {
        Receiver(Repr::RealTimer(receiver, make))
    }

    pub(super) fn simulated(channel: Shared<Channel<T>>) -> Receiver<T> {
        Receiver(Repr::Simulated(channel))
    }

    pub(super) fn timer(timer: Arc<Timer>, make: fn(Instant) -> T) -> Receiver<T> {
        Receiver(Repr::Timer(timer, make))
    }

    pub(super) const fn never() -> Receiver<T> {
        Receiver(Repr::Never(crossbeam_channel::never()))
    }

    /// Receives a message if there is one.
    ///
    /// ```
    /// use reweave::chan::{TryRecvError, unbounded};
    ///
    /// let (sender, receiver) = unbounded();
    /// assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    /// sender.send(1).unwrap();
    /// drop(sender);
    /// assert_eq!(receiver.try_recv(), Ok(1));
    /// assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));
    /// ```
    ///
    /// # Errors
    /// `Empty` if there is nothing to receive, `Disconnected` if moreover every sender is gone.
    ///
    /// # Panics
    /// If the channel was not created where it is used: in this execution, or outside all of them.
    #[inline]
    #[track_caller]
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        self.try_recv_at(Location::caller())
    }

    #[inline]
    #[track_caller]
    fn try_recv_at(&self, place: Place) -> Result<T, TryRecvError> {
        either!(
            self,
            real => real.try_recv(),
            channel => channel.receive(Patience::Never, place).map_err(|reason| match reason {
                Reason::NotReady => TryRecvError::Empty,
                Reason::Disconnected => TryRecvError::Disconnected,
            }),
            never => Err(TryRecvError::Empty),
            else => Err(TryRecvError::Disconnected),
            Result::map
        )
    }

    /// Receives a message, waiting for one.
    ///
    /// ```
    /// use reweave::chan::{RecvError, unbounded};
    ///
    /// let (sender, receiver) = unbounded();
    /// sender.send(1).unwrap();
    /// drop(sender);
    /// assert_eq!(receiver.recv(), Ok(1));
    /// assert_eq!(receiver.recv(), Err(RecvError));
    /// ```
    ///
    /// # Errors
    /// If there is nothing to receive and every sender is gone.
    ///
    /// # Panics
    /// If the channel was not created where it is used: in this execution, or outside all of them.
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[track_caller]
    pub fn recv(&self) -> Result<T, RecvError> {
        self.recv_at(Location::caller())
    }

    #[inline(always)]
    #[track_caller]
    fn recv_at(&self, place: Place) -> Result<T, RecvError> {
        if let Repr::Simulated(channel) = &self.0 {
            return channel.receive(Patience::Forever, place).map_err(|_| RecvError);
        }
        self.recv_otherwise(place)
    }

    #[inline(never)]
    #[track_caller]
    fn recv_otherwise(&self, place: Place) -> Result<T, RecvError> {
        either!(
            self,
            real => real.recv(),
            channel => channel.receive(Patience::Forever, place).map_err(|_| RecvError),
            never => wait(Patience::Forever, place, RecvError),
            else => Err(RecvError),
            Result::map
        )
    }

    /// Receives a message, waiting for one, but not longer than `timeout`; in an execution that is virtual time.
    ///
    /// ```
    /// use reweave::chan::{RecvTimeoutError, unbounded};
    /// use reweave::time::Duration;
    ///
    /// let (sender, receiver) = unbounded();
    /// let timeout = Duration::from_millis(5);
    /// assert_eq!(receiver.recv_timeout(timeout), Err(RecvTimeoutError::Timeout));
    /// sender.send(1).unwrap();
    /// assert_eq!(receiver.recv_timeout(timeout), Ok(1));
    /// ```
    ///
    /// # Errors
    /// `Timeout` if nothing came in time, `Disconnected` if there is nothing to receive and every sender is gone.
    ///
    /// # Panics
    /// If the channel was not created where it is used: in this execution, or outside all of them.
    #[track_caller]
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        let place = Location::caller();
        let patience = Patience::Within(timeout);
        either!(
            self,
            real => real.recv_timeout(timeout),
            channel => channel.receive(patience, place).map_err(late),
            never => wait(patience, place, RecvTimeoutError::Timeout),
            else => Err(RecvTimeoutError::Disconnected),
            Result::map
        )
    }

    /// Receives a message, waiting for one, but not longer than until `deadline`.
    ///
    /// ```
    /// use reweave::chan::{RecvTimeoutError, unbounded};
    /// use reweave::time::{Duration, Instant};
    ///
    /// let (_sender, receiver) = unbounded::<u8>();
    /// let deadline = Instant::now() + Duration::from_millis(5);
    /// assert_eq!(receiver.recv_deadline(deadline), Err(RecvTimeoutError::Timeout));
    /// ```
    ///
    /// # Errors
    /// `Timeout` if nothing came in time, `Disconnected` if there is nothing to receive and every sender is gone.
    ///
    /// # Panics
    /// If the channel was not created where it is used: in this execution, or outside all of them; or if `deadline` is a moment
    /// of another clock.
    #[track_caller]
    pub fn recv_deadline(&self, deadline: Instant) -> Result<T, RecvTimeoutError> {
        let place = Location::caller();
        let patience = || Patience::Within(deadline.until());
        either!(
            self,
            real => real.recv_deadline(deadline.real()),
            channel => match channel.visit() {
                Some(_) => channel.receive(patience(), place).map_err(late),
                None => Err(RecvTimeoutError::Disconnected),
            },
            never => wait(patience(), place, RecvTimeoutError::Timeout),
            else => Err(RecvTimeoutError::Disconnected),
            Result::map
        )
    }

    /// Whether the channel holds no message. With a capacity of 0 it never does.
    ///
    /// ```
    /// let (sender, receiver) = reweave::chan::unbounded();
    /// assert!(receiver.is_empty());
    /// sender.send(0).unwrap();
    /// assert!(!receiver.is_empty());
    /// ```
    ///
    /// # Panics
    /// If the channel was not created where it is used: in this execution, or outside all of them.
    #[must_use]
    #[track_caller]
    pub fn is_empty(&self) -> bool {
        let place = Location::caller();
        either!(self, real => real.is_empty(), channel => channel.is_empty(place), never => true, else => true, as_it_is)
    }

    /// Whether the channel has no room. With a capacity of 0 it never has.
    ///
    /// ```
    /// let (sender, receiver) = reweave::chan::bounded(1);
    /// assert!(!receiver.is_full());
    /// sender.send(0).unwrap();
    /// assert!(receiver.is_full());
    /// ```
    ///
    /// # Panics
    /// If the channel was not created where it is used: in this execution, or outside all of them.
    #[must_use]
    #[track_caller]
    pub fn is_full(&self) -> bool {
        let place = Location::caller();
        either!(self, real => real.is_full(), channel => channel.is_full(place), never => true, else => true, as_it_is)
    }

    /// How many messages the channel holds.
    ///
    /// ```
    /// let (sender, receiver) = reweave::chan::unbounded();
    /// sender.send(0).unwrap();
    /// assert_eq!(receiver.len(), 1);
    /// ```
    ///
    /// # Panics
    /// If the channel was not created where it is used: in this execution, or outside all of them.
    #[must_use]
    #[track_caller]
    pub fn len(&self) -> usize {
        let place = Location::caller();
        either!(self, real => real.len(), channel => channel.len(place), never => 0, else => 0, as_it_is)
    }

    /// For how many messages the channel has room; `None` is any number.
    ///
    /// ```
    /// use reweave::chan::{after, bounded, never, unbounded};
    /// use reweave::time::Duration;
    ///
    /// assert_eq!(bounded::<u8>(5).1.capacity(), Some(5));
    /// assert_eq!(unbounded::<u8>().1.capacity(), None);
    /// assert_eq!(after(Duration::ZERO).capacity(), Some(1));
    /// assert_eq!(never::<u8>().capacity(), Some(0));
    /// ```
    ///
    /// # Panics
    /// If the channel is real and the caller inside an execution.
    #[must_use]
    #[track_caller]
    pub fn capacity(&self) -> Option<usize> {
        either!(
            self,
            real => real.capacity(),
            channel => channel.capacity(),
            never => Some(0),
            else => None,
            as_it_is
        )
    }

    /// An iterator that waits for each message, and ends when every sender is gone.
    ///
    /// ```
    /// let (sender, receiver) = reweave::chan::unbounded();
    /// sender.send(1).unwrap();
    /// sender.send(2).unwrap();
    /// drop(sender);
    /// assert_eq!(receiver.iter().collect::<Vec<_>>(), [1, 2]);
    /// ```
    #[track_caller]
    pub fn iter(&self) -> Iter<'_, T> {
        Iter { receiver: self, iteration: Iteration::new(Location::caller()) }
    }

    /// An iterator over the messages that are there; it never waits.
    ///
    /// ```
    /// let (sender, receiver) = reweave::chan::unbounded();
    /// sender.send(1).unwrap();
    /// sender.send(2).unwrap();
    /// assert_eq!(receiver.try_iter().collect::<Vec<_>>(), [1, 2]);
    /// assert_eq!(receiver.try_iter().next(), None);
    /// ```
    #[track_caller]
    pub fn try_iter(&self) -> TryIter<'_, T> {
        TryIter { receiver: self, iteration: Iteration::new(Location::caller()) }
    }

    /// Whether both receive from the same channel. Any two that never get a message do.
    ///
    /// ```
    /// let (_sender, receiver) = reweave::chan::unbounded::<u8>();
    /// assert!(receiver.same_channel(&receiver.clone()));
    /// ```
    ///
    /// # Panics
    /// If both channels are real and the caller inside an execution.
    #[must_use]
    #[track_caller]
    pub fn same_channel(&self, other: &Receiver<T>) -> bool {
        match (&self.0, &other.0) {
            (Repr::Real(one), Repr::Real(other)) => {
                matches!((one.visit(), other.visit()), (Some(one), Some(other)) if one.same_channel(other))
            }
            (Repr::RealTimer(one, _), Repr::RealTimer(other, _)) => {
                matches!((one.visit(), other.visit()), (Some(one), Some(other)) if one.same_channel(other))
            }
            (Repr::Simulated(one), Repr::Simulated(other)) => one.is_same(other),
            (Repr::Timer(one, _), Repr::Timer(other, _)) => Arc::ptr_eq(one, other),
            (Repr::Never(_), Repr::Never(_)) => true,
            _ => false,
        }
    }

    /// The message that a select received.
    #[track_caller]
    pub(super) fn redeem(&self, claim: Claim, place: Place) -> Result<T, RecvError> {
        let message = match &self.0 {
            Repr::Simulated(channel) => {
                channel.visit().and_then(|(engine, _)| channel.core.redeem(engine, claim, place))
            }
            Repr::Timer(timer, make) => timer.redeem(claim).map(make),
            Repr::Real(_) | Repr::RealTimer(..) | Repr::Never(_) => None,
        };
        message.ok_or(RecvError)
    }
}

fn late(reason: Reason) -> RecvTimeoutError {
    match reason {
        Reason::NotReady => RecvTimeoutError::Timeout,
        Reason::Disconnected => RecvTimeoutError::Disconnected,
    }
}

/// Inside an execution: waits for nothing but the end of `patience`.
fn wait<T, E>(patience: Patience, place: Place, error: E) -> Result<T, E> {
    if let Some(this) = inside() {
        ready(Engine(this), &[], Pick::First, patience, place);
    }
    Err(error)
}

impl<T> Clone for Receiver<T> {
    /// Another receiver of the same channel; senders can send as long as there is one.
    ///
    /// # Panics
    /// If the channel was not created where it is used: in this execution, or outside all of them.
    #[track_caller]
    fn clone(&self) -> Receiver<T> {
        let place = Location::caller();
        Receiver(match &self.0 {
            Repr::Real(receiver) => Repr::Real(receiver.another()),
            Repr::RealTimer(receiver, make) => Repr::RealTimer(receiver.another(), *make),
            Repr::Simulated(channel) => Repr::Simulated(Channel::add(channel, Side::Receiving, place)),
            Repr::Timer(timer, make) => Repr::Timer(timer.add(place), *make),
            Repr::Never(never) => Repr::Never(never.clone()),
        })
    }
}

impl<T> Drop for Receiver<T> {
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn drop(&mut self) {
        match &self.0 {
            Repr::Simulated(channel) => channel.remove(Side::Receiving),
            Repr::Timer(timer, _) => timer.remove(),
            Repr::Real(_) | Repr::RealTimer(..) | Repr::Never(_) => {}
        }
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("Receiver { .. }")
    }
}

/// Waits for the messages of a [`Receiver`]; see [`Receiver::iter`].
pub struct Iter<'a, T> {
    receiver: &'a Receiver<T>,
    iteration: Iteration,
}

/// Takes the messages of a [`Receiver`] that are there; see [`Receiver::try_iter`].
pub struct TryIter<'a, T> {
    receiver: &'a Receiver<T>,
    iteration: Iteration,
}

/// Waits for the messages of a [`Receiver`] that it owns.
///
/// ```
/// let (sender, receiver) = reweave::chan::unbounded();
/// sender.send(1).unwrap();
/// drop(sender);
/// for message in receiver {
///     assert_eq!(message, 1);
/// }
/// ```
pub struct IntoIter<T> {
    receiver: Receiver<T>,
    iteration: Iteration,
}

macro_rules! iterator {
    ($of:ty, $next:ident, $text:literal) => {
        impl<T> Iterator for $of {
            type Item = T;

            #[cfg_attr(not(debug_assertions), inline(always))]
            #[track_caller]
            fn next(&mut self) -> Option<T> {
                self.receiver.$next(self.iteration.at(Location::caller())).ok()
            }
        }

        impl<T> fmt::Debug for $of {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad($text)
            }
        }
    };
}

iterator!(Iter<'_, T>, recv_at, "Iter { .. }");
iterator!(TryIter<'_, T>, try_recv_at, "TryIter { .. }");
iterator!(IntoIter<T>, recv_at, "IntoIter { .. }");

impl<T> FusedIterator for Iter<'_, T> {}
impl<T> FusedIterator for IntoIter<T> {}

impl<'a, T> IntoIterator for &'a Receiver<T> {
    type Item = T;
    type IntoIter = Iter<'a, T>;

    #[track_caller]
    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

impl<T> IntoIterator for Receiver<T> {
    type Item = T;
    type IntoIter = IntoIter<T>;

    #[track_caller]
    fn into_iter(self) -> IntoIter<T> {
        IntoIter { receiver: self, iteration: Iteration::new(Location::caller()) }
    }
}
