//! The command: what was asked for, exploring, and showing what came of it.
//!
//! Progress goes to standard error and results to standard output. The exit status is 0 if everything was as the gallery
//! promises, 1 if something was not, 2 if the arguments mean nothing, and 130 if Ctrl-C ended it.

mod arguments;
mod explanation;
mod html;
mod progress;
mod run;
mod save;
mod selection;
mod table;

use std::io::{self, IsTerminal as _, Write};
use std::process::ExitCode;

use arguments::{Action, Arguments};
use run::{Ended, Run};
use selection::Program;

/// Something was not as expected, or could not be written.
const NOT_AS_EXPECTED: u8 = 1;

/// The arguments mean nothing.
const BAD_ARGUMENTS: u8 = 2;

/// Ctrl-C: 128 and the number of the signal, as shells have it.
const INTERRUPTED: u8 = 130;

pub(crate) fn main() -> ExitCode {
    let arguments = match Arguments::parse(std::env::args_os().skip(1)) {
        Ok(arguments) => arguments,
        Err(problem) => return refuse(&problem.to_string()),
    };
    if arguments.action == Action::Help {
        return written(print(arguments::HELP), ExitCode::SUCCESS);
    }
    let programs = match selection::select(&arguments.words) {
        Ok(programs) => programs,
        Err(problem) => return refuse(&problem.to_string()),
    };
    match arguments.action {
        Action::List => written(print(&table::list(&programs)), ExitCode::SUCCESS),
        Action::Show => show(&arguments, &programs),
        Action::Explore | Action::Help => explore(&arguments, &programs),
    }
}

fn refuse(problem: &str) -> ExitCode {
    eprintln!("reweave-scenarios: {problem}");
    ExitCode::from(BAD_ARGUMENTS)
}

/// Explores, and prints the table.
fn explore(arguments: &Arguments, programs: &[Program]) -> ExitCode {
    let display = progress::Display::new(programs, io::stderr().is_terminal());
    let run = run::run(programs, arguments, display);
    let mut status = status(&run);
    let mut shown = print(&table::table(&run));
    for (program, report) in run.surprises() {
        shown = shown.and_then(|()| print(&explanation::surprise(program, report)));
    }
    if arguments.save {
        status = worse(status, save::all(&run));
    }
    if let Some(path) = &arguments.html {
        status = worse(status, html::write(path, &run));
    }
    written(shown, ExitCode::from(status))
}

/// Explores the twins among `programs`, what is saved first, and prints the explanation of each failure.
fn show(arguments: &Arguments, programs: &[Program]) -> ExitCode {
    let failing: Vec<Program> = programs.iter().filter(|program| program.variant.is_twin()).cloned().collect();
    if failing.is_empty() {
        return refuse("nothing of that fails: it is the correct component");
    }
    let display = progress::Display::new(&failing, io::stderr().is_terminal());
    let run = run::run(&failing, arguments, display);
    let mut shown = Ok(());
    for done in &run.done {
        let text = match done.report.finding() {
            Some(finding) => explanation::failure(&done.program, finding),
            None => explanation::surprise(&done.program, &done.report),
        };
        shown = shown.and_then(|()| print(&text));
    }
    written(shown, ExitCode::from(status(&run)))
}

/// What the exit status of `run` is.
fn status(run: &Run) -> u8 {
    match run.ended {
        Ended::Interrupted => INTERRUPTED,
        Ended::Complete if run.is_as_expected() => 0,
        Ended::Complete => NOT_AS_EXPECTED,
    }
}

/// `status`, unless it says that all is well and something `failed` to be written.
fn worse(status: u8, outcome: Result<(), String>) -> u8 {
    match outcome {
        Ok(()) => status,
        Err(problem) => {
            eprintln!("reweave-scenarios: {problem}");
            status.max(NOT_AS_EXPECTED)
        }
    }
}

fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// `status`, unless the results could not be written. A reader that has seen enough and closed the pipe is none of our business.
fn written(outcome: io::Result<()>, status: ExitCode) -> ExitCode {
    match outcome {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            eprintln!("reweave-scenarios: failed to write to standard output: {error}");
            ExitCode::from(NOT_AS_EXPECTED)
        }
        _ => status,
    }
}
