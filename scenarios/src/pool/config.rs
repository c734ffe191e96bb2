//! How a pool is set up.

use std::error::Error;
use std::fmt;

use reweave::time::Duration;

use super::variant::Policy;
use super::{Backend, Pool};

/// How a pool is set up: how many connections it has, how long a request waits for one, and when one is checked.
///
/// ```
/// use reweave::time::Duration;
/// use reweave_scenarios::pool::database::Database;
/// use reweave_scenarios::pool::{Config, ConfigError, Pool, PoolError};
///
/// let pool: Pool<Database> = Config::new(1).patience(Duration::from_millis(2)).build(Database::new([]))?;
/// let only = pool.checkout()?;
/// assert_eq!(pool.checkout().unwrap_err(), PoolError::Busy);
/// drop(only);
/// assert!(pool.checkout().is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    pub(super) size: usize,
    pub(super) patience: Duration,
    pub(super) check_after: Duration,
}

impl Config {
    /// A pool of at most `size` connections. A request waits for five seconds, and a connection is checked when it has lain
    /// idle for half a minute.
    pub fn new(size: usize) -> Self {
        Self { size, patience: Duration::from_secs(5), check_after: Duration::from_secs(30) }
    }

    /// How long a request waits for a connection at most.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// How long a connection can lie idle without being checked before it is used again. Zero checks it each time.
    #[must_use]
    pub fn check_after(mut self, rest: Duration) -> Self {
        self.check_after = rest;
        self
    }

    /// Builds the pool. It opens no connection yet.
    ///
    /// # Errors
    /// [`ConfigError::NoPlace`] if it would be a pool of nothing.
    pub fn build<B: Backend, P: Policy>(self, backend: B) -> Result<Pool<B, P>, ConfigError> {
        if self.size == 0 {
            return Err(ConfigError::NoPlace);
        }
        Ok(Pool::assemble(backend, self))
    }
}

/// Why a pool could not be built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// A pool without a place could never give anybody a connection.
    NoPlace,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPlace => f.write_str("the size of the pool is 0, choose at least 1"),
        }
    }
}

impl Error for ConfigError {}
