//! The tasks that can step.

use super::bits::{self, Quick, QuickWord};
use super::drawn::Drawn;
use super::task_set::TaskSet;
use crate::kernel::TaskId;

/// A set from which the `n`-th task can be taken, in the order of creation.
#[derive(Debug)]
pub(crate) struct Enabled {
    tasks: TaskSet,
    /// Whether the processor is quick.
    processor: Quick,
    /// Whether moreover all tasks of the execution are in the first word.
    quick: Quick,
}

/// A few tasks, of which the `n`-th can be taken without calling anything.
#[derive(Clone, Copy, Debug)]
pub(super) struct Few(QuickWord);

impl Few {
    /// Whether there is no more than one.
    #[inline(always)]
    pub(super) fn at_most_one(self) -> bool {
        self.0.at_most_one()
    }

    #[inline(always)]
    pub(super) fn is_empty(self) -> bool {
        self.0.is_zero()
    }

    /// The first, if there is one.
    #[inline(always)]
    pub(super) fn first(self) -> Option<TaskId> {
        (!self.is_empty()).then(|| self.nth(0))
    }

    /// Whether `task`, which is one of the first 64, is among them.
    #[inline(always)]
    pub(super) fn contains(self, task: TaskId) -> bool {
        self.0.has(task.0)
    }

    /// These, but with the tasks of `bits` among them or not.
    #[inline(always)]
    pub(super) fn with(self, bits: u64, can: bool) -> Few {
        Few(self.0.with(bits, can))
    }

    #[inline(always)]
    pub(super) fn count(self) -> u32 {
        self.0.count()
    }

    /// The `n`-th, counted from zero; there are more than `n`.
    #[inline(always)]
    pub(super) fn nth(self, n: u32) -> TaskId {
        TaskId(self.0.nth(n))
    }

    /// Whom a byte draws. None if they are not among the first.
    #[inline(always)]
    pub(super) fn drawn(self, byte: u8) -> Option<Drawn> {
        Drawn::from(self.0.get(), byte)
    }
}

impl Enabled {
    pub(super) fn new() -> Enabled {
        let processor = Quick::detect();
        Enabled { tasks: TaskSet::default(), processor, quick: processor }
    }

    #[inline]
    pub(super) fn clear(&mut self) {
        self.tasks.clear();
        self.quick = self.processor;
    }

    /// The execution has so many tasks now. Returns whether they are still few.
    #[inline]
    pub(super) fn make_room(&mut self, tasks: usize) -> bool {
        let few = tasks <= u64::BITS as usize;
        if !few {
            self.quick = Quick::NO;
        }
        few
    }

    #[inline(always)]
    pub(crate) fn contains(&self, task: TaskId) -> bool {
        self.tasks.contains(task)
    }

    /// The first one from `task` on, in the order of creation.
    pub(crate) fn next_from(&self, task: TaskId) -> Option<TaskId> {
        self.tasks.next_from(task)
    }

    /// Notes whether `task` can step.
    #[inline(always)]
    pub(super) fn set<const FEW: bool>(&mut self, task: TaskId, can: bool) {
        self.tasks.set::<FEW>(task, can);
    }

    /// Notes whether those of `tasks` can step.
    #[inline(always)]
    pub(super) fn set_all<const FEW: bool>(&mut self, tasks: &TaskSet, can: bool) {
        self.tasks.set_all::<FEW>(tasks, can);
    }

    /// All of them, if they are few and the processor is quick.
    #[inline(always)]
    pub(super) fn few(&self) -> Option<Few> {
        self.quick.word(self.tasks.words().0).map(Few)
    }

    /// Makes `few` all of them, where tasks are few.
    #[inline(always)]
    pub(super) fn put_few(&mut self, few: Few) {
        self.tasks.put_few(few.0.get());
    }

    #[inline(always)]
    pub(crate) fn is_empty(&self) -> bool {
        self.tasks.is_empty::<false>()
    }

    /// How many there are.
    #[inline]
    pub(crate) fn count(&self) -> u32 {
        match self.few() {
            Some(few) => few.count(),
            None => self.words().map(u64::count_ones).sum(),
        }
    }

    /// The `n`-th of them, counted from zero; there are more than `n`.
    #[inline]
    pub(crate) fn nth(&self, n: u32) -> TaskId {
        self.few().map_or_else(|| self.nth_far(n), |few| few.nth(n))
    }

    #[inline(never)]
    fn nth_far(&self, mut n: u32) -> TaskId {
        for (word, at) in self.words().zip((0..).step_by(u64::BITS as usize)) {
            let count = word.count_ones();
            if n < count {
                return TaskId(at + bits::nth(word, n));
            }
            n -= count;
        }
        unreachable!("there are not so many enabled tasks")
    }

    fn words(&self) -> impl Iterator<Item = u64> + '_ {
        let (first, rest) = self.tasks.words();
        std::iter::once(first).chain(rest.iter().copied())
    }

    /// All of them, the oldest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = TaskId> + '_ {
        self.tasks.iter()
    }
}
