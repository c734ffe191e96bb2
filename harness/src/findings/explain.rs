//! From a recorded execution to an account of what happened, in words.
//!
//! To be called when the execution has ended and before its tasks are unwound, while everything is as it was.

use std::time::Duration;

use super::account::{Account, StepAccount};
use super::describe::{describe, describe_release, describe_wait};
use super::relate::relate;
use super::shape::shape;
use super::{data_race, forgotten, livelock};
use crate::engine::Execution;
use crate::engine::execution::Ending;
use crate::engine::names::{object_name, object_ranks, task_name};
use crate::engine::record::Step;
use crate::engine::source_path::portable;
use crate::findings::FindingKind;
use crate::kernel::clock::Owner;
use crate::kernel::{Op, TaskId, life, mutex, rwlock};
use crate::seed::Trace;

/// What an ending means.
#[derive(Clone, Debug)]
pub(crate) struct Explained {
    pub(crate) kind: FindingKind,
    pub(crate) message: String,
    pub(crate) signature: String,
    pub(crate) account: Account,
}

pub(super) fn place_of(place: crate::engine::Place) -> String {
    format!("{}:{}:{}", portable(place.file()), place.line(), place.column())
}

/// Every step of a recorded execution, in words.
pub(crate) fn steps(execution: &Execution) -> Vec<StepAccount> {
    let ranks = object_ranks(execution);
    steps_from(execution, &ranks, 0)
}

/// The steps after the first `skipped` ones.
pub(super) fn steps_from(execution: &Execution, ranks: &[u32], skipped: usize) -> Vec<StepAccount> {
    let steps = &execution.recorder.steps;
    let mut previous = skipped.checked_sub(1).map_or(TaskId::NONE, |before| steps[before].task);
    let described = steps.iter().enumerate().skip(skipped).map(|(number, step)| {
        let switched = previous != step.task && previous != TaskId::NONE;
        previous = step.task;
        StepAccount {
            number: number as u64 + 1,
            lane: step.task.0,
            task: task_name(execution, step.task),
            what: describe(execution, ranks, &step.op, step.outcome),
            place: step_place(step),
            time: step.time,
            switched,
            ..StepAccount::default()
        }
    });
    described.collect()
}

/// Where a step was made, if its place says that.
pub(super) fn step_place(step: &Step) -> String {
    match step.op {
        _ if step.task == TaskId::CLOCK => String::new(),
        Op::Life(life::Op::Finish) => String::new(),
        // A guard is dropped without saying where: what is known is only where the lock was made.
        Op::Mutex(_, mutex::Op::Unlock { .. }) => String::new(),
        Op::RwLock(_, rwlock::Op::UnlockRead | rwlock::Op::UnlockWrite { .. }) => String::new(),
        _ => place_of(step.place),
    }
}

/// Lets the witness of `execution`, if it has one, see who runs, and what that task did last.
pub(crate) fn testify(execution: &Execution) {
    let Some(witness) = execution.recorder.witness() else { return };
    let running = execution.running;
    let last = execution.recorder.steps.iter().rposition(|step| step.task == running);
    let account = last.map(|number| {
        let step = &execution.recorder.steps[number];
        let what = describe(execution, &[], &step.op, step.outcome);
        StepAccount {
            number: number as u64 + 1,
            lane: running.0,
            task: task_name(execution, running),
            brief: what.clone(),
            what,
            place: place_of(step.place),
            time: step.time,
            ..StepAccount::default()
        }
    });
    witness.see(task_name(execution, running), account);
}

/// Explains how `execution`, which was recorded, ended; none if it did not fail.
pub(crate) fn explain(execution: &Execution, ending: &Ending, allow_leaks: bool) -> Option<Explained> {
    let kind = kind_of(ending, allow_leaks)?;
    let mut account = relate(execution);
    account.shape = shape(execution, ending, allow_leaks).unwrap_or_default();
    account.trace = Trace::of(execution);
    if let Ending::Deadlock(cycle) = ending {
        account.cycle = cycle.iter().map(|task| task.0).collect();
    }
    let mut kind = kind;
    let (message, signature) = match ending {
        Ending::Panicked(task) => panic_message(execution, *task, &mut account),
        Ending::Deadlock(cycle) => deadlock_message(execution, cycle, &mut account),
        Ending::Leak => leak_message(execution, &mut account),
        Ending::DataRace(race) => data_race::message(execution, race, &mut account),
        Ending::StepLimit => {
            let (told, message, signature) = livelock::message(execution, &mut account);
            kind = told;
            (message, signature)
        }
        Ending::Contended(reason) => (reason.clone(), "contended".to_owned()),
        Ending::Finished | Ending::Abandoned => return None,
    };
    Some(Explained { kind, message, signature: format!("{kind} {signature}"), account })
}

/// The kind of finding that an ending is, if it is one. Only a record tells starvation from livelock, which it is called until
/// then.
pub(crate) fn kind_of(ending: &Ending, allow_leaks: bool) -> Option<FindingKind> {
    match ending {
        Ending::Panicked(_) | Ending::Contended(_) => Some(FindingKind::Panic),
        Ending::Deadlock(_) => Some(FindingKind::Deadlock),
        Ending::Leak => (!allow_leaks).then_some(FindingKind::Leak),
        Ending::DataRace(_) => Some(FindingKind::DataRace),
        Ending::StepLimit => Some(FindingKind::Livelock),
        Ending::Finished | Ending::Abandoned => None,
    }
}

/// What tells a failure of this kind from others, without a record: the kind and the places.
#[cold]
pub(crate) fn signature(execution: &Execution, kind: FindingKind) -> String {
    let places = match execution.ending() {
        Ending::Panicked(task) => panic_signature(execution, *task),
        Ending::Deadlock(_) | Ending::Leak => blocked_signature(execution),
        Ending::DataRace(race) => data_race::signature(race),
        Ending::StepLimit => "steps".to_owned(),
        Ending::Contended(_) => "contended".to_owned(),
        Ending::Finished | Ending::Abandoned => String::new(),
    };
    format!("{kind} {places}")
}

fn panic_signature(execution: &Execution, task: TaskId) -> String {
    let note = execution.people[task.index()].panic.as_ref();
    note.map_or_else(String::new, |note| note.place.clone().unwrap_or_else(|| note.message.clone()))
}

fn blocked_signature(execution: &Execution) -> String {
    let mut places: Vec<String> = blocked(execution).map(|task| waiting_at(execution, task)).collect();
    places.sort();
    places.dedup();
    places.join(" ")
}

pub(super) fn waiting_at(execution: &Execution, task: TaskId) -> String {
    place_of(execution.slots[task.index()].place)
}

/// The tasks that have not finished.
pub(super) fn blocked(execution: &Execution) -> impl Iterator<Item = TaskId> + '_ {
    let tasks = (1..execution.world.tasks.len() as u32).map(TaskId);
    tasks.filter(|task| !execution.world.tasks[task.index()].finished)
}

fn panic_message(execution: &Execution, task: TaskId, account: &mut Account) -> (String, String) {
    let note = execution.people[task.index()].panic.as_ref();
    let name = task_name(execution, task);
    account.backtrace = note.and_then(|note| note.backtrace.clone());
    if note.is_some_and(|note| note.place.is_none()) {
        // It passes on a panic that began elsewhere, most likely in a task that it joined.
        note_panics(execution, task, account);
    }
    let message = match note {
        Some(note) => match &note.place {
            Some(place) => format!("{name} panicked at {place}: {}", note.message),
            None => format!("{name} panicked: {}", note.message),
        },
        None => format!("{name} panicked"),
    };
    (message, panic_signature(execution, task))
}

fn deadlock_message(execution: &Execution, cycle: &[TaskId], account: &mut Account) -> (String, String) {
    let ranks = object_ranks(execution);
    let waits = |tasks: &mut dyn Iterator<Item = TaskId>| -> Vec<String> {
        tasks
            .map(|task| format!("{} waits {}", task_name(execution, task), describe_wait(execution, &ranks, task)))
            .collect()
    };
    note_panics(execution, TaskId::NONE, account);
    if cycle.is_empty() {
        forgotten::note(execution, &blocked(execution).collect::<Vec<_>>(), account);
        let all = waits(&mut blocked(execution));
        let count = all.len();
        let message = match count {
            0..=3 => all.join("; "),
            _ => format!("{}; and {} more tasks wait", all[..2].join("; "), count - 2),
        };
        return (message, blocked_signature(execution));
    }
    let message = waits(&mut cycle.iter().copied()).join("; ");
    let mut places: Vec<String> = cycle.iter().map(|task| waiting_at(execution, *task)).collect();
    places.sort();
    (message, format!("cycle {}", places.join(" ")))
}

fn leak_message(execution: &Execution, account: &mut Account) -> (String, String) {
    forgotten::note(execution, &blocked(execution).collect::<Vec<_>>(), account);
    let ranks = object_ranks(execution);
    let leaked: Vec<String> = blocked(execution)
        .map(|task| {
            let spawned = place_of(execution.people[task.index()].place);
            let wait = describe_wait(execution, &ranks, task);
            let release = describe_release(execution, task);
            format!("{}, spawned at {spawned}, can never finish: it waits {wait}{release}", task_name(execution, task))
        })
        .collect();
    let message = match leaked.len() {
        0..=2 => leaked.join("; "),
        n => format!("{}; and {} more tasks can never finish", leaked[0], n - 1),
    };
    (message, blocked_signature(execution))
}

/// Panics that are not the failure itself, which is that of task `failed`, but may have led to it.
fn note_panics(execution: &Execution, failed: TaskId, account: &mut Account) {
    for (index, person) in execution.people().iter().enumerate() {
        let task = TaskId(index as u32);
        if let (Some(note), true) = (&person.panic, task != failed) {
            let name = task_name(execution, task);
            let place = note.place.as_deref().unwrap_or("an unknown place");
            account.notes.push(format!("{name} had panicked before, at {place}: {}", note.message));
        }
    }
}

/// The timers that nobody has stopped.
pub(super) fn armed_timers(execution: &Execution, ranks: &[u32]) -> Vec<String> {
    let timers = execution.world.time.owners().filter_map(|owner| match owner {
        Owner::Timer(timer) => Some(timer),
        Owner::Task(_) => None,
    });
    timers.map(|timer| format!("{} was still running at the end", object_name(execution, ranks, timer))).collect()
}

/// The account of an execution that is stuck, as far as it was seen from outside.
pub(crate) fn stuck(task: Option<String>, last: Option<StepAccount>, after_time: Duration) -> Explained {
    let who = task.unwrap_or_else(|| "a task".to_owned());
    let after = match &last {
        Some(step) => format!("after step {} ({} at {})", step.number, step.what, step.place),
        None => "before its first step".to_owned(),
    };
    let message = format!(
        "{who} has not come back for {after_time:?} {after}: it computes for ever, or blocks in something that is not \
         simulated, such as a lock of `std::sync` that another task holds, or I/O"
    );
    let signature = format!("stuck {}", last.as_ref().map_or("", |step| &step.place));
    let account = Account {
        total_steps: last.as_ref().map_or(0, |step| step.number),
        steps: last.into_iter().collect(),
        ..Account::default()
    };
    Explained { kind: FindingKind::Stuck, message, signature, account }
}
