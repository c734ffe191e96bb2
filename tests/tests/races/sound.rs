//! Programs without a data race whose order is not a plain lock: what must never be reported.

use std::time::Duration;

use reweave::cell::RaceCell;
use reweave::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};
use reweave::sync::atomic::{AtomicU32, AtomicUsize, fence};
use reweave::sync::{Arc, Barrier, Condvar, LazyLock, Mutex, OnceLock, RwLock, mpsc};
use reweave::{Strategy, Verdict, chan, go, thread};

use crate::explore;

/// Nothing is found at random and by every strategy that is systematic.
#[track_caller]
fn sound(test: fn()) {
    for (strategy, schedules) in [(Strategy::RoundRobin, 1), (Strategy::Random, 300), (Strategy::Exhaustive, 20_000)] {
        let report = explore(strategy, schedules, test);
        assert!(report.findings().is_empty(), "{strategy}: {report}");
        assert!(strategy != Strategy::Exhaustive || *report.verdict() == Verdict::Exhaustive, "{report}");
    }
}

/// `write` before `hand_over`, and whatever that hands over before `read`.
fn handed<H: Send + 'static>(make: impl Fn() -> (H, H), give: impl Fn(H) + Send + 'static, take: impl Fn(H)) {
    let cell = Arc::new(RaceCell::new(0));
    let theirs = Arc::clone(&cell);
    let (giver, taker) = make();
    let task = thread::spawn(move || {
        theirs.set(42);
        give(giver);
    });
    take(taker);
    assert_eq!(cell.get(), 42);
    cell.set(0);
    task.join().unwrap();
}

#[test]
fn a_message_of_each_kind_of_channel() {
    sound(|| {
        let (sender, receiver) = mpsc::channel();
        let ends = || (Some(sender.clone()), None);
        handed(ends, |sender| sender.unwrap().send(()).unwrap(), |_| receiver.recv().unwrap());
    });
    sound(|| {
        let (sender, receiver) = mpsc::sync_channel(0);
        let ends = || (Some(sender.clone()), None);
        handed(ends, |sender| sender.unwrap().send(()).unwrap(), |_| receiver.recv().unwrap());
    });
    for_each_capacity::<0>();
    for_each_capacity::<1>();
    for_each_capacity::<3>();
    sound(|| {
        let channel = go::Chan::new(0);
        handed(
            || (channel.clone(), channel.clone()),
            |channel| channel.send(1),
            |channel| assert_eq!(channel.recv(), Some(1)),
        );
    });
}

fn for_each_capacity<const CAPACITY: usize>() {
    // Sending, and waiting for the end.
    sound(|| {
        let (sender, receiver) = chan::bounded(CAPACITY);
        let ends = || (Some(sender.clone()), None);
        handed(ends, |sender| sender.unwrap().send(()).unwrap(), |_| receiver.recv().unwrap());
    });
    sound(|| {
        let (sender, receiver) = chan::bounded::<()>(CAPACITY);
        let taken = std::cell::Cell::new(Some(sender));
        let ends = || (taken.take(), None);
        handed(ends, drop, |_| assert!(receiver.recv().is_err()));
    });
    // Receiving frees a place.
    sound(|| {
        let (sender, receiver) = chan::bounded(CAPACITY);
        let ends = || (Some(receiver.clone()), None);
        let fill = |_| (0..=CAPACITY).for_each(|message| sender.send(message).unwrap());
        let empty = |receiver: Option<chan::Receiver<usize>>| {
            let receiver = receiver.unwrap();
            (0..=CAPACITY).for_each(|message| assert_eq!(receiver.recv(), Ok(message)));
        };
        handed(ends, empty, fill);
    });
    // In a select, with another channel beside.
    sound(|| {
        let (sender, receiver) = chan::bounded(CAPACITY);
        let idle = chan::never::<()>();
        let ends = || (Some(sender.clone()), None);
        let send = |sender: Option<chan::Sender<()>>| {
            let sender = sender.unwrap();
            chan::select! { send(sender, ()) -> sent => sent.unwrap() }
        };
        handed(ends, send, |_| {
            chan::select! {
                recv(receiver) -> message => message.unwrap(),
                recv(idle) -> _ => unreachable!(),
            }
        });
    });
}

#[test]
fn messages_of_several_senders() {
    sound(|| {
        let cells = Arc::new([RaceCell::new(0), RaceCell::new(0)]);
        let (sender, receiver) = chan::unbounded();
        for index in 0..2 {
            let (cells, sender) = (Arc::clone(&cells), sender.clone());
            thread::spawn(move || {
                cells[index].set(1);
                sender.send(index).unwrap();
            });
        }
        drop(sender);
        receiver.iter().for_each(|index| cells[index].set(2));
    });
}

#[test]
fn a_timer_that_was_started_after_a_write() {
    sound(|| {
        let shared = Arc::new((RaceCell::new(0), go::Timer::new(Duration::from_secs(3_600))));
        let theirs = Arc::clone(&shared);
        let task = thread::spawn(move || {
            theirs.0.set(1);
            theirs.1.reset(Duration::from_secs(1));
        });
        shared.1.c().recv();
        assert_eq!(shared.0.get(), 1);
        task.join().unwrap();
    });
}

#[test]
fn condition_variables_with_one_waiter_and_with_all() {
    sound(|| {
        let shared = Arc::new((Mutex::new(false), Condvar::new(), RaceCell::new(0)));
        let tasks: Vec<_> = (0..2)
            .map(|_| {
                let shared = Arc::clone(&shared);
                thread::spawn(move || {
                    let ready = shared.0.lock().unwrap();
                    drop(shared.1.wait_while(ready, |ready| !*ready).unwrap());
                    shared.2.get()
                })
            })
            .collect();
        shared.2.set(42);
        *shared.0.lock().unwrap() = true;
        shared.1.notify_all();
        tasks.into_iter().for_each(|task| assert_eq!(task.join().unwrap(), 42));
    });
}

#[test]
fn a_barrier_that_is_used_again() {
    sound(|| {
        let shared = Arc::new(([RaceCell::new(0), RaceCell::new(0)], Barrier::new(2)));
        let theirs = Arc::clone(&shared);
        let rounds = |me: usize, (cells, barrier): &([RaceCell<u32>; 2], Barrier)| {
            for round in 1..=2 {
                cells[me].set(round);
                barrier.wait();
                assert_eq!(cells[1 - me].get(), round);
                barrier.wait();
            }
        };
        let task = thread::spawn(move || rounds(0, &theirs));
        rounds(1, &shared);
        task.join().unwrap();
    });
}

#[test]
fn readers_that_share_and_a_writer_after_them() {
    sound(|| {
        let shared = Arc::new((RwLock::new(()), RaceCell::new(1)));
        let tasks: Vec<_> = (0..2)
            .map(|_| {
                let shared = Arc::clone(&shared);
                thread::spawn(move || {
                    let _reads = shared.0.read().unwrap();
                    shared.1.with(|value| assert!(*value > 0));
                })
            })
            .collect();
        let writes = shared.0.write().unwrap();
        shared.1.set(2);
        drop(writes);
        tasks.into_iter().for_each(|task| task.join().unwrap());
    });
}

#[test]
fn readers_whose_accesses_overlap() {
    sound(|| {
        let cell = Arc::new(RaceCell::new(1));
        let theirs = Arc::clone(&cell);
        let task = thread::spawn(move || theirs.with(|_| thread::yield_now()));
        cell.with(|_| thread::yield_now());
        task.join().unwrap();
        cell.set(2);
    });
}

#[test]
fn what_is_initialised_once() {
    sound(|| {
        static CELL: LazyLock<RaceCell<u32>> = LazyLock::new(|| {
            let cell = RaceCell::new(0);
            cell.set(1);
            cell
        });
        let task = thread::spawn(|| assert_eq!(CELL.get(), 1));
        assert_eq!(CELL.get(), 1);
        task.join().unwrap();
    });
    sound(|| {
        let shared = Arc::new((OnceLock::new(), RaceCell::new(0)));
        let theirs = Arc::clone(&shared);
        let task = thread::spawn(move || {
            theirs.1.set(42);
            theirs.0.set(()).unwrap();
        });
        if shared.0.get().is_some() {
            assert_eq!(shared.1.get(), 42);
        }
        task.join().unwrap();
    });
}

#[test]
fn threads_of_a_scope_borrow_and_give_back() {
    sound(|| {
        let cell = RaceCell::new(0);
        for round in 0..2 {
            thread::scope(|scope| {
                scope.spawn(|| cell.set(round));
            });
            assert_eq!(cell.get(), round);
        }
    });
}

#[test]
fn a_thread_that_panicked_and_was_joined() {
    sound(|| {
        let cell = Arc::new(RaceCell::new(0));
        let theirs = Arc::clone(&cell);
        let task = thread::spawn(move || {
            theirs.set(1);
            panic!("as expected");
        });
        assert!(task.join().is_err());
        cell.set(2);
    });
}

#[test]
fn parking_and_the_token() {
    sound(|| {
        let cell = Arc::new(RaceCell::new(0));
        let (theirs, main) = (Arc::clone(&cell), thread::current());
        let task = thread::spawn(move || {
            theirs.set(1);
            main.unpark();
        });
        thread::park();
        cell.set(2);
        task.join().unwrap();
    });
}

#[test]
fn atomics_that_release_and_acquire() {
    // A reference count: the last to let go has seen everybody else.
    sound(|| {
        let shared = Arc::new((AtomicUsize::new(3), [RaceCell::new(0), RaceCell::new(0), RaceCell::new(0)]));
        let tasks: Vec<_> = (0..3)
            .map(|me| {
                let shared = Arc::clone(&shared);
                thread::spawn(move || {
                    shared.1[me].set(1);
                    if shared.0.fetch_sub(1, Release) == 1 {
                        fence(Acquire);
                        shared.1.iter().for_each(|cell| cell.set(2));
                    }
                })
            })
            .collect();
        tasks.into_iter().for_each(|task| task.join().unwrap());
    });
    // Whoever swaps last takes what the other has put there.
    sound(|| {
        let shared = Arc::new((AtomicU32::new(0), RaceCell::new(0)));
        let theirs = Arc::clone(&shared);
        let task = thread::spawn(move || {
            theirs.1.set(1);
            theirs.0.swap(1, AcqRel);
        });
        if shared.0.compare_exchange(1, 2, SeqCst, Relaxed).is_ok() {
            shared.1.set(2);
        }
        task.join().unwrap();
    });
}

struct Owned {
    cell: RaceCell<u32>,
}

impl Drop for Owned {
    fn drop(&mut self) {
        *self.cell.get_mut() = 0;
    }
}

#[test]
fn whoever_drops_the_last_handle() {
    sound(|| {
        let owned = Arc::new((Mutex::new(()), Owned { cell: RaceCell::new(0) }));
        let theirs = Arc::clone(&owned);
        let add = |owned: Arc<(Mutex<()>, Owned)>| {
            let held = owned.0.lock().unwrap();
            owned.1.cell.set(owned.1.cell.get() + 1);
            drop(held);
        };
        let task = thread::spawn(move || add(theirs));
        add(owned);
        task.join().unwrap();
    });
}

reweave::thread_local! {
    static OWN: RaceCell<u32> = const { RaceCell::new(0) };
}

#[test]
fn thread_locals() {
    sound(|| {
        let count = || {
            OWN.with(|own| own.set(own.get() + 1));
            thread::yield_now();
            OWN.with(RaceCell::get)
        };
        let task = thread::spawn(count);
        assert_eq!(count(), 1);
        assert_eq!(task.join().unwrap(), 1);
    });
}

#[test]
fn gos_vocabulary() {
    sound(|| {
        let cell = Arc::new(RaceCell::new(0));
        let group = go::WaitGroup::new();
        let turn = go::Semaphore::new(1);
        for _ in 0..2 {
            group.add(1);
            let (cell, group, turn) = (Arc::clone(&cell), group.clone(), turn.clone());
            go::spawn(move || {
                turn.acquire(&go::Context::background(), 1).unwrap();
                cell.set(cell.get() + 1);
                turn.release(1);
                group.done();
            });
        }
        group.wait();
        assert_eq!(cell.get(), 2);
    });
    sound(|| {
        let cell = Arc::new(RaceCell::new(0));
        let theirs = Arc::clone(&cell);
        let (context, cancel) = go::Context::background().with_cancel();
        go::spawn(move || {
            theirs.set(1);
            cancel.cancel();
        });
        context.done().recv();
        assert_eq!(cell.get(), 1);
    });
}
