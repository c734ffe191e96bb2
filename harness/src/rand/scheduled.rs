//! Values as decisions of the schedule; outside executions there is none.

use super::unscheduled;
use crate::engine::identity::inside;
use crate::engine::{Execution, Place, perform};
use crate::kernel::{Op, choice};

/// How many outcomes each of the decisions has that a word is composed of, as a power of two.
const DIGIT_BITS: u32 = 16;

/// A number below `n`, which is at least one.
#[inline]
pub(super) fn below(n: u32, place: Place) -> u32 {
    match inside() {
        None => unscheduled::below(n, place),
        Some(this) => decide(this, n, place),
    }
}

/// Any number.
pub(super) fn word(place: Place) -> u64 {
    match inside() {
        None => unscheduled::word(place),
        Some(this) => (0..u64::BITS / DIGIT_BITS)
            .fold(0, |word, _| word << DIGIT_BITS | u64::from(decide(this, 1 << DIGIT_BITS, place))),
    }
}

/// Fills `bytes`, one decision each.
pub(super) fn fill(bytes: &mut [u8], place: Place) {
    match inside() {
        None => unscheduled::fill(bytes, place),
        Some(this) => bytes.fill_with(|| decide(this, 256, place) as u8),
    }
}

/// The decision of the schedule for a number below `outcomes`; none is taken where there is no choice.
#[inline]
fn decide(this: *mut Execution, outcomes: u32, place: Place) -> u32 {
    match outcomes {
        1 => 0,
        _ => perform(this, Op::Choose(choice::Op { outcomes }), place).value as u32,
    }
}
