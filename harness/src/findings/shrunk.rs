//! How much simpler a schedule became before it was shown.

use std::fmt;

use crate::checker::{counted, grouped};

/// How a schedule that fails was made simpler: see [`Checker::shrink_for`](crate::Checker::shrink_for).
///
/// It is written as `412 steps with 57 switches became 9 steps with 2 preemptions (in 31 tries)`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shrunk {
    pub(crate) before: Size,
    pub(crate) after: Size,
    pub(crate) tries: u64,
    pub(crate) finished: bool,
    /// Every schedule with fewer preemptions was executed, and does not fail like this.
    pub(crate) fewest: bool,
}

/// How large a schedule is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Size {
    /// Switches away from a task that could have gone on.
    pub(crate) preemptions: u64,
    pub(crate) steps: u64,
    /// Decisions that are out of the ordinary, those included.
    pub(crate) edits: u64,
    pub(crate) switches: u64,
}

impl Shrunk {
    /// How many preemptions are left: switches away from a task that could have gone on.
    #[must_use]
    pub fn preemptions(&self) -> u64 {
        self.after.preemptions
    }

    /// How many steps the execution has.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.after.steps
    }

    /// How many preemptions the execution had that was found.
    #[must_use]
    pub fn preemptions_before(&self) -> u64 {
        self.before.preemptions
    }

    /// How many steps the execution had that was found.
    #[must_use]
    pub fn steps_before(&self) -> u64 {
        self.before.steps
    }

    /// Whether no schedule with fewer preemptions fails in the same way: all of them were executed.
    #[must_use]
    pub fn is_fewest(&self) -> bool {
        self.fewest
    }

    pub(crate) fn is_simpler(&self) -> bool {
        self.after < self.before
    }

    /// How many schedules were tried.
    #[must_use]
    pub fn tries(&self) -> u64 {
        self.tries
    }

    /// Whether everything was tried. If not, time was up.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.finished
    }
}

impl fmt::Display for Shrunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps = |size: &Size| counted(size.steps, "step");
        let left = match self.after.preemptions {
            0 => "no preemption".to_owned(),
            n => counted(n, "preemption"),
        };
        let tries = if self.tries == 1 { "try" } else { "tries" };
        write!(
            f,
            "{} with {} became {} with {left}{} (in {} {tries}{})",
            steps(&self.before),
            counted(self.before.preemptions, "preemption"),
            steps(&self.after),
            if self.fewest && self.after.preemptions > 0 { ", the fewest possible" } else { "" },
            grouped(self.tries),
            if self.finished { "" } else { ", until time was up" },
        )
    }
}
