//! How a cache is set up.

use std::error::Error;
use std::fmt;

use reweave::time::Duration;

use super::Cache;
use super::variant::Policy;

/// How a cache is set up. The default holds 1,000 entries, each until it is invalidated or has to make room.
///
/// ```
/// use std::num::ParseFloatError;
///
/// use reweave::time::Duration;
/// use reweave_scenarios::cache::{Cache, Config};
///
/// let config = Config::default().capacity(50).time_to_live(Duration::from_secs(60));
/// let rates: Cache<&str, f64, ParseFloatError> = config.build(|text: &&str| text.parse())?;
/// assert_eq!(*rates.get(&"0.5")?, 0.5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Config {
    pub(super) capacity: usize,
    pub(super) time_to_live: Option<Duration>,
}

impl Default for Config {
    fn default() -> Self {
        Self { capacity: 1_000, time_to_live: None }
    }
}

impl Config {
    /// How many entries there are at most, from 1 up. A miss that finds the cache full looks through all of them for the
    /// oldest.
    #[must_use]
    pub fn capacity(mut self, entries: usize) -> Self {
        self.capacity = entries;
        self
    }

    /// For how long a value can be used after its load began.
    #[must_use]
    pub fn time_to_live(mut self, time: Duration) -> Self {
        self.time_to_live = Some(time);
        self
    }

    /// Builds the cache, which is empty, over a loader.
    ///
    /// # Errors
    /// [`ConfigError::NoRoom`] if the capacity is 0.
    pub fn build<K: Ord + Clone, V, E, P: Policy>(
        self,
        loader: impl Fn(&K) -> Result<V, E> + Send + Sync + 'static,
    ) -> Result<Cache<K, V, E, P>, ConfigError> {
        if self.capacity == 0 {
            return Err(ConfigError::NoRoom);
        }
        Ok(Cache::assemble(self, Box::new(loader)))
    }
}

/// Why a cache could not be built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// There would be room for nothing.
    NoRoom,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRoom => f.write_str("`capacity` is 0, choose at least 1"),
        }
    }
}

impl Error for ConfigError {}
