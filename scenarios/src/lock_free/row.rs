//! The row of the gallery: what the counter, the stack and their twins are put through.

use super::variant::{AddsBlindly, Correct, PublishesRelaxed, Untagged};
use super::workload::{self, Call};
use crate::gallery::{Kind, Scenario, Variant};

/// The row of the gallery.
pub fn scenario() -> Scenario {
    Scenario {
        number: 8,
        name: "lock-free",
        about: "a counter by compare-and-swap, and a stack that uses its nodes again",
        variants: vec![
            Variant::proved("limit", "three callers come to a counter with room for two", || {
                workload::limit::<Correct>(3, 2);
            }),
            Variant::proved("conserved", "two callers push and pop, and there are two nodes", || {
                workload::conserved::<Correct>(2, 1);
            }),
            Variant::proved("emptied", "one caller pops while another takes all and pushes", || {
                workload::emptied::<Correct>(1, 2);
            }),
            Variant::proved("full", "three callers push, and there is room for two", || {
                workload::full::<Correct>(3, 2);
            }),
            Variant::proved("linearizable", "one caller pushes and pops while another takes all", || {
                workload::linearizable::<Correct>([vec![Call::Push(1), Call::Pop], vec![Call::Push(2), Call::PopAll]]);
            }),
            Variant::survives("crowd", "twelve callers push and pop eight times each", || {
                workload::conserved::<Correct>(12, 8);
            })
            .schedules(200),
            Variant::survives("swept", "ten callers pop while another takes all and pushes", || {
                workload::emptied::<Correct>(10, 15);
            }),
            Variant::survives("mixture", "four callers push, pop and take all", || {
                let plan = |caller| vec![Call::Push(caller), Call::Push(10 + caller), Call::Pop, Call::PopAll];
                workload::linearizable::<Correct>((0..4).map(plan));
            }),
            Variant::fails(
                "adds-blindly",
                "two callers see that there is room for one, and both add",
                Kind::Panic,
                "there was room for 1, and [1, 2] were accepted",
                || workload::limit::<AddsBlindly>(2, 1),
            ),
            Variant::fails(
                "untagged",
                "a node is popped and pushed while somebody looks at it, who then puts on top what was below it",
                Kind::Panic,
                "a node of the stack carries an item",
                || workload::emptied::<Untagged>(1, 2),
            ),
            Variant::fails(
                "publishes-relaxed",
                "a caller pops a node, and nothing orders that after the writing of its item",
                Kind::DataRace,
                "nothing orders that with the write by",
                || workload::conserved::<PublishesRelaxed>(2, 1),
            ),
        ],
    }
}
