//! Executions that end badly leave nothing behind: a thousand failures in a row, one process.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc as StdArc, Mutex as StdMutex};

use reweave::sync::{Arc, Barrier, Condvar, Mutex, mpsc};
use reweave::{Checker, FindingKind, Report, Strategy, thread};

const TIMES: u64 = 1_000;

/// Explores a program that fails in every schedule, a thousand times.
fn fail_again_and_again(test: impl Fn() + Send + Sync + 'static) -> Report {
    let report = Checker::new().strategy(Strategy::Random).schedules(TIMES).keep_going(true).explore(move || {
        assert!(!std::thread::panicking(), "an earlier execution is still unwinding on this thread");
        assert!(!thread::panicking());
        test();
    });
    assert_eq!(report.schedules(), TIMES, "{report}");
    assert_eq!(report.failures(), TIMES, "{report}");
    report
}

/// The kinds of the findings, which must all be `kind`.
fn all_are(report: &Report, kind: FindingKind) {
    for finding in report.findings() {
        assert_eq!(finding.kind(), kind, "{}", finding.render());
    }
}

/// Counts how often it is made and dropped.
struct Counted(StdArc<AtomicU64>);

impl Counted {
    fn new(live: &StdArc<AtomicU64>) -> Counted {
        live.fetch_add(1, Ordering::Relaxed);
        Counted(StdArc::clone(live))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[test]
fn a_panic_in_the_root() {
    let report = fail_again_and_again(|| panic!("on purpose"));
    all_are(&report, FindingKind::Panic);
    assert_eq!(report.findings().len(), 1, "the same failure is one finding");
}

#[test]
fn a_panic_in_a_destructor() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("boom");
        }
    }
    let report = fail_again_and_again(|| {
        let _bomb = Bomb;
        thread::spawn(thread::yield_now).join().unwrap();
    });
    all_are(&report, FindingKind::Panic);
}

#[test]
fn a_panic_in_the_destructor_of_an_abandoned_task() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("boom");
        }
    }
    let report = Checker::new().strategy(Strategy::Random).schedules(50).keep_going(true).explore(|| {
        thread::spawn(|| {
            let _bomb = Bomb;
            thread::park();
        });
    });
    assert_eq!((report.schedules(), report.failures()), (50, 50), "{report}");
    all_are(&report, FindingKind::Leak);
}

#[test]
fn a_panic_while_holding_locks() {
    let live = StdArc::new(AtomicU64::new(0));
    let counter = StdArc::clone(&live);
    let report = fail_again_and_again(move || {
        let lock = Arc::new(Mutex::new(Counted::new(&counter)));
        let other = Arc::clone(&lock);
        let task = thread::spawn(move || {
            let _held = other.lock();
            thread::yield_now();
        });
        let _held = lock.lock();
        thread::yield_now();
        drop(task);
        panic!("with the lock in hand");
    });
    all_are(&report, FindingKind::Panic);
    assert_eq!(live.load(Ordering::Relaxed), 0, "every destructor ran");
}

#[test]
fn a_deadlock_of_a_thousand_tasks() {
    let live = StdArc::new(AtomicU64::new(0));
    let counter = StdArc::clone(&live);
    let run = move |times: u64| {
        let counter = StdArc::clone(&counter);
        let report = Checker::new().strategy(Strategy::Random).schedules(times).keep_going(true).explore(move || {
            let gate = Arc::new((Mutex::new(false), Condvar::new()));
            for _ in 0..1_000 {
                let gate = Arc::clone(&gate);
                let mine = Counted::new(&counter);
                thread::spawn(move || {
                    let mut open = gate.0.lock().unwrap();
                    while !*open {
                        open = gate.1.wait(open).unwrap();
                    }
                    drop(mine);
                });
            }
            let open = gate.0.lock().unwrap();
            drop(gate.1.wait(open));
        });
        assert_eq!((report.schedules(), report.failures()), (times, times), "{report}");
        all_are(&report, FindingKind::Deadlock);
    };
    // A thousand in release builds; a debug build spends seconds on unwinding alone.
    run(if cfg!(debug_assertions) { 30 } else { TIMES });
    assert_eq!(live.load(Ordering::Relaxed), 0, "every destructor ran");
}

#[test]
fn destructors_that_need_what_is_gone() {
    // On its way out a task joins others, sends to them, and locks what they hold.
    struct Pool {
        jobs: Option<mpsc::Sender<u32>>,
        workers: Vec<thread::JoinHandle<()>>,
        total: Arc<Mutex<u32>>,
    }
    impl Drop for Pool {
        fn drop(&mut self) {
            if let Some(jobs) = self.jobs.take() {
                let _ = jobs.send(1);
            }
            for worker in self.workers.drain(..) {
                let _ = worker.join();
            }
            match self.total.lock() {
                Ok(mut total) => *total += 1,
                Err(poisoned) => *poisoned.into_inner() += 1,
            }
        }
    }
    let report = fail_again_and_again(|| {
        let (jobs, receiver) = mpsc::channel();
        let receiver = Arc::new(Mutex::new(receiver));
        let total = Arc::new(Mutex::new(0));
        let workers = (0..3)
            .map(|_| {
                let (receiver, total) = (Arc::clone(&receiver), Arc::clone(&total));
                thread::spawn(move || {
                    loop {
                        let Ok(receiver) = receiver.lock() else { break };
                        let Ok(job) = receiver.recv() else { break };
                        *total.lock().unwrap() += job;
                    }
                })
            })
            .collect();
        let _pool = Pool { jobs: Some(jobs), workers, total: Arc::clone(&total) };
        let _held = total.lock();
        let never = Barrier::new(2);
        never.wait();
    });
    all_are(&report, FindingKind::Deadlock);
}

#[test]
fn scoped_tasks_end_before_what_they_borrow() {
    let report = fail_again_and_again(|| {
        let words = [String::from("borrowed")];
        let seen = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    thread::yield_now();
                    seen.fetch_add(words[0].len(), Ordering::Relaxed);
                    thread::park();
                    seen.fetch_add(words[0].len(), Ordering::Relaxed);
                });
            }
        });
    });
    all_are(&report, FindingKind::Deadlock);
}

#[test]
fn a_task_that_catches_every_panic() {
    let report = Checker::new().strategy(Strategy::Random).schedules(50).keep_going(true).explore(|| {
        let stop = Arc::new(Mutex::new(()));
        let held = stop.lock().unwrap();
        let theirs = Arc::clone(&stop);
        thread::spawn(move || {
            loop {
                let swallowed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(theirs.lock())));
                if swallowed.is_ok() {
                    break;
                }
            }
        });
        std::mem::forget(held);
    });
    assert_eq!((report.schedules(), report.failures()), (50, 50), "{report}");
    all_are(&report, FindingKind::Leak);
}

#[test]
fn panics_that_are_joined_are_the_programs_own_business() {
    let caught = StdArc::new(StdMutex::new(Vec::new()));
    let all = StdArc::clone(&caught);
    let report = Checker::new().strategy(Strategy::Random).schedules(100).explore(move || {
        let task = thread::spawn(|| {
            thread::yield_now();
            panic!("taken by join");
        });
        thread::yield_now();
        let payload = task.join().expect_err("the task panics");
        all.lock().unwrap().push(*payload.downcast::<&'static str>().expect("a literal"));
    });
    assert!(!report.verdict().is_failed(), "{report}");
    assert!(caught.lock().unwrap().iter().all(|message| *message == "taken by join"));
}

/// The panic hook does not hear of it.
#[test]
fn a_panic_that_is_passed_on_and_that_nobody_joins() {
    let report = fail_again_and_again(|| {
        let task = thread::spawn(|| std::panic::resume_unwind(Box::new("passed on")));
        while !task.is_finished() {
            thread::yield_now();
        }
    });
    all_are(&report, FindingKind::Panic);
}

/// Whether the handle goes before the task panics or after it.
#[test]
fn a_panic_that_nobody_joins_and_a_task_that_waits_for_ever() {
    for strategy in [Strategy::Random, Strategy::Exhaustive] {
        let report = Checker::new().strategy(strategy).schedules(200).keep_going(true).explore(|| {
            let waiting = Barrier::new(2);
            drop(thread::spawn(|| panic!("on purpose")));
            waiting.wait();
        });
        assert!(report.failures() > 0, "{report}");
        assert_eq!(report.failures(), report.schedules(), "{report}");
        all_are(&report, FindingKind::Panic);
    }
}
