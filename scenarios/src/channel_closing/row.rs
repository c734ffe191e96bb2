//! The row of the gallery: what the feed and its twins are put through.

use super::variant::{Correct, FirstCloses, NobodyCloses, TwoClosers};
use super::workload::{self, Size};
use crate::gallery::{Kind, Scenario, Variant};

/// One sender, who closes.
const ALONE: Size = Size { sources: 1, items: 2, receivers: 2, capacity: 1 };

/// Two senders, for whom somebody else closes.
const TWO: Size = Size { sources: 2, items: 1, receivers: 1, capacity: 0 };

/// A sender without an end, and two receivers of whom either may stop it.
const EITHER: Size = Size { sources: 1, items: 0, receivers: 2, capacity: 0 };

/// A service on a busy day.
const CROWD: Size = Size { sources: 10, items: 10, receivers: 5, capacity: 4 };

/// The row of the gallery.
pub fn scenario() -> Scenario {
    Scenario {
        number: 5,
        name: "channel-closing",
        about: "many sources that send into one channel, which is closed when the last of them has ended",
        variants: vec![
            Variant::proved("alone", "one sender closes, and two receivers drain", || {
                workload::complete::<Correct>(ALONE);
            }),
            Variant::proved("two-sources", "a coordinator closes for two senders", || {
                workload::complete::<Correct>(TWO);
            }),
            Variant::proved("seen-enough", "two receivers stop a sender that would go on for ever", || {
                workload::seen_enough::<Correct>(EITHER, 1);
            }),
            Variant::proved("dropped", "the only receiver goes, and two senders end", || {
                workload::dropped::<Correct>(TWO);
            }),
            Variant::proved("in-the-background", "a loop in the background ends when everything is received", || {
                workload::in_the_background::<Correct>(TWO);
            }),
            Variant::survives("crowd", "ten senders with ten items each, and five receivers", || {
                workload::complete::<Correct>(CROWD);
            })
            .schedules(150),
            Variant::survives("crowd-stops", "five receivers stop ten senders that would go on for ever", || {
                workload::seen_enough::<Correct>(CROWD, 2);
            })
            .schedules(300),
            Variant::fails(
                "two-closers",
                "two receivers find the channel open, and both close it",
                Kind::Panic,
                "close of closed channel",
                || workload::seen_enough::<TwoClosers>(EITHER, 0),
            ),
            Variant::fails(
                "first-closes",
                "the sender that ends first closes the channel, and the other sends",
                Kind::Panic,
                "send on closed channel",
                || workload::complete::<FirstCloses>(TWO),
            ),
            Variant::fails(
                "nobody-closes",
                "everything is received, and a loop in the background waits for more",
                Kind::Leak,
                "can never finish: it waits",
                || workload::in_the_background::<NobodyCloses>(TWO),
            ),
        ],
    }
}
