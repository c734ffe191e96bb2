//! The steps as lanes: a column for each task, time downwards.
//!
//! In the row of a step, the column of its task says what it did. The column of the task that ran before says why it does
//! not go on: it could have (*preempted*), it offered the processor (*yielded*), it has to wait, or it has finished. A line runs
//! down the columns of all others that are alive. Where there are too many tasks for columns, a narrow gutter
//! takes their place, and each step has a line for itself.

use std::collections::BTreeMap;

use super::fold::{Row, fold};
use super::place;
use super::style::{Style, TextOptions};
use super::width::{cut, cut_front, padded, width, wrapped};
use crate::checker::grouped;
use crate::findings::{Account, StepAccount, Why};

/// How many rows are shown on the first screen.
pub(super) const ROWS: usize = 24;

/// A column of a task is at least and at most so wide, without the space between columns.
const NARROWEST: usize = 16;
const WIDEST: usize = 48;

/// Why a task was left takes this many characters in a line at most.
const LEFT: usize = 32;

/// Places are cut to this many characters.
const PLACE: usize = 28;

/// More tasks than this are no gutter any more.
const GUTTER: usize = 24;

/// The space between columns.
const GAP: usize = 2;

/// What is drawn.
pub(super) struct Lanes {
    pub(super) lines: Vec<String>,
    /// Rows were left out.
    pub(super) shortened: bool,
}

/// Draws the last steps of `account`.
pub(super) fn draw(account: &Account, options: &TextOptions) -> Lanes {
    let mut rows = fold(account);
    let cut = rows.len().saturating_sub(ROWS);
    rows.drain(..cut);
    let first = match rows.first() {
        Some(Row::Step(at)) => *at,
        Some(Row::Again { steps, .. } | Row::Mixed(steps)) => steps.start,
        None => 0,
    };
    let earlier = account.steps.get(first).map_or(0, |step| step.number - 1);
    let lanes = shown_lanes(account, first);
    let mut picture =
        Picture { account, options, rows, lanes, lines: Vec::new(), columns: Vec::new(), place: 0, number: 0 };
    picture.measure();
    if earlier > 0 {
        let omitted = format!("  … {} before", crate::checker::counted(earlier, "step"));
        picture.lines.push(options.paint(Style::Dim, omitted));
    }
    if picture.columns.is_empty() {
        picture.draw_gutter()
    } else {
        picture.draw_columns()
    }
    Lanes { shortened: cut > 0, lines: picture.lines }
}

/// The tasks that have something to show from the step with index `first` on: those that step, and those that wait in the end.
fn shown_lanes(account: &Account, first: usize) -> Vec<u32> {
    let steps = &account.steps[first.min(account.steps.len())..];
    let mut lanes: Vec<u32> = steps.iter().map(|step| step.lane).collect();
    lanes.extend(steps.iter().filter_map(|step| step.left.as_ref()).map(|left| left.task));
    lanes.extend(account.waits.iter().map(|wait| wait.task));
    lanes.sort_unstable();
    lanes.dedup();
    // The clock comes last: it is nobody's code.
    if lanes.first() == Some(&0) {
        lanes.rotate_left(1);
    }
    lanes
}

struct Picture<'a> {
    account: &'a Account,
    options: &'a TextOptions,
    rows: Vec<Row>,
    lanes: Vec<u32>,
    lines: Vec<String>,
    /// The width of each column; none if there is a gutter instead.
    columns: Vec<usize>,
    /// The widths of the places and of the numbers.
    place: usize,
    number: usize,
}

impl Picture<'_> {
    fn steps(&self) -> impl Iterator<Item = &StepAccount> {
        self.rows.iter().filter_map(|row| match row {
            Row::Step(at) => Some(&self.account.steps[*at]),
            Row::Again { .. } | Row::Mixed(_) => None,
        })
    }

    fn column(&self, lane: u32) -> Option<usize> {
        self.lanes.iter().position(|shown| *shown == lane)
    }

    fn measure(&mut self) {
        self.number = self.steps().map(|step| step.number.to_string().len()).max().unwrap_or(1).max(4);
        self.place = self.steps().map(|step| width(&place::line(&step.place))).max().unwrap_or(0).min(PLACE);
        let mut columns: Vec<usize> =
            self.lanes.iter().map(|lane| width(self.account.task_name(*lane)).clamp(10, WIDEST)).collect();
        let mut fit = |lane: Option<usize>, cells: usize| {
            if let Some(lane) = lane {
                columns[lane] = columns[lane].max(cells).min(WIDEST);
            }
        };
        for step in self.steps() {
            fit(self.column(step.lane), width(&step.brief) + 2);
            if let Some(left) = &step.left {
                let words = left_words(left.why, &left.what);
                fit(self.column(left.task), (width(&words) + 2).min(LEFT));
            }
        }
        for wait in &self.account.waits {
            fit(self.column(wait.task), (width(&wait.what) + 8).min(LEFT));
        }
        let fixed = 2 + self.number + self.place + GAP * (columns.len() + 1);
        let room = self.options.width.saturating_sub(fixed);
        // The widest gives way first.
        while columns.iter().sum::<usize>() > room {
            let Some(widest) = columns.iter_mut().max() else { break };
            if *widest <= NARROWEST {
                return;
            }
            *widest -= 1;
        }
        self.columns = columns;
    }

    fn paint_task(&self, lane: u32, text: &str) -> String {
        self.options.paint(Style::Task(lane), text)
    }

    /// The lanes that are alive in the row of this step, by column.
    fn alive(&self, number: u64) -> Vec<bool> {
        let alive = |lane: &u32| {
            let task = lane.checked_sub(1).and_then(|index| self.account.tasks.get(index as usize));
            task.is_some_and(|task| {
                task.born.is_none_or(|step| step < number) && task.ended.is_none_or(|step| step > number)
            })
        };
        self.lanes.iter().map(alive).collect()
    }

    fn draw_columns(&mut self) {
        let mut head = format!("  {:>number$}", "step", number = self.number);
        for (lane, cells) in self.lanes.iter().zip(&self.columns) {
            head.push_str(&" ".repeat(GAP));
            let name = cut(self.account.task_name(*lane), *cells);
            head.push_str(&self.paint_task(*lane, &name));
            head.push_str(&" ".repeat(cells - width(&name)));
        }
        self.lines.push(head.trim_end().to_owned());
        for index in 0..self.rows.len() {
            match self.rows[index].clone() {
                Row::Step(at) => self.draw_step(at),
                other => {
                    let words = words_of(self.account, &other);
                    self.draw_between(&words);
                }
            }
        }
        self.draw_waits();
    }

    fn draw_step(&mut self, at: usize) {
        let step = &self.account.steps[at];
        let alive = self.alive(step.number);
        let mut cells: Vec<Vec<String>> = vec![Vec::new(); self.lanes.len()];
        let mut styles: Vec<Style> = vec![Style::Dim; self.lanes.len()];
        for (column, alive) in alive.iter().enumerate() {
            if *alive {
                cells[column] = vec!["│".to_owned()];
            }
        }
        let left = step.left.as_ref().filter(|left| !is_end(left.why));
        if let Some((left, column)) = left.and_then(|left| Some((left, self.column(left.task)?))) {
            cells[column] = self.cell(column, "┊", &left_words(left.why, &left.what));
        }
        if let Some(column) = self.column(step.lane) {
            let (sign, style) = self.sign_of(step);
            cells[column] = self.cell(column, sign, &step.brief);
            styles[column] = style;
        }
        let place = self.place_of(step);
        let number = step.number.to_string();
        self.push_row(&number, &cells, &styles, &alive, &place);
        let marks: Vec<String> = self.account.marks_of(step.number).map(str::to_owned).collect();
        for mark in marks {
            self.draw_mark(&mark);
        }
    }

    /// Where the step was made, in the width of the column for that.
    fn place_of(&self, step: &StepAccount) -> String {
        if self.place == 0 { String::new() } else { cut_front(&place::line(&step.place), self.place) }
    }

    /// How the step is drawn.
    fn sign_of(&self, step: &StepAccount) -> (&'static str, Style) {
        let task = step.lane.checked_sub(1).and_then(|index| self.account.tasks.get(index as usize));
        let panics = task.is_some_and(|task| task.panicked && task.ended == Some(step.number));
        if panics { ("✗", Style::Failure) } else { ("●", Style::Task(step.lane)) }
    }

    /// A sign and words, in as many lines as it takes.
    fn cell(&self, column: usize, sign: &str, words: &str) -> Vec<String> {
        // What came of a step is not torn apart.
        let glued = words.replace("→ ", "→\u{a0}").replace("message ", "message\u{a0}");
        let lines = wrapped(&glued, self.columns[column].saturating_sub(2), 0);
        let sign_of = |line: usize| if line == 0 { sign } else { " " };
        lines
            .iter()
            .enumerate()
            .map(|(line, words)| format!("{} {words}", sign_of(line)).replace('\u{a0}', " "))
            .collect()
    }

    fn push_row(&mut self, number: &str, cells: &[Vec<String>], styles: &[Style], alive: &[bool], place: &str) {
        let height = cells.iter().map(Vec::len).max().unwrap_or(1).max(1);
        for line in 0..height {
            let number = if line == 0 { number } else { "" };
            let mut text = self.options.paint(Style::Dim, format!("  {number:>width$}", width = self.number));
            let mut cells_to_fill = 0;
            for (column, lines) in cells.iter().enumerate() {
                let idle = if alive[column] && lines.len() < 2 && line > 0 { "│" } else { "" };
                let cell = lines.get(line).map_or(idle, String::as_str);
                cells_to_fill += GAP;
                if !cell.is_empty() {
                    text.push_str(&" ".repeat(cells_to_fill));
                    text.push_str(&self.options.paint(styles[column], cell));
                    cells_to_fill = 0;
                }
                cells_to_fill += self.columns[column] - width(cell);
            }
            if line == 0 && !place.is_empty() {
                text.push_str(&" ".repeat(cells_to_fill + GAP));
                text.push_str(&self.options.paint(Style::Dim, place));
            }
            self.lines.push(text);
        }
    }

    /// A line that belongs to no task.
    fn draw_between(&mut self, words: &str) {
        let indent = 2 + self.number + GAP;
        for line in wrapped(words, self.options.width.saturating_sub(indent), 2) {
            self.lines.push(format!("{}{}", " ".repeat(indent), self.options.paint(Style::Dim, line)));
        }
    }

    fn draw_mark(&mut self, words: &str) {
        let indent = 2 + self.number + GAP;
        for line in wrapped(&format!("▲ {words}"), self.options.width.saturating_sub(indent), 2) {
            self.lines.push(format!("{}{}", " ".repeat(indent), self.options.paint(Style::Mark, line)));
        }
    }

    /// What those wait for that wait in the end.
    fn draw_waits(&mut self) {
        if self.account.waits.is_empty() {
            return;
        }
        let mut cells: Vec<Vec<String>> = vec![Vec::new(); self.lanes.len()];
        let mut styles: Vec<Style> = vec![Style::Dim; self.lanes.len()];
        for wait in &self.account.waits {
            if let Some(column) = self.column(wait.task) {
                cells[column] = self.cell(column, "✗", &format!("waits {}", wait.what));
                styles[column] = Style::Failure;
            }
        }
        self.push_row("end", &cells, &styles, &vec![false; self.lanes.len()], "");
    }

    fn draw_gutter(&mut self) {
        let shown = self.lanes.len().min(GUTTER);
        let names = self.lanes.iter().map(|lane| width(self.account.task_name(*lane)));
        let name = names.max().unwrap_or(0).min(self.options.width / 4);
        let room = |place: usize| {
            let place = if place == 0 { 0 } else { place + GAP };
            self.options.width.saturating_sub(2 + self.number + GAP + shown + 1 + name + GAP + place)
        };
        if room(self.place) < NARROWEST {
            // What was done is worth more than where.
            self.place = 0;
        }
        let rest = room(self.place);
        for index in 0..self.rows.len() {
            match self.rows[index].clone() {
                Row::Step(at) => self.draw_gutter_step(at, shown, name, rest),
                other => {
                    let words = words_of(self.account, &other);
                    self.draw_between(&words);
                }
            }
        }
        for index in 0..self.account.waits.len().min(ROWS) {
            let wait = &self.account.waits[index];
            let sign = self.column(wait.task).map_or(String::new(), |at| format!("{}✗", " ".repeat(at.min(shown))));
            let words = format!("waits {}", wait.what);
            self.push_gutter("end", (wait.task, &sign, shown), (name, rest), (&words, Style::Failure), "");
        }
    }

    fn draw_gutter_step(&mut self, at: usize, shown: usize, name: usize, rest: usize) {
        let step = &self.account.steps[at];
        let alive = self.alive(step.number);
        let mut signs: String = alive.iter().take(shown).map(|alive| if *alive { '│' } else { ' ' }).collect();
        let (sign, style) = self.sign_of(step);
        if let Some(column) = self.column(step.lane).filter(|column| *column < shown) {
            let drawn = |(at, c)| if at == column { sign.to_owned() } else { String::from(c) };
            signs = signs.chars().enumerate().map(drawn).collect();
        }
        let left = step.left.as_ref().filter(|left| !is_end(left.why)).map(|left| {
            let who = self.account.task_name(left.task);
            format!("{who} {}", left_words(left.why, &left.what))
        });
        if let Some(left) = left {
            let words = format!("┊ {left}");
            let indent = 2 + self.number + GAP + shown + 1;
            let words = cut(&words, self.options.width.saturating_sub(indent));
            self.lines.push(format!("{}{}", " ".repeat(indent), self.options.paint(Style::Dim, words)));
        }
        let place = self.place_of(step);
        let number = step.number.to_string();
        let (lane, brief) = (step.lane, step.brief.clone());
        self.push_gutter(&number, (lane, &signs, shown), (name, rest), (&brief, style), &place);
        let marks: Vec<String> = self.account.marks_of(step.number).map(str::to_owned).collect();
        for mark in marks {
            self.draw_mark(&mark);
        }
    }

    fn push_gutter(
        &mut self,
        number: &str,
        (lane, signs, shown): (u32, &str, usize),
        (name, rest): (usize, usize),
        (words, style): (&str, Style),
        place: &str,
    ) {
        let number = self.options.paint(Style::Dim, format!("  {number:>width$}", width = self.number));
        let who = self.paint_task(lane, &padded(&cut(self.account.task_name(lane), name), name));
        let signs = self.options.paint(Style::Task(lane), padded(signs, shown));
        let words = padded(&cut(words, rest), if place.is_empty() { 0 } else { rest });
        let words = self.options.paint(style, words);
        let place =
            if place.is_empty() { String::new() } else { format!("  {}", self.options.paint(Style::Dim, place)) };
        self.lines.push(format!("{number}  {signs} {who}  {words}{place}").trim_end().to_owned());
    }
}

/// What a row says that is no step.
pub(super) fn words_of(account: &Account, row: &Row) -> String {
    match row {
        Row::Step(_) => String::new(),
        Row::Again { block: 1, times, .. } => format!("… repeated {}", times_in_words(*times)),
        Row::Again { block, times, .. } => {
            format!("… these {block} steps repeated {}", times_in_words(*times))
        }
        Row::Mixed(steps) => {
            let mut counts: BTreeMap<(u32, &str), usize> = BTreeMap::new();
            for step in &account.steps[steps.clone()] {
                *counts.entry((step.lane, step.brief.as_str())).or_insert(0) += 1;
            }
            let mut counts: Vec<_> = counts.into_iter().collect();
            counts.sort_by_key(|((lane, _), count)| (*lane, std::cmp::Reverse(*count)));
            let words = counts
                .into_iter()
                .map(|((lane, brief), count)| format!("{}: {brief} ({count}×)", account.task_name(lane)));
            let words: Vec<String> = words.collect();
            format!("… {} steps in changing order: {}", grouped(steps.len() as u64), words.join(", "))
        }
    }
}

fn times_in_words(times: usize) -> String {
    match times {
        1 => "once".to_owned(),
        n => format!("{} times", grouped(n as u64)),
    }
}

/// Whether the last step of the task says it all.
fn is_end(why: Why) -> bool {
    matches!(why, Why::Finished | Why::Panicked)
}

/// Why a task was left, in its column.
fn left_words(why: Why, what: &str) -> String {
    match why {
        Why::Blocked => format!("waits {what}"),
        other => other.name().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::TaskAccount;

    /// A step of each of the first tasks, one after the other.
    fn account(tasks: u32) -> Account {
        let task = |id: u32| TaskAccount { name: format!("task {id}"), ..TaskAccount::default() };
        let step = |lane: u32| StepAccount {
            number: lane.into(),
            lane,
            brief: format!("load hits → {lane}"),
            place: "src/a.rs:1:2".to_owned(),
            ..StepAccount::default()
        };
        Account {
            tasks: (1..=tasks).map(task).collect(),
            steps: (1..=tasks).map(step).collect(),
            total_steps: tasks.into(),
            ..Account::default()
        }
    }

    #[test]
    fn a_marked_step_is_marked_in_columns_and_in_a_gutter() {
        for tasks in [2, 9] {
            let mut account = account(tasks);
            account.mark(2, "from here on every schedule fails");
            let lanes = draw(&account, &TextOptions::new());
            let marked = lanes.lines.iter().position(|line| line.contains("▲ from here on every schedule fails"));
            let step = lanes.lines.iter().position(|line| line.contains("load hits → 2"));
            assert_eq!(marked, step.map(|step| step + 1), "{:#?}", lanes.lines);
            assert!(!lanes.shortened);
        }
    }

    #[test]
    fn the_last_rows_are_shown() {
        let mut account = account(1);
        let steps =
            (1..=60).map(|number| StepAccount { number, brief: number.to_string(), lane: 1, ..StepAccount::default() });
        account.steps = steps.collect();
        let lanes = draw(&account, &TextOptions::new());
        assert!(lanes.shortened);
        assert_eq!(lanes.lines[0], "  … 36 steps before");
        assert!(lanes.lines.last().is_some_and(|line| line.ends_with("● 60")));
    }
}
