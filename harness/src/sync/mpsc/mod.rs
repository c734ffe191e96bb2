//! Channels with many senders and one receiver, as in [`std::sync::mpsc`].
//!
//! A channel is real or simulated for its whole life. One that is created outside executions *is* a channel of the
//! standard library; one that is created inside belongs to that execution, in which every operation on it is a step.
//! Using a handle on the other side panics with a message that names both; dropping one is fine anywhere.
//!
//! ```
//! use reweave::sync::mpsc;
//! use reweave::thread;
//!
//! let (sender, receiver) = mpsc::channel();
//! for number in 0..3 {
//!     let sender = sender.clone();
//!     thread::spawn(move || sender.send(number).unwrap());
//! }
//! drop(sender);
//! let mut numbers: Vec<_> = receiver.iter().collect();
//! numbers.sort();
//! assert_eq!(numbers, [0, 1, 2]);
//! ```

mod buffered;
mod receiver;
mod rendezvous;
mod sender;
#[cfg(test)]
mod tests;

pub use std::sync::mpsc::{RecvError, RecvTimeoutError, SendError, TryRecvError, TrySendError};

pub use receiver::{IntoIter, Iter, Receiver, TryIter};
pub use sender::{Sender, SyncSender};

use std::panic::Location;

use crate::channel::Real;
use crate::engine::identity::{Identity, inside};

/// Where channels are real.
const LIBRARY: &str = "std::sync::mpsc";

/// A channel with room for any number of messages: sending never blocks.
///
/// ```
/// let (sender, receiver) = reweave::sync::mpsc::channel();
/// sender.send(1).unwrap();
/// sender.send(2).unwrap();
/// assert_eq!(receiver.recv(), Ok(1));
/// assert_eq!(receiver.recv(), Ok(2));
/// ```
#[must_use]
#[track_caller]
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    match inside() {
        None => {
            let (sender, receiver) = std::sync::mpsc::channel();
            let place = Location::caller();
            (Sender::real(Real::new(sender, LIBRARY, place)), Receiver::real(Real::new(receiver, LIBRARY, place)))
        }
        Some(this) => {
            let (sender, receiver) = buffered::channel(this, Identity::new(), None);
            (Sender::simulated(sender), Receiver::buffered(receiver))
        }
    }
}

/// A channel with room for `bound` messages: sending blocks while it is full.
///
/// With a bound of 0 every message goes from hand to hand: sending blocks until somebody receives.
///
/// ```
/// use reweave::sync::mpsc::{TrySendError, sync_channel};
///
/// let (sender, receiver) = sync_channel(1);
/// sender.send("first").unwrap();
/// assert_eq!(sender.try_send("second"), Err(TrySendError::Full("second")));
/// assert_eq!(receiver.recv(), Ok("first"));
/// ```
#[must_use]
#[track_caller]
pub fn sync_channel<T>(bound: usize) -> (SyncSender<T>, Receiver<T>) {
    match inside() {
        None => {
            let (sender, receiver) = std::sync::mpsc::sync_channel(bound);
            let place = Location::caller();
            (SyncSender::real(Real::new(sender, LIBRARY, place)), Receiver::real(Real::new(receiver, LIBRARY, place)))
        }
        Some(this) if bound == 0 => {
            let (sender, receiver) = rendezvous::channel(this, Identity::new());
            (SyncSender::rendezvous(sender), Receiver::rendezvous(receiver))
        }
        Some(this) => {
            let (sender, receiver) = buffered::channel(this, Identity::new(), Some(bound as u64));
            (SyncSender::buffered(sender), Receiver::buffered(receiver))
        }
    }
}
