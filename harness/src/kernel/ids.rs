//! The small integers by which the kernel knows tasks and objects.
//!
//! They index arrays of one execution and mean nothing outside it: names that survive an execution are built
//! by the engine, from the path of creation.

use std::fmt;

/// A task of one execution: a simulated thread, or the clock.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TaskId(pub(crate) u32);

impl TaskId {
    /// The virtual clock, which is a task in the schedule.
    pub(crate) const CLOCK: TaskId = TaskId(0);
    /// The task that runs the test closure.
    pub(crate) const ROOT: TaskId = TaskId(1);
    /// No task: the end of a list, an owner that is not there.
    pub(crate) const NONE: TaskId = TaskId(u32::MAX);

    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }

    /// This task, or `None` for [`TaskId::NONE`].
    pub(crate) fn some(self) -> Option<TaskId> {
        (self != TaskId::NONE).then_some(self)
    }
}

impl fmt::Debug for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            TaskId::CLOCK => f.write_str("clock"),
            TaskId::NONE => f.write_str("nobody"),
            TaskId(n) => write!(f, "task{n}"),
        }
    }
}

/// A shared object of one execution.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ObjectId(pub(crate) u32);

impl ObjectId {
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "object{}", self.0)
    }
}
