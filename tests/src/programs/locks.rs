//! Locks: `Mutex` and `RwLock`, their `try_` forms, and two ways to deadlock.

use crate::Program;
use crate::table::program;

/// The programs, over the peer's types in scope.
macro_rules! locks {
    () => {
        use crate::Outcome;

        /// Two tasks with two sections each.
        pub(super) fn mutex_counter() -> Outcome {
            let shared = Arc::new(Mutex::new(0));
            let increment = |count: &Mutex<u64>| {
                *count.lock().unwrap() += 1;
                *count.lock().unwrap() += 1;
            };
            both(&shared, increment, increment);
            format!("count={}", *shared.lock().unwrap())
        }

        /// `try_lock` beside a section with an operation inside.
        pub(super) fn try_lock_against_a_holder() -> Outcome {
            let shared = Arc::new((Mutex::new(()), AtomicU64::new(0)));
            let holder = task(&shared, |(lock, inside)| {
                let _guard = lock.lock().unwrap();
                inside.fetch_add(1, SeqCst);
            });
            let taken = shared.0.try_lock().is_ok();
            holder.join().unwrap();
            format!("taken={taken}")
        }

        /// Two tasks that `try_lock` and release at once what they got.
        pub(super) fn two_try_locks() -> Outcome {
            let shared = Arc::new(Mutex::new(()));
            let (a, b) = both(&shared, |lock| lock.try_lock().is_ok(), |lock| lock.try_lock().is_ok());
            format!("a={a} b={b}")
        }

        /// Two readers; how many were inside at once.
        pub(super) fn readers_together() -> Outcome {
            let shared = Arc::new((RwLock::new(()), AtomicU64::new(0)));
            let read = |(lock, inside): &(RwLock<()>, AtomicU64)| {
                let _guard = lock.read().unwrap();
                let others = inside.fetch_add(1, SeqCst);
                inside.fetch_sub(1, SeqCst);
                others + 1
            };
            let (a, b): (u64, u64) = both(&shared, read, read);
            format!("most={}", a.max(b))
        }

        /// A reader beside a writer that writes twice.
        pub(super) fn reader_beside_a_writer() -> Outcome {
            let shared = Arc::new((RwLock::new(0), AtomicU64::new(0)));
            let ((), read): ((), u64) = both(
                &shared,
                |(value, inside)| {
                    let mut value = value.write().unwrap();
                    *value = 1;
                    inside.fetch_add(1, SeqCst);
                    *value = 2;
                },
                |(value, _)| *value.read().unwrap(),
            );
            format!("read={read}")
        }

        /// `try_read` beside a writer.
        pub(super) fn try_read_against_a_writer() -> Outcome {
            let shared = Arc::new((RwLock::new(()), AtomicU64::new(0)));
            let writer = task(&shared, |(lock, inside)| {
                let _guard = lock.write().unwrap();
                inside.fetch_add(1, SeqCst);
            });
            let read = shared.0.try_read().is_ok();
            writer.join().unwrap();
            format!("read={read}")
        }

        /// `try_write` beside a reader.
        pub(super) fn try_write_against_a_reader() -> Outcome {
            let shared = Arc::new((RwLock::new(()), AtomicU64::new(0)));
            let reader = task(&shared, |(lock, inside)| {
                let _guard = lock.read().unwrap();
                inside.fetch_add(1, SeqCst);
            });
            let written = shared.0.try_write().is_ok();
            reader.join().unwrap();
            format!("written={written}")
        }
    };
}

/// Programs that may deadlock, which real threads cannot be asked to.
macro_rules! deadlocks {
    () => {
        /// Two locks, taken in opposite orders.
        pub(super) fn lock_order() -> Outcome {
            let shared = Arc::new((Mutex::new(()), Mutex::new(())));
            both(
                &shared,
                |(a, b)| {
                    let _a = a.lock().unwrap();
                    let _b = b.lock().unwrap();
                },
                |(a, b)| {
                    let _b = b.lock().unwrap();
                    let _a = a.lock().unwrap();
                },
            );
            "done".to_owned()
        }

        /// Two readers that both want to write before they let go.
        pub(super) fn upgrade() -> Outcome {
            let shared = Arc::new(RwLock::new(()));
            let upgrade = |lock: &RwLock<()>| {
                let _read = lock.read().unwrap();
                let _write = lock.write().unwrap();
            };
            both(&shared, upgrade, upgrade);
            "done".to_owned()
        }
    };
}

mod std {
    use crate::peers::std::api::{Arc, AtomicU64, Mutex, RwLock, SeqCst, both, task};
    locks!();
}

mod reweave {
    use crate::peers::reweave::api::{Arc, AtomicU64, Mutex, RwLock, SeqCst, both, task};
    locks!();
    deadlocks!();
}

mod shuttle {
    use crate::peers::shuttle::api::{Arc, AtomicU64, Mutex, RwLock, SeqCst, both, task};
    locks!();
    deadlocks!();
}

mod loom {
    use crate::peers::loom::api::{Arc, AtomicU64, Mutex, RwLock, SeqCst, both, task};
    locks!();
    deadlocks!();
}

/// The rows.
pub const PROGRAMS: &[Program] = &[
    program! {
        mutex_counter,
        may: ["count=4"],
        because: "sections of one mutex exclude each other",
        std: Agrees, reweave: Agrees, shuttle: Agrees, loom: Agrees,
    },
    program! {
        lock_order,
        may: ["done", "deadlock"],
        because: "each may take its first lock before the other takes its second",
        std: Lacks { why: "a deadlock of real threads hangs the test" },
        reweave: Agrees, shuttle: Agrees, loom: StopsAtFailure,
    },
    program! {
        try_lock_against_a_holder,
        may: ["taken=true", "taken=false"],
        because: "the section may be before, after or around the attempt",
        std: Agrees, reweave: Agrees, shuttle: Agrees,
        loom: Differs {
            outcomes: ["taken=true"],
            why: "a release is no operation, so no attempt is made while the lock is held",
        },
    },
    program! {
        two_try_locks,
        may: ["a=true b=true", "a=true b=false", "a=false b=true"],
        because: "an attempt fails only if the other task has succeeded and not yet released",
        std: Agrees, reweave: Agrees, shuttle: Agrees,
        loom: Differs {
            outcomes: ["a=true b=true"],
            why: "a release is no operation, so no attempt is made while the lock is held",
        },
    },
    program! {
        readers_together,
        may: ["most=1", "most=2"],
        because: "readers share the lock",
        std: Agrees, reweave: Agrees, shuttle: Agrees, loom: Agrees,
    },
    program! {
        reader_beside_a_writer,
        may: ["read=0", "read=2"],
        because: "a reader is before or after a writer's section, never inside it",
        std: Agrees, reweave: Agrees, shuttle: Agrees, loom: Agrees,
    },
    program! {
        try_read_against_a_writer,
        may: ["read=true", "read=false"],
        because: "the writer's section may be before, after or around the attempt",
        std: Agrees, reweave: Agrees, shuttle: Agrees,
        loom: Differs {
            outcomes: ["read=true"],
            why: "a release is no operation, so no attempt is made while the lock is held",
        },
    },
    program! {
        try_write_against_a_reader,
        may: ["written=true", "written=false"],
        because: "the reader's section may be before, after or around the attempt",
        std: Agrees, reweave: Agrees, shuttle: Agrees,
        loom: Differs {
            outcomes: ["written=true"],
            why: "a release is no operation, so no attempt is made while the lock is held",
        },
    },
    program! {
        upgrade,
        may: ["deadlock"],
        because: "a writer waits for all readers, itself among them",
        std: Lacks { why: "a deadlock of real threads hangs the test" },
        reweave: Agrees, shuttle: Agrees,
        loom: Aborts {
            why: "the panic that reports the deadlock drops the guards, which panic in turn",
        },
    },
];
