//! Memory stays flat. One test at a time: they all measure the same process.

use std::sync::Mutex as StdMutex;

use reweave::sync::{Arc, Barrier, Condvar, Mutex};
use reweave::{Checker, Strategy, thread};

/// Held by the test that measures.
static MEASURING: StdMutex<()> = StdMutex::new(());

/// Bytes that are resident in memory, where the system tells.
fn resident() -> Option<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = statm.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * 4096)
}

#[test]
fn a_million_executions_do_not_grow() {
    let _alone = MEASURING.lock();
    let run = |schedules: u64| {
        let report = Checker::new().strategy(Strategy::Random).schedules(schedules).explore(|| {
            let total = Arc::new(Mutex::new(0));
            let theirs = Arc::clone(&total);
            let task = thread::spawn(move || *theirs.lock().unwrap() += 1);
            *total.lock().unwrap() += 1;
            task.join().unwrap();
        });
        assert_eq!(report.schedules(), schedules, "{report}");
    };
    run(1_000);
    let before = resident();
    run(if cfg!(debug_assertions) { 50_000 } else { 1_000_000 });
    if let (Some(before), Some(after)) = (before, resident()) {
        assert!(after < before + (16 << 20), "{} KiB more", (after - before) >> 10);
    }
}

#[test]
fn ten_thousand_tasks_live_at_once() {
    let _alone = MEASURING.lock();
    let report = Checker::new().strategy(Strategy::Random).schedules(2).explore(|| {
        let gate = Arc::new(Barrier::new(10_001));
        let tasks: Vec<_> = (0..10_000)
            .map(|_| {
                let gate = Arc::clone(&gate);
                thread::spawn(move || {
                    gate.wait();
                })
            })
            .collect();
        gate.wait();
        tasks.into_iter().for_each(|task| task.join().unwrap());
    });
    assert_eq!(report.schedules(), 2, "{report}");
    assert!(!report.verdict().is_failed(), "{report}");
    if let Some(bytes) = resident() {
        assert!(bytes < 1 << 30, "{} MiB are resident", bytes >> 20);
    }
}

#[test]
fn failing_executions_do_not_grow() {
    let _alone = MEASURING.lock();
    let run = |schedules: u64| {
        let report = Checker::new().strategy(Strategy::Random).schedules(schedules).keep_going(true).explore(|| {
            let gate = Arc::new((Mutex::new(vec![0_u8; 1000]), Condvar::new()));
            for _ in 0..100 {
                let gate = Arc::clone(&gate);
                thread::spawn(move || {
                    let own = vec![1_u8; 1000];
                    let held = gate.0.lock().unwrap();
                    drop(gate.1.wait(held));
                    drop(own);
                });
            }
            thread::park();
        });
        assert_eq!(report.failures(), schedules, "{report}");
    };
    run(20);
    let before = resident();
    run(if cfg!(debug_assertions) { 200 } else { 5_000 });
    if let (Some(before), Some(after)) = (before, resident()) {
        assert!(after < before + (16 << 20), "{} KiB more", (after - before) >> 10);
    }
}
