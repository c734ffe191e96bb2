//! The switch from one task to another, and the coroutines that tasks run on.
//!
//! There are two of the same shape. `direct` knows the processor: the running task saves two words on its own stack
//! and goes on with the stack of the next one, whichever that is, in 4 to 6 ns. `chained`, for whatever the first does
//! not know, is built on corosensei, where a coroutine can only be resumed from above and suspended to there; it
//! costs 10 to 18 ns. `RUSTFLAGS='--cfg reweave_chained'` chooses it everywhere, which is how it is tested.
//!
//! Both have a `Seat`, the part of a task that says how to get to it, a `Carrier`, a stack that runs one job after
//! another, `switch`, `leave` and `drive`. **Unsafe room.**

#[cfg(not(all(target_arch = "x86_64", unix, not(reweave_chained))))]
mod chained;
#[cfg(all(target_arch = "x86_64", unix, not(reweave_chained)))]
mod direct;

#[cfg(not(all(target_arch = "x86_64", unix, not(reweave_chained))))]
pub(crate) use chained::{Carrier, Seat, drive, leave, switch};
#[cfg(all(target_arch = "x86_64", unix, not(reweave_chained)))]
pub(crate) use direct::{Carrier, Seat, drive, leave, switch};

use crate::kernel::TaskId;

/// Who is next. As long as a pointer, so that where its seat is follows at once: nobody goes on before that is known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Next(usize);

impl Next {
    #[inline(always)]
    pub(crate) fn of(task: TaskId) -> Next {
        Next(task.index())
    }

    /// Who was put into a word with [`Self::word`].
    #[inline(always)]
    pub(super) fn from_word(word: u64) -> Next {
        Next(word as usize)
    }

    #[inline(always)]
    pub(super) fn word(self) -> u64 {
        self.0 as u64
    }

    #[inline(always)]
    fn task(self) -> TaskId {
        TaskId(self.0 as u32)
    }
}

/// A function that ends with [`leave`]; it is called by its address, so that how it takes its argument has to be known.
pub(crate) type Entry = unsafe extern "C" fn(*mut ());

/// What a carrier runs next: a function and the pointer that it takes.
#[derive(Clone, Copy)]
pub(crate) struct Job {
    pub(crate) entry: Entry,
    pub(crate) data: *mut (),
}
