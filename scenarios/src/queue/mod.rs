//! A bounded blocking queue between several producers and several consumers.
//!
//! # The problem
//!
//! Some tasks make work and others do it, each at its own pace. Handing the work over directly
//! makes the fast wait for the slow at every item; a list without a limit lets the fast fill the
//! memory. A bounded queue takes up the bursts and, once it is full, slows the producers down to
//! the pace of the consumers: *back-pressure*.
//!
//! Use it between stages of a service that run in threads of their own, when a stage must not lose
//! work at a stop and must not run ahead without limit. Use a channel instead when the two sides
//! own their ends and the last sender's drop should end the conversation: here any side may end it,
//! by [`close`](BoundedQueue::close) or [`shutdown`](BoundedQueue::shutdown).
//!
//! Two more parts build on it. An [`OverflowQueue`] has an answer when it is full: its producers
//! wait, or have their items back after a time, or the items go to a file. A [`Processor`] has the
//! workers: it tries again what failed, and keeps what goes on failing for somebody to look at.
//!
//! ```
//! use reweave::sync::Arc;
//! use reweave::thread;
//! use reweave::time::Duration;
//! use reweave_scenarios::queue::{BoundedQueue, Drained};
//!
//! let queue = Arc::new(BoundedQueue::new(2)?);
//! let consumer = thread::spawn({
//!     let queue = Arc::clone(&queue);
//!     move || {
//!         let mut sum = 0;
//!         while let Some(item) = queue.pop() {
//!             sum += item;
//!         }
//!         sum
//!     }
//! });
//! for item in 1..=10 {
//!     queue.push(item)?; // waits whenever two items are ahead of the consumer
//! }
//! assert_eq!(queue.shutdown(Duration::from_secs(5)), Drained::Complete);
//! assert_eq!(consumer.join().unwrap(), 55);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Guarantees
//!
//! - *Conservation.* An accepted item is delivered to exactly one pop, or returned by exactly one
//!   [`shutdown`](BoundedQueue::shutdown). A refused item comes back in the error.
//! - *Bound.* The queue never holds more than its capacity.
//! - *Order.* Items leave in the order in which they were accepted. So whatever one consumer gets
//!   of one producer's items, it gets in the order in which they were pushed.
//! - *Progress.* A pop returns when there is an item for it or the queue is closed and empty, a
//!   push when there is room for it or the queue is closed; nobody sleeps through either. A task
//!   that gives up waiting leaves no wake-up unused.
//! - *Patience.* No operation reports a timeout before its time is up on the clock, nor without a
//!   last look whether it can succeed after all.
//! - *Stop.* After a close nothing is accepted, and pops deliver what was accepted before. A
//!   shutdown takes no longer than it was given, apart from getting the lock.
//! - *No code of yours under the lock.* No item is dropped, compared or printed while the lock is
//!   held. A panic in a consumer's own work cannot poison the queue, and the queue goes on working
//!   should its lock be poisoned anyway.
//!
//! It does not promise fairness: a push that comes late may find the room for which another has
//! been waiting.
//!
//! # How it works
//!
//! One mutex protects the items. Each reason to wait has a condition variable of its own: room
//! (`not_full`), an item (`not_empty`), and, for a stop, the end of the last item (`drained`).
//! Three rules make that right:
//!
//! 1. A woken task looks again, in a `while`. A notification says that something *was* true: before
//!    the woken task holds the lock, another may have come first and taken the item.
//! 2. One item wakes one consumer, one free place wakes one producer, and closing wakes them all.
//!    That no consumer sleeps beside an item follows from an invariant: *while a consumer waits,
//!    there are at most as many items as there are consumers awake for them or notifications about
//!    to be sent.* A consumer begins to wait only when there is no item; an item that is added
//!    brings a notification; a notification makes one waiting consumer an awake one; and an awake
//!    one takes an item, or finds none left. The same holds for producers and free places.
//! 3. Time is looked at last, and only when the queue has nothing to offer. Otherwise a task could
//!    be awake for an item and leave it there; see the source of `deadline.rs`.
//!
//! The classic description of this queue with two conditions is in C. A. R. Hoare, "Monitors: an
//! operating system structuring concept", Communications of the ACM 17 (10), 1974. Hoare's monitors
//! hand the lock straight to the woken task; those of today do not, which is why rule 1 is needed:
//! B. W. Lampson and D. D. Redell, "Experience with processes and monitors in Mesa", Communications
//! of the ACM 23 (2), 1980.

mod config;
mod deadline;
mod error;
pub mod overflow;
pub mod processor;
mod row;
mod spill;
mod state;
mod stop;
#[cfg(test)]
mod tests;
pub mod variant;
pub mod workload;

use std::fmt;
use std::marker::PhantomData;

use reweave::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use reweave::time::Duration;

pub use config::{Config, ConfigError};
pub use error::{PopError, PushError, Refused, TryPopError, TryPushError};
pub use overflow::{OverflowQueue, Rest, WhenFull};
pub use processor::{Cause, Failed, Processor, Retries};
pub use row::scenario;
pub use spill::Spill;
pub use state::Statistics;
pub use stop::Drained;

use deadline::Deadline;
use state::State;
use variant::{Correct, Policy, Side, Woken};

/// A bounded blocking queue; see the [module](self) for what it is good for and what it guarantees.
///
/// Share it in an [`Arc`](reweave::sync::Arc) or with scoped threads. The parameter `P` is there
/// for the buggy twins of [`variant`]; leave it out.
pub struct BoundedQueue<T, P = Correct> {
    name: Option<String>,
    /// At least 1.
    capacity: usize,
    state: Mutex<State<T>>,
    /// Where consumers wait for an item. Notified after each accepted item, and when the queue is
    /// closed.
    not_empty: Condvar,
    /// Where producers wait for room. Notified after each delivered item, and when the queue is
    /// closed.
    not_full: Condvar,
    /// Where stops wait for the last item to leave. Notified by the one who takes it out of the
    /// closed queue.
    drained: Condvar,
    policy: PhantomData<fn() -> P>,
}

impl<T> BoundedQueue<T> {
    /// A queue that holds at most `capacity` items. [`Config`] has the same and more.
    ///
    /// # Errors
    /// [`ConfigError::ZeroCapacity`] and [`ConfigError::TooLarge`].
    pub fn new(capacity: usize) -> Result<Self, ConfigError> {
        Config::new(capacity).build()
    }
}

impl<T, P: Policy> BoundedQueue<T, P> {
    fn assemble(name: Option<String>, capacity: usize, state: State<T>) -> Self {
        Self {
            name,
            capacity,
            state: Mutex::new(state),
            not_empty: Condvar::new(),
            not_full: Condvar::new(),
            drained: Condvar::new(),
            policy: PhantomData,
        }
    }

    /// Puts `item` into the queue, after waiting for room if there is none.
    ///
    /// # Errors
    /// [`PushError::Closed`] with the item when the queue is closed, before the call or while it
    /// waits.
    pub fn push(&self, item: T) -> Result<(), PushError<T>> {
        self.push_until(item, Deadline::Never)
    }

    /// Puts `item` into the queue, after waiting for room at most for the time `timeout`.
    ///
    /// ```
    /// use reweave::time::Duration;
    /// use reweave_scenarios::queue::{BoundedQueue, PushError};
    ///
    /// let queue = BoundedQueue::new(1)?;
    /// queue.push("first")?;
    /// let refused = queue.push_timeout("second", Duration::from_millis(1));
    /// assert_eq!(refused, Err(PushError::Timeout("second")));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// With the item: [`PushError::Timeout`] when the queue is still full after that time,
    /// [`PushError::Closed`] when the queue is closed.
    pub fn push_timeout(&self, item: T, timeout: Duration) -> Result<(), PushError<T>> {
        self.push_until(item, Deadline::after(timeout))
    }

    /// Puts `item` into the queue if there is room now.
    ///
    /// # Errors
    /// With the item: [`TryPushError::Full`] when there is no room, [`TryPushError::Closed`] when
    /// the queue is closed.
    pub fn try_push(&self, item: T) -> Result<(), TryPushError<T>> {
        let state = self.lock();
        if state.is_closed() {
            return Err(TryPushError::Closed(item));
        }
        if state.len() >= self.capacity {
            return Err(TryPushError::Full(item));
        }
        self.accept(state, item);
        Ok(())
    }

    /// Takes the oldest item, after waiting for one if there is none. `None` when the queue is
    /// closed and empty, which is final.
    pub fn pop(&self) -> Option<T> {
        self.pop_until(Deadline::Never).ok()
    }

    /// Takes the oldest item, after waiting for one at most for the time `timeout`.
    ///
    /// # Errors
    /// [`PopError::Timeout`] when the queue is still empty after that time, [`PopError::Closed`]
    /// when it is closed and empty.
    pub fn pop_timeout(&self, timeout: Duration) -> Result<T, PopError> {
        self.pop_until(Deadline::after(timeout))
    }

    /// Takes the oldest item if there is one now.
    ///
    /// # Errors
    /// [`TryPopError::Empty`] when there is none, [`TryPopError::Closed`] when there will never be
    /// one again.
    pub fn try_pop(&self) -> Result<T, TryPopError> {
        let mut state = self.lock();
        match state.deliver() {
            Some(item) => {
                self.delivered(state);
                Ok(item)
            }
            None if state.is_closed() => Err(TryPopError::Closed),
            None => Err(TryPopError::Empty),
        }
    }

    /// How many items the queue holds. Others may change that before the caller looks at the
    /// answer.
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether the queue holds no item. Others may change that before the caller looks at the
    /// answer.
    pub fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    /// Whether the queue is closed, which is final.
    pub fn is_closed(&self) -> bool {
        self.lock().is_closed()
    }

    /// How many items the queue can hold.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// The name that the queue was given.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// What the queue has done so far.
    pub fn statistics(&self) -> Statistics {
        self.lock().statistics()
    }

    fn push_until(&self, item: T, deadline: Deadline) -> Result<(), PushError<T>> {
        let mut state = self.lock();
        while state.len() >= self.capacity && !state.is_closed() {
            match deadline.wait::<_, P>(&self.not_full, state) {
                Ok(woken) => state = woken,
                Err(_) => return Err(PushError::Timeout(item)),
            }
            if P::WOKEN == Woken::Believes {
                break;
            }
        }
        if state.is_closed() {
            return Err(PushError::Closed(item));
        }
        self.accept(state, item);
        Ok(())
    }

    fn pop_until(&self, deadline: Deadline) -> Result<T, PopError> {
        let mut state = self.lock();
        while state.is_empty() && !state.is_closed() {
            match deadline.wait::<_, P>(&self.not_empty, state) {
                Ok(woken) => state = woken,
                Err(_) => return Err(PopError::Timeout),
            }
            if P::WOKEN == Woken::Believes {
                break;
            }
        }
        let Some(item) = state.deliver() else {
            assert!(state.is_closed(), "woken, so the queue holds an item");
            return Err(PopError::Closed);
        };
        self.delivered(state);
        Ok(item)
    }

    /// Puts `item` into the queue, which is open and has room, and wakes one task for it.
    fn accept(&self, mut state: MutexGuard<'_, State<T>>, item: T) {
        state.accept(item);
        drop(state);
        match P::PUSH_WAKES {
            Side::Consumers => self.not_empty.notify_one(),
            Side::Producers => self.not_full.notify_one(),
        }
    }

    /// Wakes whom it concerns that an item has been taken out. Of a closed queue that is the stop,
    /// once the last item has left, and nobody else: `close` has woken the producers, and no
    /// producer waits after it.
    fn delivered(&self, state: MutexGuard<'_, State<T>>) {
        let (closed, empty) = (state.is_closed(), state.is_empty());
        drop(state);
        match (closed, empty) {
            (false, _) => self.not_full.notify_one(),
            (true, true) => self.drained.notify_all(),
            (true, false) => {}
        }
    }

    /// The state, be the lock poisoned or not: see `state.rs` why that is sound.
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Shows name and capacity. It does not take the lock, so printing a queue never waits for it.
impl<T, P> fmt::Debug for BoundedQueue<T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoundedQueue")
            .field("name", &self.name)
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}
