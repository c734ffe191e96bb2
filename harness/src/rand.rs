//! Random values that are part of the schedule.
//!
//! Inside an execution every value is a decision of the strategy: it is recorded, replayed with the schedule, and
//! shrunk with it. Outside, values are truly random.
//!
//! A strategy that samples draws at random. Exhaustive exploration tries *every* value, so that small ranges are wise
//! there: three calls of `below(10)` are a thousand executions for each interleaving. No value here is fit for
//! cryptography.
//!
//! ```
//! use reweave::rand;
//!
//! let mut hand = ["ace", "king", "queen"];
//! rand::shuffle(&mut hand);
//! assert!(rand::below(6) < 6);
//! assert!(rand::choose(&hand).is_some());
//! ```

#[cfg(feature = "sim")]
mod scheduled;
mod unscheduled;

use std::ops::{Bound, RangeBounds};
use std::panic::Location;

#[cfg(feature = "sim")]
use scheduled as source;
#[cfg(not(feature = "sim"))]
use unscheduled as source;

/// A number below `n`, each with the same probability.
///
/// ```
/// let dice = reweave::rand::below(6) + 1;
/// assert!((1..=6).contains(&dice));
/// ```
///
/// # Panics
/// If `n` is zero.
#[must_use]
#[track_caller]
pub fn below(n: u32) -> u32 {
    assert!(n > 0, "reweave: there is no number below zero to draw");
    source::below(n, Location::caller())
}

/// A number below `n`, which is at least one, for a caller outside executions.
pub(crate) fn below_outside(n: u32) -> u32 {
    unscheduled::below(n, Location::caller())
}

/// A number in `range`, each with the same probability.
///
/// A range of up to 2³² - 1 numbers is one decision; a larger one is composed of four, with a bias below its size / 2⁶⁴.
///
/// ```
/// use reweave::rand;
/// assert!((10..20).contains(&rand::range(10..20)));
/// assert!(rand::range(..=3) <= 3);
/// let any = rand::range(..);
/// assert!(any <= u64::MAX);
/// ```
///
/// # Panics
/// If `range` is empty.
#[must_use]
#[track_caller]
pub fn range(range: impl RangeBounds<u64>) -> u64 {
    let first = match range.start_bound() {
        Bound::Included(first) => Some(*first),
        Bound::Excluded(before) => before.checked_add(1),
        Bound::Unbounded => Some(0),
    };
    let last = match range.end_bound() {
        Bound::Included(last) => Some(*last),
        Bound::Excluded(after) => after.checked_sub(1),
        Bound::Unbounded => Some(u64::MAX),
    };
    let (Some(first), Some(last)) = (first, last) else { empty() };
    let Some(span) = last.checked_sub(first) else { empty() };
    first + up_to(span, Location::caller())
}

#[cold]
#[track_caller]
fn empty() -> ! {
    panic!("reweave: there is no number in an empty range to draw")
}

/// Heads or tails.
///
/// ```
/// let heads = reweave::rand::bool();
/// assert!(heads || !heads);
/// ```
#[must_use]
#[track_caller]
pub fn bool() -> bool {
    source::below(2, Location::caller()) == 1
}

/// `true` with the probability `numerator / denominator`.
///
/// The fraction is reduced first, and with denominator `d` this is one decision with `d` outcomes. An exhaustive
/// exploration, to which probabilities mean nothing, is better served by [`bool()`].
///
/// ```
/// use reweave::rand;
/// assert!(rand::ratio(1, 1));
/// assert!(!rand::ratio(0, 1));
/// let seldom = rand::ratio(1, 100);
/// # let _ = seldom;
/// ```
///
/// # Panics
/// If `denominator` is zero, or less than `numerator`.
#[must_use]
#[track_caller]
pub fn ratio(numerator: u32, denominator: u32) -> bool {
    assert!(
        numerator <= denominator && denominator > 0,
        "reweave: {numerator}/{denominator} is no probability: it has to be between 0 and 1"
    );
    let divisor = greatest_common_divisor(numerator, denominator);
    source::below(denominator / divisor, Location::caller()) < numerator / divisor
}

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if a == 0 { b } else { greatest_common_divisor(b % a, a) }
}

/// One of the elements, each with the same probability; `None` if there is none.
///
/// ```
/// use reweave::rand;
/// assert!([1, 2, 3].contains(rand::choose(&[1, 2, 3]).unwrap()));
/// assert_eq!(rand::choose::<u8>(&[]), None);
/// ```
#[must_use]
#[track_caller]
pub fn choose<T>(elements: &[T]) -> Option<&T> {
    let span = elements.len().checked_sub(1)?;
    Some(&elements[up_to(span as u64, Location::caller()) as usize])
}

/// Brings the elements into a random order, each order with the same probability.
///
/// One decision for every element but the first: the shuffle of Fisher and Yates, as Durstenfeld wrote it
/// (Communications of the ACM 7, 1964, algorithm 235).
///
/// ```
/// let mut numbers = [1, 2, 3, 4];
/// reweave::rand::shuffle(&mut numbers);
/// numbers.sort();
/// assert_eq!(numbers, [1, 2, 3, 4]);
/// ```
#[track_caller]
pub fn shuffle<T>(elements: &mut [T]) {
    let place = Location::caller();
    for last in (1..elements.len()).rev() {
        elements.swap(last, up_to(last as u64, place) as usize);
    }
}

/// Fills `bytes` with random ones, one decision each.
///
/// ```
/// let mut key = [0; 16];
/// reweave::rand::fill(&mut key);
/// ```
#[track_caller]
pub fn fill(bytes: &mut [u8]) {
    source::fill(bytes, Location::caller());
}

/// A number up to and including `span`.
fn up_to(span: u64, place: &'static Location<'static>) -> u64 {
    if span < u64::from(u32::MAX) {
        return source::below(span as u32 + 1, place).into();
    }
    scale(source::word(place), u128::from(span) + 1)
}

/// The number below `size` that stands to it as `word` to 2⁶⁴.
fn scale(word: u64, size: u128) -> u64 {
    ((u128::from(word) * size) >> u64::BITS) as u64
}

#[cfg(all(test, feature = "sim"))]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::trial::{explore, replay, values};

    fn draw_all() -> (u32, u64, u64, bool, bool, Vec<u8>, [u8; 5]) {
        let mut order = vec![1, 2, 3, 4, 5];
        shuffle(&mut order);
        let mut bytes = [0; 5];
        fill(&mut bytes);
        let ranges = (range(10..20), range(7..u64::MAX));
        (below(6), ranges.0, ranges.1, bool(), ratio(3, 9), order, bytes)
    }

    fn check(values: &(u32, u64, u64, bool, bool, Vec<u8>, [u8; 5])) {
        assert!(values.0 < 6);
        assert!((10..20).contains(&values.1));
        assert!((7..u64::MAX).contains(&values.2));
        let mut sorted = values.5.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, [1, 2, 3, 4, 5]);
    }

    #[test]
    fn values_are_in_range_outside() {
        (0..1000).for_each(|_| check(&draw_all()));
    }

    #[test]
    fn values_are_in_range_inside_and_replay() {
        let mut seen = BTreeSet::new();
        for ended in explore(100, || {
            let values = draw_all();
            check(&values);
            values
        }) {
            let again = replay(&ended.decisions, draw_all).value();
            let value = ended.value();
            assert_eq!(again, value);
            seen.insert(value);
        }
        assert!(seen.len() > 90, "executions draw different values");
    }

    #[test]
    fn every_value_of_a_small_range_comes() {
        for values in
            [(0..200).map(|_| below(6)).collect::<BTreeSet<_>>(), values(200, || below(6)).into_iter().collect()]
        {
            assert_eq!(values.into_iter().collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5]);
        }
    }

    #[test]
    fn what_is_certain_takes_no_decision() {
        let ended = replay(&crate::engine::decisions::Decisions::default(), || {
            let mut one = [7];
            shuffle(&mut one);
            (below(1), range(5..=5), ratio(0, 9), ratio(9, 9), choose(&[3]).copied(), one)
        });
        assert_eq!(ended.value(), (0, 5, false, true, Some(3), [7]));
    }

    #[test]
    fn ranges_have_all_forms() {
        assert_eq!(range(3..4), 3);
        assert_eq!(range(u64::MAX..), u64::MAX);
        assert_eq!(range(..1), 0);
        assert_eq!(range((Bound::Excluded(4), Bound::Included(5))), 5);
        assert!(choose::<u8>(&[]).is_none());
    }

    #[test]
    #[should_panic(expected = "empty range")]
    fn an_empty_range_is_an_error() {
        let _ = range(3..3);
    }

    #[test]
    #[should_panic(expected = "3/2 is no probability")]
    fn more_than_certain_is_an_error() {
        let _ = ratio(3, 2);
    }

    #[test]
    fn large_ranges_are_covered_to_both_ends() {
        assert_eq!(scale(0, 1 << 40), 0);
        assert_eq!(scale(u64::MAX, 1 << 40), (1 << 40) - 1);
        assert_eq!(scale(u64::MAX, 1 << 64), u64::MAX);
        assert_eq!(scale(1 << 63, 1 << 64), 1 << 63);
    }
}
