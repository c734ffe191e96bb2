//! What a run of the laws has met: a law that was never applied holds of everything.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::labels::{LABELS, OPS, label, op_name, samples};
use crate::kernel::Op;
use crate::kernel::relation::{Access, Accesses};

/// The names of two labels, in order.
pub(super) type Names = (&'static str, &'static str);

/// What the relation says of two steps, and what is so.
#[derive(Clone, Copy, Debug)]
pub(super) struct Verdict {
    pub(super) independent: bool,
    pub(super) commute: bool,
}

#[derive(Debug, Default)]
pub(super) struct Coverage {
    states: u64,
    pairs: u64,
    independent: u64,
    /// Neighbours in executions that were exchanged.
    pub(super) exchanges: u64,
    ops: BTreeSet<&'static str>,
    /// Labels for one target that steps had which were rightly said to be independent.
    commuted: BTreeSet<Names>,
    /// Labels that alone made two steps dependent: how often these commuted all the same, and how often not.
    conflicted: BTreeMap<Names, (u64, u64)>,
}

/// Labels that commute, but that no two steps have of which each could come first, and why.
const NEVER_INDEPENDENT: &[(&str, &str, &str)] = &[
    ("channel: see it empty", "channel: see it full", "a buffer has room for at least one message"),
    ("channel: send", "channel: see it empty", "the receive between them took the message"),
    ("channel: send", "channel: see no receivers", "the receivers are there or gone"),
    ("channel: drop a receiver", "channel: see no receivers", "whoever drops another handle is there"),
    ("channel: send", "channel: see no senders", "whoever sends is there"),
    ("channel: see it full", "channel: see no senders", "whoever tries to send is there"),
    ("channel: see a message", "channel: see it empty", "there is a message or not"),
    ("channel: see a message", "channel: see no senders", "there is a message or not"),
    ("channel: see room", "channel: see it full", "there is room or not"),
    ("condvar: enqueue", "condvar: enqueue", "both hold the mutex"),
    ("rendezvous: see a side gone", "rendezvous: meet a sender", "both sides are there"),
    ("rendezvous: see a side gone", "rendezvous: meet a receiver", "both sides are there"),
    ("rendezvous: see a side gone", "rendezvous: see nobody send", "both sides are there"),
    ("rendezvous: see a side gone", "rendezvous: see nobody receive", "both sides are there"),
    ("rendezvous: see a side gone", "rendezvous: see somebody send", "both sides are there"),
    ("rendezvous: see a side gone", "rendezvous: see somebody receive", "both sides are there"),
    ("rendezvous: see nobody send", "rendezvous: see somebody send", "somebody waits or not"),
    ("rendezvous: see nobody receive", "rendezvous: see somebody receive", "somebody waits or not"),
    ("rendezvous: meet a receiver", "rendezvous: see somebody send", "one side waits"),
    ("rendezvous: meet a sender", "rendezvous: see somebody receive", "one side waits"),
    ("rendezvous: queue to receive", "rendezvous: see somebody send", "whoever comes then meets somebody"),
    ("rendezvous: queue to send", "rendezvous: see somebody receive", "whoever comes then meets somebody"),
];

/// Labels that do not commute, but that no two steps of different tasks have on which something could depend, and why.
const NEVER_DEPENDENT: &[(&str, &str, &str)] = &[
    ("rendezvous: meet a sender", "rendezvous: meet a receiver", "nobody waits for who is there"),
    ("rendezvous: drop a sender", "rendezvous: queue to send", "whoever sends is there"),
    ("rendezvous: drop a sender", "rendezvous: see nobody receive", "whoever tries to send is there"),
    ("rendezvous: drop a receiver", "rendezvous: queue to receive", "whoever receives is there"),
    ("rendezvous: drop a receiver", "rendezvous: see nobody send", "whoever tries to receive is there"),
    ("park: take", "park: take", "a task takes its own token"),
    ("life: spawn", "life: spawn", "a task is spawned once"),
    ("life: spawn", "life: finish", "a task finishes after it was spawned"),
    ("life: spawn", "life: join", "both are steps of the parent"),
    ("life: spawn", "life: told that it finished", "nobody can ask before"),
    ("life: spawn", "life: told that it did not finish", "nobody can ask before"),
    ("life: finish", "life: finish", "a task finishes once"),
    ("life: join", "life: join", "a task is joined once"),
    ("clock: move", "clock: move", "there is one clock"),
    ("clock: fall", "clock: move", "there is one clock"),
    ("clock: fall", "clock: fall", "there is one clock"),
];

impl Coverage {
    pub(super) fn visited(&mut self) {
        self.states += 1;
    }

    pub(super) fn performed(&mut self, op: &Op) {
        self.ops.insert(op_name(op));
    }

    /// Notes two steps with these accesses.
    pub(super) fn compared(&mut self, a: &Accesses, b: &Accesses, verdict: Verdict) {
        self.pairs += 1;
        if verdict.independent {
            self.independent += 1;
            self.commuted.extend(shared(a, b).map(names));
            return;
        }
        let mut conflicts = conflicts(a, b);
        if let (Some(conflict), None) = (conflicts.next(), conflicts.next()) {
            let (all_the_same, rightly) = self.conflicted.entry(names(conflict)).or_default();
            *(if verdict.commute { all_the_same } else { rightly }) += 1;
        }
    }

    /// What is missing for the laws to have been applied to everything.
    pub(super) fn gaps(&self) -> Vec<String> {
        let missing = |what: &str, all: &[&'static str], met: &BTreeSet<&'static str>| -> Vec<String> {
            all.iter().filter(|name| !met.contains(*name)).map(|name| format!("{what}: {name}")).collect()
        };
        let sampled = samples().iter().map(label).collect();
        let mut gaps = missing("never performed", OPS, &self.ops);
        gaps.extend(missing("no sample", LABELS, &sampled));
        let met = |names: &Names| self.commuted.contains(names);
        gaps.extend(unmet("independent", &pairs(true), met, NEVER_INDEPENDENT));
        let met = |names: &Names| self.conflicted.get(names).is_some_and(|(_, rightly)| *rightly > 0);
        gaps.extend(unmet("dependent", &pairs(false), met, NEVER_DEPENDENT));
        gaps
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Coverage { states, pairs, independent, exchanges, .. } = self;
        write!(f, "{states} states, {pairs} pairs of steps, {independent} of them independent, {exchanges} exchanges")?;
        // Where the relation could be finer.
        for ((a, b), (all_the_same, rightly)) in &self.conflicted {
            write!(f, "\n{a} and {b}: {all_the_same} commute all the same, {rightly} do not")?;
        }
        Ok(())
    }
}

/// The names of all labels of one kind of which some commute, or do not.
fn pairs(commute: bool) -> BTreeSet<Names> {
    let kind = |access: &Access| label(access).split(':').next();
    let samples = samples();
    let pairs = samples.iter().flat_map(|a| samples.iter().map(move |b| (*a, *b)));
    pairs.filter(|(a, b)| kind(a) == kind(b) && a.commutes(*b) == commute).map(names).collect()
}

/// The pairs that were neither met nor listed as never met, and those that were met although they are listed.
fn unmet(
    what: &str,
    pairs: &BTreeSet<Names>,
    met: impl Fn(&Names) -> bool,
    never: &[(&'static str, &'static str, &str)],
) -> Vec<String> {
    let listed = |names: &Names| never.iter().any(|(a, b, _)| (*a, *b) == *names || (*b, *a) == *names);
    let unmet = pairs.iter().filter(|names| !met(names) && !listed(names));
    let unmet = unmet.map(|(a, b)| format!("never met as {what}: {a} and {b}"));
    let wrong = never.iter().filter(|(a, b, _)| met(&(a, b)) || met(&(b, a)));
    unmet.chain(wrong.map(|(a, b, _)| format!("met as {what} after all: {a} and {b}"))).collect()
}

pub(super) fn names((a, b): (Access, Access)) -> Names {
    let (a, b) = (label(&a), label(&b));
    if a <= b { (a, b) } else { (b, a) }
}

/// The accesses of two steps to the same target.
fn shared<'a>(a: &'a Accesses, b: &'a Accesses) -> impl Iterator<Item = (Access, Access)> + 'a {
    let pairs = a.iter().flat_map(move |mine| b.iter().map(move |theirs| (*mine, *theirs)));
    pairs.filter(|(mine, theirs)| mine.0 == theirs.0).map(|(mine, theirs)| (mine.1, theirs.1))
}

/// The pairs of accesses that make two steps dependent.
pub(super) fn conflicts<'a>(a: &'a Accesses, b: &'a Accesses) -> impl Iterator<Item = (Access, Access)> + 'a {
    shared(a, b).filter(|(a, b)| !a.commutes(*b))
}
