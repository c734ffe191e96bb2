//! The condition variable, as in [`std::sync::Condvar`].

use std::fmt;
use std::mem::ManuallyDrop;
use std::panic::Location;
use std::sync::{LockResult, PoisonError};
use std::time::Duration;

use super::MutexGuard;
use crate::engine::identity::{Identity, Sharing, inside};
use crate::engine::{Execution, Place, perform, perform_notify_one, perform_wait, perform_wake};
use crate::kernel::condvar::{Condvar as State, Op as CondvarOp};
use crate::kernel::{End, Object, ObjectId, Op, clock};

/// A condition variable: threads wait in it, without the lock, for others to say that something has changed.
///
/// In an execution, `notify_one` may wake any of the waiting threads. A thread wakes up without a notification
/// only if the exploration asks for that, but it may always find that another thread was faster.
///
/// ```
/// use reweave::sync::{Arc, Condvar, Mutex};
/// let pair = Arc::new((Mutex::new(false), Condvar::new()));
/// let theirs = Arc::clone(&pair);
/// let thread = reweave::thread::spawn(move || {
///     *theirs.0.lock().unwrap() = true;
///     theirs.1.notify_one();
/// });
/// let ready = pair.1.wait_while(pair.0.lock().unwrap(), |ready| !*ready).unwrap();
/// assert!(*ready);
/// # drop(ready);
/// thread.join().unwrap();
/// ```
pub struct Condvar {
    real: std::sync::Condvar,
    identity: Identity,
}

/// Whether a wait with a timeout ended because the time was over.
///
/// The standard library gives nobody but itself a way to make its own, so that this one is Reweave's.
#[derive(Debug, PartialEq, Eq, Copy, Clone)]
pub struct WaitTimeoutResult(bool);

impl WaitTimeoutResult {
    /// Whether the time was over.
    #[must_use]
    pub fn timed_out(&self) -> bool {
        self.0
    }
}

impl Condvar {
    /// A condition variable in which nobody waits.
    #[must_use]
    #[track_caller]
    #[inline]
    pub const fn new() -> Condvar {
        Condvar { real: std::sync::Condvar::new(), identity: Identity::new() }
    }

    #[inline]
    fn object(&self, this: *mut Execution) -> ObjectId {
        self.identity.in_execution(this, Sharing::Separate, || Some(Object::Condvar(State::default())))
    }

    // Inlined down to the user's function, like all that is suspended: see `switch`.
    #[inline(always)]
    fn wait_until<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        timeout: Option<Duration>,
        place: Place,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
        let mutex = guard.mutex();
        let (guard, timed_out) = match guard.into_real() {
            Ok(real) => {
                let (real, timed_out) = self.wait_outside(real, timeout);
                (mutex.regained(real), timed_out)
            }
            Err(guard) => self.wait_inside(guard, timeout, place),
        };
        let result = WaitTimeoutResult(timed_out);
        match guard {
            Ok(guard) => Ok((guard, result)),
            Err(error) => Err(PoisonError::new((error.into_inner(), result))),
        }
    }

    fn wait_outside<'a>(
        &self,
        guard: std::sync::MutexGuard<'a, ()>,
        timeout: Option<Duration>,
    ) -> (LockResult<std::sync::MutexGuard<'a, ()>>, bool) {
        self.identity.outside();
        let Some(timeout) = timeout else { return (self.real.wait(guard), false) };
        match self.real.wait_timeout(guard, timeout) {
            Ok((guard, result)) => (Ok(guard), result.timed_out()),
            Err(error) => {
                let (guard, result) = error.into_inner();
                (Err(PoisonError::new(guard)), result.timed_out())
            }
        }
    }

    #[inline(always)]
    fn wait_inside<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        timeout: Option<Duration>,
        place: Place,
    ) -> (LockResult<MutexGuard<'a, T>>, bool) {
        let Some(this) = inside().filter(|this| is_held(*this, &guard)) else {
            // There is no lock that it could return.
            std::mem::forget(guard);
            refuse_stale_guard();
        };
        let (condvar, mutex) = (self.object(this), guard.mutex().object(this));
        // To wait is not to unwind: the standard library, too, does not poison here.
        match timeout {
            None => perform_wait(this, condvar, mutex, place),
            Some(_) => perform(this, Op::Condvar(condvar, CondvarOp::Wait { mutex, timeout, poison: false }), place),
        };
        // The lock is gone. If the wait is unwound because the execution is over, the guard must not unlock.
        let guard = ManuallyDrop::new(guard);
        let misused = has_waiters_with_another(this, condvar, mutex);
        if misused {
            // Who panics holds the lock, so the wait has to end first. Everybody may wake up without a reason.
            notify_everybody(this, condvar, place);
        }
        let outcome = perform_wake(this, condvar, mutex, place);
        let guard = ManuallyDrop::into_inner(guard);
        assert!(!misused, "attempted to use a condition variable with more than one mutex");
        let poisoned = outcome.value != 0;
        (if poisoned { Err(PoisonError::new(guard)) } else { Ok(guard) }, outcome.end == End::TimedOut)
    }

    /// Lets go of the lock and waits for a notification, then takes the lock back.
    ///
    /// # Errors
    /// The guard, if the mutex is poisoned when the lock is taken back.
    ///
    /// # Panics
    /// In an execution, if another thread waits in the same condition variable with another mutex.
    #[track_caller]
    #[inline]
    pub fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> LockResult<MutexGuard<'a, T>> {
        match self.wait_until(guard, None, Location::caller()) {
            Ok((guard, _)) => Ok(guard),
            Err(error) => Err(PoisonError::new(error.into_inner().0)),
        }
    }

    /// Waits, again and again, while `condition` holds.
    ///
    /// # Errors
    /// The guard, if the mutex is poisoned when the lock is taken back.
    ///
    /// # Panics
    /// As [`wait`](Self::wait).
    #[track_caller]
    pub fn wait_while<'a, T, F>(&self, mut guard: MutexGuard<'a, T>, mut condition: F) -> LockResult<MutexGuard<'a, T>>
    where
        F: FnMut(&mut T) -> bool,
    {
        while condition(&mut *guard) {
            guard = self.wait(guard)?;
        }
        Ok(guard)
    }

    /// Waits, but not longer than `ms` milliseconds. Answers `false` if the time was over.
    ///
    /// # Errors
    /// The same, if the mutex is poisoned when the lock is taken back.
    ///
    /// # Panics
    /// As [`wait`](Self::wait).
    #[track_caller]
    #[deprecated(since = "0.1.0", note = "replaced by `Condvar::wait_timeout`")]
    pub fn wait_timeout_ms<'a, T>(&self, guard: MutexGuard<'a, T>, ms: u32) -> LockResult<(MutexGuard<'a, T>, bool)> {
        match self.wait_timeout(guard, Duration::from_millis(ms.into())) {
            Ok((guard, result)) => Ok((guard, !result.timed_out())),
            Err(error) => {
                let (guard, result) = error.into_inner();
                Err(PoisonError::new((guard, !result.timed_out())))
            }
        }
    }

    /// Waits, but not longer than `duration`; in an execution that is virtual time.
    ///
    /// ```
    /// use std::time::Duration;
    /// use reweave::sync::{Condvar, Mutex};
    /// let (mutex, condvar) = (Mutex::new(()), Condvar::new());
    /// let (_guard, result) = condvar
    ///     .wait_timeout_while(mutex.lock().unwrap(), Duration::from_millis(1), |_| true)
    ///     .unwrap();
    /// assert!(result.timed_out());
    /// ```
    ///
    /// # Errors
    /// The same, if the mutex is poisoned when the lock is taken back.
    ///
    /// # Panics
    /// As [`wait`](Self::wait).
    #[track_caller]
    pub fn wait_timeout<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        duration: Duration,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
        self.wait_until(guard, Some(duration), Location::caller())
    }

    /// Waits, again and again, while `condition` holds, but all in all not longer than `duration`.
    ///
    /// # Errors
    /// The same, if the mutex is poisoned when the lock is taken back.
    ///
    /// # Panics
    /// As [`wait`](Self::wait).
    #[track_caller]
    pub fn wait_timeout_while<'a, T, F>(
        &self,
        mut guard: MutexGuard<'a, T>,
        duration: Duration,
        mut condition: F,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)>
    where
        F: FnMut(&mut T) -> bool,
    {
        let place = Location::caller();
        let start = Moment::now(place);
        loop {
            if !condition(&mut *guard) {
                return Ok((guard, WaitTimeoutResult(false)));
            }
            let rest = duration.saturating_sub(start.elapsed(place));
            // Virtual time does not move by itself: waiting for nothing would go on for ever.
            if rest.is_zero() {
                return Ok((guard, WaitTimeoutResult(true)));
            }
            guard = self.wait_timeout(guard, rest)?.0;
        }
    }

    /// Wakes one of the waiting threads, if there is one; in an execution it may be any of them.
    #[track_caller]
    #[inline]
    pub fn notify_one(&self) {
        self.notify(CondvarOp::NotifyOne, Location::caller());
    }

    /// Wakes all waiting threads.
    #[track_caller]
    #[inline]
    pub fn notify_all(&self) {
        self.notify(CondvarOp::NotifyAll, Location::caller());
    }

    #[inline(always)]
    fn notify(&self, op: CondvarOp, place: Place) {
        if let Some(this) = inside() {
            match op {
                CondvarOp::NotifyOne => drop(perform_notify_one(this, self.object(this), place)),
                _ => notify_everybody(this, self.object(this), place),
            }
            return;
        }
        self.identity.outside();
        if op == CondvarOp::NotifyOne { self.real.notify_one() } else { self.real.notify_all() }
    }
}

#[inline(never)]
fn notify_everybody(this: *mut Execution, condvar: ObjectId, place: Place) {
    perform(this, Op::Condvar(condvar, CondvarOp::NotifyAll), place);
}

#[cold]
fn refuse_stale_guard() -> ! {
    panic!("reweave: a mutex guard that outlived its execution was used to wait")
}

/// Whether the running task holds the lock of `guard`, which is a simulated one.
#[inline]
fn is_held<T>(this: *mut Execution, guard: &MutexGuard<'_, T>) -> bool {
    let id = guard.mutex().object(this);
    // SAFETY: the caller is a task inside `this`; the reference ends here, and nothing switches before.
    let execution = unsafe { &*this };
    matches!(&execution.world.objects[id.index()], Object::Mutex(mutex) if mutex.owner == execution.running)
}

/// Whether somebody waits in `condvar` with another mutex than `mutex`.
#[inline]
fn has_waiters_with_another(this: *mut Execution, condvar: ObjectId, mutex: ObjectId) -> bool {
    // SAFETY: as in `is_held`.
    let execution = unsafe { &*this };
    let Object::Condvar(state) = &execution.world.objects[condvar.index()] else { return false };
    state.waiters.len() > 1 && others_wait_with_another(execution, state, mutex)
}

#[inline(never)]
fn others_wait_with_another(execution: &Execution, state: &State, mutex: ObjectId) -> bool {
    // Whoever is among the waiters has declared to wake up; only the caller has not come so far.
    let mut others = state.waiters.iter().filter(|waiter| **waiter != execution.running);
    others.any(|waiter| match execution.slots[waiter.index()].pending {
        Op::Condvar(_, CondvarOp::Wake { mutex: other }) => other != mutex,
        _ => false,
    })
}

/// A moment, in the time that the caller lives in.
pub(super) enum Moment {
    Real(std::time::Instant),
    Virtual(Duration),
}

impl Moment {
    #[expect(clippy::disallowed_methods, reason = "outside executions time is real")]
    pub(super) fn now(place: Place) -> Moment {
        match inside() {
            None => Moment::Real(std::time::Instant::now()),
            Some(this) => {
                perform(this, Op::Clock(clock::Op::Now), place);
                // SAFETY: the caller is a task inside `this`, and nothing switches here.
                Moment::Virtual(unsafe { (*this).world.time.now })
            }
        }
    }

    pub(super) fn elapsed(&self, place: Place) -> Duration {
        match (self, Moment::now(place)) {
            (Moment::Real(start), Moment::Real(now)) => now.duration_since(*start),
            (Moment::Virtual(start), Moment::Virtual(now)) => now.saturating_sub(*start),
            _ => unreachable!("a call begins and ends on the same side"),
        }
    }
}

impl fmt::Debug for Condvar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Condvar").finish_non_exhaustive()
    }
}

impl Default for Condvar {
    #[track_caller]
    fn default() -> Condvar {
        Condvar::new()
    }
}
