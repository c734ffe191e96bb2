//! The trace of a seed: which task took which steps, each by its [fingerprint](super::fingerprint).
//!
//! What a schedule decides means nothing once the program was edited; the trace says what was meant. It is written one line
//! for each turn of a task, so that a line is a switch: `1: lock mutex1, load atomic2 x3`. A step that took another of its
//! outcomes than the first has the number of it behind a slash: `notify_one condvar1/2`.

use std::fmt::{self, Write as _};

use super::fingerprint;
use crate::engine::Execution;
use crate::engine::names::{kind_ranks, path};
use crate::kernel::TaskId;

/// A trace has at most this many steps. A longer execution has none: nobody would read it, and no edit would leave most of it
/// as it is.
pub(crate) const MAX_STEPS: usize = 2_000;

/// A task has at most this many ancestors in a trace that is read.
const MAX_DEPTH: usize = 64;

/// Who takes a step: the clock, or a task by its path, which is empty for the root.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Who {
    Clock,
    Task(Vec<u32>),
}

/// A step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Mark {
    pub(crate) who: Who,
    /// Its fingerprint.
    pub(crate) what: String,
    /// Which of its outcomes it took.
    pub(crate) alternative: u32,
}

/// See the module's documentation.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Trace {
    pub(crate) steps: Vec<Mark>,
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Who::Clock => f.write_str("clock"),
            Who::Task(path) if path.is_empty() => f.write_str("main"),
            Who::Task(path) => {
                for (i, ordinal) in path.iter().enumerate() {
                    let dot = if i == 0 { "" } else { "." };
                    write!(f, "{dot}{ordinal}")?;
                }
                Ok(())
            }
        }
    }
}

impl Who {
    fn parse(text: &str) -> Option<Who> {
        match text {
            "clock" => Some(Who::Clock),
            "main" => Some(Who::Task(Vec::new())),
            _ => {
                let path: Option<Vec<u32>> =
                    text.split('.').take(MAX_DEPTH + 1).map(|part| part.parse().ok()).collect();
                path.filter(|path| path.len() <= MAX_DEPTH && !path.contains(&0)).map(Who::Task)
            }
        }
    }
}

impl Trace {
    /// What a recorded execution did.
    pub(crate) fn of(execution: &Execution) -> Trace {
        let recorded = &execution.recorder.steps;
        if recorded.len() > MAX_STEPS {
            return Trace::default();
        }
        let ranks = kind_ranks(execution);
        let steps = recorded.iter().filter_map(|step| {
            let what = fingerprint::of(execution, &ranks, &step.op)?;
            let who = match step.task {
                TaskId::CLOCK => Who::Clock,
                task => Who::Task(path(execution, task)),
            };
            Some(Mark { who, what, alternative: step.alternative })
        });
        Trace { steps: steps.collect() }
    }

    /// One line for each turn of a task.
    pub(crate) fn lines(&self) -> Vec<String> {
        let turns = self.steps.chunk_by(|a, b| a.who == b.who);
        turns
            .map(|turn| {
                let mut line = format!("{}: ", turn[0].who);
                for (i, run) in turn.chunk_by(|a, b| a == b).enumerate() {
                    let comma = if i == 0 { "" } else { ", " };
                    // Writing to a string does not fail.
                    let _ = write!(line, "{comma}{}", run[0].what);
                    if run[0].alternative > 0 {
                        let _ = write!(line, "/{}", run[0].alternative);
                    }
                    if run.len() > 1 {
                        let _ = write!(line, " x{}", run.len());
                    }
                }
                line
            })
            .collect()
    }

    /// Reads such lines. An error is a sentence about the line of the given number, counted from zero.
    pub(crate) fn parse<'a>(lines: impl Iterator<Item = &'a str>) -> Result<Trace, (usize, String)> {
        let mut steps = Vec::new();
        for (number, line) in lines.enumerate() {
            let wrong = |problem: String| (number, problem);
            let (who, turn) = line.split_once(": ").ok_or_else(|| wrong("a turn is no `task: steps`".to_owned()))?;
            let who = Who::parse(who).ok_or_else(|| wrong(format!("{who:?} is no task")))?;
            for text in turn.split(", ") {
                let (mark, length) = parse_run(&who, text).ok_or_else(|| wrong(format!("{text:?} is no step")))?;
                if length > MAX_STEPS - steps.len() {
                    return Err(wrong(format!("there are more than {MAX_STEPS} steps")));
                }
                steps.extend(std::iter::repeat_n(mark, length));
            }
        }
        Ok(Trace { steps })
    }
}

/// `load atomic1/2 x3`.
fn parse_run(who: &Who, text: &str) -> Option<(Mark, usize)> {
    let (text, length) = match text.rsplit_once(" x") {
        Some((rest, count)) if count.bytes().all(|byte| byte.is_ascii_digit()) => (rest, count.parse().ok()?),
        _ => (text, 1),
    };
    let (what, alternative) = match text.split_once('/') {
        Some((what, alternative)) => (what, alternative.parse().ok().filter(|number| *number > 0)?),
        None => (text, 0),
    };
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let sound = what.split(' ').count() <= 2 && what.split(' ').all(|word| !word.is_empty() && word.chars().all(fits));
    (sound && length > 0).then(|| (Mark { who: who.clone(), what: what.to_owned(), alternative }, length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn mark(who: &[u32], what: &str, alternative: u32) -> Mark {
        Mark { who: Who::Task(who.to_vec()), what: what.to_owned(), alternative }
    }

    fn read(lines: &[&str]) -> Result<Trace, (usize, String)> {
        Trace::parse(lines.iter().copied())
    }

    #[test]
    fn a_line_is_a_turn() {
        let steps = vec![
            mark(&[], "spawn", 0),
            mark(&[1, 2], "load atomic1", 0),
            mark(&[1, 2], "load atomic1", 0),
            mark(&[1, 2], "notify_one condvar1", 2),
            Mark { who: Who::Clock, what: "fire".to_owned(), alternative: 0 },
        ];
        let trace = Trace { steps };
        let lines = trace.lines();
        assert_eq!(lines, ["main: spawn", "1.2: load atomic1 x2, notify_one condvar1/2", "clock: fire"]);
        assert_eq!(Trace::parse(lines.iter().map(String::as_str)), Ok(trace));
    }

    #[test]
    fn errors_name_the_line() {
        assert_eq!(read(&["main: spawn", "0: load"]).unwrap_err(), (1, "\"0\" is no task".to_owned()));
        assert_eq!(read(&["main spawn"]).unwrap_err().0, 0);
        assert_eq!(read(&["1: load x0"]).unwrap_err().1, "\"load x0\" is no step");
        assert_eq!(read(&["1: load/0"]).unwrap_err().1, "\"load/0\" is no step");
        assert_eq!(read(&["1: a b c"]).unwrap_err().1, "\"a b c\" is no step");
    }

    #[test]
    fn huge_runs_are_refused_without_being_built() {
        assert!(read(&["1: load x18446744073709551615"]).unwrap_err().1.contains("more than"));
        assert!(read(&["1: load x99999999999999999999999"]).is_err());
        assert!(read(&["1: load x1500", "2: load x1500"]).is_err());
        assert!(read(&[&format!("{}1: load", "1.".repeat(100_000))]).is_err());
    }

    proptest! {
        #[test]
        fn what_was_written_comes_back(steps in prop::collection::vec((prop::collection::vec(1_u32..4, 0..3), "[a-z_]{1,9}( [a-z]{2,5}[1-9])?", 0_u32..3), 0..40)) {
            let steps = steps.into_iter().map(|(who, what, alternative)| mark(&who, &what, alternative)).collect();
            let trace = Trace { steps };
            let lines = trace.lines();
            prop_assert_eq!(Trace::parse(lines.iter().map(String::as_str)), Ok(trace));
        }

        #[test]
        fn any_text_is_a_trace_or_an_error(lines: Vec<String>) {
            let _ = Trace::parse(lines.iter().map(String::as_str));
        }
    }
}
