//! Tests of the primitives: inside executions under random schedules, and outside.

mod barrier;
mod condvar;
mod lazy_lock;
mod once;
mod once_lock;
mod rwlock;
mod surface;

use std::panic::Location;
use std::sync::Arc;

use crate::engine::execution::{Ending, Execution, Limits};
use crate::engine::identity::announce;
use crate::engine::spawn::{Birth, run_root};
use crate::engine::teardown::{Remains, tear_down};
use crate::engine::{panics, set_current};
use crate::explore::{Chooser, Random};
use crate::kernel::{Clock, Rules, TaskId};
use crate::thread;

/// How many executions a test runs unless it has a reason for another number.
const EXECUTIONS: u64 = 300;

/// How an execution ended, and the message of the root's panic.
type End = (Ending, Option<String>);

const IDLE: Rules = Rules { clock: Clock::Idle, spurious_wakeups: false };
const ELASTIC: Rules = Rules { clock: Clock::Elastic, spurious_wakeups: false };
const SPURIOUS: Rules = Rules { clock: Clock::Idle, spurious_wakeups: true };

/// Runs `test` in random schedules, all of which have to pass.
fn explore(test: impl Fn()) {
    explore_with(IDLE, test);
}

fn explore_with(rules: Rules, test: impl Fn()) {
    for (execution, end) in endings(EXECUTIONS, rules, test).into_iter().enumerate() {
        assert_eq!(end, (Ending::Finished, None), "execution {execution}");
    }
}

/// Runs `test` in random schedules and says how each of them ended.
fn endings(executions: u64, rules: Rules, test: impl Fn()) -> Vec<End> {
    panics::explore_on_this_thread();
    let explorer = announce("a unit test");
    let limits = Limits { rules, max_steps: 100_000 };
    let mut execution = Box::new(Execution::new(256 * 1024, limits, Arc::default()));
    let this: *mut Execution = &raw mut *execution;
    let ends = (0..executions).map(|number| {
        let mut random = Random::new(7);
        random.seek(number);
        // SAFETY: the execution is reached through `this` only, from this thread, as long as it is the current one.
        unsafe {
            (*this).chooser = Chooser::Random(Box::new(random));
            (*this).reset(explorer.begin(), false);
            set_current(this);
            run_root(this, Birth { name: None, place: Location::caller() }, || {
                let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(&test));
                let payload = result.err()?;
                if payload.is::<panics::Abandoned>() {
                    std::panic::resume_unwind(payload);
                }
                Some(panics::note_of(&*payload))
            });
            let remains = tear_down(this);
            set_current(std::ptr::null_mut());
            assert_eq!(remains, Remains::Clean);
            let root = &(&(*this).people)[TaskId::ROOT.index()];
            let message = root.panic.as_ref().map(|note| note.message.clone());
            explorer.end();
            ((*this).ending.clone().unwrap_or(Ending::StepLimit), message)
        }
    });
    let ends = ends.collect();
    explorer.retire();
    ends
}

/// Runs `task` in `count` threads and returns what they return, in the order of their numbers.
fn together<T: Send>(count: usize, task: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let task = &task;
    thread::scope(|scope| {
        let handles: Vec<_> = (0..count).map(|number| scope.spawn(move || task(number))).collect();
        handles.into_iter().map(|handle| handle.join().unwrap()).collect()
    })
}

/// Runs `task`, which panics, in a thread, and takes the panic.
fn panics<T>(task: impl FnOnce() -> T + Send) -> String {
    let result = thread::scope(|scope| scope.spawn(move || _ = task()).join());
    let payload = result.expect_err("it panics");
    let message = payload.downcast_ref::<&str>().map(|message| (*message).to_owned());
    message.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_default()
}

#[test]
fn the_endings_of_executions_are_told() {
    let ends = endings(1, IDLE, || panic!("told"));
    assert_eq!(ends, [(Ending::Panicked(TaskId::ROOT), Some("told".to_owned()))]);
}
