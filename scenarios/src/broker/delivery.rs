//! A message in the hands of a consumer.

use std::fmt;

use reweave::sync::Arc;

use super::error::AcknowledgeError;
use super::state::Lease;
use super::variant::{Correct, Policy};
use super::{Broker, Position};

/// A message that a consumer has on lease: to be acknowledged when the work is done.
///
/// One that is dropped instead is given back, so that a consumer which panics does not keep it until the lease runs out.
#[must_use = "a delivery that is dropped is given back, and delivered again"]
pub struct Delivery<'a, T, P: Policy = Correct> {
    broker: &'a Broker<T, P>,
    lease: Lease<T>,
    /// Acknowledged or given back.
    over: bool,
}

impl<'a, T, P: Policy> Delivery<'a, T, P> {
    pub(super) fn new(broker: &'a Broker<T, P>, lease: Lease<T>) -> Self {
        Self { broker, lease, over: false }
    }

    /// What the message says.
    pub fn message(&self) -> &T {
        &self.lease.letter.message
    }

    /// The key with which it was published.
    pub fn key(&self) -> &str {
        &self.lease.letter.key
    }

    /// Where it is in its topic.
    pub fn position(&self) -> Position {
        self.lease.position
    }

    /// How often it was delivered to this group, this time included. Since the broker began, if that has a log.
    pub fn attempt(&self) -> u32 {
        self.lease.attempt
    }

    /// The work is done: the group does not get the message again.
    ///
    /// # Errors
    /// [`AcknowledgeError::Expired`] if the lease ran out and the message was given to another; the log, if it cannot be written: then
    /// the message is delivered again.
    pub fn acknowledge(mut self) -> Result<(), AcknowledgeError> {
        self.settle()
    }

    pub(super) fn settle(&mut self) -> Result<(), AcknowledgeError> {
        if self.over {
            return Ok(());
        }
        let mut state = self.broker.lock();
        state.acknowledge::<P>(&self.broker.topology, &self.lease)?;
        self.over = true;
        self.broker.tell(state, self.lease.group);
        Ok(())
    }

    /// The work was not done: the message is delivered again, if it may be tried once more.
    pub fn give_back(mut self) {
        self.put_back();
    }

    fn put_back(&mut self) {
        if !std::mem::replace(&mut self.over, true) {
            let mut state = self.broker.lock();
            // If the log cannot be written the lease runs out, and whoever looks at it then is told.
            let _ = state.give_back(&self.broker.topology, &self.lease, self.broker.attempts);
            self.broker.tell(state, self.lease.group);
        }
    }
}

impl<T, P: Policy> Drop for Delivery<'_, T, P> {
    fn drop(&mut self) {
        self.put_back();
    }
}

/// A published message, which all groups share.
pub(super) struct Letter<T> {
    pub(super) key: String,
    pub(super) message: Arc<T>,
}

impl<T> Clone for Letter<T> {
    fn clone(&self) -> Self {
        Self { key: self.key.clone(), message: Arc::clone(&self.message) }
    }
}

/// Shows key and place, not the message, which need not be printable.
impl<T, P: Policy> fmt::Debug for Delivery<'_, T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("key", &self.key())
            .field("position", &self.position())
            .field("attempt", &self.attempt())
            .finish_non_exhaustive()
    }
}
