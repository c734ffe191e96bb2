//! Virtual time: it costs nothing, it orders what sleeps, and under the elastic clock every race with a timeout goes
//! both ways.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::{Arc as StdArc, Mutex as StdMutex};

use reweave::sync::atomic::{AtomicBool, Ordering::SeqCst};
use reweave::sync::mpsc::{self, RecvTimeoutError};
use reweave::sync::{Arc, Condvar, Mutex};
use reweave::time::{Duration, Instant};
use reweave::{Checker, Clock, FindingKind, Strategy, Verdict, hint, thread};

const CLOCKS: [Clock; 2] = [Clock::Idle, Clock::Elastic];
const SCHEDULES: u64 = 2_000;
const MILLISECOND: Duration = Duration::from_millis(1);

/// Every result that `program` has in some schedule. It fails in none.
fn outcomes<T: Ord + Debug + Send + 'static>(
    clock: Clock,
    program: impl Fn() -> T + Send + Sync + 'static,
) -> BTreeSet<T> {
    let seen = StdArc::new(StdMutex::new(BTreeSet::new()));
    let sink = StdArc::clone(&seen);
    let report = Checker::new().clock(clock).schedules(SCHEDULES).explore(move || {
        let outcome = program();
        sink.lock().unwrap().insert(outcome);
    });
    if let Some(finding) = report.finding() {
        panic!("{}", finding.render());
    }
    let mut seen = seen.lock().unwrap();
    std::mem::take(&mut seen)
}

/// Explores a program that ends in every schedule; the step limit shows it if one does not.
fn ends(clock: Clock, program: impl Fn() + Send + Sync + 'static) {
    let report = Checker::new().clock(clock).schedules(200).explore(program);
    if let Some(finding) = report.finding() {
        panic!("{clock:?}: {}", finding.render());
    }
}

/// Whether an event came before a timeout.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum First {
    Event,
    Timeout,
}

/// An event that takes no time comes first while time stands still, and may come late while it flies.
fn a_race_with_a_timeout(program: impl Fn() -> First + Clone + Send + Sync + 'static) {
    assert_eq!(outcomes(Clock::Idle, program.clone()), [First::Event].into());
    assert_eq!(outcomes(Clock::Elastic, program), [First::Event, First::Timeout].into());
}

#[test]
fn a_million_years_pass_at_once() {
    let million_years = Duration::from_secs(1_000_000 * 31_556_952);
    for clock in CLOCKS {
        ends(clock, move || {
            let start = Instant::now();
            thread::sleep(million_years);
            let slept = start.elapsed();
            assert!(slept >= million_years, "{slept:?}");
        });
    }
}

#[test]
fn a_sleep_of_no_time_is_no_trouble() {
    CLOCKS.into_iter().for_each(|clock| ends(clock, || thread::sleep(Duration::ZERO)));
}

#[test]
fn a_sleep_takes_the_time_that_it_was_told_while_time_stands_still() {
    ends(Clock::Idle, || {
        let start = Instant::now();
        thread::sleep(MILLISECOND);
        assert_eq!(start.elapsed(), MILLISECOND);
    });
}

#[test]
fn every_execution_starts_at_the_same_instant() {
    let start = StdArc::new(StdMutex::new(None));
    for clock in CLOCKS {
        let start = StdArc::clone(&start);
        ends(clock, move || {
            let now = Instant::now();
            assert_eq!(*start.lock().unwrap().get_or_insert(now), now);
            thread::sleep(MILLISECOND);
        });
    }
}

#[test]
fn wait_timeout() {
    a_race_with_a_timeout(|| {
        let gate = Arc::new((Mutex::new(false), Condvar::new()));
        let theirs = Arc::clone(&gate);
        let opener = thread::spawn(move || {
            *theirs.0.lock().unwrap() = true;
            theirs.1.notify_one();
        });
        let open = gate.0.lock().unwrap();
        let (open, result) = gate.1.wait_timeout_while(open, MILLISECOND, |open| !*open).unwrap();
        let first = if *open { First::Event } else { First::Timeout };
        assert_eq!(result.timed_out(), first == First::Timeout);
        drop(open);
        opener.join().unwrap();
        first
    });
}

#[test]
fn recv_timeout() {
    a_race_with_a_timeout(|| {
        let (sender, receiver) = mpsc::channel();
        let task = thread::spawn(move || {
            let _ = sender.send(7);
            // The sender lives on, so that there is nothing but a value or a timeout.
            sender
        });
        let first = match receiver.recv_timeout(MILLISECOND) {
            Ok(7) => First::Event,
            Err(RecvTimeoutError::Timeout) => First::Timeout,
            other => panic!("{other:?}"),
        };
        drop(task.join().unwrap());
        first
    });
}

#[test]
fn park_timeout() {
    a_race_with_a_timeout(|| {
        let flag = Arc::new(AtomicBool::new(false));
        let (theirs, parked) = (Arc::clone(&flag), thread::current());
        let task = thread::spawn(move || {
            theirs.store(true, SeqCst);
            parked.unpark();
        });
        thread::park_timeout(MILLISECOND);
        let first = if flag.load(SeqCst) { First::Event } else { First::Timeout };
        task.join().unwrap();
        first
    });
}

#[test]
fn a_sleep_beside_work() {
    a_race_with_a_timeout(|| {
        let done = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&done);
        let task = thread::spawn(move || theirs.store(true, SeqCst));
        thread::sleep(MILLISECOND);
        let first = if done.load(SeqCst) { First::Event } else { First::Timeout };
        task.join().unwrap();
        first
    });
}

/// The order in which two tasks get through their sleeps.
fn order_of_sleeps(sleeps: [Duration; 2]) -> Vec<usize> {
    let order = Arc::new(Mutex::new(Vec::new()));
    let tasks: Vec<_> = (0..2)
        .map(|i| {
            let order = Arc::clone(&order);
            thread::spawn(move || {
                thread::sleep(sleeps[i]);
                order.lock().unwrap().push(i);
            })
        })
        .collect();
    tasks.into_iter().for_each(|task| task.join().unwrap());
    order.lock().unwrap().clone()
}

#[test]
fn equal_deadlines_fire_in_either_order() {
    for clock in CLOCKS {
        let seen = outcomes(clock, || order_of_sleeps([MILLISECOND; 2]));
        assert_eq!(seen, [vec![0, 1], vec![1, 0]].into(), "{clock:?}");
    }
}

#[test]
fn sleepers_wake_in_the_order_of_their_deadlines_while_time_stands_still() {
    assert_eq!(outcomes(Clock::Idle, || order_of_sleeps([2 * MILLISECOND, MILLISECOND])), [vec![1, 0]].into());
    assert_eq!(outcomes(Clock::Idle, || order_of_sleeps([MILLISECOND, 2 * MILLISECOND])), [vec![0, 1]].into());
}

#[test]
fn a_stalled_sleeper_is_overtaken_while_time_flies() {
    let seen = outcomes(Clock::Elastic, || order_of_sleeps([2 * MILLISECOND, MILLISECOND]));
    assert_eq!(seen, [vec![0, 1], vec![1, 0]].into());
}

#[test]
fn deadlines_pass_in_order_even_while_time_flies() {
    for clock in CLOCKS {
        ends(clock, || {
            let start = Instant::now();
            let sleepers: Vec<_> = (1..=5)
                .map(|i| {
                    thread::spawn(move || {
                        let deadline = start + i * MILLISECOND;
                        thread::sleep(deadline.saturating_duration_since(Instant::now()));
                        let now = Instant::now();
                        assert!(now >= deadline, "woken {:?} early", deadline - now);
                    })
                })
                .collect();
            sleepers.into_iter().for_each(|sleeper| sleeper.join().unwrap());
        });
    }
}

#[test]
fn a_poll_of_the_clock_that_yields_ends() {
    for clock in CLOCKS {
        ends(clock, || {
            let start = Instant::now();
            while start.elapsed() < MILLISECOND {
                thread::yield_now();
            }
        });
    }
}

#[test]
fn a_poll_of_the_clock_that_does_not_yield_ends() {
    for clock in CLOCKS {
        ends(clock, || {
            let start = Instant::now();
            while start.elapsed() < MILLISECOND {}
        });
    }
}

#[test]
fn a_poll_of_the_clock_beside_other_polls_ends() {
    for clock in CLOCKS {
        ends(clock, || {
            let poll = || {
                let start = Instant::now();
                while start.elapsed() < MILLISECOND {}
            };
            let other = thread::spawn(poll);
            poll();
            other.join().unwrap();
        });
    }
}

/// Spins until a task that sleeps before has set a flag.
fn spin_for_a_sleeper(between: fn()) {
    let flag = Arc::new(AtomicBool::new(false));
    let theirs = Arc::clone(&flag);
    let sleeper = thread::spawn(move || {
        thread::sleep(MILLISECOND);
        theirs.store(true, SeqCst);
    });
    while !flag.load(SeqCst) {
        between();
    }
    sleeper.join().unwrap();
}

/// Nothing tells a spin without a hint from work, so that the idle clock begins to move after thousands of steps only.
#[test]
fn a_spin_without_a_hint_does_not_stop_idle_time() {
    let report = Checker::new().clock(Clock::Idle).schedules(5).explore(|| spin_for_a_sleeper(|| ()));
    assert!(!report.verdict().is_failed(), "{report}");
}

#[test]
fn a_spin_without_a_hint_does_not_stop_elastic_time() {
    ends(Clock::Elastic, || spin_for_a_sleeper(|| ()));
}

#[test]
fn a_spin_with_a_hint_does_not_stop_time() {
    CLOCKS.into_iter().for_each(|clock| ends(clock, || spin_for_a_sleeper(hint::spin_loop)));
}

#[test]
fn a_spin_that_yields_does_not_stop_time() {
    CLOCKS.into_iter().for_each(|clock| ends(clock, || spin_for_a_sleeper(thread::yield_now)));
}

/// Waits by looking at the clock until a flag is set, for ten milliseconds at most. Somebody sets it after `sleep`.
fn poll_beside_a_sleeper(sleep: Duration, between: fn()) -> (bool, Duration) {
    let flag = Arc::new(AtomicBool::new(false));
    let theirs = Arc::clone(&flag);
    let sleeper = thread::spawn(move || {
        thread::sleep(sleep);
        theirs.store(true, SeqCst);
    });
    let start = Instant::now();
    while start.elapsed() < MILLISECOND * 10 && !flag.load(SeqCst) {
        between();
    }
    let waited = start.elapsed();
    let seen = flag.load(SeqCst);
    sleeper.join().unwrap();
    (seen, waited)
}

/// The clock does not jump to the deadline of the sleeper while somebody looks at it on the way there.
#[test]
fn a_poll_of_the_clock_beside_a_sleeper_sees_time_pass() {
    for strategy in [Strategy::Auto, Strategy::Exhaustive, Strategy::Random, Strategy::Bounded { preemptions: 2 }] {
        for between in [thread::yield_now, hint::spin_loop] {
            let explore = |sleep: u32, told: fn(bool, Duration) -> bool| {
                let report = Checker::new().strategy(strategy).schedules(500).explore(move || {
                    let (seen, waited) = poll_beside_a_sleeper(MILLISECOND * sleep, between);
                    assert!(told(seen, waited), "{seen} after {waited:?}");
                });
                if let Some(finding) = report.finding() {
                    panic!("{strategy:?}: {}", finding.render());
                }
                report
            };
            explore(100, |seen, waited| !seen && waited < MILLISECOND * 50);
            explore(1, |seen, waited| seen && waited < MILLISECOND * 10);
            let report = explore(10, |_, waited| waited < MILLISECOND * 50);
            if strategy == Strategy::Exhaustive {
                assert_eq!(*report.verdict(), Verdict::Exhaustive, "{report}");
            }
        }
    }
}

/// Somebody else yields, too, and waits for the poll to be over.
#[test]
fn a_failing_poll_of_the_clock_beside_others_who_yield_is_explained() {
    for strategy in [Strategy::Exhaustive, Strategy::Random, Strategy::Auto] {
        let report = Checker::new().strategy(strategy).schedules(200).explore(|| {
            let (flag, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
            let (theirs, over) = (Arc::clone(&flag), Arc::clone(&done));
            let sleeper = thread::spawn(move || {
                thread::sleep(MILLISECOND * 100);
                theirs.store(true, SeqCst);
            });
            let other = thread::spawn(move || {
                while !over.load(SeqCst) {
                    thread::yield_now();
                }
            });
            let start = Instant::now();
            while start.elapsed() < MILLISECOND * 10 && !flag.load(SeqCst) {
                thread::yield_now();
            }
            let seen = flag.load(SeqCst);
            done.store(true, SeqCst);
            sleeper.join().unwrap();
            other.join().unwrap();
            assert!(seen, "it was not long enough");
        });
        let finding = report.finding().unwrap_or_else(|| panic!("{strategy:?}: {report}"));
        assert_eq!(finding.kind(), FindingKind::Panic, "{strategy:?}: {}", finding.render());
        assert!(finding.message().ends_with("it was not long enough"), "{strategy:?}: {}", finding.render());
    }
}

/// The clock is hurried where no timer is armed.
#[test]
fn many_steps_before_a_poll_of_the_clock_do_not_stop_it() {
    let report = Checker::new().strategy(Strategy::Exhaustive).explore(|| {
        let start = Instant::now();
        let flag = AtomicBool::new(false);
        (0..11_000).for_each(|_| _ = flag.load(SeqCst));
        while start.elapsed() < MILLISECOND {
            thread::yield_now();
        }
    });
    assert_eq!(*report.verdict(), Verdict::Exhaustive, "{report}");
    assert!(report.steps() < 20_000, "{report}");
}
