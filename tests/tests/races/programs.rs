//! Programs with a data race, each beside itself with something that orders the accesses.
//!
//! `true` is the sound one.

use std::hint::black_box;

use reweave::cell::{RaceCell, UnsafeCell};
use reweave::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use reweave::sync::atomic::{AtomicBool, AtomicU32, Ordering, fence};
use reweave::sync::{Arc, Barrier, Condvar, Mutex, Once, RwLock, mpsc};
use reweave::{chan, go, thread};

/// A program and its name.
pub(crate) type Program = (&'static str, fn(bool));

pub(crate) const PROGRAMS: &[Program] = &[
    ("a counter without a lock", counter),
    ("a result that is read before the join", join),
    ("two locks for one cell", two_locks),
    ("writers with the read lock", read_lock),
    ("a message published by a relaxed store", relaxed_store),
    ("a message published to a relaxed load", relaxed_load),
    ("a release sequence that is broken", release_sequence),
    ("a fence that is missing", missing_fence),
    ("a spin lock that is returned by a relaxed store", spin_lock),
    ("double-checked initialisation", double_checked),
    ("a buffer that is written again after it was sent", sent_buffer),
    ("a place in a channel without a limit", unbounded_place),
    ("a rendezvous that is left too early", rendezvous),
    ("a phase without a barrier", barrier),
    ("is_finished instead of join", is_finished),
    ("a write after the notification", condvar),
    ("a write after the unpark", unpark),
    ("scoped threads on one cell", scoped),
    ("a read lock held across a write elsewhere", upgrade),
    ("a wait group that is lowered too early", wait_group),
    ("initialisation outside its Once", once),
];

fn in_two(body: impl Fn(usize) + Send + Sync + 'static) {
    let body = Arc::new(body);
    let theirs = Arc::clone(&body);
    let task = thread::spawn(move || theirs(0));
    body(1);
    task.join().unwrap();
}

fn spin_until(is_so: impl Fn() -> bool) {
    while !is_so() {
        thread::yield_now();
    }
}

fn counter(sound: bool) {
    let shared = (RaceCell::new(0), Mutex::new(()));
    in_two(move |_| {
        let _held = sound.then(|| shared.1.lock().unwrap());
        shared.0.set(shared.0.get() + 1);
    });
}

fn join(sound: bool) {
    let result = Arc::new(RaceCell::new(0));
    let theirs = Arc::clone(&result);
    let task = thread::spawn(move || theirs.set(42));
    if sound {
        task.join().unwrap();
        assert_eq!(result.get(), 42);
    } else {
        black_box(result.get());
        task.join().unwrap();
    }
}

fn two_locks(sound: bool) {
    let shared = ([Mutex::new(()), Mutex::new(())], RaceCell::new(0));
    in_two(move |me| {
        let _held = shared.0[if sound { 0 } else { me }].lock().unwrap();
        shared.1.with_mut(|value| *value += 1);
    });
}

fn read_lock(sound: bool) {
    let shared = (RwLock::new(()), RaceCell::new(0));
    in_two(move |_| {
        let _reads = (!sound).then(|| shared.0.read().unwrap());
        let _writes = sound.then(|| shared.0.write().unwrap());
        shared.1.set(1);
    });
}

/// With the orders of the store and of the load, and with fences before the one and after the other or not.
fn publish((store, load): (Ordering, Ordering), (before, after): (bool, bool)) {
    let shared = Arc::new((RaceCell::new(0), AtomicBool::new(false)));
    let theirs = Arc::clone(&shared);
    let task = thread::spawn(move || {
        theirs.0.set(42);
        if before {
            fence(Release);
        }
        theirs.1.store(true, store);
    });
    spin_until(|| shared.1.load(load));
    if after {
        fence(Acquire);
    }
    assert_eq!(shared.0.get(), 42);
    task.join().unwrap();
}

fn relaxed_store(sound: bool) {
    let order = if sound { Release } else { Relaxed };
    publish((order, Acquire), (false, false));
}

fn relaxed_load(sound: bool) {
    let order = if sound { Acquire } else { Relaxed };
    publish((Release, order), (false, false));
}

fn release_sequence(sound: bool) {
    let shared = Arc::new((RaceCell::new(0), AtomicU32::new(0)));
    let (one, two) = (Arc::clone(&shared), Arc::clone(&shared));
    let first = thread::spawn(move || {
        one.0.set(42);
        one.1.store(1, Release);
    });
    let second = thread::spawn(move || {
        spin_until(|| two.1.load(Relaxed) == 1);
        if sound {
            // It goes on with the sequence that the other has begun.
            two.1.fetch_add(1, Relaxed);
        } else {
            two.1.store(2, Relaxed);
        }
    });
    spin_until(|| shared.1.load(Relaxed) == 2);
    assert_eq!(shared.1.load(Acquire), 2);
    assert_eq!(shared.0.get(), 42);
    first.join().unwrap();
    second.join().unwrap();
}

fn missing_fence(sound: bool) {
    publish((Relaxed, Relaxed), (true, sound));
}

struct SpinLock {
    held: AtomicBool,
    value: UnsafeCell<u32>,
}

// SAFETY: all accesses are checked, and those of the test below happen on one OS thread.
unsafe impl Sync for SpinLock {}

fn spin_lock(sound: bool) {
    let order = if sound { Release } else { Relaxed };
    let lock = SpinLock { held: AtomicBool::new(false), value: UnsafeCell::new(0) };
    in_two(move |_| {
        let lock = &lock;
        spin_until(|| lock.held.compare_exchange(false, true, Acquire, Relaxed).is_ok());
        // SAFETY: whoever would race is unwound before.
        lock.value.with_mut(|value| unsafe { *value += 1 });
        lock.held.store(false, order);
    });
}

fn double_checked(sound: bool) {
    let order = if sound { Acquire } else { Relaxed };
    let shared = (AtomicBool::new(false), Mutex::new(()), RaceCell::new(0));
    in_two(move |me| {
        // The second comes when the first is done.
        if me == 1 {
            spin_until(|| shared.0.load(Relaxed));
        }
        if !shared.0.load(order) {
            let _held = shared.1.lock().unwrap();
            if !shared.0.load(Relaxed) {
                shared.2.set(42);
                shared.0.store(true, Release);
            }
        }
        assert_eq!(shared.2.get(), 42);
    });
}

fn sent_buffer(sound: bool) {
    let (sender, receiver) = mpsc::channel::<Arc<RaceCell<u32>>>();
    let task = thread::spawn(move || assert!(receiver.recv().unwrap().get() <= 1));
    let buffer = Arc::new(RaceCell::new(0));
    buffer.set(1);
    sender.send(Arc::clone(&buffer)).unwrap();
    if !sound {
        buffer.set(1);
    }
    task.join().unwrap();
}

/// What is received frees a place for the sender only if there is a limit.
fn unbounded_place(sound: bool) {
    let (sender, receiver) = if sound { chan::bounded(1) } else { chan::unbounded() };
    let cell = Arc::new(RaceCell::new(0));
    let theirs = Arc::clone(&cell);
    let task = thread::spawn(move || {
        theirs.set(1);
        receiver.recv().unwrap();
        receiver.recv().unwrap();
    });
    sender.send(()).unwrap();
    sender.send(()).unwrap();
    cell.set(2);
    task.join().unwrap();
}

/// The receiver comes before the sender goes on.
fn rendezvous(sound: bool) {
    let (sender, receiver) = chan::bounded(0);
    let cell = Arc::new(RaceCell::new(0));
    let theirs = Arc::clone(&cell);
    let task = thread::spawn(move || {
        if sound {
            theirs.set(1);
        }
        receiver.recv().unwrap();
        if !sound {
            theirs.set(1);
        }
    });
    sender.send(()).unwrap();
    cell.set(2);
    task.join().unwrap();
}

fn barrier(sound: bool) {
    let shared = ([RaceCell::new(0), RaceCell::new(0)], Barrier::new(2));
    in_two(move |me| {
        shared.0[me].set(1);
        if sound {
            shared.1.wait();
        }
        black_box(shared.0[1 - me].get());
    });
}

fn is_finished(sound: bool) {
    let cell = Arc::new(RaceCell::new(0));
    let theirs = Arc::clone(&cell);
    let task = thread::spawn(move || theirs.set(1));
    spin_until(|| task.is_finished());
    if sound {
        task.join().unwrap();
    }
    assert_eq!(cell.get(), 1);
}

fn condvar(sound: bool) {
    let shared = Arc::new((Mutex::new(false), Condvar::new(), RaceCell::new(0)));
    let theirs = Arc::clone(&shared);
    let task = thread::spawn(move || {
        if sound {
            theirs.2.set(1);
        }
        *theirs.0.lock().unwrap() = true;
        theirs.1.notify_one();
        if !sound {
            theirs.2.set(1);
        }
    });
    let mut ready = shared.0.lock().unwrap();
    while !*ready {
        ready = shared.1.wait(ready).unwrap();
    }
    drop(ready);
    shared.2.set(2);
    task.join().unwrap();
}

fn unpark(sound: bool) {
    let shared = Arc::new((AtomicBool::new(false), RaceCell::new(0)));
    let (theirs, main) = (Arc::clone(&shared), thread::current());
    let task = thread::spawn(move || {
        if sound {
            theirs.1.set(1);
        }
        theirs.0.store(true, Relaxed);
        main.unpark();
        if !sound {
            theirs.1.set(1);
        }
    });
    thread::park();
    assert!(shared.0.load(Relaxed));
    shared.1.set(2);
    task.join().unwrap();
}

fn scoped(sound: bool) {
    let cells = [RaceCell::new(0), RaceCell::new(0)];
    thread::scope(|scope| {
        scope.spawn(|| cells[0].set(1));
        scope.spawn(|| cells[usize::from(sound)].set(1));
    });
    cells.iter().for_each(|cell| cell.set(2));
}

fn upgrade(sound: bool) {
    let shared = (RwLock::new(()), RaceCell::new(0));
    in_two(move |me| {
        if me == 0 {
            let _reads = shared.0.read().unwrap();
            black_box(shared.1.get());
        } else if sound {
            let _writes = shared.0.write().unwrap();
            shared.1.set(1);
        } else {
            drop(shared.0.read().unwrap());
            shared.1.set(1);
        }
    });
}

fn wait_group(sound: bool) {
    let group = go::WaitGroup::new();
    let cell = Arc::new(RaceCell::new(0));
    group.add(2);
    for value in 0..2 {
        let (theirs, cell) = (group.clone(), Arc::clone(&cell));
        go::spawn(move || {
            if value == 0 {
                if sound {
                    cell.set(1);
                }
                theirs.done();
                if !sound {
                    cell.set(1);
                }
            } else {
                theirs.done();
            }
        });
    }
    group.wait();
    cell.set(2);
}

fn once(sound: bool) {
    let shared = (Once::new(), RaceCell::new(0), AtomicU32::new(0));
    in_two(move |_| {
        if sound {
            shared.0.call_once(|| shared.1.set(1));
        } else {
            shared.0.call_once(|| {
                shared.2.fetch_add(1, AcqRel);
            });
            shared.1.set(1);
        }
        black_box(shared.1.get());
    });
}
