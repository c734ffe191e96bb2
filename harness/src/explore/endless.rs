//! Makes a livelock simple: a short beginning, after which all tasks have their turns and nobody gets anywhere.
//!
//! With a task that goes on for as long as it can, whatever waits for another task would be a livelock. So what is ordinary
//! here is fair: every task in turn, one step each. Looked for is the shortest beginning of the execution that was found
//! which is followed by something endless nevertheless; what is out of the ordinary in that is shrunk as [everywhere](super::shrink).
//! That it is endless is tried to the step limit of the exploration. The schedule that is kept ends some turns after
//! the beginning, and its own step limit is there.

use std::time::Instant;

use super::edited::{Edited, Ordinary};
use super::elsewhere::{elsewhere, record_elsewhere};
use super::exploration::{Failure, Shared, now};
use super::shrink::{Best, Shrinker};
use super::worker::Source;
use crate::checker::Settings;
use crate::engine::decisions::Decisions;
use crate::engine::teardown::Remains;
use crate::findings::{FindingKind, Shrunk, Size};

/// What goes on for so many steps while candidates are tried is taken for endless.
const LONG: u64 = 20_000;

/// How many turns of every task are shown, and how many steps at least.
const TURNS: u64 = 6;
const LEAST: u64 = 24;

/// A livelock that was made simple.
#[derive(Debug)]
pub(super) struct Endless {
    pub(super) decisions: Decisions,
    pub(super) shrunk: Shrunk,
    /// Where the schedule ends.
    pub(super) max_steps: u64,
}

/// The simplest beginning of `failure` found until then after which nothing ends; none if that is not a livelock, or one only
/// as long as some tasks have no turn.
pub(super) fn simplest(shared: &Shared, signature: &str, failure: &Failure, until: Instant) -> Option<Endless> {
    let settings = &shared.settings;
    if failure.kind != FindingKind::Livelock || settings.shrink_for.is_zero() || now() >= until {
        return None;
    }
    let best = shrink(shared, signature, &failure.decisions, until)?;
    run(shared, signature, &best, settings.max_steps)?;
    let (max_steps, (decisions, edited)) = shown(shared, signature, &best)?;
    let (steps, tasks, switches) = (edited.steps(), edited.active(), edited.switches());
    let after = Size { steps, tasks, switches, ..best.shrunk.after };
    let before = Size { steps: settings.max_steps, ..after };
    let shrunk = Shrunk { before, after, endless: Some(settings.max_steps), ..best.shrunk };
    Some(Endless { decisions, shrunk, max_steps })
}

fn shrink(shared: &Shared, signature: &str, decisions: &Decisions, until: Instant) -> Option<Best> {
    let (test, signature, decisions) = (shared.test.clone(), signature.to_owned(), decisions.clone());
    elsewhere(&shared.settings, None, move |worker| {
        worker.limit_steps(LONG);
        let mut better = |_: &Best| ();
        let shrinker = Shrinker::new(worker, &test, (signature, until), &mut better);
        shrinker.ordinarily(Ordinary::InTurn).shrink(&decisions)
    })?
}

/// As much of `best` as is shown, and how many steps that are: some turns, and enough to see that a task starves, if one does.
fn shown(shared: &Shared, signature: &str, best: &Best) -> Option<(u64, (Decisions, Box<Edited>))> {
    let (few, most) = (best.settled + LEAST.max(TURNS * best.shrunk.after.tasks), shared.settings.max_steps);
    let (long, mut steps) = (LONG.min(most), few.min(most));
    let starves = |steps: u64, decisions: &Decisions| {
        let settings = Settings { max_steps: steps, ..shared.settings.clone() };
        let recorded = record_elsewhere(&settings, &shared.test, Source::Decisions(decisions.clone())).ok();
        recorded.and_then(|recorded| recorded.explained).is_some_and(|is| is.kind == FindingKind::Starvation)
    };
    let starves_for_long = starves(long, &run(shared, signature, best, long)?.0);
    loop {
        let run = run(shared, signature, best, steps)?;
        if steps >= long || starves(steps, &run.0) == starves_for_long {
            return Some((steps, run));
        }
        steps = steps.saturating_mul(2).min(long);
    }
}

/// Runs `best` for at most so many steps. Returns what was decided if it did not end.
fn run(shared: &Shared, signature: &str, best: &Best, max_steps: u64) -> Option<(Decisions, Box<Edited>)> {
    let (test, signature, best) = (shared.test.clone(), signature.to_owned(), best.clone());
    elsewhere(&shared.settings, None, move |worker| {
        worker.limit_steps(max_steps);
        let edited = Edited::new(&best.edits, &best.late).ordinarily(Ordinary::InTurn);
        let (edited, remains): (Box<Edited>, Remains) = worker.edit(&test, Box::new(edited));
        let again = worker.signature() == signature;
        (again.then(|| (worker.decisions().clone(), edited)), remains)
    })?
}
