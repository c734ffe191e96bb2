//! The queue and its twins, explored.

#[cfg(feature = "sim")]
use proptest::prelude::*;

use reweave::thread;
use reweave::time::Duration;

#[cfg(feature = "sim")]
use super::variant::Correct;
#[cfg(feature = "sim")]
use super::workload::history::{Operation, linearizable};
#[cfg(feature = "sim")]
use super::workload::work::{self, Shop};
#[cfg(feature = "sim")]
use super::workload::{self, Size, overflow};
use super::{BoundedQueue, Drained, PopError, PushError};

crate::testing::row!(super::scenario);

/// From the smallest to more tasks than there is room.
#[cfg(feature = "sim")]
fn sizes() -> impl Strategy<Value = Size> {
    (1..5_usize, 1..5_usize, 1..8_usize, 1..5_usize).prop_map(|(producers, consumers, items, capacity)| Size {
        producers,
        consumers,
        items,
        capacity,
    })
}

#[cfg(feature = "sim")]
#[test]
fn the_guarantees_hold_at_any_size() {
    crate::testing::explore_with(&super::scenario(), sizes(), |size| {
        workload::conservation::<Correct>(size);
        workload::graceful_stop::<Correct>(size);
        workload::forced_stop::<Correct>(size);
        workload::patient_stop::<Correct>(size);
    });
}

#[cfg(feature = "sim")]
#[test]
fn whatever_is_asked_of_it_the_queue_is_linearizable() {
    let operation = prop_oneof![
        3 => (1..9_u32).prop_map(Operation::PushTimeout),
        2 => (1..9_u32).prop_map(Operation::TryPush),
        3 => Just(Operation::PopTimeout),
        2 => Just(Operation::TryPop),
        1 => Just(Operation::Len),
        1 => Just(Operation::Close),
    ];
    let tasks = prop::collection::vec(prop::collection::vec(operation, 1..5), 2..4);
    crate::testing::explore_with(&super::scenario(), (tasks, 1..3_usize), |(tasks, capacity)| {
        linearizable::<Correct>(&tasks, capacity);
    });
}

#[cfg(feature = "sim")]
#[test]
fn a_full_queue_waits_drops_or_spills_at_any_size() {
    crate::testing::explore_with(&super::scenario(), sizes(), |size| {
        overflow::spills::<Correct>(size);
        overflow::restart::<Correct>(size);
        overflow::graceful_restart::<Correct>(size);
        overflow::left_by_another::<Correct>(size.items, size.consumers, size.capacity);
        overflow::pulled_plug::<Correct>(size.producers.min(2), size.items, size.capacity);
        overflow::drops::<Correct>(size);
    });
}

#[cfg(feature = "sim")]
#[test]
fn jobs_are_done_or_put_aside_however_often_they_fail() {
    let shop = (1..4_usize, 1..4_usize, 1..4_u32);
    let shop = shop.prop_map(|(workers, capacity, attempts)| Shop { workers, capacity, attempts });
    let failures = prop::collection::vec(0..5_u32, 1..7);
    crate::testing::explore_with(&super::scenario(), (shop, failures), |(shop, failures)| {
        work::retries::<Correct>(shop, &failures);
        work::stopped::<Correct>(shop, &failures);
        work::a_worker_dies::<Correct>(failures.len());
    });
}

#[test]
fn the_queue_goes_on_working_when_its_lock_is_poisoned() {
    let queue = BoundedQueue::new(1).expect("1 is a capacity");
    let died = thread::scope(|scope| {
        let holder = scope.spawn(|| {
            let _guard = queue.lock();
            std::panic::resume_unwind(Box::new("while the lock is held"));
        });
        holder.join().is_err()
    });
    assert!(died && queue.state.is_poisoned());
    assert_eq!(queue.push(1), Ok(()));
    assert_eq!(queue.push_timeout(2, Duration::from_millis(1)), Err(PushError::Timeout(2)));
    assert_eq!(queue.pop(), Some(1));
    assert_eq!(queue.pop_timeout(Duration::from_millis(1)), Err(PopError::Timeout));
    assert_eq!(queue.shutdown(Duration::ZERO), Drained::Complete);
}
