//! The handles of a channel: how the end of one side differs from the comings and goings before it.
//!
//! A side is gone with its last handle, and only that drop changes what the other side finds. Which of several drops
//! is the last depends on their order: the last depends on each of the others, and the others not on each other.
//! Cloning a handle concerns nobody: whoever clones holds one, so no drop at the same time can be the last.

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Side {
    Sending,
    Receiving,
}

impl Side {
    /// What there is for this side, of two.
    #[inline(always)]
    pub(crate) fn pick<T>(self, sending: T, receiving: T) -> T {
        match self {
            Side::Sending => sending,
            Side::Receiving => receiving,
        }
    }

    pub(crate) fn other(self) -> Side {
        match self {
            Side::Sending => Side::Receiving,
            Side::Receiving => Side::Sending,
        }
    }
}

/// A handle was dropped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Dropped {
    pub(crate) side: Side,
    /// How many of its side were dropped before.
    pub(crate) before: u32,
    /// How many of its side are left.
    pub(crate) left: u32,
}

impl Dropped {
    /// Whether it was the last of its side.
    pub(crate) fn closes(self) -> bool {
        self.left == 0
    }

    pub(crate) fn commutes(self, other: Dropped) -> bool {
        // If as many were dropped before both, they were labelled in the same state and the second leaves one less.
        let same_state = self.before == other.before;
        let second_leaves = self.left.min(other.left).saturating_sub(same_state.into());
        self.side != other.side || second_leaves > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIDE: Side = Side::Sending;

    #[test]
    fn only_the_last_drop_depends_on_the_others() {
        let [first, second, last] = [2, 1, 0].map(|left| Dropped { side: SIDE, before: 2 - left, left });
        assert!(first.commutes(second));
        assert!(!first.commutes(last));
        assert!(!second.commutes(last));
        assert!(last.commutes(Dropped { side: Side::Receiving, ..last }));
    }

    #[test]
    fn of_two_in_the_same_state_the_second_may_be_the_last() {
        let one_of_two = Dropped { side: SIDE, before: 0, left: 1 };
        let one_of_three = Dropped { side: SIDE, before: 0, left: 2 };
        assert!(!one_of_two.commutes(one_of_two));
        assert!(one_of_three.commutes(one_of_three));
        // A clone came between them.
        assert!(one_of_two.commutes(Dropped { before: 1, ..one_of_two }));
    }
}
