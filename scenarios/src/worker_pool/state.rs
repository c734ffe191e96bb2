//! What the lock of a pool protects: plain data without any waiting.

use std::collections::VecDeque;

use super::job::{Ended, Job};

/// What the lock protects. No code of the user runs while it is held, and nothing panics halfway: a lock that is poisoned protects a state
/// that is still consistent.
#[derive(Debug)]
pub(super) struct State {
    /// Accepted and not begun, the oldest in front.
    pub(super) jobs: VecDeque<Job>,
    /// How many workers there should be, at least 1.
    pub(super) wanted: usize,
    /// How many there are. 0 only before the first is started, and when a closed pool has ended.
    pub(super) live: usize,
    /// Set once and never cleared. Nothing is accepted while it is set.
    pub(super) closed: bool,
    pub(super) accepted: u64,
    pub(super) started: u64,
    succeeded: u64,
    panicked: u64,
}

/// What a pool has done so far, as of one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statistics {
    /// Workers that there are at this moment.
    pub workers: usize,
    /// Threads that were ever started.
    pub started: u64,
    /// Jobs that were accepted.
    pub accepted: u64,
    /// Jobs that wait for a worker at this moment.
    pub waiting: usize,
    /// Jobs that returned.
    pub succeeded: u64,
    /// Jobs that panicked.
    pub panicked: u64,
}

impl State {
    pub(super) fn new(wanted: usize) -> Self {
        Self {
            jobs: VecDeque::new(),
            wanted,
            live: 0,
            closed: false,
            accepted: 0,
            started: 0,
            succeeded: 0,
            panicked: 0,
        }
    }

    pub(super) fn note(&mut self, ended: Ended) {
        match ended {
            Ended::Returned => self.succeeded += 1,
            Ended::Panicked => self.panicked += 1,
        }
    }

    pub(super) fn statistics(&self) -> Statistics {
        Statistics {
            workers: self.live,
            started: self.started,
            accepted: self.accepted,
            waiting: self.jobs.len(),
            succeeded: self.succeeded,
            panicked: self.panicked,
        }
    }
}
