//! A graceful shutdown: stop accepting, drain, and when the time is up force.
//!
//! # The problem
//!
//! A service is told to stop while it answers requests. If it closes its data base at once, requests
//! that were accepted are lost; if it waits for all of them, one that hangs keeps it alive for ever.
//! And the order to stop comes more than once: from a signal, from a signal again by an operator in a
//! hurry, from the health check.
//!
//! A [`Gate`] stands where requests come in. Each [`enters`](Gate::enter) and holds a [`Ticket`] until
//! it is answered. A [`shutdown`](Gate::shutdown) closes the gate, waits for the tickets, and says
//! after the time of grace who is still inside: those see that they are [`forced`](Ticket::is_forced)
//! and give up at the next opportunity. What requests need is taken down after it returns.
//!
//! ```
//! use reweave::time::Duration;
//! use reweave_scenarios::shutdown::{Closed, Gate, Stopped};
//!
//! let gate: Gate = Gate::new();
//! let ticket = gate.enter()?;
//! drop(ticket); // The request is answered.
//! assert_eq!(gate.shutdown(Duration::from_secs(5)), Stopped::Drained);
//! assert_eq!(gate.enter().err(), Some(Closed));
//! # Ok::<(), Closed>(())
//! ```
//!
//! # Guarantees
//!
//! - *Nothing is lost.* When a shutdown reports [`Stopped::Drained`], every request that ever entered
//!   has left, and none enters any more.
//! - *Bound.* The shutdown that comes first returns when the last request leaves, or when its grace is
//!   over; [`Stopped::Forced`] says how many had not left at that moment, at least one.
//! - *Several stops are one.* Those that come later wait for the first, whatever their own grace, and
//!   report the same.
//! - *Progress.* A request that panics has left. Every shutdown returns.

mod row;
#[cfg(test)]
mod tests;
pub mod variant;
pub mod workload;

use std::error::Error;
use std::fmt;
use std::marker::PhantomData;

use reweave::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use reweave::time::{Duration, Instant};

pub use row::scenario;

use variant::{Announcement, Correct, Entry, Policy};

/// Where requests come in; see the [module](self) for what it guarantees.
///
/// Share it in an [`Arc`](reweave::sync::Arc) or with scoped threads. The parameter `P` is there for
/// the buggy twins of [`variant`]; leave it out.
pub struct Gate<P = Correct> {
    state: Mutex<State>,
    /// Where the first shutdown waits for the last request to leave.
    empty: Condvar,
    /// Where the other shutdowns wait for the first.
    stopped: Condvar,
    policy: PhantomData<fn() -> P>,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    /// Tickets that are held.
    inside: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Open,
    /// A shutdown waits for those inside.
    Draining,
    Over(Stopped),
}

/// How a shutdown ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "whether requests are still under way says what may be taken down"]
pub enum Stopped {
    /// All requests have left.
    Drained,
    /// The time was up, and these had not.
    Forced {
        /// How many there were.
        inside: usize,
    },
}

/// The gate is closed: the service is about to stop. Whoever asks should ask another instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closed;

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the service is shutting down")
    }
}

impl Error for Closed {}

/// A request that is inside. It leaves when this is dropped.
#[must_use = "a request leaves when its ticket is dropped"]
pub struct Ticket<'a, P: Policy = Correct> {
    gate: &'a Gate<P>,
}

impl<P: Policy> Gate<P> {
    /// An open gate, with nobody inside.
    pub fn new() -> Self {
        let state = Mutex::new(State { phase: Phase::Open, inside: 0 });
        Self { state, empty: Condvar::new(), stopped: Condvar::new(), policy: PhantomData }
    }

    /// A request comes in.
    ///
    /// # Errors
    /// If a shutdown has begun.
    pub fn enter(&self) -> Result<Ticket<'_, P>, Closed> {
        let mut state = self.lock();
        if state.phase != Phase::Open {
            return Err(Closed);
        }
        if P::ENTRY == Entry::LooksThenCounts {
            drop(state);
            state = self.lock();
        }
        state.inside += 1;
        Ok(Ticket { gate: self })
    }

    /// Closes the gate and waits for `grace` at most until everybody has left. If it is closed already,
    /// waits for the shutdown that has done so.
    pub fn shutdown(&self, grace: Duration) -> Stopped {
        let state = self.lock();
        if state.phase == Phase::Open { self.lead(state, grace) } else { self.follow(state) }
    }

    fn lead(&self, mut state: MutexGuard<'_, State>, grace: Duration) -> Stopped {
        // A moment beyond the range of the clock is never.
        let deadline = Instant::now().checked_add(grace);
        state.phase = Phase::Draining;
        let outcome = loop {
            if state.inside == 0 {
                break Stopped::Drained;
            }
            state = match deadline.map(|at| at.saturating_duration_since(Instant::now())) {
                Some(Duration::ZERO) => break Stopped::Forced { inside: state.inside },
                Some(left) => self.empty.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0,
                None => self.empty.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        };
        state.phase = Phase::Over(outcome);
        drop(state);
        match P::ANNOUNCEMENT {
            Announcement::ToAll => self.stopped.notify_all(),
            Announcement::ToOne => self.stopped.notify_one(),
        }
        outcome
    }

    fn follow(&self, mut state: MutexGuard<'_, State>) -> Stopped {
        loop {
            if let Phase::Over(outcome) = state.phase {
                return outcome;
            }
            state = self.stopped.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The state, be the lock poisoned or not: nothing that panics runs under it.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<P: Policy> Default for Gate<P> {
    fn default() -> Self {
        Self::new()
    }
}

impl<P: Policy> Ticket<'_, P> {
    /// Whether the time of grace is over. A request that takes long asks now and then, and gives up.
    pub fn is_forced(&self) -> bool {
        matches!(self.gate.lock().phase, Phase::Over(_))
    }
}

impl<P: Policy> Drop for Ticket<'_, P> {
    fn drop(&mut self) {
        let mut state = self.gate.lock();
        state.inside -= 1;
        let last = state.inside == 0;
        drop(state);
        if last {
            self.gate.empty.notify_one(); // Only the first shutdown waits there.
        }
    }
}

/// Does not take the lock, so printing a gate never waits.
impl<P> fmt::Debug for Gate<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").finish_non_exhaustive()
    }
}

impl<P: Policy> fmt::Debug for Ticket<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket").finish_non_exhaustive()
    }
}
