//! Vector clocks: which steps of each task come before a step.

use smallvec::SmallVec;

use crate::kernel::TaskId;

/// By task, how many of its steps are covered; tasks beyond the end have none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct VectorClock(SmallVec<[u32; 20]>);

impl VectorClock {
    #[inline]
    pub(crate) fn get(&self, task: TaskId) -> u32 {
        self.0.get(task.index()).copied().unwrap_or(0)
    }

    #[inline]
    pub(crate) fn set(&mut self, task: TaskId, steps: u32) {
        if task.index() >= self.0.len() {
            self.0.resize(task.index() + 1, 0);
        }
        self.0[task.index()] = steps;
    }

    #[inline]
    pub(crate) fn join(&mut self, other: &VectorClock) {
        if other.0.len() > self.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            *mine = (*mine).max(*theirs);
        }
    }

    /// Leaves what `other` covers, too.
    pub(crate) fn meet(&mut self, other: &VectorClock) {
        for (task, mine) in self.0.iter_mut().enumerate() {
            *mine = (*mine).min(other.0.get(task).copied().unwrap_or(0));
        }
    }

    /// Whether everything that `other` covers is covered.
    #[inline]
    pub(crate) fn covers(&self, other: &VectorClock) -> bool {
        other.0.iter().enumerate().all(|(task, steps)| *steps <= self.0.get(task).copied().unwrap_or(0))
    }

    /// Whether everything that `other` covers is covered, leaving out the steps of `task`.
    #[inline]
    pub(crate) fn covers_but(&self, other: &VectorClock, task: TaskId) -> bool {
        let covered = |(at, steps): (usize, &u32)| at == task.index() || *steps <= self.0.get(at).copied().unwrap_or(0);
        other.0.iter().enumerate().all(covered)
    }
}
