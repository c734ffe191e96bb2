//! Programs on Reweave, at random.

use std::sync::{Arc, Mutex};

use ::reweave::{Checker, Finding, FindingKind, Strategy};

use crate::{Outcome, Outcomes};

/// The types of programs on Reweave.
pub(crate) mod api {
    pub(crate) use ::reweave::sync::atomic::{AtomicU64, Ordering::SeqCst};
    pub(crate) use ::reweave::sync::{Arc, Barrier, Condvar, Mutex, Once, OnceLock, RwLock, mpsc};
    pub(crate) use ::reweave::thread;

    super::super::tasks!();
}

/// How many schedules a program is run under before it is asked whether all has been seen.
const SCHEDULES: u64 = 3_000;

/// How often it is asked. The rarest outcome, one of IRIW's, comes once in four thousand schedules.
const ROUNDS: u64 = 20;

/// Runs `program` under random schedules.
pub(super) fn explore_outcomes(program: fn() -> Outcome, expected: &Outcomes) -> Outcomes {
    let mut seen = Outcomes::new();
    for seed in 1..=ROUNDS {
        seen.append(&mut explore_round(program, seed));
        if seen.is_superset(expected) {
            break;
        }
    }
    seen
}

/// Runs one round. A label is recorded as the last thing that an execution does, so a failed one
/// leaves a finding instead.
fn explore_round(program: fn() -> Outcome, seed: u64) -> Outcomes {
    let seen = Arc::new(Mutex::new(Outcomes::new()));
    let record = Arc::clone(&seen);
    let report =
        Checker::new().strategy(Strategy::Random).schedules(SCHEDULES).seed(seed).keep_going(true).explore(move || {
            let outcome = program();
            record.lock().unwrap().insert(outcome);
        });
    let mut outcomes = std::mem::take(&mut *seen.lock().unwrap());
    outcomes.extend(report.findings().iter().map(outcome_of));
    outcomes
}

/// The outcome of a failed execution.
fn outcome_of(finding: &Finding) -> Outcome {
    match finding.kind() {
        // The message says who panicked where, and then what the panic said.
        FindingKind::Panic => {
            let said = finding.message().split_once(": ").map_or("", |(_, said)| said);
            format!("panic: {}", said.lines().next().unwrap_or_default())
        }
        kind => format!("{kind:?}").to_lowercase(),
    }
}
