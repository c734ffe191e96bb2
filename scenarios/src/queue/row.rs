//! The row of the gallery: what the queue and its twins are put through.

use super::variant::{ClockBeforeQueue, Correct, IfInsteadOfWhile, LostAtStop, WrongSide};
use super::workload::{self, Size};
use crate::gallery::{Kind, Scenario, Variant};

/// Each consumer has its own item, if nobody takes it away.
const FAN_OUT: Size = Size { producers: 1, consumers: 2, items: 2, capacity: 2 };

/// No room to run ahead: the two sides take turns.
const TURNS: Size = Size { producers: 1, consumers: 1, items: 2, capacity: 1 };

/// Two producers want the same room.
const FAN_IN: Size = Size { producers: 2, consumers: 1, items: 1, capacity: 1 };

/// Two producers wait for a consumer that makes room for both of them and leaves.
const ROOM_FOR_EACH: Size = Size { producers: 2, consumers: 1, items: 2, capacity: 2 };

/// Two consumers wait for a producer that brings an item for each of them, and as many more as fill
/// the queue.
const ITEM_FOR_EACH: Size = Size { producers: 1, consumers: 2, items: 4, capacity: 2 };

/// A service on a busy day.
const CROWD: Size = Size { producers: 10, consumers: 10, items: 10, capacity: 5 };

/// The row of the gallery.
pub fn scenario() -> Scenario {
    Scenario {
        number: 2,
        name: "producer-consumer",
        about: "a bounded blocking queue between several producers and several consumers",
        variants: vec![
            Variant::proved("turns", "one producer and one consumer take turns at a queue of one", || {
                workload::conservation::<Correct>(TURNS);
            }),
            Variant::proved("fan-out", "two consumers compete for the two items of a producer", || {
                workload::conservation::<Correct>(FAN_OUT);
            }),
            Variant::proved(
                "room-for-each",
                "two waiting producers both find the room that one consumer makes",
                || {
                    workload::progress::<Correct>(ROOM_FOR_EACH);
                },
            ),
            Variant::proved(
                "item-for-each",
                "two waiting consumers both find the item that one producer brings",
                || {
                    workload::progress::<Correct>(ITEM_FOR_EACH);
                },
            ),
            Variant::proved("patient-stop", "a stop that waits until the last item is taken", || {
                workload::patient_stop::<Correct>(FAN_IN);
            }),
            Variant::proved(
                "forced-stop",
                "a stop that waits for nobody cuts into two producers and a consumer",
                || {
                    workload::forced_stop::<Correct>(FAN_IN);
                },
            ),
            Variant::proved("graceful-stop", "the time of a stop is up just when the consumer comes back", || {
                workload::graceful_stop::<Correct>(FAN_IN);
            }),
            Variant::proved("pop-timeout", "an item comes just when one of two waiting consumers gives up", || {
                workload::pop_timeout::<Correct>();
            }),
            Variant::proved("push-timeout", "room appears just when one of two waiting producers gives up", || {
                workload::push_timeout::<Correct>();
            }),
            Variant::survives("crowd", "ten producers, ten consumers, a hundred items", || {
                workload::conservation::<Correct>(CROWD);
            }),
            Variant::survives("crowd-stopped", "the same, and a stop comes in between", || {
                workload::graceful_stop::<Correct>(CROWD);
            }),
            Variant::fails(
                "if-instead-of-while",
                "a woken consumer does not look again, and finds that the other took its item",
                Kind::Panic,
                "woken, so the queue holds an item",
                || workload::conservation::<IfInsteadOfWhile>(FAN_OUT),
            ),
            Variant::fails(
                "wrong-side",
                "a push wakes the producers, so a waiting consumer sleeps beside its item",
                Kind::Deadlock,
                "waits for a notification",
                || workload::conservation::<WrongSide>(TURNS),
            ),
            Variant::fails(
                "lost-at-forced-stop",
                "the stop clears the queue, and an item that was accepted is gone",
                Kind::Panic,
                "delivered or left over, exactly once",
                || workload::forced_stop::<LostAtStop>(FAN_IN),
            ),
            Variant::fails(
                "lost-at-graceful-stop",
                "the time is up first, and the item that was still there is gone",
                Kind::Panic,
                "delivered or left over, exactly once",
                || workload::graceful_stop::<LostAtStop>(FAN_IN),
            ),
            Variant::fails(
                "clock-before-item",
                "a consumer is woken for the item and gives up, and the other is never told",
                Kind::Deadlock,
                "waits for a notification",
                workload::pop_timeout::<ClockBeforeQueue>,
            ),
            Variant::fails(
                "clock-before-room",
                "a producer is woken for the room and gives up, and the other is never told",
                Kind::Deadlock,
                "waits for a notification",
                workload::push_timeout::<ClockBeforeQueue>,
            ),
        ],
    }
}
