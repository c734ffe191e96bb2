//! How many bits of a word are set, and which is the `n`-th of them: every decision waits for the two, unless it is [looked up](super::drawn).
//!
//! Processors have had instructions for both for long (x86-64 since Haswell and Excavator), but a library cannot take
//! them for granted, and calling a function that may costs more than they do. **Unsafe room**: the instructions.

/// A word, on a processor that has the instructions.
#[derive(Clone, Copy, Debug)]
pub(super) struct QuickWord(u64);

/// Whether this processor has the instructions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Quick(bool);

impl Quick {
    pub(super) const NO: Quick = Quick(false);

    pub(super) fn detect() -> Quick {
        #[cfg(target_arch = "x86_64")]
        // `tzcnt` is one of the second set, `pdep` and `shlx` are of the third.
        let has_instructions = std::is_x86_feature_detected!("popcnt")
            && std::is_x86_feature_detected!("bmi1")
            && std::is_x86_feature_detected!("bmi2");
        // Elsewhere the compiler knows what there is.
        #[cfg(not(target_arch = "x86_64"))]
        let has_instructions = true;
        Quick(has_instructions)
    }

    #[inline(always)]
    pub(super) fn word(self, word: u64) -> Option<QuickWord> {
        self.0.then_some(QuickWord(word))
    }
}

impl QuickWord {
    /// Whether no more than one bit is set.
    #[inline(always)]
    pub(super) fn at_most_one(self) -> bool {
        self.0 & self.0.wrapping_sub(1) == 0
    }

    #[inline(always)]
    pub(super) fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Whether the bit at `place`, which is below 64, is set.
    #[inline(always)]
    pub(super) fn has(self, place: u32) -> bool {
        debug_assert!(place < u64::BITS);
        self.0.wrapping_shr(place) & 1 != 0
    }

    #[inline(always)]
    pub(super) fn get(self) -> u64 {
        self.0
    }

    /// The word with all of `bits` set or not.
    #[inline(always)]
    pub(super) fn with(self, bits: u64, on: bool) -> QuickWord {
        QuickWord(set_bits(self.0, bits, on))
    }

    /// How many bits are set.
    #[inline(always)]
    pub(super) fn count(self) -> u32 {
        #[cfg(target_arch = "x86_64")]
        {
            let count: u64;
            // SAFETY: the processor has the instruction, see `Quick`; it does nothing but compute.
            unsafe {
                std::arch::asm!("popcnt {}, {}", out(reg) count, in(reg) self.0, options(pure, nomem, nostack));
            }
            count as u32
        }
        #[cfg(not(target_arch = "x86_64"))]
        self.0.count_ones()
    }

    /// The place of the `n`-th bit that is set, counted from zero; there are more than `n`.
    #[inline(always)]
    pub(super) fn nth(self, n: u32) -> u32 {
        debug_assert!(n < self.0.count_ones());
        #[cfg(target_arch = "x86_64")]
        {
            let at: u64;
            // SAFETY: the processor has the instructions, see `Quick`; they do nothing but compute: the first one makes a word of bit
            // `n`, and the second moves that to the place of the `n`-th that is set.
            unsafe {
                std::arch::asm!(
                    "shlx {at}, {one}, {n}",
                    "pdep {at}, {at}, {word}",
                    "tzcnt {at}, {at}",
                    at = out(reg) at,
                    one = in(reg) 1_u64,
                    n = in(reg) u64::from(n),
                    word = in(reg) self.0,
                    options(pure, nomem, nostack),
                );
            }
            // SAFETY: there is such a bit, so that this is its place.
            unsafe { std::hint::assert_unchecked(at < u64::BITS.into()) };
            at as u32
        }
        #[cfg(not(target_arch = "x86_64"))]
        nth(self.0, n)
    }
}

/// [`QuickWord::nth`] on any processor: halves the part of the word in which the bit is.
#[inline]
pub(super) fn nth(mut word: u64, mut n: u32) -> u32 {
    let mut at = 0;
    for half in [32, 16, 8, 4, 2, 1] {
        let low = (word & ((1 << half) - 1)).count_ones();
        if n >= low {
            n -= low;
            at += half;
            word >>= half;
        }
    }
    at
}

/// `word` with all of `bits` set or not; which of the two is as often one as the other, so that there is no branch.
#[inline(always)]
pub(super) fn set_bits(word: u64, bits: u64, on: bool) -> u64 {
    word & !bits | bits & u64::from(on).wrapping_neg()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn both_ways_find_the_same_bits(word: u64) {
            let quick = Quick::detect().word(word);
            let places = (0..64).filter(|place| word >> place & 1 != 0);
            for (n, place) in places.enumerate() {
                prop_assert_eq!(nth(word, n as u32), place);
                if let Some(quick) = quick {
                    prop_assert_eq!(quick.nth(n as u32), place);
                    prop_assert_eq!(quick.count(), word.count_ones());
                }
            }
        }
    }
}
