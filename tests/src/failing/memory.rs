//! Atomics that are not used atomically.

use reweave::FindingKind::{Livelock, Panic};
use reweave::sync::Arc;
use reweave::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst};
use reweave::thread;

use super::{Failing, in_tasks};

pub(super) const ALL: &[Failing] = &[
    Failing::new("lost update", Panic, lost_update),
    Failing::new("lost update among three", Panic, lost_update_among_three),
    Failing::new("check then act", Panic, check_then_act),
    Failing::new("flag before data", Panic, flag_before_data),
    Failing::new("torn pair", Panic, torn_pair),
    Failing::new("ABA", Panic, aba),
    Failing::new("two leaders", Panic, two_leaders),
    Failing::new("count to zero twice", Panic, count_to_zero_twice),
    Failing::new("lastzero", Panic, lastzero),
    Failing::new("flag that is taken back", Livelock, flag_that_is_taken_back),
];

fn add(total: &AtomicU64) {
    total.store(total.load(SeqCst) + 1, SeqCst);
}

fn lost_update() {
    let total = Arc::new(AtomicU64::new(0));
    let shared = Arc::clone(&total);
    in_tasks(2, move |_| add(&shared));
    assert_eq!(total.load(SeqCst), 2);
}

fn lost_update_among_three() {
    let total = Arc::new(AtomicU64::new(0));
    let shared = Arc::clone(&total);
    in_tasks(3, move |_| add(&shared));
    assert_eq!(total.load(SeqCst), 3);
}

fn check_then_act() {
    let seats = Arc::new(AtomicU64::new(1));
    let shared = Arc::clone(&seats);
    in_tasks(2, move |_| {
        if shared.load(SeqCst) > 0 {
            assert!(shared.fetch_sub(1, SeqCst) > 0, "sold twice");
        }
    });
}

fn flag_before_data() {
    let (ready, data) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    in_tasks(2, move |task| {
        if task == 0 {
            ready.store(true, SeqCst);
            data.store(1, SeqCst);
        } else if ready.load(SeqCst) {
            assert_eq!(data.load(SeqCst), 1);
        }
    });
}

fn torn_pair() {
    let pair = [AtomicU64::new(0), AtomicU64::new(0)];
    in_tasks(2, move |task| {
        if task == 0 {
            pair.iter().for_each(|half| half.store(1, SeqCst));
        } else {
            assert_eq!(pair[0].load(SeqCst), pair[1].load(SeqCst));
        }
    });
}

/// A free list of the nodes 1 and 2, where 0 is the end: one task pops, the other pops twice and gives the first one back.
fn aba() {
    let head = AtomicUsize::new(1);
    let next = [AtomicUsize::new(0), AtomicUsize::new(2), AtomicUsize::new(0)];
    let owned = [AtomicBool::new(false), AtomicBool::new(false), AtomicBool::new(false)];
    in_tasks(2, move |task| {
        let pop = || {
            let first = head.load(SeqCst);
            let second = next[first].load(SeqCst);
            let popped = first != 0 && head.compare_exchange(first, second, SeqCst, SeqCst).is_ok();
            if popped {
                assert!(!owned[first].swap(true, SeqCst), "node {first} has two owners");
            }
            popped.then_some(first)
        };
        if task == 0 {
            pop();
            pop();
        } else if let (Some(first), Some(_)) = (pop(), pop()) {
            owned[first].store(false, SeqCst);
            next[first].store(head.load(SeqCst), SeqCst);
            head.store(first, SeqCst);
        }
    });
}

fn two_leaders() {
    let (leader, leaders) = (AtomicBool::new(false), AtomicU64::new(0));
    in_tasks(2, move |_| {
        if !leader.load(SeqCst) {
            leader.store(true, SeqCst);
            assert_eq!(leaders.fetch_add(1, SeqCst), 0, "a second leader");
        }
    });
}

fn count_to_zero_twice() {
    let (count, freed) = (AtomicU64::new(2), AtomicBool::new(false));
    in_tasks(2, move |_| {
        count.fetch_sub(1, SeqCst);
        if count.load(SeqCst) == 0 {
            assert!(!freed.swap(true, SeqCst), "freed twice");
        }
    });
}

/// Writers count up one after the other, and a reader looks for the last cell that is zero from the end.
fn lastzero() {
    let cells = [AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0)];
    in_tasks(3, move |task| {
        if task == 0 {
            let last = (0..3).rev().find(|index| cells[*index].load(SeqCst) == 0);
            assert_ne!(last, Some(1), "what the second writer has not seen");
        } else {
            let before = cells[task - 1].load(SeqCst);
            cells[task].store(before + 1, SeqCst);
        }
    });
}

fn flag_that_is_taken_back() {
    let flag = Arc::new(AtomicBool::new(false));
    let (sets, waits) = (Arc::clone(&flag), Arc::clone(&flag));
    let waiter = thread::spawn(move || {
        while !waits.load(SeqCst) {
            thread::yield_now();
        }
    });
    sets.store(true, SeqCst);
    sets.store(false, SeqCst);
    waiter.join().unwrap();
}
