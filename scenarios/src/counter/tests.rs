//! The counter and its twins, explored; and one caller alone.

#[cfg(feature = "sim")]
use proptest::collection::vec;
#[cfg(feature = "sim")]
use proptest::prelude::*;

#[cfg(feature = "sim")]
use super::variant::Correct;
#[cfg(feature = "sim")]
use super::workload::{self, Call};
use super::{Counter, OutOfRange};

crate::testing::row!(super::scenario);

#[cfg(feature = "sim")]
#[test]
fn the_guarantees_hold_for_any_number_of_callers() {
    crate::testing::explore_with(&super::scenario(), (0..5_usize, 0..4_usize, 0..6_u64), |(callers, each, limit)| {
        workload::additions::<Correct>(callers, each);
        workload::limit::<Correct>(callers, limit);
        workload::reports::<Correct>(callers, each, 3);
    });
}

#[cfg(feature = "sim")]
#[test]
fn it_is_linearizable_whatever_is_called() {
    let call = || {
        prop_oneof![
            (0..4_u64).prop_map(Call::Add),
            (0..4_u64).prop_map(Call::Subtract),
            Just(Call::Take),
            Just(Call::Get)
        ]
    };
    let plans = vec(vec(call(), 0..5), 0..4);
    crate::testing::explore_with(&super::scenario(), (plans, 0..5_u64), |(plans, limit)| {
        workload::linearizable::<Correct>(plans, limit);
    });
}

/// The places are the lines of `add` and `take` on which they reach for the count.
#[cfg(feature = "sim")]
#[test]
fn a_data_race_names_both_accesses_and_where_both_tasks_were_created() {
    let row = super::scenario();
    let twin = row.variants.iter().find(|variant| variant.name() == "unsynchronised").expect("it is in the row");
    let report = row.checker(twin).explore(twin.program());
    let finding = report.finding().expect("it is a data race");

    let line_of =
        |source: &str, text: &str| 1 + source.lines().position(|line| line.contains(text)).expect("it is there");
    let (component, workload) = (include_str!("mod.rs"), include_str!("workload.rs"));
    for function in ["pub fn add(", "pub fn take("] {
        let place = format!("counter/mod.rs:{}:", 1 + line_of(component, function));
        assert!(finding.message().contains(&place), "no {place} in {}", finding.message());
    }
    for task in ["caller 0", "reporter"] {
        assert!(finding.message().contains(task), "no {task} in {}", finding.message());
    }
    let reports = line_of(workload, "pub fn reports");
    let page = finding.render();
    let rest = workload.lines().skip(reports).collect::<Vec<_>>().join("\n");
    for start in ["start(format!(\"caller {caller}\")", "start(\"reporter\""] {
        let spawned = format!("spawned at scenarios/src/counter/workload.rs:{}:", reports + line_of(&rest, start));
        assert!(page.contains(&spawned), "not {spawned} in {page}");
    }
}

#[test]
fn what_does_not_fit_is_not_counted_in_part() {
    let counter: Counter = Counter::up_to(10);
    assert_eq!(counter.add(7), Ok(7));
    assert_eq!(counter.add(4), Err(OutOfRange::AboveLimit { count: 7, limit: 10 }));
    assert_eq!(counter.add(u64::MAX), Err(OutOfRange::AboveLimit { count: 7, limit: 10 }));
    assert_eq!(counter.subtract(8), Err(OutOfRange::BelowZero { count: 7 }));
    assert_eq!((counter.add(3), counter.subtract(10)), (Ok(10), Ok(0)));
}

#[test]
fn a_counter_without_a_limit_ends_with_its_type() {
    let counter: Counter = Counter::default();
    assert_eq!(counter.limit(), u64::MAX);
    assert_eq!(counter.add(u64::MAX), Ok(u64::MAX));
    let full = counter.add(1).expect_err("there is no number after it");
    assert_eq!(full.to_string(), format!("the count is {max}, and must not exceed {max}", max = u64::MAX));
    assert_eq!((counter.take(), counter.take()), (u64::MAX, 0));
}
