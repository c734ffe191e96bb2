//! Data that only the tasks of one execution reach. **Unsafe room**: the rule of the module above.
//!
//! What lies beside a kernel object, like the values of a channel, is touched at every step, and an atomic instruction costs as
//! much as a third of a step. An execution is on one OS thread for its whole life, so that whoever is inside the one that
//! made the data needs no lock, and whoever is not is turned away.

use std::cell::{Cell, UnsafeCell};
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};

use super::{Execution, current};

/// Data of the execution in which it was made.
pub(crate) struct Owned<T> {
    /// Of that execution; no other ever has it.
    epoch: u64,
    /// Whether there is a [`Visit`].
    visited: Cell<bool>,
    data: UnsafeCell<T>,
}

// SAFETY: `visited` and `data` are reached through a shared reference only in `enter`, on the thread that is inside the execution
// of this epoch: there is one, and it stays there for as long as the execution lasts. So one thread after the other has them: first
// that one, then whoever drops this, to whom an exclusive reference came in an ordered way. `T: Send` lets that be another.
unsafe impl<T: Send> Sync for Owned<T> {}

impl<T> Owned<T> {
    /// Data of the execution that the caller is inside of; none outside.
    #[inline(always)]
    pub(crate) fn new(data: T) -> Result<Owned<T>, T> {
        match epoch() {
            Some(epoch) => Ok(Owned { epoch, visited: Cell::new(false), data: UnsafeCell::new(data) }),
            None => Err(data),
        }
    }

    /// The data, for a caller inside the execution that it is of.
    ///
    /// # Panics
    /// If it is visited already.
    #[inline(always)]
    pub(crate) fn visit(&self) -> Option<Visit<'_, T>> {
        if epoch() != Some(self.epoch) {
            return None;
        }
        Some(self.enter())
    }

    /// [`Owned::visit`] for a caller who has the execution at hand that it is inside of. (Executions are not shared between threads,
    /// so that a reference to one says that the caller is on its thread.)
    #[inline(always)]
    pub(crate) fn visit_inside(&self, execution: &Execution) -> Option<Visit<'_, T>> {
        if execution.epoch != self.epoch {
            return None;
        }
        Some(self.enter())
    }

    /// [`Owned::visit`] for a caller inside the execution `epoch`, who is known to be where the data is of.
    ///
    /// # Safety
    /// The data is of that execution, nobody has a [`Visit`] of it, and `then` does not visit it.
    #[inline(always)]
    pub(crate) unsafe fn in_hand<R>(&self, epoch: u64, then: impl FnOnce(&mut T) -> R) -> R {
        debug_assert_eq!(epoch, self.epoch);
        if cfg!(debug_assertions) {
            return self.enter().briefly(then);
        }
        // SAFETY: as the caller says.
        then(unsafe { &mut *self.data.get() })
    }

    #[inline(always)]
    fn enter(&self) -> Visit<'_, T> {
        assert!(!self.visited.replace(true), "visited twice at a time");
        Visit { owned: self, on_this_thread: PhantomData }
    }
}

/// The epoch of the execution that the caller is inside of.
#[inline(always)]
fn epoch() -> Option<u64> {
    let this = current();
    // SAFETY: the calling thread is inside `this`, whose driver keeps it alive; the number is copied.
    (!this.is_null()).then(|| unsafe { (*this).epoch })
}

/// The right to [`Owned`] data.
pub(crate) struct Visit<'a, T> {
    owned: &'a Owned<T>,
    on_this_thread: PhantomData<*mut T>,
}

impl<T> Visit<'_, T> {
    /// Ends the visit with `then`. If that panics nobody visits the data any more, so that there is nothing to be done on the way.
    #[inline(always)]
    pub(crate) fn briefly<R>(self, then: impl FnOnce(&mut T) -> R) -> R {
        let mut visit = ManuallyDrop::new(self);
        let result = then(&mut visit);
        visit.owned.visited.set(false);
        result
    }
}

impl<T> Deref for Visit<'_, T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: there is one visit at a time, on the one thread that can make any; see `Owned`.
        unsafe { &*self.owned.data.get() }
    }
}

impl<T> DerefMut for Visit<'_, T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as in `deref`.
        unsafe { &mut *self.owned.data.get() }
    }
}

impl<T> Drop for Visit<'_, T> {
    #[inline(always)]
    fn drop(&mut self) {
        self.owned.visited.set(false);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Owned;
    use crate::trial::run;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "an ordinary thread comes by")]
    fn only_its_own_execution_reaches_it() {
        assert!(Owned::new(0).is_err(), "there is no execution");
        let kept = Arc::new(std::sync::Mutex::new(None));
        run(2, {
            let kept = Arc::clone(&kept);
            move || {
                let owned = Owned::new(1).expect("inside an execution");
                *owned.visit().expect("it was made here") += 1;
                let owned = Arc::new(owned);
                let same = Arc::clone(&owned);
                assert!(std::thread::spawn(move || same.visit().is_none()).join().unwrap(), "outside");
                assert_eq!(*owned.visit().expect("the other was turned away"), 2);
                if let Some(earlier) = kept.lock().unwrap().replace(owned) {
                    assert!(Owned::visit(&earlier).is_none(), "of another execution");
                }
            }
        });
        assert!(kept.lock().unwrap().as_ref().unwrap().visit().is_none(), "after all of them");
    }

    #[test]
    fn it_is_visited_once_at_a_time() {
        run(1, || {
            let owned = Owned::new(0).expect("inside an execution");
            let visit = owned.visit();
            assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| owned.visit().is_some())).is_err());
            drop(visit);
            assert!(owned.visit().is_some());
        });
    }
}
