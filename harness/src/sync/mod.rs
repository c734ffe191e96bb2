//! Synchronisation, as in [`std::sync`]: simulated inside an execution, the real primitive outside.
//!
//! Paths, names, signatures, constness, poisoning, error values and `Debug` output are those of the standard
//! library, so that replacing `std::sync` by `reweave::sync` is all there is to do. What needs no scheduler is the
//! standard library's own: [`Arc`], [`Weak`] and the errors.
//!
//! An object may outlive an execution: a `static`, or something that the test closure captured. Each execution
//! starts with the state that the object has outside, and leaves that as it is.

pub mod atomic;
mod barrier;
mod condvar;
mod lazy_lock;
pub mod mpsc;
mod mutex;
mod once;
mod once_lock;
mod per_execution;
mod rwlock;
#[cfg(test)]
mod tests;

pub use std::sync::{Arc, LockResult, PoisonError, TryLockError, TryLockResult, Weak};

pub use barrier::{Barrier, BarrierWaitResult};
pub use condvar::{Condvar, WaitTimeoutResult};
pub use lazy_lock::LazyLock;
pub use mutex::{Mutex, MutexGuard};
#[expect(deprecated, reason = "the standard library still has it")]
pub use once::ONCE_INIT;
pub use once::{Once, OnceState};
pub use once_lock::OnceLock;
pub use rwlock::{RwLock, RwLockReadGuard, RwLockWriteGuard};
