//! What the counter and the stack are put through: small programs that check their guarantees from outside.

use reweave::history::{History, Model};
use reweave::sync::Arc;
use reweave::thread::{self, JoinHandle};

use super::variant::Policy;
use super::{Counter, Full, Stack};

/// More callers come to the counter than there is room for: as many as there is room for are accepted, and the others are told so.
///
/// # Panics
/// When a guarantee of the counter does not hold.
pub fn limit<P: Policy>(callers: usize, limit: u64) {
    let counter = Arc::new(Counter::<P>::up_to(limit));
    let add = |caller| start(format!("caller {caller}"), &counter, |counter| counter.add(1));
    let answers: Vec<_> = (0..callers).map(add).collect::<Vec<_>>().into_iter().map(join).collect();

    let mut numbers: Vec<_> = answers.into_iter().flatten().collect();
    numbers.sort_unstable();
    let room = limit.min(callers as u64);
    assert!(numbers.iter().copied().eq(1..=room), "there was room for {room}, and {numbers:?} were accepted");
    assert_eq!(counter.get(), room, "who is refused is not counted");
}

/// Everybody pushes an item and pops one, in turn: there is always one to pop, and always a node to push with, because no more
/// than one for each caller are in use. So nodes are used again all the time, and every item comes out once.
///
/// # Panics
/// When a guarantee of the stack does not hold.
pub fn conserved<P: Policy>(callers: u32, each: u32) {
    let stack = Arc::new(Stack::<_, P>::with_capacity(callers));
    let take_turns = |caller| {
        start(format!("caller {caller}"), &stack, move |stack| {
            let turn = |number| {
                assert_eq!(stack.push((caller, number)), Ok(()), "there is a node for each caller");
                stack.pop().expect("whoever has pushed finds an item")
            };
            (0..each).map(turn).collect::<Vec<_>>()
        })
    };
    let callers_at_work: Vec<_> = (0..callers).map(take_turns).collect();
    let mut popped: Vec<_> = callers_at_work.into_iter().flat_map(join).collect();

    assert_eq!(stack.pop(), None, "everything has been popped");
    popped.sort_unstable();
    let pushed = (0..callers).flat_map(|caller| (0..each).map(move |number| (caller, number)));
    assert!(popped.into_iter().eq(pushed), "every item comes out once");
}

/// Callers pop an item each from a stack of a few, while somebody takes all and pushes one again: every item is somewhere, once.
///
/// # Panics
/// When a guarantee of the stack does not hold.
pub fn emptied<P: Policy>(callers: u32, items: u32) {
    let stack = Arc::new(Stack::<_, P>::with_capacity(items + 1));
    (0..items).for_each(|item| assert_eq!(stack.push(item), Ok(())));
    let pop = |caller| start(format!("caller {caller}"), &stack, |stack| Vec::from_iter(stack.pop()));
    let mut threads: Vec<_> = (0..callers).map(pop).collect();
    threads.push(start("sweeper".to_owned(), &stack, move |stack| {
        let all = stack.pop_all();
        assert!(all.is_sorted_by(|above, below| above > below), "what is on top comes first: {all:?}");
        assert_eq!(stack.push(items), Ok(()), "there is room for one more than there were");
        all
    }));

    let mut seen: Vec<_> = threads.into_iter().flat_map(join).collect();
    seen.extend(std::iter::from_fn(|| stack.pop()));
    seen.sort_unstable();
    assert!(seen.iter().copied().eq(0..=items), "every item is somewhere, once: {seen:?}");
}

/// More is pushed than there is room for: as much as there is room for is accepted, and the rest is given back.
///
/// # Panics
/// When a guarantee of the stack does not hold.
pub fn full<P: Policy>(callers: u32, capacity: u32) {
    let stack = Arc::new(Stack::<_, P>::with_capacity(capacity));
    let push = |caller| start(format!("caller {caller}"), &stack, move |stack| stack.push(caller));
    let pushing: Vec<_> = (0..callers).map(push).collect();
    let given_back: Vec<_> =
        pushing.into_iter().filter_map(|pushing| join(pushing).err()).map(|Full(item)| item).collect();

    let mut all = stack.pop_all();
    assert_eq!(all.len(), capacity.min(callers) as usize, "the stack is as full as it can be");
    all.extend(given_back);
    all.sort_unstable();
    assert!(all.into_iter().eq(0..callers), "what is not on the stack was given back");
}

/// What can be asked of a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// [`Stack::push`].
    Push(u32),
    /// [`Stack::pop`].
    Pop,
    /// [`Stack::pop_all`].
    PopAll,
}

/// A stack to somebody who is alone with it, with the top at the end. It answers with what it gives out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct Pile(Vec<u32>);

impl Model for Pile {
    type Operation = Call;
    type Answer = Vec<u32>;

    fn apply(&mut self, call: &Call) -> Vec<u32> {
        match *call {
            Call::Push(item) => {
                self.0.push(item);
                Vec::new()
            }
            Call::Pop => Vec::from_iter(self.0.pop()),
            Call::PopAll => std::mem::take(&mut self.0).into_iter().rev().collect(),
        }
    }
}

/// Every caller makes the calls that stand in its plan, and there is room for all: there is an order of the calls in which a
/// stack that is used by one task alone gives the same answers.
///
/// # Panics
/// When a guarantee of the stack does not hold.
pub fn linearizable<P: Policy>(plans: impl IntoIterator<Item = Vec<Call>>) {
    let plans: Vec<_> = plans.into_iter().collect();
    let room = plans.iter().flatten().filter(|call| matches!(call, Call::Push(_))).count();
    let stack = Arc::new(Stack::<_, P>::with_capacity(u32::try_from(room).expect("plans are short")));
    let history = History::new();
    let follow = |(caller, plan): (usize, Vec<Call>)| {
        let history = history.clone();
        start(format!("caller {caller}"), &stack, move |stack| {
            for call in plan {
                history.record(call, || match call {
                    Call::Push(item) => {
                        stack.push(item).expect("there is room for all");
                        Vec::new()
                    }
                    Call::Pop => Vec::from_iter(stack.pop()),
                    Call::PopAll => stack.pop_all(),
                });
            }
        })
    };
    let calling: Vec<_> = plans.into_iter().enumerate().map(follow).collect();

    calling.into_iter().for_each(join);
    history.assert_linearizable(Pile::default());
}

/// In an explanation a thread was created where this is called.
#[track_caller]
fn start<C: Send + Sync + 'static, T: Send + 'static>(
    name: String,
    shared: &Arc<C>,
    run: impl FnOnce(&C) -> T + Send + 'static,
) -> JoinHandle<T> {
    let shared = Arc::clone(shared);
    thread::Builder::new().name(name).spawn(move || run(&shared)).expect("there are threads enough")
}

fn join<T>(thread: JoinHandle<T>) -> T {
    thread.join().expect("a thread comes to its end")
}
