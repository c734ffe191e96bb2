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
    /// A wake-up of a task that was notified: the waiters do not change.
    Woken,
    /// A wake-up that nobody asked for: it leaves the waiters by itself.
    Spurious,
    /// A notification that found somebody.
    Notify,
    /// A notification that found nobody.
    NotifyNobody,
}

impl Access {
    pub(crate) fn commutes(self, other: Access) -> bool {
        use Access::{Enqueue, Notify, NotifyNobody, Spurious, Woken};
        match (self, other) {
            // The notification that woke a task comes before its wake-up by necessity; any other does not care.
            (Woken, Woken | Enqueue | NotifyNobody | Spurious) | (Enqueue | NotifyNobody | Spurious, Woken) => true,
            (Woken, Notify) | (Notify, Woken) => false,
            (NotifyNobody, NotifyNobody) | (Enqueue, Enqueue) => true,
            (Spurious, Spurious | Enqueue) | (Enqueue, Spurious) => true,
            (Notify, _) | (_, Notify) => false,
            (NotifyNobody, Enqueue | Spurious) | (Enqueue | Spurious, NotifyNobody) => false,
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
