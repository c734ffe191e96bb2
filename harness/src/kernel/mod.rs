//! The kernel: what every shared operation means.
//!
//! One file per kind of object holds its state, its operations, when each is enabled, what each does, how an
//! operation that was performed used the object (its *access*), and which accesses commute. All of it is
//! pure: no coroutines, no I/O, no unsafe code, no clock but the virtual one. [`World`] puts the objects and
//! the lives of the tasks together and is the whole state of an execution as far as scheduling can tell.
//!
//! **Invariant.** Two adjacent steps whose accesses commute can be exchanged: same state, same results, same
//! steps enabled afterwards. Exhaustive exploration rests on this, so `laws` tests it for every kind of object.

pub(crate) mod atomic;
pub(crate) mod barrier;
pub(crate) mod cell;
pub(crate) mod channel;
pub(crate) mod choice;
pub(crate) mod clock;
pub(crate) mod condvar;
pub(crate) mod gate;
pub(crate) mod handles;
#[cfg(feature = "sim")]
pub(crate) mod happens_before;
pub(crate) mod ids;
#[cfg(test)]
mod laws;
pub(crate) mod life;
pub(crate) mod mutex;
pub(crate) mod once;
pub(crate) mod park;
pub(crate) mod relation;
pub(crate) mod rendezvous;
pub(crate) mod row;
pub(crate) mod rwlock;
pub(crate) mod select;
pub(crate) mod semaphore;
pub(crate) mod timer;
#[cfg(feature = "sim")]
pub(crate) mod vector_clock;
mod world;

#[cfg_attr(not(feature = "sim"), expect(unreachable_pub, reason = "without executions nobody sets their clock"))]
pub use clock::Clock;
pub(crate) use ids::{ObjectId, TaskId};
pub(crate) use world::{End, Object, Op, Outcome, Rules, World};
#[cfg(feature = "sim")]
pub(crate) use world::{Task, Timer, Wake};
