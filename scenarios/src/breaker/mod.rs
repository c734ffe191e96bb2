//! A circuit breaker, which stops calling what fails anyway.
//!
//! # The problem
//!
//! A service calls another that is down. Every call waits for its timeout and fails; the callers pile
//! up, and soon the service is down as well, while the other, called as often as ever, has no chance
//! to recover. A circuit breaker watches the outcomes of the calls. When too many of them fail it
//! *opens*: calls are refused at once, and the caller answers with something else, such as an old
//! value or an apology. After a while it is *half open*: a few trial calls find out how things are,
//! and close it or open it again.
//!
//! Use it around calls to what can be down for seconds: another service, a database, a disk far away.
//! For what fails now and then at random use retries; for what is slow when there are too many at a
//! time limit how many there are. A breaker does neither.
//!
//! ```
//! use reweave_scenarios::breaker::{CallError, CircuitBreaker, Config, Phase};
//!
//! let breaker: CircuitBreaker = Config::default().window(4).minimum_calls(2).failure_rate(50).build()?;
//! for _ in 0..2 {
//!     assert_eq!(breaker.call(|| Err::<(), _>("no route")), Err(CallError::Failed("no route")));
//! }
//! assert_eq!(breaker.phase(), Phase::Open);
//! let answer = breaker.call_or(|| Ok::<_, &str>("fresh"), |_refused| "from the cache");
//! assert_eq!(answer, Ok("from the cache"));
//! # Ok::<(), reweave_scenarios::breaker::ConfigError>(())
//! ```
//!
//! # Guarantees
//!
//! - *Every outcome counts once.* When `minimum_calls` of the last `window` calls have come back and
//!   the share of failures among them is at least `failure_rate`, the breaker is open when the call
//!   that tipped the scale returns, however many others return with it.
//! - *Bound.* While the breaker is half open, no more than `trial_calls` calls are let through.
//! - *Patience.* No call is let through before the breaker has been open for `wait`.
//! - *No echo.* A call that was let through in one phase says nothing about a later one: a failure
//!   that comes in when the breaker has long been closed again does not open it.
//! - *Progress.* A trial call that panics has failed. It does not keep its place for ever.
//! - *No code of yours under the lock.* Calls may take as long as they like, and call the breaker.
//!
//! The states and their names are those of M. T. Nygard, *Release It!* (2nd edition, 2018), chapter 5;
//! the window, the minimum of calls and the trial calls are as in the library Resilience4j.

mod config;
mod error;
mod row;
mod state;
#[cfg(test)]
mod tests;
pub mod variant;
pub mod workload;

use std::fmt;
use std::marker::PhantomData;

use reweave::sync::{Mutex, MutexGuard, PoisonError};
use reweave::time::{Duration, Instant};

pub use config::{Config, ConfigError};
pub use error::{CallError, Refused};
pub use row::scenario;
pub use state::Phase;

use state::State;
use variant::{Admission, Correct, Policy, Recording};

/// A circuit breaker; see the [module](self) for what it is good for and what it guarantees.
///
/// Share it in an [`Arc`](reweave::sync::Arc) or with scoped threads. The parameter `P` is there for
/// the buggy twins of [`variant`]; leave it out.
pub struct CircuitBreaker<P = Correct> {
    config: Config,
    state: Mutex<State>,
    policy: PhantomData<fn() -> P>,
}

/// Leave to make one call, whose outcome is to be told. One that is dropped instead counts as a
/// failure, so that a call which panics does.
#[must_use = "a permit that is dropped counts as a failed call"]
pub struct Permit<'a, P: Policy = Correct> {
    breaker: &'a CircuitBreaker<P>,
    /// In which period the call was let through. The breaker enters a new one with every change of
    /// its phase.
    period: u64,
    told: bool,
}

impl<P: Policy> CircuitBreaker<P> {
    fn assemble(config: Config) -> Self {
        let state = Mutex::new(State::closed(&config));
        Self { config, state, policy: PhantomData }
    }

    /// Makes a call if the breaker lets it through, and takes note of its outcome.
    ///
    /// # Errors
    /// [`CallError::Refused`] if the call was not made, [`CallError::Failed`] with the error of the call.
    pub fn call<T, E>(&self, call: impl FnOnce() -> Result<T, E>) -> Result<T, CallError<E>> {
        let permit = self.admit().map_err(CallError::Refused)?;
        match call() {
            Ok(value) => {
                permit.succeed();
                Ok(value)
            }
            Err(error) => {
                permit.fail();
                Err(CallError::Failed(error))
            }
        }
    }

    /// Makes a call if the breaker lets it through; otherwise `fallback` answers.
    ///
    /// # Errors
    /// The error of the call.
    pub fn call_or<T, E>(
        &self,
        call: impl FnOnce() -> Result<T, E>,
        fallback: impl FnOnce(Refused) -> T,
    ) -> Result<T, E> {
        match self.call(call) {
            Ok(value) => Ok(value),
            Err(CallError::Failed(error)) => Err(error),
            Err(CallError::Refused(refused)) => Ok(fallback(refused)),
        }
    }

    /// Asks for leave to make one call, for calls that are not a closure.
    ///
    /// # Errors
    /// [`Refused`] says for how long the breaker stays open, as far as is known.
    pub fn admit(&self) -> Result<Permit<'_, P>, Refused> {
        let mut state = self.lock();
        state.look_at_clock(&self.config, Instant::now());
        state.would_admit(&self.config)?;
        if P::ADMISSION == Admission::LooksThenTakes {
            drop(state);
            state = self.lock();
        }
        let period = state.admit();
        drop(state);
        Ok(Permit { breaker: self, period, told: false })
    }

    /// In which phase the breaker is. Others may change that before the caller looks at the answer.
    pub fn phase(&self) -> Phase {
        let mut state = self.lock();
        state.look_at_clock(&self.config, Instant::now());
        state.phase()
    }

    /// For how long the breaker stays open before it tries again.
    pub fn wait(&self) -> Duration {
        self.config.wait
    }

    fn record(&self, period: u64, failed: bool) {
        let mut state = self.lock();
        if state.period() != period {
            return; // An echo.
        }
        match P::RECORDING {
            Recording::InPlace => state.outcomes_mut().push(failed),
            Recording::OnACopy => {
                let mut copy = state.outcomes_mut().clone();
                drop(state);
                copy.push(failed);
                state = self.lock();
                *state.outcomes_mut() = copy;
            }
        }
        state.judge(&self.config, Instant::now());
    }

    /// The state, be the lock poisoned or not: nothing that panics runs under it.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<P: Policy> Permit<'_, P> {
    /// The call has succeeded.
    pub fn succeed(mut self) {
        self.tell(false);
    }

    /// The call has failed.
    pub fn fail(mut self) {
        self.tell(true);
    }

    fn tell(&mut self, failed: bool) {
        if !std::mem::replace(&mut self.told, true) {
            self.breaker.record(self.period, failed);
        }
    }
}

impl<P: Policy> Drop for Permit<'_, P> {
    fn drop(&mut self) {
        self.tell(true);
    }
}

/// Shows the configuration. It does not take the lock, so printing a breaker never waits for it.
impl<P> fmt::Debug for CircuitBreaker<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitBreaker").field("config", &self.config).finish_non_exhaustive()
    }
}

impl<P: Policy> fmt::Debug for Permit<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").field("period", &self.period).finish_non_exhaustive()
    }
}
