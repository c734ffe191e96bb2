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

/// Arrived. Leaving concerns only the arrival that let the task go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Access {
    /// How many are still missing.
    pub(crate) missing: usize,
}

impl Access {
    /// Arrivals commute unless one of them is the last.
    pub(crate) fn commutes(self, other: Access) -> bool {
        // If as many are missing after both, they were labelled in the same state, and the second leaves one less.
        let same_state = self.missing == other.missing;
        self.missing.min(other.missing).saturating_sub(same_state.into()) > 0
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{End, Object, ObjectId, Op as AnyOp, Rules, World};

    const BARRIER: ObjectId = ObjectId(0);

    #[test]
    fn a_barrier_of_nobody_stops_nobody() {
        assert!(Barrier::new(0).arrive(TaskId(1)).is_some());
    }

    #[test]
    fn it_can_be_used_again_before_everybody_has_left() {
        let mut world = World::with(Rules::default(), 3, [Object::Barrier(Barrier::new(2))]);
        let [a, b, c] = [1, 2, 3].map(TaskId);
        let (arrive, leave) = (AnyOp::Barrier(BARRIER, Op::Arrive), AnyOp::Barrier(BARRIER, Op::Leave));
        assert_eq!(world.apply(a, &arrive, 0).end, End::Queued);
        assert!(!world.enabled(a, &leave));
        assert!(world.apply(b, &arrive, 0).is_done(), "the leader");
        assert_eq!(world.apply(c, &arrive, 0).end, End::Queued);
        assert!(world.enabled(a, &leave));
        assert!(!world.enabled(c, &leave), "the next round has begun");
        world.apply(a, &leave, 0);
        assert!(world.apply(a, &arrive, 0).is_done());
        assert!(world.enabled(c, &leave));
    }
}
