//! The value that is made at its first use, as in [`std::sync::LazyLock`]. **Unsafe room**: a function pointer
//! is recognised and copied.

use std::any::TypeId;
use std::fmt;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ops::{Deref, DerefMut};
use std::panic::Location;

use super::once::{Begun, Simulated, is_done_for_owner};
use super::per_execution::PerExecution;
use crate::engine::identity::{Identity, Sharing, inside};
use crate::engine::{Execution, Place};
use crate::kernel::Object;
use crate::kernel::once::Once as State;

/// A value that is made at its first use.
///
/// A value that was made outside is there in every execution. Beyond that, it depends on the initialiser:
///
/// - If it is a function pointer, as in every `static` (`F` is `fn() -> T` unless something else is said, and no
///   closure that captures can become one), each execution calls it again and has a value of its own, so that all
///   executions are the same. The value of an execution that is over is leaked, not dropped, because a
///   `&'static T` may still be around. If a value is large and never changes, force it before the exploration
///   begins.
/// - Any other closure can be called once, whether it captures something or not: in the general case nothing
///   tells whether what it captured may be used twice. What it made lives on in later executions and outside. Such a
///   `LazyLock` is best made inside the execution; otherwise the first execution has an initialisation that the
///   others do not have. It is used by one execution at a time.
///
/// ```
/// use reweave::sync::LazyLock;
/// static SQUARES: LazyLock<Vec<u32>> = LazyLock::new(|| (0..10).map(|n| n * n).collect());
/// assert_eq!(SQUARES[7], 49);
/// ```
pub struct LazyLock<T, F = fn() -> T> {
    /// Holds what was made outside, and what an initialiser that can be called only once made anywhere.
    real: std::sync::LazyLock<T, F>,
    /// A copy of the initialiser, if [`is_function`] says so. Otherwise anything.
    again: MaybeUninit<fn() -> T>,
    made: PerExecution<T>,
    identity: Identity,
}

/// Whether `F` is `fn() -> T`, or would be if all lifetimes were `'static`.
fn is_function<T, F>() -> bool {
    type_id::<F>() == type_id::<fn() -> T>()
}

/// The identity of a type without its lifetimes.
fn type_id<T>() -> TypeId {
    trait Identified {
        fn type_id(&self) -> TypeId
        where
            Self: 'static;
    }
    impl<T> Identified for PhantomData<T> {
        fn type_id(&self) -> TypeId
        where
            Self: 'static,
        {
            TypeId::of::<T>()
        }
    }
    let phantom = PhantomData::<T>;
    let object: &dyn Identified = &phantom;
    // SAFETY: only the lifetime bound of the trait object changes. It is there for the one method, which makes a
    // constant of the type and neither has nor gives anything that could live too long.
    let object = unsafe { std::mem::transmute::<&dyn Identified, &(dyn Identified + 'static)>(object) };
    object.type_id()
}

impl<T, F: FnOnce() -> T> LazyLock<T, F> {
    /// A value that `init` will make.
    #[track_caller]
    #[inline]
    pub const fn new(init: F) -> LazyLock<T, F> {
        let again = if size_of::<F>() == size_of::<fn() -> T>() {
            // SAFETY: there are as many bytes as are read, and any bytes are a `MaybeUninit`. Nothing is made of
            // them unless `F` is a function pointer.
            unsafe { (&raw const init).cast::<MaybeUninit<fn() -> T>>().read_unaligned() }
        } else {
            MaybeUninit::uninit()
        };
        let real = std::sync::LazyLock::new(init);
        LazyLock { real, again, made: PerExecution::new(), identity: Identity::new() }
    }

    /// Makes the value, if that has not been done, and returns it. While one thread makes it, the others wait.
    ///
    /// # Panics
    /// If the initialiser panicked, now or before.
    #[track_caller]
    pub fn force(this: &LazyLock<T, F>) -> &T {
        let Some(execution) = inside() else { return std::sync::LazyLock::force(this.outside()) };
        if let Begun::Mine { poisoned, running } = this.once(execution, Location::caller()).begin() {
            if poisoned {
                drop(running);
                panic_poisoned();
            }
            match this.again() {
                Some(init) => this.made.put(execution, init()),
                // No other task comes here meanwhile, and outside everybody waits for this execution.
                None => _ = std::sync::LazyLock::force(&this.real),
            }
            running.finish();
        }
        this.value(execution)
    }

    /// Makes the value, if that has not been done, and returns it, for an owner.
    ///
    /// # Panics
    /// If the initialiser panicked, now or before.
    #[track_caller]
    pub fn force_mut(this: &mut LazyLock<T, F>) -> &mut T {
        if inside().is_none() {
            return std::sync::LazyLock::force_mut(&mut this.real);
        }
        LazyLock::force(this);
        match LazyLock::get_mut(this) {
            Some(value) => value,
            None => unreachable!("the initialisation is done"),
        }
    }
}

impl<T, F> LazyLock<T, F> {
    /// The initialiser, if it can be called more than once.
    fn again(&self) -> Option<fn() -> T> {
        // SAFETY: `F` is a function pointer that returns `T`: the types are equal up to lifetimes, and as an
        // initialiser `F` returns `T` exactly. Function pointers are `Copy`, and `new` copied this one.
        is_function::<T, F>().then(|| unsafe { self.again.assume_init() })
    }

    fn once(&self, this: *mut Execution, place: Place) -> Simulated {
        let sharing = if self.again().is_some() { Sharing::Separate } else { Sharing::Exclusive };
        let id = self.identity.in_execution(this, sharing, || {
            // One that is poisoned looks new; its initialiser will panic once more.
            let made = std::sync::LazyLock::get(&self.real).is_some();
            Some(Object::Once(if made { State::Done } else { State::New }))
        });
        Simulated { this, id, place }
    }

    /// The value, which is there.
    fn value(&self, this: *mut Execution) -> &T {
        match self.made.get(this).or_else(|| std::sync::LazyLock::get(&self.real)) {
            Some(value) => value,
            None => unreachable!("the initialisation is done"),
        }
    }

    fn outside(&self) -> &std::sync::LazyLock<T, F> {
        // With a value for each execution, there is nothing to wait for.
        if self.again().is_none() {
            self.identity.outside();
        }
        &self.real
    }

    /// The value, if it has been made.
    #[track_caller]
    pub fn get(this: &LazyLock<T, F>) -> Option<&T> {
        let Some(execution) = inside() else { return std::sync::LazyLock::get(this.outside()) };
        let done = this.once(execution, Location::caller()).is_completed();
        done.then(|| this.value(execution))
    }

    /// The value, if it has been made, for an owner.
    pub fn get_mut(this: &mut LazyLock<T, F>) -> Option<&mut T> {
        let done = is_done_for_owner(&this.identity);
        match (inside(), done) {
            (_, Some(false)) => None,
            (Some(execution), Some(true)) => {
                this.made.get_mut(execution).or_else(|| std::sync::LazyLock::get_mut(&mut this.real))
            }
            _ => std::sync::LazyLock::get_mut(&mut this.real),
        }
    }
}

#[cold]
#[track_caller]
fn panic_poisoned() -> ! {
    panic!("LazyLock instance has previously been poisoned")
}

impl<T, F: FnOnce() -> T> Deref for LazyLock<T, F> {
    type Target = T;

    #[track_caller]
    #[inline]
    fn deref(&self) -> &T {
        LazyLock::force(self)
    }
}

impl<T, F: FnOnce() -> T> DerefMut for LazyLock<T, F> {
    #[track_caller]
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        LazyLock::force_mut(self)
    }
}

impl<T: Default> Default for LazyLock<T> {
    #[track_caller]
    fn default() -> LazyLock<T> {
        LazyLock::new(T::default)
    }
}

impl<T: fmt::Debug, F> fmt::Debug for LazyLock<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_tuple("LazyLock");
        match LazyLock::get(self) {
            Some(value) => debug.field(value),
            None => debug.field(&format_args!("<uninit>")),
        };
        debug.finish()
    }
}
