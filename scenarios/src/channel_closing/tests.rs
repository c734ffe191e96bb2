//! The feed and its twins, explored; and one receiver alone.

#[cfg(feature = "sim")]
use proptest::prelude::*;

#[cfg(feature = "sim")]
use super::variant::Correct;
#[cfg(feature = "sim")]
use super::workload::{self, Size};
use super::{Feed, Merge, Stopped};

crate::testing::row!(super::scenario);

#[cfg(feature = "sim")]
fn sizes() -> impl Strategy<Value = Size> {
    (0..4_usize, 0..4_usize, 1..4_usize, 0..3_usize).prop_map(|(sources, items, receivers, capacity)| Size {
        sources,
        items,
        receivers,
        capacity,
    })
}

#[cfg(feature = "sim")]
#[test]
fn the_guarantees_hold_at_any_size() {
    crate::testing::explore_with(&super::scenario(), sizes(), |size| {
        workload::complete::<Correct>(size);
        workload::seen_enough::<Correct>(size, size.items);
        workload::dropped::<Correct>(size);
        workload::in_the_background::<Correct>(size);
    });
}

#[test]
fn without_sources_the_end_comes_at_once() {
    let feed: Feed<u8> = Merge::new(0).start();
    assert_eq!(feed.recv(), None);
}

#[test]
fn what_was_accepted_before_a_stop_is_received() {
    let told = reweave::go::Chan::new(1);
    let tell = told.clone();
    let feed: Feed<u8> = Merge::new(3)
        .source(move |outlet| {
            let sent = (0..3).all(|number| outlet.send(number).is_ok());
            tell.send(sent);
            while !outlet.is_stopped() {
                reweave::thread::yield_now();
            }
            tell.send(outlet.send(3) == Err(Stopped));
        })
        .start();
    assert_eq!(told.recv(), Some(true));
    feed.stop();
    feed.stop();
    assert_eq!(told.recv(), Some(true), "a stop is final");
    assert_eq!(feed.iter().collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(Stopped.to_string(), "nobody wants more items");
}
