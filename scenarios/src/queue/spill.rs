//! Items that wait on disk, because there is no room for them in memory.
//!
//! A spill is a [journal](crate::journal) with two kinds of records: an item with its number, and the number of an item that has
//! been delivered. What was written and not delivered is what a process finds that opens the file, whenever the one
//! before it died. Once everything is delivered the file is cleared.
//!
//! Reading an item does not deliver it: it is read into memory ahead of time, and stays on disk until somebody has it. So an item
//! goes through three states: unread, in memory, settled.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use crate::journal::{Durability, Journal, JournalError, Place, Record};

/// A file of items that wait to be delivered, the oldest first. [`WhenFull::Spill`](super::WhenFull::Spill) gives one to a queue.
///
/// It belongs to one queue at a time: nothing keeps two processes from opening the same file.
pub struct Spill<T> {
    journal: Journal,
    /// Those that are not settled, by number. Items are numbered in the order in which they came.
    waiting: BTreeMap<u64, Place>,
    /// Those with a smaller number are in memory.
    unread: u64,
    /// The number of the next item.
    next: u64,
    encode: fn(&T, &mut Vec<u8>),
    decode: fn(&[u8]) -> Option<T>,
}

/// The first byte of a record.
const ITEM: u8 = b'+';
const SETTLED: u8 = b'-';

impl<T: Record> Spill<T> {
    /// Opens the spill at `path`, which is made if there is none. What an earlier process left there waits to be delivered. It
    /// survives the end of the process at any moment; see [`open_with`](Self::open_with) for more.
    ///
    /// ```
    /// use reweave_scenarios::journal::Scratch;
    /// use reweave_scenarios::queue::{OverflowQueue, Spill, WhenFull};
    ///
    /// let scratch = Scratch::new();
    /// let spill = Spill::open(&scratch.file("spill"))?;
    /// let queue: OverflowQueue<String> = OverflowQueue::new(1, WhenFull::Spill(spill))?;
    /// for item in ["in memory", "on disk"] {
    ///     queue.push(item.to_owned())?;
    /// }
    /// assert_eq!(queue.pop()?.as_deref(), Some("in memory"));
    /// drop(queue); // or the process dies
    ///
    /// assert_eq!(Spill::<String>::open(&scratch.file("spill"))?.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the file cannot be read, or is not a spill of such items.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        Self::open_with(path, Durability::Process)
    }

    /// As [`open`](Self::open), with a choice of what the items survive.
    ///
    /// # Errors
    /// If the file cannot be read, or is not a spill of such items.
    pub fn open_with(path: &Path, durability: Durability) -> Result<Self, JournalError> {
        let (mut waiting, mut next) = (BTreeMap::new(), 0);
        let journal = Journal::open(path, durability, |place, record| {
            match understand(record) {
                Some((ITEM, number, item)) if T::decode(item).is_some() => {
                    waiting.insert(number, place);
                    next = number + 1;
                }
                Some((SETTLED, number, [])) => {
                    waiting.remove(&number);
                }
                _ => return Err(JournalError::NotUnderstood { path: path.to_owned() }),
            }
            Ok(())
        })?;
        let unread = waiting.keys().next().copied().unwrap_or(next);
        Ok(Self { journal, waiting, unread, next, encode: T::encode, decode: T::decode })
    }
}

/// The kind of a record, the number of its item, and the bytes of the item.
fn understand(record: &[u8]) -> Option<(u8, u64, &[u8])> {
    let (kind, rest) = record.split_first()?;
    let (number, item) = rest.split_first_chunk()?;
    Some((*kind, u64::from_le_bytes(*number), item))
}

fn record(kind: u8, number: u64) -> Vec<u8> {
    let mut record = vec![kind];
    record.extend_from_slice(&number.to_le_bytes());
    record
}

impl<T> Spill<T> {
    /// How many items are on disk and not delivered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether everything is delivered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Whether all items that are on disk are in memory as well.
    pub(super) fn is_read(&self) -> bool {
        self.unread >= self.next
    }

    /// Writes `item` behind all others.
    pub(super) fn append(&mut self, item: &T) -> Result<(), JournalError> {
        let mut record = record(ITEM, self.next);
        (self.encode)(item, &mut record);
        let place = self.journal.append(&record)?;
        self.waiting.insert(self.next, place);
        self.next += 1;
        Ok(())
    }

    /// Reads the oldest item that is not in memory.
    pub(super) fn peek(&mut self) -> Result<Option<(u64, T)>, JournalError> {
        let Some((number, place)) = self.waiting.range(self.unread..).next() else { return Ok(None) };
        let record = self.journal.read(*place)?;
        let item = understand(&record).and_then(|(_, _, item)| (self.decode)(item));
        let not_understood = || JournalError::NotUnderstood { path: self.journal.path().to_owned() };
        item.map(|item| Some((*number, item))).ok_or_else(not_understood)
    }

    /// The item with this number, which was read, is in memory now.
    pub(super) fn advance(&mut self, number: u64) {
        self.unread = self.unread.max(number + 1);
    }

    /// The item with this number is delivered: whoever opens the file does not find it.
    pub(super) fn settle(&mut self, number: u64) -> Result<(), JournalError> {
        if self.waiting.len() == 1 && self.waiting.contains_key(&number) {
            self.journal.clear()?;
        } else {
            self.journal.append(&record(SETTLED, number))?;
        }
        self.waiting.remove(&number);
        Ok(())
    }

    pub(super) fn copy_to(&self, path: &Path) -> Result<(), JournalError> {
        self.journal.copy_to(path)
    }
}

/// Shows the file and how many items wait in it.
impl<T> fmt::Debug for Spill<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spill").field("path", &self.journal.path()).field("len", &self.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::journal::Scratch;

    /// Everything that waits, read and settled.
    fn drain(spill: &mut Spill<u64>) -> Vec<u64> {
        let mut items = Vec::new();
        while let Some((number, item)) = spill.peek().expect("it can be read") {
            spill.advance(number);
            spill.settle(number).expect("it can be written");
            items.push(item);
        }
        items
    }

    #[test]
    fn an_item_that_was_read_stays_until_it_is_settled() {
        let scratch = Scratch::new();
        let open = || Spill::<u64>::open(&scratch.file("spill")).expect("it is a spill");
        let mut spill = open();
        (10..14).for_each(|item| spill.append(&item).expect("there is room"));
        for number in 0..2 {
            assert_eq!(spill.peek().expect("it can be read"), Some((number, 10 + number)));
            spill.advance(number);
        }
        // Not in the order in which they were read.
        spill.settle(1).expect("it can be written");
        assert_eq!((spill.len(), spill.is_read()), (3, false));
        drop(spill);

        let mut again = open();
        assert_eq!(drain(&mut again), [10, 12, 13]);
        assert!(again.is_empty() && again.is_read());
        again.append(&14).expect("there is room");
        assert_eq!(drain(&mut open()), [14]);
        assert!(open().is_empty());
    }

    /// The process dies at every moment of a life, in the middle of a record or between two: whoever opens the file finds
    /// what had been written whole and not been settled.
    #[test]
    fn whenever_the_process_dies_each_item_is_there_or_settled() {
        let scratch = Scratch::new();
        let (path, cut_off) = (scratch.file("spill"), scratch.file("cut-off"));
        let mut spill = Spill::<u64>::open(&path).expect("it is made");
        let mut expected: Vec<u64> = Vec::new();
        let mut before = fs::read(&path).expect("it is there");
        for step in 0..12_u64 {
            // Two come and one goes, and at last they all go.
            let last = expected.clone();
            if step < 8 && step % 3 != 2 {
                spill.append(&step).expect("there is room");
                expected.push(step);
            } else {
                let (number, item) = spill.peek().expect("it can be read").expect("something waits");
                spill.advance(number);
                spill.settle(number).expect("it can be written");
                assert_eq!(item, expected.remove(0));
            }
            let after = fs::read(&path).expect("it is there");
            // Clearing a file is one step of the file system; what is appended may be cut off anywhere.
            for cut in before.len()..=after.len() {
                fs::write(&cut_off, &after[..cut]).expect("there is room");
                let mut found = Spill::<u64>::open(&cut_off).expect("it is a spill");
                let waits = if cut == after.len() { &expected } else { &last };
                assert_eq!(&drain(&mut found), waits, "in step {step}, cut at {cut}");
            }
            before = after;
        }
        assert!(spill.is_empty());
    }

    #[test]
    fn items_of_another_kind_are_refused() {
        let scratch = Scratch::new();
        Spill::open(&scratch.file("spill")).and_then(|mut spill| spill.append(&vec![1_u8])).expect("there is room");
        let error = Spill::<u64>::open(&scratch.file("spill")).expect_err("a number has eight bytes");
        assert!(error.to_string().ends_with("holds records of somebody else"), "{error}");
    }
}
