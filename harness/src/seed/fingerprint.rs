//! The fingerprint of a step: what it did, independent of the lines of the program and of the schedule.
//!
//! The kind of operation, and the object by its kind and its rank among those of this kind: `lock mutex1`. Values are left
//! out, because they depend on the schedule; so are places, because they move with every edit.

use crate::engine::Execution;
use crate::engine::names::object_kind;
use crate::kernel::{
    ObjectId, Op, atomic, barrier, channel, clock, condvar, gate, life, mutex, once, park, rendezvous, rwlock,
    semaphore, timer,
};

/// The fingerprint of `op`; none for what no edit can be told by: the end of a task, and time that passes.
pub(super) fn of(execution: &Execution, ranks: &[u32], op: &Op) -> Option<String> {
    if !has_one(op) {
        return None;
    }
    let word = word(op);
    let name = |id: ObjectId| {
        let rank = ranks.get(id.index()).copied().unwrap_or_default();
        format!("{word} {}{rank}", object_kind(execution, id))
    };
    let object = match op {
        Op::Condvar(id, _) => Some(*id),
        _ => op.object(),
    };
    Some(object.map_or_else(|| word.to_owned(), name))
}

/// Whether a step that performs `op` has a fingerprint. An access of a checked cell is no step that anybody schedules.
pub(crate) fn has_one(op: &Op) -> bool {
    !matches!(op, Op::Life(life::Op::Finish) | Op::Clock(clock::Op::Tick(_)) | Op::Cell(..) | Op::Start)
}

/// What kind of operation it is, in a word.
fn word(op: &Op) -> &'static str {
    match op {
        Op::Start => "start",
        Op::Yield => "yield",
        Op::Cell(..) => "access",
        Op::Fence(_) => "fence",
        Op::Choose(_) => "choose",
        Op::Select(_) => "select",
        Op::Atomic(_, op) => match op {
            atomic::Op::Load(_) => "load",
            atomic::Op::Store(..) => "store",
            atomic::Op::Swap(..) => "swap",
            atomic::Op::CompareExchange { .. } => "compare_exchange",
            atomic::Op::Rmw { function, .. } => function.name(),
        },
        Op::Mutex(_, op) => match op {
            mutex::Op::Lock => "lock",
            mutex::Op::TryLock => "try_lock",
            mutex::Op::Unlock { .. } => "unlock",
            mutex::Op::IsPoisoned => "is_poisoned",
            mutex::Op::ClearPoison => "clear_poison",
        },
        Op::RwLock(_, op) => match op {
            rwlock::Op::Read => "read",
            rwlock::Op::TryRead => "try_read",
            rwlock::Op::Write => "write",
            rwlock::Op::TryWrite => "try_write",
            rwlock::Op::UnlockRead => "unlock_read",
            rwlock::Op::UnlockWrite { .. } => "unlock_write",
            rwlock::Op::Downgrade => "downgrade",
            rwlock::Op::IsPoisoned => "is_poisoned",
            rwlock::Op::ClearPoison => "clear_poison",
        },
        Op::Condvar(_, op) => match op {
            condvar::Op::Wait { .. } => "wait",
            condvar::Op::Wake { .. } => "wake",
            condvar::Op::NotifyOne => "notify_one",
            condvar::Op::NotifyAll => "notify_all",
        },
        Op::Barrier(_, op) => match op {
            barrier::Op::Arrive => "arrive",
            barrier::Op::Leave => "leave",
        },
        Op::Once(_, op) => match op {
            once::Op::Begin => "begin",
            once::Op::End { .. } => "end",
            once::Op::IsCompleted => "is_completed",
            once::Op::Wait => "wait",
            once::Op::WaitDone => "wait_done",
        },
        Op::Channel(_, op) => match op {
            channel::Op::Send => "send",
            channel::Op::TrySend => "try_send",
            channel::Op::Receive => "recv",
            channel::Op::TryReceive => "try_recv",
            channel::Op::AddSender => "add_sender",
            channel::Op::DropSender => "drop_sender",
            channel::Op::AddReceiver => "add_receiver",
            channel::Op::DropReceiver => "drop_receiver",
            channel::Op::Close => "close",
            channel::Op::Len => "len",
            channel::Op::IsEmpty => "is_empty",
            channel::Op::IsFull => "is_full",
        },
        Op::Rendezvous(_, op) => match op {
            rendezvous::Op::SendArrive => "send",
            rendezvous::Op::SendLeave => "sent",
            rendezvous::Op::ReceiveArrive => "recv",
            rendezvous::Op::ReceiveLeave => "received",
            rendezvous::Op::TrySend => "try_send",
            rendezvous::Op::TryReceive => "try_recv",
            rendezvous::Op::AddSender => "add_sender",
            rendezvous::Op::DropSender => "drop_sender",
            rendezvous::Op::AddReceiver => "add_receiver",
            rendezvous::Op::DropReceiver => "drop_receiver",
            rendezvous::Op::Close => "close",
        },
        Op::Semaphore(_, op) => match op {
            semaphore::Op::Acquire(_) => "acquire",
            semaphore::Op::TryAcquire(_) => "try_acquire",
            semaphore::Op::Release(_) => "release",
            semaphore::Op::Available => "available",
        },
        Op::Gate(_, op) => match op {
            gate::Op::Add(_) => "add",
            gate::Op::Enroll => "enroll",
            gate::Op::Leave => "leave",
        },
        Op::Timer(_, op) => match op {
            timer::Op::Start(_) => "start_timer",
            timer::Op::Repeat(_) => "repeat_timer",
            timer::Op::Stop => "stop_timer",
        },
        Op::Park(op) => match op {
            park::Op::Park => "park",
            park::Op::Unpark(_) => "unpark",
        },
        Op::Life(op) => match op {
            life::Op::Spawn(_) => "spawn",
            life::Op::Finish => "finish",
            life::Op::Join(_) => "join",
            life::Op::IsFinished(_) => "is_finished",
        },
        Op::Clock(op) => match op {
            clock::Op::Now => "now",
            clock::Op::Arm(_) => "arm",
            clock::Op::Disarm => "disarm",
            clock::Op::Sleep => "sleep",
            clock::Op::Fire => "fire",
            clock::Op::Tick(_) => "tick",
        },
    }
}
