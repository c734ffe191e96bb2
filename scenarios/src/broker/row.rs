//! The row of the gallery: what the broker, its shop and their twins are put through.

use super::pipeline::{Progress, Station};
use super::variant::{AcknowledgesFirst, ChargesTwice, Correct, LateAcknowledgement};
use super::workload::{self, Day, Size};
use crate::gallery::{Kind, Scenario, Variant};

/// Two groups have the same message.
const TWO_GROUPS: Size = Size { partitions: 1, producers: 1, messages: 1, groups: 2, consumers: 1 };

/// Two consumers of a group want the same message.
const ONE_MESSAGE: Size = Size { partitions: 1, producers: 1, messages: 1, groups: 1, consumers: 2 };

/// One consumer, and a log.
const LOGGED: Size = Size { partitions: 1, producers: 1, messages: 2, groups: 1, consumers: 1 };

/// News for everybody.
const BROADCAST: Size = Size { partitions: 4, producers: 4, messages: 5, groups: 3, consumers: 3 };

/// One order, and a worker at each station.
const FIRST_ORDER: Day = Day { partitions: 1, orders: 1, workers: 1, death: None };

/// A day on which workers die.
const BUSY_DAY: Day = Day { partitions: 4, orders: 20, workers: 3, death: Some((Station::Points, Progress::Changed)) };

/// The row of the gallery.
pub fn scenario() -> Scenario {
    Scenario {
        number: 16,
        name: "message-broker",
        about: "topics in partitions, groups that acknowledge, and a shop in which each order counts once",
        variants: vec![
            Variant::proved("two-groups", "a message is published, and two groups have it", || {
                workload::everybody_has_it::<Correct>(TWO_GROUPS);
            }),
            Variant::proved("two-consumers", "two consumers of a group want the same message, and one has it", || {
                workload::everybody_has_it::<Correct>(ONE_MESSAGE);
            }),
            Variant::proved("slow-worker", "a lease runs out, and its holder comes back when another works", || {
                workload::a_slow_worker::<Correct>();
            }),
            Variant::proved("dead-letter", "a message always fails, and those behind it do not wait for ever", || {
                workload::dead_letters::<Correct>(LOGGED, 2);
            })
            // A lease that runs out early is an attempt as well.
            .simulated(),
            Variant::proved("restart", "the broker is halted, and the next process goes on with its log", || {
                workload::restart::<Correct>(LOGGED);
            }),
            Variant::proved("dies-before", "a worker dies before it takes an order from the stock", || {
                workload::orders::<Correct>(Day { death: Some((Station::Stock, Progress::Begun)), ..FIRST_ORDER });
            }),
            Variant::proved("dies-after", "a worker dies before it acknowledges what it took from the stock", || {
                workload::orders::<Correct>(Day { death: Some((Station::Stock, Progress::Changed)), ..FIRST_ORDER });
            }),
            Variant::survives("broadcast", "four producers, and three groups of three consumers", || {
                workload::everybody_has_it::<Correct>(BROADCAST);
            })
            .schedules(300),
            Variant::survives("busy-day", "twenty orders, and workers that die in the middle of them", || {
                workload::orders::<Correct>(BUSY_DAY);
            })
            .schedules(300),
            Variant::fails(
                "acknowledges-first",
                "the worker dies, and with it the order that it had acknowledged",
                Kind::Panic,
                "each order counts once at each station",
                || {
                    let death = Some((Station::Stock, Progress::Begun));
                    workload::orders::<AcknowledgesFirst>(Day { death, ..FIRST_ORDER });
                },
            ),
            Variant::fails(
                "charges-twice",
                "the worker dies before it acknowledges, and the next one takes the order from the stock again",
                Kind::Panic,
                "each order counts once at each station",
                || {
                    let death = Some((Station::Stock, Progress::Changed));
                    workload::orders::<ChargesTwice>(Day { death, ..FIRST_ORDER });
                },
            ),
            Variant::fails(
                "charges-twice-when-late",
                "the lease runs out just before the acknowledgement, and another worker has the order, too",
                Kind::Panic,
                "each order counts once at each station",
                || workload::orders::<ChargesTwice>(Day { workers: 2, ..FIRST_ORDER }),
            )
            .elastic(),
            Variant::fails(
                "late-acknowledgement",
                "a slow worker acknowledges what another has in hand, and that one fails",
                Kind::Panic,
                "was settled, and nobody has done it",
                workload::a_slow_worker::<LateAcknowledgement>,
            ),
        ],
    }
}
