//! Who can step: kept up to date by looking only at those whom a step concerns.
//!
//! A suspended task is listed at the object (or the task) that its operation waits for. After a step, the tasks that are
//! listed at what it touched are evaluated again, and those that the kernel says it woke.

use super::execution::Execution;
use super::task::{ABSENT, List};
use crate::kernel::clock::Owner;
use crate::kernel::select::Form;
use crate::kernel::{Object, ObjectId, Op, Outcome, TaskId, World};
use crate::kernel::{channel, clock, condvar, life, mutex, once, rendezvous, rwlock, select, semaphore};

/// Where a task that declared `op` has to be listed.
#[inline(always)]
pub(super) fn list_of(op: &Op) -> List {
    match *op {
        Op::Mutex(id, mutex::Op::Lock)
        | Op::RwLock(id, rwlock::Op::Read | rwlock::Op::Write)
        | Op::Condvar(_, condvar::Op::Wake { mutex: id })
        | Op::Once(id, once::Op::Begin | once::Op::Wait | once::Op::WaitDone)
        | Op::Channel(id, channel::Op::Send | channel::Op::Receive)
        | Op::Rendezvous(id, rendezvous::Op::SendLeave | rendezvous::Op::ReceiveLeave)
        | Op::Semaphore(id, semaphore::Op::Acquire(_)) => List::Object(id),
        Op::Life(life::Op::Join(child)) => List::Task(child),
        Op::Select(select::Op { form: Form::Wait | Form::Leave(_) | Form::Await, .. }) => List::Selecting,
        _ => List::None,
    }
}

impl Execution {
    /// Enters `task` among the enabled ones.
    #[inline]
    pub(crate) fn enable(&mut self, task: TaskId) {
        let slot = &mut self.slots[task.index()];
        debug_assert_eq!(slot.position, ABSENT);
        slot.position = self.enabled.push(task);
    }

    #[inline]
    pub(crate) fn disable(&mut self, task: TaskId) {
        let position = self.slots[task.index()].position;
        debug_assert_ne!(position, ABSENT);
        let moved = self.enabled.swap_remove(position);
        self.slots[moved.index()].position = position;
        self.slots[task.index()].position = ABSENT;
    }

    #[inline]
    pub(crate) fn is_enabled(&self, task: TaskId) -> bool {
        self.slots[task.index()].position != ABSENT
    }

    fn head(&mut self, list: List) -> Option<&mut TaskId> {
        match list {
            List::None => None,
            List::Object(id) => Some(&mut self.waiters[id.index()]),
            List::Task(task) => Some(&mut self.slots[task.index()].joiners),
            List::Selecting => Some(&mut self.selecting),
        }
    }

    /// Lists the suspended `task` where it will be re-evaluated.
    #[inline(always)]
    pub(super) fn enlist(&mut self, task: TaskId, op: &Op) {
        let list = list_of(op);
        if list == List::None {
            return;
        }
        let Some(head) = self.head(list) else { return };
        let first = std::mem::replace(head, task);
        let slot = &mut self.slots[task.index()];
        slot.list = list;
        slot.previous = TaskId::NONE;
        slot.next = first;
        if first != TaskId::NONE {
            self.slots[first.index()].previous = task;
        }
    }

    /// Takes `task`, which had declared `op`, off its list.
    #[inline(always)]
    pub(super) fn delist(&mut self, task: TaskId, op: &Op) {
        let list = list_of(op);
        let slot = &mut self.slots[task.index()];
        if list == List::None || std::mem::replace(&mut slot.list, List::None) == List::None {
            return;
        }
        let (previous, next) = (slot.previous, slot.next);
        if next != TaskId::NONE {
            self.slots[next.index()].previous = previous;
        }
        if previous != TaskId::NONE {
            self.slots[previous.index()].next = next;
        } else if let Some(head) = self.head(list) {
            *head = next;
        }
    }

    /// Brings the enabledness of one suspended task up to date.
    #[inline]
    pub(super) fn reevaluate(&mut self, task: TaskId) {
        let slot = &self.slots[task.index()];
        let enabled = self.world.enabled(task, &slot.pending);
        if enabled != (slot.position != ABSENT) {
            if enabled { self.enable(task) } else { self.disable(task) }
        }
    }

    /// Brings the tasks of a list up to date, from `task` on, where `can` says who can step.
    #[inline(always)]
    fn settle_list(&mut self, mut task: TaskId, can: impl Fn(&World, TaskId, &Op) -> bool) {
        while task != TaskId::NONE {
            let slot = &self.slots[task.index()];
            let next = slot.next;
            let enabled = can(&self.world, task, &slot.pending);
            if enabled != (slot.position != ABSENT) {
                if enabled { self.enable(task) } else { self.disable(task) }
            }
            task = next;
        }
    }

    /// The mutex `id` has been locked or unlocked. Those who wait for it are many where it matters, and twice so in
    /// every critical section, so that the state of the mutex is looked at once for all of them.
    #[inline(always)]
    fn settle_mutex(&mut self, id: ObjectId, free: bool) {
        let first = self.waiters[id.index()];
        if free {
            self.settle_list(first, |world, task, op| matches!(op, Op::Mutex(..)) || world.may_wake(task));
        } else {
            self.settle_list(first, |_, _, _| false);
        }
    }

    /// Something has happened to the channel `id`.
    #[inline(always)]
    fn settle_channel(&mut self, id: ObjectId) {
        let first = self.waiters[id.index()];
        if first != TaskId::NONE {
            let (send, receive) = self.world.channel_enables(id);
            self.settle_list(first, |world, task, op| match op {
                Op::Channel(_, channel::Op::Send) => send,
                _ => receive || world.has_timed_out(task),
            });
        }
    }

    /// Something has happened to some channel.
    #[inline(always)]
    fn settle_selecting(&mut self) {
        if self.selecting != TaskId::NONE {
            self.settle_list(self.selecting, World::enabled);
        }
    }

    /// A task has taken one of several arms.
    #[inline(never)]
    fn settle_select(&mut self, op: &select::Op) {
        for arm in op.arms.iter() {
            match &self.world.objects[arm.channel.index()] {
                Object::Channel(_) => self.settle_channel(arm.channel),
                _ => self.settle_list(self.waiters[arm.channel.index()], World::enabled),
            }
        }
    }

    /// After `op` of `task`: brings everybody up to date whom it may concern. The operations named first wake nobody
    /// but those who are listed at their object.
    #[inline(always)]
    pub(super) fn settle(&mut self, task: TaskId, op: &Op) {
        match *op {
            Op::Atomic(..) | Op::Yield => return,
            Op::Mutex(id, mutex::Op::Lock) => return self.settle_mutex(id, false),
            Op::Mutex(id, mutex::Op::Unlock { .. }) => return self.settle_mutex(id, true),
            Op::Condvar(_, condvar::Op::Wait { mutex, .. }) => return self.settle_mutex(mutex, true),
            Op::Condvar(_, condvar::Op::Wake { mutex }) => return self.settle_mutex(mutex, false),
            Op::Channel(id, _) => {
                self.settle_channel(id);
                return self.settle_selecting();
            }
            Op::Life(life::Op::Finish) => return self.settle_list(self.slots[task.index()].joiners, |_, _, _| true),
            Op::Life(_) => return,
            Op::Select(ref op) => self.settle_select(op),
            _ => {}
        }
        if let Some(id) = op.object() {
            self.settle_list(self.waiters[id.index()], World::enabled);
        }
        if !self.world.woken.is_empty() {
            self.settle_woken();
        }
        if matches!(op, Op::Rendezvous(..) | Op::Select(_)) {
            self.settle_selecting();
        }
    }

    /// After `op` of the clock.
    pub(super) fn settle_clock(&mut self, op: &Op, outcome: Outcome) {
        self.settle_woken();
        if let (Op::Clock(clock::Op::Fire), Owner::Timer(timer)) = (op, Owner::of_value(outcome.value)) {
            self.settle_channel(self.world.timer(timer).channel);
            self.settle_selecting();
        }
    }

    pub(super) fn settle_woken(&mut self) {
        for at in 0..self.world.woken.len() {
            let task = self.world.woken[at];
            // A running task that can go on has nothing pending: it may have woken itself.
            let goes_on = task == self.running && self.is_enabled(task);
            if !goes_on && !self.world.tasks[task.index()].finished {
                self.reevaluate(task);
            }
        }
        self.world.woken.clear();
    }
}
