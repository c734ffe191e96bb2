//! The queue and its twins, explored.

#[cfg(feature = "sim")]
use proptest::prelude::*;

use reweave::thread;
use reweave::time::Duration;

#[cfg(feature = "sim")]
use super::variant::Correct;
#[cfg(feature = "sim")]
use super::workload::{self, Size};
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
