//! The counting semaphore: a number of permits.
//!
//! It prefers nobody: whoever finds enough permits takes them, whatever the order of arrival.

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Semaphore {
    pub(crate) permits: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Op {
    Acquire(u64),
    TryAcquire(u64),
    Release(u64),
    Available,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Access {
    Take,
    Give,
    /// A failed `try_acquire`, or a look at the number of permits.
    Read,
}

impl Access {
    pub(crate) fn commutes(self, other: Access) -> bool {
        matches!((self, other), (Access::Give, Access::Give) | (Access::Read, Access::Read))
    }
}

impl Semaphore {
    pub(crate) fn enabled(&self, op: &Op) -> bool {
        match *op {
            Op::Acquire(n) => self.permits >= n,
            _ => true,
        }
    }

    /// Performs `op`; returns the permits before it, and whether a `try_acquire` succeeded.
    pub(crate) fn apply(&mut self, op: &Op) -> (u64, bool) {
        let before = self.permits;
        let done = match *op {
            Op::Acquire(n) | Op::TryAcquire(n) => {
                let enough = before >= n;
                if enough {
                    self.permits -= n;
                }
                enough
            }
            Op::Release(n) => {
                self.permits = before.saturating_add(n);
                true
            }
            Op::Available => true,
        };
        (before, done)
    }

    pub(crate) fn access(op: &Op, done: bool) -> Access {
        match (op, done) {
            (Op::Acquire(_), _) | (Op::TryAcquire(_), true) => Access::Take,
            (Op::Release(_), _) => Access::Give,
            (Op::TryAcquire(_), false) | (Op::Available, _) => Access::Read,
        }
    }
}
