//! Data races in words: the two accesses, who made them, and what looks like an order between them and is none.

use super::account::Account;
use super::explain::place_of;
use crate::engine::Execution;
use crate::engine::names::{object_name, object_ranks, task_name};
use crate::engine::races::{Access, Kind, Race};
use crate::engine::record::Step;
use crate::kernel::atomic::{Op as AtomicOp, Ordering};
use crate::kernel::{ObjectId, Op, TaskId};

/// Two accesses of a checked cell that nothing orders.
#[derive(Clone, Debug)]
pub(crate) struct DataRace {
    pub(crate) cell: String,
    /// In the order of this schedule.
    pub(crate) accesses: [AccessAccount; 2],
}

/// One of them.
#[derive(Clone, Debug)]
pub(crate) struct AccessAccount {
    pub(crate) task: String,
    /// Where the task was spawned; empty for the root.
    pub(crate) spawned: String,
    pub(crate) writes: bool,
    pub(crate) place: String,
    /// Its number in the list of steps.
    pub(crate) step: u64,
    /// It had not ended when the other began.
    pub(crate) under_way: bool,
}

/// So many tasks are more than one looks through.
const MANY_TASKS: usize = 12;

/// The places of both accesses, whichever came first, and what they did.
pub(super) fn signature(race: &Race) -> String {
    let mut accesses = [&race.first, &race.second].map(|access| format!("{} {}", noun(access), place_of(access.place)));
    accesses.sort();
    accesses.join(", ")
}

fn noun(access: &Access) -> &'static str {
    match access.kind {
        Kind::Read => "read",
        Kind::Write => "write",
    }
}

/// The message and the signature; facts and hints go into `account`.
pub(super) fn message(execution: &Execution, race: &Race, account: &mut Account) -> (String, String) {
    let found = DataRace {
        cell: object_name(execution, &object_ranks(execution), race.cell),
        accesses: [&race.first, &race.second].map(|access| account_of(execution, access)),
    };
    let [first, second] = &found.accesses;
    let verb = if second.writes { "writes to" } else { "reads" };
    let earlier = if first.writes { "write" } else { "read" };
    let ended = if first.under_way { ", which has not ended" } else { "" };
    let message = format!(
        "{} {verb} {} at {}; nothing orders that with the {earlier} by {} at {}{ended}",
        second.task, found.cell, second.place, first.task, first.place,
    );
    account.mark(first.step, format!("races with step {}", second.step));
    account.mark(second.step, format!("races with step {}", first.step));
    for access in found.accesses.iter().filter(|access| !access.spawned.is_empty()) {
        // Among few tasks, the table says so.
        if account.tasks.len() > MANY_TASKS {
            account.notes.push(format!("{} was spawned at {}", access.task, access.spawned));
        }
    }
    if let Some(stopped) = account.tasks.iter_mut().find(|task| task.name == second.task) {
        stopped.state = "stopped before its access".to_owned();
    }
    account.notes.extend(relaxed(execution, race));
    account.race = Some(found);
    (message, signature(race))
}

fn account_of(execution: &Execution, access: &Access) -> AccessAccount {
    let spawned = if access.task == TaskId::ROOT {
        String::new()
    } else {
        place_of(execution.people()[access.task.index()].place)
    };
    AccessAccount {
        task: task_name(execution, access.task),
        spawned,
        writes: access.kind == Kind::Write,
        place: place_of(access.place),
        step: access.step,
        under_way: access.is_under_way(),
    }
}

/// The atomic variable through which the second task may have learnt of the first access, although one of the two accesses of
/// that variable is relaxed, and so orders nothing.
fn relaxed(execution: &Execution, race: &Race) -> Option<String> {
    let after = execution.recorder.steps.get(race.first.step as usize..)?;
    let stores = after.iter().enumerate().filter(|(_, step)| step.task == race.first.task);
    for (at, store) in stores {
        let Some((object, releases)) = stored(store) else { continue };
        let mut later = after[at..].iter().filter(|step| step.task == race.second.task);
        let Some((load, acquires)) = later.find_map(|step| Some((step, loaded(step, object)?))) else { continue };
        let name = object_name(execution, &object_ranks(execution), object);
        let which = match (releases, acquires) {
            (false, _) => format!("the one at {} is relaxed and releases nothing", place_of(store.place)),
            (true, false) => format!("the one at {} is relaxed and acquires nothing", place_of(load.place)),
            (true, true) => continue,
        };
        let (writer, reader) = (task_name(execution, store.task), task_name(execution, load.task));
        return Some(format!("{reader} has seen {name} after {writer} wrote it, but of these accesses {which}"));
    }
    None
}

/// The variable that a step wrote, and whether it released.
fn stored(step: &Step) -> Option<(ObjectId, bool)> {
    let Op::Atomic(object, op) = step.op else { return None };
    let order = match op {
        AtomicOp::Store(_, order) | AtomicOp::Swap(_, order) | AtomicOp::Rmw { order, .. } => order,
        AtomicOp::CompareExchange { success, .. } if step.outcome.is_done() => success,
        AtomicOp::Load(_) | AtomicOp::CompareExchange { .. } => return None,
    };
    Some((object, !matches!(order, Ordering::Relaxed | Ordering::Acquire)))
}

/// Whether a step that read `object` acquired.
fn loaded(step: &Step, object: ObjectId) -> Option<bool> {
    let Op::Atomic(id, op) = step.op else { return None };
    let order = match op {
        AtomicOp::Load(order) | AtomicOp::Swap(_, order) | AtomicOp::Rmw { order, .. } => order,
        AtomicOp::CompareExchange { success, failure, .. } => {
            if step.outcome.is_done() {
                success
            } else {
                failure
            }
        }
        AtomicOp::Store(..) => return None,
    };
    (id == object).then_some(!matches!(order, Ordering::Relaxed | Ordering::Release))
}
