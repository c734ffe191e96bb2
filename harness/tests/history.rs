//! Histories that are recorded in executions and on real threads, and operations that proptest generates.

use std::collections::VecDeque;

use reweave::history::{History, Model};
use reweave::sync::atomic::{AtomicU32, Ordering::SeqCst};
use reweave::sync::{Arc, Mutex};
use reweave::thread;

#[derive(Clone, Copy, Debug)]
enum Operation {
    Push(u32),
    Pop,
}

#[derive(Clone, PartialEq, Eq, Hash, Default)]
struct Sequential(VecDeque<u32>);

impl Model for Sequential {
    type Operation = Operation;
    type Answer = Option<u32>;

    fn apply(&mut self, operation: &Operation) -> Option<u32> {
        match operation {
            Operation::Push(item) => {
                self.0.push_back(*item);
                None
            }
            Operation::Pop => self.0.pop_front(),
        }
    }
}

/// A queue behind a lock; the hasty one looks whether there is something to pop before it takes the lock to do so.
#[derive(Default)]
struct Queue {
    items: Mutex<Vec<u32>>,
}

impl Queue {
    fn perform(&self, operation: Operation) -> Option<u32> {
        let mut items = self.items.lock().expect("nobody panics");
        match operation {
            Operation::Push(item) => {
                items.push(item);
                None
            }
            Operation::Pop => (!items.is_empty()).then(|| items.remove(0)),
        }
    }

    fn perform_hastily(&self, operation: Operation) -> Option<u32> {
        let Operation::Pop = operation else { return self.perform(operation) };
        let first = self.items.lock().expect("nobody panics").first().copied();
        // Somebody else may pop it meanwhile.
        self.perform(Operation::Pop);
        first
    }
}

type Perform = fn(&Queue, Operation) -> Option<u32>;

/// Each task performs its operations on one queue, and the history has to have an explanation.
fn run(tasks: Vec<Vec<Operation>>, perform: Perform) {
    let (queue, history) = (Arc::new(Queue::default()), History::new());
    let start = |operations: Vec<Operation>| {
        let (queue, history) = (Arc::clone(&queue), history.clone());
        thread::spawn(move || {
            for operation in operations {
                history.record(operation, || perform(&queue, operation));
            }
        })
    };
    let started: Vec<_> = tasks.into_iter().map(start).collect();
    started.into_iter().for_each(|task| task.join().expect("the operations do not panic"));
    history.assert_linearizable(Sequential::default());
}

#[test]
fn on_real_threads_the_history_is_what_happened() {
    for _ in 0..200 {
        let task = vec![Operation::Push(1), Operation::Pop, Operation::Push(2), Operation::Pop];
        run(vec![task.clone(), task], Queue::perform);
    }
}

#[test]
fn what_panics_has_not_come_back() {
    let history: History<&str, u32> = History::new();
    let theirs = history.clone();
    let ended = thread::spawn(move || theirs.record("divide", || std::panic::resume_unwind(Box::new(()))));
    assert!(ended.join().is_err());
    assert!(history.calls()[0].is_pending());
    assert_eq!(history.record("multiply", || 6), 6);
    assert_eq!(history.calls()[1].answer, Some((6, 2)));
    assert_eq!(format!("{history:?}"), "History { calls: 2, .. }");
}

#[cfg(feature = "sim")]
mod simulated {
    use proptest::prelude::*;
    use proptest::test_runner::{RngSeed, TestError, TestRunner};
    use reweave::{Checker, Report, Strategy as Schedules, Verdict};

    use super::*;

    fn explore(name: &str, tasks: Vec<Vec<Operation>>, perform: Perform) -> Report {
        let checker = Checker::new().name(name).strategy(Schedules::Exhaustive);
        checker.explore(move || run(tasks.clone(), perform))
    }

    #[test]
    fn a_queue_behind_a_lock_is_proved_linearizable() {
        let tasks = vec![vec![Operation::Push(1), Operation::Pop], vec![Operation::Pop, Operation::Push(2)]];
        let report = explore("locked_queue", tasks, Queue::perform);
        assert_eq!(*report.verdict(), Verdict::Exhaustive, "{report}");
    }

    #[test]
    fn one_that_looks_before_it_takes_is_not() {
        let tasks = vec![vec![Operation::Push(1), Operation::Pop], vec![Operation::Pop]];
        let report = explore("hasty_queue", tasks, Queue::perform_hastily);
        let finding = report.finding().expect("both pop the same");
        let message = finding.message();
        assert!(message.contains("not linearizable: no order of these 3 calls explains their answers"), "{message}");
        assert!(message.contains("task 1  Push(1) → None") && message.contains("task 2  Pop → Some(1)"), "{message}");
        assert!(message.contains("would have answered None, not Some(1)"), "{message}");
    }

    /// Operations of two or three tasks, at most six in all.
    fn operations() -> impl Strategy<Value = Vec<Vec<Operation>>> {
        let operation = prop_oneof![(1..4_u32).prop_map(Operation::Push), Just(Operation::Pop)];
        prop::collection::vec(prop::collection::vec(operation, 0..3), 2..4)
    }

    fn explore_generated(perform: Perform) -> Result<(), TestError<Vec<Vec<Operation>>>> {
        let defaults = ProptestConfig::default();
        let config = ProptestConfig { cases: 60, rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..defaults };
        TestRunner::new(config).run(&operations(), |tasks| {
            let checker = Checker::new().name("generated").strategy(Schedules::Random).schedules(200);
            let report = checker.explore(move || run(tasks.clone(), perform));
            match report.finding() {
                Some(finding) => Err(TestCaseError::fail(finding.message().to_owned())),
                None => Ok(()),
            }
        })
    }

    #[test]
    fn generated_operations_find_what_is_wrong_and_shrink_to_the_shortest_that_show_it() {
        assert!(explore_generated(Queue::perform).is_ok());
        let Err(TestError::Fail(reason, tasks)) = explore_generated(Queue::perform_hastily) else {
            panic!("two tasks pop the same");
        };
        assert!(reason.message().contains("not linearizable"), "{reason}");
        let pops = tasks.iter().flatten().filter(|operation| matches!(operation, Operation::Pop)).count();
        let all: usize = tasks.iter().map(Vec::len).sum();
        assert_eq!((pops, all), (2, 3), "one pushes and two pop: {tasks:?}");
    }

    /// The ends of calls are steps: which was over before which began differs between executions that an exhaustive exploration
    /// would take for the same, if it did not see them.
    ///
    /// A cell is kept twice, and a write changes one after the other. Two readers look at one each. None of their steps depends
    /// on one of the other; but if one reads the new value and comes back, and then the other reads the old one, no order explains it.
    #[test]
    fn an_exhaustive_exploration_sees_which_call_was_over_before_which() {
        #[derive(Clone, PartialEq, Eq, Hash)]
        struct Cell(u32);

        impl Model for Cell {
            type Operation = Option<u32>;
            type Answer = u32;

            fn apply(&mut self, write: &Option<u32>) -> u32 {
                self.0 = write.unwrap_or(self.0);
                self.0
            }
        }

        let report = Checker::new().name("kept_twice").strategy(Schedules::Exhaustive).explore(|| {
            let history = History::new();
            let copies = [AtomicU32::new(0), AtomicU32::new(0)];
            thread::scope(|scope| {
                // It has the number of the first child, so that exploration begins with it.
                scope.spawn(|| history.record(None, || copies[1].load(SeqCst)));
                scope.spawn(|| history.record(None, || copies[0].load(SeqCst)));
                scope.spawn(|| {
                    history.record(Some(1), || {
                        copies.iter().for_each(|copy| copy.store(1, SeqCst));
                        1
                    })
                });
            });
            history.assert_linearizable(Cell(0));
        });
        let finding = report.finding().expect("a read of the new value is over before one of the old begins");
        assert!(finding.message().contains("would have answered 1, not 0"), "{}", finding.message());
    }
}
