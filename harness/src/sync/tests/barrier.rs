use super::*;
use crate::sync::Barrier;
use crate::sync::atomic::{AtomicUsize, Ordering};

fn every_round_has_one_leader() {
    let barrier = Barrier::new(3);
    let arrived = AtomicUsize::new(0);
    let led = together(3, |_| {
        (1..=2)
            .filter(|round| {
                arrived.fetch_add(1, Ordering::SeqCst);
                let leader = barrier.wait().is_leader();
                assert!(arrived.load(Ordering::SeqCst) >= 3 * round, "nobody leaves before all have arrived");
                leader
            })
            .collect::<Vec<_>>()
    });
    let mut led = led.concat();
    led.sort_unstable();
    assert_eq!(led, [1, 2]);
}

#[test]
fn a_round_has_one_leader_inside() {
    explore(every_round_has_one_leader);
}

#[test]
fn a_round_has_one_leader_outside() {
    (0..20).for_each(|_| every_round_has_one_leader());
}

#[test]
fn every_thread_can_be_the_leader() {
    let leaders = std::sync::Mutex::new(std::collections::BTreeSet::new());
    explore(|| {
        let barrier = Barrier::new(3);
        let led = together(3, |_| barrier.wait().is_leader());
        leaders.lock().unwrap().extend(led.iter().position(|led| *led));
    });
    assert_eq!(leaders.into_inner().unwrap().len(), 3);
}

#[test]
fn a_barrier_for_nobody_is_one_for_one() {
    let alone = || [0, 1].map(|size| Barrier::new(size).wait().is_leader());
    assert_eq!(alone(), [true, true]);
    explore(|| assert_eq!(alone(), [true, true]));
}

#[test]
fn too_few_wait_for_ever() {
    let barrier = Barrier::new(3);
    let ends = endings(20, IDLE, || drop(together(2, |_| barrier.wait().is_leader())));
    assert!(ends.iter().all(|(ending, _)| matches!(ending, Ending::Deadlock(_))), "{ends:?}");
    // The executions left nobody in it.
    assert_eq!(together(3, |_| barrier.wait().is_leader()).into_iter().filter(|led| *led).count(), 1);
}
