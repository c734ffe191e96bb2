//! The mutex: an owner and a poison flag.
//!
//! A task that wants to lock is disabled while there is an owner, itself included: locking twice is a deadlock
//! of one.

use super::ids::TaskId;

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Mutex {
    /// The task that holds the lock, or [`TaskId::NONE`].
    pub(crate) owner: TaskId,
    pub(crate) poisoned: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Op {
    Lock,
    TryLock,
    /// Releases the lock, and poisons it if the holder is unwinding.
    Unlock {
        poison: bool,
    },
    IsPoisoned,
    ClearPoison,
}

/// A failed `try_lock` and a look at the poison flag only read; everything else writes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Access {
    Read,
    Write,
}

impl Access {
    pub(crate) fn commutes(self, other: Access) -> bool {
        self == Access::Read && other == Access::Read
    }
}

impl Mutex {
    pub(crate) fn new(poisoned: bool) -> Mutex {
        Mutex { owner: TaskId::NONE, poisoned }
    }

    #[inline]
    pub(crate) fn is_free(&self) -> bool {
        self.owner == TaskId::NONE
    }

    #[inline]
    pub(crate) fn enabled(&self, op: &Op) -> bool {
        !matches!(op, Op::Lock) || self.is_free()
    }

    /// Gives the lock to `task`; the caller has seen that it is free.
    #[inline]
    pub(crate) fn acquire(&mut self, task: TaskId) {
        debug_assert!(self.is_free());
        self.owner = task;
    }

    #[inline]
    pub(crate) fn release(&mut self, task: TaskId, poison: bool) {
        debug_assert_eq!(self.owner, task, "only the owner unlocks");
        self.owner = TaskId::NONE;
        self.poisoned |= poison;
    }

    /// Performs `op`. Answers `false` for a `try_lock` that failed and for a poison flag that is not set.
    #[inline]
    pub(crate) fn apply(&mut self, task: TaskId, op: &Op) -> bool {
        match *op {
            Op::Lock => {
                self.acquire(task);
                true
            }
            Op::TryLock => {
                let free = self.is_free();
                if free {
                    self.acquire(task);
                }
                free
            }
            Op::Unlock { poison } => {
                self.release(task, poison);
                true
            }
            Op::IsPoisoned => self.poisoned,
            Op::ClearPoison => {
                self.poisoned = false;
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: TaskId = TaskId(1);
    const B: TaskId = TaskId(2);

    #[test]
    fn nobody_locks_twice() {
        let mut mutex = Mutex::new(false);
        assert!(mutex.apply(A, &Op::TryLock));
        assert!(!mutex.apply(A, &Op::TryLock));
        assert!(!mutex.apply(B, &Op::TryLock));
        assert!(!mutex.enabled(&Op::Lock));
        mutex.apply(A, &Op::Unlock { poison: false });
        assert!(mutex.enabled(&Op::Lock));
    }

    #[test]
    fn poison_stays_until_it_is_cleared() {
        let mut mutex = Mutex::new(false);
        for poison in [true, false] {
            mutex.apply(A, &Op::Lock);
            mutex.apply(A, &Op::Unlock { poison });
            assert!(mutex.apply(B, &Op::IsPoisoned));
        }
        mutex.apply(B, &Op::ClearPoison);
        assert!(!mutex.apply(A, &Op::IsPoisoned));
    }
}
