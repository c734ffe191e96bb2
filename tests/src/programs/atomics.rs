//! Atomics: the litmus tests of sequential consistency, and read-modify-write operations.

use crate::Program;
use crate::table::program;

/// The programs, over the peer's types in scope.
macro_rules! atomics {
    () => {
        use crate::Outcome;

        /// Two tasks that each store to one variable, then load the other.
        pub(super) fn store_buffering() -> Outcome {
            let shared = Arc::new((AtomicU64::new(0), AtomicU64::new(0)));
            let (r1, r2) = both(
                &shared,
                |(x, y)| {
                    x.store(1, SeqCst);
                    y.load(SeqCst)
                },
                |(x, y)| {
                    y.store(1, SeqCst);
                    x.load(SeqCst)
                },
            );
            format!("r1={r1} r2={r2}")
        }

        /// Data, then a flag; read in the other order.
        pub(super) fn message_passing() -> Outcome {
            let shared = Arc::new((AtomicU64::new(0), AtomicU64::new(0)));
            let ((), (flag, data)) = both(
                &shared,
                |(data, flag)| {
                    data.store(1, SeqCst);
                    flag.store(1, SeqCst);
                },
                |(data, flag)| {
                    let flag = flag.load(SeqCst);
                    (flag, data.load(SeqCst))
                },
            );
            format!("flag={flag} data={data}")
        }

        /// Two tasks that each load one variable, then store to the other.
        pub(super) fn load_buffering() -> Outcome {
            let shared = Arc::new((AtomicU64::new(0), AtomicU64::new(0)));
            let (r1, r2) = both(
                &shared,
                |(x, y)| {
                    let r1 = x.load(SeqCst);
                    y.store(1, SeqCst);
                    r1
                },
                |(x, y)| {
                    let r2 = y.load(SeqCst);
                    x.store(1, SeqCst);
                    r2
                },
            );
            format!("r1={r1} r2={r2}")
        }

        /// Two tasks that store to the same two variables in opposite orders.
        pub(super) fn two_plus_two_writes() -> Outcome {
            let shared = Arc::new((AtomicU64::new(0), AtomicU64::new(0)));
            both(
                &shared,
                |(x, y)| {
                    x.store(1, SeqCst);
                    y.store(2, SeqCst);
                },
                |(x, y)| {
                    y.store(1, SeqCst);
                    x.store(2, SeqCst);
                },
            );
            format!("x={} y={}", shared.0.load(SeqCst), shared.1.load(SeqCst))
        }

        /// Independent reads of independent writes.
        pub(super) fn iriw() -> Outcome {
            let shared = Arc::new((AtomicU64::new(0), AtomicU64::new(0)));
            let write_x = task(&shared, |(x, _)| x.store(1, SeqCst));
            let write_y = task(&shared, |(_, y)| y.store(1, SeqCst));
            let ((ax, ay), (by, bx)) =
                both(&shared, |(x, y)| (x.load(SeqCst), y.load(SeqCst)), |(x, y)| (y.load(SeqCst), x.load(SeqCst)));
            write_x.join().unwrap();
            write_y.join().unwrap();
            format!("a: x={ax} y={ay}, b: y={by} x={bx}")
        }

        /// One variable, written twice and read twice.
        pub(super) fn coherence() -> Outcome {
            let shared = Arc::new(AtomicU64::new(0));
            let ((), (first, second)) = both(
                &shared,
                |x| {
                    x.store(1, SeqCst);
                    x.store(2, SeqCst);
                },
                |x| (x.load(SeqCst), x.load(SeqCst)),
            );
            format!("first={first} second={second}")
        }

        /// Two increments that are a load and a store.
        pub(super) fn lost_update() -> Outcome {
            let shared = Arc::new(AtomicU64::new(0));
            let increment = |x: &AtomicU64| x.store(x.load(SeqCst) + 1, SeqCst);
            both(&shared, increment, increment);
            format!("x={}", shared.load(SeqCst))
        }

        /// Two increments that are one operation.
        pub(super) fn fetch_add() -> Outcome {
            let shared = Arc::new(AtomicU64::new(0));
            let (a, b) = both(&shared, |x| x.fetch_add(1, SeqCst), |x| x.fetch_add(1, SeqCst));
            format!("a={a} b={b} x={}", shared.load(SeqCst))
        }

        /// Two swaps.
        pub(super) fn swap() -> Outcome {
            let shared = Arc::new(AtomicU64::new(0));
            let (a, b) = both(&shared, |x| x.swap(1, SeqCst), |x| x.swap(2, SeqCst));
            format!("a={a} b={b}")
        }

        /// Two tasks that compare and exchange the initial value.
        pub(super) fn compare_exchange() -> Outcome {
            let shared = Arc::new(AtomicU64::new(0));
            let (a, b) = both(
                &shared,
                |x| x.compare_exchange(0, 1, SeqCst, SeqCst),
                |x| x.compare_exchange(0, 2, SeqCst, SeqCst),
            );
            format!("a={a:?} b={b:?}")
        }

        /// Two increments by a loop around `compare_exchange`; how many attempts failed.
        pub(super) fn compare_exchange_loop() -> Outcome {
            let shared = Arc::new(AtomicU64::new(0));
            let increment = |x: &AtomicU64| {
                let mut failures = 0;
                let mut old = x.load(SeqCst);
                while let Err(now) = x.compare_exchange(old, old + 1, SeqCst, SeqCst) {
                    failures += 1;
                    old = now;
                }
                failures
            };
            let (a, b): (u64, u64) = both(&shared, increment, increment);
            format!("x={} failures={}", shared.load(SeqCst), a + b)
        }

        /// The same with `compare_exchange_weak`, which may fail for no reason.
        pub(super) fn compare_exchange_weak_loop() -> Outcome {
            let shared = Arc::new(AtomicU64::new(0));
            let increment = |x: &AtomicU64| {
                let mut old = x.load(SeqCst);
                while let Err(now) = x.compare_exchange_weak(old, old + 1, SeqCst, SeqCst) {
                    old = now;
                }
            };
            both(&shared, increment, increment);
            format!("x={}", shared.load(SeqCst))
        }

        /// One `compare_exchange_weak`, with nobody else about.
        pub(super) fn compare_exchange_weak_alone() -> Outcome {
            let x = AtomicU64::new(0);
            let exchanged = x.compare_exchange_weak(0, 1, SeqCst, SeqCst).is_ok();
            format!("exchanged={exchanged}")
        }

        /// Two updates that do not commute, by `fetch_update`.
        pub(super) fn fetch_update() -> Outcome {
            let shared = Arc::new(AtomicU64::new(0));
            let (a, b) = both(
                &shared,
                |x| x.fetch_update(SeqCst, SeqCst, |x| Some(2 * x + 1)),
                |x| x.fetch_update(SeqCst, SeqCst, |x| Some(2 * x + 2)),
            );
            format!("a={} b={} x={}", a.unwrap(), b.unwrap(), shared.load(SeqCst))
        }
    };
}

mod std {
    use crate::peers::std::api::{Arc, AtomicU64, SeqCst, both, task};
    atomics!();
}

mod reweave {
    use crate::peers::reweave::api::{Arc, AtomicU64, SeqCst, both, task};
    atomics!();
}

mod shuttle {
    use crate::peers::shuttle::api::{Arc, AtomicU64, SeqCst, both, task};
    atomics!();
}

mod loom {
    use crate::peers::loom::api::{Arc, AtomicU64, SeqCst, both, task};
    atomics!();
}

/// The rows.
pub const PROGRAMS: &[Program] = &[
    program! {
        store_buffering,
        may: ["r1=0 r2=1", "r1=1 r2=0", "r1=1 r2=1"],
        because: "the later of the two stores comes before a load that must see the other store",
        std: Agrees, reweave: Agrees, shuttle: Agrees,
        loom: Differs {
            outcomes: ["r1=0 r2=0", "r1=0 r2=1", "r1=1 r2=0", "r1=1 r2=1"],
            why: "`SeqCst` loads and stores are modelled as acquire and release",
        },
    },
    program! {
        message_passing,
        may: ["flag=0 data=0", "flag=0 data=1", "flag=1 data=1"],
        because: "a reader that sees the flag comes after the data, which was stored before it",
        std: Agrees, reweave: Agrees, shuttle: Agrees, loom: Agrees,
    },
    program! {
        load_buffering,
        may: ["r1=0 r2=0", "r1=0 r2=1", "r1=1 r2=0"],
        because: "the first operation of all is a load, and it sees the initial value",
        std: Agrees, reweave: Agrees, shuttle: Agrees, loom: Agrees,
    },
    program! {
        two_plus_two_writes,
        may: ["x=2 y=2", "x=2 y=1", "x=1 y=2"],
        because: "the last operation of all is one of the second stores, which both write 2",
        std: Agrees, reweave: Agrees, shuttle: Agrees,
        loom: Differs {
            outcomes: ["x=1 y=1", "x=2 y=2", "x=2 y=1", "x=1 y=2"],
            why: "`SeqCst` loads and stores are modelled as acquire and release",
        },
    },
    program! {
        iriw,
        may: [
            "a: x=0 y=0, b: y=0 x=0", "a: x=0 y=0, b: y=0 x=1", "a: x=0 y=0, b: y=1 x=0",
            "a: x=0 y=0, b: y=1 x=1", "a: x=0 y=1, b: y=0 x=0", "a: x=0 y=1, b: y=0 x=1",
            "a: x=0 y=1, b: y=1 x=0", "a: x=0 y=1, b: y=1 x=1", "a: x=1 y=0, b: y=0 x=0",
            "a: x=1 y=0, b: y=0 x=1", "a: x=1 y=0, b: y=1 x=1", "a: x=1 y=1, b: y=0 x=0",
            "a: x=1 y=1, b: y=0 x=1", "a: x=1 y=1, b: y=1 x=0", "a: x=1 y=1, b: y=1 x=1",
        ],
        because: "all but the one where the readers disagree about which store came first",
        std: Agrees, reweave: Agrees, shuttle: Agrees,
        loom: Differs {
            outcomes: [
                "a: x=0 y=0, b: y=0 x=0", "a: x=0 y=0, b: y=0 x=1",
                "a: x=0 y=0, b: y=1 x=0", "a: x=0 y=0, b: y=1 x=1",
                "a: x=0 y=1, b: y=0 x=0", "a: x=0 y=1, b: y=0 x=1",
                "a: x=0 y=1, b: y=1 x=0", "a: x=0 y=1, b: y=1 x=1",
                "a: x=1 y=0, b: y=0 x=0", "a: x=1 y=0, b: y=0 x=1",
                "a: x=1 y=0, b: y=1 x=0", "a: x=1 y=0, b: y=1 x=1",
                "a: x=1 y=1, b: y=0 x=0", "a: x=1 y=1, b: y=0 x=1",
                "a: x=1 y=1, b: y=1 x=0", "a: x=1 y=1, b: y=1 x=1"
            ],
            why: "`SeqCst` loads and stores are modelled as acquire and release",
        },
    },
    program! {
        coherence,
        may: [
            "first=0 second=0", "first=0 second=1", "first=0 second=2", "first=1 second=1",
            "first=1 second=2", "first=2 second=2",
        ],
        because: "what is read never goes back",
        std: Agrees, reweave: Agrees, shuttle: Agrees, loom: Agrees,
    },
    program! {
        lost_update,
        may: ["x=1", "x=2"],
        because: "both may load 0 before either stores",
        std: Agrees, reweave: Agrees, shuttle: Agrees, loom: Agrees,
    },
    program! {
        fetch_add,
        may: ["a=0 b=1 x=2", "a=1 b=0 x=2"],
        because: "one of the two comes first, and none is lost",
        std: Agrees, reweave: Agrees, shuttle: Agrees, loom: Agrees,
    },
    program! {
        swap,
        may: ["a=0 b=1", "a=2 b=0"],
        because: "one of the two comes first, and the other gets its value",
        std: Agrees, reweave: Agrees, shuttle: Agrees, loom: Agrees,
    },
    program! {
        compare_exchange,
        may: ["a=Ok(0) b=Err(1)", "a=Err(2) b=Ok(0)"],
        because: "one of the two comes first and wins, and the other sees the winner's value",
        std: Agrees, reweave: Agrees, shuttle: Agrees, loom: Agrees,
    },
    program! {
        compare_exchange_loop,
        may: ["x=2 failures=0", "x=2 failures=1"],
        because: "an attempt fails only if the other task has just finished",
        std: Agrees, reweave: Agrees, shuttle: Agrees, loom: Agrees,
    },
    program! {
        compare_exchange_weak_loop,
        may: ["x=2"],
        because: "however often an attempt fails, each task leaves with one increment done",
        std: Agrees, reweave: Agrees, shuttle: Agrees, loom: Agrees,
    },
    program! {
        compare_exchange_weak_alone,
        may: ["exchanged=true"],
        because: "the value is the expected one, and the failure for no reason is not explored",
        std: Differs {
            outcomes: ["exchanged=true", "exchanged=false"],
            why: "it may fail for no reason, and on some processors it does",
        },
        reweave: Agrees, shuttle: Agrees, loom: Agrees,
    },
    program! {
        fetch_update,
        may: ["a=0 b=1 x=4", "a=2 b=0 x=5"],
        because: "the second to take effect starts from the value of the first",
        std: Agrees, reweave: Agrees, shuttle: Agrees, loom: Agrees,
    },
];
