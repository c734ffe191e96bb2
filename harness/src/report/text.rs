//! A finding as text, for a terminal or a log: one screen that explains it, and details after.
//!
//! The screen: what failed, the [lanes](super::lanes), who waits for whom, what the names of objects stand for, how to see it
//! again. The details: all steps with their places in full if the lanes had to leave some out, the tasks, the backtrace.

use super::backtrace::user_frames;
use super::command::Commands;
use super::fold::{Row, fold};
use super::lanes::{self, words_of};
use super::style::{Style, TextOptions};
use super::width::{cut, padded, width, wrapped};
use crate::checker::{counted, grouped};
use crate::findings::{Account, Finding, FindingKind, ObjectAccount, StepAccount, TaskAccount, WaitAccount};

/// How many tasks, waits and objects are shown before the rest is only counted.
const LISTED: usize = 12;

/// How many rows of steps the details show.
const STEPS: usize = 400;

/// States of tasks up to this length (characters) share a line with the place where the task was spawned.
const SHORT_STATE: usize = 40;

/// Renders `finding`.
pub(crate) fn render(finding: &Finding, options: &TextOptions) -> String {
    let mut page = Page { finding, account: &finding.account, options, out: String::new() };
    page.head();
    page.message();
    page.remarks();
    let shortened = page.lanes();
    page.waits();
    page.objects();
    page.commands();
    page.details(shortened);
    page.out
}

struct Page<'a> {
    finding: &'a Finding,
    account: &'a Account,
    options: &'a TextOptions,
    out: String,
}

impl Page<'_> {
    fn line(&mut self, line: impl AsRef<str>) {
        self.out.push_str(line.as_ref().trim_end());
        self.out.push('\n');
    }

    /// A row of a table as it is painted, or broken into lines without paint if there is no room for it.
    fn row(&mut self, plain: &str, painted: String) {
        if width(plain.trim_end()) <= self.options.width {
            self.line(painted);
        } else {
            let words: Vec<&str> = plain.split_whitespace().collect();
            self.sentence(&words.join(" "), None);
        }
    }

    fn heading(&mut self, text: &str) {
        let heading = self.options.paint(Style::Heading, text);
        self.line(format!("\n{heading}"));
    }

    /// A sentence, indented, and its further lines indented more.
    fn sentence(&mut self, sentence: &str, style: Option<Style>) {
        for line in wrapped(sentence, self.options.width - 2, 2) {
            let line = style.map_or(line.clone(), |style| self.options.paint(style, &line));
            self.line(format!("  {line}"));
        }
    }

    fn head(&mut self) {
        let finding = self.finding;
        let origin = match finding.execution {
            Some(execution) => format!("schedule {} of seed {}", grouped(execution + 1), finding.seed),
            None => "replayed".to_owned(),
        };
        let kind = self.options.paint(Style::Failure, finding.kind);
        let words = format!("reweave: {} in `{}` ({origin})", finding.kind, finding.test);
        // The kind is in the first line, which is never so narrow that it would be broken before it.
        for (number, line) in wrapped(&words, self.options.width, 2).iter().enumerate() {
            let limit = if number == 0 { 1 } else { 0 };
            self.line(line.replacen(&finding.kind.to_string(), &kind, limit));
        }
        self.line("");
    }

    fn message(&mut self) {
        let message = &self.finding.message;
        match self.finding.kind {
            FindingKind::Deadlock if !self.account.cycle.is_empty() => {
                let circle = circle(self.account);
                self.sentence(&circle, Some(Style::Failure));
            }
            FindingKind::Deadlock | FindingKind::Leak => {
                message.split("; ").for_each(|part| self.sentence(part, Some(Style::Failure)));
            }
            FindingKind::Panic => {
                // As std does: who and where in a line, then the words of the panic as they are.
                let (head, words) = match message.split_once(": ") {
                    Some((head, words)) if is_head_of_panic(head) => (Some(head), words),
                    _ => (None, message.as_str()),
                };
                for line in head.into_iter().chain(words.lines()) {
                    self.sentence(line, Some(Style::Failure));
                }
            }
            _ => message.lines().for_each(|line| self.sentence(line, Some(Style::Failure))),
        }
    }

    fn remarks(&mut self) {
        if let Some(shrunk) = self.finding.shrunk.as_ref().filter(|shrunk| shrunk.is_simpler()) {
            self.sentence(&format!("shrunk: {shrunk}"), None);
        }
        for note in &self.account.notes {
            self.sentence(&format!("note: {}", note), None);
        }
    }

    /// Returns whether there is more to show than there was room for.
    fn lanes(&mut self) -> bool {
        if self.account.steps.is_empty() {
            return false;
        }
        let lanes = lanes::draw(self.account, self.options);
        self.line("");
        lanes.lines.iter().for_each(|line| self.line(line));
        lanes.shortened
    }

    fn waits(&mut self) {
        if self.finding.kind != FindingKind::Deadlock || self.account.waits.is_empty() {
            return;
        }
        self.heading("who waits for whom");
        // Those in the circle first, each before the one it waits for.
        let cycle = &self.account.cycle;
        let mut waits: Vec<&WaitAccount> = self.account.waits.iter().collect();
        waits.sort_by_key(|wait| cycle.iter().position(|task| *task == wait.task).unwrap_or(usize::MAX));
        for wait in waits.iter().take(LISTED) {
            self.wait(wait);
        }
        self.more(waits.len());
    }

    fn wait(&mut self, wait: &WaitAccount) {
        let account = self.account;
        let who = account.task_name(wait.task);
        let on: Vec<&str> = wait
            .on
            .iter()
            .filter(|on| !wait.what.contains(&format!("for {} to finish", account.task_name(**on))))
            .map(|on| if *on == wait.task { "itself" } else { account.task_name(*on) })
            .collect();
        let held = if on.is_empty() { String::new() } else { format!(", held by {}", on.join(", ")) };
        let spawned = account.tasks.get(wait.task as usize - 1).filter(|_| wait.task > 1);
        let name = self.options.paint(Style::Task(wait.task), who);
        match spawned {
            Some(task) => self.line(format!("  {name}, spawned at {}", task.spawned)),
            None => self.line(format!("  {name}")),
        }
        for (object, since) in &wait.holds {
            let label = account.object(*object).map_or("", |object| object.label.as_str());
            let since = if since.is_empty() { String::new() } else { format!(" since {since}") };
            self.indented(&format!("holds {label}{since}"));
        }
        self.indented(&format!("waits {}{held}, at {}", wait.what, wait.place));
    }

    fn indented(&mut self, text: &str) {
        for line in wrapped(text, self.options.width - 4, 2) {
            self.line(format!("    {line}"));
        }
    }

    fn more(&mut self, count: usize) {
        if count > LISTED {
            self.line(format!("  … and {} more", count - LISTED));
        }
    }

    /// What the names in the lanes stand for.
    fn objects(&mut self) {
        let mut objects: Vec<&ObjectAccount> = self.account.objects.iter().collect();
        if objects.is_empty() {
            return;
        }
        objects.sort_by(|a, b| a.label.cmp(&b.label));
        self.heading("objects");
        let listed = &objects[..objects.len().min(LISTED)];
        let label = widest(listed.iter().map(|object| object.label.as_str()), 32);
        let kind = widest(listed.iter().map(|object| object.kind), 16);
        let place = widest(listed.iter().map(|object| object.made.as_str()), 60);
        for ObjectAccount { kind: what, label: name, made, .. } in listed {
            let plain = format!("  {}  {}  {}", padded(name, label), padded(what, kind), padded(made, place));
            let mut line = plain.clone();
            let room = self.options.width.saturating_sub(width(&plain) + 2);
            if let Some(source) = self.account.source(made).filter(|_| room >= 16) {
                line.push_str("  ");
                line.push_str(&self.options.paint(Style::Dim, cut(source, room)));
            }
            self.row(&plain, line);
        }
        self.more(objects.len());
    }

    fn commands(&mut self) {
        let commands = Commands::of(self.finding);
        match commands.is_test {
            true => self.heading("replay it with"),
            false => self.heading("replay it by running the program again with"),
        }
        // What is to be pasted is not wrapped.
        self.line(format!("  {}", commands.replay));
        if self.finding.is_by_seed() && self.finding.kind != FindingKind::Stuck {
            self.sentence("(the schedule is long: the token names the seed and the execution that made it)", None);
        }
        if let (Some(step), Some(debug)) = (commands.step, commands.debug()) {
            match commands.is_test {
                true => self.heading(&format!("stop before step {step} in a debugger with")),
                false => self.heading(&format!("stop before step {step} by running it in a debugger with")),
            }
            debug.iter().for_each(|line| self.line(format!("  {line}")));
        }
    }

    fn details(&mut self, shortened: bool) {
        self.tasks();
        if shortened {
            self.steps();
        }
        self.backtrace();
    }

    fn tasks(&mut self) {
        // Those that wait in a deadlock were told of above.
        let told = |task: u32| {
            self.finding.kind == FindingKind::Deadlock && self.account.waits.iter().any(|wait| wait.task == task)
        };
        let tasks: Vec<(u32, &TaskAccount)> =
            (1..).zip(&self.account.tasks).filter(|(number, _)| !told(*number)).collect();
        if tasks.is_empty() {
            return;
        }
        self.heading("tasks");
        let listed: Vec<(u32, &TaskAccount)> = tasks.iter().take(LISTED).copied().collect();
        let states: Vec<String> = listed.iter().map(|(_, task)| self.state(task)).collect();
        let name = widest(listed.iter().map(|(_, task)| task.name.as_str()), 32);
        let is_short = |state: &str| width(state) <= SHORT_STATE;
        let column = widest(states.iter().map(String::as_str).filter(|state| is_short(state)), SHORT_STATE);
        for ((number, task), state) in listed.iter().zip(&states) {
            let spawned = &task.spawned;
            let who = padded(&task.name, name);
            let painted = self.options.paint(Style::Task(*number), &who);
            let spawned = if *number == 1 { String::new() } else { format!("spawned at {spawned}") };
            let short = is_short(state);
            let rest = if short { format!("{}  {spawned}", padded(state, column)) } else { state.clone() };
            self.row(&format!("  {who}  {rest}"), format!("  {painted}  {rest}"));
            if !short {
                self.row(&spawned, format!("  {}  {spawned}", " ".repeat(name)));
            }
        }
        self.more(tasks.len());
    }

    /// How a task ended; in one word if that was said before.
    fn state(&self, task: &TaskAccount) -> String {
        let said = |verb: &str| self.finding.message.contains(&format!("{} {verb}", task.name));
        let noted =
            |words: &str| self.account.notes.iter().any(|note| note.starts_with(&format!("{} {words}", task.name)));
        if task.state.starts_with("panicked") && (said("panicked") || noted("had panicked")) {
            "panicked".to_owned()
        } else if task.state.starts_with("waits") && self.finding.kind == FindingKind::Leak {
            "waits, as said above".to_owned()
        } else {
            task.state.clone()
        }
    }

    fn steps(&mut self) {
        let account = self.account;
        let rows = fold(account);
        let rows = &rows[rows.len().saturating_sub(STEPS)..];
        let steps = || {
            rows.iter().filter_map(|row| match row {
                Row::Step(at) => Some(&account.steps[*at]),
                Row::Again { .. } | Row::Mixed(_) => None,
            })
        };
        let first = steps().next().map_or(0, |step| step.number - 1);
        let title = match first {
            0 => format!("all {}", counted(account.total_steps, "step")),
            _ => format!("the last {} of {} steps", grouped(account.total_steps - first), grouped(account.total_steps)),
        };
        let legend = if steps().any(|step| step.switched) { " (> another task takes over)" } else { "" };
        self.heading(&format!("{title}{legend}"));
        let task = widest(steps().map(|step| step.task.as_str()), 24);
        let what = widest(steps().map(|step| step.brief.as_str()), 44);
        let number = steps().next_back().map_or(1, |step| step.number.to_string().len());
        let timed = steps().any(|step| !step.time.is_zero());
        for row in rows {
            let Row::Step(at) = row else {
                let words = words_of(account, row);
                self.indented(&words);
                continue;
            };
            let StepAccount { number: n, lane, task: who, brief, place, time, switched, .. } = &account.steps[*at];
            let mark = if *switched { '>' } else { ' ' };
            let time = if timed { format!("{:>9}  ", format!("{time:?}")) } else { String::new() };
            let (who, what) = (padded(who, task), padded(brief, what));
            let row = |who: &str| format!("  {mark} {n:>number$}  {time}{who}  {what}  {place}");
            self.row(&row(&who), row(&self.options.paint(Style::Task(*lane), &who)));
            for mark in account.marks_of(*n) {
                self.indented(&format!("▲ {mark}"));
            }
        }
    }

    fn backtrace(&mut self) {
        let Some(backtrace) = &self.account.backtrace else { return };
        let frames = user_frames(backtrace);
        if frames.is_empty() {
            return;
        }
        self.heading("backtrace of the panic");
        for frame in frames {
            self.sentence(&frame, None);
        }
    }
}

/// Who waits for whom in a circle, in a line: `a → b → a`.
fn circle(account: &Account) -> String {
    let names: Vec<&str> = account.cycle.iter().map(|task| account.task_name(*task)).collect();
    match names.as_slice() {
        [one] => format!("{one} waits for itself"),
        [one, other] => format!("{one} and {other} wait for each other"),
        names => {
            let circle = names.iter().chain(names.first());
            let circle: Vec<&str> = circle.copied().collect();
            format!("{} tasks wait for each other: {}", names.len(), circle.join(" → "))
        }
    }
}

/// Whether these are the words before the message of a panic: `main panicked at src/lib.rs:1:2`.
fn is_head_of_panic(head: &str) -> bool {
    head.contains(" panicked at ") || head.ends_with(" panicked")
}

/// How wide the widest of `texts` is, up to `most`.
fn widest<'a>(texts: impl Iterator<Item = &'a str>, most: usize) -> usize {
    texts.map(width).max().unwrap_or(0).min(most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::TaskAccount;

    #[test]
    fn a_circle_is_told_in_a_line() {
        let task = |name: &str| TaskAccount { name: name.to_owned(), ..TaskAccount::default() };
        let mut account = Account { tasks: vec![task("main"), task("a"), task("b")], ..Account::default() };
        account.cycle = vec![2];
        assert_eq!(circle(&account), "a waits for itself");
        account.cycle = vec![3, 2];
        assert_eq!(circle(&account), "b and a wait for each other");
        account.cycle = vec![1, 3, 2];
        assert_eq!(circle(&account), "3 tasks wait for each other: main → b → a → main");
    }
}
