//! Histories whose explanation is known, and an enumeration of all orders of small ones.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::{Call, Model, linearize};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Operation {
    Push(u8),
    Pop,
}

use Operation::{Pop, Push};

/// A queue; a push answers nothing.
#[derive(Clone, PartialEq, Eq, Hash, Default, Debug)]
struct Queue(VecDeque<u8>);

impl Model for Queue {
    type Operation = Operation;
    type Answer = Option<u8>;

    fn apply(&mut self, operation: &Operation) -> Option<u8> {
        match operation {
            Push(item) => {
                self.0.push_back(*item);
                None
            }
            Pop => self.0.pop_front(),
        }
    }
}

type QueueCall = Call<Operation, Option<u8>>;

fn call(task: &str, operation: Operation, answer: Option<u8>, time: (usize, usize)) -> QueueCall {
    Call::new(task, operation, time.0).answered(answer, time.1)
}

fn is_linearizable(calls: &[QueueCall]) -> bool {
    linearize(calls, &Queue::default()).is_ok()
}

#[test]
fn a_history_without_calls_has_an_explanation() {
    assert_eq!(linearize(&[], &Queue::default()), Ok(Vec::new()));
}

#[test]
fn one_after_the_other_the_answers_are_those_of_the_model() {
    let calls = [call("a", Push(1), None, (0, 1)), call("b", Push(2), None, (2, 3)), call("a", Pop, Some(1), (4, 5))];
    assert_eq!(linearize(&calls, &Queue::default()).unwrap(), calls);
    let overtaken =
        [call("a", Push(1), None, (0, 1)), call("b", Push(2), None, (2, 3)), call("a", Pop, Some(2), (4, 5))];
    assert!(!is_linearizable(&overtaken));
}

#[test]
fn calls_that_overlap_may_have_happened_in_either_order() {
    for first in [1, 2] {
        let calls =
            [call("a", Push(1), None, (0, 3)), call("b", Push(2), None, (1, 2)), call("a", Pop, Some(first), (4, 5))];
        assert!(is_linearizable(&calls), "{first}");
    }
}

/// The histories of a queue in figure 1 of Herlihy and Wing.
#[test]
fn the_queues_of_herlihy_and_wing() {
    let (x, y) = (1, 2);
    let a = [
        call("A", Push(x), None, (0, 2)),
        call("B", Push(y), None, (1, 3)),
        call("B", Pop, Some(x), (4, 6)),
        call("A", Pop, Some(y), (5, 7)),
    ];
    assert!(is_linearizable(&a));
    let b = [call("A", Push(x), None, (0, 1)), call("B", Push(y), None, (2, 3)), call("A", Pop, Some(y), (4, 5))];
    assert!(!is_linearizable(&b));
    let c = [call("A", Push(x), None, (0, 3)), call("B", Pop, Some(x), (1, 2))];
    assert!(is_linearizable(&c));
    let d = [
        call("A", Push(x), None, (0, 2)),
        call("B", Push(y), None, (1, 3)),
        call("A", Pop, Some(y), (4, 6)),
        call("C", Pop, Some(y), (5, 7)),
    ];
    assert!(!is_linearizable(&d));
}

#[test]
fn a_call_that_did_not_come_back_may_have_had_its_effect_at_any_time_later_or_not() {
    let pending = Call::new("a", Push(1), 0);
    let taken = [pending.clone(), call("b", Pop, Some(1), (1, 2))];
    let order = linearize(&taken, &Queue::default()).unwrap();
    assert_eq!(order, taken);
    let not_taken = [pending.clone(), call("b", Pop, None, (1, 2))];
    assert_eq!(linearize(&not_taken, &Queue::default()).unwrap(), not_taken[1..]);
    let late = [pending, call("b", Pop, None, (1, 2)), call("b", Pop, Some(1), (3, 4))];
    assert!(is_linearizable(&late));
    let before_it_began = [call("b", Pop, Some(1), (0, 1)), Call::new("a", Push(1), 2)];
    assert!(!is_linearizable(&before_it_began));
}

#[test]
fn the_shortest_history_without_explanation_is_shown() {
    let calls = [
        call("reader", Pop, None, (0, 1)),
        call("writer", Push(1), None, (2, 3)),
        call("slow", Push(9), None, (4, 11)),
        call("reader", Pop, Some(7), (5, 6)),
        call("reader", Pop, Some(1), (7, 8)),
        call("writer", Push(2), None, (9, 10)),
    ];
    let violation = linearize(&calls, &Queue::default()).unwrap_err();
    let expected = "\
not linearizable: no order of these 4 calls explains their answers (of 6 in all)

  reader  Pop → None      ├─┤
  writer  Push(1) → None      ├─┤
  slow    Push(9)                 ├─────
  reader  Pop → Some(7)             ├─┤

the model explains Pop → None, Push(1) → None
then Pop would have answered Some(1), not Some(7)";
    assert_eq!(violation.to_string(), expected);
    assert_eq!(violation.calls().len(), 4);
    assert!(violation.calls()[2].is_pending(), "it had not come back yet");
    assert_eq!(violation.longest_explained().count(), 2);
    assert!(is_linearizable(&calls[..3]));
}

#[test]
fn a_long_history_is_told_by_its_end() {
    let mut calls: Vec<QueueCall> = (0..100).map(|i| call("w", Push(7), None, (2 * i, 2 * i + 1))).collect();
    calls.push(call("r", Pop, Some(8), (200, 201)));
    let told = linearize(&calls, &Queue::default()).unwrap_err().to_string();
    assert!(told.contains("… 77 before") && told.ends_with("would have answered Some(7), not Some(8)"), "{told}");
}

/// Twelve calls that overlap have 479 million orders, and two to the power of twelve configurations.
#[test]
fn what_was_visited_is_not_visited_again() {
    #[derive(Clone, PartialEq, Eq, Hash)]
    struct Sum(u32);
    impl Model for Sum {
        type Operation = u32;
        type Answer = u32;
        fn apply(&mut self, amount: &u32) -> u32 {
            self.0 += amount;
            0
        }
        fn admits(&mut self, amount: &u32, answer: &u32) -> bool {
            self.0 += amount;
            *answer == 0 || *answer == self.0
        }
    }
    // All add one; then somebody sees a sum that is too large.
    let mut calls: Vec<Call<u32, u32>> = (0..12).map(|i| Call::new("adder", 1, i).answered(0, 100 + i)).collect();
    calls.push(Call::new("reader", 0, 50).answered(13, 51));
    assert!(linearize(&calls, &Sum(0)).is_err());
    calls[12].answer = Some((12, 51));
    assert_eq!(linearize(&calls, &Sum(0)).unwrap().len(), 13);
}

#[test]
#[should_panic(expected = "cannot end at 3")]
fn a_call_ends_after_it_began() {
    let _ = Call::new("a", Pop, 3).answered(None::<u8>, 3);
}

/// Whether an order of all that came back and some of the others keeps those apart that did not overlap, and has the answers
/// of the model: by trying all of them.
fn explained_by_enumeration(calls: &[QueueCall], taken: &mut Vec<usize>, model: &Queue) -> bool {
    let left: Vec<usize> = (0..calls.len()).filter(|index| !taken.contains(index)).collect();
    if left.iter().all(|index| calls[*index].is_pending()) {
        return true;
    }
    left.iter().any(|next| {
        let late = |index: &usize| calls[*index].returned().is_some_and(|end| end < calls[*next].invoked);
        if left.iter().any(late) {
            return false;
        }
        let mut after = model.clone();
        let answer = after.apply(&calls[*next].operation);
        if calls[*next].answer.is_some_and(|(given, _)| given != answer) {
            return false;
        }
        taken.push(*next);
        let explained = explained_by_enumeration(calls, taken, &after);
        taken.pop();
        explained
    })
}

/// Whether `order` is one that explains `calls`.
fn is_explanation(calls: &[QueueCall], order: &[QueueCall]) -> bool {
    let mut model = Queue::default();
    let answers = order.iter().all(|call| {
        let answer = model.apply(&call.operation);
        call.answer.is_none_or(|(given, _)| given == answer)
    });
    let complete = calls.iter().filter(|call| !call.is_pending()).all(|call| order.contains(call));
    let mut overtaken =
        order.iter().enumerate().flat_map(|(at, call)| order[at..].iter().map(move |later| (call, later)));
    let in_time = overtaken.all(|(call, later)| later.returned().is_none_or(|end| end >= call.invoked));
    answers && complete && in_time
}

/// Up to seven calls of any answers, each between two of 20 instants, some without an end.
fn histories() -> impl Strategy<Value = Vec<QueueCall>> {
    let operation = prop_oneof![(1..3_u8).prop_map(Push), Just(Pop)];
    let one = (operation, 0..3_u8, any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..8_u8);
    prop::collection::vec(one, 1..8).prop_map(|drawn| {
        // No two events have the same instant.
        let mut free: Vec<usize> = (0..20).collect();
        let calls = drawn.into_iter().map(|(operation, popped, one, other, comes_back)| {
            let (one, other) = (free.remove(one.index(free.len())), free.remove(other.index(free.len())));
            let call = Call::new("task", operation, one.min(other));
            let answer = if operation == Pop { (popped > 0).then_some(popped) } else { None };
            if comes_back == 0 { call } else { call.answered(answer, one.max(other)) }
        });
        calls.collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn the_search_agrees_with_an_enumeration_of_all_orders(calls in histories()) {
        let explained = explained_by_enumeration(&calls, &mut Vec::new(), &Queue::default());
        match linearize(&calls, &Queue::default()) {
            Ok(order) => prop_assert!(explained && is_explanation(&calls, &order), "{order:?}"),
            Err(violation) => {
                prop_assert!(!explained);
                let shortest = violation.calls();
                let enumerate = |calls: &[QueueCall]| explained_by_enumeration(calls, &mut Vec::new(), &Queue::default());
                prop_assert!(!enumerate(shortest));
                // Without its last return it has an explanation.
                let mut shorter = shortest.to_vec();
                let last = shorter.iter_mut().max_by_key(|call| call.returned()).expect("it has a call");
                last.answer = None;
                prop_assert!(enumerate(&shorter));
                let longest: Vec<QueueCall> = violation.longest_explained().cloned().collect();
                let explained_alone = longest.iter().chain(shortest.iter().filter(|call| call.is_pending())).cloned();
                prop_assert!(enumerate(&explained_alone.collect::<Vec<_>>()));
                prop_assert!(violation.to_string().starts_with("not linearizable"));
            }
        }
    }
}
