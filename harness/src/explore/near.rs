//! Follows a schedule by the turns that its tasks take: this task until it has taken so many steps of its own, then that one.
//!
//! So a schedule that was made for another version of the program can be followed once it is known which steps of the one
//! are which of the other. Where the task whose turn it is cannot step or has finished, its turn is over; what no turn says is
//! done in the ordinary way: a task goes on for as long as it can, then the oldest does.

use super::Choices;
use super::exhaustive::{Names, TaskName};
use crate::kernel::{Op, TaskId};
use crate::seed::fingerprint;

/// A turn: `task` steps until it has taken `until` steps of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Turn {
    pub(crate) task: TaskName,
    pub(crate) until: u32,
}

/// The step of `task` that is its `step`-th, from zero, takes this of its outcomes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Pick {
    pub(crate) task: TaskName,
    pub(crate) step: u32,
    pub(crate) alternative: u32,
}

/// A schedule by turns.
#[derive(Clone, Debug, Default)]
pub(crate) struct Turns {
    pub(crate) turns: Vec<Turn>,
    pub(crate) picks: Vec<Pick>,
}

/// See the module's documentation.
#[derive(Debug)]
pub(crate) struct Near {
    schedule: Turns,
    /// The turn that is taken.
    at: usize,
    names: Names,
    /// By task, how many steps it has taken.
    steps: Vec<u32>,
}

impl Near {
    pub(crate) fn new(schedule: Turns) -> Near {
        let mut names = Names::default();
        names.add(TaskName::CLOCK);
        names.add(TaskName::ROOT);
        Near { schedule, at: 0, names, steps: vec![0; 2] }
    }

    pub(crate) fn task_added(&mut self, parent: TaskId, ordinal: u32) {
        self.names.add(self.names.of(parent).child(ordinal));
        self.steps.push(0);
    }

    /// Counts what has a fingerprint only, as traces do.
    pub(crate) fn performed(&mut self, task: TaskId, op: &Op) {
        if !fingerprint::has_one(op) {
            return;
        }
        self.steps[task.index()] += 1;
    }

    pub(crate) fn task(&mut self, choices: &Choices<'_>) -> TaskId {
        while let Some(turn) = self.schedule.turns.get(self.at) {
            let task = self.names.number(turn.task);
            let goes_on = task.filter(|task| self.steps[task.index()] < turn.until && choices.contains(*task));
            if let Some(task) = goes_on {
                return task;
            }
            self.at += 1;
        }
        choices.default()
    }

    /// Which of its `n` outcomes the step takes that `task` is about to.
    pub(crate) fn alternative(&self, task: TaskId, n: u32) -> u32 {
        let (name, step) = (self.names.of(task), self.steps[task.index()]);
        let pick = self.schedule.picks.iter().find(|pick| pick.task == name && pick.step == step);
        pick.map_or(0, |pick| pick.alternative.min(n - 1))
    }
}
