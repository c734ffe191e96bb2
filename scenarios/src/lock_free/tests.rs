//! The counter, the stack and their twins, explored; and one caller alone.

#[cfg(feature = "sim")]
use proptest::collection::vec;
#[cfg(feature = "sim")]
use proptest::prelude::*;

#[cfg(feature = "sim")]
use super::variant::Correct;
#[cfg(feature = "sim")]
use super::workload::{self, Call};
use super::{Counter, Full, Stack};

crate::testing::row!(super::scenario);

#[cfg(feature = "sim")]
#[test]
fn the_guarantees_hold_for_any_number_of_callers() {
    crate::testing::explore_with(&super::scenario(), (0..5_u32, 0..4_u32), |(callers, number)| {
        workload::limit::<Correct>(callers as usize, number.into());
        workload::conserved::<Correct>(callers, number);
        workload::emptied::<Correct>(callers, number);
        workload::full::<Correct>(callers, number);
    });
}

#[cfg(feature = "sim")]
#[test]
fn it_is_linearizable_whatever_is_called() {
    let call = || prop_oneof![2 => (0..9_u32).prop_map(Call::Push), 2 => Just(Call::Pop), 1 => Just(Call::PopAll)];
    let plans = vec(vec(call(), 0..6), 0..4);
    crate::testing::explore_with(&super::scenario(), plans, workload::linearizable::<Correct>);
}

#[test]
fn the_last_in_is_the_first_out() {
    let stack: Stack<_> = Stack::with_capacity(3);
    assert!((1..=3).all(|item| stack.push(item).is_ok()));
    assert_eq!(stack.push(4), Err(Full(4)));
    assert_eq!(stack.pop(), Some(3));
    assert_eq!(stack.push(5), Ok(()));
    assert_eq!(stack.pop_all(), [5, 2, 1]);
    assert_eq!((stack.pop(), stack.pop_all()), (None, vec![]));
    assert!((1..=3).all(|item| stack.push(item).is_ok()), "all nodes are free again");
}

#[test]
fn what_is_left_is_dropped_with_the_stack() {
    let item = std::sync::Arc::new(());
    let stack: Stack<_> = Stack::with_capacity(2);
    assert!([&item, &item].map(Clone::clone).into_iter().all(|item| stack.push(item).is_ok()));
    assert_eq!(std::sync::Arc::strong_count(&item), 3);
    drop(stack.pop());
    assert_eq!(std::sync::Arc::strong_count(&item), 2);
    drop(stack);
    assert_eq!(std::sync::Arc::strong_count(&item), 1);
}

#[test]
fn a_stack_without_room_takes_nothing() {
    let stack: Stack<_> = Stack::with_capacity(0);
    assert_eq!((stack.capacity(), stack.pop()), (0, None));
    let full = stack.push("item").expect_err("there is no room");
    assert_eq!((full.to_string().as_str(), full.0), ("there is no room", "item"));
}

#[test]
fn the_counter_ends_with_its_type() {
    let counter: Counter = Counter::up_to(u64::MAX);
    assert_eq!(counter.add(u64::MAX), Ok(u64::MAX));
    assert_eq!((counter.add(1), counter.get()), (Err(Full(1)), u64::MAX));
    assert_eq!((counter.take(), counter.take()), (u64::MAX, 0));
}
