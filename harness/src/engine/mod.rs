//! The engine: runs one execution at a time on an OS thread.
//!
//! Tasks are coroutines. A task that is about to touch a shared object *declares* the operation
//! ([`perform`]); the chooser says who steps; the chosen task performs its operation on the
//! [`World`](crate::kernel::World) and runs on to its next declaration. When the same task goes on, nothing
//! leaves its stack.
//!
//! **Unsafe room.** The execution is reached through a thread-local raw pointer, from many stacks of one OS thread.
//! The rule that makes it sound: a reference to the execution lives between two switches and never across one,
//! and never across user code.

mod apply;
mod bits;
mod breakpoint;
mod calm;
pub(crate) mod carrier;
mod cycle;
pub(crate) mod decide;
pub(crate) mod decisions;
mod drawn;
pub(crate) mod driver;
pub(crate) mod enabled;
mod escape;
pub(crate) mod execution;
pub(crate) mod identity;
pub(crate) mod locals;
mod moment;
pub(crate) mod names;
pub(crate) mod owned;
pub(crate) mod panics;
pub(crate) mod races;
pub(crate) mod record;
mod rides;
pub(crate) mod source_path;
pub(crate) mod spawn;
mod step;
mod switch;
pub(crate) mod task;
mod task_set;
pub(crate) mod teardown;
mod waiting;

use std::cell::Cell;
use std::panic::Location;

pub(crate) use calm::{
    add_handle, add_to_gate, begin_receive, begin_send, begin_to_give, begin_to_take, close_buffer, declared_at,
    drop_handle,
};
pub(crate) use calm::{perform_arrive, perform_at_buffer, perform_leave, wait_at_gate};
pub(crate) use execution::Execution;
pub(crate) use moment::moment;
pub(crate) use step::{
    after_any, before_any, perform, perform_join, perform_load, perform_lock, perform_notify_one, perform_rmw,
    perform_store, perform_unlock, perform_wait, perform_wake, perform_yield,
};
pub(crate) use switch::{Next, switch};

/// A place in the source, known at compile time.
pub(crate) type Place = &'static Location<'static>;

thread_local! {
    static CURRENT: Cell<*mut Execution> = const { Cell::new(std::ptr::null_mut()) };
}

/// The execution that the calling thread is inside of, or null.
#[inline]
pub(crate) fn current() -> *mut Execution {
    CURRENT.get()
}

/// Says that the calling thread is inside `execution`, or in none with null.
pub(crate) fn set_current(execution: *mut Execution) {
    CURRENT.set(execution);
}
