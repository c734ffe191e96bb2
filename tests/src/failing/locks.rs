//! Locks, condition variables and what else tasks meet at.

use std::time::Duration;

use reweave::FindingKind::{Deadlock, Livelock, Panic};
use reweave::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use reweave::sync::{Arc, Barrier, Condvar, Mutex, Once, RwLock};
use reweave::thread;

use super::{Failing, in_tasks};

pub(super) const ALL: &[Failing] = &[
    Failing::new("two locks", Deadlock, two_locks),
    Failing::new("three locks", Deadlock, three_locks),
    Failing::new("lock of the joiner", Deadlock, lock_of_the_joiner),
    Failing::new("upgrade of a read lock", Deadlock, upgrade),
    Failing::new("lost wake-up", Deadlock, lost_wake_up),
    Failing::new("if instead of while", Panic, if_instead_of_while),
    Failing::new("notify one of two kinds", Deadlock, notify_one_of_two_kinds),
    Failing::new("barrier for one too many", Deadlock, barrier_for_one_too_many),
    Failing::new("two that cross at two onces", Deadlock, onces_that_cross),
    Failing::new("poisoned lock", Panic, poisoned),
    Failing::new("two sections for one update", Panic, two_sections),
    Failing::new("try_lock and give up", Panic, try_lock_and_give_up),
    Failing::new("polite philosophers", Livelock, polite_philosophers),
    Failing::new("timeout taken for a notification", Panic, timeout_taken_for_a_notification).elastic(),
    Failing::new("sleep instead of join", Panic, sleep_instead_of_join).elastic(),
];

fn two_locks() {
    let locks = [Mutex::new(()), Mutex::new(())];
    in_tasks(2, move |task| {
        let _first = locks[task].lock().unwrap();
        let _second = locks[1 - task].lock().unwrap();
    });
}

fn three_locks() {
    let locks = [Mutex::new(()), Mutex::new(()), Mutex::new(())];
    in_tasks(3, move |task| {
        let _first = locks[task].lock().unwrap();
        let _second = locks[(task + 1) % 3].lock().unwrap();
    });
}

fn lock_of_the_joiner() {
    let lock = Arc::new(Mutex::new(()));
    let theirs = Arc::clone(&lock);
    let task = thread::spawn(move || drop(theirs.lock().unwrap()));
    let guard = lock.lock().unwrap();
    task.join().unwrap();
    drop(guard);
}

fn upgrade() {
    let lock = RwLock::new(0);
    in_tasks(2, move |_| {
        let seen = lock.read().unwrap();
        let next = *seen + 1;
        *lock.write().unwrap() = next;
        drop(seen);
    });
}

fn lost_wake_up() {
    let (door, open, changed) = (Mutex::new(()), AtomicBool::new(false), Condvar::new());
    in_tasks(2, move |task| {
        if task == 0 {
            open.store(true, SeqCst);
            changed.notify_one();
        } else {
            let guard = door.lock().unwrap();
            if !open.load(SeqCst) {
                drop(changed.wait(guard).unwrap());
            }
        }
    });
}

fn if_instead_of_while() {
    let (items, changed) = (Mutex::new(0), Condvar::new());
    in_tasks(3, move |task| {
        if task == 2 {
            for _ in 0..2 {
                *items.lock().unwrap() += 1;
                changed.notify_all();
            }
            return;
        }
        let mut items = items.lock().unwrap();
        if *items == 0 {
            items = changed.wait(items).unwrap();
        }
        assert!(*items > 0, "there is nothing to take");
        *items -= 1;
    });
}

fn notify_one_of_two_kinds() {
    // A buffer with one place, and one condition variable for those who put and those who take.
    let (full, changed) = (Mutex::new(false), Condvar::new());
    in_tasks(4, move |task| {
        let takes = task % 2 == 0;
        let mut guard = full.lock().unwrap();
        while *guard != takes {
            guard = changed.wait(guard).unwrap();
        }
        *guard = !takes;
        changed.notify_one();
    });
}

fn barrier_for_one_too_many() {
    let (barrier, late) = (Barrier::new(2), AtomicBool::new(false));
    in_tasks(2, move |task| {
        if task == 0 {
            late.store(true, SeqCst);
            barrier.wait();
        } else if !late.load(SeqCst) {
            barrier.wait();
        }
    });
}

fn onces_that_cross() {
    let onces = [Once::new(), Once::new()];
    in_tasks(2, move |task| {
        onces[task].call_once(|| onces[1 - task].call_once(|| ()));
    });
}

fn poisoned() {
    let lock = Arc::new(Mutex::new(false));
    let theirs = Arc::clone(&lock);
    assert!(!*lock.lock().unwrap());
    let task = thread::spawn(move || {
        let started = theirs.lock().unwrap();
        assert!(*started, "too early");
    });
    // Whoever looks between finds the lock poisoned.
    *lock.lock().unwrap() = true;
    drop(task.join());
}

fn two_sections() {
    let total = Arc::new(Mutex::new(0));
    let shared = Arc::clone(&total);
    in_tasks(2, move |_| {
        let seen = *shared.lock().unwrap();
        *shared.lock().unwrap() = seen + 1;
    });
    assert_eq!(*total.lock().unwrap(), 2);
}

fn try_lock_and_give_up() {
    let total = Arc::new(Mutex::new(0));
    let shared = Arc::clone(&total);
    in_tasks(2, move |_| {
        if let Ok(mut total) = shared.try_lock() {
            *total += 1;
        }
    });
    assert_eq!(*total.lock().unwrap(), 2);
}

/// Both take one fork, keep it, and try the other again and again.
fn polite_philosophers() {
    let forks = [Mutex::new(()), Mutex::new(())];
    let meals = AtomicU64::new(0);
    in_tasks(2, move |task| {
        let _first = forks[task].lock().unwrap();
        while forks[1 - task].try_lock().is_err() {
            thread::yield_now();
        }
        meals.fetch_add(1, SeqCst);
    });
}

fn timeout_taken_for_a_notification() {
    let (ready, changed) = (Mutex::new(false), Condvar::new());
    in_tasks(2, move |task| {
        let mut guard = ready.lock().unwrap();
        if task == 1 {
            *guard = true;
            changed.notify_one();
        } else if !*guard {
            guard = changed.wait_timeout(guard, Duration::from_secs(1)).unwrap().0;
            assert!(*guard, "it has only timed out");
        }
    });
}

fn sleep_instead_of_join() {
    let done = Arc::new(AtomicBool::new(false));
    let theirs = Arc::clone(&done);
    let task = thread::spawn(move || {
        theirs.store(true, SeqCst);
    });
    thread::sleep(Duration::from_millis(10));
    assert!(done.load(SeqCst), "it is not done yet");
    task.join().unwrap();
}
