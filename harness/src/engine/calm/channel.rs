//! Steps at channels.
//!
//! A send or a receive is in three parts, so that one function is called on each side of the switch, and the vocabulary moves
//! its value in the second: [`begin_send`], the switch, [`Execution::send_calmly`]. At a channel without a buffer, where there are two
//! steps, the second part begins the second step.

use super::{Prospects, walk};
use crate::engine::execution::Execution;
use crate::engine::step::{Begun, after_any, before_any, perform};
use crate::engine::switch::switch;
use crate::engine::task_set::few_bit;
use crate::engine::waiting::Waiting;
use crate::engine::{Place, moment};
use crate::kernel::handles::Side;
use crate::kernel::{Object, ObjectId, Op, Outcome, TaskId, World};
use crate::kernel::{channel, rendezvous};

/// Declares a send to a channel with a buffer. Returns how it ended, if nobody had to be asked; else somebody is chosen, to whom is to be
/// switched.
///
/// # Safety
/// The object `id` of `this` is such a channel.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) unsafe fn begin_send(this: *mut Execution, id: ObjectId, place: Place) -> Begun {
    // SAFETY: as the caller says.
    unsafe { begin_at_buffer(this, id, Side::Sending, place) }
}

/// [`begin_send`] of a receive.
///
/// # Safety
/// As for [`begin_send`].
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) unsafe fn begin_receive(this: *mut Execution, id: ObjectId, place: Place) -> Begun {
    // SAFETY: as the caller says.
    unsafe { begin_at_buffer(this, id, Side::Receiving, place) }
}

/// [`begin_send`] of coming to a channel without a buffer, with a value.
#[inline(never)]
pub(crate) fn begin_to_give(this: *mut Execution, id: ObjectId, place: Place) -> Begun {
    begin_to_come(this, id, Side::Sending, place)
}

/// [`begin_send`] of coming to a channel without a buffer, for a value.
#[inline(never)]
pub(crate) fn begin_to_take(this: *mut Execution, id: ObjectId, place: Place) -> Begun {
    begin_to_come(this, id, Side::Receiving, place)
}

/// # Safety
/// As for [`begin_send`].
#[inline(always)]
unsafe fn begin_at_buffer(this: *mut Execution, id: ObjectId, side: Side, place: Place) -> Begun {
    // SAFETY: as the caller says. The vocabulary got `this` from `current`, so the calling thread is inside this execution and its driver
    // keeps it alive; the reference ends before anything else is called.
    match unsafe { (*this).begin_at_buffer(id, side, place) } {
        Some(next) => Begun::next(next),
        None => begin_slowly_at_buffer(this, id, place, side),
    }
}

#[inline(always)]
fn begin_to_come(this: *mut Execution, id: ObjectId, side: Side, place: Place) -> Begun {
    // SAFETY: as in `begin_at_buffer`.
    match unsafe { &mut *this }.begin_to_come(id, side, place) {
        Some(begun) => begun,
        None => begin_slowly(this, id, side, false),
    }
}

/// [`begin_at_buffer`] where that takes more than a glance.
#[inline(never)]
fn begin_slowly_at_buffer(this: *mut Execution, id: ObjectId, place: Place, side: Side) -> Begun {
    match moment(this, |execution| execution.begin_in_order(id, side, place)) {
        Some(next) => Begun::next(next),
        None => begin_slowly(this, id, side, true),
    }
}

/// The place is where the quick way has noted it: this way takes as few arguments as can be, so that the other one need not keep them.
#[inline(never)]
fn begin_slowly(this: *mut Execution, id: ObjectId, side: Side, buffered: bool) -> Begun {
    if let Some(starter) = moment(this, |execution| execution.begin_first(id, side, buffered)) {
        return Begun::next(starter);
    }
    let op = if buffered { Op::Channel(id, act(side)) } else { Op::Rendezvous(id, arrive(side)) };
    before_any(this, &op, declared_at(this))
}

/// A whole step at a channel with a buffer, for a vocabulary that moves its value afterwards.
#[inline(always)]
pub(crate) fn perform_at_buffer(this: *mut Execution, id: ObjectId, side: Side, place: Place) -> Outcome {
    let is_channel =
        moment(this, |execution| matches!(execution.world.objects.get(id.index()), Some(Object::Channel(_))));
    assert!(is_channel, "the object is a channel with a buffer");
    // SAFETY: it is.
    let begun = unsafe {
        match side {
            Side::Sending => begin_send(this, id, place),
            Side::Receiving => begin_receive(this, id, place),
        }
    };
    match begun.ended() {
        Ok(outcome) => outcome,
        Err(next) => {
            let this = switch(this, next);
            end_at_buffer(this, id, side)
        }
    }
}

#[inline(never)]
fn end_at_buffer(this: *mut Execution, id: ObjectId, side: Side) -> Outcome {
    // SAFETY: `perform_at_buffer` has looked, and an object stays what it is for as long as the execution lasts.
    let done = moment(this, |execution| unsafe {
        match side {
            Side::Sending => execution.send_calmly(id),
            Side::Receiving => execution.world.channel(id).len() > 0 && execution.receive_calmly(id),
        }
    });
    if done { Outcome::DONE } else { after_any(this, &Op::Channel(id, act(side)), declared_at(this)) }
}

/// [`perform_at_buffer`] of coming to a channel without a buffer.
#[inline(always)]
pub(crate) fn perform_arrive(this: *mut Execution, id: ObjectId, side: Side, place: Place) -> Outcome {
    let begun = match side {
        Side::Sending => begin_to_give(this, id, place),
        Side::Receiving => begin_to_take(this, id, place),
    };
    match begun.ended() {
        Ok(outcome) => outcome,
        Err(next) => {
            let this = switch(this, next);
            end_arrive(this, id, side)
        }
    }
}

#[inline(never)]
fn end_arrive(this: *mut Execution, id: ObjectId, side: Side) -> Outcome {
    let arrived = moment(this, |execution| execution.arrive_calmly(id, side));
    arrived.unwrap_or_else(|| after_any(this, &Op::Rendezvous(id, arrive(side)), declared_at(this)))
}

/// [`perform_at_buffer`] of going on from there, to be called next by one who [was queued](perform_arrive).
#[inline(always)]
pub(crate) fn perform_leave(this: *mut Execution, id: ObjectId, side: Side) -> Outcome {
    match begin_to_leave(this, id, side).ended() {
        Ok(outcome) => outcome,
        Err(next) => {
            let this = switch(this, next);
            end_leave(this, id, side)
        }
    }
}

#[inline(never)]
fn begin_to_leave(this: *mut Execution, id: ObjectId, side: Side) -> Begun {
    match moment(this, |execution| execution.begin_to_leave_calmly(id, side)) {
        Some(next) => Begun::next(next),
        None => before_any(this, &Op::Rendezvous(id, leave(side)), declared_at(this)),
    }
}

#[inline(never)]
fn end_leave(this: *mut Execution, id: ObjectId, side: Side) -> Outcome {
    if moment(this, |execution| execution.leave_calmly(id)) {
        return Outcome::DONE;
    }
    after_any(this, &Op::Rendezvous(id, leave(side)), declared_at(this))
}

/// Where the running task has declared its step.
pub(crate) fn declared_at(this: *mut Execution) -> Place {
    moment(this, |execution| execution.declared_at())
}

/// Adds a handle of this side to a channel, which has a buffer or not. That concerns nobody else.
pub(crate) fn add_handle(this: *mut Execution, id: ObjectId, side: Side, buffered: bool, place: Place) {
    if !moment(this, |execution| execution.add_handle_calmly(id, side)) {
        perform(this, add(id, side, buffered), place);
    }
}

/// Drops a handle of this side of a channel, which has a buffer or not.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn drop_handle(this: *mut Execution, id: ObjectId, side: Side, buffered: bool, place: Place) {
    match (side, buffered) {
        (Side::Sending, true) => perform_drop::<true, true>(this, id, place),
        (Side::Sending, false) => perform_drop::<true, false>(this, id, place),
        (Side::Receiving, true) => perform_drop::<false, true>(this, id, place),
        (Side::Receiving, false) => perform_drop::<false, false>(this, id, place),
    }
}

/// [`drop_handle`] of one of the four. Each has its own functions: senders and receivers are mostly dropped for other reasons, so that
/// the processor could not predict what happens in a function for both.
#[cfg_attr(not(debug_assertions), inline(always))]
fn perform_drop<const SENDING: bool, const BUFFERED: bool>(this: *mut Execution, id: ObjectId, place: Place) {
    if let Err(next) = begin_to_drop::<SENDING, BUFFERED>(this, id, place).ended() {
        let this = switch(this, next);
        end_drop::<SENDING, BUFFERED>(this, id);
    }
}

#[inline(never)]
fn begin_to_drop<const SENDING: bool, const BUFFERED: bool>(this: *mut Execution, id: ObjectId, place: Place) -> Begun {
    let side = side_of::<SENDING>();
    match moment(this, |execution| execution.begin_to_drop::<BUFFERED>(id, side, place)) {
        Some(begun) => begun,
        None => before_any(this, &drop(id, side, BUFFERED), place),
    }
}

#[inline(never)]
fn end_drop<const SENDING: bool, const BUFFERED: bool>(this: *mut Execution, id: ObjectId) {
    let side = side_of::<SENDING>();
    if !moment(this, |execution| execution.drop_calmly::<BUFFERED>(id, side)) {
        after_any(this, &drop(id, side, BUFFERED), declared_at(this));
    }
}

#[inline(always)]
fn side_of<const SENDING: bool>() -> Side {
    if SENDING { Side::Sending } else { Side::Receiving }
}

/// Closes a channel with a buffer for both sides.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn close_buffer(this: *mut Execution, id: ObjectId, place: Place) -> Outcome {
    match begin_to_close(this, id, place).ended() {
        Ok(outcome) => outcome,
        Err(next) => {
            let this = switch(this, next);
            end_closing(this, id)
        }
    }
}

#[inline(never)]
fn begin_to_close(this: *mut Execution, id: ObjectId, place: Place) -> Begun {
    match moment(this, |execution| execution.begin_to_close(id, place)) {
        Some(next) => Begun::next(next),
        None => before_any(this, &Op::Channel(id, channel::Op::Close), place),
    }
}

#[inline(never)]
fn end_closing(this: *mut Execution, id: ObjectId) -> Outcome {
    match moment(this, |execution| execution.close_calmly(id)) {
        Some(outcome) => outcome,
        None => after_any(this, &Op::Channel(id, channel::Op::Close), declared_at(this)),
    }
}

fn add(id: ObjectId, side: Side, buffered: bool) -> Op {
    if buffered {
        Op::Channel(id, side.pick(channel::Op::AddSender, channel::Op::AddReceiver))
    } else {
        Op::Rendezvous(id, side.pick(rendezvous::Op::AddSender, rendezvous::Op::AddReceiver))
    }
}

fn drop(id: ObjectId, side: Side, buffered: bool) -> Op {
    if buffered {
        Op::Channel(id, side.pick(channel::Op::DropSender, channel::Op::DropReceiver))
    } else {
        Op::Rendezvous(id, side.pick(rendezvous::Op::DropSender, rendezvous::Op::DropReceiver))
    }
}

/// The operation by which a task of this side does what it does at a channel with a buffer.
#[inline(always)]
fn act(side: Side) -> channel::Op {
    side.pick(channel::Op::Send, channel::Op::Receive)
}

/// The operation by which a task of this side comes to a channel without a buffer.
#[inline(always)]
fn arrive(side: Side) -> rendezvous::Op {
    side.pick(rendezvous::Op::SendArrive, rendezvous::Op::ReceiveArrive)
}

/// The operation by which a task of this side goes on from a channel without a buffer.
fn leave(side: Side) -> rendezvous::Op {
    side.pick(rendezvous::Op::SendLeave, rendezvous::Op::ReceiveLeave)
}

/// The channel with a buffer `id`, and who waits there. None if it is no such channel. (There is no timer to take back, and what the last step
/// left to be forgotten stays; who reads it forgets it first.)
///
/// `waiting` is that of the execution of `world`.
#[inline(always)]
fn at_buffer<'a>(
    world: &'a mut World,
    waiting: &'a mut [Waiting],
    id: ObjectId,
) -> Option<(&'a mut channel::Channel, &'a mut Waiting)> {
    let Some(Object::Channel(channel)) = world.objects.get_mut(id.index()) else { return None };
    debug_assert!(id.index() < waiting.len());
    // SAFETY: the world has this object, and `add_object` makes room for those who wait at it and takes none away, ever.
    let waiting = unsafe { waiting.get_unchecked_mut(id.index()) };
    Some((channel, waiting))
}

/// [`at_buffer`] where it is known that it is such a channel.
///
/// # Safety
/// It is, and `waiting` is that of the execution of `world`.
#[inline(always)]
unsafe fn at_known_buffer<'a>(
    world: &'a mut World,
    waiting: &'a mut [Waiting],
    id: ObjectId,
) -> (&'a mut channel::Channel, &'a mut Waiting) {
    debug_assert!(id.index() < waiting.len());
    debug_assert!(matches!(world.objects.get(id.index()), Some(Object::Channel(_))));
    // SAFETY: as the caller says, and as in `at_buffer`.
    unsafe {
        let waiting = waiting.get_unchecked_mut(id.index());
        let Object::Channel(channel) = world.objects.get_unchecked_mut(id.index()) else {
            std::hint::unreachable_unchecked()
        };
        (channel, waiting)
    }
}

impl Execution {
    /// What comes before the switch for an operation on a channel with a buffer, of somebody of this side. Returns who is next.
    ///
    /// All is read before anything is written: where a word goes that is of one task or channel is known late, and until then the processor
    /// does not know which of the reads behind it are of that word.
    ///
    /// # Safety
    /// The object is such a channel.
    #[inline(always)]
    unsafe fn begin_at_buffer(&mut self, id: ObjectId, side: Side, place: Place) -> Option<TaskId> {
        // SAFETY: as the caller says.
        let next = unsafe { self.wait_at_buffer(id, side) }?;
        let slot = self.declaration();
        (slot.pending, slot.place) = (Op::Channel(id, act(side)), place);
        Some(next)
    }

    /// The running task waits there, be it ready or not. Returns who is next; none, with nothing done, if that takes more than a glance.
    ///
    /// # Safety
    /// As for [`Self::begin_at_buffer`].
    #[inline(always)]
    unsafe fn wait_at_buffer(&mut self, id: ObjectId, side: Side) -> Option<TaskId> {
        if self.steps >= self.calm_until || self.rides {
            return None;
        }
        let (me, few) = (self.running, self.few_calm());
        // SAFETY: it is calm.
        let random = unsafe { walk(&mut self.chooser) };
        let prospects = Prospects::of(me, few, random)?;
        // SAFETY: as the caller says.
        let (channel, waiting) = unsafe { at_known_buffer(&mut self.world, &mut self.waiting, id) };
        let (next, few) = prospects.choose(channel.is_ready(side), random, &mut self.decisions)?;
        self.enabled.put_few(few);
        waiting.on(side).set::<true>(me, true);
        Some(next)
    }

    /// [`Self::begin_at_buffer`], but nobody is chosen before it is known who can step: they may be too many, or the bytes at hand used up.
    #[inline(always)]
    fn begin_in_order(&mut self, id: ObjectId, side: Side, place: Place) -> Option<TaskId> {
        self.declaration().place = place;
        if !self.is_calm() || self.rides {
            return None;
        }
        // SAFETY: it is calm.
        unsafe { walk(&mut self.chooser) }.have_byte();
        let (me, few) = (self.running, self.few_calm());
        let (channel, waiting) = at_buffer(&mut self.world, &mut self.waiting, id)?;
        let few = few.with(few_bit(me), channel.is_ready(side));
        // SAFETY: it is calm.
        let next = unsafe { Execution::choose_among(&mut self.chooser, &mut self.decisions, few) }?;
        self.enabled.put_few(few);
        waiting.on(side).set::<true>(me, true);
        self.declaration().pending = Op::Channel(id, act(side));
        Some(next)
    }

    /// The first declaration of a new task, if this is one in an otherwise usual execution: its parent goes on. The place was noted.
    #[inline(always)]
    fn begin_first(&mut self, id: ObjectId, side: Side, buffered: bool) -> Option<TaskId> {
        let starter = self.starts_calmly()?;
        let me = self.running;
        let op = if buffered {
            let (channel, waiting) = at_buffer(&mut self.world, &mut self.waiting, id)?;
            // Nobody has a timer before the first step.
            self.enabled.set::<true>(me, channel.is_ready(side));
            waiting.on(side).set::<true>(me, true);
            Op::Channel(id, act(side))
        } else {
            self.enabled.set::<true>(me, true);
            Op::Rendezvous(id, arrive(side))
        };
        self.declare_start(op, self.declared_at());
        Some(starter)
    }

    /// What comes before the switch for coming to a channel without a buffer, on this side.
    #[inline(always)]
    fn begin_to_come(&mut self, id: ObjectId, side: Side, place: Place) -> Option<Begun> {
        let me = self.running;
        // What comes of it is declared in the same place.
        self.declaration().place = place;
        if !self.is_calm() {
            return None;
        }
        if self.goes_on_unasked() {
            let alone = self.goes_on_alone()?;
            let outcome = self.arrive(me, id, side)?;
            self.went_on_unasked(me, alone);
            return Some(Begun::with(outcome));
        }
        let next = self.choose_calmly()?;
        self.declaration().pending = Op::Rendezvous(id, arrive(side));
        Some(Begun::next(next))
    }

    #[inline(always)]
    fn add_handle_calmly(&mut self, id: ObjectId, side: Side) -> bool {
        if !self.is_calm() {
            return false;
        }
        self.world.add_handle(id, side);
        self.steps += 1;
        true
    }

    /// What comes before the switch for dropping a handle.
    #[inline(always)]
    fn begin_to_drop<const BUFFERED: bool>(&mut self, id: ObjectId, side: Side, place: Place) -> Option<Begun> {
        if !self.is_calm() {
            return None;
        }
        let for_nobody = if BUFFERED {
            at_buffer(&mut self.world, &mut self.waiting, id)?.0.is_gone(side)
        } else {
            self.world.is_for_nobody(id, side)
        };
        if for_nobody {
            let alone = self.goes_on_alone()?;
            if !self.drop_for_nobody::<BUFFERED>(id, side) {
                return None;
            }
            self.note_unasked(self.running, alone);
            return Some(Begun::with(Outcome::DONE));
        }
        if self.goes_on_unasked() {
            let alone = self.goes_on_alone()?;
            if !self.drop_calmly::<BUFFERED>(id, side) {
                return None;
            }
            self.went_on_unasked(self.running, alone);
            return Some(Begun::with(Outcome::DONE));
        }
        let next = self.choose_calmly()?;
        let slot = self.declaration();
        (slot.pending, slot.place) = (drop(id, side, BUFFERED), place);
        Some(Begun::next(next))
    }

    /// What comes after the switch for dropping a handle.
    #[inline(always)]
    fn drop_calmly<const BUFFERED: bool>(&mut self, id: ObjectId, side: Side) -> bool {
        if !self.is_calm() {
            return false;
        }
        if BUFFERED {
            let Some((channel, waiting)) = at_buffer(&mut self.world, &mut self.waiting, id) else { return false };
            channel.drop_handle(side);
            // Only with the last one do the others find anything new; which is the last is nobody's guess.
            self.enabled.settle_channel::<true>(waiting, channel.enables());
        } else if !self.world.drop_plainly(id, side) {
            return false;
        }
        self.steps += 1;
        true
    }

    /// The same where it is calm and nobody is left on the other side, so that nobody waits there, and whoever waits on this side can step
    /// already.
    #[inline(always)]
    fn drop_for_nobody<const BUFFERED: bool>(&mut self, id: ObjectId, side: Side) -> bool {
        debug_assert!(self.is_calm());
        if !BUFFERED {
            return self.drop_calmly::<BUFFERED>(id, side);
        }
        let Some((channel, _)) = at_buffer(&mut self.world, &mut self.waiting, id) else { return false };
        channel.drop_handle(side);
        self.steps += 1;
        true
    }

    /// What comes before the switch for closing a channel with a buffer. Returns who is next.
    #[inline(always)]
    fn begin_to_close(&mut self, id: ObjectId, place: Place) -> Option<TaskId> {
        if !self.is_calm() || self.goes_on_unasked() {
            return None;
        }
        self.declare_calmly(|| Op::Channel(id, channel::Op::Close), place)
    }

    /// What comes after the switch for it.
    #[inline(always)]
    fn close_calmly(&mut self, id: ObjectId) -> Option<Outcome> {
        if !self.is_calm() {
            return None;
        }
        let (channel, waiting) = at_buffer(&mut self.world, &mut self.waiting, id)?;
        let was_open = channel.close();
        self.enabled.settle_channel::<true>(waiting, channel.enables());
        self.steps += 1;
        Some(Outcome::done_if(was_open, 0))
    }

    #[inline(always)]
    fn arrive(&mut self, me: TaskId, id: ObjectId, side: Side) -> Option<Outcome> {
        let outcome = self.world.arrive_plainly(me, id, side)?;
        if outcome.is_done() {
            self.enabled.set::<true>(TaskId(outcome.value as u32), true);
        }
        self.steps += 1;
        Some(outcome)
    }

    /// What comes after the switch for a send to a channel with a buffer: adds a message. Says whether that was done.
    ///
    /// # Safety
    /// The object is such a channel.
    #[inline(always)]
    pub(crate) unsafe fn send_calmly(&mut self, id: ObjectId) -> bool {
        // SAFETY: as the caller says.
        unsafe { self.act_calmly(id, Side::Sending, |channel| Some((channel.send_plainly()?, true))) }
    }

    /// What comes after the switch for a receive from a channel with a buffer, in which there is a message: takes it. Says whether that was
    /// done.
    ///
    /// # Safety
    /// As for [`Self::send_calmly`].
    #[inline(always)]
    pub(crate) unsafe fn receive_calmly(&mut self, id: ObjectId) -> bool {
        // SAFETY: as the caller says.
        unsafe { self.act_calmly(id, Side::Receiving, |channel| Some((true, channel.receive_plainly()))) }
    }

    /// What comes after the switch for `act`, which says whether one can send and receive afterwards. Says whether it was done.
    ///
    /// # Safety
    /// As for [`Self::send_calmly`].
    #[inline(always)]
    unsafe fn act_calmly(
        &mut self,
        id: ObjectId,
        side: Side,
        act: impl FnOnce(&mut channel::Channel) -> Option<(bool, bool)>,
    ) -> bool {
        if !self.is_calm() {
            return false;
        }
        let me = self.running;
        // SAFETY: as the caller says.
        let (channel, waiting) = unsafe { at_known_buffer(&mut self.world, &mut self.waiting, id) };
        let Some(can) = act(channel) else { return false };
        waiting.on(side).set::<true>(me, false);
        self.enabled.settle_channel::<true>(waiting, can);
        self.steps += 1;
        true
    }

    /// The same, where no message will come.
    #[inline]
    pub(crate) fn find_disconnected_calmly(&mut self, id: ObjectId) -> bool {
        if !self.is_calm() || !self.world.channel(id).has_ended() {
            return false;
        }
        self.waiting[id.index()].on(Side::Receiving).set::<true>(self.running, false);
        self.steps += 1;
        self.ride();
        true
    }

    /// What comes after the switch for an arrival at a channel without a buffer.
    #[inline(always)]
    pub(crate) fn arrive_calmly(&mut self, id: ObjectId, side: Side) -> Option<Outcome> {
        if !self.is_calm() {
            return None;
        }
        self.arrive(self.running, id, side)
    }

    /// What comes before the switch for going on from there, where nobody has come yet. Returns who is next.
    #[inline(always)]
    pub(crate) fn begin_to_leave_calmly(&mut self, id: ObjectId, side: Side) -> Option<TaskId> {
        if !self.is_calm() {
            return None;
        }
        debug_assert!(!self.rides, "nobody rides after an arrival that met nobody");
        let me = self.running;
        self.enabled.set::<true>(me, false);
        self.waiting[id.index()].on(Side::Sending).set::<true>(me, true);
        let next = self.choose_calmly()?;
        self.declaration().pending = Op::Rendezvous(id, leave(side));
        Some(next)
    }

    /// What comes after the switch for going on from there with a partner.
    #[inline(always)]
    pub(crate) fn leave_calmly(&mut self, id: ObjectId) -> bool {
        if !self.is_calm() {
            return false;
        }
        let me = self.running;
        if self.world.leave_plainly(me).is_none() {
            return false;
        }
        self.waiting[id.index()].on(Side::Sending).set::<true>(me, false);
        self.steps += 1;
        self.ride();
        true
    }
}
