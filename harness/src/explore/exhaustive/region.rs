//! A region: what comes after one step, explored by one worker at a time with a tree of its own.
//!
//! Its tree has a root that stands for the node from which the step is taken, and one edge: that step. What an execution finds
//! below it is entered at once, by whoever executed it; what it finds above waits for the end of the round. Regions are
//! never parts of one another, so that no walk below a region's step leaves the region.

use std::sync::Arc;

use super::guide::{Guide, Led};
use super::loops::Loops;
use super::races::{Rest, Reversal};
use super::shadow::Shadow;
use super::survey::Key;
use super::tree::{Planning, Step, Task, Tree};
use crate::explore::exploration::Shared;
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
}

impl Execution {
    /// Whether the region may go on before this is counted.
    pub(super) fn goes_on(&self, shared: &Shared) -> bool {
        self.led != Led::TooLarge && (shared.settings.keep_going || !self.outcome.has_failed())
    }
}

impl Region {
    /// Enters what an execution in lane `number` found, as far as it is in this region.
    pub(super) fn enter(
        &mut self,
        guide: &Guide,
        shadow: &mut Shadow,
        number: usize,
        mut found: Vec<Reversal>,
        execution: &mut Execution,
    ) {
        let Region { tree, task, .. } = self;
        if matches!(guide.led, Led::Astray { .. } | Led::TooLarge) {
            // Nothing that was found below holds.
            tree.grow(task, number, &[], |_| &[]);
            tree.close(task.step);
            return;
        }
        let moves = guide.moves();
        tree.grow(task, number, &moves, |index| guide.sleep(index));
        found.sort_by_key(|reversal| reversal.at);
        let depth = tree.node(Tree::ROOT).depth as usize;
        for reversal in found {
            if reversal.at <= depth && tree.part {
                execution.deferred.push(reversal);
                continue;
            }
            let mut rest = Rest::new(&guide.trace, shadow, &reversal);
            tree.insert((task.path[reversal.at], task.from(reversal.at)), &mut rest, guide.planning);
        }
        if !moves.is_empty() {
            let last = if moves.len() == 1 { task.step } else { (task.path[task.path.len() - 1], 0) };
            tree.close(last);
            tree.sweep();
        }
    }

    /// Takes note of what an execution found out about the program. Returns whether that may change what a step is.
    pub(super) fn learn(&mut self, guide: &Guide, known: &Loops) -> bool {
        let asks = guide.asks && !guide.finish_apart;
        self.asks |= guide.asks;
        known.lacks(&guide.loops) && self.loops.learn(&guide.loops) || asks
    }
}

/// Where a region is explored: what it is to do in this round, and what came of it.
#[derive(Debug)]
pub(super) struct Berth {
    pub(super) region: Option<Region>,
    pub(super) planning: Planning,
    pub(super) loops: Arc<Loops>,
    /// How many executions it may have in this round.
    pub(super) quota: u64,
}

impl Berth {
    /// The first has the first execution of all.
    pub(super) fn first(number: usize, planning: Planning) -> Berth {
        Berth { region: (number == 0).then(Region::first), planning, loops: Arc::default(), quota: 1 }
    }
}
