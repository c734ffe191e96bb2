//! The life of a task: spawned, finished, joined.
//!
//! A task finishes together with its last step: nobody can tell the two apart except by asking
//! `is_finished`, and that question therefore has two answers as long as nobody has seen the end.

use super::ids::TaskId;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Op {
    Spawn(TaskId),
    Finish,
    Join(TaskId),
    /// Ask whether the task finished. Alternative 0 is the truth; alternative 1, while nobody has seen the end, is
    /// that it has not finished yet.
    IsFinished(TaskId),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Access {
    Spawn,
    Finish,
    Join,
    /// Asked, with this answer.
    Ask(bool),
}

impl Access {
    pub(crate) fn commutes(self, other: Access) -> bool {
        // Two joins of one task do not exist, and the other pairs are ordered by necessity or see each other. A task
        // that is told of the end takes from others the chance to miss it.
        matches!((self, other), (Access::Ask(false), Access::Ask(false)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{Op as AnyOp, Rules, World};

    #[test]
    fn the_end_may_be_missed_until_somebody_has_seen_it() {
        let mut world = World::with(Rules::default(), 3, []);
        let [parent, child, friend] = [1, 2, 3].map(TaskId);
        let ask = AnyOp::Life(Op::IsFinished(child));
        assert_eq!(world.alternatives(&ask), 1);
        assert!(!world.apply(parent, &ask, 0).is_done());
        world.apply(child, &AnyOp::Life(Op::Finish), 0);
        assert_eq!(world.alternatives(&ask), 2);
        assert!(!world.apply(parent, &ask, 1).is_done());
        assert_eq!(world.alternatives(&ask), 2);
        assert!(world.apply(friend, &ask, 0).is_done());
        assert_eq!(world.alternatives(&ask), 1);
        assert!(world.apply(parent, &ask, 0).is_done());
    }

    #[test]
    fn a_join_sees_the_end() {
        let mut world = World::with(Rules::default(), 2, []);
        let [parent, child] = [1, 2].map(TaskId);
        assert!(!world.enabled(parent, &AnyOp::Life(Op::Join(child))));
        world.apply(child, &AnyOp::Life(Op::Finish), 0);
        assert!(world.enabled(parent, &AnyOp::Life(Op::Join(child))));
        world.apply(parent, &AnyOp::Life(Op::Join(child)), 0);
        assert_eq!(world.alternatives(&AnyOp::Life(Op::IsFinished(child))), 1);
    }
}
