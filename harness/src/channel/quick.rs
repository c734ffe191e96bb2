//! Sending and receiving in an execution, for as long as it takes.
//!
//! What [`Core::send`] does over any driver, cut into parts, so that one function is called on each side of a switch. The switch
//! itself is inlined into the user's function, because the processor mispredicts the return from every function that was suspended.
//! Each part has a quick form for where [all is calm](crate::engine::begin_send) and the values lie where they mostly do; nothing in
//! it calls a function, so that it needs no registers that belong to its caller. All else is behind one way out. What the parts say to each
//! other fits into registers, too: an answer has a value or none, and the place of the step is where the task declared it.
//!
//! At a channel with a buffer the quick forms are inlined, too, where code is optimised: some 600 bytes for each send or receive that is
//! written, for 15 fewer instructions on each side. (At a switch all that a function needs later is on its stack, so that registers are
//! free there, which a function that is called would have to save.)
//!
//! **Unsafe room**: what comes after a switch does not look once more at what was looked at before it, and cannot have changed. What
//! is between landing and the next decision is what everybody waits for.

use super::Engine;
use super::core::{Come, Core, NotSent, Reason, Seat, partner};
use super::values::{Content, Spot};
use crate::engine::{
    Execution, Next, Place, after_any, before_any, begin_receive, begin_send, begin_to_give, begin_to_take,
    declared_at, moment, switch,
};
use crate::kernel::channel::Op as ChannelOp;
use crate::kernel::handles::Side;
use crate::kernel::rendezvous::Op as RendezvousOp;
use crate::kernel::{End, ObjectId, Op, Outcome, TaskId};

/// How far a send came. With a value that is no longer than a pointer it fits into two registers, and so does how far a receive came.
enum Sending<T> {
    Sent,
    /// It has declared that it goes on when somebody has come.
    Waits(Next),
    NotReady(T),
    Disconnected(T),
}

impl<T> Sending<T> {
    fn of(sent: Result<(), NotSent<T>>) -> Sending<T> {
        match sent {
            Ok(()) => Sending::Sent,
            Err(NotSent(value, Reason::NotReady)) => Sending::NotReady(value),
            Err(NotSent(value, Reason::Disconnected)) => Sending::Disconnected(value),
        }
    }
}

/// How far a receive came.
enum Receiving<T> {
    Received(T),
    /// It has declared that it goes on when somebody has come.
    Waits(Next),
    NotReady,
    Disconnected,
}

impl<T> Receiving<T> {
    fn of(received: Result<T, Reason>) -> Receiving<T> {
        match received {
            Ok(value) => Receiving::Received(value),
            Err(Reason::NotReady) => Receiving::NotReady,
            Err(Reason::Disconnected) => Receiving::Disconnected,
        }
    }

    /// At the end, when nobody waits any more.
    #[inline(always)]
    fn ended(self) -> Result<T, Reason> {
        match self {
            Receiving::Received(value) => Ok(value),
            Receiving::NotReady => Err(Reason::NotReady),
            Receiving::Waits(_) | Receiving::Disconnected => Err(Reason::Disconnected),
        }
    }
}

/// How a quick part ended.
enum Quick<D, V> {
    Done(D),
    /// Nothing was done, but what the outcome says, if there is one.
    Slowly(V, Option<Outcome>),
    /// The caller has a seat, and has not declared that it waits there.
    Seated,
}

impl<T> Core<T> {
    /// [`Core::send`] inside `this`, waiting for ever.
    ///
    /// # Safety
    /// The caller is a task of `this`, in which the channel was made, its values included, and where it is the object `id`: one with a
    /// buffer if this has one. Nobody has the values open.
    #[inline(always)]
    pub(crate) unsafe fn send_inside(
        &self,
        this: *mut Execution,
        id: ObjectId,
        value: T,
        place: Place,
    ) -> Result<(), NotSent<T>> {
        if self.is_buffered() {
            // SAFETY: as the caller says; it has a buffer.
            return match unsafe { begin_send(this, id, place) }.ended() {
                Err(next) => {
                    let this = switch(this, next);
                    // SAFETY: a task goes on inside the execution in which it was suspended, and nothing of what the caller says ends before
                    // that does.
                    unsafe { self.end_send(this, id, value) }
                }
                Ok(outcome) => self.pushed_at_once(this, outcome.end, value),
            };
        }
        let sending = match begin_to_give(this, id, place).ended() {
            Err(next) => {
                let this = switch(this, next);
                self.give(this, id, value)
            }
            Ok(outcome) => self.came_to_give(this, id, value, outcome),
        };
        match sending {
            Sending::Sent => Ok(()),
            Sending::Waits(next) => {
                let this = switch(this, next);
                self.end_giving(this, id)
            }
            Sending::NotReady(value) => Err(NotSent(value, Reason::NotReady)),
            Sending::Disconnected(value) => Err(NotSent(value, Reason::Disconnected)),
        }
    }

    /// [`Core::receive`] inside `this`, waiting for ever.
    ///
    /// # Safety
    /// As for [`Self::send_inside`].
    #[inline(always)]
    pub(crate) unsafe fn receive_inside(&self, this: *mut Execution, id: ObjectId, place: Place) -> Result<T, Reason> {
        if self.is_buffered() {
            // SAFETY: as the caller says; it has a buffer.
            return match unsafe { begin_receive(this, id, place) }.ended() {
                Err(next) => {
                    let this = switch(this, next);
                    // SAFETY: as in `send_inside`.
                    unsafe { self.end_receive(this, id) }
                }
                Ok(outcome) => self.pulled_at_once(this, outcome.end, place),
            }
            .ended();
        }
        let receiving = match begin_to_take(this, id, place).ended() {
            Err(next) => {
                let this = switch(this, next);
                self.take_over(this, id)
            }
            Ok(outcome) => self.came_to_take(this, id, outcome),
        };
        match receiving {
            Receiving::Waits(next) => {
                let this = switch(this, next);
                self.end_taking(this, id).ended()
            }
            receiving => receiving.ended(),
        }
    }
}

/// With a buffer.
impl<T> Core<T> {
    /// What comes after the switch.
    ///
    /// # Safety
    /// As for [`Self::send_inside`], and the channel has a buffer.
    #[cfg_attr(not(debug_assertions), inline(always))]
    unsafe fn end_send(&self, this: *mut Execution, id: ObjectId, value: T) -> Result<(), NotSent<T>> {
        let refused = moment(this, |execution| {
            // SAFETY: as the caller says. What is done meanwhile is the engine's and the kernel's, who do not know the values.
            unsafe {
                self.values.in_hand(execution.epoch, |values| {
                    values.line.push_back_if(value, Content::Value, || execution.send_calmly(id))
                })
            }
        });
        match refused {
            None => Ok(()),
            // SAFETY: as the caller says.
            Some(value) => unsafe { self.end_send_slowly(this, id, value) },
        }
    }

    /// [`Self::end_send`] as a function of its own, for who has made room: what is inlined cannot come back to itself.
    ///
    /// # Safety
    /// As for that.
    #[inline(never)]
    unsafe fn end_send_with_room(&self, this: *mut Execution, id: ObjectId, value: T) -> Result<(), NotSent<T>> {
        // SAFETY: as the caller says.
        unsafe { self.end_send(this, id, value) }
    }

    /// # Safety
    /// As for [`Self::end_send`].
    #[inline(never)]
    unsafe fn end_send_slowly(&self, this: *mut Execution, id: ObjectId, value: T) -> Result<(), NotSent<T>> {
        let has_made_room = moment(this, |execution| {
            let values = self.values.at_hand(execution);
            values.is_some_and(|mut values| values.line.make_room())
        });
        if has_made_room {
            // That was all.
            // SAFETY: as the caller says.
            return unsafe { self.end_send_with_room(this, id, value) };
        }
        let outcome = after_any(this, &Op::Channel(id, ChannelOp::Send), declared_at(this));
        self.pushed_at_once(this, outcome.end, value)
    }

    #[inline(never)]
    fn pushed_at_once(&self, this: *mut Execution, end: End, value: T) -> Result<(), NotSent<T>> {
        moment(this, |execution| self.pushed(end, value, Some(execution)))
    }

    /// What comes after the switch.
    ///
    /// # Safety
    /// As for [`Self::end_send`].
    #[cfg_attr(not(debug_assertions), inline(always))]
    unsafe fn end_receive(&self, this: *mut Execution, id: ObjectId) -> Receiving<T> {
        let first = moment(this, |execution| {
            // SAFETY: as in `end_send`. There is a message where there is something in the line.
            unsafe {
                self.values.in_hand(execution.epoch, |values| {
                    let is_value = |content: &Content<T>| matches!(content, Content::Value(_));
                    values.line.pop_front_if(|content| is_value(content) && execution.receive_calmly(id))
                })
            }
        });
        match first {
            Some(Content::Value(value)) => Receiving::Received(value),
            // SAFETY: nothing else was taken.
            Some(_) => unsafe { std::hint::unreachable_unchecked() },
            None => self.end_receive_slowly(this, id),
        }
    }

    #[inline(never)]
    fn end_receive_slowly(&self, this: *mut Execution, id: ObjectId) -> Receiving<T> {
        if moment(this, |execution| execution.find_disconnected_calmly(id)) {
            return Receiving::Disconnected;
        }
        let place = declared_at(this);
        let outcome = after_any(this, &Op::Channel(id, ChannelOp::Receive), place);
        self.pulled_at_once(this, outcome.end, place)
    }

    #[inline(never)]
    fn pulled_at_once(&self, this: *mut Execution, end: End, place: Place) -> Receiving<T> {
        let content = moment(this, |execution| {
            let content = self.pulled(end, Some(execution))?;
            Ok(self.values.ready(content, execution))
        });
        self.open_inside(this, content, place)
    }

    fn open_inside(&self, this: *mut Execution, content: Result<Content<T>, Reason>, place: Place) -> Receiving<T> {
        let value = content.and_then(|content| self.open(Engine(this), content, place).ok_or(Reason::Disconnected));
        Receiving::of(value)
    }
}

/// Without one.
impl<T> Core<T> {
    /// The seat of the running task on this side.
    fn seat(&self, this: *mut Execution, side: Side) -> Seat<'_, T> {
        let me = moment(this, |execution| execution.running);
        let spot = if side == Side::Sending { Spot::Offer(me) } else { Spot::Delivery(me) };
        Seat { core: self, spot }
    }

    #[inline(never)]
    fn give(&self, this: *mut Execution, id: ObjectId, value: T) -> Sending<T> {
        match moment(this, |execution| self.give_quickly(execution, id, value, None)) {
            Quick::Done(sending) => sending,
            Quick::Slowly(value, outcome) => self.give_slowly(this, id, value, outcome),
            Quick::Seated => self.wait_for_receiver(this, id),
        }
    }

    #[inline(never)]
    fn came_to_give(&self, this: *mut Execution, id: ObjectId, value: T, outcome: Outcome) -> Sending<T> {
        match moment(this, |execution| self.give_quickly(execution, id, value, Some(outcome))) {
            Quick::Done(sending) => sending,
            Quick::Slowly(value, _) => self.give_slowly(this, id, value, Some(outcome)),
            Quick::Seated => self.wait_for_receiver(this, id),
        }
    }

    #[inline(always)]
    fn give_quickly(
        &self,
        execution: &mut Execution,
        id: ObjectId,
        value: T,
        come: Option<Outcome>,
    ) -> Quick<Sending<T>, T> {
        let Some(mut values) = self.values.at_hand(execution) else { return Quick::Slowly(value, come) };
        if !values.offers.is_empty() || !values.deliveries.is_empty() {
            return Quick::Slowly(value, come);
        }
        let outcome = match come {
            Some(outcome) => outcome,
            None => match execution.arrive_calmly(id, Side::Sending) {
                Some(outcome) => outcome,
                None => return Quick::Slowly(value, None),
            },
        };
        match outcome.end {
            End::Done => {
                values.deliveries.begin((partner(outcome.value), Content::Value(value)));
                Quick::Done(Sending::Sent)
            }
            End::Queued => {
                values.offers.begin((execution.running, Content::Value(value)));
                match execution.begin_to_leave_calmly(id, Side::Sending) {
                    Some(next) => Quick::Done(Sending::Waits(Next::of(next))),
                    None => Quick::Seated,
                }
            }
            _ => Quick::Slowly(value, Some(outcome)),
        }
    }

    #[inline(never)]
    fn give_slowly(&self, this: *mut Execution, id: ObjectId, value: T, come: Option<Outcome>) -> Sending<T> {
        let outcome =
            come.unwrap_or_else(|| after_any(this, &Op::Rendezvous(id, RendezvousOp::SendArrive), declared_at(this)));
        let come = moment(this, |execution| self.came_to_send(execution.running, outcome, value, Some(execution)));
        match come {
            Ok(Some(seat)) => {
                std::mem::forget(seat);
                self.wait_for_receiver(this, id)
            }
            Ok(None) => Sending::Sent,
            Err(not) => Sending::of(Err(not)),
        }
    }

    /// The running task has a seat with a value, and declares that it goes on when somebody has come.
    #[inline(never)]
    fn wait_for_receiver(&self, this: *mut Execution, id: ObjectId) -> Sending<T> {
        let seat = self.seat(this, Side::Sending);
        match before_any(this, &Op::Rendezvous(id, RendezvousOp::SendLeave), declared_at(this)).ended() {
            Ok(outcome) => Sending::of(seat.leave_sending(outcome.end)),
            Err(next) => {
                std::mem::forget(seat);
                Sending::Waits(next)
            }
        }
    }

    #[inline(never)]
    fn end_giving(&self, this: *mut Execution, id: ObjectId) -> Result<(), NotSent<T>> {
        // Whoever came has taken the value.
        if moment(this, |execution| execution.leave_calmly(id)) {
            return Ok(());
        }
        self.end_giving_slowly(this, id)
    }

    #[inline(never)]
    fn end_giving_slowly(&self, this: *mut Execution, id: ObjectId) -> Result<(), NotSent<T>> {
        let seat = self.seat(this, Side::Sending);
        let outcome = after_any(this, &Op::Rendezvous(id, RendezvousOp::SendLeave), declared_at(this));
        seat.leave_sending(outcome.end)
    }

    #[inline(never)]
    fn take_over(&self, this: *mut Execution, id: ObjectId) -> Receiving<T> {
        match moment(this, |execution| self.take_quickly(execution, id, None)) {
            Quick::Done(receiving) => receiving,
            Quick::Slowly((), outcome) => self.take_slowly(this, id, outcome),
            Quick::Seated => self.wait_for_sender(this, id),
        }
    }

    #[inline(never)]
    fn came_to_take(&self, this: *mut Execution, id: ObjectId, outcome: Outcome) -> Receiving<T> {
        match moment(this, |execution| self.take_quickly(execution, id, Some(outcome))) {
            Quick::Done(receiving) => receiving,
            Quick::Slowly((), _) => self.take_slowly(this, id, Some(outcome)),
            Quick::Seated => self.wait_for_sender(this, id),
        }
    }

    #[inline(always)]
    fn take_quickly(&self, execution: &mut Execution, id: ObjectId, come: Option<Outcome>) -> Quick<Receiving<T>, ()> {
        let Some(mut values) = self.values.at_hand(execution) else { return Quick::Slowly((), come) };
        let outcome = match come {
            Some(outcome) => outcome,
            None => match execution.arrive_calmly(id, Side::Receiving) {
                Some(outcome) => outcome,
                None => return Quick::Slowly((), None),
            },
        };
        match outcome.end {
            End::Done => {
                let offered = |(owner, content): &(TaskId, Content<T>)| {
                    *owner == partner(outcome.value) && matches!(content, Content::Value(_))
                };
                match values.offers.take_only_if(offered) {
                    Some((_, Content::Value(value))) => Quick::Done(Receiving::Received(value)),
                    _ => Quick::Slowly((), Some(outcome)),
                }
            }
            End::Queued => match execution.begin_to_leave_calmly(id, Side::Receiving) {
                Some(next) => Quick::Done(Receiving::Waits(Next::of(next))),
                None => Quick::Seated,
            },
            _ => Quick::Slowly((), Some(outcome)),
        }
    }

    #[inline(never)]
    fn take_slowly(&self, this: *mut Execution, id: ObjectId, come: Option<Outcome>) -> Receiving<T> {
        let place = declared_at(this);
        let outcome = come.unwrap_or_else(|| after_any(this, &Op::Rendezvous(id, RendezvousOp::ReceiveArrive), place));
        let come = moment(this, |execution| self.came_to_receive(execution.running, outcome, execution));
        match come {
            Ok(Come::Met(content)) => self.open_inside(this, Ok(content), place),
            Ok(Come::Waits(seat)) => {
                std::mem::forget(seat);
                self.wait_for_sender(this, id)
            }
            Err(reason) => Receiving::of(Err(reason)),
        }
    }

    /// The running task has a seat for a value, and declares that it goes on when somebody has come.
    #[inline(never)]
    fn wait_for_sender(&self, this: *mut Execution, id: ObjectId) -> Receiving<T> {
        let (seat, place) = (self.seat(this, Side::Receiving), declared_at(this));
        match before_any(this, &Op::Rendezvous(id, RendezvousOp::ReceiveLeave), place).ended() {
            Ok(outcome) => {
                let content = self.leave_seat(this, seat, outcome.end);
                self.open_inside(this, content, place)
            }
            Err(next) => {
                std::mem::forget(seat);
                Receiving::Waits(next)
            }
        }
    }

    /// The running task, which waited for a value, goes on. Whoever goes on without one gives up its seat outside the moment: that opens
    /// the values by itself.
    fn leave_seat(&self, this: *mut Execution, seat: Seat<'_, T>, end: End) -> Result<Content<T>, Reason> {
        if end != End::Done {
            return Err(Reason::of(end));
        }
        moment(this, |execution| seat.leave_receiving(end, execution))
    }

    #[inline(never)]
    fn end_taking(&self, this: *mut Execution, id: ObjectId) -> Receiving<T> {
        let delivered = moment(this, |execution| {
            let mut values = self.values.at_hand(execution)?;
            let me = execution.running;
            let mine = |(owner, content): &(TaskId, Content<T>)| {
                *owner == me && matches!(content, Content::Value(_)) && execution.leave_calmly(id)
            };
            values.deliveries.take_only_if(mine)
        });
        match delivered {
            Some((_, Content::Value(value))) => Receiving::Received(value),
            _ => self.end_taking_slowly(this, id),
        }
    }

    #[inline(never)]
    fn end_taking_slowly(&self, this: *mut Execution, id: ObjectId) -> Receiving<T> {
        let (seat, place) = (self.seat(this, Side::Receiving), declared_at(this));
        let outcome = after_any(this, &Op::Rendezvous(id, RendezvousOp::ReceiveLeave), place);
        let content = self.leave_seat(this, seat, outcome.end);
        self.open_inside(this, content, place)
    }
}
