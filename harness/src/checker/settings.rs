//! The settings of an exploration.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::report::Progress;
use super::seeds::Seeds;
use crate::engine::execution::Limits;
use crate::explore::Strategy;
use crate::kernel::{Clock, Rules};
use crate::seed::Token;
use crate::seed::store::Given;

/// See [`Checker::on_progress`](super::Checker::on_progress).
#[derive(Clone)]
pub(crate) struct Watch(pub(crate) Arc<dyn Fn(&Progress) + Send + Sync>);

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watch")
    }
}

/// See [`Checker`](super::Checker), whose methods say what each field means.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) name: String,
    pub(crate) strategy: Strategy,
    /// Instead of the number in the strategy.
    pub(crate) preemptions: Option<usize>,
    pub(crate) schedules: Option<u64>,
    pub(crate) time_limit: Option<Duration>,
    pub(crate) seed: u64,
    pub(crate) max_steps: u64,
    pub(crate) workers: usize,
    pub(crate) clock: Clock,
    pub(crate) spurious_wakeups: bool,
    pub(crate) allow_leaks: bool,
    pub(crate) keep_going: bool,
    pub(crate) stack_size: usize,
    pub(crate) stuck_after: Duration,
    /// For how long findings are shrunk, in real time.
    pub(crate) shrink_for: Duration,
    pub(crate) seeds_dir: Option<PathBuf>,
    pub(crate) seeds: Seeds,
    pub(crate) checkpoint: Option<PathBuf>,
    pub(crate) checkpoint_every: Duration,
    /// The exploration is a try: it ends at an execution that is too long, and that is no finding.
    pub(crate) tentative: bool,
    pub(crate) trace_hash: bool,
    pub(crate) repeat_complete: bool,
    /// Whether anything is done for findings while exploring: a sample of executions audited, and looked at for what might
    /// have failed.
    pub(crate) samples: bool,
    pub(crate) replay: Option<Given>,
    /// The step of a replay before which to stop in a debugger.
    pub(crate) break_at: Option<u64>,
    /// The file or folder to which explanations are written as HTML.
    pub(crate) html: Option<PathBuf>,
    pub(crate) progress: Option<Watch>,
}

/// A stack below this size (bytes) does not survive the formatting of a panic message.
const MIN_STACK_SIZE: usize = 16 * 1024;

/// How many executions are sampled if nobody says how many.
const DEFAULT_SCHEDULES: u64 = 10_000;

/// How often, in real time, an exploration is saved in its checkpoint.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(5);

/// More OS threads than this are a mistake.
const MAX_WORKERS: usize = 1024;

/// A setting that makes no sense.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SettingsError {
    #[error("`{name}` is {value}, but has to be at least {least}")]
    TooSmall { name: &'static str, value: u64, least: u64 },
    #[error("`{name}` is {value}, but may be at most {most}")]
    TooLarge { name: &'static str, value: u64, most: u64 },
    #[error("{variable}={value:?} {problem}")]
    Environment { variable: String, value: String, problem: String },
}

impl Settings {
    pub(crate) fn new(name: String) -> Settings {
        Settings {
            name,
            strategy: Strategy::default(),
            preemptions: None,
            schedules: None,
            time_limit: None,
            seed: 0,
            max_steps: 1_000_000,
            workers: 1,
            clock: Clock::Idle,
            spurious_wakeups: false,
            allow_leaks: false,
            keep_going: false,
            stack_size: 512 * 1024,
            stuck_after: Duration::from_secs(5),
            shrink_for: Duration::from_secs(1),
            seeds_dir: None,
            seeds: Seeds::Read,
            checkpoint: None,
            checkpoint_every: CHECKPOINT_EVERY,
            tentative: false,
            trace_hash: false,
            repeat_complete: false,
            samples: true,
            replay: None,
            break_at: None,
            html: None,
            progress: None,
        }
    }

    pub(crate) fn validate(&self) -> Result<(), SettingsError> {
        let least = |name, value: u64, least| {
            if value < least { Err(SettingsError::TooSmall { name, value, least }) } else { Ok(()) }
        };
        least("schedules", self.schedules.unwrap_or(1), 1)?;
        least("max_steps", self.max_steps, 1)?;
        least("workers", self.workers as u64, 1)?;
        least("stack_size", self.stack_size as u64, MIN_STACK_SIZE as u64)?;
        if self.workers > MAX_WORKERS {
            let (value, most) = (self.workers as u64, MAX_WORKERS as u64);
            return Err(SettingsError::TooLarge { name: "workers", value, most });
        }
        Ok(())
    }

    /// How many executions to run at most.
    pub(crate) fn schedule_limit(&self) -> u64 {
        match self.strategy {
            Strategy::RoundRobin => 1,
            Strategy::Auto | Strategy::Random => self.schedules.unwrap_or(DEFAULT_SCHEDULES),
            Strategy::Exhaustive | Strategy::Bounded { .. } => self.schedules.unwrap_or(u64::MAX),
        }
    }

    pub(crate) fn limits(&self) -> Limits {
        let rules = Rules { clock: self.clock, spurious_wakeups: self.spurious_wakeups };
        Limits { rules, max_steps: self.max_steps }
    }

    /// These settings, with those that decide what an execution does taken from `token`.
    pub(crate) fn with_rules_of(&self, token: &Token) -> Settings {
        Settings {
            clock: token.rules.clock,
            spurious_wakeups: token.rules.spurious_wakeups,
            max_steps: token.max_steps,
            ..self.clone()
        }
    }
}
