//! The effect of a step when somebody wants to know of it: who follows or leads the execution, and the recorder.

use super::Place;
use super::breakpoint::breakpoint;
use super::execution::{Execution, flag};
use super::record::Step;
use crate::explore::Chooser;
use crate::kernel::{Op, Outcome, TaskId, life};

impl Execution {
    /// Performs a step without bringing others up to date.
    pub(super) fn step(&mut self, task: TaskId, op: &Op, alternative: u32, place: Place) -> Outcome {
        self.steps += 1;
        self.apply(task, op, alternative, place)
    }

    /// Performs what is, or is no, step of its own, and records it if that is asked for.
    pub(super) fn apply(&mut self, task: TaskId, op: &Op, alternative: u32, place: Place) -> Outcome {
        let recording = self.flags & flag::RECORDING != 0;
        let left = if recording { self.left_for(task) } else { None };
        if recording && self.recorder.breaks() {
            breakpoint(self.recorder.steps.len() as u64 + 1);
        }
        let timed = recording && self.world.is_timed(task);
        let outcome = self.world.apply(task, op, alternative);
        if self.flags & flag::CELLS != 0 {
            self.races.performed(&self.world, task, op, outcome);
        }
        match &mut self.chooser {
            Chooser::Follow(follow) => follow.performed(task, op),
            Chooser::Edited(edited) => edited.performed(task),
            // Births and ends are no steps to it.
            Chooser::Steered(_) if matches!(op, Op::Life(life::Op::Spawn(_) | life::Op::Finish)) => {}
            Chooser::Steered(steered) => steered.performed(task),
            Chooser::Reordered(reordered) => reordered.performed(task),
            Chooser::Near(near) => near.performed(task, op),
            _ => {}
        }
        if recording {
            let woke = self.world.woken.iter().copied().collect();
            let accesses = self.world.accesses(task, op, outcome, timed);
            let (time, decided) = (self.world.time.now, self.decisions.bytes());
            let step = Step { task, op: *op, outcome, place, time, left, woke, alternative, accesses, decided };
            self.recorder.step(step);
            crate::findings::explain::testify(self);
        }
        outcome
    }

    /// `task` has finished: whoever waits for that may go on.
    pub(super) fn finish(&mut self, task: TaskId) {
        let op = Op::Life(life::Op::Finish);
        if self.world.tasks[task.index()].finished {
            // That was a step of its own.
            return;
        }
        if self.flags & (flag::RECORDING | flag::GUIDED | flag::FOLLOWING) == 0 {
            self.world.apply(task, &op, 0);
        } else {
            self.apply(task, &op, 0, self.slots[task.index()].place);
            if let Chooser::Guided(guide) = &mut self.chooser
                && self.flags & flag::TEARDOWN == 0
            {
                guide.finished(&self.world, task);
            }
        }
        if self.flags & flag::TEARDOWN == 0 {
            self.settle::<false>(task, &op);
        }
    }
}
