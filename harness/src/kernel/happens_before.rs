//! What happens before what, because tasks synchronise: the order on which the absence of data races rests.
//!
//! It is not the order of the steps. A schedule puts all steps in a row, and many of them could as well have come the other way
//! round; two accesses of plain memory are safe only if the program itself orders them. What orders:
//!
//! - unlocking, before the next locking; returning a read lock, before the next writer, and not before another reader;
//! - sending message `i`, before receiving it, and that before sending message `i + capacity`, as in Go's memory model;
//!   the last handle of a side that goes, or closing, before whoever sees that; at a channel without a buffer, both ways;
//! - notifying, before waking up because of it; unparking, before taking the token;
//! - spawning, before the first step of the new task, and its last step before joining it. *Not* learning from `is_finished`
//!   that it has ended: std promises nothing there;
//! - arriving at a barrier, before everybody leaves; lowering a wait group, before passing it; initialising a `Once`, before seeing
//!   that it is done; starting a timer, before receiving what it sends;
//! - a store that releases, before a load that acquires *and reads from it or from its release sequence*, which is the store
//!   and the read-modify-writes that follow it at once (C++20, [intro.races]); fences as in C++20. A relaxed access orders nothing
//!   by itself. Values are sequentially consistent all the same: these orders are about plain memory only.
//!
//! The order can be taken up at any moment of an execution: a chain of these orders from one step to a later one has only steps
//! between them, so that what was released earlier makes no difference to whoever asks about later steps alone.

use rustc_hash::FxHashMap;

use super::clock::Owner;
use super::handles::Side;
use super::ids::{ObjectId, TaskId};
use super::vector_clock::{VectorClock, steps};
use super::world::{End, Object, Op, Outcome, World};
use super::{
    atomic, barrier, channel, clock, condvar, gate, life, mutex, once, park, rendezvous, rwlock, select, semaphore,
    timer,
};

/// What happens before the present moment of each task; in epochs, of which a task begins a new one whenever it has released.
#[derive(Debug, Default)]
pub(crate) struct HappensBefore {
    /// By task.
    tasks: Vec<Past>,
    objects: FxHashMap<ObjectId, Released>,
}

/// What a task knows of others.
#[derive(Debug, Default)]
struct Past {
    /// What happens before its present moment, its own epoch included.
    known: VectorClock,
    /// What its next acquire fence will know: what its relaxed loads have read.
    read: VectorClock,
    /// What its relaxed stores release: what it knew at its last release fence.
    fenced: VectorClock,
    /// What was known to whoever let it go.
    let_go_by: VectorClock,
    /// What it knew when it came to wait for a partner.
    arrived: VectorClock,
    /// What was known to those who gave it its park token.
    token: VectorClock,
}

/// What was known to those who released something at an object.
#[derive(Debug, Default)]
struct Released {
    /// Acquired by everybody who takes what was released.
    all: VectorClock,
    /// By the readers of a reader–writer lock: acquired by writers.
    by_readers: VectorClock,
    /// By the senders of a channel that went, or whoever closed it, and by the receivers.
    gone: [VectorClock; 2],
    /// By the sender of a message that was not received yet.
    messages: FxHashMap<u64, VectorClock>,
    /// By the receiver of a message whose place in the buffer was not used again.
    places: FxHashMap<u64, VectorClock>,
}

/// What `task` knows, who may be new.
fn past(tasks: &mut Vec<Past>, task: TaskId) -> &mut Past {
    while tasks.len() <= task.index() {
        let mut past = Past::default();
        past.known.set(TaskId(tasks.len() as u32), 1);
        tasks.push(past);
    }
    &mut tasks[task.index()]
}

/// The place of `side` in [`Released::gone`].
fn at(side: Side) -> usize {
    match side {
        Side::Sending => 0,
        Side::Receiving => 1,
    }
}

fn acquires(order: atomic::Ordering) -> bool {
    use atomic::Ordering::{AcqRel, Acquire, SeqCst};
    matches!(order, Acquire | AcqRel | SeqCst)
}

fn releases(order: atomic::Ordering) -> bool {
    use atomic::Ordering::{AcqRel, Release, SeqCst};
    matches!(order, Release | AcqRel | SeqCst)
}

impl HappensBefore {
    /// Begins anew: nothing is known to anybody.
    pub(crate) fn reset(&mut self) {
        self.tasks.clear();
        self.objects.clear();
    }

    /// The present epoch of `task`. Epochs of a task are numbered from one.
    pub(crate) fn epoch(&mut self, task: TaskId) -> u32 {
        steps(self.known(task), task)
    }

    /// Whether epoch `epoch` of `other` happened before the present moment of `task`.
    pub(crate) fn is_ordered(&mut self, (other, epoch): (TaskId, u32), task: TaskId) -> bool {
        epoch <= steps(self.known(task), other)
    }

    fn past(&mut self, task: TaskId) -> &mut Past {
        past(&mut self.tasks, task)
    }

    fn known(&mut self, task: TaskId) -> &VectorClock {
        &self.past(task).known
    }

    fn object(&mut self, id: ObjectId) -> &mut Released {
        self.objects.entry(id).or_default()
    }

    /// What `task` knows, for others; it begins a new epoch.
    fn release(&mut self, task: TaskId) -> VectorClock {
        let known = &mut self.past(task).known;
        let released = known.clone();
        let epoch = steps(known, task);
        known.set(task, epoch + 1);
        released
    }

    fn release_to(&mut self, task: TaskId, object: ObjectId) {
        let known = &mut past(&mut self.tasks, task).known;
        self.objects.entry(object).or_default().all.join(known);
        let epoch = steps(known, task);
        known.set(task, epoch + 1);
    }

    fn acquire(&mut self, task: TaskId, released: &VectorClock) {
        self.past(task).known.join(released);
    }

    fn acquire_from(&mut self, task: TaskId, object: ObjectId) {
        if let Some(released) = self.objects.get(&object) {
            past(&mut self.tasks, task).known.join(&released.all);
        }
    }

    /// Whoever let `task` go happened before.
    fn was_let_go(&mut self, task: TaskId) {
        let released = std::mem::take(&mut self.past(task).let_go_by);
        self.acquire(task, &released);
    }

    /// `task` let these go.
    fn lets_go<'a>(&mut self, task: TaskId, woken: impl IntoIterator<Item = &'a TaskId>) {
        let released = self.release(task);
        woken.into_iter().for_each(|woken| self.past(*woken).let_go_by.join(&released));
    }

    /// `parent` has spawned `child`.
    pub(crate) fn spawned(&mut self, parent: TaskId, child: TaskId) {
        let released = self.release(parent);
        self.acquire(child, &released);
    }

    /// `task` has just performed `op` with `outcome`. Asks [`World::woken`], which must not have been emptied since.
    pub(crate) fn performed(&mut self, world: &World, task: TaskId, op: &Op, outcome: Outcome) {
        match op {
            Op::Start | Op::Choose(_) | Op::Yield | Op::Cell(..) => {}
            Op::Fence(order) => self.fence(task, *order),
            Op::Atomic(id, op) => self.atomic(task, *id, op, outcome),
            Op::Mutex(id, op) => match op {
                mutex::Op::Lock | mutex::Op::TryLock if outcome.is_done() => self.acquire_from(task, *id),
                mutex::Op::Unlock { .. } => self.release_to(task, *id),
                _ => {}
            },
            Op::RwLock(id, op) => self.rwlock(task, *id, op, outcome),
            Op::Condvar(_, op) => match op {
                condvar::Op::Wait { mutex, .. } => self.release_to(task, *mutex),
                condvar::Op::Wake { mutex } => {
                    self.was_let_go(task);
                    self.acquire_from(task, *mutex);
                }
                condvar::Op::NotifyOne | condvar::Op::NotifyAll => {
                    let woken = if outcome.value == 0 { &[] } else { &world.woken[..] };
                    self.lets_go(task, woken);
                }
            },
            Op::Barrier(id, barrier::Op::Arrive) => {
                self.release_to(task, *id);
                if outcome.is_done() {
                    let everybody = std::mem::take(&mut self.object(*id).all);
                    self.acquire(task, &everybody);
                    self.lets_go(task, &world.woken);
                }
            }
            Op::Barrier(_, barrier::Op::Leave) => self.was_let_go(task),
            Op::Once(id, op) => match op {
                once::Op::End { .. } => self.release_to(task, *id),
                once::Op::IsCompleted if outcome.value != once::Found::Done as u64 => {}
                once::Op::Begin | once::Op::IsCompleted | once::Op::Wait | once::Op::WaitDone => {
                    self.acquire_from(task, *id);
                }
            },
            Op::Channel(id, op) => self.channel(world, task, *id, op, outcome),
            Op::Rendezvous(id, op) => self.rendezvous(task, *id, op, outcome),
            Op::Select(op) => self.select(world, task, op, outcome),
            Op::Semaphore(id, op) => match op {
                semaphore::Op::Acquire(_) => self.acquire_from(task, *id),
                semaphore::Op::TryAcquire(_) if outcome.is_done() => self.acquire_from(task, *id),
                semaphore::Op::Release(_) => self.release_to(task, *id),
                semaphore::Op::TryAcquire(_) | semaphore::Op::Available => {}
            },
            Op::Gate(id, op) => match op {
                gate::Op::Add(delta) if *delta < 0 => self.release_to(task, *id),
                gate::Op::Enroll if outcome.end == End::Queued => {}
                gate::Op::Enroll | gate::Op::Leave => self.acquire_from(task, *id),
                gate::Op::Add(_) => {}
            },
            Op::Timer(id, timer::Op::Start(_) | timer::Op::Repeat(_)) => self.release_to(task, *id),
            Op::Timer(_, timer::Op::Stop) => {}
            Op::Park(park::Op::Park) if outcome.is_done() => {
                let token = std::mem::take(&mut self.past(task).token);
                self.acquire(task, &token);
            }
            Op::Park(park::Op::Park) => {}
            Op::Park(park::Op::Unpark(other)) => {
                let released = self.release(task);
                self.past(*other).token.join(&released);
            }
            Op::Life(op) => match *op {
                life::Op::Spawn(child) => self.spawned(task, child),
                life::Op::Join(child) => {
                    let all = self.known(child).clone();
                    self.acquire(task, &all);
                }
                life::Op::Finish | life::Op::IsFinished(_) => {}
            },
            Op::Clock(clock::Op::Fire) => self.fired(world, outcome),
            Op::Clock(_) => {}
        }
    }

    fn fence(&mut self, task: TaskId, order: atomic::Ordering) {
        if acquires(order) {
            let read = std::mem::take(&mut self.past(task).read);
            self.acquire(task, &read);
        }
        if releases(order) {
            self.past(task).fenced = self.release(task);
        }
    }

    fn atomic(&mut self, task: TaskId, id: ObjectId, op: &atomic::Op, outcome: Outcome) {
        use atomic::Op::{CompareExchange, Load, Rmw, Store, Swap};
        match *op {
            Load(order) | CompareExchange { failure: order, .. } if !outcome.is_done() || matches!(op, Load(_)) => {
                self.load(task, id, order);
            }
            Load(_) => unreachable!("handled above"),
            Store(_, order) => {
                // It begins a new release sequence.
                let released = self.released_by_store(task, order);
                self.object(id).all = released;
            }
            Swap(_, order) | Rmw { order, .. } | CompareExchange { success: order, .. } => {
                self.load(task, id, order);
                // It goes on with the release sequence, and may be the head of one more.
                let released = self.released_by_store(task, order);
                self.object(id).all.join(&released);
            }
        }
    }

    fn load(&mut self, task: TaskId, id: ObjectId, order: atomic::Ordering) {
        if acquires(order) {
            self.acquire_from(task, id);
        } else {
            if let Some(released) = self.objects.get(&id) {
                past(&mut self.tasks, task).read.join(&released.all);
            }
        }
    }

    fn released_by_store(&mut self, task: TaskId, order: atomic::Ordering) -> VectorClock {
        if releases(order) { self.release(task) } else { self.past(task).fenced.clone() }
    }

    fn rwlock(&mut self, task: TaskId, id: ObjectId, op: &rwlock::Op, outcome: Outcome) {
        match op {
            rwlock::Op::Read | rwlock::Op::TryRead if outcome.is_done() => self.acquire_from(task, id),
            rwlock::Op::Write | rwlock::Op::TryWrite if outcome.is_done() => {
                self.acquire_from(task, id);
                let readers = std::mem::take(&mut self.object(id).by_readers);
                self.acquire(task, &readers);
            }
            rwlock::Op::UnlockRead => {
                let released = self.release(task);
                self.object(id).by_readers.join(&released);
            }
            rwlock::Op::UnlockWrite { .. } | rwlock::Op::Downgrade => self.release_to(task, id),
            _ => {}
        }
    }

    fn channel(&mut self, world: &World, task: TaskId, id: ObjectId, op: &channel::Op, outcome: Outcome) {
        use channel::Op::{Close, DropReceiver, DropSender, Receive, Send, TryReceive, TrySend};
        match op {
            Send | TrySend => self.message(world, task, (id, Side::Sending), outcome.end, outcome.value),
            Receive | TryReceive => self.message(world, task, (id, Side::Receiving), outcome.end, outcome.value),
            DropSender => self.goes(task, id, &[Side::Sending]),
            DropReceiver => self.goes(task, id, &[Side::Receiving]),
            Close => self.goes(task, id, &[Side::Sending, Side::Receiving]),
            _ => {}
        }
    }

    /// `task` tried to send or receive a message at a channel with a buffer.
    fn message(&mut self, world: &World, task: TaskId, (id, side): (ObjectId, Side), end: End, number: u64) {
        match (end, side) {
            (End::Done, Side::Sending) => self.sent(world, Some(task), id, number),
            (End::Done, Side::Receiving) => {
                if let Some(message) = self.object(id).messages.remove(&number) {
                    self.acquire(task, &message);
                }
                if capacity(world, id).is_some() {
                    let released = self.release(task);
                    self.object(id).places.insert(number, released);
                }
            }
            (End::Disconnected, _) => self.sees_gone(task, id, side),
            _ => {}
        }
    }

    /// Message `number` was sent, by a task or by the timer that has just fired.
    fn sent(&mut self, world: &World, task: Option<TaskId>, id: ObjectId, number: u64) {
        let freed = capacity(world, id).and_then(|capacity| number.checked_sub(capacity));
        let place = freed.and_then(|before| self.object(id).places.remove(&before));
        if let Some(task) = task {
            place.iter().for_each(|place| self.acquire(task, place));
            let released = self.release(task);
            self.object(id).messages.insert(number, released);
        }
    }

    /// The clock has fired what was next.
    fn fired(&mut self, world: &World, outcome: Outcome) {
        let Owner::Timer(timer) = Owner::of_value(outcome.value) else { return };
        let id = world.timer(timer).channel;
        if let (true, Object::Channel(channel)) = (outcome.is_done(), &world.objects[id.index()]) {
            let number = channel.sent - 1;
            self.sent(world, None, id, number);
            let started = self.object(timer).all.clone();
            self.object(id).messages.insert(number, started);
        }
    }

    /// A handle of each of `sides` went, or all did.
    fn goes(&mut self, task: TaskId, id: ObjectId, sides: &[Side]) {
        let released = self.release(task);
        sides.iter().for_each(|side| self.object(id).gone[at(*side)].join(&released));
    }

    /// `task`, which came to `side`, found that nobody is left on the other.
    fn sees_gone(&mut self, task: TaskId, id: ObjectId, side: Side) {
        let released = self.object(id).gone[at(side.other())].clone();
        self.acquire(task, &released);
    }

    fn rendezvous(&mut self, task: TaskId, id: ObjectId, op: &rendezvous::Op, outcome: Outcome) {
        use rendezvous::Op::{AddReceiver, AddSender, Close, DropReceiver, DropSender};
        use rendezvous::Op::{ReceiveArrive, ReceiveLeave, SendArrive, SendLeave, TryReceive, TrySend};
        let side = match op {
            SendArrive | SendLeave | TrySend => Side::Sending,
            ReceiveArrive | ReceiveLeave | TryReceive => Side::Receiving,
            DropSender => return self.goes(task, id, &[Side::Sending]),
            DropReceiver => return self.goes(task, id, &[Side::Receiving]),
            Close => return self.goes(task, id, &[Side::Sending, Side::Receiving]),
            AddSender | AddReceiver => return,
        };
        match outcome.end {
            End::Done if matches!(op, SendLeave | ReceiveLeave) => self.was_let_go(task),
            End::Done => self.meets(task, TaskId(outcome.value as u32)),
            End::Queued => self.arrives(task),
            End::Disconnected => self.sees_gone(task, id, side),
            End::Failed | End::TimedOut => {}
        }
    }

    /// `task` waits for a partner.
    fn arrives(&mut self, task: TaskId) {
        self.past(task).arrived = self.release(task);
    }

    /// `task` meets `partner`, who has waited: what was before on one side is before what comes after on the other.
    fn meets(&mut self, task: TaskId, partner: TaskId) {
        let arrived = std::mem::take(&mut self.past(partner).arrived);
        self.lets_go(task, &[partner]);
        self.acquire(task, &arrived);
    }

    fn select(&mut self, world: &World, task: TaskId, op: &select::Op, outcome: Outcome) {
        match outcome.end {
            End::Queued => return self.arrives(task),
            End::Failed | End::TimedOut => return,
            End::Done | End::Disconnected => {}
        }
        if matches!(op.form, select::Form::Look | select::Form::Await) {
            return;
        }
        let (number, detail) = outcome.arm();
        let select::Arm { channel: id, side } = op.arms[number];
        let is_buffered = matches!(world.objects[id.index()], Object::Channel(_));
        match (outcome.end, op.form) {
            (End::Disconnected, _) => self.sees_gone(task, id, side),
            (end, _) if is_buffered => self.message(world, task, (id, side), end, detail),
            (_, select::Form::Leave(_)) => self.was_let_go(task),
            _ => self.meets(task, TaskId(detail as u32)),
        }
    }
}

/// How many messages fit into the channel `id`, which has a buffer; none if there is no limit.
fn capacity(world: &World, id: ObjectId) -> Option<u64> {
    match &world.objects[id.index()] {
        Object::Channel(channel) => channel.capacity(),
        _ => None,
    }
}
