//! Who waits for whom in the end, and what they hold meanwhile.

use std::collections::BTreeSet;

use super::account::WaitAccount;
use super::describe::{acquired, describe_wait_with};
use crate::engine::Execution;
use crate::kernel::{Object, ObjectId, Op, TaskId, Wake, condvar, mutex, once, rwlock};

/// The tasks that have not finished and cannot go on, with objects called by their labels.
pub(super) fn waits(execution: &Execution, labels: &[String]) -> Vec<WaitAccount> {
    let tasks = (1..execution.world.tasks.len() as u32).map(TaskId);
    let waiting = tasks.filter(|task| !execution.world.tasks[task.index()].finished && !execution.is_enabled(*task));
    let label = |id: &ObjectId| labels.get(id.index()).cloned().unwrap_or_default();
    waiting
        .map(|task| WaitAccount {
            task: task.0,
            what: describe_wait_with(execution, label, |_| String::new(), task),
            place: super::explain::waiting_at(execution, task),
            on: waited_for(execution, task),
            holds: held(execution, task),
        })
        .collect()
}

/// The numbers of the tasks for which `task` waits, if its operation says so.
fn waited_for(execution: &Execution, task: TaskId) -> Vec<u32> {
    let op = &execution.slots[task.index()].pending;
    let holders = match op {
        Op::Condvar(_, condvar::Op::Wake { mutex }) => match execution.world.tasks[task.index()].wake {
            Wake::Waiting => return Vec::new(),
            _ => execution.world.holders(&Op::Mutex(*mutex, mutex::Op::Lock)),
        },
        _ => execution.world.holders(op),
    };
    let numbers: BTreeSet<u32> = holders.iter().map(|holder| holder.0).collect();
    numbers.into_iter().collect()
}

/// The locks that `task` holds, each with the place where it was taken.
fn held(execution: &Execution, task: TaskId) -> Vec<(u32, String)> {
    let objects = execution.world.objects.iter().enumerate();
    let locks = objects.filter_map(|(index, object)| {
        let id = ObjectId(index as u32);
        let op = match object {
            Object::Mutex(_) => Op::Mutex(id, mutex::Op::Lock),
            Object::RwLock(_) => Op::RwLock(id, rwlock::Op::Write),
            Object::Once(_) => Op::Once(id, once::Op::Begin),
            _ => return None,
        };
        execution.world.holders(&op).contains(&task).then_some(id)
    });
    let since = |id: ObjectId| acquired(execution, id, task).map_or_else(String::new, super::explain::place_of);
    locks.map(|id| (id.0, since(id))).collect()
}
