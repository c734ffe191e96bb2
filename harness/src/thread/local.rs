//! Thread-local storage, as in [`std::thread_local!`]: per simulated thread inside an execution.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

use crate::engine::identity::inside;

/// A thread-local value, as in [`std::thread::LocalKey`]. Made by [`thread_local!`](crate::thread_local).
pub struct LocalKey<T: 'static> {
    real: &'static std::thread::LocalKey<T>,
    init: fn() -> T,
}

impl<T: 'static> fmt::Debug for LocalKey<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalKey").finish_non_exhaustive()
    }
}

/// The value is being dropped, or was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct AccessError;

impl fmt::Display for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("already destroyed")
    }
}

impl std::error::Error for AccessError {}

impl<T: 'static> LocalKey<T> {
    #[doc(hidden)]
    pub const fn __new(real: &'static std::thread::LocalKey<T>, init: fn() -> T) -> LocalKey<T> {
        LocalKey { real, init }
    }

    /// The value of the running task, made if this is its first use.
    fn value(&'static self) -> Result<Option<Rc<dyn Any>>, AccessError> {
        let Some(this) = inside() else { return Ok(None) };
        let key = std::ptr::from_ref(self) as usize;
        {
            // SAFETY: the caller is a task inside `this`; the reference ends before user code runs.
            let execution = unsafe { &mut *this };
            let running = execution.running;
            let locals = &mut execution.people[running.index()].locals;
            if let Some(value) = locals.get(key) {
                return Ok(Some(value));
            }
            if locals.closed {
                return Err(AccessError);
            }
        }
        let value: Rc<dyn Any> = Rc::new((self.init)());
        // SAFETY: as above; the initialisation may have switched, but it is over.
        let execution = unsafe { &mut *this };
        let running = execution.running;
        let locals = &mut execution.people[running.index()].locals;
        locals.set(key, Rc::clone(&value));
        Ok(Some(value))
    }

    /// Calls `run` with the value.
    ///
    /// # Panics
    /// If the value has been dropped, which happens while the thread ends.
    pub fn with<F, R>(&'static self, run: F) -> R
    where
        F: FnOnce(&T) -> R,
    {
        match self.try_with(run) {
            Ok(result) => result,
            Err(error) => panic!("cannot access a Thread Local Storage value during or after destruction: {error:?}"),
        }
    }

    /// Calls `run` with the value, if it has not been dropped.
    ///
    /// # Errors
    /// If the value has been dropped, which happens while the thread ends.
    pub fn try_with<F, R>(&'static self, run: F) -> Result<R, AccessError>
    where
        F: FnOnce(&T) -> R,
    {
        match self.value()? {
            None => self.real.try_with(run).map_err(|_| AccessError),
            Some(value) => match value.downcast_ref::<T>() {
                Some(value) => Ok(run(value)),
                None => unreachable!("a key has values of one type"),
            },
        }
    }
}

impl<T: 'static> LocalKey<Cell<T>> {
    /// Sets the value.
    pub fn set(&'static self, value: T) {
        self.with(|cell| cell.set(value));
    }

    /// Returns a copy of the value.
    pub fn get(&'static self) -> T
    where
        T: Copy,
    {
        self.with(Cell::get)
    }

    /// Takes the value, leaving the default.
    pub fn take(&'static self) -> T
    where
        T: Default,
    {
        self.with(Cell::take)
    }

    /// Replaces the value and returns the old one.
    pub fn replace(&'static self, value: T) -> T {
        self.with(|cell| cell.replace(value))
    }
}

impl<T: 'static> LocalKey<RefCell<T>> {
    /// Calls `run` with a shared reference to the contents.
    pub fn with_borrow<F, R>(&'static self, run: F) -> R
    where
        F: FnOnce(&T) -> R,
    {
        self.with(|cell| run(&cell.borrow()))
    }

    /// Calls `run` with an exclusive reference to the contents.
    pub fn with_borrow_mut<F, R>(&'static self, run: F) -> R
    where
        F: FnOnce(&mut T) -> R,
    {
        self.with(|cell| run(&mut cell.borrow_mut()))
    }

    /// Sets the contents.
    pub fn set(&'static self, value: T) {
        self.with(|cell| *cell.borrow_mut() = value);
    }

    /// Takes the contents, leaving the default.
    pub fn take(&'static self) -> T
    where
        T: Default,
    {
        self.with(RefCell::take)
    }

    /// Replaces the contents and returns the old ones.
    pub fn replace(&'static self, value: T) -> T {
        self.with(|cell| cell.replace(value))
    }
}

/// Declares thread-local values, as [`std::thread_local!`] does.
///
/// ```
/// use std::cell::Cell;
/// reweave::thread_local! {
///     static DEPTH: Cell<u32> = const { Cell::new(0) };
/// }
/// reweave::check(|| {
///     DEPTH.set(1);
///     reweave::thread::spawn(|| assert_eq!(DEPTH.get(), 0)).join().unwrap();
///     assert_eq!(DEPTH.get(), 1);
/// });
/// ```
#[macro_export]
macro_rules! thread_local {
    () => {};
    ($(#[$attr:meta])* $vis:vis static $name:ident: $t:ty = const $init:block; $($rest:tt)*) => {
        $crate::__thread_local_key!($(#[$attr])* $vis $name, $t, $init);
        $crate::thread_local!($($rest)*);
    };
    ($(#[$attr:meta])* $vis:vis static $name:ident: $t:ty = const $init:block) => {
        $crate::__thread_local_key!($(#[$attr])* $vis $name, $t, $init);
    };
    ($(#[$attr:meta])* $vis:vis static $name:ident: $t:ty = $init:expr; $($rest:tt)*) => {
        $crate::__thread_local_key!($(#[$attr])* $vis $name, $t, $init);
        $crate::thread_local!($($rest)*);
    };
    ($(#[$attr:meta])* $vis:vis static $name:ident: $t:ty = $init:expr) => {
        $crate::__thread_local_key!($(#[$attr])* $vis $name, $t, $init);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __thread_local_key {
    ($(#[$attr:meta])* $vis:vis $name:ident, $t:ty, $init:expr) => {
        $(#[$attr])*
        $vis static $name: $crate::thread::LocalKey<$t> = {
            fn init() -> $t {
                $init
            }
            ::std::thread_local! {
                static REAL: $t = init();
            }
            $crate::thread::LocalKey::__new(&REAL, init)
        };
    };
}
