//! The guards of the reader–writer lock.

use std::fmt;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::ptr::NonNull;

use super::{Lock, RwLock};
use crate::engine::{Execution, perform};
use crate::kernel::Op;
use crate::kernel::rwlock::Op as LockOp;

/// The right to read the data of a locked [`RwLock`]; unlocks when it is dropped.
#[must_use = "if unused the RwLock will immediately unlock"]
#[clippy::has_significant_drop]
pub struct RwLockReadGuard<'a, T: ?Sized> {
    data: NonNull<T>,
    lock: &'a Lock,
    hold: ReadHold<'a>,
}

/// The right to the data of a locked [`RwLock`]; unlocks when it is dropped.
#[must_use = "if unused the RwLock will immediately unlock"]
#[clippy::has_significant_drop]
pub struct RwLockWriteGuard<'a, T: ?Sized> {
    lock: &'a RwLock<T>,
    hold: WriteHold<'a>,
}

/// How a read lock is held. (Guards are not `Send`, because the real one is not.)
enum ReadHold<'a> {
    Real {
        #[expect(dead_code, reason = "unlocks when it is dropped")]
        guard: std::sync::RwLockReadGuard<'a, ()>,
    },
    /// In the execution with this epoch.
    Simulated { epoch: u64 },
}

/// How a write lock is held.
enum WriteHold<'a> {
    Real {
        guard: std::sync::RwLockWriteGuard<'a, ()>,
    },
    /// In the execution with this epoch, and whether the holder was unwinding when it got the lock.
    Simulated {
        epoch: u64,
        unwinding: bool,
    },
}

// SAFETY: as for std's guard: it gives `&T` to whoever shares it, and the hold is not touched.
unsafe impl<T: ?Sized + Sync> Sync for RwLockReadGuard<'_, T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Sync> Sync for RwLockWriteGuard<'_, T> {}

impl<T: ?Sized> RwLock<T> {
    fn reader<'a>(&'a self, hold: ReadHold<'a>) -> RwLockReadGuard<'a, T> {
        // SAFETY: the address of a cell is not null.
        let data = unsafe { NonNull::new_unchecked(self.data.get()) };
        RwLockReadGuard { data, lock: &self.lock, hold }
    }

    pub(super) fn real_reader<'a>(&'a self, guard: std::sync::RwLockReadGuard<'a, ()>) -> RwLockReadGuard<'a, T> {
        self.reader(ReadHold::Real { guard })
    }

    pub(super) fn real_writer<'a>(&'a self, guard: std::sync::RwLockWriteGuard<'a, ()>) -> RwLockWriteGuard<'a, T> {
        RwLockWriteGuard { lock: self, hold: WriteHold::Real { guard } }
    }

    /// The guard for the running task, which has just got a read lock.
    pub(super) fn simulated_reader(&self, this: *mut Execution) -> RwLockReadGuard<'_, T> {
        // SAFETY: the caller is a task inside `this`, and nothing switches here.
        self.reader(ReadHold::Simulated { epoch: unsafe { (*this).epoch } })
    }

    /// The guard for the running task, which has just got the write lock.
    pub(super) fn simulated_writer(&self, this: *mut Execution) -> RwLockWriteGuard<'_, T> {
        // SAFETY: the caller is a task inside `this`; the reference ends here, and nothing switches before.
        let execution = unsafe { &*this };
        let hold = WriteHold::Simulated { epoch: execution.epoch, unwinding: execution.is_unwinding() };
        RwLockWriteGuard { lock: self, hold }
    }
}

impl<'a, T: ?Sized> RwLockWriteGuard<'a, T> {
    /// Turns the write lock into a read lock; no other writer comes between.
    ///
    /// ```
    /// use reweave::sync::{RwLock, RwLockWriteGuard};
    /// let lock = RwLock::new(1);
    /// let mut writer = lock.write().unwrap();
    /// *writer = 2;
    /// let reader = RwLockWriteGuard::downgrade(writer);
    /// assert_eq!((*reader, *lock.read().unwrap()), (2, 2));
    /// ```
    #[track_caller]
    pub fn downgrade(guard: Self) -> RwLockReadGuard<'a, T> {
        let lock = guard.lock;
        if let WriteHold::Simulated { epoch, .. } = guard.hold
            && let Some((this, id)) = lock.lock.held_in(epoch)
        {
            // If this unwinds, the guard unlocks what is still locked for writing.
            perform(this, Op::RwLock(id, LockOp::Downgrade), Location::caller());
        }
        let guard = ManuallyDrop::new(guard);
        // SAFETY: the hold is moved out once, because what it was in is not dropped.
        match unsafe { std::ptr::read(&raw const guard.hold) } {
            WriteHold::Real { guard } => lock.real_reader(std::sync::RwLockWriteGuard::downgrade(guard)),
            WriteHold::Simulated { epoch, .. } => lock.reader(ReadHold::Simulated { epoch }),
        }
    }
}

impl<T: ?Sized> Drop for RwLockReadGuard<'_, T> {
    fn drop(&mut self) {
        if let ReadHold::Simulated { epoch } = self.hold
            && let Some((this, id)) = self.lock.held_in(epoch)
        {
            perform(this, Op::RwLock(id, LockOp::UnlockRead), self.lock.identity.place());
        }
    }
}

impl<T: ?Sized> Drop for RwLockWriteGuard<'_, T> {
    fn drop(&mut self) {
        let lock = &self.lock.lock;
        if let WriteHold::Simulated { epoch, unwinding } = self.hold
            && let Some((this, id)) = lock.held_in(epoch)
        {
            // SAFETY: the caller is a task inside `this`; nothing switches before `perform`.
            let poison = !unwinding && unsafe { (*this).is_unwinding() };
            perform(this, Op::RwLock(id, LockOp::UnlockWrite { poison }), lock.identity.place());
        }
    }
}

impl<T: ?Sized> Deref for RwLockReadGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the guard holds the lock, which lives at least as long.
        unsafe { self.data.as_ref() }
    }
}

impl<T: ?Sized> Deref for RwLockWriteGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the guard holds the lock.
        unsafe { &*self.lock.data.get() }
    }
}

impl<T: ?Sized> DerefMut for RwLockWriteGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the guard holds the lock, and is borrowed exclusively.
        unsafe { &mut *self.lock.data.get() }
    }
}

macro_rules! format_like_the_data {
    ($($guard:ident)*) => {$(
        impl<T: ?Sized + fmt::Debug> fmt::Debug for $guard<'_, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&**self, f)
            }
        }

        impl<T: ?Sized + fmt::Display> fmt::Display for $guard<'_, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&**self, f)
            }
        }
    )*};
}

format_like_the_data! { RwLockReadGuard RwLockWriteGuard }
