//! How an execution ends that left tasks behind.
//!
//! After a failure, suspended tasks own things: guards, handles, memory. Each is resumed and unwound by a panic that
//! no hook sees, so that its destructors run. They may use simulated objects themselves, so:
//!
//! - an operation of a task that is *not* unwinding raises the panic (again, if it was caught);
//! - an operation of a task that *is* unwinding, that is, of a destructor, is performed if it is enabled, without
//!   asking anybody; if it is not, the task is put back until the unwinding of others has let go of what it waits for;
//! - what still waits when nobody moves any more, keeps swallowing the panic, or never stops computing, is left
//!   as it is and never resumed. Its stack is not reused, so nothing that points into it dangles; its memory is lost.
//!
//! No guard is handed out that is not exclusive, and no borrowed frame is popped while a scoped task may use it.
//!
//! std counts panics per OS thread. Every unwinding that ends on its carrier is taken back by std itself. A task that is
//! left behind in the middle of one is not, so the OS thread must not explore any further: see [`Remains`].

use std::panic::{self, AssertUnwindSafe};

use super::Place;
use super::execution::{DRIVER, Ending, Execution, flag};
use super::panics;
use super::switch::{Next, switch};
use crate::kernel::{Op, Outcome, TaskId, life};

/// How often a task may swallow the unwinding panic before it is left behind.
const ATTEMPTS: u32 = 100;

/// How many operations all destructors together may perform.
const OPERATIONS: u64 = 1_000_000;

/// What is left of an execution.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Remains {
    /// Nothing; the thread is as it was.
    Clean,
    /// Tasks were left behind, and std believes that this thread is panicking. It must end.
    ThreadSpoiled,
}

/// [`super::perform`] while the execution is torn down.
pub(crate) fn perform(this: *mut Execution, op: Op, place: Place) -> Outcome {
    loop {
        {
            // SAFETY: the caller is a task inside `this`; the reference ends before any switch or unwinding.
            let execution = unsafe { &mut *this };
            let me = execution.running;
            if !execution.is_unwinding() {
                let person = &mut execution.people[me.index()];
                person.abandoned += 1;
                if person.abandoned <= ATTEMPTS {
                    panics::abandon();
                }
            } else if execution.steps < execution.check_at && execution.world.enabled(me, &op) {
                execution.steps += 1;
                let outcome = execution.world.apply(me, &op, 0);
                execution.world.woken.clear();
                return outcome;
            }
            let slot = &mut execution.slots[me.index()];
            slot.pending = op;
            slot.place = place;
        }
        wait_for_turn(this);
    }
}

/// Ends the execution and unwinds the running task; returns only to one that is unwinding already.
pub(super) fn end_here(this: *mut Execution, ending: Ending) {
    {
        // SAFETY: as in `perform`.
        let execution = unsafe { &mut *this };
        execution.end(ending);
        let me = execution.running;
        // What it declared last it has done, and now it declares nothing any more.
        execution.slots[me.index()].pending = Op::Start;
        if execution.is_unwinding() {
            return;
        }
    }
    loop {
        give_way(this);
    }
}

/// Lets others be unwound, in an execution that is over. Unwinds the running task, or returns to it when it is worth
/// another try.
pub(super) fn give_way(this: *mut Execution) {
    {
        // SAFETY: as in `perform`.
        let execution = unsafe { &mut *this };
        let me = execution.running;
        if execution.flags & flag::TEARDOWN != 0 && !execution.is_unwinding() {
            let person = &mut execution.people[me.index()];
            person.abandoned += 1;
            if person.abandoned <= ATTEMPTS {
                panics::abandon();
            }
        }
    }
    wait_for_turn(this);
}

/// Lets others be unwound; returns when it is worth another try.
fn wait_for_turn(this: *mut Execution) {
    {
        // SAFETY: as in `perform`.
        let execution = unsafe { &mut *this };
        let me = execution.running;
        execution.note_unwinding(me);
    }
    let this = switch(this, Next::of(DRIVER));
    // SAFETY: as in `perform`.
    let execution = unsafe { &mut *this };
    let me = execution.running;
    execution.unwinding_goes_on(me);
}

/// Waits until `child` has ended, whatever happens: the caller's frames are borrowed by it. Says whether the execution
/// is over.
pub(crate) fn outlive(this: *mut Execution, child: TaskId, place: Place) -> bool {
    let op = Op::Life(life::Op::Join(child));
    if panic::catch_unwind(AssertUnwindSafe(|| super::perform(this, op, place))).is_ok() {
        // SAFETY: the caller is a task inside `this`; nothing switches here.
        return unsafe { (*this).flags & flag::TEARDOWN != 0 };
    }
    loop {
        // SAFETY: as in `perform`.
        if unsafe { (&(*this).world.tasks)[child.index()].finished } {
            return true;
        }
        wait_for_turn(this);
    }
}

/// Called by the panic hook, which has `marker` in its frame: if a destructor of a task that is being unwound panics, the
/// task is suspended here, for ever.
///
/// If the hook returned, the panic would meet the unwinding and abort the process. std believes from then on that this
/// thread is inside a panic hook, so nothing may panic on it any more, not even to unwind.
pub(super) fn stop_if_fatal(this: *mut Execution, marker: &u8) {
    {
        // SAFETY: the hook runs on the stack of a task inside `this`; the reference ends before the switch.
        let execution = unsafe { &mut *this };
        let person = &execution.people[execution.running.index()];
        if execution.flags & flag::TEARDOWN == 0 || person.abandoned == 0 {
            return;
        }
        execution.spoiled = true;
    }
    super::escape::from_hook(marker, stay_for_ever, this);
}

/// Suspends the running task; nobody resumes it any more.
fn stay_for_ever(this: *mut Execution) {
    loop {
        switch(this, Next::of(DRIVER));
    }
}

/// Unwinds every task that has not finished.
///
/// # Safety
/// As for [`Execution::drive`], and the calling thread is inside `this`.
pub(crate) unsafe fn tear_down(this: *mut Execution) -> Remains {
    {
        // SAFETY: no task runs, so this is the only reference.
        let execution = unsafe { &mut *this };
        if execution.world.tasks.iter().skip(1).all(|task| task.finished) {
            return Remains::Clean;
        }
        execution.set_flag(flag::TEARDOWN);
        execution.check_at = execution.steps + OPERATIONS;
    }
    // Tasks in the middle of unwinding first: until they are through, std says of every task that it panics.
    loop {
        let mut moved = false;
        // SAFETY: as above; each reference ends before the task is resumed.
        for task in unsafe { unfinished(&*this) } {
            // SAFETY: as above.
            let before = unsafe { progress(&*this, task) };
            // A child that was starting goes back to its parent, which may have ended before its turn came.
            if before.0 {
                continue;
            }
            // SAFETY: as the caller says; the task has not finished, so it is suspended.
            unsafe {
                (*this).next = task;
                Execution::drive(this);
            }
            // SAFETY: as above.
            moved |= unsafe { progress(&*this, task) } != before;
            // SAFETY: as above.
            if unsafe { (*this).spoiled } {
                moved = false;
                break;
            }
        }
        if !moved {
            break;
        }
    }
    // SAFETY: no task runs.
    leave_behind(unsafe { &mut *this })
}

/// What changes when `task` gets further on its way out: it ends, it is asked to unwind, one of its destructors performs
/// an operation.
fn progress(execution: &Execution, task: TaskId) -> (bool, u32, u64) {
    let asked = execution.people[task.index()].abandoned.min(ATTEMPTS);
    (execution.world.tasks[task.index()].finished, asked, execution.steps)
}

fn unfinished(execution: &Execution) -> Vec<TaskId> {
    let tasks = execution.world.tasks.iter().enumerate().skip(1);
    let mut left: Vec<_> = tasks.filter(|(_, task)| !task.finished).map(|(id, _)| TaskId(id as u32)).collect();
    // The youngest first: what they borrow or were given comes from older ones.
    left.sort_by_key(|task| (!execution.slots[task.index()].unwinding, std::cmp::Reverse(*task)));
    left
}

/// Gives up on the tasks that could not be unwound.
fn leave_behind(execution: &mut Execution) -> Remains {
    for task in unfinished(execution) {
        if let Some(carrier) = execution.people[task.index()].carrier.take() {
            // Its frames are alive as far as anybody who points into them knows.
            std::mem::forget(carrier);
        }
    }
    if std::thread::panicking() || execution.spoiled { Remains::ThreadSpoiled } else { Remains::Clean }
}
