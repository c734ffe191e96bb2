//! How a queue is set up.

use std::collections::VecDeque;
use std::error::Error;
use std::fmt;

use super::BoundedQueue;
use super::state::State;
use super::variant::{Correct, Policy};

/// How a queue is set up: its capacity, and a name for logs.
///
/// ```
/// use reweave_scenarios::queue::{Config, ConfigError};
///
/// let uploads = Config::new(64).name("uploads").build::<String>()?;
/// assert_eq!(uploads.capacity(), 64);
/// assert_eq!(uploads.name(), Some("uploads"));
/// # Ok::<(), ConfigError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    capacity: usize,
    name: Option<String>,
}

impl Config {
    /// A queue that holds at most `capacity` items. [`build`](Self::build) checks that there can be
    /// such a queue.
    pub fn new(capacity: usize) -> Self {
        Self { capacity, name: None }
    }

    /// Names the queue, for [`BoundedQueue::name`] and its `Debug` output.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Builds the queue and reserves its memory, so that no later operation allocates.
    ///
    /// # Errors
    /// [`ConfigError::ZeroCapacity`] and [`ConfigError::TooLarge`].
    pub fn build<T>(self) -> Result<BoundedQueue<T>, ConfigError> {
        self.build_variant::<T, Correct>()
    }

    /// As [`build`](Self::build), for a buggy twin of the queue.
    ///
    /// # Errors
    /// [`ConfigError::ZeroCapacity`] and [`ConfigError::TooLarge`].
    pub fn build_variant<T, P: Policy>(self) -> Result<BoundedQueue<T, P>, ConfigError> {
        let Self { capacity, name } = self;
        if capacity == 0 {
            return Err(ConfigError::ZeroCapacity);
        }
        let mut items = VecDeque::new();
        match items.try_reserve_exact(capacity) {
            Ok(()) => Ok(BoundedQueue::assemble(name, capacity, State::new(items))),
            Err(_) => Err(ConfigError::TooLarge { capacity }),
        }
    }
}

/// Why a queue could not be built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// A queue of no capacity could never accept anything.
    ZeroCapacity,
    /// There is no memory for so many items.
    TooLarge {
        /// The capacity that was asked for, in items.
        capacity: usize,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ZeroCapacity => f.write_str("the capacity is 0, choose at least 1"),
            Self::TooLarge { capacity } => {
                write!(f, "there is no memory for a capacity of {capacity} items, choose a smaller one")
            }
        }
    }
}

impl Error for ConfigError {}
