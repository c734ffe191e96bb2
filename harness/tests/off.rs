//! Without the feature `sim` the names are std's: the same types, not types that look alike.
#![cfg(not(feature = "sim"))]
#![expect(clippy::disallowed_methods, reason = "here Reweave's threads are real threads")]

use std::collections::BTreeSet;

/// Says for each pair that a value of the first type is one of the second.
macro_rules! same {
    ($($test:ident: $std:ty = $ours:ty;)+) => {$(
        #[test]
        fn $test() {
            fn same(value: $std) -> $ours {
                value
            }
            let _ = same;
        }
    )+};
}

same! {
    mutex: std::sync::Mutex<u8> = reweave::sync::Mutex<u8>;
    mutex_guard: std::sync::MutexGuard<'static, u8> = reweave::sync::MutexGuard<'static, u8>;
    rwlock: std::sync::RwLock<u8> = reweave::sync::RwLock<u8>;
    condvar: std::sync::Condvar = reweave::sync::Condvar;
    barrier: std::sync::Barrier = reweave::sync::Barrier;
    once: std::sync::Once = reweave::sync::Once;
    once_lock: std::sync::OnceLock<u8> = reweave::sync::OnceLock<u8>;
    lazy_lock: std::sync::LazyLock<u8> = reweave::sync::LazyLock<u8>;
    arc: std::sync::Arc<u8> = reweave::sync::Arc<u8>;
    atomic_bool: std::sync::atomic::AtomicBool = reweave::sync::atomic::AtomicBool;
    atomic_u64: std::sync::atomic::AtomicU64 = reweave::sync::atomic::AtomicU64;
    atomic_usize: std::sync::atomic::AtomicUsize = reweave::sync::atomic::AtomicUsize;
    atomic_ptr: std::sync::atomic::AtomicPtr<u8> = reweave::sync::atomic::AtomicPtr<u8>;
    ordering: std::sync::atomic::Ordering = reweave::sync::atomic::Ordering;
    sender: std::sync::mpsc::Sender<u8> = reweave::sync::mpsc::Sender<u8>;
    sync_sender: std::sync::mpsc::SyncSender<u8> = reweave::sync::mpsc::SyncSender<u8>;
    receiver: std::sync::mpsc::Receiver<u8> = reweave::sync::mpsc::Receiver<u8>;
    join_handle: std::thread::JoinHandle<u8> = reweave::thread::JoinHandle<u8>;
    thread: std::thread::Thread = reweave::thread::Thread;
    builder: std::thread::Builder = reweave::thread::Builder;
    local_key: &'static std::thread::LocalKey<u8> = &'static reweave::thread::LocalKey<u8>;
    instant: std::time::Instant = reweave::time::Instant;
    system_time: std::time::SystemTime = reweave::time::SystemTime;
    duration: std::time::Duration = reweave::time::Duration;
}

#[test]
fn thread_local_declares_a_value_for_each_thread() {
    use std::cell::Cell;
    use std::str::FromStr;

    reweave::thread_local! {
        static LATE: Cell<u32> = Cell::new(u32::from_str("1").unwrap());
        static EARLY: Cell<u32> = const { Cell::new(1) };
    }
    LATE.set(2);
    EARLY.set(2);
    reweave::thread::spawn(|| assert_eq!((LATE.get(), EARLY.get()), (1, 1))).join().unwrap();
    assert_eq!((LATE.get(), EARLY.get()), (2, 2));
}

#[test]
fn hints_are_there() {
    reweave::hint::spin_loop();
    assert_eq!(reweave::hint::black_box(1), 1);
}

#[test]
fn an_unsafe_cell_is_a_transparent_wrapper() {
    use reweave::cell::UnsafeCell;

    assert_eq!(size_of::<UnsafeCell<u16>>(), size_of::<u16>());
    let mut cell = UnsafeCell::new(1);
    // SAFETY: nobody else uses the cell.
    cell.with_mut(|value| unsafe { *value += 1 });
    // SAFETY: as above.
    unsafe { *cell.get() += 1 };
    *cell.get_mut() += 1;
    // SAFETY: as above.
    assert_eq!(cell.with(|value| unsafe { *value }), 4);
    assert_eq!(cell.into_inner(), 4);
}

#[test]
fn a_race_cell_is_shared_by_real_threads() {
    let cell = reweave::cell::RaceCell::new(0_u32);
    reweave::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..1000).for_each(|_| cell.with_mut(|value| *value += 1)));
        }
    });
    assert_eq!(cell.get(), 4000);
    cell.set(1);
    assert_eq!(cell.with(|value| *value), 1);
    assert_eq!(cell.into_inner(), 1);
}

#[test]
#[should_panic(expected = "take what is needed out of the cell first")]
fn a_race_cell_refuses_accesses_that_overlap() {
    let cell = reweave::cell::RaceCell::new(0);
    cell.with(|_| cell.set(1));
}

#[test]
fn random_values_are_in_range_and_cover_it() {
    use reweave::rand;

    let seen: BTreeSet<u32> = (0..1000).map(|_| rand::below(6)).collect();
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5]);
    let seen: BTreeSet<u64> = (0..1000).map(|_| rand::range(3..6)).collect();
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [3, 4, 5]);
    assert!((1..u64::MAX).contains(&rand::range(1..u64::MAX)));
    assert!(rand::ratio(1, 1) && !rand::ratio(0, 1));
    assert_eq!([true, false].map(|side| (0..1000).any(|_| rand::bool() == side)), [true, true]);
    assert_eq!((rand::choose(&[7]), rand::choose::<u8>(&[])), (Some(&7), None));
    let mut order: Vec<u32> = (0..100).collect();
    rand::shuffle(&mut order);
    assert!(!order.is_sorted());
    order.sort_unstable();
    assert_eq!(order, (0..100).collect::<Vec<_>>());
    let mut bytes = [0; 37];
    rand::fill(&mut bytes);
    assert_ne!(bytes, [0; 37]);
}

/// With arguments it needs the feature, as an exploration does.
#[reweave::test]
fn a_test_is_an_ordinary_test() {
    assert!(reweave::thread::current().name().is_some_and(|name| name.ends_with("a_test_is_an_ordinary_test")));
}
