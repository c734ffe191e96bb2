//! Findings: what a failed execution is called, and how it is told from others.

pub(crate) mod account;
mod data_race;
mod decisive;
mod describe;
pub(crate) mod explain;
mod forgotten;
mod kind;
mod labels;
mod livelock;
pub(crate) mod lock_order;
mod order;
mod relate;
pub(crate) mod shape;
mod shrunk;
mod source;
pub(crate) mod suspects;
mod waits;

pub(crate) use account::{Account, ObjectAccount, StepAccount, TaskAccount, WaitAccount, Why};
pub use decisive::{Decisive, Jump, Reversal};
pub use kind::FindingKind;
pub use shrunk::Shrunk;
pub(crate) use shrunk::Size;

use std::fmt;
use std::path::{Path, PathBuf};

use crate::explore::Strategy;
use crate::report::{TextOptions, chrome, document, html, mermaid, text};
use crate::seed::store::{self, State};
use crate::seed::{Form, SeedError, SeedFile, Token, fnv};

/// A failed execution.
#[derive(Clone, Debug)]
pub struct Finding {
    pub(crate) test: String,
    pub(crate) kind: FindingKind,
    pub(crate) message: String,
    pub(crate) execution: Option<u64>,
    pub(crate) strategy: Strategy,
    pub(crate) seed: u64,
    pub(crate) token: Token,
    pub(crate) schedule: Schedule,
    pub(crate) account: Account,
    pub(crate) signature: String,
    pub(crate) shrunk: Option<Shrunk>,
    pub(crate) decisive: Option<Decisive>,
}

impl Finding {
    /// The name of the test.
    #[must_use]
    pub fn test(&self) -> &str {
        &self.test
    }

    /// What kind of failure it is.
    #[must_use]
    pub fn kind(&self) -> FindingKind {
        self.kind
    }

    /// One sentence: the message of the panic, or who waits for whom.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The token that replays it: `REWEAVE_REPLAY=` this.
    #[must_use]
    pub fn token(&self) -> String {
        self.token.to_string()
    }

    /// The decisions that lead to it.
    #[must_use]
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// How the schedule was made simpler than the one that was found; none if it was not tried.
    #[must_use]
    pub fn shrunk(&self) -> Option<&Shrunk> {
        self.shrunk.as_ref()
    }

    /// Which step decided that it fails, and which order of steps it needs for that: what experiments said that are made in
    /// the time of [`Checker::shrink_for`](crate::Checker::shrink_for), also for what is replayed. None if there were none: for a
    /// livelock, an execution of more than 200 steps, or if there is no time for shrinking.
    #[must_use]
    pub fn decisive(&self) -> Option<&Decisive> {
        self.decisive.as_ref()
    }

    /// The explanation as text, 100 characters wide and without colour.
    #[must_use]
    pub fn render(&self) -> String {
        text::render(self, &TextOptions::new())
    }

    /// The explanation as text, laid out as `options` say.
    #[must_use]
    pub fn render_with(&self, options: &TextOptions) -> String {
        text::render(self, options)
    }

    /// The explanation as a page of HTML that stands by itself: lanes that can be hovered over and filtered, light and dark,
    /// without network or framework.
    ///
    /// [`Checker::html`](crate::Checker::html) and `REWEAVE_HTML` write it to a file.
    #[must_use]
    pub fn html(&self) -> String {
        html::render(self)
    }

    /// What stands for it in the body of an [`html_page`](crate::html_page).
    #[must_use]
    pub fn html_body(&self) -> String {
        html::body(self)
    }

    /// The explanation as JSON, for tools. `docs/finding.schema.json` in this crate says what every member means.
    ///
    /// ```
    /// use reweave::{Checker, Strategy};
    ///
    /// let report = Checker::new().strategy(Strategy::Random).schedules(1).explore(|| panic!("on purpose"));
    /// let json = report.finding().expect("every schedule fails").json();
    /// assert!(json.contains(r#""kind": "panic""#));
    /// ```
    #[must_use]
    pub fn json(&self) -> String {
        document::render(self)
    }

    /// The steps as a trace in Chrome's format, which <https://ui.perfetto.dev> and `chrome://tracing` open: step `n` is at
    /// microsecond `n`.
    #[must_use]
    pub fn chrome_trace(&self) -> String {
        chrome::render(self)
    }

    /// The last steps as a sequence diagram in Mermaid, which GitHub draws in issues and pull requests: write three backticks
    /// and `mermaid` before it, and three backticks after. It has 60 rows at most, and says what it leaves out.
    #[must_use]
    pub fn mermaid(&self) -> String {
        mermaid::render(self)
    }

    /// Saves it as a file under `directory`, where [`Checker::seeds_dir`](crate::Checker::seeds_dir) finds it.
    /// Returns the file. An earlier file of the same failure is replaced.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn save(&self, directory: impl AsRef<Path>) -> Result<PathBuf, SeedError> {
        store::save(directory.as_ref(), self, State::Accepted)
    }

    /// The text of the file that [`save`](Finding::save) writes.
    #[must_use]
    pub fn seed_file(&self) -> String {
        SeedFile::of(self).to_text(&self.render())
    }

    /// What two findings have in common that are the same: the kind and the places, not the schedule.
    #[must_use]
    pub fn signature(&self) -> &str {
        &self.signature
    }

    /// What it has in common with itself after an edit of the program; see [`shape`].
    pub(crate) fn shape(&self) -> &str {
        if self.account.shape.is_empty() { self.kind.name() } else { &self.account.shape }
    }

    /// What files about it are called: `panic-1b2c3d4e`. Findings with the same shape have other names if they are at other
    /// places, and those at the same place if they have another shape.
    pub(crate) fn file_stem(&self) -> String {
        let hash = fnv(format!("{}\n{}", self.shape(), self.signature).as_bytes());
        format!("{}-{hash:08x}", self.kind.name())
    }

    pub(crate) fn is_by_seed(&self) -> bool {
        matches!(self.token.form, Form::Seed { .. })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.message)
    }
}

/// The decisions of an execution: tasks by the order of their creation (0 is the clock, 1 the root), and the numbers of
/// outcomes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Schedule {
    pub(crate) decisions: Vec<u32>,
}

impl Schedule {
    /// How many decisions there were.
    #[must_use]
    pub fn len(&self) -> usize {
        self.decisions.len()
    }

    /// Whether there was nothing to decide.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.decisions.is_empty()
    }

    /// The decisions in order.
    pub fn decisions(&self) -> impl Iterator<Item = u32> + '_ {
        self.decisions.iter().copied()
    }
}

impl fmt::Display for Schedule {
    /// Runs of equal decisions: `1 2×3 1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, run) in self.decisions.chunk_by(|a, b| a == b).enumerate() {
            let space = if i == 0 { "" } else { " " };
            match run.len() {
                1 => write!(f, "{space}{}", run[0])?,
                n => write!(f, "{space}{}×{n}", run[0])?,
            }
        }
        Ok(())
    }
}
