//! Operations in words.

use crate::engine::names::{object_name, task_name};
use crate::engine::{Execution, Place};
use crate::kernel::handles::Side;
use crate::kernel::{End, Object, ObjectId, Op, Outcome, TaskId, Wake};
use crate::kernel::{
    atomic, barrier, cell, channel, clock, condvar, gate, life, mutex, once, park, rendezvous, rwlock, select,
    semaphore, timer,
};

/// A step that was performed, with what came of it: `load atomic src/a.rs:3 → 1`.
pub(crate) fn describe(execution: &Execution, ranks: &[u32], op: &Op, outcome: Outcome) -> String {
    describe_with(execution, |id| object_name(execution, ranks, *id), op, outcome)
}

/// [`describe`], with objects called as `object` says.
pub(crate) fn describe_with(
    execution: &Execution,
    object: impl Fn(&ObjectId) -> String + Copy,
    op: &Op,
    outcome: Outcome,
) -> String {
    let value = outcome.value;
    let verdict = |done: &str, failed: &str| (if outcome.is_done() { done } else { failed }).to_owned();
    match op {
        Op::Start => "start".to_owned(),
        Op::Yield => "yield".to_owned(),
        Op::Fence(order) => format!("fence {order:?}"),
        Op::Cell(id, cell::Op::Read) => format!("read {}", object(id)),
        Op::Cell(id, cell::Op::Write) => format!("write {}", object(id)),
        Op::Choose(choice) => format!("choose one of {} → {value}", choice.outcomes),
        Op::Atomic(id, op) => describe_atomic(&object(id), op, outcome, hides_values(execution, *id)),
        Op::Mutex(id, op) => match op {
            mutex::Op::Lock => format!("lock {}{}", object(id), if value == 1 { " → poisoned" } else { "" }),
            mutex::Op::TryLock => format!("try_lock {} → {}", object(id), verdict("locked", "would block")),
            mutex::Op::Unlock { poison } => format!("unlock {}{}", object(id), if *poison { ", poisoned" } else { "" }),
            mutex::Op::IsPoisoned => format!("is_poisoned {} → {}", object(id), outcome.is_done()),
            mutex::Op::ClearPoison => format!("clear_poison {}", object(id)),
        },
        Op::RwLock(id, op) => match op {
            rwlock::Op::Read => format!("read-lock {}", object(id)),
            rwlock::Op::Write => format!("write-lock {}", object(id)),
            rwlock::Op::TryRead => format!("try_read {} → {}", object(id), verdict("locked", "would block")),
            rwlock::Op::TryWrite => format!("try_write {} → {}", object(id), verdict("locked", "would block")),
            rwlock::Op::UnlockRead => format!("read-unlock {}", object(id)),
            rwlock::Op::UnlockWrite { .. } => format!("write-unlock {}", object(id)),
            rwlock::Op::Downgrade => format!("downgrade {}", object(id)),
            rwlock::Op::IsPoisoned => format!("is_poisoned {} → {}", object(id), outcome.is_done()),
            rwlock::Op::ClearPoison => format!("clear_poison {}", object(id)),
        },
        Op::Condvar(id, op) => match op {
            condvar::Op::Wait { mutex, timeout, .. } => {
                let limit = timeout.map_or_else(String::new, |timeout| format!(" for up to {timeout:?}"));
                format!("wait on {}{limit}, unlock {}", object(id), object(mutex))
            }
            condvar::Op::Wake { mutex } => {
                let why = match outcome.end {
                    End::TimedOut => "timed out",
                    End::Failed => "woke up spuriously",
                    _ => "woke up",
                };
                format!("{why} from {}, lock {}", object(id), object(mutex))
            }
            condvar::Op::NotifyOne if value == 0 => format!("notify_one {} → nobody waits", object(id)),
            condvar::Op::NotifyOne => format!("notify_one {}", object(id)),
            condvar::Op::NotifyAll => format!("notify_all {} → {value} woken", object(id)),
        },
        Op::Barrier(id, barrier::Op::Arrive) => {
            format!("arrive at {}{}", object(id), if outcome.is_done() { " → leader" } else { "" })
        }
        Op::Barrier(id, barrier::Op::Leave) => format!("leave {}", object(id)),
        Op::Once(id, op) => match op {
            once::Op::Begin => {
                let found = if value == once::Found::Done as u64 { "already done" } else { "runs it" };
                format!("call {} → {found}", object(id))
            }
            once::Op::End { poison } => format!("{} of {}", if *poison { "panic" } else { "end" }, object(id)),
            once::Op::IsCompleted => format!("look at {} → {}", object(id), value == once::Found::Done as u64),
            once::Op::Wait | once::Op::WaitDone => format!("wait for {}", object(id)),
        },
        Op::Channel(id, op) => {
            let name = match op {
                channel::Op::Send => "send to",
                channel::Op::TrySend => "try_send to",
                channel::Op::Receive => "receive from",
                channel::Op::TryReceive => "try_recv from",
                channel::Op::AddSender | channel::Op::AddReceiver => "clone a handle of",
                channel::Op::DropSender => "drop a sender of",
                channel::Op::DropReceiver => "drop a receiver of",
                channel::Op::Close => "close",
                channel::Op::Len => "count the messages in",
                channel::Op::IsEmpty => "is_empty",
                channel::Op::IsFull => "is_full",
            };
            format!("{name} {}{}", object(id), message_result(op, outcome))
        }
        Op::Rendezvous(id, op) => {
            let name = match op {
                rendezvous::Op::SendArrive | rendezvous::Op::SendLeave => "send to",
                rendezvous::Op::TrySend => "try_send to",
                rendezvous::Op::ReceiveArrive | rendezvous::Op::ReceiveLeave => "receive from",
                rendezvous::Op::TryReceive => "try_recv from",
                rendezvous::Op::AddSender | rendezvous::Op::AddReceiver => "clone a handle of",
                rendezvous::Op::DropSender => "drop a sender of",
                rendezvous::Op::DropReceiver => "drop a receiver of",
                rendezvous::Op::Close => "close",
            };
            let handles = matches!(
                op,
                rendezvous::Op::AddSender
                    | rendezvous::Op::AddReceiver
                    | rendezvous::Op::DropSender
                    | rendezvous::Op::DropReceiver
            );
            let result = match outcome.end {
                _ if handles => String::new(),
                _ if *op == rendezvous::Op::Close => verdict("", " → closed already"),
                End::Done => format!(" → met {}", task_name(execution, TaskId(value as u32))),
                End::Queued => " → waits".to_owned(),
                End::Failed => " → nobody there".to_owned(),
                End::TimedOut => " → timed out".to_owned(),
                End::Disconnected => " → disconnected".to_owned(),
            };
            format!("{name} {}{result}", object(id))
        }
        Op::Select(op) => describe_select(op, outcome, object),
        Op::Semaphore(id, op) => match op {
            semaphore::Op::Acquire(n) => format!("acquire {n} of {}", object(id)),
            semaphore::Op::TryAcquire(n) => format!("try_acquire {n} of {} → {}", object(id), outcome.is_done()),
            semaphore::Op::Release(n) => format!("release {n} to {}", object(id)),
            semaphore::Op::Available => format!("permits of {} → {value}", object(id)),
        },
        Op::Gate(id, op) => match op {
            gate::Op::Add(delta) => format!("add {delta} to {} → {}", object(id), value as i64),
            gate::Op::Enroll => format!("wait at {}", object(id)),
            gate::Op::Leave => format!("pass {}", object(id)),
        },
        Op::Timer(id, op) => match op {
            timer::Op::Start(after) => format!("start {} for {after:?}", object(id)),
            timer::Op::Repeat(after) => format!("start {} for every {after:?}", object(id)),
            timer::Op::Stop => format!("stop {} → {}", object(id), verdict("stopped", "not running")),
        },
        Op::Park(park::Op::Park) => verdict("park → token taken", "park → timed out"),
        Op::Park(park::Op::Unpark(other)) => format!("unpark {}", task_name(execution, *other)),
        Op::Life(op) => match op {
            life::Op::Spawn(child) => format!("spawn {}", task_name(execution, *child)),
            life::Op::Finish => "finish".to_owned(),
            life::Op::Join(child) => format!("join {}", task_name(execution, *child)),
            life::Op::IsFinished(child) => format!("is_finished {} → {}", task_name(execution, *child), value == 1),
        },
        Op::Clock(op) => match op {
            clock::Op::Now => "look at the time".to_owned(),
            clock::Op::Arm(after) => format!("set a timer for {after:?}"),
            clock::Op::Disarm => "put the timer back".to_owned(),
            clock::Op::Sleep => "wake up from sleep".to_owned(),
            clock::Op::Fire => match clock::Owner::of_value(value) {
                clock::Owner::Task(task) => format!("the timer of {} fires", task_name(execution, task)),
                clock::Owner::Timer(timer) => format!("{} fires{}", object(&timer), verdict("", " → no room")),
            },
            clock::Op::Tick(step) => format!("time passes ({step:?})"),
        },
    }
}

/// Whether the values of an atomic are addresses, which differ from run to run.
fn hides_values(execution: &Execution, id: ObjectId) -> bool {
    execution.registry.objects.get(id.index()).is_some_and(|object| object.holds_addresses)
}

fn describe_atomic(object: &str, op: &atomic::Op, outcome: Outcome, hidden: bool) -> String {
    let show = |value: u64| if hidden { "an address".to_owned() } else { value.to_string() };
    let old = show(outcome.value);
    match *op {
        atomic::Op::Load(_) => format!("load {object} → {old}"),
        atomic::Op::Store(value, _) => format!("store {} in {object}", show(value)),
        atomic::Op::Swap(value, _) => format!("swap {} into {object} → {old}", show(value)),
        atomic::Op::Rmw { function, operand, .. } => {
            let name = function.name();
            format!("{name} {} on {object} → {old}", show(operand))
        }
        atomic::Op::CompareExchange { current, new, .. } => {
            let result = if outcome.is_done() { "done".to_owned() } else { format!("failed, it is {old}") };
            format!("compare_exchange {} to {} on {object} → {result}", show(current), show(new))
        }
    }
}

/// What would let a task that waits go on, where its vocabulary makes that plain: ` (a send … would release it)`.
pub(crate) fn describe_release(execution: &Execution, task: TaskId) -> String {
    let called = |id: &ObjectId| execution.registry.objects.get(id.index()).and_then(|object| object.called);
    let op = &execution.slots[task.index()].pending;
    let id = match op {
        Op::Select(op) => op.arms.first().map(|arm| arm.channel),
        _ => op.object(),
    };
    let release = match (op, id.as_ref().and_then(called)) {
        (_, None) => return String::new(),
        (Op::Channel(_, channel::Op::Receive), Some("Context")) => "its cancel function or that of a parent",
        (Op::Channel(_, channel::Op::Receive) | Op::Rendezvous(_, rendezvous::Op::ReceiveLeave), Some("chan")) => {
            "a send to that channel, or closing it,"
        }
        (Op::Channel(_, channel::Op::Send) | Op::Rendezvous(_, rendezvous::Op::SendLeave), Some("chan")) => {
            "a receive from that channel"
        }
        (Op::Gate(..), Some("WaitGroup")) => "as many calls of `done`",
        (Op::Select(_), _) => "any of these, a default, or a context that is cancelled",
        _ => return String::new(),
    };
    format!("; {release} would release it")
}

fn describe_arm(arm: select::Arm, object: impl Fn(&ObjectId) -> String) -> String {
    match arm.side {
        Side::Sending => format!("send to {}", object(&arm.channel)),
        Side::Receiving => format!("receive from {}", object(&arm.channel)),
    }
}

/// All arms: `receive from A or send to B`.
fn describe_arms(arms: &[select::Arm], object: impl Fn(&ObjectId) -> String + Copy) -> String {
    arms.iter().map(|arm| describe_arm(*arm, object)).collect::<Vec<_>>().join(" or ")
}

fn describe_select(op: &select::Op, outcome: Outcome, object: impl Fn(&ObjectId) -> String + Copy) -> String {
    let looks = matches!(op.form, select::Form::Look | select::Form::Await);
    let all = match &op.arms[..] {
        [] => "select of nothing".to_owned(),
        // A send with a timeout, for example.
        [arm] => describe_arm(*arm, object),
        // Their names would fill the line; that of the arm that is taken comes later.
        arms => format!("select among {}", arms.len()),
    };
    let taken = || match (&op.arms[..], outcome.arm()) {
        ([arm], _) => describe_arm(*arm, object),
        (arms, (number, _)) => format!("select → {}", describe_arm(arms[number], object)),
    };
    match outcome.end {
        End::Done | End::Disconnected if looks => format!("{} is possible", taken()),
        End::Done => taken(),
        End::Disconnected => format!("{}{} disconnected", taken(), if op.arms.len() == 1 { " →" } else { "," }),
        End::Queued => format!("{all} → waits"),
        End::Failed => format!("{all} → nothing is ready"),
        End::TimedOut => format!("{all} → timed out"),
    }
}

fn message_result(op: &channel::Op, outcome: Outcome) -> String {
    let handles = matches!(
        op,
        channel::Op::AddSender | channel::Op::AddReceiver | channel::Op::DropSender | channel::Op::DropReceiver
    );
    match outcome.end {
        _ if handles => String::new(),
        End::Failed if *op == channel::Op::Close => " → closed already".to_owned(),
        End::Done if *op == channel::Op::Close => String::new(),
        _ if *op == channel::Op::Len => format!(" → {}", outcome.value),
        _ if matches!(op, channel::Op::IsEmpty | channel::Op::IsFull) => format!(" → {}", outcome.value == 1),
        End::Done => format!(" → message {}", outcome.value + 1),
        End::Failed if matches!(op, channel::Op::TrySend | channel::Op::Send) => " → full".to_owned(),
        End::Failed => " → empty".to_owned(),
        End::TimedOut => " → timed out".to_owned(),
        End::Disconnected => " → disconnected".to_owned(),
        End::Queued => String::new(),
    }
}

/// What a suspended task waits for: `to lock mutex src/a.rs:3, held by main since src/b.rs:7:9`.
pub(crate) fn describe_wait(execution: &Execution, ranks: &[u32], task: TaskId) -> String {
    let op = &execution.slots[task.index()].pending;
    let held = |id: &ObjectId| held_by(execution, *id, op, task);
    describe_wait_with(execution, |id| object_name(execution, ranks, *id), held, task)
}

/// [`describe_wait`], with objects called as `object` says, and who holds them as `held` does.
pub(crate) fn describe_wait_with(
    execution: &Execution,
    object: impl Fn(&ObjectId) -> String + Copy,
    held: impl Fn(&ObjectId) -> String,
    task: TaskId,
) -> String {
    describe_wait_op(execution, object, held, task, &execution.slots[task.index()].pending)
}

/// [`describe_wait_with`] of a task that waited with `op`.
pub(crate) fn describe_wait_op(
    execution: &Execution,
    object: impl Fn(&ObjectId) -> String + Copy,
    held: impl Fn(&ObjectId) -> String,
    task: TaskId,
    op: &Op,
) -> String {
    match op {
        Op::Mutex(id, mutex::Op::Lock) => format!("to lock {}{}", object(id), held(id)),
        Op::RwLock(id, rwlock::Op::Read) => format!("to read-lock {}{}", object(id), held(id)),
        Op::RwLock(id, rwlock::Op::Write) => format!("to write-lock {}{}", object(id), held(id)),
        Op::Condvar(id, condvar::Op::Wake { mutex }) => {
            if execution.world.tasks[task.index()].wake == Wake::Waiting {
                format!("for a notification of {}", object(id))
            } else {
                format!("to lock {} after {} woke it up{}", object(mutex), object(id), held(mutex))
            }
        }
        Op::Barrier(id, _) => format!("for more tasks at {}", object(id)),
        Op::Once(id, _) => format!("for the initialisation of {}{}", object(id), held(id)),
        Op::Channel(id, channel::Op::Receive) if is_called(execution, *id, "Context") => {
            format!("for {} to be done, which nobody has cancelled", object(id))
        }
        Op::Channel(id, channel::Op::Receive) if is_called(execution, *id, "Semaphore") => {
            format!("for its turn at {}, of which others hold too much", object(id))
        }
        Op::Channel(id, channel::Op::Send) => format!("for room in {}", object(id)),
        Op::Channel(id, _) => format!("for a message in {}", object(id)),
        Op::Rendezvous(id, rendezvous::Op::SendLeave) => format!("for a receiver at {}", object(id)),
        Op::Rendezvous(id, _) => format!("for a sender at {}", object(id)),
        Op::Select(op) if op.arms.is_empty() => "for ever, in a select of nothing or on a nil channel".to_owned(),
        Op::Select(op) => {
            format!("to {}", describe_arms(&op.arms, object))
        }
        Op::Semaphore(id, _) => format!("for permits of {}", object(id)),
        Op::Gate(id, _) => match &execution.world.objects[id.index()] {
            Object::Gate(gate) if is_called(execution, *id, "WaitGroup") => {
                format!("for {} to reach zero, which is at {}", object(id), gate.count)
            }
            _ => format!("for {} to reach zero", object(id)),
        },
        Op::Park(_) => "to be unparked".to_owned(),
        Op::Life(life::Op::Join(child)) => format!("for {} to finish", task_name(execution, *child)),
        Op::Clock(_) => "for its timer".to_owned(),
        _ => "for its turn".to_owned(),
    }
}

/// Whether this is what its vocabulary calls the object.
fn is_called(execution: &Execution, id: ObjectId, called: &str) -> bool {
    execution.registry.objects.get(id.index()).is_some_and(|object| object.called == Some(called))
}

/// `, held by NAME since PLACE`, for a lock; empty if nobody holds it.
fn held_by(execution: &Execution, id: ObjectId, op: &Op, waiting: TaskId) -> String {
    let holders = match op {
        Op::Condvar(_, condvar::Op::Wake { mutex }) => execution.world.holders(&Op::Mutex(*mutex, mutex::Op::Lock)),
        _ => execution.world.holders(op),
    };
    let Some(holder) = holders.first() else { return String::new() };
    let who = if *holder == waiting { "itself".to_owned() } else { task_name(execution, *holder) };
    let taken = acquired(execution, id, *holder);
    let since = taken.map_or_else(String::new, |place| format!(" since {}", super::explain::place_of(place)));
    let others = match holders.len() {
        0 | 1 => String::new(),
        n => format!(" and {} more", n - 1),
    };
    let gone = match &execution.world.tasks[holder.index()] {
        task if task.finished => ", which has finished",
        _ => "",
    };
    format!(", held by {who}{gone}{since}{others}")
}

/// Where `holder` took the lock `id` last, if that was recorded.
pub(super) fn acquired(execution: &Execution, id: ObjectId, holder: TaskId) -> Option<Place> {
    let taken = execution.recorder.steps.iter().rev().find(|step| {
        step.task == holder
            && step.op.object() == Some(id)
            && step.outcome.is_done()
            && match step.op {
                Op::Mutex(_, op) => matches!(op, mutex::Op::Lock | mutex::Op::TryLock),
                Op::RwLock(_, op) => !matches!(op, rwlock::Op::UnlockRead | rwlock::Op::UnlockWrite { .. }),
                Op::Condvar(_, op) => matches!(op, condvar::Op::Wake { .. }),
                Op::Once(_, op) => matches!(op, once::Op::Begin),
                _ => false,
            }
    });
    taken.map(|step| step.place)
}
