//! The cell for safe code.
//!
//! What makes it sound: outside executions there is a real lock around every access. In an execution all tasks run on one OS
//! thread, one execution uses the cell, and an access begins only if no other is under way with which it would conflict:
//! otherwise it is a data race, and the task is unwound. **Unsafe room**: the value is reached through a shared reference.

use std::cell::UnsafeCell;
use std::fmt;
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

#[cfg(feature = "sim")]
use super::checks::{Checks, Kind};
#[cfg(feature = "sim")]
use crate::engine::races::UnderWay;

/// A value that threads share without synchronisation, safely.
///
/// It stands for a plain variable in a model of code that synchronises by other means, or should. In an execution accesses are
/// checked for [data races](super). Outside, each access is made under a lock.
///
/// An access by [`with`](RaceCell::with) or [`with_mut`](RaceCell::with_mut) lasts as long as its closure runs, and is ordered
/// before nothing until then. The closure must not use the cell again, even if both only read.
///
/// ```
/// use std::sync::Arc;
///
/// use reweave::cell::RaceCell;
/// use reweave::sync::atomic::{AtomicBool, Ordering};
///
/// let shared = Arc::new((RaceCell::new(0), AtomicBool::new(false)));
/// let theirs = Arc::clone(&shared);
/// let thread = reweave::thread::spawn(move || {
///     theirs.0.set(42);
///     theirs.1.store(true, Ordering::Release);
/// });
/// if shared.1.load(Ordering::Acquire) {
///     assert_eq!(shared.0.get(), 42);
/// }
/// thread.join().unwrap();
/// ```
pub struct RaceCell<T: ?Sized> {
    #[cfg(feature = "sim")]
    checks: Checks,
    #[cfg(not(feature = "sim"))]
    place: &'static Location<'static>,
    /// The OS thread in the middle of a real access, as [`me`] gives it, or zero. Written by the holder of the lock only, so
    /// that who finds itself there holds it.
    holder: AtomicUsize,
    real: Mutex<()>,
    value: UnsafeCell<T>,
}

// SAFETY: the value travels with the cell, and is reached under the rules at the top of this file: by one thread at a time,
// as behind a mutex.
unsafe impl<T: ?Sized + Send> Send for RaceCell<T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Send> Sync for RaceCell<T> {}

impl<T: ?Sized> UnwindSafe for RaceCell<T> {}
impl<T: ?Sized> RefUnwindSafe for RaceCell<T> {}

/// A number that no other living thread has, and that is not zero.
fn me() -> usize {
    std::thread_local! {
        static ME: u8 = const { 0 };
    }
    ME.with(|me| std::ptr::from_ref(me).addr())
}

/// An access, which ends when this is dropped.
#[expect(dead_code, reason = "what is in it ends the access")]
enum Access<'a> {
    #[cfg(feature = "sim")]
    Simulated(UnderWay),
    Real(RealAccess<'a>),
}

struct RealAccess<'a> {
    holder: &'a AtomicUsize,
    _lock: MutexGuard<'a, ()>,
}

impl Drop for RealAccess<'_> {
    fn drop(&mut self) {
        // Before the lock is released, which happens after this.
        self.holder.store(0, Ordering::Relaxed);
    }
}

impl<T> RaceCell<T> {
    /// A cell with the given value.
    ///
    /// ```
    /// static HITS: reweave::cell::RaceCell<u32> = reweave::cell::RaceCell::new(0);
    /// HITS.set(1);
    /// ```
    #[must_use]
    #[track_caller]
    pub const fn new(value: T) -> RaceCell<T> {
        RaceCell {
            #[cfg(feature = "sim")]
            checks: Checks::new(),
            #[cfg(not(feature = "sim"))]
            place: Location::caller(),
            holder: AtomicUsize::new(0),
            real: Mutex::new(()),
            value: UnsafeCell::new(value),
        }
    }

    /// Reads the value.
    ///
    /// ```
    /// assert_eq!(reweave::cell::RaceCell::new(1).get(), 1);
    /// ```
    ///
    /// # Panics
    /// If it is called in the middle of an access of the same cell; see [`RaceCell`].
    #[must_use]
    #[track_caller]
    pub fn get(&self) -> T
    where
        T: Copy,
    {
        self.with(|value| *value)
    }

    /// Writes the value.
    ///
    /// ```
    /// let cell = reweave::cell::RaceCell::new(1);
    /// cell.set(2);
    /// assert_eq!(cell.get(), 2);
    /// ```
    ///
    /// # Panics
    /// If it is called in the middle of an access of the same cell; see [`RaceCell`].
    #[track_caller]
    pub fn set(&self, value: T) {
        let before = self.with_mut(|place| std::mem::replace(place, value));
        // Its destructor may use the cell.
        drop(before);
    }

    /// Consumes the cell and returns the value.
    ///
    /// ```
    /// assert_eq!(reweave::cell::RaceCell::new(1).into_inner(), 1);
    /// ```
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: ?Sized> RaceCell<T> {
    /// Reads: calls `read` with the value.
    ///
    /// ```
    /// let cell = reweave::cell::RaceCell::new(vec![1, 2]);
    /// assert_eq!(cell.with(|numbers| numbers.len()), 2);
    /// ```
    ///
    /// # Panics
    /// If it is called in the middle of an access of the same cell; see [`RaceCell`].
    #[track_caller]
    pub fn with<R>(&self, read: impl FnOnce(&T) -> R) -> R {
        let _access = self.access(false);
        // SAFETY: while the access is under way nobody has an exclusive reference.
        read(unsafe { &*self.value.get() })
    }

    /// Writes: calls `write` with the value.
    ///
    /// ```
    /// let cell = reweave::cell::RaceCell::new(vec![1, 2]);
    /// cell.with_mut(|numbers| numbers.push(3));
    /// assert_eq!(cell.into_inner(), [1, 2, 3]);
    /// ```
    ///
    /// # Panics
    /// If it is called in the middle of an access of the same cell; see [`RaceCell`].
    #[track_caller]
    pub fn with_mut<R>(&self, write: impl FnOnce(&mut T) -> R) -> R {
        let _access = self.access(true);
        // SAFETY: while the access is under way nobody else has a reference.
        write(unsafe { &mut *self.value.get() })
    }

    /// The value, which an owner may use without further ado.
    ///
    /// ```
    /// let mut cell = reweave::cell::RaceCell::new(1);
    /// *cell.get_mut() = 2;
    /// assert_eq!(cell.get(), 2);
    /// ```
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }

    /// Begins an access, when it may begin.
    #[track_caller]
    fn access(&self, writes: bool) -> Access<'_> {
        #[cfg(feature = "sim")]
        {
            if self.checks.is_under_way() {
                self.refuse();
            }
            let kind = if writes { Kind::Write } else { Kind::Read };
            let is_free = || !matches!(self.real.try_lock(), Err(std::sync::TryLockError::WouldBlock));
            if let Some(access) = self.checks.begin(kind, Location::caller(), is_free) {
                return Access::Simulated(access);
            }
        }
        let _ = writes;
        Access::Real(self.real_access())
    }

    /// Begins an access of a real thread, which excludes all others.
    #[track_caller]
    fn real_access(&self) -> RealAccess<'_> {
        let me = me();
        if self.holder.load(Ordering::Relaxed) == me {
            self.refuse();
        }
        let lock = self.lock();
        self.holder.store(me, Ordering::Relaxed);
        RealAccess { holder: &self.holder, _lock: lock }
    }

    #[cfg(not(feature = "sim"))]
    fn lock(&self) -> MutexGuard<'_, ()> {
        self.real.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The real lock, while no execution uses the cell.
    #[cfg(feature = "sim")]
    fn lock(&self) -> MutexGuard<'_, ()> {
        let identity = self.checks.identity();
        loop {
            identity.outside();
            let lock = self.real.lock().unwrap_or_else(PoisonError::into_inner);
            if !identity.claimed_meanwhile() {
                return lock;
            }
        }
    }

    fn place(&self) -> &'static Location<'static> {
        #[cfg(feature = "sim")]
        return self.checks.place();
        #[cfg(not(feature = "sim"))]
        return self.place;
    }

    #[cold]
    #[track_caller]
    fn refuse(&self) -> ! {
        panic!(
            "reweave: the closure of `with` or `with_mut` uses the RaceCell created at {} again: take what is needed out of \
             the cell first",
            self.place(),
        )
    }
}

impl<T: Default> Default for RaceCell<T> {
    #[track_caller]
    fn default() -> RaceCell<T> {
        RaceCell::new(T::default())
    }
}

impl<T> From<T> for RaceCell<T> {
    #[track_caller]
    fn from(value: T) -> RaceCell<T> {
        RaceCell::new(value)
    }
}

impl<T: ?Sized> fmt::Debug for RaceCell<T> {
    /// Without the value: printing would be one more access.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RaceCell").field("created", &format_args!("{}", self.place())).finish_non_exhaustive()
    }
}

#[cfg(all(test, feature = "sim"))]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Arc;

    use super::*;
    use crate::engine::execution::Ending;
    use crate::sync::Mutex;
    use crate::thread;
    use crate::trial::explore;

    fn endings(n: u64, f: impl Fn()) -> Vec<Ending> {
        explore(n, f).into_iter().map(|ended| ended.ending).collect()
    }

    fn message(of: impl FnOnce()) -> Option<String> {
        let payload = catch_unwind(AssertUnwindSafe(of)).err()?;
        payload.downcast_ref::<String>().cloned()
    }

    #[test]
    fn it_is_as_shareable_as_a_mutex() {
        fn shareable<T: Send + Sync + std::panic::UnwindSafe + std::panic::RefUnwindSafe>() {}
        shareable::<RaceCell<std::cell::Cell<u8>>>();
    }

    #[test]
    fn a_closure_that_uses_the_cell_again_overlaps() {
        let cell = RaceCell::new(1);
        let place = cell.place().to_string();
        let found = message(|| cell.with_mut(|_| cell.set(2))).unwrap();
        assert!(
            found.starts_with("reweave: the closure of `with` or `with_mut` uses the RaceCell created at"),
            "{found}"
        );
        assert!(found.contains(&place), "{found}");
        assert!(message(|| cell.with(|_| cell.with(|_| ()))).is_some());
        assert_eq!(cell.get(), 1, "it can be used again");
        let inside = explore(1, || {
            let cell = RaceCell::new(1);
            (message(|| cell.with(|_| cell.set(2))).is_some(), cell.get())
        });
        assert_eq!(inside[0].value, Some((true, 1)), "in executions, too");
    }

    #[test]
    fn tasks_race_where_a_closure_waits() {
        let endings = endings(100, || {
            let cell = Arc::new(RaceCell::new(1));
            let lock = Arc::new(Mutex::new(()));
            let theirs = (Arc::clone(&cell), Arc::clone(&lock));
            let thread = thread::spawn(move || {
                theirs.0.with_mut(|value| {
                    // What comes before the end of the access is before the access of the other, and that is not enough.
                    drop(theirs.1.lock());
                    thread::yield_now();
                    *value += 1;
                });
                drop(theirs.1.lock());
            });
            thread::yield_now();
            drop(lock.lock());
            cell.set(5);
            thread.join().unwrap();
        });
        let races = |ending: &&Ending| matches!(ending, Ending::DataRace(_));
        let under_way = |ending: &&Ending| matches!(ending, Ending::DataRace(race) if race.first.is_under_way());
        assert!(endings.contains(&Ending::Finished), "one lock after the other");
        assert!(endings.iter().filter(races).count() > endings.iter().filter(under_way).count());
        assert!(endings.iter().filter(under_way).count() > 0);
    }

    #[test]
    fn accesses_are_no_scheduling_points() {
        let endings = endings(20, || {
            let cell = Arc::new(RaceCell::new(0));
            let threads: Vec<_> = (0..3)
                .map(|_| {
                    let cell = Arc::clone(&cell);
                    thread::spawn(move || (0..10).for_each(|_| assert_eq!(cell.get(), 0)))
                })
                .collect();
            threads.into_iter().for_each(|thread| thread.join().unwrap());
            cell.set(1);
        });
        assert!(endings.iter().all(|ending| *ending == Ending::Finished));
        let decisions = explore(1, || {
            let cell = RaceCell::new(0);
            (0..10).for_each(|value| cell.set(value));
        });
        assert!(decisions[0].decisions.is_empty());
    }

    #[test]
    fn a_racing_task_is_unwound_before_it_has_access() {
        let reached = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&reached);
        let endings = endings(10, move || {
            let cell = Arc::new(RaceCell::new(0));
            let (theirs, counter) = (Arc::clone(&cell), Arc::clone(&counter));
            let access = move |cell: &RaceCell<i32>| {
                cell.with_mut(|_| counter.fetch_add(1, Ordering::Relaxed));
            };
            let mine = access.clone();
            let thread = thread::spawn(move || access(&theirs));
            mine(&cell);
            thread.join().unwrap();
        });
        assert!(endings.iter().all(|ending| matches!(ending, Ending::DataRace(_))), "in every schedule");
        assert_eq!(reached.load(Ordering::Relaxed), 10, "one access in each");
    }

    #[test]
    fn destructors_of_a_racing_task_have_access_when_others_are_through() {
        struct Resets(Arc<RaceCell<i32>>);
        impl Drop for Resets {
            fn drop(&mut self) {
                self.0.set(0);
            }
        }
        let endings = endings(50, || {
            let cell = Arc::new(RaceCell::new(0));
            let theirs = Arc::clone(&cell);
            let thread = thread::spawn(move || {
                let _resets = Resets(Arc::clone(&theirs));
                theirs.with_mut(|value| {
                    *value += 1;
                    thread::yield_now();
                    *value += 1;
                });
            });
            let _resets = Resets(Arc::clone(&cell));
            thread::yield_now();
            cell.set(7);
            thread.join().unwrap();
        });
        assert!(endings.iter().all(|ending| matches!(ending, Ending::DataRace(_))), "{endings:?}");
    }

    #[test]
    fn a_cell_that_was_moved_was_somebodys_own() {
        let endings = endings(20, || {
            let cell = Arc::new(RaceCell::new(0));
            let theirs = Arc::clone(&cell);
            let thread = thread::spawn(move || {
                theirs.set(1);
                drop(theirs);
                thread::yield_now();
            });
            thread::yield_now();
            if let Ok(own) = Arc::try_unwrap(cell) {
                assert!(own.get() <= 1);
            }
            thread.join().unwrap();
        });
        assert!(endings.iter().all(|ending| *ending == Ending::Finished), "{endings:?}");
    }

    #[test]
    fn real_threads_exclude_each_other() {
        let cell = RaceCell::new(0_u64);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..10_000).for_each(|_| cell.with_mut(|value| *value += 1)));
            }
        });
        assert_eq!(cell.get(), 40_000);
    }
}
