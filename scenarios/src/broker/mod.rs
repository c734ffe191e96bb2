//! A message broker: topics in partitions, read by groups of consumers that acknowledge what they have done.
//!
//! # The problem
//!
//! An order is to be taken from the stock, and to earn its customer some points. If the shop calls both services, it waits for
//! both, fails with both, and has to remember what is still to be done when it dies in between. With a broker it *publishes* the
//! order, once, to a topic. Each service is a *group* of consumers, gets every message of the topic, and does its part when it can.
//!
//! What makes that hard is that consumers die as well. So a message is not gone when a consumer receives it: it is *leased*. The
//! consumer works on it and then *acknowledges* it. If it dies or takes too long, the message is delivered again, to another. That
//! is delivery *at least once*: whoever does something twice that must happen once has to notice; see [`Once`].
//!
//! ```
//! use reweave_scenarios::broker::{Broker, Config};
//!
//! let broker: Broker<&str> = Config::new().topic("orders", 4, &["stock", "points"]).build()?;
//! broker.publish("orders", "ada", "three books")?;
//! broker.close(); // Nothing more is published, and what was is delivered.
//!
//! let stock = broker.subscribe("orders", "stock")?;
//! while let Some(delivery) = stock.receive()? {
//!     println!("{} orders {}", delivery.key(), delivery.message());
//!     delivery.acknowledge()?;
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Use it between services, or parts of one, that must not wait for each other and must not lose what the other had to say. Use a
//! [queue](crate::queue) where there is one reader and a message that is taken is as good as done.
//!
//! # Guarantees
//!
//! - *Nothing is lost.* Every group settles every message that was published to its topic: it acknowledges the message, or the message
//!   is in the group's dead letters, after as many attempts as [`Config::attempts`] says. Exactly one of the two, once.
//! - *At least once.* A message whose consumer dies, gives it back or lets its lease run out is delivered again.
//! - *One at a time.* A message has one lease per group, and only who holds it can acknowledge: an answer that comes
//!   [too late](AcknowledgeError::Expired) changes nothing.
//! - *Order.* Messages of one key go to one partition. A group works on one message of a partition at a time, in the order in which they were
//!   published; the next is delivered when the one before it is settled.
//! - *Progress.* While a message of a group is ready, none of its consumers waits. A message that always fails stops its partition for
//!   its attempts, and not for ever.
//! - *Restart.* A broker with a [log](Config::open) on disk finds there, whenever its process died, every message that was published and not
//!   settled, and none that was.
//! - *Bound.* A message is forgotten when all groups have settled it.
//!
//! # How it works
//!
//! One lock protects everything, and every group has a condition variable. A consumer that finds nothing ready waits until something is
//! published or settled, but no longer than until the next lease runs out. Whoever takes a lease wakes another waiting consumer of its
//! group, which looks at that lease and waits for its end: so there is always one who watches the clock, and the others sleep.
//!
//! The log is written under the lock, before what it says is true for anybody; see `log.rs`.

mod config;
mod delivery;
mod error;
mod log;
pub mod pipeline;
mod row;
mod state;
#[cfg(test)]
mod tests;
pub mod variant;
pub mod workload;

use std::fmt;
use std::marker::PhantomData;

use reweave::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use reweave::time::{Duration, Instant};

pub use config::{Config, ConfigError};
pub use delivery::Delivery;
pub use error::{AcknowledgeError, PublishError, SubscribeError};
pub use pipeline::Once;
pub use row::scenario;

use crate::journal::JournalError;
use state::{Next, Phase, State, Topology};
use variant::{Acknowledging, Correct, Policy};

/// A message broker; see the [module](self) for what it is good for and what it guarantees.
///
/// Share it in an [`Arc`] or with scoped threads. The parameter `P` is there for the buggy twins of [`variant`]; leave it out.
pub struct Broker<T, P = Correct> {
    topology: Topology,
    lease: Duration,
    attempts: u32,
    state: Mutex<State<T>>,
    /// For each group, where its consumers wait.
    ready: Vec<Condvar>,
    policy: PhantomData<fn() -> P>,
}

/// A message with what the broker knows of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The partition of the topic.
    pub partition: usize,
    /// How many messages came before it in its partition, since the broker began with an empty log or none.
    pub offset: u64,
}

/// A message that a group has given up.
#[derive(Debug)]
pub struct DeadLetter<T> {
    /// Its key.
    pub key: String,
    /// What it says. Other groups may still have it.
    pub message: Arc<T>,
    /// Where it was.
    pub position: Position,
    /// How often it was delivered.
    pub attempts: u32,
}

impl<T, P: Policy> Broker<T, P> {
    fn assemble(topology: Topology, lease: Duration, attempts: u32, state: State<T>) -> Self {
        let ready = topology.groups.iter().map(|_| Condvar::new()).collect();
        Self { topology, lease, attempts, state: Mutex::new(state), ready, policy: PhantomData }
    }

    /// Publishes a message to a topic. Messages with the same `key` stay in order.
    ///
    /// # Errors
    /// [`PublishError`] has the message and says why.
    pub fn publish(&self, topic: &str, key: &str, message: T) -> Result<Position, PublishError<T>> {
        let Some(topic) = self.topology.topic(topic) else { return Err(PublishError::UnknownTopic(message)) };
        let mut state = self.lock();
        if state.phase() != Phase::Open {
            return Err(PublishError::Closed(message));
        }
        let partition = self.topology.partition_of(topic, key);
        let position = state.publish(&self.topology, topic, partition, key, message)?;
        drop(state);
        for group in self.topology.groups_of(topic) {
            self.ready[group].notify_one();
        }
        Ok(position)
    }

    /// A consumer of a group. A group may have any number of them; no more than there are partitions are busy at a time.
    ///
    /// # Errors
    /// If there is no such topic, or no such group.
    pub fn subscribe(&self, topic: &str, group: &str) -> Result<Consumer<'_, T, P>, SubscribeError> {
        Ok(Consumer { broker: self, group: self.group(topic, group)? })
    }

    /// Takes the oldest message that a group has given up.
    ///
    /// # Errors
    /// If there is no such topic, or no such group, or the log cannot be written.
    pub fn take_dead_letter(&self, topic: &str, group: &str) -> Result<Option<DeadLetter<T>>, SubscribeError> {
        let group = self.group(topic, group)?;
        self.lock().take_dead_letter(&self.topology, group).map_err(SubscribeError::Log)
    }

    fn group(&self, topic: &str, group: &str) -> Result<usize, SubscribeError> {
        let topic = self.topology.topic(topic).ok_or(SubscribeError::UnknownTopic)?;
        self.topology.group(topic, group).ok_or(SubscribeError::UnknownGroup)
    }

    /// Ends publishing. Consumers get what was published before, and are told then that there is no more.
    pub fn close(&self) {
        self.end(Phase::Closed);
    }

    /// Ends publishing and receiving. What was received can still be acknowledged; what was not is in the log, if there is one.
    pub fn halt(&self) {
        self.end(Phase::Halted);
    }

    fn end(&self, phase: Phase) {
        self.lock().end(phase);
        self.ready.iter().for_each(Condvar::notify_all);
    }

    /// Tells the consumers of a group that one of their messages was settled or given back.
    fn tell(&self, state: MutexGuard<'_, State<T>>, group: usize) {
        let finished = state.is_finished(&self.topology, group);
        drop(state);
        match finished {
            true => self.ready[group].notify_all(),
            false => self.ready[group].notify_one(),
        }
    }

    /// The state, be the lock poisoned or not. The code of a broker's users that runs under it, to encode a message, runs before
    /// anything is changed.
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A consumer of a group; see [`Broker::subscribe`].
pub struct Consumer<'a, T, P: Policy = Correct> {
    broker: &'a Broker<T, P>,
    group: usize,
}

impl<'a, T, P: Policy> Consumer<'a, T, P> {
    /// Takes the lease of the next message, after waiting for one if none is ready. `None` when the broker is halted, or closed and the group
    /// has settled everything, which is final.
    ///
    /// # Errors
    /// If the log cannot be written.
    pub fn receive(&self) -> Result<Option<Delivery<'a, T, P>>, JournalError> {
        let Self { broker, group } = *self;
        let ready = &broker.ready[group];
        let mut state = broker.lock();
        loop {
            let now = Instant::now();
            match state.next(&broker.topology, group, now, broker.attempts)? {
                Next::Ready(partition) => {
                    // A moment beyond the range of the clock is never.
                    let lease = state.lease(&broker.topology, group, partition, now.checked_add(broker.lease));
                    drop(state);
                    // Somebody has to watch this lease, and to look for what is in other partitions.
                    ready.notify_one();
                    return Ok(Some(Delivery::new(broker, lease)));
                }
                Next::Finished => {
                    drop(state);
                    ready.notify_all();
                    return Ok(None);
                }
                Next::Wait(None) => state = ready.wait(state).unwrap_or_else(PoisonError::into_inner),
                Next::Wait(Some(until)) => {
                    let left = until.saturating_duration_since(now);
                    state = ready.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
                }
            }
        }
    }

    /// Works until there is no more: calls `handle` with one delivery after the other, and acknowledges what it has done.
    ///
    /// What it refuses is given back, and so is what it panics at. A message whose lease ran out meanwhile is somebody else's
    /// now, who handles it as well.
    ///
    /// # Errors
    /// If the log cannot be written.
    pub fn work<E>(&self, mut handle: impl FnMut(&Delivery<'a, T, P>) -> Result<(), E>) -> Result<(), JournalError> {
        while let Some(mut delivery) = self.receive()? {
            if P::ACKNOWLEDGING == Acknowledging::WhenReceived {
                expired_or(delivery.settle())?;
            }
            match handle(&delivery) {
                Ok(()) => expired_or(delivery.settle())?,
                Err(_) => delivery.give_back(),
            }
        }
        Ok(())
    }
}

/// That a lease has run out is no reason to stop.
fn expired_or(settled: Result<(), AcknowledgeError>) -> Result<(), JournalError> {
    match settled {
        Err(AcknowledgeError::Log(error)) => Err(error),
        Ok(()) | Err(AcknowledgeError::Expired) => Ok(()),
    }
}

impl<T, P: Policy> fmt::Debug for Consumer<'_, T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let group = &self.broker.topology.groups[self.group];
        f.debug_struct("Consumer").field("group", &group.name).finish_non_exhaustive()
    }
}

/// Shows topics and groups. It does not take the lock, so printing a broker never waits for it.
impl<T, P> fmt::Debug for Broker<T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Broker")
            .field("topology", &self.topology)
            .field("lease", &self.lease)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}
