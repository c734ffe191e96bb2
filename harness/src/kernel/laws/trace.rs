//! The law of a whole execution: exchanging independent neighbours changes the order of nothing else.
//!
//! An execution stands for the partial order that its dependent steps generate, and exploration reverses one
//! dependence after the other. That reaches everything only if all executions that stand for one order agree on it:
//! labels that count may change by an exchange, but whether two steps are ordered must not.

use std::fmt::Write;

use super::checker::{Relation, Step};
use crate::kernel::{Op, World, life};

/// The order of at most this many steps is looked at.
pub(super) const MAX_STEPS: usize = u64::BITS as usize;

/// An execution.
pub(super) struct Trace<'a> {
    start: World,
    relation: Relation<'a>,
    steps: Vec<Step>,
    /// Which step stands where: steps are known by their first position.
    names: Vec<usize>,
    /// By name: the steps that this one depends on, as bits.
    dependent: Vec<u64>,
}

impl<'a> Trace<'a> {
    pub(super) fn new(start: World, relation: Relation<'a>, steps: Vec<Step>) -> Trace<'a> {
        let names = (0..steps.len()).collect();
        let dependent = vec![0; steps.len()];
        let mut trace = Trace { start, relation, steps, names, dependent };
        (0..trace.steps.len()).for_each(|at| trace.relate(at));
        trace
    }

    /// Brings up to date what the step at `at` depends on.
    fn relate(&mut self, at: usize) {
        let me = self.names[at];
        for other in 0..self.steps.len() {
            let (first, second) = (at.min(other), at.max(other));
            let depends = first != second && self.depend(&self.steps[first], &self.steps[second]);
            let it = self.names[other];
            for (a, b) in [(me, it), (it, me)] {
                self.dependent[a] = self.dependent[a] & !(1 << b) | u64::from(depends) << b;
            }
        }
    }

    fn depend(&self, first: &Step, second: &Step) -> bool {
        let spawned = first.op == Op::Life(life::Op::Spawn(second.task));
        let rules = self.start.rules.clock;
        spawned || first.task == second.task || !(self.relation)(rules, &first.accesses, &second.accesses)
    }

    /// By name: the steps that come before this one in every execution that stands for the same.
    pub(super) fn order(&self) -> Vec<u64> {
        let mut order = vec![0; self.names.len()];
        for (at, name) in self.names.iter().enumerate() {
            for earlier in &self.names[..at] {
                if self.dependent[*name] >> earlier & 1 == 1 {
                    order[*name] |= order[*earlier] | 1 << earlier;
                }
            }
        }
        order
    }

    /// Exchanges independent neighbours until the tasks stand in order as far as possible, forwards and backwards;
    /// returns how many were exchanged.
    pub(super) fn check(&mut self) -> Result<u64, String> {
        let order = self.order();
        let mut exchanged = 0;
        for ascending in [true, false] {
            for end in (1..self.steps.len()).rev() {
                for at in 0..end {
                    let (a, b) = (&self.steps[at], &self.steps[at + 1]);
                    if (if ascending { a.task > b.task } else { a.task < b.task }) && !self.depend(a, b) {
                        self.exchange(at)?;
                        exchanged += 1;
                        if self.order() != order {
                            return Err(self.report(at, &order));
                        }
                    }
                }
            }
        }
        Ok(exchanged)
    }

    /// Exchanges the steps at `at` and after it.
    fn exchange(&mut self, at: usize) -> Result<(), String> {
        let before = if at == 0 { &self.start } else { &self.steps[at - 1].after };
        let (a, b) = (&self.steps[at], &self.steps[at + 1]);
        let first = b.again(before).ok_or_else(|| format!("{:?} is not possible before {:?}", b.op, a.op))?;
        let second = a.again(&first.after).ok_or_else(|| format!("{:?} is not possible after {:?}", a.op, b.op))?;
        if let Some(difference) = first.difference(b).or_else(|| second.difference(a)) {
            return Err(format!("exchanging {:?} and {:?} changes {difference}", a.op, b.op));
        }
        if second.after != b.after {
            return Err(format!("exchanging {:?} and {:?} changes the state", a.op, b.op));
        }
        self.steps[at] = first;
        self.steps[at + 1] = second;
        self.names.swap(at, at + 1);
        self.relate(at);
        self.relate(at + 1);
        Ok(())
    }

    fn report(&self, at: usize, before: &[u64]) -> String {
        let [a, b] = [self.names[at + 1], self.names[at]];
        let mut text = format!("exchanging the independent steps {a} and {b} changes the order of others:\n");
        let after = self.order();
        for (position, name) in self.names.iter().enumerate() {
            let step = &self.steps[position];
            let _ = writeln!(text, "  step {name} of {:?}: {:?}, labelled {:?}", step.task, step.op, step.accesses);
            for other in 0..self.names.len() {
                match (before[*name] >> other & 1, after[*name] >> other & 1) {
                    (1, 0) => drop(writeln!(text, "      was after step {other}")),
                    (0, 1) => drop(writeln!(text, "      is now after step {other}")),
                    _ => {}
                }
            }
        }
        text
    }
}
