//! Keeps one failure in sight while somebody else makes the input simpler.
//!
//! A tool that shrinks inputs asks again and again whether a simpler one still fails. *Still* means: in the same way, or it
//! would slip from one failure to another. And it has to be cheap: the schedule that failed last is tried first, as what is
//! [out of the ordinary](super::edited) in it, which means something to a smaller input, too. Only if that one passes are
//! others explored. The schedule is shrunk when the input is as simple as it gets.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::Strategy;
use super::edited::{Edit, Edited};
use super::elsewhere::elsewhere;
use super::exploration::lock;
use crate::checker::{Checker, Test};
use crate::engine::decisions::Decisions;
use crate::findings::Finding;

/// How many schedules are tried at most with an input that is simpler than one that failed.
const TRIES: u64 = 1_000;

/// Explores the same test with one input after the other, and keeps to the first failure: for property tests whose inputs
/// are shrunk, by proptest for example.
///
/// [`Focus::check`] explores until an input fails. From then on it says only of an input whether it fails *in the same way*,
/// and tries the schedule that failed last first. When all is done, [`Focus::explain`] shrinks the schedule of the last
/// failing input; a focus that is dropped by a panic prints that.
///
/// ```
/// use reweave::sync::Arc;
/// use reweave::sync::atomic::{AtomicU32, Ordering::SeqCst};
/// use reweave::{Checker, Focus, thread};
///
/// fn all_are_counted(amounts: &[u32]) {
///     let total = Arc::new(AtomicU32::new(0));
///     let tasks: Vec<_> = amounts
///         .iter()
///         .map(|amount| {
///             let (total, amount) = (Arc::clone(&total), *amount);
///             thread::spawn(move || total.store(total.load(SeqCst) + amount, SeqCst))
///         })
///         .collect();
///     tasks.into_iter().for_each(|task| task.join().unwrap());
///     assert_eq!(total.load(SeqCst), amounts.iter().sum());
/// }
///
/// // This is what a tool does that shrinks: proptest, with `focus.check(…)?` in the body of the test.
/// let focus = Focus::new(Checker::new());
/// let mut amounts = vec![7, 3, 5, 2];
/// let fails = |amounts: &[u32]| {
///     let amounts = amounts.to_vec();
///     focus.check(move || all_are_counted(&amounts)).is_err()
/// };
/// assert!(fails(&amounts));
/// while fails(&amounts[1..]) {
///     amounts.remove(0);
/// }
/// assert_eq!(amounts, [5, 2], "it takes two to lose an update");
/// let finding = focus.explain().expect("they failed");
/// assert_eq!(finding.shrunk().expect("there was time").preemptions(), 1);
/// ```
#[derive(Debug)]
pub struct Focus {
    checker: Checker,
    seen: Mutex<Option<Seen>>,
}

/// The failure that is kept in sight.
#[derive(Clone)]
struct Seen {
    finding: Finding,
    /// What tells it from others without a record.
    signature: String,
    /// The last input that failed, and how.
    test: Test,
    decisions: Decisions,
    edits: Vec<Edit>,
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seen").field("signature", &self.signature).finish_non_exhaustive()
    }
}

/// An input fails, and if others failed before it, in the same way as these.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct StillFails {
    message: String,
}

impl Focus {
    /// Explores with the settings of `checker`.
    pub fn new(checker: Checker) -> Focus {
        Focus { checker, seen: Mutex::new(None) }
    }

    /// Explores `test`, which is the test with one input.
    ///
    /// # Errors
    /// If it fails; once an input has failed, only if it fails in the same way, with another message at most.
    pub fn check<F>(&self, test: F) -> Result<(), StillFails>
    where
        F: Fn() + Send + Sync + 'static,
    {
        let test: Test = Arc::new(test);
        let before = lock(&self.seen).clone();
        let now = match before {
            None => self.first(&test),
            Some(before) => self.still(&before, &test),
        };
        match now {
            None => Ok(()),
            Some(now) => {
                let message = now.finding.to_string();
                *lock(&self.seen) = Some(now);
                Err(StillFails { message })
            }
        }
    }

    fn first(&self, test: &Test) -> Option<Seen> {
        let report = self.checker.clone().shrink_for(Duration::ZERO).explore_test(Arc::clone(test));
        let finding = report.finding()?.clone();
        let decisions = finding.schedule().decisions().collect();
        let again = self.run(test, Edited::script(&decisions));
        let (signature, decisions, edits) = again.unwrap_or_else(|| (String::new(), decisions, Vec::new()));
        Some(Seen { finding, signature, test: Arc::clone(test), decisions, edits })
    }

    fn still(&self, before: &Seen, test: &Test) -> Option<Seen> {
        let again = self.run(test, Edited::new(&before.edits, &[]));
        if let Some((signature, decisions, edits)) = again.filter(|(signature, ..)| *signature == before.signature) {
            let test = Arc::clone(test);
            return Some(Seen { finding: before.finding.clone(), signature, test, decisions, edits });
        }
        let checker = self.checker.clone().shrink_for(Duration::ZERO).keep_going(true);
        let report =
            checker.strategy(Strategy::Random).schedules(self.checker.limited_to(TRIES)).explore_test(Arc::clone(test));
        let same = report.findings().iter().find(|finding| finding.signature() == before.finding.signature())?.clone();
        let decisions: Decisions = same.schedule().decisions().collect();
        let (_, decisions, edits) = self.run(test, Edited::script(&decisions))?;
        Some(Seen { finding: same, test: Arc::clone(test), decisions, edits, ..before.clone() })
    }

    /// Runs one execution: how it fails, its decisions, and what is out of the ordinary in them. None if it is stuck.
    fn run(&self, test: &Test, edited: Edited) -> Option<(String, Decisions, Vec<Edit>)> {
        let test = Arc::clone(test);
        elsewhere(self.checker.settings(), None, move |worker| {
            let (edited, remains) = worker.edit(&test, Box::new(edited));
            ((worker.signature().to_owned(), worker.decisions().clone(), edited.taken().to_vec()), remains)
        })
    }

    /// The failure of the last input that failed, with its schedule shrunk; none if no input failed.
    pub fn explain(&self) -> Option<Finding> {
        let seen = lock(&self.seen).clone()?;
        let explained = self.checker.clone().explain(&seen.signature, &seen.decisions, &seen.test);
        Some(explained.unwrap_or(seen.finding))
    }
}

impl Drop for Focus {
    /// Prints the explanation if the test that it belongs to has failed.
    fn drop(&mut self) {
        if std::thread::panicking()
            && let Some(finding) = self.explain()
        {
            eprintln!("{}", finding.render());
        }
    }
}
