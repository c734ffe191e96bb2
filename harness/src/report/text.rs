//! A finding as text, for a terminal or a log.

use std::fmt::Write as _;

use crate::checker::grouped;
use crate::findings::{Finding, FindingKind, StepAccount, TaskAccount};

/// How many of the last steps are shown.
const STEPS: usize = 24;

/// How many tasks and waits are shown before the rest is only counted.
const TASKS: usize = 12;

/// Where sentences are wrapped, in characters. Tables may be wider: a place is not to be broken.
const WIDTH: usize = 100;

/// States of tasks up to this length (characters) share a line with the place where the task was spawned.
const SHORT_STATE: usize = 48;

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
    write_message(out, finding)?;
    if let Some(shrunk) = finding.shrunk.as_ref().filter(|shrunk| shrunk.is_simpler()) {
        write_wrapped(out, &format!("shrunk: {shrunk}"))?;
    }
    for note in &account.notes {
        write_wrapped(out, &format!("note: {note}"))?;
    }
    write_tasks(out, finding)?;
    write_steps(out, finding)?;
    write_backtrace(out, finding)?;
    write_replay(out, finding)
}

fn write_message(out: &mut String, finding: &Finding) -> std::fmt::Result {
    let message = shown(&finding.message);
    match finding.kind {
        FindingKind::Deadlock | FindingKind::Leak => {
            message.split("; ").try_for_each(|part| match part.split_once(", held by ") {
                Some((waits, holder)) => {
                    write_wrapped(out, &format!("{waits},"))?;
                    writeln!(out, "    held by {holder}")
                }
                None => write_wrapped(out, part),
            })
        }
        FindingKind::Panic => {
            // As std does: who and where in a line, then the words of the panic as they are.
            let (head, words) = match message.split_once(": ") {
                Some((head, words)) if is_head_of_panic(head) => (Some(head), words),
                _ => (None, message.as_str()),
            };
            head.into_iter().chain(words.lines()).try_for_each(|line| writeln!(out, "  {line}"))
        }
        _ => message.lines().try_for_each(|line| write_wrapped(out, line)),
    }
}

/// Whether these are the words before the message of a panic: `main panicked at src/lib.rs:1:2`.
fn is_head_of_panic(head: &str) -> bool {
    head.contains(" panicked at ") || head.ends_with(" panicked")
}

/// A sentence, indented, and its further lines indented more.
fn write_wrapped(out: &mut String, sentence: &str) -> std::fmt::Result {
    let mut line = String::from(" ");
    for word in sentence.split(' ') {
        if line.chars().count() + 1 + word.chars().count() > WIDTH && !line.trim().is_empty() {
            writeln!(out, "{line}")?;
            line = String::from("   ");
        }
        line.push(' ');
        line.push_str(word);
    }
    writeln!(out, "{line}")
}

fn write_tasks(out: &mut String, finding: &Finding) -> std::fmt::Result {
    let tasks = &finding.account.tasks;
    if tasks.is_empty() {
        return Ok(());
    }
    writeln!(out, "\ntasks")?;
    let shown_tasks = &tasks[..tasks.len().min(TASKS)];
    let states: Vec<String> = shown_tasks.iter().map(|task| state(finding, task)).collect();
    let name = width(shown_tasks.iter().map(|task| task.name.as_str()));
    let is_short = |state: &str| state.chars().count() <= SHORT_STATE;
    let column = width(states.iter().map(String::as_str).filter(|state| is_short(state)));
    for (task, state) in shown_tasks.iter().zip(&states) {
        let spawned = shown(&task.spawned);
        if task.name == "main" {
            writeln!(out, "  {:name$}  {state}", task.name)?;
        } else if is_short(state) {
            writeln!(out, "  {:name$}  {state:column$}  spawned at {spawned}", task.name)?;
        } else {
            writeln!(out, "  {:name$}  {state}", task.name)?;
            writeln!(out, "  {:name$}  spawned at {spawned}", "")?;
        }
    }
    if tasks.len() > TASKS {
        writeln!(out, "  … and {} more", tasks.len() - TASKS)?;
    }
    Ok(())
}

/// How a task ended; in one word if the message has said it already.
fn state(finding: &Finding, task: &TaskAccount) -> String {
    let said = |verb: &str| finding.message.contains(&format!("{} {verb}", task.name));
    let noted =
        |words: &str| finding.account.notes.iter().any(|note| note.starts_with(&format!("{} {words}", task.name)));
    if task.state.starts_with("panicked") && (said("panicked") || noted("had panicked")) {
        "panicked".to_owned()
    } else if task.state.starts_with("waits") && (said(&task.state) || finding.kind == FindingKind::Leak) {
        "waits, as said above".to_owned()
    } else {
        shown(&task.state)
    }
}

fn write_steps(out: &mut String, finding: &Finding) -> std::fmt::Result {
    let account = &finding.account;
    let steps = &account.steps[account.steps.len().saturating_sub(STEPS)..];
    if steps.is_empty() {
        return Ok(());
    }
    let title = match (account.total_steps, steps.len() as u64) {
        (total, count) if total == count => "steps".to_owned(),
        (total, 1) => format!("the last of {} steps", grouped(total)),
        (total, count) => format!("the last {count} of {} steps", grouped(total)),
    };
    let legend = if steps.iter().any(|step| step.switched) { " (> another task takes over)" } else { "" };
    writeln!(out, "\n{title}{legend}")?;
    let did: Vec<String> = steps.iter().map(|step| brief(&shown(&step.what))).collect();
    let task = width(steps.iter().map(|step| step.task.as_str()));
    let what = width(did.iter().map(String::as_str));
    let number = steps.last().map_or(1, |step| step.number.to_string().len());
    let timed = steps.iter().any(|step| !step.time.is_zero());
    for (StepAccount { number: n, task: who, place, time, switched, .. }, did) in steps.iter().zip(&did) {
        let mark = if *switched { '>' } else { ' ' };
        let time = if timed { format!("{:>9}  ", format!("{time:?}")) } else { String::new() };
        let line = format!("{mark} {n:>number$}  {time}{who:task$}  {did:what$}  {}", shown(place));
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
const BOTTOM: [&str; 4] = ["engine/spawn.rs", "engine/switch/", "explore/worker.rs", "thread/builder.rs"];

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
            || [
                "std::",
                "core::",
                "corosensei",
                "reweave::checker::",
                "rust_begin_unwind",
                "__rust",
                "stack_init_trampoline",
                "_Unwind",
            ]
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
    let token = finding.token();
    match filter(&finding.test) {
        Some(filter) => writeln!(out, "\nreplay it with\n  REWEAVE_REPLAY={token} cargo test {filter}")?,
        None => writeln!(out, "\nreplay it by running the program again with\n  REWEAVE_REPLAY={token}")?,
    }
    if finding.is_by_seed() && finding.kind != FindingKind::Stuck {
        writeln!(out, "  (the schedule is long: the token names the seed and the execution that made it)")?;
    }
    Ok(())
}

/// What `cargo test` takes to run the test: its path without the crate. None if the name is no path, so that it was
/// chosen by hand and no test need be called so.
fn filter(test: &str) -> Option<&str> {
    let is_path =
        test.split("::").all(|name| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_'));
    let path = test.split_once("::").map_or(test, |(_, path)| path);
    is_path.then_some(path)
}

/// `text` without the address of std's sources in the toolchain: `std:core/src/…` for `/rustc/…/library/core/src/…`.
fn shown(text: &str) -> String {
    let mut parts = text.split("/rustc/");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once("/library/") {
            Some((commit, path)) if commit.chars().all(|c| c.is_ascii_alphanumeric()) => {
                out.push_str("std:");
                out.push_str(path);
            }
            _ => {
                out.push_str("/rustc/");
                out.push_str(part);
            }
        }
    }
    out
}

/// Files whose names say nothing without their folder.
const NAMELESS: [&str; 3] = ["mod", "lib", "main"];

/// `text` with the names of objects made short: of a path its file remains. An object is known by the line where it
/// was made, and the table has room for one path in full, which is that of the step.
fn brief(text: &str) -> String {
    let words = text.split(' ').map(|word| {
        let Some(end) = word.find(".rs:") else { return word };
        let mut folders = word[..end].rmatch_indices('/').map(|(at, _)| at + 1);
        let file = folders.next().unwrap_or(0);
        let kept = if NAMELESS.contains(&&word[file..end]) { folders.next().unwrap_or(0) } else { file };
        &word[kept..]
    });
    words.collect::<Vec<_>>().join(" ")
}

fn width<'a>(texts: impl Iterator<Item = &'a str>) -> usize {
    texts.map(|text| text.chars().count()).max().unwrap_or(0).min(72)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_a_path_without_its_crate() {
        assert_eq!(filter("bank::tests::transfer"), Some("tests::transfer"));
        assert_eq!(filter("transfer"), Some("transfer"));
        assert_eq!(filter("src/main.rs:12"), None);
        assert_eq!(filter("bank::queue-fan-out"), None);
    }

    #[test]
    fn paths_of_objects_are_short() {
        assert_eq!(brief("lock mutex /home/me/bank/src/queue/mod.rs:3"), "lock mutex queue/mod.rs:3");
        assert_eq!(brief("lock mutex /bank/src/queue/state.rs:3"), "lock mutex state.rs:3");
        assert_eq!(brief("lock mutex src/lib.rs:3, held"), "lock mutex src/lib.rs:3, held");
        assert_eq!(brief("load atomic lib.rs:3 → 0"), "load atomic lib.rs:3 → 0");
        assert_eq!(shown("at /rustc/59807616/library/core/src/a.rs:1:2"), "at std:core/src/a.rs:1:2");
    }

    #[test]
    fn sentences_are_wrapped_between_words() {
        let mut out = String::new();
        write_wrapped(&mut out, &"word ".repeat(30)).unwrap();
        assert!(out.lines().count() > 1);
        assert!(out.lines().all(|line| line.starts_with("  ") && line.chars().count() <= WIDTH));
        let mut out = String::new();
        write_wrapped(&mut out, &"x".repeat(200)).unwrap();
        assert_eq!(out.lines().count(), 1, "a word is not broken");
    }
}
