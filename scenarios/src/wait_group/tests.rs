//! The fan-out and its twins, explored; and one batch alone.

use super::FanOut;
#[cfg(feature = "sim")]
use super::variant::Correct;
#[cfg(feature = "sim")]
use super::workload;

crate::testing::row!(super::scenario);

#[cfg(feature = "sim")]
#[test]
fn the_guarantees_hold_for_any_number_of_jobs() {
    crate::testing::explore_with(&super::scenario(), 0..6_usize, |jobs| {
        workload::complete::<Correct>(jobs);
        workload::one_panics::<Correct>(jobs);
        workload::two_batches::<Correct>(jobs);
    });
}

#[test]
fn no_jobs_have_no_results() {
    let none: [fn() -> u8; 0] = [];
    assert_eq!(FanOut::<super::variant::Correct>::default().run(none), []);
}

#[test]
fn a_job_may_run_a_batch_of_its_own() {
    let fan_out: FanOut = FanOut::new();
    let sums = fan_out.run([1, 2].map(|factor| {
        move || {
            let inner: FanOut = FanOut::new();
            inner.run([3, 4].map(|number| move || factor * number)).into_iter().map(Result::unwrap).sum::<i32>()
        }
    }));
    assert_eq!(sums, [Ok(7), Ok(14)]);
}

#[test]
fn the_error_says_what_the_job_said() {
    let fan_out: FanOut = FanOut::new();
    let results = fan_out.run([|| -> u8 { panic!("no route") }]);
    assert_eq!(results[0].as_ref().unwrap_err().to_string(), "it panicked: no route");
}
