//! The random walk: uniform over the enabled tasks.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::Choices;
use crate::kernel::TaskId;

/// How many words of the shared stream belong to one execution.
///
/// Four blocks of ChaCha8, which is what the generator makes at once, cost as much as a short execution, and most
/// executions need few words. So the first words of execution `i` come from stream 0, where those of its
/// neighbours stand beside them, and only longer executions open a stream of their own.
const SHARED_WORDS: usize = 8;

/// How many executions find their first words in one batch.
const SHARERS: u64 = (BATCH / SHARED_WORDS) as u64;

/// How many words the generator makes at once.
const BATCH: usize = 64;

/// The random numbers of one exploration, positioned at one execution.
#[derive(Debug, Clone)]
pub(crate) struct Random {
    /// The words at hand of this execution: from `next` to before `end`.
    words: [u32; BATCH],
    next: usize,
    end: usize,
    execution: u64,
    /// How many batches of its own stream the execution has used up.
    own_batches: u64,
    generator: ChaCha8Rng,
    /// The batch of the shared stream that is at hand.
    shared: [u32; BATCH],
    batch: u64,
}

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        let generator = ChaCha8Rng::seed_from_u64(seed);
        let (shared, words) = ([0; BATCH], [0; BATCH]);
        Random { words, next: 0, end: 0, execution: 0, own_batches: 0, generator, shared, batch: u64::MAX }
    }

    /// Goes to the first number of execution `execution`.
    #[inline]
    pub(crate) fn seek(&mut self, execution: u64) {
        self.execution = execution;
        // Nothing is made until a word is asked for.
        self.next = 0;
        self.end = 0;
        self.own_batches = 0;
        if execution / SHARERS == self.batch {
            self.take_shared();
        }
    }

    /// Puts the words of this execution from the batch at hand.
    #[inline]
    fn take_shared(&mut self) {
        let first = (self.execution % SHARERS) as usize * SHARED_WORDS;
        self.words[..SHARED_WORDS].copy_from_slice(&self.shared[first..first + SHARED_WORDS]);
        self.end = SHARED_WORDS;
    }

    #[inline]
    fn word(&mut self) -> u32 {
        if self.next == self.end {
            self.refill();
        }
        let word = self.words[self.next % BATCH];
        self.next += 1;
        word
    }

    #[cold]
    fn refill(&mut self) {
        self.next = 0;
        if self.end == 0 {
            self.batch = self.execution / SHARERS;
            fill(&mut self.generator, 0, self.batch, &mut self.shared);
            self.take_shared();
            return;
        }
        fill(&mut self.generator, self.execution + 1, self.own_batches, &mut self.words);
        self.own_batches += 1;
        self.end = BATCH;
    }

    /// A number below `n`, which is at least one. The bias is below `n / 2^32`.
    #[inline]
    pub(crate) fn below(&mut self, n: u32) -> u32 {
        scale(self.word(), n)
    }

    /// What [`below`](Self::below) would say, if that word is at hand. It stays there until [`advance`](Self::advance).
    #[inline(always)]
    pub(crate) fn peek_below(&self, n: u32) -> Option<u32> {
        (self.next != self.end).then(|| scale(self.words[self.next % BATCH], n))
    }

    /// Goes past the word that was looked at.
    #[inline(always)]
    pub(crate) fn advance(&mut self) {
        self.next += 1;
    }

    #[inline]
    pub(crate) fn task(&mut self, choices: &Choices<'_>) -> TaskId {
        let count = choices.enabled.count();
        let at = self.below(count + u32::from(choices.clock));
        if at < count { choices.enabled.nth(at) } else { TaskId::CLOCK }
    }
}

/// The part of `n` that `word` is of all words.
#[inline(always)]
fn scale(word: u32, n: u32) -> u32 {
    ((u64::from(word) * u64::from(n)) >> 32) as u32
}

/// The words of batch `batch` of a stream.
fn fill(generator: &mut ChaCha8Rng, stream: u64, batch: u64, words: &mut [u32; BATCH]) {
    generator.set_stream(stream);
    generator.set_word_pos(u128::from(batch) * BATCH as u128);
    // All at once: word by word it takes as long as making them.
    let mut bytes = [0; BATCH * size_of::<u32>()];
    generator.fill_bytes(&mut bytes);
    for (word, bytes) in words.iter_mut().zip(bytes.as_chunks().0) {
        *word = u32::from_le_bytes(*bytes);
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
        let walked: Vec<_> = (0..50).map(|i| words(&mut walker, i, (i as usize * 7) % 150)).collect();
        for i in (0..50).rev() {
            let jumped = words(&mut Random::new(7), i, (i as usize * 7) % 150);
            assert_eq!(jumped, walked[i as usize], "execution {i}");
        }
    }

    #[test]
    fn executions_differ() {
        let mut random = Random::new(7);
        assert_ne!(words(&mut random, 1, 20), words(&mut random, 2, 20));
    }
}
