//! Threads, as in [`std::thread`]: simulated inside an execution, real outside.

mod builder;
mod handle;
mod local;
mod scope;

pub use builder::{Builder, spawn};
pub use handle::{JoinHandle, Thread, ThreadId};
pub use local::{AccessError, LocalKey};
pub use scope::{Scope, ScopedJoinHandle, scope};

/// What becomes of a thread: what it returned, or the payload of its panic.
///
/// ```
/// use reweave::thread;
///
/// let ended: thread::Result<u8> = thread::spawn(|| 7).join();
/// assert_eq!(ended.unwrap(), 7);
/// ```
pub use std::thread::Result;

use std::num::NonZero;
use std::time::Duration;

use crate::engine::identity::inside;
use crate::engine::perform;
use crate::kernel::{Op, clock, park as token};

/// How many processors a simulated machine has. Any number would do, as long as it is always the same.
const PROCESSORS: NonZero<usize> = NonZero::new(4).unwrap();

/// A handle to the calling thread.
///
/// ```
/// let me = reweave::thread::current();
/// me.unpark();
/// reweave::thread::park(); // returns at once: the token is there
/// ```
#[must_use]
pub fn current() -> Thread {
    Thread::current()
}

/// Gives up the rest of the time slice.
///
/// In an execution this is a point at which any other task may step. A task that only yields does not keep
/// virtual time from passing.
#[track_caller]
#[inline]
pub fn yield_now() {
    match inside() {
        None => std::thread::yield_now(),
        Some(this) => {
            crate::engine::perform_yield(this, std::panic::Location::caller());
        }
    }
}

/// Puts the calling thread to sleep; in an execution, for that much virtual time, which costs nothing.
///
/// ```
/// use std::time::Duration;
/// reweave::check(|| {
///     let start = reweave::time::Instant::now();
///     reweave::thread::sleep(Duration::from_secs(3600));
///     assert_eq!(start.elapsed(), Duration::from_secs(3600));
/// });
/// ```
#[track_caller]
pub fn sleep(duration: Duration) {
    match inside() {
        None => real_sleep(duration),
        Some(this) => {
            let place = std::panic::Location::caller();
            perform(this, Op::Clock(clock::Op::Arm(duration)), place);
            perform(this, Op::Clock(clock::Op::Sleep), place);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "outside executions time is real")]
fn real_sleep(duration: Duration) {
    std::thread::sleep(duration);
}

/// Blocks until the token of the calling thread is there, and takes it.
#[track_caller]
pub fn park() {
    match inside() {
        None => std::thread::park(),
        Some(this) => {
            perform(this, Op::Park(token::Op::Park), std::panic::Location::caller());
        }
    }
}

/// Blocks until the token of the calling thread is there, and takes it, but not longer than `duration`.
#[track_caller]
pub fn park_timeout(duration: Duration) {
    match inside() {
        None => std::thread::park_timeout(duration),
        Some(this) => {
            let place = std::panic::Location::caller();
            perform(this, Op::Clock(clock::Op::Arm(duration)), place);
            perform(this, Op::Park(token::Op::Park), place);
        }
    }
}

/// Whether the calling thread is unwinding because of a panic.
#[must_use]
pub fn panicking() -> bool {
    match inside() {
        None => std::thread::panicking(),
        // SAFETY: the caller is a task inside `this`, and nothing switches here.
        Some(this) => unsafe { (*this).is_unwinding() },
    }
}

/// How many threads can usefully run at once. In an execution it is always 4.
///
/// # Errors
/// As in the standard library; never in an execution.
pub fn available_parallelism() -> std::io::Result<NonZero<usize>> {
    match inside() {
        None => std::thread::available_parallelism(),
        Some(_) => Ok(PROCESSORS),
    }
}
