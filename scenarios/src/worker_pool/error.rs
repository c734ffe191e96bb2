//! Why a pool cannot be built or resized, or does not take a job. The messages are fragments that fit after "failed to build the
//! pool: " and the like.

use std::error::Error;
use std::fmt;
use std::io;

/// Why a pool could not be built.
#[derive(Debug)]
#[non_exhaustive]
pub enum BuildError {
    /// A pool without workers could never run anything.
    ZeroWorkers,
    /// A queue without room could never take a job.
    ZeroCapacity,
    /// The system did not start a thread.
    Spawn(io::Error),
}

/// Why a pool could not be resized.
#[derive(Debug)]
#[non_exhaustive]
pub enum ResizeError {
    /// A pool without workers could never run anything.
    ZeroWorkers,
    /// The pool is closed: its workers leave when they are done.
    Closed,
    /// The system did not start a thread.
    Spawn(io::Error),
}

/// Why a job was not accepted. The job comes back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum SubmitError<J> {
    /// The pool is closed and accepts nothing any more.
    Closed(J),
    /// As many jobs are waiting for a worker as may.
    Full(J),
}

impl<J> SubmitError<J> {
    /// The job that was not accepted.
    pub fn into_job(self) -> J {
        match self {
            Self::Closed(job) | Self::Full(job) => job,
        }
    }
}

/// Leaves the job out, so that `pool.submit(job).unwrap()` works for every job.
impl<J> fmt::Debug for SubmitError<J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed(_) => "Closed(..)",
            Self::Full(_) => "Full(..)",
        })
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ZeroWorkers => f.write_str("there are to be 0 workers, choose at least 1"),
            Self::ZeroCapacity => f.write_str("the capacity is 0, choose at least 1"),
            Self::Spawn(error) => write!(f, "a worker could not be started: {error}"),
        }
    }
}

impl fmt::Display for ResizeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ZeroWorkers => f.write_str("there are to be 0 workers, choose at least 1"),
            Self::Closed => f.write_str("the pool is closed"),
            Self::Spawn(error) => write!(f, "a worker could not be started: {error}"),
        }
    }
}

impl<J> fmt::Display for SubmitError<J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed(_) => "the pool is closed",
            Self::Full(_) => "as many jobs are waiting as may",
        })
    }
}

impl Error for BuildError {}
impl Error for ResizeError {}
impl<J> Error for SubmitError<J> {}
