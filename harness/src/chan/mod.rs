//! Channels with many senders and many receivers, and select: the surface of [`crossbeam_channel`].
//!
//! Write `use reweave::chan` where there was `use crossbeam_channel`. A channel is real or simulated for its whole
//! life. One that is created outside executions *is* a channel of crossbeam; one that is created inside belongs to that
//! execution, in which every operation on it is a step, and which arm a select takes is explored. Using a handle on the other
//! side panics with a message that names both; dropping one is fine anywhere.
//!
//! ```
//! use reweave::chan::{bounded, select, tick, unbounded};
//! use reweave::thread;
//! use reweave::time::Duration;
//!
//! reweave::check(|| {
//!     let (jobs, work) = bounded(1);
//!     let (results, done) = unbounded();
//!     for _ in 0..2 {
//!         let (work, results) = (work.clone(), results.clone());
//!         thread::spawn(move || work.iter().for_each(|job: u32| results.send(job * job).unwrap()));
//!     }
//!     drop(results);
//!     let clock = tick(Duration::from_secs(1));
//!     let (mut next, mut sum, mut jobs) = (1, 0, Some(jobs));
//!     loop {
//!         match &jobs {
//!             Some(sender) => select! {
//!                 send(sender, next) -> sent => {
//!                     sent.unwrap();
//!                     next += 1;
//!                 }
//!                 recv(done) -> square => sum += square.unwrap(),
//!                 recv(clock) -> _ => {}
//!             },
//!             None => match done.recv() {
//!                 Ok(square) => sum += square,
//!                 Err(_) => break,
//!             },
//!         }
//!         if next > 3 {
//!             jobs = None;
//!         }
//!     }
//!     assert_eq!(sum, 1 + 4 + 9, "in whatever order");
//! });
//! ```
//!
//! # Which channel?
//!
//! | | [`sync::mpsc`](crate::sync::mpsc) | `chan` | `go::Chan` |
//! | --- | --- | --- | --- |
//! | it is | the standard library's | crossbeam's | Go's |
//! | receivers | one | any number | any number |
//! | choose among several | no | [`select!`], [`Select`] | `go::select!` |
//! | it ends | with the last handle of a side | with the last handle of a side | when it is closed |
//! | sending when it has ended | is an error that gives the value back | is an error that gives the value back | panics |
//! | deadlines for sending, length, capacity | no | yes | length and capacity |
//! | timers that are channels | no | [`after`], [`at`], [`tick`] | `go::after`, tickers |
//! | take it for | code that uses std | code that uses crossbeam, and new code | designs that come from Go |
//!
//! # Time
//!
//! Inside an execution deadlines, [`after`], [`at`] and [`tick`] follow the virtual clock. Instants are those of
//! [`crate::time`].

mod macros;
mod receiver;
mod select;
mod sender;
mod shared;
#[cfg(test)]
mod tests;
mod timer;

pub use crossbeam_channel::{
    ReadyTimeoutError, RecvError, RecvTimeoutError, SelectTimeoutError, SendError, SendTimeoutError, TryReadyError,
    TryRecvError, TrySelectError, TrySendError,
};

#[doc(inline)]
pub use crate::{__chan_select as select, __chan_select_biased as select_biased};
pub use receiver::{IntoIter, Iter, Receiver, TryIter};
pub use select::{Select, SelectedOperation};
pub use sender::Sender;

use std::panic::Location;

use crate::channel::Real;
use crate::engine::Place;
use crate::engine::identity::{Identity, inside};
use crate::time::{Duration, Instant};
use shared::Channel;
use timer::{Pace, Timer};

/// Where channels are real.
const LIBRARY: &str = "crossbeam_channel";

/// A channel with room for any number of messages: sending never blocks.
///
/// ```
/// let (sender, receiver) = reweave::chan::unbounded();
/// sender.send(1).unwrap();
/// sender.send(2).unwrap();
/// assert_eq!(receiver.recv(), Ok(1));
/// assert_eq!(receiver.clone().recv(), Ok(2));
/// ```
#[must_use]
#[cfg_attr(not(debug_assertions), inline(always))]
#[track_caller]
pub fn unbounded<T>() -> (Sender<T>, Receiver<T>) {
    channel(None)
}

/// A channel with room for `cap` messages: sending blocks while it is full.
///
/// With a capacity of 0 every message goes from hand to hand: sending blocks until somebody receives.
///
/// ```
/// use reweave::chan::{TrySendError, bounded};
///
/// let (sender, receiver) = bounded(1);
/// sender.send("first").unwrap();
/// assert_eq!(sender.try_send("second"), Err(TrySendError::Full("second")));
/// assert_eq!(receiver.recv(), Ok("first"));
/// ```
#[must_use]
#[cfg_attr(not(debug_assertions), inline(always))]
#[track_caller]
pub fn bounded<T>(cap: usize) -> (Sender<T>, Receiver<T>) {
    channel(Some(cap))
}

/// Inlined, so that the halves are made where they will be: what a function returns in memory, in small parts, is read in large
/// ones, and for that the processor waits.
#[inline(always)]
#[track_caller]
fn channel<T>(capacity: Option<usize>) -> (Sender<T>, Receiver<T>) {
    let place = Location::caller();
    match inside() {
        Some(this) => {
            let (one, other) = Channel::pair(this, place, capacity.map(|capacity| capacity as u64));
            (Sender::simulated(one), Receiver::simulated(other))
        }
        None => {
            let (sender, receiver) = real(capacity, place);
            (Sender::real(sender), Receiver::real(receiver))
        }
    }
}

/// A real channel, as two pointers.
#[inline(never)]
fn real<T>(
    capacity: Option<usize>,
    place: Place,
) -> (Real<crossbeam_channel::Sender<T>>, Real<crossbeam_channel::Receiver<T>>) {
    let (sender, receiver) = match capacity {
        None => crossbeam_channel::unbounded(),
        Some(capacity) => crossbeam_channel::bounded(capacity),
    };
    (Real::new(sender, LIBRARY, place), Real::new(receiver, LIBRARY, place))
}

/// A receiver that gets one message after `duration`: the moment at which it was sent.
///
/// The channel has room for that message and is never disconnected. Inside an execution the timer is stopped when the last
/// clone of the receiver is dropped.
///
/// ```
/// use reweave::chan::{after, never, select};
/// use reweave::time::{Duration, Instant};
///
/// let (start, work) = (Instant::now(), never::<u32>());
/// select! {
///     recv(work) -> _ => unreachable!(),
///     recv(after(Duration::from_millis(5))) -> moment => {
///         assert!(moment.unwrap() - start >= Duration::from_millis(5));
///     }
/// }
/// ```
#[must_use]
#[track_caller]
pub fn after(duration: Duration) -> Receiver<Instant> {
    timer(Pace::Once(duration), || crossbeam_channel::after(duration))
}

/// A receiver that gets one message at the moment `when`, which is the message. See [`after`].
///
/// ```
/// use reweave::time::{Duration, Instant};
///
/// let when = Instant::now() + Duration::from_millis(5);
/// assert_eq!(reweave::chan::at(when).recv(), Ok(when));
/// ```
///
/// # Panics
/// If `when` is a moment of the real clock and the caller is inside an execution, or the other way round.
#[must_use]
#[track_caller]
pub fn at(when: Instant) -> Receiver<Instant> {
    match inside() {
        None => timer(Pace::Once(Duration::ZERO), || crossbeam_channel::at(when.real())),
        Some(_) => timer(Pace::Once(when.until()), crossbeam_channel::never),
    }
}

/// A receiver that gets a message every `duration`: the moment at which it was sent.
///
/// The channel has room for one message and is never disconnected. A tick that finds the last one still there is dropped.
/// Inside an execution ticks are at whole multiples of `duration` (at least a nanosecond) after the call, and stop when the
/// last clone of the receiver is dropped.
///
/// ```
/// use reweave::chan::tick;
/// use reweave::time::{Duration, Instant};
///
/// let (start, ticks) = (Instant::now(), tick(Duration::from_millis(2)));
/// assert!(ticks.recv().unwrap() - start >= Duration::from_millis(2));
/// assert!(ticks.recv().unwrap() - start >= Duration::from_millis(4));
/// ```
#[must_use]
#[track_caller]
pub fn tick(duration: Duration) -> Receiver<Instant> {
    timer(Pace::Every(duration), || crossbeam_channel::tick(duration))
}

#[track_caller]
fn timer(pace: Pace, real: impl FnOnce() -> crossbeam_channel::Receiver<std::time::Instant>) -> Receiver<Instant> {
    let place = Location::caller();
    match inside() {
        None => Receiver::real_timer(Real::new(real(), LIBRARY, place), |moment| moment),
        Some(this) => Receiver::timer(Timer::new(this, Identity::new(), pace, place), |moment| moment),
    }
}

/// A receiver that never gets a message and is never disconnected. It may be used anywhere.
///
/// ```
/// use reweave::chan::{never, select, unbounded};
///
/// let (sender, receiver) = unbounded();
/// sender.send(1).unwrap();
/// let nothing = None;
/// select! {
///     recv(receiver) -> number => assert_eq!(number, Ok(1)),
///     recv(nothing.as_ref().unwrap_or(&never::<u32>())) -> _ => unreachable!(),
/// }
/// ```
#[must_use]
pub const fn never<T>() -> Receiver<T> {
    Receiver::never()
}
