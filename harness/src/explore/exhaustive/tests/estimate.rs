//! Estimates of the number of executions, on programs whose number is known.

use std::sync::Arc;

use super::settings;
use crate::checker::Test;
use crate::explore::exploration::estimate_after;
use crate::kernel::Clock;
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicU32, Ordering::SeqCst};
use crate::thread;

/// Each of `tasks` tasks changes one variable `times` times.
fn adders(tasks: usize, times: usize) -> Test {
    Arc::new(move || {
        let sum = AtomicU32::new(0);
        thread::scope(|scope| {
            for _ in 0..tasks {
                scope.spawn(|| (0..times).for_each(|_| _ = sum.fetch_add(1, SeqCst)));
            }
        });
    })
}

/// Every task reads what all others write.
fn readers(tasks: usize) -> Test {
    Arc::new(move || {
        let cells: Vec<AtomicU32> = (0..tasks).map(|_| AtomicU32::new(0)).collect();
        thread::scope(|scope| {
            for own in 0..tasks {
                let cells = &cells;
                scope.spawn(move || {
                    cells[own].store(1, SeqCst);
                    cells.iter().for_each(|cell| _ = cell.load(SeqCst));
                });
            }
        });
    })
}

/// Tasks with two locks, in an order that differs.
fn locks(tasks: usize) -> Test {
    Arc::new(move || {
        let (a, b) = (Mutex::new(0), Mutex::new(0));
        thread::scope(|scope| {
            for own in 0..tasks {
                let (a, b) = (&a, &b);
                scope.spawn(move || {
                    let (first, second) = if own % 2 == 0 { (a, b) } else { (b, a) };
                    *first.lock().unwrap() += 1;
                    *second.lock().unwrap() += 1;
                    *first.lock().unwrap() += 1;
                });
            }
        });
    })
}

/// One writer and readers that see some of what it writes.
fn one_writer(readers: usize, times: u32) -> Test {
    Arc::new(move || {
        let cell = AtomicU32::new(0);
        thread::scope(|scope| {
            scope.spawn(|| (0..times).for_each(|value| cell.store(value, SeqCst)));
            for _ in 0..readers {
                scope.spawn(|| _ = (cell.load(SeqCst), cell.load(SeqCst)));
            }
        });
    })
}

#[test]
fn estimates_are_of_the_right_order() {
    let settings = settings(Clock::Idle, 1);
    let programs: [(&str, Test); 7] = [
        ("adders(6, 1)", adders(6, 1)),
        ("adders(3, 3)", adders(3, 3)),
        ("adders(4, 2)", adders(4, 2)),
        ("adders(2, 7)", adders(2, 7)),
        ("readers(3)", readers(3)),
        ("locks(3)", locks(3)),
        ("one_writer(3, 4)", one_writer(3, 4)),
    ];
    for (name, test) in programs {
        let (last, all) = estimate_after(&settings, &test, u64::MAX);
        for (part, factor) in [(10, 10.0), (5, 5.0), (2, 2.0)] {
            let (estimate, executed) = estimate_after(&settings, &test, all / part);
            println!("{name}, {executed} of {all}: {estimate:.0}");
            let near = all as f64 / factor..=all as f64 * 2.0;
            assert!(near.contains(&estimate), "{name}: {estimate} at {executed} of {all}");
        }
        assert!((last - all as f64).abs() < 1e-6 * last, "{name}: {last} in the end, and there are {all}");
    }
}
