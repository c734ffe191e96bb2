//! A finding as text, for a terminal or a log.

use std::fmt::Write as _;

use crate::checker::grouped;
use crate::findings::explain::StepAccount;
use crate::findings::{Finding, FindingKind};

/// How many of the last steps are shown.
const STEPS: usize = 24;

/// How many tasks and waits are shown before the rest is only counted.
const TASKS: usize = 12;

/// Renders `finding`: what failed, who waits for whom, the last steps, and how to see it again.
pub(crate) fn render(finding: &Finding) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = write_finding(&mut out, finding);
    out
}

fn write_finding(out: &mut String, finding: &Finding) -> std::fmt::Result {
    let account = &finding.account;
    let origin = match finding.execution {
        Some(execution) => format!("schedule {} of seed {}", grouped(execution + 1), finding.seed),
        None => "replayed".to_owned(),
    };
    writeln!(out, "reweave: {} in `{}` ({origin})\n", finding.kind, finding.test)?;
    match finding.kind {
        FindingKind::Deadlock | FindingKind::Leak => {
            for part in finding.message.split("; ") {
                writeln!(out, "  {part}")?;
            }
        }
        _ => {
            for line in finding.message.lines() {
                writeln!(out, "  {line}")?;
            }
        }
    }
    for note in &account.notes {
        writeln!(out, "  note: {note}")?;
    }
    write_tasks(out, finding)?;
    write_steps(out, finding)?;
    write_backtrace(out, finding)?;
    write_replay(out, finding)
}

fn write_tasks(out: &mut String, finding: &Finding) -> std::fmt::Result {
    let tasks = &finding.account.tasks;
    if tasks.is_empty() {
        return Ok(());
    }
    writeln!(out, "\ntasks")?;
    let shown = tasks.len().min(TASKS);
    let name = width(tasks[..shown].iter().map(|task| task.name.as_str()));
    for task in &tasks[..shown] {
        writeln!(out, "  {:name$}  {}", task.name, task.state)?;
        if task.name != "main" {
            writeln!(out, "  {:name$}  spawned at {}", "", task.spawned)?;
        }
    }
    if tasks.len() > shown {
        writeln!(out, "  … and {} more", tasks.len() - shown)?;
    }
    Ok(())
}

fn write_steps(out: &mut String, finding: &Finding) -> std::fmt::Result {
    let account = &finding.account;
    let steps = &account.steps[account.steps.len().saturating_sub(STEPS)..];
    if steps.is_empty() {
        return Ok(());
    }
    let title = match account.total_steps {
        total if total == steps.len() as u64 => "steps".to_owned(),
        total => format!("the last {} of {} steps", steps.len(), grouped(total)),
    };
    writeln!(out, "\n{title} (> another task goes on)")?;
    let task = width(steps.iter().map(|step| step.task.as_str()));
    let what = width(steps.iter().map(|step| step.what.as_str()));
    let number = steps.last().map_or(1, |step| step.number.to_string().len());
    let timed = steps.iter().any(|step| !step.time.is_zero());
    for StepAccount { number: n, task: who, what: did, place, time, switched } in steps {
        let mark = if *switched { '>' } else { ' ' };
        let time = if timed { format!("{:>9}  ", format!("{time:?}")) } else { String::new() };
        let line = format!("{mark} {n:>number$}  {time}{who:task$}  {did:what$}  {place}");
        writeln!(out, "  {}", line.trim_end())?;
    }
    Ok(())
}

fn write_backtrace(out: &mut String, finding: &Finding) -> std::fmt::Result {
    let Some(backtrace) = &finding.account.backtrace else { return Ok(()) };
    let frames = user_frames(backtrace);
    if frames.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nbacktrace of the panic")?;
    frames.iter().try_for_each(|frame| writeln!(out, "  {frame}"))
}

/// The files that stand between a panic and its report.
const MACHINERY: [&str; 2] = ["engine/panics.rs", "/corosensei-"];

/// The files of this library that stand below every task.
const BOTTOM: [&str; 4] = ["engine/spawn.rs", "engine/carrier.rs", "explore/worker.rs", "thread/builder.rs"];

/// The frames between the machinery of panicking and that of the engine: `function at file:line`.
fn user_frames(backtrace: &str) -> Vec<String> {
    let mut frames: Vec<(String, Option<String>)> = Vec::new();
    for line in backtrace.lines() {
        let line = line.trim_start();
        if let Some(place) = line.strip_prefix("at ") {
            if let Some((_, at)) = frames.last_mut() {
                *at = Some(place.to_owned());
            }
        } else if let Some((number, function)) = line.split_once(": ")
            && number.chars().all(|c| c.is_ascii_digit())
        {
            frames.push((function.to_owned(), None));
        }
    }
    let machinery = |(name, at): &(String, Option<String>)| {
        let path = at.as_deref().unwrap_or_default();
        path.starts_with("/rustc/")
            || MACHINERY.iter().any(|file| path.contains(file))
            || ["std::", "core::", "corosensei", "rust_begin_unwind", "__rust", "stack_init_trampoline", "_Unwind"]
                .iter()
                .any(|prefix| name.trim_start_matches('<').starts_with(prefix))
    };
    let begin = frames.iter().position(|frame| !machinery(frame)).unwrap_or(frames.len());
    let bottom = |(_, at): &(String, Option<String>)| {
        at.as_deref().is_some_and(|path| BOTTOM.iter().any(|file| path.contains(file)))
    };
    let user = frames.into_iter().skip(begin).take_while(|frame| !bottom(frame)).filter(|frame| !machinery(frame));
    user.take(16)
        .map(|(name, at)| match at {
            Some(at) => format!("{name} at {at}"),
            None => name,
        })
        .collect()
}

fn write_replay(out: &mut String, finding: &Finding) -> std::fmt::Result {
    writeln!(out, "\nreplay it with")?;
    let token = finding.token();
    let filter = filter(&finding.test);
    writeln!(out, "  REWEAVE_REPLAY={token} cargo test {filter}")?;
    if finding.is_by_seed() && finding.kind != FindingKind::Stuck {
        writeln!(out, "  (the schedule is long: the token names the seed and the execution that made it)")?;
    }
    Ok(())
}

/// What `cargo test` takes to run the test: its path without the crate.
fn filter(test: &str) -> &str {
    match test.split_once("::") {
        Some((_, path)) => path,
        None => test,
    }
}

fn width<'a>(texts: impl Iterator<Item = &'a str>) -> usize {
    texts.map(|text| text.chars().count()).max().unwrap_or(0).min(72)
}
