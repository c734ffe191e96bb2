//! The receiving half, and the iterators over what it receives.

use std::fmt;
use std::panic::Location;
use std::sync::mpsc::{RecvError, RecvTimeoutError, TryRecvError};
use std::time::Duration;

use super::{buffered, rendezvous};
use crate::channel::Real;
use crate::driver::Place;
use crate::iteration::Iteration;

/// The receiving half of a channel, as [`std::sync::mpsc::Receiver`].
///
/// ```
/// use reweave::sync::mpsc::channel;
///
/// let (sender, receiver) = channel();
/// let thread = reweave::thread::spawn(move || receiver.iter().sum::<u32>());
/// sender.send(1).unwrap();
/// sender.send(2).unwrap();
/// drop(sender);
/// assert_eq!(thread.join().unwrap(), 3);
/// ```
pub struct Receiver<T>(Repr<T>);

enum Repr<T> {
    Real(Real<std::sync::mpsc::Receiver<T>>),
    Buffered(buffered::Receiver<T>),
    Rendezvous(rendezvous::Receiver<T>),
}

impl<T> Receiver<T> {
    pub(super) fn real(receiver: Real<std::sync::mpsc::Receiver<T>>) -> Receiver<T> {
        Receiver(Repr::Real(receiver))
    }

    pub(super) fn buffered(receiver: buffered::Receiver<T>) -> Receiver<T> {
        Receiver(Repr::Buffered(receiver))
    }

    pub(super) fn rendezvous(receiver: rendezvous::Receiver<T>) -> Receiver<T> {
        Receiver(Repr::Rendezvous(receiver))
    }

    /// Receives a value, waiting for one.
    ///
    /// ```
    /// use reweave::sync::mpsc::{RecvError, channel};
    ///
    /// let (sender, receiver) = channel();
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
    #[inline]
    #[track_caller]
    pub fn recv(&self) -> Result<T, RecvError> {
        self.recv_at(Location::caller())
    }

    #[inline]
    #[track_caller]
    fn recv_at(&self, place: Place) -> Result<T, RecvError> {
        let received = match &self.0 {
            Repr::Real(receiver) => return receiver.visit().ok_or(RecvError)?.recv(),
            Repr::Buffered(receiver) => receiver.receive(place),
            Repr::Rendezvous(receiver) => receiver.receive(place),
        };
        received.map_err(|_| RecvError)
    }

    /// Receives a value if there is one.
    ///
    /// ```
    /// use reweave::sync::mpsc::{TryRecvError, channel};
    ///
    /// let (sender, receiver) = channel();
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
        match &self.0 {
            Repr::Real(receiver) => receiver.visit().ok_or(TryRecvError::Disconnected)?.try_recv(),
            Repr::Buffered(receiver) => receiver.try_receive(place),
            Repr::Rendezvous(receiver) => receiver.try_receive(place),
        }
    }

    /// Receives a value, waiting for one, but not longer than `timeout`; in an execution that is virtual time.
    ///
    /// ```
    /// use reweave::sync::mpsc::{RecvTimeoutError, channel};
    /// use reweave::time::Duration;
    ///
    /// let (sender, receiver) = channel();
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
    #[inline]
    #[track_caller]
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        let place = Location::caller();
        let received = match &self.0 {
            Repr::Real(receiver) => {
                return receiver.visit().ok_or(RecvTimeoutError::Disconnected)?.recv_timeout(timeout);
            }
            Repr::Buffered(receiver) => receiver.receive_within(timeout, place),
            Repr::Rendezvous(receiver) => receiver.receive_within(timeout, place),
        };
        received.map_err(|reason| match reason {
            TryRecvError::Empty => RecvTimeoutError::Timeout,
            TryRecvError::Disconnected => RecvTimeoutError::Disconnected,
        })
    }

    /// An iterator that waits for each value, and ends when every sender is gone.
    ///
    /// ```
    /// let (sender, receiver) = reweave::sync::mpsc::channel();
    /// sender.send(1).unwrap();
    /// sender.send(2).unwrap();
    /// drop(sender);
    /// assert_eq!(receiver.iter().collect::<Vec<_>>(), [1, 2]);
    /// ```
    #[track_caller]
    pub fn iter(&self) -> Iter<'_, T> {
        Iter { receiver: self, iteration: Iteration::new(Location::caller()) }
    }

    /// An iterator over the values that are there; it never waits.
    ///
    /// ```
    /// let (sender, receiver) = reweave::sync::mpsc::channel();
    /// sender.send(1).unwrap();
    /// sender.send(2).unwrap();
    /// assert_eq!(receiver.try_iter().collect::<Vec<_>>(), [1, 2]);
    /// assert_eq!(receiver.try_iter().next(), None);
    /// ```
    #[track_caller]
    pub fn try_iter(&self) -> TryIter<'_, T> {
        TryIter { receiver: self, iteration: Iteration::new(Location::caller()) }
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}

/// Waits for the values of a [`Receiver`]; see [`Receiver::iter`].
pub struct Iter<'a, T> {
    receiver: &'a Receiver<T>,
    iteration: Iteration,
}

impl<T> Iterator for Iter<'_, T> {
    type Item = T;

    #[track_caller]
    fn next(&mut self) -> Option<T> {
        self.receiver.recv_at(self.iteration.at(Location::caller())).ok()
    }
}

/// Takes the values of a [`Receiver`] that are there; see [`Receiver::try_iter`].
pub struct TryIter<'a, T> {
    receiver: &'a Receiver<T>,
    iteration: Iteration,
}

impl<T> Iterator for TryIter<'_, T> {
    type Item = T;

    #[track_caller]
    fn next(&mut self) -> Option<T> {
        self.receiver.try_recv_at(self.iteration.at(Location::caller())).ok()
    }
}

/// Waits for the values of a [`Receiver`] that it owns.
///
/// ```
/// let (sender, receiver) = reweave::sync::mpsc::channel();
/// sender.send(1).unwrap();
/// drop(sender);
/// for value in receiver {
///     assert_eq!(value, 1);
/// }
/// ```
pub struct IntoIter<T> {
    receiver: Receiver<T>,
    iteration: Iteration,
}

impl<T> Iterator for IntoIter<T> {
    type Item = T;

    #[track_caller]
    fn next(&mut self) -> Option<T> {
        self.receiver.recv_at(self.iteration.at(Location::caller())).ok()
    }
}

// std derives these, with the name of its field.
impl<T> fmt::Debug for Iter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Iter").field("rx", self.receiver).finish()
    }
}

impl<T> fmt::Debug for TryIter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TryIter").field("rx", self.receiver).finish()
    }
}

impl<T> fmt::Debug for IntoIter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntoIter").field("rx", &self.receiver).finish()
    }
}

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
