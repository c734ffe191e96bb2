//! How a queue comes to its end: gracefully, and within a time limit.
//!
//! A stop has three phases.
//!
//! 1. *Close.* Nothing is accepted from here on. Everybody who waits is woken: a producer leaves
//!    with its item, a consumer leaves once the queue is empty.
//! 2. *Drain.* Consumers go on taking what was accepted, and the one who takes the last item wakes
//!    the stop.
//! 3. *Force.* When the time is up, the stop takes what is left, in one critical section, and
//!    returns it. Consumers find the queue closed and empty.

use reweave::time::Duration;

use super::BoundedQueue;
use super::deadline::Deadline;
use super::variant::{LeftOver, Policy};

/// How a [`shutdown`](BoundedQueue::shutdown) ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "the items that are left over are in here, and dropping them loses them"]
pub enum Drained<T> {
    /// The queue was emptied in time.
    Complete,
    /// The time was up before the queue was empty. These items were accepted and not delivered, the
    /// oldest in front.
    Forced(Vec<T>),
}

impl<T> Drained<T> {
    /// The items that were accepted and not delivered, the oldest in front.
    pub fn into_left_over(self) -> Vec<T> {
        match self {
            Self::Complete => Vec::new(),
            Self::Forced(items) => items,
        }
    }
}

impl<T, P: Policy> BoundedQueue<T, P> {
    /// Ends the intake: from now on every push is refused and gets its item back, and pops deliver
    /// what was accepted before. Whoever waits is woken. Closing a closed queue changes nothing.
    ///
    /// ```
    /// use reweave_scenarios::queue::{BoundedQueue, PushError};
    ///
    /// let queue = BoundedQueue::new(2)?;
    /// queue.push("accepted")?;
    /// queue.close();
    /// assert_eq!(queue.push("too late"), Err(PushError::Closed("too late")));
    /// assert_eq!(queue.pop(), Some("accepted"));
    /// assert_eq!(queue.pop(), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn close(&self) {
        if self.lock().close() {
            self.not_empty.notify_all();
            self.not_full.notify_all();
        }
    }

    /// Closes the queue, gives the consumers the time `within` to empty it, and takes back what
    /// they leave.
    ///
    /// With [`Duration::ZERO`] it takes everything back at once. An item counts as delivered when a
    /// pop has it: whether the consumer has *finished* with it is for the consumer to say, for
    /// instance by ending its thread. Of several stops at a time each waits for as long as it may,
    /// and an item that is left over goes to exactly one of them.
    ///
    /// ```
    /// use reweave::time::Duration;
    /// use reweave_scenarios::queue::{BoundedQueue, Drained};
    ///
    /// let queue = BoundedQueue::new(2)?;
    /// queue.push("never taken")?;
    /// let drained = queue.shutdown(Duration::from_millis(1));
    /// assert_eq!(drained, Drained::Forced(vec!["never taken"]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn shutdown(&self, within: Duration) -> Drained<T> {
        self.shutdown_until(Deadline::after(within))
    }

    pub(super) fn shutdown_until(&self, deadline: Deadline) -> Drained<T> {
        self.close();
        let mut state = self.lock();
        while !state.is_empty() {
            match deadline.wait::<_, P>(&self.drained, state) {
                Ok(woken) => state = woken,
                Err(mut late) => {
                    let items = late.take_all();
                    drop(late);
                    // Another stop with more patience has nothing to wait for any more.
                    self.drained.notify_all();
                    return match P::LEFT_OVER {
                        LeftOver::Returned => Drained::Forced(items.into()),
                        LeftOver::Dropped => Drained::Complete,
                    };
                }
            }
        }
        Drained::Complete
    }
}
