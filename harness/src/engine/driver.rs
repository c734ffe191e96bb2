//! The engine as a driver of vocabularies that also run on real threads: see [`crate::driver`].
//!
//! **Unsafe room**: looks at the execution between a step and the next.

use super::execution::Execution;
use super::panics::{Abandoned, note_of};
use super::spawn::{Birth, TaskResult, spawn};
use super::{Place, names};
use crate::kernel::{TaskId, World};

/// Calls `look` with the running task and the state of the execution. Nothing switches while it runs: it is called right after
/// a step and makes one unit with it.
#[inline(always)]
pub(crate) fn after_step<R>(this: *mut Execution, look: impl FnOnce(TaskId, &World) -> R) -> R {
    // SAFETY: the caller is a task inside `this`, and `look` is code of this crate that makes no step.
    let execution = unsafe { &*this };
    look(execution.running, &execution.world)
}

/// Spawns a task that nobody joins: a panic that leaves `run` fails the execution.
pub(crate) fn spawn_detached(this: *mut Execution, place: Place, run: impl FnOnce() + 'static) {
    let body = move || {
        // SAFETY: the caller is a task inside `this`; the reference ends here, and nothing switches.
        unsafe {
            let me = (*this).running;
            (&mut (*this).people)[me.index()].detached = true;
        }
        run();
    };
    let settle = |result: TaskResult<()>| match result {
        Ok(()) => None,
        Err(payload) if payload.is::<Abandoned>() => None,
        Err(payload) => {
            let note = note_of(&*payload);
            // It may panic when it is dropped. Its message is what matters.
            let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(payload)));
            Some(note)
        }
    };
    // SAFETY: the caller is a task inside `this`, and `run` borrows nothing.
    unsafe { spawn(this, Birth { name: None, place }, body, settle) };
}

/// The path by which the running task is named; it does not depend on the schedule.
pub(crate) fn running_path(this: *mut Execution) -> Vec<u32> {
    // SAFETY: the caller is a task inside `this`, and nothing switches here.
    let execution = unsafe { &*this };
    names::path(execution, execution.running)
}
