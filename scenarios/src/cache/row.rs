//! The row of the gallery: what the cache and its twins are put through.

use super::variant::{CheckThenAct, Correct, ReadersFirst, UpgradesWhileReading};
use super::workload;
use crate::gallery::{Kind, Scenario, Variant};

/// The row of the gallery.
pub fn scenario() -> Scenario {
    Scenario {
        number: 7,
        name: "read-mostly-cache",
        about: "a cache behind a reader–writer lock, which loads each value once",
        variants: vec![
            Variant::proved("loads-once", "two callers miss the same key", || {
                workload::loads_once::<Correct>(2, 1);
            }),
            Variant::proved("stays-fresh", "a key is invalidated while a caller asks for it twice", || {
                workload::stays_fresh::<Correct>(1);
            }),
            Variant::proved("failure", "two callers ask, and the first load fails", || {
                workload::failures_are_forgotten::<Correct>(2);
            }),
            Variant::proved("panic", "two callers ask, and the first load panics", || {
                workload::a_load_dies::<Correct>(2);
            }),
            Variant::proved("expires", "two callers ask when the time of a value has come", || {
                workload::expires::<Correct>(2);
            })
            .simulated(),
            Variant::survives("crowd", "thirty callers ask for five keys", || {
                workload::loads_once::<Correct>(30, 5);
            }),
            Variant::survives("makes-room", "six callers ask for ten keys each, and there is room for four", || {
                workload::makes_room::<Correct>(6, 10, 4);
            })
            .schedules(300),
            Variant::survives("busy", "sixteen readers are always about, and a writer gets in", || {
                workload::a_writer_gets_in::<Correct>(16);
            })
            .max_steps(1_000),
            Variant::fails(
                "upgrades-while-reading",
                "a caller misses, and waits for the last reader to leave, which is itself",
                Kind::Deadlock,
                "write-lock",
                || workload::loads_once::<UpgradesWhileReading>(2, 1),
            ),
            Variant::fails(
                "check-then-act",
                "two callers miss the same key, and the second does not look again",
                Kind::Panic,
                "key 0 is loaded once",
                || workload::loads_once::<CheckThenAct>(2, 1),
            ),
            Variant::fails(
                "readers-first",
                "the readers take turns so that one is always inside, and the writer never gets in",
                Kind::Starvation,
                "writer (17) starves",
                || workload::a_writer_gets_in::<ReadersFirst>(16),
            )
            .max_steps(500),
        ],
    }
}
