//! The gate and its twins, explored; and one thread alone.

use reweave::time::Duration;

#[cfg(feature = "sim")]
use super::variant::Correct;
#[cfg(feature = "sim")]
use super::workload;
use super::{Closed, Gate, Stopped};

crate::testing::row!(super::scenario);

#[cfg(feature = "sim")]
#[test]
fn the_guarantees_hold_for_any_number_of_requests_and_stops() {
    crate::testing::explore_with(&super::scenario(), (0..6_usize, 1..4_usize), |(requests, stops)| {
        workload::nothing_is_lost::<Correct>(requests, stops);
        workload::forced::<Correct>(requests.max(1));
    });
}

#[test]
fn who_is_inside_learns_that_the_time_is_up() {
    let gate: Gate = Gate::new();
    let ticket = gate.enter().expect("it is open");
    assert!(!ticket.is_forced());
    assert_eq!(gate.shutdown(Duration::ZERO), Stopped::Forced { inside: 1 });
    assert!(ticket.is_forced());
    assert_eq!(gate.enter().err(), Some(Closed));
    drop(ticket);
    assert_eq!(gate.shutdown(Duration::MAX), Stopped::Forced { inside: 1 }, "it says what the first has said");
    assert_eq!(Closed.to_string(), "the service is shutting down");
}

#[test]
fn grace_beyond_the_range_of_the_clock_is_as_good_as_any() {
    let gate: Gate = Gate::new();
    assert_eq!(gate.shutdown(Duration::MAX), Stopped::Drained);
}
