//! The condition variable: a set of waiting tasks.
//!
//! Waiting is two steps. The first releases the mutex and joins the set, at once, as the contract of a
//! condition variable says. The second wakes up and takes the mutex back; it is enabled when the task was
//! notified (or its timer fired, or a spurious wake-up is allowed) and the mutex is free. Waking and locking
//! are one step because nobody can see a task that woke up and has not locked yet.
//!
//! `notify_one` may wake any waiter: its alternatives are the waiters in the order of their ids.

use smallvec::SmallVec;

use super::ids::{ObjectId, TaskId};
use std::time::Duration;

/// A condition variable.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Condvar {
    /// The tasks that wait and were not woken, sorted.
    pub(crate) waiters: SmallVec<[TaskId; 4]>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Op {
    /// Release `mutex`, join the waiters, and arm a timer if there is a timeout.
    Wait {
        mutex: ObjectId,
        timeout: Option<Duration>,
        poison: bool,
    },
    /// Wake up and lock `mutex` again.
    Wake {
        mutex: ObjectId,
    },
    NotifyOne,
    NotifyAll,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Access {
    Enqueue,
    /// A task left the waiters without being notified: its timer fired, or it woke up for no reason.
    Withdraw,
    /// A notification that found somebody.
    Notify,
    /// A notification that found nobody.
    NotifyNobody,
}

impl Access {
    pub(crate) fn commutes(self, other: Access) -> bool {
        use Access::{Enqueue, Notify, NotifyNobody, Withdraw};
        match (self, other) {
            (Notify, _) | (_, Notify) => false,
            (NotifyNobody, Enqueue | Withdraw) | (Enqueue | Withdraw, NotifyNobody) => false,
            (NotifyNobody, NotifyNobody) | (Enqueue | Withdraw, Enqueue | Withdraw) => true,
        }
    }
}

impl Condvar {
    pub(crate) fn enqueue(&mut self, task: TaskId) {
        let at = self.waiters.partition_point(|waiter| *waiter < task);
        self.waiters.insert(at, task);
    }

    /// Removes `task` from the waiters, if it is there.
    pub(crate) fn dequeue(&mut self, task: TaskId) {
        self.waiters.retain(|waiter| *waiter != task);
    }

    /// Takes out the waiter that alternative `alternative` of `notify_one` means.
    pub(crate) fn pick(&mut self, alternative: u32) -> Option<TaskId> {
        let at = alternative as usize;
        (at < self.waiters.len()).then(|| self.waiters.remove(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{End, Object, Op as AnyOp, Rules, World, clock, mutex};

    const MUTEX: ObjectId = ObjectId(0);
    const CONDVAR: ObjectId = ObjectId(1);
    const LOCK: AnyOp = AnyOp::Mutex(MUTEX, mutex::Op::Lock);
    const UNLOCK: AnyOp = AnyOp::Mutex(MUTEX, mutex::Op::Unlock { poison: false });
    const WAKE: AnyOp = AnyOp::Condvar(CONDVAR, Op::Wake { mutex: MUTEX });
    const NOTIFY: AnyOp = AnyOp::Condvar(CONDVAR, Op::NotifyOne);
    const FIRE: AnyOp = AnyOp::Clock(clock::Op::Fire);

    /// A state in which all of three tasks wait.
    fn all_wait(spurious_wakeups: bool, timeout: Option<Duration>) -> (World, [TaskId; 3]) {
        let objects = [Object::Mutex(mutex::Mutex::new(false)), Object::Condvar(Condvar::default())];
        let mut world = World::with(Rules { spurious_wakeups, ..Rules::default() }, 3, objects);
        let tasks = [1, 2, 3].map(TaskId);
        tasks.iter().for_each(|task| wait(&mut world, *task, timeout));
        (world, tasks)
    }

    fn wait(world: &mut World, task: TaskId, timeout: Option<Duration>) {
        world.apply(task, &LOCK, 0);
        let wait = AnyOp::Condvar(CONDVAR, Op::Wait { mutex: MUTEX, timeout, poison: false });
        assert_eq!(world.apply(task, &wait, 0).end, End::Queued);
    }

    #[test]
    fn any_waiter_may_be_notified() {
        let (world, tasks) = all_wait(false, None);
        assert_eq!(world.alternatives(&NOTIFY), 3);
        for (alternative, notified) in (0..).zip(tasks) {
            let mut world = world.clone();
            world.apply(TaskId(1), &NOTIFY, alternative);
            assert_eq!(tasks.map(|task| world.enabled(task, &WAKE)), tasks.map(|task| task == notified));
            assert_eq!(world.alternatives(&NOTIFY), 2);
        }
    }

    #[test]
    fn the_notified_take_the_mutex_one_after_the_other() {
        let (mut world, [a, b, c]) = all_wait(false, None);
        let told = world.apply(a, &AnyOp::Condvar(CONDVAR, Op::NotifyAll), 0);
        assert_eq!(told.value, 3);
        assert!(world.apply(b, &WAKE, 0).is_done());
        assert!(!world.enabled(c, &WAKE));
        world.apply(b, &UNLOCK, 0);
        assert!(world.enabled(c, &WAKE));
        assert_eq!(world.apply(b, &NOTIFY, 0).value, 0, "nobody waits any more");
    }

    #[test]
    fn a_task_wakes_up_for_no_reason_so_often_and_no_oftener() {
        let (mut world, [a, b, _]) = all_wait(true, None);
        for _ in 0..2 {
            assert!(world.enabled(a, &WAKE));
            assert_eq!(world.apply(a, &WAKE, 0).end, End::Failed);
            world.apply(a, &UNLOCK, 0);
            wait(&mut world, a, None);
        }
        assert!(!world.enabled(a, &WAKE));
        assert!(world.enabled(b, &WAKE), "others may still");
        world.apply(b, &AnyOp::Condvar(CONDVAR, Op::NotifyAll), 0);
        assert!(world.apply(a, &WAKE, 0).is_done());
        assert!(!all_wait(false, None).0.enabled(a, &WAKE), "only if it is asked for");
    }

    #[test]
    fn a_timed_wait_ends_by_the_notification_or_by_the_timer() {
        let (mut world, [a, b, c]) = all_wait(false, Some(Duration::from_secs(1)));
        world.apply(c, &NOTIFY, 0);
        assert!(!world.is_timed(a), "it was notified in time");
        assert_eq!(world.apply(TaskId::CLOCK, &FIRE, 0).value, b.0.into());
        assert_eq!(world.alternatives(&NOTIFY), 1, "nobody notifies a task that gave up");
        assert!(world.apply(a, &WAKE, 0).is_done());
        world.apply(a, &UNLOCK, 0);
        assert_eq!(world.apply(b, &WAKE, 0).end, End::TimedOut);
        assert!(!world.is_timed(b));
    }
}
