//! The row of the gallery: what the configuration, the service and their twins are put through.

use super::Limits;
use super::variant::{Correct, KilledWithJob, LostChange, TornRead};
use super::workload;
use crate::gallery::{Kind, Scenario, Variant};

/// Room for two, one of whom waits.
const CALM: Limits = Limits { workers: 1, waiting: 1 };

/// Room for two, of whom nobody waits.
const BUSY: Limits = Limits { workers: 2, waiting: 0 };

/// A day in the life of a service.
fn day() -> Vec<Limits> {
    let versions = [(2, 10), (6, 4), (8, 0), (1, 20), (3, 3)];
    versions.map(|(workers, waiting)| Limits { workers, waiting }).to_vec()
}

/// The row of the gallery.
pub fn scenario() -> Scenario {
    Scenario {
        number: 17,
        name: "hot-configuration",
        about: "settings that change while requests run, as snapshots with versions",
        variants: vec![
            Variant::proved("register", "two writers and a reader of a configuration", workload::register::<Correct>),
            Variant::proved("few-operators", "three operators change a setting each, and all changes hold", || {
                workload::changes::<Correct>(3);
            }),
            Variant::proved("watcher", "a watcher sees newer versions, up to the last", || {
                workload::watch::<Correct>(1, 3);
            }),
            Variant::proved("tightens", "a job is submitted while the queue before it is taken away", || {
                workload::there_is_room::<Correct>(CALM, Limits { waiting: 0, ..CALM }, 1);
            }),
            Variant::proved("grows", "a service with a job in hand gets a second worker", || {
                workload::resizes::<Correct>(1, 2, 1);
            }),
            Variant::proved("shrinks", "a service with a job in hand shrinks to one worker", || {
                workload::resizes::<Correct>(2, 1, 1);
            }),
            Variant::survives("reconfigured", "two jobs are submitted while the limits change", || {
                workload::there_is_room::<Correct>(CALM, BUSY, 2);
            }),
            Variant::survives("day", "five clients submit ten jobs each, under five versions of the limits", || {
                workload::crowd::<Correct>(day(), 5, 10);
            })
            .schedules(300),
            Variant::survives("operators", "twenty operators change a setting each", || {
                workload::changes::<Correct>(20);
            })
            .schedules(300),
            Variant::survives("watched", "ten watchers see newer versions, up to the tenth", || {
                workload::watch::<Correct>(10, 10);
            })
            .schedules(300),
            Variant::fails(
                "torn-read",
                "the workers are those of one version, and the queue that of the next",
                Kind::Panic,
                "where both versions have room for 2",
                || workload::there_is_room::<TornRead>(CALM, BUSY, 2),
            ),
            Variant::fails(
                "lost-change",
                "an operator publishes what the other has changed as it was before",
                Kind::Panic,
                "a change is lost",
                || workload::changes::<LostChange>(2),
            ),
            Variant::fails(
                "killed-with-job",
                "a worker that is one too many leaves with a job in hand",
                Kind::Panic,
                "every job that was accepted is run",
                || workload::resizes::<KilledWithJob>(2, 1, 1),
            ),
        ],
    }
}
