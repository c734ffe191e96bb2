//! Time, as in [`std::time`]: virtual inside an execution, real outside.
//!
//! The virtual clock starts at the same moment in every execution and moves when tasks sleep or wait with a timeout,
//! never by itself: nothing takes time. The one exception are tasks that look at the clock again and again to wait
//! for it. They do not keep it from moving; see [`Instant::now`].
//!
//! ```
//! use reweave::time::{Duration, Instant};
//!
//! let start = Instant::now();
//! reweave::thread::sleep(Duration::from_millis(2));
//! assert!(start.elapsed() >= Duration::from_millis(2));
//! ```

mod instant;
mod system;
#[cfg(test)]
mod tests;

pub use std::time::{Duration, SystemTimeError, TryFromFloatSecsError};

pub use instant::Instant;
pub use system::{SystemTime, UNIX_EPOCH};

use crate::engine::{Execution, Place, perform, perform_yield};
use crate::kernel::{Op, clock};

/// The virtual time since the start of the execution.
///
/// A task that looks in a loop and does nothing in between may be waiting for a moment to come, so that from the second round on it
/// offers the processor first, like `yield_now`. If everybody else only yields, too, the clock moves. Two looks from different
/// places, one after the other, are no loop: time does not pass while a task works.
fn look(this: *mut Execution, place: Place) -> Duration {
    // SAFETY: the caller is a task inside `this`; the reference ends here, and nothing switches.
    if unsafe { (*this).looks_again(place) } {
        perform_yield(this, place);
    }
    perform(this, Op::Clock(clock::Op::Now), place);
    // SAFETY: the caller is a task inside `this`, and nothing switches here.
    let execution = unsafe { &mut *this };
    // The look is a step itself, and what counts is what comes after it.
    execution.note_look();
    execution.world.time.now
}
