//! The row of the gallery: what the client and its twins are put through.

use super::variant::{Correct, NoStopArm, RendezvousAnswer};
use super::workload;
use crate::gallery::{Kind, Scenario, Variant};

/// The row of the gallery.
pub fn scenario() -> Scenario {
    Scenario {
        number: 13,
        name: "leaks",
        about: "a client that gives up what is slow, and leaves nobody behind when it does",
        variants: vec![
            Variant::proved("just-in-time", "the answer comes at the moment when the time is up", || {
                workload::answer_or_timeout::<Correct>();
            }),
            Variant::proved(
                "in-time-and-late",
                "one of two calls is answered just in time, and the other is not",
                || {
                    workload::calls::<Correct>(&[1, 2], 1);
                },
            )
            // Who waits for how long is known on a clock that nobody else moves.
            .simulated(),
            Variant::proved("seen-enough", "somebody takes two items of a stream of three, and goes", || {
                workload::items::<Correct>(3, 2);
            })
            .under_its_rules(),
            Variant::proved("told", "the work of a stream without an end is told that nobody is there", || {
                workload::told::<Correct>(1);
            })
            .under_its_rules(),
            Variant::proved("slow-items", "the time of a stream is up when its second item comes", || {
                workload::slow_items::<Correct>(1, 2);
            })
            .simulated(),
            Variant::survives("crowd", "ten calls take from no time to twice the limit", || {
                let work: Vec<u32> = (0..10).collect();
                workload::calls::<Correct>(&work, 5);
            })
            .schedules(200)
            .simulated(),
            Variant::survives("long-stream", "somebody takes fifty items of a hundred", || {
                workload::items::<Correct>(100, 50);
            })
            .under_its_rules(),
            Variant::fails(
                "rendezvous-answer",
                "the time is up, and the worker waits for somebody who takes its answer",
                Kind::Leak,
                "can never finish: it waits",
                workload::answer_or_timeout::<RendezvousAnswer>,
            ),
            Variant::fails(
                "no-stop-arm",
                "somebody has seen enough of a stream, and its worker waits with the next item",
                Kind::Leak,
                "can never finish: it waits",
                || workload::items::<NoStopArm>(3, 2),
            ),
        ],
    }
}
