//! The supervisor and its twins, explored; and one worker alone.

#[cfg(feature = "sim")]
use proptest::prelude::*;

use reweave::sync::Arc;
use reweave::time::{Duration, Instant};

use super::ledger::Ledger;
#[cfg(feature = "sim")]
use super::variant::Correct;
#[cfg(feature = "sim")]
use super::workload;
use super::{Config, Event, Report, Supervisor};

crate::testing::row!(super::scenario);

#[cfg(feature = "sim")]
#[test]
fn the_guarantees_hold_for_any_number_of_workers_panics_and_restarts() {
    let parameters = (prop::collection::vec(0..4_usize, 0..4), 0..3_usize);
    crate::testing::explore_with(&super::scenario(), parameters, |(failures, limit)| {
        workload::restarts::<Correct>(&failures, limit);
        workload::helpers::<Correct>(failures.len(), limit);
        workload::half_a_change::<Correct>(failures.len());
    });
}

fn events(reports: impl IntoIterator<Item = Report>) -> Vec<Event> {
    reports.into_iter().map(|report| report.event).collect()
}

#[test]
fn a_worker_rests_before_it_is_restarted() {
    let pause = Duration::from_millis(20);
    let (supervisor, reports): (Supervisor, _) = Config::new(1).pause(pause).build();
    let begun = Instant::now();
    supervisor.start("worker", |_| std::panic::resume_unwind(Box::new("it is down")));
    supervisor.wait();

    assert!(begun.elapsed() >= pause);
    let panicked = Event::Panicked("it is down".to_owned());
    assert_eq!(events(reports), [panicked.clone(), Event::Restarted, panicked, Event::GivenUp]);
}

#[test]
fn a_worker_is_told_to_stop_and_has_a_name() {
    let (supervisor, reports): (Supervisor, _) = Config::new(0).build();
    supervisor.start("clock", |task| {
        assert_eq!(task.name(), "clock");
        while !task.is_stopped() {
            reweave::thread::yield_now();
        }
    });
    supervisor.stop();
    supervisor.stop();
    supervisor.wait();
    assert_eq!(reports.iter().collect::<Vec<_>>(), [Report { task: "clock".to_owned(), event: Event::Ended }]);
}

#[test]
fn nobody_needs_to_listen_to_the_reports() {
    let (supervisor, reports): (Supervisor, _) = Config::new(2).build();
    drop(reports);
    supervisor.start("worker", |_| std::panic::resume_unwind(Box::new("it is down")));
    supervisor.wait();
}

#[test]
fn a_worker_whose_property_panics_harms_nobody() {
    struct Grudge;
    impl Drop for Grudge {
        fn drop(&mut self) {
            std::panic::resume_unwind(Box::new("nobody wanted me"));
        }
    }
    let (supervisor, reports): (Supervisor, _) = Config::new(2).build();
    let grudge = Grudge;
    supervisor.start("worker", move |_| {
        let _owned = &grudge;
    });
    supervisor.wait();
    assert_eq!(events(reports), [Event::Panicked("nobody wanted me".to_owned()), Event::Ended]);
}

#[test]
fn a_ledger_forgets_half_a_change_and_its_poison() {
    let ledger = Arc::new(Ledger::<_>::new(vec![1]));
    let theirs = Arc::clone(&ledger);
    let died = reweave::thread::spawn(move || {
        theirs.change(|numbers| {
            numbers.push(2);
            std::panic::resume_unwind(Box::new("halfway"))
        })
    });
    let died: reweave::thread::Result<()> = died.join();
    assert!(died.is_err());
    assert_eq!(ledger.get(), [1]);
    assert_eq!(ledger.change(|numbers| numbers.pop()), Some(1));
    assert_eq!(ledger.get(), []);
}
