//! A reader–writer lock whose writers get in, however many readers there are.
//!
//! A reader–writer lock that prefers readers lets in every reader while another is inside. With enough of them there is always
//! one, and the writer waits for ever. What the standard library does is up to the platform, and it promises nothing.
//!
//! Here a writer that waits closes a turnstile. Readers that come later stop in front of it; those that are already inside, or were
//! about to enter when it closed, are finitely many and go. The turnstile is that of A. B. Downey, *The Little Book of Semaphores*,
//! section 4.2.5, but for one thing: as long as no writer waits, readers only look at a flag and do not meet at a lock.

use std::fmt;
use std::marker::PhantomData;

use reweave::sync::atomic::{AtomicBool, Ordering};
use reweave::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::variant::{Correct, Entering, Policy};

/// A reader–writer lock in which readers do not overtake a writer that waits.
///
/// It is never poisoned: use it for data that is whole whenever code of others runs. Who holds it must not ask for it again, not
/// even for reading twice: between the two a writer may have come.
///
/// ```
/// use reweave_scenarios::cache::FairLock;
///
/// let lock: FairLock<_> = FairLock::new(vec![1]);
/// lock.write().push(2);
/// assert_eq!(*lock.read(), [1, 2]);
/// ```
pub struct FairLock<T, P = Correct> {
    lock: RwLock<T>,
    /// Held by the writer that is next in line, while it waits.
    turnstile: Mutex<()>,
    /// Whether somebody does. A reader that sees an old value here is one of those who were about to enter.
    is_closed: AtomicBool,
    policy: PhantomData<fn() -> P>,
}

impl<T, P: Policy> FairLock<T, P> {
    /// A lock that nobody holds.
    pub fn new(value: T) -> Self {
        let (lock, turnstile, is_closed) = (RwLock::new(value), Mutex::new(()), AtomicBool::new(false));
        Self { lock, turnstile, is_closed, policy: PhantomData }
    }

    /// Waits until no writer is inside or was there first, and enters beside other readers.
    pub fn read(&self) -> RwLockReadGuard<'_, T> {
        if P::ENTERING == Entering::ThroughATurnstile && self.is_closed.load(Ordering::Relaxed) {
            drop(self.turnstile.lock().unwrap_or_else(PoisonError::into_inner));
        }
        self.lock.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until nobody is inside, and enters alone.
    pub fn write(&self) -> RwLockWriteGuard<'_, T> {
        if P::ENTERING == Entering::AsSoonAsPossible {
            return self.lock.write().unwrap_or_else(PoisonError::into_inner);
        }
        let turn = self.turnstile.lock().unwrap_or_else(PoisonError::into_inner);
        self.is_closed.store(true, Ordering::Relaxed);
        let inside = self.lock.write().unwrap_or_else(PoisonError::into_inner);
        self.is_closed.store(false, Ordering::Relaxed);
        drop(turn);
        inside
    }
}

/// Without the value: to see it one would have to enter.
impl<T, P> fmt::Debug for FairLock<T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FairLock").finish_non_exhaustive()
    }
}
