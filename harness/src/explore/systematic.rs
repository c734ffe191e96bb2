//! Explorations that plan each execution by those before it.

use super::Strategy;
use super::bounded::Bounded;
use super::exhaustive::Search;
use super::exploration::{Pulse, Shared};
use super::worker::Worker;
use crate::checker::{Settings, Verdict, counted};

/// See the module's documentation.
#[derive(Debug)]
pub(super) enum Systematic {
    Exhaustive(Box<Search>),
    Bounded(Box<Bounded>),
}

impl Systematic {
    /// What the strategy of `settings` needs; none if its executions are independent of each other. An error says
    /// why it cannot go on from its checkpoint.
    pub(super) fn new(settings: &Settings) -> Result<Option<Systematic>, String> {
        Ok(match settings.strategy {
            Strategy::Auto | Strategy::Random | Strategy::RoundRobin => None,
            Strategy::Exhaustive => {
                let search = Search::new(settings).map_err(|error| error.to_string())?;
                Some(Systematic::Exhaustive(Box::new(search)))
            }
            Strategy::Bounded { preemptions } => {
                let bound = settings.preemptions.unwrap_or(preemptions);
                Some(Systematic::Bounded(Box::new(Bounded::new(settings, bound))))
            }
        })
    }

    /// Takes part until everything is explored. Returns whether another thread has to go on instead.
    pub(super) fn work(&self, shared: &Shared, worker: &mut Worker, pulse: &Pulse) -> bool {
        match self {
            Systematic::Exhaustive(search) => search.work(shared, worker, pulse),
            Systematic::Bounded(bounded) => bounded.work(shared, worker, pulse),
        }
    }

    /// The verdict if nothing failed and not everything was executed.
    pub(super) fn verdict(&self) -> Verdict {
        match self {
            Systematic::Exhaustive(_) => Verdict::Sampled,
            Systematic::Bounded(bounded) => bounded.verdict(),
        }
    }

    /// What a report with this verdict has to say besides its numbers.
    pub(super) fn note(&self, shared: &Shared, verdict: &Verdict) -> Option<String> {
        match self {
            Systematic::Exhaustive(search) => search.note(shared),
            Systematic::Bounded(bounded) => bounded.note(verdict),
        }
    }
}

/// What a report says of executions that were cut at the step limit.
pub(super) fn note_cut(executions: u64) -> Option<String> {
    let cut = || format!("{} went beyond the step limit and were cut there", counted(executions, "execution"));
    (executions > 0).then(cut)
}
