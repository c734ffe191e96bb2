use super::*;
use crate::sync::Once;
use crate::sync::atomic::{AtomicUsize, Ordering};

fn one_of_three_runs_it() {
    let (once, runs) = (Once::new(), AtomicUsize::new(0));
    together(3, |_| {
        once.call_once(|| {
            thread::yield_now();
            runs.fetch_add(1, Ordering::SeqCst);
        });
        assert!(once.is_completed());
        assert_eq!(runs.load(Ordering::SeqCst), 1, "everybody waits until it is done");
    });
}

#[test]
fn one_of_three_runs_it_anywhere() {
    (0..20).for_each(|_| one_of_three_runs_it());
    explore(one_of_three_runs_it);
}

fn a_panic_poisons() {
    let message = "Once instance has previously been poisoned";
    let once = Once::new();
    assert_eq!(panics(|| once.call_once(|| panic!("first"))), "first");
    assert!(!once.is_completed());
    assert_eq!(panics(|| once.call_once(|| unreachable!("poisoned"))), message);
    assert_eq!(panics(|| once.wait()), message);
    assert_eq!(panics(|| once.call_once_force(|_| panic!("second"))), "second");
    once.call_once_force(|state| {
        assert!(state.is_poisoned());
        assert_eq!(format!("{state:?}"), "OnceState { poisoned: true }");
    });
    assert!(once.is_completed());
    once.call_once(|| unreachable!("done"));
    once.call_once_force(|_| unreachable!("done"));
    once.wait();
    once.wait_force();
}

#[test]
fn a_panic_poisons_anywhere() {
    a_panic_poisons();
    explore(a_panic_poisons);
}

fn waiting_runs_nothing() {
    let (once, done) = (Once::new(), AtomicUsize::new(0));
    together(3, |number| match number {
        0 => once.call_once_force(|state| {
            assert!(!state.is_poisoned());
            done.store(1, Ordering::SeqCst);
        }),
        1 => {
            once.wait();
            assert_eq!(done.load(Ordering::SeqCst), 1);
        }
        _ => {
            once.wait_force();
            assert_eq!(done.load(Ordering::SeqCst), 1);
        }
    });
}

#[test]
fn waiting_runs_nothing_anywhere() {
    (0..20).for_each(|_| waiting_runs_nothing());
    explore(waiting_runs_nothing);
}

fn waiting_by_force_waits_for_the_one_that_succeeds() {
    let once = Once::new();
    together(2, |number| {
        if number == 1 {
            once.wait_force();
            assert!(once.is_completed());
            return;
        }
        for _ in 0..2 {
            panics(|| once.call_once_force(|_| panic!("not yet")));
        }
        once.call_once_force(|state| assert!(state.is_poisoned()));
    });
}

#[test]
fn waiting_by_force_waits_for_the_one_that_succeeds_anywhere() {
    waiting_by_force_waits_for_the_one_that_succeeds();
    explore(waiting_by_force_waits_for_the_one_that_succeeds);
}

#[test]
fn waiting_for_nothing_is_a_deadlock() {
    let waits: [fn(&Once); 3] = [Once::wait, Once::wait_force, |once| once.call_once(|| once.call_once(|| {}))];
    for wait in waits {
        let ends = endings(1, IDLE, || wait(&Once::new()));
        assert!(matches!(ends[0].0, Ending::Deadlock(_)), "{ends:?}");
    }
    let ends = endings(1, IDLE, || {
        let once = Once::new();
        panics(|| once.call_once(|| panic!("poison")));
        once.wait_force();
    });
    assert!(matches!(ends[0].0, Ending::Deadlock(_)), "{ends:?}");
}

#[test]
fn every_execution_starts_with_the_state_outside() {
    static NEW: Once = Once::new();
    static DONE: Once = Once::new();
    static POISONED: Once = Once::new();
    DONE.call_once(|| {});
    panics(|| POISONED.call_once(|| panic!("outside")));
    let runs = AtomicUsize::new(0);
    let count = std::sync::atomic::AtomicU64::new(0);
    explore(|| {
        assert!(!NEW.is_completed());
        NEW.call_once(|| _ = runs.fetch_add(1, Ordering::SeqCst));
        assert!(DONE.is_completed());
        DONE.call_once(|| unreachable!("done outside"));
        assert!(!POISONED.is_completed());
        POISONED.call_once_force(|state| assert!(state.is_poisoned()));
        assert_eq!(runs.load(Ordering::SeqCst), 1);
        count.fetch_add(1, Ordering::SeqCst);
    });
    assert_eq!(count.into_inner(), EXECUTIONS);
    assert!(!NEW.is_completed());
    POISONED.call_once_force(|state| assert!(state.is_poisoned()));
}

#[test]
fn what_runs_outside_is_not_used_inside() {
    static ONCE: Once = Once::new();
    let ends = std::sync::Mutex::new(Vec::new());
    ONCE.call_once(|| {
        // On another OS thread, while this one is in the middle of the initialisation.
        std::thread::scope(|scope| {
            scope.spawn(|| {
                *ends.lock().unwrap() = endings(1, IDLE, || ONCE.call_once(|| unreachable!("it is running")))
            });
        });
    });
    let ends = ends.into_inner().unwrap();
    assert!(matches!(ends[0].0, Ending::Contended(_)), "{ends:?}");
}
