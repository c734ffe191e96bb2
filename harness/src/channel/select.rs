//! Select: one of several sends and receives, whichever can be done, with the moves of the values that belong to it.
//!
//! It knows nothing of types. What is to be sent lies on the shelf of its channel ([`Offer`]) or comes later
//! ([`Promise`]); what was received is on the shelf afterwards ([`Claim`]).

use smallvec::SmallVec;

use super::core::Patience;
use super::driver::{Between, Driver};
use super::values::{Claim, Laid, Offer, Promise, Seats, Spot};
use crate::driver::Place;
use crate::kernel::channel::Op as ChannelOp;
use crate::kernel::handles::Side;
use crate::kernel::select::{Arm as KernelArm, Arms, Form, Op as SelectOp, Pick};
use crate::kernel::{End, Object, ObjectId, Op, Outcome, TaskId, World};

/// One of the sends and receives to choose from.
#[derive(Clone, Copy)]
pub(crate) struct Arm<'a> {
    pub(crate) channel: ObjectId,
    pub(crate) side: Side,
    pub(crate) seats: &'a dyn Seats,
    /// What it sends, if that is known already.
    pub(crate) offer: Option<Offer>,
}

/// The arm that was taken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chosen {
    /// The number of the arm.
    pub(crate) arm: usize,
    pub(crate) taken: Taken,
}

/// What came of the arm that was taken.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Taken {
    /// What was offered is sent.
    Sent,
    /// A message is sent, and its value is to follow: see [`super::Core::fulfil`].
    Promised(Promise),
    /// A message was received: see [`super::Core::redeem`].
    Received(Claim),
    Disconnected,
}

fn operation(arms: &[Arm<'_>], form: Form, pick: Pick) -> SelectOp {
    let arms: SmallVec<[KernelArm; 8]> =
        arms.iter().map(|arm| KernelArm { channel: arm.channel, side: arm.side }).collect();
    SelectOp { arms: Arms::of(&arms), form, pick }
}

/// Takes one of `arms`, waiting so long; `None` if there was none to take. Arms that can never be taken are left out by the
/// caller.
pub(crate) fn select<D: Driver>(
    driver: D,
    arms: &[Arm<'_>],
    pick: Pick,
    patience: Patience,
    place: Place,
) -> Option<Chosen> {
    patience.begin(driver, place);
    let form = if patience == Patience::Never { Form::Try } else { Form::Wait };
    let op = operation(arms, form, pick);
    let me = driver.me();
    let mut waiting = Waiting { arms, me, promises: SmallVec::new() };
    let ended = driver.step(Op::Select(op), place, |outcome, between| match outcome.end {
        End::Queued => {
            waiting.sit_down(between, place);
            None
        }
        _ => Some(complete(arms, outcome, between, place)),
    });
    match ended {
        Some(chosen) => chosen,
        None => {
            let chosen =
                driver.step(Op::Select(op.leave(me)), place, |outcome, between| waiting.leave(outcome, between, place));
            waiting.keep(driver, chosen, place)
        }
    }
}

/// Waits so long until one of `arms` can be taken, and says which, without taking it.
pub(crate) fn ready<D: Driver>(
    driver: D,
    arms: &[Arm<'_>],
    pick: Pick,
    patience: Patience,
    place: Place,
) -> Option<usize> {
    patience.begin(driver, place);
    let form = if patience == Patience::Never { Form::Look } else { Form::Await };
    let outcome = driver.perform(Op::Select(operation(arms, form, pick)), place);
    outcome.is_done().then(|| outcome.arm().0)
}

fn is_rendezvous(world: &World, channel: ObjectId) -> bool {
    matches!(world.objects[channel.index()], Object::Rendezvous(_))
}

/// Moves the values because of a select that ended with `outcome`, other than by being met.
fn complete(arms: &[Arm<'_>], outcome: Outcome, between: &mut dyn Between, place: Place) -> Option<Chosen> {
    let (number, detail) = match outcome.end {
        End::Done | End::Disconnected => outcome.arm(),
        _ => return None,
    };
    if outcome.end == End::Disconnected {
        return Some(Chosen { arm: number, taken: Taken::Disconnected });
    }
    let arm = &arms[number];
    let partner = TaskId(detail as u32);
    let taken = match (arm.side, is_rendezvous(between.world(), arm.channel)) {
        (Side::Sending, meets) => {
            let spot = if meets { Spot::Delivery(partner) } else { Spot::Line };
            match arm.offer {
                Some(offer) => {
                    arm.seats.put(between.execution(), spot, Laid::Offer(offer));
                    Taken::Sent
                }
                None => {
                    let promise = arm.seats.promise(between.execution(), between.steps(), place);
                    arm.seats.put(between.execution(), spot, Laid::Promise(promise));
                    Taken::Promised(promise)
                }
            }
        }
        (Side::Receiving, meets) => {
            let spot = if meets { Spot::Offer(partner) } else { Spot::Line };
            Taken::Received(arm.seats.claim(spot, between))
        }
    };
    Some(Chosen { arm: number, taken })
}

/// A task that waits in the queues of its arms. Whoever stops waiting leaves nothing behind.
struct Waiting<'a> {
    arms: &'a [Arm<'a>],
    me: TaskId,
    /// By arm, for those where a promise lies instead of a value. Empty if it does not wait.
    promises: SmallVec<[Option<Promise>; 8]>,
}

impl Waiting<'_> {
    /// The task has just joined the queues.
    fn sit_down(&mut self, between: &mut dyn Between, place: Place) {
        for (number, arm) in self.arms.iter().enumerate() {
            let queues = arm.side == Side::Sending && is_rendezvous(between.world(), arm.channel);
            let promise = queues.then(|| self.lay(number, between, place)).flatten();
            self.promises.push(promise);
        }
    }

    /// Lays on its seat what the arm sends, or a promise. Says which promise.
    ///
    /// If several arms send to the same channel, it is not known yet which of them will be taken, and all they can give
    /// is one promise.
    fn lay(&self, number: usize, between: &dyn Between, place: Place) -> Option<Promise> {
        let arm = &self.arms[number];
        let mut same = (0..).zip(self.arms).filter(|(_, other)| other.channel == arm.channel && other.side == arm.side);
        let first = same.next().map_or(number, |(first, _)| first);
        if first < number {
            return self.promises[first];
        }
        match arm.offer {
            Some(offer) if same.next().is_none() => {
                arm.seats.put(between.execution(), Spot::Offer(self.me), Laid::Offer(offer));
                None
            }
            _ => {
                let promise = arm.seats.promise(between.execution(), between.steps(), place);
                arm.seats.put(between.execution(), Spot::Offer(self.me), Laid::Promise(promise));
                Some(promise)
            }
        }
    }

    /// The task has left the queues.
    fn leave(&self, outcome: Outcome, between: &mut dyn Between, place: Place) -> Option<Chosen> {
        if outcome.end == End::Done {
            let (number, _) = outcome.arm();
            let arm = &self.arms[number];
            if is_rendezvous(between.world(), arm.channel) {
                // It was met, and whoever met it has taken or brought the value.
                let taken = match arm.side {
                    Side::Sending => self.promises[number].map_or(Taken::Sent, Taken::Promised),
                    Side::Receiving => Taken::Received(arm.seats.claim(Spot::Delivery(self.me), between)),
                };
                return Some(Chosen { arm: number, taken });
            }
        }
        complete(self.arms, outcome, between, place)
    }

    /// Keeps the promise that was given for a value that is known.
    fn keep<D: Driver>(&self, driver: D, chosen: Option<Chosen>, place: Place) -> Option<Chosen> {
        let Some(Chosen { arm, taken: Taken::Promised(promise) }) = chosen else { return chosen };
        let Some(offer) = self.arms[arm].offer else { return chosen };
        if let Some(at) = self.arms[arm].seats.keep(promise, offer) {
            driver.perform(Op::Channel(at, ChannelOp::Send), place);
        }
        Some(Chosen { arm, taken: Taken::Sent })
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if self.promises.is_empty() {
            return;
        }
        for arm in self.arms {
            arm.seats.rise(self.me, arm.side, arm.offer);
        }
    }
}
