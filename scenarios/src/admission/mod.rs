//! Admission control: who may come in, in front of everything else that a service does.
//!
//! # The problem
//!
//! A service that accepts every request answers none in time once there are too many: they share its
//! threads, its memory and its connections, all of them get slower, their callers give up and try
//! again. What helps is to refuse early and cheaply, and to say why, because the caller has to do
//! something different each time:
//!
//! - *too many requests*: this client has had its share, and should come again at a certain time (429
//!   in HTTP);
//! - *busy*: all places are taken, by whomever, and another instance may have one (503).
//!
//! [`AdmissionControl`] asks a [rate limiter](crate::limiter) and then a [semaphore](Semaphore), and
//! only then is there any work. The two must agree: a request that finds no place must not count
//! against the share of its client, and a place must be given back however the work ends.
//!
//! ```
//! use reweave::time::Duration;
//! use reweave_scenarios::admission::{Config, Rejected, RunError};
//! use reweave_scenarios::limiter::{Rate, SlidingLog};
//!
//! let rate = Rate::new(2, Duration::from_secs(3600))?;
//! let admission = Config::new(1).build(SlidingLog::new(rate))?;
//!
//! let place = admission.enter()?;
//! assert_eq!(admission.enter().err(), Some(Rejected::Busy));
//! drop(place);
//!
//! let failed = admission.run(|| Err::<(), _>("not found"));
//! assert_eq!(failed, Err(RunError::Failed("not found"))); // it was admitted, and is the second
//! let refused = admission.enter().expect_err("there were two in this hour");
//! assert!(matches!(refused, Rejected::TooManyRequests(_)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Guarantees
//!
//! - *Limit.* No more requests are accepted than the limiter lets pass.
//! - *Bound.* No more are at work at a time than there are places.
//! - *Fair account.* The limiter is charged for the requests that are accepted and for no others, in
//!   one step with taking the place. So whoever is told that there were too many can count them.
//! - *Conservation.* A place is free again when the work is over, whether it succeeded, failed or
//!   panicked.
//! - *Quick answers.* With no patience, nobody waits. With some, a request waits for a place, and only
//!   if the limiter would let it pass; it is busy when its patience is over, and not before.
//!
//! There is no order among those who wait.

mod config;
mod error;
mod row;
mod semaphore;
#[cfg(test)]
mod tests;
pub mod variant;
pub mod workload;

use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;

use reweave::time::{Duration, Instant};

pub use config::{Config, ConfigError};
pub use error::{Rejected, RunError};
pub use row::scenario;
pub use semaphore::{Permit, Semaphore};

use crate::limiter::{Algorithm, Pass, RateLimiter};
use variant::{Charge, Correct, Policy, Release};

/// Decides who may come in; see the [module](self) for what it guarantees.
///
/// Share it in an [`Arc`](reweave::sync::Arc) or with scoped threads. The parameter `P` is there for
/// the buggy twins of [`variant`]; leave it out.
pub struct AdmissionControl<A, P = Correct> {
    limiter: RateLimiter<A>,
    places: Semaphore,
    patience: Duration,
    policy: PhantomData<fn() -> P>,
}

/// A request that was accepted, and has a place until this is dropped.
#[must_use = "the place is given back when this is dropped"]
#[derive(Debug)]
pub struct Place<'a> {
    _permit: Permit<'a>,
    pass: Pass,
}

impl Place<'_> {
    /// When the request was accepted.
    pub fn accepted(&self) -> Instant {
        self.pass.decided()
    }
}

impl<A: Algorithm, P: Policy> AdmissionControl<A, P> {
    fn assemble(config: Config, algorithm: A) -> Self {
        let Config { places, patience } = config;
        let limiter = RateLimiter::new(algorithm);
        Self { limiter, places: Semaphore::new(places), patience, policy: PhantomData }
    }

    /// Does some work if the request is accepted.
    ///
    /// # Errors
    /// [`RunError::Rejected`] if the work was not done, [`RunError::Failed`] with its error.
    pub fn run<T, E>(&self, work: impl FnOnce() -> Result<T, E>) -> Result<T, RunError<E>> {
        let place = self.enter()?;
        if P::RELEASE == Release::AfterTheWork {
            let place = ManuallyDrop::new(place);
            let value = work().map_err(RunError::Failed)?;
            drop(ManuallyDrop::into_inner(place));
            return Ok(value);
        }
        let outcome = work();
        drop(place);
        outcome.map_err(RunError::Failed)
    }

    /// Asks to come in, for work that is not a closure.
    ///
    /// # Errors
    /// [`Rejected`] says why the request is not accepted.
    pub fn enter(&self) -> Result<Place<'_>, Rejected> {
        let entered = match P::CHARGE {
            Charge::ForWhatIsAccepted => self.limiter.try_acquire_if(|pass| self.take_place(pass)),
            Charge::ForWhatIsAsked => {
                let pass = self.limiter.try_acquire()?;
                self.take_place(pass)
            }
        };
        let place = match entered {
            Err(Rejected::Busy) if !self.patience.is_zero() => self.wait_for_place()?,
            other => other?,
        };
        // A leaky bucket accepts requests that have to wait for their turn. They do so in their places.
        place.pass.wait();
        Ok(place)
    }

    fn take_place(&self, pass: Pass) -> Result<Place<'_>, Rejected> {
        let permit = self.places.try_acquire().ok_or(Rejected::Busy)?;
        Ok(Place { _permit: permit, pass })
    }

    /// Nobody is charged while waiting. So the limiter is asked again, with the place in hand: others may have passed in the
    /// meantime.
    fn wait_for_place(&self) -> Result<Place<'_>, Rejected> {
        let permit = self.places.acquire_within(self.patience).ok_or(Rejected::Busy)?;
        self.limiter.try_acquire_if(|pass| Ok(Place { _permit: permit, pass }))
    }

    /// How many places are free. Others may change that before the caller looks at the answer.
    pub fn free_places(&self) -> usize {
        self.places.free()
    }
}

/// Shows how it is set up. It takes no lock, so printing never waits.
impl<A, P> fmt::Debug for AdmissionControl<A, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdmissionControl")
            .field("limiter", &self.limiter)
            .field("places", &self.places)
            .field("patience", &self.patience)
            .finish()
    }
}
