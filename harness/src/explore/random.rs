//! The random walk: uniform over the enabled tasks.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::Choices;
use crate::kernel::TaskId;

/// How many words of the shared stream belong to one execution.
///
/// A block of ChaCha8 costs as much as a short execution, and most executions need few words. So the first words
/// of execution `i` come from stream 0, where the words of its neighbours stand beside them, and only
/// longer executions open a stream of their own.
const SHARED_WORDS: u32 = 8;

/// The random numbers of one exploration, positioned at one execution.
#[derive(Debug, Clone)]
pub(crate) struct Random {
    shared: ChaCha8Rng,
    own: ChaCha8Rng,
    execution: u64,
    used: u32,
}

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        let shared = ChaCha8Rng::seed_from_u64(seed);
        Random { own: shared.clone(), shared, execution: 0, used: SHARED_WORDS }
    }

    /// Goes to the first number of execution `execution`.
    pub(crate) fn seek(&mut self, execution: u64) {
        let position = u128::from(execution) * u128::from(SHARED_WORDS);
        // The usual case is the execution after the last, whose words may be in the buffer already.
        let at = u128::from(self.execution) * u128::from(SHARED_WORDS) + u128::from(self.used.min(SHARED_WORDS));
        if execution == self.execution.wrapping_add(1) && position >= at {
            for _ in at..position {
                self.shared.next_u32();
            }
        } else {
            self.shared.set_word_pos(position);
        }
        self.execution = execution;
        self.used = 0;
    }

    #[inline]
    fn word(&mut self) -> u32 {
        self.used += 1;
        if self.used <= SHARED_WORDS {
            return self.shared.next_u32();
        }
        if self.used == SHARED_WORDS + 1 {
            self.own.set_stream(self.execution + 1);
            self.own.set_word_pos(0);
        }
        self.own.next_u32()
    }

    /// A number below `n`, which is at least one. The bias is below `n / 2^32`.
    #[inline]
    pub(crate) fn below(&mut self, n: u32) -> u32 {
        ((u64::from(self.word()) * u64::from(n)) >> 32) as u32
    }

    #[inline]
    pub(crate) fn task(&mut self, choices: &Choices<'_>) -> TaskId {
        let count = choices.enabled.len() as u32;
        let at = self.below(count + u32::from(choices.clock));
        choices.enabled.get(at as usize).copied().unwrap_or(TaskId::CLOCK)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(random: &mut Random, execution: u64, count: usize) -> Vec<u32> {
        random.seek(execution);
        (0..count).map(|_| random.word()).collect()
    }

    #[test]
    fn an_execution_has_the_same_numbers_however_it_is_reached() {
        let mut walker = Random::new(7);
        let walked: Vec<_> = (0..50).map(|i| words(&mut walker, i, (i as usize * 3) % 20)).collect();
        for i in (0..50).rev() {
            let jumped = words(&mut Random::new(7), i, (i as usize * 3) % 20);
            assert_eq!(jumped, walked[i as usize], "execution {i}");
        }
    }

    #[test]
    fn executions_differ() {
        let mut random = Random::new(7);
        assert_ne!(words(&mut random, 1, 20), words(&mut random, 2, 20));
    }
}
