//! What a task may declare.
//!
//! Every vocabulary respects this: only the owner unlocks, a task that joined a queue goes on with the second
//! operation of the pair, only a holder clones or drops a handle, and an armed timer is used up before the next is
//! armed. What a task may declare depends on what it did itself and on nothing else, so that no step of another
//! task makes a declaration illegal.

use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use super::generator::{Kind, Program};
use crate::kernel::atomic::{self, Rmw, Width};
use crate::kernel::handles::Side;
use crate::kernel::once::{self, Once};
use crate::kernel::rwlock::{self, RwLock};
use crate::kernel::select::{self, Arm, Arms, Form, Pick};
use crate::kernel::world::Timer;
use crate::kernel::{
    End, Object, ObjectId, Op, Outcome, TaskId, barrier, channel, choice, clock, condvar, gate, life, mutex, park,
    rendezvous, semaphore, timer,
};

/// What a program knows of one of its tasks, beyond what the kernel does.
#[derive(Clone, Debug, Default)]
pub(super) struct Actor {
    pub(super) parent: Option<TaskId>,
    pub(super) spawned: bool,
    pub(super) joined: bool,
    /// The second operation of a pair, when the first was performed.
    pub(super) second: Option<Op>,
    /// The handles that it holds of each object: of the sending and of the receiving side.
    pub(super) handles: Vec<(u32, u32)>,
}

/// Few, so that deadlines coincide; one of them beyond the end of time.
const TIMEOUTS: [Duration; 4] = [Duration::ZERO, Duration::from_millis(1), Duration::from_millis(2), Duration::MAX];

const FORMS: [(Form, Pick); 7] = [
    (Form::Wait, Pick::Any),
    (Form::Wait, Pick::Any),
    (Form::Wait, Pick::First),
    (Form::Try, Pick::Any),
    (Form::Try, Pick::First),
    (Form::Await, Pick::Any),
    (Form::Look, Pick::First),
];

const TIMED_FORMS: [(Form, Pick); 3] = [(Form::Wait, Pick::Any), (Form::Wait, Pick::First), (Form::Await, Pick::Any)];

/// The operation that has to follow `op` of `task` when it has `outcome`.
pub(super) fn second(task: TaskId, op: &Op, outcome: Outcome) -> Option<Op> {
    if outcome.end != End::Queued {
        return None;
    }
    Some(match *op {
        Op::Condvar(id, condvar::Op::Wait { mutex, .. }) => Op::Condvar(id, condvar::Op::Wake { mutex }),
        Op::Barrier(id, barrier::Op::Arrive) => Op::Barrier(id, barrier::Op::Leave),
        Op::Gate(id, gate::Op::Enroll) => Op::Gate(id, gate::Op::Leave),
        Op::Select(op) => Op::Select(op.leave(task)),
        Op::Rendezvous(id, rendezvous::Op::SendArrive) => Op::Rendezvous(id, rendezvous::Op::SendLeave),
        Op::Rendezvous(id, rendezvous::Op::ReceiveArrive) => Op::Rendezvous(id, rendezvous::Op::ReceiveLeave),
        _ => unreachable!("{op:?} joins no queue"),
    })
}

impl Program {
    /// Brings what the program knows of its tasks up to date.
    pub(super) fn learn(&mut self, task: TaskId, op: &Op, outcome: Outcome) {
        let actor = &mut self.actors[task.index()];
        actor.second = second(task, op, outcome);
        match *op {
            Op::Channel(id, channel::Op::AddSender) | Op::Rendezvous(id, rendezvous::Op::AddSender) => {
                actor.handles[id.index()].0 += 1;
            }
            Op::Channel(id, channel::Op::DropSender) | Op::Rendezvous(id, rendezvous::Op::DropSender) => {
                actor.handles[id.index()].0 -= 1;
            }
            Op::Channel(id, channel::Op::AddReceiver) | Op::Rendezvous(id, rendezvous::Op::AddReceiver) => {
                actor.handles[id.index()].1 += 1;
            }
            Op::Channel(id, channel::Op::DropReceiver) | Op::Rendezvous(id, rendezvous::Op::DropReceiver) => {
                actor.handles[id.index()].1 -= 1;
            }
            Op::Life(life::Op::Spawn(child)) => self.actors[child.index()].spawned = true,
            Op::Life(life::Op::Join(child)) => self.actors[child.index()].joined = true,
            _ => {}
        }
    }

    /// The operations that `task` may declare now.
    pub(super) fn legal(&self, task: TaskId) -> Vec<Op> {
        let actor = &self.actors[task.index()];
        if !actor.spawned || self.world.tasks[task.index()].finished {
            return Vec::new();
        }
        if let Some(second) = actor.second {
            return vec![second];
        }
        let mut legal = Vec::new();
        if self.world.tasks[task.index()].timer != Timer::Off {
            self.with_a_timer(actor, &mut legal);
            return legal;
        }
        for (index, object) in self.world.objects.iter().enumerate() {
            self.on_object(task, ObjectId(index as u32), object, &mut legal);
        }
        if self.kinds.contains(&Kind::Select) {
            legal.extend(self.on_select(actor, &FORMS).map(Op::Select));
        }
        self.on_tasks_and_clock(task, &mut legal);
        if self.kinds.contains(&Kind::Private) || legal.is_empty() {
            legal.extend([Op::Start, Op::Yield, Op::Fence(SeqCst), Op::Choose(choice::Op { outcomes: 2 })]);
        }
        legal
    }

    /// What uses a timer up, and a look at the clock.
    fn with_a_timer(&self, actor: &Actor, legal: &mut Vec<Op>) {
        legal.extend([clock::Op::Disarm, clock::Op::Sleep, clock::Op::Now].map(Op::Clock));
        if self.kinds.contains(&Kind::Park) {
            legal.push(Op::Park(park::Op::Park));
        }
        if self.kinds.contains(&Kind::Select) {
            legal.extend(self.on_select(actor, &TIMED_FORMS).map(Op::Select));
        }
        for (index, object) in self.world.objects.iter().enumerate() {
            let id = ObjectId(index as u32);
            let (sending, receiving) = actor.handles[index];
            match object {
                Object::Channel(_) if receiving > 0 => legal.push(Op::Channel(id, channel::Op::Receive)),
                Object::Rendezvous(_) => {
                    legal.extend((sending > 0).then_some(Op::Rendezvous(id, rendezvous::Op::SendArrive)));
                    legal.extend((receiving > 0).then_some(Op::Rendezvous(id, rendezvous::Op::ReceiveArrive)));
                }
                _ => {}
            }
        }
    }

    /// Selects among the channels of which `actor` has handles: all of them, two, and one twice.
    fn on_select(&self, actor: &Actor, forms: &'static [(Form, Pick)]) -> impl Iterator<Item = select::Op> + use<> {
        let mut arms = Vec::new();
        for (index, object) in self.world.objects.iter().enumerate() {
            if matches!(object, Object::Channel(_) | Object::Rendezvous(_)) {
                let arm = |side| Arm { channel: ObjectId(index as u32), side };
                let (sending, receiving) = actor.handles[index];
                arms.extend((receiving > 0).then(|| arm(Side::Receiving)));
                arms.extend((sending > 0).then(|| arm(Side::Sending)));
            }
        }
        let mut choices = vec![arms.clone()];
        if let (Some(first), Some(last)) = (arms.first(), arms.last()) {
            choices.extend([vec![*last, *first], vec![*first, *first], vec![*last]]);
        }
        let ops = move |arms: Vec<Arm>| {
            let arms = Arms::of(&arms);
            forms.iter().map(move |(form, pick)| select::Op { arms, form: *form, pick: *pick })
        };
        choices.into_iter().flat_map(ops)
    }

    fn on_object(&self, task: TaskId, id: ObjectId, object: &Object, legal: &mut Vec<Op>) {
        let handles = self.actors[task.index()].handles[id.index()];
        match object {
            Object::Atomic(_) => legal.extend(on_atomic().map(|op| Op::Atomic(id, op))),
            Object::Mutex(mutex) => legal.extend(on_mutex(mutex.owner == task).map(|op| Op::Mutex(id, op))),
            Object::RwLock(lock) => legal.extend(on_rwlock(lock, task).map(|op| Op::RwLock(id, op))),
            Object::Condvar(_) => legal.extend(self.on_condvar(task, id).map(|op| Op::Condvar(id, op))),
            Object::Barrier(_) => legal.push(Op::Barrier(id, barrier::Op::Arrive)),
            Object::Once(once) => legal.extend(on_once(once, task).map(|op| Op::Once(id, op))),
            Object::Channel(_) => legal.extend(on_channel(handles).map(|op| Op::Channel(id, op))),
            Object::Rendezvous(_) => legal.extend(on_rendezvous(handles).map(|op| Op::Rendezvous(id, op))),
            Object::Semaphore(_) => {
                use semaphore::Op::{Acquire, Available, Release, TryAcquire};
                let ops = [Acquire(1), Acquire(2), TryAcquire(1), TryAcquire(2), Release(1), Release(2), Available];
                legal.extend(ops.map(|op| Op::Semaphore(id, op)));
            }
            Object::Timer(_) => {
                use timer::Op::{Repeat, Start, Stop};
                let [now, soon, later, never] = TIMEOUTS;
                let ops = [Start(now), Start(soon), Start(later), Start(never), Repeat(soon), Stop];
                legal.extend(ops.map(|op| Op::Timer(id, op)));
            }
            Object::Gate(_) => {
                use gate::Op::{Add, Enroll};
                legal.extend([Add(1), Add(2), Add(-1), Add(-2), Enroll, Enroll].map(|op| Op::Gate(id, op)));
            }
            Object::Cell => {}
        }
    }

    fn on_condvar(&self, task: TaskId, id: ObjectId) -> impl Iterator<Item = condvar::Op> + use<> {
        // Its mutex was made just before.
        let mutex = ObjectId(id.0 - 1);
        let mine = matches!(&self.world.objects[mutex.index()], Object::Mutex(mutex) if mutex.owner == task);
        let wait = move |(timeout, poison)| condvar::Op::Wait { mutex, timeout, poison };
        let waits = TIMEOUTS.map(|timeout| (Some(timeout), false)).into_iter().chain([(None, false), (None, true)]);
        let waits = waits.map(wait).filter(move |_| mine);
        waits.chain([condvar::Op::NotifyOne, condvar::Op::NotifyAll])
    }

    fn on_tasks_and_clock(&self, task: TaskId, legal: &mut Vec<Op>) {
        let others = || self.tasks().filter(|other| *other != task);
        if self.kinds.contains(&Kind::Clock) {
            legal.push(Op::Clock(clock::Op::Now));
            legal.extend(TIMEOUTS.map(|after| Op::Clock(clock::Op::Arm(after))));
        }
        if self.kinds.contains(&Kind::Park) {
            legal.push(Op::Park(park::Op::Park));
            legal.extend(others().map(|other| Op::Park(park::Op::Unpark(other))));
        }
        if self.kinds.contains(&Kind::Life) {
            for other in others() {
                let Actor { parent, spawned, joined, .. } = self.actors[other.index()];
                let op = match (parent == Some(task), spawned) {
                    (true, false) => Some(life::Op::Spawn(other)),
                    (true, true) if !joined => Some(life::Op::Join(other)),
                    _ => None,
                };
                legal.extend(op.map(Op::Life));
                legal.extend(spawned.then_some(Op::Life(life::Op::IsFinished(other))));
            }
            legal.push(Op::Life(life::Op::Finish));
        }
    }
}

fn on_atomic() -> impl Iterator<Item = atomic::Op> {
    use atomic::Op::{CompareExchange, Load, Store, Swap};
    let add = atomic::Op::Rmw { function: Rmw::Add, width: Width::W8, operand: 1, order: SeqCst };
    let exchange = |current| CompareExchange { current, new: 1, success: SeqCst, failure: SeqCst };
    let all = [Load(SeqCst), Store(0, SeqCst), Store(1, SeqCst), Swap(1, SeqCst), add, exchange(0), exchange(7)];
    all.into_iter()
}

fn on_mutex(mine: bool) -> impl Iterator<Item = mutex::Op> {
    use mutex::Op::{ClearPoison, IsPoisoned, Lock, TryLock, Unlock};
    let ops: &[mutex::Op] = match mine {
        true => &[Unlock { poison: false }, Unlock { poison: true }, TryLock, IsPoisoned, ClearPoison],
        false => &[Lock, Lock, TryLock, IsPoisoned, ClearPoison],
    };
    ops.iter().copied()
}

fn on_rwlock(lock: &RwLock, task: TaskId) -> impl Iterator<Item = rwlock::Op> {
    use rwlock::Op::{ClearPoison, Downgrade, IsPoisoned, Read, TryRead, TryWrite, UnlockRead, UnlockWrite, Write};
    let ops: &[rwlock::Op] = if lock.writer == task {
        &[UnlockWrite { poison: false }, UnlockWrite { poison: true }, Downgrade, TryRead, TryWrite, ClearPoison]
    } else if lock.readers.contains(&task) {
        &[UnlockRead, UnlockRead, Read, TryRead, TryWrite, IsPoisoned]
    } else {
        &[Read, Read, TryRead, Write, TryWrite, IsPoisoned, ClearPoison]
    };
    ops.iter().copied()
}

fn on_once(once: &Once, task: TaskId) -> impl Iterator<Item = once::Op> + use<> {
    let ops: &[once::Op] = match *once {
        Once::Running(runner) if runner == task => &[once::Op::End { poison: false }, once::Op::End { poison: true }],
        _ => &[once::Op::Begin, once::Op::IsCompleted, once::Op::Wait, once::Op::WaitDone],
    };
    ops.iter().copied()
}

fn on_channel((sending, receiving): (u32, u32)) -> impl Iterator<Item = channel::Op> {
    use channel::Op::{AddReceiver, AddSender, DropReceiver, DropSender, Receive, Send, TryReceive, TrySend};
    use channel::Op::{Close, IsEmpty, IsFull, Len};
    let sends = [Send, Send, Send, TrySend, AddSender, DropSender, IsFull, Close];
    let receives = [Receive, Receive, Receive, TryReceive, AddReceiver, DropReceiver, IsEmpty, Len];
    let sends = sends.into_iter().filter(move |_| sending > 0);
    sends.chain(receives.into_iter().filter(move |_| receiving > 0))
}

fn on_rendezvous((sending, receiving): (u32, u32)) -> impl Iterator<Item = rendezvous::Op> {
    use rendezvous::Op::{
        AddReceiver, AddSender, Close, DropReceiver, DropSender, ReceiveArrive, SendArrive, TryReceive, TrySend,
    };
    let sends = [SendArrive, SendArrive, SendArrive, TrySend, AddSender, DropSender, Close];
    let receives = [ReceiveArrive, ReceiveArrive, ReceiveArrive, TryReceive, AddReceiver, DropReceiver];
    let sends = sends.into_iter().filter(move |_| sending > 0);
    sends.chain(receives.into_iter().filter(move |_| receiving > 0))
}
