//! The limiters and their twins, explored; the algorithms against their definitions; and one caller alone.

use proptest::prelude::*;
use reweave::time::{Duration, Instant};

#[cfg(feature = "sim")]
use super::variant::Correct;
#[cfg(feature = "sim")]
use super::workload::{self, Plan};
use super::{
    ConfigError, Decision, Definition, FixedWindow, LeakyBucket, Rate, RateLimiter, Refused, SlidingCounter,
    SlidingLog, TokenBucket,
};

crate::testing::row!(super::scenario);

/// Something to do with each of the five algorithms.
trait Try {
    fn with<A: Definition + Send + 'static>(&self, algorithm: A);
}

#[derive(Debug, Clone)]
struct Setup {
    algorithm: usize,
    rate: Rate,
    /// The burst of the one bucket, and the line of the other.
    room: u32,
}

impl Setup {
    fn give(self, attempt: &impl Try) {
        match self.algorithm {
            0 => attempt.with(FixedWindow::new(self.rate)),
            1 => attempt.with(SlidingLog::new(self.rate)),
            2 => attempt.with(SlidingCounter::new(self.rate)),
            3 => attempt.with(TokenBucket::new(self.rate).burst(self.room).expect("it is not large")),
            _ => attempt.with(LeakyBucket::new(self.rate).queue(self.room - 1).expect("it is not long")),
        }
    }
}

/// Periods of a few nanoseconds, so that everything is rounded, and of a millisecond.
fn setups() -> impl Strategy<Value = Setup> {
    let period = prop_oneof![1..20_u64, Just(1_000_000)].prop_map(Duration::from_nanos);
    (0..5_usize, 1..5_u32, period, 1..5_u32).prop_map(|(algorithm, limit, period, room)| {
        let rate = Rate::new(limit, period).expect("neither of the two is 0");
        Setup { algorithm, rate, room }
    })
}

struct OneAfterAnother {
    pauses: Vec<Pause>,
}

#[derive(Debug, Clone)]
enum Pause {
    Of(Duration),
    UntilItMakesSense,
}

impl Try for OneAfterAnother {
    fn with<A: Definition>(&self, mut algorithm: A) {
        let (mut now, mut sense, mut passed) = (Duration::ZERO, Duration::ZERO, Vec::new());
        for pause in &self.pauses {
            now = match pause {
                Pause::Of(time) => now + *time,
                Pause::UntilItMakesSense => now.max(sense),
            };
            algorithm.advance(now);
            let defined = algorithm.passes(&passed, now);
            match algorithm.decide(now) {
                Decision::Pass { at } => {
                    assert_eq!(Some(at), defined, "at {now:?}, after {passed:?}");
                    algorithm.charge(at);
                    passed.push(at);
                }
                Decision::Refuse { until } => {
                    assert_eq!(None, defined, "at {now:?}, after {passed:?}");
                    assert!(until > now, "it makes no sense to come again at once");
                    let just_before = until - Duration::from_nanos(1);
                    assert_eq!(None, algorithm.passes(&passed, just_before), "not before {until:?}, after {passed:?}");
                    assert_ne!(None, algorithm.passes(&passed, until), "from {until:?} on, after {passed:?}");
                    sense = until;
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: proptest::test_runner::RngSeed::Fixed(1), failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn algorithms_do_what_their_definitions_say(
        setup in setups(),
        pauses in prop::collection::vec(
            prop_oneof![
                3 => Just(Pause::Of(Duration::ZERO)),
                3 => (0..12_u64).prop_map(|nanos| Pause::Of(Duration::from_nanos(nanos))),
                1 => (0..3_000_000_u64).prop_map(|nanos| Pause::Of(Duration::from_nanos(nanos))),
                2 => Just(Pause::UntilItMakesSense),
            ],
            0..40,
        ),
    ) {
        setup.give(&OneAfterAnother { pauses });
    }
}

#[cfg(feature = "sim")]
#[test]
fn the_guarantees_hold_for_any_plan() {
    struct Together(Plan);

    impl Try for Together {
        fn with<A: Definition + Send + 'static>(&self, algorithm: A) {
            let callers = self.0.requests.len();
            workload::answers::<A, Correct>(algorithm.clone(), self.0.clone());
            workload::comes_due::<A, Correct>(algorithm.clone(), callers);
            workload::demand::<A, Correct>(algorithm, callers, 2);
        }
    }

    let requests = prop::collection::vec(1..4_usize, 1..5);
    let plans = (requests, 0..1_500_u64).prop_map(|(requests, micros)| {
        let rest = Duration::from_micros(micros);
        Plan { requests, rest }
    });
    crate::testing::explore_with(&super::scenario(), (setups(), plans), |(setup, plan)| setup.give(&Together(plan)));
}

#[cfg(feature = "sim")]
#[test]
fn only_a_fixed_window_lets_twice_its_limit_pass_in_a_moment() {
    let report = reweave::Checker::new().name("boundaries").explore(|| {
        let rate = rate(2, Duration::from_millis(1));
        assert_eq!(workload::boundary::<_, Correct>(FixedWindow::new(rate), rate), 4);
        assert_eq!(workload::boundary::<_, Correct>(SlidingLog::new(rate), rate), 2);
        assert_eq!(workload::boundary::<_, Correct>(SlidingCounter::new(rate), rate), 2);
        assert_eq!(workload::boundary::<_, Correct>(TokenBucket::new(rate), rate), 2);
        assert_eq!(workload::boundary::<_, Correct>(LeakyBucket::new(rate), rate), 1);
    });
    assert!(report.finding().is_none(), "{report}");
}

fn rate(limit: u32, period: Duration) -> Rate {
    Rate::new(limit, period).expect("neither of the two is 0")
}

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn whoever_cannot_wait_so_long_is_refused_at_once_and_pays_nothing() {
    let line = RateLimiter::new(LeakyBucket::new(rate(60, HOUR)));
    assert!(line.acquire_within(Duration::ZERO).is_ok(), "the first goes at once");
    let begun = Instant::now();
    let refused = line.acquire_within(Duration::from_secs(1)).expect_err("its turn comes in a minute");
    assert!(begun.elapsed() < Duration::from_secs(30));
    assert!(refused.retry_after() <= Duration::from_secs(60));
    let pass = line.try_acquire().expect("there is a place in line");
    assert_eq!(pass.at(), refused.until(), "the turn of the one that was refused is free");
}

#[test]
fn whoever_can_wait_goes_an_interval_later() {
    let line = RateLimiter::new(LeakyBucket::new(rate(1, Duration::from_millis(2))));
    let [first, second] = [0, 1].map(|_| line.acquire_within(HOUR).expect("there is time enough"));
    assert!(second.at() - first.at() >= Duration::from_millis(2));
    assert!(Instant::now() >= second.at());
}

#[test]
fn a_condition_that_panics_costs_nothing() {
    let limiter = RateLimiter::new(SlidingLog::new(rate(1, HOUR)));
    let died = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        limiter.try_acquire_if(|_| -> Result<(), Refused> { std::panic::resume_unwind(Box::new("under the lock")) })
    }));
    assert!(died.is_err());
    assert!(limiter.try_acquire().is_ok(), "nothing was charged, and the lock does not matter");
    assert!(limiter.try_acquire().is_err());
}

#[test]
fn numbers_that_cannot_be_used_are_refused() {
    assert_eq!(Rate::new(0, HOUR), Err(ConfigError::ZeroLimit));
    assert_eq!(Rate::new(1, Duration::ZERO), Err(ConfigError::ZeroPeriod));
    assert_eq!(Rate::new(1, Duration::MAX), Err(ConfigError::TooLong));
    assert_eq!(TokenBucket::new(rate(1, HOUR)).burst(0), Err(ConfigError::ZeroBurst));
    let longest = rate(1, Duration::from_nanos(u64::MAX));
    assert_eq!(TokenBucket::new(longest).burst(2), Err(ConfigError::TooLong));
    assert_eq!(LeakyBucket::new(longest).queue(2), Err(ConfigError::TooLong));
    assert_eq!(ConfigError::ZeroLimit.to_string(), "the limit is 0, choose at least 1");
}
