//! What a queue with an answer to being full is put through.
//!
//! Each run has a fresh file. A stop of the process is played in two ways. In [`restart`] the queue is stopped by force at any moment,
//! and the next process opens the file. In [`pulled_plug`] nobody is asked: the file is copied at any moment, and the copy is what the
//! next process would find.

use std::collections::VecDeque;
use std::path::Path;

use reweave::history::{History, Model};
use reweave::sync::Arc;
use reweave::thread;
use reweave::time::{Duration, Instant};

use super::super::variant::Policy;
use super::super::{OverflowQueue, Refused, Spill, WhenFull};
use super::{Item, PATIENCE, Size, assert_conserved, assert_order, join, start};
use crate::journal::Scratch;

type Queue<P> = Arc<OverflowQueue<Item, P>>;

/// More is produced than fits into memory, and nobody waits for consumers: items are neither lost nor doubled nor overtaken, and
/// in the end nothing is on disk.
///
/// # Panics
/// When a guarantee of the queue does not hold.
pub fn spills<P: Policy>(size: Size) {
    let scratch = Scratch::new();
    let queue = open::<P>(&scratch.file("spill"), size.capacity);
    let producers = start_producers(&queue, size);
    let consumers = start_consumers(&queue, size, Duration::ZERO);

    let accepted: Vec<_> = producers.into_iter().flat_map(|producer| join(producer).accepted).collect();
    queue.close();
    let delivered: Vec<_> = consumers.into_iter().map(join).collect();

    assert_eq!(accepted.len(), size.producers * size.items, "every item is accepted while the queue is open");
    assert_conserved(accepted, delivered.concat(), Vec::new());
    assert_order(&delivered);
    assert_eq!(queue.on_disk(), 0, "what was delivered is not on disk");
}

/// The queue is stopped by force in the middle of everything, and the next process opens the file: each item is delivered, or
/// returned by the stop, or found by the next process.
///
/// # Panics
/// When a guarantee of the queue does not hold.
pub fn restart<P: Policy>(size: Size) {
    stop_and_go_on::<P>(size, Duration::ZERO, Duration::ZERO);
}

/// The same with a stop that has patience, while consumers spend time on each item.
///
/// # Panics
/// When a guarantee of the queue does not hold.
pub fn graceful_restart<P: Policy>(size: Size) {
    stop_and_go_on::<P>(size, PATIENCE, PATIENCE);
}

fn stop_and_go_on<P: Policy>(size: Size, work: Duration, within: Duration) {
    let scratch = Scratch::new();
    let file = scratch.file("spill");
    let queue = open::<P>(&file, size.capacity);
    let producers = start_producers(&queue, size);
    let consumers = start_consumers(&queue, size, work);

    let begun = Instant::now();
    let rest = queue.shutdown(within);
    let lasted = begun.elapsed();
    let accepted: Vec<_> = producers.into_iter().flat_map(|producer| join(producer).accepted).collect();
    let delivered: Vec<_> = consumers.into_iter().map(join).collect();
    let on_disk = queue.on_disk();
    drop(queue);
    let found = all_in(&file);

    assert!(rest.is_empty() || lasted >= within, "the stop was forced early, after {lasted:?}");
    assert!(rest.in_memory.len() <= size.capacity, "the queue held more than it may: {:?}", rest.in_memory);
    assert_eq!(found.len(), on_disk, "what is on disk is found");
    assert_conserved(accepted, delivered.concat(), [rest.in_memory.clone(), found.clone()].concat());
    assert_order(&delivered);
    // An item on disk may be older than one that was in memory alone, and younger than another.
    assert_order(&[rest.in_memory, found]);
}

/// An earlier process has left items on disk, and the consumers of the next one share them.
///
/// # Panics
/// When a guarantee of the queue does not hold.
pub fn left_by_another<P: Policy>(items: usize, consumers: usize, capacity: usize) {
    let scratch = Scratch::new();
    let file = scratch.file("spill");
    let left: Vec<_> = (0..items).map(|number| Item { producer: 0, number }).collect();
    let earlier = open::<P>(&file, 1);
    let in_memory = Item { producer: 1, number: 0 };
    for item in [&[in_memory], &left[..]].concat() {
        earlier.push(item).expect("there is room on disk");
    }
    drop(earlier);

    let queue = open::<P>(&file, capacity);
    queue.close();
    let size = Size { producers: 0, consumers, items, capacity };
    let consumers = start_consumers(&queue, size, Duration::ZERO);
    let delivered: Vec<_> = consumers.into_iter().map(join).collect();

    assert_conserved(left, delivered.concat(), Vec::new());
    assert_order(&delivered);
    assert_eq!(queue.on_disk(), 0, "what was delivered is not on disk");
}

/// The process dies at any moment: what is in the file then is what the queue holds at that moment, apart from what is in memory
/// alone. Nothing that was delivered is read again, and nothing that was on disk is lost.
///
/// # Panics
/// When a guarantee of the queue does not hold.
pub fn pulled_plug<P: Policy>(producers: usize, items: usize, capacity: usize) {
    let scratch = Scratch::new();
    let queue = open::<P>(&scratch.file("spill"), capacity);
    let history = History::new();
    let push = |producer| {
        let history = history.clone();
        start(format!("producer {producer}"), &queue, move |queue| {
            for number in 0..items {
                let item = Item { producer, number };
                history.record(Asked::Push(item), || {
                    queue.push(item).expect("nobody has closed the queue");
                    Answer::Done
                });
            }
        })
    };
    let producing: Vec<_> = (0..producers).map(push).collect();
    // One consumer: of two, the one who has the older item may have it a little later.
    let consumer = start("consumer", &queue, {
        let history = history.clone();
        move |queue| {
            for _ in 0..producers * items {
                history.record(Asked::Pop, || Answer::Item(queue.pop().expect("the disk works")));
            }
        }
    });

    let copy = scratch.file("copy");
    history.record(Asked::PullThePlug, || {
        queue.backup(&copy).expect("there is room");
        Answer::Found(all_in(&copy))
    });
    producing.into_iter().for_each(join);
    join(consumer);
    history.assert_linearizable(Sequential { capacity, items: VecDeque::new() });
    assert_eq!(all_in(&scratch.file("spill")), [], "everything is delivered");
}

/// What is asked of the queue in [`pulled_plug`].
#[derive(Debug, Clone)]
enum Asked {
    Push(Item),
    Pop,
    PullThePlug,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Answer {
    Done,
    Item(Option<Item>),
    Found(Vec<Item>),
}

/// The queue that is used by one task alone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Sequential {
    capacity: usize,
    items: VecDeque<Item>,
}

impl Model for Sequential {
    type Operation = Asked;
    type Answer = Answer;

    fn apply(&mut self, asked: &Asked) -> Answer {
        match asked {
            Asked::Push(item) => {
                self.items.push_back(*item);
                Answer::Done
            }
            Asked::Pop => Answer::Item(self.items.pop_front()),
            Asked::PullThePlug => Answer::Found(self.items.iter().copied().collect()),
        }
    }

    fn admits(&mut self, asked: &Asked, answer: &Answer) -> bool {
        let Answer::Found(found) = answer else { return self.apply(asked) == *answer };
        // As many as fit may be in memory alone; the others are found, in order.
        let mut held = self.items.iter();
        let in_order = found.iter().all(|item| held.any(|other| other == item));
        in_order && self.items.len() - found.len() <= self.capacity
    }
}

/// Producers whose patience ends while consumers work on their items: who is refused has waited, and has the item back.
///
/// # Panics
/// When a guarantee of the queue does not hold.
pub fn drops<P: Policy>(size: Size) {
    let queue = OverflowQueue::new_variant(size.capacity, WhenFull::DropAfter(PATIENCE));
    let queue: Queue<P> = Arc::new(queue.expect("the capacity of a workload is small and not 0"));
    let producers = start_producers(&queue, size);
    let consumers = start_consumers(&queue, size, PATIENCE * 2);

    let produced: Vec<_> = producers.into_iter().map(join).collect();
    queue.close();
    let delivered: Vec<_> = consumers.into_iter().map(join).collect();
    let accepted: Vec<_> = produced.iter().flat_map(|made| made.accepted.clone()).collect();
    let refused: usize = produced.iter().map(|made| made.dropped).sum();

    assert_eq!(accepted.len() + refused, size.producers * size.items, "an item is accepted or comes back");
    assert_eq!(queue.dropped(), refused as u64, "what was dropped is counted");
    assert_order(&delivered);
    assert_conserved(accepted, delivered.concat(), Vec::new());
}

/// A queue with a file, and with what an earlier process left there.
fn open<P: Policy>(file: &Path, capacity: usize) -> Queue<P> {
    let spill = Spill::open(file).expect("the file is ours");
    let queue = OverflowQueue::new_variant(capacity, WhenFull::Spill(spill));
    Arc::new(queue.expect("the capacity of a workload is small and not 0"))
}

/// What a process finds that opens the file.
fn all_in(file: &Path) -> Vec<Item> {
    let queue: OverflowQueue<_> =
        OverflowQueue::new(1, WhenFull::Spill(Spill::open(file).expect("the file is ours"))).expect("1 is a capacity");
    queue.close();
    std::iter::from_fn(|| queue.pop().expect("the disk works")).collect()
}

/// What became of a producer's items.
struct Produced {
    accepted: Vec<Item>,
    dropped: usize,
}

/// Starts the producers. Each offers its items in order until the queue is closed.
fn start_producers<P: Policy>(queue: &Queue<P>, size: Size) -> Vec<thread::JoinHandle<Produced>> {
    let start_one = |producer| {
        start(format!("producer {producer}"), queue, move |queue| {
            let mut produced = Produced { accepted: Vec::new(), dropped: 0 };
            for number in 0..size.items {
                let item = Item { producer, number };
                let begun = Instant::now();
                match queue.push(item) {
                    Ok(()) => produced.accepted.push(item),
                    Err(Refused::Dropped(back)) => {
                        let waited = begun.elapsed();
                        assert_eq!(back, item, "a refused item comes back");
                        assert!(waited >= PATIENCE, "the patience ended early, after {waited:?}");
                        produced.dropped += 1;
                    }
                    Err(Refused::Closed(back)) => {
                        assert_eq!(back, item, "a refused item comes back");
                        break;
                    }
                    Err(Refused::NotWritten(_, error)) => panic!("the disk works: {error}"),
                }
            }
            produced
        })
    };
    (0..size.producers).map(start_one).collect()
}

/// Starts the consumers. Each takes items until the end, spends the time `work` on each, and returns them.
fn start_consumers<P: Policy>(queue: &Queue<P>, size: Size, work: Duration) -> Vec<thread::JoinHandle<Vec<Item>>> {
    let start_one = |consumer| {
        start(format!("consumer {consumer}"), queue, move |queue| {
            let mut items = Vec::new();
            while let Some(item) = queue.pop().expect("the disk works") {
                items.push(item);
                if !work.is_zero() {
                    thread::sleep(work);
                }
            }
            items
        })
    };
    (0..size.consumers).map(start_one).collect()
}
