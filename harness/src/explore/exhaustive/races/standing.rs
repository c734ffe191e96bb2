//! How steps that are planned or were explored relate to a reversal: whether it is covered by them.

use smallvec::SmallVec;

use super::{Reversal, targets_of};
use crate::explore::exhaustive::clocks::{VectorClock, covers_but, steps};
use crate::explore::exhaustive::moves::Move;
use crate::explore::exhaustive::shadow::{Question, Shadow};
use crate::explore::exhaustive::trace::{Trace, is_simple};
use crate::explore::exhaustive::tree::Planning;
use crate::kernel::relation::{Target, independent};
use crate::kernel::{Op, TaskId, life};

/// How a step that is planned or was explored relates to a reversal that starts where it does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Standing {
    /// It is the one at this index of the reversal, and nothing of the reversal comes before it.
    First(usize),
    /// It is none of the steps of the reversal, and commutes with all of them.
    Aside,
    /// Something of the reversal comes before it, or depends on it.
    Against,
    /// It follows a step of the reversal that had another outcome in the execution, so that this does not know it.
    Unknown,
}

/// A reversal of which some steps may have been taken: those that a tree of plans has already.
pub(crate) struct Rest<'a> {
    pub(crate) trace: &'a Trace,
    pub(crate) shadow: &'a mut Shadow,
    pub(crate) reversal: &'a Reversal,
    /// The indices of the steps that are left, in order, and whose they are.
    pub(crate) left: SmallVec<[u32; 64]>,
    tasks: SmallVec<[TaskId; 64]>,
    taken: SmallVec<[u32; 8]>,
    /// How many steps each task has taken.
    counts: VectorClock,
}

impl<'a> Rest<'a> {
    pub(crate) fn new(trace: &'a Trace, shadow: &'a mut Shadow, reversal: &'a Reversal) -> Rest<'a> {
        let mut left = SmallVec::with_capacity(reversal.len());
        let mut tasks = SmallVec::with_capacity(reversal.len());
        for (index, event) in reversal.events.iter().enumerate() {
            left.push(index as u32);
            tasks.push(trace.events[*event as usize].task);
        }
        left.push(reversal.events.len() as u32);
        tasks.push(reversal.last.task);
        let counts = VectorClock::of(trace.counts(reversal.at));
        Rest { trace, shadow, reversal, left, tasks, taken: SmallVec::new(), counts }
    }

    fn clock(&self, index: usize) -> &[u32] {
        let event = self.reversal.events.get(index);
        event.map_or(&self.reversal.last.clock, |event| self.trace.clock(*event as usize))
    }

    pub(crate) fn made(&self, index: usize) -> Move {
        self.reversal.made(self.trace, index)
    }

    /// [`Rest::standing`], as far as it counts where plans are made like this: with single steps it is not enough that a step
    /// commutes with the others.
    pub(crate) fn standing_for(&mut self, planning: Planning, other: Move) -> Standing {
        match (planning, self.standing(other)) {
            (Planning::Steps, Standing::Aside | Standing::Unknown) => Standing::Against,
            (_, standing) => standing,
        }
    }

    /// How `other`, which can be taken here, relates to the steps that are left.
    pub(crate) fn standing(&mut self, other: Move) -> Standing {
        let Some(task) = self.trace.names.number(other.task) else { return Standing::Against };
        if let Some(at) = self.tasks.iter().position(|other| *other == task) {
            let index = self.left[at] as usize;
            let first = self.made(index) == other && covers_but(&self.counts, self.clock(index), task);
            return if first { Standing::First(index) } else { Standing::Against };
        }
        match self.is_aside(task, other) {
            None => Standing::Unknown,
            Some(true) => Standing::Aside,
            Some(false) => Standing::Against,
        }
    }

    /// Takes the step at `index`, which nothing that is left comes before.
    pub(crate) fn take(&mut self, index: usize) {
        let Some(at) = self.left.iter().position(|other| *other as usize == index) else { return };
        self.left.remove(at);
        let task = self.tasks.remove(at);
        self.counts.set(task, steps(&self.counts, task) + 1);
        self.taken.extend(self.reversal.events.get(index).copied());
    }

    /// Whether `other`, a step of a task that has none among those that are left, commutes with all of them.
    fn is_aside(&mut self, task: TaskId, other: Move) -> Option<bool> {
        let number = steps(&self.counts, task) + 1;
        let last = &self.reversal.last;
        if task == last.task && number > last.number {
            return None;
        }
        let (op, watch) = self.trace.step_of(task, number, self.reversal.at)?;
        let has_last = self.left.last() == Some(&(self.reversal.events.len() as u32));
        if !has_last && op == Op::Life(life::Op::Join(last.task)) {
            // Whether it finishes with that step is not known either.
            return None;
        }
        let question = Question { task, op: &op, outcome: other.outcome, strict: true, watch: watch.as_ref() };
        let last_question = Question {
            task: last.task,
            op: &last.op,
            outcome: last.made.outcome,
            strict: true,
            watch: last.watch.as_deref(),
        };
        let trace = self.trace;
        let left = self.left.iter().filter_map(|index| self.reversal.events.get(*index as usize));
        if left.clone().any(|event| trace.events[*event as usize].last_resort) {
            return Some(false);
        }
        if matches!(op, Op::Start | Op::Fence(_) | Op::Choose(_)) {
            return Some(true);
        }
        if let Some(object) = op.object().filter(|_| is_simple(&op)) {
            let on_object = |event: &&u32| trace.touches_object(&trace.events[**event as usize], object);
            let last_touches =
                has_last && targets_of(last.task, &last.op, last.watch.as_deref()).contains(&Target::Object(object));
            let events: SmallVec<[u32; 8]> = left.clone().copied().filter(|event| on_object(&event)).collect();
            if events.is_empty() && !last_touches {
                return Some(true);
            }
            let simple = |event: &u32| is_simple(&trace.events[*event as usize].op);
            let taken: SmallVec<[u32; 8]> = self.taken.iter().copied().filter(|event| on_object(&event)).collect();
            if events.iter().chain(&taken).all(simple) && (is_simple(&last.op) || (has_last && !last_touches)) {
                self.shadow.go_to_object(trace, self.reversal.at, object, &taken);
                if !has_last && last.op.object() == Some(object) {
                    self.shadow.take_last(trace, last);
                }
                for event in &events {
                    let event = &trace.events[*event as usize];
                    let Some(answer) = self.shadow.ask(trace, &question) else { return Some(false) };
                    let label = self.shadow.label_on_object(event);
                    if !independent(trace.clock_rule, &answer.accesses, &label) {
                        return Some(false);
                    }
                }
                return Some(!last_touches || self.shadow.commute_here(trace, &question, &last_question));
            }
        }
        let left: SmallVec<[u32; 16]> = left.copied().collect();
        self.shadow.go(trace, self.reversal.at, &self.taken, !0);
        if !has_last {
            self.shadow.take_last(trace, last);
        }
        for event in &left {
            let event = &trace.events[*event as usize];
            let Some(answer) = self.shadow.ask(trace, &question) else { return Some(false) };
            let label = self.shadow.label(trace, event);
            if !independent(trace.clock_rule, &answer.accesses, &label) {
                return Some(false);
            }
        }
        Some(!has_last || self.shadow.commute_here(trace, &question, &last_question))
    }
}

impl Shadow {
    /// Whether two steps can be taken here and commute.
    fn commute_here(&mut self, trace: &Trace, a: &Question<'_>, b: &Question<'_>) -> bool {
        let (Some(mine), Some(theirs)) = (self.ask(trace, a), self.ask(trace, b)) else { return false };
        independent(trace.clock_rule, &mine.accesses, &theirs.accesses)
    }
}
