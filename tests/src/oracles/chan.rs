//! Channels with several receivers, and select. The rules are those of [`super::channels`]; which arm a select takes counts.
//!
//! Every task gives its handles back, so that the root drops them after the last join and nobody is cut off before.

use reweave::chan::{self, Receiver, Sender};
use reweave::thread;

use super::join;

fn channel<T>(capacity: Option<usize>) -> (Sender<T>, Receiver<T>) {
    match capacity {
        Some(capacity) => chan::bounded(capacity),
        None => chan::unbounded(),
    }
}

/// Each of `senders` tasks sends `each` messages, and each of `receivers` tasks receives `receives`. `None` is an unbounded
/// channel.
///
/// - One receiver: as with [`super::channels::many_to_one`].
/// - 2 senders of 1 message and 2 receivers of 1: 4, the orders of the sends times those of the receives.
/// - One message and 2 receivers of 1: 2 deadlocks, either receiver is left waiting.
pub fn many_to_many(capacity: Option<usize>, senders: usize, each: usize, receivers: usize, receives: usize) {
    let (sender, receiver) = channel(capacity);
    let senders: Vec<_> = (0..senders)
        .map(|me| {
            let sender = sender.clone();
            thread::spawn(move || {
                (0..each).for_each(|_| sender.send(me).unwrap());
                sender
            })
        })
        .collect();
    let receivers: Vec<_> = (0..receivers)
        .map(|_| {
            let receiver = receiver.clone();
            thread::spawn(move || {
                let received: Vec<_> = (0..receives).map(|_| receiver.recv().unwrap()).collect();
                (received, receiver)
            })
        })
        .collect();
    let handles = (join(senders), join(receivers));
    drop((handles, sender, receiver));
}

/// A send beside an attempt to receive: 2, it finds the message or nothing.
pub fn send_and_try_recv() {
    let (sender, receiver) = chan::unbounded();
    let sends = thread::spawn(move || {
        sender.send(7).unwrap();
        sender
    });
    let receives = thread::spawn(move || (receiver.try_recv(), receiver));
    drop((sends.join().unwrap(), receives.join().unwrap()));
}

/// Two attempts to send to a channel with room for one, beside a receive: 2, the second finds room or not.
pub fn two_try_sends_and_recv() {
    let (sender, receiver) = chan::bounded(1);
    let sends = thread::spawn(move || (sender.try_send(1), sender.try_send(2), sender));
    let receives = thread::spawn(move || (receiver.recv(), receiver));
    drop((sends.join().unwrap(), receives.join().unwrap()));
}

/// A send to each of two channels, beside a select that receives from either: 2, one for each message. What happens to the
/// other channel makes no difference to the arm that is taken. (By a relation in which a select sees every arm it is 4,
/// each message with the other send before the select and after it.)
pub fn select_of_two() {
    let (senders, receivers): (Vec<_>, Vec<_>) = (0..2).map(|_| chan::bounded::<usize>(1)).unzip();
    let sends: Vec<_> = senders
        .into_iter()
        .map(|sender| {
            thread::spawn(move || {
                sender.send(1).unwrap();
                sender
            })
        })
        .collect();
    let selects = thread::spawn(move || {
        let message = chan::select! {
            recv(receivers[0]) -> message => message,
            recv(receivers[1]) -> message => message,
        };
        (message, receivers)
    });
    drop((join(sends), selects.join().unwrap()));
}
