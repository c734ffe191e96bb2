use super::*;
use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::sync::{Arc, Mutex, OnceLock};
use std::sync::atomic::AtomicUsize as RealAtomicUsize;

fn one_of_three_fills_it() {
    let (cell, runs) = (OnceLock::new(), AtomicUsize::new(0));
    let seen = together(3, |number| {
        *cell.get_or_init(|| {
            runs.fetch_add(1, Ordering::SeqCst);
            thread::yield_now();
            number
        })
    });
    assert_eq!(runs.into_inner(), 1);
    assert!(seen.iter().all(|number| *number == seen[0]));
    assert_eq!(cell.into_inner(), Some(seen[0]));
}

#[test]
fn one_of_three_fills_it_anywhere() {
    (0..20).for_each(|_| one_of_three_fills_it());
    explore(one_of_three_fills_it);
}

#[test]
fn everybody_can_be_first() {
    let first = std::sync::Mutex::new(std::collections::BTreeSet::new());
    explore(|| {
        let cell = OnceLock::new();
        let set = together(3, |number| cell.set(number).is_ok());
        assert_eq!(set.iter().filter(|set| **set).count(), 1);
        assert!(set[*cell.get().unwrap()]);
        first.lock().unwrap().extend(cell.get().copied());
    });
    assert_eq!(first.into_inner().unwrap().len(), 3);
}

fn the_owner_needs_no_synchronisation() {
    let mut cell = OnceLock::new();
    assert_eq!(cell.get(), None);
    assert_eq!(cell.get_mut(), None);
    assert_eq!(cell.take(), None);
    assert_eq!(cell.set(String::from("a")), Ok(()));
    assert_eq!(cell.set(String::from("b")), Err(String::from("b")));
    cell.get_mut().unwrap().push('c');
    assert_eq!(cell.get().map(String::as_str), Some("ac"));
    let copy = cell.clone();
    assert_eq!(copy, cell);
    assert_eq!(cell.take().as_deref(), Some("ac"));
    assert_ne!(copy, cell);
    assert_eq!(cell.get(), None);
    assert_eq!(cell.get_or_init(|| String::from("d")), "d");
    assert_eq!(cell.into_inner().as_deref(), Some("d"));
    assert_eq!(copy.into_inner().as_deref(), Some("ac"));
    let mut given = OnceLock::from(1);
    assert_eq!(given.get(), Some(&1));
    *given.get_mut().unwrap() = 2;
    assert_eq!(given.take(), Some(2));
    assert_eq!(given.take(), None);
    assert_eq!(OnceLock::<i32>::default().into_inner(), None);
}

#[test]
fn the_owner_needs_no_synchronisation_anywhere() {
    the_owner_needs_no_synchronisation();
    explore(the_owner_needs_no_synchronisation);
}

fn a_panic_leaves_it_empty() {
    let cell = OnceLock::new();
    let got = together(2, |number| {
        if number == 1 {
            return *cell.wait();
        }
        panics(|| cell.get_or_init(|| panic!("not yet")));
        assert_eq!(cell.get(), None);
        *cell.get_or_init(|| 3)
    });
    assert_eq!(got, [3, 3]);
}

#[test]
fn a_panic_leaves_it_empty_anywhere() {
    a_panic_leaves_it_empty();
    explore(a_panic_leaves_it_empty);
}

#[test]
fn every_execution_fills_a_static_again() {
    static CELL: OnceLock<AtomicUsize> = OnceLock::new();
    static KEPT: std::sync::Mutex<Vec<&'static AtomicUsize>> = std::sync::Mutex::new(Vec::new());
    explore(|| {
        assert!(CELL.get().is_none());
        together(2, |_| CELL.get_or_init(|| AtomicUsize::new(0)).fetch_add(1, Ordering::SeqCst));
        let value = CELL.get().unwrap();
        assert_eq!(value.load(Ordering::SeqCst), 2);
        KEPT.lock().unwrap().push(value);
    });
    assert!(CELL.get().is_none(), "what an execution wrote does not count outside");
    // References to the values of earlier executions are as good as ever.
    let kept = KEPT.lock().unwrap();
    let different: std::collections::BTreeSet<_> = kept.iter().map(|value| std::ptr::from_ref(*value)).collect();
    assert_eq!(different.len() as u64, EXECUTIONS);
    assert!(kept.iter().all(|value| value.load(Ordering::SeqCst) == 0));
    CELL.get_or_init(|| AtomicUsize::new(7));
    explore(|| assert_eq!(CELL.get().unwrap().load(Ordering::SeqCst), 7));
}

#[test]
fn executions_on_several_threads_share_a_static() {
    static CELL: OnceLock<Mutex<usize>> = OnceLock::new();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..10 {
                    explore(|| {
                        let values = together(2, |_| {
                            let mut value = CELL.get_or_init(|| Mutex::new(0)).lock().unwrap();
                            *value += 1;
                            *value
                        });
                        assert_eq!(values.iter().sum::<usize>(), 3);
                    });
                }
            });
        }
        scope.spawn(|| (0..1000).for_each(|_| assert!(CELL.get().is_none())));
    });
}

#[derive(Clone)]
struct CountDrops(std::sync::Arc<RealAtomicUsize>);

impl Drop for CountDrops {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn a_value_is_dropped_where_it_was_made_or_leaked() {
    let drops = std::sync::Arc::new(RealAtomicUsize::new(0));
    let new = || CountDrops(std::sync::Arc::clone(&drops));
    let count = || drops.swap(0, Ordering::SeqCst) as u64;
    explore(|| _ = OnceLock::new().get_or_init(new));
    assert_eq!(count(), EXECUTIONS);

    let cell = OnceLock::new();
    explore(|| _ = cell.get_or_init(new));
    drop(cell);
    assert_eq!(count(), 0, "its execution is over");

    let cell = std::sync::Mutex::new(OnceLock::new());
    explore(|| {
        let mut cell = cell.lock().unwrap();
        cell.get_or_init(new);
        drop(cell.take());
        cell.get_or_init(new);
        *cell = OnceLock::new();
    });
    assert_eq!(count(), 2 * EXECUTIONS);

    let cell = OnceLock::from(new());
    explore(|| _ = cell.get().unwrap());
    assert_eq!(count(), 0);
    drop(cell);
    assert_eq!(count(), 1, "it was made outside");
}

#[test]
fn a_destructor_may_use_simulated_objects() {
    struct Last(Arc<Mutex<u32>>);
    impl Drop for Last {
        fn drop(&mut self) {
            *self.0.lock().unwrap() += 1;
        }
    }
    explore(|| {
        let count = Arc::new(Mutex::new(0));
        let cell = OnceLock::new();
        together(2, |_| _ = cell.get_or_init(|| Last(Arc::clone(&count))));
        drop(cell);
        assert_eq!(*count.lock().unwrap(), 1);
    });
}

#[test]
fn what_is_lent_may_go_before_the_cell() {
    let go_around = || {
        struct Node<'a>(OnceLock<&'a Node<'a>>);
        let cell: OnceLock<&String> = OnceLock::new();
        let lent = String::from("lent");
        assert_eq!(*cell.get_or_init(|| &lent), "lent");
        let (one, two) = (Node(OnceLock::new()), Node(OnceLock::new()));
        _ = (one.0.set(&two), two.0.set(&one));
    };
    go_around();
    explore(go_around);
}

#[test]
fn an_owner_finds_the_value_although_another_execution_came_between() {
    let cell = std::sync::Mutex::new(OnceLock::new());
    let turn = std::sync::Barrier::new(2);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let ends = endings(1, IDLE, || {
                cell.lock().unwrap().set(1).unwrap();
                turn.wait();
                turn.wait();
                let mut cell = cell.lock().unwrap();
                assert_eq!(cell.get_mut(), Some(&mut 1));
                assert_eq!(cell.take(), Some(1));
            });
            assert_eq!(ends, [(Ending::Finished, None)]);
        });
        let ends = endings(1, IDLE, || {
            turn.wait();
            assert_eq!(cell.lock().unwrap().get(), None);
            turn.wait();
        });
        assert_eq!(ends, [(Ending::Finished, None)]);
    });
}
