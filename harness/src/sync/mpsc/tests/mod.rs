//! What a channel does, for real and simulated.

mod beside_std;
mod elsewhere;
mod timeouts;
mod values;

use std::cell::RefCell;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::*;
use crate::engine::execution::Ending;
use crate::kernel::Clock;
use crate::thread;
use crate::trial::{Ended, explore, explore_with, values};

const SECOND: Duration = Duration::from_secs(1);

/// Every kind of channel: unbounded, a rendezvous, and with little room.
const BOUNDS: [Option<usize>; 4] = [None, Some(0), Some(1), Some(3)];

/// A sender of either type.
enum Either<T> {
    Sender(Sender<T>),
    SyncSender(SyncSender<T>),
}

impl<T> Clone for Either<T> {
    fn clone(&self) -> Either<T> {
        match self {
            Either::Sender(sender) => Either::Sender(sender.clone()),
            Either::SyncSender(sender) => Either::SyncSender(sender.clone()),
        }
    }
}

impl<T> Either<T> {
    fn send(&self, value: T) -> Result<(), SendError<T>> {
        match self {
            Either::Sender(sender) => sender.send(value),
            Either::SyncSender(sender) => sender.send(value),
        }
    }

    /// Tries to send; an unbounded channel always has room.
    fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        match self {
            Either::Sender(sender) => sender.send(value).map_err(TrySendError::from),
            Either::SyncSender(sender) => sender.try_send(value),
        }
    }
}

fn open<T>(bound: Option<usize>) -> (Either<T>, Receiver<T>) {
    match bound {
        None => {
            let (sender, receiver) = channel();
            (Either::Sender(sender), receiver)
        }
        Some(bound) => {
            let (sender, receiver) = sync_channel(bound);
            (Either::SyncSender(sender), receiver)
        }
    }
}

/// Runs `f` outside, and in executions with both clocks.
fn everywhere(f: impl Fn()) {
    f();
    for clock in [Clock::Idle, Clock::Elastic] {
        explore_with(clock, 200, &f).into_iter().for_each(Ended::value);
    }
}

#[test]
fn handles_are_as_shareable_as_those_of_std() {
    fn every<T>() {
        fn unwind<T: UnwindSafe + RefUnwindSafe + Unpin>() {}
        unwind::<Sender<T>>();
        unwind::<SyncSender<T>>();
        unwind::<Receiver<T>>();
        unwind::<IntoIter<T>>();
    }
    fn sendable<T: Send>() {
        fn send<T: Send>() {}
        fn sync<T: Sync>() {}
        send::<Sender<T>>();
        sync::<Sender<T>>();
        send::<SyncSender<T>>();
        sync::<SyncSender<T>>();
        send::<Receiver<T>>();
        send::<IntoIter<T>>();
    }
    every::<RefCell<*const u8>>();
    sendable::<std::cell::Cell<u8>>();
}

#[test]
fn handles_print_as_those_of_std() {
    everywhere(|| {
        let (sender, receiver) = channel::<u8>();
        let (sync_sender, _) = sync_channel::<u8>(0);
        assert_eq!(format!("{sender:?} {sync_sender:?}"), "Sender { .. } SyncSender { .. }");
        assert_eq!(format!("{:?} {:?}", receiver.iter(), receiver.try_iter()), {
            "Iter { rx: Receiver { .. } } TryIter { rx: Receiver { .. } }"
        });
        assert_eq!(format!("{:?}", receiver.into_iter()), "IntoIter { rx: Receiver { .. } }");
    });
}

#[test]
fn messages_arrive_in_the_order_in_which_they_were_sent() {
    everywhere(|| {
        let (sender, receiver) = channel();
        let thread = thread::spawn(move || (0..5).for_each(|number| sender.send(number).unwrap()));
        assert_eq!(receiver.iter().collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
        thread.join().unwrap();
        assert_eq!(receiver.recv(), Err(RecvError));
    });
}

#[test]
fn bounded_channels_keep_order_and_bound() {
    for bound in [0, 1, 2] {
        everywhere(|| {
            let (sender, receiver) = sync_channel(bound);
            let sent = Arc::new(AtomicUsize::new(0));
            let ahead = Arc::clone(&sent);
            let thread = thread::spawn(move || {
                for number in 0..5 {
                    sender.send(number).unwrap();
                    ahead.fetch_add(1, Ordering::SeqCst);
                }
            });
            for (received, number) in (&receiver).into_iter().enumerate() {
                assert_eq!(number, received);
                // The receiver took one more than it has counted.
                assert!(sent.load(Ordering::SeqCst) <= received + 1 + bound);
            }
            thread.join().unwrap();
            assert_eq!(sent.load(Ordering::SeqCst), 5);
        });
    }
}

#[test]
fn many_senders_lose_nothing() {
    for bound in BOUNDS {
        everywhere(|| {
            let (sender, receiver) = open(bound);
            let threads = [0, 1, 2].map(|number| {
                let sender = sender.clone();
                thread::spawn(move || sender.send(number).unwrap())
            });
            drop(sender);
            let mut numbers: Vec<_> = receiver.into_iter().collect();
            numbers.sort_unstable();
            assert_eq!(numbers, [0, 1, 2]);
            threads.into_iter().for_each(|thread| thread.join().unwrap());
        });
    }
}

#[test]
fn the_order_of_senders_is_up_to_the_schedule() {
    for bound in BOUNDS {
        let orders = values(200, || {
            let (sender, receiver) = open(bound);
            let another = sender.clone();
            let threads =
                [thread::spawn(move || sender.send(1).unwrap()), thread::spawn(move || another.send(2).unwrap())];
            let order: Vec<_> = receiver.iter().collect();
            threads.into_iter().for_each(|thread| thread.join().unwrap());
            order
        });
        assert!(orders.contains(&vec![1, 2]) && orders.contains(&vec![2, 1]));
    }
}

#[test]
fn a_full_channel_refuses() {
    everywhere(|| {
        let (sender, receiver) = sync_channel(2);
        assert_eq!(sender.try_send(1), Ok(()));
        sender.send(2).unwrap();
        assert_eq!(sender.try_send(3), Err(TrySendError::Full(3)));
        assert_eq!(receiver.recv(), Ok(1));
        assert_eq!(sender.try_send(4), Ok(()));
        assert_eq!(receiver.try_iter().collect::<Vec<_>>(), [2, 4]);
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
        drop(receiver);
        assert_eq!(sender.try_send(5), Err(TrySendError::Disconnected(5)));
        assert_eq!(sender.send(6), Err(SendError(6)));
    });
}

#[test]
fn a_rendezvous_refuses_whom_nobody_waits_for() {
    everywhere(|| {
        let (sender, receiver) = sync_channel(0);
        assert_eq!(sender.try_send(1), Err(TrySendError::Full(1)));
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
        let thread = thread::spawn(move || {
            let mut refused = 0;
            while sender.try_send(2).is_err() {
                refused += 1;
                thread::yield_now();
            }
            assert_eq!(sender.send(3), Ok(()));
            refused
        });
        assert_eq!(receiver.recv(), Ok(2));
        let taken = loop {
            match receiver.try_recv() {
                Ok(number) => break number,
                Err(error) => assert_eq!(error, TryRecvError::Empty),
            }
            thread::yield_now();
        };
        assert_eq!(taken, 3);
        thread.join().unwrap();
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));
        assert_eq!(receiver.recv(), Err(RecvError));
        assert_eq!(receiver.recv_timeout(SECOND), Err(RecvTimeoutError::Disconnected));
    });
}

#[test]
fn a_waiting_receiver_learns_that_the_senders_are_gone() {
    for bound in [0, 1] {
        everywhere(|| {
            let (sender, receiver) = sync_channel::<u8>(bound);
            let another = sender.clone();
            let threads = [thread::spawn(move || drop(sender)), thread::spawn(move || drop(another))];
            assert_eq!(receiver.recv(), Err(RecvError));
            assert_eq!(receiver.recv_timeout(SECOND), Err(RecvTimeoutError::Disconnected));
            threads.into_iter().for_each(|thread| thread.join().unwrap());
        });
    }
}

#[test]
fn waiting_senders_get_their_values_back_when_the_receiver_goes() {
    for bound in [0, 1] {
        everywhere(|| {
            let (sender, receiver) = sync_channel(bound);
            let another = sender.clone();
            let threads = [
                thread::spawn(move || [sender.send(1).is_ok(), sender.send(2).is_ok()]),
                thread::spawn(move || {
                    [another.send(3), another.send(4)]
                        .map(|sent| sent.map_err(|error| error.0))
                        .map(|sent| sent.is_ok() || sent == Err(3) || sent == Err(4))
                }),
            ];
            let _ = receiver.recv();
            drop(receiver);
            let [first, second] = threads.map(|thread| thread.join().unwrap());
            // At most one was received and `bound` of the others left in the buffer.
            assert!(first.iter().filter(|sent| **sent).count() <= 1 + bound);
            assert_eq!(second, [true, true]);
        });
    }
}

#[test]
fn two_that_wait_for_each_other_are_found() {
    let ended = explore(20, || {
        let ((to_other, from_us), (to_us, from_other)) = (channel::<u8>(), channel::<u8>());
        let thread = thread::spawn(move || {
            let _ = from_us.recv();
            to_us.send(1).unwrap();
        });
        let _ = from_other.recv();
        to_other.send(1).unwrap();
        thread.join().unwrap();
    });
    assert!(ended.iter().all(|ended| ended.ending == Ending::Deadlock(Vec::new())));
}

#[test]
fn a_panic_while_a_sender_is_held_disconnects() {
    everywhere(|| {
        let (sender, receiver) = channel::<u8>();
        let thread = thread::spawn(move || {
            let _sender = sender;
            std::panic::resume_unwind(Box::new("on purpose"));
        });
        assert_eq!(receiver.recv(), Err(RecvError));
        assert!(thread.join().is_err());
    });
}
