//! How many executions an exhaustive exploration will have, as far as can be told on the way.
//!
//! Knuth, *Estimating the efficiency of backtrack programs* (Mathematics of Computation 29, 1975): if at every node of a
//! tree each branch is as likely as its siblings, then the number of leaves that were met, divided by the probability to
//! meet one of them, is on average the number of all. A single estimate may be far off, so they are averaged by their
//! logarithms, where a later one, and one with more of the tree behind it, counts more.
//!
//! The branches of this tree become known one after the other, those near the root last: what is below the others has to
//! be explored to find the races that ask for them. So early estimates are too low, on the programs in the tests by a factor
//! of 2 to 8 at a tenth of the executions and of up to a hundred before a hundredth.

use super::tree::{EdgeState, NodeId, Tree};

/// An estimate is made whenever this part of the executions has been added.
const GROWTH: u64 = 20;

/// An estimate counts as much as the share of the executions that were there then, to this power.
const MEMORY: i32 = 8;

/// See the module's documentation.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(super) struct Estimate {
    /// The natural logarithm of the average.
    logarithm: f64,
    /// At how many executions the last estimate was made; 0 if there was none.
    sampled: u64,
}

impl Estimate {
    pub(super) fn parts(self) -> (f64, u64) {
        (self.logarithm, self.sampled)
    }

    pub(super) fn from_parts(logarithm: f64, sampled: u64) -> Estimate {
        if logarithm.is_finite() { Estimate { logarithm, sampled } } else { Estimate::default() }
    }

    /// Estimates again if enough has happened, or if the exploration ends here.
    pub(super) fn keep_up(&mut self, tree: &Tree, parts: &[Option<&Tree>], executed: u64, ends: bool) {
        if executed == 0 || (!ends && executed - self.sampled.min(executed) <= self.sampled / GROWTH) {
            return;
        }
        let explored = explored(tree, parts);
        let sample = (executed as f64).ln() - explored.max(f64::MIN_POSITIVE).ln();
        let aged = (self.sampled as f64 / executed as f64).powi(MEMORY);
        let weight = (1.0 - aged).max(explored);
        self.logarithm += weight * (sample - self.logarithm);
        if explored >= 1.0 {
            self.logarithm = sample;
        }
        self.sampled = executed;
    }

    /// How many executions there are in all, where `executed` were there already; none before the first.
    pub(super) fn total(self, executed: u64) -> Option<f64> {
        (self.sampled > 0).then(|| self.logarithm.exp().min(f64::MAX).max(executed as f64))
    }
}

/// Which share of the tree, as far as it is known, was explored: every edge counts as much as its siblings.
///
/// 1 if and only if everything was explored.
pub(super) fn explored(tree: &Tree, parts: &[Option<&Tree>]) -> f64 {
    if tree.is_finished() {
        return 1.0;
    }
    let mut open: Vec<(&Tree, NodeId, f64)> = vec![(tree, Tree::ROOT, 1.0)];
    let mut explored = 0.0;
    while let Some((tree, id, weight)) = open.pop() {
        let node = tree.node(id);
        let share = weight / node.edges.len().max(1) as f64;
        for edge in &node.edges {
            match edge.state {
                EdgeState::Done(_) => explored += share,
                EdgeState::Open(Some(next)) => open.push((tree, next, share)),
                EdgeState::Region(region) => {
                    open.extend(parts.get(region as usize).copied().flatten().map(|part| (part, Tree::ROOT, share)));
                }
                EdgeState::Open(None) | EdgeState::Planned(_) | EdgeState::Running(_) => {}
            }
        }
    }
    // Rounded sums of what is not the whole tree.
    explored.min(1.0 - f64::EPSILON)
}
