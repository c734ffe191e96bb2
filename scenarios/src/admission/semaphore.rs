//! A counting semaphore: so many may have a permit at a time.

use std::fmt;

use reweave::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use reweave::time::Duration;

/// So many permits, of which each belongs to one holder at a time.
///
/// ```
/// use reweave_scenarios::admission::Semaphore;
///
/// let seats = Semaphore::new(1);
/// let seat = seats.try_acquire().expect("nobody sits there");
/// assert!(seats.try_acquire().is_none());
/// drop(seat);
/// assert_eq!(seats.free(), 1);
/// ```
pub struct Semaphore {
    permits: usize,
    free: Mutex<usize>,
    /// Where tasks wait for a permit. One that is given back wakes one of them.
    given_back: Condvar,
}

/// A permit, which is given back when this is dropped.
#[must_use = "a permit is given back when it is dropped"]
pub struct Permit<'a> {
    semaphore: &'a Semaphore,
}

impl Semaphore {
    /// A semaphore whose permits are all free.
    pub fn new(permits: usize) -> Self {
        Self { permits, free: Mutex::new(permits), given_back: Condvar::new() }
    }

    /// A permit, if one is free.
    pub fn try_acquire(&self) -> Option<Permit<'_>> {
        self.take(self.lock())
    }

    /// A permit, for which the caller waits at most so long; with [`Duration::MAX`] for as long as it takes.
    ///
    /// Whoever is notified just when its time is up takes the permit: it looks whether there is one, and not why it was woken.
    pub fn acquire_within(&self, patience: Duration) -> Option<Permit<'_>> {
        let none_is_free = |free: &mut usize| *free == 0;
        let free = self.lock();
        let free = match patience {
            Duration::MAX => self.given_back.wait_while(free, none_is_free).unwrap_or_else(PoisonError::into_inner),
            patience => {
                let waited = self.given_back.wait_timeout_while(free, patience, none_is_free);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
        };
        self.take(free)
    }

    /// How many permits are free. Others may change that before the caller looks at the answer.
    pub fn free(&self) -> usize {
        *self.lock()
    }

    fn take(&self, mut free: MutexGuard<'_, usize>) -> Option<Permit<'_>> {
        *free = free.checked_sub(1)?;
        Some(Permit { semaphore: self })
    }

    /// The number, be the lock poisoned or not: nothing that panics runs under it.
    fn lock(&self) -> MutexGuard<'_, usize> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        *self.semaphore.lock() += 1;
        self.semaphore.given_back.notify_one();
    }
}

/// Shows how many permits there are. It does not take the lock, so printing a semaphore never waits for it.
impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Semaphore").field("permits", &self.permits).finish_non_exhaustive()
    }
}

impl fmt::Debug for Permit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").finish_non_exhaustive()
    }
}
