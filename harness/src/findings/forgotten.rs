//! Why nobody comes who would let a task go on: notifications that came too early, and handles of channels that nobody uses any
//! more.

use super::account::Account;
use super::explain::place_of;
use crate::engine::Execution;
use crate::engine::names::{object_name, object_ranks, task_name};
use crate::engine::record::Step;
use crate::kernel::handles::Side;
use crate::kernel::{Object, ObjectId, Op, TaskId, Wake, channel, condvar, mutex, rendezvous, select};

/// A notification that came before what it was to tell of, and a wait that began after it and that nothing ends: nobody waited
/// yet, or whoever did looked too early and waits again.
#[derive(Clone, Debug)]
pub(crate) struct LostWakeUp {
    pub(crate) condvar: String,
    /// Who notified, where, and in which step.
    pub(crate) notifier: String,
    pub(crate) notified: (String, u64),
    /// Who waits, where, and since which step.
    pub(crate) waiter: String,
    pub(crate) waits: (String, u64),
    /// Where the notifier took the mutex afterwards, and in which step, if it had woken the waiter too early.
    pub(crate) too_early: Option<(String, u64)>,
}

/// Says of the tasks that are blocked why that may be, as far as the record tells.
pub(super) fn note(execution: &Execution, blocked: &[TaskId], account: &mut Account) {
    let ranks = object_ranks(execution);
    for task in blocked {
        if let Some(lost) = lost_wake_up(execution, &ranks, *task) {
            account.notes.push(lost.sentence());
            account.mark(lost.notified.1, if lost.too_early.is_some() { "too early" } else { "nobody waits yet" });
            account.lost_wake_ups.push(lost);
        }
        account.notes.extend(forgotten_handles(execution, &ranks, *task));
    }
}

fn lost_wake_up(execution: &Execution, ranks: &[u32], task: TaskId) -> Option<LostWakeUp> {
    let Op::Condvar(id, condvar::Op::Wake { mutex: mutex_id }) = execution.slots[task.index()].pending else {
        return None;
    };
    if execution.world.tasks[task.index()].wake != Wake::Waiting {
        return None;
    }
    let steps = &execution.recorder.steps;
    let is_wait = |step: &Step| {
        step.task == task && matches!(step.op, Op::Condvar(other, condvar::Op::Wait { .. }) if other == id)
    };
    let notifies = |step: &Step| matches!(step.op, Op::Condvar(other, condvar::Op::NotifyOne | condvar::Op::NotifyAll) if other == id);
    let waits = steps.iter().rposition(is_wait)?;
    if steps[waits..].iter().any(notifies) {
        return None;
    }
    let notified = steps[..waits].iter().rposition(notifies)?;
    let notifier = steps[notified].task;
    let too_early = if steps[notified].outcome.value == 0 {
        None
    } else {
        // It woke this task, which waits again, and did afterwards what it was to tell of.
        let woke = |step: &Step| {
            step.task == task && matches!(step.op, Op::Condvar(other, condvar::Op::Wake { .. }) if other == id)
        };
        let takes =
            |step: &Step| step.task == notifier && matches!(step.op, Op::Mutex(id, mutex::Op::Lock) if id == mutex_id);
        steps[notified..waits].iter().any(woke).then_some(())?;
        Some(waits + steps[waits..].iter().position(takes)?)
    };
    let at = |index: usize| (place_of(steps[index].place), index as u64 + 1);
    Some(LostWakeUp {
        condvar: object_name(execution, ranks, id),
        notifier: task_name(execution, notifier),
        notified: at(notified),
        waiter: task_name(execution, task),
        waits: at(waits),
        too_early: too_early.map(at),
    })
}

impl LostWakeUp {
    fn sentence(&self) -> String {
        let LostWakeUp { condvar, notifier, notified, waiter, waits, too_early } = self;
        let (notified_at, waits_at) = (&notified.0, &waits.0);
        let (notified, waits) = (notified.1, waits.1);
        match too_early {
            None => format!(
                "lost wake-up: {notifier} notified {condvar} at {notified_at} (step {notified}) when nobody waited; {waiter} began \
                 to wait at {waits_at} (step {waits}), and nobody has notified since",
            ),
            Some((place, step)) => format!(
                "lost wake-up: {notifier} notified {condvar} at {notified_at} (step {notified}) before it took the mutex at \
                 {place} (step {step}); {waiter} woke up between, waits again at {waits_at} (step {waits}), and nobody has notified \
                 since",
            ),
        }
    }
}

/// Says so if handles are left on the side of the channel for which `task` waits, and nobody else who could use them.
fn forgotten_handles(execution: &Execution, ranks: &[u32], task: TaskId) -> Option<String> {
    let (id, awaited) = match execution.slots[task.index()].pending {
        Op::Channel(id, channel::Op::Receive) | Op::Rendezvous(id, rendezvous::Op::ReceiveLeave) => (id, Side::Sending),
        Op::Channel(id, channel::Op::Send) | Op::Rendezvous(id, rendezvous::Op::SendLeave) => (id, Side::Receiving),
        _ => return None,
    };
    let registered = execution.registry.objects.get(id.index())?;
    if registered.called.is_some() {
        // Not a channel for its user, or one whose handles do not count.
        return None;
    }
    let handles = match (&execution.world.objects[id.index()], awaited) {
        (Object::Channel(channel), Side::Sending) => channel.senders,
        (Object::Channel(channel), Side::Receiving) => channel.receivers,
        (Object::Rendezvous(channel), Side::Sending) => channel.senders,
        (Object::Rendezvous(channel), Side::Receiving) => channel.receivers,
        _ => return None,
    };
    // Who has not finished may keep a handle that it did not use yet, unless it waits for the same thing.
    let mut others = (1..execution.people().len() as u32).map(TaskId).filter(|other| *other != task);
    let may_come = |other: TaskId| {
        let pending = &execution.slots[other.index()].pending;
        !execution.world.tasks[other.index()].finished
            && (pending.object() != Some(id) || uses_side(pending, id, awaited))
    };
    if handles == 0 || others.any(may_come) {
        return None;
    }
    let steps = &execution.recorder.steps;
    let uses = |step: &&Step| step.task != task && uses_side(&step.op, id, awaited);
    let (name, channel) = (task_name(execution, task), object_name(execution, ranks, id));
    let left = match (awaited, handles) {
        (Side::Sending, 1) => "a sender is left".to_owned(),
        (Side::Sending, n) => format!("{n} senders are left"),
        (Side::Receiving, 1) => "a receiver is left".to_owned(),
        (Side::Receiving, n) => format!("{n} receivers are left"),
    };
    let last = steps.iter().rev().find(uses).map_or_else(String::new, |step| {
        format!(" (the last to use one was {} at {})", task_name(execution, step.task), place_of(step.place))
    });
    Some(format!(
        "{left} of {channel}, so that {name} waits, but nobody else is there who could use it{last}: it was forgotten, or \
         {name} keeps it itself"
    ))
}

/// Whether `op` is about a handle of `side` of the channel `id`.
fn uses_side(op: &Op, id: ObjectId, side: Side) -> bool {
    use channel::Op as Buffered;
    use rendezvous::Op as Meeting;
    let used = match op {
        Op::Channel(other, op) if *other == id => match op {
            Buffered::Send | Buffered::TrySend | Buffered::AddSender | Buffered::DropSender => Side::Sending,
            Buffered::Receive | Buffered::TryReceive | Buffered::AddReceiver | Buffered::DropReceiver => {
                Side::Receiving
            }
            _ => return false,
        },
        Op::Rendezvous(other, op) if *other == id => match op {
            Meeting::SendArrive | Meeting::SendLeave | Meeting::TrySend | Meeting::AddSender | Meeting::DropSender => {
                Side::Sending
            }
            Meeting::Close => return false,
            _ => Side::Receiving,
        },
        Op::Select(op) => return op.arms.contains(&select::Arm { channel: id, side }),
        _ => return false,
    };
    used == side
}
