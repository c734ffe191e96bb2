//! Meeting points: barriers, one-time initialisation, parking, sleeping and spinning.

use crate::Program;
use crate::table::program;

/// The programs that every peer compiles, over the peer's types in scope.
macro_rules! meeting {
    () => {
        use crate::Outcome;

        /// Two tasks at a barrier; which of them is the leader.
        pub(super) fn barrier_leader() -> Outcome {
            let shared = Arc::new(Barrier::new(2));
            let (a, b) = both(&shared, |b| b.wait().is_leader(), |b| b.wait().is_leader());
            format!("a={a} b={b}")
        }

        /// Two tasks that say they are there, and count behind the barrier who has.
        pub(super) fn barrier_phases() -> Outcome {
            let shared = Arc::new((Barrier::new(2), AtomicU64::new(0)));
            let arrive = |(barrier, arrived): &(Barrier, AtomicU64)| {
                arrived.fetch_add(1, SeqCst);
                barrier.wait();
                arrived.load(SeqCst)
            };
            let (a, b) = both(&shared, arrive, arrive);
            format!("a={a} b={b}")
        }

        /// What the unparking task did before can be seen by the parked one after.
        pub(super) fn park_sees_the_unparker() -> Outcome {
            let shared = Arc::new(AtomicU64::new(0));
            let parked = task(&shared, |x| {
                thread::park();
                x.load(SeqCst)
            });
            shared.store(1, SeqCst);
            parked.thread().unpark();
            format!("x={}", parked.join().unwrap())
        }

        /// A loop that yields until it sees a flag.
        pub(super) fn spin_until_a_flag() -> Outcome {
            let shared = Arc::new((AtomicU64::new(0), AtomicU64::new(0)));
            let setter = task(&shared, |(data, flag)| {
                data.store(1, SeqCst);
                flag.store(1, SeqCst);
            });
            while shared.1.load(SeqCst) == 0 {
                thread::yield_now();
            }
            let data = shared.0.load(SeqCst);
            setter.join().unwrap();
            format!("data={data}")
        }
    };
}

/// A program that may deadlock, which real threads cannot be asked to.
macro_rules! deadlocks {
    () => {
        /// Two unparks and two parks.
        pub(super) fn park_token() -> Outcome {
            let shared = Arc::new(());
            let parked = task(&shared, |()| {
                thread::park();
                thread::park();
            });
            parked.thread().unpark();
            parked.thread().unpark();
            parked.join().unwrap();
            "done".to_owned()
        }
    };
}

/// Programs that need `Once`.
macro_rules! once {
    () => {
        /// Two tasks that initialise; who does.
        pub(super) fn once() -> Outcome {
            let shared = Arc::new((Once::new(), AtomicU64::new(0)));
            both(
                &shared,
                |(once, by)| once.call_once(|| by.store(1, SeqCst)),
                |(once, by)| once.call_once(|| by.store(2, SeqCst)),
            );
            format!("by={}", shared.1.load(SeqCst))
        }

        /// A look at whether initialisation is complete, beside it.
        pub(super) fn once_is_completed() -> Outcome {
            let shared = Arc::new(Once::new());
            let initialiser = task(&shared, |once| once.call_once(|| ()));
            let completed = shared.is_completed();
            initialiser.join().unwrap();
            format!("completed={completed}")
        }
    };
}

/// Programs that need `OnceLock`.
macro_rules! once_lock {
    () => {
        /// Two tasks that initialise a value; whose it is.
        pub(super) fn once_lock() -> Outcome {
            let shared = Arc::new(OnceLock::new());
            let (a, b): (u64, u64) = both(&shared, |cell| *cell.get_or_init(|| 1), |cell| *cell.get_or_init(|| 2));
            format!("a={a} b={b}")
        }

        /// `get` beside `set`.
        pub(super) fn once_lock_get() -> Outcome {
            let shared = Arc::new(OnceLock::<u64>::new());
            let setter = task(&shared, |cell| cell.set(7).is_ok());
            let got = shared.get().copied();
            let set = setter.join().unwrap();
            format!("set={set} got={got:?}")
        }
    };
}

/// Programs that need `sleep` and `park_timeout`.
macro_rules! sleep {
    () => {
        use std::time::Duration;

        /// Two sleepers, the first for longer.
        pub(super) fn sleepers() -> Outcome {
            let shared = Arc::new(Mutex::new(Vec::new()));
            both(
                &shared,
                |woken| {
                    thread::sleep(Duration::from_millis(2));
                    woken.lock().unwrap().push(2);
                },
                |woken| {
                    thread::sleep(Duration::from_millis(1));
                    woken.lock().unwrap().push(1);
                },
            );
            format!("woken={:?}", shared.lock().unwrap())
        }

        /// A task that nobody unparks.
        pub(super) fn park_timeout() -> Outcome {
            thread::park_timeout(Duration::from_millis(1));
            "timed out".to_owned()
        }
    };
}

mod std {
    use crate::peers::std::api::{Arc, AtomicU64, Barrier, Mutex, Once, OnceLock, SeqCst, both, task, thread};
    meeting!();
    once!();
    once_lock!();
    sleep!();
}

mod reweave {
    use crate::peers::reweave::api::{Arc, AtomicU64, Barrier, Mutex, Once, OnceLock, SeqCst, both, task, thread};
    meeting!();
    deadlocks!();
    once!();
    once_lock!();
    sleep!();
}

mod shuttle {
    use crate::peers::shuttle::api::{Arc, AtomicU64, Barrier, Mutex, Once, SeqCst, both, task, thread};
    meeting!();
    deadlocks!();
    once!();
    sleep!();
}

mod loom {
    use crate::peers::loom::api::{Arc, AtomicU64, Barrier, SeqCst, both, task, thread};
    meeting!();
    deadlocks!();
}

/// The rows.
pub const PROGRAMS: &[Program] = &[
    program! {
        barrier_leader,
        may: ["a=true b=false", "a=false b=true"],
        because: "one of those who meet is the leader, and std does not say which",
        std: Agrees, reweave: Agrees, shuttle: Agrees,
        loom: Differs {
            outcomes: ["panic: not implemented: std::sync::Barrier is not supported yet in Loom."],
            why: "loom's `Barrier` is a stub",
        },
    },
    program! {
        barrier_phases,
        may: ["a=2 b=2"],
        because: "nobody is behind the barrier before both have arrived",
        std: Agrees, reweave: Agrees, shuttle: Agrees,
        loom: Differs {
            outcomes: ["panic: not implemented: std::sync::Barrier is not supported yet in Loom."],
            why: "loom's `Barrier` is a stub",
        },
    },
    program! {
        once,
        may: ["by=1", "by=2"],
        because: "the first to come initialises, and only it",
        std: Agrees, reweave: Agrees, shuttle: Agrees,
        loom: Lacks { why: "loom has no `Once`" },
    },
    program! {
        once_is_completed,
        may: ["completed=false", "completed=true"],
        because: "the look may come before or after the initialisation",
        std: Agrees, reweave: Agrees,
        shuttle: Differs {
            outcomes: ["completed=false"],
            why: "`is_completed` is no scheduling point, so nobody comes between spawn and look",
        },
        loom: Lacks { why: "loom has no `Once`" },
    },
    program! {
        once_lock,
        may: ["a=1 b=1", "a=2 b=2"],
        because: "the first to come initialises, and both see its value",
        std: Agrees, reweave: Agrees,
        shuttle: Lacks { why: "shuttle has no `OnceLock`" },
        loom: Lacks { why: "loom has no `OnceLock`" },
    },
    program! {
        once_lock_get,
        may: ["set=true got=None", "set=true got=Some(7)"],
        because: "the look may come before or after the value is set",
        std: Agrees, reweave: Agrees,
        shuttle: Lacks { why: "shuttle has no `OnceLock`" },
        loom: Lacks { why: "loom has no `OnceLock`" },
    },
    program! {
        park_token,
        may: ["done", "deadlock"],
        because: "there is one token, so an unpark before the first one is used up is lost",
        std: Lacks { why: "a deadlock of real threads hangs the test" },
        reweave: Agrees, shuttle: Agrees, loom: StopsAtFailure,
    },
    program! {
        park_sees_the_unparker,
        may: ["x=1"],
        because: "park returns when the token is there, which comes after the store",
        std: Agrees, reweave: Agrees,
        shuttle: Differs {
            outcomes: ["x=0", "x=1"],
            why: "`park` may return spuriously, as std's documentation allows",
        },
        loom: Agrees,
    },
    program! {
        spin_until_a_flag,
        may: ["data=1"],
        because: "the loop ends when it sees the flag, which comes after the data",
        std: Agrees, reweave: Agrees, shuttle: Agrees, loom: Agrees,
    },
    program! {
        sleepers,
        may: ["woken=[1, 2]"],
        because: "time passes only while nobody can step, so the shorter sleep is over first and \
                  its task has gone on as far as it can before the longer one ends",
        std: Differs {
            outcomes: ["woken=[1, 2]", "woken=[2, 1]"],
            why: "a sleep lasts at least as long as asked for, and may last longer",
        },
        reweave: Agrees,
        shuttle: Differs {
            outcomes: ["woken=[1, 2]", "woken=[2, 1]"],
            why: "there is no clock, and a sleep is a yield",
        },
        loom: Lacks { why: "loom has no `sleep`" },
    },
    program! {
        park_timeout,
        may: ["timed out"],
        because: "with nobody to unpark it, a task is woken by the clock",
        std: Agrees, reweave: Agrees,
        shuttle: Differs {
            outcomes: ["deadlock"],
            why: "there is no clock, and a timed park never times out",
        },
        loom: Lacks { why: "loom has no `park_timeout`" },
    },
];
