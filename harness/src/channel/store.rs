//! What guards the values of a channel.
//!
//! In an execution nothing does: whoever was let in is alone there. Between real threads it is a lock. Neither is held while user
//! code runs. **Unsafe room**: whoever was let in before a switch is not looked at again behind it.

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::driver::Inside;
#[cfg(feature = "sim")]
use crate::engine::{
    Execution,
    owned::{Owned, Visit},
};

/// Data of the execution in which it was made, or of real threads.
pub(super) enum Store<T> {
    #[cfg(feature = "sim")]
    Simulated(Owned<T>),
    Real(Mutex<T>),
}

const AT_HOME: &str = "whoever uses a channel is where it was made";

/// The right to what is in a [`Store`].
pub(super) enum Opened<'a, T> {
    #[cfg(feature = "sim")]
    Simulated(Visit<'a, T>),
    Real(MutexGuard<'a, T>),
}

impl<T> Store<T> {
    /// For where the caller is.
    #[inline(always)]
    pub(super) fn new(data: T) -> Store<T> {
        #[cfg(feature = "sim")]
        let data = match Owned::new(data) {
            Ok(owned) => return Store::Simulated(owned),
            Err(data) => data,
        };
        Store::Real(Mutex::new(data))
    }

    /// For a caller who may be elsewhere; then there is nothing to be had.
    #[inline(always)]
    pub(super) fn try_open(&self) -> Option<Opened<'_, T>> {
        match self {
            #[cfg(feature = "sim")]
            Store::Simulated(owned) => owned.visit().map(Opened::Simulated),
            Store::Real(lock) => Some(Opened::Real(lock.lock().unwrap_or_else(PoisonError::into_inner))),
        }
    }

    /// For a caller who was let in, and may have at hand the execution that it is inside of.
    #[inline(always)]
    pub(super) fn with<R>(&self, inside: Inside<'_>, then: impl FnOnce(&mut T) -> R) -> R {
        match self {
            #[cfg(feature = "sim")]
            Store::Simulated(owned) => {
                let visit = inside.and_then(|execution| owned.visit_inside(execution));
                then(&mut visit.expect(AT_HOME))
            }
            Store::Real(_) => {
                let _ = inside;
                then(&mut self.open())
            }
        }
    }

    /// For a caller inside `execution`, if they are of that one.
    #[cfg(feature = "sim")]
    #[inline(always)]
    pub(super) fn at_hand(&self, execution: &Execution) -> Option<Visit<'_, T>> {
        match self {
            Store::Simulated(owned) => owned.visit_inside(execution),
            Store::Real(_) => None,
        }
    }

    /// For a caller inside the execution `epoch`, of which they are known to be.
    ///
    /// # Safety
    /// They are, nobody has opened them, and `then` does not.
    #[cfg(feature = "sim")]
    #[inline(always)]
    pub(super) unsafe fn in_hand<R>(&self, epoch: u64, then: impl FnOnce(&mut T) -> R) -> R {
        match self {
            // SAFETY: as the caller says.
            Store::Simulated(owned) => unsafe { owned.in_hand(epoch, then) },
            // SAFETY: these are of no execution.
            Store::Real(_) => unsafe { std::hint::unreachable_unchecked() },
        }
    }

    /// For a caller who was let in.
    #[inline(always)]
    pub(super) fn open(&self) -> Opened<'_, T> {
        self.try_open().expect(AT_HOME)
    }
}

impl<T> Deref for Opened<'_, T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        match self {
            #[cfg(feature = "sim")]
            Opened::Simulated(visit) => visit,
            Opened::Real(guard) => guard,
        }
    }
}

impl<T> DerefMut for Opened<'_, T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut T {
        match self {
            #[cfg(feature = "sim")]
            Opened::Simulated(visit) => visit,
            Opened::Real(guard) => guard,
        }
    }
}
