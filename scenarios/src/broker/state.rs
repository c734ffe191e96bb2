//! What the broker's lock protects: partitions, and how far each group has come. No waiting here.

use std::collections::VecDeque;

use reweave::sync::Arc;
use reweave::time::Instant;

use super::delivery::Letter;
use super::error::{AcknowledgeError, PublishError};
use super::log::{Event, Log};
use super::variant::{Leases, Policy};
use super::{DeadLetter, Position};
use crate::journal::JournalError;

/// Topics, partitions and groups: what is agreed when the broker is set up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Topology {
    pub(super) topics: Vec<TopicShape>,
    pub(super) groups: Vec<GroupShape>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TopicShape {
    pub(super) name: String,
    pub(super) partitions: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GroupShape {
    /// The index of its topic.
    pub(super) topic: usize,
    pub(super) name: String,
}

impl Topology {
    pub(super) fn topic(&self, name: &str) -> Option<usize> {
        self.topics.iter().position(|topic| topic.name == name)
    }

    pub(super) fn group(&self, topic: usize, name: &str) -> Option<usize> {
        self.groups.iter().position(|group| group.topic == topic && group.name == name)
    }

    pub(super) fn groups_of(&self, topic: usize) -> impl Iterator<Item = usize> {
        (0..self.groups.len()).filter(move |group| self.groups[*group].topic == topic)
    }

    /// The partition of a key. It is the same in every process: the hash is FNV-1a, of which everything is known.
    pub(super) fn partition_of(&self, topic: usize, key: &str) -> usize {
        let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        let hash = key.bytes().fold(0xcbf2_9ce4_8422_2325, mix);
        (hash % self.topics[topic].partitions as u64) as usize
    }
}

/// What the broker's lock protects.
pub(super) struct State<T> {
    phase: Phase,
    /// For each topic, its partitions.
    topics: Vec<Vec<Partition<T>>>,
    /// For each group, how far it has come.
    groups: Vec<Group<T>>,
    log: Option<Log<T>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    Open,
    /// Nothing is published any more.
    Closed,
    /// Nothing is delivered any more, either.
    Halted,
}

/// The messages that some group has not settled.
struct Partition<T> {
    /// The offset of the first of them.
    first: u64,
    letters: VecDeque<Letter<T>>,
}

struct Group<T> {
    /// One for each partition.
    cursors: Vec<Cursor>,
    /// Where the search for a message begins, so that no partition starves the others.
    turn: usize,
    dead: VecDeque<DeadLetter<T>>,
}

/// How far a group has come in a partition.
#[derive(Debug, Clone, Copy, Default)]
struct Cursor {
    /// The offset of the first message that is not settled.
    next: u64,
    /// How often that was delivered.
    attempts: u32,
    held: Option<Held>,
    /// How many leases there were.
    leases: u64,
}

/// The message is in somebody's hands.
#[derive(Debug, Clone, Copy)]
struct Held {
    number: u64,
    /// When it may be given to another; none is never.
    until: Option<Instant>,
}

/// The right to settle a message.
pub(super) struct Lease<T> {
    pub(super) group: usize,
    pub(super) position: Position,
    pub(super) attempt: u32,
    pub(super) letter: Letter<T>,
    number: u64,
}

/// What a consumer can do.
pub(super) enum Next {
    /// Take the next message of this partition.
    Ready(usize),
    /// Wait for news, or until a lease runs out.
    Wait(Option<Instant>),
    /// Go.
    Finished,
}

impl<T> Partition<T> {
    /// The offset of the next message to come.
    fn end(&self) -> u64 {
        self.first + self.letters.len() as u64
    }
}

impl<T> State<T> {
    pub(super) fn new(topology: &Topology) -> Self {
        let partitions = |topic: &TopicShape| {
            (0..topic.partitions).map(|_| Partition { first: 0, letters: VecDeque::new() }).collect()
        };
        let group = |group: &GroupShape| {
            let cursors = vec![Cursor::default(); topology.topics[group.topic].partitions];
            Group { cursors, turn: 0, dead: VecDeque::new() }
        };
        let topics = topology.topics.iter().map(partitions).collect();
        let groups = topology.groups.iter().map(group).collect();
        Self { phase: Phase::Open, topics, groups, log: None }
    }

    /// From now on everything is written into `log`.
    pub(super) fn attach(&mut self, log: Log<T>) {
        self.log = Some(log);
    }

    pub(super) fn phase(&self) -> Phase {
        self.phase
    }

    /// Goes on to `phase`, and never back.
    pub(super) fn end(&mut self, phase: Phase) {
        self.phase = self.phase.max(phase);
    }

    pub(super) fn publish(
        &mut self,
        topology: &Topology,
        topic: usize,
        partition: usize,
        key: &str,
        message: T,
    ) -> Result<Position, PublishError<T>> {
        let offset = self.topics[topic][partition].end();
        if let Some(log) = &mut self.log {
            let event = Event::Published { topic: &topology.topics[topic].name, partition, offset, key };
            if let Err(error) = log.write(&event, Some(&message)) {
                return Err(PublishError::NotWritten(message, error));
            }
        }
        self.published(topic, partition, Letter { key: key.to_owned(), message: Arc::new(message) });
        Ok(Position { partition, offset })
    }

    fn published(&mut self, topic: usize, partition: usize, letter: Letter<T>) {
        self.topics[topic][partition].letters.push_back(letter);
    }

    /// What a consumer of `group` can do now. Leases that have run out end here.
    pub(super) fn next(
        &mut self,
        topology: &Topology,
        group: usize,
        now: Instant,
        limit: u32,
    ) -> Result<Next, JournalError> {
        if self.phase == Phase::Halted {
            return Ok(Next::Finished);
        }
        let partitions = self.groups[group].cursors.len();
        let mut watch: Option<Instant> = None;
        for step in 0..partitions {
            let partition = (self.groups[group].turn + step) % partitions;
            if let Some(held) = self.groups[group].cursors[partition].held {
                match held.until {
                    Some(until) if until <= now => self.release(topology, group, partition, limit)?,
                    Some(until) => watch = Some(watch.map_or(until, |earlier| earlier.min(until))),
                    None => {}
                }
            }
            let cursor = &self.groups[group].cursors[partition];
            if cursor.held.is_none() && cursor.next < self.topics[topology.groups[group].topic][partition].end() {
                self.groups[group].turn = (partition + 1) % partitions;
                return Ok(Next::Ready(partition));
            }
        }
        Ok(if self.is_settled(topology, group) && self.phase == Phase::Closed {
            Next::Finished
        } else {
            Next::Wait(watch)
        })
    }

    fn is_settled(&self, topology: &Topology, group: usize) -> bool {
        let partitions = self.topics[topology.groups[group].topic].iter();
        partitions.zip(&self.groups[group].cursors).all(|(partition, cursor)| cursor.next == partition.end())
    }

    /// Whether the consumers of `group` can go.
    pub(super) fn is_finished(&self, topology: &Topology, group: usize) -> bool {
        self.phase == Phase::Halted || self.phase == Phase::Closed && self.is_settled(topology, group)
    }

    /// Gives the next message of a partition, which is ready, into somebody's hands.
    pub(super) fn lease(
        &mut self,
        topology: &Topology,
        group: usize,
        partition: usize,
        until: Option<Instant>,
    ) -> Lease<T> {
        let cursor = &mut self.groups[group].cursors[partition];
        cursor.attempts += 1;
        cursor.leases += 1;
        let (number, offset, attempt) = (cursor.leases, cursor.next, cursor.attempts);
        cursor.held = Some(Held { number, until });
        let letters = &self.topics[topology.groups[group].topic][partition];
        let letter = letters.letters[(offset - letters.first) as usize].clone();
        Lease { group, position: Position { partition, offset }, attempt, letter, number }
    }

    pub(super) fn acknowledge<P: Policy>(
        &mut self,
        topology: &Topology,
        lease: &Lease<T>,
    ) -> Result<(), AcknowledgeError> {
        let partition = lease.position.partition;
        let held = match P::LEASES {
            Leases::ByWhom => self.is_held(lease),
            Leases::ByAnybody => self.groups[lease.group].cursors[partition].held.is_some(),
        };
        if !held {
            return Err(AcknowledgeError::Expired);
        }
        self.settle(topology, lease.group, partition, None).map_err(AcknowledgeError::Log)
    }

    pub(super) fn give_back(&mut self, topology: &Topology, lease: &Lease<T>, limit: u32) -> Result<(), JournalError> {
        if !self.is_held(lease) {
            return Ok(());
        }
        self.release(topology, lease.group, lease.position.partition, limit)
    }

    fn is_held(&self, lease: &Lease<T>) -> bool {
        let held = self.groups[lease.group].cursors[lease.position.partition].held;
        held.is_some_and(|held| held.number == lease.number)
    }

    /// Ends a lease whose message was not acknowledged: it is ready again, or dead.
    fn release(&mut self, topology: &Topology, group: usize, partition: usize, limit: u32) -> Result<(), JournalError> {
        let cursor = &mut self.groups[group].cursors[partition];
        if cursor.attempts < limit {
            cursor.held = None;
            return Ok(());
        }
        let attempts = cursor.attempts;
        self.settle(topology, group, partition, Some(attempts))
    }

    /// The group has done with the first message of a partition that it had not; if that is dead, after so many attempts.
    fn settle(
        &mut self,
        topology: &Topology,
        group: usize,
        partition: usize,
        dead: Option<u32>,
    ) -> Result<(), JournalError> {
        if let Some(log) = &mut self.log {
            let GroupShape { topic, name } = &topology.groups[group];
            let offset = self.groups[group].cursors[partition].next;
            let topic = &topology.topics[*topic].name;
            log.write(&Event::Settled { topic, group: name, partition, offset, dead }, None)?;
        }
        self.settled(topology, group, partition, dead);
        self.clear_log();
        Ok(())
    }

    fn settled(&mut self, topology: &Topology, group: usize, partition: usize, dead: Option<u32>) {
        let topic = topology.groups[group].topic;
        let letters = &self.topics[topic][partition];
        let Group { cursors, dead: grave, .. } = &mut self.groups[group];
        let cursor = &mut cursors[partition];
        if let Some(attempts) = dead {
            let letter = letters.letters[(cursor.next - letters.first) as usize].clone();
            let position = Position { partition, offset: cursor.next };
            grave.push_back(DeadLetter { key: letter.key, message: letter.message, position, attempts });
        }
        *cursor = Cursor { next: cursor.next + 1, leases: cursor.leases, ..Cursor::default() };
        self.forget(topology, topic, partition);
    }

    /// Forgets the messages of a partition that all groups have settled.
    fn forget(&mut self, topology: &Topology, topic: usize, partition: usize) {
        let next = topology.groups_of(topic).map(|group| self.groups[group].cursors[partition].next).min();
        let letters = &mut self.topics[topic][partition];
        while next.is_some_and(|next| letters.first < next) && letters.letters.pop_front().is_some() {
            letters.first += 1;
        }
    }

    pub(super) fn take_dead_letter(
        &mut self,
        topology: &Topology,
        group: usize,
    ) -> Result<Option<DeadLetter<T>>, JournalError> {
        if self.groups[group].dead.is_empty() {
            return Ok(None);
        }
        if let Some(log) = &mut self.log {
            let GroupShape { topic, name } = &topology.groups[group];
            log.write(&Event::Taken { topic: &topology.topics[*topic].name, group: name }, None)?;
        }
        let letter = self.groups[group].dead.pop_front();
        self.clear_log();
        Ok(letter)
    }

    /// Clears the log when there is nothing to find in it. If that cannot be done it is merely longer than it could be.
    fn clear_log(&mut self) {
        let nothing = self.topics.iter().flatten().all(|partition| partition.letters.is_empty())
            && self.groups.iter().all(|group| group.dead.is_empty());
        if let (true, Some(log)) = (nothing, &mut self.log) {
            let _ = log.clear();
        }
    }

    /// Does what an earlier process wrote that it did. Returns nothing if it cannot have.
    pub(super) fn replay(&mut self, topology: &Topology, event: &Event<'_>, message: Option<T>) -> Option<()> {
        match event {
            Event::Published { topic, partition, offset, key } => {
                let topic = topology.topic(topic)?;
                let letters = self.topics.get_mut(topic)?.get_mut(*partition)?;
                if letters.letters.is_empty() && *offset > letters.first {
                    // What came before was settled, and cleared from the log.
                    letters.first = *offset;
                    for group in topology.groups_of(topic) {
                        self.groups[group].cursors[*partition].next = *offset;
                    }
                }
                (*offset == letters.end()).then_some(())?;
                self.published(topic, *partition, Letter { key: (*key).to_owned(), message: Arc::new(message?) });
            }
            Event::Settled { topic, group, partition, offset, dead } => {
                let topic = topology.topic(topic)?;
                let group = topology.group(topic, group)?;
                let cursor = self.groups[group].cursors.get(*partition)?;
                (cursor.next == *offset && *offset < self.topics[topic][*partition].end()).then_some(())?;
                self.settled(topology, group, *partition, *dead);
            }
            Event::Taken { topic, group } => {
                let group = topology.group(topology.topic(topic)?, group)?;
                self.groups[group].dead.pop_front()?;
            }
        }
        Some(())
    }
}
