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

    /// Performs `op`; says whether it succeeded, which only a `try_acquire` may not. How many permits there are is
    /// told to nobody but who asks: else two releases would see each other.
    pub(crate) fn apply(&mut self, op: &Op) -> bool {
        match *op {
            Op::Acquire(n) | Op::TryAcquire(n) => {
                let enough = self.permits >= n;
                if enough {
                    self.permits -= n;
                }
                enough
            }
            Op::Release(n) => {
                self.permits = self.permits.saturating_add(n);
                true
            }
            Op::Available => true,
        }
    }

    pub(crate) fn access(op: &Op, done: bool) -> Access {
        match (op, done) {
            (Op::Acquire(_), _) | (Op::TryAcquire(_), true) => Access::Take,
            (Op::Release(_), _) => Access::Give,
            (Op::TryAcquire(_), false) | (Op::Available, _) => Access::Read,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_finds_enough_permits_takes_them() {
        let mut semaphore = Semaphore { permits: 1 };
        assert!(!semaphore.enabled(&Op::Acquire(2)));
        assert!(!semaphore.apply(&Op::TryAcquire(2)));
        assert_eq!(semaphore.permits, 1);
        assert!(semaphore.enabled(&Op::Acquire(1)), "although somebody waits for two");
        semaphore.apply(&Op::Acquire(1));
        semaphore.apply(&Op::Release(2));
        assert!(semaphore.apply(&Op::TryAcquire(2)));
        assert_eq!(semaphore.permits, 0);
    }
}
