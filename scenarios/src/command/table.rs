//! Tables of what there is, and of what came of it.

use std::fmt::Write as _;
use std::time::Duration;

use reweave::Report;

use super::run::{Done, Ended, Run};
use super::selection::Program;

/// One line: a mark, then the columns of [`HEAD`].
type Line = [String; 7];

const HEAD: [&str; 7] = ["#", "scenario", "variant", "strategy", "schedules", "verdict", "time"];

/// The columns whose cells stand at the right.
const NUMBERS: [usize; 2] = [4, 6];

/// What came of each program, and of all together.
pub(super) fn table(run: &Run) -> String {
    let mut lines: Vec<(&str, Line)> = run.done.iter().map(|done| (mark(done), line(done))).collect();
    lines.extend(run.cut.iter().map(|(program, schedules)| ("--", cut(program, *schedules))));
    let width = |column: usize| {
        let cells = lines.iter().map(|(_, line)| line[column].chars().count());
        cells.chain([HEAD[column].len()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..HEAD.len()).map(width).collect();
    let mut text = String::new();
    write_line(&mut text, "", &HEAD.map(str::to_owned), &widths);
    lines.iter().for_each(|(mark, line)| write_line(&mut text, mark, line, &widths));
    text.push('\n');
    text.push_str(&summary(run));
    text
}

fn write_line(text: &mut String, mark: &str, line: &Line, widths: &[usize]) {
    let mut row = format!("{mark:2}");
    for (column, (cell, width)) in line.iter().zip(widths).enumerate() {
        // Writing to a string does not fail.
        let _ = if NUMBERS.contains(&column) {
            write!(row, "  {cell:>width$}", width = *width)
        } else {
            write!(row, "  {cell:width$}", width = *width)
        };
    }
    text.push_str(row.trim_end());
    text.push('\n');
}

fn mark(done: &Done) -> &'static str {
    if done.outcome.is_ok() { "ok" } else { "NO" }
}

fn line(done: &Done) -> Line {
    let Done { program, report, .. } = done;
    let [number, scenario, variant, strategy] = names(program);
    [number, scenario, variant, strategy, grouped(report.schedules()), seen(report), time(report.elapsed())]
}

fn cut(program: &Program, schedules: u64) -> Line {
    let [number, scenario, variant, strategy] = names(program);
    let verdict = if schedules == 0 { "not begun" } else { "interrupted" };
    [number, scenario, variant, strategy, grouped(schedules), verdict.to_owned(), String::new()]
}

fn names(program: &Program) -> [String; 4] {
    let (scenario, variant) = (program.scenario.name.to_owned(), program.variant.name().to_owned());
    [program.number(), scenario, variant, program.variant.strategy().to_string()]
}

/// The verdict in a word or two.
pub(super) fn seen(report: &Report) -> String {
    match report.finding() {
        Some(finding) => format!("caught: {}", finding.kind()),
        None => report.verdict().to_string(),
    }
}

/// What came of all together.
pub(super) fn summary(run: &Run) -> String {
    let wrong = run.done.iter().filter(|done| done.outcome.is_err()).count();
    let (programs, time) = (counted(run.done.len(), "program"), time(run.elapsed));
    let verdict = match (wrong, run.ended) {
        (0, _) if run.is_as_expected() => "everything is as expected".to_owned(),
        (0, Ended::Interrupted) => format!("as expected as far as they came, {} interrupted", run.cut.len()),
        (0, Ended::Complete) => format!("{} could not be explored", run.cut.len()),
        (1, _) => "1 is NOT as expected".to_owned(),
        (wrong, _) => format!("{wrong} are NOT as expected"),
    };
    let mut text = format!("{programs} in {time}: {verdict}\n");
    if let Some(failed) = run.done.iter().find(|done| done.report.finding().is_some()) {
        let number = failed.program.number();
        // Writing to a string does not fail.
        let _ = writeln!(text, "The explanation of a failure: cargo run --release -- show {number}");
    }
    text
}

/// What there is.
pub(super) fn list(programs: &[Program]) -> String {
    let mut text = String::new();
    let mut scenario = None;
    let width = programs.iter().map(|program| program.variant.name().len()).max().unwrap_or(0);
    for program in programs {
        if scenario.replace(program.scenario.number) != Some(program.scenario.number) {
            // Writing to a string does not fail.
            let _ = writeln!(text, "{} {}: {}", program.scenario.number, program.scenario.name, program.scenario.about);
        }
        let (number, name) = (program.number(), program.variant.name());
        let promise = program.variant.promise().to_string();
        let _ = writeln!(text, "  {number:5}  {name:width$}  {promise:15}  {}", program.variant.about());
    }
    text
}

/// `1234567` as `1,234,567`.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `0.02 s`, `12.3 s`.
pub(super) fn time(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 10.0 { format!("{seconds:.2} s") } else { format!("{seconds:.1} s") }
}

fn counted(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {what}{plural}", grouped(number as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped() {
        let said = [0, 7, 100, 1_000, 12_345, 999_999, 1_000_000].map(grouped);
        assert_eq!(said, ["0", "7", "100", "1,000", "12,345", "999,999", "1,000,000"]);
    }

    #[test]
    fn times_have_the_digits_that_matter() {
        assert_eq!(time(Duration::from_millis(4)), "0.00 s");
        assert_eq!(time(Duration::from_millis(1_234)), "1.23 s");
        assert_eq!(time(Duration::from_millis(12_345)), "12.3 s");
    }
}
