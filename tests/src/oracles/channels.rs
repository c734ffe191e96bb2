//! Channels: sends are dependent, receives are dependent, and the i-th send comes before the i-th receive, which
//! comes before send i + capacity. A sender and a receiver that need not wait for each other do not see each other.
//!
//! Every task gives its handle back, so that the root drops it after the last join and nobody is cut off before.

use reweave::sync::mpsc::{self, Receiver, Sender, SyncSender};
use reweave::thread;

use super::join;

/// A sending handle, of a bounded channel or of an unbounded one.
#[derive(Clone)]
enum Sends {
    Bounded(SyncSender<usize>),
    Unbounded(Sender<usize>),
}

impl Sends {
    fn send(&self, message: usize) {
        match self {
            Sends::Bounded(sender) => sender.send(message).unwrap(),
            Sends::Unbounded(sender) => sender.send(message).unwrap(),
        }
    }
}

fn channel(capacity: Option<usize>) -> (Sends, Receiver<usize>) {
    match capacity {
        Some(capacity) => {
            let (sender, receiver) = mpsc::sync_channel(capacity);
            (Sends::Bounded(sender), receiver)
        }
        None => {
            let (sender, receiver) = mpsc::channel();
            (Sends::Unbounded(sender), receiver)
        }
    }
}

/// Each of `senders` tasks sends `each` messages, and one task receives `receives`. `None` is an unbounded channel.
///
/// - If all that is sent is received: (senders · each)! / (each!)^senders, the orders of the sends; one sender: 1.
/// - Bounded by 1, 2 senders of 2 messages and 2 receives: 6 deadlocks. Three sends find room, in an order of two by one
///   sender and one by the other, and the fourth never does.
pub fn many_to_one(capacity: Option<usize>, senders: usize, each: usize, receives: usize) {
    let (sender, receiver) = channel(capacity);
    let senders: Vec<_> = (0..senders)
        .map(|me| {
            let sender = sender.clone();
            thread::spawn(move || {
                (0..each).for_each(|_| sender.send(me));
                sender
            })
        })
        .collect();
    let receiver = thread::spawn(move || {
        let received: Vec<_> = (0..receives).map(|_| receiver.recv().unwrap()).collect();
        (received, receiver)
    });
    let senders = join(senders);
    let receiver = receiver.join().unwrap();
    drop((senders, sender, receiver));
}

/// A send beside an attempt to receive: 2, it finds the message or nothing.
pub fn send_and_try_recv() {
    let (sender, receiver) = mpsc::channel();
    let sends = thread::spawn(move || {
        sender.send(7).unwrap();
        sender
    });
    let receives = thread::spawn(move || (receiver.try_recv(), receiver));
    let sender = sends.join().unwrap();
    let receiver = receives.join().unwrap();
    drop((sender, receiver));
}

/// Two attempts to send to a channel with room for one, beside a receive: 2, the second finds room or not.
pub fn two_try_sends_and_recv() {
    let (sender, receiver) = mpsc::sync_channel(1);
    let sends = thread::spawn(move || (sender.try_send(1), sender.try_send(2), sender));
    let receives = thread::spawn(move || (receiver.recv(), receiver));
    let sender = sends.join().unwrap();
    let receiver = receives.join().unwrap();
    drop((sender, receiver));
}

/// A send and a receive without a buffer: 2, either arrives first and waits for the other, which is an operation of its
/// own.
pub fn rendezvous() {
    many_to_one(Some(0), 1, 1, 1);
}
