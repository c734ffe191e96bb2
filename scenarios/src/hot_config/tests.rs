//! The configuration, the service and their twins, explored; and one caller alone.

#[cfg(feature = "sim")]
use proptest::prelude::*;
use reweave::sync::mpsc;
use reweave::time::{Duration, Instant};

use super::variant::Correct;
#[cfg(feature = "sim")]
use super::workload;
use super::{Hot, Limits, Rejected, Service, Stale};
use crate::worker_pool::{BuildError, ResizeError};

crate::testing::row!(super::scenario);

#[cfg(feature = "sim")]
#[test]
fn the_guarantees_hold_under_any_limits() {
    let limits = (1..4_usize, 0..4_usize).prop_map(|(workers, waiting)| Limits { workers, waiting });
    let versions = prop::collection::vec(limits, 1..5);
    let numbers = (versions, 1..4_usize, 1..4_usize);
    crate::testing::explore_with(&super::scenario(), numbers, |(versions, clients, jobs)| {
        workload::crowd::<Correct>(versions.clone(), clients, jobs);
        workload::resizes::<Correct>(versions[0].workers + 1, versions[0].workers, jobs);
        let [from, to] = [versions.first(), versions.last()].map(|limits| *limits.expect("there is one"));
        workload::there_is_room::<Correct>(from, to, jobs.min(from.room()).min(to.room()));
        workload::changes::<Correct>(clients);
        workload::watch::<Correct>(clients, jobs as u64);
    });
}

#[test]
fn whoever_saw_an_old_version_does_not_publish() {
    let hot: Hot<&str> = Hot::new("old");
    let seen = hot.load().version();
    assert_eq!(hot.publish("new").version(), 2);
    let stale = hot.publish_if(seen, "late").expect_err("it has changed");
    assert_eq!(stale, Stale { value: "late", current: 2 });
    assert_eq!(stale.to_string(), "the configuration has changed to version 2 in the meantime");
    assert_eq!(hot.publish_if(stale.current, stale.value).map(|snapshot| snapshot.version()), Ok(3));
}

#[test]
fn a_change_that_fails_or_panics_changes_nothing() {
    let hot: Hot<u32> = Hot::new(7);
    assert_eq!(hot.try_change(|_| Err::<u32, _>("no")).err(), Some("no"));
    let died = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        hot.change(|_| std::panic::resume_unwind(Box::new("in the middle of a change")))
    }));
    assert!(died.is_err());
    assert_eq!((hot.load().version(), **hot.load()), (1, 7));
    assert_eq!(**hot.change(|seven| seven + 1), 8);
}

#[test]
fn the_patience_of_a_watcher_ends() {
    let hot: Hot<u32> = Hot::new(0);
    let begun = Instant::now();
    assert_eq!(hot.newer_than(1, Duration::from_millis(2)), None);
    assert!(begun.elapsed() >= Duration::from_millis(2));
    assert_eq!(hot.newer_than(0, Duration::ZERO), Some(hot.load()));
}

/// A service of which all workers are busy, until what is returned is dropped.
fn busy(limits: Limits) -> (Service, mpsc::Sender<()>) {
    let service = Service::new(limits).expect("the limits fit");
    let (finish, finished) = mpsc::channel::<()>();
    let finished = reweave::sync::Arc::new(reweave::sync::Mutex::new(finished));
    for _ in 0..limits.workers {
        let finished = finished.clone();
        // Nobody sends anything: this ends when the sender is dropped.
        let wait = move || assert!(finished.lock().expect("nobody panics").recv().is_err());
        service.submit(wait).expect("there is room");
    }
    (service, finish)
}

#[test]
fn the_current_limits_decide_and_nobody_is_sent_away() {
    let (service, finish) = busy(Limits { workers: 2, waiting: 1 });
    let waits = service.submit(|| "done").expect("one may wait");
    assert_eq!(service.submit(|| ()).err(), Some(Rejected::Full { version: 1 }));
    assert_eq!(service.adjust(|before| Limits { waiting: 2, ..*before }).expect("nothing is started"), 2);
    assert_eq!(service.submit(|| ()).expect("two may wait").version(), 2);
    assert_eq!(service.reconfigure(Limits { workers: 1, waiting: 0 }).expect("nothing is started"), 3);
    let full = service.submit(|| ()).expect_err("there are four already");
    assert_eq!(full.to_string(), "full by version 3 of the limits");
    drop(finish);
    assert_eq!(waits.join().expect("it does not panic"), "done");
    assert_eq!(service.stop().succeeded, 4);
    assert_eq!(service.submit(|| ()).err(), Some(Rejected::Stopped));
}

#[test]
fn a_job_that_panics_takes_no_room() {
    let service: Service = Service::new(Limits { workers: 1, waiting: 0 }).expect("the limits fit");
    let job = service
        .submit(|| -> () { std::panic::resume_unwind(Box::new("in the middle of a job")) })
        .expect("there is room");
    assert!(job.join().is_err());
    assert_eq!(service.in_hand(), 0);
    assert!(service.submit(|| ()).is_ok());
}

#[test]
fn limits_that_cannot_be_used_change_nothing() {
    let nobody = Limits { workers: 0, waiting: 1 };
    assert!(matches!(Service::<Correct>::new(nobody), Err(BuildError::ZeroWorkers)));
    let service: Service = Service::new(Limits { workers: 1, waiting: 1 }).expect("the limits fit");
    assert!(matches!(service.reconfigure(nobody), Err(ResizeError::ZeroWorkers)));
    assert_eq!((service.limits().version(), service.limits().workers), (1, 1));
    service.stop();
    assert!(matches!(service.reconfigure(Limits { workers: 2, waiting: 1 }), Err(ResizeError::Closed)));
    assert_eq!(service.limits().version(), 1);
}
