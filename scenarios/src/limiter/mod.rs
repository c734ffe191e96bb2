//! Rate limiters, which say how many requests may pass in a given time.
//!
//! # The problem
//!
//! One client sends a thousand requests a second, by mistake or on purpose, and everybody else waits.
//! A rate limiter in front of the service lets so many pass in a period, and refuses the others at
//! once, with the time at which it makes sense to come again. It is asked by every request on every
//! thread, so it has to be quick, and it has to be right when all of them ask at the same time: that
//! is when it matters.
//!
//! [`RateLimiter`] is the part that is shared: it takes the lock, looks at the clock and answers. What
//! "so many in a period" means is said by an [`Algorithm`], and there are five:
//!
//! | algorithm | in words | its price | take it for |
//! | --- | --- | --- | --- |
//! | [`FixedWindow`] | `limit` in every period of the clock | two numbers; `2 * limit` may pass in a moment, half of them on either side of a boundary | quotas by the hour or the day |
//! | [`SlidingLog`] | `limit` in any period, whenever it begins | remembers `limit` moments | small limits that must hold exactly, such as attempts to log in |
//! | [`SlidingCounter`] | as the log, if the period before was evenly busy | three numbers; an approximation | large limits |
//! | [`TokenBucket`] | `limit` in a period on average, and so many in a burst | two numbers | clients that are mostly quiet |
//! | [`LeakyBucket`] | one after another, evenly spaced; so many may wait in line | two numbers; requests wait | what is in front of something that bears no bursts |
//!
//! ```
//! use reweave::time::Duration;
//! use reweave_scenarios::limiter::{Rate, RateLimiter, TokenBucket};
//!
//! let hourly = Rate::new(60, Duration::from_secs(3600))?;
//! let limiter = RateLimiter::new(TokenBucket::new(hourly).burst(2)?);
//! assert!(limiter.try_acquire().is_ok());
//! assert!(limiter.try_acquire().is_ok());
//!
//! let refused = limiter.try_acquire().expect_err("the burst is used up");
//! assert_eq!(refused.to_string(), "too many requests");
//! assert!(refused.retry_after() <= Duration::from_secs(60));
//! # Ok::<(), reweave_scenarios::limiter::ConfigError>(())
//! ```
//!
//! # Guarantees
//!
//! - *Limit.* No more requests pass than the algorithm says, however many ask at a time and however
//!   long a thread is held up in the middle of asking.
//! - *No waste.* A request that may pass is not refused. Together with the limit that makes a limiter
//!   *linearizable*: its answers are those of the same algorithm with a single caller.
//! - *Honest advice.* Whoever comes before the time that a refusal names is refused again; whoever
//!   comes then passes, if nobody else came in between.
//! - *No charge without a request.* [`try_acquire_if`](RateLimiter::try_acquire_if) charges for the
//!   request only if it is really made, in one step: nobody sees a charge that is taken back.
//! - *No waiting.* Only [`acquire_within`](RateLimiter::acquire_within) and [`Pass::wait`] sleep, and
//!   never under the lock.
//!
//! There is no order among those who wait: whoever asks first when the time has come passes.
//!
//! The fixed window's burst across a boundary is no mistake in the code but what the algorithm does.
//! [`workload::boundary`] shows it.

pub mod algorithm;
mod definition;
mod error;
mod rate;
mod row;
#[cfg(test)]
mod tests;
pub mod variant;
pub mod workload;

use std::fmt;
use std::marker::PhantomData;

use reweave::sync::{Mutex, MutexGuard, PoisonError};
use reweave::thread;
use reweave::time::{Duration, Instant};

pub use algorithm::{Algorithm, Decision, FixedWindow, LeakyBucket, SlidingCounter, SlidingLog, TokenBucket};
pub use definition::Definition;
pub use error::Refused;
pub use rate::{ConfigError, Rate};
pub use row::scenario;

use variant::{ClockLook, Correct, Policy, Refill};

/// A rate limiter; see the [module](self) for which algorithm to take and what it guarantees.
///
/// Share it in an [`Arc`](reweave::sync::Arc) or with scoped threads. The parameter `P` is there for
/// the buggy twins of [`variant`]; leave it out.
pub struct RateLimiter<A, P = Correct> {
    /// The algorithm knows no clock: it is told the time since this moment.
    start: Instant,
    state: Mutex<A>,
    policy: PhantomData<fn() -> P>,
}

/// A request may pass, and when.
#[must_use = "a pass may say that the request has to wait first"]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pass {
    decided: Instant,
    at: Instant,
}

impl Pass {
    /// When the limiter decided.
    pub fn decided(&self) -> Instant {
        self.decided
    }

    /// When the request may go: at once, except after a [`LeakyBucket`], where it may have to wait for its turn.
    pub fn at(&self) -> Instant {
        self.at
    }

    /// Sleeps until the request may go.
    pub fn wait(&self) {
        if self.at > self.decided {
            sleep_until(self.at);
        }
    }
}

impl<A: Algorithm> RateLimiter<A> {
    /// A limiter that nobody has asked yet. Windows are counted from this moment on.
    pub fn new(algorithm: A) -> Self {
        Self::new_variant(algorithm)
    }
}

impl<A: Algorithm, P: Policy> RateLimiter<A, P> {
    /// As [`new`](RateLimiter::new), for a buggy twin of the limiter.
    pub fn new_variant(algorithm: A) -> Self {
        Self { start: Instant::now(), state: Mutex::new(algorithm), policy: PhantomData }
    }

    /// The moment from which windows are counted.
    pub fn start(&self) -> Instant {
        self.start
    }

    /// Asks for leave to make one request now.
    ///
    /// # Errors
    /// [`Refused`] says when it makes sense to ask again.
    pub fn try_acquire(&self) -> Result<Pass, Refused> {
        self.try_acquire_if(Ok)
    }

    /// Asks for leave to make one request now, if there is not something else that prevents it: the limiter charges for the
    /// request only if `condition` returns `Ok`.
    ///
    /// The condition is not asked if the request is refused anyway. It runs under the lock of the limiter, so that nobody sees a
    /// charge that is taken back. It should be quick, and must not ask this limiter. If it panics, nothing is charged.
    ///
    /// ```
    /// use reweave::time::Duration;
    /// use reweave_scenarios::limiter::{FixedWindow, Rate, RateLimiter, Refused};
    ///
    /// #[derive(Debug, PartialEq)]
    /// enum Error { TooMany, NoRoom }
    ///
    /// impl From<Refused> for Error {
    ///     fn from(_: Refused) -> Error {
    ///         Error::TooMany
    ///     }
    /// }
    ///
    /// let limiter = RateLimiter::new(FixedWindow::new(Rate::new(1, Duration::from_secs(3600))?));
    /// assert_eq!(limiter.try_acquire_if(|_| Err::<(), _>(Error::NoRoom)), Err(Error::NoRoom));
    /// assert_eq!(limiter.try_acquire_if(|_| Ok::<_, Error>("in")), Ok("in")); // the first was not charged
    /// assert_eq!(limiter.try_acquire_if(|_| Ok::<_, Error>("in")), Err(Error::TooMany));
    /// # Ok::<(), reweave_scenarios::limiter::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// What the condition returns, or [`Refused`].
    pub fn try_acquire_if<T, E: From<Refused>>(&self, condition: impl FnOnce(Pass) -> Result<T, E>) -> Result<T, E> {
        let (mut state, now) = match P::CLOCK {
            // Whoever has the lock looks at the clock: what the algorithm is told never goes back.
            ClockLook::UnderTheLock => {
                let state = self.lock();
                (state, self.now())
            }
            ClockLook::BeforeTheLock => {
                let now = self.now();
                (self.lock(), now)
            }
        };
        match P::REFILL {
            Refill::InPlace => state.advance(now),
            Refill::OnACopy => {
                let mut copy = state.clone();
                drop(state);
                copy.advance(now);
                state = self.lock();
                *state = copy;
            }
        }
        let decided = self.start + now;
        match state.decide(now) {
            Decision::Refuse { until } => Err(Refused { decided, until: self.start + until }.into()),
            Decision::Pass { at } => {
                let value = condition(Pass { decided, at: self.start + at })?;
                state.charge(at);
                Ok(value)
            }
        }
    }

    /// Waits until the request may go, at most so long. If that would not be enough, it is refused at once, and nothing is
    /// charged.
    ///
    /// # Errors
    /// [`Refused`] says when it might have been possible.
    pub fn acquire_within(&self, patience: Duration) -> Result<Pass, Refused> {
        // The first decision says when it was asked.
        let mut deadline = None;
        loop {
            let mut is_late = |decided: Instant, moment: Instant| {
                let deadline = *deadline.get_or_insert_with(|| decided.checked_add(patience));
                deadline.is_some_and(|deadline| moment > deadline)
            };
            let in_time = |pass: Pass| match is_late(pass.decided, pass.at) {
                false => Ok(pass),
                true => Err(Refused { decided: pass.decided, until: pass.at }),
            };
            match self.try_acquire_if(in_time) {
                Ok(pass) => {
                    pass.wait();
                    return Ok(pass);
                }
                Err(refused) if is_late(refused.decided, refused.until) => return Err(refused),
                Err(refused) => sleep_until(refused.until),
            }
        }
    }

    /// The time since the limiter was made.
    fn now(&self) -> Duration {
        Instant::now().saturating_duration_since(self.start)
    }

    /// The state, be the lock poisoned or not: a condition that panics leaves it whole.
    fn lock(&self) -> MutexGuard<'_, A> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn sleep_until(moment: Instant) {
    let left = moment.saturating_duration_since(Instant::now());
    if !left.is_zero() {
        thread::sleep(left);
    }
}

/// Shows when it was made. It does not take the lock, so printing a limiter never waits for it.
impl<A, P> fmt::Debug for RateLimiter<A, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimiter").field("start", &self.start).finish_non_exhaustive()
    }
}
