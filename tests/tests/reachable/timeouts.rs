//! Races with a timeout, none of which is a deadlock on any clock.

use super::*;

/// What ended the wait.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum By {
    Event,
    Timeout,
}

use By::{Event, Timeout};

/// `program`, told how long the event takes and waiting for two milliseconds, is ended by the event, if that is
/// early, by the timeout, if it is late, and by either, if both come at the same instant or the clock flies.
#[track_caller]
fn race(program: fn(event: Duration) -> By) {
    for (event, idle) in
        [(MILLISECOND, [Event].as_slice()), (2 * MILLISECOND, &[Event, Timeout]), (3 * MILLISECOND, &[Timeout])]
    {
        for (clock, expected) in [(Clock::Idle, idle), (Clock::Elastic, &[Event, Timeout])] {
            let (outcomes, report) = explore(Checker::new().clock(clock), move || program(event));
            let expected: BTreeSet<By> = expected.iter().copied().collect();
            assert_eq!(outcomes, expected, "{clock:?}, event after {event:?}");
            assert_eq!(*report.verdict(), Verdict::Exhaustive, "{clock:?}, event after {event:?}: {report}");
        }
    }
}

#[test]
fn a_wait() {
    race(|event| {
        let gate = Arc::new((Mutex::new(false), Condvar::new()));
        let theirs = Arc::clone(&gate);
        let opener = thread::spawn(move || {
            thread::sleep(event);
            *theirs.0.lock().unwrap() = true;
            theirs.1.notify_one();
        });
        let open = gate.0.lock().unwrap();
        let (open, result) = gate.1.wait_timeout_while(open, 2 * MILLISECOND, |open| !*open).unwrap();
        let by = if *open { Event } else { Timeout };
        assert_eq!(result.timed_out(), by == Timeout);
        drop(open);
        opener.join().unwrap();
        by
    });
}

#[test]
fn a_receive() {
    race(|event| {
        let (sender, receiver) = mpsc::channel();
        let sends = thread::spawn(move || {
            thread::sleep(event);
            let _ = sender.send(7);
            sender
        });
        let by = match receiver.recv_timeout(2 * MILLISECOND) {
            Ok(7) => Event,
            Err(RecvTimeoutError::Timeout) => Timeout,
            other => panic!("{other:?}"),
        };
        drop(sends.join().unwrap());
        by
    });
}

#[test]
fn a_rendezvous() {
    race(|event| {
        let (sender, receiver) = mpsc::sync_channel(0);
        let sends = thread::spawn(move || {
            thread::sleep(event);
            sender.send(7).is_ok()
        });
        let received = receiver.recv_timeout(2 * MILLISECOND);
        drop(receiver);
        assert_eq!(sends.join().unwrap(), received.is_ok());
        match received {
            Ok(7) => Event,
            Err(RecvTimeoutError::Timeout) => Timeout,
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn the_end_of_a_channel() {
    race(|event| {
        let (sender, receiver) = mpsc::channel::<u32>();
        let drops = thread::spawn(move || {
            thread::sleep(event);
            drop(sender);
        });
        let by = match receiver.recv_timeout(2 * MILLISECOND) {
            Err(RecvTimeoutError::Disconnected) => Event,
            Err(RecvTimeoutError::Timeout) => Timeout,
            other => panic!("{other:?}"),
        };
        drops.join().unwrap();
        by
    });
}

#[test]
fn a_park() {
    race(|event| {
        let flag = Arc::new(AtomicBool::new(false));
        let (theirs, parked) = (Arc::clone(&flag), thread::current());
        let unparks = thread::spawn(move || {
            thread::sleep(event);
            theirs.store(true, SeqCst);
            parked.unpark();
        });
        thread::park_timeout(2 * MILLISECOND);
        let by = if flag.load(SeqCst) { Event } else { Timeout };
        unparks.join().unwrap();
        by
    });
}

/// Without a predicate the notification may also be lost, and then only the timeout is left, on either clock.
#[test]
fn a_notification_that_comes_too_early() {
    for clock in [Clock::Idle, Clock::Elastic] {
        reaches_with(Checker::new().clock(clock), [false, true], || {
            let shared = Arc::new((Mutex::new(()), Condvar::new()));
            let theirs = Arc::clone(&shared);
            let notifier = thread::spawn(move || {
                let _guard = theirs.0.lock().unwrap();
                theirs.1.notify_one();
            });
            let guard = shared.0.lock().unwrap();
            let (guard, result) = shared.1.wait_timeout(guard, MILLISECOND).unwrap();
            drop(guard);
            notifier.join().unwrap();
            result.timed_out()
        });
    }
}

/// Nobody notifies, sends or unparks: the timeout, and not a deadlock.
#[test]
fn nothing_but_the_timeout() {
    for clock in [Clock::Idle, Clock::Elastic] {
        reaches_with(Checker::new().clock(clock), [()], || {
            let (lock, condvar) = (Mutex::new(()), Condvar::new());
            let (guard, result) = condvar.wait_timeout(lock.lock().unwrap(), MILLISECOND).unwrap();
            assert!(result.timed_out());
            drop(guard);
            let (_sender, receiver) = mpsc::channel::<u32>();
            assert_eq!(receiver.recv_timeout(MILLISECOND), Err(RecvTimeoutError::Timeout));
            thread::park_timeout(MILLISECOND);
        });
    }
}
