//! How a pool is set up.

use super::variant::Policy;
use super::worker::{self, Shared};
use super::{BuildError, WorkerPool};

/// How a pool is set up: the number of its workers, how many jobs can wait for them, and a name for logs.
///
/// ```
/// use reweave_scenarios::worker_pool::{BuildError, Config, WorkerPool};
///
/// let pool: WorkerPool = Config::new(4).capacity(100).name("uploads").build()?;
/// assert_eq!((pool.name(), pool.capacity()), ("uploads", 100));
/// assert_eq!(pool.statistics().workers, 4);
/// # Ok::<(), BuildError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    workers: usize,
    capacity: usize,
    name: String,
}

impl Config {
    /// A pool of so many workers. [`build`](Self::build) checks that there can be such a pool.
    pub fn new(workers: usize) -> Self {
        Self { workers, capacity: 1024, name: "worker".to_owned() }
    }

    /// How many jobs can wait for a worker, instead of 1024. Those that are under way do not count.
    #[must_use]
    pub fn capacity(mut self, jobs: usize) -> Self {
        self.capacity = jobs;
        self
    }

    /// Names the pool and its threads, instead of "worker".
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Builds the pool and starts its workers.
    ///
    /// # Errors
    /// [`BuildError::ZeroWorkers`], [`BuildError::ZeroCapacity`], and [`BuildError::Spawn`] when the system does not start all
    /// workers; then those that were started leave again.
    pub fn build<P: Policy>(self) -> Result<WorkerPool<P>, BuildError> {
        let Self { workers, capacity, name } = self;
        if workers == 0 {
            return Err(BuildError::ZeroWorkers);
        }
        if capacity == 0 {
            return Err(BuildError::ZeroCapacity);
        }
        let pool = WorkerPool::assemble(Shared::new(name, capacity, workers));
        let mut state = pool.shared.lock();
        for _ in 0..workers {
            worker::start::<P>(&pool.shared, &mut state).map_err(BuildError::Spawn)?;
        }
        drop(state);
        Ok(pool)
    }
}
