//! Tasks: how they end, what `join` says, and scopes.

use crate::Program;
use crate::table::program;

/// The programs that every peer compiles, over the peer's types in scope.
macro_rules! tasks {
    () => {
        use crate::Outcome;

        /// A root that does not accept a lost update.
        pub(super) fn root_panics() -> Outcome {
            let shared = Arc::new(AtomicU64::new(0));
            let increment = |x: &AtomicU64| x.store(x.load(SeqCst) + 1, SeqCst);
            both(&shared, increment, increment);
            let x = shared.load(SeqCst);
            assert!(x == 2, "an update was lost");
            format!("x={x}")
        }

        /// A task that panics, and a root that takes note.
        pub(super) fn join_of_a_panicked_task() -> Outcome {
            let panics = thread::spawn(|| panic!("boom"));
            let result: Result<(), _> = panics.join();
            match result {
                Ok(()) => "joined".to_owned(),
                Err(payload) => format!("took {:?}", payload.downcast_ref::<&str>()),
            }
        }

        /// A task that panics while it holds a lock.
        pub(super) fn poisoned_lock() -> Outcome {
            let shared = Arc::new(Mutex::new(()));
            let panics = task(&shared, |lock| {
                let _guard = lock.lock().unwrap();
                panic!("boom");
            });
            let result: Result<(), _> = panics.join();
            let poisoned = shared.lock().is_err();
            format!("joined={} poisoned={poisoned}", result.is_ok())
        }
    };
}

/// Programs that need `is_finished`.
macro_rules! is_finished {
    () => {
        /// A look at whether a task has ended.
        pub(super) fn is_finished() -> Outcome {
            let empty = thread::spawn(|| ());
            let finished = empty.is_finished();
            empty.join().unwrap();
            format!("finished={finished}")
        }
    };
}

/// Programs that need scopes.
macro_rules! scopes {
    () => {
        /// Two tasks over borrowed state, which the scope joins.
        pub(super) fn scope() -> Outcome {
            let (first, sum) = (AtomicU64::new(0), AtomicU64::new(0));
            thread::scope(|scope| {
                for me in [1, 2] {
                    let (first, sum) = (&first, &sum);
                    scope.spawn(move || {
                        let _ = first.compare_exchange(0, me, SeqCst, SeqCst);
                        sum.fetch_add(me, SeqCst);
                    });
                }
            });
            format!("first={} sum={}", first.load(SeqCst), sum.load(SeqCst))
        }

        /// Two tasks over borrowed state, which the root joins itself.
        pub(super) fn scoped_join() -> Outcome {
            let x = AtomicU64::new(0);
            let (a, b) = thread::scope(|scope| {
                let first = scope.spawn(|| x.fetch_add(1, SeqCst));
                let second = scope.spawn(|| x.fetch_add(2, SeqCst));
                (first.join().unwrap(), second.join().unwrap())
            });
            format!("a={a} b={b} x={}", x.load(SeqCst))
        }
    };
}

mod std {
    use crate::peers::std::api::{Arc, AtomicU64, Mutex, SeqCst, both, task, thread};
    tasks!();
    is_finished!();
    scopes!();
}

mod reweave {
    use crate::peers::reweave::api::{Arc, AtomicU64, Mutex, SeqCst, both, task, thread};
    tasks!();
    is_finished!();
    scopes!();
}

mod shuttle {
    use crate::peers::shuttle::api::{Arc, AtomicU64, Mutex, SeqCst, both, task, thread};
    tasks!();
    scopes!();
}

mod loom {
    use crate::peers::loom::api::{Arc, AtomicU64, Mutex, SeqCst, both, task, thread};
    tasks!();
}

/// The rows.
pub const PROGRAMS: &[Program] = &[
    program! {
        root_panics,
        may: ["x=2", "panic: an update was lost"],
        because: "both tasks may load 0 before either stores",
        std: Agrees, reweave: Agrees, shuttle: Agrees, loom: StopsAtFailure,
    },
    program! {
        join_of_a_panicked_task,
        may: ["took Some(\"boom\")"],
        because: "`join` hands the panic's payload to whoever joins",
        std: Agrees, reweave: Agrees,
        shuttle: Differs {
            outcomes: ["panic: boom"],
            why: "a panic of any task fails the execution, joined or not",
        },
        loom: Differs {
            outcomes: ["panic: boom"],
            why: "a panic of any task fails the execution, joined or not",
        },
    },
    program! {
        poisoned_lock,
        may: ["joined=false poisoned=true"],
        because: "a guard that is dropped by a panic poisons its lock",
        std: Agrees, reweave: Agrees,
        shuttle: Differs {
            outcomes: ["panic: boom"],
            why: "a panic of any task fails the execution, joined or not",
        },
        loom: Differs {
            outcomes: ["panic: boom"],
            why: "a panic of any task fails the execution, joined or not",
        },
    },
    program! {
        is_finished,
        may: ["finished=false", "finished=true"],
        because: "the look may come before or after the end",
        std: Agrees, reweave: Agrees,
        shuttle: Lacks { why: "shuttle's `JoinHandle` has no `is_finished`" },
        loom: Lacks { why: "loom's `JoinHandle` has no `is_finished`" },
    },
    program! {
        scope,
        may: ["first=1 sum=3", "first=2 sum=3"],
        because: "either task may come first, and the scope ends after both",
        std: Agrees, reweave: Agrees, shuttle: Agrees,
        loom: Lacks { why: "loom has no `scope`" },
    },
    program! {
        scoped_join,
        may: ["a=0 b=1 x=3", "a=2 b=0 x=3"],
        because: "either task may come first, and each has its result",
        std: Agrees, reweave: Agrees, shuttle: Agrees,
        loom: Lacks { why: "loom has no `scope`" },
    },
];
