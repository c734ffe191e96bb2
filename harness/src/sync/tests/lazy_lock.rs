use super::*;
use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::sync::{Arc, LazyLock, Mutex};
use std::sync::atomic::AtomicUsize as RealAtomicUsize;

fn one_of_three_makes_it() {
    let runs = AtomicUsize::new(0);
    let lazy = LazyLock::new(|| {
        thread::yield_now();
        runs.fetch_add(1, Ordering::SeqCst);
        vec![1, 2]
    });
    assert!(LazyLock::get(&lazy).is_none());
    assert_eq!(together(3, |_| lazy.len()), [2, 2, 2]);
    assert_eq!(LazyLock::get(&lazy), Some(&vec![1, 2]));
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}

#[test]
fn one_of_three_makes_it_anywhere() {
    (0..20).for_each(|_| one_of_three_makes_it());
    explore(one_of_three_makes_it);
}

#[test]
fn every_execution_makes_a_static_again() {
    static RUNS: RealAtomicUsize = RealAtomicUsize::new(0);
    static COUNTER: LazyLock<Mutex<u32>> = LazyLock::new(|| {
        RUNS.fetch_add(1, Ordering::SeqCst);
        Mutex::new(0)
    });
    explore(|| {
        assert!(LazyLock::get(&COUNTER).is_none());
        together(3, |_| *COUNTER.lock().unwrap() += 1);
        assert_eq!(*COUNTER.lock().unwrap(), 3);
    });
    assert_eq!(RUNS.swap(0, Ordering::SeqCst) as u64, EXECUTIONS);
    assert!(LazyLock::get(&COUNTER).is_none());
    *COUNTER.lock().unwrap() = 5;
    explore(|| assert_eq!(*COUNTER.lock().unwrap(), 5));
    assert_eq!(RUNS.load(Ordering::SeqCst), 1, "what was made outside stays");
}

#[test]
fn executions_on_several_threads_share_a_static() {
    static LAZY: LazyLock<Mutex<u32>> = LazyLock::new(|| Mutex::new(0));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..10 {
                    explore(|| {
                        together(2, |_| *LAZY.lock().unwrap() += 1);
                        assert_eq!(*LAZY.lock().unwrap(), 2);
                    });
                }
            });
        }
    });
}

#[test]
fn a_closure_is_called_once_and_its_value_stays() {
    let runs = std::sync::Arc::new(RealAtomicUsize::new(0));
    let token = std::sync::Arc::clone(&runs);
    let lazy = LazyLock::new(move || {
        token.fetch_add(1, Ordering::SeqCst);
        token
    });
    explore(|| {
        together(2, |_| assert_eq!(lazy.load(Ordering::SeqCst), 1));
    });
    assert_eq!(lazy.load(Ordering::SeqCst), 1);
    assert_eq!(std::sync::Arc::strong_count(&runs), 2);
    drop(lazy);
    assert_eq!(std::sync::Arc::strong_count(&runs), 1);
}

/// One of a kind: it has no size and nothing to drop, but a closure that gives it away may not be called twice.
struct Unique(());

#[test]
fn a_closure_without_a_size_is_not_called_twice_either() {
    static CALLS: RealAtomicUsize = RealAtomicUsize::new(0);
    let unique = Unique(());
    let lazy = LazyLock::new(move || {
        CALLS.fetch_add(1, Ordering::SeqCst);
        unique
    });
    explore(|| lazy.0);
    assert_eq!(CALLS.load(Ordering::SeqCst), 1);
}

#[test]
fn function_pointers_are_recognised() {
    fn borrowed<'a>(word: &'a str) {
        let makes = |_: &'a str| LazyLock::<&'a str, fn() -> &'a str>::new(|| "made");
        let lazy = makes(word);
        explore(|| assert_eq!(*lazy, "made"));
        assert!(LazyLock::get(&lazy).is_none(), "each execution made its own");
    }
    borrowed(&String::from("short-lived"));
    // As large as a function pointer, but none.
    let lazy = LazyLock::new({
        let seven: &'static u32 = &7;
        move || *seven
    });
    explore(|| assert_eq!(*lazy, 7));
    assert_eq!(LazyLock::get(&lazy), Some(&7));
}

fn a_panic_poisons<F: FnOnce() -> u32 + Send>(lazy: LazyLock<u32, F>) {
    let poisoned = "LazyLock instance has previously been poisoned";
    assert_eq!(panics(|| *lazy), "no value");
    assert_eq!(panics(|| *lazy), poisoned);
    assert!(LazyLock::get(&lazy).is_none());
    let mut lazy = lazy;
    assert!(LazyLock::get_mut(&mut lazy).is_none());
    assert_eq!(panics(|| *LazyLock::force_mut(&mut lazy)), poisoned);
}

#[test]
fn a_panic_poisons_anywhere() {
    let function: fn() -> u32 = || panic!("no value");
    let closure = |text: &'static str| move || panic!("{text}");
    a_panic_poisons(LazyLock::new(function));
    a_panic_poisons(LazyLock::new(closure("no value")));
    explore(|| {
        a_panic_poisons(LazyLock::new(function));
        a_panic_poisons(LazyLock::new(closure("no value")));
    });
}

#[test]
fn poison_of_a_function_is_forgotten_with_the_execution_and_that_of_a_closure_is_not() {
    static FAILS: LazyLock<u32> = LazyLock::new(|| panic!("no value"));
    explore(|| assert_eq!(panics(|| *FAILS), "no value"));
    let text = "no value";
    let closure = LazyLock::<u32, _>::new(move || panic!("{text}"));
    let first = std::sync::atomic::AtomicBool::new(true);
    explore(|| {
        let first = first.swap(false, Ordering::SeqCst);
        let poisoned = "LazyLock instance has previously been poisoned";
        assert_eq!(panics(|| *closure), if first { "no value" } else { poisoned });
    });
}

fn the_owner_needs_no_synchronisation() {
    let mut lazy: LazyLock<Vec<u32>> = LazyLock::default();
    assert_eq!(LazyLock::get_mut(&mut lazy), None);
    lazy.push(1);
    LazyLock::force_mut(&mut lazy).push(2);
    LazyLock::get_mut(&mut lazy).unwrap().push(3);
    assert_eq!(*lazy, [1, 2, 3]);
    let four = String::from("four");
    let mut lazy = LazyLock::new(move || four);
    lazy.push('!');
    assert_eq!(*lazy, "four!");
    assert_eq!(LazyLock::get_mut(&mut lazy).unwrap(), "four!");
}

#[test]
fn the_owner_needs_no_synchronisation_anywhere() {
    the_owner_needs_no_synchronisation();
    explore(the_owner_needs_no_synchronisation);
}

#[test]
fn an_initialiser_that_was_not_called_is_dropped_once() {
    let token = Arc::new(());
    let unused = |token: Arc<()>| LazyLock::new(move || drop(token));
    drop(unused(Arc::clone(&token)));
    explore(|| {
        let lazy = unused(Arc::clone(&token));
        assert!(LazyLock::get(&lazy).is_none());
    });
    assert_eq!(Arc::strong_count(&token), 1);
}
