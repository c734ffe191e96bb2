//! Hints to the compiler and the scheduler, as in [`std::hint`].

use std::panic::Location;

pub use std::hint::{assert_unchecked, black_box, cold_path, select_unpredictable, unreachable_unchecked};

use crate::engine::identity::inside;
use crate::engine::perform_yield;

/// Says that the caller spins until another thread does something.
///
/// In an execution this is a yield: any other task may step, and a task that only spins does not keep virtual time
/// from passing. A spinning loop needs it, or a yield, to be explored well: without it a schedule may go round the
/// loop for as long as it likes.
///
/// ```
/// use std::sync::Arc;
///
/// use reweave::sync::atomic::{AtomicBool, Ordering};
///
/// let ready = Arc::new(AtomicBool::new(false));
/// let theirs = Arc::clone(&ready);
/// let thread = reweave::thread::spawn(move || theirs.store(true, Ordering::Release));
/// while !ready.load(Ordering::Acquire) {
///     reweave::hint::spin_loop();
/// }
/// thread.join().unwrap();
/// ```
#[inline]
#[track_caller]
pub fn spin_loop() {
    match inside() {
        None => std::hint::spin_loop(),
        Some(this) => {
            perform_yield(this, Location::caller());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::sync::atomic::{AtomicBool, Ordering};
    use crate::trial::run;
    use crate::{hint, thread};

    #[test]
    fn a_spinning_task_lets_the_others_go_on() {
        run(200, || {
            let ready = Arc::new(AtomicBool::new(false));
            let theirs = Arc::clone(&ready);
            let thread = thread::spawn(move || theirs.store(true, Ordering::SeqCst));
            while !ready.load(Ordering::SeqCst) {
                hint::spin_loop();
            }
            thread.join().unwrap();
        });
    }

    #[test]
    fn a_spinning_task_lets_time_pass() {
        run(50, || {
            let ready = Arc::new(AtomicBool::new(false));
            let theirs = Arc::clone(&ready);
            let thread = thread::spawn(move || {
                thread::sleep(std::time::Duration::from_secs(5));
                theirs.store(true, Ordering::SeqCst);
            });
            while !ready.load(Ordering::SeqCst) {
                hint::spin_loop();
            }
            thread.join().unwrap();
        });
    }
}
