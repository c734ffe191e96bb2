//! Rounds: several workers that go through lanes together, and what happens between.
//!
//! In a round each of some lanes is gone through by one worker. Rounds end in the order in which they began: when all lanes of
//! the oldest are through, one worker, alone, decides on what comes next, while the others go through the lanes of a
//! younger one, if there is any. Who went through which lane makes no difference, so that an exploration in which the
//! rounds do not depend on the number of workers is the same with any.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

use super::exploration::lock;

/// How often a worker looks whether there is something to do before it sleeps.
const SPINS: u32 = 2_000;

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Rounds {
    state: Mutex<State>,
    changed: Condvar,
    /// Counts changes, for those who wait for one.
    changes: AtomicU64,
    workers: AtomicUsize,
}

/// One of those who go through lanes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Walker(usize);

#[derive(Debug)]
struct State {
    /// The oldest first.
    rounds: VecDeque<Round>,
    /// The number of the oldest.
    first: u64,
    /// Somebody decides on what comes after the oldest.
    ending: bool,
    over: bool,
    /// By lane, who went through it last: that one has its memory at hand.
    last: Vec<Option<Walker>>,
}

/// The lanes of a round, those that were not begun, and how many are through.
#[derive(Debug)]
struct Round {
    lanes: Vec<usize>,
    left: Vec<usize>,
    done: usize,
}

/// A lane to go through, and the round that it is of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn {
    pub(super) lane: usize,
    round: u64,
}

impl Round {
    fn of(lanes: Vec<usize>) -> Round {
        Round { left: lanes.iter().rev().copied().collect(), lanes, done: 0 }
    }
}

impl State {
    fn next(&mut self, walker: Walker) -> Option<Turn> {
        let (index, round) = self.rounds.iter_mut().enumerate().find(|(_, round)| !round.left.is_empty())?;
        let is_his = |lane: &usize| self.last.get(*lane).is_some_and(|last| *last == Some(walker));
        let at = round.left.iter().rposition(is_his).unwrap_or(round.left.len() - 1);
        let lane = round.left.remove(at);
        if self.last.len() <= lane {
            self.last.resize(lane + 1, None);
        }
        self.last[lane] = Some(walker);
        Some(Turn { lane, round: self.first + index as u64 })
    }
}

impl Rounds {
    /// The first round has the first lane.
    pub(super) fn new() -> Rounds {
        let rounds = VecDeque::from([Round::of(vec![0])]);
        Rounds {
            state: Mutex::new(State { rounds, first: 0, ending: false, over: false, last: Vec::new() }),
            changed: Condvar::new(),
            changes: AtomicU64::new(0),
            workers: AtomicUsize::new(0),
        }
    }

    /// Somebody takes part.
    pub(super) fn join(&self) -> Walker {
        Walker(self.workers.fetch_add(1, Ordering::Relaxed))
    }

    /// A lane to go through; `None` when there is nothing left.
    pub(super) fn begin(&self, walker: Walker) -> Option<Turn> {
        let mut state = lock(&self.state);
        let mut spun = false;
        loop {
            if state.over {
                return None;
            }
            if let Some(turn) = state.next(walker) {
                return Some(turn);
            }
            let changes = self.changes.load(Ordering::Relaxed);
            if spun {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            } else {
                drop(state);
                let changed = || self.changes.load(Ordering::Acquire) != changes;
                for _ in 0..SPINS {
                    if changed() {
                        break;
                    }
                    std::hint::spin_loop();
                }
                state = lock(&self.state);
            }
            spun = self.changes.load(Ordering::Relaxed) == changes;
        }
    }

    /// A lane is through. After the last of the oldest round, `next` is told which lanes that had, and says which rounds are
    /// to follow those that are under way; `None` ends them all, and so does an end of rounds.
    pub(super) fn finish(&self, turn: Turn, mut next: impl FnMut(&[usize]) -> Option<Vec<Vec<usize>>>) {
        let mut state = lock(&self.state);
        let index = turn.round - state.first;
        if let Some(round) = state.rounds.get_mut(index as usize) {
            round.done += 1;
        }
        while !state.ending && !state.over && state.rounds.front().is_some_and(|round| round.done == round.lanes.len())
        {
            state.ending = true;
            let Some(round) = state.rounds.pop_front() else { break };
            state.first += 1;
            drop(state);
            let following = next(&round.lanes);
            state = lock(&self.state);
            state.ending = false;
            match following {
                Some(rounds) => state.rounds.extend(rounds.into_iter().map(Round::of)),
                None => state.over = true,
            }
            state.over |= state.rounds.is_empty();
            self.changes.fetch_add(1, Ordering::Release);
            self.changed.notify_all();
        }
    }
}
