use super::*;
use crate::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard, TryLockError};
use std::cell::RefCell;
use std::sync::atomic::{AtomicUsize, Ordering};

fn writers_exclude_everybody() {
    let lock = RwLock::new((0, 0));
    together(4, |number| {
        if number < 2 {
            let mut pair = lock.write().unwrap();
            pair.0 += 1;
            thread::yield_now();
            pair.1 += 1;
        } else {
            let pair = lock.read().unwrap();
            let before = pair.0;
            thread::yield_now();
            assert_eq!(*pair, (before, before));
        }
    });
    assert_eq!(lock.into_inner().unwrap(), (2, 2));
}

#[test]
fn writers_exclude_everybody_inside() {
    explore(writers_exclude_everybody);
}

#[test]
fn writers_exclude_everybody_outside() {
    (0..20).for_each(|_| writers_exclude_everybody());
}

#[test]
fn readers_share() {
    let most = AtomicUsize::new(0);
    explore(|| {
        let lock = RwLock::new(());
        let reading = AtomicUsize::new(0);
        together(3, |_| {
            let _guard = lock.read().unwrap();
            most.fetch_max(reading.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            thread::yield_now();
            reading.fetch_sub(1, Ordering::SeqCst);
        });
    });
    assert_eq!(most.into_inner(), 3);
}

fn trying_does_not_wait() {
    let lock = RwLock::new(1);
    {
        let _reader = lock.read().unwrap();
        assert_eq!(*lock.try_read().unwrap(), 1);
        assert!(matches!(lock.try_write(), Err(TryLockError::WouldBlock)));
    }
    *lock.try_write().unwrap() = 2;
    let _writer = lock.write().unwrap();
    assert!(matches!(lock.try_read(), Err(TryLockError::WouldBlock)));
    assert!(matches!(lock.try_write(), Err(TryLockError::WouldBlock)));
}

#[test]
fn trying_does_not_wait_anywhere() {
    trying_does_not_wait();
    explore(trying_does_not_wait);
}

fn downgrading_lets_no_writer_between() {
    let lock = RwLock::new(0);
    let readers = AtomicUsize::new(0);
    together(3, |number| match number {
        0 => {
            let mut writer = lock.write().unwrap();
            *writer = 1;
            let reader = RwLockWriteGuard::downgrade(writer);
            thread::yield_now();
            assert_eq!(*reader, 1);
            assert!(lock.try_write().is_err());
        }
        1 => *lock.write().unwrap() = 2,
        _ => _ = readers.fetch_add(usize::from(*lock.read().unwrap() == 1), Ordering::SeqCst),
    });
    assert!(lock.try_write().is_ok(), "all locks were returned");
}

#[test]
fn downgrading_lets_no_writer_between_anywhere() {
    downgrading_lets_no_writer_between();
    explore(downgrading_lets_no_writer_between);
}

fn only_writers_poison() {
    let mut lock = RwLock::new(0);
    panics(|| {
        let _reader = lock.read().unwrap();
        panic!("reading");
    });
    assert!(!lock.is_poisoned());
    panics(|| {
        let mut writer = lock.write().unwrap();
        *writer = 1;
        let _reader = RwLockWriteGuard::downgrade(writer);
        panic!("reading again");
    });
    assert!(!lock.is_poisoned());
    let message = panics(|| {
        *lock.write().unwrap() = 2;
        let _writer = lock.write().unwrap();
        panic!("writing");
    });
    assert_eq!(message, "writing");
    assert!(lock.is_poisoned());
    assert_eq!(**lock.read().unwrap_err().get_ref(), 2);
    assert_eq!(**lock.write().unwrap_err().get_ref(), 2);
    assert!(matches!(lock.try_read(), Err(TryLockError::Poisoned(_))));
    assert!(matches!(lock.try_write(), Err(TryLockError::Poisoned(_))));
    assert_eq!(*lock.get_mut().unwrap_err().into_inner(), 2);
    lock.clear_poison();
    assert!(!lock.is_poisoned());
    assert_eq!(*lock.get_mut().unwrap(), 2);
    panics(|| {
        let _writer = lock.write().unwrap();
        panic!("writing");
    });
    assert_eq!(lock.into_inner().unwrap_err().into_inner(), 2);
}

#[test]
fn only_writers_poison_anywhere() {
    only_writers_poison();
    explore(only_writers_poison);
}

/// Locks for writing while it is dropped.
struct WriteWhenDropped<'a>(&'a RwLock<i32>);

impl Drop for WriteWhenDropped<'_> {
    fn drop(&mut self) {
        *self.0.write().unwrap() += 1;
    }
}

fn who_was_unwinding_before_does_not_poison() {
    let lock = RwLock::new(0);
    panics(|| {
        let _cleanup = WriteWhenDropped(&lock);
        panic!("cleaned up");
    });
    assert_eq!(*lock.read().unwrap(), 1);
}

#[test]
fn who_was_unwinding_before_does_not_poison_anywhere() {
    who_was_unwinding_before_does_not_poison();
    explore(who_was_unwinding_before_does_not_poison);
}

#[test]
fn poison_comes_in_from_outside_and_does_not_go_out() {
    let lock = RwLock::new(0);
    panics(|| {
        let _writer = lock.write().unwrap();
        panic!("outside");
    });
    explore(|| {
        assert!(lock.is_poisoned());
        lock.clear_poison();
        assert_eq!(*lock.read().unwrap(), 0);
    });
    assert!(lock.is_poisoned());
    lock.clear_poison();
    explore(|| {
        assert!(!lock.is_poisoned());
        panics(|| {
            let _writer = lock.write().unwrap();
            panic!("inside");
        });
        assert!(lock.is_poisoned());
    });
    assert!(!lock.is_poisoned());
}

#[test]
fn a_reader_that_wants_to_write_waits_for_itself() {
    let ends = endings(1, IDLE, || {
        let lock = RwLock::new(());
        let _reader = lock.read().unwrap();
        let _writer = lock.write().unwrap();
    });
    assert!(matches!(ends[0].0, Ending::Deadlock(_)), "{ends:?}");
}

#[test]
fn a_guard_that_outlived_its_execution_does_nothing() {
    static LOCK: RwLock<i32> = RwLock::new(0);
    std::thread_local! {
        static READER: RefCell<Option<RwLockReadGuard<'static, i32>>> = const { RefCell::new(None) };
        static WRITER: RefCell<Option<RwLockWriteGuard<'static, i32>>> = const { RefCell::new(None) };
    }
    // In the next execution:
    explore(|| {
        let writer = LOCK.write().unwrap();
        READER.set(None);
        assert!(LOCK.try_read().is_err());
        let reader = RwLockWriteGuard::downgrade(writer);
        assert!(LOCK.try_write().is_err());
        READER.set(Some(reader));
    });
    explore(|| {
        let writer = LOCK.write().unwrap();
        drop(WRITER.take().map(RwLockWriteGuard::downgrade));
        assert!(LOCK.try_read().is_err());
        WRITER.set(Some(writer));
    });
    // Outside:
    READER.set(None);
    WRITER.set(None);
    assert!(LOCK.try_write().is_ok());
}

#[test]
fn read_guards_are_covariant() {
    fn shorten<'a>(guard: RwLockReadGuard<'a, &'static str>, _shorter: &'a str) -> RwLockReadGuard<'a, &'a str> {
        guard
    }
    let lock = RwLock::new("forever");
    assert_eq!(*shorten(lock.read().unwrap(), &String::from("shorter")), "forever");
}

#[test]
fn unsized_data_can_be_locked() {
    let lock: &RwLock<[i32]> = &RwLock::new([1, 2, 3]);
    lock.write().unwrap()[0] = 4;
    explore(|| assert_eq!(lock.read().unwrap().iter().sum::<i32>(), 9));
}
