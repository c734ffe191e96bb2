//! Package `context`.

use reweave::go::{self, Chan, Context, ContextError, Error};
use reweave::time::Duration;

use crate::{go_says, go_says_in_every_schedule};

const SOON: Duration = Duration::from_millis(2);
const LATE: Duration = Duration::from_secs(3600);

fn is_done(context: &Context) -> bool {
    go::select! {
        recv(context.done()) => true,
        default => false,
    }
}

go_says_in_every_schedule! {
    /// "When a Context is canceled, all Contexts derived from it are also canceled."
    fn children_are_cancelled() {
        let (parent, cancel) = Context::background().with_cancel();
        let (child, _cancel_child) = parent.with_cancel();
        let theirs = child.clone();
        let group = go::WaitGroup::new();
        group.go(move || {
            assert_eq!(theirs.done().recv(), None);
            assert_eq!(theirs.err(), Some(ContextError::Canceled));
        });
        cancel.cancel();
        group.wait();
        assert_eq!(child.err(), Some(ContextError::Canceled));
    }

    /// "If Done is not yet closed, Err returns nil. If Done is closed, Err returns a non-nil error."
    fn err_agrees_with_done() {
        let (context, cancel) = Context::background().with_cancel();
        go::spawn(move || cancel.cancel());
        if context.err().is_some() {
            assert!(is_done(&context));
        } else if is_done(&context) {
            assert!(context.err().is_some());
        }
    }

    /// "A CancelFunc may be called by multiple goroutines simultaneously. After the first call, subsequent calls to a CancelFunc do
    /// nothing."
    fn cancelling_twice() {
        let (context, cancel) = Context::background().with_cancel_cause();
        let theirs = cancel.clone();
        let group = go::WaitGroup::new();
        group.go(move || theirs.cancel(Some(Error::new("they"))));
        cancel.cancel(Some(Error::new("we")));
        let first = context.cause().unwrap();
        group.wait();
        assert!(context.cause().unwrap().is_same(&first));
    }

    /// "AfterFunc arranges to call f in its own goroutine after ctx is canceled." "If stop returns false, either the context is canceled
    /// and f has been started in its own goroutine; or f was already stopped."
    fn after_func_is_called_or_stopped() {
        let (context, cancel) = Context::background().with_cancel();
        let called = Chan::new(1);
        let theirs = called.clone();
        let stop = context.after_func(move || theirs.send(()));
        go::spawn(move || cancel.cancel());
        if stop.stop() {
            assert_eq!(called.len(), 0);
        } else {
            assert_eq!(called.recv(), Some(()));
        }
        assert!(!stop.stop());
    }
}

go_says! {
    /// "Background returns a non-nil, empty Context. It is never canceled, has no values, and has no deadline."
    fn background_is_empty() {
        for context in [Context::background(), Context::todo()] {
            assert!(context.done().is_nil());
            assert_eq!(context.err(), None);
            assert!(context.cause().is_none());
            assert_eq!(context.deadline(), None);
            assert_eq!(context.value::<_, u8>(&"key"), None);
        }
    }

    /// "WithCancel returns a derived context that points to the parent context but has a new Done channel. The returned context's Done channel
    /// is closed when the returned cancel function is called …"
    fn with_cancel() {
        let (context, cancel) = Context::background().with_cancel();
        assert!(!is_done(&context));
        cancel.cancel();
        assert!(is_done(&context));
        assert_eq!(context.done().recv(), None);
    }

    /// "… or when the parent context's Done channel is closed, whichever happens first." Cancelling a child leaves the parent alone.
    fn a_child_leaves_its_parent_alone() {
        let (parent, cancel) = Context::background().with_cancel();
        let (child, cancel_child) = parent.with_cancel();
        cancel_child.cancel();
        assert_eq!((parent.err(), child.err()), (None, Some(ContextError::Canceled)));
        cancel.cancel();
        assert_eq!(parent.err(), Some(ContextError::Canceled));
    }

    /// A child of a context that is done is done.
    fn born_cancelled() {
        let (parent, cancel) = Context::background().with_cancel_cause();
        cancel.cancel(Some(Error::new("before")));
        let (child, _cancel) = parent.with_value("key", 1).with_cancel();
        assert_eq!(child.err(), Some(ContextError::Canceled));
        assert_eq!(child.cause().unwrap().to_string(), "before");
    }

    /// "Successive calls to Done return the same value."
    fn done_is_one_channel() {
        let (context, cancel) = Context::background().with_cancel();
        assert_eq!(context.done(), context.done());
        assert_eq!(context.done(), context.with_value("key", 1).done());
        cancel.cancel();
    }

    /// "Canceled is the error returned by Context.Err when the context is canceled for some reason other than its deadline passing."
    /// "DeadlineExceeded is the error returned by Context.Err when the context is canceled due to its deadline passing."
    fn the_errors_say_what_they_are() {
        assert_eq!(ContextError::Canceled.to_string(), "context canceled");
        assert_eq!(ContextError::DeadlineExceeded.to_string(), "context deadline exceeded");
    }

    /// "WithTimeout returns WithDeadline(parent, time.Now().Add(timeout))." "The returned Context.Done channel is closed when the deadline
    /// expires, when the returned cancel function is called, or when the parent context's Done channel is closed, whichever happens first."
    fn with_timeout() {
        let (context, cancel) = Context::background().with_timeout(SOON);
        assert!(context.deadline().is_some());
        context.done().recv();
        assert_eq!(context.err(), Some(ContextError::DeadlineExceeded));
        assert!(context.cause().unwrap().is(ContextError::DeadlineExceeded));
        cancel.cancel();
        assert_eq!(context.err(), Some(ContextError::DeadlineExceeded), "the first call counts");
    }

    /// The cancel function comes first, and the timer is stopped.
    fn cancelled_before_its_deadline() {
        let (context, cancel) = Context::background().with_timeout(LATE);
        cancel.cancel();
        assert!(context.err().is_some());
    }

    /// The parent is done first.
    fn a_deadline_does_not_outlive_its_parent() {
        let (parent, cancel) = Context::background().with_cancel();
        let (child, _cancel) = parent.with_timeout(LATE);
        cancel.cancel();
        child.done().recv();
        assert!(child.err().is_some());
    }

    /// "If the parent's deadline is already earlier than d, WithDeadline(parent, d) is semantically equivalent to parent."
    fn the_earlier_deadline_counts() {
        let (parent, cancel) = Context::background().with_timeout(SOON);
        let (child, _cancel) = parent.with_timeout(LATE);
        assert_eq!(child.deadline(), parent.deadline());
        child.done().recv();
        assert_eq!(child.err(), Some(ContextError::DeadlineExceeded));
        cancel.cancel();
    }

    /// A deadline that has passed.
    fn a_deadline_that_has_passed() {
        let (context, _cancel) = Context::background().with_timeout(Duration::ZERO);
        assert_eq!(context.err(), Some(ContextError::DeadlineExceeded));
    }

    /// "Deadline returns the time when work done on behalf of this context should be canceled. Deadline returns ok==false when no deadline is
    /// set."
    fn the_deadline() {
        let (parent, cancel) = Context::background().with_timeout(LATE);
        let deadline = parent.deadline().unwrap();
        let (child, _cancel) = parent.with_value("key", 1).with_cancel();
        assert_eq!(child.deadline(), Some(deadline));
        let (same, _cancel) = Context::background().with_deadline(deadline);
        assert_eq!(same.deadline(), Some(deadline));
        cancel.cancel();
        _cancel.cancel();
    }

    /// "WithCancelCause behaves like WithCancel but returns a CancelCauseFunc instead of a CancelFunc. Calling cancel with a non-nil error (the
    /// "cause") records that error in ctx; it can then be retrieved using Cause(ctx). Calling cancel with nil sets the cause to Canceled."
    fn the_cause() {
        let (context, cancel) = Context::background().with_cancel_cause();
        assert!(context.cause().is_none());
        cancel.cancel(Some(Error::new("reason")));
        cancel.cancel(Some(Error::new("another reason")));
        assert_eq!(context.err(), Some(ContextError::Canceled));
        assert_eq!(context.cause().unwrap().to_string(), "reason");
        let (context, cancel) = Context::background().with_cancel_cause();
        cancel.cancel(None);
        assert!(context.cause().unwrap().is(ContextError::Canceled));
    }

    /// "Cause returns a non-nil error explaining why c was canceled. The first cancellation of c or one of its parents sets the cause."
    fn the_first_cancellation_sets_the_cause() {
        let (parent, cancel) = Context::background().with_cancel_cause();
        let (child, cancel_child) = parent.with_cancel_cause();
        cancel.cancel(Some(Error::new("parent")));
        cancel_child.cancel(Some(Error::new("child")));
        assert_eq!(child.cause().unwrap().to_string(), "parent");
    }

    /// "WithTimeoutCause behaves like WithTimeout but also sets the cause of the returned Context when the timeout expires. The returned
    /// CancelFunc does not set the cause."
    fn the_cause_of_a_timeout() {
        let (context, cancel) = Context::background().with_timeout_cause(SOON, Error::new("too slow"));
        context.done().recv();
        assert_eq!(context.err(), Some(ContextError::DeadlineExceeded));
        assert_eq!(context.cause().unwrap().to_string(), "too slow");
        cancel.cancel();
    }

    /// "WithValue returns a derived context that points to the parent Context. In the derived context, the value associated with key is val."
    /// "Successive calls to Value with the same key return the same result."
    fn values() {
        #[derive(PartialEq)]
        struct Key(u8);
        let context = Context::background().with_value(Key(1), "one").with_value(Key(2), "two").with_value(1_u8, 7_i32);
        assert_eq!(context.value::<_, &str>(&Key(1)), Some(&"one"));
        assert_eq!(context.value::<_, &str>(&Key(2)), Some(&"two"));
        assert_eq!(context.value::<_, i32>(&1_u8), Some(&7), "keys of different types do not collide");
        assert_eq!(context.value::<_, &str>(&Key(3)), None);
        let (child, cancel) = context.with_value(Key(1), "another").with_cancel();
        assert_eq!(child.value::<_, &str>(&Key(1)), Some(&"another"));
        cancel.cancel();
    }

    /// "WithoutCancel returns a derived context that points to the parent context and is not canceled when parent is canceled. The returned
    /// context returns no Deadline or Err, and its Done channel is nil. Calling Cause on the returned context returns nil."
    fn without_cancel() {
        let (parent, cancel) = Context::background().with_value("key", 1).with_timeout(LATE);
        let child = parent.without_cancel();
        cancel.cancel();
        assert!(child.done().is_nil());
        assert_eq!((child.err(), child.deadline()), (None, None));
        assert!(child.cause().is_none());
        assert_eq!(child.value::<_, i32>(&"key"), Some(&1));
        let (grandchild, cancel) = child.with_cancel();
        assert_eq!(grandchild.err(), None);
        cancel.cancel();
    }

    /// "If ctx is already canceled, AfterFunc calls f immediately in its own goroutine."
    fn after_func_of_one_that_is_cancelled() {
        let (context, cancel) = Context::background().with_cancel();
        cancel.cancel();
        let called = Chan::new(0);
        let theirs = called.clone();
        let stop = context.after_func(move || theirs.send(()));
        assert_eq!(called.recv(), Some(()));
        assert!(!stop.stop());
    }

    /// "Multiple calls to AfterFunc on a context operate independently; one does not replace another."
    fn after_funcs_are_independent() {
        let (context, cancel) = Context::background().with_cancel();
        let called = Chan::new(2);
        let [first, second] = [called.clone(), called.clone()];
        let stop = context.after_func(move || first.send(1));
        let _second = context.after_func(move || second.send(2));
        assert!(stop.stop());
        cancel.cancel();
        assert_eq!(called.recv(), Some(2));
        assert_eq!(called.len(), 0);
    }

    /// A request that is given up: the worker stops, and says why.
    fn a_worker_stops() {
        let (context, cancel) = Context::background().with_timeout(SOON);
        let (jobs, ended) = (Chan::<u32>::new(0), Chan::new(1));
        let (theirs, told) = (jobs.clone(), ended.clone());
        go::spawn(move || loop {
            go::select! {
                recv(theirs) => {}
                recv(context.done()) => {
                    told.send(context.err());
                    return;
                }
            }
        });
        assert_eq!(ended.recv(), Some(Some(ContextError::DeadlineExceeded)));
        cancel.cancel();
    }
}
