//! How much simpler a schedule became before it was shown.

use std::fmt;

use crate::checker::{counted, grouped};

/// How a schedule that fails was made simpler: see [`Checker::shrink_for`](crate::Checker::shrink_for).
///
/// It is written as `412 steps with 57 switches became 9 steps with 3 switches (2 preemptions; 31 tries)`. Steps and switches
/// are those that the explanation lists: births and ends of tasks are among them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shrunk {
    pub(crate) before: Size,
    pub(crate) after: Size,
    pub(crate) tries: u64,
    pub(crate) finished: bool,
    /// Every schedule with fewer preemptions was executed, and does not fail like this.
    pub(crate) fewest: bool,
    /// What is shown is the beginning of something that goes on for at least so many steps.
    pub(crate) endless: Option<u64>,
}

/// How large a schedule is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Size {
    /// Switches away from a task that could have gone on.
    pub(crate) preemptions: u64,
    /// Tasks that did anything.
    pub(crate) tasks: u64,
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

    /// How many tasks do anything, the root included.
    #[must_use]
    pub fn tasks(&self) -> u64 {
        self.after.tasks
    }

    /// How many tasks did anything in the execution that was found, the root included.
    #[must_use]
    pub fn tasks_before(&self) -> u64 {
        self.before.tasks
    }

    /// How often another task goes on than the last.
    #[must_use]
    pub fn switches(&self) -> u64 {
        self.after.switches
    }

    /// How often another task went on in the execution that was found.
    #[must_use]
    pub fn switches_before(&self) -> u64 {
        self.before.switches
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
        let size = |size: &Size| {
            let switches = counted(size.switches, "switch").replace("switchs", "switches");
            format!("{} with {switches}", counted(size.steps, "step"))
        };
        let left = match (self.endless, self.after.preemptions) {
            (Some(_), _) => "the tasks in turn".to_owned(),
            (None, 0) => "no preemption".to_owned(),
            (None, n) if self.fewest => format!("{}, the fewest possible", counted(n, "preemption")),
            (None, n) => counted(n, "preemption"),
        };
        let tries = if self.tries == 1 { "try" } else { "tries" };
        let before = match self.endless {
            // How often the tasks took turns was not counted.
            Some(steps) => counted(steps, "step"),
            None => size(&self.before),
        };
        let (after, count) = (size(&self.after), grouped(self.tries));
        let until = if self.finished { "" } else { " until time was up" };
        write!(f, "{before} became {after} ({left}; {count} {tries}{until})")?;
        match self.endless {
            Some(steps) => write!(f, "; it goes on like that for {}", counted(steps, "step")),
            None => Ok(()),
        }
    }
}
