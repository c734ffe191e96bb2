//! The row of the gallery: what the breaker and its twins are put through.

use super::variant::{Correct, LostFailure, TwoProbes};
use super::workload;
use crate::gallery::{Kind, Scenario, Variant};

/// The row of the gallery.
pub fn scenario() -> Scenario {
    Scenario {
        number: 15,
        name: "circuit-breaker",
        about: "a breaker that stops calling what fails anyway, and tries a few calls after a while",
        variants: vec![
            Variant::proved("opens", "three calls fail at the same time, and no failure is lost", || {
                workload::failures_open::<Correct>(3);
            }),
            Variant::proved("one-probe", "three callers come when there is a place for one trial call", || {
                workload::probes::<Correct>(3, 1);
            })
            // A real thread may begin so late that the breaker has opened again and tries the next calls.
            .simulated(),
            Variant::proved("recovers", "two trial calls succeed while an old failure comes in late", || {
                workload::recovery::<Correct>(2);
            }),
            Variant::proved("a-probe-dies", "the only trial call may panic", workload::a_probe_dies::<Correct>)
                .simulated(),
            Variant::survives("storm", "fifty callers come when there are places for five", || {
                workload::probes::<Correct>(50, 5);
            })
            .simulated(),
            Variant::survives("outage", "fifty calls fail at the same time", || {
                workload::failures_open::<Correct>(50);
            }),
            Variant::fails(
                "two-probes",
                "the lock is given back between the look for a place and taking it",
                Kind::Panic,
                "calls reached the service",
                || workload::probes::<TwoProbes>(2, 1),
            ),
            Variant::fails(
                "lost-failure",
                "two failures are noted in copies of the same window, and one is lost",
                Kind::Panic,
                "failures of 2 calls open the breaker",
                || workload::failures_open::<LostFailure>(2),
            ),
        ],
    }
}
