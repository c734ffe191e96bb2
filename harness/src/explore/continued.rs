//! The beginning of a schedule, and then the random walk: what is likely to become of an execution from there on.

use super::{Choices, Random};
use crate::engine::decisions::Decisions;
use crate::kernel::TaskId;

/// The seed of the random walks; always the same, so that what they say is, too.
const SEED: u64 = 0x5eed;

/// See the module's documentation.
#[derive(Debug)]
pub(crate) struct Continued {
    decisions: Vec<u32>,
    /// How many of them are followed, and how many were.
    prefix: usize,
    made: usize,
    random: Random,
}

impl Continued {
    pub(crate) fn new(decisions: &Decisions) -> Continued {
        Continued { decisions: decisions.iter().collect(), prefix: 0, made: 0, random: Random::new(SEED) }
    }

    /// How many decisions the whole schedule has.
    pub(crate) fn len(&self) -> usize {
        self.decisions.len()
    }

    /// Follows the first `prefix` decisions in the next execution, and then the random walk number `walk`.
    pub(crate) fn start(&mut self, prefix: usize, walk: u64) {
        (self.prefix, self.made) = (prefix, 0);
        self.random.seek(walk);
    }

    fn decided(&mut self) -> Option<u32> {
        let decision = *self.decisions[..self.prefix].get(self.made)?;
        self.made += 1;
        Some(decision)
    }

    pub(crate) fn task(&mut self, choices: &Choices<'_>) -> TaskId {
        let decided = self.decided().map(TaskId).filter(|task| choices.contains(*task));
        decided.unwrap_or_else(|| self.random.task(choices))
    }

    pub(crate) fn alternative(&mut self, n: u32) -> u32 {
        let decided = self.decided().filter(|choice| *choice < n);
        decided.unwrap_or_else(|| self.random.below(n))
    }
}
