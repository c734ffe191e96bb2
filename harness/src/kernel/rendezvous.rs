//! The channel without a buffer: a sender and a receiver meet.
//!
//! Sending and receiving are two steps each: arriving, which is always possible and either meets a partner that
//! waits on the other side or joins the queue of one's own side, and leaving, which is enabled once a partner
//! came (or the other side is gone, or the timer fired). Partners meet in order of arrival.
//!
//! A select arrives at several channels at once. Whoever meets it at one takes it out of the queues of the others:
//! see [`super::select`].

use super::handles::{Dropped, Side};
use super::ids::TaskId;
use super::row::Row;
use super::select::Arms;

/// A task that waits for a partner.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Waiter {
    pub(crate) task: TaskId,
    /// Where it waits, if it does so in a select.
    pub(crate) arms: Option<Arms>,
}

/// Those who wait on one side.
pub(crate) type Queue = Row<Waiter>;

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Rendezvous {
    /// The tasks that wait for a partner, in order of arrival. At most one of the two queues holds anybody, unless both
    /// hold the same task and nobody else.
    pub(crate) senders_waiting: Queue,
    pub(crate) receivers_waiting: Queue,
    pub(crate) senders: u32,
    pub(crate) receivers: u32,
    /// How many handles of each side were dropped.
    senders_dropped: u32,
    receivers_dropped: u32,
    /// Closed, whoever has handles; these are not counted any more.
    closed: bool,
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
    /// Takes both sides away. Fails if that has been done before.
    Close,
}

/// How an operation on a rendezvous ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Done {
    /// Met this partner.
    Met(Waiter),
    /// Joined the queue.
    Queued,
    /// Nobody waits on the other side (a `try_` form), or the timer fired first.
    Nobody,
    Disconnected,
    Handles,
    /// Closed; or not, because it was.
    Closed(bool),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Access {
    /// Somebody of this side met a partner.
    Meet(Side),
    /// Joined the queue of this side, or left it without a partner.
    Queue(Side),
    /// A `try_` form of this side found nobody on the other.
    SeeNobody(Side),
    /// A select of this side saw somebody on the other.
    SeeSomebody(Side),
    /// Found the other side gone.
    SeeGone,
    Drop(Dropped),
    Close,
}

impl Access {
    pub(crate) fn commutes(self, other: Access) -> bool {
        !self.concerns(other) && !other.concerns(self)
    }

    /// Whether what this did makes a difference to `other`.
    fn concerns(self, other: Access) -> bool {
        use Access::{Close, Drop, Meet, Queue, SeeGone, SeeNobody, SeeSomebody};
        match (self, other) {
            (Meet(_) | Queue(_), Meet(_) | Queue(_)) => true,
            // Whoever met a partner took it out of the queue of the other side.
            (Meet(mine), SeeNobody(theirs) | SeeSomebody(theirs)) => mine == theirs,
            (Queue(mine), SeeNobody(theirs) | SeeSomebody(theirs)) => mine != theirs,
            (Drop(drop), Queue(_) | SeeNobody(_) | SeeGone) => drop.closes(),
            (Drop(drop), Drop(other)) => !drop.commutes(other),
            (Close, _) => true,
            (Meet(_) | Queue(_) | Drop(_) | SeeNobody(_) | SeeSomebody(_) | SeeGone, _) => false,
        }
    }
}

impl Op {
    /// The side on which somebody comes to meet a partner, or waits for one.
    #[inline]
    fn comes(&self) -> Option<Side> {
        match self {
            Op::SendArrive | Op::SendLeave | Op::TrySend => Some(Side::Sending),
            Op::ReceiveArrive | Op::ReceiveLeave | Op::TryReceive => Some(Side::Receiving),
            _ => None,
        }
    }
}

impl Rendezvous {
    pub(crate) fn new() -> Rendezvous {
        Rendezvous { senders: 1, receivers: 1, ..Rendezvous::default() }
    }

    #[inline]
    pub(crate) fn disconnected(&self, op: &Op) -> bool {
        op.comes().is_some_and(|side| self.is_gone(side))
    }

    /// Whether nobody will ever come to whoever is on this side.
    #[inline]
    pub(crate) fn is_gone(&self, side: Side) -> bool {
        side.pick(self.receivers, self.senders) == 0
    }

    #[inline]
    fn queue(&mut self, side: Side) -> &mut Queue {
        side.pick(&mut self.senders_waiting, &mut self.receivers_waiting)
    }

    /// Whether somebody waits for whoever comes on this side.
    pub(crate) fn is_awaited(&self, side: Side) -> bool {
        match side {
            Side::Sending => !self.receivers_waiting.is_empty(),
            Side::Receiving => !self.senders_waiting.is_empty(),
        }
    }

    /// Whether whoever comes with `op` meets somebody.
    pub(crate) fn would_meet(&self, op: &Op) -> bool {
        !self.closed && op.comes().is_some_and(|side| self.is_awaited(side))
    }

    /// Somebody comes on this side: whom it meets, or why nobody.
    #[inline]
    pub(crate) fn meet(&mut self, side: Side) -> Done {
        if self.closed {
            return Done::Disconnected;
        }
        if let Some(first) = self.queue(side.other()).pop() {
            Done::Met(first)
        } else if self.is_gone(side) {
            Done::Disconnected
        } else {
            Done::Nobody
        }
    }

    /// `task` arrives on this side, where nobody waits, and at most one on the other, and not in a select: whom it meets, or that it
    /// is queued. `None`, with nothing done, if that is not so.
    #[inline(always)]
    pub(crate) fn arrive_plainly(&mut self, task: TaskId, side: Side) -> Option<Done> {
        if self.closed || self.is_gone(side) {
            return None;
        }
        if let Some(partner) = self.queue(side.other()).take_only_if(|waiter| waiter.arms.is_none()) {
            return Some(Done::Met(partner));
        }
        if !self.senders_waiting.is_empty() || !self.receivers_waiting.is_empty() {
            return None;
        }
        self.queue(side).begin(Waiter { task, arms: None });
        Some(Done::Queued)
    }

    /// Drops a handle of this side, if nobody waits who could notice. Returns whether it did.
    #[inline(always)]
    pub(crate) fn drop_plainly(&mut self, side: Side) -> bool {
        let plain = self.senders_waiting.is_empty() && self.receivers_waiting.is_empty();
        if plain {
            self.drop_handle(side);
        }
        plain
    }

    /// One more handle of this side; they are not counted any more once it is closed.
    #[inline(always)]
    pub(crate) fn add_handle(&mut self, side: Side) {
        if !self.closed {
            *side.pick(&mut self.senders, &mut self.receivers) += 1;
        }
    }

    /// One handle of this side less.
    #[inline(always)]
    fn drop_handle(&mut self, side: Side) {
        if !self.closed {
            *side.pick(&mut self.senders, &mut self.receivers) -= 1;
            *side.pick(&mut self.senders_dropped, &mut self.receivers_dropped) += 1;
        }
    }

    /// Somebody waits on this side from now on.
    #[inline]
    pub(crate) fn enqueue(&mut self, side: Side, waiter: Waiter) {
        self.queue(side).push(waiter);
    }

    /// [`Rendezvous::enqueue`], unless the same task, which came last, waits there already.
    pub(crate) fn enqueue_once(&mut self, side: Side, waiter: Waiter) {
        if self.queue(side).last() != Some(&waiter) {
            self.enqueue(side, waiter);
        }
    }

    /// `task` performs an operation that is not a leave.
    #[inline]
    pub(crate) fn apply(&mut self, task: TaskId, op: &Op) -> Done {
        if let Some(side) = op.comes() {
            let done = self.meet(side);
            if done == Done::Nobody && matches!(op, Op::SendArrive | Op::ReceiveArrive) {
                self.enqueue(side, Waiter { task, arms: None });
                return Done::Queued;
            }
            return done;
        }
        match op {
            Op::AddSender => self.add_handle(Side::Sending),
            Op::AddReceiver => self.add_handle(Side::Receiving),
            Op::DropSender => self.drop_handle(Side::Sending),
            Op::DropReceiver => self.drop_handle(Side::Receiving),
            Op::Close => {
                (self.senders, self.receivers) = (0, 0);
                (self.senders_dropped, self.receivers_dropped) = (0, 0);
                return Done::Closed(!std::mem::replace(&mut self.closed, true));
            }
            _ => debug_assert!(false, "leaving is decided by the world"),
        }
        Done::Handles
    }

    /// `task` gives up waiting.
    pub(crate) fn withdraw(&mut self, task: TaskId) {
        self.senders_waiting.retain(|waiter| waiter.task != task);
        self.receivers_waiting.retain(|waiter| waiter.task != task);
    }

    /// Everybody who waits.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = &Waiter> {
        self.senders_waiting.iter().chain(self.receivers_waiting.iter())
    }

    /// The tasks that wait for a side that is gone.
    pub(crate) fn stranded(&self) -> impl Iterator<Item = TaskId> + '_ {
        let senders = self.senders_waiting.iter().filter(|_| self.receivers == 0);
        let receivers = self.receivers_waiting.iter().filter(|_| self.senders == 0);
        senders.chain(receivers).map(|waiter| waiter.task)
    }

    /// What somebody on this side, who does nothing about it, sees of the other.
    pub(crate) fn sight(&self, side: Side) -> Access {
        if self.is_gone(side) {
            Access::SeeGone
        } else if self.is_awaited(side) {
            Access::SeeSomebody(side)
        } else {
            Access::SeeNobody(side)
        }
    }

    /// How `op`, which has just ended with `done`, used the channel, if it did so in a way that others can notice.
    ///
    /// Leaving with a partner is none: it concerns only the arrival that brought the partner.
    pub(crate) fn access(&self, op: &Op, done: Done) -> Option<Access> {
        use Op::{ReceiveLeave, SendLeave, TryReceive, TrySend};
        let side = match op {
            Op::SendArrive | SendLeave | TrySend | Op::AddSender | Op::DropSender => Side::Sending,
            Op::ReceiveArrive | ReceiveLeave | TryReceive | Op::AddReceiver | Op::DropReceiver => Side::Receiving,
            Op::Close => return Some(Access::Close),
        };
        Some(match (op, done) {
            (Op::AddSender | Op::AddReceiver, _) | (SendLeave | ReceiveLeave, Done::Met(_)) => return None,
            (Op::DropSender, _) => {
                let before = self.senders_dropped.saturating_sub(1);
                Access::Drop(Dropped { side, before, left: self.senders })
            }
            (Op::DropReceiver, _) => {
                let before = self.receivers_dropped.saturating_sub(1);
                Access::Drop(Dropped { side, before, left: self.receivers })
            }
            (SendLeave | ReceiveLeave, _) | (_, Done::Queued) => Access::Queue(side),
            (_, Done::Met(_) | Done::Handles | Done::Closed(_)) => Access::Meet(side),
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
    fn whoever_waits_when_it_is_closed_is_met_by_nobody() {
        let (mut world, [a, b, _]) = world();
        world.apply(a, &op(Op::ReceiveArrive), 0);
        assert!(world.apply(b, &op(Op::Close), 0).is_done());
        assert_eq!(world.woken.as_slice(), [a]);
        assert_eq!(world.apply(b, &op(Op::TrySend), 0).end, End::Disconnected);
        assert_eq!(world.apply(a, &op(Op::ReceiveLeave), 0).end, End::Disconnected);
        assert_eq!(world.apply(b, &op(Op::Close), 0).end, End::Failed);
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
