//! Why a request does not pass.

use std::error::Error;
use std::fmt;

use reweave::time::{Duration, Instant};

/// The limiter did not let a request pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    pub(super) decided: Instant,
    pub(super) until: Instant,
}

impl Refused {
    /// When the limiter decided.
    pub fn decided(&self) -> Instant {
        self.decided
    }

    /// Until when every request is refused: the first moment at which one passes, if nobody else comes before.
    pub fn until(&self) -> Instant {
        self.until
    }

    /// How long that was from the decision on, for a header `Retry-After`.
    pub fn retry_after(&self) -> Duration {
        self.until.saturating_duration_since(self.decided)
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("too many requests")
    }
}

impl Error for Refused {}
