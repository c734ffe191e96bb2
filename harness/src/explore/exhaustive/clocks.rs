//! What exhaustive exploration asks of vector clocks, and many of them in one piece of memory.

use crate::kernel::TaskId;
use crate::kernel::vector_clock::WIDTH;
pub(crate) use crate::kernel::vector_clock::{VectorClock, join, steps};

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
