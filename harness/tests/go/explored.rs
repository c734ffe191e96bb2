//! What only an exploration shows: exact counts, deadlocks, leaks, and misuse in the schedules in which Go could see it.

use reweave::go::{self, Chan, Context, Once, Timer, WaitGroup};
use reweave::time::Duration;
use reweave::{Checker, Clock, FindingKind, Report, Strategy};

const SECOND: Duration = Duration::from_secs(1);

fn all(clock: Clock, body: fn()) -> Report {
    Checker::new().strategy(Strategy::Exhaustive).clock(clock).keep_going(true).explore(body)
}

#[track_caller]
fn count(clock: Clock, body: fn()) -> u64 {
    let report = all(clock, body);
    assert!(report.finding().is_none(), "{}", report.finding().unwrap().render());
    report.schedules()
}

#[track_caller]
fn fails(body: fn()) -> (FindingKind, String) {
    let report = all(Clock::Idle, body);
    let finding = report.finding().expect("it fails");
    (finding.kind(), finding.message().to_owned())
}

#[test]
fn a_select_among_two_has_two_outcomes() {
    let body = || {
        let (a, b) = (Chan::new(1), Chan::new(1));
        a.send(1);
        b.send(2);
        go::select! {
            recv(a) => {}
            recv(b) => {}
        }
    };
    assert_eq!(count(Clock::Idle, body), 2);
}

#[test]
fn a_select_among_three_sends_to_one_channel_has_as_many() {
    let body = || {
        let channel = Chan::new(1);
        go::select! {
            send(channel, 1) => {}
            send(channel, 2) => {}
            send(channel, 3) => {}
        }
    };
    assert_eq!(count(Clock::Idle, body), 3);
}

#[test]
fn a_timer_that_is_stopped_may_have_fired_on_an_elastic_clock() {
    // Whether it fired and nobody received, or was stopped: the answer is the same, as in Go.
    let body = || {
        let timer = Timer::new(SECOND);
        assert!(timer.stop());
    };
    assert_eq!(count(Clock::Elastic, body), 2);
    assert_eq!(count(Clock::Idle, body), 1);
}

#[test]
fn a_function_that_is_stopped_may_have_been_started() {
    let body = || {
        let called = Chan::new(1);
        let theirs = called.clone();
        let timer = go::after_func(SECOND, move || theirs.send(()));
        if !timer.stop() {
            assert_eq!(called.recv(), Some(()));
        }
    };
    assert_eq!(count(Clock::Elastic, body), 2);
    assert_eq!(count(Clock::Idle, body), 1);
}

#[test]
fn timers_of_equal_deadline_fire_in_either_order() {
    let body = || {
        let (a, b) = (Timer::new(SECOND), Timer::new(SECOND));
        go::select! {
            recv(a.c()) => {}
            recv(b.c()) => {}
        }
    };
    let orders = count(Clock::Idle, body);
    assert!(orders >= 2, "{orders}");
}

#[test]
fn nil_and_empty_selects_are_deadlocks() {
    let bodies: [fn(); 4] = [
        || Chan::<u8>::nil().send(1),
        || assert_eq!(Chan::<u8>::nil().recv(), None),
        || go::select! {},
        || {
            go::select! {
                recv(Chan::<u8>::nil()) => {}
                send(Chan::nil(), 1_u8) => {}
            }
        },
    ];
    for body in bodies {
        let (kind, text) = fails(body);
        assert_eq!(kind, FindingKind::Deadlock);
        assert!(text.contains("for ever"), "{text}");
    }
}

#[test]
fn a_once_that_calls_itself_is_a_deadlock() {
    let (kind, text) = fails(|| {
        let once = Once::new();
        once.do_once(|| once.do_once(|| {}));
    });
    assert_eq!(kind, FindingKind::Deadlock);
    assert!(text.contains("initialisation of Once"), "{text}");
}

#[test]
fn a_panic_of_a_goroutine_is_a_finding() {
    let (kind, text) = fails(|| {
        let channel = Chan::new(1);
        channel.close();
        go::spawn(move || channel.send(1));
    });
    assert_eq!(kind, FindingKind::Panic);
    assert!(text.contains("send on closed channel"), "{text}");
}

#[test]
fn a_goroutine_that_nobody_receives_from_is_a_leak() {
    let (kind, text) = fails(|| {
        let answers = Chan::new(0);
        let theirs = answers.clone();
        go::spawn(move || theirs.send(1));
    });
    assert_eq!(kind, FindingKind::Leak);
    assert!(text.contains("for a receiver at chan"), "{text}");
    assert!(text.contains("explored.rs"), "{text}");
}

#[test]
fn a_goroutine_that_waits_for_a_context_that_nobody_cancels_is_named() {
    let (kind, text) = fails(|| {
        let (context, _never_called) = Context::background().with_cancel();
        go::spawn(move || assert_eq!(context.done().recv(), None));
    });
    assert_eq!(kind, FindingKind::Leak);
    assert!(text.contains("Context"), "{text}");
    assert!(text.contains("nobody has cancelled"), "{text}");
}

#[test]
fn a_group_that_is_raised_while_somebody_leaves_is_misused() {
    let body = || {
        let group = WaitGroup::new();
        group.add(1);
        let theirs = group.clone();
        go::spawn(move || {
            theirs.done();
            theirs.add(1);
            theirs.done();
        });
        group.wait();
    };
    let report = all(Clock::Idle, body);
    let texts: Vec<String> = report.findings().iter().map(|finding| finding.message().to_owned()).collect();
    for message in [
        "sync: WaitGroup is reused before previous Wait has returned",
        "sync: WaitGroup misuse: Add called concurrently with Wait",
    ] {
        assert!(texts.iter().any(|text| text.contains(message)), "{message}: {texts:?}");
    }
}

#[test]
fn a_channel_belongs_to_its_side() {
    let outside = Chan::<u8>::new(1);
    let report = Checker::new().schedules(1).explore(move || outside.send(1));
    let finding = report.finding().expect("it is used on the wrong side");
    assert!(finding.message().contains("the chan created at"), "{}", finding.message());
    assert!(finding.message().contains("outside executions is used by"), "{}", finding.message());
}

#[test]
fn a_deadline_that_nobody_cancels_is_no_leak() {
    assert!(
        count(Clock::Idle, || {
            let (_context, _cancel) = Context::background().with_timeout(SECOND);
        }) >= 1
    );
}

#[test]
fn a_timer_that_nobody_stops_is_no_failure() {
    assert_eq!(
        count(Clock::Idle, || {
            let _timer = Timer::new(SECOND);
        }),
        1
    );
}

#[test]
fn a_deadline_and_a_cancellation_race() {
    // Each of the two can be first, and everybody agrees which it was.
    let body = || {
        let (context, cancel) = Context::background().with_timeout(SECOND);
        let (child, _cancel_child) = context.with_cancel();
        cancel.cancel();
        child.done().recv();
        assert_eq!(child.err(), context.err());
    };
    let executions = count(Clock::Elastic, body);
    assert!(executions >= 2, "{executions}");
    assert_eq!(count(Clock::Idle, body), 1);
}

#[test]
fn the_semaphore_serves_in_order_in_every_schedule() {
    let body = || {
        let slots = go::Semaphore::new(1);
        let group = WaitGroup::new();
        for _ in 0..2 {
            let slots = slots.clone();
            group.go(move || {
                slots.acquire(&Context::background(), 1).unwrap();
                slots.release(1);
            });
        }
        group.wait();
        assert!(slots.try_acquire(1));
    };
    assert!(count(Clock::Idle, body) >= 2);
}
