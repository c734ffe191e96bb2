//! A pool of workers over a queue of jobs, which can be resized while it runs.
//!
//! # The problem
//!
//! A thread for every job is quickly written, and a thousand jobs at once are then a thousand threads that fight over a few
//! processors. A pool has a fixed number of *workers* instead. Each takes the next job from a queue when it is done with the last,
//! so the number of threads is that of the processors, or of whatever else is scarce, and stays so however many jobs come.
//! The number may change while the pool runs: a service gets more processors at night, or its data base asks for less.
//!
//! Use it for jobs that come in one by one and that others wait for now and then. For a batch whose jobs are all known take
//! [`wait_group`](crate::wait_group), and between stages of which one must not run ahead of the next a
//! [`queue`](crate::queue). A job should not wait for another job of the same pool: when every worker waits, nobody is left to do what they wait for.
//!
//! ```
//! use reweave_scenarios::worker_pool::{Config, WorkerPool};
//!
//! let pool: WorkerPool = Config::new(2).name("thumbnails").build()?;
//! let squares: Vec<_> = (1..=3).map(|side| pool.submit(move || side * side)).collect::<Result<_, _>>().unwrap();
//! pool.resize(4)?; // a good moment for more of them
//! assert_eq!(squares.into_iter().map(|job| job.join().unwrap()).sum::<u32>(), 14);
//! assert_eq!(pool.stop().succeeded, 3);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Guarantees
//!
//! - *Conservation.* A job that was accepted is run exactly once. One that is refused comes back in the error.
//! - *Bound.* No job begins while as many others are under way as there should be workers, nor is the queue ever longer than its
//!   capacity.
//! - *Reuse.* Threads are started when the pool is built and when it grows, and never for a job.
//! - *Order.* Jobs begin in the order in which they were accepted.
//! - *Progress.* While there are jobs in the queue no worker sleeps. A job that panics has ended, and its worker takes the next.
//! - *Shrinking hurts nobody.* A worker that is one too many leaves between two jobs, never with one in its hands.
//! - *Stop.* After [`close`](WorkerPool::close) nothing is accepted. [`stop`](WorkerPool::stop) returns when all that was accepted
//!   has been run and the last worker has left, however many stop the pool and however late they come.
//! - *No code of yours under the lock.* No job is run or dropped while the lock is held.
//!
//! # How it works
//!
//! One mutex protects the queue and two numbers: how many workers there should be (`wanted`), and how many there are (`live`).
//! A worker comes back to them after every job. If there are more than there should be, it counts itself out *before* it looks at the
//! queue; otherwise it takes the next job or waits for one. Because it decides and counts under one lock, no more leave than are too many,
//! and since at least one is always wanted, somebody is left for whatever is in the queue.
//!
//! A job that is accepted wakes one worker. Could that worker leave, and take the wake-up with it? It leaves if there are too many, and
//! who made them too many has woken all workers, or is about to: the others look at the queue again after that.

mod config;
mod error;
mod job;
mod row;
mod state;
#[cfg(test)]
mod tests;
pub mod variant;
mod worker;
pub mod workload;

use std::fmt;
use std::marker::PhantomData;

use reweave::sync::{Arc, PoisonError};

pub use config::Config;
pub use error::{BuildError, ResizeError, SubmitError};
pub use job::JobHandle;
pub use row::scenario;
pub use state::Statistics;

use job::Job;
use variant::{Correct, LateStop, Policy};
use worker::Shared;

/// A pool of workers; see the [module](self) for what it is good for and what it guarantees.
///
/// Share it in an [`Arc`] or with scoped threads. When it is dropped it is [closed](WorkerPool::close): its workers
/// finish what was accepted and leave, and nobody waits for them. The parameter `P` is there for the buggy twins of
/// [`variant`]; leave it out.
pub struct WorkerPool<P: Policy = Correct> {
    shared: Arc<Shared>,
    policy: PhantomData<fn() -> P>,
}

impl<P: Policy> WorkerPool<P> {
    fn assemble(shared: Shared) -> Self {
        Self { shared: Arc::new(shared), policy: PhantomData }
    }

    /// Runs `job` as soon as a worker is free, and forgets about it. If it panics, [`statistics`](Self::statistics) counts that.
    ///
    /// # Errors
    /// With the job: [`SubmitError::Full`] when the queue is full, [`SubmitError::Closed`] when the pool is closed.
    pub fn execute<J>(&self, job: J) -> Result<(), SubmitError<J>>
    where
        J: FnOnce() + Send + 'static,
    {
        self.accept(job, Job::forgotten)
    }

    /// Runs `job` as soon as a worker is free. The handle waits for its result.
    ///
    /// # Errors
    /// As [`execute`](Self::execute).
    pub fn submit<T, J>(&self, job: J) -> Result<JobHandle<T>, SubmitError<J>>
    where
        T: Send + 'static,
        J: FnOnce() -> T + Send + 'static,
    {
        let (tell, handle) = job::handle();
        self.accept(job, |job| Job::told(job, tell))?;
        Ok(handle)
    }

    fn accept<J>(&self, job: J, wrap: impl FnOnce(J) -> Job) -> Result<(), SubmitError<J>> {
        let mut state = self.shared.lock();
        if state.closed {
            return Err(SubmitError::Closed(job));
        }
        if state.jobs.len() >= self.shared.capacity {
            return Err(SubmitError::Full(job));
        }
        state.jobs.push_back(wrap(job));
        state.accepted += 1;
        drop(state);
        self.shared.work.notify_one();
        Ok(())
    }

    /// Changes how many workers there are. New ones have been started when this returns; those that are too many leave
    /// when they are done with their jobs, and this does not wait for them.
    ///
    /// # Errors
    /// [`ResizeError::ZeroWorkers`] and [`ResizeError::Closed`], and nothing has changed; [`ResizeError::Spawn`] when the system
    /// does not start all of the new ones, and the pool goes on with those that it has.
    pub fn resize(&self, workers: usize) -> Result<(), ResizeError> {
        if workers == 0 {
            return Err(ResizeError::ZeroWorkers);
        }
        let mut state = self.shared.lock();
        if state.closed {
            return Err(ResizeError::Closed);
        }
        state.wanted = workers;
        // That is rare and short. In return nobody sees a worker that is promised and not there.
        while state.live < workers {
            if let Err(error) = worker::start::<P>(&self.shared, &mut state) {
                state.wanted = state.live;
                return Err(ResizeError::Spawn(error));
            }
        }
        drop(state);
        self.shared.work.notify_all();
        Ok(())
    }

    /// Ends the intake: from now on every job is refused, and the workers leave when they have run what was accepted before. Closing a
    /// closed pool changes nothing.
    pub fn close(&self) {
        self.shared.lock().closed = true;
        self.shared.work.notify_all();
    }

    /// Closes the pool, waits until all that was accepted has been run and all workers have left, and says what the pool has done.
    ///
    /// Call it from outside: a job that stops its own pool waits for itself. It may [`close`](Self::close) it.
    pub fn stop(&self) -> Statistics {
        let mut state = self.shared.lock();
        let first = !std::mem::replace(&mut state.closed, true);
        self.shared.work.notify_all();
        if !first && P::LATE_STOP == LateStop::WaitsToBeTold {
            state = self.shared.ended.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        while state.live > 0 {
            state = self.shared.ended.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.statistics()
    }

    /// What the pool has done so far. Others may change that before the caller looks at the answer.
    pub fn statistics(&self) -> Statistics {
        self.shared.lock().statistics()
    }

    /// Whether the pool is closed, which is final.
    pub fn is_closed(&self) -> bool {
        self.shared.lock().closed
    }

    /// How many jobs can wait for a worker.
    pub fn capacity(&self) -> usize {
        self.shared.capacity
    }

    /// The name that the pool was given. Its threads have it as well, with a number.
    pub fn name(&self) -> &str {
        &self.shared.name
    }
}

impl<P: Policy> Drop for WorkerPool<P> {
    fn drop(&mut self) {
        self.close();
    }
}

/// Shows name and capacity. It does not take the lock, so printing a pool never waits for it.
impl<P: Policy> fmt::Debug for WorkerPool<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkerPool")
            .field("name", &self.name())
            .field("capacity", &self.capacity())
            .finish_non_exhaustive()
    }
}
