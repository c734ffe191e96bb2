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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::kernel::{End, Op as AnyOp, Rules, World, clock};

    const PARK: AnyOp = AnyOp::Park(Op::Park);
    const FIRE: AnyOp = AnyOp::Clock(clock::Op::Fire);

    #[test]
    fn two_tokens_are_one() {
        let mut world = World::with(Rules::default(), 2, []);
        let [a, b] = [1, 2].map(TaskId);
        assert!(!world.enabled(a, &PARK));
        world.apply(b, &AnyOp::Park(Op::Unpark(a)), 0);
        world.apply(b, &AnyOp::Park(Op::Unpark(a)), 0);
        assert!(world.apply(a, &PARK, 0).is_done());
        assert!(!world.enabled(a, &PARK));
    }

    #[test]
    fn a_timed_park_ends_by_the_token_or_by_the_timer() {
        let mut world = World::with(Rules::default(), 2, []);
        let [a, b] = [1, 2].map(TaskId);
        world.apply(a, &AnyOp::Clock(clock::Op::Arm(Duration::from_secs(1))), 0);
        let mut notified = world.clone();
        world.apply(TaskId::CLOCK, &FIRE, 0);
        let mut both = world.clone();
        assert_eq!(world.apply(a, &PARK, 0).end, End::TimedOut);
        both.apply(b, &AnyOp::Park(Op::Unpark(a)), 0);
        assert_eq!(both.apply(a, &PARK, 0).end, End::Done);
        notified.apply(b, &AnyOp::Park(Op::Unpark(a)), 0);
        assert_eq!(notified.apply(a, &PARK, 0).end, End::Done);
        assert!(!notified.enabled(TaskId::CLOCK, &FIRE), "the timer was put back");
        for world in [world, both, notified] {
            assert!(!world.is_timed(a));
            assert!(!world.enabled(a, &PARK));
        }
    }
}
