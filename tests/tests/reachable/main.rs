//! Outcomes that are easily missed, all of which an exhaustive exploration has to show, and no others: what an attempt
//! finds while somebody else holds the lock, what a channel says when it is empty or at its end, who wakes for no
//! reason, and both ends of every race with a timeout.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::{Arc as StdArc, Mutex as StdMutex};

use reweave::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use reweave::sync::mpsc::{self, RecvError, RecvTimeoutError, TryRecvError};
use reweave::sync::{Arc, Condvar, Mutex, RwLock};
use reweave::time::Duration;
use reweave::{Checker, Clock, FindingKind, Report, Strategy, Verdict, thread};

const MILLISECOND: Duration = Duration::from_millis(1);

mod timeouts;

/// Explores all of `program`; its results, and what is reported. The results are kept behind a real lock, which is held
/// only for an instant at the end of an execution.
fn explore<T: Ord + Send + 'static>(
    checker: Checker,
    program: impl Fn() -> T + Send + Sync + 'static,
) -> (BTreeSet<T>, Report) {
    let seen = StdArc::new(StdMutex::new(BTreeSet::new()));
    let sink = StdArc::clone(&seen);
    let report = checker.strategy(Strategy::Exhaustive).keep_going(true).explore(move || {
        let outcome = program();
        sink.lock().unwrap().insert(outcome);
    });
    let outcomes = std::mem::take(&mut *seen.lock().unwrap());
    (outcomes, report)
}

/// `program` has exactly these results, and never fails.
#[track_caller]
fn reaches_with<T: Ord + Debug + Send + 'static, const N: usize>(
    checker: Checker,
    expected: [T; N],
    program: impl Fn() -> T + Send + Sync + 'static,
) {
    let (outcomes, report) = explore(checker, program);
    assert_eq!(outcomes, expected.into());
    assert_eq!(*report.verdict(), Verdict::Exhaustive, "{report}");
}

/// [`reaches_with`] the default settings.
#[track_caller]
fn reaches<T: Ord + Debug + Send + 'static, const N: usize>(
    expected: [T; N],
    program: impl Fn() -> T + Send + Sync + 'static,
) {
    reaches_with(Checker::new(), expected, program);
}

mod attempts {
    use super::*;

    #[test]
    fn a_try_lock_comes_before_during_or_after_a_section() {
        reaches([false, true], || {
            let lock = Arc::new(Mutex::new(()));
            let theirs = Arc::clone(&lock);
            let holder = thread::spawn(move || drop(theirs.lock().unwrap()));
            let taken = lock.try_lock().is_ok();
            holder.join().unwrap();
            taken
        });
    }

    #[test]
    fn a_try_read_comes_before_during_or_after_a_write() {
        reaches([false, true], || {
            let lock = Arc::new(RwLock::new(()));
            let theirs = Arc::clone(&lock);
            let writer = thread::spawn(move || drop(theirs.write().unwrap()));
            let taken = lock.try_read().is_ok();
            writer.join().unwrap();
            taken
        });
    }

    #[test]
    fn a_try_write_comes_before_during_or_after_a_read() {
        reaches([false, true], || {
            let lock = Arc::new(RwLock::new(()));
            let theirs = Arc::clone(&lock);
            let reader = thread::spawn(move || drop(theirs.read().unwrap()));
            let taken = lock.try_write().is_ok();
            reader.join().unwrap();
            taken
        });
    }

    #[test]
    fn of_two_try_locks_at_most_one_fails() {
        reaches([(false, true), (true, false), (true, true)], || {
            let lock = Arc::new(Mutex::new(()));
            let theirs = Arc::clone(&lock);
            let other = thread::spawn(move || theirs.try_lock().is_ok());
            let mine = lock.try_lock().is_ok();
            (mine, other.join().unwrap())
        });
    }

    #[test]
    fn two_locks_in_opposite_orders_by_try_lock_are_no_deadlock() {
        reaches([(false, false), (false, true), (true, false), (true, true)], || {
            let locks = Arc::new((Mutex::new(()), Mutex::new(())));
            let theirs = Arc::clone(&locks);
            let other = thread::spawn(move || {
                let _first = theirs.1.lock().unwrap();
                theirs.0.try_lock().is_ok()
            });
            let first = locks.0.lock().unwrap();
            let mine = locks.1.try_lock().is_ok();
            drop(first);
            (mine, other.join().unwrap())
        });
    }
}

mod channels {
    use super::*;

    #[test]
    fn a_try_recv_finds_the_message_or_nothing() {
        reaches([Ok(7), Err(TryRecvError::Empty)].map(by_name), || {
            let (sender, receiver) = mpsc::channel();
            let sends = thread::spawn(move || {
                sender.send(7).unwrap();
                // The sender lives on, so that there is nothing but a message or none.
                sender
            });
            let received = receiver.try_recv();
            drop(sends.join().unwrap());
            by_name(received)
        });
    }

    #[test]
    fn a_try_recv_beside_a_send_and_the_end_finds_the_message_or_nothing() {
        let outcomes = [
            [Ok(7), Err(TryRecvError::Disconnected)],
            [Ok(7), Err(TryRecvError::Empty)],
            [Err(TryRecvError::Empty), Ok(7)],
            [Err(TryRecvError::Empty), Err(TryRecvError::Empty)],
        ];
        reaches(outcomes.map(|outcomes| outcomes.map(by_name)), || {
            let (sender, receiver) = mpsc::channel();
            let sends = thread::spawn(move || sender.send(7).unwrap());
            let received = [receiver.try_recv(), receiver.try_recv()];
            sends.join().unwrap();
            received.map(by_name)
        });
    }

    #[test]
    fn a_recv_after_the_last_sender_is_told_of_the_end() {
        reaches([Err(RecvError)].map(by_name), || {
            let (sender, receiver) = mpsc::channel::<u32>();
            let drops = thread::spawn(move || drop(sender));
            let received = receiver.recv();
            drops.join().unwrap();
            by_name(received)
        });
    }

    #[test]
    fn what_was_sent_is_received_before_the_end() {
        reaches([[Ok(7), Err(RecvError)]].map(|outcomes| outcomes.map(by_name)), || {
            let (sender, receiver) = mpsc::channel();
            let sends = thread::spawn(move || sender.send(7).unwrap());
            let received = [receiver.recv(), receiver.recv()];
            sends.join().unwrap();
            received.map(by_name)
        });
    }

    #[test]
    fn the_last_of_two_senders_is_the_end_whichever_it_is() {
        reaches([vec![1, 2], vec![2, 1]], || {
            let (first, receiver) = mpsc::channel();
            let second = first.clone();
            let senders =
                [thread::spawn(move || first.send(1).unwrap()), thread::spawn(move || second.send(2).unwrap())];
            let received: Vec<u32> = receiver.iter().collect();
            senders.into_iter().for_each(|sender| sender.join().unwrap());
            received
        });
    }

    #[test]
    fn a_rendezvous_ends_when_its_receiver_does() {
        reaches([false, true], || {
            let (sender, receiver) = mpsc::sync_channel(0);
            let receives = thread::spawn(move || receiver.try_recv().is_ok());
            let sent = sender.send(7).is_ok();
            assert_eq!(receives.join().unwrap(), sent);
            sent
        });
    }

    /// Errors of channels have no order, and sets need one.
    fn by_name<E: Debug>(received: Result<u32, E>) -> String {
        format!("{received:?}")
    }
}

mod memory {
    use super::*;

    #[test]
    fn store_buffering_never_sees_neither_store() {
        reaches([(0, 1), (1, 0), (1, 1)], || {
            let variables = Arc::new((AtomicU32::new(0), AtomicU32::new(0)));
            let theirs = Arc::clone(&variables);
            let other = thread::spawn(move || {
                theirs.1.store(1, SeqCst);
                theirs.0.load(SeqCst)
            });
            variables.0.store(1, SeqCst);
            let mine = variables.1.load(SeqCst);
            (mine, other.join().unwrap())
        });
    }
}

mod condvars {
    use super::*;

    /// A wait without a loop; whether what it waited for had come when it ended.
    fn wait_once() -> bool {
        let gate = Arc::new((Mutex::new(false), Condvar::new()));
        let theirs = Arc::clone(&gate);
        let opener = thread::spawn(move || {
            let mut open = theirs.0.lock().unwrap();
            *open = true;
            theirs.1.notify_one();
        });
        let open = gate.1.wait(gate.0.lock().unwrap()).unwrap();
        let was_open = *open;
        drop(open);
        opener.join().unwrap();
        was_open
    }

    #[test]
    fn a_wait_without_a_loop_ends_too_early_if_wake_ups_may_be_spurious() {
        // Nor is it a deadlock that the notification came too early.
        reaches_with(Checker::new().spurious_wakeups(true), [false, true], wait_once);
    }

    #[test]
    fn a_wait_without_a_loop_ends_in_time_or_never_if_no_wake_up_is_spurious() {
        let (outcomes, report) = explore(Checker::new(), wait_once);
        assert_eq!(outcomes, [true].into());
        assert_eq!((report.schedules(), report.failures()), (2, 1), "{report}");
        assert!(report.findings().iter().all(|finding| finding.kind() == FindingKind::Deadlock), "{report}");
    }

    #[test]
    fn a_wait_in_a_loop_does_not_mind_spurious_wake_ups() {
        reaches_with(Checker::new().spurious_wakeups(true), [true], || {
            let gate = Arc::new((Mutex::new(false), Condvar::new()));
            let theirs = Arc::clone(&gate);
            let opener = thread::spawn(move || {
                *theirs.0.lock().unwrap() = true;
                theirs.1.notify_one();
            });
            let open = gate.1.wait_while(gate.0.lock().unwrap(), |open| !*open).unwrap();
            let was_open = *open;
            drop(open);
            opener.join().unwrap();
            was_open
        });
    }
}
