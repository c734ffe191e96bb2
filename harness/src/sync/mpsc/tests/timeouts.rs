//! Waiting for a while.

use super::*;
use crate::trial::run;

#[test]
fn a_timeout_ends_the_wait() {
    for bound in [0, 1] {
        run(100, || {
            let (sender, receiver) = sync_channel(bound);
            let start = crate::time::Instant::now();
            assert_eq!(receiver.recv_timeout(3 * SECOND), Err(RecvTimeoutError::Timeout));
            assert_eq!(start.elapsed(), 3 * SECOND);
            assert_eq!(receiver.recv_timeout(Duration::ZERO), Err(RecvTimeoutError::Timeout));
            let thread = thread::spawn(move || {
                thread::sleep(SECOND);
                sender.send(1).unwrap();
                thread::sleep(3 * SECOND);
                sender.send(2).unwrap();
            });
            assert_eq!(receiver.recv_timeout(2 * SECOND), Ok(1));
            assert_eq!(receiver.recv_timeout(2 * SECOND), Err(RecvTimeoutError::Timeout));
            assert_eq!(receiver.recv_timeout(Duration::MAX), Ok(2));
            thread.join().unwrap();
            assert_eq!(receiver.recv_timeout(2 * SECOND), Err(RecvTimeoutError::Disconnected));
            // Nothing is left of the timers: a later sleep lasts as long as it should.
            let start = crate::time::Instant::now();
            thread::sleep(SECOND);
            assert_eq!(start.elapsed(), SECOND);
        });
    }
}

#[test]
fn a_timeout_leaves_no_timer_behind() {
    for bound in [0, 1] {
        everywhere(|| {
            let (sender, receiver) = sync_channel(bound);
            let thread = thread::spawn(move || sender.send(1));
            let received = receiver.recv_timeout(SECOND);
            // Would return at once if the timer were still armed or fired.
            let (late_sender, late) = channel();
            let late_thread = thread::spawn(move || {
                for _ in 0..3 {
                    thread::yield_now();
                }
                late_sender.send(2).unwrap();
            });
            assert_eq!(late.recv(), Ok(2));
            late_thread.join().unwrap();
            drop(receiver);
            let sent = thread.join().unwrap();
            if bound == 0 {
                assert_eq!(sent.is_ok(), received.is_ok());
            }
        });
    }
}

#[test]
fn an_elastic_clock_lets_a_timeout_come_before_the_message() {
    for bound in [0, 1] {
        let received = explore_with(Clock::Elastic, 200, || {
            let (sender, receiver) = sync_channel(bound);
            let thread = thread::spawn(move || sender.send(1));
            let received = receiver.recv_timeout(SECOND);
            let sent = if received.is_ok() {
                thread.join().unwrap()
            } else {
                drop(receiver);
                thread.join().unwrap()
            };
            if bound == 0 {
                assert_eq!(sent.is_ok(), received.is_ok(), "both or none");
            }
            received
        });
        let received: Vec<_> = received.into_iter().map(Ended::value).collect();
        assert!(received.contains(&Ok(1)) && received.contains(&Err(RecvTimeoutError::Timeout)));
    }
}
