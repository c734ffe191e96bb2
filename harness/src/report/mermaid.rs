//! A finding as a sequence diagram in Mermaid, which GitHub draws in issues and pull requests.
//!
//! A step is an arrow of its task to itself, or from the task whose step it takes something from. GitHub draws only so much;
//! of long executions the last steps are shown, and the diagram says so.

use std::fmt::Write as _;

use super::fold::{Row, fold};
use super::lanes::words_of;
use super::place;
use super::width::cut;
use crate::findings::{Account, Finding, StepAccount, Why};

/// How many rows and tasks a diagram has at most: larger ones cannot be read, and GitHub gives up on much larger ones.
const ROWS: usize = 60;
const TASKS: usize = 12;

/// How many characters of the message are shown.
const MESSAGE: usize = 160;

/// Renders `finding`.
pub(crate) fn render(finding: &Finding) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = write_diagram(&mut out, finding);
    out
}

fn write_diagram(out: &mut String, finding: &Finding) -> std::fmt::Result {
    let account = &finding.account;
    let rows = fold(account);
    let skipped = rows.len().saturating_sub(ROWS);
    let rows = &rows[skipped..];
    let lanes = lanes(account, rows);
    writeln!(out, "sequenceDiagram")?;
    writeln!(out, "  %% {} in {}, replay with {}", finding.kind, clean(&finding.test), finding.token())?;
    for lane in &lanes {
        writeln!(out, "  participant t{lane} as {}", clean(account.task_name(*lane)))?;
    }
    let (Some(first), Some(last)) = (lanes.first(), lanes.last()) else { return Ok(()) };
    let over = if first == last { format!("t{first}") } else { format!("t{first},t{last}") };
    let left_out = account.total_steps - rows.iter().map(|row| covered(row) as u64).sum::<u64>();
    if left_out > 0 {
        writeln!(out, "  Note over {over}: {left_out} earlier steps are left out")?;
    }
    for row in rows {
        match row {
            Row::Step(at) => write_step(out, account, &account.steps[*at], &lanes)?,
            other => writeln!(out, "  Note over {over}: {}", clean(&words_of(account, other)))?,
        }
    }
    for wait in account.waits.iter().filter(|wait| lanes.contains(&wait.task)) {
        writeln!(out, "  Note over t{}: ✗ waits {}", wait.task, clean(&wait.what))?;
    }
    let message = cut(finding.message.lines().next().unwrap_or_default(), MESSAGE);
    writeln!(out, "  Note over {over}: {}: {}", finding.kind, clean(&message))
}

/// How many steps a row stands for.
fn covered(row: &Row) -> usize {
    match row {
        Row::Step(_) => 1,
        Row::Again { steps, .. } | Row::Mixed(steps) => steps.len(),
    }
}

/// The tasks that are drawn.
fn lanes(account: &Account, rows: &[Row]) -> Vec<u32> {
    let steps = rows.iter().filter_map(|row| if let Row::Step(at) = row { Some(&account.steps[*at]) } else { None });
    let mut lanes: Vec<u32> = steps.map(|step| step.lane).collect();
    lanes.extend(account.waits.iter().map(|wait| wait.task));
    lanes.sort_unstable();
    lanes.dedup();
    lanes.truncate(TASKS);
    lanes
}

fn write_step(out: &mut String, account: &Account, step: &StepAccount, lanes: &[u32]) -> std::fmt::Result {
    let to = step.lane;
    if !lanes.contains(&to) {
        return Ok(());
    }
    if let Some(left) = step.left.as_ref().filter(|left| left.why == Why::Preempted && lanes.contains(&left.task)) {
        writeln!(out, "  Note over t{}: preempted", left.task)?;
    }
    let place = place::line(&step.place);
    let place = if place.is_empty() { String::new() } else { format!(" ({place})") };
    let words = format!("{} {}{place}", step.number, step.brief);
    let cause = step.after.last().and_then(|cause| account.steps.iter().find(|other| other.number == *cause));
    let from = cause.map(|cause| cause.lane).filter(|lane| lanes.contains(lane)).unwrap_or(to);
    let arrow = if from == to { "->>" } else { "-->>" };
    writeln!(out, "  t{from}{arrow}t{to}: {}", clean(&words))?;
    for mark in account.marks_of(step.number) {
        writeln!(out, "  Note over t{to}: ▲ {}", clean(mark))?;
    }
    Ok(())
}

/// `text` without what means something to Mermaid: it knows no other escape than entities, and takes those for Markdown.
fn clean(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '#' => out.push_str("#35;"),
            ';' => out.push_str("#59;"),
            '<' => out.push_str("#lt;"),
            '>' => out.push_str("#gt;"),
            '&' => out.push_str("#amp;"),
            '"' => out.push_str("#quot;"),
            '%' => out.push_str("#37;"),
            '{' => out.push_str("#123;"),
            '}' => out.push_str("#125;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_mermaid_would_take_for_its_own_is_escaped() {
        assert_eq!(clean("lock a#1; then <b> & \"c\""), "lock a#35;1#59; then #lt;b#gt; #amp; #quot;c#quot;");
        assert_eq!(clean("a\nb %% {c}"), "a b #37;#37; #123;c#125;");
    }
}
