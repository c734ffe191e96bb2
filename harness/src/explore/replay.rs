//! Replay: the decisions of an earlier execution, one by one.

use super::Choices;
use crate::engine::decisions::Decisions;
use crate::kernel::TaskId;

/// A schedule that is followed.
#[derive(Debug)]
pub(crate) struct Replay {
    decisions: std::vec::IntoIter<u32>,
    made: u64,
    /// The first decision that did not fit, with the reason.
    parted: Option<Parted>,
}

/// Where a schedule and the program part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parted {
    /// How many decisions fitted.
    pub(crate) decision: u64,
    pub(crate) reason: String,
}

impl Replay {
    pub(crate) fn new(decisions: &Decisions) -> Replay {
        let decisions: Vec<u32> = decisions.iter().collect();
        Replay { decisions: decisions.into_iter(), made: 0, parted: None }
    }

    /// Where schedule and program parted, now that the execution is over.
    pub(crate) fn outcome(mut self) -> Option<Parted> {
        match self.decisions.len() {
            0 => {}
            left => self.part(format!("the program ends, and {left} decisions are left")),
        }
        self.parted
    }

    fn part(&mut self, reason: String) {
        let decision = self.made;
        self.parted.get_or_insert(Parted { decision, reason });
    }

    pub(crate) fn task(&mut self, choices: &Choices<'_>) -> TaskId {
        match self.decisions.next().map(TaskId) {
            Some(task) if choices.contains(task) => {
                self.made += 1;
                task
            }
            Some(task) => {
                self.part(format!("{task:?} was to step, but it cannot"));
                choices.default()
            }
            None => {
                self.part("the schedule ends, and the program goes on".to_owned());
                choices.default()
            }
        }
    }

    pub(crate) fn alternative(&mut self, n: u32) -> u32 {
        match self.decisions.next() {
            Some(choice) if choice < n => {
                self.made += 1;
                choice
            }
            Some(choice) => {
                self.part(format!("outcome {choice} was to be taken, but there are {n}"));
                0
            }
            None => {
                self.part("the schedule ends, and the program goes on".to_owned());
                0
            }
        }
    }
}
