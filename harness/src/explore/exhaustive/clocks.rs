//! Vector clocks: which steps of each task come before a step.

use std::ops::Deref;

use smallvec::SmallVec;

use crate::kernel::TaskId;

/// Clocks grow by so many tasks at a time.
const WIDTH: usize = 8;

/// By task, how many of its steps are covered; tasks beyond the end have none.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct VectorClock(SmallVec<[u32; 16]>);

impl Deref for VectorClock {
    type Target = [u32];

    fn deref(&self) -> &[u32] {
        &self.0
    }
}

impl Clone for VectorClock {
    // As one block, which the vector's own does not do.
    fn clone(&self) -> VectorClock {
        VectorClock::of(self)
    }
}

impl VectorClock {
    /// A copy of `clock`.
    pub(crate) fn of(clock: &[u32]) -> VectorClock {
        VectorClock(SmallVec::from_slice(clock))
    }

    #[inline]
    pub(crate) fn set(&mut self, task: TaskId, steps: u32) {
        if task.index() >= self.0.len() {
            self.0.resize((task.index() + 1).next_multiple_of(WIDTH), 0);
        }
        self.0[task.index()] = steps;
    }

    #[inline]
    pub(crate) fn join(&mut self, other: &[u32]) {
        if other.len() > self.0.len() {
            self.0.resize(other.len(), 0);
        }
        join(&mut self.0, other);
    }

    /// Leaves what `other` covers, too.
    pub(crate) fn meet(&mut self, other: &[u32]) {
        self.0.truncate(other.len());
        self.0.iter_mut().zip(other).for_each(|(mine, theirs)| *mine = (*mine).min(*theirs));
    }
}

/// How many steps of `task` the clock covers.
#[inline]
pub(crate) fn steps(clock: &[u32], task: TaskId) -> u32 {
    clock.get(task.index()).copied().unwrap_or(0)
}

/// Covers everything that `other`, which is not longer, covers.
#[inline]
pub(crate) fn join(clock: &mut [u32], other: &[u32]) {
    // Whole chunks are compared at once.
    let ((mine, mine_left), (theirs, theirs_left)) = (clock.as_chunks_mut::<WIDTH>(), other.as_chunks::<WIDTH>());
    for (mine, theirs) in mine.iter_mut().zip(theirs) {
        for task in 0..WIDTH {
            mine[task] = mine[task].max(theirs[task]);
        }
    }
    if !theirs_left.is_empty() {
        let rest = if mine.len() > theirs.len() { &mut mine[theirs.len()][..] } else { mine_left };
        rest.iter_mut().zip(theirs_left).for_each(|(mine, theirs)| *mine = (*mine).max(*theirs));
    }
}

/// Whether everything that `other` covers is covered.
#[inline]
pub(crate) fn covers(clock: &[u32], other: &[u32]) -> bool {
    let ((mine, mine_left), (theirs, theirs_left)) = (clock.as_chunks::<WIDTH>(), other.as_chunks::<WIDTH>());
    if clock.len() != other.len() || !mine_left.is_empty() || !theirs_left.is_empty() {
        return other.iter().enumerate().all(|(task, theirs)| *theirs <= steps(clock, TaskId(task as u32)));
    }
    mine.iter()
        .zip(theirs)
        .all(|(mine, theirs)| (0..WIDTH).fold(true, |covers, task| covers & (theirs[task] <= mine[task])))
}

/// Whether everything that `other` covers is covered, leaving out the steps of `task`.
#[inline]
pub(crate) fn covers_but(clock: &[u32], other: &[u32], task: TaskId) -> bool {
    let common = clock.len().min(other.len());
    let missing = clock[..common].iter().zip(&other[..common]).filter(|(mine, theirs)| theirs > mine).count();
    let beyond = other[common..].iter().filter(|theirs| **theirs > 0).count();
    missing + beyond == usize::from(steps(other, task) > steps(clock, task))
}

/// A stack of clocks of one length, which is at least the number of tasks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clocks {
    words: Vec<u32>,
    width: usize,
}

impl Clocks {
    /// Makes room for so many tasks.
    pub(crate) fn widen(&mut self, tasks: usize) {
        if tasks <= self.width {
            return;
        }
        let width = tasks.max(self.width * 2).next_multiple_of(WIDTH);
        let mut words = Vec::with_capacity(self.words.len() / self.width.max(1) * width);
        for clock in self.words.chunks_exact(self.width.max(1)) {
            words.extend_from_slice(clock);
            words.resize(words.len() + width - self.width, 0);
        }
        (self.words, self.width) = (words, width);
    }

    pub(crate) fn len(&self) -> usize {
        self.words.len().checked_div(self.width).unwrap_or(0)
    }

    pub(crate) fn truncate(&mut self, length: usize) {
        self.words.truncate(length * self.width);
    }

    #[inline]
    pub(crate) fn get(&self, at: usize) -> &[u32] {
        &self.words[at * self.width..][..self.width]
    }

    /// Adds a clock that covers nothing.
    pub(crate) fn push(&mut self) {
        self.words.resize(self.words.len() + self.width, 0);
    }

    /// Adds a clock that is also elsewhere, or covers as much.
    pub(crate) fn push_copy(&mut self, clock: &[u32]) {
        self.words.extend_from_slice(clock);
    }

    /// Adds a copy of the clock at `at`.
    pub(crate) fn push_again(&mut self, at: usize) {
        self.words.extend_from_within(at * self.width..(at + 1) * self.width);
    }

    #[inline]
    pub(crate) fn last_mut(&mut self) -> &mut [u32] {
        let at = self.words.len() - self.width;
        &mut self.words[at..]
    }

    /// The last clock, with another one.
    #[inline]
    pub(crate) fn last_with(&mut self, at: usize) -> (&mut [u32], &[u32]) {
        let end = self.words.len() - self.width;
        let (before, last) = self.words.split_at_mut(end);
        (last, &before[at * self.width..][..self.width])
    }
}
