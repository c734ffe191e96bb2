use super::*;
use crate::sync::{Condvar, Mutex, MutexGuard};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

fn consumers_get_everything() {
    let (queue, filled) = (Mutex::new(Vec::new()), Condvar::new());
    let got = together(3, |number| {
        if number == 0 {
            for item in 1..=2 {
                queue.lock().unwrap().push(item);
                filled.notify_one();
            }
            return 0;
        }
        let mut queue = filled.wait_while(queue.lock().unwrap(), |queue| queue.is_empty()).unwrap();
        queue.remove(0)
    });
    assert_eq!(got.iter().sum::<i32>(), 3);
}

#[test]
fn consumers_get_everything_inside() {
    explore(consumers_get_everything);
    explore_with(SPURIOUS, consumers_get_everything);
}

#[test]
fn consumers_get_everything_outside() {
    (0..20).for_each(|_| consumers_get_everything());
}

fn notifying_all_wakes_all() {
    let (open, opened) = (Mutex::new(false), Condvar::new());
    together(3, |number| {
        let mut guard = open.lock().unwrap();
        if number == 0 {
            *guard = true;
            opened.notify_all();
        }
        while !*guard {
            guard = opened.wait(guard).unwrap();
        }
    });
}

#[test]
fn notifying_all_wakes_all_anywhere() {
    (0..20).for_each(|_| notifying_all_wakes_all());
    explore(notifying_all_wakes_all);
}

#[test]
fn a_notification_that_nobody_waits_for_is_lost() {
    let ends = endings(EXECUTIONS, IDLE, || {
        let (mutex, condvar) = (Mutex::new(()), Condvar::new());
        together(2, |number| match number {
            0 => drop(condvar.wait(mutex.lock().unwrap())),
            _ => condvar.notify_one(),
        });
    });
    let finished = ends.iter().filter(|(ending, _)| *ending == Ending::Finished).count();
    let stuck = ends.iter().filter(|(ending, _)| matches!(ending, Ending::Deadlock(_))).count();
    assert!(finished > 0 && stuck > 0 && finished + stuck == ends.len(), "{ends:?}");
}

#[test]
fn any_waiter_can_be_notified() {
    let first = std::sync::Mutex::new(BTreeSet::new());
    explore(|| {
        let (state, changed) = (Mutex::new((0, None)), Condvar::new());
        together(3, |number| {
            let mut guard = state.lock().unwrap();
            if number == 2 {
                drop(changed.wait_while(guard, |state| state.0 < 2));
                changed.notify_one();
                return;
            }
            guard.0 += 1;
            changed.notify_all();
            guard = changed.wait(guard).unwrap();
            while guard.0 < 2 {
                guard = changed.wait(guard).unwrap();
            }
            guard.1.get_or_insert(number);
            changed.notify_all();
        });
        first.lock().unwrap().extend(state.into_inner().unwrap().1);
    });
    assert_eq!(first.into_inner().unwrap(), BTreeSet::from([0, 1]));
}

/// A task waits for a second while another one notifies; says whether the wait timed out, and when it was over.
fn wait_beside_a_notification(pause: Duration) -> (bool, Duration) {
    let (mutex, condvar) = (Mutex::new(()), Condvar::new());
    let start = super::super::condvar::Moment::now(Location::caller());
    let timed_out = together(2, |number| {
        if number == 1 {
            if !pause.is_zero() {
                thread::sleep(pause);
            }
            condvar.notify_one();
            return false;
        }
        condvar.wait_timeout(mutex.lock().unwrap(), SECOND).unwrap().1.timed_out()
    });
    (timed_out[0], start.elapsed(Location::caller()))
}

#[test]
fn a_wait_with_a_timeout_survives_a_lost_notification() {
    let seen = std::sync::Mutex::new(BTreeSet::new());
    explore(|| _ = seen.lock().unwrap().insert(wait_beside_a_notification(Duration::ZERO)));
    assert_eq!(seen.into_inner().unwrap(), BTreeSet::from([(false, Duration::ZERO), (true, SECOND)]));
}

#[test]
fn the_idle_clock_times_out_only_when_nothing_else_can_happen() {
    explore(|| assert_eq!(wait_beside_a_notification(SECOND / 2), (false, SECOND / 2)));
    explore(|| assert_eq!(wait_beside_a_notification(SECOND * 2), (true, SECOND * 2)));
}

#[test]
fn equal_deadlines_fire_in_any_order() {
    let seen = std::sync::Mutex::new(BTreeSet::new());
    explore(|| _ = seen.lock().unwrap().insert(wait_beside_a_notification(SECOND).0));
    assert_eq!(seen.into_inner().unwrap(), BTreeSet::from([false, true]));
}

#[test]
fn the_elastic_clock_may_always_be_faster() {
    let seen = std::sync::Mutex::new(BTreeSet::new());
    explore_with(ELASTIC, || {
        _ = seen.lock().unwrap().insert(wait_beside_a_notification(SECOND / 2).0);
    });
    assert_eq!(seen.into_inner().unwrap(), BTreeSet::from([false, true]));
}

#[test]
fn waiting_alone_times_out() {
    let alone = || {
        let (mutex, condvar) = (Mutex::new(5), Condvar::new());
        let (guard, result) = condvar.wait_timeout(mutex.lock().unwrap(), Duration::from_millis(2)).unwrap();
        assert!(result.timed_out());
        let (guard, result) = condvar.wait_timeout_while(guard, Duration::from_millis(2), |five| *five == 5).unwrap();
        assert!(result.timed_out());
        let (guard, result) = condvar.wait_timeout_while(guard, Duration::ZERO, |five| *five == 5).unwrap();
        assert!(result.timed_out());
        let (guard, result) = condvar.wait_timeout_while(guard, SECOND, |five| *five != 5).unwrap();
        assert!(!result.timed_out());
        #[expect(deprecated, reason = "the standard library still has it")]
        let (guard, in_time) = condvar.wait_timeout_ms(guard, 2).unwrap();
        assert!(!in_time);
        assert!(mutex.try_lock().is_err(), "the lock was taken back");
        assert_eq!(*guard, 5);
    };
    alone();
    explore(alone);
    explore_with(ELASTIC, alone);
}

#[test]
fn notifications_do_not_prolong_a_wait_with_a_condition() {
    explore(|| {
        let (mutex, condvar) = (Mutex::new(()), Condvar::new());
        let start = Location::caller();
        let clock = super::super::condvar::Moment::now(start);
        let ended = together(2, |number| {
            if number == 1 {
                for _ in 0..3 {
                    thread::sleep(SECOND / 4);
                    condvar.notify_one();
                }
                return SECOND;
            }
            let (_, result) = condvar.wait_timeout_while(mutex.lock().unwrap(), SECOND, |()| true).unwrap();
            assert!(result.timed_out());
            clock.elapsed(start)
        });
        assert_eq!(ended[0], SECOND);
    });
}

#[test]
fn a_wake_up_without_a_reason_is_no_timeout() {
    let early = AtomicUsize::new(0);
    explore_with(SPURIOUS, || {
        let (mutex, condvar) = (Mutex::new(()), Condvar::new());
        let (_, result) = condvar.wait_timeout(mutex.lock().unwrap(), SECOND).unwrap();
        early.fetch_add(usize::from(!result.timed_out()), Ordering::SeqCst);
    });
    assert!(early.into_inner() > 0);
}

fn a_mutex_that_was_poisoned_meanwhile_is_an_error() {
    let (mutex, condvar) = (Mutex::new(false), Condvar::new());
    let failed = together(2, |number| {
        let guard = mutex.lock();
        if number == 1 {
            drop(guard);
            panics(|| {
                let mut guard = mutex.lock().unwrap();
                *guard = true;
                condvar.notify_one();
                panic!("poison");
            });
            return true;
        }
        let Ok(mut guard) = guard else { return true };
        while !*guard {
            match condvar.wait(guard) {
                Ok(again) => guard = again,
                Err(error) => return *error.into_inner(),
            }
        }
        false
    });
    assert!(failed[0]);
}

#[test]
fn a_mutex_that_was_poisoned_meanwhile_is_an_error_anywhere() {
    (0..5).for_each(|_| a_mutex_that_was_poisoned_meanwhile_is_an_error());
    explore(a_mutex_that_was_poisoned_meanwhile_is_an_error);
}

/// Waits for a moment while it is dropped.
struct WaitWhenDropped<'a>(&'a Mutex<()>, &'a Condvar);

impl Drop for WaitWhenDropped<'_> {
    fn drop(&mut self) {
        drop(self.1.wait_timeout(self.0.lock().unwrap(), Duration::from_millis(1)).unwrap());
    }
}

fn waiting_does_not_poison() {
    let (mutex, condvar) = (Mutex::new(()), Condvar::new());
    panics(|| {
        let _cleanup = WaitWhenDropped(&mutex, &condvar);
        panic!("cleaned up");
    });
    assert!(!mutex.is_poisoned());
}

#[test]
fn waiting_does_not_poison_anywhere() {
    waiting_does_not_poison();
    explore(waiting_does_not_poison);
}

#[test]
fn two_mutexes_at_once_are_a_mistake() {
    let message = "attempted to use a condition variable with more than one mutex";
    let ends = endings(EXECUTIONS, IDLE, || {
        let (one, two, condvar) = (Mutex::new(()), Mutex::new(()), Condvar::new());
        thread::scope(|scope| {
            let first = scope.spawn(|| drop(condvar.wait(one.lock().unwrap())));
            let second = scope.spawn(|| drop(condvar.wait(two.lock().unwrap())));
            let results = [first.join(), second.join()];
            let failed: Vec<_> = results.into_iter().filter_map(Result::err).collect();
            assert_eq!(failed.len(), 1, "who comes second panics and wakes the first");
            assert_eq!(failed[0].downcast_ref::<&str>(), Some(&message));
            assert!(one.is_poisoned() ^ two.is_poisoned(), "it panicked with its lock");
        });
    });
    assert!(ends.iter().all(|end| *end == (Ending::Finished, None)), "{ends:?}");
}

#[test]
fn two_mutexes_one_after_the_other_are_none() {
    explore(|| {
        let condvar = Condvar::new();
        for mutex in [Mutex::new(()), Mutex::new(())] {
            assert!(condvar.wait_timeout(mutex.lock().unwrap(), SECOND).unwrap().1.timed_out());
        }
    });
}

#[test]
fn a_guard_that_outlived_its_execution_cannot_wait() {
    static MUTEX: Mutex<()> = Mutex::new(());
    std::thread_local! {
        static GUARD: RefCell<Option<MutexGuard<'static, ()>>> = const { RefCell::new(None) };
    }
    let keep = || GUARD.set(Some(MUTEX.lock().unwrap()));
    endings(1, IDLE, keep);
    let wait = || drop(Condvar::new().wait(GUARD.take().unwrap()));
    let message = "reweave: a mutex guard that outlived its execution was used to wait";
    let ends = endings(1, IDLE, wait);
    assert_eq!(ends[0].1.as_deref(), Some(message));
    endings(1, IDLE, keep);
    let outside = std::panic::catch_unwind(wait).unwrap_err();
    assert_eq!(outside.downcast_ref::<&str>(), Some(&message));
}

#[test]
fn who_waited_outside_does_not_break_into_an_execution() {
    #[expect(clippy::disallowed_methods, reason = "real threads take their time")]
    let pause = |millis| std::thread::sleep(Duration::from_millis(millis));
    let (mutex, condvar) = (Mutex::new(()), Condvar::new());
    let (waits, inside) = (std::sync::Barrier::new(2), std::sync::atomic::AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let guard = mutex.lock().unwrap();
            waits.wait();
            // Lets go of the lock now, and would have it back in the middle of the execution.
            let _guard = condvar.wait_timeout(guard, Duration::from_millis(150)).unwrap();
            assert!(!inside.load(Ordering::SeqCst));
        });
        waits.wait();
        drop(mutex.lock().unwrap());
        let ends = endings(1, IDLE, || {
            let _guard = mutex.lock().unwrap();
            inside.store(true, Ordering::SeqCst);
            pause(300);
            inside.store(false, Ordering::SeqCst);
        });
        assert_eq!(ends, [(Ending::Finished, None)]);
    });
}
