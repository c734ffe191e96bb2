//! From the record of an execution to the account of it: its tasks, objects and last steps, and what each has to do
//! with the others.

use std::collections::BTreeSet;

use super::account::{Account, LeftAccount, ObjectAccount, StepAccount, TaskAccount, Why};
use super::describe::{describe_wait, describe_wait_op, describe_with};
use super::explain::{armed_timers, place_of, steps_from};
use super::labels::{kind_of, labels};
use super::order::causes;
use super::source::Sources;
use super::waits::waits;
use crate::engine::Execution;
use crate::engine::names::{object_ranks, task_name};
use crate::engine::record::{Left, LeftState, Step};
use crate::kernel::{ObjectId, Op, TaskId, condvar, life};

/// How many of the last steps an account keeps.
const KEPT_STEPS: usize = 1000;

/// The account of a recorded execution, which has ended and whose tasks are not unwound yet.
pub(super) fn relate(execution: &Execution) -> Account {
    let ranks = object_ranks(execution);
    let mut sources = Sources::default();
    let labels = labels(execution, &ranks, &mut sources);
    let recorded = &execution.recorder.steps;
    let skipped = recorded.len().saturating_sub(KEPT_STEPS);
    let mut steps = steps_from(execution, &ranks, skipped);
    let causes = causes(recorded);
    for (account, (step, after)) in steps.iter_mut().zip(recorded.iter().zip(causes).skip(skipped)) {
        complete(execution, &labels, account, step);
        account.after = after.to_vec();
    }
    let waits = waits(execution, &labels);
    let tasks = tasks(execution, &ranks);
    let mentioned: BTreeSet<u32> = steps
        .iter()
        .flat_map(|step| step.objects.iter().copied())
        .chain(waits.iter().flat_map(|wait| wait.holds.iter().map(|(object, _)| *object)))
        .chain((1..execution.people().len()).flat_map(|task| objects_of(&execution.slots[task].pending)))
        .collect();
    let objects = mentioned.into_iter().filter_map(|id| object(execution, &labels, id)).collect();
    let mut account = Account {
        tasks,
        objects,
        steps,
        total_steps: recorded.len() as u64,
        waits,
        notes: armed_timers(execution, &ranks),
        ..Account::default()
    };
    account.sources = mentioned_lines(&account, &mut sources);
    account
}

fn tasks(execution: &Execution, ranks: &[u32]) -> Vec<TaskAccount> {
    let tasks = (1..execution.people().len() as u32).map(TaskId);
    let state = |task: TaskId| match &execution.people[task.index()].panic {
        Some(note) => format!("panicked: {}", note.message.lines().next().unwrap_or_default()),
        None if execution.world.tasks[task.index()].finished => "finished".to_owned(),
        None if execution.is_enabled(task) => "can step".to_owned(),
        None => format!("waits {}", describe_wait(execution, ranks, task)),
    };
    let mut accounts: Vec<TaskAccount> = tasks
        .map(|task| TaskAccount {
            name: task_name(execution, task),
            // The root is nobody's child.
            spawned: if task == TaskId::ROOT { String::new() } else { place_of(execution.people[task.index()].place) },
            state: state(task),
            panicked: execution.people[task.index()].panic.is_some(),
            ..TaskAccount::default()
        })
        .collect();
    for (index, step) in execution.recorder.steps.iter().enumerate() {
        let number = Some(index as u64 + 1);
        let (task, spawns) = match step.op {
            Op::Life(life::Op::Spawn(child)) => (child, true),
            Op::Life(life::Op::Finish) => (step.task, false),
            _ => continue,
        };
        if let Some(account) = accounts.get_mut(task.index().wrapping_sub(1)) {
            let when = if spawns { &mut account.born } else { &mut account.ended };
            *when = number;
        }
    }
    accounts
}

fn object(execution: &Execution, labels: &[String], id: u32) -> Option<ObjectAccount> {
    let registered = execution.registry.objects.get(id as usize)?;
    let (kind, label) = (kind_of(execution, id as usize), labels.get(id as usize)?.clone());
    Some(ObjectAccount { id, kind, label, made: place_of(registered.place) })
}

/// Adds to the account of a step what it has to do with others.
fn complete(execution: &Execution, labels: &[String], account: &mut StepAccount, step: &Step) {
    let label = |id: &ObjectId| labels.get(id.index()).cloned().unwrap_or_default();
    account.brief = describe_with(execution, label, &step.op, step.outcome);
    if step.op == Op::Life(life::Op::Finish) && execution.people[step.task.index()].panic.is_some() {
        account.brief = "panics".to_owned();
    }
    account.objects = objects_of(&step.op);
    account.left = step.left.as_ref().map(|left| describe_left(execution, label, left));
}

/// The numbers of the objects that an operation is about.
fn objects_of(op: &Op) -> Vec<u32> {
    match op {
        Op::Select(op) => op.arms.iter().map(|arm| arm.channel.0).collect(),
        Op::Condvar(id, condvar::Op::Wait { mutex, .. } | condvar::Op::Wake { mutex }) => vec![id.0, mutex.0],
        _ => op.object().into_iter().map(|object| object.0).collect(),
    }
}

fn describe_left(execution: &Execution, label: impl Fn(&ObjectId) -> String + Copy, left: &Left) -> LeftAccount {
    let panicked = execution.people[left.task.index()].panic.is_some();
    let why = match (left.state, &left.op) {
        (LeftState::Finished, _) if panicked => Why::Panicked,
        (LeftState::Finished, _) => Why::Finished,
        (LeftState::Enabled, Op::Yield) => Why::Yielded,
        (LeftState::Enabled, _) => Why::Preempted,
        (LeftState::Disabled, _) => Why::Blocked,
    };
    let held = |_: &ObjectId| match left.holder {
        TaskId::NONE => String::new(),
        holder if holder == left.task => ", held by itself".to_owned(),
        holder => format!(", held by {}", task_name(execution, holder)),
    };
    let (what, place) = match why {
        Why::Blocked => (describe_wait_op(execution, label, held, left.task, &left.op), place_of(left.place)),
        Why::Preempted | Why::Yielded => (String::new(), place_of(left.place)),
        Why::Finished | Why::Panicked => (String::new(), String::new()),
    };
    LeftAccount { task: left.task.0, why, what, place }
}

/// The lines at all places that an account mentions.
fn mentioned_lines(account: &Account, sources: &mut Sources) -> Vec<(String, String)> {
    let places: BTreeSet<&str> = account
        .steps
        .iter()
        .map(|step| step.place.as_str())
        .chain(account.objects.iter().map(|object| object.made.as_str()))
        .chain(account.tasks.iter().map(|task| task.spawned.as_str()))
        .chain(account.waits.iter().map(|wait| wait.place.as_str()))
        .filter(|place| !place.is_empty())
        .collect();
    places.into_iter().filter_map(|place| Some((place.to_owned(), sources.at(place)?.to_owned()))).collect()
}
