//! Admission control and its twins, explored; and one request alone.

#[cfg(feature = "sim")]
use proptest::prelude::*;
use reweave::time::{Duration, Instant};

#[cfg(feature = "sim")]
use super::variant::Correct;
#[cfg(feature = "sim")]
use super::workload::{self, Size};
use super::{AdmissionControl, Config, ConfigError, Rejected, RunError, Semaphore};
use crate::limiter::{FixedWindow, LeakyBucket, Rate};

crate::testing::row!(super::scenario);

#[cfg(feature = "sim")]
#[test]
fn the_guarantees_hold_at_any_size() {
    let patience = prop_oneof![Just(Duration::ZERO), Just(Duration::from_millis(1)), Just(Duration::MAX)];
    let sizes = (1..6_usize, 1..6_u32, 1..4_usize, patience);
    let sizes = sizes.prop_map(|(requests, limit, places, patience)| Size { requests, limit, places, patience });
    crate::testing::explore_with(&super::scenario(), sizes, |size| {
        workload::rush::<Correct>(size);
        // Whoever waits is told what was true at some time in between, which is not what one step would have told it.
        workload::answers::<Correct>(Size { patience: Duration::ZERO, ..size });
        workload::day::<Correct>(size.requests, size.limit, size.places);
    });
}

const HOUR: Duration = Duration::from_secs(3600);

fn hourly(limit: u32) -> Rate {
    Rate::new(limit, HOUR).expect("neither of the two is 0")
}

fn admission(config: Config, limit: u32) -> AdmissionControl<FixedWindow> {
    config.build(FixedWindow::new(hourly(limit))).expect("there are places")
}

#[test]
fn the_limit_is_told_before_the_places() {
    let admission = admission(Config::new(1), 1);
    let _place = admission.enter().expect("there is a place");
    let rejected = admission.enter().expect_err("neither limiter nor semaphore lets it in");
    let Rejected::TooManyRequests(refused) = rejected else { panic!("{rejected}") };
    assert_eq!(rejected.to_string(), "too many requests");
    assert!(refused.retry_after() <= HOUR);
}

#[test]
fn whoever_is_refused_by_the_limiter_does_not_wait_for_a_place() {
    let admission = admission(Config::new(1).patience(HOUR), 1);
    let _place = admission.enter().expect("there is a place");
    let begun = Instant::now();
    assert!(matches!(admission.enter(), Err(Rejected::TooManyRequests(_))));
    assert!(begun.elapsed() < HOUR / 2);
}

#[test]
fn patience_ends() {
    let admission = admission(Config::new(1).patience(Duration::from_millis(2)), 3);
    let place = admission.enter().expect("there is a place");
    let begun = Instant::now();
    assert_eq!(admission.enter().expect_err("nobody leaves"), Rejected::Busy);
    assert!(begun.elapsed() >= Duration::from_millis(2));
    drop(place);
    assert!(admission.enter().is_ok());
    assert!(admission.enter().is_ok(), "busy was not charged for");
}

#[test]
fn requests_in_a_leaky_bucket_wait_for_their_turn_in_their_places() {
    let interval = Duration::from_millis(2);
    let line = LeakyBucket::new(Rate::new(1, interval).expect("neither of the two is 0"));
    let admission = Config::new(2).build(line).expect("there are places");
    let first = admission.enter().expect("there is a place");
    let _second = admission.enter().expect("there is a place");
    assert!(first.accepted().elapsed() >= interval);
    assert_eq!(admission.free_places(), 0);
}

#[test]
fn errors_of_the_work_come_through() {
    let admission = admission(Config::new(1), 2);
    let failed = admission.run(|| Err::<(), _>("not found")).expect_err("the work fails");
    assert_eq!(failed, RunError::Failed("not found"));
    assert_eq!(failed.to_string(), "not found");
    assert_eq!(RunError::<&str>::Rejected(Rejected::Busy).to_string(), "busy");
}

#[test]
fn numbers_that_cannot_be_used_are_refused() {
    let refused = Config::new(0).build(FixedWindow::new(hourly(1))).expect_err("there is no place");
    assert_eq!(refused, ConfigError::NoPlaces);
    assert_eq!(refused.to_string(), "there are 0 places, choose at least 1");
}

#[test]
fn a_permit_is_given_back_once() {
    let semaphore = Semaphore::new(2);
    let permits = [(); 2].map(|()| semaphore.try_acquire().expect("there are two"));
    assert!(semaphore.acquire_within(Duration::from_millis(1)).is_none());
    drop(permits);
    assert_eq!(semaphore.free(), 2);
}
