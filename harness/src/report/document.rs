//! A finding as JSON, for tools: `docs/finding.schema.json` says what every member means.

use super::backtrace::user_frames;
use super::command::Commands;
use super::fold::{Row, fold};
use super::json::Json;
use super::lanes::words_of;
use crate::findings::account::{DataRace, LostWakeUp, Spin, Starved};
use crate::findings::{Account, Finding, Shrunk, StepAccount, TaskAccount, WaitAccount};

/// Changes when a reader of the format before would misunderstand it. New members are no such change.
const VERSION: u64 = 1;

/// How deep lines are broken: a line for each task, object and step.
const DEPTH: usize = 2;

/// Renders `finding`, with a line for each task, object and step.
pub(crate) fn render(finding: &Finding) -> String {
    document(finding).pretty(DEPTH)
}

/// The whole of `finding`.
pub(super) fn document(finding: &Finding) -> Json {
    let account = &finding.account;
    let commands = Commands::of(finding);
    let debug = commands.debug().map(|lines| lines.join("\n"));
    Json::map([
        ("format", "reweave-finding".into()),
        ("version", VERSION.into()),
        ("reweave", env!("CARGO_PKG_VERSION").into()),
        ("test", finding.test.as_str().into()),
        ("kind", finding.kind.name().into()),
        ("message", finding.message.as_str().into()),
        ("signature", finding.signature.as_str().into()),
        ("execution", finding.execution.into()),
        // A number in JavaScript has 53 bits.
        ("seed", finding.seed.to_string().into()),
        ("token", finding.token().into()),
        ("replay", commands.replay.as_str().into()),
        ("debug", debug.into()),
        ("shrunk", finding.shrunk.as_ref().map(shrunk).into()),
        ("notes", account.notes.iter().map(String::as_str).collect()),
        ("tasks", tasks(account)),
        ("objects", objects(account)),
        ("total_steps", account.total_steps.into()),
        ("steps", account.steps.iter().map(step).collect()),
        ("folds", folds(account)),
        ("marks", marks(account)),
        ("waits", account.waits.iter().map(wait).collect()),
        ("cycle", account.cycle.iter().copied().collect()),
        ("race", account.race.as_ref().map(race).into()),
        ("spins", account.spins.iter().map(spin).collect()),
        ("starved", account.starved.as_ref().map(starved).into()),
        ("lost_wake_ups", account.lost_wake_ups.iter().map(lost_wake_up).collect()),
        ("backtrace", account.backtrace.as_deref().map(user_frames).unwrap_or_default().into_iter().collect()),
        ("sources", sources(account)),
    ])
}

fn shrunk(shrunk: &Shrunk) -> Json {
    Json::map([
        ("text", shrunk.to_string().into()),
        ("steps_before", shrunk.steps_before().into()),
        ("steps", shrunk.steps().into()),
        ("preemptions_before", shrunk.preemptions_before().into()),
        ("preemptions", shrunk.preemptions().into()),
        ("fewest", shrunk.is_fewest().into()),
        ("finished", shrunk.is_finished().into()),
        ("tries", shrunk.tries().into()),
    ])
}

/// A place, or null where there is none.
fn place(text: &str) -> Json {
    if text.is_empty() { Json::Null } else { text.into() }
}

fn tasks(account: &Account) -> Json {
    let tasks = (1_u32..).zip(&account.tasks).map(|(id, task): (u32, &TaskAccount)| {
        Json::map([
            ("id", id.into()),
            ("name", task.name.as_str().into()),
            ("spawned", place(&task.spawned)),
            ("state", task.state.as_str().into()),
            ("panicked", task.panicked.into()),
            ("born", task.born.into()),
            ("ended", task.ended.into()),
        ])
    });
    tasks.collect()
}

fn objects(account: &Account) -> Json {
    let objects = account.objects.iter().map(|object| {
        Json::map([
            ("id", object.id.into()),
            ("kind", object.kind.into()),
            ("label", object.label.as_str().into()),
            ("made", place(&object.made)),
        ])
    });
    objects.collect()
}

fn step(step: &StepAccount) -> Json {
    let left = step.left.as_ref().map(|left| {
        Json::map([
            ("task", left.task.into()),
            ("why", left.why.name().into()),
            ("what", left.what.as_str().into()),
            ("place", place(&left.place)),
        ])
    });
    Json::map([
        ("number", step.number.into()),
        ("task", step.lane.into()),
        ("brief", step.brief.as_str().into()),
        ("what", step.what.as_str().into()),
        ("place", place(&step.place)),
        ("time_ns", u64::try_from(step.time.as_nanos()).unwrap_or(u64::MAX).into()),
        ("objects", step.objects.iter().copied().collect()),
        ("after", step.after.iter().copied().collect()),
        ("left", left.into()),
    ])
}

fn folds(account: &Account) -> Json {
    let number = |index: usize| account.steps.get(index).map_or(0, |step| step.number);
    let folds = fold(account).into_iter().filter_map(|row| match &row {
        Row::Step(_) => None,
        Row::Again { steps, .. } | Row::Mixed(steps) => Some(Json::map([
            ("first", number(steps.start).into()),
            ("last", number(steps.end - 1).into()),
            ("text", words_of(account, &row).into()),
        ])),
    });
    folds.collect()
}

fn marks(account: &Account) -> Json {
    let marks = account.marks.iter();
    marks.map(|mark| Json::map([("step", mark.step.into()), ("text", mark.text.as_str().into())])).collect()
}

fn wait(wait: &WaitAccount) -> Json {
    let held = |(object, since): &(u32, String)| Json::map([("object", (*object).into()), ("since", place(since))]);
    Json::map([
        ("task", wait.task.into()),
        ("what", wait.what.as_str().into()),
        ("place", place(&wait.place)),
        ("on", wait.on.iter().copied().collect()),
        ("holds", wait.holds.iter().map(held).collect()),
    ])
}

fn race(race: &DataRace) -> Json {
    let accesses = race.accesses.iter().map(|access| {
        Json::map([
            ("task", access.task.as_str().into()),
            ("spawned", place(&access.spawned)),
            ("writes", access.writes.into()),
            ("place", place(&access.place)),
            ("step", access.step.into()),
            ("under_way", access.under_way.into()),
        ])
    });
    Json::map([("cell", race.cell.as_str().into()), ("accesses", accesses.collect())])
}

fn spin(spin: &Spin) -> Json {
    let rounds = spin.rounds.iter().map(|(count, object, at)| {
        Json::map([("count", (*count).into()), ("object", object.as_deref().into()), ("place", place(at))])
    });
    Json::map([("task", spin.task.as_str().into()), ("steps", spin.steps.into()), ("rounds", rounds.collect())])
}

fn starved(starved: &Starved) -> Json {
    Json::map([
        ("task", starved.task.as_str().into()),
        ("object", starved.object.as_deref().into()),
        ("place", place(&starved.place)),
        ("tries", starved.tries.into()),
        ("passed", starved.passed.into()),
        ("by", starved.by.iter().map(String::as_str).collect()),
    ])
}

fn lost_wake_up(lost: &LostWakeUp) -> Json {
    let moment = |(at, step): &(String, u64)| Json::map([("place", place(at)), ("step", (*step).into())]);
    Json::map([
        ("condvar", lost.condvar.as_str().into()),
        ("notifier", lost.notifier.as_str().into()),
        ("notified", moment(&lost.notified)),
        ("waiter", lost.waiter.as_str().into()),
        ("waits", moment(&lost.waits)),
        ("too_early", lost.too_early.as_ref().map(moment).into()),
    ])
}

fn sources(account: &Account) -> Json {
    Json::Map(account.sources.iter().map(|(place, line)| (place.clone(), line.as_str().into())).collect())
}
