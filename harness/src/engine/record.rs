//! The record of an execution: every step with what it did, kept only when it is asked for.
//!
//! While exploring, an execution remembers its decisions and nothing else. When one fails it is run again with the
//! recorder on, and everything that people are shown comes from here.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use smallvec::SmallVec;

use super::Place;
use super::execution::Execution;
use crate::findings::StepAccount;
use crate::kernel::relation::Accesses;
use crate::kernel::{Op, Outcome, TaskId};

/// One step, or an access of a checked cell, which is none.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) task: TaskId,
    pub(crate) op: Op,
    pub(crate) outcome: Outcome,
    pub(crate) place: Place,
    /// The virtual time after it.
    pub(crate) time: Duration,
    /// How the task was left that ran before, if that was another.
    pub(crate) left: Option<Left>,
    /// The tasks that it woke.
    pub(crate) woke: SmallVec<[TaskId; 2]>,
    /// Which of the outcomes that it could have had.
    pub(crate) alternative: u32,
    /// What it touched, and how.
    pub(crate) accesses: Accesses,
    /// How many bytes of decisions had been made until then, those for this step included.
    pub(crate) decided: usize,
}

impl Step {
    /// Whether another run of the same schedule did the same here.
    pub(crate) fn is_same(&self, other: &Step) -> bool {
        let what = |step: &Step| (step.task, step.op, step.outcome, step.alternative, step.time);
        what(self) == what(other) && self.place == other.place
    }
}

/// How a task was left for another.
#[derive(Clone, Debug)]
pub(crate) struct Left {
    pub(crate) task: TaskId,
    pub(crate) state: LeftState,
    /// What it had declared, and where.
    pub(crate) op: Op,
    pub(crate) place: Place,
    /// Who held what it waited for.
    pub(crate) holder: TaskId,
}

/// See [`Left`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum LeftState {
    Finished,
    Enabled,
    Disabled,
}

impl Execution {
    /// How the task was left that made the last step, now that `next` is about to make one; none if it is the same one.
    pub(super) fn left_for(&self, next: TaskId) -> Option<Left> {
        let task = self.recorder.steps.last().map(|step| step.task).filter(|task| *task != next)?;
        if task == TaskId::CLOCK {
            return None;
        }
        let (slot, kernel) = (&self.slots[task.index()], &self.world.tasks[task.index()]);
        let state = match (kernel.finished, self.is_enabled(task)) {
            (true, _) => LeftState::Finished,
            (false, true) => LeftState::Enabled,
            (false, false) => LeftState::Disabled,
        };
        let holder = match state {
            LeftState::Disabled => self.world.holders(&slot.pending).first().copied().unwrap_or(TaskId::NONE),
            _ => TaskId::NONE,
        };
        Some(Left { task, state, op: slot.pending, place: slot.place, holder })
    }
}

/// The steps so far.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    pub(crate) steps: Vec<Step>,
    /// Who sees every step at once, if anybody does.
    witness: Option<Arc<Witness>>,
    /// The number of the step before which to stop in a debugger.
    break_at: Option<u64>,
}

/// Sees an execution from another OS thread, so that it can say who was running when nothing moves any more.
#[derive(Debug, Default)]
pub(crate) struct Witness {
    beats: AtomicU64,
    last: Mutex<(Option<String>, Option<StepAccount>)>,
}

impl Witness {
    /// Grows with every step.
    pub(crate) fn beats(&self) -> u64 {
        self.beats.load(Ordering::Relaxed)
    }

    pub(crate) fn see(&self, task: String, step: Option<StepAccount>) {
        self.beats.fetch_add(1, Ordering::Relaxed);
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = (Some(task), step);
    }

    /// The task that was running when last seen, and its last step.
    pub(crate) fn testimony(&self) -> (Option<String>, Option<StepAccount>) {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Recorder {
    pub(crate) fn reset(&mut self) {
        self.steps.clear();
    }

    /// Lets `witness` see the next executions, or nobody.
    pub(crate) fn watch(&mut self, witness: Option<Arc<Witness>>) {
        self.witness = witness;
    }

    /// Stops in a debugger before this step of the next executions, or nowhere.
    pub(crate) fn break_at(&mut self, step: Option<u64>) {
        self.break_at = step;
    }

    /// Whether the next step is the one before which to stop.
    pub(super) fn breaks(&self) -> bool {
        self.break_at == Some(self.steps.len() as u64 + 1)
    }

    pub(crate) fn witness(&self) -> Option<&Arc<Witness>> {
        self.witness.as_ref()
    }

    pub(crate) fn step(&mut self, step: Step) {
        self.steps.push(step);
    }
}
