//! The fixed window: a counter that starts again with every period.

use reweave::time::Duration;

use super::{Algorithm, Decision};
use crate::limiter::Rate;

/// Lets `limit` requests pass in each period, counted from when the limiter was made.
///
/// Cheap, easy to explain to a customer ("a thousand an hour, by the clock"), and the same on every machine. But the limit holds for
/// these periods only: `limit` requests at the end of one and `limit` at the beginning of the next are twice as many within a
/// moment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FixedWindow {
    rate: Rate,
    /// Which period is counted.
    window: u128,
    /// How many passed in it.
    count: u32,
}

impl FixedWindow {
    /// A window in which nothing has passed yet.
    pub fn new(rate: Rate) -> Self {
        Self { rate, window: 0, count: 0 }
    }

    pub(in crate::limiter) fn rate(&self) -> Rate {
        self.rate
    }
}

impl Algorithm for FixedWindow {
    fn advance(&mut self, now: Duration) {
        let (window, _) = self.rate.window(now);
        if window != self.window {
            self.window = window;
            self.count = 0;
        }
    }

    fn decide(&self, now: Duration) -> Decision {
        if self.count < self.rate.limit() {
            return Decision::Pass { at: now };
        }
        let (_, into) = self.rate.window(now);
        Decision::Refuse { until: now - into + self.rate.period() }
    }

    fn charge(&mut self, _at: Duration) {
        self.count += 1;
    }
}
