//! Whether an OS thread that explores is stuck.
//!
//! A task that blocks in something real, or computes for ever, does not come back to the engine, and its thread has to be left
//! behind. Only code of the user can do that, so only the time counts in which it may run. Between executions a thread has work
//! of its own, which takes as long as it takes: it looks for races, plans what to execute next, explains what failed, or waits
//! for other threads.
//!
//! A thread shows where it is by a number. While code of the user runs, that grows now and then; a thread that is stuck is one
//! whose number has not changed for too long.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Set in the number while no code of the user can run.
const AT_REST: u64 = 1 << 63;

/// What one thread shows of itself.
#[derive(Clone, Debug)]
pub(crate) struct Beats {
    /// How many stretches of user code there were, in bits 32 to 62; below, what the engine adds on the way.
    shown: Arc<AtomicU64>,
}

impl Beats {
    /// Of a thread that runs no code of the user yet.
    pub(super) fn new() -> Beats {
        Beats { shown: Arc::new(AtomicU64::new(AT_REST)) }
    }

    /// For the engine, which adds to it while code of the user runs.
    pub(super) fn counter(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.shown)
    }

    /// Code of the user may run from now on. To be called by the thread itself, as what follows.
    pub(super) fn enter_user_code(&self) {
        let stretches = (self.shown.load(Ordering::Relaxed) >> 32) + 1;
        self.shown.store((stretches << 32) & !AT_REST, Ordering::Relaxed);
    }

    /// No code of the user can run from now on.
    pub(super) fn leave_user_code(&self) {
        self.shown.store(self.shown.load(Ordering::Relaxed) | AT_REST, Ordering::Relaxed);
    }

    pub(super) fn seen(&self) -> u64 {
        self.shown.load(Ordering::Relaxed)
    }
}

/// Watches one thread from another.
#[derive(Debug)]
pub(super) struct Watchdog {
    seen: u64,
    /// The first look, in real time, at which the thread was where it was last seen.
    since: Instant,
}

impl Watchdog {
    pub(super) fn new(now: Instant) -> Watchdog {
        Watchdog { seen: AT_REST, since: now }
    }

    /// Looks at what a thread shows `now`. Whether it has been in the same place in code of the user for as long as that.
    pub(super) fn finds_stuck(&mut self, shown: u64, now: Instant, patience: Duration) -> bool {
        if shown != self.seen || shown & AT_REST != 0 {
            (self.seen, self.since) = (shown, now);
        }
        now.saturating_duration_since(self.since) >= patience && shown & AT_REST == 0
    }
}

#[cfg(test)]
mod tests {
    use super::super::exploration::now;
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(5);

    /// A watchdog that looks once a second, and what it looks at.
    struct Watch {
        watchdog: Watchdog,
        beats: Beats,
        time: Instant,
    }

    impl Watch {
        fn new() -> Watch {
            let time = now();
            Watch { watchdog: Watchdog::new(time), beats: Beats::new(), time }
        }

        /// After how many seconds, of so many, the thread counts as stuck.
        fn stuck_after(&mut self, seconds: u64, mut each: impl FnMut(&Beats)) -> Option<u64> {
            (1..=seconds).find(|_| {
                each(&self.beats);
                self.time += Duration::from_secs(1);
                self.watchdog.finds_stuck(self.beats.seen(), self.time, PATIENCE)
            })
        }
    }

    #[test]
    fn user_code_that_does_not_come_back_is_stuck() {
        let mut watch = Watch::new();
        watch.beats.enter_user_code();
        assert_eq!(watch.stuck_after(100, |_| ()), Some(6), "five seconds after it was first seen there");
    }

    #[test]
    fn user_code_that_takes_steps_is_not_stuck() {
        let mut watch = Watch::new();
        watch.beats.enter_user_code();
        let step = |beats: &Beats| {
            beats.counter().fetch_add(1, Ordering::Relaxed);
        };
        assert_eq!(watch.stuck_after(100, step), None);
    }

    #[test]
    fn work_of_ones_own_does_not_count() {
        let mut watch = Watch::new();
        assert_eq!(watch.stuck_after(100, |_| ()), None, "nothing was executed yet");
        watch.beats.enter_user_code();
        assert_eq!(watch.stuck_after(4, |_| ()), None);
        watch.beats.leave_user_code();
        assert_eq!(watch.stuck_after(100, |_| ()), None);
        // Its time begins anew.
        watch.beats.enter_user_code();
        assert_eq!(watch.stuck_after(100, |_| ()), Some(6));
    }

    #[test]
    fn many_short_executions_are_not_one_long_one() {
        let mut watch = Watch::new();
        let execute = |beats: &Beats| {
            beats.leave_user_code();
            beats.enter_user_code();
        };
        assert_eq!(watch.stuck_after(100, execute), None);
    }

    #[test]
    fn counts_that_are_used_up_begin_again() {
        let mut watch = Watch::new();
        watch.beats.shown.store(!AT_REST, Ordering::Relaxed);
        watch.beats.enter_user_code();
        assert_eq!(watch.beats.seen() & AT_REST, 0);
        assert_eq!(watch.stuck_after(100, |_| ()), Some(6));
    }
}
