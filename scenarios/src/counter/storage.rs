//! Where the count is kept: behind a mutex, or in one of three ways that do not work.

use reweave::cell::RaceCell;
use reweave::sync::atomic::{AtomicU64, Ordering};
use reweave::sync::{Mutex, PoisonError};

/// A number that many threads change.
pub trait Storage: Default + Send + Sync + 'static {
    /// Lets `change` change the number, and returns what it returns. Nobody else changes the number meanwhile, or so it should
    /// be.
    #[track_caller]
    fn update<R>(&self, change: impl FnOnce(&mut u64) -> R) -> R;
}

/// Behind a mutex, which is locked for as long as the change takes. A panic of a change before it has written anything leaves
/// the number as it was, and so a poisoned lock is as good as any.
impl Storage for Mutex<u64> {
    fn update<R>(&self, change: impl FnOnce(&mut u64) -> R) -> R {
        change(&mut self.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// In a variable that nothing protects. In C or Go this compiles; in Rust it takes an `UnsafeCell` and a promise in `unsafe`
/// code that is not kept. The checked cell stands for it.
impl Storage for RaceCell<u64> {
    fn update<R>(&self, change: impl FnOnce(&mut u64) -> R) -> R {
        self.with_mut(change)
    }
}

/// In an atomic, which is read and written one after the other. No ordering helps, not even the strongest.
impl Storage for AtomicU64 {
    fn update<R>(&self, change: impl FnOnce(&mut u64) -> R) -> R {
        let mut count = self.load(Ordering::SeqCst);
        let result = change(&mut count);
        self.store(count, Ordering::SeqCst);
        result
    }
}

/// Behind a mutex that is given back between the reading and the writing.
#[derive(Debug, Default)]
pub struct LockedTwice(Mutex<u64>);

impl Storage for LockedTwice {
    fn update<R>(&self, change: impl FnOnce(&mut u64) -> R) -> R {
        let mut count = self.0.update(|count| *count);
        let result = change(&mut count);
        self.0.update(|changed| *changed = count);
        result
    }
}
