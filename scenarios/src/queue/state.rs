//! What the queue's lock protects: plain data without any waiting.
//!
//! Each method takes the state from one consistent state to the next and runs no code of the
//! queue's users: it neither drops an item nor allocates (the room is reserved when the queue is
//! built). Nothing can panic halfway, so a poisoned lock, which a task leaves behind that panics
//! while it holds the guard, protects a state that is still consistent.

use std::collections::VecDeque;
use std::mem;

/// What the queue's lock protects.
#[derive(Debug)]
pub(super) struct State<T> {
    /// Accepted and not yet delivered, the oldest in front. No longer than the capacity: producers
    /// see to that.
    items: VecDeque<T>,
    /// Set once and never cleared. Nothing is accepted while it is set.
    closed: bool,
    accepted: u64,
    delivered: u64,
    returned: u64,
    peak: usize,
}

/// What a queue has done so far, as of one moment.
///
/// `accepted == delivered + returned + held` in every snapshot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Items that a push was told the queue had accepted.
    pub accepted: u64,
    /// Items that a pop got.
    pub delivered: u64,
    /// Items that a forced stop returned.
    pub returned: u64,
    /// Items in the queue at this moment.
    pub held: usize,
    /// The most items that were ever in the queue at once.
    pub peak: usize,
}

impl<T> State<T> {
    /// An open queue over `items`, which is empty and has its room reserved.
    pub(super) fn new(items: VecDeque<T>) -> Self {
        debug_assert!(items.is_empty());
        Self { items, closed: false, accepted: 0, delivered: 0, returned: 0, peak: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Closes the queue, and says whether it was open until now.
    pub(super) fn close(&mut self) -> bool {
        !mem::replace(&mut self.closed, true)
    }

    /// Puts `item` at the end. The caller has made sure that there is room and that the queue is
    /// open.
    pub(super) fn accept(&mut self, item: T) {
        self.items.push_back(item);
        self.accepted += 1;
        self.peak = self.peak.max(self.items.len());
    }

    /// Takes the oldest item out for a consumer.
    pub(super) fn deliver(&mut self) -> Option<T> {
        let item = self.items.pop_front()?;
        self.delivered += 1;
        Some(item)
    }

    /// Takes everything out for a forced stop, the oldest item in front.
    pub(super) fn take_all(&mut self) -> VecDeque<T> {
        let items = mem::take(&mut self.items);
        self.returned += items.len() as u64;
        items
    }

    pub(super) fn statistics(&self) -> Statistics {
        Statistics {
            accepted: self.accepted,
            delivered: self.delivered,
            returned: self.returned,
            held: self.items.len(),
            peak: self.peak,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_leave_in_the_order_in_which_they_came() {
        let mut state = State::new(VecDeque::new());
        state.accept('a');
        state.accept('b');
        assert_eq!(state.deliver(), Some('a'));
        assert_eq!(state.deliver(), Some('b'));
        assert_eq!(state.deliver(), None);
    }

    #[test]
    fn closing_is_told_apart_from_closing_again() {
        let mut state = State::<()>::new(VecDeque::new());
        assert!(state.close());
        assert!(!state.close());
        assert!(state.is_closed());
    }

    #[test]
    fn the_books_balance() {
        let mut state = State::new(VecDeque::new());
        (0..5).for_each(|item| state.accept(item));
        state.deliver();
        state.deliver();
        let held = Statistics { accepted: 5, delivered: 2, returned: 0, held: 3, peak: 5 };
        assert_eq!(state.statistics(), held);
        assert_eq!(state.take_all(), [2, 3, 4]);
        assert_eq!(state.statistics(), Statistics { returned: 3, held: 0, ..held });
    }
}
