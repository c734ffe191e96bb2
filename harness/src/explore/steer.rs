//! Steers a program into a deadlock that was predicted from an execution without one.
//!
//! Each task of the predicted circle is held back when it is about to take the lock that it will not get, until the others have
//! come as far, each with the lock that the one before it wants (Joshi, Park, Sen, Naik: A randomized dynamic program
//! analysis technique for detecting real deadlocks, PLDI 2009). If nobody else can step before that, the first of those who are held
//! is let go. What is decided besides is ordinary at the first try, and random at others.
//!
//! A prediction is nothing to report, and what it leads to is: a failing execution like any other, with a schedule that replays.

use super::exhaustive::{Names, TaskName};
use super::exploration::{AUDIT_EVERY, Failure, Shared, fail};
use super::worker::Worker;
use super::{Choices, Random};
use crate::engine::Execution;
use crate::engine::execution::Ending;
use crate::engine::teardown::Remains;
use crate::findings::explain;
use crate::findings::lock_order::{Prediction, predict};
use crate::kernel::TaskId;

/// One in so many executions is looked at, the first among them; and fewer after this many.
const EVERY: u64 = 100;
const MANY: u64 = 10_000;
const SELDOM: u64 = 1_000;
const _: () =
    assert!(EVERY.is_multiple_of(AUDIT_EVERY) && SELDOM.is_multiple_of(AUDIT_EVERY), "others are not looked at");

/// How often it is tried to get into one predicted deadlock.
const TRIES: u64 = 4;

/// How many more steps than twice as many as before such a try may take.
const SLACK: u64 = 1_000;

/// Longer executions (steps) are not recorded for this.
const LONGEST: u64 = 50_000;

/// The chooser: see the module's documentation.
#[derive(Debug)]
pub(crate) struct Steered {
    /// Whom to hold back after how many steps of its own.
    holds: Vec<(TaskName, u32)>,
    names: Names,
    /// By task, how many steps it has taken.
    steps: Vec<u32>,
    random: Option<Box<Random>>,
}

impl Steered {
    fn new(holds: Vec<(TaskName, u32)>, random: Option<Box<Random>>) -> Steered {
        let mut names = Names::default();
        names.add(TaskName::CLOCK);
        names.add(TaskName::ROOT);
        Steered { holds, names, steps: vec![0; 2], random }
    }

    pub(crate) fn task_added(&mut self, parent: TaskId, ordinal: u32) {
        self.names.add(self.names.of(parent).child(ordinal));
        self.steps.push(0);
    }

    pub(crate) fn performed(&mut self, task: TaskId) {
        self.steps[task.index()] += 1;
    }

    fn is_held(&self, task: TaskId) -> bool {
        self.holds.contains(&(self.names.of(task), self.steps[task.index()]))
    }

    pub(crate) fn task(&mut self, choices: &Choices<'_>) -> TaskId {
        let free: Vec<TaskId> = choices.enabled.iter().filter(|task| !self.is_held(*task)).collect();
        if free.is_empty() {
            if choices.clock {
                return TaskId::CLOCK;
            }
            // The others do not come without it.
            let first = choices.default();
            let (name, steps) = (self.names.of(first), self.steps[first.index()]);
            self.holds.retain(|hold| *hold != (name, steps));
            return first;
        }
        match &mut self.random {
            Some(random) => free[random.below(free.len() as u32) as usize],
            None if free.contains(&choices.current) => choices.current,
            None => free[0],
        }
    }

    pub(crate) fn alternative(&mut self, n: u32) -> u32 {
        self.random.as_mut().map_or(0, |random| random.below(n))
    }
}

/// Whether a passing execution with this number is looked at.
pub(super) fn is_sampled(execution: u64) -> bool {
    execution.is_multiple_of(if execution < MANY { EVERY } else { SELDOM })
}

/// Looks for locks that were taken in opposite orders in the last execution of `worker`, which passed, and tries to get into the
/// deadlocks that they may lead to. What fails on the way is a failure of execution number `execution`.
pub(super) fn predict_and_steer(shared: &Shared, worker: &mut Worker, execution: u64) -> Remains {
    if worker.steps() > LONGEST || !worker.uses_several_locks() {
        return Remains::Clean;
    }
    let (predictions, remains) = worker.look_again(&shared.test, named);
    if remains != Remains::Clean {
        return remains;
    }
    // Who waits in a loop for somebody who is held may do so for ever, which says nothing.
    let most = worker.steps().saturating_mul(2).saturating_add(SLACK);
    for (number, holds) in (0..).zip(predictions) {
        for attempt in 0..TRIES {
            let random = (attempt > 0).then(|| {
                let mut random = Box::new(Random::new(shared.settings.seed));
                random.seek(execution + number * TRIES + attempt);
                random
            });
            let remains = worker.steer(&shared.test, Box::new(Steered::new(holds.clone(), random)), most);
            let ending = worker.ending();
            let kind = explain::kind_of(ending, shared.settings.allow_leaks);
            if let Some(kind) = kind.filter(|_| !matches!(ending, Ending::Contended(_) | Ending::StepLimit)) {
                let decisions = worker.decisions().clone();
                let failure = Failure { execution, kind, decisions, detail: None, steered: true };
                fail(shared, worker.signature().to_owned(), failure);
                return remains;
            }
            if remains != Remains::Clean {
                return remains;
            }
        }
    }
    Remains::Clean
}

/// What the record of an execution predicts, with names that mean the same in others.
fn named(execution: &Execution) -> Vec<Vec<(TaskName, u32)>> {
    let mut names = Names::default();
    names.add(TaskName::CLOCK);
    names.add(TaskName::ROOT);
    for person in execution.people().iter().skip(2) {
        names.add(names.of(person.parent).child(person.ordinal));
    }
    let name =
        |Prediction { waits }: Prediction| waits.into_iter().map(|(task, steps)| (names.of(task), steps)).collect();
    predict(&execution.recorder.steps).into_iter().map(name).collect()
}
