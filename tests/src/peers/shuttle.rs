//! Programs on shuttle, at random.
//!
//! Shuttle ends a run at the first failed execution. The scheduler lives on here beyond the run,
//! and the next run goes on with the schedule after the failed one.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use ::shuttle::scheduler::{RandomScheduler, Schedule, Scheduler, Task, TaskId};
use ::shuttle::{Config, FailurePersistence, Runner};

use super::quiet::quietly;
use crate::{Outcome, Outcomes};

/// The types of programs on shuttle.
pub(crate) mod api {
    pub(crate) use ::shuttle::sync::atomic::{AtomicU64, Ordering::SeqCst};
    pub(crate) use ::shuttle::sync::{Arc, Barrier, Condvar, Mutex, Once, RwLock, mpsc};
    pub(crate) use ::shuttle::thread;

    super::super::tasks!();
}

/// How many schedules a program is run under before it is asked whether all has been seen.
const SCHEDULES: usize = 2_000;

/// How often it is asked. The rarest outcome, one of IRIW's, comes once in four thousand schedules.
const ROUNDS: u64 = 30;

/// After how many failed executions a round ends: shuttle leaks their stacks, and there is a limit
/// to how many mappings a process may have.
const FAILURES: usize = 100;

/// Runs `program` under random schedules.
pub(super) fn explore_outcomes(program: fn() -> Outcome, expected: &Outcomes) -> Outcomes {
    let seen = Arc::new(Mutex::new(Outcomes::new()));
    for seed in 1..=ROUNDS {
        explore_round(program, seed, &seen);
        if seen.lock().unwrap().is_superset(expected) {
            break;
        }
    }
    std::mem::take(&mut *seen.lock().unwrap())
}

/// Runs one round and adds the outcomes to `seen`.
fn explore_round(program: fn() -> Outcome, seed: u64, seen: &Arc<Mutex<Outcomes>>) {
    let mut config = Config::new();
    config.failure_persistence = FailurePersistence::None;
    config.silence_warnings = true;
    let scheduler = Lasting(Rc::new(RefCell::new(RandomScheduler::new_from_seed(seed, SCHEDULES))));
    for _ in 0..FAILURES {
        let runner = Runner::new(scheduler.clone(), config.clone());
        let record = Arc::clone(seen);
        let run = quietly(|| {
            runner.run(move || {
                let outcome = program();
                record.lock().unwrap().insert(outcome);
            })
        });
        match run {
            Ok(_) => return,
            Err(payload) => seen.lock().unwrap().insert(super::outcome_of_panic(&*payload)),
        };
    }
}

/// A scheduler that outlives the run it is given to.
#[derive(Debug, Clone)]
struct Lasting(Rc<RefCell<RandomScheduler>>);

impl Scheduler for Lasting {
    fn new_execution(&mut self) -> Option<Schedule> {
        self.0.borrow_mut().new_execution()
    }

    fn next_task(&mut self, runnable: &[&Task], current: Option<TaskId>, is_yielding: bool) -> Option<TaskId> {
        self.0.borrow_mut().next_task(runnable, current, is_yielding)
    }

    fn next_u64(&mut self) -> u64 {
        self.0.borrow_mut().next_u64()
    }
}
