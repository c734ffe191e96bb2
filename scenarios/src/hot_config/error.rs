//! Why a change or a job came too late.

use std::error::Error;
use std::fmt;

/// Somebody else changed the configuration first. The value comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stale<T> {
    /// What was not published.
    pub value: T,
    /// Which version is the current one.
    pub current: u64,
}

impl<T> fmt::Display for Stale<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the configuration has changed to version {} in the meantime", self.current)
    }
}

impl<T: fmt::Debug> Error for Stale<T> {}

/// Why a job was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejected {
    /// As many jobs are at work and waiting as may be.
    Full {
        /// By which version of the limits.
        version: u64,
    },
    /// The service was stopped.
    Stopped,
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full { version } => write!(f, "full by version {version} of the limits"),
            Self::Stopped => f.write_str("the service was stopped"),
        }
    }
}

impl Error for Rejected {}
