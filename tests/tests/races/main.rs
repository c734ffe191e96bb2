//! Data races on checked cells: found from a single schedule, in every strategy, and never where something orders the accesses.

mod programs;
mod sound;

use std::time::Duration;

use programs::PROGRAMS;
use reweave::cell::RaceCell;
use reweave::sync::{Arc, Mutex};
use reweave::{Checker, FindingKind, Report, Strategy, Verdict, thread};

fn explore(strategy: Strategy, schedules: u64, test: impl Fn() + Send + Sync + 'static) -> Report {
    Checker::new().name("races").strategy(strategy).schedules(schedules).max_steps(5_000).explore(test)
}

#[track_caller]
fn assert_race(report: &Report, what: &str) {
    let finding = report.finding().unwrap_or_else(|| panic!("{what}: {report}"));
    assert_eq!(finding.kind(), FindingKind::DataRace, "{what}: {}", finding.render());
    assert!(finding.message().contains("nothing orders that with"), "{what}: {}", finding.message());
    assert_eq!(finding.message().matches("programs.rs:").count(), 3, "the cell and two places: {}", finding.message());
}

#[test]
fn a_single_schedule_is_enough() {
    assert!(PROGRAMS.len() >= 15);
    for (name, test) in PROGRAMS {
        let report = explore(Strategy::RoundRobin, 1, || test(false));
        assert_eq!(report.schedules(), 1);
        assert_race(&report, name);
    }
}

#[test]
fn every_strategy_finds_it_and_it_replays() {
    for (name, test) in PROGRAMS {
        for strategy in [Strategy::Random, Strategy::Exhaustive, Strategy::Bounded { preemptions: 2 }] {
            let report = explore(strategy, 50, || test(false));
            assert_race(&report, &format!("{name}, {strategy}"));
            let finding = report.finding().unwrap();
            let again = Checker::new().name("races").replay(&finding.token(), || test(false));
            assert_race(&again, &format!("{name}, {strategy}, replayed"));
            assert_eq!(again.finding().unwrap().signature(), finding.signature());
        }
    }
}

#[test]
fn the_same_with_an_order_is_none() {
    for (name, test) in PROGRAMS {
        let report = explore(Strategy::RoundRobin, 1, || test(true));
        assert!(report.findings().is_empty(), "{name}: {report}");
        let report = explore(Strategy::Random, 200, || test(true));
        assert!(report.findings().is_empty(), "{name}: {report}");
        let report = explore(Strategy::Exhaustive, 20_000, || test(true));
        assert!(report.findings().is_empty(), "{name}: {report}");
        assert_eq!(*report.verdict(), Verdict::Exhaustive, "{name}: {report}");
    }
}

#[test]
fn cells_add_nothing_to_the_space_of_schedules() {
    fn locked(accesses: usize) {
        let shared = Arc::new((Mutex::new(()), RaceCell::new(0)));
        let tasks: Vec<_> = (0..3)
            .map(|_| {
                let shared = Arc::clone(&shared);
                thread::spawn(move || {
                    let _held = shared.0.lock().unwrap();
                    (0..accesses).for_each(|_| shared.1.set(shared.1.get() + 1));
                })
            })
            .collect();
        tasks.into_iter().for_each(|task| task.join().unwrap());
        assert_eq!(shared.1.get(), 3 * accesses);
    }
    let counts = [0, 1, 100].map(|accesses| {
        let report = explore(Strategy::Exhaustive, 10_000, move || locked(accesses));
        assert_eq!(*report.verdict(), Verdict::Exhaustive, "{report}");
        report.schedules()
    });
    assert_eq!(counts, [6; 3]);
}

#[test]
fn two_races_are_two_findings() {
    fn both() {
        let cells = Arc::new([RaceCell::new(0), RaceCell::new(0)]);
        let theirs = Arc::clone(&cells);
        let task = thread::spawn(move || {
            thread::yield_now();
            theirs[0].set(1);
            thread::yield_now();
            theirs[1].set(1);
        });
        thread::yield_now();
        cells[1].set(2);
        thread::yield_now();
        cells[0].set(2);
        task.join().unwrap();
    }
    let report = Checker::new().name("races").keep_going(true).schedules(200).strategy(Strategy::Random).explore(both);
    assert_eq!(report.findings().len(), 2, "{report}");
    assert!(report.findings().iter().all(|finding| finding.kind() == FindingKind::DataRace));
    let report = Checker::new().name("races").keep_going(true).strategy(Strategy::Exhaustive).explore(both);
    assert!(!report.findings().is_empty(), "{report}");
    assert!(report.findings().iter().all(|finding| finding.kind() == FindingKind::DataRace), "{report}");
}

#[test]
fn a_loop_over_a_cell_without_a_step_is_stuck() {
    let wait = Duration::from_millis(300);
    let checker = Checker::new().name("races").strategy(Strategy::Random).schedules(5).stuck_after(wait);
    let report = checker.explore(|| {
        let cell = Arc::new(RaceCell::new(false));
        let theirs = Arc::clone(&cell);
        thread::spawn(move || {
            thread::yield_now();
            theirs.set(true);
        });
        while !cell.get() {
            std::hint::spin_loop();
        }
    });
    assert_eq!(report.finding().map(reweave::Finding::kind), Some(FindingKind::Stuck), "{report}");
}
