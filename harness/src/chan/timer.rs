//! The simulated channels of `after`, `at` and `tick`: the kernel's timer sends, and the message is when it did.
//!
//! The timer is the only sender and never goes away. With its last receiver it is stopped, so that nobody waits for
//! a moment that concerns nobody.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use super::LIBRARY;
use crate::channel::{
    Between, Claim, Driver, Engine, Home, Inside, Laid, Offer, Patience, Promise, Reason, Seats, Spot,
};
use crate::engine::identity::Identity;
use crate::engine::{Execution, Place};
use crate::kernel::channel::Op as ChannelOp;
use crate::kernel::handles::Side;
use crate::kernel::timer::{Op as TimerOp, Timer as State};
use crate::kernel::{End, Object, ObjectId, Op, TaskId, World};
use crate::time::Instant;

/// How a timer goes off.
#[derive(Clone, Copy, Debug)]
pub(super) enum Pace {
    Once(Duration),
    Every(Duration),
}

/// A timer of one execution, and its channel.
pub(super) struct Timer {
    home: Home,
    timer: OnceLock<ObjectId>,
    /// Whether there was ever more than one receiver.
    cloned: AtomicBool,
    /// What selects have received and nobody has taken yet.
    claims: Mutex<Vec<(u64, Duration)>>,
}

/// The shortest period of a ticker: without any, time would stand still.
const SHORTEST: Duration = Duration::from_nanos(1);

impl Timer {
    pub(super) fn new(this: *mut Execution, identity: Identity, pace: Pace, place: Place) -> Arc<Timer> {
        let timer = Arc::new(Timer {
            home: Home::new(identity, LIBRARY),
            timer: OnceLock::new(),
            cloned: AtomicBool::new(false),
            claims: Mutex::default(),
        });
        timer.home.register_channel(this, Some(1));
        if let Some((this, channel)) = timer.home.known() {
            let engine = Engine(this);
            let id = engine.add_object(Object::Timer(Box::new(State::new(channel))), place);
            let _ = timer.timer.set(id);
            let op = match pace {
                Pace::Once(after) => TimerOp::Start(after),
                Pace::Every(period) => TimerOp::Repeat(period.max(SHORTEST)),
            };
            engine.perform(Op::Timer(id, op), place);
        }
        timer
    }

    fn id(&self) -> ObjectId {
        *self.timer.get().expect("set by the constructor")
    }

    /// When the message was sent that has just been received.
    fn sent_at(&self, world: &World) -> Duration {
        world.timer(self.id()).sent_at
    }

    /// The channel, for a caller that uses it; none for one that unwinds elsewhere.
    #[track_caller]
    pub(super) fn visit(&self) -> Option<(Engine, ObjectId)> {
        self.home.visit().map(|(this, id)| (Engine(this), id))
    }

    #[track_caller]
    pub(super) fn receive(&self, patience: Patience, place: Place) -> Result<Instant, Reason> {
        let (engine, channel) = self.visit().ok_or(Reason::Disconnected)?;
        patience.begin(engine, place);
        let op = if patience == Patience::Never { ChannelOp::TryReceive } else { ChannelOp::Receive };
        engine.step(Op::Channel(channel, op), place, |outcome, between| match outcome.end {
            End::Done => Ok(Instant::of_virtual(self.sent_at(between.world()))),
            end => Err(Reason::of(end)),
        })
    }

    /// What a select has received.
    pub(super) fn redeem(&self, claim: Claim) -> Option<Instant> {
        let mut claims = self.claims.lock().unwrap_or_else(PoisonError::into_inner);
        let at = claims.iter().position(|(number, _)| *number == claim.number())?;
        Some(Instant::of_virtual(claims.swap_remove(at).1))
    }

    #[track_caller]
    pub(super) fn is_empty(&self, place: Place) -> bool {
        self.visit().is_none_or(|(engine, id)| engine.perform(Op::Channel(id, ChannelOp::IsEmpty), place).value == 1)
    }

    #[track_caller]
    pub(super) fn is_full(&self, place: Place) -> bool {
        !self.is_empty(place)
    }

    #[track_caller]
    pub(super) fn len(&self, place: Place) -> usize {
        self.is_full(place).into()
    }

    pub(super) fn capacity(&self) -> Option<usize> {
        Some(1)
    }

    #[track_caller]
    pub(super) fn add(self: &Arc<Self>, place: Place) -> Arc<Timer> {
        let Some((this, id)) = self.home.known() else { self.home.refuse() };
        self.cloned.store(true, Ordering::Relaxed);
        Engine(this).perform(Op::Channel(id, ChannelOp::AddReceiver), place);
        Arc::clone(self)
    }

    /// One receiver less.
    pub(super) fn remove(&self) {
        let Some((this, channel)) = self.home.known() else { return };
        let (engine, place) = (Engine(this), self.home.place());
        // Who never had company is the last, and need not ask.
        let last = !self.cloned.load(Ordering::Relaxed)
            || engine.step(Op::Channel(channel, ChannelOp::DropReceiver), place, |_, between| {
                matches!(&between.world().objects[channel.index()], Object::Channel(state) if state.receivers == 0)
            });
        if last {
            engine.perform(Op::Timer(self.id(), TimerOp::Stop), place);
        }
    }
}

impl Seats for Timer {
    fn promise(&self, _: Inside<'_>, _: u64, _: Place) -> Promise {
        unreachable!("nobody but the timer sends")
    }

    fn put(&self, _: Inside<'_>, _: Spot, _: Laid) {
        unreachable!("nobody but the timer sends")
    }

    fn claim(&self, _: Spot, between: &mut dyn Between) -> Claim {
        let sent_at = self.sent_at(between.world());
        let mut claims = self.claims.lock().unwrap_or_else(PoisonError::into_inner);
        let number = claims.iter().map(|(number, _)| number + 1).max().unwrap_or(0);
        claims.push((number, sent_at));
        Claim::of(number)
    }

    fn rise(&self, _: TaskId, _: Side, _: Option<Offer>) {}

    fn keep(&self, _: Promise, _: Offer) -> Option<ObjectId> {
        None
    }
}
