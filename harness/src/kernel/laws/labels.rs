//! Every operation and every label by name, so that nothing can be added to the kernel without being met here.

use std::time::Duration;

use crate::kernel::handles::{Dropped, Side};
use crate::kernel::relation::Access;
use crate::kernel::select::{Form, Pick};
use crate::kernel::{
    Op, atomic, barrier, channel, clock, condvar, gate, life, mutex, once, park, rendezvous, rwlock, select, semaphore,
    timer,
};

/// Names for all variants, as a function and as a list; those after a semicolon are only recorded, and not listed.
macro_rules! names {
    ($name:ident, $all:ident, $type:ty: $($pattern:pat => $text:literal,)* $(; $($other:pat => $word:literal,)*)?) => {
        pub(super) fn $name(value: &$type) -> &'static str {
            match value {
                $($pattern => $text,)*
                $($($other => $word,)*)?
            }
        }

        pub(super) const $all: &[&str] = &[$($text),*];
    };
}

names! { op_name, OPS, Op:
    Op::Start => "start",
    Op::Fence(_) => "fence",
    Op::Choose(_) => "choose",
    Op::Yield => "yield",
    Op::Atomic(_, atomic::Op::Load(_)) => "atomic: load",
    Op::Atomic(_, atomic::Op::Store(..)) => "atomic: store",
    Op::Atomic(_, atomic::Op::Swap(..)) => "atomic: swap",
    Op::Atomic(_, atomic::Op::Rmw { .. }) => "atomic: read-modify-write",
    Op::Atomic(_, atomic::Op::CompareExchange { .. }) => "atomic: compare-exchange",
    Op::Mutex(_, mutex::Op::Lock) => "mutex: lock",
    Op::Mutex(_, mutex::Op::TryLock) => "mutex: try_lock",
    Op::Mutex(_, mutex::Op::Unlock { .. }) => "mutex: unlock",
    Op::Mutex(_, mutex::Op::IsPoisoned) => "mutex: is_poisoned",
    Op::Mutex(_, mutex::Op::ClearPoison) => "mutex: clear_poison",
    Op::RwLock(_, rwlock::Op::Read) => "rwlock: read",
    Op::RwLock(_, rwlock::Op::TryRead) => "rwlock: try_read",
    Op::RwLock(_, rwlock::Op::Write) => "rwlock: write",
    Op::RwLock(_, rwlock::Op::TryWrite) => "rwlock: try_write",
    Op::RwLock(_, rwlock::Op::UnlockRead) => "rwlock: unlock_read",
    Op::RwLock(_, rwlock::Op::UnlockWrite { .. }) => "rwlock: unlock_write",
    Op::RwLock(_, rwlock::Op::Downgrade) => "rwlock: downgrade",
    Op::RwLock(_, rwlock::Op::IsPoisoned) => "rwlock: is_poisoned",
    Op::RwLock(_, rwlock::Op::ClearPoison) => "rwlock: clear_poison",
    Op::Condvar(_, condvar::Op::Wait { .. }) => "condvar: wait",
    Op::Condvar(_, condvar::Op::Wake { .. }) => "condvar: wake",
    Op::Condvar(_, condvar::Op::NotifyOne) => "condvar: notify_one",
    Op::Condvar(_, condvar::Op::NotifyAll) => "condvar: notify_all",
    Op::Barrier(_, barrier::Op::Arrive) => "barrier: arrive",
    Op::Barrier(_, barrier::Op::Leave) => "barrier: leave",
    Op::Once(_, once::Op::Begin) => "once: begin",
    Op::Once(_, once::Op::End { .. }) => "once: end",
    Op::Once(_, once::Op::IsCompleted) => "once: is_completed",
    Op::Once(_, once::Op::Wait) => "once: wait",
    Op::Once(_, once::Op::WaitDone) => "once: wait until done",
    Op::Channel(_, channel::Op::Send) => "channel: send",
    Op::Channel(_, channel::Op::TrySend) => "channel: try_send",
    Op::Channel(_, channel::Op::Receive) => "channel: receive",
    Op::Channel(_, channel::Op::TryReceive) => "channel: try_receive",
    Op::Channel(_, channel::Op::AddSender) => "channel: add a sender",
    Op::Channel(_, channel::Op::DropSender) => "channel: drop a sender",
    Op::Channel(_, channel::Op::AddReceiver) => "channel: add a receiver",
    Op::Channel(_, channel::Op::DropReceiver) => "channel: drop a receiver",
    Op::Channel(_, channel::Op::Close) => "channel: close",
    Op::Channel(_, channel::Op::Len) => "channel: len",
    Op::Channel(_, channel::Op::IsEmpty) => "channel: is_empty",
    Op::Channel(_, channel::Op::IsFull) => "channel: is_full",
    Op::Rendezvous(_, rendezvous::Op::SendArrive) => "rendezvous: arrive to send",
    Op::Rendezvous(_, rendezvous::Op::SendLeave) => "rendezvous: leave after sending",
    Op::Rendezvous(_, rendezvous::Op::ReceiveArrive) => "rendezvous: arrive to receive",
    Op::Rendezvous(_, rendezvous::Op::ReceiveLeave) => "rendezvous: leave after receiving",
    Op::Rendezvous(_, rendezvous::Op::TrySend) => "rendezvous: try_send",
    Op::Rendezvous(_, rendezvous::Op::TryReceive) => "rendezvous: try_receive",
    Op::Rendezvous(_, rendezvous::Op::AddSender) => "rendezvous: add a sender",
    Op::Rendezvous(_, rendezvous::Op::DropSender) => "rendezvous: drop a sender",
    Op::Rendezvous(_, rendezvous::Op::AddReceiver) => "rendezvous: add a receiver",
    Op::Rendezvous(_, rendezvous::Op::DropReceiver) => "rendezvous: drop a receiver",
    Op::Rendezvous(_, rendezvous::Op::Close) => "rendezvous: close",
    Op::Select(select::Op { form: Form::Wait, pick: Pick::Any, .. }) => "select",
    Op::Select(select::Op { form: Form::Wait, pick: Pick::First, .. }) => "select: the first",
    Op::Select(select::Op { form: Form::Try, pick: Pick::Any, .. }) => "select: try",
    Op::Select(select::Op { form: Form::Try, pick: Pick::First, .. }) => "select: try the first",
    Op::Select(select::Op { form: Form::Leave(_), pick: Pick::Any, .. }) => "select: leave",
    Op::Select(select::Op { form: Form::Leave(_), pick: Pick::First, .. }) => "select: leave by the first",
    Op::Select(select::Op { form: Form::Await, .. }) => "select: await",
    Op::Select(select::Op { form: Form::Look, .. }) => "select: look",
    Op::Semaphore(_, semaphore::Op::Acquire(_)) => "semaphore: acquire",
    Op::Semaphore(_, semaphore::Op::TryAcquire(_)) => "semaphore: try_acquire",
    Op::Semaphore(_, semaphore::Op::Release(_)) => "semaphore: release",
    Op::Semaphore(_, semaphore::Op::Available) => "semaphore: available",
    Op::Gate(_, gate::Op::Add(_)) => "gate: add",
    Op::Gate(_, gate::Op::Enroll) => "gate: enroll",
    Op::Gate(_, gate::Op::Leave) => "gate: leave",
    Op::Timer(_, timer::Op::Start(_)) => "timer: start",
    Op::Timer(_, timer::Op::Repeat(_)) => "timer: repeat",
    Op::Timer(_, timer::Op::Stop) => "timer: stop",
    Op::Park(park::Op::Park) => "park",
    Op::Park(park::Op::Unpark(_)) => "unpark",
    Op::Life(life::Op::Spawn(_)) => "life: spawn",
    Op::Life(life::Op::Finish) => "life: finish",
    Op::Life(life::Op::Join(_)) => "life: join",
    Op::Life(life::Op::IsFinished(_)) => "life: is_finished",
    Op::Clock(clock::Op::Now) => "clock: now",
    Op::Clock(clock::Op::Arm(_)) => "clock: arm",
    Op::Clock(clock::Op::Disarm) => "clock: disarm",
    Op::Clock(clock::Op::Sleep) => "clock: sleep",
    Op::Clock(clock::Op::Fire) => "clock: fire",
    Op::Clock(clock::Op::Tick(_)) => "clock: tick",
    ;
    Op::Cell(..) => "cell: access",
}

names! { label, LABELS, Access:
    Access::Atomic(atomic::Access::Read) => "atomic: read",
    Access::Atomic(atomic::Access::Write) => "atomic: write",
    Access::Mutex(mutex::Access::Read) => "mutex: read",
    Access::Mutex(mutex::Access::Write) => "mutex: write",
    Access::RwLock(rwlock::Access::Share) => "rwlock: share",
    Access::RwLock(rwlock::Access::SeeWriter) => "rwlock: see a writer",
    Access::RwLock(rwlock::Access::SeeAny) => "rwlock: see anybody",
    Access::RwLock(rwlock::Access::Exclude) => "rwlock: exclude",
    Access::Condvar(condvar::Access::Enqueue) => "condvar: enqueue",
    Access::Condvar(condvar::Access::Withdraw) => "condvar: withdraw",
    Access::Condvar(condvar::Access::Notify) => "condvar: notify",
    Access::Condvar(condvar::Access::NotifyNobody) => "condvar: notify nobody",
    Access::Barrier(barrier::Access { .. }) => "barrier: arrive",
    Access::Once(once::Access::Read) => "once: read",
    Access::Once(once::Access::Write) => "once: write",
    Access::Channel(channel::Access::Send { .. }) => "channel: send",
    Access::Channel(channel::Access::Receive { .. }) => "channel: receive",
    Access::Channel(channel::Access::SeeFull) => "channel: see it full",
    Access::Channel(channel::Access::SeeEmpty { .. }) => "channel: see it empty",
    Access::Channel(channel::Access::SeeNoSenders) => "channel: see no senders",
    Access::Channel(channel::Access::SeeNoReceivers) => "channel: see no receivers",
    Access::Channel(channel::Access::DropSender) => "channel: drop a sender",
    Access::Channel(channel::Access::DropReceiver(_)) => "channel: drop a receiver",
    Access::Channel(channel::Access::Close) => "channel: close",
    Access::Channel(channel::Access::SeeMessage { .. }) => "channel: see a message",
    Access::Channel(channel::Access::SeeRoom { .. }) => "channel: see room",
    Access::Channel(channel::Access::Count) => "channel: count",
    Access::Rendezvous(rendezvous::Access::Meet(Side::Sending)) => "rendezvous: meet a receiver",
    Access::Rendezvous(rendezvous::Access::Meet(Side::Receiving)) => "rendezvous: meet a sender",
    Access::Rendezvous(rendezvous::Access::Queue(Side::Sending)) => "rendezvous: queue to send",
    Access::Rendezvous(rendezvous::Access::Queue(Side::Receiving)) => "rendezvous: queue to receive",
    Access::Rendezvous(rendezvous::Access::SeeNobody(Side::Sending)) => "rendezvous: see nobody receive",
    Access::Rendezvous(rendezvous::Access::SeeNobody(Side::Receiving)) => "rendezvous: see nobody send",
    Access::Rendezvous(rendezvous::Access::SeeSomebody(Side::Sending)) => "rendezvous: see somebody receive",
    Access::Rendezvous(rendezvous::Access::SeeSomebody(Side::Receiving)) => "rendezvous: see somebody send",
    Access::Rendezvous(rendezvous::Access::Close) => "rendezvous: close",
    Access::Rendezvous(rendezvous::Access::SeeGone) => "rendezvous: see a side gone",
    Access::Rendezvous(rendezvous::Access::Drop(Dropped { side: Side::Sending, .. })) => "rendezvous: drop a sender",
    Access::Rendezvous(rendezvous::Access::Drop(Dropped { side: Side::Receiving, .. })) => "rendezvous: drop a receiver",
    Access::Semaphore(semaphore::Access::Take) => "semaphore: take",
    Access::Semaphore(semaphore::Access::Give) => "semaphore: give",
    Access::Semaphore(semaphore::Access::Read) => "semaphore: read",
    Access::Gate(gate::Access::Raise) => "gate: raise",
    Access::Gate(gate::Access::Lower { .. }) => "gate: lower",
    Access::Gate(gate::Access::Refused) => "gate: refused",
    Access::Gate(gate::Access::Enroll) => "gate: enroll",
    Access::Gate(gate::Access::Leave) => "gate: leave",
    Access::Timer => "timer",
    Access::Park(park::Access::Take) => "park: take",
    Access::Park(park::Access::Give) => "park: give",
    Access::Wake => "wake",
    Access::Life(life::Access::Spawn) => "life: spawn",
    Access::Life(life::Access::Finish) => "life: finish",
    Access::Life(life::Access::Join) => "life: join",
    Access::Life(life::Access::Ask(true)) => "life: told that it finished",
    Access::Life(life::Access::Ask(false)) => "life: told that it did not finish",
    Access::Clock(clock::Access::Read) => "clock: read",
    Access::Clock(clock::Access::Arm(_)) => "clock: arm",
    Access::Clock(clock::Access::Fall(_)) => "clock: fall",
    Access::Clock(clock::Access::Disarm(_)) => "clock: disarm",
    Access::Clock(clock::Access::Move(_)) => "clock: move",
}

/// Labels that between them stand for all that the relation tells apart.
pub(super) fn samples() -> Vec<Access> {
    let numbers = || 0..3_u32;
    let mut samples = Vec::new();
    samples.extend([atomic::Access::Read, atomic::Access::Write].map(Access::Atomic));
    samples.extend([mutex::Access::Read, mutex::Access::Write].map(Access::Mutex));
    {
        use rwlock::Access::{Exclude, SeeAny, SeeWriter, Share};
        samples.extend([Share, SeeWriter, SeeAny, Exclude].map(Access::RwLock));
    }
    {
        use condvar::Access::{Enqueue, Notify, NotifyNobody, Withdraw};
        samples.extend([Enqueue, Withdraw, Notify, NotifyNobody].map(Access::Condvar));
    }
    samples.extend((0..3).map(|missing| Access::Barrier(barrier::Access { missing })));
    samples.extend([once::Access::Read, once::Access::Write].map(Access::Once));
    {
        use channel::Access::{
            Close, Count, DropReceiver, DropSender, Receive, SeeEmpty, SeeFull, SeeMessage, SeeNoReceivers,
            SeeNoSenders, SeeRoom, Send,
        };
        samples.extend([SeeFull, SeeNoSenders, SeeNoReceivers, DropSender, Close, Count].map(Access::Channel));
        samples.push(Access::Channel(SeeRoom { next: 0, capacity: None }));
        samples.push(Access::Channel(Send { message: 0, capacity: None }));
        for message in 0..3 {
            let sent = message;
            let capacity = Some(1);
            let labels = [Send { message, capacity }, Receive { message, capacity }, SeeEmpty { sent }];
            samples.extend(labels.map(Access::Channel));
            samples.extend([SeeMessage { next: message }, SeeRoom { next: message, capacity }].map(Access::Channel));
        }
        samples.extend(drops(Side::Receiving).map(|drop| Access::Channel(DropReceiver(drop))));
    }
    for side in [Side::Sending, Side::Receiving] {
        use rendezvous::Access::{Close, Drop, Meet, Queue, SeeGone, SeeNobody, SeeSomebody};
        let labels = [Meet(side), Queue(side), SeeNobody(side), SeeSomebody(side), SeeGone, Close];
        samples.extend(labels.map(Access::Rendezvous));
        samples.extend(drops(side).map(|drop| Access::Rendezvous(Drop(drop))));
    }
    {
        use semaphore::Access::{Give, Read, Take};
        samples.extend([Take, Give, Read].map(Access::Semaphore));
    }
    {
        use gate::Access::{Enroll, Leave, Lower, Raise, Refused};
        samples.extend([Raise, Refused, Enroll, Leave].map(Access::Gate));
        samples.extend((0..3).map(|left| Access::Gate(Lower { left, by: 1 })));
    }
    samples.extend([park::Access::Take, park::Access::Give].map(Access::Park));
    samples.extend([Access::Wake, Access::Timer]);
    {
        use life::Access::{Ask, Finish, Join, Spawn};
        samples.extend([Spawn, Finish, Join, Ask(true), Ask(false)].map(Access::Life));
    }
    samples.push(Access::Clock(clock::Access::Read));
    for at in numbers().map(|n| Duration::from_secs(n.into())) {
        use clock::Access::{Arm, Disarm, Fall, Move};
        samples.extend([Arm(at), Disarm(at), Move(at), Fall(at)].map(Access::Clock));
    }
    samples
}

fn drops(side: Side) -> impl Iterator<Item = Dropped> {
    (0..3).flat_map(move |left| (0..2).map(move |before| Dropped { side, before, left }))
}
