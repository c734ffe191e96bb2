//! The edges of what is simulated: real locks and real threads, stacks, thread locals, statics.

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering as StdOrdering};
use std::sync::{Arc as StdArc, Mutex as StdMutex, mpsc as std_mpsc};
use std::time::{Duration, Instant};

use reweave::sync::atomic::{AtomicBool, AtomicU32 as SimulatedU32, Ordering::SeqCst};
use reweave::sync::{Arc, LazyLock, Mutex, OnceLock, mpsc};
use reweave::{Checker, Finding, FindingKind, Report, Strategy, Verdict, thread};

fn failed(report: &Report, kind: FindingKind) -> &Finding {
    let finding = report.finding().unwrap_or_else(|| panic!("{report}"));
    assert_eq!(finding.kind(), kind, "{}", finding.render());
    finding
}

fn passed(report: &Report) {
    if let Some(finding) = report.finding() {
        panic!("{}", finding.render());
    }
    assert!(!matches!(report.verdict(), Verdict::Refused { .. }), "{report}");
}

fn real_thread<T: Send + 'static>(name: &str, body: impl FnOnce() -> T + Send + 'static) -> std::thread::JoinHandle<T> {
    std::thread::Builder::new().name(name.to_owned()).spawn(body).expect("the system has a thread left")
}

fn real_now() -> Instant {
    Instant::now()
}

// What is stuck.

#[test]
fn a_real_lock_held_across_a_yield_is_stuck() {
    let lock = StdArc::new(StdMutex::new(()));
    let start = real_now();
    let report = Checker::new().schedules(100).stuck_after(Duration::from_millis(300)).explore(move || {
        let theirs = StdArc::clone(&lock);
        let blocked = thread::Builder::new().name("the blocked one".to_owned());
        let task = blocked
            .spawn(move || {
                thread::yield_now();
                drop(theirs.lock());
            })
            .unwrap();
        let held = lock.lock();
        thread::yield_now();
        thread::yield_now();
        drop(held);
        task.join().unwrap();
    });
    let finding = failed(&report, FindingKind::Stuck);
    assert!(finding.message().contains("the blocked one"), "{}", finding.render());
    let elapsed = start.elapsed();
    assert!(elapsed < Duration::from_secs(10), "{elapsed:?} for what is stuck after 0.3 s, twice");
}

#[test]
fn a_task_that_computes_for_ever_is_stuck() {
    let stop = StdArc::new(std::sync::atomic::AtomicBool::new(false));
    let seen = StdArc::clone(&stop);
    let report = Checker::new().schedules(10).stuck_after(Duration::from_millis(300)).explore(move || {
        thread::yield_now();
        while !seen.load(StdOrdering::Relaxed) {
            std::hint::spin_loop();
        }
    });
    stop.store(true, StdOrdering::Relaxed);
    let finding = failed(&report, FindingKind::Stuck);
    assert!(finding.message().contains("main"), "{}", finding.render());
}

#[test]
fn an_execution_that_takes_long_to_analyse_is_not_stuck() {
    let report = Checker::new()
        .strategy(Strategy::Exhaustive)
        .schedules(2)
        .max_steps(100_000)
        .stuck_after(Duration::from_millis(1_000))
        .explore(|| {
            let shared = Arc::new(SimulatedU32::new(0));
            let tasks = [(); 3].map(|()| {
                let shared = Arc::clone(&shared);
                thread::spawn(move || (0..20_000).for_each(|value| shared.store(value, SeqCst)))
            });
            tasks.into_iter().for_each(|task| task.join().unwrap());
        });
    assert_eq!(report.finding().map(Finding::message), None, "{report}");
    assert_eq!(report.schedules(), 2, "{report}");
}

// One object inside and outside.

/// The message of a panic.
fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
}

/// Runs a program in which a real thread uses what the execution uses; returns what the thread or a finding says.
fn with_a_stranger<T: Send + Sync + 'static>(create: fn() -> T, use_it: fn(&T)) -> (Report, Vec<String>) {
    let complaints = StdArc::new(StdMutex::new(Vec::new()));
    let sink = StdArc::clone(&complaints);
    let start = real_now();
    let report = Checker::new().name("a test of strangers").schedules(1).explore(move || {
        let object = StdArc::new(create());
        use_it(&object);
        let theirs = StdArc::clone(&object);
        let stranger = real_thread("stranger", move || use_it(&theirs));
        if let Err(panic) = stranger.join() {
            sink.lock().unwrap().push(message(&*panic));
        }
        thread::yield_now();
        use_it(&object);
    });
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    let complaints = complaints.lock().unwrap().clone();
    (report, complaints)
}

fn names_both_sides(text: &str) {
    for side in ["`stranger`", "a test of strangers", "tests/tests/edges.rs"] {
        assert!(text.contains(side), "{side} is missing in: {text}");
    }
}

#[test]
fn a_real_thread_that_uses_a_mutex_of_an_execution_is_told() {
    let (report, complaints) = with_a_stranger(|| Mutex::new(0), |mutex| *mutex.lock().unwrap() += 1);
    assert!(!complaints.is_empty(), "nobody complained: {report}");
    complaints.iter().for_each(|complaint| names_both_sides(complaint));
}

#[test]
fn a_real_thread_that_uses_an_atomic_of_an_execution_is_told() {
    let (report, complaints) = with_a_stranger(|| AtomicBool::new(false), |flag| flag.store(true, SeqCst));
    assert!(!complaints.is_empty(), "nobody complained: {report}");
    complaints.iter().for_each(|complaint| names_both_sides(complaint));
}

#[test]
fn a_real_thread_that_uses_a_channel_of_an_execution_is_told() {
    let complaints = StdArc::new(StdMutex::new(Vec::new()));
    let sink = StdArc::clone(&complaints);
    let report = Checker::new().schedules(1).explore(move || {
        let (sender, receiver) = mpsc::channel();
        let stranger = real_thread("stranger", move || sender.send(1));
        if let Err(panic) = stranger.join() {
            sink.lock().unwrap().push(message(&*panic));
        }
        drop(receiver);
    });
    let complaints = complaints.lock().unwrap().clone();
    assert!(!complaints.is_empty(), "nobody complained: {report}");
    for complaint in complaints {
        assert!(complaint.contains("`stranger`") && complaint.contains("edges.rs"), "{complaint}");
    }
}

#[test]
fn a_mutex_that_a_real_thread_holds_is_a_finding() {
    static HELD: Mutex<u32> = Mutex::new(0);
    let (taken, is_taken) = std_mpsc::channel();
    let (release, released) = std_mpsc::channel::<()>();
    let holder = real_thread("holder", move || {
        let held = HELD.lock().unwrap();
        taken.send(()).unwrap();
        let _ = released.recv();
        drop(held);
    });
    is_taken.recv().unwrap();
    let report = Checker::new().schedules(3).explore(|| *HELD.lock().unwrap() += 1);
    let finding = report.finding().unwrap_or_else(|| panic!("{report}"));
    assert!(finding.message().contains("outside any execution"), "{}", finding.render());
    assert!(finding.message().contains("edges.rs"), "{}", finding.render());
    release.send(()).unwrap();
    holder.join().unwrap();
    passed(&Checker::new().schedules(3).explore(|| *HELD.lock().unwrap() += 1));
}

#[test]
fn statics_serve_two_workers_and_an_ordinary_thread() {
    static TOTAL: Mutex<u64> = Mutex::new(0);
    static HITS: SimulatedU32 = SimulatedU32::new(7);
    let program = || {
        let tasks: Vec<_> = (0..2)
            .map(|_| {
                thread::spawn(|| {
                    *TOTAL.lock().unwrap() += 1;
                    HITS.fetch_add(1, SeqCst);
                })
            })
            .collect();
        tasks.into_iter().for_each(|task| task.join().unwrap());
        assert_eq!(HITS.load(SeqCst), 9, "every execution begins with the value outside");
    };
    for round in 0..5 {
        let report = Checker::new().strategy(Strategy::Random).workers(2).schedules(200).seed(round).explore(program);
        passed(&report);
        let outside = real_thread("ordinary", || {
            let mut total = TOTAL.lock().unwrap();
            assert!(*total >= 400, "{total} updates");
            *total = 0;
            HITS.load(SeqCst)
        });
        assert_eq!(outside.join().unwrap(), 7, "what an execution does to an atomic, it does to its own");
    }
}

#[test]
fn an_ordinary_thread_uses_a_static_while_executions_do() {
    static SHARED: Mutex<u64> = Mutex::new(0);
    let stop = StdArc::new(std::sync::atomic::AtomicBool::new(false));
    let stopped = StdArc::clone(&stop);
    let (begun, begins) = std::sync::mpsc::channel();
    let ordinary = real_thread("ordinary", move || {
        let mut times = 0_u64;
        while !stopped.load(StdOrdering::Relaxed) {
            *SHARED.lock().unwrap() += 1;
            times += 1;
            if times == 1 {
                begun.send(()).unwrap();
            }
            std::thread::yield_now();
        }
        times
    });
    // On a machine that is busy the exploration might be over before it begins.
    begins.recv().unwrap();
    let report = Checker::new().workers(2).schedules(200).explore(|| {
        let task = thread::spawn(|| *SHARED.lock().unwrap() += 1);
        *SHARED.lock().unwrap() += 1;
        task.join().unwrap();
    });
    stop.store(true, StdOrdering::Relaxed);
    let times = ordinary.join().expect("an ordinary thread waits until it may");
    passed(&report);
    assert!(times >= 1);
}

// Stacks.

/// Set for the process that is to die.
const OVERFLOW: &str = "EDGES_STACK_SIZE";

/// Uses about a mebibyte of stack, or two in a build without optimisation.
#[inline(never)]
fn recurse(depth: u32) -> u32 {
    let frame = std::hint::black_box([depth as u8; 1024]);
    if depth == 0 { 0 } else { recurse(depth - 1) + u32::from(frame[17] == depth as u8) }
}

#[test]
fn deep_recursion_on_a_stack_of_the_size_that_is_asked_for() {
    let Ok(size) = std::env::var(OVERFLOW) else { return };
    let report = Checker::new().stack_size(size.parse().unwrap()).schedules(2).explore(|| {
        let depth = thread::spawn(|| recurse(1_000)).join().unwrap();
        assert_eq!(depth, 1_000);
    });
    passed(&report);
    println!("recursed");
}

fn recurse_elsewhere(stack_size: usize) -> std::process::Output {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", "--test-threads=1", "deep_recursion_on_a_stack_of_the_size_that_is_asked_for"])
        .env(OVERFLOW, stack_size.to_string())
        .output()
        .unwrap()
}

#[test]
fn a_large_stack_holds_deep_recursion() {
    let output = recurse_elsewhere(8 << 20);
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("recursed"), "{output:?}");
}

#[cfg(unix)]
#[test]
fn a_task_that_overflows_its_stack_dies_at_the_guard_page() {
    use std::os::unix::process::ExitStatusExt;
    let output = recurse_elsewhere(64 << 10);
    assert!(output.status.signal().is_some(), "not killed by a signal: {output:?}");
    assert!(!String::from_utf8_lossy(&output.stdout).contains("recursed"), "{output:?}");
}

// Thread locals.

#[test]
fn thread_locals_are_of_the_task_and_go_with_it() {
    static DROPPED: AtomicU32 = AtomicU32::new(0);
    struct Local(std::cell::Cell<u32>);
    impl Drop for Local {
        fn drop(&mut self) {
            DROPPED.fetch_add(1, StdOrdering::SeqCst);
        }
    }
    reweave::thread_local! {
        static LOCAL: Local = const { Local(std::cell::Cell::new(7)) };
    }
    let report = Checker::new().schedules(200).explore(|| {
        DROPPED.store(0, StdOrdering::SeqCst);
        LOCAL.with(|local| local.0.set(1));
        for i in 0..3 {
            let task = thread::spawn(move || {
                LOCAL.with(|local| {
                    assert_eq!(local.0.get(), 7, "a task begins with the initial value");
                    local.0.set(i);
                });
                thread::yield_now();
                LOCAL.with(|local| assert_eq!(local.0.get(), i, "nobody else writes to it"));
            });
            task.join().unwrap();
            assert_eq!(DROPPED.load(StdOrdering::SeqCst), i + 1, "its destructor ran before the join returned");
        }
        thread::spawn(|| ()).join().unwrap();
        assert_eq!(DROPPED.load(StdOrdering::SeqCst), 3, "a task that did not use it has none");
        LOCAL.with(|local| assert_eq!(local.0.get(), 1));
    });
    passed(&report);
}

#[test]
fn destructors_of_thread_locals_are_steps_of_the_task() {
    struct Goodbye(Arc<Mutex<Vec<&'static str>>>);
    impl Drop for Goodbye {
        fn drop(&mut self) {
            self.0.lock().unwrap().push("gone");
        }
    }
    reweave::thread_local! {
        static GOODBYE: std::cell::RefCell<Option<Goodbye>> = const { std::cell::RefCell::new(None) };
    }
    let report = Checker::new().schedules(500).explore(|| {
        let log = Arc::new(Mutex::new(Vec::new()));
        let theirs = Arc::clone(&log);
        let task = thread::spawn(move || {
            GOODBYE.with(|slot| *slot.borrow_mut() = Some(Goodbye(Arc::clone(&theirs))));
            theirs.lock().unwrap().push("here");
        });
        task.join().unwrap();
        assert_eq!(*log.lock().unwrap(), ["here", "gone"]);
    });
    passed(&report);
}

// Deadlocks.

#[test]
fn a_cycle_of_locks_is_found_while_a_third_task_runs_on() {
    let report = Checker::new().schedules(1_000).max_steps(100_000).explore(|| {
        let locks = Arc::new((Mutex::new(()), Mutex::new(())));
        let spawn = |name: &str, body: Box<dyn FnOnce() + Send>| {
            thread::Builder::new().name(name.to_owned()).spawn(body).unwrap()
        };
        let stop = Arc::new(AtomicBool::new(false));
        let (ours, theirs, seen) = (Arc::clone(&locks), Arc::clone(&locks), Arc::clone(&stop));
        let tasks = [
            spawn(
                "left",
                Box::new(move || {
                    let _first = ours.0.lock().unwrap();
                    let _second = ours.1.lock().unwrap();
                }),
            ),
            spawn(
                "right",
                Box::new(move || {
                    let _second = theirs.1.lock().unwrap();
                    let _first = theirs.0.lock().unwrap();
                }),
            ),
        ];
        let spinner = spawn(
            "spinner",
            Box::new(move || {
                while !seen.load(SeqCst) {
                    thread::yield_now();
                }
            }),
        );
        tasks.into_iter().for_each(|task| task.join().unwrap());
        stop.store(true, SeqCst);
        spinner.join().unwrap();
    });
    let finding = failed(&report, FindingKind::Deadlock);
    for name in ["left", "right"] {
        assert!(finding.message().contains(name), "{}", finding.message());
    }
    assert!(!finding.message().contains("spinner"), "{}", finding.message());
    assert!(finding.schedule().len() < 1_000, "it is found as soon as it closes");
}

// Statics that are made on first use.

#[test]
fn lazy_statics_are_made_afresh_in_each_execution() {
    static MADE: AtomicU64 = AtomicU64::new(0);
    static LAZY: LazyLock<u64> = LazyLock::new(|| MADE.fetch_add(1, StdOrdering::SeqCst));
    static ONCE: OnceLock<u64> = OnceLock::new();
    let report = Checker::new().strategy(Strategy::Random).schedules(100).explore(|| {
        assert_eq!(ONCE.get(), None, "nothing is left of an earlier execution");
        let before = MADE.load(StdOrdering::SeqCst);
        let tasks: Vec<_> = (0..2).map(|i| thread::spawn(move || (*LAZY, *ONCE.get_or_init(|| i)))).collect();
        let seen: BTreeSet<_> = tasks.into_iter().map(|task| task.join().unwrap()).collect();
        assert_eq!(seen.len(), 1, "all tasks of an execution see the same values: {seen:?}");
        assert_eq!(seen.into_iter().next().map(|(lazy, _)| lazy), Some(before), "made in this execution, once");
    });
    passed(&report);
    assert!(MADE.load(StdOrdering::SeqCst) >= 100);
}

// What destructors start while an execution is torn down.

#[test]
fn a_task_that_a_destructor_starts_may_wait_for_what_the_destructor_holds() {
    struct Locks(Arc<Mutex<()>>);
    impl Drop for Locks {
        fn drop(&mut self) {
            drop(self.0.lock());
        }
    }
    struct Starts(Arc<Mutex<()>>);
    impl Drop for Starts {
        fn drop(&mut self) {
            let held = self.0.lock();
            let locks = Locks(Arc::clone(&self.0));
            let task = thread::spawn(move || {
                thread::yield_now();
                drop(locks);
            });
            drop((held, task));
        }
    }
    let report = Checker::new().strategy(Strategy::Random).schedules(100).keep_going(true).explore(|| {
        let lock = Arc::new(Mutex::new(()));
        thread::spawn(move || {
            let _starts = Starts(lock);
            thread::park();
        });
        thread::yield_now();
        panic!("on purpose");
    });
    assert_eq!((report.schedules(), report.failures()), (100, 100), "{report}");
    failed(&report, FindingKind::Panic);
}

/// Where the standard library asks for the next item nobody wants to look.
#[test]
fn what_an_iterator_waits_for_is_shown_where_it_was_made() {
    fn waits(program: impl Fn() + Send + Sync + 'static) {
        let report = Checker::new().explore(program);
        let text = report.finding().expect("nobody sends").render();
        assert!(!text.contains("iterator.rs") && text.contains("edges.rs"), "{text}");
    }
    waits(|| {
        let (_sender, receiver) = reweave::chan::bounded::<u32>(0);
        receiver.iter().for_each(drop);
    });
    waits(|| {
        let (_sender, receiver) = reweave::sync::mpsc::channel::<u32>();
        assert_eq!(receiver.iter().count(), 0);
    });
    waits(|| {
        let channel = reweave::go::Chan::<u32>::new(1);
        assert_eq!(channel.iter().sum::<u32>(), 0);
    });
}

/// With so many tasks nothing goes the short way.
#[test]
fn the_seventieth_task_learns_that_nobody_sends_any_more() {
    use reweave::chan::{Select, bounded};
    passed(&Checker::new().strategy(Strategy::Random).schedules(50).explore(|| {
        let (sender, receiver) = bounded::<u32>(0);
        let others: Vec<_> = (0..70).map(|_| thread::spawn(thread::yield_now)).collect();
        let waiting = thread::spawn(move || {
            let mut select = Select::new();
            select.recv(&receiver);
            select.ready()
        });
        others.into_iter().for_each(|task| task.join().unwrap());
        drop(sender);
        assert_eq!(waiting.join().unwrap(), 0);
    }));
}
