//! A finding as a trace in Chrome's format, which <https://ui.perfetto.dev> and `chrome://tracing` open.
//!
//! The format has no word for logical time, so that step `n` begins at microsecond `n` and takes one. Every task is a thread;
//! arrows lead from the steps that a step comes after. Source: *Trace Event Format*, Google, 2016.

use super::json::Json;
use crate::findings::{Account, Finding, StepAccount};

/// Everything happens in one process.
const PROCESS: (&str, Json) = ("pid", Json::Number(1));

/// Renders `finding`.
pub(crate) fn render(finding: &Finding) -> String {
    let account = &finding.account;
    let mut events = vec![name_of("process_name", 0, &format!("{}: {}", finding.test, finding.kind))];
    events.extend(threads(account));
    events.extend(account.steps.iter().map(|step| slice(account, step)));
    events.extend(account.steps.iter().flat_map(|step| arrows(account, step)));
    events.extend(account.marks.iter().map(|mark| instant(account, mark.step, &mark.text)));
    if let Some(last) = account.steps.last() {
        events.push(instant(account, last.number, &finding.message));
    }
    let trace = Json::map([
        ("displayTimeUnit", "ns".into()),
        ("otherData", Json::map([("token", finding.token().into()), ("test", finding.test.as_str().into())])),
        ("traceEvents", Json::List(events)),
    ]);
    trace.pretty(2)
}

/// The name of the process or of a thread.
fn name_of(what: &str, thread: u32, name: &str) -> Json {
    Json::map([
        ("ph", "M".into()),
        ("name", what.into()),
        PROCESS,
        ("tid", thread.into()),
        ("args", Json::map([("name", name.into())])),
    ])
}

fn threads(account: &Account) -> Vec<Json> {
    let mut lanes: Vec<u32> = account.steps.iter().map(|step| step.lane).collect();
    lanes.sort_unstable();
    lanes.dedup();
    let order = |lane: u32| {
        Json::map([
            ("ph", "M".into()),
            ("name", "thread_sort_index".into()),
            PROCESS,
            ("tid", lane.into()),
            ("args", Json::map([("sort_index", lane.into())])),
        ])
    };
    lanes.iter().flat_map(|lane| [name_of("thread_name", *lane, account.task_name(*lane)), order(*lane)]).collect()
}

fn slice(account: &Account, step: &StepAccount) -> Json {
    let left = step.left.as_ref().map(|left| {
        let what = if left.what.is_empty() { String::new() } else { format!(" {}", left.what) };
        format!("{} {}{what}", account.task_name(left.task), left.why.name())
    });
    let objects = step.objects.iter().filter_map(|id| account.object(*id));
    Json::map([
        ("ph", "X".into()),
        ("name", step.brief.as_str().into()),
        ("cat", "step".into()),
        PROCESS,
        ("tid", step.lane.into()),
        ("ts", step.number.into()),
        ("dur", 1_u32.into()),
        (
            "args",
            Json::map([
                ("step", step.number.into()),
                ("what", step.what.as_str().into()),
                ("place", step.place.as_str().into()),
                ("source", account.source(&step.place).into()),
                ("before", left.into()),
                ("objects", objects.map(|object| object.label.as_str()).collect()),
                ("marks", account.marks_of(step.number).collect()),
            ]),
        ),
    ])
}

/// An arrow from each step that `step` comes after.
fn arrows<'a>(account: &'a Account, step: &'a StepAccount) -> impl Iterator<Item = Json> + 'a {
    let known = step.after.iter().filter_map(|cause| {
        let at = account.steps.binary_search_by_key(cause, |other| other.number).ok()?;
        Some(&account.steps[at])
    });
    known.flat_map(|cause| {
        let id = format!("{}-{}", cause.number, step.number);
        // In the middle of both slices, so that it is clear to which they belong.
        let end = |phase: &str, at: &StepAccount| {
            Json::map([
                ("ph", phase.into()),
                ("bp", "e".into()),
                ("name", "makes".into()),
                ("cat", "order".into()),
                ("id", id.as_str().into()),
                PROCESS,
                ("tid", at.lane.into()),
                ("ts", Json::Thousandths(at.number * 1000 + 500)),
            ])
        };
        [end("s", cause), end("f", step)]
    })
}

fn instant(account: &Account, number: u64, text: &str) -> Json {
    let lane = account.steps.iter().find(|step| step.number == number).map_or(0, |step| step.lane);
    Json::map([
        ("ph", "i".into()),
        ("s", "g".into()),
        ("name", text.into()),
        ("cat", "mark".into()),
        PROCESS,
        ("tid", lane.into()),
        ("ts", Json::Thousandths(number * 1000 + 999)),
    ])
}
