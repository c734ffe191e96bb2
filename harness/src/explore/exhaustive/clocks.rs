//! Vector clocks: which steps of each task come before a step.

use std::ops::Deref;

use smallvec::SmallVec;

use crate::kernel::TaskId;

/// By task, how many of its steps are covered; tasks beyond the end have none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct VectorClock(SmallVec<[u32; 16]>);

impl Deref for VectorClock {
    type Target = [u32];

    fn deref(&self) -> &[u32] {
        &self.0
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
            self.0.resize(task.index() + 1, 0);
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
        for (task, mine) in self.0.iter_mut().enumerate() {
            *mine = (*mine).min(other.get(task).copied().unwrap_or(0));
        }
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
    for (mine, theirs) in clock.iter_mut().zip(other) {
        *mine = (*mine).max(*theirs);
    }
}

/// Whether everything that `other` covers is covered.
#[inline]
pub(crate) fn covers(clock: &[u32], other: &[u32]) -> bool {
    let common = clock.len().min(other.len());
    clock[..common].iter().zip(&other[..common]).all(|(mine, theirs)| theirs <= mine)
        && other[common..].iter().all(|theirs| *theirs == 0)
}

/// Whether everything that `other` covers is covered, leaving out the steps of `task`.
#[inline]
pub(crate) fn covers_but(clock: &[u32], other: &[u32], task: TaskId) -> bool {
    let covered = |(at, theirs): (usize, &u32)| at == task.index() || *theirs <= clock.get(at).copied().unwrap_or(0);
    other.iter().enumerate().all(covered)
}

/// A stack of clocks of one length, which is at least the number of tasks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clocks {
    words: Vec<u32>,
    width: usize,
}

/// Clocks grow by so many tasks at a time.
const WIDTH: usize = 8;

impl Clocks {
    /// Makes room for so many tasks.
    pub(crate) fn widen(&mut self, tasks: usize) {
        if tasks <= self.width {
            return;
        }
        let width = tasks.next_power_of_two().max(WIDTH);
        let mut words = Vec::with_capacity(self.words.len() / self.width.max(1) * width);
        for clock in self.words.chunks_exact(self.width.max(1)) {
            words.extend_from_slice(clock);
            words.resize(words.len() + width - self.width, 0);
        }
        (self.words, self.width) = (words, width);
    }

    pub(crate) fn len(&self) -> usize {
        if self.width == 0 { 0 } else { self.words.len() / self.width }
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
