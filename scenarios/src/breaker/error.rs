//! Why a call came to nothing. The messages are fragments that fit after "failed to call: ".

use std::error::Error;
use std::fmt;

use reweave::time::{Duration, Instant};

/// The breaker did not let a call through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// Until when the breaker stays open; `None` while it waits for trial calls to come back.
    pub(super) until: Option<Instant>,
}

impl Refused {
    /// How long to wait before it makes sense to ask again: until the breaker is half open. `None` when that depends on
    /// trial calls that are under way.
    pub fn retry_after(&self) -> Option<Duration> {
        self.until.map(|until| until.saturating_duration_since(Instant::now()))
    }
}

/// Why [`call`](super::CircuitBreaker::call) has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallError<E> {
    /// The breaker did not let the call through.
    Refused(Refused),
    /// The call was made, and failed.
    Failed(E),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.until {
            Some(_) => "the circuit breaker is open",
            None => "the circuit breaker waits for its trial calls",
        })
    }
}

impl Error for Refused {}

impl<E: fmt::Display> fmt::Display for CallError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refused) => refused.fmt(f),
            Self::Failed(error) => error.fmt(f),
        }
    }
}

impl<E: Error + 'static> Error for CallError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Refused(_) => None,
            Self::Failed(error) => error.source(),
        }
    }
}
