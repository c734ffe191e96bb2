//! The inside of a channel.
//!
//! The values are those of [`crate::channel`]. A timer's channel holds none: what is received is when the timer fired, and the kernel
//! knows that.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use crate::channel::{Between, Claim, Driver, Inside, Laid, NotSent, Offer, Patience, Promise, Seats, Spot};
use crate::driver::{Place, Scene, Subject};
use crate::kernel::channel::Op as ChannelOp;
use crate::kernel::handles::Side;
use crate::kernel::{End, ObjectId, Op, TaskId};
use crate::memory::shared::Shared;

pub(super) struct Core<T> {
    /// Before the subject: a timer has to go before its channel.
    values: Values<T>,
    subject: Subject,
    /// What Go says of it.
    capacity: usize,
}

enum Values<T> {
    Sent(crate::channel::Core<T>),
    Moments(Moments<T>),
}

/// The values of a timer's channel.
struct Moments<T> {
    /// The timer, as soon as it is there, and its object.
    timer: OnceLock<(ObjectId, Arc<Subject>)>,
    moment: fn(Inside<'_>, Duration) -> T,
    /// What selects have received and nobody has taken yet.
    claims: Mutex<Vec<(u64, T)>>,
}

impl<T> Moments<T> {
    /// When the message was sent that has just been received.
    fn sent_at(&self, between: &dyn Between) -> Option<T> {
        let (timer, _) = self.timer.get()?;
        Some((self.moment)(between.execution(), between.world().timer(*timer).sent_at))
    }

    fn claims(&self) -> MutexGuard<'_, Vec<(u64, T)>> {
        self.claims.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Core<T> {
    /// A channel with room for `capacity` values; without any, they go from hand to hand.
    pub(super) fn new(capacity: usize, called: &'static str, place: Place) -> Shared<Core<T>> {
        let core =
            Core::made(|| Values::Sent(crate::channel::Core::new(Some(capacity as u64))), capacity, called, place);
        core.subject.register_channel(capacity as u64);
        core
    }

    /// A channel in which nothing is ever sent.
    pub(super) fn for_closing(called: &'static str, place: Place) -> Shared<Core<T>> {
        let core = Core::made(|| Values::Sent(crate::channel::Core::new(Some(1))), 0, called, place);
        core.subject.register_channel(1);
        core
    }

    /// The channel of a timer, and what the timer is to know of it.
    pub(super) fn of_timer(
        moment: fn(Inside<'_>, Duration) -> T,
        called: &'static str,
        place: Place,
    ) -> (Shared<Core<T>>, ObjectId) {
        let values = || Values::Moments(Moments { timer: OnceLock::new(), moment, claims: Mutex::default() });
        let core = Core::made(values, 0, called, place);
        let id = core.subject.register_channel(1);
        (core, id)
    }

    /// A channel with what `values` makes, where it will stay, and where it is to be registered.
    #[inline(always)]
    fn made(
        values: impl FnOnce() -> Values<T>,
        capacity: usize,
        called: &'static str,
        place: Place,
    ) -> Shared<Core<T>> {
        Shared::new(|| Core { values: values(), subject: Subject::new(called, place), capacity })
    }

    /// Says which timer sends here, which lives as long as the channel from now on.
    pub(super) fn belongs_to(&self, timer: Arc<Subject>, id: ObjectId) {
        if let Values::Moments(moments) = &self.values {
            let _ = moments.timer.set((id, timer));
        }
    }

    pub(super) fn subject(&self) -> &Subject {
        &self.subject
    }

    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    /// Sends, waiting for room or a receiver; gives the value back if the channel is closed.
    #[inline(always)]
    #[track_caller]
    pub(super) fn send(&self, value: T, place: Place) -> Result<(), T> {
        let (Values::Sent(values), Some((scene, id))) = (&self.values, self.subject.visit()) else { return Ok(()) };
        match scene {
            #[cfg(feature = "sim")]
            // SAFETY: both parts of the channel were made by `new`, in the execution into which the subject has let the caller, and as the object
            // that it knows.
            Scene::Simulated(this) => unsafe { values.send_inside(this, id, value, place) },
            Scene::Native => send_outside(values, id, value, place),
        }
        .map_err(|NotSent(value, _)| value)
    }

    /// Receives, waiting for a value; none once the channel is closed and empty.
    #[inline(always)]
    #[track_caller]
    pub(super) fn receive(&self, place: Place) -> Option<T> {
        let (scene, id) = self.subject.visit()?;
        match &self.values {
            Values::Sent(values) => match scene {
                #[cfg(feature = "sim")]
                // SAFETY: as in `send`.
                Scene::Simulated(this) => unsafe { values.receive_inside(this, id, place) }.ok(),
                Scene::Native => receive_outside(values, id, place),
            },
            Values::Moments(moments) => {
                scene.step(Op::Channel(id, ChannelOp::Receive), place, |outcome, between| match outcome.end {
                    End::Done => moments.sent_at(between),
                    _ => None,
                })
            }
        }
    }

    /// Closes the channel and calls `then` as one unit; says whether it was open.
    #[track_caller]
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn close<R>(&self, place: Place, then: impl FnOnce(bool) -> R) -> Option<R> {
        let (scene, id) = self.subject.visit()?;
        Some(match &self.values {
            Values::Sent(values) => values.close(scene, id, place, then),
            Values::Moments(_) => {
                scene.step(Op::Channel(id, ChannelOp::Close), place, |outcome, _| then(outcome.is_done()))
            }
        })
    }

    /// Looks whether the channel, in which nothing is ever sent, is closed, and calls `then` as one unit.
    #[track_caller]
    pub(super) fn look<R>(&self, place: Place, then: impl FnOnce(bool) -> R) -> Option<R> {
        let op = |id| Op::Channel(id, ChannelOp::TryReceive);
        self.subject.step(op, place, |outcome, _| then(outcome.end == End::Disconnected))
    }

    /// How many values it holds; always none where the capacity is zero.
    #[track_caller]
    pub(super) fn len(&self, place: Place) -> usize {
        if self.capacity == 0 {
            return 0;
        }
        let op = |id| Op::Channel(id, ChannelOp::Len);
        self.subject.step(op, place, |outcome, _| outcome.value as usize).unwrap_or(0)
    }

    /// Throws away what is in the channel, which is a timer's. Says whether that was anything.
    #[track_caller]
    pub(super) fn drain(&self, place: Place) -> bool {
        let op = |id| Op::Channel(id, ChannelOp::TryReceive);
        self.subject.step(op, place, |outcome, _| outcome.is_done()).unwrap_or(false)
    }

    /// Lays aside what a select may send. None to a caller who unwinds elsewhere.
    #[track_caller]
    pub(super) fn offer(&self, value: T) -> Option<Offer> {
        self.subject.visit()?;
        match &self.values {
            Values::Sent(values) => Some(values.offer(value)),
            Values::Moments(_) => None,
        }
    }

    /// Drops what a select did not send after all.
    pub(super) fn take_back(&self, offer: Offer) {
        if let Values::Sent(values) = &self.values {
            drop(values.take_back(offer));
        }
    }

    /// What a select has received.
    pub(super) fn redeem(&self, claim: Claim, place: Place) -> Option<T> {
        match &self.values {
            Values::Sent(values) => values.redeem(self.subject.visit()?.0, claim, place),
            Values::Moments(moments) => {
                let mut claims = moments.claims();
                let at = claims.iter().position(|(number, _)| *number == claim.number())?;
                Some(claims.swap_remove(at).1)
            }
        }
    }

    /// What a select needs of the channel.
    pub(super) fn seats(&self) -> &dyn Seats {
        match &self.values {
            Values::Sent(values) => values.seats(),
            Values::Moments(moments) => moments,
        }
    }
}

/// Apart from what is done in executions, so that the latter can be inlined.
#[inline(never)]
fn send_outside<T>(values: &crate::channel::Core<T>, id: ObjectId, value: T, place: Place) -> Result<(), NotSent<T>> {
    values.send(Scene::Native, id, value, Patience::Forever, place)
}

/// See [`send_outside`].
#[inline(never)]
fn receive_outside<T>(values: &crate::channel::Core<T>, id: ObjectId, place: Place) -> Option<T> {
    values.receive(Scene::Native, id, Patience::Forever, place).ok()
}

impl<T> Seats for Moments<T> {
    fn promise(&self, _: Inside<'_>, _: u64, _: Place) -> Promise {
        unreachable!("nobody but the timer sends")
    }

    fn put(&self, _: Inside<'_>, _: Spot, _: Laid) {
        unreachable!("nobody but the timer sends")
    }

    fn claim(&self, _: Spot, between: &mut dyn Between) -> Claim {
        let sent_at = self.sent_at(between);
        let mut claims = self.claims();
        let number = claims.iter().map(|(number, _)| number + 1).max().unwrap_or(0);
        claims.extend(sent_at.map(|sent_at| (number, sent_at)));
        Claim::of(number)
    }

    fn rise(&self, _: TaskId, _: Side, _: Option<Offer>) {}

    fn keep(&self, _: Promise, _: Offer) -> Option<ObjectId> {
        None
    }
}
