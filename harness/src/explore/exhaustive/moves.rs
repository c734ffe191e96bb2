//! What an exploration remembers of a step: who took it, and with which outcome.
//!
//! Numbers of tasks and objects depend on the schedule, and a move has to mean the same in every execution. So tasks are
//! named by the path of their creation, and an outcome that is a task (which waiter is notified, whose timer fires)
//! by the name of that task.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::kernel::clock::Owner;
use crate::kernel::{Object, ObjectId, Op, TaskId, World, clock, condvar};

/// The path of creation of a task, as a number of 64 bits.
///
/// A hash, so that names of different executions and workers can be compared without a table. Two of the `n` tasks of
/// a program share a name with a probability below `n² / 2^65`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct TaskName(pub(crate) u64);

impl TaskName {
    pub(crate) const CLOCK: TaskName = TaskName(0);
    pub(crate) const ROOT: TaskName = TaskName(1);

    /// The name of the child of this task with this index among its siblings.
    pub(crate) fn child(self, ordinal: u32) -> TaskName {
        let mut bits = self.0 ^ (u64::from(ordinal) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        // The finaliser of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
        bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        TaskName((bits ^ bits >> 31).max(2))
    }
}

/// A step, as it is planned: whose, and which of the outcomes that it can have.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Move {
    pub(crate) task: TaskName,
    /// The name of the task that the outcome is about, for an outcome that is a task; one more than the arm of a select, or
    /// zero for none; else its index.
    pub(crate) outcome: u64,
}

/// The tasks of an execution by number, and back.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    names: Vec<TaskName>,
    numbers: FxHashMap<TaskName, TaskId>,
}

impl Names {
    pub(crate) fn add(&mut self, name: TaskName) {
        let number = TaskId(self.names.len() as u32);
        self.names.push(name);
        self.numbers.insert(name, number);
    }

    pub(crate) fn truncate(&mut self, tasks: usize) {
        for name in self.names.drain(tasks.min(self.names.len())..) {
            self.numbers.remove(&name);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    #[inline]
    pub(crate) fn of(&self, task: TaskId) -> TaskName {
        self.names[task.index()]
    }

    #[inline]
    pub(crate) fn number(&self, name: TaskName) -> Option<TaskId> {
        // Few tasks are found faster by looking at them all.
        if self.names.len() <= 16 {
            return self.names.iter().position(|other| *other == name).map(|at| TaskId(at as u32));
        }
        self.numbers.get(&name).copied()
    }

    /// What an outcome of `op` can be, by name, in the order of the kernel's alternatives; none if an outcome is a number.
    fn candidates(&self, world: &World, op: &Op) -> Option<SmallVec<[u64; 4]>> {
        match op {
            Op::Condvar(ObjectId(id), condvar::Op::NotifyOne) => match &world.objects[*id as usize] {
                Object::Condvar(condvar) => Some(condvar.waiters.iter().map(|task| self.of(*task).0).collect()),
                _ => None,
            },
            Op::Clock(clock::Op::Fire) => {
                Some(world.time.next_owners().into_iter().map(|owner| self.of_owner(world, owner)).collect())
            }
            _ => None,
        }
    }

    /// The name of a timer: that of its task, or one made from who started it, and after how many others.
    pub(crate) fn of_owner(&self, world: &World, owner: Owner) -> u64 {
        match owner {
            Owner::Task(task) => self.of(task).0,
            Owner::Timer(timer) => {
                let started = world.timer(timer).started;
                // As if it were a child, and none that there can be.
                self.of(started.by).child(u32::MAX - started.before).0
            }
        }
    }

    /// What alternative `index` of `op` is called in the state `world`.
    pub(crate) fn outcome(&self, world: &World, op: &Op, index: u32) -> u64 {
        if !has_outcomes(op) {
            return 0;
        }
        if let Op::Select(op) = op {
            return world.select_arm(op, index).map_or(0, |arm| u64::from(arm) + 1);
        }
        match self.candidates(world, op) {
            Some(names) => names.get(index as usize).copied().unwrap_or(0),
            None => index.into(),
        }
    }

    /// The alternative of `op` that `outcome` means in the state `world`, if it has that one.
    pub(crate) fn alternative(&self, world: &World, op: &Op, outcome: u64) -> Option<u32> {
        if !has_outcomes(op) {
            return (outcome == 0).then_some(0);
        }
        if let Op::Select(_) = op {
            return (0..world.alternatives(op)).find(|index| self.outcome(world, op, *index) == outcome);
        }
        match self.candidates(world, op) {
            Some(names) => match names.iter().position(|name| *name == outcome) {
                Some(at) => Some(at as u32),
                // Nobody waits: the only outcome is that.
                None => (outcome == 0 && world.alternatives(op) == 1).then_some(0),
            },
            None => (outcome < world.alternatives(op).into()).then_some(outcome as u32),
        }
    }
}

/// Whether a guide may have to choose among outcomes of `op`. (Of a question whether a task has finished it has not: where
/// anybody asks, finishing is a step of its own.)
#[inline]
pub(crate) fn has_outcomes(op: &Op) -> bool {
    match op {
        Op::Condvar(_, condvar::Op::NotifyOne) | Op::Choose(_) | Op::Clock(clock::Op::Fire) => true,
        Op::Select(op) => op.has_outcomes(),
        _ => false,
    }
}
