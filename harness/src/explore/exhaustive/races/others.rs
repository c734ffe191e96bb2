//! What was not taken: other outcomes of a step, other arms of a select, timers that were taken back.

use super::{FIRE, Last, Resting, Reversal, Search, Step, Which, is_left_out};
use crate::explore::exhaustive::clocks::{VectorClock, steps};
use crate::explore::exhaustive::moves::Move;
use crate::explore::exhaustive::shadow::Shadow;
use crate::explore::exhaustive::trace::Trace;
use crate::kernel::relation::Target;
use crate::kernel::{Op, TaskId};

impl<'a> Search<'a> {
    /// The other outcomes that the step at `at` could have had.
    pub(super) fn other_outcomes(&mut self, at: usize, found: &mut impl FnMut(&Trace, &mut Shadow, Reversal)) {
        let trace = self.trace;
        let event = &trace.events[at];
        let rest: Vec<u32> =
            (at + 1..trace.events.len()).filter(|later| !trace.before(at, *later)).map(|later| later as u32).collect();
        for outcome in event.others.iter().flatten().copied() {
            let step =
                Step { outcome, watch: None, accesses: None, touched: &[], which: Which::Next, ..Step::of(trace, at) };
            let base = trace.base_of(at);
            let reversal = self.resort(&step, at, &base).or_else(|| self.finish(&step, at, &rest, &base, true));
            if let Some(reversal) = reversal.or_else(|| self.finish(&step, at, &[], &base, true)) {
                found(trace, self.shadow, reversal);
            }
        }
    }

    /// The arms of a select that were not taken in `step`, each as a step of its own: in its place, and in the place of what came
    /// before it.
    pub(super) fn other_arms(
        &mut self,
        step: &Step<'a>,
        base: &VectorClock,
        resting: &mut impl Resting,
        found: &mut impl FnMut(&Trace, &mut Shadow, Reversal),
    ) {
        let Op::Select(op) = step.op else { return };
        let taken = step.at < self.trace.events.len();
        for outcome in (0..=op.arms.len() as u64).filter(|outcome| !taken || *outcome != step.outcome) {
            let step = Step { outcome, accesses: None, touched: &[], which: Which::OtherArm, ..*step };
            if taken {
                self.instead(&step, base, found);
            }
            let mut races = Vec::new();
            self.races_of(&step, base.clone(), step.targets().into_iter(), &mut races);
            self.reverse_all(&step, &races, base, resting, found);
        }
    }

    /// The timers that were taken back at the event `at`, each as a step of the clock that waits for the end: in the place of
    /// that event, and in the place of what came before it.
    pub(super) fn timers_taken_back(
        &mut self,
        at: usize,
        resting: &mut impl Resting,
        found: &mut impl FnMut(&Trace, &mut Shadow, Reversal),
    ) {
        let trace = self.trace;
        self.shadow.go(trace, at, &[], 0);
        for outcome in self.shadow.taken_back(trace, &trace.events[at]) {
            let (task, number) = (TaskId::CLOCK, steps(trace.counts(at), TaskId::CLOCK) + 1);
            let which = Which::OtherArm;
            let step = Step { at, task, op: &FIRE, outcome, number, watch: None, accesses: None, touched: &[], which };
            let base = trace.base_after(task, at);
            self.instead(&step, &base, found);
            let mut races = Vec::new();
            self.races_of(&step, base.clone(), [Target::Clock].into_iter(), &mut races);
            self.reverse_all(&step, &races, &base, resting, found);
        }
    }

    /// `step` in the place of the other arm that was taken, after everything that does not come after that; or after as much
    /// of it as leaves the arm ready. Of what takes its readiness away every single step is left out once: whatever leads to
    /// the arm without that step is part of what is left.
    fn instead(&mut self, step: &Step<'a>, base: &VectorClock, found: &mut impl FnMut(&Trace, &mut Shadow, Reversal)) {
        let (trace, at) = (self.trace, step.at);
        let rest: Vec<u32> =
            (at + 1..trace.events.len()).filter(|later| !trace.before(at, *later)).map(|later| later as u32).collect();
        if let Some(reversal) = self.finish(step, at, &rest, base, true) {
            return found(trace, self.shadow, reversal);
        }
        let bits = step.touches();
        for out in rest.iter().copied().filter(|event| trace.events[*event as usize].touches & bits != 0) {
            let events: Vec<u32> = rest.iter().copied().filter(|event| !is_left_out(trace, &[out], *event)).collect();
            if let Some(reversal) = self.finish(step, at, &events, base, true) {
                found(trace, self.shadow, reversal);
            }
        }
    }

    /// Another outcome of a step that was taken because nobody else could take one: nothing else can come before it.
    fn resort(&mut self, step: &Step<'a>, at: usize, base: &VectorClock) -> Option<Reversal> {
        let event = &self.trace.events[at];
        if !event.last_resort {
            return None;
        }
        let made = Move { task: event.made.task, outcome: step.outcome };
        let (task, number) = (event.task, event.number);
        let mut clock = base.clone();
        clock.join(self.trace.counts(at));
        Some(Reversal { at, events: Vec::new(), last: Last { task, op: event.op, made, number, watch: None, clock } })
    }
}
