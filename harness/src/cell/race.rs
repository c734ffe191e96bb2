//! The cell for safe code.
//!
//! There is a real lock inside, so that the cell is sound wherever it is used, without any proof. In an execution the
//! lock decides nothing: one task runs at a time, and no access of a correct program is under way when another
//! begins. It is the overlap of two that it makes visible.

use std::fmt;
use std::panic::Location;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A value that threads share without synchronisation, safely.
///
/// It stands for a plain variable in a model of code that synchronises by other means, or should. In an execution the
/// accesses of its tasks happen in the order of their steps, and are no steps themselves. Outside, each access is
/// made under a lock.
///
/// An access by [`with`](RaceCell::with) or [`with_mut`](RaceCell::with_mut) lasts as long as its closure runs. No other
/// access may begin meanwhile, neither from the closure nor, while it waits for something, from another task; even if
/// both only read.
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
    place: &'static Location<'static>,
    /// The OS thread in the middle of an access, as [`me`] gives it, or zero. Written by the holder of the lock only, so
    /// that who finds itself there holds it.
    holder: AtomicUsize,
    value: Mutex<T>,
}

/// A number that no other living thread has, and that is not zero.
fn me() -> usize {
    std::thread_local! {
        static ME: u8 = const { 0 };
    }
    ME.with(|me| std::ptr::from_ref(me).addr())
}

/// An access under way.
struct Access<'a, T: ?Sized> {
    holder: &'a AtomicUsize,
    value: MutexGuard<'a, T>,
}

impl<T: ?Sized> Drop for Access<'_, T> {
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
        RaceCell { place: Location::caller(), holder: AtomicUsize::new(0), value: Mutex::new(value) }
    }

    /// Reads the value.
    ///
    /// ```
    /// assert_eq!(reweave::cell::RaceCell::new(1).get(), 1);
    /// ```
    ///
    /// # Panics
    /// If another access has not ended; see [`RaceCell`].
    #[must_use]
    #[track_caller]
    pub fn get(&self) -> T
    where
        T: Copy,
    {
        *self.access().value
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
    /// If another access has not ended; see [`RaceCell`].
    #[track_caller]
    pub fn set(&self, value: T) {
        let before = std::mem::replace(&mut *self.access().value, value);
        // Its destructor may use the cell.
        drop(before);
    }

    /// Consumes the cell and returns the value.
    ///
    /// ```
    /// assert_eq!(reweave::cell::RaceCell::new(1).into_inner(), 1);
    /// ```
    pub fn into_inner(self) -> T {
        self.value.into_inner().unwrap_or_else(PoisonError::into_inner)
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
    /// If another access has not ended; see [`RaceCell`].
    #[track_caller]
    pub fn with<R>(&self, read: impl FnOnce(&T) -> R) -> R {
        let access = self.access();
        read(&access.value)
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
    /// If another access has not ended; see [`RaceCell`].
    #[track_caller]
    pub fn with_mut<R>(&self, write: impl FnOnce(&mut T) -> R) -> R {
        let mut access = self.access();
        write(&mut access.value)
    }

    /// The value, which an owner may use without further ado.
    ///
    /// ```
    /// let mut cell = reweave::cell::RaceCell::new(1);
    /// *cell.get_mut() = 2;
    /// assert_eq!(cell.get(), 2);
    /// ```
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    #[track_caller]
    fn access(&self) -> Access<'_, T> {
        let me = me();
        if self.holder.load(Ordering::Relaxed) == me {
            self.refuse();
        }
        // Held by another OS thread, if at all: waiting is right.
        let value = self.value.lock().unwrap_or_else(PoisonError::into_inner);
        self.holder.store(me, Ordering::Relaxed);
        Access { holder: &self.holder, value }
    }

    #[cold]
    #[track_caller]
    fn refuse(&self) -> ! {
        panic!(
            "reweave: two accesses of the RaceCell created at {} overlap: the closure of `with` or `with_mut` uses the \
             cell again, or waits for something while another task uses it; take what is needed out of the cell first",
            self.place,
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
        f.debug_struct("RaceCell").field("created", &format_args!("{}", self.place)).finish_non_exhaustive()
    }
}

#[cfg(all(test, feature = "sim"))]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Arc;

    use super::*;
    use crate::thread;
    use crate::trial::{run, values};

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
        let place = cell.place.to_string();
        let found = message(|| cell.with_mut(|_| cell.set(2))).unwrap();
        assert!(found.starts_with("reweave: two accesses of the RaceCell created at"), "{found}");
        assert!(found.contains(&place), "{found}");
        assert!(message(|| cell.with(|_| cell.with(|_| ()))).is_some());
        assert_eq!(cell.get(), 1, "it can be used again");
    }

    #[test]
    fn tasks_overlap_where_a_closure_waits() {
        let found = values(100, || {
            let cell = Arc::new(RaceCell::new(1));
            let theirs = Arc::clone(&cell);
            let thread = thread::spawn(move || {
                theirs.with_mut(|value| {
                    thread::yield_now();
                    *value += 1;
                });
            });
            thread::yield_now();
            let found = message(|| cell.set(5));
            thread.join().unwrap();
            (found, cell.get())
        });
        let overlaps = found.iter().filter(|(found, _)| found.as_deref().is_some_and(|text| text.contains("overlap")));
        let overlaps = overlaps.count();
        assert!(0 < overlaps && overlaps < 100, "in some schedules, not in all: {overlaps}");
    }

    #[test]
    fn accesses_are_no_scheduling_points() {
        run(100, || {
            let cell = Arc::new(RaceCell::new(0));
            let threads: Vec<_> = (0..3)
                .map(|_| {
                    let cell = Arc::clone(&cell);
                    thread::spawn(move || cell.set(cell.get() + 1))
                })
                .collect();
            threads.into_iter().for_each(|thread| thread.join().unwrap());
            assert_eq!(cell.get(), 3);
        });
    }

    #[test]
    fn an_update_around_a_step_can_be_lost() {
        let totals = values(100, || {
            let cell = Arc::new(RaceCell::new(0));
            let theirs = Arc::clone(&cell);
            let add = move |cell: &RaceCell<i32>| {
                thread::yield_now();
                let before = cell.get();
                thread::yield_now();
                cell.set(before + 1);
            };
            let thread = thread::spawn(move || add(&theirs));
            add(&cell);
            thread.join().unwrap();
            cell.get()
        });
        assert!(totals.contains(&1));
        assert!(totals.contains(&2));
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
