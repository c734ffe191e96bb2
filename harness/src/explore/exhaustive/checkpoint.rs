//! The checkpoint: an exhaustive exploration in a file, so that it can be interrupted and goes on where it was.
//!
//! | bytes | meaning |
//! | --- | --- |
//! | 4 | `rwc3`: the digit is the format |
//! | 8 | how many bytes the file has, little endian |
//! | – | the version of the library, then the name of the test: `varint(length)` and UTF-8 each |
//! | – | what decides which executions there are: see [`Rules`] |
//! | – | counters, failures, loops, and the task names that the moves refer to: see [`Head`] |
//! | – | the tree, node by node: the root first, and then the children of every node in the order of its edges |
//! | – | the agenda |
//! | 8 | 64-bit FNV-1a of all bytes before, little endian |
//!
//! Numbers are varints as in tokens: seven bits a byte, least significant first, and the high bit where more follow. A
//! number that may be the name of a task is `value << 1` if it is below 2³², else `index << 1 | 1`, where the index is that
//! into the table of names.

mod read;
#[cfg(test)]
mod tests;
mod write;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::estimate::Estimate;
use super::loops::Loop;
use super::tree::Tree;
use crate::checker::Settings;
use crate::explore::exploration::Failure;
use crate::kernel::Clock;
use read::Reader;

const MAGIC: &[u8; 3] = b"rwc";
const FORMAT: u8 = b'3';

/// The format and the length come before the content, the checksum after it.
const BEFORE: usize = 12;
const AFTER: usize = 8;

/// Plans branch off from plans at most so often.
const MAX_NESTING: usize = 2_000;

/// Why an exploration cannot go on from a checkpoint, or cannot be saved in one.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CheckpointError {
    #[error("cannot read the checkpoint {}: {error}", path.display())]
    Read { path: PathBuf, error: std::io::Error },
    #[error("cannot write the checkpoint {}: {error}", path.display())]
    Write { path: PathBuf, error: std::io::Error },
    #[error("{} is not a checkpoint, and is left as it is: choose another path", path.display())]
    Foreign { path: PathBuf },
    #[error("the checkpoint {} is damaged: {problem}; restore it, or remove it to begin anew", path.display())]
    Damaged { path: PathBuf, problem: String },
    #[error(
        "the checkpoint {} has format {format}, and this version reads format 3: go on with the version that wrote it, or remove it to begin anew", path.display()
    )]
    Format { path: PathBuf, format: char },
    #[error(
        "the checkpoint {} was made with reweave {version}, and this is reweave {}: go on with that version, or remove it to begin anew", path.display(), env!("CARGO_PKG_VERSION")
    )]
    Version { path: PathBuf, version: String },
    #[error("the checkpoint {} was made by the test `{test}`, and this is `{this}`: choose another path", path.display())]
    Test { path: PathBuf, test: String, this: String },
    #[error(
        "the checkpoint {} was made with {setting} {then}, and it is {now} now: restore that, or remove the file to begin anew", path.display()
    )]
    Setting { path: PathBuf, setting: &'static str, then: String, now: String },
    #[error(
        "the test is not the one that the checkpoint {} was made with: its first execution takes other steps; remove the file to begin anew", path.display()
    )]
    Program { path: PathBuf },
    #[error("the plans are nested too deep to be saved in the checkpoint {}", path.display())]
    Nested { path: PathBuf },
}

/// The settings that decide which executions there are, and what counts as a failure.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Rules {
    pub(super) clock: Clock,
    pub(super) spurious_wakeups: bool,
    pub(super) allow_leaks: bool,
    pub(super) keep_going: bool,
    pub(super) max_steps: u64,
}

/// An exploration but for its tree.
#[derive(Clone, Debug)]
pub(super) struct Head {
    pub(super) version: String,
    pub(super) test: String,
    pub(super) rules: Rules,
    /// A hash of the first execution.
    pub(super) fingerprint: u64,
    pub(super) finish_apart: bool,
    pub(super) single_steps: bool,
    pub(super) loses_timers: bool,
    pub(super) executed: u64,
    pub(super) failed: u64,
    pub(super) steps: u64,
    pub(super) cut: u64,
    pub(super) gave_up: u64,
    pub(super) blocked: u64,
    /// Real time so far, in whole milliseconds.
    pub(super) elapsed: Duration,
    pub(super) estimate: Estimate,
    /// By signature.
    pub(super) failures: Vec<(String, Failure)>,
    /// Loops that end by themselves, and all that were tried.
    pub(super) free_loops: Vec<Loop>,
    pub(super) tried_loops: Vec<Loop>,
}

impl Rules {
    pub(super) fn of(settings: &Settings) -> Rules {
        Rules {
            clock: settings.clock,
            spurious_wakeups: settings.spurious_wakeups,
            allow_leaks: settings.allow_leaks,
            keep_going: settings.keep_going,
            max_steps: settings.max_steps,
        }
    }
}

impl Head {
    /// Refuses what was made by another test, or with other settings.
    pub(super) fn check(&self, path: &Path, settings: &Settings) -> Result<(), CheckpointError> {
        let path = || path.to_owned();
        if self.test != settings.name {
            let (test, this) = (self.test.clone(), settings.name.clone());
            return Err(CheckpointError::Test { path: path(), test, this });
        }
        let (then, now) = (&self.rules, Rules::of(settings));
        let clock = |clock: Clock| match clock {
            Clock::Idle => "idle".to_owned(),
            Clock::Elastic => "elastic".to_owned(),
        };
        let pairs = [
            ("clock", clock(then.clock), clock(now.clock)),
            ("spurious_wakeups", then.spurious_wakeups.to_string(), now.spurious_wakeups.to_string()),
            ("allow_leaks", then.allow_leaks.to_string(), now.allow_leaks.to_string()),
            ("keep_going", then.keep_going.to_string(), now.keep_going.to_string()),
            ("max_steps", then.max_steps.to_string(), now.max_steps.to_string()),
        ];
        match pairs.into_iter().find(|(_, then, now)| then != now) {
            Some((setting, then, now)) => Err(CheckpointError::Setting { path: path(), setting, then, now }),
            None => Ok(()),
        }
    }
}

/// Where the checkpoint of the test `name` is, if `path` is given: if that is a directory, in it.
pub(super) fn file_of(path: &Path, name: &str) -> PathBuf {
    if !path.is_dir() {
        return path.to_owned();
    }
    let safe = |c: char| if c.is_alphanumeric() || matches!(c, '_' | '-' | '.') { c } else { '_' };
    path.join(format!("{}.checkpoint", name.chars().map(safe).collect::<String>()))
}

/// Reads the exploration that is saved at `path`, if there is one.
pub(super) fn load(path: &Path, settings: &Settings) -> Result<Option<(Head, Tree)>, CheckpointError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(CheckpointError::Read { path: path.to_owned(), error }),
    };
    let mut reader = Reader::new(path, &bytes)?;
    let head = reader.head(|head| head.check(path, settings))?;
    let saved = reader.rest(head).map_err(|problem| damaged(path, problem))?;
    Ok(Some(saved))
}

/// Finds out now, and not in some hours, whether `path` can be written.
pub(super) fn probe(path: &Path) -> Result<(), CheckpointError> {
    let write = |error| CheckpointError::Write { path: path.to_owned(), error };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(write)?;
    }
    let beside = beside(path);
    fs::File::create(&beside).and_then(|_| fs::remove_file(&beside)).map_err(write)
}

/// Writes an exploration. Whoever reads sees what was there before, or this, whole.
pub(super) fn save(path: &Path, head: &Head, tree: &Tree) -> Result<(), CheckpointError> {
    let failed = |error| CheckpointError::Write { path: path.to_owned(), error };
    let bytes = write::encode(head, tree).ok_or_else(|| CheckpointError::Nested { path: path.to_owned() })?;
    let beside = beside(path);
    let written = fs::File::create(&beside)
        .and_then(|mut file| file.write_all(&bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // What is half written is of no use; that it cannot be removed either is no news.
        let _ = fs::remove_file(&beside);
    }
    written.map_err(failed)
}

/// Removes the checkpoint of an exploration that is over.
pub(super) fn remove(path: &Path) -> Result<(), CheckpointError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(CheckpointError::Write { path: path.to_owned(), error })
        }
        _ => Ok(()),
    }
}

fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}", std::process::id()))
}

fn damaged(path: &Path, problem: impl Into<String>) -> CheckpointError {
    CheckpointError::Damaged { path: path.to_owned(), problem: problem.into() }
}

/// 64-bit FNV-1a (Fowler, Noll, Vo).
#[derive(Clone, Copy, Debug)]
pub(super) struct Fnv(pub(super) u64);

impl Fnv {
    pub(super) const fn new() -> Fnv {
        Fnv(0xcbf2_9ce4_8422_2325)
    }

    pub(super) fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

impl std::fmt::Write for Fnv {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.add(text.as_bytes());
        Ok(())
    }
}

fn checksum(bytes: &[u8]) -> u64 {
    let mut hash = Fnv::new();
    hash.add(bytes);
    hash.0
}

/// How an edge is taken, in a file.
mod tag {
    pub(super) const PLANNED: u8 = 0;
    pub(super) const OPEN: u8 = 1;
    pub(super) const OPEN_NODE: u8 = 2;
    pub(super) const DONE: u8 = 3;
    pub(super) const DONE_NODE: u8 = 4;
}

const ELASTIC: u8 = 1;
const SPURIOUS: u8 = 2;
const LEAKS: u8 = 4;
const KEEP_GOING: u8 = 8;
const FINISH_APART: u8 = 16;
const SINGLE_STEPS: u8 = 32;
const LOSES_TIMERS: u8 = 64;
