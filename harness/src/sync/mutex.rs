//! The mutex, as in [`std::sync::Mutex`].

use std::cell::UnsafeCell;
use std::fmt;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::sync::{LockResult, PoisonError, TryLockError, TryLockResult};

use crate::engine::identity::{Identity, Sharing, inside};
use crate::engine::{Execution, perform, perform_lock, perform_unlock};
use crate::kernel::mutex::{Mutex as State, Op as MutexOp};
use crate::kernel::{Object, ObjectId, Op};

/// A mutual exclusion lock.
///
/// ```
/// use reweave::sync::{Arc, Mutex};
/// reweave::check(|| {
///     let total = Arc::new(Mutex::new(0));
///     let theirs = Arc::clone(&total);
///     let thread = reweave::thread::spawn(move || *theirs.lock().unwrap() += 1);
///     *total.lock().unwrap() += 1;
///     thread.join().unwrap();
///     assert_eq!(*total.lock().unwrap(), 2);
/// });
/// ```
pub struct Mutex<T: ?Sized> {
    real: std::sync::Mutex<()>,
    identity: Identity,
    data: UnsafeCell<T>,
}

// SAFETY: as for std's mutex: a reference to the data is given out only together with the lock, which is the real
// one outside executions, and inside the simulated one of the only execution that uses the object (`Exclusive`).
unsafe impl<T: ?Sized + Send> Send for Mutex<T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Send> Sync for Mutex<T> {}

impl<T: ?Sized> UnwindSafe for Mutex<T> {}
impl<T: ?Sized> RefUnwindSafe for Mutex<T> {}

/// The right to the data of a locked [`Mutex`]; unlocks when it is dropped.
#[must_use = "if unused the Mutex will immediately unlock"]
#[clippy::has_significant_drop]
pub struct MutexGuard<'a, T: ?Sized> {
    lock: &'a Mutex<T>,
    hold: Hold<'a>,
}

/// How the lock is held, and whether the holder was unwinding when it got it.
pub(super) enum Hold<'a> {
    Real {
        /// Dropped by the guard around it, out of the way.
        guard: ManuallyDrop<std::sync::MutexGuard<'a, ()>>,
    },
    Simulated {
        /// The execution in which it is held: in a later one the guard holds nothing.
        epoch: u64,
        unwinding: bool,
        /// Guards are not `Send`.
        _marker: std::marker::PhantomData<*const ()>,
    },
}

// SAFETY: as for std's guard: it gives `&T` to whoever shares it, and the hold is not touched.
unsafe impl<T: ?Sized + Sync> Sync for MutexGuard<'_, T> {}

impl<'a> Hold<'a> {
    fn real(guard: std::sync::MutexGuard<'a, ()>) -> Hold<'a> {
        Hold::Real { guard: ManuallyDrop::new(guard) }
    }
}

impl<T> Mutex<T> {
    /// An unlocked mutex.
    #[track_caller]
    #[inline]
    pub const fn new(value: T) -> Mutex<T> {
        Mutex { real: std::sync::Mutex::new(()), identity: Identity::new(), data: UnsafeCell::new(value) }
    }

    /// Consumes the mutex and returns the data.
    ///
    /// # Errors
    /// The data, if the mutex is poisoned.
    pub fn into_inner(mut self) -> LockResult<T> {
        let poisoned = self.is_poisoned_now();
        let value = self.data.into_inner();
        if poisoned { Err(PoisonError::new(value)) } else { Ok(value) }
    }
}

impl<T: ?Sized> Mutex<T> {
    #[inline]
    pub(super) fn object(&self, this: *mut Execution) -> ObjectId {
        self.identity.in_execution(this, Sharing::Exclusive, || match self.real.try_lock() {
            Err(TryLockError::WouldBlock) => None,
            free => Some(Object::Mutex(State::new(free.is_err()))),
        })
    }

    /// Takes the lock with a real primitive.
    #[inline(never)]
    fn lock_outside(&self) -> LockResult<std::sync::MutexGuard<'_, ()>> {
        loop {
            self.identity.outside();
            let guard = self.real.lock();
            if !self.identity.claimed_meanwhile() {
                return guard;
            }
        }
    }

    /// Locks, waiting for whoever holds the lock.
    ///
    /// # Errors
    /// The guard, if the mutex is poisoned: some task panicked while it held the lock.
    #[track_caller]
    #[inline(always)]
    pub fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        match inside() {
            None => match self.lock_outside() {
                Ok(guard) => Ok(MutexGuard { lock: self, hold: Hold::real(guard) }),
                Err(error) => {
                    let hold = Hold::real(error.into_inner());
                    Err(PoisonError::new(MutexGuard { lock: self, hold }))
                }
            },
            Some(this) => {
                let outcome = perform_lock(this, self.object(this), Location::caller());
                self.guard(this, outcome.value != 0)
            }
        }
    }

    /// The guard for a thread outside that let go of the real lock to wait and has it back. If an execution claimed
    /// the mutex meanwhile, the thread lets go again and queues.
    pub(super) fn regained<'a>(
        &'a self,
        guard: LockResult<std::sync::MutexGuard<'a, ()>>,
    ) -> LockResult<MutexGuard<'a, T>> {
        let guard = if self.identity.claimed_meanwhile() {
            drop(guard);
            self.lock_outside()
        } else {
            guard
        };
        match guard {
            Ok(guard) => Ok(MutexGuard { lock: self, hold: Hold::real(guard) }),
            Err(error) => Err(PoisonError::new(MutexGuard { lock: self, hold: Hold::real(error.into_inner()) })),
        }
    }

    /// The guard for the running task, which has just got the lock.
    #[inline]
    pub(super) fn guard(&self, this: *mut Execution, poisoned: bool) -> LockResult<MutexGuard<'_, T>> {
        // SAFETY: the caller is a task inside `this`, and nothing switches here.
        let (epoch, unwinding) = unsafe { ((*this).epoch, (*this).is_unwinding()) };
        let hold = Hold::Simulated { epoch, unwinding, _marker: std::marker::PhantomData };
        let guard = MutexGuard { lock: self, hold };
        if poisoned { Err(PoisonError::new(guard)) } else { Ok(guard) }
    }

    /// Locks if nobody holds the lock.
    ///
    /// # Errors
    /// `WouldBlock` if somebody does; the guard, if the mutex is poisoned.
    #[track_caller]
    pub fn try_lock(&self) -> TryLockResult<MutexGuard<'_, T>> {
        match inside() {
            None => {
                self.identity.outside();
                let guard = self.real.try_lock();
                if self.identity.claimed_meanwhile() {
                    return Err(TryLockError::WouldBlock);
                }
                match guard {
                    Ok(guard) => Ok(MutexGuard { lock: self, hold: Hold::real(guard) }),
                    Err(TryLockError::WouldBlock) => Err(TryLockError::WouldBlock),
                    Err(TryLockError::Poisoned(error)) => {
                        let hold = Hold::real(error.into_inner());
                        Err(PoisonError::new(MutexGuard { lock: self, hold }).into())
                    }
                }
            }
            Some(this) => {
                let op = Op::Mutex(self.object(this), MutexOp::TryLock);
                let outcome = perform(this, op, Location::caller());
                if outcome.is_done() {
                    self.guard(this, outcome.value != 0).map_err(Into::into)
                } else {
                    Err(TryLockError::WouldBlock)
                }
            }
        }
    }

    /// Whether the mutex is poisoned.
    #[track_caller]
    pub fn is_poisoned(&self) -> bool {
        match inside() {
            None => self.real.is_poisoned(),
            Some(this) => {
                let op = Op::Mutex(self.object(this), MutexOp::IsPoisoned);
                perform(this, op, Location::caller()).is_done()
            }
        }
    }

    /// Takes the poison away.
    #[track_caller]
    pub fn clear_poison(&self) {
        match inside() {
            None => self.real.clear_poison(),
            Some(this) => {
                let op = Op::Mutex(self.object(this), MutexOp::ClearPoison);
                perform(this, op, Location::caller());
            }
        }
    }

    /// Whether the mutex is poisoned, asked by its owner.
    fn is_poisoned_now(&mut self) -> bool {
        let known = inside().and_then(|this| Some((this, self.identity.known(this)?)));
        match known {
            // SAFETY: the caller is a task inside `this`, and nothing switches here.
            Some((this, id)) => match unsafe { &(&(*this).world.objects)[id.index()] } {
                Object::Mutex(state) => state.poisoned,
                _ => false,
            },
            None => self.real.is_poisoned(),
        }
    }

    /// The data, which an owner may use without locking.
    ///
    /// # Errors
    /// The data, if the mutex is poisoned.
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        let poisoned = self.is_poisoned_now();
        let data = self.data.get_mut();
        if poisoned { Err(PoisonError::new(data)) } else { Ok(data) }
    }
}

impl<'a, T: ?Sized> MutexGuard<'a, T> {
    /// The mutex of this guard.
    pub(super) fn mutex(&self) -> &'a Mutex<T> {
        self.lock
    }

    /// The guard of the real lock, or this guard if the lock is held inside an execution.
    pub(super) fn into_real(self) -> Result<std::sync::MutexGuard<'a, ()>, Self> {
        match &self.hold {
            Hold::Simulated { .. } => Err(self),
            Hold::Real { guard } => {
                // SAFETY: the guard is moved out once, because what it was in is forgotten.
                let guard = unsafe { std::ptr::read(guard) };
                std::mem::forget(self);
                Ok(ManuallyDrop::into_inner(guard))
            }
        }
    }
}

impl<T: ?Sized> Deref for MutexGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the guard holds the lock.
        unsafe { &*self.lock.data.get() }
    }
}

impl<T: ?Sized> DerefMut for MutexGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the guard holds the lock, and is borrowed exclusively.
        unsafe { &mut *self.lock.data.get() }
    }
}

impl<T: ?Sized> Drop for MutexGuard<'_, T> {
    #[inline(always)]
    fn drop(&mut self) {
        let (epoch, unwinding) = match &mut self.hold {
            Hold::Simulated { epoch, unwinding, .. } => (*epoch, *unwinding),
            Hold::Real { guard } => return unlock(guard),
        };
        // A guard that outlived its execution holds nothing any more.
        let Some(this) = inside() else { return };
        // SAFETY: the caller is a task inside `this`; nothing switches here.
        if unsafe { (*this).epoch } != epoch {
            return;
        }
        let Some(id) = self.lock.identity.known(this) else { return };
        // SAFETY: the caller is a task inside `this`; nothing switches before `perform`.
        let poison = !unwinding && unsafe { (*this).is_unwinding() };
        perform_unlock(this, id, poison, self.lock.identity.place());
    }
}

/// Releases the real lock of a guard that is being dropped.
#[inline(never)]
fn unlock(guard: &mut ManuallyDrop<std::sync::MutexGuard<'_, ()>>) {
    // SAFETY: only the destructor of the guard calls this, so that it is dropped once.
    unsafe { ManuallyDrop::drop(guard) }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}

impl<T> From<T> for Mutex<T> {
    #[track_caller]
    fn from(value: T) -> Mutex<T> {
        Mutex::new(value)
    }
}

impl<T: Default> Default for Mutex<T> {
    #[track_caller]
    fn default() -> Mutex<T> {
        Mutex::new(T::default())
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Mutex");
        match self.try_lock() {
            Ok(guard) => debug.field("data", &&*guard),
            Err(TryLockError::Poisoned(error)) => debug.field("data", &&**error.get_ref()),
            Err(TryLockError::WouldBlock) => debug.field("data", &format_args!("<locked>")),
        };
        debug.field("poisoned", &self.is_poisoned());
        debug.finish_non_exhaustive()
    }
}
