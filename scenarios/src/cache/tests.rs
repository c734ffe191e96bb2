//! The cache and its twins, explored; and one caller alone.

#[cfg(feature = "sim")]
use super::variant::Correct;
#[cfg(feature = "sim")]
use super::workload;
use super::{Cache, Config, ConfigError};

crate::testing::row!(super::scenario);

#[cfg(feature = "sim")]
#[test]
fn the_guarantees_hold_for_any_number_of_callers() {
    crate::testing::explore_with(
        &super::scenario(),
        (0..6_usize, 1..4_usize, 1..4_usize),
        |(callers, keys, capacity)| {
            workload::loads_once::<Correct>(callers, keys);
            workload::stays_fresh::<Correct>(callers);
            workload::failures_are_forgotten::<Correct>(callers);
            workload::a_load_dies::<Correct>(callers.max(1));
            workload::expires::<Correct>(callers);
            workload::makes_room::<Correct>(callers, keys, capacity);
            workload::a_writer_gets_in::<Correct>(callers);
        },
    );
}

#[test]
fn the_oldest_entry_makes_room() {
    let squares: Cache<u32, u32, String> =
        Config::default().capacity(2).build(|n: &u32| Ok(n * n)).expect("there is room");
    for number in [1, 2, 1, 3] {
        assert_eq!(squares.get(&number).map(|square| *square).ok(), Some(number * number));
    }
    assert_eq!(squares.len(), 2);
    assert!(!squares.invalidate(&1), "it was loaded first, and asking for it does not make it younger");
    assert!(squares.invalidate(&2) && squares.invalidate(&3));
    assert!(squares.is_empty());
}

#[test]
fn what_failed_or_was_cleared_is_loaded_again() {
    let loads = std::sync::atomic::AtomicU32::new(0);
    let load = move |key: &bool| {
        let load = loads.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        if *key { Ok(load) } else { Err(format!("load {load} failed")) }
    };
    let cache: Cache<bool, u32, String> = Config::default().build(load).expect("there is room");
    let failure = |expected: &str| assert_eq!(cache.get(&false).expect_err("it fails").to_string(), expected);
    failure("load 0 failed");
    failure("load 1 failed");
    let value = || cache.get(&true).map(|load| *load).ok();
    assert_eq!((value(), value()), (Some(2), Some(2)));
    cache.clear();
    assert_eq!((value(), cache.len()), (Some(3), 1));
}

#[test]
fn a_load_may_ask_for_other_keys() {
    use std::sync::{Arc, OnceLock};

    type Fibonacci = Cache<u64, u64, String>;
    let itself: Arc<OnceLock<Fibonacci>> = Arc::default();
    let inner = Arc::clone(&itself);
    let number = move |n: u64| inner.get().and_then(|cache| cache.get(&n).ok()).map_or(0, |number| *number);
    let load = move |n: &u64| Ok(if *n < 2 { *n } else { number(n - 1) + number(n - 2) });
    let cache = itself.get_or_init(|| Config::default().build(load).expect("there is room"));
    assert_eq!(cache.get(&40).map(|number| *number).ok(), Some(102_334_155));
    assert_eq!(cache.len(), 41);
}

#[test]
fn a_cache_without_room_is_refused() {
    let refused = Config::default().capacity(0).build::<u8, u8, String, super::variant::Correct>(|key: &u8| Ok(*key));
    assert_eq!(refused.err(), Some(ConfigError::NoRoom));
    assert_eq!(ConfigError::NoRoom.to_string(), "`capacity` is 0, choose at least 1");
}
