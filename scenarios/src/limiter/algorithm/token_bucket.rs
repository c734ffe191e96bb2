//! The token bucket: every request takes a token, and tokens come in evenly.

use reweave::time::Duration;

use super::{Algorithm, Decision};
use crate::limiter::{ConfigError, Rate};

/// Lets a request pass if there is a token for it. The bucket holds `burst` tokens and is full at the beginning; `limit` tokens in a
/// period come in, one after another, until it is full again.
///
/// Whoever has been quiet for a while may send a burst; in the long run the rate holds. In any time `t` at most
/// `burst + t / interval` requests pass.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TokenBucket {
    /// In which time one token comes in.
    interval: Duration,
    /// In which time an empty bucket fills.
    full: Duration,
    /// How full it is, in time: tokens as long as they take to come in. So no part of a token is lost to rounding.
    credit: Duration,
    /// Up to when tokens have come in.
    refilled: Duration,
}

impl TokenBucket {
    /// A full bucket that holds `limit` tokens.
    pub fn new(rate: Rate) -> Self {
        let interval = rate.interval();
        // The interval is rounded up to a nanosecond, and 2^32 nanoseconds more than the period do no harm.
        let full = interval * rate.limit();
        Self { interval, full, credit: full, refilled: Duration::ZERO }
    }

    /// The same with room for `tokens` tokens, from 1 up, instead of `limit`.
    ///
    /// # Errors
    /// [`ConfigError`] says why there is no such bucket.
    pub fn burst(mut self, tokens: u32) -> Result<Self, ConfigError> {
        if tokens == 0 {
            return Err(ConfigError::ZeroBurst);
        }
        self.full = Rate::new(1, self.interval)?.intervals(tokens)?;
        self.credit = self.full;
        Ok(self)
    }

    pub(in crate::limiter) fn interval(&self) -> Duration {
        self.interval
    }

    pub(in crate::limiter) fn full(&self) -> Duration {
        self.full
    }
}

impl Algorithm for TokenBucket {
    fn advance(&mut self, now: Duration) {
        let came_in = now.saturating_sub(self.refilled);
        self.credit = self.credit.saturating_add(came_in).min(self.full);
        self.refilled = now;
    }

    fn decide(&self, now: Duration) -> Decision {
        match self.interval.checked_sub(self.credit) {
            None | Some(Duration::ZERO) => Decision::Pass { at: now },
            Some(missing) => Decision::Refuse { until: now + missing },
        }
    }

    fn charge(&mut self, _at: Duration) {
        self.credit -= self.interval;
    }
}
