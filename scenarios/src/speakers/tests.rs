//! The conversation and its twins, explored.

use super::{Speaker, converse};

crate::testing::row!(super::scenario);

#[cfg(feature = "sim")]
#[test]
fn the_guarantees_hold_at_any_size() {
    crate::testing::explore_with(&super::scenario(), (0..8_usize, 0..5_usize), |(speakers, lines)| {
        super::workload::conversation::<super::variant::Correct>(speakers, lines);
    });
}

#[cfg(feature = "sim")]
#[test]
fn two_speakers_interleave_in_every_way() {
    use std::collections::BTreeSet;
    use std::sync::{Arc, Mutex};

    let orders = Arc::new(Mutex::new(BTreeSet::new()));
    let seen = Arc::clone(&orders);
    let report = reweave::Checker::new().strategy(reweave::Strategy::Exhaustive).explore(move || {
        let said = converse(vec![Speaker::new("a", ["1", "2"]), Speaker::new("b", ["1", "2"])]);
        let order: String = said.expect("there is room").into_iter().map(|line| line.speaker).collect();
        seen.lock().expect("nobody panicked").insert(order);
    });
    assert!(report.finding().is_none(), "{report}");
    let expected = ["aabb", "abab", "abba", "baab", "baba", "bbaa"].map(String::from);
    assert_eq!(*orders.lock().expect("nobody panicked"), BTreeSet::from(expected));
}

#[test]
fn nobody_says_nothing() {
    assert_eq!(converse(Vec::new()).expect("no thread is needed"), []);
    assert_eq!(converse(vec![Speaker::new("silent", [""; 0])]).expect("there is room"), []);
}
