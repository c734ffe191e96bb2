//! The row of the gallery: what the bank, the fair lock and their twins are put through.

use super::variant::{Correct, InStep, NewestFirst, OppositeOrder};
use super::workload::{self, Request};
use crate::gallery::{Kind, Scenario, Variant};

/// Two transfers in opposite directions.
const CROSSING: &[(usize, usize)] = &[(0, 1), (1, 0)];

/// Three transfers, each from where the last one goes to.
const CIRCLE: &[(usize, usize)] = &[(0, 1), (1, 2), (2, 0)];

/// Ten clerks and four accounts.
const RUSH: &[(usize, usize)] = &[(0, 1), (1, 0), (1, 2), (2, 1), (2, 3), (3, 2), (3, 0), (0, 3), (0, 2), (2, 0)];

/// After how many steps something counts as endless that comes to an end after a hundred.
const ENDLESS: usize = 1_500;

/// The row of the gallery.
pub fn scenario() -> Scenario {
    Scenario {
        number: 12,
        name: "transfers",
        about: "transfers that lock two accounts at a time, and a lock that is fair",
        variants: vec![
            Variant::proved("crossing", "two transfers in opposite directions", || {
                workload::transfers::<Correct>(2, CROSSING);
            }),
            Variant::proved("circle", "three transfers, each from where the last one goes to", || {
                workload::transfers::<Correct>(3, CIRCLE);
            }),
            Variant::proved("statement", "a statement is made in the middle of two transfers", || {
                let [there, back] = [Request::Transfer(0, 1, 60), Request::Transfer(1, 0, 150)];
                workload::linearizable::<Correct>(2, &[vec![there], vec![back], vec![Request::Balances]]);
            }),
            Variant::proved("empties", "two settlements want all of the same account", || {
                workload::linearizable::<Correct>(3, &[vec![Request::Empty(0, 1)], vec![Request::Empty(0, 2)]]);
            }),
            Variant::proved("impatient", "two settlements in opposite directions have little time", || {
                workload::impatient_settlements::<Correct>(2, 2);
            }),
            Variant::proved("order-of-arrival", "three come while the lock is held", || {
                workload::order_of_arrival::<Correct>(3);
            })
            // Who comes when is known on a clock that nobody else moves.
            .simulated(),
            Variant::proved("exclusion", "three threads count under the fair lock", || {
                workload::exclusion::<Correct>(3, 1);
            }),
            Variant::proved("gives-up", "the lock is given back just when somebody gives up", || {
                workload::gives_up::<Correct>();
            }),
            Variant::proved("served", "a customer comes once, and two tellers come again and again", || {
                workload::busy::<Correct>(2);
            })
            .simulated(),
            Variant::survives("rush", "ten transfers among four accounts", || {
                workload::transfers::<Correct>(4, RUSH);
            }),
            Variant::survives("settles", "two settlements collide until chance sets them apart", || {
                workload::crossing_settlements::<Correct>();
            }),
            Variant::survives("round", "twenty impatient settlements in a circle", || {
                workload::impatient_settlements::<Correct>(20, 10);
            })
            .schedules(300),
            Variant::survives("rush-hour", "a customer comes once, and twenty tellers come again and again", || {
                workload::busy::<Correct>(20);
            })
            .simulated()
            .schedules(300),
            Variant::fails(
                "opposite-order",
                "two transfers in opposite directions each hold what the other waits for",
                Kind::Deadlock,
                "held by clerk 1 (2)",
                || workload::transfers::<OppositeOrder>(2, CROSSING),
            ),
            Variant::fails(
                "closed-circle",
                "three transfers wait for each other in a circle",
                Kind::Deadlock,
                "held by clerk 2 (3)",
                || workload::transfers::<OppositeOrder>(3, CIRCLE),
            ),
            Variant::fails(
                "in-step",
                "two settlements step back for the same time, and collide again, for ever",
                Kind::Livelock,
                "no end after",
                workload::crossing_settlements::<InStep>,
            )
            .max_steps(ENDLESS),
            Variant::fails(
                "newest-first",
                "two tellers pass the lock to each other, and a customer waits for ever",
                Kind::Starvation,
                "customer 0 (3) starves",
                || workload::busy::<NewestFirst>(2),
            )
            .max_steps(ENDLESS),
        ],
    }
}
