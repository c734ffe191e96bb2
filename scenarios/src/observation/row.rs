//! The row of the gallery: what observation and its twins are put through.

use super::variant::{Correct, ReadApart, SharedSlot};
use super::workload;
use crate::gallery::{Kind, Scenario, Variant};

/// The row of the gallery.
pub fn scenario() -> Scenario {
    Scenario {
        number: 20,
        name: "observation",
        about: "metrics that are scraped while they are written, and traces that follow a request across threads",
        variants: vec![
            Variant::proved("two-scrapes", "one observer, and two scrapes on its way", || {
                workload::scrapes_agree::<Correct>(1, 1, 2);
            }),
            Variant::proved("two-observers", "two observers count a request each, and somebody scrapes", || {
                workload::scrapes_agree::<Correct>(2, 1, 1);
            }),
            Variant::proved("two-traces", "the requests of two callers go to the same worker", || {
                workload::traces_follow::<Correct>(2, 1, 1);
            }),
            Variant::proved("a-request-dies", "a request panics beside another", workload::a_request_dies::<Correct>),
            Variant::survives("scraped", "ten observers count five requests each, and somebody scrapes", || {
                workload::scrapes_agree::<Correct>(10, 5, 5);
            })
            .schedules(300),
            Variant::survives("service", "ten callers send three requests each through a worker to a store", || {
                workload::traces_follow::<Correct>(10, 3, 2);
            })
            .schedules(300),
            Variant::survives("counted", "ten callers make three requests each, and somebody scrapes", || {
                workload::requests_are_counted::<Correct>(10, 3, 5);
            })
            .schedules(300),
            Variant::fails(
                "read-apart",
                "count and sum of a histogram are read one after the other, and a request comes between",
                Kind::Panic,
                "an inconsistent scrape",
                || workload::scrapes_agree::<ReadApart>(1, 1, 1),
            ),
            Variant::fails(
                "shared-slot",
                "the context is left in a slot, where the next request overwrites it",
                Kind::Panic,
                "is in a wrong trace",
                || workload::traces_follow::<SharedSlot>(2, 1, 1),
            ),
        ],
    }
}
