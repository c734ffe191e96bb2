//! Parking: one token per task.
//!
//! `unpark` leaves the token, `park` waits for it and takes it. The object is the task itself.

use super::ids::TaskId;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Op {
    /// Wait for the token of the calling task, or for its timer if it armed one.
    Park,
    /// Give `0` its token.
    Unpark(TaskId),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Access {
    Take,
    Give,
}

impl Access {
    pub(crate) fn commutes(self, other: Access) -> bool {
        // Two tokens are one token, so their order does not matter.
        self == Access::Give && other == Access::Give
    }
}
