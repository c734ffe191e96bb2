//! Loops that wait for somebody else, explored exhaustively.

use std::collections::BTreeSet;
use std::sync::Mutex as RealMutex;
use std::time::Duration;

use reweave::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use reweave::sync::{Arc, Mutex};
use reweave::time::Instant;
use reweave::{Checker, FindingKind, Report, Strategy, Verdict, hint, thread};

/// Explores `test`; returns the report and the set of what it returned.
fn explore<T, F>(test: F) -> (Report, BTreeSet<T>)
where
    T: Ord + Send + 'static,
    F: Fn() -> T + Send + Sync + 'static,
{
    let seen: Arc<RealMutex<BTreeSet<T>>> = Arc::default();
    let all = Arc::clone(&seen);
    let checker = Checker::new().strategy(Strategy::Exhaustive).keep_going(true).max_steps(2_000);
    let report = checker.explore(move || {
        let value = test();
        all.lock().unwrap().insert(value);
    });
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    (report, seen)
}

#[test]
fn a_loop_waits_for_what_it_reads() {
    let (report, turns) = explore(|| {
        let flag = Arc::new(AtomicBool::new(false));
        let setter = thread::spawn({
            let flag = Arc::clone(&flag);
            move || flag.store(true, SeqCst)
        });
        let mut turns = 0;
        while !flag.load(SeqCst) {
            turns += 1;
            hint::spin_loop();
        }
        setter.join().unwrap();
        turns
    });
    assert_eq!(*report.verdict(), Verdict::Exhaustive, "{report}");
    // The flag is set before the first look, after it, or after the second, from where on the loop waits.
    assert_eq!(turns, BTreeSet::from([0, 1, 2]));
    assert_eq!(report.schedules(), 3);
}

#[test]
fn a_loop_waits_for_a_lock() {
    let (report, sums) = explore(|| {
        let sum = Arc::new(Mutex::new(0));
        let tasks: Vec<_> = (1..=2)
            .map(|n| {
                let sum = Arc::clone(&sum);
                thread::spawn(move || {
                    loop {
                        if let Ok(mut sum) = sum.try_lock() {
                            *sum += n;
                            break;
                        }
                        thread::yield_now();
                    }
                })
            })
            .collect();
        tasks.into_iter().for_each(|task| task.join().unwrap());
        *sum.lock().unwrap()
    });
    assert_eq!(*report.verdict(), Verdict::Exhaustive, "{report}");
    assert_eq!(sums, BTreeSet::from([3]));
}

#[test]
fn a_loop_that_nobody_ends_is_a_livelock() {
    let (report, _) = explore(|| {
        let flag = AtomicBool::new(false);
        while !flag.load(SeqCst) {
            thread::yield_now();
        }
    });
    assert_eq!(report.finding().map(reweave::Finding::kind), Some(FindingKind::Livelock), "{report}");
}

#[test]
fn who_waits_for_what_nobody_does_is_not_starved_by_others_who_work() {
    let checker = |strategy| Checker::new().strategy(strategy).schedules(5).max_steps(2_000);
    for strategy in [Strategy::RoundRobin, Strategy::Random] {
        let report = checker(strategy).explore(|| {
            let shared = Arc::new((AtomicBool::new(false), AtomicUsize::new(0), Mutex::new(())));
            let theirs = Arc::clone(&shared);
            thread::spawn(move || {
                loop {
                    theirs.1.fetch_add(1, SeqCst);
                }
            });
            while shared.0.compare_exchange(true, false, SeqCst, SeqCst).is_err() {
                drop(shared.2.lock().unwrap());
            }
        });
        assert_eq!(report.finding().map(reweave::Finding::kind), Some(FindingKind::Livelock), "{report}");
    }
}

#[test]
fn a_loop_that_gives_up_may_do_so_at_any_time() {
    let (report, found) = explore(|| {
        let value = Arc::new(AtomicUsize::new(0));
        let setter = thread::spawn({
            let value = Arc::clone(&value);
            move || {
                value.store(1, SeqCst);
                value.store(2, SeqCst);
            }
        });
        let mut found = 0;
        for _ in 0..3 {
            found = value.load(SeqCst);
            if found != 0 {
                break;
            }
            hint::spin_loop();
        }
        let after = value.load(SeqCst);
        setter.join().unwrap();
        (found, after)
    });
    assert_eq!(*report.verdict(), Verdict::Exhaustive, "{report}");
    let expected = [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)];
    assert_eq!(found, BTreeSet::from(expected), "it gives up before, between and after the stores");
}

#[test]
fn a_loop_over_the_clock_ends() {
    let (report, late) = explore(|| {
        let start = Instant::now();
        while start.elapsed() < Duration::from_millis(3) {
            thread::yield_now();
        }
        start.elapsed() >= Duration::from_millis(3)
    });
    assert!(!report.verdict().is_failed(), "{report}");
    assert_eq!(late, BTreeSet::from([true]));
}

#[test]
fn the_result_does_not_depend_on_the_number_of_workers() {
    let run = |workers| {
        let checker = Checker::new().strategy(Strategy::Exhaustive).keep_going(true).workers(workers);
        let report = checker.explore(|| {
            let both = Arc::new((Mutex::new(0), Mutex::new(0), AtomicUsize::new(0)));
            let tasks: Vec<_> = (0..3)
                .map(|n| {
                    let both = Arc::clone(&both);
                    thread::spawn(move || {
                        let (first, second) = if n == 2 { (&both.1, &both.0) } else { (&both.0, &both.1) };
                        let _first = first.lock().unwrap();
                        *second.lock().unwrap() += 1;
                        both.2.fetch_add(1, SeqCst);
                    })
                })
                .collect();
            tasks.into_iter().for_each(|task| task.join().unwrap());
        });
        let tokens: Vec<String> = report.findings().iter().map(reweave::Finding::token).collect();
        (report.schedules(), report.failures(), report.steps(), tokens)
    };
    let one = run(1);
    assert!(one.1 > 0, "two locks in opposite orders");
    for workers in [2, 3, 5] {
        assert_eq!(run(workers), one, "{workers} workers");
    }
}
