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
    /// Wait until it is done, however often it is poisoned before.
    WaitDone,
}

/// What [`Op::Begin`] and the waiting operations found.
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
            Op::WaitDone => *self == Once::Done,
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
            Op::Begin | Op::IsCompleted | Op::Wait | Op::WaitDone => {}
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: TaskId = TaskId(1);
    const B: TaskId = TaskId(2);

    #[test]
    fn the_second_waits_for_the_first() {
        let mut once = Once::New;
        assert!(!once.enabled(&Op::Wait));
        assert_eq!(once.apply(A, &Op::Begin), Found::New);
        assert!(!once.enabled(&Op::Begin));
        assert_eq!(once.apply(B, &Op::IsCompleted), Found::New);
        once.apply(A, &Op::End { poison: false });
        assert_eq!(once.apply(B, &Op::Begin), Found::Done);
        assert_eq!(once, Once::Done);
    }

    #[test]
    fn a_poisoned_one_is_tried_again() {
        let mut once = Once::New;
        once.apply(A, &Op::Begin);
        once.apply(A, &Op::End { poison: true });
        assert!(once.enabled(&Op::Wait));
        assert_eq!(once.apply(B, &Op::Wait), Found::Poisoned);
        assert_eq!(once.apply(B, &Op::Begin), Found::Poisoned);
        assert_eq!(once, Once::Running(B));
        assert!(!once.enabled(&Op::Wait));
    }
}
