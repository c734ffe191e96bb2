//! The random walk: uniform over the enabled tasks.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::Choices;
use crate::kernel::TaskId;

/// How many bytes of the shared stream belong to one execution.
///
/// Four blocks of ChaCha8, which is what the generator makes at once, cost as much as a short execution, and most
/// executions need few bytes. So the first bytes of execution `i` come from stream 0, where those of its
/// neighbours stand beside them, and only longer executions open a stream of their own.
const SHARED: usize = BATCH / SHARERS as usize;

/// How many executions find their first bytes in one batch.
const SHARERS: u64 = 3;

/// How many bytes the generator makes at once.
const BATCH: usize = 256;

/// How much of a word is used where numbers are below any limit: they are drawn from it until the product of their limits would be greater. So
/// the bias of all that come from one word together is below 2^-32, of what one number would have from a word of half its length.
const USABLE: u64 = 1 << 32;

/// Where a number says who of at most so many is next, it comes of one byte, but for bytes that are passed over: see [`Random::among`].
pub(crate) const SMALL: u32 = 8;

/// The random numbers of one exploration, positioned at one execution.
#[derive(Debug, Clone)]
pub(crate) struct Random {
    at: Position,
    /// The bytes at hand of this execution: from `at.next` on.
    bytes: [u8; BATCH],
    /// Whether there have been any.
    begun: bool,
    execution: u64,
    /// How many batches of its own stream the execution has used up.
    own_batches: u64,
    generator: ChaCha8Rng,
    /// The batch of the shared stream that is at hand.
    shared: [u8; BATCH],
    batch: u64,
}

/// How far the bytes at hand have been used.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Position {
    /// The first byte that has not been used.
    next: usize,
    /// What is left of the word at hand.
    ///
    /// A word is a fraction between 0 and 1, in binary. Times `n`, its whole part is a number below `n`, and the rest is a fraction again, of
    /// which the next number comes: the digits of the word, each to a base of its own.
    rest: u64,
    /// The product of the limits of the numbers that came from this word.
    used: u64,
}

impl Position {
    const START: Position = Position { next: BATCH, rest: 0, used: USABLE };
}

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random {
            at: Position::START,
            bytes: [0; BATCH],
            begun: false,
            execution: 0,
            own_batches: 0,
            generator: ChaCha8Rng::seed_from_u64(seed),
            shared: [0; BATCH],
            batch: u64::MAX,
        }
    }

    /// Goes to the first number of execution `execution`.
    #[inline]
    pub(crate) fn seek(&mut self, execution: u64) {
        self.execution = execution;
        // Nothing is made until a byte is asked for.
        self.at = Position::START;
        self.begun = false;
        self.own_batches = 0;
        if execution / SHARERS == self.batch {
            self.take_shared();
        }
    }

    /// Puts the bytes of this execution from the batch at hand.
    #[inline]
    fn take_shared(&mut self) {
        let first = (self.execution % SHARERS) as usize * SHARED;
        self.at.next = BATCH - SHARED;
        self.bytes[BATCH - SHARED..].copy_from_slice(&self.shared[first..first + SHARED]);
        self.begun = true;
    }

    /// Puts more bytes, after all at hand have been used, or as many that what was asked for is not there.
    #[cold]
    fn refill(&mut self) {
        if !self.begun {
            self.batch = self.execution / SHARERS;
            fill(&mut self.generator, 0, self.batch, &mut self.shared);
            self.take_shared();
            return;
        }
        fill(&mut self.generator, self.execution + 1, self.own_batches, &mut self.bytes);
        self.own_batches += 1;
        self.at.next = 0;
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
        let Position { mut next, mut rest, mut used } = self.at;
        used *= n;
        if used > USABLE {
            rest = u64::from_le_bytes(*self.bytes.get(next..)?.first_chunk()?);
            used = n;
            next += size_of::<u64>();
        }
        let wide = u128::from(rest) * u128::from(n);
        Some(((wide >> 64) as u32, Position { next, rest: wide as u64, used }))
    }

    /// Goes past a number that was looked at.
    #[inline(always)]
    pub(crate) fn go_to(&mut self, at: Position) {
        self.at = at;
    }

    /// The next byte, if it is at hand. It stays there until [`go_past_byte_if`](Self::go_past_byte_if).
    #[inline(always)]
    pub(crate) fn peek_byte(&self) -> Option<u8> {
        self.bytes.get(self.at.next).copied()
    }

    /// Sees to it that there is a byte at hand, which changes no number: the next one that is asked for would do the same.
    #[inline]
    pub(crate) fn have_byte(&mut self) {
        if self.at.next == BATCH {
            self.refill();
        }
    }

    /// Goes past a byte that was looked at, if a number was drawn from it.
    #[inline(always)]
    pub(crate) fn go_past_byte_if(&mut self, drawn: bool) {
        self.at.next += usize::from(drawn);
    }

    /// A number below `n`, which is at least two, to say who of so many is next.
    ///
    /// If `n` is at most [`SMALL`] it mostly comes of one byte, which is at hand before `n` is known: see `engine/drawn.rs`.
    #[inline]
    pub(crate) fn among(&mut self, n: u32) -> u32 {
        loop {
            if let Some((number, at)) = self.peek_among(n) {
                self.go_to(at);
                return number;
            }
            self.refill();
        }
    }

    /// What [`among`](Self::among) would say, if all for it is at hand, and where that leads. It stays there until [`go_to`](Self::go_to).
    #[inline(always)]
    pub(crate) fn peek_among(&self, n: u32) -> Option<(u32, Position)> {
        if n > SMALL {
            return self.peek_below(n);
        }
        let Position { mut next, .. } = self.at;
        loop {
            let number = of_byte(*self.bytes.get(next)?, n);
            next += 1;
            if let Some(number) = number {
                return Some((number, Position { next, ..self.at }));
            }
        }
    }

    #[inline]
    pub(crate) fn task(&mut self, choices: &Choices<'_>) -> TaskId {
        let count = choices.enabled.count();
        let n = count + u32::from(choices.clock);
        let at = if n > 1 { self.among(n) } else { 0 };
        if at < count { choices.enabled.nth(at) } else { TaskId::CLOCK }
    }
}

/// The number below `n` that a byte says. None if it says none, so that each comes of as many bytes. (Lemire, Fast random integer generation in
/// an interval, 2019.)
pub(crate) const fn of_byte(byte: u8, n: u32) -> Option<u32> {
    let wide = byte as u32 * n;
    if wide % 256 < 256 % n { None } else { Some(wide / 256) }
}

/// The bytes of batch `batch` of a stream.
fn fill(generator: &mut ChaCha8Rng, stream: u64, batch: u64, bytes: &mut [u8; BATCH]) {
    generator.set_stream(stream);
    // Where it is is counted in words of the generator.
    generator.set_word_pos(u128::from(batch) * (BATCH / size_of::<u32>()) as u128);
    generator.fill_bytes(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers of all kinds.
    fn numbers(random: &mut Random, execution: u64, count: usize) -> Vec<u32> {
        random.seek(execution);
        let number = |nth| match nth % 4 {
            0 => random.below(1 << 30),
            1 => random.below(3),
            _ => random.among(2 + (nth as u32 * 5 + nth as u32 / 7) % 9),
        };
        (0..count).map(number).collect()
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
    fn one_is_next_as_often_as_another() {
        const EACH: u64 = 4_000;
        let mut random = Random::new(7);
        for n in 2..=12 {
            let mut seen = vec![0_u64; n as usize];
            for execution in 0..EACH / 40 {
                random.seek(execution);
                (0..u64::from(n) * 40).for_each(|_| seen[random.among(n) as usize] += 1);
            }
            // Five standard deviations.
            let margin = (EACH as f64).sqrt() * 5.0;
            assert!(seen.iter().all(|count| count.abs_diff(EACH) as f64 <= margin), "{seen:?}");
        }
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
