//! The barrier: tasks arrive, and the last to arrive lets all of them go.
//!
//! Waiting is two steps: arriving, which is always possible, and leaving, which is enabled once the last one
//! arrived. The last one is the leader and does not need to leave.

use smallvec::SmallVec;

use super::ids::TaskId;

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Barrier {
    /// How many tasks have to arrive; at least one.
    size: usize,
    /// The tasks that arrived and wait, sorted.
    pub(crate) waiting: SmallVec<[TaskId; 4]>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Op {
    Arrive,
    Leave,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Access {
    /// Arrived; this many are still missing.
    Arrive {
        missing: usize,
    },
    Leave,
}

impl Access {
    pub(crate) fn commutes(self, other: Access) -> bool {
        match (self, other) {
            // Arrivals commute unless one of them is the last. Whether one is depends on how they were
            // labelled: one after the other, or both in the same state (then the second has one less to go).
            (Access::Arrive { missing: a }, Access::Arrive { missing: b }) => {
                let second = if a == b { a.saturating_sub(1) } else { a.min(b) };
                second > 0
            }
            (Access::Leave, Access::Leave) => true,
            (Access::Leave, Access::Arrive { missing }) | (Access::Arrive { missing }, Access::Leave) => missing > 0,
        }
    }
}

impl Barrier {
    /// A barrier for `size` tasks; like the standard library, a size of zero means one.
    pub(crate) fn new(size: usize) -> Barrier {
        Barrier { size: size.max(1), waiting: SmallVec::new() }
    }

    pub(crate) fn missing(&self) -> usize {
        self.size - self.waiting.len()
    }

    /// `task` arrives. `Some` with the tasks to let go if it is the last.
    pub(crate) fn arrive(&mut self, task: TaskId) -> Option<SmallVec<[TaskId; 4]>> {
        if self.missing() == 1 {
            return Some(std::mem::take(&mut self.waiting));
        }
        let at = self.waiting.partition_point(|waiter| *waiter < task);
        self.waiting.insert(at, task);
        None
    }
}
