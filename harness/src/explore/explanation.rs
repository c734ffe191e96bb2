//! From a failure to a finding: its schedule is made simple, run again with everything recorded, and [tried
//! out](super::decisive) in part.
//!
//! Every run is on an OS thread of its own, so that one that is stuck can be left behind.

use std::sync::Arc;
use std::time::Instant;

use super::decisive::decisive;
use super::elsewhere::{elsewhere, record_elsewhere};
use super::exploration::{Failure, Shared, now};
use super::worker::{Recorded, Source};
use super::{endless, shrink};
use crate::checker::{Report, Settings, Test, Verdict, grouped};
use crate::engine::decisions::Decisions;
use crate::findings::explain::{self, Explained};
use crate::findings::{Account, Decisive, Finding, FindingKind, Schedule};
use crate::seed::{Form, Token};

/// The execution of a failure is compared with a second one if it has at most so many steps.
const MOST_COMPARED: usize = 20_000;

/// Of the time for shrinking, one part in so many is left for experiments with what was shrunk.
const EXPERIMENTS: u32 = 4;

/// Makes the schedule of a failure simple, and explains it.
pub(super) fn explain_failure(
    shared: &Arc<Shared>,
    (signature, mut failure): (String, Failure),
    until: Instant,
) -> Finding {
    let mut settings = shared.settings.clone();
    let form = Form::Seed { strategy: settings.strategy, seed: settings.seed, execution: failure.execution };
    let time = until.saturating_duration_since(now());
    let shrink_until = until - time / EXPERIMENTS;
    let shrunk = match shrink::simplest(shared, &signature, &failure, shrink_until) {
        Some((decisions, shrunk)) => {
            failure.decisions = decisions;
            Some(shrunk)
        }
        None => endless::simplest(shared, &signature, &failure, shrink_until).map(|endless| {
            (failure.decisions, settings.max_steps) = (endless.decisions, endless.max_steps);
            endless.shrunk
        }),
    };
    let (rules, max_steps) = (settings.limits().rules, settings.max_steps);
    let token = if shared.systematic.is_some()
        || failure.steered
        || shrunk.as_ref().is_some_and(|shrunk| shrunk.is_simpler())
    {
        Token::by_seed(&settings.name, rules, max_steps, Form::Decisions(failure.decisions.clone()))
    } else {
        Token::new(&settings.name, rules, max_steps, &failure.decisions, form)
    };
    let mut explained = match (failure.kind, failure.detail.clone()) {
        (FindingKind::Nondeterminism, Some(difference)) => nondeterminism(difference, None),
        (kind, Some(reason)) => {
            let signature = "contended".to_owned();
            Explained { kind, message: reason, signature, account: Account::default() }
        }
        (_, None) => replay_failure(&settings, &shared.test, &failure),
    };
    if failure.steered {
        let note = format!(
            "schedule {} passed, but took locks in opposite orders: the program was steered into what may come of that",
            failure.execution + 1
        );
        explained.account.notes.push(note);
    }
    if let Some(endless) = shrunk.as_ref().and_then(|shrunk| shrunk.endless) {
        // What is shown is the beginning only; that there is no end was seen far beyond it.
        let after = |steps: u64| format!("no end after {} steps", grouped(steps));
        explained.message = explained.message.replacen(&after(max_steps), &after(endless), 1);
    }
    let decisive = find_decisive(shared, (&signature, &failure), &mut explained, until);
    let finding = finding(&settings, Some(failure.execution), token, &failure.decisions, explained);
    Finding { shrunk, decisive, ..finding }
}

/// Explains a failure by its schedule as it is, for which `token` stands.
pub(super) fn explain_as_it_is(
    shared: &Shared,
    (signature, failure): (&str, &Failure),
    token: Token,
    until: Instant,
) -> Finding {
    let mut explained = replay_failure(&shared.settings, &shared.test, failure);
    let decisive = find_decisive(shared, (signature, failure), &mut explained, until);
    let finding = finding(&shared.settings, None, token, &failure.decisions, explained);
    Finding { decisive, ..finding }
}

/// Finds out which steps of a failure decide, if its schedule does and there is time, and marks them.
fn find_decisive(
    shared: &Shared,
    (signature, failure): (&str, &Failure),
    explained: &mut Explained,
    until: Instant,
) -> Option<Decisive> {
    let wants_experiments = shrink::is_by_schedule(failure) && explained.kind == failure.kind && now() < until;
    let decisive = wants_experiments.then(|| decisive(shared, signature, &failure.decisions, until)).flatten();
    if let Some(decisive) = &decisive {
        decisive.mark(&mut explained.account);
    }
    decisive
}

/// Gives `finding`, of an execution whose number is not known, a token that names no seed.
pub(super) fn by_decisions(finding: Finding) -> Finding {
    let decisions = Form::Decisions(finding.schedule.decisions().collect());
    let token = Token::by_seed(&finding.test, finding.token.rules, finding.token.max_steps, decisions);
    Finding { execution: None, token, ..finding }
}

/// Shrinks and explains the execution of `decisions`, which fails with `signature`; none if it does not.
pub(crate) fn explain(settings: &Settings, signature: &str, decisions: &Decisions, test: &Test) -> Option<Finding> {
    let recorded = record_elsewhere(settings, test, Source::Decisions(decisions.clone())).ok()?;
    let kind = recorded.explained?.kind;
    let shared = Arc::new(Shared::new(settings, test, None));
    let failure = Failure { execution: 0, kind, decisions: decisions.clone(), detail: None, steered: false };
    Some(by_decisions(explain_failure(&shared, (signature.to_owned(), failure), now() + settings.shrink_for)))
}

/// See [`Checker::removable_preemptions`](crate::Checker::removable_preemptions).
pub(crate) fn removable_preemptions(settings: &Settings, decisions: &Decisions, test: &Test) -> Vec<Vec<usize>> {
    let (decisions, test) = (decisions.clone(), Arc::clone(test));
    let removable = elsewhere(settings, None, move |worker| shrink::removable_preemptions(worker, &test, &decisions));
    removable.expect("the test is not stuck")
}

fn finding(
    settings: &Settings,
    execution: Option<u64>,
    token: Token,
    decisions: &Decisions,
    explained: Explained,
) -> Finding {
    let Explained { kind, message, signature, account } = explained;
    let schedule = Schedule { decisions: decisions.iter().collect() };
    let (test, strategy, seed) = (settings.name.clone(), settings.strategy, settings.seed);
    let (shrunk, decisive) = (None, None);
    Finding { test, kind, message, execution, strategy, seed, token, schedule, account, signature, shrunk, decisive }
}

/// Replays a failure twice over: it has to be the same failure, and the same execution.
fn replay_failure(settings: &Settings, test: &Test, failure: &Failure) -> Explained {
    let source = Source::Decisions(failure.decisions.clone());
    let record = |source: Source| record_elsewhere(settings, test, source);
    let Ok(first) = record(source.clone()) else {
        return nondeterminism("the schedule of a failure, run again, is stuck".to_owned(), None);
    };
    match &first.explained {
        Some(explained) if explained.kind.tells(failure.kind) && first.parted.is_none() => {
            // The same failure; but is it the same execution?
            let second = (first.steps.len() <= MOST_COMPARED).then(|| record(source));
            match second.and_then(Result::ok).and_then(|second| first.difference(&second)) {
                Some(difference) => nondeterminism(difference, Some(explained.account.clone())),
                None => explained.clone(),
            }
        }
        other => {
            let again = match other {
                Some(explained) => format!("ended with: {} ({})", explained.message, explained.kind),
                None => "did not fail".to_owned(),
            };
            let mut difference =
                format!("the first run ended with a {}, a second run of the schedule {again}", failure.kind);
            if let Some(parted) = &first.parted {
                difference.push_str(&format!("; they parted at decision {}: {}", parted.decision + 1, parted.reason));
            }
            if let Ok(second) = record(source)
                && let Some(step) = first.difference(&second)
            {
                difference = format!("{difference}; {step}");
            }
            nondeterminism(difference, other.as_ref().map(|explained| explained.account.clone()))
        }
    }
}

fn nondeterminism(difference: String, account: Option<Account>) -> Explained {
    let mut account = account.unwrap_or_default();
    account.notes.push(
        "something outside the schedule decides: the order of a hash map, the real clock, an address, a real lock or \
         thread, a static that survived from an earlier execution"
            .to_owned(),
    );
    let message = format!("the same schedule gave two different executions: {difference}");
    let kind = FindingKind::Nondeterminism;
    Explained { kind, message, signature: kind.to_string(), account }
}

/// Runs a stuck execution again, watched step by step, to learn who is stuck where.
pub(super) fn explain_stuck(shared: &Arc<Shared>, execution: u64) -> Finding {
    let settings = &shared.settings;
    let explained = match record_elsewhere(settings, &shared.test, Source::Strategy { execution }) {
        Err(witness) => {
            let (task, last) = witness.testimony();
            explain::stuck(task, last, settings.stuck_after)
        }
        Ok(_) => explain::stuck(None, None, settings.stuck_after),
    };
    let form = Form::Seed { strategy: settings.strategy, seed: settings.seed, execution };
    let token = Token::by_seed(&settings.name, settings.limits().rules, settings.max_steps, form);
    finding(settings, Some(execution), token, &Decisions::default(), explained)
}

/// Replays the execution of `token`.
pub(crate) fn replay(settings: &Settings, token: &Token, test: &Test) -> Report {
    let start = now();
    let (source, settings) = match &token.form {
        Form::Decisions(decisions) => (Source::Decisions(decisions.clone()), settings.clone()),
        Form::Seed { strategy, seed, execution } => {
            let settings = Settings { strategy: *strategy, seed: *seed, ..settings.clone() };
            (Source::Strategy { execution: *execution }, settings)
        }
    };
    let finding_of = |decisions: &Decisions, explained| finding(&settings, None, token.clone(), decisions, explained);
    let (findings, steps, note) = match record_elsewhere(&settings, test, source) {
        Err(witness) => {
            let (task, last) = witness.testimony();
            let explained = explain::stuck(task, last, settings.stuck_after);
            (vec![finding_of(&Decisions::default(), explained)], 0, None)
        }
        Ok(recorded) => {
            let parted = recorded.parted.as_ref().map(|parted| {
                format!("program and schedule parted at decision {}: {}", parted.decision + 1, parted.reason)
            });
            let note = match (&recorded.explained, parted) {
                (None, Some(parted)) => Some(format!("the replayed schedule does not fail any more: {parted}")),
                (None, None) => Some("the replayed schedule does not fail any more".to_owned()),
                (Some(_), parted) => parted,
            };
            let Recorded { explained, decisions, steps, signature, .. } = recorded;
            let findings = explained.into_iter().map(|mut explained| {
                let (kind, decisions) = (explained.kind, decisions.clone());
                let failure = Failure { execution: 0, kind, decisions, detail: None, steered: false };
                let shared = Shared::new(&settings, test, None);
                let until = now() + settings.shrink_for;
                let decisive = find_decisive(&shared, (&signature, &failure), &mut explained, until);
                Finding { decisive, ..finding_of(&failure.decisions, explained) }
            });
            (findings.collect(), steps.len() as u64, note)
        }
    };
    let failures = findings.len() as u64;
    let verdict = if findings.is_empty() { Verdict::Sampled } else { Verdict::Failed };
    let (elapsed, schedules) = (start.elapsed(), 1);
    let (trace_hash, complete, estimate, seeds) = (None, false, None, Vec::new());
    Report { verdict, schedules, failures, steps, elapsed, findings, trace_hash, note, complete, estimate, seeds }
}
