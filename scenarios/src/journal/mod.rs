//! A file of records that outlives the process which writes it.
//!
//! Two rows of the gallery keep something on disk: the [queue](crate::queue) what does not fit into its
//! memory, and the broker what was published. Both need the same of a file: that
//! whatever was written before the process died, at whatever moment, is read when the next one opens
//! it, and that nothing else is.
//!
//! A [`Journal`] is a list of records, and changes in two ways only: a record is appended, or all are
//! forgotten. Each record carries its length and a checksum. A process that dies while it appends leaves
//! a piece of a record at the end of the file; the checksum betrays it, and the next one cuts it off. The
//! idea is that of every database log: J. Gray and A. Reuter, *Transaction Processing: Concepts and
//! Techniques* (1993), chapter 9.
//!
//! ```
//! use reweave_scenarios::journal::{Durability, Journal, Scratch};
//!
//! let scratch = Scratch::new();
//! let mut journal = Journal::open(&scratch.file("log"), Durability::Process, |_, _| Ok(()))?;
//! journal.append(b"first")?;
//! drop(journal); // or the process dies
//!
//! let mut found = Vec::new();
//! Journal::open(&scratch.file("log"), Durability::Process, |_, bytes| {
//!     found.push(bytes.to_vec());
//!     Ok(())
//! })?;
//! assert_eq!(found, [b"first"]);
//! # Ok::<(), reweave_scenarios::journal::JournalError>(())
//! ```
//!
//! A journal does its input and output in the task that calls it and shares nothing, so it has no lock.
//! Who shares one protects it with a lock, and then the order in which tasks write is the order in which
//! they got the lock, which is part of the schedule: executions with real files replay like all others.

mod error;
mod record;
mod scratch;
#[cfg(test)]
mod tests;

use std::fs::{File, OpenOptions};
use std::io::{BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

pub use error::JournalError;
pub use record::Record;
pub use scratch::Scratch;

use record::{HEAD, MAGIC, Next, checksum, head_of, next};

/// A file of records; see the [module](self).
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    durability: Durability,
    /// Where the last whole record ends, in bytes from the beginning of the file. What lies behind is overwritten.
    end: u64,
    /// A piece of a record lies behind the end and could not be cut off, so that nothing may be appended.
    spoilt: bool,
}

/// What a record survives once it is appended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Durability {
    /// The end of the process, whatever ends it. The operating system has the record, and writes it when it likes.
    #[default]
    Process,
    /// The end of the electricity. The disk has the record; that costs milliseconds for each.
    Power,
}

/// Where a record lies in its journal, until that is cleared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Where its bytes begin, in bytes from the beginning of the file.
    offset: u64,
    /// How many bytes it has.
    length: u32,
}

impl Journal {
    /// Opens the journal at `path`, which is made if there is none, and shows each of its records to `visit`, the
    /// oldest first. A piece of a record at its end is cut off.
    ///
    /// # Errors
    /// The first error of `visit`; [`JournalError::Io`]; [`JournalError::NotAJournal`] if the file is something else; and
    /// [`JournalError::Corrupt`] if a record in the middle of the file is not as it was written.
    pub fn open(
        path: &Path,
        durability: Durability,
        mut visit: impl FnMut(Place, &[u8]) -> Result<(), JournalError>,
    ) -> Result<Journal, JournalError> {
        let failed = |error| JournalError::io(path, error);
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(failed)?;
        let size = file.metadata().map_err(failed)?.len();
        let mut journal = Journal { path: path.to_owned(), file, durability, end: 0, spoilt: false };

        let mut reader = BufReader::new(&journal.file);
        let mut magic = [0; MAGIC.len()];
        let written = usize::try_from(size).unwrap_or(usize::MAX).min(MAGIC.len());
        reader.read_exact(&mut magic[..written]).map_err(failed)?;
        if magic[..written] != MAGIC[..written] {
            return Err(JournalError::NotAJournal { path: path.to_owned() });
        }
        let mut end = written as u64;
        while end < size {
            match next(&mut reader, size - end).map_err(failed)? {
                Next::Record(bytes) => {
                    // `next` has read no more than a `u32` of bytes.
                    let place = Place { offset: end + HEAD as u64, length: bytes.len() as u32 };
                    visit(place, &bytes)?;
                    end = place.offset + u64::from(place.length);
                }
                Next::Torn => break,
                Next::Corrupt => return Err(JournalError::Corrupt { path: path.to_owned(), offset: end }),
            }
        }
        if written < MAGIC.len() {
            // New, or its maker died at once.
            journal.write_at_end(MAGIC).map_err(failed)?;
        } else {
            journal.end = end;
            if end < size {
                journal.file.set_len(end).map_err(failed)?;
            }
        }
        Ok(journal)
    }

    /// Appends a record. If that fails the journal is as before.
    ///
    /// # Errors
    /// [`JournalError::Io`], and [`JournalError::TooLong`] for a record of 4 GiB or more.
    pub fn append(&mut self, record: &[u8]) -> Result<Place, JournalError> {
        let Ok(length) = u32::try_from(record.len()) else {
            return Err(JournalError::TooLong { bytes: record.len() });
        };
        let mut bytes = Vec::with_capacity(HEAD + record.len());
        bytes.extend_from_slice(&head_of(length, checksum(length, record)));
        bytes.extend_from_slice(record);
        let place = Place { offset: self.end + HEAD as u64, length };
        self.write_at_end(&bytes).map_err(|error| JournalError::io(&self.path, error))?;
        Ok(place)
    }

    /// Reads the record at `place`.
    ///
    /// # Errors
    /// [`JournalError::Io`], and [`JournalError::Corrupt`] if the record is not as it was written. One of the two also if the
    /// journal was cleared since.
    pub fn read(&mut self, place: Place) -> Result<Vec<u8>, JournalError> {
        let begin = place.offset - HEAD as u64;
        let mut head = [0; HEAD];
        let mut bytes = vec![0; place.length as usize];
        let sought = self.file.seek(SeekFrom::Start(begin));
        let read = sought.and_then(|_| self.file.read_exact(&mut head)).and_then(|()| self.file.read_exact(&mut bytes));
        read.map_err(|error| JournalError::io(&self.path, error))?;
        if head != head_of(place.length, checksum(place.length, &bytes)) {
            return Err(JournalError::Corrupt { path: self.path.clone(), offset: begin });
        }
        Ok(bytes)
    }

    /// Forgets all records, and gives their room back to the disk.
    ///
    /// # Errors
    /// [`JournalError::Io`].
    pub fn clear(&mut self) -> Result<(), JournalError> {
        let end = MAGIC.len() as u64;
        let cleared = self.file.set_len(end).and_then(|()| self.settle());
        cleared.map_err(|error| JournalError::io(&self.path, error))?;
        self.end = end;
        self.spoilt = false;
        Ok(())
    }

    /// Copies the journal as it is to `path`: a backup, or what the next process would find if this one died now.
    ///
    /// # Errors
    /// [`JournalError::Io`].
    pub fn copy_to(&self, path: &Path) -> Result<(), JournalError> {
        std::fs::copy(&self.path, path).map(drop).map_err(|error| JournalError::io(path, error))
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn write_at_end(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        if self.spoilt {
            return Err(std::io::Error::other("an earlier failure left a piece of a record at its end"));
        }
        let sought = self.file.seek(SeekFrom::Start(self.end));
        let written = sought.and_then(|_| self.file.write_all(bytes)).and_then(|()| self.settle());
        match written {
            Ok(()) => self.end += bytes.len() as u64,
            Err(_) => self.spoilt = self.file.set_len(self.end).is_err(),
        }
        written
    }

    fn settle(&self) -> std::io::Result<()> {
        match self.durability {
            Durability::Process => Ok(()),
            Durability::Power => self.file.sync_data(),
        }
    }
}
