//! The strategy for whoever names none: a proof where one is cheap, else a fair sample.
//!
//! A part of the budget goes to an exhaustive exploration. Most tests are small enough to be through with every
//! interleaving before it is used up. Where it is used up, the rest of the budget goes to the random walk, which looks
//! everywhere, while an exhaustive exploration that is not finished has looked at one corner only.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Strategy;
use super::exploration::{explore, now};
use crate::checker::{Progress, Report, Settings, Test, Verdict, Watch, about, counted};

/// Which part of the schedules and of the time an exhaustive exploration gets.
const PART: u32 = 4;

/// An execution with more steps than this is not one of many that can all be executed.
const MAX_STEPS: u64 = 2_000;

/// How many executions are sampled after everything was executed: if one of them fails, then the program shares something
/// that exploration does not see, and what it did not see it did not explore.
const PROBES: u64 = 20;

/// Explores `test`.
pub(super) fn explore_auto(settings: &Settings, test: &Test) -> Report {
    let (start, limit) = (now(), settings.schedule_limit());
    let part = Settings {
        strategy: Strategy::Exhaustive,
        tentative: true,
        schedules: Some((limit / u64::from(PART)).max(1)),
        time_limit: settings.time_limit.map(|time| time / PART),
        max_steps: settings.max_steps.min(MAX_STEPS),
        progress: settings.progress.as_ref().map(|watch| with_limit(watch, limit)),
        checkpoint: None,
        ..settings.clone()
    };
    let first = explore(&part, test);
    if first.complete && first.findings.is_empty() {
        return probe(first, settings, test, limit);
    }
    let over = first.complete || first.is_stuck() || (first.verdict.is_failed() && !settings.keep_going);
    let left = limit.saturating_sub(first.schedules);
    if over || matches!(first.verdict, Verdict::Refused { .. }) || left == 0 {
        return first;
    }
    let sample = Settings {
        strategy: Strategy::Random,
        schedules: Some(left),
        time_limit: settings.time_limit.map(|time| time.saturating_sub(start.elapsed())),
        progress: settings.progress.as_ref().map(|watch| after(watch, &first, (start, limit))),
        ..settings.clone()
    };
    let second = explore(&sample, test);
    put_together(first, second, settings.keep_going)
}

/// Tries some schedules after all of them seem to have been executed.
fn probe(all: Report, settings: &Settings, test: &Test, limit: u64) -> Report {
    let time_limit = settings.time_limit.map(|time| time.saturating_sub(all.elapsed));
    let schedules = Some(PROBES.min(limit));
    let probe = Settings { strategy: Strategy::Random, schedules, time_limit, progress: None, ..settings.clone() };
    let probe = explore(&probe, test);
    if probe.findings.is_empty() {
        return Report { trace_hash: probe.trace_hash, ..all };
    }
    let seen = counted(all.schedules, "schedule");
    let note = format!(
        "exhaustive exploration saw {seen} and no failure: the program shares something that is not simulated, such as a real lock or a static"
    );
    let elapsed = all.elapsed + probe.elapsed;
    Report {
        schedules: all.schedules + probe.schedules,
        steps: all.steps + probe.steps,
        elapsed,
        note: Some(note),
        ..probe
    }
}

/// One report of both parts.
fn put_together(first: Report, second: Report, keep_going: bool) -> Report {
    let known = |signature: &str| first.findings.iter().any(|finding| finding.signature == signature);
    let new = second.findings.into_iter().filter(|finding| !known(&finding.signature));
    let findings: Vec<_> = new.collect();
    let found_before = !first.findings.is_empty();
    let of_all = first.estimate.map(|all| format!(" of about {}", about(all))).unwrap_or_default();
    let begun = format!(
        "the first {}{of_all} by exhaustive exploration, the others at random",
        counted(first.schedules, "schedule")
    );
    let begun = (first.schedules > 0).then_some(begun);
    let note = match (begun, second.note) {
        (Some(begun), Some(note)) => Some(format!("{begun}; {note}")),
        (begun, note) => begun.or(note),
    };
    let mut all = first.findings;
    all.extend(findings);
    Report {
        verdict: if all.is_empty() { Verdict::Sampled } else { Verdict::Failed },
        schedules: first.schedules + second.schedules,
        failures: if keep_going {
            first.failures + second.failures
        } else {
            u64::from(found_before || second.failures > 0)
        },
        steps: first.steps + second.steps,
        elapsed: first.elapsed + second.elapsed,
        findings: all,
        trace_hash: second.trace_hash,
        note,
        complete: false,
        estimate: first.estimate,
        seeds: Vec::new(),
    }
}

/// Shows `watch` the limit of the whole exploration instead of that of a part.
fn with_limit(watch: &Watch, limit: u64) -> Watch {
    let watch = watch.clone();
    Watch(Arc::new(move |progress| (watch.0)(&Progress { limit, ..progress.clone() })))
}

/// Shows `watch` what is under way together with what was there before.
fn after(watch: &Watch, first: &Report, (start, limit): (Instant, u64)) -> Watch {
    let (watch, schedules, failures) = (watch.clone(), first.schedules, first.failures);
    Watch(Arc::new(move |progress: &Progress| {
        let elapsed: Duration = start.elapsed();
        let (schedules, failures) = (schedules + progress.schedules, failures + progress.failures);
        (watch.0)(&Progress { schedules, failures, limit, elapsed, ..progress.clone() });
    }))
}
