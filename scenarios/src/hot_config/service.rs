//! A service whose workers and whose intake follow its configuration.

use std::fmt;

use reweave::sync::Arc;
use reweave::sync::atomic::{AtomicUsize, Ordering};
use reweave::thread;

use super::error::Rejected;
use super::hot::{Hot, Snapshot};
use super::variant::{Correct, Policy, Reading};
use crate::worker_pool::{self, BuildError, JobHandle, ResizeError, Statistics, SubmitError, WorkerPool};

/// How much a service does at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Limits {
    /// Jobs that are at work at a time, from 1 up.
    pub workers: usize,
    /// Jobs that may wait besides.
    pub waiting: usize,
}

impl Limits {
    /// How many jobs may be at work or wait.
    pub fn room(&self) -> usize {
        self.workers.saturating_add(self.waiting)
    }
}

/// Runs jobs within [`Limits`] that change while it does. What it guarantees is said in the [module](super).
///
/// The parameter `P` is there for the buggy twins of [`variant`](super::variant); leave it out.
pub struct Service<P: Policy = Correct> {
    limits: Hot<Limits, P>,
    pool: WorkerPool<P::Pool>,
    /// How many jobs are at work or wait.
    in_hand: Arc<AtomicUsize>,
}

/// A job that was accepted.
pub struct Accepted<T> {
    handle: JobHandle<T>,
    version: u64,
}

impl<T> Accepted<T> {
    /// By which version of the limits it was accepted.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Waits until the job has ended, for its result.
    ///
    /// # Errors
    /// With the payload of its panic if it panicked, as of a thread.
    pub fn join(self) -> thread::Result<T> {
        self.handle.join()
    }
}

impl<P: Policy> Service<P> {
    /// Starts a service with the first version of its limits.
    ///
    /// # Errors
    /// [`BuildError::ZeroWorkers`], and [`BuildError::Spawn`] when the system does not start them all.
    pub fn new(limits: Limits) -> Result<Self, BuildError> {
        // How many may wait is decided here, and by the limits.
        let pool = worker_pool::Config::new(limits.workers).capacity(usize::MAX).build()?;
        Ok(Self { limits: Hot::new(limits), pool, in_hand: Arc::new(AtomicUsize::new(0)) })
    }

    /// The current limits.
    pub fn limits(&self) -> Arc<Snapshot<Limits>> {
        self.limits.load()
    }

    /// Replaces the limits. Returns the new version, which holds for every job that is submitted from now on.
    ///
    /// # Errors
    /// As [`adjust`](Self::adjust).
    pub fn reconfigure(&self, limits: Limits) -> Result<u64, ResizeError> {
        self.adjust(|_| limits)
    }

    /// Changes some of the limits, and leaves the others as they are, whoever else changes them at the time. Returns the new version.
    ///
    /// # Errors
    /// [`ResizeError`] says why it cannot be done. The limits are as before then, and so are the workers.
    pub fn adjust(&self, change: impl FnOnce(&Limits) -> Limits) -> Result<u64, ResizeError> {
        let changed = self.limits.try_change(|before| {
            let limits = change(before);
            match self.pool.resize(limits.workers) {
                Ok(()) => Ok(limits),
                Err(error) => {
                    // Some may have been started. A closed pool needs none.
                    let _ = self.pool.resize(before.workers);
                    Err(error)
                }
            }
        });
        changed.map(|snapshot| snapshot.version())
    }

    /// Runs `job` as soon as a worker is free, if there is room by the current limits.
    ///
    /// # Errors
    /// [`Rejected`] says why the job was dropped.
    pub fn submit<T, J>(&self, job: J) -> Result<Accepted<T>, Rejected>
    where
        T: Send + 'static,
        J: FnOnce() -> T + Send + 'static,
    {
        let limits = self.limits.load();
        let version = limits.version();
        let room = match P::READING {
            Reading::OneSnapshot => limits.room(),
            Reading::SettingBySetting => limits.workers + self.limits.load().waiting,
        };
        let in_hand = InHand::enter(&self.in_hand, room).ok_or(Rejected::Full { version })?;
        let run = move || {
            let _in_hand = in_hand;
            job()
        };
        match self.pool.submit(run) {
            Ok(handle) => Ok(Accepted { handle, version }),
            Err(SubmitError::Closed(_)) => Err(Rejected::Stopped),
            Err(SubmitError::Full(_)) => Err(Rejected::Full { version }),
        }
    }

    /// How many jobs are at work or wait. Others may change that before the caller looks at the answer.
    pub fn in_hand(&self) -> usize {
        self.in_hand.load(Ordering::SeqCst)
    }

    /// Ends the intake, waits until every job that was accepted has been run, and says what the service has done.
    pub fn stop(&self) -> Statistics {
        self.pool.stop()
    }
}

/// A job that is at work or waits, until this is dropped.
struct InHand(Arc<AtomicUsize>);

impl InHand {
    /// One more, if there is room.
    fn enter(count: &Arc<AtomicUsize>, room: usize) -> Option<Self> {
        let one_more = |jobs: usize| (jobs < room).then_some(jobs + 1);
        count.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_more).ok()?;
        Some(Self(Arc::clone(count)))
    }
}

impl Drop for InHand {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Does not take any lock, so printing a service never waits.
impl<P: Policy> fmt::Debug for Service<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").field("pool", &self.pool).finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Accepted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accepted").field("version", &self.version).finish_non_exhaustive()
    }
}
