//! Follows a schedule that is written as what is out of the ordinary in it.
//!
//! Ordinarily a task goes on for as long as it can, then the oldest that can step does, and of several outcomes the first is
//! taken. An *edit* says otherwise, at a point that means the same in other schedules, too: after so many steps of the task
//! that ran last. So edits can be left out one by one, and the others still say what they said before. One that makes no
//! sense any more is passed over.
//!
//! For what goes on for ever that would not be fair: a task that waits for another would go on alone. There the ordinary is
//! that every task has its turn, one step each ([`Ordinary::InTurn`]).

use super::exhaustive::{Names, TaskName, has_outcomes};
use super::{Choices, round_robin};
use crate::engine::decisions::Decisions;
use crate::kernel::{Op, TaskId, World};

/// Where something is decided: who ran last, after how many steps of its own, and after how many decisions there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Point {
    pub(crate) task: TaskName,
    pub(crate) steps: u32,
    nth: u32,
}

/// What is decided there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum What {
    /// This task steps next; it preempts if the one that ran last could have gone on.
    Next { task: TaskName, preempts: bool },
    /// Of several outcomes of the step that is taken, this one: a number, or the name of a task.
    Outcome(u64),
}

/// Something out of the ordinary.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Edit {
    pub(crate) at: Point,
    pub(crate) what: What,
}

impl Edit {
    pub(crate) fn preempts(&self) -> bool {
        matches!(self.what, What::Next { preempts: true, .. })
    }
}

/// What happens where no edit says otherwise.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ordinary {
    /// A task goes on for as long as it can.
    GoOn,
    /// Every task in turn, one step each.
    InTurn,
}

/// See the module's documentation.
#[derive(Debug)]
pub(crate) struct Edited {
    ordinary: Ordinary,
    edits: Vec<Edit>,
    /// Tasks that come last where another has to step.
    late: Vec<TaskName>,
    /// Decisions to be followed instead, to learn which edits they are.
    script: Option<std::vec::IntoIter<u32>>,
    names: Names,
    /// By task, how many steps it has taken.
    steps: Vec<u32>,
    last: Option<Point>,
    /// What was out of the ordinary.
    taken: Vec<Edit>,
    /// Who made the last step, and how many steps were made up to the last that was out of the ordinary.
    performer: TaskId,
    settled: u64,
    switches: u64,
}

impl Edited {
    pub(crate) fn new(edits: &[Edit], late: &[TaskName]) -> Edited {
        let mut names = Names::default();
        names.add(TaskName::CLOCK);
        names.add(TaskName::ROOT);
        let (edits, late) = (edits.to_vec(), late.to_vec());
        Edited {
            ordinary: Ordinary::GoOn,
            edits,
            late,
            script: None,
            names,
            steps: vec![0; 2],
            last: None,
            taken: Vec::new(),
            performer: TaskId::NONE,
            settled: 0,
            switches: 0,
        }
    }

    /// The same with another notion of what is ordinary.
    pub(crate) fn ordinarily(self, ordinary: Ordinary) -> Edited {
        Edited { ordinary, ..self }
    }

    /// Follows `decisions`, and takes note of what is out of the ordinary in them.
    pub(crate) fn script(decisions: &Decisions) -> Edited {
        Edited::beginning(decisions, usize::MAX)
    }

    /// Follows the first decisions, so many, and does what is ordinary after them.
    pub(crate) fn beginning(decisions: &Decisions, count: usize) -> Edited {
        let decisions: Vec<u32> = decisions.iter().take(count).collect();
        Edited { script: Some(decisions.into_iter()), ..Edited::new(&[], &[]) }
    }

    /// What was out of the ordinary, now that the execution is over.
    pub(crate) fn taken(&self) -> &[Edit] {
        &self.taken
    }

    /// How many steps there were, as an account of the execution lists them: with births and ends of tasks.
    pub(crate) fn steps(&self) -> u64 {
        self.steps.iter().map(|steps| u64::from(*steps)).sum()
    }

    /// How many of them there were when something last was out of the ordinary.
    pub(crate) fn settled(&self) -> u64 {
        self.settled
    }

    /// How often another task stepped than the last.
    pub(crate) fn switches(&self) -> u64 {
        self.switches
    }

    /// How many tasks did anything.
    pub(crate) fn active(&self) -> u64 {
        self.steps.iter().skip(1).filter(|steps| **steps > 0).count() as u64
    }

    /// The tasks that there were, the root first.
    pub(crate) fn tasks(&self) -> impl Iterator<Item = TaskName> + '_ {
        (1..self.names.len() as u32).map(|task| self.names.of(TaskId(task)))
    }

    pub(crate) fn task_added(&mut self, parent: TaskId, ordinal: u32) {
        self.names.add(self.names.of(parent).child(ordinal));
        self.steps.push(0);
    }

    pub(crate) fn performed(&mut self, task: TaskId) {
        self.steps[task.index()] += 1;
        self.switches += u64::from(self.performer != task && self.performer != TaskId::NONE);
        self.performer = task;
    }

    fn take(&mut self, at: Point, what: What) {
        self.taken.push(Edit { at, what });
        self.settled = self.steps();
    }

    /// The point at which `task`, which ran last or is to step, has come to a decision.
    fn point(&mut self, task: TaskId) -> Point {
        let (task, steps) = match task {
            TaskId::NONE => (TaskName::CLOCK, 0),
            task => (self.names.of(task), self.steps[task.index()]),
        };
        let nth = match self.last {
            Some(last) if (last.task, last.steps) == (task, steps) => last.nth + 1,
            _ => 0,
        };
        *self.last.insert(Point { task, steps, nth })
    }

    fn edit(&self, at: Point) -> Option<What> {
        self.edits.iter().find(|edit| edit.at == at).map(|edit| edit.what)
    }

    pub(crate) fn task(&mut self, choices: &Choices<'_>) -> TaskId {
        let at = self.point(choices.current);
        let goes_on = choices.enabled.contains(choices.current);
        let ordinary = match self.ordinary {
            Ordinary::InTurn => round_robin::task(choices),
            Ordinary::GoOn if goes_on => choices.current,
            Ordinary::GoOn => self.oldest(choices),
        };
        let edit = self.edit(at);
        let wanted = match (&mut self.script, edit) {
            (Some(script), _) => script.next().map(TaskId),
            (None, Some(What::Next { task, .. })) => self.names.number(task),
            (None, _) => None,
        };
        let next = wanted.filter(|task| choices.contains(*task)).unwrap_or(ordinary);
        if next != ordinary {
            let preempts = goes_on && self.ordinary == Ordinary::GoOn;
            self.take(at, What::Next { task: self.names.of(next), preempts });
        }
        next
    }

    /// The oldest that can step, those that come last left out as far as possible.
    fn oldest(&self, choices: &Choices<'_>) -> TaskId {
        let is_late = |task: &TaskId| self.late.contains(&self.names.of(*task));
        let first = choices.enabled.iter().find(|task| !is_late(task));
        first.unwrap_or_else(|| choices.default())
    }

    /// Which of the `n` alternatives of `op`, which `task` is about to perform.
    pub(crate) fn alternative(&mut self, world: &World, task: TaskId, op: &Op, n: u32) -> u32 {
        let at = self.point(task);
        let edit = self.edit(at);
        let names = &self.names;
        let name = |index: u32| if has_outcomes(op) { names.outcome(world, op, index) } else { index.into() };
        let wanted = match (&mut self.script, edit) {
            (Some(script), _) => script.next(),
            (None, Some(What::Outcome(outcome))) => (0..n).find(|index| name(*index) == outcome),
            (None, _) => None,
        };
        let index = wanted.filter(|index| *index < n).unwrap_or(0);
        if index != 0 {
            let what = What::Outcome(name(index));
            self.take(at, what);
        }
        index
    }
}
