//! Handles to threads.

use std::cell::UnsafeCell;
use std::fmt;
use std::num::NonZero;
use std::sync::Arc;
use std::sync::OnceLock;

use crate::engine::identity::inside;
use crate::engine::spawn::TaskResult;
use crate::engine::{Execution, moment, perform, perform_join};
use crate::kernel::{Op, TaskId, life, park};
use crate::memory::shared::Shared;

/// A handle to a thread, as in [`std::thread::Thread`].
#[derive(Clone)]
pub struct Thread(Repr);

#[derive(Clone)]
enum Repr {
    Real(std::thread::Thread),
    Simulated { task: TaskId, epoch: u64, name: Option<Arc<str>> },
}

impl Thread {
    pub(super) fn current() -> Thread {
        match inside() {
            None => Thread(Repr::Real(std::thread::current())),
            // SAFETY: the caller is a task inside `this`, and nothing switches here.
            Some(this) => unsafe { Thread::of((*this).running, &*this) },
        }
    }

    pub(super) fn real(thread: std::thread::Thread) -> Thread {
        Thread(Repr::Real(thread))
    }

    pub(super) fn of(task: TaskId, execution: &Execution) -> Thread {
        let name = match (&execution.people[task.index()].name, task) {
            (Some(name), _) => Some(Arc::clone(name)),
            (None, TaskId::ROOT) => Some(Arc::from("main")),
            (None, _) => None,
        };
        Thread(Repr::Simulated { task, epoch: execution.epoch, name })
    }

    /// Makes the token of the thread available, so that its next or present `park` returns.
    ///
    /// # Panics
    /// If the thread is simulated and the caller is not inside the same execution, or the other way round.
    #[track_caller]
    pub fn unpark(&self) {
        match (&self.0, inside()) {
            (Repr::Real(thread), _) => thread.unpark(),
            (Repr::Simulated { task, epoch, .. }, this) => {
                let Some(this) = same_execution(this, *epoch) else { foreign("unparked") };
                perform(this, Op::Park(park::Op::Unpark(*task)), std::panic::Location::caller());
            }
        }
    }

    /// The identifier of the thread.
    #[must_use]
    pub fn id(&self) -> ThreadId {
        match &self.0 {
            Repr::Real(thread) => ThreadId(IdRepr::Real(thread.id())),
            Repr::Simulated { task, epoch, .. } => ThreadId(IdRepr::Simulated(NonZero::new(task.0), *epoch)),
        }
    }

    /// The name of the thread, if it has one; the root of an execution is called `main`.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match &self.0 {
            Repr::Real(thread) => thread.name(),
            Repr::Simulated { name, .. } => name.as_deref(),
        }
    }
}

impl fmt::Debug for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Thread").field("id", &self.id()).field("name", &self.name()).finish_non_exhaustive()
    }
}

/// The identifier of a thread, as in [`std::thread::ThreadId`]. In an execution it counts the threads in the order
/// in which they were spawned.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ThreadId(IdRepr);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum IdRepr {
    Real(std::thread::ThreadId),
    Simulated(Option<NonZero<u32>>, u64),
}

impl fmt::Debug for ThreadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IdRepr::Real(id) => id.fmt(f),
            IdRepr::Simulated(task, _) => f.debug_tuple("ThreadId").field(&task.map_or(0, NonZero::get)).finish(),
        }
    }
}

fn same_execution(this: Option<*mut Execution>, epoch: u64) -> Option<*mut Execution> {
    // SAFETY: the caller is a task inside `this`, and nothing switches here.
    this.filter(|this| unsafe { (**this).epoch == epoch })
}

#[track_caller]
fn foreign(what: &str) -> ! {
    panic!("reweave: a simulated thread was {what} from outside its execution")
}

/// Where a simulated thread leaves its result.
pub(super) struct Packet<T>(UnsafeCell<Option<TaskResult<T>>>);

// SAFETY: the task that puts the result in and the one that takes it out belong to one execution, whose tasks all run on
// one OS thread, one at a time; neither holds a reference when it switches. What travels is the result, so it is `Send`.
unsafe impl<T: Send> Send for Packet<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Packet<T> {}

impl<T> Packet<T> {
    /// Of a task, and of who may join it.
    pub(super) fn pair() -> (Shared<Packet<T>>, Shared<Packet<T>>) {
        Shared::pair(|| Packet(UnsafeCell::new(None)))
    }

    pub(super) fn put(&self, result: TaskResult<T>) {
        // SAFETY: see the implementation of `Sync`; nothing is dropped, because a task has one result.
        unsafe { *self.0.get() = Some(result) };
    }

    fn take(&self) -> Option<TaskResult<T>> {
        // SAFETY: see the implementation of `Sync`.
        unsafe { (*self.0.get()).take() }
    }
}

/// The right to join a simulated thread once.
pub(super) struct SimulatedJoin<T> {
    task: TaskId,
    epoch: u64,
    packet: Shared<Packet<T>>,
    /// Made when it is asked for: handles are moved about, and few are asked.
    thread: OnceLock<Box<Thread>>,
}

impl<T> SimulatedJoin<T> {
    pub(super) fn new(task: TaskId, packet: Shared<Packet<T>>, execution: &Execution) -> SimulatedJoin<T> {
        SimulatedJoin { task, epoch: execution.epoch, packet, thread: OnceLock::new() }
    }

    pub(super) fn thread(&self) -> &Thread {
        self.thread.get_or_init(|| {
            let name = same_execution(inside(), self.epoch)
                // SAFETY: the caller is a task inside `this`, and nothing switches here.
                .and_then(|this| unsafe { (&(*this).people)[self.task.index()].name.clone() });
            Box::new(Thread(Repr::Simulated { task: self.task, epoch: self.epoch, name }))
        })
    }

    pub(super) fn task(&self) -> TaskId {
        self.task
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    #[track_caller]
    pub(super) fn join(self) -> TaskResult<T> {
        let Some(this) = same_execution(inside(), self.epoch) else { foreign("joined") };
        if !moment(this, |execution| execution.join_calmly(self.task)) {
            perform_join(this, self.task, std::panic::Location::caller());
        }
        // SAFETY: the caller is a task inside `this`, and nothing switches here.
        unsafe { (&mut (*this).people)[self.task.index()].joined = true };
        let result = self.packet.take();
        // A task that was unwound because the execution is over has no result.
        result.unwrap_or_else(|| Err(Box::new("the execution is over")))
    }

    #[track_caller]
    pub(super) fn is_finished(&self) -> bool {
        let Some(this) = same_execution(inside(), self.epoch) else { foreign("asked for") };
        perform(this, Op::Life(life::Op::IsFinished(self.task)), std::panic::Location::caller()).is_done()
    }
}

impl<T> Drop for SimulatedJoin<T> {
    fn drop(&mut self) {
        if let Some(this) = same_execution(inside(), self.epoch) {
            // SAFETY: as in `join`.
            let execution = unsafe { &mut *this };
            execution.people[self.task.index()].detached = true;
        }
    }
}

/// The right to join a thread, as in [`std::thread::JoinHandle`].
pub struct JoinHandle<T>(pub(super) JoinRepr<T>);

pub(super) enum JoinRepr<T> {
    Real(std::thread::JoinHandle<T>, Box<Thread>),
    Simulated(SimulatedJoin<T>),
}

impl<T> JoinHandle<T> {
    /// The thread.
    #[must_use]
    pub fn thread(&self) -> &Thread {
        match &self.0 {
            JoinRepr::Real(_, thread) => thread,
            JoinRepr::Simulated(join) => join.thread(),
        }
    }

    /// Waits for the thread to finish and returns its result.
    ///
    /// # Errors
    /// The payload of the panic, if the thread panicked.
    ///
    /// # Panics
    /// If the thread is simulated and the caller is not inside the same execution.
    #[track_caller]
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn join(self) -> std::thread::Result<T> {
        match self.0 {
            JoinRepr::Real(handle, _) => handle.join(),
            JoinRepr::Simulated(join) => join.join(),
        }
    }

    /// Whether the thread has finished its work.
    ///
    /// # Panics
    /// If the thread is simulated and the caller is not inside the same execution.
    #[track_caller]
    #[must_use]
    pub fn is_finished(&self) -> bool {
        match &self.0 {
            JoinRepr::Real(handle, _) => handle.is_finished(),
            JoinRepr::Simulated(join) => join.is_finished(),
        }
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle").finish_non_exhaustive()
    }
}
