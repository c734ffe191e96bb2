//! The messages in a buffer, in order.
//!
//! A ring like that of `VecDeque`. Messages come and go at every step, and here both are a dozen instructions in the caller: the
//! ring's length is a power of two, what is rare, to enlarge it, is elsewhere, and in executions its memory is [used again](super::blocks).

use std::alloc::Layout;
use std::fmt;
use std::marker::PhantomData;
use std::ptr::NonNull;

use super::blocks::{Free, allocate};

/// A queue, first in first out.
///
/// As with `VecDeque`, what the items borrow may go before the queue if nothing in them looks at it when they are dropped: it is
/// [`Places`], which knows nothing of the type, that has a destructor.
pub(crate) struct Ring<T> {
    places: Places,
    /// It may drop some.
    owns: PhantomData<T>,
}

/// A number of places for items of some type.
struct Places {
    block: NonNull<u8>,
    /// How many there are: a power of two, or none.
    count: usize,
    /// The place of the first item, if there is one.
    first: usize,
    /// How many items there are, each in the place after the one before, and in the first place after the last.
    items: usize,
    /// Drops the items, and frees the block.
    drop: unsafe fn(&mut Places),
}

/// How many places there are at first where nobody knows how many it will take, and at most.
const FIRST_PLACES: usize = 16;
const MOST_FIRST_PLACES: u64 = 32;
/// How many bytes these take at most, unless there is only one: what is longer is not used again.
const MOST_FIRST_BYTES: usize = 512;

// SAFETY: it owns its items, as a boxed slice does.
unsafe impl<T: Send> Send for Ring<T> {}
// SAFETY: as above.
unsafe impl<T: Sync> Sync for Ring<T> {}
impl<T> Unpin for Ring<T> {}

impl<T> Ring<T> {
    /// An empty queue that will hold so many items, or any number; its places are there from the beginning, unless they would be many or
    /// long. (Inlined, so that it is made where it stays.)
    #[inline(always)]
    pub(crate) fn new(room: Option<u64>) -> Ring<T> {
        let mut places = room.map_or(FIRST_PLACES, |room| match room.min(MOST_FIRST_PLACES) {
            0 => 0,
            room => room.next_power_of_two() as usize,
        });
        while places > 1 && places * size_of::<T>() > MOST_FIRST_BYTES {
            places /= 2;
        }
        Ring::of(places)
    }

    /// An empty queue with so many places, which are a power of two or none.
    #[inline(always)]
    fn of(count: usize) -> Ring<T> {
        let layout = layout_of::<T>(count);
        let block = if layout.size() == 0 { NonNull::<T>::dangling().cast() } else { allocate(layout) };
        Ring { places: Places { block, count, first: 0, items: 0, drop: drop_items::<T> }, owns: PhantomData }
    }

    #[inline(always)]
    pub(crate) fn is_empty(&self) -> bool {
        self.places.items == 0
    }

    #[inline(always)]
    fn is_full(&self) -> bool {
        self.places.items == self.places.count
    }

    #[inline(always)]
    pub(crate) fn push_back(&mut self, item: T) {
        self.make_room();
        let left = self.push_back_if(item, |item| item, || true);
        debug_assert!(left.is_none(), "there is room");
    }

    /// Adds what `make` makes of `item` if there is a place for it and `may` says so; else it comes back. Allocates nothing.
    #[inline(always)]
    pub(crate) fn push_back_if<V>(
        &mut self,
        item: V,
        make: impl FnOnce(V) -> T,
        may: impl FnOnce() -> bool,
    ) -> Option<V> {
        let items = self.places.items;
        if items == self.places.count {
            return Some(item);
        }
        // All is read before `may` writes: the compiler does not know that it writes elsewhere.
        let place = self.places.nth::<T>(items);
        if !may() {
            return Some(item);
        }
        // SAFETY: there are more places than items, so that the one after the last item is free.
        unsafe { place.write(make(item)) };
        self.places.items = items + 1;
        None
    }

    /// Takes the first item if `may` says so.
    #[inline(always)]
    pub(crate) fn pop_front_if(&mut self, may: impl FnOnce(&T) -> bool) -> Option<T> {
        let items = self.places.items;
        if items == 0 {
            return None;
        }
        // As in `push_back_if`.
        let (first, second) = (self.places.nth::<T>(0), self.places.number(1));
        // SAFETY: there is an item in the first place, and nobody else has a reference to it.
        if !may(unsafe { first.as_ref() }) {
            return None;
        }
        // SAFETY: as above; the place counts as free from here on.
        let item = unsafe { first.read() };
        self.places.first = second;
        self.places.items = items - 1;
        Some(item)
    }

    #[inline(always)]
    pub(crate) fn pop_front(&mut self) -> Option<T> {
        self.pop_front_if(|_| true)
    }

    /// Makes room for one more item, and says whether there was none.
    #[inline(always)]
    pub(crate) fn make_room(&mut self) -> bool {
        let full = self.is_full();
        if full {
            self.enlarge();
        }
        full
    }

    #[cold]
    #[inline(never)]
    fn enlarge(&mut self) {
        let mut larger = match self.places.count {
            0 => Ring::new(None),
            count => Ring::<T>::of(2 * count),
        };
        let (front, back) = self.as_slices();
        for part in [front, back] {
            let free = larger.places.nth::<T>(larger.places.items);
            // SAFETY: all that is there is to be copied and not to be dropped: the items that are counted are those of `larger` next. It
            // has room for all of them, in order, from its first place on.
            unsafe { free.copy_from_nonoverlapping(NonNull::from(part).cast(), part.len()) };
            larger.places.items += part.len();
        }
        // They have moved.
        self.places.items = 0;
        *self = larger;
    }

    /// The items, in two parts, of which the second is usually empty.
    fn as_slices(&self) -> (&[T], &[T]) {
        let (front, back) = self.places.parts::<T>();
        // SAFETY: there are items in all of these places, and whoever changes them has `self` alone.
        unsafe { (front.as_ref(), back.as_ref()) }
    }

    /// The items, the last first.
    pub(crate) fn iter_mut_from_last(&mut self) -> impl Iterator<Item = &mut T> {
        let (mut front, mut back) = self.places.parts::<T>();
        // SAFETY: there are items in all of these places, none in both parts, and `self` is the caller's alone.
        let (front, back) = unsafe { (front.as_mut(), back.as_mut()) };
        front.iter_mut().chain(back).rev()
    }
}

impl Places {
    /// The number of the place of the `nth` item from the first on.
    #[inline(always)]
    fn number(&self, nth: usize) -> usize {
        self.first.wrapping_add(nth) & self.count.wrapping_sub(1)
    }

    /// That place, where there are any, as one for a `T`.
    #[inline(always)]
    fn nth<T>(&self, nth: usize) -> NonNull<T> {
        let number = self.number(nth);
        debug_assert!(number < self.count);
        // SAFETY: the block has `count` places, and this is less, because `count` is a power of two: whoever asks has seen that there are
        // places, see above.
        unsafe { self.block.cast::<T>().add(number) }
    }

    /// The places with items, from the first on to the end of the block, and the rest from its beginning.
    fn parts<T>(&self) -> (NonNull<[T]>, NonNull<[T]>) {
        let front = self.items.min(self.count - self.first);
        let block = self.block.cast::<T>();
        // SAFETY: the first item is in a place of the block, or is none.
        let first = unsafe { block.add(self.first) };
        (NonNull::slice_from_raw_parts(first, front), NonNull::slice_from_raw_parts(block, self.items - front))
    }
}

fn layout_of<T>(count: usize) -> Layout {
    Layout::array::<T>(count).expect("there is no memory for so many messages")
}

/// # Safety
/// They are the places of a `Ring<T>`, and nobody uses them any more.
unsafe fn drop_items<T>(places: &mut Places) {
    /// Drops a part, even if the drop of the one before it unwinds.
    struct Part<T>(NonNull<[T]>);
    impl<T> Drop for Part<T> {
        fn drop(&mut self) {
            // SAFETY: there is an item in each place, which nobody uses any more.
            unsafe { self.0.drop_in_place() };
        }
    }

    // SAFETY: as the caller says.
    let _free = unsafe { Free::after(places.block, layout_of::<T>(places.count)) };
    if places.items > 0 {
        let (front, back) = places.parts::<T>();
        let _back = Part(back);
        drop(Part(front));
    }
}

impl Drop for Places {
    fn drop(&mut self) {
        if self.count > 0 {
            // SAFETY: the function is that of whoever made the places, and nobody uses them any more.
            unsafe { (self.drop)(self) };
        }
    }
}

impl<T> fmt::Debug for Ring<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ring").field("items", &self.places.items).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::rc::Rc;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_a_queue(pushes: Vec<bool>, room in proptest::option::of(0_u64..100)) {
            let (mut ring, mut model) = (Ring::new(room), VecDeque::new());
            for (number, push) in pushes.into_iter().enumerate() {
                if push {
                    ring.push_back(Rc::new(number));
                    model.push_back(number);
                } else {
                    prop_assert_eq!(ring.pop_front().map(|item| *item), model.pop_front());
                }
                prop_assert_eq!(ring.is_empty(), model.is_empty());
                let items: Vec<usize> = ring.iter_mut_from_last().map(|item| **item).collect();
                prop_assert_eq!(items, model.iter().rev().copied().collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn what_is_left_is_dropped_once() {
        let item = Rc::new(());
        let mut ring = Ring::new(None);
        for _ in 0..20 {
            ring.push_back(Rc::clone(&item));
            ring.push_back(Rc::clone(&item));
            ring.pop_front();
        }
        assert_eq!(Rc::strong_count(&item), 21);
        drop(ring);
        assert_eq!(Rc::strong_count(&item), 1);
    }

    #[test]
    fn what_is_refused_comes_back() {
        let mut ring = Ring::new(Some(2));
        assert_eq!(ring.push_back_if(1, |item| item, || false), Some(1));
        assert_eq!(ring.push_back_if(1, |item| item + 1, || true), None);
        assert_eq!(ring.push_back_if(2, |item| item, || true), None);
        assert_eq!(ring.push_back_if(3, |item| item, || unreachable!("it is full")), Some(3));
        assert_eq!(ring.pop_front_if(|item| *item == 1), None);
        assert_eq!(ring.pop_front_if(|item| *item == 2), Some(2));
        assert_eq!((ring.pop_front(), ring.pop_front()), (Some(2), None));
    }

    /// Counts how often it is dropped, and panics at that if it is to.
    struct Bomb(Rc<std::cell::Cell<u32>>, bool);

    impl Drop for Bomb {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
            assert!(!self.1, "as it is told");
        }
    }

    #[test]
    fn all_are_dropped_even_if_one_panics() {
        for bomb in 0..6 {
            let dropped = Rc::new(std::cell::Cell::new(0));
            let mut ring = Ring::new(Some(8));
            (0..5).for_each(|_| ring.push_back(Bomb(Rc::clone(&dropped), false)));
            (0..5).for_each(|_| drop(ring.pop_front()));
            // Some of these are at the end of the block, the others at its beginning.
            (0..6).for_each(|number| ring.push_back(Bomb(Rc::clone(&dropped), number == bomb)));
            assert!(catch_unwind(AssertUnwindSafe(|| drop(ring))).is_err());
            assert_eq!(dropped.get(), 11);
        }
    }

    #[test]
    fn what_is_borrowed_may_go_first() {
        let mut ring = Ring::new(None);
        let number = 5;
        ring.push_back(&number);
        assert_eq!(ring.pop_front(), Some(&5));
    }

    #[test]
    fn long_items_begin_with_few_places() {
        let mut ring = Ring::new(None);
        assert_eq!(ring.places.count, 4);
        (0..10).for_each(|number| ring.push_back([number; 16]));
        assert_eq!(ring.iter_mut_from_last().map(|item: &mut [u64; 16]| item[15]).sum::<u64>(), 45);
        assert_eq!(Ring::<[u64; 1_000]>::new(Some(100)).places.count, 1);
        assert_eq!(Ring::<u64>::new(Some(100)).places.count, 32);
    }

    #[test]
    fn items_need_not_take_memory() {
        let mut ring = Ring::new(Some(1));
        (0..100).for_each(|_| ring.push_back(()));
        assert_eq!(ring.iter_mut_from_last().count(), 100);
        assert_eq!(std::iter::from_fn(|| ring.pop_front()).count(), 100);
    }
}
