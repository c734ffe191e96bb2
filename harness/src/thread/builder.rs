//! Making threads.

use std::sync::Arc;

use super::handle::{JoinHandle, JoinRepr, Packet, SimulatedJoin, Thread};
use crate::engine::identity::inside;
use crate::engine::panics::{Abandoned, note_of};
use crate::engine::spawn::{Birth, TaskResult, spawn as spawn_task};
use crate::engine::{Execution, Place};

/// Spawns a thread.
///
/// ```
/// reweave::check(|| {
///     let thread = reweave::thread::spawn(|| 6 * 7);
///     assert_eq!(thread.join().unwrap(), 42);
/// });
/// ```
///
/// # Panics
/// If the operating system cannot create a thread; never in an execution.
#[cfg_attr(not(debug_assertions), inline(always))]
#[track_caller]
pub fn spawn<F, T>(run: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    match inside() {
        None => real_thread(std::thread::Builder::new(), run).expect("failed to spawn thread"),
        Some(this) => simulated(this, None, run, std::panic::Location::caller()),
    }
}

#[expect(clippy::disallowed_methods, reason = "outside executions threads are real")]
fn real_thread<F, T>(builder: std::thread::Builder, run: F) -> std::io::Result<JoinHandle<T>>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    builder.spawn(run).map(real)
}

pub(super) fn real<T>(handle: std::thread::JoinHandle<T>) -> JoinHandle<T> {
    let thread = Box::new(Thread::real(handle.thread().clone()));
    JoinHandle(JoinRepr::Real(handle, thread))
}

#[cfg_attr(not(debug_assertions), inline(always))]
fn simulated<F, T>(this: *mut Execution, name: Option<Arc<str>>, run: F, place: Place) -> JoinHandle<T>
where
    F: FnOnce() -> T,
{
    // SAFETY: std's contract for spawning passes on: what `run` borrows outlives it.
    JoinHandle(JoinRepr::Simulated(unsafe { simulated_join(this, name, run, place) }))
}

/// Spawns a simulated thread.
///
/// # Safety
/// What `run` borrows, and what its result borrows, outlives the task.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) unsafe fn simulated_join<F, T>(
    this: *mut Execution,
    name: Option<Arc<str>>,
    run: F,
    place: Place,
) -> SimulatedJoin<T>
where
    F: FnOnce() -> T,
{
    let (packet, theirs) = Packet::pair();
    let settle = move |result: TaskResult<T>| match result {
        Ok(value) => {
            theirs.put(Ok(value));
            None
        }
        Err(payload) if payload.is::<Abandoned>() => None,
        Err(payload) => {
            let note = note_of(&*payload);
            theirs.put(Err(payload));
            Some(note)
        }
    };
    // SAFETY: the caller is a task inside `this`; the rest is the caller's promise.
    let task = unsafe { spawn_task(this, Birth { name, place }, run, settle) };
    // SAFETY: as above; nothing switches here.
    SimulatedJoin::new(task, packet, unsafe { &*this })
}

/// Thread factory, as in [`std::thread::Builder`].
#[derive(Debug, Default)]
pub struct Builder {
    name: Option<String>,
    stack_size: Option<usize>,
}

impl Builder {
    /// A factory with the defaults.
    #[must_use]
    pub fn new() -> Builder {
        Builder::default()
    }

    /// Names the thread.
    #[must_use]
    pub fn name(mut self, name: String) -> Builder {
        self.name = Some(name);
        self
    }

    /// Sets the size of the stack in bytes. In an execution all stacks have the size that the exploration sets.
    #[must_use]
    pub fn stack_size(mut self, size: usize) -> Builder {
        self.stack_size = Some(size);
        self
    }

    pub(super) fn into_real(self) -> std::thread::Builder {
        let mut builder = std::thread::Builder::new();
        if let Some(name) = self.name {
            builder = builder.name(name);
        }
        if let Some(size) = self.stack_size {
            builder = builder.stack_size(size);
        }
        builder
    }

    pub(super) fn into_name(self) -> Option<Arc<str>> {
        self.name.map(Arc::from)
    }

    /// Spawns a thread.
    ///
    /// # Errors
    /// If the operating system cannot create a thread; never in an execution.
    #[track_caller]
    pub fn spawn<F, T>(self, run: F) -> std::io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        match inside() {
            None => real_thread(self.into_real(), run),
            Some(this) => Ok(simulated(this, self.into_name(), run, std::panic::Location::caller())),
        }
    }

    /// Spawns a thread whose closure may borrow anything.
    ///
    /// # Errors
    /// If the operating system cannot create a thread; never in an execution.
    ///
    /// # Safety
    /// The caller sees to it that the thread does not outlive what it borrows, as with
    /// [`std::thread::Builder::spawn_unchecked`].
    #[track_caller]
    pub unsafe fn spawn_unchecked<F, T>(self, run: F) -> std::io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + Send,
        T: Send,
    {
        match inside() {
            // SAFETY: the caller's promise is the one that std asks for.
            None => unsafe { self.into_real().spawn_unchecked(run) }.map(real),
            Some(this) => Ok(simulated(this, self.into_name(), run, std::panic::Location::caller())),
        }
    }
}
