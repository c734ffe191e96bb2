//! Executions that reach the step limit: livelock and starvation, told apart by the last steps.
//!
//! A task *starves* if others had all the while what it could not get: each of its tries failed, or it waited, while others
//! took the same thing again and again. If nobody was better off, the tasks that go on are in a *livelock*. It is a matter of
//! degree where an execution ends that goes on for ever, so that only the last steps are asked.

use std::collections::{BTreeMap, BTreeSet};

use super::account::Account;
use super::explain::{place_of, step_place};
use super::kind::FindingKind;
use crate::checker::grouped;
use crate::engine::Execution;
use crate::engine::names::{object_name, object_ranks, task_name};
use crate::engine::record::Step;
use crate::kernel::{End, ObjectId, Op, TaskId};
use crate::kernel::{atomic, cell, channel, life, mutex, once, rendezvous, rwlock, select, semaphore};

/// How many of the last steps tell.
const TAIL: usize = 1000;

/// Fewer are no sign of anything.
const FEW: usize = 3;

/// A task that goes round and round.
#[derive(Clone, Debug)]
pub(crate) struct Spin {
    pub(crate) task: String,
    /// How many of the last steps are its own.
    pub(crate) steps: u64,
    /// What they are about, the most frequent first: how often, the object, if there is one, and where.
    pub(crate) rounds: Vec<(u64, Option<String>, String)>,
}

/// A task that gets nowhere while others do.
#[derive(Clone, Debug)]
pub(crate) struct Starved {
    pub(crate) task: String,
    /// What others have, or had each time when it tried.
    pub(crate) object: Option<String>,
    /// Where it tries, or waits.
    pub(crate) place: String,
    /// How often it tried in vain; never, if it waits or was not chosen.
    pub(crate) tries: u64,
    /// How often others had their way, in all, and who they are.
    pub(crate) passed: u64,
    pub(crate) by: Vec<String>,
    /// In how many of the last steps that was so.
    pub(crate) last: u64,
}

/// What a step did for its task.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Did {
    /// It tried something, and that failed.
    Failed,
    /// It only looked, or offered the processor.
    Looked,
    Acted,
}

fn did(step: &Step) -> Did {
    match (&step.op, step.outcome.end) {
        (Op::Life(life::Op::IsFinished(_)) | Op::Once(_, once::Op::IsCompleted), _) => Did::Looked,
        (Op::Mutex(_, mutex::Op::IsPoisoned) | Op::RwLock(_, rwlock::Op::IsPoisoned), _) => Did::Looked,
        (_, End::Failed | End::TimedOut) => Did::Failed,
        (Op::Yield | Op::Fence(_) | Op::Choose(_) | Op::Clock(_) | Op::Start, _) => Did::Looked,
        (Op::Atomic(_, atomic::Op::Load(_)) | Op::Cell(_, cell::Op::Read), _) => Did::Looked,
        (Op::Channel(_, channel::Op::Len | channel::Op::IsEmpty | channel::Op::IsFull), _) => Did::Looked,
        (Op::Semaphore(_, semaphore::Op::Available), _) => Did::Looked,
        (Op::Select(select), _) if matches!(select.form, select::Form::Look | select::Form::Await) => Did::Looked,
        _ => Did::Acted,
    }
}

/// Whether a step took what `op`, which waits, waits for.
fn takes_the_same(step: &Step, op: &Op) -> bool {
    if step.op.object() != op.object() || did(step) != Did::Acted {
        return false;
    }
    match (op, &step.op) {
        (Op::Mutex(..), Op::Mutex(_, op)) => matches!(op, mutex::Op::Lock | mutex::Op::TryLock),
        // Of a condition variable: it is the mutex that it waits for.
        (Op::Condvar(..), Op::Mutex(_, op)) => matches!(op, mutex::Op::Lock | mutex::Op::TryLock),
        (Op::Mutex(..), Op::Condvar(..)) => true,
        (Op::RwLock(..), Op::RwLock(_, op)) => {
            use rwlock::Op::{Read, TryRead, TryWrite, Write};
            matches!(op, Read | TryRead | Write | TryWrite)
        }
        (Op::Semaphore(..), Op::Semaphore(_, op)) => !matches!(op, semaphore::Op::Release(_)),
        (Op::Channel(_, channel::Op::Receive), Op::Channel(_, op)) => {
            matches!(op, channel::Op::Receive | channel::Op::TryReceive)
        }
        (Op::Channel(_, channel::Op::Send), Op::Channel(_, op)) => {
            matches!(op, channel::Op::Send | channel::Op::TrySend)
        }
        (Op::Rendezvous(_, rendezvous::Op::ReceiveLeave), Op::Rendezvous(_, op)) => {
            *op == rendezvous::Op::ReceiveLeave || *op == rendezvous::Op::TryReceive
        }
        _ => false,
    }
}

/// The kind, the message and the signature; facts and further sentences go into `account`.
pub(super) fn message(execution: &Execution, account: &mut Account) -> (FindingKind, String, String) {
    let steps = &execution.recorder.steps;
    let tail = &steps[steps.len().saturating_sub(TAIL)..];
    let limit = grouped(execution.max_steps());
    let names = Names { execution, ranks: object_ranks(execution) };
    account.spins = spins(&names, tail);
    for spin in account.spins.iter().take(3) {
        account.notes.push(spin.note(tail.len()));
    }
    if let Some(starved) = starved(&names, tail) {
        let message = format!("no end after {limit} steps: {}", starved.sentence());
        let signature = format!("starved {}", starved.place);
        account.starved = Some(starved);
        return (FindingKind::Starvation, message, signature);
    }
    let who = describe_spins(&account.spins);
    (FindingKind::Livelock, format!("no end after {limit} steps: {who}"), "steps".to_owned())
}

struct Names<'a> {
    execution: &'a Execution,
    ranks: Vec<u32>,
}

impl Names<'_> {
    fn task(&self, task: TaskId) -> String {
        task_name(self.execution, task)
    }

    fn object(&self, object: ObjectId) -> String {
        object_name(self.execution, &self.ranks, object)
    }
}

/// The tasks that can go on, the most active first.
fn spins(names: &Names<'_>, tail: &[Step]) -> Vec<Spin> {
    let mut rounds: BTreeMap<TaskId, BTreeMap<(Option<ObjectId>, String), u64>> = BTreeMap::new();
    for step in tail.iter().filter(|step| step.task != TaskId::CLOCK && names.execution.is_enabled(step.task)) {
        let counts = rounds.entry(step.task).or_default();
        *counts.entry((step.op.object(), step_place(step))).or_default() += 1;
    }
    let mut spins: Vec<(TaskId, Spin)> = rounds
        .into_iter()
        .map(|(task, counts)| {
            let mut rounds: Vec<(u64, Option<ObjectId>, String)> =
                counts.into_iter().map(|((object, place), count)| (count, object, place)).collect();
            rounds.sort_by_key(|(count, object, _)| (std::cmp::Reverse(*count), object.is_none()));
            let named = |(count, object, place): (u64, Option<ObjectId>, String)| {
                (count, object.map(|object| names.object(object)), place)
            };
            let steps = rounds.iter().map(|(count, ..)| count).sum();
            // Of what is given back, it is known only where it was made.
            rounds.retain(|(_, _, place)| !place.is_empty());
            (task, Spin { task: names.task(task), steps, rounds: rounds.into_iter().map(named).collect() })
        })
        .collect();
    spins.sort_by_key(|(task, spin)| (std::cmp::Reverse(spin.steps), *task));
    spins.into_iter().map(|(_, spin)| spin).collect()
}

impl Spin {
    /// The objects, each once, the most frequent first.
    fn objects(&self) -> Vec<&str> {
        let mut known = BTreeSet::new();
        let objects = self.rounds.iter().filter_map(|(_, object, _)| object.as_deref());
        objects.filter(|object| known.insert(*object)).collect()
    }

    fn note(&self, tail: usize) -> String {
        let rounds = self.rounds.iter().take(3).map(|(count, object, place)| {
            let object = object.as_ref().map_or_else(String::new, |object| format!(" over {object}"));
            format!("{count}{object} at {place}")
        });
        let rounds: Vec<String> = rounds.collect();
        format!("{} made {} of the last {} steps: {}", self.task, self.steps, grouped(tail as u64), rounds.join(", "))
    }
}

/// Who spins over what; tasks that spin over the same things together.
fn describe_spins(spins: &[Spin]) -> String {
    let mut groups: Vec<(Vec<&str>, Vec<&str>)> = Vec::new();
    for spin in spins {
        let objects = spin.objects();
        match groups.iter_mut().find(|(known, _)| *known == objects) {
            Some((_, tasks)) => tasks.push(&spin.task),
            None => groups.push((objects, vec![&spin.task])),
        }
    }
    let sentences: Vec<String> = groups
        .iter()
        .take(3)
        .map(|(objects, tasks)| {
            let verb = if tasks.len() == 1 { "spins" } else { "spin" };
            let over = match objects.as_slice() {
                [] => ", and only yields".to_owned(),
                objects => format!(" over {}", listed(objects, "more objects")),
            };
            format!("{} {verb}{over}", listed(tasks, "more"))
        })
        .collect();
    if sentences.is_empty() { "only time passes".to_owned() } else { sentences.join("; ") }
}

/// `a`, `a and b`, `a, b and 3 more`.
fn listed(names: &[&str], more: &str) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [one, other] => format!("{one} and {other}"),
        [one, other, rest @ ..] => format!("{one}, {other} and {} {more}", rest.len()),
    }
}

/// The first task that starves.
fn starved(names: &Names<'_>, tail: &[Step]) -> Option<Starved> {
    let execution = names.execution;
    let tasks = (1..execution.people().len() as u32).map(TaskId);
    let mut left = tasks.filter(|task| !execution.world.tasks[task.index()].finished);
    left.find_map(|task| in_vain(names, tail, task).or_else(|| passed_over(names, tail, task)))
}

/// `task` tried again and again, and always in vain, what others changed all the while.
fn in_vain(names: &Names<'_>, tail: &[Step], task: TaskId) -> Option<Starved> {
    let own: Vec<&Step> = tail.iter().filter(|step| step.task == task).collect();
    let tries: Vec<&&Step> = own.iter().filter(|step| did(step) == Did::Failed).collect();
    let last = tries.last()?;
    let object = last.op.object()?;
    if tries.len() < FEW || own.iter().any(|step| did(step) == Did::Acted) {
        return None;
    }
    let acts = |step: &&Step| step.op.object() == Some(object) && did(step) == Did::Acted;
    let others = others(tail, task, acts)?;
    // Somebody who fails now and then, too, is no better off.
    let fails = |other: &TaskId| tail.iter().any(|step| step.task == *other && did(step) == Did::Failed);
    if others.1.iter().all(fails) {
        return None;
    }
    Some(Starved {
        task: names.task(task),
        object: Some(names.object(object)),
        place: place_of(last.place),
        tries: tries.len() as u64,
        passed: others.0,
        by: others.1.into_iter().map(|task| names.task(task)).collect(),
        last: tail.len() as u64,
    })
}

/// `task` took no step for as long as half of the last steps, and others had what it waits for; or it took none at all of them, and
/// could have stepped at any moment.
fn passed_over(names: &Names<'_>, tail: &[Step], task: TaskId) -> Option<Starved> {
    let since = tail.iter().rposition(|step| step.task == task).map_or(0, |last| last + 1);
    if tail.len() < TAIL.min(names.execution.max_steps() as usize) || since > tail.len() / 2 {
        return None;
    }
    let (all, tail) = (since == 0, &tail[since..]);
    let slot = &names.execution.slots[task.index()];
    let untouched = || slot.pending.object().is_none_or(|id| is_untouched(tail, id));
    let taken = others(tail, task, |step| takes_the_same(step, &slot.pending));
    let (passed, by) = match taken {
        Some(others) => others,
        // What nobody else touches was possible all the while.
        None if all && names.execution.is_enabled(task) && untouched() => (0, Vec::new()),
        None => return None,
    };
    Some(Starved {
        task: names.task(task),
        object: slot.pending.object().map(|object| names.object(object)),
        place: place_of(slot.place),
        tries: 0,
        passed,
        by: by.into_iter().map(|task| names.task(task)).collect(),
        last: tail.len() as u64,
    })
}

fn is_untouched(tail: &[Step], object: ObjectId) -> bool {
    tail.iter().all(|step| step.op.object() != Some(object))
}

/// How often others than `task` did such steps, and who; none unless they did so from the beginning to the end.
fn others(tail: &[Step], task: TaskId, such: impl Fn(&&Step) -> bool) -> Option<(u64, Vec<TaskId>)> {
    let (early, late) = tail.split_at(tail.len() / 2);
    let of_others = |part: &[Step]| part.iter().filter(|step| step.task != task).filter(&such).count();
    let (early, late) = (of_others(early), of_others(late));
    let by: BTreeSet<TaskId> =
        tail.iter().filter(|step| step.task != task).filter(&such).map(|step| step.task).collect();
    (early >= FEW && late >= FEW).then(|| ((early + late) as u64, by.into_iter().collect()))
}

impl Starved {
    fn sentence(&self) -> String {
        let Starved { task, object, place, tries, passed, by, last } = self;
        let last = format!("in the last {} steps", grouped(*last));
        let object = object.as_deref().unwrap_or("what it waits for");
        let by: Vec<&str> = by.iter().map(String::as_str).collect();
        let others = listed(&by, "more");
        match (tries, passed) {
            (0, 0) => format!("{task} starves: it could have gone on at {place}, and was not chosen once {last}"),
            (0, _) => {
                format!("{task} starves: it waits at {place} for {object}, which {others} took {passed} times {last}")
            }
            _ => format!(
                "{task} starves: all {tries} tries at {object} failed {last}, the last at {place}, while {others} changed it \
                 {passed} times"
            ),
        }
    }
}
