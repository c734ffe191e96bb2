//! What fails is shown as simple as it can be.

use std::time::Duration;

use reweave::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use reweave::sync::{Arc, Condvar, Mutex, mpsc};
use reweave::{Checker, Finding, FindingKind, Strategy, thread};

/// With so many seeds each is tried.
const SEEDS: u64 = 15;

/// What the random walk finds in `test` with `seed`, given more time than shrinking takes.
fn finding(test: impl Fn() + Send + Sync + 'static, seed: u64) -> (Finding, Checker, Arc<dyn Fn() + Send + Sync>) {
    let test: Arc<dyn Fn() + Send + Sync> = Arc::new(test);
    let checker = || Checker::new().name("shrinking").strategy(Strategy::Random).shrink_for(Duration::from_secs(30));
    let own = Arc::clone(&test);
    let report = checker().seed(seed).explore(move || own());
    (report.finding().expect("the test fails").clone(), checker(), test)
}

/// Every seed leads to a schedule with so many preemptions that fails like the one that was found, and no schedule has fewer.
fn fails_with(preemptions: u64, kind: FindingKind, test: impl Fn() + Send + Sync + Clone + 'static) {
    for seed in 0..SEEDS {
        let (finding, checker, test) = finding(test.clone(), seed);
        let shrunk = finding.shrunk().expect("it was shrunk");
        assert_eq!((shrunk.preemptions(), finding.kind()), (preemptions, kind), "seed {seed}: {finding}");
        assert!(shrunk.is_fewest(), "seed {seed}: {shrunk}");
        assert!(shrunk.is_finished(), "seed {seed}: {shrunk}");
        assert!(shrunk.preemptions_before() >= preemptions);
        let again = checker.replay(&finding.token(), move || test());
        let again = again.finding().expect("the shrunk schedule fails");
        assert_eq!(again.signature(), finding.signature());
    }
}

fn in_tasks(count: usize, body: impl Fn(usize) + Send + Sync + 'static) {
    let body = Arc::new(body);
    let tasks: Vec<_> = (0..count)
        .map(|task| {
            let body = Arc::clone(&body);
            thread::spawn(move || body(task))
        })
        .collect();
    tasks.into_iter().for_each(|task| task.join().unwrap());
}

#[test]
fn a_lost_update() {
    fails_with(1, FindingKind::Panic, || {
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        in_tasks(3, move |_| {
            for _ in 0..2 {
                let seen = counted.load(SeqCst);
                counted.store(seen + 1, SeqCst);
            }
        });
        assert_eq!(count.load(SeqCst), 6);
    });
}

#[test]
fn two_locks_in_two_orders() {
    fails_with(1, FindingKind::Deadlock, || {
        let locks = [Mutex::new(()), Mutex::new(())];
        in_tasks(3, move |task| {
            let _first = locks[task % 2].lock().unwrap();
            let _second = locks[(task + 1) % 2].lock().unwrap();
        });
    });
}

#[test]
fn a_reader_that_sees_every_value() {
    // Writer, reader, writer, reader: the last switch is free, because the writer has finished.
    fails_with(2, FindingKind::Panic, || {
        let value = Arc::new(AtomicUsize::new(0));
        in_tasks(2, move |task| {
            if task == 0 {
                (1..=2).for_each(|new| value.store(new, SeqCst));
            } else {
                let seen = [value.load(SeqCst), value.load(SeqCst)];
                assert_ne!(seen, [1, 2]);
            }
        });
    });
}

#[test]
fn the_order_of_messages_needs_no_preemption() {
    fails_with(0, FindingKind::Panic, || {
        let (sender, receiver) = mpsc::channel();
        in_tasks(3, move |task| sender.send(task).unwrap());
        let messages: Vec<usize> = receiver.iter().collect();
        assert_eq!(messages, [0, 1, 2]);
    });
}

#[test]
fn a_notification_that_comes_too_early() {
    fails_with(0, FindingKind::Deadlock, || {
        let pair = (Mutex::new(()), Condvar::new());
        in_tasks(2, move |task| {
            let guard = pair.0.lock().unwrap();
            if task == 0 {
                drop(pair.1.wait(guard).unwrap());
            } else {
                pair.1.notify_one();
            }
        });
    });
}

#[test]
fn it_can_be_turned_off() {
    let test = || {
        let (sender, receiver) = mpsc::channel();
        in_tasks(3, move |task| sender.send(task).unwrap());
        assert_eq!(receiver.iter().collect::<Vec<usize>>(), [0, 1, 2]);
    };
    let report = Checker::new().strategy(Strategy::Random).shrink_for(Duration::ZERO).explore(test);
    assert_eq!(report.finding().expect("the test fails").shrunk(), None);
}
