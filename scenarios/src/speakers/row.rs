//! The row of the gallery: what the conversation and its twins are put through.

use super::variant::{Correct, JoinsFirst, ReturnsFirst};
use super::workload;
use crate::gallery::{Kind, Scenario, Variant};

/// The row of the gallery.
pub fn scenario() -> Scenario {
    Scenario {
        number: 1,
        name: "spawn-order",
        about: "speakers that talk at the same time, and a join that waits for all of them",
        variants: vec![
            Variant::proved("two-speakers", "two speakers with two lines each", || {
                workload::conversation::<Correct>(2, 2);
            }),
            Variant::survives("crowd", "forty speakers with five lines each", || {
                workload::conversation::<Correct>(40, 5);
            }),
            Variant::fails(
                "returns-first",
                "the conversation is over before the speakers have spoken",
                Kind::Panic,
                "are lost",
                || workload::conversation::<ReturnsFirst>(2, 2),
            ),
            Variant::fails(
                "joins-first",
                "the conversation waits for the speaker that started first, and the other is cut off",
                Kind::Panic,
                "lines of speaker 1 are lost",
                || workload::conversation::<JoinsFirst>(2, 2),
            ),
        ],
    }
}
