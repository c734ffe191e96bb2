//! The sliding counter: what passed in the last period, estimated from two fixed windows.

use reweave::time::Duration;

use super::{Algorithm, Decision};
use crate::limiter::Rate;

/// Lets a request pass if an estimate of how many have passed within the last period stays within `limit`.
///
/// The last period overlaps two fixed windows, the current one and a part of the one before. What passed in the current one is known;
/// of what passed in the one before, as large a part is counted as overlaps, as if it had come evenly. So there is no burst
/// across a boundary, and two counters are enough, whatever the limit. If in truth all of it came at the end of the window
/// before, more than `limit` pass in some period, up to twice as many, but slowly: one place becomes free after the other.
///
/// The idea is known from Cloudflare, *How we built rate limiting capable of scaling to millions of domains* (2017).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SlidingCounter {
    rate: Rate,
    /// Which period is counted.
    window: u128,
    /// How many passed in it.
    current: u32,
    /// How many passed in the one before.
    previous: u32,
}

impl SlidingCounter {
    /// A counter of nothing.
    pub fn new(rate: Rate) -> Self {
        Self { rate, window: 0, current: 0, previous: 0 }
    }

    pub(in crate::limiter) fn rate(&self) -> Rate {
        self.rate
    }

    /// How far into a window the first moment is at which one more request fits, with so many that passed in it and in the one
    /// before; `None` if there is none.
    fn room_from(&self, current: u32, previous: u32) -> Option<Duration> {
        let room = self.rate.limit().checked_sub(current)?.checked_sub(1)?;
        let period = self.rate.period();
        if previous <= room {
            return Some(Duration::ZERO);
        }
        // So much of the window before may overlap: `previous * overlap / period` must not be more than the room.
        let overlap = period.as_nanos() * u128::from(room) / u128::from(previous);
        // Less than the period, which has 64 bits.
        let into = period - Duration::from_nanos(overlap as u64);
        (into < period).then_some(into)
    }
}

impl Algorithm for SlidingCounter {
    fn advance(&mut self, now: Duration) {
        let (window, _) = self.rate.window(now);
        if window == self.window {
            return;
        }
        let follows = window == self.window + 1;
        self.previous = if follows { self.current } else { 0 };
        self.current = 0;
        self.window = window;
    }

    fn decide(&self, now: Duration) -> Decision {
        let (_, into) = self.rate.window(now);
        let begun = now - into;
        let period = self.rate.period();
        let until = match self.room_from(self.current, self.previous) {
            Some(room) if room <= into => return Decision::Pass { at: now },
            Some(room) => begun + room,
            // In the next window, where this one is the one before, or in the one after that, which finds nothing.
            None => match self.room_from(0, self.current) {
                Some(room) => begun + period + room,
                None => begun + 2 * period,
            },
        };
        Decision::Refuse { until }
    }

    fn charge(&mut self, _at: Duration) {
        self.current += 1;
    }
}
