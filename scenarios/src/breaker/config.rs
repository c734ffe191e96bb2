//! How a breaker is set up.

use std::error::Error;
use std::fmt;

use reweave::time::Duration;

use super::CircuitBreaker;
use super::variant::Policy;

/// How a breaker is set up. The default looks at the last 100 calls, opens when at least 10 of them
/// have come back and half of those failed, stays open for 30 seconds, and then tries 3 calls.
///
/// ```
/// use reweave::time::Duration;
/// use reweave_scenarios::breaker::variant::Correct;
/// use reweave_scenarios::breaker::{CircuitBreaker, Config, ConfigError};
///
/// let breaker: CircuitBreaker = Config::default().failure_rate(20).wait(Duration::from_secs(5)).build()?;
/// assert_eq!(breaker.wait(), Duration::from_secs(5));
///
/// let refused = Config::default().window(5).minimum_calls(6).build::<Correct>();
/// assert_eq!(refused.err(), Some(ConfigError::WindowTooSmall { window: 5, minimum_calls: 6 }));
/// # Ok::<(), ConfigError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    pub(super) window: usize,
    pub(super) minimum_calls: usize,
    pub(super) failure_rate: u8,
    pub(super) wait: Duration,
    pub(super) trial_calls: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self { window: 100, minimum_calls: 10, failure_rate: 50, wait: Duration::from_secs(30), trial_calls: 3 }
    }
}

impl Config {
    /// How many of the last calls are looked at, from 1 up.
    #[must_use]
    pub fn window(mut self, calls: usize) -> Self {
        self.window = calls;
        self
    }

    /// How many of them must have come back before anything is concluded, from 1 up to the window.
    #[must_use]
    pub fn minimum_calls(mut self, calls: usize) -> Self {
        self.minimum_calls = calls;
        self
    }

    /// How many failures in a hundred calls open the breaker, from 1 to 100.
    #[must_use]
    pub fn failure_rate(mut self, percent: u8) -> Self {
        self.failure_rate = percent;
        self
    }

    /// For how long the breaker stays open before it tries again.
    #[must_use]
    pub fn wait(mut self, wait: Duration) -> Self {
        self.wait = wait;
        self
    }

    /// How many calls are tried then, from 1 up.
    #[must_use]
    pub fn trial_calls(mut self, calls: usize) -> Self {
        self.trial_calls = calls;
        self
    }

    /// Builds the breaker, which is closed.
    ///
    /// # Errors
    /// [`ConfigError`] says which number cannot be used.
    pub fn build<P: Policy>(self) -> Result<CircuitBreaker<P>, ConfigError> {
        let Self { window, minimum_calls, failure_rate, trial_calls, .. } = self;
        let zero = [("window", window), ("minimum_calls", minimum_calls), ("trial_calls", trial_calls)];
        if let Some((name, _)) = zero.into_iter().find(|(_, calls)| *calls == 0) {
            return Err(ConfigError::Zero { name });
        }
        if window < minimum_calls {
            return Err(ConfigError::WindowTooSmall { window, minimum_calls });
        }
        if !(1..=100).contains(&failure_rate) {
            return Err(ConfigError::NotARate { percent: failure_rate });
        }
        Ok(CircuitBreaker::assemble(self))
    }
}

/// Why a breaker could not be built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// A number of calls is 0.
    Zero {
        /// Which one.
        name: &'static str,
    },
    /// So many calls can never be seen at a time, so that the breaker would never open.
    WindowTooSmall {
        /// How many are looked at.
        window: usize,
        /// How many must have come back.
        minimum_calls: usize,
    },
    /// The failure rate is not between 1 and 100.
    NotARate {
        /// What it was, in percent.
        percent: u8,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Zero { name } => write!(f, "`{name}` is 0, choose at least 1"),
            Self::WindowTooSmall { window, minimum_calls } => {
                write!(f, "`window` is {window}, choose at least the {minimum_calls} of `minimum_calls`")
            }
            Self::NotARate { percent } => write!(f, "`failure_rate` is {percent}, choose from 1 to 100"),
        }
    }
}

impl Error for ConfigError {}
