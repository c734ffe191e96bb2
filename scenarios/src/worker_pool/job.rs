//! A job on its way through the queue, and the handle of whoever waits for its result.
//!
//! What the queue holds never panics: the panic of a job is caught around the job itself, so that a worker has nothing to be
//! guarded against.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use reweave::sync::mpsc;
use reweave::thread;

/// A job in the queue.
pub(super) struct Job(Box<dyn FnOnce() -> Ended + Send>);

/// How a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    Returned,
    Panicked,
}

impl Job {
    /// A job whose result nobody waits for.
    pub(super) fn forgotten(job: impl FnOnce() + Send + 'static) -> Self {
        Self(Box::new(move || match catch_unwind(AssertUnwindSafe(job)) {
            Ok(()) => Ended::Returned,
            Err(_) => Ended::Panicked,
        }))
    }

    /// A job whose result is told.
    pub(super) fn told<T: Send + 'static>(
        job: impl FnOnce() -> T + Send + 'static,
        tell: mpsc::Sender<thread::Result<T>>,
    ) -> Self {
        Self(Box::new(move || {
            // If nobody is there, the result is dropped here, and that is code of the user as well.
            let run = || drop(tell.send(Ok(job())));
            match catch_unwind(AssertUnwindSafe(run)) {
                Ok(()) => Ended::Returned,
                Err(panic) => {
                    drop(tell.send(Err(panic)));
                    Ended::Panicked
                }
            }
        }))
    }

    pub(super) fn run(self) -> Ended {
        self.0()
    }
}

pub(super) fn handle<T>() -> (mpsc::Sender<thread::Result<T>>, JobHandle<T>) {
    let (tell, result) = mpsc::channel();
    (tell, JobHandle { result })
}

/// Waits for the result of a job. Who drops it does not want to know; the job is run all the same.
pub struct JobHandle<T> {
    result: mpsc::Receiver<thread::Result<T>>,
}

impl<T> JobHandle<T> {
    /// Waits until the job has ended, for its result.
    ///
    /// # Errors
    /// With the payload of its panic if it panicked, as of a thread.
    ///
    /// # Panics
    /// If the pool has lost the job. It loses none.
    pub fn join(self) -> thread::Result<T> {
        self.result.recv().expect("a job that was accepted is run")
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for JobHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobHandle").finish_non_exhaustive()
    }
}
