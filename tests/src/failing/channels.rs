//! Channels: `reweave::chan` and `mpsc`.

use reweave::FindingKind::{Deadlock, Leak, Panic};
use reweave::sync::atomic::{AtomicBool, Ordering::SeqCst};
use reweave::sync::mpsc;
use reweave::{chan, thread};

use super::{Failing, in_tasks};

pub(super) const ALL: &[Failing] = &[
    Failing::new("order of messages", Panic, order_of_messages),
    Failing::new("two rendezvous that cross", Deadlock, rendezvous_that_cross),
    Failing::new("full both ways", Deadlock, full_both_ways),
    Failing::new("receiver that goes first", Panic, receiver_that_goes_first),
    Failing::new("worker without a last message", Leak, worker_without_a_last_message),
    Failing::new("poll once", Panic, poll_once),
    Failing::new("select without the other arm", Deadlock, select_without_the_other_arm),
];

fn order_of_messages() {
    let (sender, receiver) = mpsc::channel();
    in_tasks(2, move |task| sender.send(task).unwrap());
    assert_eq!(receiver.iter().collect::<Vec<_>>(), [0, 1]);
}

fn rendezvous_that_cross() {
    // Both send first if each finds that the other is there already.
    let ((to_right, from_left), (to_left, from_right)) = (chan::bounded(0), chan::bounded(0));
    let there = [AtomicBool::new(false), AtomicBool::new(false)];
    in_tasks(2, move |task| {
        let (out, back) = if task == 0 { (&to_right, &from_right) } else { (&to_left, &from_left) };
        there[task].store(true, SeqCst);
        if there[1 - task].load(SeqCst) {
            out.send(()).unwrap();
            back.recv().unwrap();
        } else {
            back.recv().unwrap();
            out.send(()).unwrap();
        }
    });
}

fn full_both_ways() {
    let ((left, to_right), (right, to_left)) = (chan::bounded(1), chan::bounded(1));
    in_tasks(2, move |task| {
        let (out, back) = if task == 0 { (&left, &to_left) } else { (&right, &to_right) };
        out.send(1).unwrap();
        out.send(2).unwrap();
        assert_eq!((back.recv(), back.recv()), (Ok(1), Ok(2)));
    });
}

fn receiver_that_goes_first() {
    let (sender, receiver) = mpsc::channel();
    let task = thread::spawn(move || sender.send(()).unwrap());
    drop(receiver);
    task.join().unwrap();
}

fn worker_without_a_last_message() {
    let (sender, receiver) = chan::unbounded::<bool>();
    let other = sender.clone();
    let kept = receiver.clone();
    thread::spawn(move || while receiver.recv().is_ok_and(|more| more) {});
    thread::spawn(move || {
        let _ = other.send(true);
    });
    let _ = kept.try_recv();
    // Whoever took the message decides whether the worker hears of the end.
    if kept.is_empty() {
        std::mem::forget(sender);
    }
}

fn poll_once() {
    let (sender, receiver) = mpsc::channel();
    let task = thread::spawn(move || sender.send(1).unwrap());
    assert_eq!(receiver.try_recv(), Ok(1));
    task.join().unwrap();
}

fn select_without_the_other_arm() {
    let ((job, jobs), (stop, stops)) = (chan::bounded::<u32>(0), chan::bounded::<()>(0));
    let worker = thread::spawn(move || {
        chan::select! {
            recv(jobs) -> _ => (),
            recv(stops) -> _ => (),
        }
        // From here on it listens to one of them only.
        let _ = stops.recv();
        drop(jobs);
    });
    let boss = thread::spawn(move || {
        let _ = job.send(1);
    });
    stop.send(()).unwrap();
    boss.join().unwrap();
    let _ = stop.send(());
    worker.join().unwrap();
}
