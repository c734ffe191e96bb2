//! The row of the gallery: what admission control and its twins are put through.

use reweave::time::Duration;

use super::variant::{ChargedForBusy, Correct, LeakedPlace};
use super::workload::{self, Size};
use crate::gallery::{Kind, Scenario, Variant};

/// There is work for two in this hour, and room for one at a time.
const NARROW: Size = Size { requests: 2, limit: 2, places: 1, patience: Duration::ZERO };

/// A third request comes for nothing, or finds the others gone.
const THREE: Size = Size { requests: 3, ..NARROW };

/// Everybody waits for a place.
const PATIENT: Size = Size { requests: 3, limit: 3, places: 1, patience: Duration::MAX };

/// A service on a busy day.
const CROWD: Size = Size { requests: 40, limit: 25, places: 5, patience: Duration::ZERO };

/// The same, and everybody waits for a place.
const PATIENT_CROWD: Size = Size { patience: Duration::MAX, ..CROWD };

/// The row of the gallery.
pub fn scenario() -> Scenario {
    Scenario {
        number: 10,
        name: "admission-control",
        about: "a limiter, then a semaphore, then work: accepted, too many requests, or busy",
        variants: vec![
            Variant::proved("narrow", "two requests come to one place, and none is charged for nothing", || {
                workload::rush::<Correct>(NARROW);
            }),
            Variant::proved("answers", "three requests come in and leave, and every answer has its reason", || {
                workload::answers::<Correct>(THREE);
            }),
            Variant::proved("patient", "three requests wait for the same place, and all of them get it", || {
                workload::rush::<Correct>(PATIENT);
            }),
            Variant::proved(
                "refused-with-a-place",
                "a request waits for its place, and then there were too many",
                || {
                    workload::rush::<Correct>(Size { limit: 2, ..PATIENT });
                },
            ),
            Variant::proved("impatient", "a place becomes free just when the patience of two ends", || {
                workload::patience::<Correct>();
            }),
            Variant::proved("work-dies", "work panics, and its place is free", workload::work_dies::<Correct>),
            Variant::survives("crowd", "forty requests, twenty-five of which may pass, come to five places", || {
                workload::rush::<Correct>(CROWD);
            })
            .schedules(300),
            Variant::survives("patient-crowd", "the same, and they wait for their places", || {
                workload::rush::<Correct>(PATIENT_CROWD);
            })
            .schedules(300),
            Variant::survives("day", "thirty clients come again until each of them was served", || {
                workload::day::<Correct>(30, 6, 4);
            })
            .schedules(100)
            .simulated(),
            Variant::fails(
                "busy-for-ever",
                "work fails, and its place is never given back",
                Kind::Panic,
                "busy though nobody is at work",
                || workload::rush::<LeakedPlace>(NARROW),
            ),
            Variant::fails(
                "waits-for-ever",
                "the same, and another request waits for the place",
                Kind::Deadlock,
                "waits for a notification",
                || workload::rush::<LeakedPlace>(PATIENT),
            ),
            Variant::fails(
                "charged-for-busy",
                "the limiter is charged for a request that finds no place",
                Kind::Panic,
                "so many are accepted before there are too many",
                || workload::rush::<ChargedForBusy>(NARROW),
            ),
        ],
    }
}
