//! Something that is done once.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use crate::driver::{Place, Subject};
use crate::kernel::once::{Found, Once as State, Op as OnceOp};
use crate::kernel::{Object, Op};

/// Does something exactly once: Go's `sync.Once`.
///
/// A handle: clones are the same. Unlike [`std::sync::Once`], a panic counts: "if f panics, Do considers it to have returned".
///
/// ```
/// use reweave::go;
///
/// let once = go::Once::new();
/// let calls = go::Chan::new(2);
/// for _ in 0..2 {
///     once.do_once(|| calls.send(()));
/// }
/// assert_eq!(calls.len(), 1);
/// ```
#[derive(Clone)]
pub struct Once(Arc<Subject>);

impl Once {
    /// One that has done nothing: Go's `var once sync.Once`.
    #[must_use]
    #[track_caller]
    pub fn new() -> Once {
        Once::at(Location::caller())
    }

    pub(super) fn at(place: Place) -> Once {
        let once = Arc::new(Subject::new("Once", place));
        once.register(|| Object::Once(State::New));
        Once(once)
    }

    /// Calls `run` if this is the first call: `once.Do(f)`. Otherwise waits until the first call has returned.
    ///
    /// If `run` calls this itself, it waits for itself: a deadlock.
    ///
    /// # Panics
    /// If `run` does. Later calls return without doing anything.
    #[track_caller]
    pub fn do_once(&self, run: impl FnOnce()) {
        let place = Location::caller();
        let found = self.0.step(|id| Op::Once(id, OnceOp::Begin), place, |outcome, _| outcome.value);
        if found == Some(Found::New as u64) {
            let _ending = Ending { once: self, place };
            run();
        }
    }
}

/// The duty to say that the first call is over, however it is.
struct Ending<'a> {
    once: &'a Once,
    place: Place,
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.once.0.step(|id| Op::Once(id, OnceOp::End { poison: false }), self.place, |_, _| ());
    }
}

impl Default for Once {
    #[track_caller]
    fn default() -> Once {
        Once::new()
    }
}

impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Once").finish_non_exhaustive()
    }
}
