//! Writes a checkpoint.

use rustc_hash::FxHashMap;

use super::super::loops::Loop;
use super::super::moves::Move;
use super::super::tree::{EdgeState, Plan, Tree};
use super::{
    AFTER, BEFORE, ELASTIC, FINISH_APART, FORMAT, Head, KEEP_GOING, LEAKS, LOSES_TIMERS, MAGIC, MAX_NESTING,
    SINGLE_STEPS, SPURIOUS, checksum, tag,
};
use crate::kernel::Clock;

#[derive(Default)]
struct Writer {
    bytes: Vec<u8>,
    /// The numbers from 2³² on, by the order in which they were met.
    names: Vec<u64>,
    numbers: FxHashMap<u64, u64>,
    nested: bool,
}

/// The bytes of a file; `None` if the plans are nested too deep.
pub(super) fn encode(head: &Head, tree: &Tree) -> Option<Vec<u8>> {
    // The names stand before what refers to them.
    let mut body = Writer::default();
    body.tree(tree);
    let mut file = Writer::default();
    file.bytes.extend(MAGIC);
    file.bytes.push(FORMAT);
    file.bytes.extend([0; BEFORE - 4]);
    file.head(head);
    file.number(body.names.len() as u64);
    body.names.iter().for_each(|name| file.fixed(*name));
    let mut bytes = file.bytes;
    bytes.append(&mut body.bytes);
    let length = (bytes.len() + AFTER) as u64;
    bytes[4..BEFORE].copy_from_slice(&length.to_le_bytes());
    let sum = checksum(&bytes);
    bytes.extend(sum.to_le_bytes());
    (!body.nested).then_some(bytes)
}

impl Writer {
    fn number(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }

    fn fixed(&mut self, value: u64) {
        self.bytes.extend(value.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.bytes.extend(text.as_bytes());
    }

    fn head(&mut self, head: &Head) {
        self.text(&head.version);
        self.text(&head.test);
        let rules = &head.rules;
        let flags = [
            (rules.clock == Clock::Elastic, ELASTIC),
            (rules.spurious_wakeups, SPURIOUS),
            (rules.allow_leaks, LEAKS),
            (rules.keep_going, KEEP_GOING),
            (head.finish_apart, FINISH_APART),
            (head.single_steps, SINGLE_STEPS),
            (head.loses_timers, LOSES_TIMERS),
        ];
        self.bytes.push(flags.iter().map(|(set, flag)| if *set { *flag } else { 0 }).sum());
        self.number(rules.max_steps);
        self.fixed(head.fingerprint);
        for counter in [head.executed, head.failed, head.steps, head.cut, head.gave_up, head.blocked] {
            self.number(counter);
        }
        self.number(u64::try_from(head.elapsed.as_millis()).unwrap_or(u64::MAX));
        let (logarithm, sampled) = head.estimate.parts();
        self.fixed(logarithm.to_bits());
        self.number(sampled);
        self.number(head.failures.len() as u64);
        for (signature, failure) in &head.failures {
            self.text(signature);
            self.text(failure.kind.name());
            self.number(failure.execution);
            let decisions: Vec<u32> = failure.decisions.iter().collect();
            self.number(decisions.len() as u64);
            decisions.iter().for_each(|decision| self.number((*decision).into()));
            self.number(failure.detail.is_some().into());
            failure.detail.iter().for_each(|detail| self.text(detail));
        }
        self.loops(&head.free_loops);
        self.loops(&head.tried_loops);
    }

    fn loops(&mut self, loops: &[Loop]) {
        self.number(loops.len() as u64);
        for Loop { file, line, column } in loops {
            self.text(file);
            self.number((*line).into());
            self.number((*column).into());
        }
    }

    fn name(&mut self, value: u64) {
        if value < 1 << 32 {
            return self.number(value << 1);
        }
        let next = self.names.len() as u64;
        let index = *self.numbers.entry(value).or_insert(next);
        if index == next {
            self.names.push(value);
        }
        self.number(index << 1 | 1);
    }

    fn made(&mut self, made: &Move) {
        self.name(made.task.0);
        self.name(made.outcome);
    }

    fn moves(&mut self, moves: &[Move]) {
        self.number(moves.len() as u64);
        moves.iter().for_each(|made| self.made(made));
    }

    fn plan(&mut self, plan: &Plan, nesting: usize) {
        if nesting > MAX_NESTING {
            self.nested = true;
            return;
        }
        self.moves(&plan.moves);
        self.number(plan.branches.len() as u64);
        for (at, branch) in &plan.branches {
            self.number((*at).into());
            self.plan(branch, nesting + 1);
        }
    }

    fn tree(&mut self, tree: &Tree) {
        // Numbers in a file are those of the order in which the nodes are written.
        let mut order = vec![Tree::ROOT];
        let mut numbers = vec![u64::MAX; tree.nodes.len()];
        numbers[0] = 0;
        let count_at = self.bytes.len();
        let mut at = 0;
        while at < order.len() {
            let node = tree.node(order[at]);
            at += 1;
            self.number(u64::from(node.free));
            self.moves(&node.sleep);
            self.number(node.edges.len() as u64);
            for edge in &node.edges {
                self.made(&edge.made);
                let (tag, next, plan) = match &edge.state {
                    // Nothing is executed meanwhile, and regions were put back.
                    EdgeState::Planned(plan) | EdgeState::Running(plan) => (tag::PLANNED, None, Some(plan)),
                    EdgeState::Open(None) | EdgeState::Region(_) => (tag::OPEN, None, None),
                    EdgeState::Open(next) => (tag::OPEN_NODE, *next, None),
                    EdgeState::Done(None) => (tag::DONE, None, None),
                    EdgeState::Done(next) => (tag::DONE_NODE, *next, None),
                };
                self.bytes.push(tag);
                if let Some(next) = next {
                    numbers[next.0 as usize] = order.len() as u64;
                    order.push(next);
                }
                if let Some(plan) = plan {
                    self.plan(plan, 0);
                }
            }
        }
        let nodes = std::mem::take(&mut self.bytes);
        self.bytes.extend(&nodes[..count_at]);
        self.number(order.len() as u64);
        self.bytes.extend(&nodes[count_at..]);
        self.number(tree.sweep_at as u64);
        // A node that is listed and was freed since is not in the tree any more, and not on the agenda.
        let agenda = tree.agenda.iter().flatten().map(|id| numbers[id.0 as usize]);
        let agenda: Vec<u64> = agenda.filter(|number| *number != u64::MAX).collect();
        self.number(agenda.len() as u64);
        agenda.iter().for_each(|number| self.number(*number));
    }
}
