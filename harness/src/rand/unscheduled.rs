//! Values from outside: as random as the keys that std draws for its maps.
//!
//! std asks the system once for each thread, and counts up from there: SipHash makes the counter random. Where a value
//! is drawn does not matter here; the places are those that [a scheduled value](super) is recorded with.

use std::hash::{BuildHasher, RandomState};
use std::panic::Location;

/// A number below `n`, which is at least one.
pub(super) fn below(n: u32, place: &'static Location<'static>) -> u32 {
    super::scale(word(place), n.into()) as u32
}

/// Any number.
pub(super) fn word(_place: &'static Location<'static>) -> u64 {
    RandomState::new().hash_one(())
}

/// Fills `bytes`.
pub(super) fn fill(bytes: &mut [u8], place: &'static Location<'static>) {
    for part in bytes.chunks_mut(size_of::<u64>()) {
        part.copy_from_slice(&word(place).to_le_bytes()[..part.len()]);
    }
}
