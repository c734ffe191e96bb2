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
const BATCH: usize = 32;

/// How much of a word is used: numbers are drawn from it until the product of their limits would be greater. So the bias of all that
/// come from one word together is below 2^-32, of what one number would have from a word of half its length.
const USABLE: u64 = 1 << 32;

/// The random numbers of one exploration, positioned at one execution.
#[derive(Debug, Clone)]
pub(crate) struct Random {
    at: Position,
    /// The words at hand of this execution: from `at.next` to before `end`.
    words: [u64; BATCH],
    end: usize,
    execution: u64,
    /// How many batches of its own stream the execution has used up.
    own_batches: u64,
    generator: ChaCha8Rng,
    /// The batch of the shared stream that is at hand.
    shared: [u64; BATCH],
    batch: u64,
}

/// How far the words at hand have been used.
///
/// A word is a fraction between 0 and 1, in binary. Times `n`, its whole part is a number below `n`, and the rest is a fraction again, of
/// which the next number comes: the digits of the word, each to a base of its own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Position {
    rest: u64,
    /// The product of the limits of the numbers that came from this word.
    used: u64,
    /// The word after this one.
    next: usize,
}

impl Position {
    const START: Position = Position { rest: 0, used: USABLE, next: 0 };
}

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        let generator = ChaCha8Rng::seed_from_u64(seed);
        let (shared, words) = ([0; BATCH], [0; BATCH]);
        let at = Position::START;
        Random { at, words, end: 0, execution: 0, own_batches: 0, generator, shared, batch: u64::MAX }
    }

    /// Goes to the first number of execution `execution`.
    #[inline]
    pub(crate) fn seek(&mut self, execution: u64) {
        self.execution = execution;
        // Nothing is made until a word is asked for.
        self.at = Position::START;
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

    /// Puts more words, after all at hand have been used.
    #[cold]
    fn refill(&mut self) {
        self.at.next = 0;
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

    /// A number below `n`, which is at least one.
    #[inline]
    pub(crate) fn below(&mut self, n: u32) -> u32 {
        loop {
            if let Some((number, at)) = self.peek_below(n) {
                self.go_to(at);
                return number;
            }
            self.refill();
        }
    }

    /// What [`below`](Self::below) would say, if the word for it is at hand, and where that leads. It stays there until
    /// [`go_to`](Self::go_to).
    #[inline(always)]
    pub(crate) fn peek_below(&self, n: u32) -> Option<(u32, Position)> {
        debug_assert!(n > 0);
        let n = u64::from(n);
        let Position { mut rest, mut used, mut next } = self.at;
        used *= n;
        if used > USABLE {
            if next == self.end {
                return None;
            }
            (rest, used) = (self.words[next % BATCH], n);
            next += 1;
        }
        let wide = u128::from(rest) * u128::from(n);
        Some(((wide >> 64) as u32, Position { rest: wide as u64, used, next }))
    }

    /// What [`below`](Self::below) would say for `n`, and for one more, if the word at hand will do for both. Either may
    /// then be [gone past](Self::go_past).
    #[inline(always)]
    pub(crate) fn peek_two(&self, n: u32) -> Option<(u32, u32)> {
        let Position { rest, used, .. } = self.at;
        let n = u64::from(n);
        if used * (n + 1) > USABLE {
            return None;
        }
        let wide = u128::from(rest) * u128::from(n);
        let wider = wide + u128::from(rest);
        Some(((wide >> 64) as u32, (wider >> 64) as u32))
    }

    /// Goes past a number below `n` that comes from the word at hand. For an `n` of one nothing changes.
    #[inline(always)]
    pub(crate) fn go_past(&mut self, n: u32) {
        self.at.rest = self.at.rest.wrapping_mul(n.into());
        self.at.used *= u64::from(n);
    }

    /// Goes past a number that was looked at.
    #[inline(always)]
    pub(crate) fn go_to(&mut self, at: Position) {
        self.at = at;
    }

    #[inline]
    pub(crate) fn task(&mut self, choices: &Choices<'_>) -> TaskId {
        let count = choices.enabled.count();
        let at = self.below(count + u32::from(choices.clock));
        if at < count { choices.enabled.nth(at) } else { TaskId::CLOCK }
    }
}

/// The words of batch `batch` of a stream.
fn fill(generator: &mut ChaCha8Rng, stream: u64, batch: u64, words: &mut [u64; BATCH]) {
    const WORD: usize = size_of::<u64>();
    generator.set_stream(stream);
    // Where it is is counted in words of the generator.
    generator.set_word_pos(u128::from(batch) * (BATCH * WORD / size_of::<u32>()) as u128);
    // All at once: word by word it takes as long as making them.
    let mut bytes = [0; BATCH * WORD];
    generator.fill_bytes(&mut bytes);
    for (word, bytes) in words.iter_mut().zip(bytes.as_chunks().0) {
        *word = u64::from_le_bytes(*bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(random: &mut Random, execution: u64, count: usize) -> Vec<u32> {
        random.seek(execution);
        (0..count).map(|_| random.below(1 << 30)).collect()
    }

    #[test]
    fn an_execution_has_the_same_numbers_however_it_is_reached() {
        let mut walker = Random::new(7);
        let walked: Vec<_> = (0..50).map(|i| numbers(&mut walker, i, (i as usize * 7) % 150)).collect();
        for i in (0..50).rev() {
            let jumped = numbers(&mut Random::new(7), i, (i as usize * 7) % 150);
            assert_eq!(jumped, walked[i as usize], "execution {i}");
        }
    }

    #[test]
    fn executions_differ() {
        let mut random = Random::new(7);
        assert_ne!(numbers(&mut random, 1, 20), numbers(&mut random, 2, 20));
    }

    #[test]
    fn two_numbers_at_once_are_what_either_would_be() {
        let mut random = Random::new(7);
        let mut at_once = 0;
        for execution in 0..40 {
            random.seek(execution);
            for turn in 0..200 {
                let n = turn * 7 % 5;
                let Some((less, more)) = random.peek_two(n) else {
                    random.below(n + 1);
                    continue;
                };
                at_once += 1;
                let (mut before, takes_less) = (random.clone(), n > 0 && turn % 2 == 0);
                let limit = if takes_less { n } else { n + 1 };
                assert_eq!(before.below(limit), if takes_less { less } else { more });
                random.go_past(limit);
                // They go on alike.
                let next = |random: &Random| random.clone().below(1_000_000);
                assert_eq!(next(&random), next(&before));
            }
        }
        assert!(at_once > 6_000, "mostly they come from one word");
    }

    #[test]
    fn numbers_of_one_word_are_as_often_one_as_another_whatever_came_before() {
        const N: [u32; 4] = [2, 3, 5, 7];
        let mut random = Random::new(7);
        let mut seen = std::collections::BTreeMap::new();
        let all: u32 = N.iter().product();
        let each = 1_000;
        for execution in 0..u64::from(all) * each {
            random.seek(execution);
            *seen.entry(N.map(|n| random.below(n))).or_insert(0_u64) += 1;
        }
        assert_eq!(seen.len() as u32, all);
        // Five standard deviations.
        let margin = (each as f64).sqrt() * 5.0;
        assert!(seen.values().all(|count| count.abs_diff(each) as f64 <= margin), "{seen:?}");
    }
}
