//! Everything that there is to explore, in one table.

use std::fmt;

use crate::queue::variant::{ClockBeforeQueue, Correct, IfInsteadOfWhile, LostAtStop, WrongSide};
use crate::queue::workload::{self, Size};

/// One program to explore.
#[derive(Clone, Copy)]
pub struct Entry {
    /// The scenario: a component under one workload of one size.
    pub scenario: &'static str,
    /// The variant of the component: `"correct"`, or the name of a buggy twin.
    pub variant: &'static str,
    /// What an exploration must come to.
    pub expect: Expectation,
    /// The program. It can be run any number of times.
    pub run: fn(),
    /// What happens in it, in a sentence.
    pub summary: &'static str,
}

impl Entry {
    /// The name of its exploration, under which findings are saved: `reweave-scenarios::queue-turns::wrong-side`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("reweave-scenarios::{}::{}", self.scenario, self.variant)
    }
}

/// What the exploration of a program must come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expectation {
    /// No schedule fails.
    Correct,
    /// Some schedule fails, and in this way: `"panic"` or `"deadlock"`.
    Fails(&'static str),
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("scenario", &self.scenario)
            .field("variant", &self.variant)
            .field("expect", &self.expect)
            .field("summary", &self.summary)
            .finish_non_exhaustive()
    }
}

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

/// Every scenario with its correct component and its twins.
///
/// No two entries agree in both `scenario` and `variant`, and every twin stands below the correct
/// component under the same workload.
pub fn gallery() -> Vec<Entry> {
    vec![
        Entry {
            scenario: "queue-fan-out",
            variant: "correct",
            expect: Expectation::Correct,
            run: || workload::conservation::<Correct>(FAN_OUT),
            summary: "one producer and two consumers that compete for two items",
        },
        Entry {
            scenario: "queue-fan-out",
            variant: "if-instead-of-while",
            expect: Expectation::Fails("panic"),
            run: || workload::conservation::<IfInsteadOfWhile>(FAN_OUT),
            summary: "a woken consumer does not look again, and finds that the other took its item",
        },
        Entry {
            scenario: "queue-turns",
            variant: "correct",
            expect: Expectation::Correct,
            run: || workload::conservation::<Correct>(TURNS),
            summary: "one producer and one consumer hand two items over through a queue of one",
        },
        Entry {
            scenario: "queue-turns",
            variant: "wrong-side",
            expect: Expectation::Fails("deadlock"),
            run: || workload::conservation::<WrongSide>(TURNS),
            summary: "a push wakes the producers, so a waiting consumer sleeps beside its item",
        },
        Entry {
            scenario: "queue-room-for-each",
            variant: "correct",
            expect: Expectation::Correct,
            run: || workload::progress::<Correct>(ROOM_FOR_EACH),
            summary: "two waiting producers both find the room that one consumer makes",
        },
        Entry {
            scenario: "queue-item-for-each",
            variant: "correct",
            expect: Expectation::Correct,
            run: || workload::progress::<Correct>(ITEM_FOR_EACH),
            summary: "two waiting consumers both find the item that one producer brings",
        },
        Entry {
            scenario: "queue-patient-stop",
            variant: "correct",
            expect: Expectation::Correct,
            run: || workload::patient_stop::<Correct>(FAN_IN),
            summary: "a stop that waits for as long as it takes, until the last item is taken",
        },
        Entry {
            scenario: "queue-forced-stop",
            variant: "correct",
            expect: Expectation::Correct,
            run: || workload::forced_stop::<Correct>(FAN_IN),
            summary: "a stop that waits for nobody cuts into two producers and a consumer",
        },
        Entry {
            scenario: "queue-forced-stop",
            variant: "lost-at-stop",
            expect: Expectation::Fails("panic"),
            run: || workload::forced_stop::<LostAtStop>(FAN_IN),
            summary: "the stop clears the queue, and an item that was accepted is gone",
        },
        Entry {
            scenario: "queue-graceful-stop",
            variant: "correct",
            expect: Expectation::Correct,
            run: || workload::graceful_stop::<Correct>(FAN_IN),
            summary: "a stop whose time is up just when the consumer comes back for the next item",
        },
        Entry {
            scenario: "queue-graceful-stop",
            variant: "lost-at-stop",
            expect: Expectation::Fails("panic"),
            run: || workload::graceful_stop::<LostAtStop>(FAN_IN),
            summary: "the time is up first, and the item that was still there is gone",
        },
        Entry {
            scenario: "queue-pop-timeout",
            variant: "correct",
            expect: Expectation::Correct,
            run: workload::pop_timeout::<Correct>,
            summary: "an item comes just when one of two waiting consumers gives up",
        },
        Entry {
            scenario: "queue-pop-timeout",
            variant: "clock-before-queue",
            expect: Expectation::Fails("deadlock"),
            run: workload::pop_timeout::<ClockBeforeQueue>,
            summary: "a consumer is woken for the item and gives up, and the other is never told",
        },
        Entry {
            scenario: "queue-push-timeout",
            variant: "correct",
            expect: Expectation::Correct,
            run: workload::push_timeout::<Correct>,
            summary: "room appears just when one of two waiting producers gives up",
        },
        Entry {
            scenario: "queue-push-timeout",
            variant: "clock-before-queue",
            expect: Expectation::Fails("deadlock"),
            run: workload::push_timeout::<ClockBeforeQueue>,
            summary: "a producer is woken for the room and gives up, and the other is never told",
        },
    ]
}
