//! Why a request was not accepted, and why work came to nothing.

use std::error::Error;
use std::fmt;

use crate::limiter::Refused;

/// Why a request was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejected {
    /// The limit is reached. [`Refused`] says when it makes sense to come again.
    TooManyRequests(Refused),
    /// Nobody is in the way but those who are at work: all places are taken.
    Busy,
}

impl From<Refused> for Rejected {
    fn from(refused: Refused) -> Self {
        Self::TooManyRequests(refused)
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyRequests(refused) => refused.fmt(f),
            Self::Busy => f.write_str("busy"),
        }
    }
}

impl Error for Rejected {}

/// Why [`run`](super::AdmissionControl::run) has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunError<E> {
    /// The work was not done.
    Rejected(Rejected),
    /// The work was done, and failed.
    Failed(E),
}

impl<E> From<Rejected> for RunError<E> {
    fn from(rejected: Rejected) -> Self {
        Self::Rejected(rejected)
    }
}

impl<E: fmt::Display> fmt::Display for RunError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected(rejected) => rejected.fmt(f),
            Self::Failed(error) => error.fmt(f),
        }
    }
}

impl<E: Error + 'static> Error for RunError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Rejected(_) => None,
            Self::Failed(error) => error.source(),
        }
    }
}
