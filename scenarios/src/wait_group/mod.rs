//! Fan-out: many jobs at the same time, and an answer when all of them have ended.
//!
//! # The problem
//!
//! To answer a request one must ask ten shards, or read a hundred files. Done one after the other it takes the sum of all times,
//! done at once no longer than the slowest. Somebody has to know when the last of them has ended, whichever that is, and that is
//! what a `WaitGroup` is for: a counter of those who are still at work, at which one can wait for zero. Its rules are few, and
//! each of them is broken somewhere in every large program: count before you start, say that you are done exactly once, also
//! when you panic, and do not use the counter again while somebody still waits at it.
//!
//! Use it when the jobs are known and all results are wanted. For jobs that come in one by one take a pool of workers, for
//! jobs of which the first failure is the end of all take [`ErrGroup`](reweave::go::ErrGroup).
//!
//! ```
//! use reweave_scenarios::wait_group::FanOut;
//!
//! let shards: FanOut = FanOut::new();
//! let found = shards.run([3, 0, 2].map(|shard| move || 12 / shard));
//! assert_eq!(found[0], Ok(4));
//! assert_eq!(found[1].as_ref().unwrap_err().message(), "attempt to divide by zero");
//! assert_eq!(found[2], Ok(6));
//! ```
//!
//! # Guarantees
//!
//! - *Complete.* [`run`](FanOut::run) returns when every job has ended, not before, and with a result for each.
//! - *Order.* The results stand in the order of the jobs, whichever ended first.
//! - *Progress.* A job that panics has ended. Its panic is its result; the other jobs and the caller go on.
//! - *Batches are apart.* Several callers may use the same fan-out at the same time, and none waits for the jobs of another.

mod error;
mod row;
#[cfg(test)]
mod tests;
pub mod variant;
pub mod workload;

use std::fmt;
use std::marker::PhantomData;

use reweave::go;
use reweave::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use error::JobPanicked;
pub use row::scenario;

use variant::{Adding, Correct, Grouping, Policy};

/// Runs batches of jobs, each job on a goroutine of its own; see the [module](self) for what it guarantees.
///
/// The parameter `P` is there for the buggy twins of [`variant`]; leave it out.
pub struct FanOut<P = Correct> {
    /// For the twin that has one group for all batches.
    shared: go::WaitGroup,
    policy: PhantomData<fn() -> P>,
}

impl<P: Policy> FanOut<P> {
    /// A fan-out in which nothing runs.
    #[must_use]
    pub fn new() -> Self {
        Self { shared: go::WaitGroup::new(), policy: PhantomData }
    }

    /// Runs all jobs at the same time, and returns their results in the order of the jobs when the last has ended.
    pub fn run<T, J>(&self, jobs: impl IntoIterator<Item = J>) -> Vec<Result<T, JobPanicked>>
    where
        T: Send + 'static,
        J: FnOnce() -> T + Send + 'static,
    {
        let group = match P::GROUPING {
            Grouping::OnePerBatch => go::WaitGroup::new(),
            Grouping::OneForAll => self.shared.clone(),
        };
        let results = Arc::new(Results(Mutex::new(Vec::new())));
        for (number, job) in jobs.into_iter().enumerate() {
            results.lock().push(None);
            let (group, results) = (group.clone(), Arc::clone(&results));
            if P::ADDING == Adding::BeforeItStarts {
                group.add(1);
            }
            go::spawn(move || work::<P, T>(&group, number, job, &results));
        }
        group.wait();
        results.take_all()
    }
}

/// What a goroutine does: the job, and the book-keeping around it.
fn work<P: Policy, T>(group: &go::WaitGroup, number: usize, job: impl FnOnce() -> T, results: &Results<T>) {
    if P::ADDING == Adding::OnceItRuns {
        group.add(1);
    }
    // Goes last, whatever happens in between.
    let _done = P::DONE.in_destructor().then(|| Done(group));
    let ended = go::recover(|| {
        results.put(number, Ok(job()));
        if P::DONE.after_the_job() {
            group.done();
        }
    });
    if let Err(panic) = ended {
        results.put(number, Err(panic.into()));
    }
}

/// Says that a goroutine is done when it is dropped: Go's `defer wg.Done()`.
struct Done<'a>(&'a go::WaitGroup);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.done();
    }
}

/// A place for the result of each job.
struct Results<T>(Mutex<Vec<Option<Result<T, JobPanicked>>>>);

impl<T> Results<T> {
    fn put(&self, number: usize, result: Result<T, JobPanicked>) {
        self.lock()[number] = Some(result);
    }

    fn take_all(&self) -> Vec<Result<T, JobPanicked>> {
        let results = std::mem::take(&mut *self.lock());
        results.into_iter().map(|result| result.expect("who is done has left a result")).collect()
    }

    /// The lock is not held while a job runs, so that no panic of a job poisons it.
    fn lock(&self) -> MutexGuard<'_, Vec<Option<Result<T, JobPanicked>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<P: Policy> Default for FanOut<P> {
    fn default() -> Self {
        Self::new()
    }
}

impl<P> fmt::Debug for FanOut<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FanOut").finish_non_exhaustive()
    }
}
