//! What only simulation can show: that everything that can happen does.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use super::*;
use crate::time::Duration;
use crate::trial::run;
use crate::{Checker, Clock, Strategy, Verdict, thread};

const SECOND: Duration = Duration::from_secs(1);

/// What `f` returns in some execution, of all there are.
#[track_caller]
fn outcomes<R: Ord + Send + 'static>(clock: Clock, f: impl Fn() -> R + Send + Sync + 'static) -> BTreeSet<R> {
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    let all = Arc::clone(&seen);
    let checker = Checker::new().strategy(Strategy::Exhaustive).clock(clock).max_steps(1000);
    let report = checker.explore(move || {
        let outcome = f();
        all.lock().unwrap().insert(outcome);
    });
    assert_eq!(*report.verdict(), Verdict::Exhaustive, "{report}");
    std::mem::take(&mut seen.lock().unwrap())
}

fn set<R: Ord, const N: usize>(all: [R; N]) -> BTreeSet<R> {
    BTreeSet::from(all)
}

#[test]
fn every_arm_that_is_ready_is_taken() {
    let taken = outcomes(Clock::Idle, || {
        let (senders, receivers): (Vec<_>, Vec<_>) = (0..3).map(|_| bounded::<usize>(1)).unzip();
        for number in [0, 2] {
            senders[number].send(number).unwrap();
        }
        select! {
            recv(receivers[0]) -> number => number.unwrap(),
            recv(receivers[1]) -> number => number.unwrap(),
            recv(receivers[2]) -> number => number.unwrap(),
        }
    });
    assert_eq!(taken, set([0, 2]));
}

#[test]
fn a_biased_select_takes_the_first_that_is_ready() {
    let taken = outcomes(Clock::Idle, || {
        let (s, r) = bounded(1);
        let (t, q) = bounded(1);
        t.send(2).unwrap();
        let sender = thread::spawn(move || (s.send(1), s));
        let taken = select_biased! {
            recv(r) -> number => number.unwrap(),
            recv(q) -> number => number.unwrap(),
        };
        drop(sender.join().unwrap());
        taken
    });
    assert_eq!(taken, set([1, 2]), "the second only if the first is not there yet");
}

#[test]
fn default_beside_a_send() {
    for capacity in [0, 1] {
        let found = outcomes(Clock::Idle, move || {
            let (s, r) = bounded(capacity);
            let (_t, q) = bounded::<u8>(0);
            let sender = thread::spawn(move || s.send(1));
            let found = select! {
                recv(r) -> _ => true,
                recv(q) -> _ => unreachable!(),
                default => false,
            };
            drop(r);
            sender.join().unwrap().ok();
            found
        });
        assert_eq!(found, set([false, true]), "{capacity}");
    }
}

#[test]
fn a_timeout_beside_a_send() {
    for (clock, expected) in [(Clock::Idle, set([true])), (Clock::Elastic, set([false, true]))] {
        for capacity in [0, 1] {
            let came = outcomes(clock, move || {
                let (s, r) = bounded(capacity);
                let (_t, q) = bounded::<u8>(0);
                let sender = thread::spawn(move || s.send(1));
                let came = select! {
                    recv(r) -> _ => true,
                    recv(q) -> _ => unreachable!(),
                    default(SECOND) => false,
                };
                drop(r);
                sender.join().unwrap().ok();
                came
            });
            assert_eq!(came, expected, "{capacity}, {clock:?}");
        }
    }
}

#[test]
fn sending_may_time_out_on_an_elastic_clock() {
    for capacity in [0, 1] {
        let sent = outcomes(Clock::Elastic, move || {
            let (s, r) = bounded(capacity);
            if capacity == 1 {
                s.send(0).unwrap();
            }
            let receiver = thread::spawn(move || (r.recv().ok(), r));
            let sent = s.send_timeout(1, SECOND).is_ok();
            drop(s);
            drop(receiver.join().unwrap());
            sent
        });
        assert_eq!(sent, set([false, true]), "{capacity}");
    }
}

#[test]
fn a_message_beside_after() {
    let first = outcomes(Clock::Elastic, || {
        let (s, r) = bounded(1);
        let sender = thread::spawn(move || (s.send(1), s));
        let timer = after(SECOND);
        let first = select! {
            recv(r) -> _ => "message",
            recv(timer) -> moment => {
                assert!(moment.is_ok());
                "timer"
            }
        };
        drop(sender.join().unwrap());
        first
    });
    assert_eq!(first, set(["message", "timer"]));
}

#[test]
fn two_selects_meet_on_either_side() {
    let met = outcomes(Clock::Idle, || {
        let (s, r) = bounded(0);
        let (t, q) = bounded(0);
        let other = thread::spawn(move || {
            select! {
                send(s, "first") -> sent => sent.map(|()| "sent"),
                recv(q) -> message => Ok(message.unwrap()),
            }
        });
        let here = select! {
            recv(r) -> message => message.unwrap(),
            send(t, "second") -> sent => sent.map(|()| "sent").unwrap(),
        };
        (here, other.join().unwrap().unwrap())
    });
    assert_eq!(met, set([("first", "sent"), ("sent", "second")]));
}

/// Between the choice and the value anything may happen, and whoever has the message waits.
#[test]
fn a_late_value_is_waited_for_in_every_execution() {
    for capacity in [0, 1] {
        let seen = outcomes(Clock::Idle, move || {
            let (s, r) = bounded(capacity);
            let made = Arc::new(crate::sync::atomic::AtomicBool::new(false));
            let look = Arc::clone(&made);
            let receiver = thread::spawn(move || {
                let early = look.load(crate::sync::atomic::Ordering::SeqCst);
                let message = r.recv().unwrap();
                assert!(look.load(crate::sync::atomic::Ordering::SeqCst));
                (early, message)
            });
            select! {
                send(s, {
                    made.store(true, crate::sync::atomic::Ordering::SeqCst);
                    7
                }) -> sent => sent.unwrap(),
            }
            receiver.join().unwrap()
        });
        // Without a buffer nothing is chosen, and so no value made, before the receiver is there.
        let expected = if capacity == 0 { set([(false, 7)]) } else { set([(false, 7), (true, 7)]) };
        assert_eq!(seen, expected, "{capacity}");
    }
}

#[test]
fn whether_a_value_is_late_adds_no_class_if_nothing_comes_between() {
    let schedules = |dynamic: bool| {
        let checker = Checker::new().strategy(Strategy::Exhaustive);
        let report = checker.explore(move || {
            let (s, r) = bounded(1);
            let sends = thread::spawn(move || {
                if dynamic {
                    let mut select = Select::new();
                    select.send(&s);
                    select.select().send(&s, 1).unwrap();
                } else {
                    s.send(1).unwrap();
                }
                s
            });
            let receives = thread::spawn(move || (r.try_recv(), r));
            drop((sends.join().unwrap(), receives.join().unwrap()));
        });
        assert_eq!(*report.verdict(), Verdict::Exhaustive);
        report.schedules()
    };
    assert_eq!((schedules(false), schedules(true)), (2, 2));
}

#[test]
fn a_select_that_nobody_can_help_is_a_deadlock_and_says_so() {
    let report = Checker::new().explore(|| {
        let (s, r) = bounded::<u8>(0);
        let (t, q) = bounded::<u8>(1);
        select! {
            recv(r) -> _ => {}
            recv(q) -> _ => {}
        }
        drop((s, t));
    });
    let text = report.finding().expect("a deadlock").render();
    assert!(text.contains("select among 2 → waits"), "{text}");
    assert!(text.contains("to receive from channel") && text.contains(" or receive from channel"), "{text}");
}

#[test]
fn timers_stop_with_their_last_receiver() {
    run(20, || {
        let start = Instant::now();
        drop(after(SECOND));
        let ticks = tick(SECOND);
        let other = ticks.clone();
        let task = thread::spawn(move || drop(other));
        drop(ticks);
        task.join().unwrap();
        thread::sleep(SECOND * 10);
        assert_eq!(start.elapsed(), SECOND * 10);
    });
    let report = Checker::new().explore(|| {
        let (_s, r) = bounded::<u8>(0);
        drop(after(SECOND * 3600));
        let _ = r.recv();
    });
    let text = report.finding().expect("a deadlock").render();
    assert!(text.contains("stop timer"), "{text}");
}

#[test]
fn virtual_moments() {
    run(10, || {
        let start = Instant::now();
        let (once, ticks) = (after(SECOND / 2), tick(SECOND));
        assert_eq!(once.recv(), Ok(start + SECOND / 2));
        for n in 1..=3 {
            assert_eq!(ticks.recv(), Ok(start + SECOND * n));
        }
        thread::sleep(SECOND * 5 / 2);
        assert_eq!(ticks.recv(), Ok(start + SECOND * 4), "the one that was there");
        assert_eq!(ticks.recv(), Ok(start + SECOND * 6), "those that found no room are gone");
        assert_eq!(at(start + SECOND * 8).recv(), Ok(start + SECOND * 8));
        assert_eq!(at(start).recv(), Ok(start + SECOND * 8), "what is past comes at once");
    });
}

/// The message of the panic that `of` ends with.
fn message<R>(of: impl FnOnce() -> R) -> String {
    match catch_unwind(AssertUnwindSafe(of)) {
        Ok(_) => panic!("there was no panic"),
        Err(payload) => match payload.downcast::<String>() {
            Ok(message) => *message,
            Err(payload) => (*payload.downcast::<&str>().expect("a message")).to_owned(),
        },
    }
}

#[test]
fn a_channel_from_outside_is_refused_inside() {
    let (s, r) = unbounded::<u8>();
    let timer = after(SECOND);
    run(1, || {
        let (_t, q) = unbounded::<u8>();
        for found in [
            message(|| s.send(1)),
            message(|| s.clone()),
            message(|| s.len()),
            message(|| r.recv()),
            message(|| r.try_iter().next()),
            message(|| timer.try_recv()),
            message(|| select! { recv(r) -> _ => {} recv(q) -> _ => {} }),
            message(|| select! { recv(q) -> _ => {} send(s, 1) -> _ => {} default => {} }),
        ] {
            for part in ["outside executions", "main of `trial`", file!(), "crossbeam_channel", "the tested closure"] {
                assert!(found.contains(part), "`{part}` in `{found}`");
            }
        }
    });
    s.send(1).unwrap();
    assert_eq!(r.recv(), Ok(1), "it still works where it belongs");
}

#[test]
fn a_simulated_channel_is_refused_elsewhere() {
    for capacity in [None, Some(0), Some(1)] {
        let kept = Mutex::new(None);
        run(1, || *kept.lock().unwrap() = Some((channel::<u8>(capacity), tick(SECOND))));
        let ((s, r), timer) = kept.into_inner().unwrap().expect("the execution made it");
        let found = [
            message(|| s.send(1)),
            message(|| s.clone()),
            message(|| r.recv()),
            message(|| timer.recv()),
            message(|| select! { recv(r) -> _ => {} recv(never::<u8>()) -> _ => {} }),
        ];
        for found in found {
            for part in ["inside an execution", "outside", file!(), "crossbeam_channel"] {
                assert!(found.contains(part), "`{part}` in `{found}`");
            }
        }
        run(1, || assert!(message(|| s.send(1)).contains("inside another")));
        // Dropping them is fine anywhere.
        drop((s, r, timer));
    }
}

#[test]
fn moments_of_the_other_clock_are_refused() {
    let outside = Instant::now();
    let inside = Mutex::new(None);
    run(1, || {
        *inside.lock().unwrap() = Some(Instant::now());
        let (_s, r) = bounded::<u8>(0);
        assert!(message(|| r.recv_deadline(outside)).contains("different clocks"));
        assert!(message(|| at(outside)).contains("different clocks"));
    });
    let inside = inside.into_inner().unwrap().expect("the execution looked");
    let (_s, r) = bounded::<u8>(0);
    assert!(message(|| r.recv_deadline(inside)).contains("virtual clock"));
    assert!(message(|| at(inside)).contains("virtual clock"));
}

#[test]
fn an_operation_of_a_task_that_unwinds_is_given_up_quietly() {
    run(1, || {
        let (s, r) = bounded(1);
        let found = message(|| {
            let mut select = Select::new();
            select.send(&s);
            let _operation = select.select();
            panic!("{}", "on purpose");
        });
        assert_eq!(found, "on purpose");
        drop(r);
        let found = message(|| {
            let other = s.clone();
            let mut select = Select::new();
            select.send(&s);
            let _ = select.select().send(&other, 2);
        });
        assert_eq!(found, "passed a sender that wasn't selected");
    });
}

#[test]
fn executions_that_end_in_the_middle_leave_nothing_behind() {
    let report = Checker::new().strategy(Strategy::Exhaustive).keep_going(true).explore(|| {
        let (s, r) = bounded(0);
        let (t, q) = bounded::<String>(0);
        let selects = thread::spawn(move || {
            select! {
                send(s, { thread::yield_now(); "late".to_owned() }) -> _ => {}
                recv(q) -> _ => {}
            }
        });
        let receives = thread::spawn(move || r.recv());
        let sends = thread::spawn(move || t.send("other".to_owned()));
        selects.join().unwrap();
        thread::yield_now();
        assert!(!receives.is_finished() && !sends.is_finished(), "one of them will be");
    });
    assert!(report.failures() > 0, "{report}");
}
