//! One-time initialisation, as in [`std::sync::Once`], and what `OnceLock` and `LazyLock` share with it.

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::panic::Location;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::engine::identity::{Identity, Sharing, inside};
use crate::engine::{Execution, Place, perform};
use crate::kernel::once::{Found, Once as State, Op as OnceOp};
use crate::kernel::{Object, ObjectId, Op, Outcome};

/// Runs an initialisation once, however many threads ask for it.
///
/// A `Once` that lives longer than an execution is in each one as it is outside: what an execution initialised, the
/// next initialises again, so that all executions are the same.
///
/// ```
/// use reweave::sync::Once;
/// static START: Once = Once::new();
/// let mut runs = 0;
/// START.call_once(|| runs += 1);
/// START.call_once(|| runs += 1);
/// assert_eq!(runs, 1);
/// assert!(START.is_completed());
/// ```
pub struct Once {
    real: std::sync::Once,
    /// How far the initialisation outside has come: the real `Once` does not tell. One of [`phase`].
    phase: AtomicU8,
    identity: Identity,
}

/// The state of a `Once` outside executions. Only the thread that runs the initialisation changes it.
mod phase {
    pub(super) const NEW: u8 = 0;
    pub(super) const RUNNING: u8 = 1;
    pub(super) const POISONED: u8 = 2;
    pub(super) const DONE: u8 = 3;
}

/// What [`Once::call_once_force`] tells its closure.
///
/// The standard library gives nobody but itself a way to make its own, so that this one is Reweave's.
pub struct OnceState {
    poisoned: bool,
    /// Not `Sync`, as in the standard library.
    _marker: PhantomData<Cell<()>>,
}

/// A new [`Once`]. All objects made from it share the name of one source place in explanations.
#[deprecated(since = "0.1.0", note = "the `Once::new()` function is preferred")]
#[expect(clippy::declare_interior_mutable_const, reason = "a fresh one at every use is what it is for")]
pub const ONCE_INIT: Once = Once::new();

impl Once {
    /// A `Once` that nobody has called.
    #[must_use]
    #[track_caller]
    #[inline]
    #[expect(clippy::new_without_default, reason = "nor does the standard library's")]
    pub const fn new() -> Once {
        Once { real: std::sync::Once::new(), phase: AtomicU8::new(phase::NEW), identity: Identity::new() }
    }

    fn simulated(&self, this: *mut Execution, place: Place) -> Simulated {
        let id = self.identity.in_execution(this, Sharing::Separate, || {
            let state = match self.phase.load(Ordering::Acquire) {
                phase::RUNNING => return None,
                phase::POISONED => State::Poisoned,
                phase::DONE => State::Done,
                _ => State::New,
            };
            Some(Object::Once(state))
        });
        Simulated { this, id, place }
    }

    /// Runs `init` if nobody has run an initialisation yet, and otherwise waits until that has returned.
    ///
    /// # Panics
    /// If an initialisation panicked.
    #[track_caller]
    pub fn call_once<F>(&self, init: F)
    where
        F: FnOnce(),
    {
        match inside() {
            None => {
                self.identity.outside();
                self.real.call_once(|| self.run_outside(init));
            }
            Some(this) => match self.simulated(this, Location::caller()).begin() {
                Begun::Done => {}
                Begun::Mine { poisoned: false, running } => {
                    init();
                    running.finish();
                }
                Begun::Mine { poisoned: true, running } => {
                    drop(running);
                    panic_poisoned();
                }
            },
        }
    }

    /// Like [`call_once`](Self::call_once), but tries again if an initialisation panicked.
    ///
    /// ```
    /// use reweave::sync::Once;
    /// static START: Once = Once::new();
    /// let panicked = std::panic::catch_unwind(|| START.call_once(|| panic!("no network")));
    /// assert!(panicked.is_err());
    /// START.call_once_force(|state| assert!(state.is_poisoned()));
    /// START.call_once(|| unreachable!("it is done"));
    /// ```
    #[track_caller]
    pub fn call_once_force<F>(&self, init: F)
    where
        F: FnOnce(&OnceState),
    {
        match inside() {
            None => {
                self.identity.outside();
                self.real.call_once_force(|state| {
                    let state = OnceState::new(state.is_poisoned());
                    self.run_outside(|| init(&state));
                });
            }
            Some(this) => {
                if let Begun::Mine { poisoned, running } = self.simulated(this, Location::caller()).begin() {
                    init(&OnceState::new(poisoned));
                    running.finish();
                }
            }
        }
    }

    /// Runs `init`, which the real `Once` has chosen to, and notes how far it has come.
    fn run_outside(&self, init: impl FnOnce()) {
        struct Poison<'a>(&'a AtomicU8);
        impl Drop for Poison<'_> {
            fn drop(&mut self) {
                self.0.store(phase::POISONED, Ordering::Release);
            }
        }
        self.phase.store(phase::RUNNING, Ordering::Release);
        let poison = Poison(&self.phase);
        init();
        std::mem::forget(poison);
        self.phase.store(phase::DONE, Ordering::Release);
    }

    /// Whether an initialisation has returned.
    #[track_caller]
    pub fn is_completed(&self) -> bool {
        match inside() {
            None => {
                self.identity.outside();
                self.real.is_completed()
            }
            Some(this) => self.simulated(this, Location::caller()).is_completed(),
        }
    }

    /// Waits until an initialisation has returned, without running one.
    ///
    /// # Panics
    /// If an initialisation panicked.
    #[track_caller]
    pub fn wait(&self) {
        match inside() {
            None => {
                self.identity.outside();
                self.real.wait();
            }
            Some(this) => {
                if !self.simulated(this, Location::caller()).wait() {
                    panic_poisoned();
                }
            }
        }
    }

    /// Waits until an initialisation has returned, however many have panicked before.
    #[track_caller]
    pub fn wait_force(&self) {
        match inside() {
            None => {
                self.identity.outside();
                self.real.wait_force();
            }
            Some(this) => self.simulated(this, Location::caller()).wait_force(),
        }
    }
}

#[cold]
#[track_caller]
fn panic_poisoned() -> ! {
    panic!("Once instance has previously been poisoned")
}

impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Once").finish_non_exhaustive()
    }
}

impl OnceState {
    fn new(poisoned: bool) -> OnceState {
        OnceState { poisoned, _marker: PhantomData }
    }

    /// Whether an earlier initialisation panicked.
    pub fn is_poisoned(&self) -> bool {
        self.poisoned
    }
}

impl fmt::Debug for OnceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnceState").field("poisoned", &self.is_poisoned()).finish()
    }
}

/// A kernel `Once`, as the running task uses it at some place of its source.
#[derive(Clone, Copy)]
pub(super) struct Simulated {
    pub(super) this: *mut Execution,
    pub(super) id: ObjectId,
    pub(super) place: Place,
}

/// What [`Simulated::begin`] found.
pub(super) enum Begun {
    /// It is done.
    Done,
    /// The caller is to run the initialisation.
    Mine { poisoned: bool, running: Running },
}

/// The duty to say how the initialisation ended; dropping it says that it panicked.
#[must_use]
pub(super) struct Running(Simulated);

impl Simulated {
    fn perform(self, op: OnceOp) -> Outcome {
        perform(self.this, Op::Once(self.id, op), self.place)
    }

    /// Starts the initialisation, unless it is done; waits while another task runs it.
    pub(super) fn begin(self) -> Begun {
        let found = self.perform(OnceOp::Begin).value;
        if found == Found::Done as u64 {
            return Begun::Done;
        }
        Begun::Mine { poisoned: found == Found::Poisoned as u64, running: Running(self) }
    }

    pub(super) fn is_completed(self) -> bool {
        self.perform(OnceOp::IsCompleted).value == Found::Done as u64
    }

    /// Waits until the initialisation is over. Answers `false` if it panicked.
    fn wait(self) -> bool {
        self.perform(OnceOp::Wait).value == Found::Done as u64
    }

    /// Waits until the initialisation is done.
    pub(super) fn wait_force(self) {
        self.perform(OnceOp::WaitDone);
    }
}

impl Running {
    /// The initialisation has returned.
    pub(super) fn finish(self) {
        let once = self.0;
        std::mem::forget(self);
        once.perform(OnceOp::End { poison: false });
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.perform(OnceOp::End { poison: true });
    }
}

/// Whether the running task's execution knows `identity` as a `Once` that is done; asked by an owner, who cannot
/// race with anybody. `None` outside, and if this would be its first use.
pub(super) fn is_done_for_owner(identity: &Identity) -> Option<bool> {
    let this = inside()?;
    let id = identity.known(this)?;
    // SAFETY: the caller is a task inside `this`; the reference ends here, and nothing switches before.
    let objects = unsafe { &(*this).world.objects };
    Some(objects[id.index()] == Object::Once(State::Done))
}
