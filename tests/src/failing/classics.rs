//! Programs by which schedulers have been compared for decades: SCTBench's and its forerunners'.

use reweave::FindingKind::Panic;
use reweave::sync::atomic::{AtomicBool, AtomicI64, Ordering::SeqCst};
use reweave::sync::{Arc, Mutex};
use reweave::thread;

use super::{Failing, in_tasks};

pub(super) const ALL: &[Failing] = &[
    Failing::new("reorder_3", Panic, || reorder(2)),
    Failing::new("reorder_5", Panic, || reorder(4)),
    Failing::new("twostage", Panic, twostage),
    Failing::new("bluetooth_driver", Panic, bluetooth_driver),
    Failing::new("stringbuffer", Panic, stringbuffer),
    Failing::new("account", Panic, account),
    Failing::new("token_ring", Panic, token_ring),
];

fn reorder(setters: usize) {
    let (a, b) = (AtomicI64::new(0), AtomicI64::new(0));
    in_tasks(setters + 1, move |task| {
        if task < setters {
            a.store(1, SeqCst);
            b.store(-1, SeqCst);
        } else {
            let untouched = a.load(SeqCst) == 0 && b.load(SeqCst) == 0;
            assert!(untouched || (a.load(SeqCst) == 1 && b.load(SeqCst) == -1));
        }
    });
}

fn twostage() {
    let (first, second) = (Mutex::new(0), Mutex::new(0));
    in_tasks(2, move |task| {
        if task == 0 {
            *first.lock().unwrap() = 1;
            *second.lock().unwrap() = 2;
        } else {
            let seen = *first.lock().unwrap();
            if seen != 0 {
                assert_eq!(*second.lock().unwrap(), seen + 1);
            }
        }
    });
}

#[derive(Default)]
struct Driver {
    pending: AtomicI64,
    stopping: AtomicBool,
    stopped: AtomicBool,
    idle: AtomicBool,
}

impl Driver {
    fn leave(&self) {
        if self.pending.fetch_sub(1, SeqCst) == 1 {
            self.idle.store(true, SeqCst);
        }
    }
}

fn bluetooth_driver() {
    let driver = Arc::new(Driver { pending: AtomicI64::new(1), ..Driver::default() });
    let theirs = Arc::clone(&driver);
    let stop = thread::spawn(move || {
        theirs.stopping.store(true, SeqCst);
        theirs.leave();
        if theirs.idle.load(SeqCst) {
            theirs.stopped.store(true, SeqCst);
        }
    });
    if !driver.stopping.load(SeqCst) {
        driver.pending.fetch_add(1, SeqCst);
        assert!(!driver.stopped.load(SeqCst), "works although it was stopped");
    }
    driver.leave();
    stop.join().unwrap();
}

fn stringbuffer() {
    let buffer = Arc::new(Mutex::new(3));
    let theirs = Arc::clone(&buffer);
    let changes = thread::spawn(move || {
        *theirs.lock().unwrap() = 0;
        *theirs.lock().unwrap() += 3;
    });
    let length = *buffer.lock().unwrap();
    assert!(length <= *buffer.lock().unwrap(), "copies what is not there");
    changes.join().unwrap();
}

fn account() {
    // Balance, and whether there was a deposit and a withdrawal. What is asserted is wrong when the checker comes last.
    let account = Mutex::new((1, false, false));
    in_tasks(3, move |task| {
        let mut account = account.lock().unwrap();
        match task {
            0 if account.1 && account.2 => assert_eq!(account.0, 1 - 2 - 4),
            0 => {}
            1 => (account.0, account.1) = (account.0 + 2, true),
            _ => (account.0, account.2) = (account.0 - 4, true),
        }
    });
}

fn token_ring() {
    let ring = Mutex::new(([1, 2, 1], [false; 3]));
    in_tasks(4, move |task| {
        let (values, done) = &mut *ring.lock().unwrap();
        match task {
            0 => (values[0], done[0]) = ((values[2] + 1) % 4, true),
            3 if *done == [true; 3] => assert!(values[0] == values[1] && values[1] == values[2]),
            3 => {}
            _ => (values[task], done[task]) = (values[task - 1], true),
        }
    });
}
