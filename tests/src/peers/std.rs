//! Programs on real threads.
//!
//! Nothing here decides who runs when, so this driver only refutes: an outcome that the table does
//! not list is an error of the table. A program that may deadlock would hang, and is not run.

use super::quiet::quietly;
use crate::{Outcome, Outcomes};

/// The types of programs on std.
pub(crate) mod api {
    pub(crate) use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
    pub(crate) use std::sync::{Arc, Barrier, Condvar, Mutex, Once, OnceLock, RwLock, mpsc};
    pub(crate) use std::thread;

    super::super::tasks!();
}

/// How often a program is run.
const EXECUTIONS: usize = 300;

/// Runs `program` a few hundred times, whatever is expected.
pub(super) fn explore_outcomes(program: fn() -> Outcome, _expected: &Outcomes) -> Outcomes {
    (0..EXECUTIONS).map(|_| quietly(program).unwrap_or_else(|payload| super::outcome_of_panic(&*payload))).collect()
}
