//! What the broker remembers on disk: a [journal](crate::journal) of what was published and settled.
//!
//! An event is written before anybody sees what it says. So a process that dies may have written what it told nobody: a message that is
//! delivered although its publisher never heard that it was accepted. It never told anybody what is not written: an acknowledged
//! message does not come back. Leases are not written. Whoever had one died with the process, or cannot reach it any more, and
//! the message is delivered again.
//!
//! A record is a letter that says what it is, then names and numbers, and at last the message. A name is its length in four bytes, and its
//! text; numbers have eight bytes, the lowest first.

use std::path::Path;

use super::state::{State, Topology};
use crate::journal::{Durability, Journal, JournalError, Record};

/// Something that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event<'a> {
    /// A message, which follows, was published.
    Published { topic: &'a str, partition: usize, offset: u64, key: &'a str },
    /// A group has acknowledged a message, or given it up after so many attempts.
    Settled { topic: &'a str, group: &'a str, partition: usize, offset: u64, dead: Option<u32> },
    /// Somebody has taken the oldest message that a group gave up.
    Taken { topic: &'a str, group: &'a str },
}

/// The journal of a broker.
pub(super) struct Log<T> {
    journal: Journal,
    encode: fn(&T, &mut Vec<u8>),
}

impl<T> Log<T> {
    /// Opens the log at `path`, and does to `state` what it says.
    pub(super) fn open(
        path: &Path,
        durability: Durability,
        topology: &Topology,
        state: &mut State<T>,
    ) -> Result<Self, JournalError>
    where
        T: Record,
    {
        let journal = Journal::open(path, durability, |_, record| {
            let (event, rest) = Event::read(record).ok_or_else(|| somebody_elses(path))?;
            let message = T::decode(rest);
            state.replay(topology, &event, message).ok_or_else(|| somebody_elses(path))
        })?;
        Ok(Self { journal, encode: T::encode })
    }

    pub(super) fn write(&mut self, event: &Event<'_>, message: Option<&T>) -> Result<(), JournalError> {
        let mut record = event.written();
        if let Some(message) = message {
            (self.encode)(message, &mut record);
        }
        self.journal.append(&record).map(drop)
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) -> Result<(), JournalError> {
        self.journal.clear()
    }
}

fn somebody_elses(path: &Path) -> JournalError {
    JournalError::NotUnderstood { path: path.to_owned() }
}

impl<'a> Event<'a> {
    fn written(&self) -> Vec<u8> {
        let mut record = Vec::new();
        let mut put = |kind: u8, names: &[&str], numbers: &[u64]| {
            record.push(kind);
            for name in names {
                // A name of four gigabytes does not get so far: it would be in memory several times.
                record.extend((name.len() as u32).to_le_bytes());
                record.extend(name.as_bytes());
            }
            numbers.iter().for_each(|number| record.extend(number.to_le_bytes()));
        };
        match *self {
            Event::Published { topic, partition, offset, key } => put(b'P', &[topic, key], &[partition as u64, offset]),
            Event::Settled { topic, group, partition, offset, dead } => {
                // No message is given up after no attempt.
                let dead = dead.unwrap_or(0);
                put(b'S', &[topic, group], &[partition as u64, offset, u64::from(dead)]);
            }
            Event::Taken { topic, group } => put(b'T', &[topic, group], &[]),
        }
        record
    }

    /// The event of a record, and what follows it.
    fn read(record: &'a [u8]) -> Option<(Event<'a>, &'a [u8])> {
        let (kind, mut rest) = record.split_first()?;
        let [topic, other] = [name(&mut rest)?, name(&mut rest)?];
        let event = match kind {
            b'P' => {
                let (partition, offset) = (place(&mut rest)?, number(&mut rest)?);
                Event::Published { topic, partition, offset, key: other }
            }
            b'S' => {
                let partition = place(&mut rest)?;
                let [offset, dead] = [number(&mut rest)?, number(&mut rest)?];
                let dead = u32::try_from(dead).ok()?;
                Event::Settled { topic, group: other, partition, offset, dead: (dead > 0).then_some(dead) }
            }
            b'T' => Event::Taken { topic, group: other },
            _ => return None,
        };
        Some((event, rest))
    }
}

fn number(rest: &mut &[u8]) -> Option<u64> {
    let (number, left) = rest.split_first_chunk()?;
    *rest = left;
    Some(u64::from_le_bytes(*number))
}

fn place(rest: &mut &[u8]) -> Option<usize> {
    usize::try_from(number(rest)?).ok()
}

fn name<'a>(rest: &mut &'a [u8]) -> Option<&'a str> {
    let (length, left) = rest.split_first_chunk()?;
    let (name, left) = left.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
    *rest = left;
    std::str::from_utf8(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_as_they_were_written() {
        let (topic, group) = ("orders", "stock");
        for event in [
            Event::Published { topic, partition: 3, offset: 7, key: "ada" },
            Event::Settled { topic, group, partition: 0, offset: u64::MAX, dead: None },
            Event::Settled { topic, group, partition: 1, offset: 0, dead: Some(5) },
            Event::Taken { topic, group: "" },
        ] {
            let mut record = event.written();
            record.extend(b"message");
            assert_eq!(Event::read(&record), Some((event, &b"message"[..])));
            for cut in 0..event.written().len() {
                assert_eq!(Event::read(&record[..cut]), None, "{event:?}, cut at {cut}");
            }
        }
        assert_eq!(Event::read(b"?"), None);
    }
}
