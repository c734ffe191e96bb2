//! Programs on loom, exhaustively.
//!
//! Loom ends its exploration at the first failed execution and has no way to go on after it, which
//! the table calls [`StopsAtFailure`](crate::Peer::StopsAtFailure).

use std::sync::{Arc, Mutex};

use ::loom::model::Builder;

use super::quiet::quietly;
use crate::{Outcome, Outcomes};

/// The types of programs on loom.
///
/// `Arc` is std's. Loom's own makes operations of its references, which multiplies the schedules,
/// and its `drop` panics while the panic of a deadlock unwinds, which aborts the process.
pub(crate) mod api {
    pub(crate) use ::loom::sync::atomic::{AtomicU64, Ordering::SeqCst};
    pub(crate) use ::loom::sync::{Barrier, Condvar, Mutex, RwLock, mpsc};
    pub(crate) use ::loom::thread;
    pub(crate) use std::sync::Arc;

    super::super::tasks!();
}

/// How many preemptions an execution may have. Without a bound the programs here show the same
/// outcomes and no others, but IRIW alone takes more than a minute.
const PREEMPTIONS: usize = 2;

/// Runs `program` under every schedule that loom tells apart, up to the first that fails, whatever
/// is expected.
pub(super) fn explore_outcomes(program: fn() -> Outcome, _expected: &Outcomes) -> Outcomes {
    let seen = Arc::new(Mutex::new(Outcomes::new()));
    let record = Arc::clone(&seen);
    let mut builder = Builder::new();
    builder.preemption_bound = Some(PREEMPTIONS);
    let run = quietly(|| {
        builder.check(move || {
            let outcome = program();
            record.lock().unwrap().insert(outcome);
        });
    });
    let mut outcomes = std::mem::take(&mut *seen.lock().unwrap());
    outcomes.extend(run.err().map(|payload| super::outcome_of_panic(&*payload)));
    outcomes
}
