//! The workloads on real threads. One run meets one interleaving, so each runs many times; what a
//! thousand runs cannot show, an exploration does.

use reweave_scenarios::queue::variant::Correct;
use reweave_scenarios::queue::workload::{
    Size, conservation, forced_stop, graceful_stop, patient_stop, pop_timeout, progress, push_timeout,
};

const RUNS: usize = 300;

/// The sizes to run: from the smallest to more threads than there are processors.
fn sizes() -> impl Iterator<Item = Size> {
    [(1, 1, 1, 1), (1, 2, 2, 2), (2, 1, 2, 1), (2, 2, 3, 1), (4, 4, 16, 3)]
        .into_iter()
        .map(|(producers, consumers, items, capacity)| Size { producers, consumers, items, capacity })
}

#[test]
fn nothing_is_lost_or_doubled_or_overtaken() {
    for size in sizes() {
        (0..RUNS).for_each(|_| conservation::<Correct>(size));
    }
}

#[test]
fn nobody_sleeps_through_an_item_or_room() {
    for size in sizes() {
        (0..RUNS).for_each(|_| progress::<Correct>(size));
    }
}

#[test]
fn a_patient_stop_is_complete() {
    for size in sizes() {
        (0..RUNS).for_each(|_| patient_stop::<Correct>(size));
    }
}

#[test]
fn a_forced_stop_loses_nothing() {
    for size in sizes() {
        (0..RUNS).for_each(|_| forced_stop::<Correct>(size));
    }
}

#[test]
fn a_forced_stop_without_consumers_returns_everything() {
    let size = Size { producers: 2, consumers: 0, items: 3, capacity: 2 };
    (0..RUNS).for_each(|_| forced_stop::<Correct>(size));
}

#[test]
fn a_graceful_stop_loses_nothing() {
    for size in sizes() {
        (0..RUNS / 10).for_each(|_| graceful_stop::<Correct>(size));
    }
}

#[test]
fn timeouts_leave_no_wake_up_unused() {
    for _ in 0..RUNS / 3 {
        pop_timeout::<Correct>();
        push_timeout::<Correct>();
    }
}
