//! Why there is no answer. The messages are fragments that fit after "failed to query: ".

use std::error::Error;
use std::fmt;

use reweave::go::ContextError;

/// Why a server has no rows for a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerError {
    /// Somebody wanted the statement to end.
    Killed,
    /// The server did not like it, and says why.
    Refused(String),
}

/// Why a query has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum QueryError {
    /// It took longer than a query may. Whoever asked may still have time.
    TimedOut,
    /// Whoever asked wants no answer any more, for this reason.
    Cancelled(ContextError),
    /// The server did not like it, and says why.
    Refused(String),
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Killed => f.write_str("the statement was ended before it was done"),
            Self::Refused(why) => write!(f, "the server refused: {why}"),
        }
    }
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut => f.write_str("it took longer than a query may"),
            Self::Cancelled(error) => error.fmt(f),
            Self::Refused(why) => write!(f, "the server refused: {why}"),
        }
    }
}

impl Error for ServerError {}

impl Error for QueryError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Cancelled(error) => Some(error),
            _ => None,
        }
    }
}
