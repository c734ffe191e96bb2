//! What a job leaves that does not come to its end.

use std::error::Error;
use std::fmt;

use reweave::go;

/// A job panicked. The message is a fragment that fits after "failed to run a job: ".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobPanicked {
    message: String,
}

impl JobPanicked {
    /// What the panic says.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl From<go::Panic> for JobPanicked {
    fn from(panic: go::Panic) -> Self {
        Self { message: panic.message().to_owned() }
    }
}

impl fmt::Display for JobPanicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it panicked: {}", self.message)
    }
}

impl Error for JobPanicked {}
