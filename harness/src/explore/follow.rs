//! Follows the steps of an execution that was led by a guide, where the engine asks as usual: what concerns nobody else
//! is done at once, and there is nothing to decide where only one can step.
//!
//! The result is an execution that is equivalent to the one that was led, with decisions that replay.

use super::Choices;
use super::exhaustive::{Move, Names, TaskName, has_outcomes};
use crate::kernel::{Op, TaskId, World, clock};

/// Steps to follow.
#[derive(Debug)]
pub(crate) struct Follow {
    /// What was not performed yet, in order; what was is `None`.
    steps: Vec<Option<Move>>,
    /// The first step that may not have been performed.
    first: usize,
    names: Names,
    /// Tasks in a turn of a loop that was not taken then: the clock ticks only when all have come around, and a guide spares
    /// those the way who would see nothing new.
    turning: Vec<TaskId>,
}

/// A tick of the clock.
const TICK: Move = Move { task: TaskName::CLOCK, outcome: 0 };

impl Follow {
    pub(crate) fn new(steps: &[Move]) -> Follow {
        let mut names = Names::default();
        names.add(TaskName::CLOCK);
        names.add(TaskName::ROOT);
        Follow { steps: steps.iter().copied().map(Some).collect(), first: 0, names, turning: Vec::new() }
    }

    pub(crate) fn task_added(&mut self, parent: TaskId, ordinal: u32) {
        self.names.add(self.names.of(parent).child(ordinal));
    }

    fn of_task(&self, task: TaskId) -> Option<usize> {
        let name = self.names.of(task);
        (self.first..self.steps.len()).find(|at| self.steps[*at].is_some_and(|step| step.task == name))
    }

    /// The next step, and who takes it, if there is such a task yet.
    fn next(&self) -> Option<(Move, Option<TaskId>)> {
        let next = self.steps[self.first..].iter().flatten().next()?;
        Some((*next, self.names.number(next.task)))
    }

    /// `task` performed `op`: its next step has been made. That a loop yields is not among the steps to follow, and what no
    /// scheduler decides is not either.
    pub(crate) fn performed(&mut self, task: TaskId, op: &Op) {
        use crate::kernel::life::Op::{Finish, Spawn};
        let next = self.next();
        let is_next = next.is_some_and(|(_, other)| other == Some(task));
        self.turning.retain(|other| *other != task || !is_next);
        match op {
            Op::Yield => {
                if !is_next && !self.turning.contains(&task) {
                    self.turning.push(task);
                }
                return;
            }
            Op::Life(Spawn(_) | Finish) => return,
            // The clock may tick where it jumped.
            Op::Clock(clock::Op::Tick(_)) if next.is_none_or(|(step, _)| step != TICK) => return,
            _ if self.turning.contains(&task) => return,
            _ => {}
        }
        if let Some(at) = self.of_task(task) {
            self.steps[at] = None;
        }
        while self.steps.get(self.first).is_some_and(Option::is_none) {
            self.first += 1;
        }
    }

    pub(crate) fn task(&mut self, choices: &Choices<'_>) -> TaskId {
        let task = self.next().and_then(|(_, task)| task);
        task.filter(|task| choices.contains(*task)).unwrap_or_else(|| choices.default())
    }

    /// Which alternative of `op` the next step of `task` is.
    pub(crate) fn alternative(&self, world: &World, task: TaskId, op: &Op) -> u32 {
        let step = self.of_task(task).and_then(|at| self.steps[at]);
        let outcome = step.map_or(0, |step| step.outcome);
        if let Op::Life(_) = op {
            return (outcome as u32).min(world.alternatives(op) - 1);
        }
        let outcome = if has_outcomes(op) { outcome } else { 0 };
        self.names.alternative(world, op, outcome).unwrap_or(0)
    }
}
