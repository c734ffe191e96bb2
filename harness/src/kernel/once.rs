//! One-time initialisation: new, running in some task, done, or poisoned by a panic.

use super::ids::TaskId;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Once {
    New,
    Running(TaskId),
    Done,
    Poisoned,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Op {
    /// Start the initialisation, or see that it is done; waits while another task runs it.
    Begin,
    /// The initialisation returned (`poison: false`) or panicked.
    End {
        poison: bool,
    },
    IsCompleted,
    /// Wait until it is done or poisoned.
    Wait,
}

/// What [`Op::Begin`] and [`Op::Wait`] found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Found {
    /// Nobody had started: the caller runs the initialisation.
    New,
    Done,
    /// An earlier initialisation panicked. After [`Op::Begin`] the caller runs it again if it wants to, and has to
    /// say [`Op::End`] either way.
    Poisoned,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Access {
    Read,
    Write,
}

impl Access {
    pub(crate) fn commutes(self, other: Access) -> bool {
        self == Access::Read && other == Access::Read
    }
}

impl Once {
    pub(crate) fn enabled(&self, op: &Op) -> bool {
        match op {
            Op::Begin => !matches!(self, Once::Running(_)),
            Op::Wait => matches!(self, Once::Done | Once::Poisoned),
            Op::End { .. } | Op::IsCompleted => true,
        }
    }

    /// Performs `op`; says what it found.
    pub(crate) fn apply(&mut self, task: TaskId, op: &Op) -> Found {
        let found = match self {
            Once::New | Once::Running(_) => Found::New,
            Once::Done => Found::Done,
            Once::Poisoned => Found::Poisoned,
        };
        match *op {
            Op::Begin if found != Found::Done => *self = Once::Running(task),
            Op::End { poison } => {
                debug_assert_eq!(*self, Once::Running(task), "only the initialising task ends it");
                *self = if poison { Once::Poisoned } else { Once::Done };
            }
            Op::Begin | Op::IsCompleted | Op::Wait => {}
        }
        found
    }
}
