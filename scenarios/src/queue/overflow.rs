//! What becomes of an item when the queue is full.
//!
//! # The three answers
//!
//! - [`WhenFull::Block`]: the producer waits. Nothing is lost, and a slow consumer slows everybody down. The answer for stages of
//!   one service, where there is somebody to slow down.
//! - [`WhenFull::DropAfter`]: the producer waits for a time, and then has its item back, to drop it or to say that the service is busy.
//!   The answer for what is worthless when it is late, and at the edge, where whoever asks has a timeout anyway.
//! - [`WhenFull::Spill`]: the item goes to a file, and comes back when there is room. Producers never wait for consumers, and what is on
//!   disk survives the end of the process. The answer for bursts of what must not be lost, as long as the disk is large enough.
//!
//! # How the spill works
//!
//! Items leave in the order in which they were accepted, on whatever way: while an item is unread on disk, all new ones go there as
//! well. Accepting and reading are done under one lock, which is held while the file is written or read; a pop that finds an item in
//! memory takes it before it takes that lock.
//!
//! Each pop makes room for one item and reads one. So that nobody sleeps beside an item on disk follows from an invariant: *while an
//! item is unread, the memory is full or a pop is about to read.*
//!
//! An item that was on disk is settled there before a pop returns it, and not before the pop has it. A process that dies in between
//! leaves it on disk, and nobody has seen it: each is delivered exactly once, over the lives of all processes.
//!
//! When the disk fails, the one who meets the failure reports it and the queue is closed. What is in memory is still delivered,
//! and what is on disk stays there.

use std::fmt;
use std::path::Path;

use reweave::sync::atomic::{AtomicU64, Ordering};
use reweave::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use reweave::time::Duration;

use super::deadline::Deadline;
use super::error::Refused;
use super::spill::Spill;
use super::variant::{Correct, OnDisk, Policy, Refill};
use super::{BoundedQueue, Config, ConfigError, PushError, TryPushError};
use crate::journal::JournalError;

/// What becomes of an item when the queue is full; see the [module](self).
#[derive(Debug)]
pub enum WhenFull<T> {
    /// The producer waits for as long as it takes.
    Block,
    /// The producer waits for this time, and then gets its item back.
    DropAfter(Duration),
    /// The item goes to a file.
    Spill(Spill<T>),
}

/// A [`BoundedQueue`] that has an answer when it is full; see the [module](self).
///
/// Share it in an [`Arc`](reweave::sync::Arc) or with scoped threads. The parameter `P` is there for the buggy twins of
/// [`variant`](super::variant); leave it out.
pub struct OverflowQueue<T, P = Correct> {
    memory: BoundedQueue<Held<T>, P>,
    overflow: Overflow<T>,
    dropped: AtomicU64,
}

/// An item in memory.
struct Held<T> {
    item: T,
    /// Its number on disk, if it is there as well.
    spilled: Option<u64>,
}

enum Overflow<T> {
    Block,
    DropAfter(Duration),
    Spill(Box<Shared<T>>),
}

/// The file, as the tasks share it.
struct Shared<T> {
    disk: Mutex<Disk<T>>,
    /// Where stops wait until everything is read. Notified when that is so, or never will be.
    read: Condvar,
}

/// What the lock of the file protects.
struct Disk<T> {
    spill: Spill<T>,
    /// Nothing is accepted any more. The memory is closed later, when everything is read.
    closed: bool,
    /// Nothing is read any more, because the disk failed or a stop was forced.
    stopped: bool,
    /// Why reading failed, until somebody is told.
    failure: Option<JournalError>,
}

/// What a forced stop has left over.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "the items that are left over are in here, and dropping them loses them"]
pub struct Rest<T> {
    /// Items that were in memory alone, the oldest in front.
    pub in_memory: Vec<T>,
    /// How many items were on disk when the stop was over. Whoever opens the file gets them.
    pub on_disk: usize,
}

impl<T> Rest<T> {
    /// Whether nothing is left over.
    pub fn is_empty(&self) -> bool {
        self.in_memory.is_empty() && self.on_disk == 0
    }
}

impl<T> OverflowQueue<T> {
    /// A queue that holds at most `capacity` items in memory. What is in the file of a [`WhenFull::Spill`] comes first.
    ///
    /// # Errors
    /// [`ConfigError::ZeroCapacity`] and [`ConfigError::TooLarge`].
    pub fn new(capacity: usize, when_full: WhenFull<T>) -> Result<Self, ConfigError> {
        Self::new_variant(capacity, when_full)
    }
}

impl<T, P: Policy> OverflowQueue<T, P> {
    /// As [`new`](OverflowQueue::new), for a buggy twin.
    ///
    /// # Errors
    /// Those of [`new`](OverflowQueue::new).
    pub fn new_variant(capacity: usize, when_full: WhenFull<T>) -> Result<Self, ConfigError> {
        let memory = Config::new(capacity).build_variant()?;
        let overflow = match when_full {
            WhenFull::Block => Overflow::Block,
            WhenFull::DropAfter(patience) => Overflow::DropAfter(patience),
            WhenFull::Spill(spill) => {
                let disk = Disk { spill, closed: false, stopped: false, failure: None };
                Overflow::Spill(Box::new(Shared { disk: Mutex::new(disk), read: Condvar::new() }))
            }
        };
        let queue = Self { memory, overflow, dropped: AtomicU64::new(0) };
        if let Overflow::Spill(shared) = &queue.overflow {
            let disk = &shared.disk;
            let mut left = capacity;
            while left > 0 && queue.read_one(disk, lock(disk)) {
                left -= 1;
            }
        }
        Ok(queue)
    }

    /// Puts `item` into the queue, and does when there is no room what the queue was told.
    ///
    /// # Errors
    /// [`Refused`] has the item and says why.
    pub fn push(&self, item: T) -> Result<(), Refused<T>> {
        let held = Held { item, spilled: None };
        match &self.overflow {
            Overflow::Block => self.memory.push(held).map_err(|error| Refused::Closed(error.into_item().item)),
            Overflow::DropAfter(patience) => self.memory.push_timeout(held, *patience).map_err(|error| match error {
                PushError::Closed(held) => Refused::Closed(held.item),
                PushError::Timeout(held) => {
                    self.dropped.fetch_add(1, Ordering::Relaxed);
                    Refused::Dropped(held.item)
                }
            }),
            Overflow::Spill(shared) => self.push_or_spill(lock(&shared.disk), held),
        }
    }

    fn push_or_spill(&self, mut disk: MutexGuard<'_, Disk<T>>, mut held: Held<T>) -> Result<(), Refused<T>> {
        if disk.closed {
            return Err(Refused::Closed(held.item));
        }
        if disk.spill.is_read() {
            match self.memory.try_push(held) {
                Ok(()) => return Ok(()),
                Err(TryPushError::Closed(back)) => return Err(Refused::Closed(back.item)),
                Err(TryPushError::Full(back)) => held = back,
            }
        }
        disk.spill.append(&held.item).map_err(|error| Refused::NotWritten(held.item, error))
    }

    /// Takes the oldest item, after waiting for one if there is none. `None` when the queue is closed and empty, which is
    /// final.
    ///
    /// # Errors
    /// If the disk failed. One task is told; the queue is closed.
    pub fn pop(&self) -> Result<Option<T>, JournalError> {
        let held = self.memory.pop();
        let Overflow::Spill(shared) = &self.overflow else { return Ok(held.map(|held| held.item)) };
        let disk = &shared.disk;
        let mut locked = lock(disk);
        let Some(held) = held else { return locked.failure.take().map_or(Ok(None), Err) };
        if let Some(number) = held.spilled
            && let Err(error) = locked.spill.settle(number)
        {
            // The item stays on disk, so nobody may have it now.
            self.give_up(locked);
            return Err(error);
        }
        self.read_one(disk, locked);
        Ok(Some(held.item))
    }

    /// Reads the oldest unread item into memory if there is one, and says whether it did.
    fn read_one<'a>(&self, disk: &'a Mutex<Disk<T>>, mut locked: MutexGuard<'a, Disk<T>>) -> bool {
        let mut read = false;
        match locked.spill.peek() {
            Ok(Some((number, item))) => {
                if P::REFILL == Refill::LooksThenTakes {
                    drop(locked);
                    locked = lock(disk);
                }
                // If there is no room, another pop is to come. If the queue was stopped, the item stays on disk.
                read = self.memory.try_push(Held { item, spilled: Some(number) }).is_ok();
                if read {
                    locked.spill.advance(number);
                }
            }
            Ok(None) => {}
            Err(error) => {
                locked.failure = Some(error);
                self.give_up(locked);
                return false;
            }
        }
        self.close_when_read(locked);
        read
    }

    /// Closes the memory once nothing comes into it any more.
    fn close_when_read(&self, disk: MutexGuard<'_, Disk<T>>) {
        if disk.closed && disk.spill.is_read() {
            drop(disk);
            self.close_memory();
        }
    }

    /// Nothing is read from the disk any more.
    fn give_up(&self, mut disk: MutexGuard<'_, Disk<T>>) {
        disk.closed = true;
        disk.stopped = true;
        drop(disk);
        self.close_memory();
    }

    fn close_memory(&self) {
        self.memory.close();
        if let Overflow::Spill(shared) = &self.overflow {
            shared.read.notify_all();
        }
    }

    /// Ends the intake: every push is refused, and pops deliver what was accepted before, that on disk included. Closing a closed
    /// queue changes nothing.
    pub fn close(&self) {
        match &self.overflow {
            Overflow::Block | Overflow::DropAfter(_) => self.memory.close(),
            Overflow::Spill(shared) => {
                let mut disk = lock(&shared.disk);
                disk.closed = true;
                self.close_when_read(disk);
            }
        }
    }

    /// Closes the queue, gives the consumers the time `within` to empty it, and takes back what they leave in memory. What they
    /// leave on disk stays there.
    pub fn shutdown(&self, within: Duration) -> Rest<T> {
        let deadline = Deadline::after(within);
        self.close();
        if let Overflow::Spill(shared) = &self.overflow {
            let mut disk = lock(&shared.disk);
            while !disk.spill.is_read() && !disk.stopped {
                match deadline.wait::<_, P>(&shared.read, disk) {
                    Ok(woken) => disk = woken,
                    Err(late) => {
                        self.give_up(late);
                        break;
                    }
                }
            }
        }
        let held = self.memory.shutdown_until(deadline).into_left_over();
        let stays = |held: &Held<T>| P::ON_DISK == OnDisk::Stays && held.spilled.is_some();
        let in_memory = held.into_iter().filter(|held| !stays(held)).map(|held| held.item).collect();
        Rest { in_memory, on_disk: self.on_disk() }
    }

    /// Copies the file as it is to `path`: a backup. A queue without a file does nothing.
    ///
    /// The copy has what the queue holds at one moment, apart from items that are in memory alone.
    ///
    /// # Errors
    /// If the file cannot be copied.
    pub fn backup(&self, path: &Path) -> Result<(), JournalError> {
        match &self.overflow {
            Overflow::Spill(shared) => lock(&shared.disk).spill.copy_to(path),
            Overflow::Block | Overflow::DropAfter(_) => Ok(()),
        }
    }

    /// Whether the queue is closed and every pop will answer so, which is final.
    pub fn is_finished(&self) -> bool {
        self.memory.is_closed() && self.memory.is_empty()
    }

    /// How many items are on disk and not delivered.
    pub fn on_disk(&self) -> usize {
        match &self.overflow {
            Overflow::Spill(shared) => lock(&shared.disk).spill.len(),
            Overflow::Block | Overflow::DropAfter(_) => 0,
        }
    }

    /// How many items were given back because the queue stayed full.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

/// What the lock protects, be it poisoned or not. The code of a queue's users that runs under it, to encode or decode an
/// item, runs before anything is changed.
fn lock<T>(disk: &Mutex<Disk<T>>) -> MutexGuard<'_, Disk<T>> {
    disk.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Shows what the queue does when it is full. It does not take any lock.
impl<T, P> fmt::Debug for OverflowQueue<T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let when_full = match &self.overflow {
            Overflow::Block => "block".to_owned(),
            Overflow::DropAfter(patience) => format!("drop after {patience:?}"),
            Overflow::Spill(_) => "spill".to_owned(),
        };
        f.debug_struct("OverflowQueue")
            .field("memory", &self.memory)
            .field("when_full", &when_full)
            .finish_non_exhaustive()
    }
}
