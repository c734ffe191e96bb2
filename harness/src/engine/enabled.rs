//! The tasks that can step.

use std::ops::Deref;

use crate::kernel::TaskId;

/// A list with room for every task of the execution, so that entering one is a store and nothing that could grow.
#[derive(Debug, Default)]
pub(crate) struct Enabled {
    tasks: Vec<TaskId>,
    count: usize,
}

impl Enabled {
    pub(super) fn clear(&mut self) {
        self.count = 0;
    }

    /// Makes room for as many tasks.
    #[inline]
    pub(super) fn make_room(&mut self, tasks: usize) {
        if self.tasks.len() < tasks {
            self.grow(tasks);
        }
    }

    #[cold]
    fn grow(&mut self, tasks: usize) {
        self.tasks.resize(tasks.next_power_of_two(), TaskId::NONE);
    }

    /// Enters a task; returns its position.
    #[inline(always)]
    pub(super) fn push(&mut self, task: TaskId) -> u32 {
        let position = self.count;
        self.tasks[position] = task;
        self.count += 1;
        position as u32
    }

    /// Takes out the task at `position`; returns the one that has moved there, or the same one if none has.
    #[inline(always)]
    pub(super) fn swap_remove(&mut self, position: u32) -> TaskId {
        self.count -= 1;
        let moved = self.tasks[self.count];
        self.tasks[position as usize] = moved;
        moved
    }
}

impl Deref for Enabled {
    type Target = [TaskId];

    #[inline(always)]
    fn deref(&self) -> &[TaskId] {
        &self.tasks[..self.count]
    }
}
