//! Deadlocks that are predicted from an execution without one, and confirmed.

use reweave::sync::atomic::{AtomicBool, Ordering::SeqCst};
use reweave::sync::{Arc, Condvar, Mutex, RwLock, mpsc};
use reweave::{Checker, FindingKind, Report, Strategy, chan, thread};

/// One schedule: round robin, in which none of these programs deadlocks by itself.
fn explore_one(test: fn(bool), inverted: bool) -> Report {
    Checker::new().name("lock_order").strategy(Strategy::RoundRobin).schedules(1).explore(move || test(inverted))
}

/// A program and its name.
type Program = (&'static str, fn(bool));

/// `true` takes the locks in opposite orders.
const PROGRAMS: &[Program] = &[
    ("two accounts, one after the other", one_after_the_other),
    ("three in a circle", circle),
    ("a lock and a read lock", read_and_lock),
    ("writers behind readers", read_and_write),
    ("a third lock that is free by then", outer_lock_returned),
    ("an order that depends on the argument", transfers),
    ("a condition variable that takes its mutex again", woken_with_a_lock),
    ("a lock that is held across a call", callback),
    ("more locks before", deep),
];

#[test]
fn a_single_passing_schedule_is_enough() {
    for (name, test) in PROGRAMS {
        let report = explore_one(*test, true);
        let finding = report.finding().unwrap_or_else(|| panic!("{name}: {report}"));
        assert_eq!(finding.kind(), FindingKind::Deadlock, "{name}: {}", finding.render());
        assert!(
            finding.render().contains("schedule 1 passed, but took locks in opposite orders"),
            "{name}: {}",
            finding.render()
        );
        assert!(finding.message().contains("held by"), "{name}: {}", finding.message());
        let again = Checker::new().name("lock_order").replay(&finding.token(), || test(true));
        assert_eq!(again.finding().map(reweave::Finding::signature), Some(finding.signature()), "{name}");
    }
}

#[test]
fn one_order_is_no_finding() {
    for (name, test) in PROGRAMS {
        let report = explore_one(*test, false);
        assert!(report.findings().is_empty(), "{name}: {report}");
        let random = Checker::new().name("lock_order").strategy(Strategy::Random).schedules(300);
        let report = random.explore(|| test(false));
        assert!(report.findings().is_empty(), "{name}: {report}");
    }
}

#[test]
fn what_cannot_be_confirmed_is_no_finding() {
    for test in [gate, message_between, turn_between, flag_between, joined] {
        let random = Checker::new().name("lock_order").strategy(Strategy::Random).schedules(300);
        let report = random.explore(test);
        assert!(report.findings().is_empty(), "{report}");
    }
}

#[test]
fn it_is_the_same_with_any_number_of_workers() {
    let explore = |workers| {
        let checker = Checker::new().name("lock_order").strategy(Strategy::Random).seed(3).schedules(500);
        checker.workers(workers).explore(|| rare(true))
    };
    let (one, two) = (explore(1), explore(2));
    let [one, two] = [one, two].map(|report| report.finding().expect("it deadlocks").clone());
    assert_eq!((one.token(), one.message()), (two.token(), two.message()));
    assert!(one.render().contains("schedule 1 passed, but took locks in opposite orders"), "{}", one.render());
}

fn spawn(run: impl FnOnce() + Send + 'static) -> thread::JoinHandle<()> {
    thread::spawn(run)
}

fn both(locks: &[Mutex<u32>], first: usize, second: usize) {
    let one = locks[first].lock().unwrap();
    let mut two = locks[second].lock().unwrap();
    *two += *one;
}

/// By the time that the second begins, the first is through.
fn one_after_the_other(inverted: bool) {
    let locks = Arc::new([Mutex::new(1), Mutex::new(2)]);
    let theirs = Arc::clone(&locks);
    let task = spawn(move || both(&theirs[..], 0, 1));
    (0..10).for_each(|_| thread::yield_now());
    if inverted {
        both(&locks[..], 1, 0)
    } else {
        both(&locks[..], 0, 1)
    }
    task.join().unwrap();
}

/// As above, but late and seldom met by chance.
fn rare(inverted: bool) {
    let locks = Arc::new([Mutex::new(1), Mutex::new(2)]);
    let theirs = Arc::clone(&locks);
    let task = spawn(move || both(&theirs[..], 0, 1));
    (0..200).for_each(|_| thread::yield_now());
    both(&locks[..], usize::from(inverted), usize::from(!inverted));
    task.join().unwrap();
}

fn circle(inverted: bool) {
    let locks = Arc::new([Mutex::new(1), Mutex::new(2), Mutex::new(3)]);
    let tasks: Vec<_> = (0..3)
        .map(|me| {
            let locks = Arc::clone(&locks);
            let (first, second) = (me, (me + 1) % 3);
            spawn(move || {
                (0..me * 10).for_each(|_| thread::yield_now());
                if inverted {
                    both(&locks[..], first, second)
                } else {
                    both(&locks[..], first.min(second), first.max(second))
                }
            })
        })
        .collect();
    tasks.into_iter().for_each(|task| task.join().unwrap());
}

fn read_and_lock(inverted: bool) {
    let shared = Arc::new((RwLock::new(1), Mutex::new(2)));
    let theirs = Arc::clone(&shared);
    let task = spawn(move || {
        let read = theirs.0.read().unwrap();
        *theirs.1.lock().unwrap() += *read;
    });
    (0..10).for_each(|_| thread::yield_now());
    if inverted {
        let lock = shared.1.lock().unwrap();
        *shared.0.write().unwrap() += *lock;
    } else {
        // Readers do not exclude each other.
        let lock = shared.1.lock().unwrap();
        assert!(*shared.0.read().unwrap() + *lock > 0);
    }
    task.join().unwrap();
}

fn read_and_write(inverted: bool) {
    let shared = Arc::new([RwLock::new(1), RwLock::new(2)]);
    let theirs = Arc::clone(&shared);
    let task = spawn(move || {
        let read = theirs[0].read().unwrap();
        *theirs[1].write().unwrap() += *read;
    });
    (0..10).for_each(|_| thread::yield_now());
    let (first, second) = if inverted { (1, 0) } else { (0, 1) };
    let read = shared[first].read().unwrap();
    *shared[second].write().unwrap() += *read;
    drop(read);
    task.join().unwrap();
}

/// A gate lock keeps only those apart who hold it all the time.
fn outer_lock_returned(inverted: bool) {
    let locks = Arc::new([Mutex::new(1), Mutex::new(2), Mutex::new(3)]);
    let step = |locks: &[Mutex<u32>; 3], first: usize, second: usize| {
        let outer = locks[2].lock().unwrap();
        let one = locks[first].lock().unwrap();
        drop(outer);
        *locks[second].lock().unwrap() += *one;
    };
    let theirs = Arc::clone(&locks);
    let task = spawn(move || step(&theirs, 0, 1));
    (0..12).for_each(|_| thread::yield_now());
    if inverted {
        step(&locks, 1, 0)
    } else {
        step(&locks, 0, 1)
    }
    task.join().unwrap();
}

fn transfers(inverted: bool) {
    let accounts = Arc::new([Mutex::new(10), Mutex::new(20), Mutex::new(30)]);
    let transfer = move |accounts: &[Mutex<u32>; 3], from: usize, to: usize| {
        let (first, second) = if inverted { (from, to) } else { (from.min(to), from.max(to)) };
        both(accounts, first, second);
    };
    let theirs = Arc::clone(&accounts);
    let task = spawn(move || [(0, 1), (1, 2), (0, 2)].into_iter().for_each(|(from, to)| transfer(&theirs, from, to)));
    (0..20).for_each(|_| thread::yield_now());
    transfer(&accounts, 2, 1);
    task.join().unwrap();
}

fn woken_with_a_lock(inverted: bool) {
    let shared = Arc::new((Mutex::new(false), Condvar::new(), Mutex::new(0)));
    let theirs = Arc::clone(&shared);
    let waiter = spawn(move || {
        let outer = inverted.then(|| theirs.2.lock().unwrap());
        let ready = theirs.0.lock().unwrap();
        drop(theirs.1.wait_while(ready, |ready| !*ready).unwrap());
        drop(outer);
    });
    (0..10).for_each(|_| thread::yield_now());
    let mut ready = shared.0.lock().unwrap();
    *ready = true;
    shared.1.notify_one();
    drop(ready);
    // Whoever is woken takes its mutex again, and holds the other.
    (0..10).for_each(|_| thread::yield_now());
    let ready = shared.0.lock().unwrap();
    *shared.2.lock().unwrap() += u32::from(*ready);
    drop(ready);
    waiter.join().unwrap();
}

fn callback(inverted: bool) {
    struct Registry {
        state: Mutex<u32>,
        listeners: Mutex<Vec<u32>>,
    }
    impl Registry {
        fn publish(&self, under_lock: bool) {
            let listeners = self.listeners.lock().unwrap();
            let copy = listeners.clone();
            let _held = under_lock.then_some(listeners);
            *self.state.lock().unwrap() += copy.len() as u32;
        }

        fn listen(&self) {
            let state = self.state.lock().unwrap();
            self.listeners.lock().unwrap().push(*state);
        }
    }
    let registry = Arc::new(Registry { state: Mutex::new(0), listeners: Mutex::new(Vec::new()) });
    let theirs = Arc::clone(&registry);
    let task = spawn(move || theirs.publish(inverted));
    (0..10).for_each(|_| thread::yield_now());
    registry.listen();
    task.join().unwrap();
}

fn deep(inverted: bool) {
    let locks: Arc<Vec<Mutex<u32>>> = Arc::new((0..6).map(Mutex::new).collect());
    let take = |locks: &[Mutex<u32>], order: &[usize]| {
        let held: Vec<_> = order.iter().map(|lock| locks[*lock].lock().unwrap()).collect();
        assert_eq!(held.len(), order.len());
    };
    let theirs = Arc::clone(&locks);
    let task = spawn(move || take(&theirs, &[0, 1, 2, 3]));
    (0..20).for_each(|_| thread::yield_now());
    take(&locks, if inverted { &[4, 5, 3, 1] } else { &[1, 3, 4, 5] });
    task.join().unwrap();
}

/// A third lock is held by both all the time.
fn gate() {
    let locks = Arc::new([Mutex::new(1), Mutex::new(2), Mutex::new(3)]);
    let theirs = Arc::clone(&locks);
    let task = spawn(move || {
        let _gate = theirs[2].lock().unwrap();
        both(&theirs[..], 0, 1);
    });
    {
        let _gate = locks[2].lock().unwrap();
        both(&locks[..], 1, 0);
    }
    task.join().unwrap();
}

/// What keeps them apart is a message, of which the graph knows nothing.
fn message_between() {
    let locks = Arc::new([Mutex::new(1), Mutex::new(2)]);
    let (sender, receiver) = mpsc::channel();
    let theirs = Arc::clone(&locks);
    let task = spawn(move || {
        both(&theirs[..], 0, 1);
        sender.send(()).unwrap();
    });
    receiver.recv().unwrap();
    both(&locks[..], 1, 0);
    task.join().unwrap();
}

/// Nor of a turn that is handed over.
fn turn_between() {
    let locks = Arc::new([Mutex::new(1), Mutex::new(2)]);
    let (turn, next) = chan::bounded::<()>(0);
    let theirs = Arc::clone(&locks);
    let task = spawn(move || {
        next.recv().unwrap();
        both(&theirs[..], 0, 1);
    });
    both(&locks[..], 1, 0);
    turn.send(()).unwrap();
    task.join().unwrap();
}

/// Nor of a flag that one waits for in a loop, which would go on for ever while the other is held.
fn flag_between() {
    let locks = Arc::new([Mutex::new(1), Mutex::new(2)]);
    let through = Arc::new(AtomicBool::new(false));
    let (theirs, flag) = (Arc::clone(&locks), Arc::clone(&through));
    let task = spawn(move || {
        while !flag.load(SeqCst) {
            thread::yield_now();
        }
        both(&theirs[..], 0, 1);
    });
    both(&locks[..], 1, 0);
    through.store(true, SeqCst);
    task.join().unwrap();
}

fn joined() {
    let locks = Arc::new([Mutex::new(1), Mutex::new(2)]);
    let theirs = Arc::clone(&locks);
    spawn(move || both(&theirs[..], 0, 1)).join().unwrap();
    both(&locks[..], 1, 0);
}
