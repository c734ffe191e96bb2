//! A configuration that is replaced as a whole.

use std::convert::Infallible;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use reweave::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use reweave::time::Duration;

use super::error::Stale;
use super::variant::{Change, Correct, Policy};

/// A configuration that changes while it is read. What it guarantees is said in the [module](super).
///
/// ```
/// use reweave_scenarios::hot_config::Hot;
///
/// let greeting: Hot<&str> = Hot::new("hello");
/// let before = greeting.load();
/// greeting.publish("good morning");
/// assert_eq!(**before, "hello"); // whoever has a snapshot keeps it
/// assert_eq!(**greeting.load(), "good morning");
/// ```
///
/// The parameter `P` is there for the buggy twins of [`variant`](super::variant); leave it out.
pub struct Hot<T, P = Correct> {
    /// Locked for as long as it takes to copy or to replace a pointer.
    current: Mutex<Arc<Snapshot<T>>>,
    /// Where those wait who want to know of a newer version.
    newer: Condvar,
    /// Held by whoever makes the next version.
    turn: Mutex<()>,
    policy: PhantomData<fn() -> P>,
}

/// One version of a configuration, which never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot<T> {
    version: u64,
    value: T,
}

impl<T> Snapshot<T> {
    /// Which version this is. The first is 1.
    pub fn version(&self) -> u64 {
        self.version
    }
}

impl<T> Deref for Snapshot<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T, P: Policy> Hot<T, P> {
    /// The first version.
    pub fn new(value: T) -> Self {
        let current = Mutex::new(Arc::new(Snapshot { version: 1, value }));
        Self { current, newer: Condvar::new(), turn: Mutex::new(()), policy: PhantomData }
    }

    /// The current version. Take it once for each decision, and read from it all that the decision needs.
    pub fn load(&self) -> Arc<Snapshot<T>> {
        Arc::clone(&self.lock())
    }

    /// Replaces the current version, whichever it is.
    pub fn publish(&self, value: T) -> Arc<Snapshot<T>> {
        self.change(|_| value)
    }

    /// Replaces the version that the caller has seen.
    ///
    /// # Errors
    /// [`Stale`] with the value, if that is not the current version any more.
    pub fn publish_if(&self, version: u64, value: T) -> Result<Arc<Snapshot<T>>, Stale<T>> {
        self.replace(|current| match current.version {
            same if same == version => Ok(value),
            current => Err(Stale { value, current }),
        })
    }

    /// Makes the next version from the current one. Other changes wait until this one is done, and readers do not.
    pub fn change(&self, change: impl FnOnce(&T) -> T) -> Arc<Snapshot<T>> {
        self.try_change(|current| Ok::<T, Infallible>(change(current))).unwrap_or_else(|never| match never {})
    }

    /// As [`change`](Self::change), for what may not be possible. Whatever has to be done for a version, such as starting
    /// threads, can be done in `change`: it is published only if that worked. `change` must not change this configuration
    /// otherwise.
    ///
    /// # Errors
    /// That of `change`; the version stays as it is.
    pub fn try_change<E>(&self, change: impl FnOnce(&T) -> Result<T, E>) -> Result<Arc<Snapshot<T>>, E> {
        self.replace(|current| change(current))
    }

    fn replace<E>(&self, change: impl FnOnce(&Snapshot<T>) -> Result<T, E>) -> Result<Arc<Snapshot<T>>, E> {
        // A change that panicked has published nothing.
        let take_turn = || self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let _turn = (P::CHANGE == Change::InTurn).then(take_turn);
        // Held until the end, so that an old value is not dropped, which is code of the user, under the lock.
        let before = self.load();
        let value = change(&before)?;
        let mut current = self.lock();
        let next = Arc::new(Snapshot { version: current.version + 1, value });
        *current = Arc::clone(&next);
        drop(current);
        self.newer.notify_all();
        Ok(next)
    }

    /// Waits at most so long for a version newer than `version`; with [`Duration::MAX`] for as long as it takes. Versions that were
    /// replaced in the meantime are skipped.
    pub fn newer_than(&self, version: u64, patience: Duration) -> Option<Arc<Snapshot<T>>> {
        let is_old = |current: &mut Arc<Snapshot<T>>| current.version <= version;
        let current = self.lock();
        let mut current = match patience {
            Duration::MAX => self.newer.wait_while(current, is_old).unwrap_or_else(PoisonError::into_inner),
            patience => {
                let waited = self.newer.wait_timeout_while(current, patience, is_old);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
        };
        (!is_old(&mut current)).then(|| Arc::clone(&current))
    }

    /// The current version, be the lock poisoned or not: nothing that panics runs under it.
    fn lock(&self) -> MutexGuard<'_, Arc<Snapshot<T>>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Shows nothing of the value. It does not take the lock, so printing never waits.
impl<T, P> fmt::Debug for Hot<T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hot").finish_non_exhaustive()
    }
}
