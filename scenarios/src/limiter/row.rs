//! The row of the gallery: what the limiters and their twins are put through.

use reweave::time::Duration;

use super::variant::{ClockOutsideLock, Correct, RefillRace};
use super::workload::{self, Plan};
use super::{FixedWindow, LeakyBucket, Rate, SlidingCounter, SlidingLog, TokenBucket};
use crate::gallery::{Kind, Scenario, Variant};

/// Short enough to be waited for on real threads.
const SHORT: Duration = Duration::from_millis(2);

/// So long that nothing comes due while a workload runs.
const LONG: Duration = Duration::from_secs(3600);

fn rate(limit: u32, period: Duration) -> Rate {
    Rate::new(limit, period).expect("neither of the two is 0")
}

fn tokens(burst: u32) -> TokenBucket {
    TokenBucket::new(rate(1, SHORT)).burst(burst).expect("the burst is small")
}

/// Some callers ask once, another twice with the period of a limiter in between: one may be held up while the others go on.
fn held_up(callers: usize) -> Plan {
    let mut requests = vec![1; callers];
    requests[callers - 1] = 2;
    Plan { requests, rest: SHORT }
}

/// A service on a busy day.
const CALLERS: usize = 20;

/// The row of the gallery.
pub fn scenario() -> Scenario {
    Scenario {
        number: 9,
        name: "rate-limiters",
        about: "five rate limiters, shared by many callers, on the virtual clock",
        variants: correct().into_iter().chain(twins()).collect(),
    }
}

fn correct() -> Vec<Variant> {
    vec![
        Variant::proved("fixed-window", "three callers rush to two places in the hour", || {
            workload::rush::<_, Correct>(FixedWindow::new(rate(2, LONG)), 3);
        }),
        Variant::proved("sliding-log", "the same, with a log of what passed in the last hour", || {
            workload::rush::<_, Correct>(SlidingLog::new(rate(2, LONG)), 3);
        }),
        Variant::proved("sliding-counter", "the same, with an estimate of what passed in the last hour", || {
            workload::rush::<_, Correct>(SlidingCounter::new(rate(2, LONG)), 3);
        }),
        Variant::proved("token-bucket", "three callers rush to two tokens", || {
            workload::rush::<_, Correct>(TokenBucket::new(rate(2, LONG)), 3);
        }),
        Variant::proved(
            "leaky-bucket",
            "one of three callers goes, one waits in line, one finds the line full",
            || {
                let bucket = LeakyBucket::new(rate(1, LONG)).queue(1).expect("the line is short");
                workload::rush::<_, Correct>(bucket, 3);
            },
        ),
        Variant::proved("held-up-at-a-window", "a caller is held up over the end of a window", || {
            workload::answers::<_, Correct>(FixedWindow::new(rate(1, SHORT)), held_up(3));
        })
        .elastic(),
        Variant::proved("held-up-at-a-log", "the same, with a log", || {
            workload::answers::<_, Correct>(SlidingLog::new(rate(1, SHORT)), held_up(3));
        })
        .elastic(),
        Variant::proved("held-up-at-a-counter", "the same, with an estimate", || {
            workload::answers::<_, Correct>(SlidingCounter::new(rate(2, SHORT)), held_up(3));
        })
        .elastic(),
        Variant::proved("held-up-at-a-bucket", "the same, while a token comes in", || {
            workload::answers::<_, Correct>(tokens(1), held_up(3));
        })
        .elastic(),
        Variant::proved("held-up-in-line", "the same, while the line moves on", || {
            workload::answers::<_, Correct>(LeakyBucket::new(rate(1, SHORT)), held_up(3));
        })
        .elastic(),
        Variant::proved("one-token", "a token comes in, and two callers are there for it", || {
            workload::comes_due::<_, Correct>(tokens(1), 2);
        }),
        Variant::proved("boundary", "a fixed window lets twice its limit pass in a moment, as it must", || {
            workload::twice_the_limit::<Correct>(rate(2, SHORT));
        })
        .simulated(),
        Variant::survives("demand-by-the-window", "twenty callers wait for their turns, ten in a window", || {
            workload::demand::<_, Correct>(FixedWindow::new(rate(10, SHORT)), CALLERS, 2);
        })
        .schedules(SAMPLE)
        .simulated(),
        Variant::survives("demand-by-the-log", "the same, ten in any period", || {
            workload::demand::<_, Correct>(SlidingLog::new(rate(10, SHORT)), CALLERS, 2);
        })
        .schedules(SAMPLE)
        .simulated(),
        Variant::survives("demand-by-the-counter", "the same, ten by estimate", || {
            workload::demand::<_, Correct>(SlidingCounter::new(rate(10, SHORT)), CALLERS, 2);
        })
        .schedules(SAMPLE)
        .simulated(),
        Variant::survives("demand-by-the-token", "the same, with a burst of ten", || {
            workload::demand::<_, Correct>(tokens(10), CALLERS, 2);
        })
        .schedules(SAMPLE)
        .simulated(),
        Variant::survives("demand-in-line", "the same, and ten wait in line", || {
            let bucket = LeakyBucket::new(rate(1, SHORT)).queue(10).expect("the line is not long");
            workload::demand::<_, Correct>(bucket, CALLERS, 2);
        })
        .schedules(SAMPLE)
        .simulated(),
    ]
}

/// Executions of each algorithm with many callers.
const SAMPLE: u64 = 100;

fn twins() -> Vec<Variant> {
    vec![
        Variant::fails(
            "refill-race",
            "two callers fill the same old bucket, and a token is there twice",
            Kind::Panic,
            "not those of a limiter with a single caller",
            || workload::comes_due::<_, RefillRace>(tokens(1), 2),
        ),
        Variant::fails(
            "clock-outside-lock",
            "a caller comes with an old time, and its window forgets what it counted",
            Kind::Panic,
            "not those of a limiter with a single caller",
            || workload::answers::<_, ClockOutsideLock>(FixedWindow::new(rate(1, SHORT)), held_up(2)),
        )
        .elastic(),
        Variant::fails(
            "clock-outside-bucket",
            "a caller comes with an old time, and its bucket fills twice in the same time",
            Kind::Panic,
            "not those of a limiter with a single caller",
            || {
                let plan = Plan { requests: vec![1, 3], rest: SHORT * 2 / 5 };
                workload::answers::<_, ClockOutsideLock>(tokens(1), plan);
            },
        )
        .elastic(),
    ]
}
