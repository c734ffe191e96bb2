//! The default strategy: a proof of what is small, a sample of what is large, and no surprise in between.

use std::sync::Arc as StdArc;
use std::sync::atomic::{AtomicU64, Ordering as StdOrdering};

use reweave::sync::atomic::{AtomicU32, Ordering::SeqCst};
use reweave::sync::{Arc, Mutex};
use reweave::{Checker, FindingKind, Verdict, thread};

/// So many tasks that count under one mutex, so often each.
fn count(tasks: u32, times: u32) -> impl Fn() + Send + Sync + 'static {
    move || {
        let total = Arc::new(Mutex::new(0));
        let counting = (0..tasks).map(|_| {
            let total = Arc::clone(&total);
            thread::spawn(move || (0..times).for_each(|_| *total.lock().unwrap() += 1))
        });
        counting.collect::<Vec<_>>().into_iter().for_each(|task| task.join().unwrap());
        assert_eq!(*total.lock().unwrap(), tasks * times);
    }
}

#[test]
fn what_is_small_is_proved() {
    let report = Checker::new().explore(count(3, 2));
    assert_eq!((report.verdict(), report.schedules(), report.note()), (&Verdict::Exhaustive, 90, None));
}

#[test]
fn what_is_large_is_sampled_and_says_so() {
    for workers in [1, 2] {
        let report = Checker::new().schedules(1_000).workers(workers).explore(count(5, 5));
        assert_eq!((report.verdict(), report.schedules()), (&Verdict::Sampled, 1_000));
        let note = report.note().expect("it says what was done");
        assert!(note.starts_with("the first 250 schedules of about "), "{note}");
        assert!(note.ends_with(" by exhaustive exploration, the others at random"), "{note}");
    }
}

#[test]
fn long_executions_and_many_tasks_are_sampled_at_once() {
    for program in [count(2, 2_000), count(100, 1)] {
        let report = Checker::new().schedules(10).explore(program);
        assert_eq!((report.verdict(), report.schedules()), (&Verdict::Sampled, 10), "{report}");
    }
}

#[test]
fn a_failure_that_takes_many_coincidences_is_found_exhaustively() {
    // The random walk finds this once in some thousand schedules.
    let report = Checker::new().explore(|| {
        let turn = Arc::new(AtomicU32::new(0));
        let tasks: Vec<_> = (0..6)
            .map(|me| {
                let turn = Arc::clone(&turn);
                thread::spawn(move || turn.compare_exchange(5 - me, 6 - me, SeqCst, SeqCst))
            })
            .collect();
        tasks.into_iter().for_each(|task| drop(task.join()));
        assert_ne!(turn.load(SeqCst), 6, "every task met the turn of its neighbour");
    });
    assert_eq!(report.finding().map(reweave::Finding::kind), Some(FindingKind::Panic), "{report}");
}

#[test]
fn what_is_not_simulated_does_not_pass_for_a_proof() {
    let count = StdArc::new(AtomicU64::new(0));
    let report = Checker::new().explore(move || {
        let theirs = StdArc::clone(&count);
        count.store(0, StdOrdering::SeqCst);
        let add = |count: &AtomicU64| {
            thread::yield_now();
            let seen = count.load(StdOrdering::SeqCst);
            thread::yield_now();
            count.store(seen + 1, StdOrdering::SeqCst);
        };
        let task = thread::spawn(move || add(&theirs));
        add(&count);
        task.join().unwrap();
        assert_eq!(count.load(StdOrdering::SeqCst), 2, "an update was lost");
    });
    let finding = report.finding().expect("an update is lost in some schedules");
    assert_eq!(finding.kind(), FindingKind::Panic, "{}", finding.render());
    let note = report.note().expect("it says that exploration did not see it");
    assert!(note.contains("the program shares something that is not simulated"), "{note}");
}

#[test]
fn going_on_counts_each_finding_once() {
    let report = Checker::new().schedules(400).keep_going(true).explore(|| {
        let value = Arc::new(AtomicU32::new(0));
        let tasks: Vec<_> = (0..6)
            .map(|_| {
                let value = Arc::clone(&value);
                thread::spawn(move || value.store(value.load(SeqCst) + 1, SeqCst))
            })
            .collect();
        tasks.into_iter().for_each(|task| task.join().unwrap());
        assert_eq!(value.load(SeqCst), 6, "an update was lost");
    });
    assert_eq!((report.verdict(), report.schedules(), report.findings().len()), (&Verdict::Failed, 400, 1), "{report}");
    assert!(report.failures() > 100, "{report}");
}

#[test]
fn progress_goes_on_from_one_part_to_the_next() {
    let last = StdArc::new(AtomicU64::new(0));
    let seen = StdArc::clone(&last);
    let checker = Checker::new().schedules(4_000).on_progress(move |progress| {
        assert_eq!(progress.limit, 4_000);
        let before = seen.fetch_max(progress.schedules, StdOrdering::SeqCst);
        assert!(before <= progress.schedules, "{before} and then {}", progress.schedules);
    });
    checker.explore(count(5, 5));
    assert_eq!(last.load(StdOrdering::SeqCst), 4_000);
}
