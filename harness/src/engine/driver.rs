//! The engine as a driver of vocabularies that also run on real threads: see [`crate::driver`].
//!
//! **Unsafe room**: the rule of the module above.

use super::execution::Execution;
use super::panics::{Abandoned, note_of};
use super::spawn::{Birth, TaskResult, spawn};
use super::{Place, moment, names};

/// Spawns a task that nobody joins: a panic that leaves `run` fails the execution.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn spawn_detached(this: *mut Execution, place: Place, run: impl FnOnce() + 'static) {
    let body = move || {
        moment(this, |execution| {
            let me = execution.running;
            execution.people[me.index()].detached = true;
        });
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
    moment(this, |execution| names::path(execution, execution.running))
}

/// What people call the running task.
pub(crate) fn running_name(this: *mut Execution) -> String {
    moment(this, |execution| names::task_name(execution, execution.running))
}
