//! The reader–writer lock: any number of readers, or one writer.
//!
//! It prefers nobody: a waiting writer does not keep readers out, so every order that some implementation of
//! the standard library allows is reachable.

use smallvec::SmallVec;

use super::ids::TaskId;

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct RwLock {
    /// The task that holds the write lock, or [`TaskId::NONE`].
    pub(crate) writer: TaskId,
    /// The tasks that hold read locks, sorted; a task that reads twice stands here twice.
    pub(crate) readers: SmallVec<[TaskId; 4]>,
    pub(crate) poisoned: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Op {
    Read,
    TryRead,
    Write,
    TryWrite,
    UnlockRead,
    UnlockWrite {
        poison: bool,
    },
    /// Turns the write lock of the calling task into a read lock.
    Downgrade,
    IsPoisoned,
    ClearPoison,
}

/// What an operation did to the lock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Access {
    /// Took or returned a read lock: readers do not see each other.
    Share,
    /// Failed to read, or looked at the poison flag: only a writer can change that.
    SeeWriter,
    /// Failed to write: readers and writers can change that. (Labelling it like a failed read would be wrong:
    /// a reader that leaves makes it succeed.)
    SeeAny,
    /// Took or returned the write lock, or changed the poison flag.
    Exclude,
}

impl Access {
    pub(crate) fn commutes(self, other: Access) -> bool {
        use Access::{Exclude, SeeAny, SeeWriter, Share};
        match (self, other) {
            (Exclude, _) | (_, Exclude) => false,
            (SeeAny, Share) | (Share, SeeAny) => false,
            (Share | SeeWriter | SeeAny, Share | SeeWriter | SeeAny) => true,
        }
    }
}

impl RwLock {
    pub(crate) fn new(poisoned: bool) -> RwLock {
        RwLock { writer: TaskId::NONE, readers: SmallVec::new(), poisoned }
    }

    fn readable(&self) -> bool {
        self.writer == TaskId::NONE
    }

    fn writable(&self) -> bool {
        self.readable() && self.readers.is_empty()
    }

    pub(crate) fn enabled(&self, op: &Op) -> bool {
        match op {
            Op::Read => self.readable(),
            Op::Write => self.writable(),
            _ => true,
        }
    }

    fn add_reader(&mut self, task: TaskId) {
        let at = self.readers.partition_point(|reader| *reader < task);
        self.readers.insert(at, task);
    }

    /// Performs `op`. Answers `false` for a `try_` that failed and for a poison flag that is not set.
    pub(crate) fn apply(&mut self, task: TaskId, op: &Op) -> bool {
        match *op {
            Op::Read | Op::TryRead => {
                let free = self.readable();
                if free {
                    self.add_reader(task);
                }
                free
            }
            Op::Write | Op::TryWrite => {
                let free = self.writable();
                if free {
                    self.writer = task;
                }
                free
            }
            Op::UnlockRead => {
                let at = self.readers.iter().position(|reader| *reader == task);
                debug_assert!(at.is_some(), "only a reader returns a read lock");
                if let Some(at) = at {
                    self.readers.remove(at);
                }
                true
            }
            Op::UnlockWrite { poison } => {
                debug_assert_eq!(self.writer, task, "only the writer returns the write lock");
                self.writer = TaskId::NONE;
                self.poisoned |= poison;
                true
            }
            Op::Downgrade => {
                debug_assert_eq!(self.writer, task, "only the writer can downgrade");
                self.writer = TaskId::NONE;
                self.add_reader(task);
                true
            }
            Op::IsPoisoned => self.poisoned,
            Op::ClearPoison => {
                self.poisoned = false;
                true
            }
        }
    }

    pub(crate) fn access(op: &Op, succeeded: bool) -> Access {
        match (op, succeeded) {
            (Op::Read | Op::UnlockRead, _) | (Op::TryRead, true) => Access::Share,
            (Op::TryRead, false) | (Op::IsPoisoned, _) => Access::SeeWriter,
            (Op::TryWrite, false) => Access::SeeAny,
            (Op::Write | Op::UnlockWrite { .. } | Op::Downgrade | Op::ClearPoison, _) | (Op::TryWrite, true) => {
                Access::Exclude
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
    fn readers_share_and_writers_do_not() {
        let mut lock = RwLock::new(false);
        assert!(lock.apply(A, &Op::Read));
        assert!(lock.apply(B, &Op::TryRead));
        assert!(!lock.enabled(&Op::Write));
        let shared = lock.clone();
        assert!(!lock.apply(B, &Op::TryWrite), "not even a reader itself");
        assert_eq!(lock, shared);
        lock.apply(A, &Op::UnlockRead);
        assert!(!lock.enabled(&Op::Write));
        lock.apply(B, &Op::UnlockRead);
        assert!(lock.apply(A, &Op::TryWrite));
        assert!(!lock.apply(B, &Op::TryRead));
        assert!(!lock.apply(B, &Op::TryWrite));
        assert!(!lock.enabled(&Op::Read));
    }

    #[test]
    fn who_reads_twice_unlocks_twice() {
        let mut lock = RwLock::new(false);
        lock.apply(A, &Op::Read);
        lock.apply(A, &Op::Read);
        lock.apply(A, &Op::UnlockRead);
        assert!(!lock.enabled(&Op::Write));
        lock.apply(A, &Op::UnlockRead);
        assert!(lock.enabled(&Op::Write));
    }

    #[test]
    fn a_downgraded_writer_lets_readers_in_and_writers_wait() {
        let mut lock = RwLock::new(false);
        lock.apply(A, &Op::Write);
        lock.apply(A, &Op::Downgrade);
        assert!(lock.enabled(&Op::Read));
        assert!(!lock.enabled(&Op::Write));
        lock.apply(A, &Op::UnlockRead);
        assert!(lock.enabled(&Op::Write));
    }

    #[test]
    fn only_writers_poison() {
        let mut lock = RwLock::new(false);
        lock.apply(A, &Op::Write);
        lock.apply(A, &Op::UnlockWrite { poison: true });
        assert!(lock.apply(B, &Op::IsPoisoned));
        assert!(lock.apply(B, &Op::Read), "a poisoned lock still locks");
        lock.apply(A, &Op::ClearPoison);
        assert!(!lock.apply(B, &Op::IsPoisoned));
    }
}
