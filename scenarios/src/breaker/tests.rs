//! The breaker and its twins, explored; and one caller alone.

#[cfg(feature = "sim")]
use proptest::prelude::*;
use reweave::time::Duration;

use super::variant::Correct;
#[cfg(feature = "sim")]
use super::workload;
use super::{CallError, CircuitBreaker, Config, ConfigError, Phase};

crate::testing::row!(super::scenario);

#[cfg(feature = "sim")]
#[test]
fn the_guarantees_hold_for_any_number_of_callers() {
    let numbers = (1..6_usize, 1..4_usize).prop_map(|numbers| numbers);
    crate::testing::explore_with(&super::scenario(), numbers, |(callers, trial_calls)| {
        workload::failures_open::<Correct>(callers);
        workload::probes::<Correct>(callers, trial_calls);
        workload::recovery::<Correct>(callers);
    });
}

fn breaker(config: Config) -> CircuitBreaker {
    config.build().expect("the numbers fit")
}

fn fail(breaker: &CircuitBreaker) {
    assert_eq!(breaker.call(|| Err::<(), _>(())), Err(CallError::Failed(())));
}

#[test]
fn only_the_last_calls_count() {
    let breaker = breaker(Config::default().window(4).minimum_calls(4).failure_rate(75));
    for outcome in [true, true, false, false, false] {
        let permit = breaker.admit().expect("it is closed so far");
        if outcome { permit.succeed() } else { permit.fail() }
    }
    // Of the last four three failed: the first success is forgotten.
    assert_eq!(breaker.phase(), Phase::Open);
}

#[test]
fn nothing_is_concluded_from_few_calls() {
    let breaker = breaker(Config::default().window(10).minimum_calls(3).failure_rate(1));
    (0..2).for_each(|_| fail(&breaker));
    assert_eq!(breaker.phase(), Phase::Closed);
    fail(&breaker);
    assert_eq!(breaker.phase(), Phase::Open);
}

#[test]
fn it_says_when_to_ask_again() {
    let breaker = breaker(Config::default().minimum_calls(1).wait(Duration::from_secs(3600)));
    fail(&breaker);
    let Err(CallError::Refused(refused)) = breaker.call(|| Ok::<_, ()>(())) else { panic!("it is open") };
    assert_eq!(refused.to_string(), "the circuit breaker is open");
    let after = refused.retry_after().expect("it is open until a certain time");
    assert!(after > Duration::from_secs(3590) && after <= Duration::from_secs(3600), "{after:?}");
}

#[test]
fn numbers_that_cannot_be_used_are_refused() {
    let error = |config: Config| config.build::<Correct>().expect_err("it cannot be used");
    assert_eq!(error(Config::default().window(0)), ConfigError::Zero { name: "window" });
    assert_eq!(error(Config::default().trial_calls(0)).to_string(), "`trial_calls` is 0, choose at least 1");
    assert_eq!(error(Config::default().failure_rate(0)), ConfigError::NotARate { percent: 0 });
    assert_eq!(error(Config::default().failure_rate(101)).to_string(), "`failure_rate` is 101, choose from 1 to 100");
    assert_eq!(error(Config::default().window(9)), ConfigError::WindowTooSmall { window: 9, minimum_calls: 10 });
}
