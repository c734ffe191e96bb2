//! Every schedule of a program, and which of them are equivalent: what the explorer has to agree with.
//!
//! Slow and simple on purpose, and without the vector clocks, lists and shadow states of the explorer: of two steps of an
//! execution the kernel's relation says whether they depend, and the rest is a transitive closure.

use std::collections::BTreeMap;

use crate::checker::{Settings, Test};
use crate::engine::execution::Ending;
use crate::explore::exhaustive::guide::Guide;
use crate::explore::exhaustive::loops::Loop;
use crate::explore::exhaustive::moves::Move;
use crate::explore::exhaustive::survey::Survey;
use crate::explore::exhaustive::trace::Trace;
use crate::explore::exhaustive::tree::Planning;
use crate::explore::watchdog::Beats;
use crate::explore::worker::Worker;
use crate::kernel::relation::independent;

/// What equivalent executions have in common: every step with its outcome, and the steps before it.
pub(crate) type Class = Vec<(u64, u32, u64, String, Vec<(u64, u32)>)>;

/// The class of an execution.
pub(crate) fn class_of(trace: &Trace) -> Class {
    let events = &trace.events;
    let mut before: Vec<Vec<bool>> = vec![vec![false; events.len()]; events.len()];
    for later in 0..events.len() {
        for earlier in (0..later).rev() {
            let (a, b) = (&events[earlier], &events[later]);
            let spawned = trace.spawner(b.task) == Some(earlier as u32);
            let depends = a.task == b.task
                || spawned
                || a.last_resort
                || b.last_resort
                || !independent(trace.clock_rule, trace.accesses(a), trace.accesses(b));
            if depends && !before[later][earlier] {
                before[later][earlier] = true;
                let reached = before[earlier].clone();
                before[later].iter_mut().zip(reached).for_each(|(known, reached)| *known |= reached);
            }
        }
    }
    let name = |at: usize| (events[at].made.task.0, events[at].number);
    let mut class: Class = (0..events.len())
        .map(|at| {
            let mut predecessors: Vec<_> = (0..at).filter(|earlier| before[at][*earlier]).map(name).collect();
            predecessors.sort_unstable();
            let (task, number) = name(at);
            let end = format!("{:?}", events[at].outcome.end);
            (task, number, events[at].made.outcome, end, predecessors)
        })
        .collect();
    class.sort();
    class
}

/// How often a task was left that could have gone on, where `options` says who could step.
fn preemptions(trace: &Trace, options: &[Vec<Move>]) -> usize {
    let could_go_on = |at: usize| {
        let (last, next) = (&trace.events[at - 1], &trace.events[at]);
        let able = options[at].iter().any(|made| made.task == last.made.task);
        able && next.made.task != last.made.task && !next.last_resort
    };
    (1..trace.events.len()).filter(|at| could_go_on(*at)).count()
}

/// Every class of a program with how it ends, and the least number of preemptions that lead to it; `None` if it has more schedules than `most`.
pub(crate) fn classes(
    settings: &Settings,
    test: &Test,
    most: usize,
    finish_apart: bool,
) -> Option<BTreeMap<Class, (String, usize)>> {
    let mut worker = Worker::new(settings, Beats::new());
    let mut guide = Box::new(Guide::new(settings.clock, Planning::Sequences));
    guide.survey = Some(Box::new(Survey::new(None)));
    guide.finish_apart = finish_apart;
    // Yields of the programs stand in no loop.
    guide.loops.free.push(Loop::at(super::program::here()));
    let mut classes: BTreeMap<Class, (String, usize)> = BTreeMap::new();
    let mut stack: Vec<(Vec<Move>, usize)> = Vec::new();
    for _ in 0..most {
        let plan: Vec<Move> = stack.iter().map(|(options, at)| options[*at]).collect();
        guide.prepare(&[], &plan, &[]);
        let (back, _) = worker.lead(test, guide);
        guide = back;
        assert_ne!(*worker.ending(), Ending::Abandoned, "{:?}", guide.led);
        let survey = guide.survey.as_ref().expect("it was given above");
        let mut options = vec![Vec::new(); guide.trace.events.len()];
        survey.choices.iter().for_each(|choice| options[choice.at as usize].push(choice.made));
        let cost = preemptions(&guide.trace, &options);
        for options in options.into_iter().skip(stack.len()) {
            let taken = guide.trace.events[stack.len()].made;
            let at = options.iter().position(|made| *made == taken).expect("what was taken was an option");
            // The one that was taken comes first, so that the others are still to be.
            let mut options = options;
            options.swap(0, at);
            stack.push((options, 0));
        }
        let known = classes.entry(class_of(&guide.trace)).or_insert((ending(worker.ending()), cost));
        known.1 = known.1.min(cost);
        while let Some((options, at)) = stack.last_mut() {
            *at += 1;
            if *at < options.len() {
                break;
            }
            stack.pop();
        }
        if stack.is_empty() {
            worker.retire(false);
            return Some(classes);
        }
    }
    worker.retire(false);
    None
}

pub(crate) fn ending(ending: &Ending) -> String {
    match ending {
        Ending::Deadlock(_) => "deadlock".to_owned(),
        Ending::Panicked(_) => "panic".to_owned(),
        other => format!("{other:?}"),
    }
}
