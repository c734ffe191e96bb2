//! The row of the gallery: what the supervisor and its twins are put through.

use super::variant::{Correct, ForgetsDone, PoisonSpreads, UnguardedHelper};
use super::workload;
use crate::gallery::{Kind, Scenario, Variant};

/// The row of the gallery.
pub fn scenario() -> Scenario {
    Scenario {
        number: 14,
        name: "panic-recovery",
        about: "a supervisor that takes note of panics and starts its workers again, within limits",
        variants: vec![
            Variant::proved("restarts", "one worker is restarted, and another is given up", || {
                workload::restarts::<Correct>(&[1, 2], 1);
            }),
            Variant::proved("helpers", "one of two helpers panics, and its worker goes on", || {
                workload::helpers::<Correct>(1, 2);
            }),
            Variant::proved("half-a-change", "a worker panics halfway through a change of what it shares", || {
                workload::half_a_change::<Correct>(2);
            }),
            Variant::proved("of-late", "panics far apart are forgotten, and others are not", || {
                workload::of_late::<Correct>(2);
            })
            .simulated(),
            Variant::proved("stopped", "a stop comes while one worker rests, and another works", || {
                workload::stopped::<Correct>();
            })
            // The hour for which it rests is over at once on a clock that may move at any step.
            .under_its_rules(),
            Variant::survives("crowd", "ten workers panic up to nine times each", || {
                workload::restarts::<Correct>(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 5);
            })
            .schedules(200),
            Variant::survives("many-helpers", "five workers with ten helpers each", || {
                workload::helpers::<Correct>(5, 10);
            })
            .schedules(100),
            Variant::survives("busy-ledger", "twenty workers change what they share", || {
                workload::half_a_change::<Correct>(20);
            })
            .schedules(300),
            Variant::fails(
                "unguarded-helper",
                "a helper panics, and the guard of its worker is on another stack",
                Kind::Panic,
                "a helper has met bad input",
                || workload::helpers::<UnguardedHelper>(1, 2),
            ),
            Variant::fails(
                "forgets-done",
                "a worker is given up, and whoever waits for it is not told",
                Kind::Deadlock,
                "WaitGroup",
                || workload::restarts::<ForgetsDone>(&[1, 2], 1),
            ),
            Variant::fails(
                "poison-spreads",
                "a worker panics while it holds the lock, and so does everybody who comes after it",
                Kind::Panic,
                "PoisonError",
                || workload::half_a_change::<PoisonSpreads>(2),
            ),
        ],
    }
}
