//! Executions for the unit tests of the vocabularies: the engine, the random walk or a replay, and nothing around them.

use std::sync::Arc;

use crate::engine::decisions::Decisions;
use crate::engine::execution::{Ending, Execution, Limits};
use crate::engine::spawn::{Birth, run_root};
use crate::engine::{identity, panics, set_current, teardown};
use crate::explore::{Chooser, Random, Replay};
use crate::kernel::{Clock, Rules};

/// An execution that has ended.
#[derive(Debug)]
pub(crate) struct Ended<R> {
    /// What the closure returned, if it did.
    pub(crate) value: Option<R>,
    pub(crate) ending: Ending,
    pub(crate) decisions: Decisions,
}

impl<R> Ended<R> {
    /// The value of an execution without a failure.
    #[track_caller]
    pub(crate) fn value(self) -> R {
        assert_eq!(self.ending, Ending::Finished);
        self.value.expect("the root has finished")
    }
}

/// Runs `f` in `n` executions, which must not fail.
#[track_caller]
pub(crate) fn run(n: u64, f: impl Fn()) {
    values(n, f);
}

/// What `f` returns in `n` executions, which must not fail.
#[track_caller]
pub(crate) fn values<R>(n: u64, f: impl Fn() -> R) -> Vec<R> {
    explore(n, f).into_iter().map(Ended::value).collect()
}

/// Runs `f` in `n` executions with random schedules and the idle clock.
pub(crate) fn explore<R>(n: u64, f: impl Fn() -> R) -> Vec<Ended<R>> {
    explore_with(Clock::Idle, n, f)
}

/// Runs `f` in `n` executions with random schedules.
pub(crate) fn explore_with<R>(clock: Clock, n: u64, f: impl Fn() -> R) -> Vec<Ended<R>> {
    execute(clock, walks(n), f)
}

fn walks(n: u64) -> impl Iterator<Item = Chooser> {
    (0..n).map(|execution| {
        let mut random = Random::new(1);
        random.seek(execution);
        Chooser::Random(Box::new(random))
    })
}

/// [`explore`] with every step recorded.
pub(crate) fn record<R>(n: u64, f: impl Fn() -> R) -> Vec<Ended<R>> {
    execute_as(Clock::Idle, walks(n), true, f)
}

/// Runs `f` with the decisions of an earlier execution, all of which have to fit.
#[track_caller]
pub(crate) fn replay<R>(decisions: &Decisions, f: impl Fn() -> R) -> Ended<R> {
    let chooser = Chooser::Replay(Replay::new(decisions));
    let mut ended = execute(Clock::Idle, std::iter::once(chooser), f);
    let ended = ended.pop().expect("one execution");
    assert_eq!(&ended.decisions, decisions, "the program follows the schedule");
    ended
}

fn execute<R>(clock: Clock, choosers: impl Iterator<Item = Chooser>, f: impl Fn() -> R) -> Vec<Ended<R>> {
    execute_as(clock, choosers, false, f)
}

fn execute_as<R>(
    clock: Clock,
    choosers: impl Iterator<Item = Chooser>,
    recorded: bool,
    f: impl Fn() -> R,
) -> Vec<Ended<R>> {
    panics::explore_on_this_thread();
    let explorer = identity::announce("trial");
    let rules = Rules { clock, spurious_wakeups: false };
    let mut execution = Execution::new(256 * 1024, Limits { rules, max_steps: 100_000 }, Arc::default());
    let this: *mut Execution = &raw mut execution;
    let one = |chooser| {
        let epoch = explorer.begin();
        let mut value = None;
        let birth = Birth { name: None, place: std::panic::Location::caller() };
        // SAFETY: `this` lives until the end of the function and is referred to by nothing else; what the root borrows
        // outlives it, because its execution is torn down here.
        unsafe {
            (*this).chooser = chooser;
            (*this).reset(epoch, recorded);
            set_current(this);
            run_root(this, birth, || {
                value = Some(f());
                None
            });
            let remains = teardown::tear_down(this);
            set_current(std::ptr::null_mut());
            assert_eq!(remains, teardown::Remains::Clean);
            let ending = (*this).ending.clone().expect("every execution ends in some way");
            Ended { value, ending, decisions: std::mem::take(&mut (*this).decisions) }
        }
    };
    let ended = choosers.map(one).collect();
    explorer.retire();
    ended
}
