//! Speakers that talk at the same time, and a conversation that ends when the last has spoken.
//!
//! # The problem
//!
//! A task that starts others and returns has not waited for them: what they were about to say is
//! lost with the process, or comes after its report was sent. [`converse`] starts a task for each
//! speaker, collects the lines as they fall, and returns only when every task has been joined.
//!
//! Use it for a handful of tasks whose output belongs together. Which speaker's line comes first is
//! up to the scheduler: whoever needs an order between two speakers must make it.
//!
//! ```
//! use reweave_scenarios::speakers::{Speaker, converse};
//!
//! let said = converse(vec![Speaker::new("ping", ["1", "2"]), Speaker::new("pong", ["a"])])?;
//! assert_eq!(said.len(), 3);
//! assert_eq!(said.iter().filter(|line| line.speaker == "pong").count(), 1);
//! # Ok::<(), reweave_scenarios::speakers::SpawnError>(())
//! ```
//!
//! # Guarantees
//!
//! - **Nothing is lost**: every line of every speaker that was started is in the transcript, once.
//! - **Order**: the lines of one speaker stand in the order in which they were given.
//! - **No order between speakers**: every way to interleave them can happen.
//! - **Nobody is left behind**: when the call returns, for whatever reason, no speaker runs any more.
//! - **Panics travel**: the panic of a speaker becomes that of the caller, after all were joined.

pub mod variant;
pub mod workload;

mod row;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::{fmt, io, panic};

use reweave::sync::{Arc, Mutex, PoisonError};
use reweave::thread;

pub use row::scenario;
use variant::{Correct, Ending, Policy};

/// Someone with lines to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speaker {
    name: String,
    lines: Vec<String>,
}

impl Speaker {
    /// A speaker who says `lines` in this order. The name is also that of the thread.
    pub fn new<L: Into<String>>(name: impl Into<String>, lines: impl IntoIterator<Item = L>) -> Self {
        Self { name: name.into(), lines: lines.into_iter().map(Into::into).collect() }
    }
}

/// A line of the transcript.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The name of who said it.
    pub speaker: String,
    /// What was said.
    pub text: String,
}

/// The system could not start a thread for a speaker.
#[derive(Debug)]
pub struct SpawnError {
    speaker: String,
    source: io::Error,
}

impl fmt::Display for SpawnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no thread could be started for the speaker {:?}", self.speaker)
    }
}

impl Error for SpawnError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}

/// Lets all speakers talk at the same time, waits for them, and returns what was said in the order
/// in which it was.
///
/// # Errors
/// When the system has no room for one more thread. The speakers that were started have finished.
///
/// # Panics
/// When the name of a speaker contains a zero byte, as [`thread::Builder::spawn`] does.
pub fn converse(speakers: Vec<Speaker>) -> Result<Vec<Line>, SpawnError> {
    converse_variant::<Correct>(speakers)
}

/// As [`converse`], for a buggy twin of it.
///
/// # Errors
/// As [`converse`].
///
/// # Panics
/// As [`converse`].
pub fn converse_variant<P: Policy>(speakers: Vec<Speaker>) -> Result<Vec<Line>, SpawnError> {
    let transcript = Arc::new(Mutex::new(Vec::new()));
    let mut started = Vec::with_capacity(speakers.len());
    let mut refused = None;
    for Speaker { name, lines } in speakers {
        let said = Arc::clone(&transcript);
        let speaker = name.clone();
        let talk = move || {
            for text in lines {
                let line = Line { speaker: speaker.clone(), text };
                said.lock().unwrap_or_else(PoisonError::into_inner).push(line);
            }
        };
        match thread::Builder::new().name(name.clone()).spawn(talk) {
            Ok(thread) => started.push(thread),
            Err(source) => {
                refused = Some(SpawnError { speaker: name, source });
                break;
            }
        }
    }
    let awaited = match P::ENDING {
        Ending::JoinsAll => started.len(),
        Ending::JoinsFirst => started.len().min(1),
        Ending::JoinsNone => 0,
    };
    let mut panicked = None;
    for thread in started.into_iter().take(awaited) {
        if let Err(payload) = thread.join() {
            panicked.get_or_insert(payload);
        }
    }
    if let Some(payload) = panicked {
        panic::resume_unwind(payload);
    }
    match refused {
        Some(error) => Err(error),
        None => Ok(std::mem::take(&mut *transcript.lock().unwrap_or_else(PoisonError::into_inner))),
    }
}
