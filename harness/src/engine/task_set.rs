//! Sets of tasks, one bit for each.
//!
//! The first 64 tasks of an execution, which are all of them in most tests, share one word that is at hand. Those that
//! come after have words elsewhere. `FEW` says that there are none: whoever has seen that spares the hot path the calls that deal
//! with them, and the registers that calls cost even if they are not made.

use super::bits::set_bits;
use crate::kernel::TaskId;

#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(super) struct TaskSet {
    /// The tasks below 64.
    first: u64,
    /// The others, up to the greatest that was ever entered.
    rest: Vec<u64>,
}

impl TaskSet {
    #[inline]
    pub(super) fn clear(&mut self) {
        self.first = 0;
        self.rest.clear();
    }

    #[inline(always)]
    pub(super) fn is_empty<const FEW: bool>(&self) -> bool {
        debug_assert!(!FEW || self.rest.iter().all(|word| *word == 0));
        self.first == 0 && (FEW || self.rest.iter().all(|word| *word == 0))
    }

    /// Makes those whose bits these are the members, where tasks are few.
    #[inline(always)]
    pub(super) fn put_few(&mut self, bits: u64) {
        debug_assert!(self.rest.iter().all(|word| *word == 0));
        self.first = bits;
    }

    /// The words, the first one first.
    #[inline(always)]
    pub(super) fn words(&self) -> (u64, &[u64]) {
        (self.first, &self.rest)
    }

    #[inline(always)]
    pub(super) fn contains(&self, task: TaskId) -> bool {
        if task.0 < u64::BITS { self.first >> task.0 & 1 != 0 } else { self.contains_far(task) }
    }

    #[inline(never)]
    fn contains_far(&self, task: TaskId) -> bool {
        let (word, bit) = far(task);
        self.rest.get(word).is_some_and(|rest| rest & bit != 0)
    }

    /// Makes `task` a member or not.
    #[inline(always)]
    pub(super) fn set<const FEW: bool>(&mut self, task: TaskId, member: bool) {
        debug_assert!(!FEW || task.0 < u64::BITS);
        if FEW || task.0 < u64::BITS {
            self.first = set_bits(self.first, few_bit(task), member);
        } else {
            self.set_far(task, member);
        }
    }

    #[inline(never)]
    fn set_far(&mut self, task: TaskId, member: bool) {
        let (word, bit) = far(task);
        if self.rest.len() <= word {
            self.rest.resize(word + 1, 0);
        }
        if member {
            self.rest[word] |= bit;
        } else {
            self.rest[word] &= !bit;
        }
    }

    /// Makes all of `tasks` members or not.
    #[inline(always)]
    pub(super) fn set_all<const FEW: bool>(&mut self, tasks: &TaskSet, members: bool) {
        debug_assert!(!FEW || tasks.rest.is_empty());
        self.first = set_bits(self.first, tasks.first, members);
        if !FEW && !tasks.rest.is_empty() {
            self.set_all_far(tasks, members);
        }
    }

    #[inline(never)]
    fn set_all_far(&mut self, tasks: &TaskSet, members: bool) {
        if self.rest.len() < tasks.rest.len() {
            self.rest.resize(tasks.rest.len(), 0);
        }
        for (word, bits) in self.rest.iter_mut().zip(&tasks.rest) {
            *word = set_bits(*word, *bits, members);
        }
    }

    /// The first member from `task` on.
    pub(super) fn next_from(&self, task: TaskId) -> Option<TaskId> {
        let start = task.index() / BITS;
        let words = std::iter::once(&self.first).chain(&self.rest).enumerate().skip(start);
        words
            .map(|(at, word)| (at, if at == start { word & u64::MAX << (task.index() % BITS) } else { *word }))
            .find_map(|(at, word)| (word != 0).then(|| TaskId((at * BITS) as u32 + word.trailing_zeros())))
    }

    /// The members, the least first.
    pub(super) fn iter(&self) -> impl Iterator<Item = TaskId> + '_ {
        let words = std::iter::once(&self.first).chain(&self.rest).zip((0..).step_by(BITS));
        words.flat_map(|(word, least)| {
            let after = |bits: &u64| Some(bits & (bits - 1)).filter(|rest| *rest != 0);
            let left = std::iter::successors(Some(*word).filter(|word| *word != 0), after);
            left.map(move |bits| TaskId(least + bits.trailing_zeros()))
        })
    }
}

const BITS: usize = u64::BITS as usize;

/// The word among the rest in which `task` is, and its bit there.
fn far(task: TaskId) -> (usize, u64) {
    (task.index() / BITS - 1, 1 << (task.index() % BITS))
}

/// The bit of `task` where tasks are few.
#[inline(always)]
pub(super) fn few_bit(task: TaskId) -> u64 {
    1_u64.wrapping_shl(task.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn set(tasks: &BTreeSet<u32>) -> TaskSet {
        let mut set = TaskSet::default();
        tasks.iter().for_each(|task| set.set::<false>(TaskId(*task), true));
        set
    }

    fn members(set: &TaskSet) -> BTreeSet<u32> {
        set.iter().map(|task| task.0).collect()
    }

    proptest! {
        #[test]
        fn it_is_a_set(
            tasks in proptest::collection::btree_set(0_u32..300, 0..20),
            others in proptest::collection::btree_set(0_u32..300, 0..20),
            one in 0_u32..300,
        ) {
            let (ours, theirs) = (set(&tasks), set(&others));
            prop_assert_eq!(&members(&ours), &tasks);
            prop_assert_eq!(ours.contains(TaskId(one)), tasks.contains(&one));
            let mut both = ours.clone();
            both.set_all::<false>(&theirs, true);
            prop_assert_eq!(members(&both), &tasks | &others);
            both.set_all::<false>(&theirs, false);
            prop_assert_eq!(members(&both), &tasks - &others);
            let mut without = ours;
            without.set::<false>(TaskId(one), false);
            prop_assert_eq!(members(&without), &tasks - &[one].into());
        }
    }

    #[test]
    fn nobody_is_no_member() {
        assert!(!set(&[0, 63, 64].into()).contains(TaskId::NONE));
    }
}
