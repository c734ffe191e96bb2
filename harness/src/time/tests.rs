use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, RefUnwindSafe, UnwindSafe, catch_unwind};

use super::*;
use crate::kernel::Clock;
use crate::thread;
use crate::trial::{Ended, explore_with, run, values};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn instants_are_as_shareable_as_those_of_std() {
    fn shareable<T: Send + Sync + UnwindSafe + RefUnwindSafe + Unpin>() {}
    shareable::<Instant>();
    shareable::<SystemTime>();
}

#[test]
fn a_million_years_pass() {
    let years = Duration::from_secs(1_000_000 * 31_556_952);
    run(10, || {
        let start = Instant::now();
        thread::sleep(years + Duration::from_nanos(1));
        let end = Instant::now();
        assert_eq!(end - start, years + Duration::from_nanos(1));
        assert_eq!(end, start + years + Duration::from_nanos(1));
        assert_eq!(end - years, start + Duration::from_nanos(1));
        thread::sleep(years);
        assert_eq!(start.elapsed(), 2 * years + Duration::from_nanos(1));
        thread::sleep(Duration::from_secs(1) - Duration::from_nanos(1));
        assert_eq!(SystemTime::now(), UNIX_EPOCH + Duration::from_secs(946_684_801) + 2 * years);
    });
}

#[test]
fn the_end_of_time_can_be_reached_and_not_passed() {
    run(1, || {
        let end = Duration::from_secs(1 << 63);
        let start = Instant::now();
        assert_eq!(start.checked_add(Duration::MAX), None, "as on a real clock");
        thread::sleep(end - SECOND);
        let late = Instant::now();
        assert_eq!(late - start, end - SECOND);
        assert_eq!(late.checked_add(SECOND), Some(start + end));
        assert_eq!(late.checked_add(SECOND + Duration::from_nanos(1)), None);
        let early = start - end;
        assert_eq!(early.checked_sub(Duration::from_nanos(1)), None);
        assert_eq!(start - early, end);
        thread::sleep(Duration::MAX - end);
        let beyond = Instant::now();
        assert_eq!(beyond - start, Duration::MAX - SECOND);
        assert_eq!(beyond - (beyond - SECOND), SECOND);
        assert_eq!(beyond.checked_add(SECOND), None);
        assert_eq!(beyond - early, Duration::MAX, "the longest there is");
        let beyond = catch_unwind(SystemTime::now).unwrap_err();
        assert!(beyond.downcast_ref::<String>().is_none_or(|text| text.contains("beyond the last")));
    });
}

#[test]
fn moments_before_the_start_exist() {
    run(1, || {
        let start = Instant::now();
        let before = start - 60 * SECOND;
        assert!(before < start);
        assert_eq!(start - before, 60 * SECOND);
        assert_eq!(before - start, Duration::ZERO);
        assert_eq!(format!("{start:?} {before:?}"), "Instant { since_start: 0ns } Instant { since_start: -60s }");
    });
}

#[test]
fn a_loop_that_only_looks_at_the_clock_ends() {
    run(50, || {
        let deadline = Instant::now() + 3600 * SECOND;
        while Instant::now() < deadline {}
    });
}

#[test]
fn a_loop_that_looks_and_yields_ends() {
    run(50, || {
        let start = Instant::now();
        while start.elapsed() < 3600 * SECOND {
            thread::yield_now();
        }
    });
}

#[test]
fn a_loop_that_looks_and_spins_ends() {
    run(50, || {
        let start = SystemTime::now();
        while start.elapsed().unwrap() < 3600 * SECOND {
            crate::hint::spin_loop();
        }
    });
}

#[test]
fn loops_that_look_end_beside_each_other_and_beside_a_sleeper() {
    for clock in [Clock::Idle, Clock::Elastic] {
        let ended = explore_with(clock, 50, || {
            let poll = |time: Duration| {
                move || {
                    let start = Instant::now();
                    while start.elapsed() < time {}
                }
            };
            let threads = [
                thread::spawn(poll(5 * SECOND)),
                thread::spawn(poll(7 * SECOND)),
                thread::spawn(|| thread::sleep(6 * SECOND)),
            ];
            threads.into_iter().for_each(|thread| thread.join().unwrap());
        });
        ended.into_iter().for_each(Ended::value);
    }
}

#[test]
fn a_look_waits_for_what_others_do() {
    let order = values(50, || {
        let start = Instant::now();
        let worker = thread::spawn(move || {
            for _ in 0..20 {
                thread::yield_now();
            }
            start.elapsed()
        });
        while start.elapsed() < SECOND {}
        worker.join().unwrap()
    });
    // The worker yields only, so that time may pass for it, too, but some of it happens before the clock moves.
    assert!(order.iter().any(|elapsed| *elapsed < SECOND));
}

#[test]
fn looks_from_several_places_in_a_row_are_no_loop() {
    run(50, || {
        let looks = || [Instant::now(), Instant::now(), Instant::now()];
        let threads = [thread::spawn(looks), thread::spawn(looks)];
        for thread in threads {
            let [first, second, third] = thread.join().unwrap();
            assert_eq!((second - first, third - second), (Duration::ZERO, Duration::ZERO));
        }
    });
}

#[test]
fn a_loop_that_looks_from_several_places_ends() {
    run(50, || {
        let start = Instant::now();
        loop {
            let early = start.elapsed() < 3600 * SECOND;
            let late = start.elapsed() >= 3600 * SECOND;
            if late || !early {
                break;
            }
        }
    });
}

#[test]
fn time_stands_still_while_tasks_work() {
    run(20, || {
        let start = Instant::now();
        let flag = std::sync::Arc::new(crate::sync::atomic::AtomicU32::new(0));
        for _ in 0..100 {
            flag.fetch_add(1, crate::sync::atomic::Ordering::SeqCst);
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
    });
}

#[test]
fn every_execution_starts_at_the_same_moment() {
    let starts: BTreeSet<_> = values(5, Instant::now).into_iter().collect();
    assert_eq!(starts.len(), 1);
    let starts: BTreeSet<_> = values(5, SystemTime::now).into_iter().collect();
    let days = Duration::from_secs(10_957 * 86_400);
    assert_eq!(starts, BTreeSet::from([UNIX_EPOCH + days]));
}

#[test]
fn moments_of_different_clocks_do_not_mix() {
    let outside = Instant::now();
    let inside = values(1, || {
        let inside = Instant::now();
        assert!(outside < inside);
        assert_ne!(outside, inside);
        for mix in [
            &|| inside - outside,
            &|| outside.duration_since(inside),
            &|| inside.saturating_duration_since(outside),
            &|| inside.checked_duration_since(outside).unwrap_or_default(),
            &|| outside.elapsed(),
        ] as [&dyn Fn() -> Duration; 5]
        {
            let payload = catch_unwind(AssertUnwindSafe(mix)).unwrap_err();
            let message = payload.downcast_ref::<String>().unwrap();
            assert!(message.contains("moments of different clocks"), "{message}");
        }
        inside
    });
    assert!(catch_unwind(|| inside[0].elapsed()).is_err());
}

#[test]
fn a_destructor_that_mixes_clocks_while_its_thread_unwinds_does_not_abort() {
    struct Timer(Instant);
    impl Drop for Timer {
        fn drop(&mut self) {
            assert_eq!(self.0.elapsed(), Duration::ZERO);
        }
    }
    let outside = Instant::now();
    run(1, || {
        let panicked = catch_unwind(|| {
            let _timer = Timer(outside);
            panic!("on purpose");
        });
        assert!(panicked.is_err());
    });
}

#[test]
fn outside_time_is_real() {
    let (start, day) = (Instant::now(), SystemTime::now());
    thread::sleep(Duration::from_millis(2));
    assert!(start.elapsed() >= Duration::from_millis(2));
    assert!(day > UNIX_EPOCH + 50 * 365 * 86_400 * SECOND);
    let mut later = start;
    later += SECOND;
    assert_eq!(later - start, SECOND);
    later -= SECOND;
    assert_eq!(later, start);
    assert_eq!(start.duration_since(start + SECOND), Duration::ZERO);
    assert_eq!(SystemTime::from(std::time::SystemTime::from(day)), day);
}
