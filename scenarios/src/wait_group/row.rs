//! The row of the gallery: what the fan-out and its twins are put through.

use super::variant::{AddInWorker, Correct, DoneSkipped, DoneTwice, SharedGroup};
use super::workload;
use crate::gallery::{Kind, Scenario, Variant};

/// The row of the gallery.
pub fn scenario() -> Scenario {
    Scenario {
        number: 3,
        name: "wait-group",
        about: "many jobs at the same time, and an answer when all of them have ended",
        variants: vec![
            Variant::proved("complete", "three jobs end in any order", || workload::complete::<Correct>(3)),
            Variant::proved("one-panics", "one of two jobs panics", || workload::one_panics::<Correct>(2)),
            Variant::proved("two-batches", "two callers run a job each at the same time", || {
                workload::two_batches::<Correct>(1);
            }),
            // So many tasks under other rules of the clock would take long and tell nothing: there is no clock here.
            Variant::survives("thousand", "a thousand jobs", || workload::complete::<Correct>(1_000))
                .schedules(8)
                .under_its_rules(),
            Variant::survives("crowd", "two callers run ten jobs each at the same time", || {
                workload::two_batches::<Correct>(10);
            })
            .schedules(200),
            Variant::fails(
                "add-in-worker",
                "the caller waits before the workers have counted themselves, and finds zero",
                Kind::Panic,
                "who is done has left a result",
                || workload::complete::<AddInWorker>(2),
            ),
            Variant::fails(
                "done-skipped",
                "the job panics, and the line on which it says that it is done is never reached",
                Kind::Deadlock,
                "WaitGroup",
                || workload::one_panics::<DoneSkipped>(2),
            ),
            Variant::fails(
                "done-twice",
                "the job says that it is done, and its destructor says so again",
                Kind::Panic,
                "negative WaitGroup counter",
                || workload::complete::<DoneTwice>(1),
            ),
            Variant::fails(
                "shared-group",
                "a caller counts its jobs while another still waits at the same counter",
                Kind::Panic,
                "sync: WaitGroup",
                || workload::two_batches::<SharedGroup>(1),
            ),
        ],
    }
}
