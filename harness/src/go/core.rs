//! The inside of a channel: the kernel decides, and the values lie here.
//!
//! A value is moved in one unit with the step that says so. With a buffer the `i`-th value is the `i`-th message. Without one, values
//! lie on *seats*: a sender that waits lays its value on its own seat, and whoever meets a receiver that waits lays it on theirs.
//! A timer's channel holds no values: what is received is when the timer fired, and the kernel knows that.
//!
//! The values are behind a real lock, which is never held while a step is made or user code runs.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use crate::driver::{Place, Scene, Subject};
use crate::kernel::channel::{Channel as Buffered, Op as ChannelOp};
use crate::kernel::handles::Side;
use crate::kernel::rendezvous::{Op as RendezvousOp, Rendezvous};
use crate::kernel::{End, Object, ObjectId, Op, TaskId, World};

/// What lies on a seat: whose it is, whether they offer the value or were brought it, and the value.
type Seated<T> = (TaskId, Side, T);

pub(super) struct Core<T> {
    /// Before the subject: a timer has to go before its channel.
    values: Values<T>,
    subject: Subject,
    capacity: usize,
}

enum Values<T> {
    Queue(Mutex<VecDeque<T>>),
    Seats(Mutex<Vec<Seated<T>>>),
    Moments(Moments<T>),
}

/// The values of a timer's channel.
struct Moments<T> {
    /// The timer, as soon as it is there.
    timer: OnceLock<Arc<Subject>>,
    moment: fn(Scene, Duration) -> T,
}

fn lock<T>(values: &Mutex<T>) -> MutexGuard<'_, T> {
    values.lock().unwrap_or_else(PoisonError::into_inner)
}

fn partner(value: u64) -> TaskId {
    TaskId(value as u32)
}

impl<T> Core<T> {
    /// A channel with room for `capacity` values; without any, they go from hand to hand.
    pub(super) fn new(capacity: usize, called: &'static str, place: Place) -> Arc<Core<T>> {
        let (values, object) = match capacity {
            0 => (Values::Seats(Mutex::default()), Object::Rendezvous(Box::new(Rendezvous::new()))),
            _ => (Values::Queue(Mutex::default()), Object::Channel(Buffered::new(Some(capacity as u64)))),
        };
        Core::made(values, object, capacity, called, place).0
    }

    /// A channel in which nothing is ever sent.
    pub(super) fn for_closing(called: &'static str, place: Place) -> Arc<Core<T>> {
        let object = Object::Channel(Buffered::new(Some(1)));
        Core::made(Values::Queue(Mutex::default()), object, 0, called, place).0
    }

    /// The channel of a timer, and what the timer is to know of it.
    pub(super) fn of_timer(
        moment: fn(Scene, Duration) -> T,
        called: &'static str,
        place: Place,
    ) -> (Arc<Core<T>>, ObjectId) {
        let values = Values::Moments(Moments { timer: OnceLock::new(), moment });
        Core::made(values, Object::Channel(Buffered::new(Some(1))), 0, called, place)
    }

    fn made(
        values: Values<T>,
        object: Object,
        capacity: usize,
        called: &'static str,
        place: Place,
    ) -> (Arc<Core<T>>, ObjectId) {
        let core = Arc::new(Core { values, subject: Subject::new(called, place), capacity });
        let id = core.subject.register(object);
        (core, id)
    }

    /// Says which timer sends here, which lives as long as the channel from now on.
    pub(super) fn belongs_to(&self, timer: Arc<Subject>) {
        if let Values::Moments(moments) = &self.values {
            let _ = moments.timer.set(timer);
        }
    }

    pub(super) fn subject(&self) -> &Subject {
        &self.subject
    }

    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    pub(super) fn has_buffer(&self) -> bool {
        !matches!(self.values, Values::Seats(_))
    }

    fn push(&self, value: T) {
        if let Values::Queue(values) = &self.values {
            lock(values).push_back(value);
        }
    }

    /// The value of a message that was just received.
    #[inline]
    fn pop(&self, world: &World) -> Option<T> {
        match &self.values {
            Values::Queue(values) => lock(values).pop_front(),
            Values::Seats(_) => None,
            Values::Moments(moments) => {
                let (scene, id) = moments.timer.get()?.visit()?;
                Some((moments.moment)(scene, world.timer(id).sent_at))
            }
        }
    }

    fn lay(&self, seat: TaskId, side: Side, value: T) {
        if let Values::Seats(seats) = &self.values {
            lock(seats).push((seat, side, value));
        }
    }

    pub(super) fn take(&self, seat: TaskId, side: Side) -> Option<T> {
        let Values::Seats(seats) = &self.values else { return None };
        let mut seats = lock(seats);
        let at = seats.iter().position(|(owner, of, _)| (*owner, *of) == (seat, side))?;
        Some(seats.remove(at).2)
    }

    /// Sends, waiting for room or a receiver; gives the value back if the channel is closed.
    #[inline(always)]
    #[track_caller]
    pub(super) fn send(&self, value: T, place: Place) -> Result<(), T> {
        if !self.has_buffer() {
            return self.send_by_hand(value, place);
        }
        let mut value = Some(value);
        let sent = self.subject.send(place, |end, _| {
            if end == End::Done
                && let Some(value) = value.take()
            {
                self.push(value);
            }
        });
        match (sent, value) {
            (None, _) | (_, None) => Ok(()),
            (_, Some(value)) => Err(value),
        }
    }

    #[inline(never)]
    #[track_caller]
    fn send_by_hand(&self, value: T, place: Place) -> Result<(), T> {
        let mut value = Some(value);
        let arrived = self.subject.step(
            |id| Op::Rendezvous(id, RendezvousOp::SendArrive),
            place,
            |outcome, me, _| {
                let (seat, side) = match outcome.end {
                    End::Done => (partner(outcome.value), Side::Receiving),
                    End::Queued => (me, Side::Sending),
                    _ => return None,
                };
                if let Some(value) = value.take() {
                    self.lay(seat, side, value);
                }
                (outcome.end == End::Queued).then_some(me)
            },
        );
        if let Some(value) = value {
            return if arrived.is_some() { Err(value) } else { Ok(()) };
        }
        let Some(Some(me)) = arrived else { return Ok(()) };
        let seat = Seat { core: self, task: me, side: Side::Sending };
        let leave = |id| Op::Rendezvous(id, RendezvousOp::SendLeave);
        match self.subject.step(leave, place, |outcome, _, _| outcome.is_done()) {
            Some(true) | None => Ok(()),
            Some(false) => seat.take().map_or(Ok(()), Err),
        }
    }

    /// Receives, waiting for a value; none once the channel is closed and empty.
    #[inline(always)]
    #[track_caller]
    pub(super) fn receive(&self, place: Place) -> Option<T> {
        if !self.has_buffer() {
            return self.receive_by_hand(place);
        }
        self.subject.receive(place, |end, world| (end == End::Done).then(|| self.pop(world)).flatten())?
    }

    #[inline(never)]
    #[track_caller]
    fn receive_by_hand(&self, place: Place) -> Option<T> {
        let arrive = |id| Op::Rendezvous(id, RendezvousOp::ReceiveArrive);
        let (end, me, value) = self.subject.step(arrive, place, |outcome, me, _| {
            let met = outcome.end == End::Done;
            (outcome.end, me, met.then(|| self.take(partner(outcome.value), Side::Sending)).flatten())
        })?;
        if end != End::Queued {
            return value;
        }
        let seat = Seat { core: self, task: me, side: Side::Receiving };
        self.subject.step(|id| Op::Rendezvous(id, RendezvousOp::ReceiveLeave), place, |_, _, _| ())?;
        seat.take()
    }

    /// Closes the channel and calls `then` as one unit; says whether it was open.
    #[track_caller]
    pub(super) fn close<R>(&self, place: Place, then: impl FnOnce(bool) -> R) -> Option<R> {
        let buffered = self.has_buffer();
        let op = |id| match buffered {
            true => Op::Channel(id, ChannelOp::Close),
            false => Op::Rendezvous(id, RendezvousOp::Close),
        };
        self.subject.step(op, place, |outcome, _, _| then(outcome.is_done()))
    }

    /// Looks whether the channel, in which nothing is ever sent, is closed, and calls `then` as one unit.
    #[track_caller]
    pub(super) fn look<R>(&self, place: Place, then: impl FnOnce(bool) -> R) -> Option<R> {
        let op = |id| Op::Channel(id, ChannelOp::TryReceive);
        self.subject.step(op, place, |outcome, _, _| then(outcome.end == End::Disconnected))
    }

    /// How many values it holds; always none where the capacity is zero.
    #[track_caller]
    pub(super) fn len(&self, place: Place) -> usize {
        if self.capacity == 0 {
            return 0;
        }
        let op = |id| Op::Channel(id, ChannelOp::Len);
        self.subject.step(op, place, |outcome, _, _| outcome.value as usize).unwrap_or(0)
    }

    /// Throws away what is in the channel, which is a timer's. Says whether that was anything.
    #[track_caller]
    pub(super) fn drain(&self, place: Place) -> bool {
        let op = |id| Op::Channel(id, ChannelOp::TryReceive);
        self.subject.step(op, place, |outcome, _, _| outcome.is_done()).unwrap_or(false)
    }
}

/// The right of a waiting task to what lies on its seat. Whoever stops waiting in the middle of an unwinding leaves nothing behind.
struct Seat<'a, T> {
    core: &'a Core<T>,
    task: TaskId,
    side: Side,
}

impl<T> Seat<'_, T> {
    fn take(&self) -> Option<T> {
        self.core.take(self.task, self.side)
    }
}

impl<T> Drop for Seat<'_, T> {
    fn drop(&mut self) {
        drop(self.take());
    }
}

/// What a step of a select did to one of its arms.
#[derive(Clone, Copy)]
pub(super) struct Taken {
    pub(super) end: End,
    /// The number of a message, or a partner.
    pub(super) detail: u64,
    pub(super) me: TaskId,
    /// A partner had come while the select waited.
    pub(super) waited: bool,
}

impl<T> Core<T> {
    /// The sending arm of a select was taken; gives the value back if the channel is closed. One unit with the step.
    pub(super) fn sent_in_select(&self, value: &mut Option<T>, taken: Taken) {
        if taken.end != End::Done || (taken.waited && !self.has_buffer()) {
            // It is closed, or the value has been fetched from the seat.
            return;
        }
        let Some(value) = value.take() else { return };
        if self.has_buffer() { self.push(value) } else { self.lay(partner(taken.detail), Side::Receiving, value) }
    }

    /// The receiving arm of a select was taken. One unit with the step.
    pub(super) fn received_in_select(&self, taken: Taken, world: &World) -> Option<T> {
        match taken.end {
            End::Done if self.has_buffer() => self.pop(world),
            End::Done if taken.waited => self.take(taken.me, Side::Receiving),
            End::Done => self.take(partner(taken.detail), Side::Sending),
            _ => None,
        }
    }

    /// A select waits with a value to send here.
    pub(super) fn offer(&self, value: &mut Option<T>, me: TaskId) {
        if let (false, Some(value)) = (self.has_buffer(), value.take()) {
            self.lay(me, Side::Sending, value);
        }
    }
}
