//! Who of few is next, looked up.
//!
//! Every step waits for the answer, and it depends on a set that has just changed. To count its members, to draw a number below that and to find
//! the member takes fifteen cycles, one after the other. A byte is at hand before the set is known, and then the answer is one load
//! away. It is the answer that [`Random::among`](crate::explore::Random::among) gives, or none. **Unsafe room**: an empty `asm!`.

use crate::explore::{SMALL, of_byte};
use crate::kernel::TaskId;

/// How many tasks there are at most.
const TASKS: u32 = 6;

/// How many sets of them there are.
const SETS: usize = 1 << TASKS;

/// How many bytes there are.
const BYTES: usize = 1 << u8::BITS;

/// What stands for a set of which a byte draws nobody.
const NOBODY: u8 = u8::MAX;

/// By set, and by byte.
static DRAWN: [u8; SETS * BYTES] = {
    let mut drawn = [NOBODY; SETS * BYTES];
    let mut set = 1;
    while set < SETS {
        let mut byte = 0;
        while byte < BYTES {
            if let Some(number) = of_byte(byte as u8, set.count_ones()) {
                drawn[set * BYTES + byte] = nth(set, number);
            }
            byte += 1;
        }
        set += 1;
    }
    drawn
};

/// The place of the `n`-th bit of `set`, counted from zero.
const fn nth(mut set: usize, mut n: u32) -> u8 {
    while n > 0 {
        set &= set - 1;
        n -= 1;
    }
    set.trailing_zeros() as u8
}

/// Whom a byte draws, or that it draws nobody.
#[derive(Clone, Copy)]
pub(super) struct Drawn(u64);

impl Drawn {
    /// From the tasks whose bits are set. None if they are not among the first.
    #[inline(always)]
    pub(super) fn from(tasks: u64, byte: u8) -> Option<Drawn> {
        const _: () = assert!(TASKS <= SMALL);
        let drawn = *DRAWN.get(usize::try_from(tasks).ok()?.checked_mul(BYTES)? + usize::from(byte))?;
        Some(Drawn(drawn.into()))
    }

    #[inline(always)]
    pub(super) fn task(self) -> Option<TaskId> {
        (self.0 != NOBODY.into()).then_some(TaskId(self.0 as u32))
    }

    /// One of two, both of which are known before it is known which.
    #[inline(always)]
    pub(super) fn choose(which: bool, yes: Drawn, no: Drawn) -> Drawn {
        let (mut yes, mut no) = (yes.0, no.0);
        // SAFETY: nothing is done. (But the compiler does not see that, and so does not make one load of two, after it is known which.)
        #[cfg(all(target_arch = "x86_64", not(miri)))]
        unsafe {
            std::arch::asm!("/* {0} {1} */", inout(reg) yes, inout(reg) no, options(pure, nomem, nostack, preserves_flags));
        }
        Drawn(std::hint::select_unpredictable(which, yes, no))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::bits;

    #[test]
    fn it_says_what_the_number_of_the_byte_says() {
        for (tasks, byte) in (0..600).flat_map(|tasks| (0..=u8::MAX).map(move |byte| (tasks, byte))) {
            let members = u64::count_ones(tasks);
            let drawn = Drawn::from(tasks, byte);
            assert_eq!(drawn.is_some(), tasks < 1 << TASKS);
            if let Some(drawn) = drawn {
                let number = if members > 0 { of_byte(byte, members) } else { None };
                assert_eq!(drawn.task(), number.map(|number| TaskId(bits::nth(tasks, number))), "{tasks:b} {byte}");
            }
        }
    }

    #[test]
    fn everybody_is_drawn_by_as_many_bytes() {
        for members in 1..=SMALL {
            let of = |number| (0..=u8::MAX).filter(|byte| of_byte(*byte, members) == Some(number)).count() as u32;
            assert!((0..members).all(|number| of(number) == 256 / members));
        }
    }
}
