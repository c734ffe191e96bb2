//! The row of the gallery: what the queue and its twins are put through.

use super::variant::{
    ClockBeforeQueue, Correct, IfInsteadOfWhile, LostAtStop, ReadAgain, ReadTwice, RetryInQueue, WrongSide,
};
use super::workload::history::{self, Operation};
use super::workload::work::{self, Shop};
use super::workload::{self, Size, overflow};
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

/// One item is in memory, one on disk, and one comes.
const SPILLED: Size = Size { producers: 1, consumers: 1, items: 2, capacity: 1 };

/// More than fits into memory by far.
const FLOOD: Size = Size { producers: 5, consumers: 5, items: 10, capacity: 3 };

/// One worker, and room for one job.
const SMALL_SHOP: Shop = Shop { workers: 1, capacity: 1, attempts: 2 };

/// A shop on a busy day, and how often its jobs fail.
const BUSY_SHOP: Shop = Shop { workers: 6, capacity: 4, attempts: 3 };
const BUSY_DAY: [u32; 24] = [0, 1, 0, 2, 0, 3, 1, 0, 0, 9, 0, 1, 2, 0, 3, 0, 0, 1, 0, 0, 2, 9, 0, 0];

/// The row of the gallery.
pub fn scenario() -> Scenario {
    Scenario {
        number: 2,
        name: "producer-consumer",
        about: "a bounded queue that waits, drops or spills to a file when it is full, and workers that retry what fails",
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
            Variant::proved("linearizable", "two tasks push and pop, and some order of it all explains it", || {
                let one = vec![Operation::PushTimeout(1), Operation::TryPop];
                let other = vec![Operation::TryPush(2), Operation::PopTimeout];
                history::linearizable::<Correct>(&[one, other], 1);
            }),
            Variant::proved("drops", "the patience of a producer is over before the slow consumer comes back", || {
                overflow::drops::<Correct>(FAN_IN);
            }),
            Variant::proved("spills", "a producer does not wait, and what does not fit comes back from disk", || {
                overflow::spills::<Correct>(SPILLED);
            }),
            Variant::proved("left-by-another", "two consumers share what an earlier process left on disk", || {
                overflow::left_by_another::<Correct>(3, 2, 2);
            }),
            Variant::proved("restart", "a forced stop, and the next process finds what is on disk", || {
                overflow::restart::<Correct>(SPILLED);
            }),
            Variant::proved("pulled-plug", "the process dies at any moment, and what it leaves is complete", || {
                overflow::pulled_plug::<Correct>(1, 2, 1);
            }),
            Variant::proved("retries", "a job fails once and is done, and another fails until it is put aside", || {
                work::retries::<Correct>(SMALL_SHOP, &[1, 2]);
            })
            // On a clock that moves at any step even an endless patience may end.
            .under_its_rules(),
            Variant::proved("stopped-work", "the time of a stop is up when a worker tries its job again", || {
                work::stopped::<Correct>(SMALL_SHOP, &[1, 0]);
            }),
            Variant::proved("a-worker-dies", "the handler panics, and the other worker goes on", || {
                work::a_worker_dies::<Correct>(2);
            })
            // On a clock that moves at any step even an endless patience may end.
            .under_its_rules(),
            Variant::survives("flood", "fifty items for a memory of three, and a restart in between", || {
                overflow::restart::<Correct>(FLOOD);
            })
            .schedules(300),
            Variant::survives(
                "busy-shop",
                "six workers and a stop in between: some jobs fail, two of them for ever",
                || {
                    work::stopped::<Correct>(BUSY_SHOP, &BUSY_DAY);
                },
            )
            .schedules(300),
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
            Variant::fails(
                "spill-read-twice",
                "the lock of the file is given back while an item is read, and two consumers read the same",
                Kind::Panic,
                "delivered or left over, exactly once",
                || overflow::left_by_another::<ReadTwice>(3, 2, 2),
            ),
            Variant::fails(
                "spill-read-again",
                "a forced stop returns an item from the file, and the next process reads it again",
                Kind::Panic,
                "delivered or left over, exactly once",
                || overflow::restart::<ReadAgain>(SPILLED),
            ),
            Variant::fails(
                "retry-in-queue",
                "the only worker waits for room in the full queue, for the job that failed",
                Kind::Deadlock,
                "waits for a notification",
                || work::retries::<RetryInQueue>(SMALL_SHOP, &[1, 0, 0]),
            ),
        ],
    }
}
