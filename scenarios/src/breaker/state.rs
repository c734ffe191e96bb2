//! What a breaker knows. Everything here happens under its lock, and nothing here panics.

use reweave::time::Instant;

use super::config::Config;
use super::error::Refused;

/// What a breaker does with calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// It lets them through.
    Closed,
    /// It refuses them.
    Open,
    /// It lets a few through, to see how things are.
    HalfOpen,
}

/// The outcomes of the last calls.
#[derive(Debug, Clone)]
pub(super) struct Outcomes {
    /// A ring: `true` for a failure.
    failed: Vec<bool>,
    /// Where the next one goes.
    next: usize,
    /// How many there are, at most as many as the ring has room for.
    count: usize,
}

impl Outcomes {
    fn of_last(calls: usize) -> Self {
        Self { failed: vec![false; calls], next: 0, count: 0 }
    }

    pub(super) fn push(&mut self, failed: bool) {
        self.failed[self.next] = failed;
        self.next = (self.next + 1) % self.failed.len();
        self.count = (self.count + 1).min(self.failed.len());
    }

    /// Whether the failures are at least so many in a hundred.
    fn reach(&self, percent: u8) -> bool {
        let failures = self.failed[..self.count].iter().filter(|failed| **failed).count();
        failures * 100 >= self.count * usize::from(percent)
    }
}

#[derive(Debug)]
pub(super) struct State {
    phase: Phase,
    /// Counts changes of the phase. What belongs to an earlier period says nothing about this one.
    period: u64,
    /// Of the calls that were let through in this period and have come back.
    outcomes: Outcomes,
    /// How many calls were let through in this period. Counted while half open only.
    admitted: usize,
    /// When an open breaker tries again.
    until: Option<Instant>,
}

impl State {
    pub(super) fn closed(config: &Config) -> Self {
        Self { phase: Phase::Closed, period: 0, outcomes: Outcomes::of_last(config.window), admitted: 0, until: None }
    }

    pub(super) fn phase(&self) -> Phase {
        self.phase
    }

    pub(super) fn period(&self) -> u64 {
        self.period
    }

    pub(super) fn outcomes_mut(&mut self) -> &mut Outcomes {
        &mut self.outcomes
    }

    fn enter(&mut self, phase: Phase, room: usize) {
        self.phase = phase;
        self.period += 1;
        self.outcomes = Outcomes::of_last(room);
        self.admitted = 0;
        self.until = None;
    }

    /// Nobody waits for the time to pass: who comes first after it has finds out.
    pub(super) fn look_at_clock(&mut self, config: &Config, now: Instant) {
        if self.until.is_some_and(|until| until <= now) {
            self.enter(Phase::HalfOpen, config.trial_calls);
        }
    }

    pub(super) fn would_admit(&self, config: &Config) -> Result<(), Refused> {
        match self.phase {
            Phase::Closed => Ok(()),
            Phase::HalfOpen if self.admitted < config.trial_calls => Ok(()),
            Phase::HalfOpen => Err(Refused { until: None }),
            Phase::Open => Err(Refused { until: self.until }),
        }
    }

    /// Lets a call through. Returns in which period.
    pub(super) fn admit(&mut self) -> u64 {
        if self.phase == Phase::HalfOpen {
            self.admitted += 1;
        }
        self.period
    }

    /// Changes the phase if the outcomes ask for it.
    pub(super) fn judge(&mut self, config: &Config, now: Instant) {
        let enough = match self.phase {
            Phase::Closed => config.minimum_calls,
            Phase::HalfOpen => config.trial_calls,
            Phase::Open => return,
        };
        if self.outcomes.count < enough {
            return;
        }
        if self.outcomes.reach(config.failure_rate) {
            self.enter(Phase::Open, 1);
            self.until = Some(now + config.wait);
        } else if self.phase == Phase::HalfOpen {
            self.enter(Phase::Closed, config.window);
        }
    }
}
