//! The reader–writer lock, as in [`std::sync::RwLock`].

mod guards;

use std::cell::UnsafeCell;
use std::fmt;
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::sync::{LockResult, PoisonError, TryLockError, TryLockResult};

pub use self::guards::{RwLockReadGuard, RwLockWriteGuard};
use crate::engine::identity::{Identity, Sharing, inside};
use crate::engine::{Execution, Place, perform};
use crate::kernel::rwlock::{Op as LockOp, RwLock as State};
use crate::kernel::{Object, ObjectId, Op, Outcome};

/// A lock for many readers or one writer.
///
/// In an execution it prefers nobody: a writer that waits does not keep readers out, so that every order that some
/// implementation of the standard library allows is explored.
///
/// ```
/// use reweave::sync::RwLock;
/// let lock = RwLock::new(5);
/// {
///     let (one, two) = (lock.read().unwrap(), lock.read().unwrap());
///     assert_eq!(*one + *two, 10);
/// }
/// *lock.write().unwrap() += 1;
/// assert_eq!(*lock.read().unwrap(), 6);
/// ```
pub struct RwLock<T: ?Sized> {
    lock: Lock,
    data: UnsafeCell<T>,
}

/// The part of a lock that does not depend on its data. Thanks to it a read guard knows nothing of `T` but the data
/// and is covariant in `T`, as in the standard library.
struct Lock {
    real: std::sync::RwLock<()>,
    identity: Identity,
}

// SAFETY: as for std's lock: a reference to the data is given out only together with the lock, which is the real
// one outside executions, and inside the simulated one of the only execution that uses the object (`Exclusive`).
unsafe impl<T: ?Sized + Send> Send for RwLock<T> {}
// SAFETY: as above; readers share the data.
unsafe impl<T: ?Sized + Send + Sync> Sync for RwLock<T> {}

impl<T: ?Sized> UnwindSafe for RwLock<T> {}
impl<T: ?Sized> RefUnwindSafe for RwLock<T> {}

impl Lock {
    fn object(&self, this: *mut Execution) -> ObjectId {
        self.identity.in_execution(this, Sharing::Exclusive, || match self.real.try_write() {
            Err(TryLockError::WouldBlock) => None,
            free => Some(Object::RwLock(State::new(free.is_err()))),
        })
    }

    fn perform(&self, this: *mut Execution, op: LockOp, place: Place) -> Outcome {
        perform(this, Op::RwLock(self.object(this), op), place)
    }

    /// Takes the real lock with `lock`, which waits for it.
    fn lock_outside<'a, G>(&'a self, lock: impl Fn(&'a std::sync::RwLock<()>) -> LockResult<G>) -> LockResult<G> {
        loop {
            self.identity.outside();
            let guard = lock(&self.real);
            if !self.identity.claimed_meanwhile() {
                return guard;
            }
        }
    }

    /// Takes the real lock with `lock`, which does not wait.
    fn try_outside<'a, G>(
        &'a self,
        lock: impl FnOnce(&'a std::sync::RwLock<()>) -> TryLockResult<G>,
    ) -> TryLockResult<G> {
        self.identity.outside();
        let guard = lock(&self.real);
        if self.identity.claimed_meanwhile() { Err(TryLockError::WouldBlock) } else { guard }
    }

    /// What the execution with `epoch` knows this lock as, if the running task is inside of it. A guard that
    /// outlived its execution holds nothing any more.
    fn held_in(&self, epoch: u64) -> Option<(*mut Execution, ObjectId)> {
        // SAFETY: the caller is a task inside `this`, and nothing switches here.
        let this = inside().filter(|this| unsafe { (**this).epoch == epoch })?;
        Some((this, self.identity.known(this)?))
    }

    /// Whether the lock is poisoned, asked by its owner.
    fn is_poisoned_now(&mut self) -> bool {
        let known = inside().and_then(|this| Some((this, self.identity.known(this)?)));
        match known {
            // SAFETY: the caller is a task inside `this`, and nothing switches here.
            Some((this, id)) => match unsafe { &(&(*this).world.objects)[id.index()] } {
                Object::RwLock(state) => state.poisoned,
                _ => false,
            },
            None => self.real.is_poisoned(),
        }
    }
}

/// `guard` or, if the lock is poisoned, an error with it.
fn result<G>(guard: G, poisoned: bool) -> LockResult<G> {
    if poisoned { Err(PoisonError::new(guard)) } else { Ok(guard) }
}

fn map<A, B>(guard: LockResult<A>, f: impl FnOnce(A) -> B) -> LockResult<B> {
    match guard {
        Ok(guard) => Ok(f(guard)),
        Err(error) => Err(PoisonError::new(f(error.into_inner()))),
    }
}

fn try_map<A, B>(guard: TryLockResult<A>, f: impl FnOnce(A) -> B) -> TryLockResult<B> {
    match guard {
        Ok(guard) => Ok(f(guard)),
        Err(TryLockError::WouldBlock) => Err(TryLockError::WouldBlock),
        Err(TryLockError::Poisoned(error)) => Err(PoisonError::new(f(error.into_inner())).into()),
    }
}

impl<T> RwLock<T> {
    /// A lock that nobody holds.
    #[track_caller]
    #[inline]
    pub const fn new(value: T) -> RwLock<T> {
        let lock = Lock { real: std::sync::RwLock::new(()), identity: Identity::new() };
        RwLock { lock, data: UnsafeCell::new(value) }
    }
}

impl<T: ?Sized> RwLock<T> {
    /// Locks for reading, waiting for a writer to finish.
    ///
    /// # Errors
    /// The guard, if the lock is poisoned: some task panicked while it held the write lock.
    #[track_caller]
    pub fn read(&self) -> LockResult<RwLockReadGuard<'_, T>> {
        match inside() {
            None => map(self.lock.lock_outside(std::sync::RwLock::read), |guard| self.real_reader(guard)),
            Some(this) => {
                let outcome = self.lock.perform(this, LockOp::Read, Location::caller());
                result(self.simulated_reader(this), outcome.value != 0)
            }
        }
    }

    /// Locks for reading if nobody holds the write lock.
    ///
    /// # Errors
    /// `WouldBlock` if somebody does; the guard, if the lock is poisoned.
    #[track_caller]
    pub fn try_read(&self) -> TryLockResult<RwLockReadGuard<'_, T>> {
        match inside() {
            None => try_map(self.lock.try_outside(std::sync::RwLock::try_read), |guard| self.real_reader(guard)),
            Some(this) => {
                let outcome = self.lock.perform(this, LockOp::TryRead, Location::caller());
                if !outcome.is_done() {
                    return Err(TryLockError::WouldBlock);
                }
                Ok(result(self.simulated_reader(this), outcome.value != 0)?)
            }
        }
    }

    /// Locks for writing, waiting for all others to finish.
    ///
    /// # Errors
    /// The guard, if the lock is poisoned: some task panicked while it held the write lock.
    #[track_caller]
    pub fn write(&self) -> LockResult<RwLockWriteGuard<'_, T>> {
        match inside() {
            None => map(self.lock.lock_outside(std::sync::RwLock::write), |guard| self.real_writer(guard)),
            Some(this) => {
                let outcome = self.lock.perform(this, LockOp::Write, Location::caller());
                result(self.simulated_writer(this), outcome.value != 0)
            }
        }
    }

    /// Locks for writing if nobody holds the lock.
    ///
    /// # Errors
    /// `WouldBlock` if somebody does; the guard, if the lock is poisoned.
    #[track_caller]
    pub fn try_write(&self) -> TryLockResult<RwLockWriteGuard<'_, T>> {
        match inside() {
            None => try_map(self.lock.try_outside(std::sync::RwLock::try_write), |guard| self.real_writer(guard)),
            Some(this) => {
                let outcome = self.lock.perform(this, LockOp::TryWrite, Location::caller());
                if !outcome.is_done() {
                    return Err(TryLockError::WouldBlock);
                }
                Ok(result(self.simulated_writer(this), outcome.value != 0)?)
            }
        }
    }

    /// Whether the lock is poisoned.
    #[track_caller]
    pub fn is_poisoned(&self) -> bool {
        match inside() {
            None => self.lock.real.is_poisoned(),
            Some(this) => self.lock.perform(this, LockOp::IsPoisoned, Location::caller()).is_done(),
        }
    }

    /// Takes the poison away.
    #[track_caller]
    pub fn clear_poison(&self) {
        match inside() {
            None => self.lock.real.clear_poison(),
            Some(this) => _ = self.lock.perform(this, LockOp::ClearPoison, Location::caller()),
        }
    }

    /// Consumes the lock and returns the data.
    ///
    /// # Errors
    /// The data, if the lock is poisoned.
    pub fn into_inner(mut self) -> LockResult<T>
    where
        T: Sized,
    {
        let poisoned = self.lock.is_poisoned_now();
        result(self.data.into_inner(), poisoned)
    }

    /// The data, which an owner may use without locking.
    ///
    /// # Errors
    /// The data, if the lock is poisoned.
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        let poisoned = self.lock.is_poisoned_now();
        result(self.data.get_mut(), poisoned)
    }
}

impl<T> From<T> for RwLock<T> {
    #[track_caller]
    fn from(value: T) -> RwLock<T> {
        RwLock::new(value)
    }
}

impl<T: Default> Default for RwLock<T> {
    #[track_caller]
    fn default() -> RwLock<T> {
        RwLock::new(T::default())
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("RwLock");
        match self.try_read() {
            Ok(guard) => debug.field("data", &&*guard),
            Err(TryLockError::Poisoned(error)) => debug.field("data", &&**error.get_ref()),
            Err(TryLockError::WouldBlock) => debug.field("data", &format_args!("<locked>")),
        };
        debug.field("poisoned", &self.is_poisoned());
        debug.finish_non_exhaustive()
    }
}
