//! The row of the gallery: what the counter and its twins are put through.

use super::variant::{Correct, LoadThenStore, LocksTwice, Unsynchronised};
use super::workload::{self, Call};
use crate::gallery::{Kind, Scenario, Variant};

/// The row of the gallery.
pub fn scenario() -> Scenario {
    Scenario {
        number: 6,
        name: "counter",
        about: "a counter behind a mutex, between zero and a limit",
        variants: vec![
            Variant::proved("additions", "three callers add one twice each", || {
                workload::additions::<Correct>(3, 2);
            }),
            Variant::proved("limit", "three callers come, and there is room for two", || {
                workload::limit::<Correct>(3, 2);
            }),
            Variant::proved("reports", "two callers add while a reporter takes the count twice", || {
                workload::reports::<Correct>(2, 1, 2);
            }),
            Variant::proved("linearizable", "two callers add, subtract and take, and there is room for one", || {
                let plans = [vec![Call::Add(1), Call::Take], vec![Call::Add(1), Call::Subtract(1), Call::Get]];
                workload::linearizable::<Correct>(plans, 1);
            }),
            Variant::survives("crowd", "thirty callers add one twenty times each", || {
                workload::additions::<Correct>(30, 20);
            })
            .schedules(200),
            Variant::survives("sold-out", "forty callers come, and there is room for thirty", || {
                workload::limit::<Correct>(40, 30);
            }),
            Variant::survives("mixture", "six callers make eight calls each, and there is room for five", || {
                let plan = |caller: u64| [Call::Add(1 + caller % 3), Call::Subtract(1), Call::Add(1), Call::Take];
                let plans = (0..6).map(|caller| plan(caller).repeat(2));
                workload::linearizable::<Correct>(plans, 5);
            }),
            Variant::fails(
                "unsynchronised",
                "one caller adds while a reporter takes the count, and nothing orders the two",
                Kind::DataRace,
                "nothing orders that with the write by",
                || workload::reports::<Unsynchronised>(1, 1, 1),
            ),
            Variant::fails(
                "load-then-store",
                "two callers load the same count, and store the same sum",
                Kind::Panic,
                "an addition is lost",
                || workload::additions::<LoadThenStore>(2, 1),
            ),
            Variant::fails(
                "locks-twice",
                "two callers see that there is room for one, and both take it",
                Kind::Panic,
                "as many are accepted as there is room for",
                || workload::limit::<LocksTwice>(2, 1),
            ),
        ],
    }
}
