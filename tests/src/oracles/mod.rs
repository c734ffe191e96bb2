//! Programs whose numbers of executions are known: what an exhaustive exploration is measured with.
//!
//! Two executions are equivalent if they order dependent operations alike, and an optimal exploration
//! runs one of each class. For these programs the number of classes is published (Abdulla, Aronis,
//! Jonsson, Sagonas: Optimal dynamic partial order reduction, POPL 2014 and JACM 2017; the sequentially
//! consistent expectations of the GenMC test suite) or follows from an argument of a line, which
//! stands beside the program.
//!
//! A count is a statement about *these operations*, so that the programs do nothing else: the root makes
//! everything, spawns the tasks in order and joins them in order; what a task saw is what it returns;
//! what a lock protects is inside it. Spawning, joining, cloning an `Arc` and dropping a lock or an atomic
//! add no class. Dropping the handle of a channel is an operation, so that tasks give their handles back, and
//! the root drops them after the last join.
//!
//! # What is not here
//!
//! Semaphores have no words in `std`, and are covered inside the library, on the operations themselves.

#![expect(clippy::missing_panics_doc, reason = "a panic in these programs is a finding of the exploration")]

pub mod atomics;
pub mod chan;
pub mod channels;
pub mod locks;

use reweave::sync::Arc;
use reweave::thread::{self, JoinHandle};

/// Runs `tasks` tasks over `shared`, each told its number from 0, and returns what they return.
fn run<S, T>(tasks: usize, shared: S, task: fn(usize, &S) -> T) -> Vec<T>
where
    S: Send + Sync + 'static,
    T: Send + 'static,
{
    let shared = Arc::new(shared);
    let handles: Vec<_> = (0..tasks)
        .map(|me| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || task(me, &shared))
        })
        .collect();
    join(handles)
}

/// Joins the tasks in order.
fn join<T>(handles: impl IntoIterator<Item = JoinHandle<T>>) -> Vec<T> {
    handles.into_iter().map(|handle| handle.join().unwrap()).collect()
}
