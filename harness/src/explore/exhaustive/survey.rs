//! What an execution that is led could have done otherwise, and how far it has come as a partial order: for explorations
//! that go through alternatives step by step.
//!
//! The class of a prefix of an execution is a hash of its partial order: a sum of hashes of its steps, each of which covers
//! the steps before it in the happens-before relation and not those that were merely taken earlier. So prefixes that
//! differ only in the order of steps that do not concern each other have one class, and the same state after them.

use std::sync::{Arc, PoisonError, RwLock};

use rustc_hash::FxHashSet;

use super::moves::{Move, TaskName};
use super::trace::Trace;
use crate::kernel::TaskId;

/// The class of a prefix, or such a class together with the task that stepped last.
///
/// 128 bits, so that two of `n` share a key with a probability below `n² / 2^129`.
pub(crate) type Key = u128;

/// A step that was possible.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Choice {
    /// How many steps had been taken.
    pub(crate) at: u32,
    pub(crate) made: Move,
    /// Whether it is of another task than the last step, whose task could have gone on.
    pub(crate) preempts: bool,
}

/// See the module's documentation.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    /// States from which everything was explored, or is going to be: an execution that comes to one ends there.
    visited: Option<Arc<RwLock<FxHashSet<Key>>>>,
    /// Every step that was possible after `from` steps and later, those that were taken included.
    pub(crate) choices: Vec<Choice>,
    from: usize,
    /// The state after so many steps, and one more each.
    states: Vec<Key>,
    /// The class of the prefix of each length, up to where anybody asked.
    classes: Vec<Key>,
}

impl Survey {
    pub(crate) fn new(visited: Option<Arc<RwLock<FxHashSet<Key>>>>) -> Survey {
        Survey { visited, ..Survey::default() }
    }

    /// Another execution begins, which has its first `kept` steps in common with the last.
    pub(super) fn begin(&mut self, kept: usize, from: usize) {
        self.classes.truncate(kept + 1);
        self.choices.clear();
        self.states.clear();
        self.from = from;
    }

    /// The state after `at` steps, the last of them by `current`. Returns whether to note what is possible there; `None` if
    /// the execution is to end.
    pub(super) fn arrive(&mut self, trace: &Trace, at: usize, current: TaskId) -> Option<bool> {
        if at < self.from {
            return Some(false);
        }
        let Some(visited) = &self.visited else { return Some(true) };
        let visited = Arc::clone(visited);
        let last = if current == TaskId::NONE { u64::MAX } else { trace.names.of(current).0 };
        let key = mix(self.class(trace, at), [last, 1]);
        self.states.push(key);
        let visited = visited.read().unwrap_or_else(PoisonError::into_inner);
        (!visited.contains(&key)).then_some(true)
    }

    /// The states of the execution, with what was possible in each.
    pub(crate) fn states(&self) -> impl Iterator<Item = (usize, Key, &[Choice])> {
        let mut choices = self.choices.as_slice();
        self.states.iter().enumerate().map(move |(index, key)| {
            let at = self.from + index;
            let (here, rest) = choices.split_at(choices.partition_point(|choice| choice.at as usize <= at));
            choices = rest;
            (at, *key, here)
        })
    }

    /// The class of the first `length` steps of `trace`.
    pub(crate) fn class(&mut self, trace: &Trace, length: usize) -> Key {
        if self.classes.is_empty() {
            self.classes.push(0);
        }
        while self.classes.len() <= length {
            let at = self.classes.len() - 1;
            let sum = self.classes[at].wrapping_add(class_of_step(trace, at));
            self.classes.push(sum);
        }
        self.classes[length]
    }
}

/// The class of the whole of `trace`.
pub(super) fn class_of(trace: &Trace) -> Key {
    (0..trace.events.len()).fold(0, |sum, at| sum.wrapping_add(class_of_step(trace, at)))
}

/// A hash of a step and of everything that comes before it.
fn class_of_step(trace: &Trace, at: usize) -> Key {
    let event = &trace.events[at];
    let tasks = (0..trace.names.len() as u32).map(TaskId);
    let past =
        tasks.fold(0_u128, |past, task| match (trace.names.of(task), super::clocks::steps(trace.clock(at), task)) {
            (_, 0) => past,
            (TaskName(name), steps) => past.wrapping_add(mix(2, [name, steps.into()])),
        });
    let step = mix(mix(3, [event.made.task.0, event.number.into()]), [event.made.outcome, event.outcome.end as u64]);
    mix(step, [past as u64, (past >> 64) as u64])
}

/// Mixes `words` into both halves of `key`, with the finaliser of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
fn mix(key: Key, words: [u64; 2]) -> Key {
    let finish = |mut bits: u64| {
        bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ bits >> 31
    };
    let (mut low, mut high) = (key as u64, (key >> 64) as u64);
    for word in words {
        low = finish((low ^ word).wrapping_add(0x9e37_79b9_7f4a_7c15));
        high = finish((high.rotate_left(23) ^ word).wrapping_add(0xd1b5_4a32_d192_ed03) ^ low);
    }
    u128::from(high) << 64 | u128::from(low)
}
