//! What the queue is put through: small programs that check its guarantees from outside.
//!
//! Each is generic over the [`Policy`], so that the correct queue and its twins meet the same code,
//! and does its book-keeping in the results of its threads rather than in shared memory: the only
//! shared object is the queue, and an exhaustive exploration spends its time on nothing else. A
//! workload returns when the guarantees hold and panics when one does not; a wake-up that was lost
//! shows as a join that never ends.

pub mod history;
pub mod overflow;
pub mod work;

use reweave::sync::Arc;
use reweave::thread::{self, JoinHandle};
use reweave::time::{Duration, Instant};

use super::variant::Policy;
use super::{BoundedQueue, Config, Drained, PopError, PushError, TryPopError};
use crate::journal::Record;

/// How long a stop is patient, how long an impatient task waits, and how long the work on one item
/// takes: all the same, so that on a virtual clock they end at the same instant and the schedule
/// decides which of them comes first.
const PATIENCE: Duration = Duration::from_millis(2);

/// How much goes on in a workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Threads that push.
    pub producers: usize,
    /// Threads that pop.
    pub consumers: usize,
    /// Items that each producer offers.
    pub items: usize,
    /// Items that the queue holds at most.
    pub capacity: usize,
}

/// An item that says where it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Item {
    producer: usize,
    number: usize,
}

impl Record for Item {
    fn encode(&self, bytes: &mut Vec<u8>) {
        bytes.extend((self.producer as u64).to_le_bytes());
        bytes.extend((self.number as u64).to_le_bytes());
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (producer, number) = bytes.split_first_chunk()?;
        let number = u64::from_le_bytes(number.try_into().ok()?);
        Some(Self { producer: u64::from_le_bytes(*producer) as usize, number: number as usize })
    }
}

type Queue<P> = Arc<BoundedQueue<Item, P>>;

/// Items are neither lost nor doubled nor overtaken: producers push, consumers pop until the end,
/// and the queue is closed once every producer is done.
///
/// # Panics
/// When a guarantee of the queue does not hold.
pub fn conservation<P: Policy>(size: Size) {
    let queue = queue::<P>(size.capacity);
    let producers = start_producers(&queue, size);
    let consumers = start_consumers(&queue, size, Duration::ZERO);

    let accepted: Vec<_> = producers.into_iter().flat_map(join).collect();
    queue.close();
    let delivered: Vec<_> = consumers.into_iter().map(join).collect();

    assert_eq!(accepted.len(), size.producers * size.items, "every item is accepted while the queue is open");
    assert_order(&delivered);
    assert_conserved(accepted, delivered.concat(), Vec::new());
    assert!(queue.statistics().peak <= size.capacity, "the queue counts no more items than it may hold");
}

/// Nobody sleeps through an item or through room: the consumers take as many items as leave the
/// queue full, and everybody must come to an end without a close to wake them.
///
/// # Panics
/// When a guarantee of the queue does not hold, and when `size` has no consumer or fewer items than
/// fill the queue.
pub fn progress<P: Policy>(size: Size) {
    let taken = (size.producers * size.items).checked_sub(size.capacity);
    let taken = taken.expect("there are enough items to fill the queue");
    let queue = queue::<P>(size.capacity);
    let producers = start_producers(&queue, size);
    let start_one = |consumer| {
        let share = taken / size.consumers + usize::from(consumer < taken % size.consumers);
        start(format!("consumer {consumer}"), &queue, move |queue| {
            (0..share).map_while(|_| queue.pop()).collect::<Vec<_>>()
        })
    };
    let consumers: Vec<_> = (0..size.consumers).map(start_one).collect();

    let accepted = producers.into_iter().flat_map(join).collect();
    let delivered: Vec<_> = consumers.into_iter().map(join).collect();
    let left_over = queue.shutdown(Duration::ZERO).into_left_over();

    assert_eq!(left_over.len(), size.capacity, "the queue is as full as it can be");
    assert_order(&delivered);
    assert_conserved(accepted, delivered.concat(), left_over);
}

/// The queue is stopped at once, in the middle of everything.
///
/// What the stop returns was in the queue at one instant, which the schedule chooses. So this
/// workload also shows whether the queue ever holds more than it may.
///
/// # Panics
/// When a guarantee of the queue does not hold.
pub fn forced_stop<P: Policy>(size: Size) {
    stop::<P>(size, Duration::ZERO, Duration::ZERO);
}

/// The queue is stopped with patience while consumers work on their items for a time: either it is
/// emptied in time, or its time has passed and it returns the rest.
///
/// # Panics
/// When a guarantee of the queue does not hold.
pub fn graceful_stop<P: Policy>(size: Size) {
    stop::<P>(size, PATIENCE, PATIENCE);
}

/// The queue is stopped with endless patience: the consumers get everything, and whoever takes the
/// last item wakes the stop.
///
/// # Panics
/// When a guarantee of the queue does not hold.
pub fn patient_stop<P: Policy>(size: Size) {
    stop::<P>(size, Duration::ZERO, Duration::MAX);
}

/// One item comes at the very instant at which one of two consumers gives up. If that one leaves
/// without the item, the other must get it without any further help.
///
/// # Panics
/// When a guarantee of the queue does not hold.
pub fn pop_timeout<P: Policy>() {
    let queue = queue::<P>(1);
    let impatient = start("impatient consumer", &queue, |queue| {
        let begun = Instant::now();
        (queue.pop_timeout(PATIENCE), begun.elapsed())
    });
    let patient = start("patient consumer", &queue, |queue| queue.pop());
    let item = Item { producer: 0, number: 0 };

    thread::sleep(PATIENCE);
    assert_eq!(queue.push(item), Ok(()));
    let expected = match join(impatient) {
        (Ok(got), _) => {
            assert_eq!(got, item);
            queue.close();
            None
        }
        (Err(PopError::Timeout), waited) => {
            assert!(waited >= PATIENCE, "the timeout came early, after {waited:?}");
            Some(item)
        }
        (Err(PopError::Closed), _) => panic!("nobody has closed the queue"),
    };
    assert_eq!(join(patient), expected);
}

/// Room for one item appears at the very instant at which one of two producers gives up. If that
/// one leaves with its item, the other must get the room without any further help.
///
/// # Panics
/// When a guarantee of the queue does not hold.
pub fn push_timeout<P: Policy>() {
    let queue = queue::<P>(1);
    let [first, second, third] = [0, 1, 2].map(|producer| Item { producer, number: 0 });
    assert_eq!(queue.push(first), Ok(()));
    let impatient = start("impatient producer", &queue, move |queue| {
        let begun = Instant::now();
        (queue.push_timeout(second, PATIENCE), begun.elapsed())
    });
    let patient = start("patient producer", &queue, move |queue| queue.push(third));

    thread::sleep(PATIENCE);
    assert_eq!(queue.pop(), Some(first));
    let (expected, held) = match join(impatient) {
        (Ok(()), _) => {
            queue.close();
            (Err(PushError::Closed(third)), second)
        }
        (Err(PushError::Timeout(back)), waited) => {
            assert_eq!(back, second);
            assert!(waited >= PATIENCE, "the timeout came early, after {waited:?}");
            (Ok(()), third)
        }
        (Err(PushError::Closed(_)), _) => panic!("nobody has closed the queue"),
    };
    assert_eq!(join(patient), expected);
    assert_eq!(queue.try_pop(), Ok(held));
}

fn queue<P: Policy>(capacity: usize) -> Queue<P> {
    let queue = Config::new(capacity).name("workload").build_variant();
    Arc::new(queue.expect("the capacity of a workload is small and not 0"))
}

/// Runs producers and consumers, who spend the time `work` on each item, and stops the queue
/// `within` some time while they are at it.
fn stop<P: Policy>(size: Size, work: Duration, within: Duration) {
    let queue = queue::<P>(size.capacity);
    let producers = start_producers(&queue, size);
    let consumers = start_consumers(&queue, size, work);

    let begun = Instant::now();
    let drained = queue.shutdown(within);
    let lasted = begun.elapsed();
    assert_eq!(queue.try_pop(), Err(TryPopError::Closed), "a stopped queue is empty for ever");
    let accepted = producers.into_iter().flat_map(join).collect();
    let delivered: Vec<_> = consumers.into_iter().map(join).collect();

    if let Drained::Forced(items) = &drained {
        assert!(lasted >= within, "the stop was forced early, after {lasted:?}");
        assert!(!items.is_empty(), "a stop that was forced has something to return");
        assert!(items.len() <= size.capacity, "the queue held more than it may: {items:?}");
    }
    assert_order(&delivered);
    assert_conserved(accepted, delivered.concat(), drained.into_left_over());
}

/// Starts a thread with a name and a share in the queue.
fn start<Q, R, F>(name: impl Into<String>, queue: &Arc<Q>, work: F) -> JoinHandle<R>
where
    Q: Send + Sync + 'static,
    R: Send + 'static,
    F: FnOnce(&Q) -> R + Send + 'static,
{
    let queue = Arc::clone(queue);
    let started = thread::Builder::new().name(name.into()).spawn(move || work(&queue));
    started.expect("the system has room for one more thread")
}

/// The result of a thread. Its panic becomes that of the caller, under its own words.
fn join<R>(thread: JoinHandle<R>) -> R {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Starts the producers. Each offers its items in order until it is refused, and returns those that
/// were accepted.
fn start_producers<P: Policy>(queue: &Queue<P>, size: Size) -> Vec<JoinHandle<Vec<Item>>> {
    let start_one = |producer| {
        start(format!("producer {producer}"), queue, move |queue| {
            let items = (0..size.items).map(|number| Item { producer, number });
            items.take_while(|item| offer(queue, *item)).collect()
        })
    };
    (0..size.producers).map(start_one).collect()
}

/// Pushes `item`, and says whether it was accepted.
fn offer<P: Policy>(queue: &BoundedQueue<Item, P>, item: Item) -> bool {
    match queue.push(item) {
        Ok(()) => true,
        Err(refused) => {
            assert_eq!(refused, PushError::Closed(item), "a refused item comes back");
            false
        }
    }
}

/// Starts the consumers. Each takes items until the end, spends the time `work` on each, and
/// returns them.
fn start_consumers<P: Policy>(queue: &Queue<P>, size: Size, work: Duration) -> Vec<JoinHandle<Vec<Item>>> {
    let start_one = |consumer| {
        start(format!("consumer {consumer}"), queue, move |queue| {
            let mut items = Vec::new();
            while let Some(item) = queue.pop() {
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

/// Every consumer got each producer's items in the order in which they were pushed.
fn assert_order(delivered: &[Vec<Item>]) {
    for items in delivered {
        for (at, later) in items.iter().enumerate() {
            let earlier = items[..at].iter().filter(|item| item.producer == later.producer);
            for earlier in earlier {
                assert!(earlier.number < later.number, "{later:?} came after {earlier:?}");
            }
        }
    }
}

/// Every accepted item was delivered once or is left over once, and nothing else was.
fn assert_conserved(mut accepted: Vec<Item>, delivered: Vec<Item>, left_over: Vec<Item>) {
    let mut found = [delivered, left_over].concat();
    accepted.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, accepted, "every accepted item is delivered or left over, exactly once");
}
