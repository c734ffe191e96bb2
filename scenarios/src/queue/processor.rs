//! Workers for the items of a queue: what fails is tried again, and what goes on failing is kept.
//!
//! # The problem
//!
//! Work fails: the other side is busy, or the item makes no sense. The first goes away when one tries again a little later; the
//! second never does, and an item that is tried for ever keeps a worker from all others. A [`Processor`] tries a few times, with a
//! pause in between, and then puts the item aside, into the *error queue*, with the reason. And a service that is told to stop has
//! items in all of these places.
//!
//! ```
//! use reweave::thread;
//! use reweave::time::Duration;
//! use reweave_scenarios::queue::{OverflowQueue, Processor, Retries, WhenFull};
//!
//! let queue = OverflowQueue::new(8, WhenFull::Block)?;
//! let mails: Processor<&str, String> = Processor::new(queue, Retries::new(3).pause(Duration::from_millis(1)));
//! thread::scope(|scope| {
//!     scope.spawn(|| mails.work(|mail| if mail.contains('@') { Ok(()) } else { Err(format!("{mail:?} is no address")) }));
//!     mails.submit("ada@example.com").expect("it is open");
//!     mails.submit("nonsense").expect("it is open");
//!     assert!(mails.stop(Duration::from_secs(5)).is_empty());
//! });
//! let failed = mails.take_failed().expect("one mail was never sent");
//! assert_eq!((failed.item, failed.attempts), ("nonsense", 3));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Guarantees
//!
//! - *Conservation.* An accepted item is done, or in the error queue, or in the [`Rest`] of a stop, or on disk: exactly one of them
//!   once its worker has put it down.
//! - *Bound.* An item is tried at most as often as [`Retries`] says, and never again once it was done. Its attempts are that pause
//!   apart, until a stop is forced.
//! - *Progress.* A worker never waits for room in the queue, so workers cannot wait for each other. An item that fails holds up
//!   only the worker that has it.
//! - *Stop.* A [`stop`](Processor::stop) returns when everything is done, or when its time is up: then no item is begun any more, and
//!   one that fails is not tried again.
//! - *Panics.* An item whose handler panics is in the error queue, and is not tried again. The panic goes on.

use std::collections::VecDeque;
use std::fmt;

use reweave::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use reweave::time::Duration;

use super::deadline::Deadline;
use super::error::Refused;
use super::overflow::{OverflowQueue, Rest};
use super::variant::{Correct, Policy, Retry};
use crate::journal::JournalError;

/// How often an item is tried, and how long the pauses are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retries {
    attempts: u32,
    pause: Duration,
}

impl Retries {
    /// So many attempts at most, the first included, without a pause. With 0 it is one all the same.
    #[must_use]
    pub fn new(attempts: u32) -> Retries {
        Retries { attempts: attempts.max(1), pause: Duration::ZERO }
    }

    /// How long a worker waits between two attempts.
    #[must_use]
    pub fn pause(mut self, pause: Duration) -> Retries {
        self.pause = pause;
        self
    }
}

/// An item that went on failing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed<T, E> {
    /// The item.
    pub item: T,
    /// How often it was tried.
    pub attempts: u32,
    /// What was wrong the last time.
    pub cause: Cause<E>,
}

/// Why an attempt failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause<E> {
    /// The handler says so.
    Error(E),
    /// The handler panicked.
    Panicked,
}

/// Hands the items of a queue to workers; see the [module](self).
///
/// Workers are threads that call [`work`](Self::work); there may be any number of them. The parameter `P` is there for the buggy
/// twins of [`variant`](super::variant); leave it out.
pub struct Processor<T, E, P = Correct> {
    queue: OverflowQueue<T, P>,
    retries: Retries,
    state: Mutex<State<T, E>>,
    /// Where stops wait for the last worker to leave. Notified when it does, and when a stop empties the queue.
    idle: Condvar,
    /// Where workers pause between two attempts. Notified when a stop is over.
    forced: Condvar,
}

struct State<T, E> {
    /// Workers in [`Processor::work`]. Each leaves when the queue is closed and empty and it has no item in hand.
    workers: usize,
    /// Nothing is tried again.
    forced: bool,
    failed: VecDeque<Failed<T, E>>,
}

impl<T, E, P: Policy> Processor<T, E, P> {
    /// A processor for the items of `queue`.
    pub fn new(queue: OverflowQueue<T, P>, retries: Retries) -> Self {
        let state = Mutex::new(State { workers: 0, forced: false, failed: VecDeque::new() });
        Self { queue, retries, state, idle: Condvar::new(), forced: Condvar::new() }
    }

    /// Accepts an item. What happens when the queue is full, the queue was told.
    ///
    /// # Errors
    /// [`Refused`] has the item and says why.
    pub fn submit(&self, item: T) -> Result<(), Refused<T>> {
        self.queue.push(item)
    }

    /// Works until the processor is stopped: calls `handle` with one item after the other.
    ///
    /// # Errors
    /// If the disk of the queue failed.
    pub fn work(&self, mut handle: impl FnMut(&T) -> Result<(), E>) -> Result<(), JournalError> {
        let _worker = Worker::begin(self);
        while let Some(item) = self.queue.pop()? {
            self.process(item, &mut handle);
        }
        Ok(())
    }

    fn process(&self, item: T, handle: &mut impl FnMut(&T) -> Result<(), E>) {
        let mut hand = Hand { processor: self, item: Some(item), attempts: 1 };
        while let Some(item) = &hand.item {
            let Err(error) = handle(item) else {
                hand.item = None;
                return;
            };
            if hand.attempts >= self.retries.attempts || !self.pause() {
                return hand.put_aside(Cause::Error(error));
            }
            match P::RETRY {
                Retry::InHand => hand.attempts += 1,
                Retry::BackIntoQueue => drop(hand.item.take().map(|item| self.queue.push(item))),
            }
        }
    }

    /// Waits for the pause between two attempts. Says whether there is to be another.
    fn pause(&self) -> bool {
        let deadline = Deadline::after(self.retries.pause);
        let mut state = self.lock();
        while !state.forced {
            match deadline.wait::<_, P>(&self.forced, state) {
                Ok(woken) => state = woken,
                Err(_) => return true,
            }
        }
        false
    }

    /// Accepts nothing any more, gives the workers the time `within` to finish, and takes back what they have not begun.
    ///
    /// What a worker has in hand when the time is up is done, or in the error queue, when that worker ends. Of several stops at a
    /// time each waits for as long as it may, and an item that is left over goes to exactly one of them.
    pub fn stop(&self, within: Duration) -> Rest<T> {
        let deadline = Deadline::after(within);
        self.queue.close();
        let mut state = self.lock();
        while state.workers > 0 || !self.queue.is_finished() {
            match deadline.wait::<_, P>(&self.idle, state) {
                Ok(woken) => state = woken,
                Err(late) => {
                    state = late;
                    state.forced = true;
                    break;
                }
            }
        }
        // Under the lock, so that no other stop looks at the queue in between and then waits for what has happened.
        let rest = self.queue.shutdown(Duration::ZERO);
        drop(state);
        self.forced.notify_all();
        self.idle.notify_all();
        rest
    }

    /// Takes the oldest item out of the error queue.
    pub fn take_failed(&self) -> Option<Failed<T, E>> {
        self.lock().failed.pop_front()
    }

    /// The queue, to ask it how full it is.
    pub fn queue(&self) -> &OverflowQueue<T, P> {
        &self.queue
    }

    /// The state, be the lock poisoned or not: no code of a handler runs under it.
    fn lock(&self) -> MutexGuard<'_, State<T, E>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A worker that has begun. It leaves when this is dropped, be it by a panic.
struct Worker<'a, T, E, P: Policy>(&'a Processor<T, E, P>);

impl<'a, T, E, P: Policy> Worker<'a, T, E, P> {
    fn begin(processor: &'a Processor<T, E, P>) -> Self {
        processor.lock().workers += 1;
        Self(processor)
    }
}

impl<T, E, P: Policy> Drop for Worker<'_, T, E, P> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.workers -= 1;
        let last = state.workers == 0;
        drop(state);
        if last {
            self.0.idle.notify_all();
        }
    }
}

/// An item that a worker has. One that is dropped instead of being put down was in the hands of a handler that panicked.
struct Hand<'a, T, E, P: Policy> {
    processor: &'a Processor<T, E, P>,
    item: Option<T>,
    attempts: u32,
}

impl<T, E, P: Policy> Hand<'_, T, E, P> {
    fn put_aside(&mut self, cause: Cause<E>) {
        if let Some(item) = self.item.take() {
            self.processor.lock().failed.push_back(Failed { item, attempts: self.attempts, cause });
        }
    }
}

impl<T, E, P: Policy> Drop for Hand<'_, T, E, P> {
    fn drop(&mut self) {
        self.put_aside(Cause::Panicked);
    }
}

/// Shows the queue and the retries. It does not take any lock.
impl<T, E, P> fmt::Debug for Processor<T, E, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Processor").field("queue", &self.queue).field("retries", &self.retries).finish_non_exhaustive()
    }
}
