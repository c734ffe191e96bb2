//! The messages in a buffer, in order.
//!
//! A ring like that of `VecDeque`. Messages come and go at every step, and here both are a dozen instructions in the caller: the
//! ring's length is a power of two, and what is rare, to enlarge it, is elsewhere.

use crate::memory::blocks::Slots;

/// A queue, first in first out.
#[derive(Debug)]
pub(super) struct Line<T> {
    /// A power of two of them, or none. There is something in `count` of them from `first` on.
    slots: Slots<T>,
    first: usize,
    count: usize,
    /// How many slots there are at first: a power of two.
    first_slots: usize,
}

/// How many slots there are at first where nobody knows how many there will be, and at most.
const FIRST_SLOTS: usize = 8;
const MOST_FIRST_SLOTS: u64 = 32;

impl<T> Line<T> {
    /// An empty queue that will have room for so many items, or for any number.
    pub(super) fn new(room: Option<u64>) -> Line<T> {
        let first_slots = room.map_or(FIRST_SLOTS, |room| room.clamp(1, MOST_FIRST_SLOTS).next_power_of_two() as usize);
        Line { slots: Slots::NONE, first: 0, count: 0, first_slots }
    }

    #[inline(always)]
    fn slot(&self, nth: usize) -> usize {
        self.first.wrapping_add(nth) & self.slots.len().wrapping_sub(1)
    }

    #[inline(always)]
    pub(super) fn push_back(&mut self, item: T) {
        self.make_room();
        let left = self.push_back_if(item, |item| item, || true);
        debug_assert!(left.is_none(), "there is room");
    }

    /// Adds what `make` makes of `item` if there is a slot for it and `may` says so; else it comes back. Allocates nothing.
    #[inline(always)]
    pub(super) fn push_back_if<V>(
        &mut self,
        item: V,
        make: impl FnOnce(V) -> T,
        may: impl FnOnce() -> bool,
    ) -> Option<V> {
        if self.count == self.slots.len() || !may() {
            return Some(item);
        }
        let at = self.slot(self.count);
        if let Some(slot) = self.slots.get_mut(at) {
            // The slot is empty, so that nothing has to be dropped.
            std::mem::forget(slot.replace(make(item)));
            self.count += 1;
        }
        None
    }

    /// Takes the first item if `may` says so.
    #[inline(always)]
    pub(super) fn pop_front_if(&mut self, may: impl FnOnce(&T) -> bool) -> Option<T> {
        let at = self.slot(0);
        let slot = self.slots.get_mut(at)?;
        match slot {
            Some(item) if may(item) => {
                let item = slot.take();
                self.first = self.slot(1);
                self.count -= 1;
                item
            }
            _ => None,
        }
    }

    /// Makes room for one more item, and says whether there was none.
    #[inline(always)]
    pub(super) fn make_room(&mut self) -> bool {
        let full = self.count == self.slots.len();
        if full {
            self.enlarge();
        }
        full
    }

    #[cold]
    #[inline(never)]
    fn enlarge(&mut self) {
        if self.slots.is_empty() {
            self.slots = Slots::empty(self.first_slots);
            return;
        }
        let mut slots = Slots::empty(2 * self.slots.len());
        // It is full.
        let (before, after) = self.slots.split_at_mut(self.first);
        for (slot, item) in slots.iter_mut().zip(after.iter_mut().chain(before)) {
            *slot = item.take();
        }
        (self.slots, self.first) = (slots, 0);
    }

    #[inline(always)]
    pub(super) fn pop_front(&mut self) -> Option<T> {
        self.pop_front_if(|_| true)
    }

    /// The items, the last first.
    pub(super) fn iter_mut_from_last(&mut self) -> impl Iterator<Item = &mut T> {
        // What is in order is one or two parts of the slots.
        let (before, after) = self.slots.split_at_mut(self.first);
        after.iter_mut().chain(before).rev().flatten()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_a_queue(pushes: Vec<bool>, room in proptest::option::of(0_u64..100)) {
            let (mut line, mut model) = (Line::new(room), VecDeque::new());
            for (number, push) in pushes.into_iter().enumerate() {
                if push {
                    line.push_back(number);
                    model.push_back(number);
                } else {
                    prop_assert_eq!(line.pop_front(), model.pop_front());
                }
                let items: Vec<usize> = line.iter_mut_from_last().map(|item| *item).collect();
                prop_assert_eq!(items, model.iter().rev().copied().collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn what_is_left_is_dropped_once() {
        let item = std::rc::Rc::new(());
        let mut line = Line::new(None);
        for _ in 0..20 {
            line.push_back(std::rc::Rc::clone(&item));
            line.push_back(std::rc::Rc::clone(&item));
            line.pop_front();
        }
        assert_eq!(std::rc::Rc::strong_count(&item), 21);
        drop(line);
        assert_eq!(std::rc::Rc::strong_count(&item), 1);
    }
}
