//! The row of the gallery: what the gate and its twins are put through.

use super::variant::{Correct, ForgottenStop, LateEntry};
use super::workload;
use crate::gallery::{Kind, Scenario, Variant};

/// The row of the gallery.
pub fn scenario() -> Scenario {
    Scenario {
        number: 19,
        name: "graceful-shutdown",
        about: "a gate that stops accepting, waits for those inside, and after a time of grace no longer",
        variants: vec![
            Variant::proved("drains", "two requests come in just when the service stops", || {
                workload::nothing_is_lost::<Correct>(2, 1);
            })
            // An hour of grace is over at once on a clock that may move at any step.
            .under_its_rules(),
            Variant::proved("stops-twice", "a request comes in, and the order to stop comes twice", || {
                workload::nothing_is_lost::<Correct>(1, 2);
            })
            .under_its_rules(),
            Variant::proved("forces", "a request hangs, and two stops end with the grace of the first", || {
                workload::forced::<Correct>(1);
            })
            .simulated(),
            Variant::proved("a-request-dies", "a request panics inside", workload::a_request_dies::<Correct>)
                .under_its_rules(),
            Variant::survives("busy", "thirty requests, and three orders to stop", || {
                workload::nothing_is_lost::<Correct>(30, 3);
            })
            .under_its_rules()
            .schedules(500),
            Variant::survives("hangs", "five requests hang", || workload::forced::<Correct>(5))
                .simulated()
                .schedules(300),
            Variant::fails(
                "late-entry",
                "a request sees the gate open, and is counted when the stop has found nobody",
                Kind::Panic,
                "a request was accepted, and is lost",
                || workload::nothing_is_lost::<LateEntry>(1, 1),
            ),
            Variant::fails(
                "forgotten-stop",
                "two stops wait for the first, which tells one of them",
                Kind::Deadlock,
                "waits for a notification",
                || workload::nothing_is_lost::<ForgottenStop>(1, 3),
            ),
        ],
    }
}
