//! Deadlocks that an execution did not have, and another order of its steps might: locks that tasks took in opposite orders.
//!
//! The lock-order graph (Havelund: Using runtime analysis to guide model checking of Java programs, SPIN 2000, the tool Goodlock;
//! Joshi, Park, Sen, Naik: A randomized dynamic program analysis technique for detecting real deadlocks, PLDI 2009): an *edge* says
//! that a task, holding some locks, took one more. Edges in a circle, each wanting what the next one holds, are a deadlock
//! that may happen, if they are of different tasks, no lock that two of them hold keeps them apart, and no spawning or joining puts one
//! after another. Whether it can happen is not known from this: whoever asks steers the program there.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::engine::record::Step;
use crate::kernel::vector_clock::{VectorClock, steps};
use crate::kernel::{ObjectId, Op, TaskId, condvar, life, mutex, rwlock};

/// How many tasks may wait for each other in a circle.
const LONGEST: usize = 4;

/// How many edges are looked at, how many circles are searched for, and how far.
const MOST_EDGES: usize = 1_000;
const MOST_CYCLES: usize = 4;
const MOST_LOOKS: u32 = 20_000;

/// A deadlock that may happen: its tasks, and after how many steps of its own each is about to take the lock that it does not get.
/// Spawning, finishing and accesses of cells are not counted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Prediction {
    pub(crate) waits: Vec<(TaskId, u32)>,
}

/// How a lock is held, or wanted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Mode {
    Shared,
    Exclusive,
}

/// A lock in the hands of a task.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Hold {
    lock: ObjectId,
    mode: Mode,
}

impl Hold {
    fn excludes(self, other: Hold) -> bool {
        self.lock == other.lock && (self.mode == Mode::Exclusive || other.mode == Mode::Exclusive)
    }
}

/// A task took a lock while it held others.
#[derive(Debug)]
struct Edge {
    task: TaskId,
    held: Vec<Hold>,
    wants: Hold,
    /// After how many steps of its own.
    after: u32,
    /// What comes before it by spawning and joining, its own part of its life included.
    clock: VectorClock,
}

impl Edge {
    fn is_before(&self, other: &Edge) -> bool {
        steps(&self.clock, self.task) <= steps(&other.clock, self.task)
    }

    /// Whether both can be in the middle of taking their locks.
    fn may_meet(&self, other: &Edge) -> bool {
        let kept_apart = self.held.iter().any(|mine| other.held.iter().any(|theirs| mine.excludes(*theirs)));
        self.task != other.task && !kept_apart && !self.is_before(other) && !other.is_before(self)
    }

    fn waits_for(&self, other: &Edge) -> bool {
        other.held.iter().any(|held| self.wants.excludes(*held))
    }
}

/// What may happen in other orders of these steps.
pub(crate) fn predict(record: &[Step]) -> Vec<Prediction> {
    let edges = edges(record);
    let mut search = Search { edges: &edges, path: Vec::new(), found: Vec::new(), looks: 0 };
    for first in 0..edges.len() {
        search.path.push(first);
        search.extend();
        search.path.pop();
    }
    search.found
}

/// The edges of the graph, those left out that say the same as an earlier one.
fn edges(record: &[Step]) -> Vec<Edge> {
    let mut lives = Lives::default();
    let mut held: FxHashMap<TaskId, Vec<Hold>> = FxHashMap::default();
    let mut known: FxHashSet<(TaskId, Vec<Hold>, Hold, u32)> = FxHashSet::default();
    let mut edges = Vec::new();
    for step in record {
        let mine = held.entry(step.task).or_default();
        let after = lives.count(step);
        if let Some((wants, waits)) = takes(step) {
            if waits && !mine.is_empty() && edges.len() < MOST_EDGES {
                let clock = lives.clock(step.task).clone();
                if known.insert((step.task, mine.clone(), wants, steps(&clock, step.task))) {
                    edges.push(Edge { task: step.task, held: mine.clone(), wants, after, clock });
                }
            }
            mine.push(wants);
        } else if let Some(lock) = returns(step)
            && let Some(at) = mine.iter().rposition(|hold| hold.lock == lock)
        {
            mine.remove(at);
        } else if let Op::RwLock(lock, rwlock::Op::Downgrade) = step.op {
            let written = mine.iter_mut().filter(|hold| hold.lock == lock);
            written.for_each(|hold| hold.mode = Mode::Shared);
        }
    }
    edges
}

/// The lock that a step took, and whether it would have waited for it.
fn takes(step: &Step) -> Option<(Hold, bool)> {
    let (lock, mode, waits) = match step.op {
        _ if !step.outcome.is_done() && !matches!(step.op, Op::Condvar(..)) => return None,
        Op::Mutex(lock, mutex::Op::Lock) => (lock, Mode::Exclusive, true),
        Op::Mutex(lock, mutex::Op::TryLock) => (lock, Mode::Exclusive, false),
        Op::RwLock(lock, rwlock::Op::Read) => (lock, Mode::Shared, true),
        Op::RwLock(lock, rwlock::Op::TryRead) => (lock, Mode::Shared, false),
        Op::RwLock(lock, rwlock::Op::Write) => (lock, Mode::Exclusive, true),
        Op::RwLock(lock, rwlock::Op::TryWrite) => (lock, Mode::Exclusive, false),
        Op::Condvar(_, condvar::Op::Wake { mutex }) => (mutex, Mode::Exclusive, true),
        _ => return None,
    };
    Some((Hold { lock, mode }, waits))
}

/// The lock that a step gave back.
fn returns(step: &Step) -> Option<ObjectId> {
    match step.op {
        Op::Mutex(lock, mutex::Op::Unlock { .. }) => Some(lock),
        Op::RwLock(lock, rwlock::Op::UnlockRead | rwlock::Op::UnlockWrite { .. }) => Some(lock),
        Op::Condvar(_, condvar::Op::Wait { mutex, .. }) => Some(mutex),
        _ => None,
    }
}

/// The order that spawning and joining give, and how many steps each task has taken.
#[derive(Default)]
struct Lives {
    clocks: Vec<VectorClock>,
    taken: FxHashMap<TaskId, u32>,
}

impl Lives {
    fn clock(&mut self, task: TaskId) -> &mut VectorClock {
        while self.clocks.len() <= task.index() {
            let mut clock = VectorClock::default();
            clock.set(TaskId(self.clocks.len() as u32), 1);
            self.clocks.push(clock);
        }
        &mut self.clocks[task.index()]
    }

    /// How many steps the task of `step` had taken before it.
    fn count(&mut self, step: &Step) -> u32 {
        match step.op {
            Op::Life(life::Op::Spawn(child)) => {
                let clock = self.clock(step.task);
                let before = clock.clone();
                clock.set(step.task, steps(&before, step.task) + 1);
                self.clock(child).join(&before);
            }
            Op::Life(life::Op::Join(child)) => {
                let all = self.clock(child).clone();
                self.clock(step.task).join(&all);
            }
            _ => {}
        }
        let taken = self.taken.entry(step.task).or_default();
        let before = *taken;
        let counts = !matches!(step.op, Op::Life(life::Op::Spawn(_) | life::Op::Finish) | Op::Cell(..));
        *taken += u32::from(counts);
        before
    }
}

/// The search for circles, from the edge with the least number in each.
struct Search<'a> {
    edges: &'a [Edge],
    path: Vec<usize>,
    found: Vec<Prediction>,
    looks: u32,
}

impl Search<'_> {
    fn extend(&mut self) {
        let (first, last) = (self.path[0], self.path[self.path.len() - 1]);
        if self.path.len() > 1 && self.edges[last].waits_for(&self.edges[first]) {
            let waits = self.path.iter().map(|at| (self.edges[*at].task, self.edges[*at].after)).collect();
            self.found.push(Prediction { waits });
            return;
        }
        if self.path.len() == LONGEST {
            return;
        }
        for next in first + 1..self.edges.len() {
            self.looks += 1;
            if self.found.len() >= MOST_CYCLES || self.looks > MOST_LOOKS {
                return;
            }
            let (edges, path) = (self.edges, &self.path);
            if edges[last].waits_for(&edges[next]) && path.iter().all(|at| edges[*at].may_meet(&edges[next])) {
                self.path.push(next);
                self.extend();
                self.path.pop();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::Location;
    use std::time::Duration;

    use smallvec::SmallVec;

    use super::*;
    use crate::kernel::Outcome;
    use crate::kernel::relation::Accesses;

    const A: ObjectId = ObjectId(0);
    const B: ObjectId = ObjectId(1);
    const C: ObjectId = ObjectId(2);
    const ROOT: TaskId = TaskId::ROOT;
    const LEFT: TaskId = TaskId(2);
    const RIGHT: TaskId = TaskId(3);

    fn step(task: TaskId, op: Op) -> Step {
        let (outcome, place, time) = (Outcome::DONE, Location::caller(), Duration::ZERO);
        let (woke, accesses) = (SmallVec::new(), Accesses::new());
        Step { task, op, outcome, place, time, left: None, woke, alternative: 0, accesses, decided: 0 }
    }

    /// `task` takes the mutexes in order, and gives them back.
    fn takes_all(task: TaskId, locks: &[ObjectId]) -> Vec<Step> {
        let lock = |lock: &ObjectId| step(task, Op::Mutex(*lock, mutex::Op::Lock));
        let unlock = |lock: &ObjectId| step(task, Op::Mutex(*lock, mutex::Op::Unlock { poison: false }));
        locks.iter().map(lock).chain(locks.iter().rev().map(unlock)).collect()
    }

    fn life(op: life::Op) -> Vec<Step> {
        vec![step(ROOT, Op::Life(op))]
    }

    fn both() -> Vec<Step> {
        [life(life::Op::Spawn(LEFT)), life(life::Op::Spawn(RIGHT))].concat()
    }

    #[test]
    fn opposite_orders_are_found_with_the_steps_before_the_second_lock() {
        let record = [both(), takes_all(LEFT, &[A, B]), takes_all(RIGHT, &[B, A])].concat();
        assert_eq!(predict(&record), [Prediction { waits: vec![(LEFT, 1), (RIGHT, 1)] }]);
    }

    #[test]
    fn a_gate_lock_keeps_them_apart() {
        let record = [both(), takes_all(LEFT, &[C, A, B]), takes_all(RIGHT, &[C, B, A])].concat();
        assert!(predict(&record).is_empty());
    }

    #[test]
    fn one_order_or_one_task_is_no_circle() {
        let record = [both(), takes_all(LEFT, &[A, B]), takes_all(RIGHT, &[A, B])].concat();
        assert!(predict(&record).is_empty());
        let record = [both(), takes_all(LEFT, &[A, B]), takes_all(LEFT, &[B, A])].concat();
        assert!(predict(&record).is_empty());
    }

    #[test]
    fn a_task_that_was_joined_before_does_not_count() {
        let spawn = || life(life::Op::Spawn(LEFT));
        let after = [spawn(), takes_all(LEFT, &[A, B]), life(life::Op::Join(LEFT)), takes_all(ROOT, &[B, A])].concat();
        assert!(predict(&after).is_empty());
        let before = [takes_all(ROOT, &[B, A]), spawn(), takes_all(LEFT, &[A, B])].concat();
        assert!(predict(&before).is_empty());
        let beside = [spawn(), takes_all(LEFT, &[A, B]), takes_all(ROOT, &[B, A])].concat();
        assert_eq!(predict(&beside).len(), 1);
    }

    #[test]
    fn readers_do_not_exclude_each_other() {
        let take = |task, outer: (ObjectId, rwlock::Op), inner: (ObjectId, rwlock::Op)| {
            let give = |(lock, op)| {
                let shared = op == rwlock::Op::Read;
                let op = if shared { rwlock::Op::UnlockRead } else { rwlock::Op::UnlockWrite { poison: false } };
                step(task, Op::RwLock(lock, op))
            };
            let get = |(lock, op)| step(task, Op::RwLock(lock, op));
            vec![get(outer), get(inner), give(inner), give(outer)]
        };
        use rwlock::Op::{Read, Write};
        let readers = [both(), take(LEFT, (A, Read), (B, Read)), take(RIGHT, (B, Read), (A, Read))].concat();
        assert!(predict(&readers).is_empty());
        let writers = [both(), take(LEFT, (A, Read), (B, Write)), take(RIGHT, (B, Read), (A, Write))].concat();
        assert_eq!(predict(&writers).len(), 1);
    }

    #[test]
    fn three_in_a_circle() {
        let third = TaskId(4);
        let spawns = [both(), life(life::Op::Spawn(third))].concat();
        let record = [spawns, takes_all(LEFT, &[A, B]), takes_all(RIGHT, &[B, C]), takes_all(third, &[C, A])].concat();
        assert_eq!(predict(&record), [Prediction { waits: vec![(LEFT, 1), (RIGHT, 1), (third, 1)] }]);
    }
}
