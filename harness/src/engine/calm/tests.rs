//! What is done calmly is what is done with every question asked: random programs, walked, walked again recorded, and replayed.

use std::sync::{Arc, Mutex};

use proptest::prelude::*;

use crate::chan::{Receiver, Select, Sender, after, bounded, unbounded};
use crate::engine::execution::Ending;
use crate::go::WaitGroup;
use crate::sync::atomic::{AtomicU32, Ordering::SeqCst};
use crate::sync::{Condvar, Mutex as Lock, mpsc};
use crate::thread;
use crate::time::Duration;
use crate::trial::{explore, record, replay};

/// What a task does next, mostly at the channel with this number.
#[derive(Clone, Copy, Debug)]
enum Act {
    Send(usize),
    Receive(usize),
    TrySend(usize),
    TryReceive(usize),
    ReceiveWithin(usize),
    Select(usize),
    Clone(usize),
    DropSender(usize),
    DropReceiver(usize),
    SendThere,
    ReceiveThere,
    Add,
    Done,
    Wait,
    WaitWithin,
    Sleep,
    Touch,
}

/// The capacities of the channels.
const CHANNELS: [Option<usize>; 4] = [Some(0), Some(1), Some(2), None];

/// Most acts are such that it stays calm.
fn act() -> impl Strategy<Value = Act> {
    let channel = 0..CHANNELS.len();
    let calm = (channel.clone(), 0..11_u8).prop_map(|(at, act)| match act {
        0..=2 => Act::Send(at),
        3..=5 => Act::Receive(at),
        6 => Act::Clone(at),
        7 => Act::DropSender(at),
        8 => Act::DropReceiver(at),
        9 => Act::TrySend(at),
        _ => Act::TryReceive(at),
    });
    let other = (channel, 0..10_u8).prop_map(|(at, act)| match act {
        0 => Act::ReceiveWithin(at),
        1 => Act::Select(at),
        2 => Act::Add,
        3 => Act::Done,
        4 => Act::Wait,
        5 => Act::WaitWithin,
        6 => Act::Sleep,
        7 => Act::SendThere,
        8 => Act::ReceiveThere,
        _ => Act::Touch,
    });
    prop_oneof![5 => calm, 2 => other]
}

/// What all tasks share.
struct Common {
    group: WaitGroup,
    lock: Lock<()>,
    condvar: Condvar,
    word: AtomicU32,
    /// Of this execution: who did what, and what came of it.
    log: Arc<Mutex<Vec<String>>>,
}

/// A task with its own handles.
struct Actor {
    number: usize,
    senders: Vec<Option<Sender<usize>>>,
    receivers: Vec<Option<Receiver<usize>>>,
    there: (Option<mpsc::SyncSender<usize>>, Option<mpsc::Receiver<usize>>),
    common: Arc<Common>,
}

impl Actor {
    fn run(&mut self, acts: &[Act]) {
        for (step, act) in acts.iter().enumerate() {
            let said = self.act(*act, self.number * 100 + step);
            self.common.log.lock().unwrap().push(format!("{}: {act:?}: {said}", self.number));
        }
    }

    fn act(&mut self, act: Act, value: usize) -> String {
        const MOMENT: Duration = Duration::from_millis(3);
        let sender = |at: usize| self.senders[at].as_ref();
        let receiver = |at: usize| self.receivers[at].as_ref();
        match act {
            Act::Send(at) => format!("{:?}", sender(at).map(|sender| sender.send(value))),
            Act::TrySend(at) => format!("{:?}", sender(at).map(|sender| sender.try_send(value))),
            Act::Receive(at) => format!("{:?}", receiver(at).map(Receiver::recv)),
            Act::TryReceive(at) => format!("{:?}", receiver(at).map(Receiver::try_recv)),
            Act::ReceiveWithin(at) => format!("{:?}", receiver(at).map(|receiver| receiver.recv_timeout(MOMENT))),
            Act::Select(at) => {
                let (Some(one), Some(other)) = (receiver(at), receiver((at + 1) % CHANNELS.len())) else {
                    return "nothing".to_owned();
                };
                let late = after(MOMENT);
                let mut select = Select::new();
                let arms = [select.recv(one), select.recv(other), select.recv(&late)];
                let chosen = select.select();
                match arms.iter().position(|arm| *arm == chosen.index()) {
                    Some(0) => format!("{:?}", chosen.recv(one)),
                    Some(1) => format!("{:?}", chosen.recv(other)),
                    _ => format!("late: {}", chosen.recv(&late).is_ok()),
                }
            }
            Act::Clone(at) => format!("{:?}", (sender(at).cloned(), receiver(at).cloned())),
            Act::DropSender(at) => format!("{:?}", self.senders[at].take()),
            Act::DropReceiver(at) => format!("{:?}", self.receivers[at].take()),
            Act::SendThere => format!("{:?}", self.there.0.take().map(|sender| sender.send(value))),
            Act::ReceiveThere => format!("{:?}", self.there.1.take().map(|receiver| receiver.recv())),
            Act::Add => format!("{:?}", crate::go::recover(|| self.common.group.add(1)).is_ok()),
            Act::Done => format!("{:?}", crate::go::recover(|| self.common.group.done()).is_ok()),
            Act::Wait => format!("{:?}", crate::go::recover(|| self.common.group.wait()).is_ok()),
            Act::WaitWithin => {
                let guard = self.common.lock.lock().unwrap();
                let (guard, result) = self.common.condvar.wait_timeout(guard, MOMENT).unwrap();
                drop(guard);
                format!("{result:?}")
            }
            Act::Sleep => {
                thread::sleep(MOMENT);
                String::new()
            }
            Act::Touch => {
                self.common.condvar.notify_one();
                format!("{}", self.common.word.fetch_add(1, SeqCst))
            }
        }
    }
}

/// How many others there are besides those who act: mostly nobody, or so many that it cannot be calm any more, or just not so many.
fn crowd() -> impl Strategy<Value = usize> {
    prop_oneof![9 => Just(0), 1 => 56..68_usize]
}

/// The program in which each of these tasks does its acts, the first one being the root. The `crowd` comes before they do, if its number is
/// even, or when they have begun, and waits for the end.
fn program(tasks: &[Vec<Act>], crowd: usize, log: &Arc<Mutex<Vec<String>>>) {
    log.lock().unwrap().clear();
    let common = Arc::new(Common {
        group: WaitGroup::new(),
        lock: Lock::new(()),
        condvar: Condvar::new(),
        word: AtomicU32::new(0),
        log: Arc::clone(log),
    });
    let channels = CHANNELS.map(|capacity| capacity.map_or_else(unbounded, bounded));
    let there = mpsc::sync_channel(0);
    let mut last = Some(there.1);
    let actor = |number: usize, last: Option<mpsc::Receiver<usize>>| Actor {
        number,
        senders: channels.iter().map(|(sender, _)| Some(sender.clone())).collect(),
        receivers: channels.iter().map(|(_, receiver)| Some(receiver.clone())).collect(),
        there: (Some(there.0.clone()), last),
        common: Arc::clone(&common),
    };
    let actors: Vec<Actor> = (0..tasks.len()).map(|number| actor(number, last.take())).collect();
    drop((channels, there.0));
    let end = WaitGroup::new();
    end.add(1);
    let others = || {
        let other = |_| {
            let end = end.clone();
            thread::spawn(move || end.wait())
        };
        (0..crowd).map(other).collect()
    };
    let before: Vec<_> = if crowd.is_multiple_of(2) { others() } else { Vec::new() };
    let mut actors = actors.into_iter().zip(tasks);
    let root = actors.next();
    let spawned: Vec<_> = actors
        .map(|(actor, acts)| {
            let acts = acts.clone();
            let mut actor = actor;
            thread::spawn(move || actor.run(&acts))
        })
        .collect();
    if let Some((root, acts)) = root {
        let (early, late) = acts.split_at(acts.len() / 2);
        let mut root = root;
        root.run(early);
        let after: Vec<_> = if crowd.is_multiple_of(2) { Vec::new() } else { others() };
        root.run(late);
        drop(root);
        end.done();
        after.into_iter().for_each(|task| task.join().unwrap());
    }
    before.into_iter().chain(spawned).for_each(|task| task.join().unwrap());
}

#[test]
fn the_hundredth_task_waits_at_a_gate_for_itself_alone() {
    for walked in explore(20, || {
        let (group, arrived) = (WaitGroup::new(), Arc::new(AtomicU32::new(0)));
        group.add(1);
        let waiting: Vec<_> = (0..100)
            .map(|_| {
                let (group, arrived) = (group.clone(), Arc::clone(&arrived));
                thread::spawn(move || {
                    arrived.fetch_add(1, SeqCst);
                    group.wait();
                })
            })
            .collect();
        while arrived.load(SeqCst) < 100 {
            thread::yield_now();
        }
        group.done();
        waiting.into_iter().for_each(|task| task.join().unwrap());
    }) {
        walked.value();
    }
}

proptest! {
    #[test]
    fn a_walk_is_what_its_replay_is(
        tasks in prop::collection::vec(prop::collection::vec(act(), 0..7), 1..5),
        crowd in crowd(),
    ) {
        let log = Arc::new(Mutex::new(Vec::new()));
        let logs = Mutex::new(Vec::new());
        let keep = || logs.lock().unwrap().push(std::mem::take(&mut *log.lock().unwrap()));
        let walked = explore(20, || {
            keep();
            program(&tasks, crowd, &log);
        });
        keep();
        let walked_logs = logs.lock().unwrap().split_off(1);
        // Recording it is never calm, and makes the same decisions.
        for (recorded, walked) in record(20, || program(&tasks, crowd, &log)).iter().zip(&walked) {
            prop_assert_eq!((&recorded.ending, &recorded.decisions), (&walked.ending, &walked.decisions));
        }
        for (walked, log_of_walk) in walked.iter().zip(walked_logs) {
            // What a task does wrong it recovers from.
            prop_assert!(!matches!(walked.ending, Ending::Panicked(_)), "{:?}", walked.ending);
            let replayed = replay(&walked.decisions, || program(&tasks, crowd, &log));
            prop_assert_eq!(&replayed.ending, &walked.ending);
            let log_of_replay = std::mem::take(&mut *log.lock().unwrap());
            prop_assert_eq!(&log_of_replay, &log_of_walk, "{:?}", walked.ending == Ending::Finished);
        }
    }
}
