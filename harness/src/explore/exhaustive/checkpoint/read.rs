//! Reads a checkpoint. Whatever the bytes are, the result is an exploration that is whole or an error.

use std::path::Path;
use std::time::Duration;

use smallvec::SmallVec;

use super::super::estimate::Estimate;
use super::super::loops::Loop;
use super::super::moves::{Move, TaskName};
use super::super::tree::{Edge, EdgeState, Node, NodeId, Plan, Tree};
use super::{
    AFTER, BEFORE, CheckpointError, ELASTIC, FINISH_APART, FORMAT, Head, KEEP_GOING, LEAKS, LOSES_TIMERS, MAGIC,
    MAX_NESTING, Rules, SINGLE_STEPS, SPURIOUS, checksum, damaged, tag,
};
use crate::engine::decisions::Decisions;
use crate::explore::exploration::Failure;
use crate::findings::FindingKind;
use crate::kernel::Clock;

/// What is wrong with a content whose checksum is right.
pub(super) type Problem = String;

pub(super) struct Reader<'a> {
    path: &'a Path,
    bytes: &'a [u8],
    at: usize,
    names: Vec<u64>,
}

impl<'a> Reader<'a> {
    /// Checks all but the content.
    pub(super) fn new(path: &'a Path, bytes: &'a [u8]) -> Result<Reader<'a>, CheckpointError> {
        let start = &bytes[..bytes.len().min(MAGIC.len())];
        if !MAGIC.starts_with(start) {
            return Err(CheckpointError::Foreign { path: path.to_owned() });
        }
        match bytes.get(MAGIC.len()) {
            None | Some(&FORMAT) => {}
            Some(other) => {
                let format = char::from(*other);
                return Err(CheckpointError::Format { path: path.to_owned(), format });
            }
        }
        let length = bytes.get(4..BEFORE).and_then(|length| length.try_into().ok()).map(u64::from_le_bytes);
        let there = bytes.len() as u64;
        match length {
            Some(length) if there == length && there >= (BEFORE + AFTER) as u64 => {}
            Some(length) if there < length => {
                return Err(damaged(path, format!("it is cut short, {there} of {length} bytes are there")));
            }
            Some(length) => return Err(damaged(path, format!("it has {there} bytes and should have {length}"))),
            None => return Err(damaged(path, format!("it is cut short, {there} bytes are there"))),
        }
        let (body, sum) = bytes.split_at(bytes.len() - AFTER);
        if checksum(body).to_le_bytes() != sum {
            return Err(damaged(path, "its checksum is wrong"));
        }
        Ok(Reader { path, bytes: body, at: BEFORE, names: Vec::new() })
    }

    fn wrong<T>(&self) -> Result<T, Problem> {
        Err(format!("its content makes no sense at byte {}", self.at))
    }

    fn byte(&mut self) -> Result<u8, Problem> {
        let Some(byte) = self.bytes.get(self.at) else { return self.wrong() };
        self.at += 1;
        Ok(*byte)
    }

    fn take(&mut self, count: u64) -> Result<&'a [u8], Problem> {
        let end = usize::try_from(count).ok().and_then(|count| self.at.checked_add(count));
        let Some(taken) = end.and_then(|end| self.bytes.get(self.at..end)) else { return self.wrong() };
        self.at += taken.len();
        Ok(taken)
    }

    fn number(&mut self) -> Result<u64, Problem> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let part = u64::from(byte & 0x7f);
            if part << shift >> shift != part {
                break;
            }
            value |= part << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        self.wrong()
    }

    fn small(&mut self) -> Result<u32, Problem> {
        let value = self.number()?;
        u32::try_from(value).or_else(|_| self.wrong())
    }

    /// How many of something follow, each of which takes at least a byte.
    fn count(&mut self) -> Result<usize, Problem> {
        let value = self.number()?;
        match usize::try_from(value) {
            Ok(count) if count <= self.bytes.len() - self.at => Ok(count),
            _ => self.wrong(),
        }
    }

    fn fixed(&mut self) -> Result<u64, Problem> {
        let bytes = self.take(8)?;
        bytes.try_into().map(u64::from_le_bytes).or_else(|_| self.wrong())
    }

    fn text(&mut self) -> Result<String, Problem> {
        let length = self.number()?;
        let bytes = self.take(length)?;
        String::from_utf8(bytes.to_vec()).or_else(|_| self.wrong())
    }

    /// Reads up to the names. `check` sees the head as soon as it says what the rest is to be checked against.
    pub(super) fn head(
        &mut self,
        check: impl FnOnce(&Head) -> Result<(), CheckpointError>,
    ) -> Result<Head, CheckpointError> {
        let path = self.path;
        let version = self.text().map_err(|problem| damaged(path, problem))?;
        if version != env!("CARGO_PKG_VERSION") {
            // What follows may mean something else there.
            return Err(CheckpointError::Version { path: path.to_owned(), version });
        }
        let mut head = self.begin(version).map_err(|problem| damaged(path, problem))?;
        check(&head)?;
        self.counters(&mut head).map_err(|problem| damaged(path, problem))?;
        Ok(head)
    }

    fn begin(&mut self, version: String) -> Result<Head, Problem> {
        let test = self.text()?;
        let flags = self.byte()?;
        if flags >= LOSES_TIMERS << 1 {
            return self.wrong();
        }
        let has = |flag: u8| flags & flag != 0;
        let rules = Rules {
            clock: if has(ELASTIC) { Clock::Elastic } else { Clock::Idle },
            spurious_wakeups: has(SPURIOUS),
            allow_leaks: has(LEAKS),
            keep_going: has(KEEP_GOING),
            max_steps: self.number()?,
        };
        Ok(Head {
            version,
            test,
            rules,
            fingerprint: 0,
            finish_apart: has(FINISH_APART),
            single_steps: has(SINGLE_STEPS),
            loses_timers: has(LOSES_TIMERS),
            executed: 0,
            failed: 0,
            steps: 0,
            cut: 0,
            gave_up: 0,
            blocked: 0,
            elapsed: Duration::ZERO,
            estimate: Estimate::default(),
            failures: Vec::new(),
            free_loops: Vec::new(),
            tried_loops: Vec::new(),
        })
    }

    fn counters(&mut self, head: &mut Head) -> Result<(), Problem> {
        head.fingerprint = self.fixed()?;
        let executions = [&mut head.executed, &mut head.failed];
        let others = [&mut head.steps, &mut head.cut, &mut head.gave_up, &mut head.blocked];
        for counter in executions.into_iter().chain(others) {
            *counter = self.number()?;
        }
        head.elapsed = Duration::from_millis(self.number()?);
        let logarithm = f64::from_bits(self.fixed()?);
        head.estimate = Estimate::from_parts(logarithm, self.number()?);
        for _ in 0..self.count()? {
            let signature = self.text()?;
            let Some(kind) = FindingKind::from_name(&self.text()?) else { return self.wrong() };
            let execution = self.number()?;
            let decisions: Result<Decisions, Problem> = (0..self.count()?).map(|_| self.small()).collect();
            let detail = if self.number()? == 0 { None } else { Some(self.text()?) };
            head.failures.push((signature, Failure { execution, kind, decisions: decisions?, detail, steered: false }));
        }
        head.free_loops = self.loops()?;
        head.tried_loops = self.loops()?;
        for _ in 0..self.count()? {
            let name = self.fixed()?;
            self.names.push(name);
        }
        Ok(())
    }

    fn loops(&mut self) -> Result<Vec<Loop>, Problem> {
        let count = self.count()?;
        (0..count).map(|_| Ok(Loop { file: self.text()?, line: self.small()?, column: self.small()? })).collect()
    }

    fn name(&mut self) -> Result<u64, Problem> {
        let value = self.number()?;
        if value & 1 == 0 {
            return Ok(value >> 1);
        }
        match usize::try_from(value >> 1).ok().and_then(|index| self.names.get(index)) {
            Some(name) => Ok(*name),
            None => self.wrong(),
        }
    }

    fn made(&mut self) -> Result<Move, Problem> {
        Ok(Move { task: TaskName(self.name()?), outcome: self.name()? })
    }

    fn plan(&mut self, nesting: usize) -> Result<Plan, Problem> {
        let moves: Result<Vec<Move>, Problem> = (0..self.count()?).map(|_| self.made()).collect();
        let moves = moves?;
        if moves.is_empty() || nesting > MAX_NESTING {
            return self.wrong();
        }
        let mut branches: Vec<(u32, Plan)> = Vec::new();
        for _ in 0..self.count()? {
            let at = self.small()?;
            let least = branches.last().map_or(1, |(last, _)| *last);
            if at < least || at as usize >= moves.len() {
                return self.wrong();
            }
            branches.push((at, self.plan(nesting + 1)?));
        }
        Ok(Plan { moves, branches })
    }

    /// Reads the tree and what follows it.
    pub(super) fn rest(&mut self, head: Head) -> Result<(Head, Tree), Problem> {
        let count = self.count()?;
        let mut nodes: Vec<Node> = vec![Node::default()];
        let (mut kept, mut planned_moves) = (0, 0);
        for at in 0..count {
            if at >= nodes.len() || u32::try_from(at).is_err() {
                return self.wrong();
            }
            let free = self.number()? != 0;
            let sleep: Result<SmallVec<[Move; 2]>, Problem> = (0..self.count()?).map(|_| self.made()).collect();
            let (mut planned, mut unfinished) = (0, 0);
            let depth = nodes[at].depth + 1;
            let mut edges: SmallVec<[Edge; 2]> = SmallVec::new();
            for edge in 0..self.count()? {
                let made = self.made()?;
                let tag = self.byte()?;
                let mut child = || {
                    let parent = Some((NodeId(at as u32), edge as u32));
                    nodes.push(Node { parent, depth, ..Node::default() });
                    Some(NodeId(nodes.len() as u32 - 1))
                };
                let state = match tag {
                    tag::OPEN => EdgeState::Open(None),
                    tag::OPEN_NODE => EdgeState::Open(child()),
                    tag::DONE => EdgeState::Done(None),
                    tag::DONE_NODE => EdgeState::Done(child()),
                    tag::PLANNED => {
                        let plan = self.plan(0)?;
                        planned_moves += plan.len();
                        if plan.moves[0] != made {
                            return self.wrong();
                        }
                        EdgeState::Planned(plan)
                    }
                    _ => return self.wrong(),
                };
                planned += u32::from(tag == tag::PLANNED);
                unfinished += u32::from(!matches!(state, EdgeState::Done(_)));
                kept += usize::from(matches!(state, EdgeState::Done(Some(_))));
                edges.push(Edge { made, state });
            }
            if edges.is_empty() {
                return self.wrong();
            }
            let node = &mut nodes[at];
            *node = Node {
                version: 1,
                parent: node.parent,
                depth: node.depth,
                sleep: sleep?,
                edges,
                planned,
                unfinished,
                listed: false,
                lane: 0,
                free,
            };
        }
        if nodes.len() != count {
            return self.wrong();
        }
        let sweep_at = self.number()?;
        let Ok(sweep_at) = usize::try_from(sweep_at) else { return self.wrong() };
        let mut agenda = Vec::new();
        for _ in 0..self.count()? {
            let id = self.small()?;
            let depth = match nodes.get_mut(id as usize) {
                Some(node) if !node.listed => {
                    node.listed = true;
                    node.depth as usize
                }
                _ => return self.wrong(),
            };
            if agenda.len() <= depth {
                agenda.resize_with(depth + 1, Vec::new);
            }
            agenda[depth].push(NodeId(id));
        }
        // Otherwise something would never be explored.
        if nodes.iter().any(|node| node.planned > 0 && !node.listed) {
            return self.wrong();
        }
        if self.at != self.bytes.len() {
            return self.wrong();
        }
        Ok((head, Tree { nodes, free: Vec::new(), agenda, planned_moves, kept, sweep_at, version: 1, part: false }))
    }
}
