//! Packages `golang.org/x/sync/errgroup` and `golang.org/x/sync/semaphore`.

use reweave::go::{self, Chan, Context, ContextError, ErrGroup, Error, Semaphore};
use reweave::time::Duration;

use crate::{go_says, go_says_in_every_schedule, panic_of};

go_says_in_every_schedule! {
    /// "The first call to return a non-nil error cancels the group's context, if the group was created by calling WithContext. The error will
    /// be returned by Wait."
    fn the_first_error_cancels() {
        let (group, context) = ErrGroup::with_context(&Context::background());
        group.go(|| Err(Error::new("first")));
        context.done().recv();
        assert_eq!(context.cause().unwrap().to_string(), "first");
        assert_eq!(group.wait().unwrap_err().to_string(), "first");
    }

    /// "Acquire acquires the semaphore with a weight of n, blocking until resources are available or ctx is done."
    fn acquire_blocks() {
        let (slots, context) = (Semaphore::new(1), Context::background());
        slots.acquire(&context, 1).unwrap();
        let (theirs, group) = (slots.clone(), go::WaitGroup::new());
        group.go(move || {
            theirs.acquire(&Context::background(), 1).unwrap();
            theirs.release(1);
        });
        slots.release(1);
        group.wait();
        assert!(slots.try_acquire(1));
    }
}

go_says! {
    /// "Wait blocks until all function calls from the Go method have returned, then returns the first non-nil error (if any) from them."
    fn wait_waits_for_all() {
        let (group, done) = (ErrGroup::new(), Chan::new(3));
        for _ in 0..3 {
            let done = done.clone();
            group.go(move || {
                done.send(());
                Ok(())
            });
        }
        assert!(group.wait().is_ok());
        assert_eq!(done.len(), 3);
        assert!(ErrGroup::default().wait().is_ok());
    }

    /// Only the first error counts.
    fn the_first_error_counts() {
        let (group, first) = (ErrGroup::new(), Chan::<()>::new(0));
        let theirs = first.clone();
        group.go(|| Err(Error::new("first")));
        group.go(move || {
            theirs.recv();
            Err(Error::new("second"))
        });
        go::after(Duration::from_millis(2)).recv();
        first.close();
        let error = group.wait().unwrap_err().to_string();
        assert!(error == "first" || error == "second");
        assert_eq!(group.wait().unwrap_err().to_string(), error);
    }

    /// "The derived Context is canceled the first time a function passed to Go returns a non-nil error or the first time Wait returns,
    /// whichever occurs first."
    fn wait_cancels() {
        let (group, context) = ErrGroup::with_context(&Context::background());
        group.go(|| Ok(()));
        assert_eq!(context.err(), None);
        assert!(group.wait().is_ok());
        assert_eq!(context.err(), Some(ContextError::Canceled));
    }

    /// "SetLimit limits the number of active goroutines in this group to at most n." "Any subsequent call to the Go method will block until it
    /// can add an active goroutine without exceeding the configured limit."
    fn the_limit() {
        let (group, active) = (ErrGroup::new(), Chan::new(2));
        group.set_limit(Some(2));
        for _ in 0..6 {
            let active = active.clone();
            group.go(move || {
                go::select! {
                    send(active, ()) => {}
                    default => panic!("more than two"),
                }
                active.recv();
                Ok(())
            });
        }
        assert!(group.wait().is_ok());
    }

    /// "TryGo calls the given function in a new goroutine only if the number of active goroutines in the group is currently below the
    /// configured limit. The return value reports whether the goroutine was started."
    fn try_go() {
        let (group, go_on) = (ErrGroup::new(), Chan::<()>::new(0));
        group.set_limit(Some(1));
        let theirs = go_on.clone();
        assert!(group.try_go(move || {
            theirs.recv();
            Ok(())
        }));
        assert!(!group.try_go(|| panic!("there is no room")));
        go_on.close();
        assert!(group.wait().is_ok());
        assert!(group.try_go(|| Ok(())));
        assert!(group.wait().is_ok());
    }

    /// "A limit of zero will prevent any new goroutines from being added." "A negative value indicates no limit."
    fn zero_and_no_limit() {
        let group = ErrGroup::new();
        group.set_limit(Some(0));
        assert!(!group.try_go(|| panic!("there is no room")));
        group.set_limit(None);
        assert!(group.try_go(|| Ok(())));
        assert!(group.wait().is_ok());
    }

    /// "The limit must not be modified while any goroutines in the group are active."
    fn the_limit_stays_while_somebody_is_active() {
        let (group, go_on) = (ErrGroup::new(), Chan::<()>::new(0));
        group.set_limit(Some(3));
        let theirs = go_on.clone();
        group.go(move || {
            theirs.recv();
            Ok(())
        });
        assert_eq!(
            panic_of(|| group.set_limit(Some(1))),
            "errgroup: modify limit while 1 goroutines in the group are still active"
        );
        go_on.close();
        assert!(group.wait().is_ok());
    }

    /// "NewWeighted creates a new weighted semaphore with the given maximum combined weight for concurrent access."
    fn the_combined_weight() {
        let slots = Semaphore::new(3);
        assert!(slots.try_acquire(2));
        assert!(!slots.try_acquire(2));
        assert!(slots.try_acquire(1));
        slots.release(3);
        assert!(slots.try_acquire(3));
    }

    /// "On failure, returns ctx.Err() and leaves the semaphore unchanged."
    fn acquire_gives_up() {
        let (slots, (context, cancel)) = (Semaphore::new(1), Context::background().with_timeout(Duration::from_millis(2)));
        assert!(slots.try_acquire(1));
        assert_eq!(slots.acquire(&context, 1), Err(ContextError::DeadlineExceeded));
        slots.release(1);
        assert!(slots.try_acquire(1));
        cancel.cancel();
    }

    /// More than there is: "Don't make other Acquire calls block on one that's doomed to fail."
    fn more_than_there_is() {
        let (slots, (context, cancel)) = (Semaphore::new(1), Context::background().with_timeout(Duration::from_millis(2)));
        assert_eq!(slots.acquire(&context, 2), Err(ContextError::DeadlineExceeded));
        assert!(slots.try_acquire(1));
        cancel.cancel();
    }

    /// "TryAcquire acquires the semaphore with a weight of n without blocking. On success, returns true. On failure, returns false and leaves
    /// the semaphore unchanged."
    fn try_acquire_leaves_it_unchanged() {
        let slots = Semaphore::new(2);
        assert!(!slots.try_acquire(3));
        assert!(slots.try_acquire(2));
    }

    /// "Release releases the semaphore with a weight of n"; not more than was acquired.
    fn released_more_than_held() {
        let slots = Semaphore::new(2);
        assert!(slots.try_acquire(1));
        assert_eq!(panic_of(|| slots.release(2)), "semaphore: released more than held");
    }

    /// First come, first served: "there is not enough … for the next waiter. We could keep going (to try to find a waiter with a smaller
    /// request), but under load that could cause starvation for large requests".
    fn nobody_is_passed() {
        let (slots, started, order) = (Semaphore::new(2), Chan::new(0), Chan::new(2));
        assert!(slots.try_acquire(1));
        let (theirs, begin, told) = (slots.clone(), started.clone(), order.clone());
        let group = go::WaitGroup::new();
        group.go(move || {
            begin.send(());
            theirs.acquire(&Context::background(), 2).unwrap();
            told.send("large");
            theirs.release(2);
        });
        started.recv();
        go::after(Duration::from_millis(5)).recv();
        if slots.try_acquire(1) {
            // Only an elastic clock lets it be that late.
            slots.release(1);
        }
        slots.release(1);
        group.wait();
        assert_eq!(order.recv(), Some("large"));
    }
}
