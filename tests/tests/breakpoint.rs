//! `REWEAVE_BREAK` stops a replay before a step: in a debugger where there is one, and with a word about that where there is none.

use std::process::{Command, Output};

use reweave::{Checker, Report, Strategy};
use reweave_tests::samples;

/// The step before which the replays here stop.
const STEP: u32 = 4;

fn explore() -> Report {
    let checker = Checker::new().strategy(Strategy::Random).name("breakpoint::program").seed(7);
    checker.explore(samples::lost_update)
}

/// What the others run in a process of its own. By itself it explores, and finds the same.
#[test]
fn program() {
    let report = explore();
    assert!(report.verdict().is_failed());
}

/// Replays the program in a process of its own, after the words of `before`.
fn replay(before: &[&str]) -> Output {
    let test = std::env::current_exe().expect("this test is a program");
    let token = explore().finding().expect("it fails").token();
    let mut words = before.iter().map(std::ffi::OsString::from);
    let mut command = match words.next() {
        Some(first) => {
            let mut command = Command::new(first);
            command.args(words).arg(test);
            command
        }
        None => Command::new(test),
    };
    command.args(["--exact", "program", "--nocapture"]);
    command.env("REWEAVE_REPLAY", token).env("REWEAVE_BREAK", STEP.to_string());
    command.output().expect("it starts")
}

#[test]
fn without_a_debugger_the_replay_says_so_and_goes_on() {
    let output = replay(&[]);
    let errors = String::from_utf8_lossy(&output.stderr);
    let said = format!("there is no debugger to stop in before step {STEP}");
    assert_eq!(errors.matches(&said).count(), 1, "{errors}");
    assert!(output.status.success(), "{errors}");
}

#[test]
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn a_debugger_stops_on_the_stack_of_the_task() {
    if Command::new("gdb").arg("--version").output().is_err() {
        eprintln!("there is no debugger here");
        return;
    }
    // Debugger and program write into one pipe. What is looked for below is written by the debugger while the program stands
    // still or is gone, so that nothing of the program can come into the middle of it.
    let output = replay(&["gdb", "-q", "-nx", "-batch", "-ex", "run", "-ex", "bt", "-ex", "continue", "--args"]);
    let (text, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if text.contains("Operation not permitted") || errors.contains("Operation not permitted") {
        eprintln!("the debugger may not trace here");
        return;
    }
    assert!(text.contains("SIGTRAP"), "{text}\n{errors}");
    // An optimized build tells of functions, not of their arguments.
    let stopped_in =
        if cfg!(debug_assertions) { format!("breakpoint (step={STEP})") } else { "breakpoint ()".to_owned() };
    assert!(text.contains(&stopped_in), "{text}");
    // The other task is about to read what the first has read.
    assert!(text.contains("lost_update::{closure"), "the stack leads into the program: {text}");
    assert!(text.contains("exited normally"), "it goes on to its end: {text}\n{errors}");
}
