//! Condition variables: wake-ups lost, stolen, chosen and timed.

use crate::Program;
use crate::table::program;

/// The programs, over the peer's types in scope.
macro_rules! condvars {
    () => {
        use std::time::Duration;

        use crate::Outcome;

        /// A waiter that asks whether it has to wait.
        pub(super) fn predicate_loop() -> Outcome {
            let shared = Arc::new((Mutex::new(false), Condvar::new()));
            both(
                &shared,
                |(ready, condvar)| {
                    let mut ready = ready.lock().unwrap();
                    while !*ready {
                        ready = condvar.wait(ready).unwrap();
                    }
                },
                |(ready, condvar)| {
                    *ready.lock().unwrap() = true;
                    condvar.notify_one();
                },
            );
            "ready".to_owned()
        }

        /// Waits for its turn and passes it on; a line in the log for each end of the wait.
        fn take_turns(me: u64, (log, there, go): &(Mutex<Vec<u64>>, Condvar, Condvar)) {
            let mut log = log.lock().unwrap();
            log.push(me);
            there.notify_one();
            log = go.wait(log).unwrap();
            log.push(me);
            go.notify_one();
        }

        /// Two waiters, both there when one is notified.
        pub(super) fn which_waiter() -> Outcome {
            let shared = Arc::new((Mutex::new(Vec::new()), Condvar::new(), Condvar::new()));
            let waiters =
                [task(&shared, |shared| take_turns(1, shared)), task(&shared, |shared| take_turns(2, shared))];
            let (log, there, go) = &*shared;
            let mut both_there = log.lock().unwrap();
            while both_there.len() < 2 {
                both_there = there.wait(both_there).unwrap();
            }
            go.notify_one();
            drop(both_there);
            for waiter in waiters {
                waiter.join().unwrap();
            }
            let log = log.lock().unwrap();
            format!("woken={}", if log[0] == log[2] { "first come" } else { "last come" })
        }

        /// Two waiters and one `notify_all`.
        pub(super) fn notify_all() -> Outcome {
            let shared = Arc::new((Mutex::new((false, 0)), Condvar::new()));
            let wait = |(state, condvar): &(Mutex<(bool, u64)>, Condvar)| {
                let mut state = state.lock().unwrap();
                while !state.0 {
                    state = condvar.wait(state).unwrap();
                }
                state.1 += 1;
            };
            let waiters = [task(&shared, wait), task(&shared, wait)];
            shared.0.lock().unwrap().0 = true;
            shared.1.notify_all();
            for waiter in waiters {
                waiter.join().unwrap();
            }
            format!("woken={}", shared.0.lock().unwrap().1)
        }

        /// A wait for a millisecond, beside a notification.
        pub(super) fn wait_timeout() -> Outcome {
            let shared = Arc::new((Mutex::new(()), Condvar::new()));
            let notifier = task(&shared, |(lock, condvar)| {
                let _guard = lock.lock().unwrap();
                condvar.notify_one();
            });
            let guard = shared.0.lock().unwrap();
            let (guard, result) = shared.1.wait_timeout(guard, Duration::from_millis(1)).unwrap();
            drop(guard);
            notifier.join().unwrap();
            format!("timed out={}", result.timed_out())
        }
    };
}

/// Programs that may deadlock, which real threads cannot be asked to.
macro_rules! deadlocks {
    () => {
        /// A waiter that does not ask whether it has to wait.
        pub(super) fn notify_before_wait() -> Outcome {
            let shared = Arc::new((Mutex::new(()), Condvar::new()));
            both(
                &shared,
                |(lock, condvar)| {
                    let guard = lock.lock().unwrap();
                    drop(condvar.wait(guard).unwrap());
                },
                |(lock, condvar)| {
                    let _guard = lock.lock().unwrap();
                    condvar.notify_one();
                },
            );
            "woken".to_owned()
        }

        /// A consumer that asks once, beside another that does not wait at all.
        pub(super) fn stolen_wake_up() -> Outcome {
            let shared = Arc::new((Mutex::new(0), Condvar::new()));
            let producer = task(&shared, |(items, condvar)| {
                *items.lock().unwrap() += 1;
                condvar.notify_one();
            });
            let (a, b) = both(
                &shared,
                |(items, condvar)| {
                    let mut items = items.lock().unwrap();
                    if *items == 0 {
                        items = condvar.wait(items).unwrap();
                    }
                    std::mem::take(&mut *items)
                },
                |(items, _)| std::mem::take(&mut *items.lock().unwrap()),
            );
            producer.join().unwrap();
            let (a, b): (u64, u64) = (a, b);
            format!("a={a} b={b}")
        }
    };
}

/// Programs that need `wait_while`.
macro_rules! wait_while {
    () => {
        /// The predicate loop, written by std.
        pub(super) fn wait_while() -> Outcome {
            let shared = Arc::new((Mutex::new(true), Condvar::new()));
            both(
                &shared,
                |(pending, condvar)| {
                    let pending = pending.lock().unwrap();
                    drop(condvar.wait_while(pending, |pending| *pending).unwrap());
                },
                |(pending, condvar)| {
                    *pending.lock().unwrap() = false;
                    condvar.notify_one();
                },
            );
            "ready".to_owned()
        }
    };
}

mod std {
    use crate::peers::std::api::{Arc, Condvar, Mutex, both, task};
    condvars!();
    wait_while!();
}

mod reweave {
    use crate::peers::reweave::api::{Arc, Condvar, Mutex, both, task};
    condvars!();
    deadlocks!();
    wait_while!();
}

mod shuttle {
    use crate::peers::shuttle::api::{Arc, Condvar, Mutex, both, task};
    condvars!();
    deadlocks!();
    wait_while!();
}

mod loom {
    use crate::peers::loom::api::{Arc, Condvar, Mutex, both, task};
    condvars!();
    deadlocks!();
}

/// The rows.
pub const PROGRAMS: &[Program] = &[
    program! {
        notify_before_wait,
        may: ["woken", "deadlock"],
        because: "a notification that nobody waits for is lost",
        std: Lacks { why: "a deadlock of real threads hangs the test" },
        reweave: Agrees, shuttle: Agrees, loom: StopsAtFailure,
    },
    program! {
        predicate_loop,
        may: ["ready"],
        because: "the waiter waits only while the notification is still to come",
        std: Agrees, reweave: Agrees, shuttle: Agrees, loom: Agrees,
    },
    program! {
        wait_while,
        may: ["ready"],
        because: "the waiter waits only while the notification is still to come",
        std: Agrees, reweave: Agrees, shuttle: Agrees,
        loom: Lacks { why: "loom has no `wait_while`" },
    },
    program! {
        stolen_wake_up,
        may: ["a=1 b=0", "a=0 b=1", "deadlock"],
        because: "b may take the item before a asks, which then waits for ever, or between the \
                  notification and a's return from the wait",
        std: Lacks { why: "a deadlock of real threads hangs the test" },
        reweave: Agrees, shuttle: Agrees, loom: StopsAtFailure,
    },
    program! {
        which_waiter,
        may: ["woken=first come", "woken=last come"],
        because: "std does not say which waiter is notified",
        std: Agrees, reweave: Agrees, shuttle: Agrees,
        loom: Differs {
            outcomes: ["woken=first come"],
            why: "waiters are notified in the order in which they came",
        },
    },
    program! {
        notify_all,
        may: ["woken=2"],
        because: "a waiter is either notified or comes after the predicate is true",
        std: Agrees, reweave: Agrees, shuttle: Agrees, loom: Agrees,
    },
    program! {
        wait_timeout,
        may: ["timed out=false", "timed out=true"],
        because: "the notification comes during the wait, or before it and is lost",
        std: Agrees, reweave: Agrees,
        shuttle: Differs {
            outcomes: ["timed out=false", "deadlock"],
            why: "there is no clock, and a timed wait never times out",
        },
        loom: Differs {
            outcomes: ["timed out=false", "deadlock"],
            why: "there is no clock, and a timed wait never times out",
        },
    },
];
