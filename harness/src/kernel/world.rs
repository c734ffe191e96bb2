//! The state of an execution as far as scheduling can tell, and the steps that change it.

use smallvec::SmallVec;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::clock::Owner;
use super::handles::Side;
use super::ids::{ObjectId, TaskId};
use super::{
    atomic, barrier, cell, channel, choice, clock, condvar, gate, life, mutex, once, park, rendezvous, rwlock, select,
    semaphore, timer,
};

/// What a task is about to do, declared before it happens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Op {
    /// Nothing: the task has not declared anything yet.
    Start,
    Atomic(ObjectId, atomic::Op),
    Fence(Ordering),
    Mutex(ObjectId, mutex::Op),
    RwLock(ObjectId, rwlock::Op),
    Condvar(ObjectId, condvar::Op),
    Barrier(ObjectId, barrier::Op),
    Once(ObjectId, once::Op),
    Channel(ObjectId, channel::Op),
    Rendezvous(ObjectId, rendezvous::Op),
    Select(select::Op),
    Semaphore(ObjectId, semaphore::Op),
    Gate(ObjectId, gate::Op),
    Timer(ObjectId, timer::Op),
    Park(park::Op),
    Life(life::Op),
    Clock(clock::Op),
    Choose(choice::Op),
    /// Offer the processor: `yield_now` and `spin_loop`.
    Yield,
    /// Never declared, and performed without the kernel.
    Cell(ObjectId, cell::Op),
}

impl Op {
    /// The object whose state decides whether the operation is enabled, if it is an object.
    #[inline]
    pub(crate) fn object(&self) -> Option<ObjectId> {
        match *self {
            Op::Atomic(object, _)
            | Op::Mutex(object, _)
            | Op::RwLock(object, _)
            | Op::Barrier(object, _)
            | Op::Once(object, _)
            | Op::Channel(object, _)
            | Op::Rendezvous(object, _)
            | Op::Semaphore(object, _)
            | Op::Gate(object, _)
            | Op::Timer(object, _)
            | Op::Cell(object, _)
            | Op::Condvar(_, condvar::Op::Wake { mutex: object })
            | Op::Condvar(object, _) => Some(object),
            Op::Start | Op::Fence(_) | Op::Park(_) | Op::Life(_) | Op::Clock(_) | Op::Choose(_) | Op::Yield => None,
            // It has several.
            Op::Select(_) => None,
        }
    }
}

/// Operations are copied at every step.
const _: () = assert!(size_of::<Op>() <= 32);

/// How a step ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum End {
    Done,
    /// A `try_` form, a compare-exchange or a question that was answered with no.
    Failed,
    /// The task joined a queue and goes on with a second operation.
    Queued,
    TimedOut,
    Disconnected,
}

/// The result of a step: how it ended and a value whose meaning depends on the operation: what an atomic held
/// before, whether a lock is poisoned, the number of a message, the partner of a rendezvous, the answer of a choice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Outcome {
    pub(crate) end: End,
    pub(crate) value: u64,
}

impl Outcome {
    pub(crate) const DONE: Outcome = Outcome { end: End::Done, value: 0 };

    #[inline]
    fn done(value: u64) -> Outcome {
        Outcome { end: End::Done, value }
    }

    #[inline]
    pub(crate) fn done_if(done: bool, value: u64) -> Outcome {
        let end = if done { End::Done } else { End::Failed };
        Outcome { end, value }
    }

    #[inline]
    pub(crate) fn is_done(self) -> bool {
        self.end == End::Done
    }
}

/// A shared object. As long as a power of two, so that finding one takes no multiplication.
#[derive(Clone, PartialEq, Eq, Debug)]
#[repr(align(64))]
pub(crate) enum Object {
    Atomic(atomic::Atomic),
    Mutex(mutex::Mutex),
    RwLock(rwlock::RwLock),
    Condvar(condvar::Condvar),
    Barrier(barrier::Barrier),
    Once(once::Once),
    Channel(channel::Channel),
    Rendezvous(Box<rendezvous::Rendezvous>),
    Semaphore(semaphore::Semaphore),
    Gate(gate::Gate),
    Timer(Box<timer::Timer>),
    /// A checked cell. Its accesses are no operations, so that there is nothing to know of it.
    Cell,
}

const _: () = assert!(size_of::<Object>().is_power_of_two());

impl Object {
    /// What a person calls it.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Object::Atomic(_) => "atomic",
            Object::Mutex(_) => "mutex",
            Object::RwLock(_) => "rwlock",
            Object::Condvar(_) => "condvar",
            Object::Barrier(_) => "barrier",
            Object::Once(_) => "once",
            Object::Channel(_) | Object::Rendezvous(_) => "channel",
            Object::Semaphore(_) => "semaphore",
            Object::Gate(_) => "gate",
            Object::Timer(_) => "timer",
            Object::Cell => "cell",
        }
    }
}

/// Whether the thing that a task enrolled for has happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Wake {
    #[default]
    Nothing,
    Waiting,
    Woken,
    TimedOut,
}

/// The timer of a task; it has at most one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Timer {
    #[default]
    Off,
    Armed,
    Fired,
}

/// What the kernel knows of a task.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Task {
    pub(crate) wake: Wake,
    pub(crate) timer: Timer,
    /// The park token.
    token: bool,
    pub(crate) finished: bool,
    /// Whether some task has seen that it finished.
    end_seen: bool,
    /// How many spurious wake-ups it may still have.
    spurious_left: u8,
    /// The condition variable in which it waits.
    waits_in: Option<ObjectId>,
    /// The partner that a rendezvous brought.
    pub(super) partner: TaskId,
    /// Where it did, if the task waited in a select.
    pub(super) met: Option<select::Arm>,
    /// How many timers that send it has started.
    pub(super) timers_started: u32,
}

/// How many spurious wake-ups a task may have in one execution, when they are on at all. Without a limit a
/// waiting loop would never end and no deadlock would be found.
const SPURIOUS_WAKEUPS_PER_TASK: u8 = 2;

impl Task {
    const NEW: Task = Task {
        wake: Wake::Nothing,
        timer: Timer::Off,
        token: false,
        finished: false,
        end_seen: false,
        spurious_left: SPURIOUS_WAKEUPS_PER_TASK,
        waits_in: None,
        partner: TaskId::NONE,
        met: None,
        timers_started: 0,
    };
}

/// What an exploration can set.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Rules {
    pub(crate) clock: clock::Clock,
    pub(crate) spurious_wakeups: bool,
}

/// The state of an execution.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) rules: Rules,
    pub(crate) objects: Vec<Object>,
    /// Indexed by task; the first is the clock.
    pub(crate) tasks: Vec<Task>,
    pub(crate) time: clock::Time,
    /// The tasks that the last step woke, or that may go on because of it; emptied by whoever re-evaluates them. Not part
    /// of the state.
    pub(crate) woken: SmallVec<[TaskId; 8]>,
    /// Whether a step may have left something in `woken`, `disarmed` or `fell` since they were emptied. Not part of the state.
    traces: bool,
    /// The earliest deadline among the timers that the last step took back. Not part of the state.
    disarmed: Option<Duration>,
    /// The deadline of the timer that the last step fired, if it had come before. Not part of the state.
    fell: Option<Duration>,
    /// The queues from which the last step took somebody who was met elsewhere. Not part of the state, and kept up to date
    /// only by steps that may meet somebody.
    pub(super) withdrawn: SmallVec<[select::Arm; 2]>,
}

impl Clone for World {
    fn clone(&self) -> World {
        let mut copy = World::default();
        copy.clone_from(self);
        copy
    }

    /// Keeps the memory.
    fn clone_from(&mut self, other: &World) {
        self.rules = other.rules;
        self.objects.clone_from(&other.objects);
        self.tasks.clone_from(&other.tasks);
        self.time.clone_from(&other.time);
        self.forget_traces();
    }
}

impl PartialEq for World {
    fn eq(&self, other: &World) -> bool {
        self.objects == other.objects && self.tasks == other.tasks && self.time == other.time
    }
}

macro_rules! object {
    ($world:expr, $id:expr, $kind:ident) => {
        match &mut $world.objects[$id.index()] {
            Object::$kind(object) => object,
            other => wrong_kind(ObjectId($id.0), other.kind()),
        }
    };
}

macro_rules! look {
    ($world:expr, $id:expr, $kind:ident) => {
        match &$world.objects[$id.index()] {
            Object::$kind(object) => object,
            other => wrong_kind(ObjectId($id.0), other.kind()),
        }
    };
}

/// By value: an identifier that is shown is in memory from then on, and the operation that it is a part of.
#[cold]
#[inline(never)]
fn wrong_kind(id: ObjectId, kind: &str) -> ! {
    unreachable!("{id:?} is a {kind}")
}

/// [`wrong_kind`] where even to ask for the kind would cost a register.
#[cold]
#[inline(never)]
fn no_channel(id: ObjectId) -> ! {
    unreachable!("{id:?} is no such channel")
}

impl World {
    /// Makes this the state before the first step: no objects, the clock, and no other task.
    pub(crate) fn reset(&mut self, rules: Rules) {
        self.rules = rules;
        self.objects.clear();
        self.tasks.truncate(1);
        self.time.reset(rules.clock);
        self.forget_traces();
        if self.tasks.is_empty() {
            self.add_task();
        }
    }

    pub(crate) fn add_task(&mut self) -> TaskId {
        let id = TaskId(self.tasks.len() as u32);
        self.tasks.push(Task::NEW);
        id
    }

    /// Makes `task`, which has ended, another one.
    pub(crate) fn renew_task(&mut self, task: TaskId) {
        self.tasks[task.index()] = Task::NEW;
    }

    pub(crate) fn add_object(&mut self, object: Object) -> ObjectId {
        self.add_made(|| object)
    }

    /// Adds what `make` makes, where it will stay. (Who passes on an object through memory writes it in small parts and reads it in large ones, and
    /// for that the processor waits. `extend` makes room first, which `push` does when the object is there already.)
    #[inline(always)]
    pub(crate) fn add_made(&mut self, make: impl FnOnce() -> Object) -> ObjectId {
        let id = ObjectId(self.objects.len() as u32);
        self.objects.extend(std::iter::once_with(make));
        id
    }

    /// Whether `task` could perform `op` now.
    #[inline(always)]
    pub(crate) fn enabled(&self, task: TaskId, op: &Op) -> bool {
        match op {
            Op::Atomic(..) | Op::Yield | Op::Fence(_) | Op::Choose(_) | Op::Start => true,
            Op::Mutex(id, op) => look!(self, id, Mutex).enabled(op),
            Op::Condvar(_, condvar::Op::Wake { mutex }) => self.may_wake(task) && self.owner(*mutex) == TaskId::NONE,
            Op::Condvar(..) => true,
            Op::Channel(id, op) => {
                look!(self, id, Channel).enabled(op) || (*op == channel::Op::Receive && self.has_timed_out(task))
            }
            Op::Life(life::Op::Join(child)) => self.tasks[child.index()].finished,
            Op::Life(_) => true,
            Op::Rendezvous(id, op @ (rendezvous::Op::SendLeave | rendezvous::Op::ReceiveLeave)) => {
                let me = &self.tasks[task.index()];
                me.wake == Wake::Woken || me.timer == Timer::Fired || look!(self, id, Rendezvous).disconnected(op)
            }
            Op::Rendezvous(..) => true,
            _ => self.enabled_blocking(task, op),
        }
    }

    fn enabled_blocking(&self, task: TaskId, op: &Op) -> bool {
        let me = &self.tasks[task.index()];
        match op {
            Op::RwLock(id, op) => look!(self, id, RwLock).enabled(op),
            Op::Barrier(_, barrier::Op::Leave) | Op::Gate(_, gate::Op::Leave) => me.wake == Wake::Woken,
            Op::Once(id, op) => look!(self, id, Once).enabled(op),
            Op::Select(op) => self.select_enabled(task, op),
            Op::Semaphore(id, op) => look!(self, id, Semaphore).enabled(op),
            Op::Park(park::Op::Park) => me.token || me.timer == Timer::Fired,
            Op::Clock(clock::Op::Sleep) => me.timer == Timer::Fired,
            Op::Clock(clock::Op::Fire) => self.time.next_deadline().is_some(),
            _ => true,
        }
    }

    /// Whether `task`, which waits in a condition variable, could wake up if it got the mutex.
    #[inline]
    pub(crate) fn may_wake(&self, task: TaskId) -> bool {
        let me = &self.tasks[task.index()];
        match me.wake {
            Wake::Woken | Wake::TimedOut => true,
            Wake::Waiting => self.rules.spurious_wakeups && me.spurious_left > 0,
            Wake::Nothing => false,
        }
    }

    /// The task that holds the mutex `id`, or [`TaskId::NONE`].
    #[inline]
    pub(crate) fn owner(&self, id: ObjectId) -> TaskId {
        look!(self, id, Mutex).owner
    }

    /// Whether one could send to the channel `id`, and whether one could receive from it.
    #[inline]
    pub(crate) fn channel_enables(&self, id: ObjectId) -> (bool, bool) {
        look!(self, id, Channel).enables()
    }

    /// Whether the timer of `task` has fired and was not taken back.
    #[inline]
    pub(crate) fn has_timed_out(&self, task: TaskId) -> bool {
        self.time.matters() && self.tasks[task.index()].timer == Timer::Fired
    }

    /// Whether `op` drops a handle of a channel on whose other side nobody is left.
    #[inline(always)]
    pub(crate) fn is_dropped_for_nobody(&self, op: &Op) -> bool {
        match op {
            Op::Channel(id, channel::Op::DropSender) | Op::Rendezvous(id, rendezvous::Op::DropSender) => {
                self.is_for_nobody(*id, Side::Sending)
            }
            Op::Channel(id, channel::Op::DropReceiver) | Op::Rendezvous(id, rendezvous::Op::DropReceiver) => {
                self.is_for_nobody(*id, Side::Receiving)
            }
            _ => false,
        }
    }

    /// Whether the step `op`, which has just ended with `outcome`, had to end so from some step of another task on, and has
    /// changed nothing that others could see: it found a channel disconnected, or went on with a partner who had come. Not if there
    /// may have been a timer that it took back.
    #[inline(always)]
    pub(crate) fn was_settled(&self, op: &Op, outcome: Outcome) -> bool {
        use rendezvous::Op::{ReceiveLeave, SendLeave};
        let settled = match op {
            Op::Rendezvous(_, SendLeave | ReceiveLeave) => outcome.end != End::TimedOut,
            Op::Channel(..) | Op::Rendezvous(..) => outcome.end == End::Disconnected,
            _ => false,
        };
        settled && !self.time.matters()
    }

    /// How many outcomes `op` has for the scheduler to choose from; at least one.
    #[inline(always)]
    pub(crate) fn alternatives(&self, op: &Op) -> u32 {
        match op {
            Op::Condvar(id, condvar::Op::NotifyOne) => (look!(self, id, Condvar).waiters.len() as u32).max(1),
            Op::Choose(choice) => choice.outcomes,
            Op::Select(op) => self.select_alternatives(op),
            Op::Clock(clock::Op::Fire) => self.time.next_count().max(1),
            Op::Life(life::Op::IsFinished(child)) => {
                let child = &self.tasks[child.index()];
                if child.finished && !child.end_seen { 2 } else { 1 }
            }
            _ => 1,
        }
    }

    #[inline]
    pub(super) fn wake(&mut self, task: TaskId) {
        self.tasks[task.index()].wake = Wake::Woken;
        self.disarm(task);
        self.let_go(task);
    }

    /// Notes that `task` may go on because of this step.
    #[inline]
    fn let_go(&mut self, task: TaskId) {
        self.traces = true;
        self.woken.push(task);
    }

    /// Forgets the timer of `task`, whether it fired or not.
    #[inline]
    pub(super) fn disarm(&mut self, task: TaskId) {
        if !self.time.matters() {
            // Nobody ever armed one.
            return;
        }
        let timer = &mut self.tasks[task.index()].timer;
        if std::mem::take(timer) == Timer::Armed {
            self.take_back(Owner::Task(task));
        }
    }

    #[inline(never)]
    pub(super) fn take_back(&mut self, owner: Owner) {
        let deadline = self.time.disarm(owner);
        self.traces = true;
        self.disarmed = self.disarmed.into_iter().chain(deadline).min();
    }

    /// Performs `op`, which is enabled, for `task`, with the outcome that `alternative` means.
    #[inline(always)]
    pub(crate) fn apply(&mut self, task: TaskId, op: &Op, alternative: u32) -> Outcome {
        match op {
            Op::Atomic(id, op) => {
                let (old, written) = object!(self, id, Atomic).apply(op);
                let failed = !written && matches!(op, atomic::Op::CompareExchange { .. });
                Outcome::done_if(!failed, old)
            }
            Op::Mutex(id, op) => {
                let mutex = object!(self, id, Mutex);
                let done = mutex.apply(task, op);
                Outcome::done_if(done, mutex.poisoned.into())
            }
            Op::Start | Op::Fence(_) | Op::Yield => Outcome::done(0),
            Op::Condvar(id, op) => {
                self.forget_last_step();
                self.apply_condvar(task, *id, op, alternative)
            }
            Op::Channel(id, op) => self.apply_channel(task, *id, op).0,
            Op::Life(op) => {
                self.forget_last_step();
                self.apply_life(task, op, alternative)
            }
            Op::Rendezvous(id, op @ (rendezvous::Op::SendArrive | rendezvous::Op::ReceiveArrive)) => {
                self.forget_last_step();
                self.arrive(task, *id, op)
            }
            Op::Rendezvous(id, op @ (rendezvous::Op::SendLeave | rendezvous::Op::ReceiveLeave)) => {
                self.forget_last_step();
                self.leave_rendezvous(task, *id, op)
            }
            _ => self.apply_other(task, op, alternative),
        }
    }

    /// Forgets whom the last step woke and which timers it took back. Most operations do neither, and leave what is there.
    #[inline]
    fn forget_last_step(&mut self) {
        if self.traces {
            self.forget_traces();
        }
    }

    #[inline]
    fn forget_traces(&mut self) {
        self.woken.clear();
        self.disarmed = None;
        self.fell = None;
        self.traces = false;
    }

    fn apply_other(&mut self, task: TaskId, op: &Op, alternative: u32) -> Outcome {
        self.forget_last_step();
        match op {
            Op::Atomic(..)
            | Op::Mutex(..)
            | Op::Start
            | Op::Fence(_)
            | Op::Yield
            | Op::Condvar(..)
            | Op::Channel(..)
            | Op::Rendezvous(
                _,
                rendezvous::Op::SendArrive
                | rendezvous::Op::SendLeave
                | rendezvous::Op::ReceiveArrive
                | rendezvous::Op::ReceiveLeave,
            )
            | Op::Life(_) => unreachable!("handled by `apply`"),
            Op::RwLock(id, op) => {
                let lock = object!(self, id, RwLock);
                let done = lock.apply(task, op);
                Outcome::done_if(done, lock.poisoned.into())
            }
            Op::Barrier(_, barrier::Op::Leave) => self.leave(task),
            Op::Barrier(id, barrier::Op::Arrive) => match object!(self, id, Barrier).arrive(task) {
                Some(waiting) => {
                    waiting.into_iter().for_each(|waiter| self.wake(waiter));
                    Outcome::done(1)
                }
                None => self.queued(task),
            },
            Op::Once(id, op) => {
                let found = object!(self, id, Once).apply(task, op);
                Outcome::done(found as u64)
            }
            Op::Rendezvous(id, op) => self.apply_rendezvous(task, *id, op),
            Op::Select(op) => self.apply_select(task, op, alternative),
            Op::Semaphore(id, op) => {
                let semaphore = object!(self, id, Semaphore);
                let done = semaphore.apply(op);
                let answer = if *op == semaphore::Op::Available { semaphore.permits } else { 0 };
                Outcome::done_if(done, answer)
            }
            Op::Gate(id, op) => self.apply_gate(task, *id, op),
            Op::Timer(id, op) => self.apply_timer(task, *id, op),
            Op::Park(park::Op::Park) => {
                self.disarm(task);
                let token = std::mem::take(&mut self.tasks[task.index()].token);
                let end = if token { End::Done } else { End::TimedOut };
                Outcome { end, value: 0 }
            }
            Op::Park(park::Op::Unpark(other)) => {
                self.tasks[other.index()].token = true;
                self.let_go(*other);
                Outcome::done(0)
            }
            Op::Clock(op) => self.apply_clock(task, op, alternative),
            Op::Choose(_) => Outcome::done(alternative.into()),
            Op::Cell(..) => Outcome::DONE,
        }
    }

    #[inline]
    pub(super) fn queued(&mut self, task: TaskId) -> Outcome {
        self.tasks[task.index()].wake = Wake::Waiting;
        Outcome { end: End::Queued, value: 0 }
    }

    fn leave(&mut self, task: TaskId) -> Outcome {
        self.tasks[task.index()].wake = Wake::Nothing;
        Outcome::done(0)
    }

    #[inline(always)]
    fn apply_condvar(&mut self, task: TaskId, id: ObjectId, op: &condvar::Op, alternative: u32) -> Outcome {
        match *op {
            condvar::Op::Wait { mutex, timeout, poison } => {
                object!(self, mutex, Mutex).release(task, poison);
                object!(self, id, Condvar).enqueue(task);
                self.tasks[task.index()].waits_in = Some(id);
                if let Some(timeout) = timeout {
                    self.arm(task, timeout);
                }
                self.queued(task)
            }
            condvar::Op::Wake { mutex } => {
                let me = &mut self.tasks[task.index()];
                me.waits_in = None;
                let wake = std::mem::take(&mut me.wake);
                if wake == Wake::Waiting {
                    me.spurious_left -= 1;
                    object!(self, id, Condvar).dequeue(task);
                }
                self.disarm(task);
                let mutex = object!(self, mutex, Mutex);
                mutex.acquire(task);
                let end = match wake {
                    Wake::TimedOut => End::TimedOut,
                    // Nobody asked for it.
                    Wake::Waiting => End::Failed,
                    Wake::Woken | Wake::Nothing => End::Done,
                };
                Outcome { end, value: mutex.poisoned.into() }
            }
            condvar::Op::NotifyOne => match object!(self, id, Condvar).pick(alternative) {
                Some(waiter) => {
                    self.wake(waiter);
                    Outcome::done(1)
                }
                None => Outcome::done(0),
            },
            condvar::Op::NotifyAll => {
                let waiters = std::mem::take(&mut object!(self, id, Condvar).waiters);
                let count = waiters.len() as u64;
                waiters.into_iter().for_each(|waiter| self.wake(waiter));
                Outcome::done(count)
            }
        }
    }

    /// The channel with a buffer `id`.
    #[inline(always)]
    pub(crate) fn channel(&self, id: ObjectId) -> &channel::Channel {
        match &self.objects[id.index()] {
            Object::Channel(channel) => channel,
            _ => no_channel(id),
        }
    }

    /// [`World::apply`] of an operation on a channel with a buffer; and [`World::channel_enables`] of it afterwards.
    #[inline(always)]
    pub(crate) fn apply_channel(&mut self, task: TaskId, id: ObjectId, op: &channel::Op) -> (Outcome, (bool, bool)) {
        self.forget_last_step();
        let channel = object!(self, id, Channel);
        let done = channel.apply(op);
        let enables = channel.enables_after(op, done);
        if op.ends_waiting(done) {
            self.disarm(task);
        }
        (World::outcome_of_channel(op, done), enables)
    }

    #[inline(always)]
    fn outcome_of_channel(op: &channel::Op, done: channel::Done) -> Outcome {
        match done {
            channel::Done::Message(number) => Outcome::done(number),
            channel::Done::Handles => Outcome::done(0),
            channel::Done::Closed(closed) => Outcome::done_if(closed, 0),
            channel::Done::Answer(answer) => Outcome::done(answer),
            channel::Done::Disconnected => Outcome { end: End::Disconnected, value: 0 },
            channel::Done::Empty if *op == channel::Op::Receive => Outcome { end: End::TimedOut, value: 0 },
            channel::Done::Full | channel::Done::Empty => Outcome { end: End::Failed, value: 0 },
        }
    }

    /// `task` comes to a channel without a buffer, and waits there unless somebody does on the other side.
    #[inline(always)]
    fn arrive(&mut self, task: TaskId, id: ObjectId, op: &rendezvous::Op) -> Outcome {
        let done = object!(self, id, Rendezvous).apply(task, op);
        self.come(task, id, op, done)
    }

    /// [`World::apply`] of an arrival at a channel without a buffer, if nobody waits there but one task on the other side, which does so
    /// nowhere else. `None`, with nothing done, if that is not so. Time must not matter.
    ///
    /// Whom it wakes is the partner that the outcome names, and nobody is noted.
    #[inline(always)]
    pub(crate) fn arrive_plainly(&mut self, task: TaskId, id: ObjectId, side: Side) -> Option<Outcome> {
        debug_assert!(!self.time.matters());
        let channel = match &mut self.objects[id.index()] {
            Object::Rendezvous(channel) => channel,
            _ => no_channel(id),
        };
        Some(match channel.arrive_plainly(task, side)? {
            rendezvous::Done::Met(partner) => {
                let waited = &mut self.tasks[partner.task.index()];
                waited.partner = task;
                waited.wake = Wake::Woken;
                Outcome::done(partner.task.0.into())
            }
            _ => self.queued(task),
        })
    }

    /// [`World::apply`] of leaving a channel without a buffer, if a partner has come. `None`, with nothing done, if not. Time must not
    /// matter.
    #[inline(always)]
    pub(crate) fn leave_plainly(&mut self, task: TaskId) -> Option<Outcome> {
        debug_assert!(!self.time.matters());
        let me = &mut self.tasks[task.index()];
        if me.wake != Wake::Woken {
            return None;
        }
        me.wake = Wake::Nothing;
        let partner = std::mem::replace(&mut me.partner, TaskId::NONE);
        Some(Outcome::done(partner.0.into()))
    }

    /// Adds a handle of this side to the channel `id`. Time must not matter.
    #[inline(always)]
    pub(crate) fn add_handle(&mut self, id: ObjectId, side: Side) {
        match &mut self.objects[id.index()] {
            Object::Channel(channel) => channel.add_handle(side),
            Object::Rendezvous(channel) => channel.add_handle(side),
            other => wrong_kind(id, other.kind()),
        }
    }

    /// Whether nobody is left whom it could concern that a handle of this side of the channel `id` is dropped. Nobody will be, either: a
    /// handle is made from another of its side.
    #[inline(always)]
    pub(crate) fn is_for_nobody(&self, id: ObjectId, side: Side) -> bool {
        match &self.objects[id.index()] {
            Object::Channel(channel) => channel.is_gone(side),
            Object::Rendezvous(channel) => channel.is_gone(side),
            other => wrong_kind(id, other.kind()),
        }
    }

    /// [`World::apply`] of dropping a handle of this side of the channel without a buffer `id`, if nobody has to be looked at one by one. Says
    /// whether it was so; if not, nothing was done. Time must not matter.
    #[inline(always)]
    pub(crate) fn drop_plainly(&mut self, id: ObjectId, side: Side) -> bool {
        debug_assert!(!self.time.matters());
        match &mut self.objects[id.index()] {
            Object::Rendezvous(channel) => channel.drop_plainly(side),
            _ => no_channel(id),
        }
    }

    /// What it means to `task` and to others that `op`, which comes to meet somebody, ended with `done`.
    #[inline(always)]
    fn come(&mut self, task: TaskId, id: ObjectId, op: &rendezvous::Op, done: rendezvous::Done) -> Outcome {
        use rendezvous::{Done, Op};
        self.withdrawn.clear();
        if done == Done::Queued {
            return self.queued(task);
        }
        self.disarm(task);
        match done {
            Done::Met(partner) => {
                let side = if matches!(op, Op::SendArrive | Op::TrySend) { Side::Sending } else { Side::Receiving };
                self.met(task, select::Arm { channel: id, side }, partner);
                Outcome::done(partner.task.0.into())
            }
            Done::Disconnected => Outcome { end: End::Disconnected, value: 0 },
            _ => Outcome { end: End::Failed, value: 0 },
        }
    }

    /// Performs `op`, which neither comes with patience nor leaves.
    fn apply_rendezvous(&mut self, task: TaskId, id: ObjectId, op: &rendezvous::Op) -> Outcome {
        use rendezvous::{Done, Op};
        let channel = object!(self, id, Rendezvous);
        let done = channel.apply(task, op);
        if matches!(op, Op::DropSender | Op::DropReceiver | Op::Close) {
            let stranded: SmallVec<[TaskId; 8]> = channel.stranded().collect();
            stranded.into_iter().for_each(|task| self.let_go(task));
        }
        match done {
            Done::Handles => Outcome::done(0),
            Done::Closed(closed) => {
                self.disarm(task);
                Outcome::done_if(closed, 0)
            }
            done => self.come(task, id, op, done),
        }
    }

    #[inline(always)]
    fn leave_rendezvous(&mut self, task: TaskId, id: ObjectId, op: &rendezvous::Op) -> Outcome {
        let me = &mut self.tasks[task.index()];
        if std::mem::take(&mut me.wake) == Wake::Woken {
            let partner = std::mem::replace(&mut me.partner, TaskId::NONE);
            return Outcome::done(partner.0.into());
        }
        self.give_up_meeting(task, id, op)
    }

    /// `task` leaves alone.
    #[inline(never)]
    fn give_up_meeting(&mut self, task: TaskId, id: ObjectId, op: &rendezvous::Op) -> Outcome {
        self.disarm(task);
        let channel = object!(self, id, Rendezvous);
        channel.withdraw(task);
        let end = if channel.disconnected(op) { End::Disconnected } else { End::TimedOut };
        Outcome { end, value: 0 }
    }

    /// [`World::apply`] of adding to the counter of the gate `id`, if nobody is to be let go. `None`, with nothing done, if it is not so.
    #[inline(always)]
    pub(crate) fn add_plainly(&mut self, id: ObjectId, delta: i64) -> Option<Outcome> {
        let somebody_leaves = object!(self, id, Gate).add_plainly(delta)?;
        Some(Outcome::done((delta > 0 && somebody_leaves).into()))
    }

    /// [`World::apply`] of lowering the counter of the gate `id` to zero, where time does not matter: lets those go who wait, whom it
    /// returns. `None`, with nothing done, if the counter would not be zero.
    pub(crate) fn open_gate(&mut self, id: ObjectId, delta: i64) -> Option<SmallVec<[TaskId; 4]>> {
        debug_assert!(!self.time.matters());
        let gate = object!(self, id, Gate);
        if gate.count.checked_add(delta) != Some(0) {
            return None;
        }
        let let_go = gate.add(delta)?;
        let_go.iter().for_each(|waiter| self.tasks[waiter.index()].wake = Wake::Woken);
        Some(let_go)
    }

    /// `task` comes to the gate `id`, and waits there unless its counter is zero.
    pub(crate) fn enroll(&mut self, task: TaskId, id: ObjectId) -> Outcome {
        if object!(self, id, Gate).enroll(task) { Outcome::done(0) } else { self.queued(task) }
    }

    /// `task`, which was let go, leaves the gate `id`.
    pub(crate) fn leave_gate(&mut self, task: TaskId, id: ObjectId) -> Outcome {
        let gate = object!(self, id, Gate);
        gate.leaving -= 1;
        let count = gate.count as u64;
        self.leave(task);
        Outcome::done(count)
    }

    fn apply_gate(&mut self, task: TaskId, id: ObjectId, op: &gate::Op) -> Outcome {
        match *op {
            gate::Op::Add(delta) => {
                let gate = object!(self, id, Gate);
                let Some(waiting) = gate.add(delta) else { return Outcome { end: End::Failed, value: 0 } };
                let early = delta > 0 && gate.leaving > 0;
                waiting.into_iter().for_each(|waiter| self.wake(waiter));
                Outcome::done(early.into())
            }
            gate::Op::Enroll => self.enroll(task, id),
            gate::Op::Leave => self.leave_gate(task, id),
        }
    }

    #[inline(always)]
    pub(crate) fn finish(&mut self, task: TaskId) {
        self.tasks[task.index()].finished = true;
    }

    /// Somebody has seen that `task` finished.
    #[inline(always)]
    pub(crate) fn see_end_of(&mut self, task: TaskId) {
        self.tasks[task.index()].end_seen = true;
    }

    #[inline(always)]
    fn apply_life(&mut self, task: TaskId, op: &life::Op, alternative: u32) -> Outcome {
        match *op {
            life::Op::Spawn(child) => Outcome::done(child.0.into()),
            life::Op::Finish => {
                self.finish(task);
                Outcome::done(0)
            }
            life::Op::Join(child) => {
                self.see_end_of(child);
                Outcome::done(0)
            }
            life::Op::IsFinished(child) => {
                let child = &mut self.tasks[child.index()];
                let finished = child.finished && alternative == 0;
                child.end_seen |= finished;
                Outcome::done_if(finished, finished.into())
            }
        }
    }

    fn arm(&mut self, task: TaskId, after: Duration) {
        self.time.arm(Owner::Task(task), after);
        self.tasks[task.index()].timer = Timer::Armed;
    }

    fn apply_clock(&mut self, task: TaskId, op: &clock::Op, alternative: u32) -> Outcome {
        match *op {
            clock::Op::Now => self.time.look(),
            clock::Op::Arm(after) => self.arm(task, after),
            clock::Op::Disarm | clock::Op::Sleep => self.disarm(task),
            clock::Op::Tick(step) => self.time.tick(step),
            clock::Op::Fire => {
                self.traces = true;
                self.fell = self.time.next_deadline().filter(|deadline| *deadline <= self.time.now);
                if let Some((owner, deadline)) = self.time.fire(alternative) {
                    let done = match owner {
                        Owner::Task(task) => {
                            self.time_out(task);
                            true
                        }
                        Owner::Timer(timer) => self.deliver(timer, deadline),
                    };
                    return Outcome::done_if(done, owner.value());
                }
            }
        }
        Outcome::done(0)
    }

    /// The timer of `task` fires: it stops waiting for a notification and may go on.
    fn time_out(&mut self, task: TaskId) {
        let me = &mut self.tasks[task.index()];
        me.timer = Timer::Fired;
        if let Some(condvar) = me.waits_in {
            me.wake = Wake::TimedOut;
            object!(self, condvar, Condvar).dequeue(task);
        }
        self.let_go(task);
    }

    /// The condition variable in which the task whose timer has just fired, or fires next, was waiting, if it is one.
    pub(crate) fn fired_in(&self, owner: Owner) -> Option<ObjectId> {
        match owner {
            Owner::Task(task) => self.tasks.get(task.index())?.waits_in,
            Owner::Timer(_) => None,
        }
    }

    /// The earliest deadline among the timers that the last step took back.
    pub(crate) fn disarmed(&self) -> Option<Duration> {
        self.disarmed
    }

    /// The deadline of the timer that the last step fired, if it had come before.
    pub(crate) fn fell(&self) -> Option<Duration> {
        self.fell
    }

    /// Whether `task` has a timer, armed or fired.
    pub(crate) fn is_timed(&self, task: TaskId) -> bool {
        self.tasks[task.index()].timer != Timer::Off
    }

    /// The task that holds what `op` of `task` waits for, where that is one lock with one holder, or a task that
    /// has to finish. Used to find cycles.
    pub(crate) fn holders(&self, op: &Op) -> SmallVec<[TaskId; 4]> {
        let mut holders = SmallVec::new();
        match op {
            Op::Mutex(id, mutex::Op::Lock) => holders.extend(look!(self, id, Mutex).owner.some()),
            Op::RwLock(id, rwlock::Op::Read | rwlock::Op::Write) => {
                let lock = look!(self, id, RwLock);
                holders.extend(lock.writer.some());
                if matches!(op, Op::RwLock(_, rwlock::Op::Write)) {
                    holders.extend(lock.readers.iter().copied());
                }
            }
            Op::Once(id, once::Op::Begin | once::Op::Wait | once::Op::WaitDone) => {
                if let once::Once::Running(task) = look!(self, id, Once) {
                    holders.push(*task);
                }
            }
            Op::Life(life::Op::Join(child)) => holders.push(*child),
            _ => {}
        }
        holders
    }
}

#[cfg(test)]
impl World {
    /// A state with these objects and as many tasks, besides the clock.
    pub(crate) fn with(rules: Rules, tasks: usize, objects: impl IntoIterator<Item = Object>) -> World {
        let mut world = World::default();
        world.reset(rules);
        for _ in 0..tasks {
            world.add_task();
        }
        for object in objects {
            world.add_object(object);
        }
        world
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRE: Op = Op::Clock(clock::Op::Fire);

    #[test]
    fn a_timed_receive_ends_by_a_message_or_by_the_timer() {
        let [a, b] = [1, 2].map(TaskId);
        let mut world = World::with(Rules::default(), 2, [Object::Channel(channel::Channel::new(None))]);
        let op = |op| Op::Channel(ObjectId(0), op);
        world.apply(a, &Op::Clock(clock::Op::Arm(Duration::from_secs(1))), 0);
        assert!(!world.enabled(a, &op(channel::Op::Receive)));
        let mut in_time = world.clone();
        in_time.apply(b, &op(channel::Op::Send), 0);
        assert!(in_time.apply(a, &op(channel::Op::Receive), 0).is_done());
        assert!(!in_time.enabled(TaskId::CLOCK, &FIRE), "the timer was put back");
        world.apply(TaskId::CLOCK, &FIRE, 0);
        assert!(world.enabled(a, &op(channel::Op::Receive)));
        let mut late = world.clone();
        assert_eq!(world.apply(a, &op(channel::Op::Receive), 0).end, End::TimedOut);
        late.apply(b, &op(channel::Op::Send), 0);
        assert!(late.apply(a, &op(channel::Op::Receive), 0).is_done());
        for world in [world, in_time, late] {
            assert!(!world.is_timed(a));
        }
    }

    #[test]
    fn everybody_who_has_to_let_go_is_a_holder() {
        let [a, b, c] = [1, 2, 3].map(TaskId);
        let lock = Object::RwLock(rwlock::RwLock::new(false));
        let mut world = World::with(Rules::default(), 3, [lock, Object::Once(once::Once::New)]);
        let lock = |op| Op::RwLock(ObjectId(0), op);
        world.apply(b, &lock(rwlock::Op::Read), 0);
        world.apply(c, &lock(rwlock::Op::Read), 0);
        assert_eq!(world.holders(&lock(rwlock::Op::Write)).as_slice(), [b, c]);
        assert!(world.holders(&lock(rwlock::Op::Read)).is_empty());
        assert!(world.holders(&lock(rwlock::Op::TryWrite)).is_empty(), "nobody waits in a try");
        let begin = Op::Once(ObjectId(1), once::Op::Begin);
        assert!(world.holders(&begin).is_empty());
        world.apply(a, &begin, 0);
        assert_eq!(world.holders(&begin).as_slice(), [a]);
        assert_eq!(world.holders(&Op::Life(life::Op::Join(c))).as_slice(), [c]);
    }
}
