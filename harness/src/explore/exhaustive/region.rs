//! A region: what comes after one step, explored by one worker at a time with a tree of its own.
//!
//! Its tree has a root that stands for the node from which the step is taken, and one edge: that step. What an execution finds
//! below it is entered at once, by whoever executed it; what it finds above waits for the end of the round. Regions are
//! never parts of one another, so that no walk below a region's step leaves the region.

use super::guide::Led;
use super::loops::Loops;
use super::races::Reversal;
use super::survey::Key;
use super::tree::{Step, Task, Tree};
use crate::explore::led::Outcome;

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Region {
    /// The step, in the whole tree.
    pub(super) step: Step,
    pub(super) tree: Tree,
    pub(super) task: Task,
    /// Nothing is known: it is that of the first execution.
    pub(super) first: bool,
    /// The executions of this round.
    pub(super) executions: Vec<Execution>,
    /// What they found out about the program.
    pub(super) asks: bool,
    pub(super) loops: Loops,
}

/// What is to be said of an execution when the round ends.
#[derive(Debug)]
pub(super) struct Execution {
    pub(super) outcome: Outcome,
    pub(super) led: Led,
    pub(super) released: bool,
    /// Single steps were planned although there are timers.
    pub(super) loses_timers: bool,
    pub(super) single_steps: bool,
    /// Its class, where that is looked at.
    pub(super) key: Option<Key>,
    #[cfg(test)]
    pub(super) class: Option<super::tests::brute::Class>,
    /// The lane in which it is, if that is still needed, and what is to be entered above the region.
    pub(super) lane: Option<usize>,
    pub(super) deferred: Vec<Reversal>,
}

impl Region {
    /// Of the first execution of all.
    pub(super) fn first() -> Region {
        Region { first: true, ..Region::new(Tree::FIRST, Tree::new(), Task::default()) }
    }

    /// Of `step`, which `tree` was carved from; `task` shows what is above.
    pub(super) fn new(step: Step, tree: Tree, task: Task) -> Region {
        Region { step, tree, task, first: false, executions: Vec::new(), asks: false, loops: Loops::default() }
    }

    /// The depth of the node from which its step is taken.
    pub(super) fn depth(&self) -> usize {
        self.tree.node(Tree::ROOT).depth as usize
    }
}
