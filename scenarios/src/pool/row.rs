//! The row of the gallery: what the pool, its layers and their twins are put through.

use super::variant::{CallsUnderLock, Correct, LostPlace};
use super::workload;
use crate::gallery::{Kind, Scenario, Variant};

/// The row of the gallery.
pub fn scenario() -> Scenario {
    Scenario {
        number: 18,
        name: "connection-pool",
        about: "a bounded pool of connections below a gateway, a service and a repository",
        variants: vec![
            Variant::proved("last-piece", "two clients share a connection and want the last piece", || {
                workload::sale::<Correct>(2, 1, 1);
            })
            // An hour of patience is over at once on a clock that may move at any step.
            .under_its_rules(),
            Variant::proved("in-time-or-busy", "the connection comes back just when two give up", || {
                workload::in_time_or_busy::<Correct>();
            }),
            Variant::proved("slow-database", "the database answers just when a request gives up", || {
                workload::slow_database::<Correct>(1, 1);
            })
            .under_its_rules(),
            Variant::proved("check", "a connection is checked while a transaction fails", || {
                workload::check_during_transaction::<Correct>(1);
            })
            .under_its_rules(),
            Variant::proved("outage", "the database goes down for a moment", || {
                workload::outage::<Correct>(1, 1);
            })
            .under_its_rules(),
            Variant::survives("rush", "twenty clients share four connections and want twelve pieces", || {
                workload::sale::<Correct>(20, 4, 12);
            })
            .under_its_rules()
            .schedules(200),
            Variant::survives("slow-rush", "twelve clients wait for a slow database", || {
                workload::slow_database::<Correct>(12, 4);
            })
            .under_its_rules()
            .schedules(200),
            Variant::survives("bad-day", "twelve clients, and the database goes down for a moment", || {
                workload::outage::<Correct>(12, 4);
            })
            .under_its_rules()
            .schedules(200),
            Variant::fails(
                "lost-place",
                "a request times out, and the place of its connection is never free again",
                Kind::Panic,
                "the database is well, so the service answers",
                || workload::slow_database::<LostPlace>(1, 1),
            ),
            Variant::fails(
                "calls-under-lock",
                "a check waits for a transaction, whose end waits for the lock under which the check is made",
                Kind::Deadlock,
                "held by client 1 (2)",
                || workload::check_during_transaction::<CallsUnderLock>(1),
            ),
        ],
    }
}
