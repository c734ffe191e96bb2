//! The row of the gallery: what the pool and its twins are put through.

use super::variant::{Correct, LateStopWaits, LeavesWithJob};
use super::workload::{self, Size};
use crate::gallery::{Kind, Scenario, Variant};

/// The row of the gallery.
pub fn scenario() -> Scenario {
    Scenario {
        number: 4,
        name: "worker-pool",
        about: "a pool of workers over a queue of jobs, which can be resized while it runs",
        variants: vec![
            Variant::proved(
                "shrinks-and-stops",
                "two workers, one of whom is told to leave, and the pool is stopped with a job in it",
                || {
                    workload::nothing_is_lost::<Correct>(2, 1, 1);
                },
            ),
            Variant::proved("shrinks", "two jobs in a pool that has shrunk to one worker", || {
                workload::shrinks::<Correct>(2, 1, 2);
            }),
            Variant::proved("grows", "two jobs that must be under way together, in a pool that had one worker", || {
                workload::grows::<Correct>(1, 2);
            }),
            Variant::proved("stops-twice", "two threads stop a pool which is given a job", || {
                workload::stops::<Correct>(1, 1, 2);
            }),
            Variant::proved("one-panics", "the first of two jobs panics, and the worker goes on", || {
                workload::one_panics::<Correct>(2);
            }),
            Variant::survives("crowd", "five clients with ten jobs each, and from one to eight workers", || {
                workload::crowd::<Correct>(&Size { workers: vec![4, 8, 2, 6, 1, 3], clients: 5, jobs: 10, stops: 2 });
            })
            .schedules(300),
            Variant::survives("reuse", "a hundred jobs in a pool of four workers", || {
                workload::shrinks::<Correct>(8, 4, 100);
            })
            .schedules(200),
            Variant::fails(
                "leaves-with-job",
                "a worker that is one too many puts its job back when the others have left",
                Kind::Panic,
                "was accepted, and is run once",
                || workload::nothing_is_lost::<LeavesWithJob>(2, 1, 1),
            ),
            Variant::fails(
                "late-stop-waits",
                "the second stop waits for news that has been told already",
                Kind::Deadlock,
                "waits for a notification",
                || workload::stops::<LateStopWaits>(1, 1, 2),
            ),
        ],
    }
}
