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

use super::{Entry, Job, Next};
use crate::engine::carrier::StaggeredStack;
use crate::engine::execution::{DRIVER, Execution};
use crate::engine::task::Slot;
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
        let next = Next::of((*this).next);
        let slots = (*this).depart(next);
        asm!(
            "mov rsp, [{slots} + {to} + {top}]",
            "jmp [{slots} + {to} + {resume}]",
            top = const TOP,
            resume = const RESUME,
            slots = in(reg) slots,
            to = in(reg) place_of(next),
            in("rdx") this,
            options(noreturn),
        )
    }
}

/// How far the seat is from the beginning of a slot.
const TOP: usize = offset_of!(Slot, seat) + offset_of!(Seat, top);
const RESUME: usize = offset_of!(Slot, seat) + offset_of!(Seat, resume);

/// How far from the first slot that of `next` is, in bytes.
#[inline(always)]
fn place_of(next: Next) -> usize {
    next.0.wrapping_mul(size_of::<Slot>())
}

/// Suspends the running computation, to go on at the seat of `from` later, and goes on with the suspended one whose slot is `to` bytes
/// after the first of `slots`, which may be the same. (Who is next is known last, so that the processor adds the two when it reads
/// where to go on, and not before.) Returns `this`, of which both are: in a register, so that whoever goes on need not wait for its stack to say.
///
/// Inlined, down to the user's function where possible: a function that is suspended and resumed returns to where the
/// processor does not expect it, so that every frame between the switch and the user costs a misprediction.
///
/// # Safety
/// What is at the seat of the slot that is gone on with, unless that is `from`, was left by this function and not gone on with since, or is
/// the rest of a carrier that has [begun](Carrier::begin) a job and was not switched to since; its stack is alive. `from` can be written.
#[inline(always)]
unsafe fn swap(this: *mut Execution, slots: *mut Slot, from: *mut Slot, to: usize) -> *mut Execution {
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
            "mov rsp, [rcx + rsi + {top}]",
            "jmp [rcx + rsi + {resume}]",
            "2:",
            "pop rbx",
            "pop rbp",
            top = const TOP,
            resume = const RESUME,
            inout("rcx") slots => _,
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
pub(crate) fn switch(this: *mut Execution, next: Next) -> *mut Execution {
    // SAFETY: `this` is alive, because its driver waits on its own stack; the calling task, or the driver, runs, so that it has a slot, and
    // its seat is free.
    // Whoever is next has not finished, so that it is suspended, or the calling task itself. No reference lives across
    // `swap`.
    unsafe {
        let me = (*this).running;
        debug_assert!(me.index() < (*this).slots.len());
        let slots = (*this).depart(next);
        swap(this, slots, slots.add(me.index()), place_of(next))
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
        let this = switch(this, Next::of((*this).next));
        (*this).running = TaskId::NONE;
    }
}

impl Execution {
    /// The running task goes; `next` runs. Returns the slots, in which both have a seat; so does the driver, in the clock's.
    #[inline(always)]
    fn depart(&mut self, next: Next) -> *mut Slot {
        self.running = next.task();
        // Not checked, because it is inlined into the user's functions.
        debug_assert!(next.0 < self.slots.len());
        self.slots.as_mut_ptr()
    }
}
