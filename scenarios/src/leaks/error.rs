//! Why there is no answer, or nobody to give it to. The messages are fragments that fit after "failed to call: ".

use std::error::Error;
use std::fmt;

use reweave::go;

/// Why a call has no answer, or a stream ends early.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallError {
    /// The time was up before the answer was there.
    TimedOut,
    /// The work panicked, with this message.
    Panicked(String),
}

impl From<go::Panic> for CallError {
    fn from(panic: go::Panic) -> Self {
        Self::Panicked(panic.message().to_owned())
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut => f.write_str("the time was up before the answer was there"),
            Self::Panicked(message) => write!(f, "the work panicked: {message}"),
        }
    }
}

impl Error for CallError {}

/// Nobody takes the items of a stream any more: the work had better end. The item that was to be sent is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Abandoned;

impl fmt::Display for Abandoned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nobody takes the items of the stream any more")
    }
}

impl Error for Abandoned {}
