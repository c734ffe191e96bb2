//! The sliding log: all that passed in the last period, one by one.

use std::collections::VecDeque;

use reweave::time::Duration;

use super::{Algorithm, Decision};
use crate::limiter::Rate;

/// Lets a request pass if fewer than `limit` have passed within the period that ends with it.
///
/// The limit holds for every period, wherever it begins, and exactly. That costs a moment of memory for each request that passed in
/// the last period.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SlidingLog {
    rate: Rate,
    /// When requests passed, the latest behind: at most `limit` of them.
    passed: VecDeque<Duration>,
}

impl SlidingLog {
    /// A log without entries. It grows to `limit` entries and no further.
    pub fn new(rate: Rate) -> Self {
        Self { rate, passed: VecDeque::new() }
    }

    pub(in crate::limiter) fn rate(&self) -> Rate {
        self.rate
    }
}

impl Algorithm for SlidingLog {
    fn advance(&mut self, now: Duration) {
        while self.passed.front().is_some_and(|first| *first + self.rate.period() <= now) {
            self.passed.pop_front();
        }
    }

    fn decide(&self, now: Duration) -> Decision {
        match self.passed.front() {
            // With the first of them a place becomes free.
            Some(first) if self.passed.len() >= self.rate.limit() as usize => {
                Decision::Refuse { until: *first + self.rate.period() }
            }
            _ => Decision::Pass { at: now },
        }
    }

    fn charge(&mut self, at: Duration) {
        self.passed.push_back(at);
    }
}
