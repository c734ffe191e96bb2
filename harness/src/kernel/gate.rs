//! The gate: a counter that tasks wait to see at zero, which is what a wait group needs.
//!
//! Waiting is two steps: enrolling, which passes at once when the counter is zero, and leaving, which is
//! enabled once the counter has *reached* zero, even if it has grown again since. Leaving tells whether it has,
//! because that is a misuse that a wait group reports.

use smallvec::SmallVec;

use super::ids::TaskId;

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Gate {
    pub(crate) count: i64,
    /// The tasks that enrolled and were not let go, sorted.
    pub(crate) waiting: SmallVec<[TaskId; 4]>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Op {
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
        use Access::{Enroll, Leave, Lower, Raise, Refused};
        match (self, other) {
            (Raise, Raise) | (Enroll, Enroll | Leave) | (Leave, Enroll | Leave) => true,
            (Refused, Refused | Enroll | Leave) | (Enroll | Leave, Refused) => true,
            // Whichever of two comes second lets the same waiters go; but it must not be refused. If both were
            // labelled in the same state, see whether both fit; one after the other, they did.
            (Lower { left: a, by: x }, Lower { left: b, by: y }) => a + x != b + y || a >= y,
            (Raise, _) | (_, Raise) | (Lower { .. }, _) | (_, Lower { .. }) => false,
        }
    }
}

impl Gate {
    /// Adds `delta`. `None` if the counter would become negative or overflow (then nothing changed); else the
    /// tasks to let go.
    pub(crate) fn add(&mut self, delta: i64) -> Option<SmallVec<[TaskId; 4]>> {
        let count = self.count.checked_add(delta).filter(|count| *count >= 0)?;
        self.count = count;
        Some(if count == 0 { std::mem::take(&mut self.waiting) } else { SmallVec::new() })
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
