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
/// A task that looks twice and does nothing in between may be waiting for a moment to come, so that its second look
/// offers the processor first, like `yield_now`. If everybody else only yields, too, the clock moves.
fn look(this: *mut Execution, place: Place) -> Duration {
    if looked(this) {
        perform_yield(this, place);
    }
    perform(this, Op::Clock(clock::Op::Now), place);
    // The look is a step itself, and what counts is what comes after it.
    looked(this);
    // SAFETY: the caller is a task inside `this`, and nothing switches here.
    unsafe { (*this).world.time.now }
}

/// Whether nothing happened since the running task last looked at the clock, which it does again.
fn looked(this: *mut Execution) -> bool {
    // SAFETY: the caller is a task inside `this`; the reference ends here, and nothing switches.
    let execution = unsafe { &mut *this };
    let me = execution.running;
    execution.mark_looked(me)
}
