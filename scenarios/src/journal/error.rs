//! Why a journal could not be used.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why a journal could not be opened, read or written.
#[derive(Debug)]
#[non_exhaustive]
pub enum JournalError {
    /// The operating system says so.
    Io {
        /// The file.
        path: PathBuf,
        /// What it says.
        source: io::Error,
    },
    /// The file does not begin as a journal does.
    NotAJournal {
        /// The file.
        path: PathBuf,
    },
    /// A record is not as it was written, and others come after it.
    Corrupt {
        /// The file.
        path: PathBuf,
        /// Where the record begins, in bytes from the beginning of the file.
        offset: u64,
    },
    /// A record is whole, but not one of those that its reader writes.
    NotUnderstood {
        /// The file.
        path: PathBuf,
    },
    /// A record of 4 GiB or more.
    TooLong {
        /// How long it would be.
        bytes: usize,
    },
}

impl JournalError {
    pub(super) fn io(path: &Path, source: io::Error) -> JournalError {
        JournalError::Io { path: path.to_owned(), source }
    }
}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { path, source } => write!(f, "{}: {source}", path.display()),
            Self::NotAJournal { path } => write!(f, "{} is not a journal, choose another file", path.display()),
            Self::Corrupt { path, offset } => {
                write!(f, "{} is damaged: the record at byte {offset} is not as it was written", path.display())
            }
            Self::NotUnderstood { path } => write!(f, "{} holds records of somebody else", path.display()),
            Self::TooLong { bytes } => write!(f, "a record of {bytes} bytes is too long, 4 GiB are too much"),
        }
    }
}

impl Error for JournalError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}
