//! The cell for unsafe code.

use std::fmt;
#[cfg(feature = "sim")]
use std::panic::Location;

#[cfg(feature = "sim")]
use super::checks::{Checks, Kind};

/// A cell whose contents may change through a shared reference, as [`std::cell::UnsafeCell`].
///
/// [`with`](UnsafeCell::with) and [`with_mut`](UnsafeCell::with_mut) say where an access begins and ends, and whether
/// it writes, which the pointer that [`get`](UnsafeCell::get) returns does not. In an execution these two are checked for
/// [data races](super); a task that is about to race is unwound before its closure is called.
///
/// ```
/// use reweave::cell::UnsafeCell;
///
/// let cell = UnsafeCell::new(1);
/// // SAFETY: nobody else uses the cell.
/// cell.with_mut(|value| unsafe { *value += 1 });
/// // SAFETY: as above.
/// assert_eq!(cell.with(|value| unsafe { *value }), 2);
/// ```
#[cfg_attr(not(feature = "sim"), repr(transparent))]
pub struct UnsafeCell<T: ?Sized> {
    #[cfg(feature = "sim")]
    checks: Checks,
    value: std::cell::UnsafeCell<T>,
}

impl<T> UnsafeCell<T> {
    /// A cell with the given value.
    ///
    /// ```
    /// static COUNTER: std::sync::Mutex<reweave::cell::UnsafeCell<u32>> =
    ///     std::sync::Mutex::new(reweave::cell::UnsafeCell::new(0));
    /// assert_eq!(*COUNTER.lock().unwrap().get_mut(), 0);
    /// ```
    #[must_use]
    #[track_caller]
    pub const fn new(value: T) -> UnsafeCell<T> {
        UnsafeCell {
            #[cfg(feature = "sim")]
            checks: Checks::new(),
            value: std::cell::UnsafeCell::new(value),
        }
    }

    /// Consumes the cell and returns the value.
    ///
    /// ```
    /// assert_eq!(reweave::cell::UnsafeCell::new(1).into_inner(), 1);
    /// ```
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: ?Sized> UnsafeCell<T> {
    /// Reads: calls `access` with a pointer to the value, through which it must not write, and which is not to be used
    /// after it has returned.
    ///
    /// ```
    /// let cell = reweave::cell::UnsafeCell::new(1);
    /// // SAFETY: nobody else uses the cell.
    /// assert_eq!(cell.with(|value| unsafe { *value }), 1);
    /// ```
    #[inline]
    #[track_caller]
    pub fn with<R>(&self, access: impl FnOnce(*const T) -> R) -> R {
        #[cfg(feature = "sim")]
        let _under_way = self.checks.begin(Kind::Read, Location::caller(), || true);
        access(self.value.get())
    }

    /// Writes: calls `access` with a pointer to the value, which is not to be used after it has returned.
    ///
    /// ```
    /// let cell = reweave::cell::UnsafeCell::new(1);
    /// // SAFETY: nobody else uses the cell.
    /// cell.with_mut(|value| unsafe { *value = 2 });
    /// assert_eq!(cell.into_inner(), 2);
    /// ```
    #[inline]
    #[track_caller]
    pub fn with_mut<R>(&self, access: impl FnOnce(*mut T) -> R) -> R {
        #[cfg(feature = "sim")]
        let _under_way = self.checks.begin(Kind::Write, Location::caller(), || true);
        access(self.value.get())
    }

    /// The value, which an owner may use without further ado.
    ///
    /// ```
    /// let mut cell = reweave::cell::UnsafeCell::new(1);
    /// *cell.get_mut() = 2;
    /// assert_eq!(cell.into_inner(), 2);
    /// ```
    #[inline]
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }

    /// A pointer to the value. What is done through it, and when, is nobody's knowledge but the caller's.
    ///
    /// ```
    /// let cell = reweave::cell::UnsafeCell::new(1);
    /// // SAFETY: nobody else uses the cell.
    /// unsafe { *cell.get() = 2 };
    /// assert_eq!(cell.into_inner(), 2);
    /// ```
    #[inline]
    #[track_caller]
    pub const fn get(&self) -> *mut T {
        self.value.get()
    }
}

impl<T: Default> Default for UnsafeCell<T> {
    #[track_caller]
    fn default() -> UnsafeCell<T> {
        UnsafeCell::new(T::default())
    }
}

impl<T> From<T> for UnsafeCell<T> {
    #[track_caller]
    fn from(value: T) -> UnsafeCell<T> {
        UnsafeCell::new(value)
    }
}

impl<T: ?Sized> fmt::Debug for UnsafeCell<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnsafeCell").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accesses_reach_the_value() {
        let mut cell = UnsafeCell::new(1);
        // SAFETY: nobody else uses the cell.
        cell.with_mut(|value| unsafe { *value += 1 });
        // SAFETY: as above.
        assert_eq!(unsafe { *cell.get() }, 2);
        *cell.get_mut() += 1;
        // SAFETY: as above.
        assert_eq!(cell.with(|value| unsafe { *value }), 3);
        assert_eq!(cell.into_inner(), 3);
    }

    #[test]
    fn it_may_be_unsized_and_is_as_large_as_its_value_where_nothing_is_checked() {
        assert_eq!(size_of::<UnsafeCell<u16>>() == 2, cfg!(not(feature = "sim")));
        let cell: &UnsafeCell<[u8]> = &UnsafeCell::new([1, 2, 3]);
        // SAFETY: nobody else uses the cell.
        assert_eq!(cell.with(|value| unsafe { (&*value).len() }), 3);
    }
}
