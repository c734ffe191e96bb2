//! The channel itself: sending and receiving, waiting or not.

use std::time::Duration;

use super::driver::{Between, Driver, Inside};
use super::store::{Opened, Store};
use super::values::{Claim, Content, Offer, Seats, Spot, Values};
use crate::driver::Place;
use crate::kernel::channel::{Channel, Op as ChannelOp};
use crate::kernel::handles::Side;
use crate::kernel::rendezvous::{Op as RendezvousOp, Rendezvous};
use crate::kernel::select::{self, Arms, Form, Pick};
use crate::kernel::{End, Object, ObjectId, Op, Outcome, TaskId, clock};

/// The part of a channel that the kernel keeps, with one handle on each side.
#[inline(always)]
pub(crate) fn buffered(capacity: Option<u64>) -> Object {
    Object::Channel(Channel::new(capacity))
}

/// [`buffered`] without room.
#[inline(always)]
pub(crate) fn unbuffered() -> Object {
    Object::Rendezvous(Box::new(Rendezvous::new()))
}

/// How long to wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Patience {
    Forever,
    Never,
    Within(Duration),
}

/// Why nothing was sent or received.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reason {
    /// Full or empty, or nobody was there; as long as that was waited for.
    NotReady,
    /// The other side is gone, or the channel was closed.
    Disconnected,
}

/// A value that was not sent, and why.
#[derive(Debug)]
pub(crate) struct NotSent<T>(pub(crate) T, pub(crate) Reason);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Buffered,
    Rendezvous,
}

/// A channel without the part that the kernel keeps. See the module's documentation.
pub(crate) struct Core<T> {
    pub(super) kind: Kind,
    /// How many messages fit; `None` is no limit.
    capacity: Option<u64>,
    pub(super) values: Store<Values<T>>,
}

pub(super) fn partner(value: u64) -> TaskId {
    TaskId(value as u32)
}

impl Patience {
    /// Sets the timer of the caller, if one is needed. However the operation ends that comes next, it takes the timer back.
    pub(crate) fn begin<D: Driver>(self, driver: D, place: Place) {
        if let Patience::Within(timeout) = self {
            driver.perform(Op::Clock(clock::Op::Arm(timeout)), place);
        }
    }
}

impl Reason {
    pub(crate) fn of(end: End) -> Reason {
        match end {
            End::Failed | End::TimedOut => Reason::NotReady,
            _ => Reason::Disconnected,
        }
    }
}

impl<T> Core<T> {
    /// A channel for where the caller is, with room for so many messages, or for any number. Without room it is a rendezvous.
    #[inline(always)]
    pub(crate) fn new(capacity: Option<u64>) -> Core<T> {
        let kind = if capacity == Some(0) { Kind::Rendezvous } else { Kind::Buffered };
        Core { kind, capacity, values: Store::new(Values::new(capacity)) }
    }

    pub(crate) fn capacity(&self) -> Option<u64> {
        self.capacity
    }

    #[inline(always)]
    pub(super) fn values(&self) -> Opened<'_, Values<T>> {
        self.values.open()
    }

    pub(crate) fn seats(&self) -> &dyn Seats {
        &self.values
    }

    /// Sends `value`, waiting so long.
    #[inline(always)]
    pub(crate) fn send<D: Driver>(
        &self,
        driver: D,
        id: ObjectId,
        value: T,
        patience: Patience,
        place: Place,
    ) -> Result<(), NotSent<T>> {
        match (self.kind, patience) {
            (Kind::Buffered, Patience::Forever) => self.push(driver, Op::Channel(id, ChannelOp::Send), value, place),
            (Kind::Buffered, Patience::Never) => self.push(driver, Op::Channel(id, ChannelOp::TrySend), value, place),
            (Kind::Buffered, Patience::Within(_)) => {
                patience.begin(driver, place);
                // A send waits for ever; a select of one send does not.
                self.push(driver, alone(id), value, place)
            }
            (Kind::Rendezvous, Patience::Never) => self.meet_receiver::<D, true>(driver, id, value, place),
            (Kind::Rendezvous, _) => {
                patience.begin(driver, place);
                self.meet_receiver::<D, false>(driver, id, value, place)
            }
        }
    }

    /// Performs `op`, which adds a message to the line.
    #[inline(always)]
    fn push<D: Driver>(&self, driver: D, op: Op, value: T, place: Place) -> Result<(), NotSent<T>> {
        driver.step(op, place, |outcome, between| self.pushed(outcome.end, value, between.execution()))
    }

    /// What comes of a step that ended so and was to add `value` to the line.
    ///
    /// Not inlined, and neither is [`Core::pulled`]: what is around the step is inlined into the user's function, because the
    /// processor mispredicts the return from every function that was suspended; so there should be little of it.
    #[inline(never)]
    pub(super) fn pushed(&self, end: End, value: T, inside: Inside<'_>) -> Result<(), NotSent<T>> {
        match end {
            End::Done => {
                self.put(Spot::Line, value, inside);
                Ok(())
            }
            end => Err(NotSent(value, Reason::of(end))),
        }
    }

    #[inline(always)]
    fn put(&self, spot: Spot, value: T, inside: Inside<'_>) {
        self.values.with(inside, |values| values.put(spot, Content::Value(value)));
    }

    /// Gives `value` to somebody who waits for one, or who comes, unless it only `TRIES`.
    #[inline(never)]
    fn meet_receiver<D: Driver, const TRIES: bool>(
        &self,
        driver: D,
        id: ObjectId,
        value: T,
        place: Place,
    ) -> Result<(), NotSent<T>> {
        let arrive = if TRIES { RendezvousOp::TrySend } else { RendezvousOp::SendArrive };
        let me = driver.me();
        let come = driver.step(Op::Rendezvous(id, arrive), place, |outcome, between| {
            self.came_to_send(me, outcome, value, between.execution())
        });
        if let Some(seat) = come? {
            let left = driver.step(Op::Rendezvous(id, RendezvousOp::SendLeave), place, |outcome, _| outcome.end);
            return seat.leave_sending(left);
        }
        Ok(())
    }

    /// What comes of an arrival with `value` that ended so: where it waits, unless somebody has it.
    pub(super) fn came_to_send(
        &self,
        me: TaskId,
        outcome: Outcome,
        value: T,
        inside: Inside<'_>,
    ) -> Result<Option<Seat<'_, T>>, NotSent<T>> {
        match outcome.end {
            End::Done => {
                self.put(Spot::Delivery(partner(outcome.value)), value, inside);
                Ok(None)
            }
            End::Queued => {
                let spot = Spot::Offer(me);
                self.put(spot, value, inside);
                Ok(Some(Seat { core: self, spot }))
            }
            end => Err(NotSent(value, Reason::of(end))),
        }
    }

    /// Receives a value, waiting so long.
    #[inline(always)]
    pub(crate) fn receive<D: Driver>(
        &self,
        driver: D,
        id: ObjectId,
        patience: Patience,
        place: Place,
    ) -> Result<T, Reason> {
        let content = match (self.kind, patience) {
            (Kind::Buffered, Patience::Forever) => self.pull(driver, id, ChannelOp::Receive, place),
            (Kind::Buffered, Patience::Never) => self.pull(driver, id, ChannelOp::TryReceive, place),
            (Kind::Buffered, Patience::Within(_)) => {
                patience.begin(driver, place);
                self.pull(driver, id, ChannelOp::Receive, place)
            }
            (Kind::Rendezvous, Patience::Never) => self.meet_sender::<D, true>(driver, id, place),
            (Kind::Rendezvous, _) => {
                patience.begin(driver, place);
                self.meet_sender::<D, false>(driver, id, place)
            }
        };
        match content? {
            Content::Value(value) => Ok(value),
            late => self.open(driver, late, place).ok_or(Reason::Disconnected),
        }
    }

    #[inline(always)]
    fn pull<D: Driver>(&self, driver: D, id: ObjectId, op: ChannelOp, place: Place) -> Result<Content<T>, Reason> {
        driver.step(Op::Channel(id, op), place, |outcome, between| {
            let content = self.pulled(outcome.end, between.execution())?;
            Ok(self.values.ready(content, between))
        })
    }

    /// What comes of a step that ended so and was to take the first from the line. See [`Core::pushed`].
    #[inline(never)]
    pub(super) fn pulled(&self, end: End, inside: Inside<'_>) -> Result<Content<T>, Reason> {
        match end {
            End::Done => self.pick_up(Spot::Line, inside),
            end => Err(Reason::of(end)),
        }
    }

    #[inline(always)]
    fn pick_up(&self, spot: Spot, inside: Inside<'_>) -> Result<Content<T>, Reason> {
        self.values.with(inside, |values| values.pick_up(spot)).ok_or(Reason::Disconnected)
    }

    #[inline(always)]
    pub(super) fn take(&self, spot: Spot, between: &mut dyn Between) -> Result<Content<T>, Reason> {
        let content = self.pick_up(spot, between.execution())?;
        Ok(self.values.ready(content, between))
    }

    /// Takes what somebody who waits gives, or who comes, unless it only `TRIES`.
    #[inline(never)]
    fn meet_sender<D: Driver, const TRIES: bool>(
        &self,
        driver: D,
        id: ObjectId,
        place: Place,
    ) -> Result<Content<T>, Reason> {
        let arrive = if TRIES { RendezvousOp::TryReceive } else { RendezvousOp::ReceiveArrive };
        let me = driver.me();
        let come = driver
            .step(Op::Rendezvous(id, arrive), place, |outcome, between| self.came_to_receive(me, outcome, between));
        match come? {
            Come::Met(content) => Ok(content),
            Come::Waits(seat) => {
                let leave = Op::Rendezvous(id, RendezvousOp::ReceiveLeave);
                driver.step(leave, place, |outcome, between| seat.leave_receiving(outcome.end, between))
            }
        }
    }

    /// What comes of an arrival for a value that ended so.
    pub(super) fn came_to_receive(
        &self,
        me: TaskId,
        outcome: Outcome,
        between: &mut dyn Between,
    ) -> Result<Come<'_, T>, Reason> {
        match outcome.end {
            End::Done => self.take(Spot::Offer(partner(outcome.value)), between).map(Come::Met),
            End::Queued => Ok(Come::Waits(Seat { core: self, spot: Spot::Delivery(me) })),
            end => Err(Reason::of(end)),
        }
    }

    /// How many messages it holds.
    pub(crate) fn len<D: Driver>(&self, driver: D, id: ObjectId, place: Place) -> u64 {
        self.ask(driver, id, ChannelOp::Len, place).unwrap_or(0)
    }

    pub(crate) fn is_empty<D: Driver>(&self, driver: D, id: ObjectId, place: Place) -> bool {
        self.ask(driver, id, ChannelOp::IsEmpty, place) != Some(0)
    }

    pub(crate) fn is_full<D: Driver>(&self, driver: D, id: ObjectId, place: Place) -> bool {
        self.ask(driver, id, ChannelOp::IsFull, place) != Some(0)
    }

    /// The answer to a question about the buffer, if there is one. Without, it is empty and full at once.
    fn ask<D: Driver>(&self, driver: D, id: ObjectId, question: ChannelOp, place: Place) -> Option<u64> {
        match self.kind {
            Kind::Buffered => Some(driver.perform(Op::Channel(id, question), place).value),
            Kind::Rendezvous => None,
        }
    }

    /// Closes it for both sides; what was sent before can still be received. Does `then`, which is told whether it was open, before
    /// anybody else can step.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn close<D: Driver, R>(&self, driver: D, id: ObjectId, place: Place, then: impl FnOnce(bool) -> R) -> R {
        let op = match self.kind {
            Kind::Buffered => Op::Channel(id, ChannelOp::Close),
            Kind::Rendezvous => Op::Rendezvous(id, RendezvousOp::Close),
        };
        driver.step(op, place, |outcome, _| then(outcome.is_done()))
    }

    /// Whether it has a buffer.
    #[cfg(feature = "sim")]
    #[inline(always)]
    pub(crate) fn is_buffered(&self) -> bool {
        self.kind == Kind::Buffered
    }

    /// Drops the messages in the buffer, which nobody will receive. For a caller who is elsewhere they stay where they are, for as
    /// long as there is a handle.
    pub(crate) fn discard(&self) {
        // Destructors may use the channel, so that the guard is released first.
        let line = self.values.try_open().map(|mut values| values.clear_line());
        drop(line);
    }

    /// Lays aside what a select may send.
    pub(crate) fn offer(&self, value: T) -> Offer {
        let mut values = self.values();
        let number = values.number();
        values.shelve(number, Content::Value(value));
        Offer(number)
    }

    /// What a select did not send after all.
    pub(crate) fn take_back(&self, offer: Offer) -> Option<T> {
        match self.values().unshelve(offer.0) {
            Some(Content::Value(value)) => Some(value),
            _ => None,
        }
    }

    /// What a select has received; waits for it if it is late. `None` only if the execution ends.
    pub(crate) fn redeem<D: Driver>(&self, driver: D, claim: Claim, place: Place) -> Option<T> {
        let content = self.values().unshelve(claim.0)?;
        self.open(driver, content, place)
    }
}

/// A select of one send.
fn alone(id: ObjectId) -> Op {
    let arms = Arms::of(&[select::Arm { channel: id, side: Side::Sending }]);
    Op::Select(select::Op { arms, form: Form::Wait, pick: Pick::First })
}

/// What comes of a receiver's arrival.
pub(super) enum Come<'a, T> {
    Met(Content<T>),
    Waits(Seat<'a, T>),
}

/// The right of a waiting task to what lies on its seat. Whoever stops waiting in the middle of an unwinding leaves
/// nothing behind.
pub(super) struct Seat<'a, T> {
    pub(super) core: &'a Core<T>,
    pub(super) spot: Spot,
}

impl<T> Seat<'_, T> {
    /// Who waited here with a value goes on from there.
    pub(super) fn leave_sending(self, end: End) -> Result<(), NotSent<T>> {
        if end == End::Done {
            // Whoever came has taken the value.
            std::mem::forget(self);
            return Ok(());
        }
        // Nobody came, so that the value is still there.
        match self.core.values().pick_up(self.spot) {
            Some(Content::Value(value)) => Err(NotSent(value, Reason::of(end))),
            _ => Ok(()),
        }
    }

    /// Who waited here for a value goes on from there.
    pub(super) fn leave_receiving(self, end: End, between: &mut dyn Between) -> Result<Content<T>, Reason> {
        if end != End::Done {
            return Err(Reason::of(end));
        }
        let content = self.core.take(self.spot, between);
        std::mem::forget(self);
        content
    }
}

impl<T> Drop for Seat<'_, T> {
    fn drop(&mut self) {
        let left = self.core.values().pick_up(self.spot);
        drop(left);
    }
}
