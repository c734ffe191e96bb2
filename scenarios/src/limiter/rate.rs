//! How many requests, in which time.

use std::error::Error;
use std::fmt;

use reweave::time::Duration;

/// So many requests in a period, from 1 up, in from 1 ns to 584 years.
///
/// ```
/// use reweave::time::Duration;
/// use reweave_scenarios::limiter::{ConfigError, Rate};
///
/// let rate = Rate::new(3, Duration::from_secs(1))?;
/// assert_eq!(rate.interval(), Duration::from_nanos(333_333_334));
/// assert_eq!(Rate::new(0, Duration::from_secs(1)), Err(ConfigError::ZeroLimit));
/// # Ok::<(), ConfigError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rate {
    limit: u32,
    period: Duration,
}

impl Rate {
    /// A rate of `limit` requests in a `period`.
    ///
    /// # Errors
    /// [`ConfigError`] says what cannot be used.
    pub fn new(limit: u32, period: Duration) -> Result<Self, ConfigError> {
        if limit == 0 {
            return Err(ConfigError::ZeroLimit);
        }
        if period.is_zero() {
            return Err(ConfigError::ZeroPeriod);
        }
        if period > LONGEST {
            return Err(ConfigError::TooLong);
        }
        Ok(Self { limit, period })
    }

    /// How many requests.
    pub fn limit(&self) -> u32 {
        self.limit
    }

    /// In which time.
    pub fn period(&self) -> Duration {
        self.period
    }

    /// The time from one request to the next, if they are evenly spaced. Rounded up to a nanosecond, so that no more than `limit`
    /// pass in a period.
    pub fn interval(&self) -> Duration {
        match self.period / self.limit {
            short if short * self.limit < self.period => short + Duration::from_nanos(1),
            exact => exact,
        }
    }

    /// So many intervals, if that is not too long.
    pub(super) fn intervals(&self, count: u32) -> Result<Duration, ConfigError> {
        let time = self.interval().checked_mul(count);
        time.filter(|time| *time <= LONGEST).ok_or(ConfigError::TooLong)
    }

    /// In which of the periods since the start `now` is, counted from 0, and how far into it.
    pub(super) fn window(&self, now: Duration) -> (u128, Duration) {
        let (now, period) = (now.as_nanos(), self.period.as_nanos());
        // Less than the period, which has 64 bits.
        (now / period, Duration::from_nanos((now % period) as u64))
    }
}

/// The longest time that is counted in 64 bits, 584 years. Up to there no sum or product overflows.
const LONGEST: Duration = Duration::from_nanos(u64::MAX);

/// Why there is no such limiter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// A limit of 0 would let nothing pass.
    ZeroLimit,
    /// There is no rate in no time.
    ZeroPeriod,
    /// A burst of 0 would let nothing pass.
    ZeroBurst,
    /// The period, the time until a bucket is full or the longest wait is more than 584 years.
    TooLong,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ZeroLimit => "the limit is 0, choose at least 1",
            Self::ZeroPeriod => "the period is 0, choose at least a nanosecond",
            Self::ZeroBurst => "the burst is 0, choose at least 1",
            Self::TooLong => "the time is more than 584 years, choose less",
        })
    }
}

impl Error for ConfigError {}
