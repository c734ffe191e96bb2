//! What a worker does: it takes one job after the other, until it is one too many or the pool has ended.

use std::io;

use reweave::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use reweave::thread;

use super::job::{Ended, Job};
use super::state::State;
use super::variant::{Policy, Resignation};

/// What the pool and its workers share.
pub(super) struct Shared {
    pub(super) name: String,
    /// Jobs that can wait for a worker, at least 1.
    pub(super) capacity: usize,
    state: Mutex<State>,
    /// Where workers wait for a job. One is woken for each job, all when there are too many of them and when the pool is closed.
    pub(super) work: Condvar,
    /// Where stops wait for the last worker to leave.
    pub(super) ended: Condvar,
}

impl Shared {
    pub(super) fn new(name: String, capacity: usize, wanted: usize) -> Self {
        let state = Mutex::new(State::new(wanted));
        Self { name, capacity, state, work: Condvar::new(), ended: Condvar::new() }
    }

    /// The state, be the lock poisoned or not: nothing that panics runs under it.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next job for a worker whose last one `ended` in some way. `None` if the worker has been counted out and must leave.
    fn next_job<P: Policy>(&self, ended: Option<Ended>) -> Option<Job> {
        let mut state = self.lock();
        if let Some(ended) = ended {
            state.note(ended);
        }
        loop {
            let surplus = state.live > state.wanted;
            if surplus && P::RESIGNATION == Resignation::EmptyHanded {
                return self.leave(state);
            }
            match state.jobs.pop_front() {
                Some(job) if surplus => {
                    // Only twins come here.
                    self.leave(state);
                    if P::RESIGNATION == Resignation::WithAJob {
                        self.give_back(job);
                    }
                    return None;
                }
                Some(job) => return Some(job),
                None if surplus || state.closed => return self.leave(state),
                None => state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    /// Counts a worker out, and tells the stops if it was the last.
    fn leave(&self, mut state: MutexGuard<'_, State>) -> Option<Job> {
        state.live -= 1;
        let last = state.live == 0;
        drop(state);
        if last {
            self.ended.notify_all();
        }
        None
    }

    fn give_back(&self, job: Job) {
        self.lock().jobs.push_front(job);
        self.work.notify_one();
    }
}

/// Starts one more worker, which nobody joins: `ended` says when the last has left.
pub(super) fn start<P: Policy>(shared: &Arc<Shared>, state: &mut State) -> io::Result<()> {
    let thread = thread::Builder::new().name(format!("{} {}", shared.name, state.started));
    let theirs = Arc::clone(shared);
    thread.spawn(move || {
        let mut ended = None;
        while let Some(job) = theirs.next_job::<P>(ended) {
            ended = Some(job.run());
        }
    })?;
    state.live += 1;
    state.started += 1;
    Ok(())
}
