//! Vector clocks: which steps of each task come before a step (Mattern, 1989; Fidge, 1988).

use std::ops::Deref;

use smallvec::SmallVec;

use super::ids::TaskId;

/// Clocks grow by so many tasks at a time.
pub(crate) const WIDTH: usize = 8;

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
