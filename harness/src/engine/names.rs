//! Names for people, and for comparing executions: by the path of creation, never by the schedule.
//!
//! A task is named by its parent and its index among the children of that parent: the root is `main`, its second
//! child `2`, and the first child of that `2.1`. An object is named by the source place of its constructor. Where one
//! place makes several objects, they are told apart by the task that used each of them first *by its own count of
//! steps*: see [`object_ranks`].

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::execution::Execution;
use super::identity::Registered;
use super::source_path::portable;
use crate::kernel::{Object, ObjectId, Op, TaskId};

/// The indices among siblings that lead from the root to `task`.
pub(crate) fn path(execution: &Execution, task: TaskId) -> Vec<u32> {
    let mut path = Vec::new();
    let mut at = task;
    while at != TaskId::ROOT && at != TaskId::CLOCK && at != TaskId::NONE {
        let person = &execution.people[at.index()];
        path.push(person.ordinal + 1);
        at = person.parent;
    }
    path.reverse();
    path
}

/// `main`, `clock`, or the path with dots.
pub(crate) fn path_name(execution: &Execution, task: TaskId) -> String {
    match task {
        TaskId::CLOCK => "clock".to_owned(),
        TaskId::ROOT => "main".to_owned(),
        TaskId::NONE => "nobody".to_owned(),
        _ => path(execution, task).iter().map(u32::to_string).collect::<Vec<_>>().join("."),
    }
}

/// What people call a task: the name it was given, else its path.
pub(crate) fn task_name(execution: &Execution, task: TaskId) -> String {
    let given = execution.people.get(task.index()).and_then(|person| person.name.as_deref());
    match given {
        Some(name) if task != TaskId::ROOT => format!("{name} ({})", path_name(execution, task)),
        _ if task.index() > TaskId::ROOT.index() && task != TaskId::NONE => {
            format!("task {}", path_name(execution, task))
        }
        _ => path_name(execution, task),
    }
}

/// The rank of every recorded object among those of its kind that were made at the same place; zero where it is the only
/// one.
///
/// Constructors are constant functions and cannot ask who calls them, so the order of creation is not known. The
/// order of first use depends on the schedule. What does not: for each task, the count of its own steps at which it
/// first used the object. The least of these pairs (path of the task, its count) is the same in every execution that
/// differs only in the order of independent steps, and objects are ranked by it.
pub(crate) fn object_ranks(execution: &Execution) -> Vec<u32> {
    let objects = &execution.registry.objects;
    let place = |index: usize| {
        let place = objects[index].place;
        (place.file(), place.line(), place.column(), object_kind(execution, ObjectId(index as u32)))
    };
    ranks_within(execution, place, |alone| if alone { 0 } else { 1 })
}

/// The rank of every recorded object among all of its kind, from one, by the same rule. It says nothing of places, so that it
/// survives edits that move lines.
pub(crate) fn kind_ranks(execution: &Execution) -> Vec<u32> {
    ranks_within(execution, |index| object_kind(execution, ObjectId(index as u32)), |_| 1)
}

/// Ranks within groups of objects; `from` says with which number a group begins, given whether it has one member.
fn ranks_within<G: Ord>(execution: &Execution, group: impl Fn(usize) -> G, from: impl Fn(bool) -> u32) -> Vec<u32> {
    let least = first_uses(execution);
    let mut order: Vec<usize> = (0..execution.registry.objects.len()).collect();
    order
        .sort_by_key(|index| (group(*index), least.get(&ObjectId(*index as u32)).cloned().unwrap_or_default(), *index));
    let mut ranks = vec![0; order.len()];
    for run in order.chunk_by(|a, b| group(*a) == group(*b)) {
        let from = from(run.len() == 1);
        for (rank, index) in run.iter().enumerate() {
            ranks[*index] = rank as u32 + from;
        }
    }
    ranks
}

/// For every object that was used, the least pair of the path of a task and its own count of steps at first use.
fn first_uses(execution: &Execution) -> FxHashMap<ObjectId, (Vec<u32>, u32)> {
    let mut counts: FxHashMap<TaskId, u32> = FxHashMap::default();
    let mut least: FxHashMap<ObjectId, (Vec<u32>, u32)> = FxHashMap::default();
    let mut seen: FxHashMap<(TaskId, ObjectId), ()> = FxHashMap::default();
    for step in &execution.recorder.steps {
        let count = counts.entry(step.task).or_insert(0);
        *count += 1;
        for object in used(&step.op) {
            if seen.insert((step.task, object), ()).is_some() {
                continue;
            }
            let key = (path(execution, step.task), *count);
            let entry = least.entry(object).or_insert_with(|| key.clone());
            if key < *entry {
                *entry = key;
            }
        }
    }
    least
}

/// The objects that an operation names.
fn used(op: &Op) -> SmallVec<[ObjectId; 4]> {
    match op {
        Op::Select(op) => op.arms.iter().map(|arm| arm.channel).collect(),
        _ => op.object().into_iter().collect(),
    }
}

/// What people call an object of its kind.
pub(crate) fn object_kind(execution: &Execution, object: ObjectId) -> &'static str {
    let state = &execution.world.objects[object.index()];
    match execution.registry.objects.get(object.index()) {
        // A channel that no object of the user stands for was made for one value.
        Some(registered) if registered.is_unnamed() && matches!(state, Object::Channel(_)) => "handover",
        _ => state.kind(),
    }
}

/// What people call an object: its kind, and where it was made.
pub(crate) fn object_name(execution: &Execution, ranks: &[u32], object: ObjectId) -> String {
    let kind = object_kind(execution, object);
    let Some(registered) = execution.registry.objects.get(object.index()) else {
        return format!("{kind} {object:?}");
    };
    let kind = registered.called.unwrap_or(kind);
    let place = registered.place;
    let on_line = |other: &Registered| other.place.file() == place.file() && other.place.line() == place.line();
    let alone = execution.registry.objects.iter().all(|other| !on_line(other) || other.place == place);
    let column = if alone { String::new() } else { format!(":{}", place.column()) };
    let rank = match ranks.get(object.index()) {
        Some(0) | None => String::new(),
        Some(rank) => format!(" #{rank}"),
    };
    format!("{kind} {}:{}{column}{rank}", portable(place.file()), place.line())
}
