//! Who can step: kept up to date by looking only at those whom a step concerns.
//!
//! A suspended task is entered at the object (or the task) that its operation waits for. At locks and buffered channels
//! everybody who is entered waits for the same, so that a step brings all of them up to date at once, without looking at
//! any: how many they are is for the processor to guess, and mostly in vain. At other objects each is evaluated again.
//! And so are those that the kernel says a step woke.

use super::enabled::Enabled;
use super::execution::Execution;
use super::task_set::TaskSet;
use crate::kernel::clock::Owner;
use crate::kernel::handles::Side;
use crate::kernel::select::Form;
use crate::kernel::{Object, ObjectId, Op, Outcome, TaskId};
use crate::kernel::{channel, clock, condvar, life, mutex, once, rendezvous, rwlock, select, semaphore};

/// The tasks that wait for an object.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    /// Everybody, but for those below. At a mutex nobody who would not lock it at once if it were free: a task that waits for
    /// a notification besides is entered when it has come.
    tasks: TaskSet,
    /// Those who receive from a channel and have not timed out.
    receivers: TaskSet,
}

impl Waiting {
    #[inline]
    pub(super) fn clear(&mut self) {
        self.tasks.clear();
        self.receivers.clear();
    }

    /// Those who wait at a channel on this side. At one without a buffer all who wait are entered as those who send are.
    #[inline(always)]
    pub(super) fn on(&mut self, side: Side) -> &mut TaskSet {
        side.pick(&mut self.tasks, &mut self.receivers)
    }
}

/// Whether a task that declared `op` is entered where it waits. (Who sleeps, parks or waits for others at a barrier is not: the
/// kernel says when they are woken.)
#[inline(always)]
pub(super) fn is_entered(op: &Op) -> bool {
    matches!(
        op,
        Op::Mutex(_, mutex::Op::Lock)
            | Op::RwLock(_, rwlock::Op::Read | rwlock::Op::Write)
            | Op::Condvar(_, condvar::Op::Wake { .. })
            | Op::Once(_, once::Op::Begin | once::Op::Wait | once::Op::WaitDone)
            | Op::Channel(_, channel::Op::Send | channel::Op::Receive)
            | Op::Rendezvous(_, rendezvous::Op::SendLeave | rendezvous::Op::ReceiveLeave)
            | Op::Semaphore(_, semaphore::Op::Acquire(_))
            | Op::Life(life::Op::Join(_))
            | Op::Select(select::Op { form: Form::Wait | Form::Leave(_) | Form::Await, .. })
    )
}

impl Enabled {
    /// Something has happened to the channel at which these wait: whether one can send to it now, and whether one can receive from it.
    #[inline(always)]
    pub(super) fn settle_channel<const FEW: bool>(&mut self, waiting: &Waiting, (send, receive): (bool, bool)) {
        self.set_all::<FEW>(&waiting.tasks, send);
        self.set_all::<FEW>(&waiting.receivers, receive);
    }
}

impl Execution {
    #[inline]
    pub(crate) fn is_enabled(&self, task: TaskId) -> bool {
        self.enabled.contains(task)
    }

    /// The set in which a task is entered while it waits for what `op` waits for, if there is one.
    #[inline(always)]
    fn waiting_for(&mut self, op: &Op) -> Option<&mut TaskSet> {
        if !is_entered(op) {
            return None;
        }
        match *op {
            Op::Life(life::Op::Join(child)) => Some(&mut self.slots[child.index()].joiners),
            Op::Channel(id, channel::Op::Receive) => Some(&mut self.waiting[id.index()].receivers),
            Op::Select(_) => Some(&mut self.selecting),
            _ => op.object().map(|id| &mut self.waiting[id.index()].tasks),
        }
    }

    /// Enters the suspended `task` where it waits.
    #[inline(always)]
    pub(super) fn enlist<const FEW: bool>(&mut self, task: TaskId, op: &Op) {
        let waits = match op {
            Op::Condvar(..) => self.world.may_wake(task),
            Op::Channel(_, channel::Op::Receive) => !self.world.has_timed_out(task),
            _ => true,
        };
        if let Some(waiting) = self.waiting_for(op) {
            waiting.set::<FEW>(task, waits);
        }
        if matches!(op, Op::Select(_)) {
            self.schedule_check();
        }
    }

    /// `task`, which had declared `op`, goes on.
    #[inline(always)]
    pub(super) fn delist<const FEW: bool>(&mut self, task: TaskId, op: &Op) {
        if let Some(waiting) = self.waiting_for(op) {
            waiting.set::<FEW>(task, false);
        }
        if matches!(op, Op::Select(_)) {
            self.schedule_check();
        }
    }

    /// Brings one suspended task up to date.
    fn reevaluate(&mut self, task: TaskId) {
        let op = self.slots[task.index()].pending;
        self.enlist::<false>(task, &op);
        self.enabled.set::<false>(task, self.world.enabled(task, &op));
    }

    /// The mutex `id` has been locked or unlocked.
    #[inline(always)]
    fn settle_mutex<const FEW: bool>(&mut self, id: ObjectId, free: bool) {
        self.enabled.set_all::<FEW>(&self.waiting[id.index()].tasks, free);
    }

    /// Something has happened to the channel `id`: whether one can send to it now, and whether one can receive from it.
    #[inline(always)]
    pub(super) fn settle_channel<const FEW: bool>(&mut self, id: ObjectId, can: (bool, bool)) {
        self.enabled.settle_channel::<FEW>(&self.waiting[id.index()], can);
    }

    /// Something has happened to the object `id`: those who wait for it are looked at one by one.
    fn settle_each(&mut self, id: ObjectId) {
        let waiting = &self.waiting[id.index()].tasks;
        for task in waiting.iter() {
            let can = self.world.enabled(task, &self.slots[task.index()].pending);
            self.enabled.set::<false>(task, can);
        }
    }

    /// Whether anybody waits in a select, where tasks are few.
    #[inline(always)]
    pub(super) fn anybody_selects(&self) -> bool {
        !self.selecting.is_empty::<true>()
    }

    /// Something has happened to some channel.
    #[inline(always)]
    pub(super) fn settle_selecting<const FEW: bool>(&mut self) {
        if !self.selecting.is_empty::<FEW>() {
            self.settle_each_selecting();
        }
    }

    #[inline(never)]
    fn settle_each_selecting(&mut self) {
        for task in self.selecting.iter() {
            let can = self.world.enabled(task, &self.slots[task.index()].pending);
            self.enabled.set::<false>(task, can);
        }
    }

    /// A task has taken one of several arms.
    #[inline(never)]
    fn settle_select(&mut self, op: &select::Op) {
        for arm in op.arms.iter() {
            match &self.world.objects[arm.channel.index()] {
                Object::Channel(channel) => self.settle_channel::<false>(arm.channel, channel.enables()),
                _ => self.settle_each(arm.channel),
            }
        }
    }

    /// After `op` of `task`: brings everybody up to date whom it may concern. The operations named first wake nobody
    /// but those who wait for their object.
    #[inline(always)]
    pub(super) fn settle<const FEW: bool>(&mut self, task: TaskId, op: &Op) {
        match *op {
            Op::Atomic(..) | Op::Yield => return,
            Op::Mutex(id, mutex::Op::Lock) => return self.settle_mutex::<FEW>(id, false),
            Op::Mutex(id, mutex::Op::Unlock { .. }) => return self.settle_mutex::<FEW>(id, true),
            Op::Mutex(id, _) => return self.settle_mutex::<FEW>(id, self.world.owner(id) == TaskId::NONE),
            Op::Condvar(_, condvar::Op::Wait { mutex, timeout, .. }) => {
                if timeout.is_some() {
                    self.schedule_check();
                }
                return self.settle_mutex::<FEW>(mutex, true);
            }
            Op::Condvar(_, condvar::Op::Wake { mutex }) => return self.settle_mutex::<FEW>(mutex, false),
            Op::Channel(id, _) => {
                self.settle_channel::<FEW>(id, self.world.channel_enables(id));
                return self.settle_selecting::<FEW>();
            }
            Op::Life(life::Op::Finish) => return self.enabled.set_all::<FEW>(&self.slots[task.index()].joiners, true),
            Op::Life(_) => return,
            Op::Rendezvous(
                _,
                rendezvous::Op::SendArrive
                | rendezvous::Op::SendLeave
                | rendezvous::Op::TrySend
                | rendezvous::Op::ReceiveArrive
                | rendezvous::Op::ReceiveLeave
                | rendezvous::Op::TryReceive,
            ) => {
                // Whoever waits there goes on when it was met, and not before.
                if !self.world.woken.is_empty() {
                    self.settle_met::<FEW>(task);
                }
                return self.settle_selecting::<FEW>();
            }
            Op::Select(ref op) => self.settle_select(op),
            // Time may matter from now on.
            Op::Clock(_) | Op::Timer(..) => self.schedule_check(),
            _ => {}
        }
        if let Some(id) = op.object() {
            self.settle_each(id);
        }
        if !self.world.woken.is_empty() {
            self.settle_woken(task);
        }
        if matches!(op, Op::Rendezvous(..) | Op::Select(_)) {
            self.settle_selecting::<FEW>();
        }
    }

    /// `task` met somebody at a channel without a buffer.
    #[inline(always)]
    fn settle_met<const FEW: bool>(&mut self, task: TaskId) {
        let partner = self.world.woken[0];
        // Entered where it waits, unless that is a select, which waits in several places.
        if matches!(self.slots[partner.index()].pending, Op::Rendezvous(..)) {
            self.enabled.set::<FEW>(partner, true);
            self.world.woken.clear();
        } else {
            self.settle_woken(task);
        }
    }

    /// After `op` of the clock.
    pub(super) fn settle_clock(&mut self, op: &Op, outcome: Outcome) {
        self.settle_woken(TaskId::CLOCK);
        if let (Op::Clock(clock::Op::Fire), Owner::Timer(timer)) = (op, Owner::of_value(outcome.value)) {
            let channel = self.world.timer(timer).channel;
            self.settle_channel::<false>(channel, self.world.channel_enables(channel));
            self.settle_selecting::<false>();
        }
    }

    /// Brings those up to date whom a step of `by` woke. It may have woken itself, and has nothing pending.
    #[inline(never)]
    pub(super) fn settle_woken(&mut self, by: TaskId) {
        for at in 0..self.world.woken.len() {
            let task = self.world.woken[at];
            if task != by && !self.world.tasks[task.index()].finished {
                self.reevaluate(task);
            }
        }
        self.world.woken.clear();
    }
}
