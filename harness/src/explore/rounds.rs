//! Rounds: several workers that go through lanes together, and what happens between.
//!
//! In a round each of so many lanes is gone through by one worker. When all are through, one of them, alone, decides on
//! the next round. Who went through which lane makes no difference, so that an exploration that fixes the number of lanes
//! is the same with any number of workers.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

use super::exploration::lock;

/// How often a worker looks whether the round goes on before it sleeps.
const SPINS: u32 = 2_000;

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Rounds {
    round: Mutex<Round>,
    changed: Condvar,
    /// Counts rounds, for those who wait for the next.
    number: AtomicU64,
}

/// How many lanes have something to do, how many were begun, and how many are through.
#[derive(Debug)]
struct Round {
    lanes: usize,
    next: usize,
    done: usize,
}

impl Rounds {
    /// The first round has one lane.
    pub(super) fn new() -> Rounds {
        let round = Round { lanes: 1, next: 0, done: 0 };
        Rounds { round: Mutex::new(round), changed: Condvar::new(), number: AtomicU64::new(0) }
    }

    /// A lane to go through; `None` when there is nothing left.
    pub(super) fn begin(&self) -> Option<usize> {
        let mut spins = 0;
        let mut round = lock(&self.round);
        loop {
            if round.lanes == 0 {
                return None;
            }
            if round.next < round.lanes {
                round.next += 1;
                return Some(round.next - 1);
            }
            let number = self.number.load(Ordering::Relaxed);
            if spins == 0 {
                drop(round);
                while spins < SPINS && self.number.load(Ordering::Acquire) == number {
                    spins += 1;
                    std::hint::spin_loop();
                }
                round = lock(&self.round);
                continue;
            }
            spins = 0;
            if self.number.load(Ordering::Relaxed) == number {
                round = self.changed.wait(round).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    /// A lane is through. After the last of a round, `next` is told how many there were and says how many lanes the next
    /// round has; none, if there is nothing left.
    pub(super) fn finish(&self, next: impl FnOnce(usize) -> usize) {
        let mut round = lock(&self.round);
        round.done += 1;
        if round.done == round.lanes {
            *round = Round { lanes: next(round.lanes), next: 0, done: 0 };
            self.number.fetch_add(1, Ordering::Release);
            self.changed.notify_all();
        }
    }
}
