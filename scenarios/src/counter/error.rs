//! Why a counter did not count. The messages are fragments that fit after "failed to count: ".

use std::error::Error;
use std::fmt;

/// A change would have taken the count out of its range. It was not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutOfRange {
    /// The sum is above the limit.
    AboveLimit {
        /// What the count was.
        count: u64,
        /// How high the counter counts.
        limit: u64,
    },
    /// More was to be subtracted than there was.
    BelowZero {
        /// What the count was.
        count: u64,
    },
}

impl fmt::Display for OutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AboveLimit { count, limit } => write!(f, "the count is {count}, and must not exceed {limit}"),
            Self::BelowZero { count } => {
                write!(f, "the count is {count}, which is less than what was to be subtracted")
            }
        }
    }
}

impl Error for OutOfRange {}
