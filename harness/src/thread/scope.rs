//! Scoped threads, as in [`std::thread::scope`].

use std::fmt;
use std::marker::PhantomData;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Mutex, OnceLock, PoisonError};

use super::builder::{Builder, simulated_join};
use super::handle::{SimulatedJoin, Thread};
use crate::engine::identity::inside;
use crate::engine::teardown::outlive;
use crate::engine::{Execution, Place};
use crate::kernel::TaskId;

/// A scope in which threads that borrow can be spawned.
#[expect(explicit_outlives_requirements, reason = "as in the standard library")]
pub struct Scope<'scope, 'env: 'scope> {
    real: Option<&'scope std::thread::Scope<'scope, 'env>>,
    /// The simulated threads of the scope.
    tasks: Mutex<Vec<TaskId>>,
    scope: PhantomData<&'scope mut &'scope ()>,
    env: PhantomData<&'env mut &'env ()>,
}

impl fmt::Debug for Scope<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope").finish_non_exhaustive()
    }
}

/// The right to join a scoped thread.
pub struct ScopedJoinHandle<'scope, T>(Repr<'scope, T>);

enum Repr<'scope, T> {
    Real(std::thread::ScopedJoinHandle<'scope, T>, Thread),
    Simulated(SimulatedJoin<T>, PhantomData<&'scope ()>),
}

impl<T> fmt::Debug for ScopedJoinHandle<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopedJoinHandle").finish_non_exhaustive()
    }
}

/// Runs `run` with a scope, and waits for all threads that it spawned there.
///
/// ```
/// use reweave::sync::atomic::{AtomicU32, Ordering};
/// reweave::check(|| {
///     let total = AtomicU32::new(0);
///     reweave::thread::scope(|scope| {
///         scope.spawn(|| total.fetch_add(1, Ordering::SeqCst));
///         scope.spawn(|| total.fetch_add(2, Ordering::SeqCst));
///     });
///     assert_eq!(total.load(Ordering::SeqCst), 3);
/// });
/// ```
///
/// # Panics
/// If a thread of the scope panicked and nobody joined it.
#[track_caller]
pub fn scope<'env, F, T>(run: F) -> T
where
    F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> T,
{
    let Some(this) = inside() else { return real_scope(run) };
    let place = std::panic::Location::caller();
    let scope = Scope::new(None);
    let result = panic::catch_unwind(AssertUnwindSafe(|| run(&scope)));
    let panicked = scope.join_all(this, place);
    match result {
        Err(payload) => panic::resume_unwind(payload),
        Ok(_) if panicked => panic!("a scoped thread panicked"),
        Ok(value) => value,
    }
}

/// [`scope`] on real threads: a real scope, with a wrapper around it that has this module's type.
fn real_scope<'env, F, T>(run: F) -> T
where
    F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> T,
{
    // Threads of the scope may use the wrapper until they end, so it stands outside the real scope, which waits for them.
    let wrapper: OnceLock<Scope<'static, 'static>> = OnceLock::new();
    std::thread::scope(|real| {
        // SAFETY: only the lifetimes change, and they are put right again below: nobody sees the wrapper with these.
        let real: &'static std::thread::Scope<'static, 'static> = unsafe { std::mem::transmute(real) };
        let wrapper = wrapper.get_or_init(|| Scope::new(Some(real)));
        // SAFETY: the wrapper outlives the call of `std::thread::scope`, which returns, or unwinds, after every thread
        // of the scope has ended; so it lives as long as anything that can have this reference.
        run(unsafe { std::mem::transmute::<&Scope<'static, 'static>, &Scope<'_, 'env>>(wrapper) })
    })
}

impl<'scope, 'env> Scope<'scope, 'env> {
    fn new(real: Option<&'scope std::thread::Scope<'scope, 'env>>) -> Scope<'scope, 'env> {
        Scope { real, tasks: Mutex::new(Vec::new()), scope: PhantomData, env: PhantomData }
    }

    /// Waits for every thread of the scope; says whether one panicked that nobody joined.
    fn join_all(&self, this: *mut Execution, place: Place) -> bool {
        let (mut panicked, mut over) = (false, false);
        loop {
            let next = self.tasks.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some(task) = next else {
                if over && !std::thread::panicking() {
                    crate::engine::panics::abandon();
                }
                return panicked;
            };
            over |= outlive(this, task, place);
            // SAFETY: the caller is a task inside `this`, and nothing switches here.
            let execution = unsafe { &mut *this };
            let person = &mut execution.people[task.index()];
            panicked |= person.panic.is_some() && !person.joined;
            person.joined = true;
        }
    }

    /// Spawns a thread in the scope.
    ///
    /// # Panics
    /// If the operating system cannot create a thread; never in an execution.
    #[track_caller]
    pub fn spawn<F, T>(&'scope self, run: F) -> ScopedJoinHandle<'scope, T>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        Builder::new().spawn_scoped(self, run).expect("failed to spawn thread")
    }
}

impl Builder {
    /// Spawns a thread in a scope.
    ///
    /// # Errors
    /// If the operating system cannot create a thread; never in an execution.
    ///
    /// # Panics
    /// If the scope is real and the caller is inside an execution, or the other way round.
    #[track_caller]
    pub fn spawn_scoped<'scope, 'env, F, T>(
        self,
        scope: &'scope Scope<'scope, 'env>,
        run: F,
    ) -> std::io::Result<ScopedJoinHandle<'scope, T>>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        match (scope.real, inside()) {
            (Some(real), _) => self.into_real().spawn_scoped(real, run).map(|handle| {
                let thread = Thread::real(handle.thread().clone());
                ScopedJoinHandle(Repr::Real(handle, thread))
            }),
            (None, Some(this)) => {
                let place = std::panic::Location::caller();
                // SAFETY: the scope waits for every task it spawned before the frames that they may borrow from are
                // popped; if they are left behind for ever, so is the task that waits for them.
                let join = unsafe { simulated_join(this, self.into_name(), run, place) };
                scope.tasks.lock().unwrap_or_else(PoisonError::into_inner).push(join.task());
                Ok(ScopedJoinHandle(Repr::Simulated(join, PhantomData)))
            }
            (None, None) => panic!("reweave: a simulated scope was used from outside its execution"),
        }
    }
}

impl<T> ScopedJoinHandle<'_, T> {
    /// The thread.
    #[must_use]
    pub fn thread(&self) -> &Thread {
        match &self.0 {
            Repr::Real(_, thread) => thread,
            Repr::Simulated(join, _) => join.thread(),
        }
    }

    /// Waits for the thread to finish and returns its result.
    ///
    /// # Errors
    /// The payload of the panic, if the thread panicked.
    #[track_caller]
    pub fn join(self) -> std::thread::Result<T> {
        match self.0 {
            Repr::Real(handle, _) => handle.join(),
            Repr::Simulated(join, _) => join.join(),
        }
    }

    /// Whether the thread has finished its work.
    #[track_caller]
    #[must_use]
    pub fn is_finished(&self) -> bool {
        match &self.0 {
            Repr::Real(handle, _) => handle.is_finished(),
            Repr::Simulated(join, _) => join.is_finished(),
        }
    }
}
