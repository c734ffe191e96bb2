//! The leaky bucket: requests wait in line and leave it evenly.

use reweave::time::Duration;

use super::{Algorithm, Decision};
use crate::limiter::{ConfigError, Rate};

/// Lets one request pass after another, an interval apart. Requests that come too early wait for their turn, at most so many at a
/// time; the others are refused.
///
/// What is behind it never sees a burst. This is the leaky bucket *as a queue*; as a meter, without a line, it is the
/// [`TokenBucket`](super::TokenBucket) seen from the other side. There is no real queue: whoever passes is told
/// [when](crate::limiter::Pass::at), in the order of asking.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LeakyBucket {
    interval: Duration,
    /// How many may wait.
    queue: u32,
    /// How long the last of them waits.
    longest: Duration,
    /// When the next request may pass, at the earliest.
    next: Duration,
}

impl LeakyBucket {
    /// An empty bucket in which `limit` requests may wait.
    pub fn new(rate: Rate) -> Self {
        let interval = rate.interval();
        Self { interval, queue: rate.limit(), longest: interval * rate.limit(), next: Duration::ZERO }
    }

    /// The same where so many requests may wait, instead of `limit`. With 0 a request that comes too early is refused.
    ///
    /// # Errors
    /// [`ConfigError::TooLong`] if the last of them would wait for more than 584 years.
    pub fn queue(mut self, requests: u32) -> Result<Self, ConfigError> {
        self.longest = Rate::new(1, self.interval)?.intervals(requests)?;
        self.queue = requests;
        Ok(self)
    }

    pub(in crate::limiter) fn interval(&self) -> Duration {
        self.interval
    }

    pub(in crate::limiter) fn places(&self) -> usize {
        self.queue as usize
    }
}

impl Algorithm for LeakyBucket {
    fn advance(&mut self, now: Duration) {
        self.next = self.next.max(now);
    }

    fn decide(&self, now: Duration) -> Decision {
        match now.checked_add(self.longest) {
            Some(last) if self.next > last => Decision::Refuse { until: self.next - self.longest },
            _ => Decision::Pass { at: self.next },
        }
    }

    fn charge(&mut self, at: Duration) {
        self.next = at + self.interval;
    }
}
