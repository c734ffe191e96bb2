//! The gate: a counter that tasks wait to see at zero, which is what a wait group needs.
//!
//! Waiting is two steps: enrolling, which passes at once when the counter is zero, and leaving, which is
//! enabled once the counter has *reached* zero, even if it has grown again since. Leaving tells whether it has,
//! because that is a misuse that a wait group reports; and so does raising the counter while somebody who was let go has not left.

use smallvec::SmallVec;

use super::ids::TaskId;

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Gate {
    pub(crate) count: i64,
    /// The tasks that enrolled and were not let go, sorted.
    pub(crate) waiting: SmallVec<[TaskId; 4]>,
    /// How many were let go and have not left.
    pub(crate) leaving: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Op {
    /// When it raises the counter, the answer is 1 if somebody who was let go has not left, else 0.
    Add(i64),
    Enroll,
    Leave,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Access {
    Raise,
    /// Lowered the counter by `by`, to `left`.
    Lower {
        left: i64,
        by: i64,
    },
    /// The counter would have become negative; nothing changed.
    Refused,
    Enroll,
    Leave,
}

impl Access {
    pub(crate) fn commutes(self, other: Access) -> bool {
        !self.concerns(other) && !other.concerns(self)
    }

    /// Whether what this did makes a difference to `other`.
    fn concerns(self, other: Access) -> bool {
        use Access::{Enroll, Leave, Lower, Raise, Refused};
        match (self, other) {
            (Raise, Lower { .. } | Refused | Enroll | Leave) => true,
            // Lowering to zero lets the waiting go, and which of several does that depends on their order. If both
            // started from the same count, they were labelled in the same state, and the second lowers what is left.
            (Lower { left: a, by: x }, Lower { left: b, by: y }) => {
                let second_leaves = if a + x == b + y { a - y } else { a.min(b) };
                second_leaves <= 0
            }
            (Lower { left, .. }, Enroll) => left == 0,
            (Lower { .. }, Refused | Leave) => true,
            (Raise | Lower { .. } | Refused | Enroll | Leave, _) => false,
        }
    }
}

impl Gate {
    /// Adds `delta`. `None` if the counter would become negative or overflow (then nothing changed); else the
    /// tasks to let go.
    pub(crate) fn add(&mut self, delta: i64) -> Option<SmallVec<[TaskId; 4]>> {
        let count = self.count.checked_add(delta).filter(|count| *count >= 0)?;
        self.count = count;
        let let_go = if count == 0 { std::mem::take(&mut self.waiting) } else { SmallVec::new() };
        self.leaving += let_go.len() as u32;
        Some(let_go)
    }

    /// [`Gate::add`] where nobody is to be let go. Says whether somebody who was has not left; `None`, with nothing changed, if it is not
    /// so simple.
    #[inline(always)]
    pub(crate) fn add_plainly(&mut self, delta: i64) -> Option<bool> {
        let count = self.count.checked_add(delta)?;
        if count < 0 || (count == 0 && !self.waiting.is_empty()) {
            return None;
        }
        self.count = count;
        Some(self.leaving > 0)
    }

    /// Whether `task` may pass at once; otherwise it waits from now on.
    pub(crate) fn enroll(&mut self, task: TaskId) -> bool {
        if self.count == 0 {
            return true;
        }
        let at = self.waiting.partition_point(|waiter| *waiter < task);
        self.waiting.insert(at, task);
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{End, Object, ObjectId, Op as AnyOp, Rules, World};

    #[test]
    fn it_never_becomes_negative() {
        let mut gate = Gate { count: 1, ..Gate::default() };
        assert!(gate.add(-2).is_none());
        assert!(gate.add(i64::MAX).is_none());
        assert!(gate.add(i64::MIN).is_none());
        assert_eq!(gate.count, 1);
    }

    #[test]
    fn who_was_let_go_sees_that_the_counter_has_grown_again() {
        let gate = Gate { count: 2, ..Gate::default() };
        let mut world = World::with(Rules::default(), 2, [Object::Gate(gate)]);
        let [a, b] = [1, 2].map(TaskId);
        let op = |op| AnyOp::Gate(ObjectId(0), op);
        assert_eq!(world.apply(a, &op(Op::Enroll), 0).end, End::Queued);
        world.apply(b, &op(Op::Add(-1)), 0);
        assert!(!world.enabled(a, &op(Op::Leave)));
        world.apply(b, &op(Op::Add(-1)), 0);
        assert_eq!(world.apply(b, &op(Op::Add(3)), 0).value, 1, "somebody is about to leave");
        assert!(world.enabled(a, &op(Op::Leave)), "the counter was at zero");
        assert_eq!(world.apply(a, &op(Op::Leave), 0).value, 3);
        assert_eq!(world.apply(b, &op(Op::Add(1)), 0).value, 0, "and has left");
        assert_eq!(world.apply(a, &op(Op::Enroll), 0).end, End::Queued, "and is not any more");
    }

    #[test]
    fn at_zero_nobody_waits() {
        assert!(Gate::default().enroll(TaskId(1)));
    }
}
