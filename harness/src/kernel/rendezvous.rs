//! The channel without a buffer: a sender and a receiver meet.
//!
//! Sending and receiving are two steps each: arriving, which is always possible and either meets a partner that
//! waits on the other side or joins the queue of one's own side, and leaving, which is enabled once a partner
//! came (or the other side is gone, or the timer fired). Partners meet in order of arrival.

use std::collections::VecDeque;

use super::handles::{Dropped, Side};
use super::ids::TaskId;

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Rendezvous {
    /// The tasks that wait for a partner, in order of arrival. At most one of the two queues holds anybody.
    pub(crate) senders_waiting: VecDeque<TaskId>,
    pub(crate) receivers_waiting: VecDeque<TaskId>,
    pub(crate) senders: u32,
    pub(crate) receivers: u32,
    /// How many handles of each side were dropped.
    senders_dropped: u32,
    receivers_dropped: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Op {
    SendArrive,
    SendLeave,
    ReceiveArrive,
    ReceiveLeave,
    TrySend,
    TryReceive,
    AddSender,
    DropSender,
    AddReceiver,
    DropReceiver,
}

/// How an operation on a rendezvous ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Done {
    /// Met this partner.
    Met(TaskId),
    /// Joined the queue.
    Queued,
    /// Nobody waits on the other side (a `try_` form), or the timer fired first.
    Nobody,
    Disconnected,
    Handles,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Access {
    /// Somebody of this side met a partner.
    Meet(Side),
    /// Joined the queue of this side, or left it without a partner.
    Queue(Side),
    /// A `try_` form of this side found nobody on the other.
    SeeNobody(Side),
    /// Found the other side gone.
    SeeGone,
    Drop(Dropped),
}

impl Access {
    pub(crate) fn commutes(self, other: Access) -> bool {
        !self.concerns(other) && !other.concerns(self)
    }

    /// Whether what this did makes a difference to `other`.
    fn concerns(self, other: Access) -> bool {
        use Access::{Drop, Meet, Queue, SeeGone, SeeNobody};
        match (self, other) {
            (Meet(_) | Queue(_), Meet(_) | Queue(_)) => true,
            // Whoever met a partner took it out of the queue of the other side.
            (Meet(mine), SeeNobody(theirs)) => mine == theirs,
            (Queue(mine), SeeNobody(theirs)) => mine != theirs,
            (Drop(drop), Queue(_) | SeeNobody(_) | SeeGone) => drop.closes(),
            (Drop(drop), Drop(other)) => !drop.commutes(other),
            (Meet(_) | Queue(_) | Drop(_) | SeeNobody(_) | SeeGone, _) => false,
        }
    }
}

impl Rendezvous {
    pub(crate) fn new() -> Rendezvous {
        Rendezvous { senders: 1, receivers: 1, ..Rendezvous::default() }
    }

    pub(crate) fn disconnected(&self, op: &Op) -> bool {
        match op {
            Op::SendArrive | Op::SendLeave | Op::TrySend => self.receivers == 0,
            Op::ReceiveArrive | Op::ReceiveLeave | Op::TryReceive => self.senders == 0,
            _ => false,
        }
    }

    /// `task` performs an operation that is not a leave.
    pub(crate) fn apply(&mut self, task: TaskId, op: &Op) -> Done {
        let partner = match op {
            Op::SendArrive | Op::TrySend => self.receivers_waiting.pop_front(),
            Op::ReceiveArrive | Op::TryReceive => self.senders_waiting.pop_front(),
            _ => None,
        };
        if let Some(partner) = partner {
            return Done::Met(partner);
        }
        if self.disconnected(op) {
            return Done::Disconnected;
        }
        match op {
            Op::SendArrive => self.senders_waiting.push_back(task),
            Op::ReceiveArrive => self.receivers_waiting.push_back(task),
            Op::TrySend | Op::TryReceive => return Done::Nobody,
            Op::AddSender => self.senders += 1,
            Op::DropSender => {
                self.senders -= 1;
                self.senders_dropped += 1;
            }
            Op::AddReceiver => self.receivers += 1,
            Op::DropReceiver => {
                self.receivers -= 1;
                self.receivers_dropped += 1;
            }
            Op::SendLeave | Op::ReceiveLeave => debug_assert!(false, "leaving is decided by the world"),
        }
        match op {
            Op::SendArrive | Op::ReceiveArrive => Done::Queued,
            _ => Done::Handles,
        }
    }

    /// `task` gives up waiting.
    pub(crate) fn withdraw(&mut self, task: TaskId) {
        self.senders_waiting.retain(|waiting| *waiting != task);
        self.receivers_waiting.retain(|waiting| *waiting != task);
    }

    /// The tasks that wait for a side that is gone.
    pub(crate) fn stranded(&self) -> impl Iterator<Item = TaskId> + '_ {
        let senders = self.senders_waiting.iter().filter(|_| self.receivers == 0);
        let receivers = self.receivers_waiting.iter().filter(|_| self.senders == 0);
        senders.chain(receivers).copied()
    }

    /// How `op`, which has just ended with `done`, used the channel, if it did so in a way that others can notice.
    ///
    /// Leaving with a partner is none: it concerns only the arrival that brought the partner.
    pub(crate) fn access(&self, op: &Op, done: Done) -> Option<Access> {
        use Op::{ReceiveLeave, SendLeave, TryReceive, TrySend};
        let side = match op {
            Op::SendArrive | SendLeave | TrySend | Op::AddSender | Op::DropSender => Side::Sending,
            Op::ReceiveArrive | ReceiveLeave | TryReceive | Op::AddReceiver | Op::DropReceiver => Side::Receiving,
        };
        Some(match (op, done) {
            (Op::AddSender | Op::AddReceiver, _) | (SendLeave | ReceiveLeave, Done::Met(_)) => return None,
            (Op::DropSender, _) => Access::Drop(Dropped { side, before: self.senders_dropped - 1, left: self.senders }),
            (Op::DropReceiver, _) => {
                Access::Drop(Dropped { side, before: self.receivers_dropped - 1, left: self.receivers })
            }
            (SendLeave | ReceiveLeave, _) | (_, Done::Queued) => Access::Queue(side),
            (_, Done::Met(_) | Done::Handles) => Access::Meet(side),
            (_, Done::Nobody) => Access::SeeNobody(side),
            (_, Done::Disconnected) => Access::SeeGone,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::kernel::{End, Object, ObjectId, Op as AnyOp, Rules, World, clock};

    const FIRE: AnyOp = AnyOp::Clock(clock::Op::Fire);

    fn op(op: Op) -> AnyOp {
        AnyOp::Rendezvous(ObjectId(0), op)
    }

    fn world() -> (World, [TaskId; 3]) {
        let world = World::with(Rules::default(), 3, [Object::Rendezvous(Box::new(Rendezvous::new()))]);
        (world, [1, 2, 3].map(TaskId))
    }

    fn arm(world: &mut World, task: TaskId) {
        world.apply(task, &AnyOp::Clock(clock::Op::Arm(Duration::from_secs(1))), 0);
    }

    #[test]
    fn partners_meet_in_order_of_arrival() {
        let (mut world, [a, b, c]) = world();
        assert_eq!(world.apply(b, &op(Op::SendArrive), 0).end, End::Queued);
        assert_eq!(world.apply(a, &op(Op::SendArrive), 0).end, End::Queued);
        let met = world.apply(c, &op(Op::ReceiveArrive), 0);
        assert_eq!((met.end, met.value), (End::Done, b.0.into()));
        assert!(world.enabled(b, &op(Op::SendLeave)));
        assert!(!world.enabled(a, &op(Op::SendLeave)));
        assert_eq!(world.apply(b, &op(Op::SendLeave), 0).value, c.0.into());
        assert_eq!(world.apply(c, &op(Op::TryReceive), 0).value, a.0.into());
    }

    #[test]
    fn a_try_meets_only_who_waits() {
        let (mut world, [a, b, c]) = world();
        assert_eq!(world.apply(a, &op(Op::TrySend), 0).end, End::Failed);
        assert_eq!(world.apply(b, &op(Op::TryReceive), 0).end, End::Failed);
        world.apply(b, &op(Op::ReceiveArrive), 0);
        assert_eq!(world.apply(c, &op(Op::TryReceive), 0).end, End::Failed, "it waits on the same side");
        assert_eq!(world.apply(a, &op(Op::TrySend), 0).value, b.0.into());
    }

    #[test]
    fn who_waits_for_a_side_that_is_gone_gives_up() {
        let (mut world, [a, b, _]) = world();
        world.apply(a, &op(Op::ReceiveArrive), 0);
        world.apply(b, &op(Op::DropSender), 0);
        assert_eq!(world.woken.as_slice(), [a]);
        assert!(world.enabled(a, &op(Op::ReceiveLeave)));
        assert_eq!(world.apply(a, &op(Op::ReceiveLeave), 0).end, End::Disconnected);
        assert_eq!(world.apply(a, &op(Op::ReceiveArrive), 0).end, End::Disconnected);
        assert_eq!(world.apply(a, &op(Op::TryReceive), 0).end, End::Disconnected);
    }

    #[test]
    fn a_partner_that_comes_after_the_timer_is_still_met() {
        let (mut world, [a, b, _]) = world();
        arm(&mut world, a);
        world.apply(a, &op(Op::SendArrive), 0);
        world.apply(TaskId::CLOCK, &FIRE, 0);
        assert!(world.enabled(a, &op(Op::SendLeave)));
        let mut late = world.clone();
        assert_eq!(world.apply(a, &op(Op::SendLeave), 0).end, End::TimedOut);
        assert_eq!(world.apply(b, &op(Op::TryReceive), 0).end, End::Failed, "it does not wait any more");
        assert_eq!(late.apply(b, &op(Op::TryReceive), 0).value, a.0.into());
        assert_eq!(late.apply(a, &op(Op::SendLeave), 0).value, b.0.into());
        assert!(!late.is_timed(a));
    }

    #[test]
    fn whoever_met_a_partner_needs_no_timer() {
        let (mut world, [a, b, _]) = world();
        arm(&mut world, a);
        arm(&mut world, b);
        world.apply(a, &op(Op::SendArrive), 0);
        assert!(world.is_timed(a));
        world.apply(b, &op(Op::ReceiveArrive), 0);
        assert!(!world.is_timed(a));
        assert!(!world.is_timed(b));
        assert!(!world.enabled(TaskId::CLOCK, &FIRE));
    }
}
