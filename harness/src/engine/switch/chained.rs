//! Switching with corosensei's coroutines.
//!
//! A suspended coroutine that is not an ancestor of the running one in the chain of resumes is resumed *by the
//! running one*, with one switch. An ancestor is reached by suspending, step by step, down to it. Every switch but
//! the first of each resume is thereby paired with one that is saved elsewhere: on two tasks that take turns, half of all
//! switches. The chain is on no task's way: each frame of it waits in [`switch`] and passes control on.

use std::cell::Cell;
use std::fmt;

use corosensei::{Coroutine, Yielder};

use super::{Job, Next};
use crate::engine::carrier::StaggeredStack;
use crate::engine::execution::{DRIVER, Execution};
use crate::kernel::TaskId;

/// How to get to a task.
#[derive(Debug)]
pub(crate) struct Seat {
    carrier: *mut Carrier,
    /// The task waits in [`switch`] for one that it resumed.
    resuming: bool,
}

impl Seat {
    pub(crate) const fn empty() -> Seat {
        Seat { carrier: std::ptr::null_mut(), resuming: false }
    }

    /// Takes the seat on a carrier that has got its job.
    #[inline]
    pub(crate) fn board(&mut self, carrier: &mut Carrier) {
        *self = Seat { carrier, resuming: false };
    }
}

/// A stack and the coroutine on it.
pub(crate) struct Carrier {
    coroutine: Coroutine<(), (), (), StaggeredStack>,
    shared: Box<Shared>,
}

/// What the coroutine and its owner share. Boxed, so that it stays where it is.
struct Shared {
    job: Cell<Option<Job>>,
    back: Cell<*const Yielder<(), ()>>,
}

impl fmt::Debug for Carrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Carrier")
    }
}

impl Carrier {
    pub(crate) fn new(stack: StaggeredStack) -> Carrier {
        let shared = Box::new(Shared { job: Cell::new(None), back: Cell::new(std::ptr::null()) });
        let link: *const Shared = &*shared;
        let coroutine = Coroutine::with_stack(stack, move |back: &Yielder<(), ()>, ()| {
            // SAFETY: the box lives in the carrier beside the coroutine, and the coroutine runs only inside
            // `resume`, which borrows the carrier.
            let shared = unsafe { &*link };
            shared.back.set(back);
            while let Some(Job { entry, data }) = shared.job.take() {
                // SAFETY: whoever gave the job promises that the entry takes this pointer, see `begin`.
                unsafe { entry(data) };
                back.suspend(());
            }
        });
        Carrier { coroutine, shared }
    }

    /// Gives the carrier, which rests, its next job, which starts when somebody switches to the seat.
    ///
    /// # Safety
    /// `job.entry` may be called with `job.data` once, when the carrier is resumed; it does not unwind, and ends with [`leave`].
    pub(crate) unsafe fn begin(&mut self, job: Job) {
        self.shared.job.set(Some(job));
    }
}

impl Drop for Carrier {
    fn drop(&mut self) {
        // Without a job the loop ends, so that an idle coroutine returns instead of being unwound.
        if self.coroutine.started() && !self.coroutine.done() {
            self.coroutine.resume(());
        }
    }
}

/// The last thing that a job does. Here it only returns: the loop of its carrier does the rest.
///
/// # Safety
/// The caller is the job of a task of `this`, which has ended, and whoever is next can be switched to. Nothing is left to be dropped
/// in any frame of the stack.
#[inline(always)]
pub(crate) unsafe fn leave(_: *mut Execution) {}

/// Hands control to `next`; returns `this` when the calling task is next.
#[inline(always)]
pub(crate) fn switch(this: *mut Execution, next: Next) -> *mut Execution {
    // SAFETY: `this` is alive, because its driver waits on its own stack. The carrier of the running task is the one on
    // whose stack we are.
    unsafe {
        let me = (*this).running;
        (*this).next = next.task();
        if !resume_others(this, me) {
            let carrier = (&(*this).slots)[me.index()].seat.carrier;
            let back = (*carrier).shared.back.get();
            (*back).suspend(());
            // Whoever resumed us did it because we are next.
            (*this).running = me;
        }
    }
    this
}

/// Resumes whoever is next, for as long as that is neither `me` nor an ancestor. Says whether it is `me`.
///
/// # Safety
/// The calling thread is inside `this`, as the task `me` or as the driver.
#[inline(never)]
unsafe fn resume_others(this: *mut Execution, me: TaskId) -> bool {
    // SAFETY: the carrier of a task that can step is suspended, and it is not an ancestor of this one unless it is marked
    // so; it is not moved or dropped before its task has ended and handed control back.
    unsafe {
        loop {
            let next = (*this).next;
            if next == me {
                (*this).running = me;
                return true;
            }
            let carrier = match &mut (&mut (*this).slots)[next.index()].seat {
                seat if next == DRIVER || seat.resuming => return false,
                seat => {
                    seat.resuming = true;
                    seat.carrier
                }
            };
            (*this).running = next;
            (*carrier).coroutine.resume(());
            (&mut (*this).slots)[next.index()].seat.resuming = false;
        }
    }
}

/// Runs the chosen tasks until the driver is next.
///
/// # Safety
/// The caller is the driver of `this`, and whoever is next can be switched to.
pub(crate) unsafe fn drive(this: *mut Execution) {
    // SAFETY: as the caller says; nobody is resuming when control is here, so that it goes on until the driver is next.
    unsafe { resume_others(this, DRIVER) };
}
