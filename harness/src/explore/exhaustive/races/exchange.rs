//! Whether a step could have been taken before another one, and with what left out.

use smallvec::SmallVec;

use super::{Search, Step, Without, before_step, can_come_before, is_left_out};
use crate::explore::exhaustive::clocks::{VectorClock, steps};
use crate::explore::exhaustive::trace::{Event, is_simple};
use crate::kernel::relation::{Target, independent};
use crate::kernel::{ObjectId, TaskId};

/// Whether a step could be taken before another one that it came after.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Exchange {
    /// It could not have been taken there.
    Impossible,
    /// It could, and would have done the same.
    Indifferent,
    Matters,
}

impl Exchange {
    fn of(commute: bool) -> Exchange {
        if commute { Exchange::Indifferent } else { Exchange::Matters }
    }
}

impl<'a> Search<'a> {
    /// Whether `step` could be taken in the place of the event at `at`, and makes a difference to it.
    pub(super) fn exchange(&mut self, step: &Step<'a>, at: usize) -> Exchange {
        let trace = self.trace;
        let earlier = &trace.events[at];
        let question = step.question(false);
        if let Some(object) = self.one_object(step, earlier) {
            // Between the two, only what is listed at the object matters.
            let list = trace.list(Target::Object(object));
            let first = list.partition_point(|entry| entry.event as usize <= at);
            self.later.clear();
            let mut all_simple = true;
            for entry in &list[first..] {
                if entry.event as usize >= step.at {
                    break;
                }
                if !trace.before(at, entry.event as usize) {
                    all_simple &= is_simple(&trace.events[entry.event as usize].op);
                    self.later.push(entry.event);
                }
            }
            if all_simple {
                self.shadow.go_to_object(trace, at, object, &self.later);
                let Some(answer) = self.shadow.ask(trace, &question) else { return Exchange::Impossible };
                return Exchange::of(independent(trace.clock_rule, &answer.accesses, trace.accesses(earlier)));
            }
        }
        self.exchange_without(step, at, &[])
    }

    /// The ways in which `step` could be taken in the place of the event at `at` and make a difference, if some of what it
    /// depends on among the steps in between is left out as well.
    ///
    /// Each of several tasks may have kept it from being taken with the later of its steps only (a second lock, after it had given
    /// back the first). So each of them is left out alone, as much as possible of every task is kept, or as much as possible of
    /// the whole, or nothing.
    pub(super) fn exchange_all(&mut self, step: &Step<'a>, at: usize, base: &VectorClock) -> SmallVec<[Without; 1]> {
        let trace = self.trace;
        let bits = step.touches();
        let concerns = |between: &usize| {
            let event = &trace.events[*between];
            // What comes before it by necessity cannot be left out.
            let necessary = event.task == step.task || steps(base, event.task) >= event.number;
            event.touches & bits != 0 && !necessary && !trace.before(at, *between)
        };
        let can_come = |between: &usize| step.at > *between || can_come_before(trace, step, at, *between);
        let all: Without =
            (at + 1..step.end(trace)).filter(concerns).filter(can_come).map(|between| between as u32).collect();
        let mut ways: SmallVec<[Without; 1]> = SmallVec::new();
        // What makes it possible may be among them, too, so that leaving out one is more than leaving out all.
        for event in &all {
            let way = Without::from_slice(&[*event]);
            if self.matters_without(step, at, &way) {
                ways.push(way);
            }
        }
        if all.is_empty() || !self.matters_without(step, at, &all) {
            return ways;
        }
        let mut of_each = Without::new();
        let mut tasks: SmallVec<[TaskId; 4]> = all.iter().map(|event| trace.events[*event as usize].task).collect();
        tasks.sort_unstable();
        tasks.dedup();
        for task in tasks {
            let is_its = |event: &&u32| trace.events[**event as usize].task == task;
            let its: Without = all.iter().filter(is_its).copied().collect();
            let others: Without = all.iter().filter(|event| !is_its(event)).copied().collect();
            let kept = (0..=its.len()).rev().find(|kept| {
                let without: Without = others.iter().chain(&its[*kept..]).copied().collect();
                self.matters_without(step, at, &without)
            });
            of_each.extend_from_slice(&its[kept.unwrap_or(0)..]);
        }
        of_each.sort_unstable();
        let kept = (0..all.len()).rev().find(|kept| self.matters_without(step, at, &all[*kept..]));
        let of_all: Without = all[kept.unwrap_or(0)..].iter().copied().collect();
        for way in [of_each, of_all, all] {
            if !ways.contains(&way) && self.matters_without(step, at, &way) {
                ways.push(way);
            }
        }
        ways
    }

    /// Whether `step` could be taken in the place of the event at `at`, without some of the steps in between and what comes
    /// after them, and makes a difference to it.
    fn exchange_without(&mut self, step: &Step<'a>, at: usize, without: &[u32]) -> Exchange {
        let trace = self.trace;
        let rest: SmallVec<[u32; 16]> =
            before_step(trace, step, at).filter(|between| !is_left_out(trace, without, *between)).collect();
        let earlier = &trace.events[at];
        self.shadow.go(trace, at, &rest, step.touches() | earlier.touches);
        let Some(answer) = self.shadow.ask(trace, &step.question(false)) else { return Exchange::Impossible };
        let theirs = self.shadow.label(trace, earlier);
        Exchange::of(independent(trace.clock_rule, &answer.accesses, &theirs))
    }

    fn matters_without(&mut self, step: &Step<'a>, at: usize, without: &[u32]) -> bool {
        self.exchange_without(step, at, without) == Exchange::Matters
    }

    /// The object that is all that both steps are about, if there is one.
    fn one_object(&self, step: &Step<'a>, earlier: &Event) -> Option<ObjectId> {
        let object = step.op.object()?;
        (is_simple(step.op) && is_simple(&earlier.op) && earlier.op.object() == Some(object)).then_some(object)
    }
}
