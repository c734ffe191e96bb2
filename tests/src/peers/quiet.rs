//! Failures that are expected, without their noise.
//!
//! Exploring a program that deadlocks in half of its schedules means hundreds of panics, each with
//! a message and, if asked for, a backtrace. They are outcomes here, so the panic hook passes over
//! those of a thread that is exploring.

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    /// Whether panics on this thread are outcomes.
    static EXPLORING: Cell<bool> = const { Cell::new(false) };
}

/// Calls `explore` and returns its result or the payload of its panic, which is not reported.
pub(super) fn quietly<R>(explore: impl FnOnce() -> R) -> Result<R, Box<dyn Any + Send>> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        // Shuttle sets a hook at its first run, and only then. Ours comes after it and takes its
        // place, or else shuttle would have its say about every failing test.
        let report = panic::take_hook();
        shuttle::check_random(|| {}, 1);
        panic::set_hook(Box::new(move |info| {
            if !EXPLORING.get() {
                report(info);
            }
        }));
    });
    EXPLORING.set(true);
    let result = panic::catch_unwind(AssertUnwindSafe(explore));
    EXPLORING.set(false);
    result
}
