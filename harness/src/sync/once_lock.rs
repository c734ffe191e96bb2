//! The cell that is written once, as in [`std::sync::OnceLock`].

use std::fmt;
use std::panic::Location;

use super::once::{Begun, Simulated, is_done_for_owner};
use super::per_execution::PerExecution;
use crate::engine::identity::{Identity, Sharing, inside};
use crate::engine::{Execution, Place};
use crate::kernel::Object;
use crate::kernel::once::Once as State;

/// A cell that is written once, by whoever comes first.
///
/// What was written outside is there in every execution. What an execution writes into a cell that lives longer, a
/// `static` for instance, is its own: the next execution finds the cell empty and fills it again, so that all
/// executions are the same, and outside it is empty, too.
///
/// **Memory.** The value of an execution that is over is leaked, not dropped, because a `&'static T` may still be
/// around. If a value is large and never changes, fill the cell before the exploration begins. (Not while it is going
/// on: from then on its executions would find the cell full.)
///
/// ```
/// use reweave::sync::OnceLock;
/// static NAME: OnceLock<String> = OnceLock::new();
/// assert_eq!(NAME.get(), None);
/// assert_eq!(NAME.get_or_init(|| "first".to_owned()), "first");
/// assert_eq!(NAME.set("second".to_owned()), Err("second".to_owned()));
/// ```
pub struct OnceLock<T> {
    /// Holds what was written outside.
    real: std::sync::OnceLock<T>,
    made: PerExecution<T>,
    identity: Identity,
}

impl<T> OnceLock<T> {
    /// An empty cell.
    #[must_use]
    #[track_caller]
    #[inline]
    pub const fn new() -> OnceLock<T> {
        OnceLock { real: std::sync::OnceLock::new(), made: PerExecution::new(), identity: Identity::new() }
    }

    fn once(&self, this: *mut Execution, place: Place) -> Simulated {
        let id = self.identity.in_execution(this, Sharing::Separate, || {
            let state = if self.real.get().is_some() { State::Done } else { State::New };
            Some(Object::Once(state))
        });
        Simulated { this, id, place }
    }

    /// The value, which is there.
    fn value(&self, this: *mut Execution) -> &T {
        match self.made.get(this).or_else(|| self.real.get()) {
            Some(value) => value,
            None => unreachable!("the initialisation is done"),
        }
    }

    /// The value, if it has been written.
    #[track_caller]
    pub fn get(&self) -> Option<&T> {
        // Outside, nothing waits for executions that use the cell: they have values of their own.
        let Some(this) = inside() else { return self.real.get() };
        let done = self.once(this, Location::caller()).is_completed();
        done.then(|| self.value(this))
    }

    /// The value, if it has been written, for an owner.
    pub fn get_mut(&mut self) -> Option<&mut T> {
        match (inside(), is_done_for_owner(&self.identity)) {
            (_, Some(false)) => None,
            (Some(this), Some(true)) => self.made.get_mut(this).or_else(|| self.real.get_mut()),
            _ => self.real.get_mut(),
        }
    }

    /// Waits until the value has been written.
    ///
    /// ```
    /// use reweave::sync::{Arc, OnceLock};
    /// let answer = Arc::new(OnceLock::new());
    /// let theirs = Arc::clone(&answer);
    /// let thread = reweave::thread::spawn(move || theirs.set(42));
    /// assert_eq!(*answer.wait(), 42);
    /// thread.join().unwrap().unwrap();
    /// ```
    #[track_caller]
    pub fn wait(&self) -> &T {
        let Some(this) = inside() else { return self.real.wait() };
        self.once(this, Location::caller()).wait_force();
        self.value(this)
    }

    /// Writes the value, or waits for another thread that is doing so.
    ///
    /// # Errors
    /// `value`, if the cell has been written before.
    #[track_caller]
    pub fn set(&self, value: T) -> Result<(), T> {
        let mut value = Some(value);
        self.get_or_init(|| match value.take() {
            Some(value) => value,
            None => unreachable!("it is called once"),
        });
        value.map_or(Ok(()), Err)
    }

    /// The value, which `init` makes if it is not there. While one thread does, the others wait. If `init` panics,
    /// the cell stays empty.
    #[track_caller]
    pub fn get_or_init<F>(&self, init: F) -> &T
    where
        F: FnOnce() -> T,
    {
        let Some(this) = inside() else { return self.real.get_or_init(init) };
        // A cell that is poisoned is as good as new.
        if let Begun::Mine { running, .. } = self.once(this, Location::caller()).begin() {
            self.made.put(this, init());
            running.finish();
        }
        self.value(this)
    }

    /// Consumes the cell and returns the value, if it has been written.
    pub fn into_inner(mut self) -> Option<T> {
        self.take()
    }

    /// Takes the value out, if it has been written. The cell is empty then, and can be written again.
    pub fn take(&mut self) -> Option<T> {
        let value = match (inside(), is_done_for_owner(&self.identity)) {
            (_, Some(false)) => None,
            (Some(this), Some(true)) => self.made.take(this).or_else(|| self.real.take()),
            _ => self.real.take(),
        };
        if value.is_some() {
            self.identity.forget();
        }
        value
    }
}

impl<T> Default for OnceLock<T> {
    #[track_caller]
    fn default() -> OnceLock<T> {
        OnceLock::new()
    }
}

impl<T: fmt::Debug> fmt::Debug for OnceLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_tuple("OnceLock");
        match self.get() {
            Some(value) => debug.field(value),
            None => debug.field(&format_args!("<uninit>")),
        };
        debug.finish()
    }
}

impl<T: Clone> Clone for OnceLock<T> {
    #[track_caller]
    fn clone(&self) -> OnceLock<T> {
        match self.get() {
            Some(value) => OnceLock::from(value.clone()),
            None => OnceLock::new(),
        }
    }
}

impl<T> From<T> for OnceLock<T> {
    /// A cell that was written before anybody else knew it; in an execution that is no step.
    #[track_caller]
    fn from(value: T) -> OnceLock<T> {
        let real = std::sync::OnceLock::from(value);
        OnceLock { real, made: PerExecution::new(), identity: Identity::new() }
    }
}

impl<T: PartialEq> PartialEq for OnceLock<T> {
    #[track_caller]
    fn eq(&self, other: &OnceLock<T>) -> bool {
        self.get() == other.get()
    }
}

impl<T: Eq> Eq for OnceLock<T> {}
