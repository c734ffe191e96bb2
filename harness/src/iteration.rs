//! Where the steps of an iterator are said to be.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::driver::Place;
#[cfg(feature = "sim")]
use crate::engine::source_path::is_in_std;

/// Tells the place of each step of an iterator: where the next item is asked for, or, if that is inside the standard library (`for_each`,
/// `collect`), where the iterator was made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Iteration {
    made: Place,
    /// Where the last item was asked for, and what was told.
    asked: Place,
    told: Place,
}

impl Iteration {
    /// Of an iterator that is made at this place.
    pub(crate) fn new(made: Place) -> Iteration {
        Iteration { made, asked: made, told: made }
    }

    /// The place of a step for an item that is asked for at `asked`.
    #[inline(always)]
    pub(crate) fn at(&mut self, asked: Place) -> Place {
        if !std::ptr::eq(self.asked, asked) {
            self.look(asked);
        }
        self.told
    }

    #[cold]
    #[inline(never)]
    fn look(&mut self, asked: Place) {
        self.asked = asked;
        self.told = if asks_from_std(asked) { self.made } else { asked };
    }
}

/// Whether a place is in the standard library. Some answers are remembered, because iterators are made more often than loops are
/// written, and the path of a file takes long to look at.
fn asks_from_std(place: Place) -> bool {
    /// By a part of the address of a place: an address, whose lowest bit, which is free, is the answer.
    static KNOWN: [AtomicUsize; 64] = [const { AtomicUsize::new(0) }; 64];
    const SIZE: usize = size_of::<std::panic::Location<'_>>();
    const _: () = assert!(align_of::<std::panic::Location<'_>>() > 1);
    let address = std::ptr::from_ref(place).addr();
    let known = &KNOWN[address / SIZE % KNOWN.len()];
    let last = known.load(Ordering::Relaxed);
    if last & !1 == address {
        return last & 1 != 0;
    }
    let answer = is_in_std(place.file());
    known.store(address | usize::from(answer), Ordering::Relaxed);
    answer
}

/// Nobody shows places there.
#[cfg(not(feature = "sim"))]
fn is_in_std(_: &str) -> bool {
    false
}

#[cfg(all(test, feature = "sim"))]
mod tests {
    use std::panic::Location;

    use super::*;

    #[test]
    fn an_item_is_asked_for_where_that_is_no_place_in_std() {
        let made = Location::caller();
        let mut iteration = Iteration::new(made);
        let mut told = Vec::new();
        let here = Location::caller();
        assert_eq!(iteration.at(here), here);
        // What is called by std is called at a place in std.
        struct Asks<'a>(&'a mut Iteration, &'a mut Vec<Place>, u32);
        impl Iterator for Asks<'_> {
            type Item = ();
            #[track_caller]
            fn next(&mut self) -> Option<()> {
                self.2 = self.2.checked_sub(1)?;
                self.1.push(self.0.at(Location::caller()));
                Some(())
            }
        }
        Asks(&mut iteration, &mut told, 3).for_each(|()| ());
        assert_eq!(told, [made; 3]);
    }
}
