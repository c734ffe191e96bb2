//! Outside an execution every type behaves as the real one: ordinary tests on real threads still pass.
#![cfg(feature = "sim")]

use std::cell::Cell;

use reweave::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use reweave::sync::mpsc::{self, TryRecvError};
use reweave::sync::{Arc, Barrier, Condvar, LazyLock, Mutex, Once, OnceLock, RwLock};
use reweave::thread;
use reweave::time::{Duration, Instant};

#[test]
fn a_mutex_excludes_and_is_poisoned() {
    let total = Arc::new(Mutex::new(0));
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let total = Arc::clone(&total);
            thread::spawn(move || (0..1000).for_each(|_| *total.lock().unwrap() += 1))
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(*total.lock().unwrap(), 4000);

    let theirs = Arc::clone(&total);
    let died = thread::spawn(move || {
        let _guard = theirs.lock().unwrap();
        panic!("with the lock held");
    });
    assert!(died.join().is_err());
    assert!(total.is_poisoned());
    assert_eq!(*total.lock().unwrap_err().into_inner(), 4000);
}

#[test]
fn a_condvar_wakes_and_times_out() {
    let pair = Arc::new((Mutex::new(false), Condvar::new()));
    let theirs = Arc::clone(&pair);
    let thread = thread::spawn(move || {
        *theirs.0.lock().unwrap() = true;
        theirs.1.notify_one();
    });
    let ready = pair.1.wait_while(pair.0.lock().unwrap(), |ready| !*ready).unwrap();
    assert!(*ready);
    let (ready, result) = pair.1.wait_timeout_while(ready, Duration::from_millis(5), |_| true).unwrap();
    assert!(*ready && result.timed_out());
    drop(ready);
    thread.join().unwrap();
}

#[test]
fn a_rwlock_lets_readers_in_together() {
    let lock = RwLock::new(1);
    let met = Barrier::new(2);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let value = lock.read().unwrap();
                met.wait();
                assert_eq!(*value, 1);
            });
        }
    });
    *lock.write().unwrap() += 1;
    assert_eq!(lock.into_inner().unwrap(), 2);
}

#[test]
fn a_barrier_has_one_leader() {
    let barrier = Barrier::new(3);
    let leaders = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| leaders.fetch_add(barrier.wait().is_leader().into(), Ordering::Relaxed));
        }
    });
    assert_eq!(leaders.into_inner(), 1);
}

#[test]
fn channels_deliver_in_order_and_hang_up() {
    let (sender, receiver) = mpsc::channel();
    let thread = thread::spawn(move || (0..100).for_each(|i| sender.send(i).unwrap()));
    assert_eq!(receiver.iter().collect::<Vec<_>>(), (0..100).collect::<Vec<_>>());
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));
    thread.join().unwrap();

    let (sender, receiver) = mpsc::sync_channel(0);
    let thread = thread::spawn(move || sender.send("met").unwrap());
    assert_eq!(receiver.recv_timeout(Duration::from_secs(10)), Ok("met"));
    thread.join().unwrap();
}

#[test]
fn scoped_threads_borrow() {
    let numbers = [1, 2, 3];
    let sum = thread::scope(|scope| {
        let half = scope.spawn(|| numbers[..2].iter().sum::<i32>());
        numbers[2] + half.join().unwrap()
    });
    assert_eq!(sum, 6);
}

#[test]
fn a_parked_thread_is_unparked() {
    let ready = Arc::new(AtomicBool::new(false));
    let theirs = Arc::clone(&ready);
    let thread = thread::Builder::new()
        .name("sleeper".to_owned())
        .spawn(move || {
            while !theirs.load(Ordering::Acquire) {
                thread::park();
            }
            thread::current().name().map(str::to_owned)
        })
        .unwrap();
    ready.store(true, Ordering::Release);
    thread.thread().unpark();
    assert_eq!(thread.join().unwrap().as_deref(), Some("sleeper"));
}

#[test]
fn a_thread_local_is_one_for_each_thread() {
    reweave::thread_local! {
        static DEPTH: Cell<u32> = const { Cell::new(0) };
    }
    DEPTH.set(1);
    thread::spawn(|| assert_eq!(DEPTH.replace(2), 0)).join().unwrap();
    assert_eq!(DEPTH.get(), 1);
}

#[test]
fn what_is_to_happen_once_happens_once() {
    static LAZY: LazyLock<usize> = LazyLock::new(|| COUNT.fetch_add(1, Ordering::Relaxed));
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let (once, cell) = (Once::new(), OnceLock::new());
    thread::scope(|scope| {
        for i in 0..4 {
            let (once, cell) = (&once, &cell);
            scope.spawn(move || {
                once.call_once(|| _ = COUNT.fetch_add(10, Ordering::Relaxed));
                let _ = *LAZY;
                cell.get_or_init(|| i);
            });
        }
    });
    assert!(once.is_completed());
    assert!(cell.get().is_some_and(|i| *i < 4));
    assert_eq!(COUNT.load(Ordering::Relaxed), 11);
}

#[test]
fn time_passes() {
    let start = Instant::now();
    thread::sleep(Duration::from_millis(2));
    assert!(start.elapsed() >= Duration::from_millis(2));
}
