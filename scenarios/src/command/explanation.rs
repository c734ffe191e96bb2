//! The explanation of a failure, with how to see it again here.

use reweave::{Finding, Report};

use super::selection::Program;

/// The explanation of a failure, under a heading.
pub(super) fn failure(program: &Program, finding: &Finding) -> String {
    let (heading, explanation) = (heading(program), finding.render());
    let (token, number) = (finding.token(), program.number());
    format!(
        "{heading}{}\n\nwhich here is\n  REWEAVE_REPLAY={token} cargo run --release -- show {number}\n\n",
        explanation.trim_end()
    )
}

/// What was not expected of a program, and the explanation if it failed.
pub(super) fn surprise(program: &Program, report: &Report) -> String {
    let problem = match program.variant.judge(report) {
        Ok(()) => String::new(),
        Err(surprise) => format!("NOT as expected: {surprise}\n\n"),
    };
    match report.finding() {
        Some(finding) => format!("{}{problem}", failure(program, finding)),
        None => format!("{}{problem}", heading(program)),
    }
}

fn heading(program: &Program) -> String {
    let line = "─".repeat(80);
    let (number, title, about) = (program.number(), program.title(), program.variant.about());
    format!("\n{line}\n{number} {title}: {about}\n{line}\n\n")
}
