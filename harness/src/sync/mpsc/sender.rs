//! The sending halves.

use std::fmt;
use std::panic::Location;
use std::sync::mpsc::{SendError, TrySendError};

use super::{buffered, rendezvous};
use crate::channel::Real;

/// The sending half of a [`channel`](super::channel), as [`std::sync::mpsc::Sender`].
///
/// ```
/// let (sender, receiver) = reweave::sync::mpsc::channel();
/// let another = sender.clone();
/// another.send("hello").unwrap();
/// drop((sender, another));
/// assert_eq!(receiver.into_iter().collect::<Vec<_>>(), ["hello"]);
/// ```
pub struct Sender<T>(Repr<T>);

enum Repr<T> {
    Real(Real<std::sync::mpsc::Sender<T>>),
    Simulated(buffered::Sender<T>),
}

impl<T> Sender<T> {
    pub(super) fn real(sender: Real<std::sync::mpsc::Sender<T>>) -> Sender<T> {
        Sender(Repr::Real(sender))
    }

    pub(super) fn simulated(sender: buffered::Sender<T>) -> Sender<T> {
        Sender(Repr::Simulated(sender))
    }

    /// Sends a value. Never blocks.
    ///
    /// ```
    /// let (sender, receiver) = reweave::sync::mpsc::channel();
    /// sender.send(7).unwrap();
    /// assert_eq!(receiver.recv(), Ok(7));
    /// drop(receiver);
    /// assert_eq!(sender.send(8).unwrap_err().0, 8);
    /// ```
    ///
    /// # Errors
    /// The value, if the receiver is gone.
    ///
    /// # Panics
    /// If the channel was not created where it is used: in this execution, or outside all of them.
    #[inline]
    #[track_caller]
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        match &self.0 {
            Repr::Real(sender) => match sender.visit() {
                Some(sender) => sender.send(value),
                None => Err(SendError(value)),
            },
            Repr::Simulated(sender) => sender.send(value, Location::caller()).map_err(without_reason),
        }
    }
}

/// A blocking send fails for one reason only.
fn without_reason<T>(error: TrySendError<T>) -> SendError<T> {
    match error {
        TrySendError::Full(value) | TrySendError::Disconnected(value) => SendError(value),
    }
}

impl<T> Clone for Sender<T> {
    /// Another sender of the same channel; the receiver waits for messages as long as there is one.
    ///
    /// # Panics
    /// If the channel was not created where it is used: in this execution, or outside all of them.
    #[track_caller]
    fn clone(&self) -> Sender<T> {
        match &self.0 {
            Repr::Real(sender) => Sender(Repr::Real(sender.another())),
            Repr::Simulated(sender) => Sender(Repr::Simulated(sender.add(Location::caller()))),
        }
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

/// The sending half of a [`sync_channel`](super::sync_channel), as [`std::sync::mpsc::SyncSender`].
///
/// ```
/// let (sender, receiver) = reweave::sync::mpsc::sync_channel(0);
/// let thread = reweave::thread::spawn(move || sender.send("from hand to hand").unwrap());
/// assert_eq!(receiver.recv(), Ok("from hand to hand"));
/// thread.join().unwrap();
/// ```
pub struct SyncSender<T>(SyncRepr<T>);

enum SyncRepr<T> {
    Real(Real<std::sync::mpsc::SyncSender<T>>),
    Buffered(buffered::Sender<T>),
    Rendezvous(rendezvous::Sender<T>),
}

impl<T> SyncSender<T> {
    pub(super) fn real(sender: Real<std::sync::mpsc::SyncSender<T>>) -> SyncSender<T> {
        SyncSender(SyncRepr::Real(sender))
    }

    pub(super) fn buffered(sender: buffered::Sender<T>) -> SyncSender<T> {
        SyncSender(SyncRepr::Buffered(sender))
    }

    pub(super) fn rendezvous(sender: rendezvous::Sender<T>) -> SyncSender<T> {
        SyncSender(SyncRepr::Rendezvous(sender))
    }

    /// Sends a value: blocks while the channel is full, or, if its bound is 0, until somebody receives it.
    ///
    /// ```
    /// let (sender, receiver) = reweave::sync::mpsc::sync_channel(1);
    /// sender.send(7).unwrap();
    /// assert_eq!(receiver.recv(), Ok(7));
    /// drop(receiver);
    /// assert_eq!(sender.send(8).unwrap_err().0, 8);
    /// ```
    ///
    /// # Errors
    /// The value, if the receiver is gone, or goes while this waits.
    ///
    /// # Panics
    /// If the channel was not created where it is used: in this execution, or outside all of them.
    #[inline]
    #[track_caller]
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        let place = Location::caller();
        match &self.0 {
            SyncRepr::Real(sender) => match sender.visit() {
                Some(sender) => sender.send(value),
                None => Err(SendError(value)),
            },
            SyncRepr::Buffered(sender) => sender.send(value, place).map_err(without_reason),
            SyncRepr::Rendezvous(sender) => sender.send(value, place).map_err(without_reason),
        }
    }

    /// Sends a value if there is room for it, or, if the bound of the channel is 0, if somebody waits for it.
    ///
    /// ```
    /// use reweave::sync::mpsc::{TrySendError, sync_channel};
    ///
    /// let (sender, receiver) = sync_channel(1);
    /// assert_eq!(sender.try_send(1), Ok(()));
    /// assert_eq!(sender.try_send(2), Err(TrySendError::Full(2)));
    /// drop(receiver);
    /// assert_eq!(sender.try_send(3), Err(TrySendError::Disconnected(3)));
    /// ```
    ///
    /// # Errors
    /// The value, if there is no room, or if the receiver is gone.
    ///
    /// # Panics
    /// If the channel was not created where it is used: in this execution, or outside all of them.
    #[inline]
    #[track_caller]
    pub fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        let place = Location::caller();
        match &self.0 {
            SyncRepr::Real(sender) => match sender.visit() {
                Some(sender) => sender.try_send(value),
                None => Err(TrySendError::Disconnected(value)),
            },
            SyncRepr::Buffered(sender) => sender.try_send(value, place),
            SyncRepr::Rendezvous(sender) => sender.try_send(value, place),
        }
    }
}

impl<T> Clone for SyncSender<T> {
    /// Another sender of the same channel; the receiver waits for messages as long as there is one.
    ///
    /// # Panics
    /// If the channel was not created where it is used: in this execution, or outside all of them.
    #[track_caller]
    fn clone(&self) -> SyncSender<T> {
        let place = Location::caller();
        SyncSender(match &self.0 {
            SyncRepr::Real(sender) => SyncRepr::Real(sender.another()),
            SyncRepr::Buffered(sender) => SyncRepr::Buffered(sender.add(place)),
            SyncRepr::Rendezvous(sender) => SyncRepr::Rendezvous(sender.add(place)),
        })
    }
}

impl<T> fmt::Debug for SyncSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SyncSender").finish_non_exhaustive()
    }
}
