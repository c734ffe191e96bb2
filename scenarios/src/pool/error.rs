//! Why there is no connection. The messages are fragments that fit after "failed to check out: ".

use std::error::Error;
use std::fmt;

/// Why [`checkout`](super::Pool::checkout) has no connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PoolError<E> {
    /// All connections were out until the time was up.
    Busy,
    /// None could be opened.
    Connect(E),
}

impl<E: fmt::Display> fmt::Display for PoolError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy => f.write_str("all connections were out until the time was up"),
            Self::Connect(error) => write!(f, "no connection could be opened: {error}"),
        }
    }
}

impl<E: Error + 'static> Error for PoolError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Busy => None,
            Self::Connect(error) => Some(error),
        }
    }
}
