//! Timers and tickers.
//!
//! As of Go 1.23: what is in the channel of a timer that is stopped or reset is taken out again, so that nobody receives what
//! belongs to the past; and the channels look as if they had no buffer.

use std::fmt;
use std::panic::Location;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::chan::{Chan, RecvChan};
use super::core::Core;
use super::spawn::spawn_at;
use crate::driver::{Place, Subject, moment};
use crate::kernel::timer::{Op as TimerOp, Timer as State};
use crate::kernel::{Object, Op};
use crate::memory::shared::Shared;
use crate::time::Instant;

/// A timer of the kernel and the channel to which it sends.
#[derive(Clone)]
struct Clockwork {
    channel: Shared<Core<Instant>>,
    timer: Arc<Subject>,
}

impl Clockwork {
    /// What is not running.
    fn new(called: &'static str, place: Place) -> Clockwork {
        let (channel, id) = Core::of_timer(moment, called, place);
        let timer = Arc::new(Subject::new(called, place));
        let id = timer.register(|| Object::Timer(Box::new(State::new(id))));
        channel.belongs_to(Arc::clone(&timer), id);
        Clockwork { channel, timer }
    }

    /// Says whether it was running.
    #[track_caller]
    fn perform(&self, op: TimerOp, place: Place) -> bool {
        self.timer.step(|id| Op::Timer(id, op), place, |outcome, _| outcome.is_done()).unwrap_or(false)
    }

    /// Stops it and takes back what it has sent; says whether nobody has received anything.
    #[track_caller]
    fn stop(&self, place: Place) -> bool {
        let ran = self.perform(TimerOp::Stop, place);
        // One that was to fire once and has not has sent nothing.
        ran || self.channel.drain(place)
    }

    fn receiver(&self) -> RecvChan<Instant> {
        Chan::of(self.channel.clone()).recv_only()
    }
}

/// Fires once: Go's `time.Timer`.
///
/// A handle: clones are the same timer. Made by [`Timer::new`] it has a channel, made by [`after_func`] it starts a goroutine.
///
/// ```
/// use reweave::go;
/// use reweave::time::Duration;
///
/// let timer = go::Timer::new(Duration::from_millis(2));
/// assert!(timer.c().recv().is_some());
/// assert!(!timer.stop());
/// ```
#[derive(Clone)]
pub struct Timer(Kind);

#[derive(Clone)]
enum Kind {
    Channel(Clockwork),
    Function(Arc<Function>),
}

/// What [`after_func`] is to call.
struct Function {
    run: Box<dyn Fn() + Send + Sync>,
    place: Place,
    /// The present one. A goroutine waits for it to fire; whoever stops it closes its channel, and that goroutine ends.
    clockwork: Mutex<Option<Clockwork>>,
}

impl Timer {
    /// A timer that sends the time to its channel after `duration`: `time.NewTimer(d)`.
    #[must_use]
    #[track_caller]
    pub fn new(duration: Duration) -> Timer {
        let place = Location::caller();
        let clockwork = Clockwork::new("Timer", place);
        clockwork.perform(TimerOp::Start(duration), place);
        Timer(Kind::Channel(clockwork))
    }

    /// The channel: `t.C`. Nil for a timer of [`after_func`].
    #[must_use]
    pub fn c(&self) -> RecvChan<Instant> {
        match &self.0 {
            Kind::Channel(clockwork) => clockwork.receiver(),
            Kind::Function(_) => RecvChan::nil(),
        }
    }

    /// Prevents the timer from firing: `t.Stop()`. Says whether the call stopped it: `false` if it has expired or been stopped before.
    ///
    /// After this nothing is received that was sent before. Of a timer of [`after_func`], `false` says that the function has been
    /// started in a goroutine of its own; this does not wait for it to return.
    #[track_caller]
    pub fn stop(&self) -> bool {
        let place = Location::caller();
        match &self.0 {
            Kind::Channel(clockwork) => clockwork.stop(place),
            Kind::Function(function) => function.stop(place),
        }
    }

    /// Lets the timer expire after `duration`: `t.Reset(d)`. Says whether it was active.
    ///
    /// After this nothing is received that was sent before.
    #[track_caller]
    pub fn reset(&self, duration: Duration) -> bool {
        let place = Location::caller();
        match &self.0 {
            Kind::Channel(clockwork) => {
                let active = clockwork.stop(place);
                clockwork.perform(TimerOp::Start(duration), place);
                active
            }
            Kind::Function(function) => {
                let active = function.stop(place);
                function.start(duration, place);
                active
            }
        }
    }
}

impl Function {
    fn present(&self) -> std::sync::MutexGuard<'_, Option<Clockwork>> {
        self.clockwork.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[track_caller]
    fn stop(&self, place: Place) -> bool {
        let Some(clockwork) = self.present().clone() else { return false };
        // Once it has fired the function is as good as started: its goroutine only has not seen it yet.
        let stopped = clockwork.perform(TimerOp::Stop, place);
        if stopped {
            clockwork.channel.close(place, |_| ());
        }
        stopped
    }

    fn start(self: &Arc<Function>, duration: Duration, place: Place) {
        let clockwork = Clockwork::new("AfterFunc", self.place);
        clockwork.perform(TimerOp::Start(duration), place);
        *self.present() = Some(clockwork.clone());
        let function = Arc::clone(self);
        spawn_at(self.place, move || {
            let Clockwork { channel, timer } = clockwork;
            drop(timer);
            if channel.receive(function.place).is_some() {
                (function.run)();
            }
        });
    }
}

/// Sends the time to a channel after `duration`: `time.After(d)`.
///
/// ```
/// use reweave::go;
/// use reweave::time::Duration;
///
/// let answers = go::Chan::<u32>::new(0);
/// go::select! {
///     recv(answers) -> answer => panic!("nobody sends, and yet {answer:?}"),
///     recv(go::after(Duration::from_millis(2))) => {}
/// }
/// ```
#[must_use]
#[track_caller]
pub fn after(duration: Duration) -> RecvChan<Instant> {
    Timer::new(duration).c()
}

/// Calls `run` in a goroutine of its own after `duration`: `time.AfterFunc(d, f)`.
///
/// ```
/// use reweave::go;
/// use reweave::time::Duration;
///
/// let called = go::Chan::new(1);
/// let theirs = called.clone();
/// let timer = go::after_func(Duration::from_secs(3600), move || theirs.send(()));
/// assert!(timer.stop());
/// assert_eq!(called.len(), 0);
/// ```
#[track_caller]
pub fn after_func(duration: Duration, run: impl Fn() + Send + Sync + 'static) -> Timer {
    after_func_at(Location::caller(), duration, run)
}

pub(super) fn after_func_at(place: Place, duration: Duration, run: impl Fn() + Send + Sync + 'static) -> Timer {
    let function = Function { run: Box::new(run), place, clockwork: Mutex::new(None) };
    let function = Arc::new(function);
    function.start(duration, place);
    Timer(Kind::Function(function))
}

/// Fires again and again: Go's `time.Ticker`.
///
/// Ticks for which a receiver is too slow are dropped. A ticker that nobody stops keeps the goroutine that listens to it from ending.
///
/// ```
/// use reweave::go;
/// use reweave::time::Duration;
///
/// let ticker = go::Ticker::new(Duration::from_millis(1));
/// ticker.c().recv();
/// ticker.c().recv();
/// ticker.stop();
/// ```
#[derive(Clone)]
pub struct Ticker(Clockwork);

impl Ticker {
    /// A ticker that sends the time after every `period`: `time.NewTicker(d)`.
    ///
    /// # Panics
    /// With "non-positive interval for NewTicker" if the period is zero.
    #[must_use]
    #[track_caller]
    pub fn new(period: Duration) -> Ticker {
        if period.is_zero() {
            panic!("non-positive interval for NewTicker");
        }
        let place = Location::caller();
        let clockwork = Clockwork::new("Ticker", place);
        clockwork.perform(TimerOp::Repeat(period), place);
        Ticker(clockwork)
    }

    /// The channel: `t.C`.
    #[must_use]
    pub fn c(&self) -> RecvChan<Instant> {
        self.0.receiver()
    }

    /// Turns the ticker off: `t.Stop()`. "Stop does not close the channel, to prevent a concurrent goroutine reading from the channel
    /// from seeing an erroneous tick."
    #[track_caller]
    pub fn stop(&self) {
        let place = Location::caller();
        self.0.perform(TimerOp::Stop, place);
        self.0.channel.drain(place);
    }

    /// Stops the ticker and sets its period: `t.Reset(d)`. The next tick comes after the new period.
    ///
    /// # Panics
    /// With "non-positive interval for Ticker.Reset" if the period is zero.
    #[track_caller]
    pub fn reset(&self, period: Duration) {
        if period.is_zero() {
            panic!("non-positive interval for Ticker.Reset");
        }
        self.stop();
        self.0.perform(TimerOp::Repeat(period), Location::caller());
    }
}

/// The channel of a ticker that nobody can stop: `time.Tick(d)`. Nil if the period is zero.
#[must_use]
#[track_caller]
pub fn tick(period: Duration) -> RecvChan<Instant> {
    if period.is_zero() { RecvChan::nil() } else { Ticker::new(period).c() }
}

impl fmt::Debug for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timer").finish_non_exhaustive()
    }
}

impl fmt::Debug for Ticker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticker").finish_non_exhaustive()
    }
}
