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
        // Two joins of one task do not exist, and the other pairs are ordered by necessity or see each other.
        matches!((self, other), (Access::Ask(a), Access::Ask(b)) if a == b)
    }
}
