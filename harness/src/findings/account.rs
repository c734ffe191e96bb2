//! An account of a failed execution: facts in words, for every rendering alike.
//!
//! Numbers of tasks are those of the execution: 0 is the clock, 1 the root. What is only known to explorations that
//! passed, or to many executions together, is added later as a [`Mark`] on a step or as a note.

use std::time::Duration;

pub(crate) use super::data_race::DataRace;
pub(crate) use super::forgotten::LostWakeUp;
pub(crate) use super::livelock::{Spin, Starved};
use crate::seed::Trace;

/// A failed execution, in words.
#[derive(Clone, Debug, Default)]
pub(crate) struct Account {
    /// In the order of their creation; the root is the first.
    pub(crate) tasks: Vec<TaskAccount>,
    /// What the steps and waits below are about, in the order of creation.
    pub(crate) objects: Vec<ObjectAccount>,
    /// The last steps.
    pub(crate) steps: Vec<StepAccount>,
    pub(crate) total_steps: u64,
    /// Who could not go on in the end, in the order of creation.
    pub(crate) waits: Vec<WaitAccount>,
    /// The numbers of tasks that wait for each other in a circle, each for the next.
    pub(crate) cycle: Vec<u32>,
    /// What is worth knowing about single steps, in the order of the steps.
    pub(crate) marks: Vec<Mark>,
    /// Other things worth knowing, a line each.
    pub(crate) notes: Vec<String>,
    pub(crate) backtrace: Option<String>,
    /// The two accesses, if it is a data race.
    pub(crate) race: Option<DataRace>,
    /// The tasks that went on to the step limit, if that was reached, the most active first.
    pub(crate) spins: Vec<Spin>,
    /// The task that starves, if one does.
    pub(crate) starved: Option<Starved>,
    pub(crate) lost_wake_ups: Vec<LostWakeUp>,
    /// The lines of the program that are mentioned, as far as the files are at hand: by place, in order.
    pub(crate) sources: Vec<(String, String)>,
    /// What stays the same of the failure when the program is edited.
    pub(crate) shape: String,
    /// What every step was, independent of the lines of the program.
    pub(crate) trace: Trace,
}

/// A task.
#[derive(Clone, Debug, Default)]
pub(crate) struct TaskAccount {
    pub(crate) name: String,
    pub(crate) spawned: String,
    pub(crate) state: String,
    /// The numbers of the steps that spawned it and that it ended with, if there were any. That of the root is none.
    pub(crate) born: Option<u64>,
    pub(crate) ended: Option<u64>,
    pub(crate) panicked: bool,
}

/// Something that tasks share.
#[derive(Clone, Debug)]
pub(crate) struct ObjectAccount {
    /// Its number in the execution, by which steps mention it.
    pub(crate) id: u32,
    /// `atomic`, `mutex` …
    pub(crate) kind: &'static str,
    /// Short, and its own in this account: the name of the variable where the source tells it.
    pub(crate) label: String,
    /// The constructor.
    pub(crate) made: String,
}

/// A step, or an access of a checked cell between two steps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct StepAccount {
    /// From 1.
    pub(crate) number: u64,
    /// The number of the task.
    pub(crate) lane: u32,
    pub(crate) task: String,
    /// With the places of objects.
    pub(crate) what: String,
    /// With their labels.
    pub(crate) brief: String,
    pub(crate) place: String,
    pub(crate) time: Duration,
    /// Another task ran before.
    pub(crate) switched: bool,
    /// How that one was left, if that is known.
    pub(crate) left: Option<LeftAccount>,
    /// The numbers of the objects it was about.
    pub(crate) objects: Vec<u32>,
    /// The steps of others that made it what it is: which wrote what it reads, sent what it receives, unlocked what it locks.
    pub(crate) after: Vec<u64>,
}

/// How a task was left for another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LeftAccount {
    /// The number of the task.
    pub(crate) task: u32,
    pub(crate) why: Why,
    /// What it was about to do, or what it waited for; nothing if it had finished.
    pub(crate) what: String,
    /// Where it was about to.
    pub(crate) place: String,
}

/// Why another task steps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Why {
    /// The one before could have gone on.
    Preempted,
    /// It offered the processor.
    Yielded,
    /// It had to wait.
    Blocked,
    Finished,
    Panicked,
}

impl Why {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Why::Preempted => "preempted",
            Why::Yielded => "yielded",
            Why::Blocked => "blocked",
            Why::Finished => "finished",
            Why::Panicked => "panicked",
        }
    }
}

/// A task that waited in the end.
#[derive(Clone, Debug)]
pub(crate) struct WaitAccount {
    /// The number of the task.
    pub(crate) task: u32,
    /// `to lock`, `for a message in` …, with the labels of objects.
    pub(crate) what: String,
    /// Where it waits.
    pub(crate) place: String,
    /// The numbers of the tasks that would have to do something first, if these are known.
    pub(crate) on: Vec<u32>,
    /// What it holds meanwhile: the number of the object, and since which place.
    pub(crate) holds: Vec<(u32, String)>,
}

/// Something worth knowing about a step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Mark {
    /// The number of the step.
    pub(crate) step: u64,
    pub(crate) text: String,
}

impl Account {
    /// Adds something worth knowing about a step.
    pub(crate) fn mark(&mut self, step: u64, text: impl Into<String>) {
        let at = self.marks.partition_point(|mark| mark.step <= step);
        self.marks.insert(at, Mark { step, text: text.into() });
    }

    /// What is worth knowing about this step.
    pub(crate) fn marks_of(&self, step: u64) -> impl Iterator<Item = &str> {
        self.marks.iter().filter(move |mark| mark.step == step).map(|mark| mark.text.as_str())
    }

    /// What people call the task with this number.
    pub(crate) fn task_name(&self, task: u32) -> &str {
        match task {
            0 => "clock",
            n => match self.tasks.get(n as usize - 1) {
                Some(task) => &task.name,
                // Of an execution that is stuck, only the last step is known.
                None => self.steps.iter().find(|step| step.lane == n).map_or("nobody", |step| &step.task),
            },
        }
    }

    /// The object with this number.
    pub(crate) fn object(&self, id: u32) -> Option<&ObjectAccount> {
        self.objects.iter().find(|object| object.id == id)
    }

    /// The line of the program at `place`.
    pub(crate) fn source(&self, place: &str) -> Option<&str> {
        let at = self.sources.binary_search_by(|(known, _)| known.as_str().cmp(place)).ok()?;
        Some(&self.sources[at].1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_in_the_order_of_their_steps() {
        let mut account = Account::default();
        account.mark(7, "late");
        account.mark(3, "early");
        account.mark(7, "later");
        assert_eq!(account.marks.iter().map(|mark| mark.step).collect::<Vec<_>>(), [3, 7, 7]);
        assert_eq!(account.marks_of(7).collect::<Vec<_>>(), ["late", "later"]);
        assert_eq!(account.marks_of(4).count(), 0);
    }

    #[test]
    fn sources_are_found_by_place() {
        let sources = vec![("a.rs:1:2".to_owned(), "one".to_owned()), ("b.rs:1:2".to_owned(), "two".to_owned())];
        let account = Account { sources, ..Account::default() };
        assert_eq!(account.source("b.rs:1:2"), Some("two"));
        assert_eq!(account.source("c.rs:1:2"), None);
    }
}
