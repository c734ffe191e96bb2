//! Switching stacks by hand, on x86-64 with the calling convention of System V.
//!
//! A suspended task is the place in the code where it goes on, and the address of two words at the top of its stack: the two registers
//! that the compiler does not let an `asm!` block give up. All others are saved by the compiler, as far as they hold
//! anything. The place to go on is jumped to and not returned to: the processor predicts returns by the calls that it
//! has seen, and those were made on another stack. It is not on the stack either: mostly the processor guesses wrong where
//! it goes on, and sees that the sooner the fewer words it has to read before.

use std::arch::{asm, naked_asm};
use std::fmt;
use std::mem::offset_of;

use corosensei::stack::Stack;

use super::{Entry, Job};
use crate::engine::carrier::StaggeredStack;
use crate::engine::execution::{DRIVER, Execution};
use crate::kernel::TaskId;

/// Where a suspended task goes on: the place in the code, and the lowest address in use of its stack, which holds what [`swap`] left
/// there. The driver of the execution has one, too.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Seat {
    top: *mut usize,
    resume: usize,
}

impl Seat {
    pub(crate) const fn empty() -> Seat {
        Seat { top: std::ptr::null_mut(), resume: 0 }
    }

    /// Takes the seat on a carrier that has got its job.
    #[inline]
    pub(crate) fn board(&mut self, carrier: &mut Carrier) {
        *self = carrier.rest;
    }
}

/// A stack and what runs jobs on it.
pub(crate) struct Carrier {
    /// Owned for as long as the carrier lives, and reached by the seat.
    _stack: StaggeredStack,
    /// Where every job begins: [`enter`], with three words at the top of the stack.
    rest: Seat,
}

impl fmt::Debug for Carrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Carrier")
    }
}

impl Carrier {
    pub(crate) fn new(stack: StaggeredStack) -> Carrier {
        let base = stack.base().get() as *mut usize;
        let top = base.wrapping_sub(size_of::<Words>() / size_of::<usize>());
        Carrier { _stack: stack, rest: Seat { top, resume: enter as *const () as usize } }
    }

    /// Gives the carrier, which rests, its next job, which starts when somebody switches to the seat.
    ///
    /// # Safety
    /// `job.entry` may be called with `job.data` once, when the carrier is switched to; it does not unwind, and ends with [`leave`].
    #[inline]
    pub(crate) unsafe fn begin(&mut self, job: Job) {
        let words = Words { data: job.data, entry: job.entry, nowhere: 0 };
        // SAFETY: the stack is writable below its base, which is a multiple of 16, and has room for many more words. The carrier
        // rests, so that nobody is on the stack.
        unsafe { self.rest.top.cast::<Words>().write(words) };
    }
}

/// What [`enter`] finds on the stack.
#[repr(C)]
struct Words {
    data: *mut (),
    entry: Entry,
    /// Where the job would return to, which it never does, and where whoever walks the stack stops.
    nowhere: usize,
}

/// The first thing on every stack: begins the job for which [`Carrier::begin`] has left the words there, as if it had been called from
/// nowhere. (It is not called, because it does not return, and the processor predicts where others return to by counting calls.)
#[unsafe(naked)]
unsafe extern "sysv64" fn enter() -> ! {
    naked_asm!("pop rdi", "pop rax", "xor ebp, ebp", "jmp rax")
}

/// The last thing that a job does: goes on with whoever is next, never to return. The carrier rests.
///
/// It is where the job began that the next one begins, and not after this: whoever returned from here to there would go where the processor
/// does not expect it.
///
/// # Safety
/// The caller is the job of a task of `this`, which has ended, and whoever is next can be switched to. Nothing is left to be dropped
/// in any frame of the stack.
#[inline(always)]
pub(crate) unsafe fn leave(this: *mut Execution) {
    // SAFETY: as the caller says. Nothing is kept of this stack, so that no register is; what is at `to` is as in `swap`.
    unsafe {
        let to = (*this).depart_to((*this).next);
        asm!(
            "mov rsp, [rsi + {top}]",
            "jmp [rsi + {resume}]",
            top = const offset_of!(Seat, top),
            resume = const offset_of!(Seat, resume),
            in("rsi") to,
            in("rdx") this,
            options(noreturn),
        )
    }
}

/// Suspends the running computation, to go on at `from` later, and goes on with the suspended one at `to`, which may be
/// the same. Returns `this`, of which both are: in a register, so that whoever goes on need not wait for its stack to say.
///
/// Inlined, down to the user's function where possible: a function that is suspended and resumed returns to where the
/// processor does not expect it, so that every frame between the switch and the user costs a misprediction.
///
/// # Safety
/// What is at `to`, unless that is `from`, was left by this function and not gone on with since, or is the rest of a carrier that has
/// [begun](Carrier::begin) a job and was not switched to since; its stack is alive. `from` can be written.
#[inline(always)]
unsafe fn swap(this: *mut Execution, from: *mut Seat, to: *const Seat) -> *mut Execution {
    let same;
    // SAFETY: as the caller says. The code at `to` pops the words that were pushed there; everything else that it needs
    // is on its stack, because each register is either pushed here or declared as lost.
    unsafe {
        asm!(
            "lea rax, [rip + 2f]",
            "push rbp",
            "push rbx",
            "mov [rdi + {resume}], rax",
            "mov [rdi + {top}], rsp",
            "mov rsp, [rsi + {top}]",
            "jmp [rsi + {resume}]",
            "2:",
            "pop rbx",
            "pop rbp",
            top = const offset_of!(Seat, top),
            resume = const offset_of!(Seat, resume),
            inout("rdi") from => _,
            inout("rsi") to => _,
            inout("rdx") this => same,
            lateout("rax") _,
            lateout("r12") _, lateout("r13") _, lateout("r14") _, lateout("r15") _,
            clobber_abi("sysv64"),
        );
    }
    same
}

/// Hands control to `next`; returns `this` when the calling task is next.
#[inline(always)]
pub(crate) fn switch(this: *mut Execution, next: TaskId) -> *mut Execution {
    // SAFETY: `this` is alive, because its driver waits on its own stack; the calling task runs, so that its seat is free.
    // Whoever is next has not finished, so that it is suspended, or the calling task itself. No reference lives across
    // `swap`.
    unsafe {
        let from = (*this).seat((*this).running);
        let to = (*this).depart_to(next);
        swap(this, from, to)
    }
}

/// Runs the chosen tasks until the driver is next.
///
/// # Safety
/// The caller is the driver of `this`, and whoever is next can be switched to.
pub(crate) unsafe fn drive(this: *mut Execution) {
    // SAFETY: as the caller says.
    unsafe {
        (*this).running = DRIVER;
        let this = switch(this, (*this).next);
        (*this).running = TaskId::NONE;
    }
}

impl Execution {
    /// The seat of a task. Not checked, because it is inlined into the user's functions.
    ///
    /// # Safety
    /// There is such a task, or it is the driver.
    #[inline(always)]
    unsafe fn seat(&mut self, task: TaskId) -> *mut Seat {
        debug_assert!(task.index() < self.slots.len());
        // SAFETY: as the caller says; every task has a slot, and the driver has the clock's.
        unsafe { &raw mut (*self.slots.as_mut_ptr().add(task.index())).seat }
    }

    /// The running task goes; `next` runs. Returns where.
    ///
    /// # Safety
    /// As for [`Self::seat`] of `next`.
    #[inline(always)]
    unsafe fn depart_to(&mut self, next: TaskId) -> *const Seat {
        self.running = next;
        // SAFETY: as the caller says.
        unsafe { self.seat(next) }
    }
}
