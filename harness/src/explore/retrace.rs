//! Tolerant replay: looks for a saved failure in a program that may have been edited since.
//!
//! 1. The saved decisions, one by one. If they fit and the program fails in the same way, the failure is *reproduced*.
//! 2. What the decisions meant: the saved steps are [aligned](crate::seed::align) with those that the program takes now, and the
//!    turns of the tasks follow the steps, not their numbers. What happens then is aligned in turn.
//! 3. Schedules near this one: a turn that ends some steps earlier or later or is left out; first one turn, then several at random.
//! 4. Every schedule with as many preemptions as the saved one may have had, as far as a budget goes.
//!
//! If none of them fails in the same way, the failure is *gone*; else it has *moved*. The same way is the same
//! [shape](crate::findings::shape), which an edit does not change. All of it has a budget of its own.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Random;
use super::elsewhere::elsewhere;
use super::exhaustive::TaskName;
use super::explanation::{by_decisions, explain_as_it_is, explain_failure};
use super::exploration::{Failure, Shared, failures_within, now};
use super::near::{Pick, Turn, Turns};
use super::worker::{Source, Worker};
use crate::checker::{Settings, Test};
use crate::engine::decisions::Decisions;
use crate::engine::teardown::Remains;
use crate::findings::{Finding, FindingKind};
use crate::seed::align::align;
use crate::seed::{Form, SeedFile, Trace, Who};

/// For how long the surroundings of a schedule are searched, in real time, at most.
const SEARCH_FOR: Duration = Duration::from_secs(2);

/// How often what happened is aligned again.
const ROUNDS: usize = 3;

/// By how many steps the end of a turn is moved.
const FARTHEST: i64 = 4;

/// How many schedules are tried in which several turns are changed at random.
const RANDOM_TRIES: u32 = 500;

/// A saved schedule counts as one with at most so many preemptions.
const MOST_PREEMPTIONS: usize = 3;

/// What became of a saved failure.
#[derive(Debug)]
pub(crate) struct Retraced {
    /// The failure, if it is there, and the way to it.
    pub(crate) finding: Option<(Finding, Way)>,
    /// Where program and schedule part, if they do.
    pub(crate) parted: Option<String>,
    /// How long it took, in real time.
    pub(crate) elapsed: Duration,
}

/// How a failure was found again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Way {
    /// By the saved schedule.
    Exactly,
    /// By another.
    Nearby,
    /// Not at all: the saved schedule fails in another way.
    Otherwise,
}

/// What a search on another thread comes to.
struct Found {
    parted: Option<String>,
    failure: Option<Failed>,
    /// Another failure, of the saved schedule itself.
    other: Option<Failed>,
}

/// How the program fails: the signature, the kind and the decisions, and how that was found.
type Failed = (String, FindingKind, Decisions, Way);

/// Looks for what `file` saved.
pub(crate) fn retrace(settings: &Settings, test: &Test, file: &SeedFile) -> Retraced {
    let (source, settings) = match &file.token.form {
        Form::Decisions(decisions) => (Source::Decisions(decisions.clone()), settings.clone()),
        Form::Seed { strategy, seed, execution } => {
            let settings = Settings { strategy: *strategy, seed: *seed, ..settings.clone() };
            (Source::Strategy { execution: *execution }, settings)
        }
    };
    let start = now();
    let until = start + SEARCH_FOR;
    let shared = Arc::new(Shared::new(&settings, test, None));
    let (their_test, their_file) = (Arc::clone(test), file.clone());
    let found = elsewhere(&settings, None, move |worker| {
        let mut search = Search { worker, test: &their_test, file: &their_file, until, remains: Remains::Clean };
        let found = search.run(&source);
        (found, search.remains)
    });
    let Some(Found { parted, failure, other }) = found else {
        let parted = Some("an execution near the saved one is stuck".to_owned());
        return Retraced { finding: None, parted, elapsed: start.elapsed() };
    };
    let explain = |(signature, kind, decisions, way): Failed| {
        let failure = Failure { execution: 0, kind, decisions, detail: None, steered: false };
        let until = now() + settings.shrink_for;
        let finding = match way {
            // It was made as simple as it can be before it was saved.
            Way::Exactly => explain_as_it_is(&shared, (&signature, &failure), file.token.clone(), until),
            Way::Nearby | Way::Otherwise => by_decisions(explain_failure(&shared, (signature, failure), until)),
        };
        (finding, way)
    };
    let finding = match failure {
        Some(failure) => Some(explain(failure)),
        None if file.trace.steps.is_empty() && parted.is_none() => other.map(explain),
        None => {
            let turns = file.trace.steps.chunk_by(|a, b| a.who == b.who).count();
            let bound = turns.clamp(1, MOST_PREEMPTIONS) as u64;
            let failures = failures_within(&shared, bound, until).0;
            let found = failures.into_iter().filter(|(_, failure)| failure.kind == file.finding);
            let mut explained =
                found.map(|(signature, failure)| explain((signature, failure.kind, failure.decisions, Way::Nearby)));
            let near = explained.find(|(finding, _)| file.is_of(finding.kind(), finding.shape()));
            near.or_else(|| other.map(explain))
        }
    };
    Retraced { finding, parted, elapsed: start.elapsed() }
}

/// Looks for a failure on one thread.
struct Search<'a> {
    worker: &'a mut Worker,
    test: &'a Test,
    file: &'a SeedFile,
    until: Instant,
    remains: Remains,
}

impl Search<'_> {
    fn run(&mut self, source: &Source) -> Found {
        let (recorded, mut trace, places, remains) = self.worker.trace(self.test, source);
        self.remains = remains;
        let old = &self.file.trace;
        let by_decision = recorded.parted.as_ref().map(|parted| {
            format!("program and schedule parted at decision {}: {}", parted.decision + 1, parted.reason)
        });
        let by_step = if old.steps.is_empty() { None } else { parting(old, &trace, &places) };
        let parted = by_step.or(by_decision);
        let exactly = recorded.parted.is_none();
        let mut other = None;
        if let Some(explained) = &recorded.explained {
            let same = self.file.is_of(explained.kind, &explained.account.shape);
            // An old file does not say how it fails: anything of its kind will do.
            if same {
                let way = if exactly { Way::Exactly } else { Way::Nearby };
                let signature = self.worker.signature().to_owned();
                let parted = if exactly { None } else { parted };
                return Found { parted, failure: Some((signature, explained.kind, recorded.decisions, way)), other };
            }
            let signature = self.worker.signature().to_owned();
            other = Some((signature, explained.kind, recorded.decisions.clone(), Way::Otherwise));
        }
        let mut turns = Turns::default();
        for _ in 0..ROUNDS {
            if old.steps.is_empty() || trace.steps.is_empty() || self.remains != Remains::Clean {
                break;
            }
            turns = turns_of(old, &trace);
            if let Some(failure) = self.attempt(&turns) {
                return Found { parted, failure: Some(failure), other };
            }
            if self.remains != Remains::Clean {
                break;
            }
            let (_, now, _, remains) = self.worker.trace(self.test, &Source::Turns(turns.clone()));
            self.remains = remains;
            if now == trace {
                break;
            }
            trace = now;
        }
        let failure = self.change_one(&turns).or_else(|| self.change_several(&turns));
        Found { parted, failure, other }
    }

    fn goes_on(&self) -> bool {
        self.remains == Remains::Clean && now() < self.until
    }

    /// Tries one schedule.
    fn attempt(&mut self, turns: &Turns) -> Option<Failed> {
        if !self.goes_on() {
            return None;
        }
        let (shape, remains) = self.worker.take_turns(self.test, turns);
        self.remains = remains;
        let kind = self.worker.kind()?;
        let same = self.file.is_of(kind, &shape?);
        same.then(|| (self.worker.signature().to_owned(), kind, self.worker.decisions().clone(), Way::Nearby))
    }

    fn change_one(&mut self, turns: &Turns) -> Option<Failed> {
        for index in 0..turns.turns.len() {
            let shifts = (1..=FARTHEST).flat_map(|by| [by, -by]);
            for shift in shifts {
                let mut changed = turns.clone();
                move_end(&mut changed.turns[index], shift);
                if let Some(failure) = self.attempt(&changed) {
                    return Some(failure);
                }
            }
            let mut without = turns.clone();
            without.turns.remove(index);
            if let Some(failure) = self.attempt(&without) {
                return Some(failure);
            }
        }
        None
    }

    fn change_several(&mut self, turns: &Turns) -> Option<Failed> {
        if turns.turns.is_empty() {
            return None;
        }
        let mut random = Random::new(0);
        for execution in 0..RANDOM_TRIES {
            random.seek(execution.into());
            let mut changed = turns.clone();
            changed.turns.retain(|_| random.below(8) > 0);
            for turn in &mut changed.turns {
                if random.below(3) == 0 {
                    let shift = i64::from(random.below(2 * FARTHEST as u32 + 1)) - FARTHEST;
                    move_end(turn, shift);
                }
            }
            if let Some(failure) = self.attempt(&changed) {
                return Some(failure);
            }
        }
        None
    }
}

fn move_end(turn: &mut Turn, by: i64) {
    turn.until = u32::try_from(i64::from(turn.until) + by).unwrap_or(0);
}

/// The turns of the tasks of `old`, with the steps of `new` that are theirs.
fn turns_of(old: &Trace, new: &Trace) -> Turns {
    let alignment = align(old, new);
    let mut schedule = Turns::default();
    let mut taken: std::collections::BTreeMap<&Who, usize> = std::collections::BTreeMap::new();
    for turn in old.steps.chunk_by(|a, b| a.who == b.who) {
        let at = taken.entry(&turn[0].who).or_insert(0);
        let first = *at;
        *at += turn.len();
        let Some((who, steps)) = alignment.get(&turn[0].who) else { continue };
        let task = name(who);
        for (mark, step) in turn.iter().zip(&steps[first..]) {
            let Some(step) = step.and_then(|step| u32::try_from(step).ok()) else { continue };
            if mark.alternative > 0 {
                schedule.picks.push(Pick { task, step, alternative: mark.alternative });
            }
        }
        let last = steps[first..first + turn.len()].iter().rev().find_map(|step| *step);
        if let Some(last) = last.and_then(|last| u32::try_from(last).ok()) {
            schedule.turns.push(Turn { task, until: last + 1 });
        }
    }
    schedule
}

fn name(who: &Who) -> TaskName {
    match who {
        Who::Clock => TaskName::CLOCK,
        Who::Task(path) => path.iter().fold(TaskName::ROOT, |name, ordinal| name.child(ordinal - 1)),
    }
}

/// The first step of `old` that the program did not take, and what it did instead.
fn parting(old: &Trace, new: &Trace, places: &[String]) -> Option<String> {
    let same = old.steps.iter().zip(&new.steps).take_while(|(a, b)| a == b).count();
    let place = places.get(same).filter(|place| !place.is_empty()).map(|place| format!(" at {place}"));
    let place = place.unwrap_or_default();
    let number = same + 1;
    match (old.steps.get(same), new.steps.get(same)) {
        (Some(was), Some(is)) => Some(format!(
            "program and schedule parted at step {number}, which was `{}: {}` and is now `{}: {}`{place}",
            was.who, was.what, is.who, is.what
        )),
        (Some(was), None) => Some(format!(
            "program and schedule parted at step {number}, which was `{}: {}`: the program has ended",
            was.who, was.what
        )),
        (None, Some(is)) => Some(format!(
            "the schedule ends, and the program goes on with step {number}, `{}: {}`{place}",
            is.who, is.what
        )),
        (None, None) => None,
    }
}
