//! The shape of a failure: what stays the same when the program is edited.
//!
//! The signature of a failure names source places, which tells it from others of the same program. Edits move lines and
//! rename variables, so a saved failure is known again by something coarser: its kind with the message of the panic, or with
//! what the tasks wait for that cannot go on. Numbers are left out of both, and so is how many wait for the same.

use crate::engine::Execution;
use crate::engine::execution::Ending;
use crate::engine::names::object_kind;
use crate::kernel::{Op, TaskId, life};

use super::describe::describe_wait_with;
use super::explain::{blocked, kind_of};

/// A shape has at most so many characters of a message.
const LONGEST: usize = 200;

/// The shape of the failure that `ending` is; none if it is none.
pub(crate) fn shape(execution: &Execution, ending: &Ending, allow_leaks: bool) -> Option<String> {
    let kind = kind_of(ending, allow_leaks)?;
    let rest = match ending {
        Ending::Panicked(task) => {
            let note = execution.people[task.index()].panic.as_ref();
            note.map_or_else(String::new, |note| of_message(&note.message))
        }
        Ending::Deadlock(cycle) if !cycle.is_empty() => of_waits(execution, &mut cycle.iter().copied()),
        Ending::Deadlock(_) | Ending::Leak => of_waits(execution, &mut blocked(execution)),
        _ => String::new(),
    };
    Some(if rest.is_empty() { kind.to_string() } else { format!("{kind}: {rest}") })
}

/// The first line of a message, with `#` for what has a number in it. What an `assert!` without a message quotes is source
/// text, and loses the names of its variables.
fn of_message(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    let line: String = line.chars().take(LONGEST).collect();
    let quotes = line.starts_with("assertion failed: ");
    let (said, quoted) = line.split_at(if quotes { "assertion failed: ".len() } else { line.len() });
    format!("{}{}", words(said, without_numbers), words(quoted, |_| "_".to_owned()))
}

fn without_numbers(word: &str) -> String {
    if word.bytes().any(|byte| byte.is_ascii_digit()) { "#".to_owned() } else { word.to_owned() }
}

/// `text` with every word in it changed.
fn words(text: &str, change: impl Fn(&str) -> String) -> String {
    let mut changed = String::new();
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let same = |c: char| is_word(c) == is_word(first);
        let end = rest.find(|c| !same(c)).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        if is_word(first) {
            changed.push_str(&change(run))
        } else {
            changed.push_str(run)
        }
        rest = after;
    }
    changed
}

/// What these tasks wait for, each once.
fn of_waits(execution: &Execution, tasks: &mut dyn Iterator<Item = TaskId>) -> String {
    let wait = |task: TaskId| match execution.slots[task.index()].pending {
        Op::Life(life::Op::Join(_)) => "for a task".to_owned(),
        _ => {
            let object = |id: &_| object_kind(execution, *id).to_owned();
            let text = describe_wait_with(execution, object, |_| String::new(), task);
            words(&text, without_numbers)
        }
    };
    let mut waits: Vec<String> = tasks.map(wait).collect();
    waits.sort();
    waits.dedup();
    let mut joined = waits.join("; ");
    if let Some((at, _)) = joined.char_indices().nth(LONGEST) {
        joined.truncate(at);
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_keeps_its_shape_through_edits() {
        assert_eq!(
            of_message("assertion `left == right` failed: 12 of 20\n  left: 1"),
            "assertion `left == right` failed: # of #"
        );
        assert_eq!(of_message("assertion failed: total == 2"), of_message("assertion failed: sum == 30"));
        assert_ne!(of_message("assertion failed: a == b"), of_message("assertion failed: a < b"));
        assert_ne!(of_message("lost an item"), of_message("lost an order"));
        assert_eq!(of_message(""), "");
    }
}
