//! The restarts of one worker: how many are left, and the pause before each.

use std::collections::VecDeque;

use reweave::go;
use reweave::time::{Duration, Instant};

use super::variant::Policy;
use super::{Config, Task};

/// The restarts of one worker.
pub(super) struct Restarts {
    limit: usize,
    period: Duration,
    pause: Duration,
    /// When the worker was restarted, the earliest in front. No more than the limit.
    times: VecDeque<Instant>,
}

/// The supervisor was stopped during the pause.
pub(super) struct Interrupted;

impl Restarts {
    pub(super) fn new(config: &Config) -> Self {
        let Config { restarts, period, pause } = *config;
        Self { limit: restarts, period, pause, times: VecDeque::new() }
    }

    /// Whether the worker is to be restarted once more, which then counts.
    pub(super) fn allow_one(&mut self) -> bool {
        let now = Instant::now();
        while self.times.front().is_some_and(|time| now.duration_since(*time) > self.period) {
            self.times.pop_front();
        }
        let allowed = self.times.len() < self.limit;
        if allowed {
            self.times.push_back(now);
        }
        allowed
    }

    /// Lets the pause pass.
    ///
    /// # Errors
    /// As soon as the supervisor is stopped.
    pub(super) fn pause<P: Policy>(&self, task: &Task<P>) -> Result<(), Interrupted> {
        if self.pause.is_zero() {
            return Ok(());
        }
        let timer = go::Timer::new(self.pause);
        go::select! {
            recv(timer.c()) => Ok(()),
            recv(task.context().done()) => {
                timer.stop();
                Err(Interrupted)
            },
        }
    }
}
