//! How admission control is set up.

use std::error::Error;
use std::fmt;

use reweave::time::Duration;

use super::AdmissionControl;
use super::variant::{Correct, Policy};
use crate::limiter::Algorithm;

/// How many may be at work at a time, and how long a request waits for one of these places. It does not wait, unless it is told to.
///
/// ```
/// use reweave::time::Duration;
/// use reweave_scenarios::admission::{Config, ConfigError};
/// use reweave_scenarios::limiter::{FixedWindow, Rate};
///
/// let window = FixedWindow::new(Rate::new(1_000, Duration::from_secs(1))?);
/// let admission = Config::new(64).patience(Duration::from_millis(20)).build(window.clone())?;
/// assert_eq!(admission.free_places(), 64);
/// assert_eq!(Config::new(0).build(window).err(), Some(ConfigError::NoPlaces));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    pub(super) places: usize,
    pub(super) patience: Duration,
}

impl Config {
    /// So many places, from 1 up.
    pub fn new(places: usize) -> Self {
        Self { places, patience: Duration::ZERO }
    }

    /// For how long a request waits for a place before it is told that there is none; with [`Duration::MAX`] for as long as it
    /// takes.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Admission by the limit of `algorithm`.
    ///
    /// # Errors
    /// [`ConfigError::NoPlaces`].
    pub fn build<A: Algorithm>(self, algorithm: A) -> Result<AdmissionControl<A>, ConfigError> {
        self.build_variant::<A, Correct>(algorithm)
    }

    /// As [`build`](Self::build), for a buggy twin.
    ///
    /// # Errors
    /// [`ConfigError::NoPlaces`].
    pub fn build_variant<A: Algorithm, P: Policy>(self, algorithm: A) -> Result<AdmissionControl<A, P>, ConfigError> {
        if self.places == 0 {
            return Err(ConfigError::NoPlaces);
        }
        Ok(AdmissionControl::assemble(self, algorithm))
    }
}

/// Why there is no such admission control.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// Without places nobody could ever come in.
    NoPlaces,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPlaces => f.write_str("there are 0 places, choose at least 1"),
        }
    }
}

impl Error for ConfigError {}
