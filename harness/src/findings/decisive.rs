//! Which step decided that an execution fails, and which order of steps it needs for that.

use super::Account;
use crate::checker::counted;

/// Which steps of a failed execution mattered, as experiments say: see [`Finding::decisive`](crate::Finding::decisive).
///
/// ```
/// use reweave::sync::Arc;
/// use reweave::sync::atomic::{AtomicU32, Ordering::SeqCst};
/// use reweave::{Checker, Strategy, thread};
///
/// let report = Checker::new().strategy(Strategy::Random).explore(|| {
///     let hits = Arc::new(AtomicU32::new(0));
///     let theirs = Arc::clone(&hits);
///     let task = thread::spawn(move || theirs.store(theirs.load(SeqCst) + 1, SeqCst));
///     hits.fetch_add(1, SeqCst);
///     task.join().unwrap();
///     assert_eq!(hits.load(SeqCst), 2);
/// });
/// let finding = report.finding().expect("what was counted is lost");
/// let decisive = finding.decisive().expect("there was time for experiments");
/// let jump = decisive.jump().expect("one step decides");
/// assert!(jump.before < jump.after);
/// // Had the other task stored before the root counted, or the root counted before it loaded, all would be well.
/// assert_eq!(decisive.reversals().len(), 2);
/// ```
#[derive(Clone, PartialEq, Debug)]
pub struct Decisive {
    pub(crate) jump: Option<Jump>,
    pub(crate) from_the_start: Option<f64>,
    pub(crate) samples: u64,
    pub(crate) reversals: Vec<Reversal>,
    pub(crate) finished: bool,
}

/// The step at which a failure became likely.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub struct Jump {
    /// The number of the step, as in the explanation.
    pub step: u64,
    /// Which part of the random schedules fails in the same way that begin like this one up to the step before: 0 to 1.
    pub before: f64,
    /// And of those that begin like this one up to this step: 0 to 1.
    pub after: f64,
}

/// Two steps of different tasks that make the execution fail only in this order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Reversal {
    /// The number of the step that came first.
    pub first: u64,
    /// The number of the step that came later; had it come before the first one, the execution would not have failed.
    pub second: u64,
}

/// How many reversals are marked in an explanation.
const MOST_MARKS: usize = 3;

/// By how much a step has to raise the probability to be marked.
const LEAST_JUMP: f64 = 0.1;

impl Decisive {
    /// The step that raised the probability of the failure most; none if it fails with every schedule that was tried, if no
    /// step stands out, or if time was up before it was found.
    #[must_use]
    pub fn jump(&self) -> Option<Jump> {
        self.jump.filter(|jump| jump.after - jump.before >= LEAST_JUMP)
    }

    /// Which part of all random schedules fails in the same way: 0 to 1. None if time was up before that was known.
    #[must_use]
    pub fn from_the_start(&self) -> Option<f64> {
        self.from_the_start
    }

    /// How many random schedules each probability comes from.
    #[must_use]
    pub fn samples(&self) -> u64 {
        self.samples
    }

    /// The pairs of steps that were exchanged in an execution of their own, which then did not fail. The closest first.
    #[must_use]
    pub fn reversals(&self) -> &[Reversal] {
        &self.reversals
    }

    /// Whether all experiments were made. If not, time was up, or the execution is too long for them.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.finished
    }

    /// Enters in `account` what a person should know of it.
    pub(crate) fn mark(&self, account: &mut Account) {
        match self.from_the_start {
            Some(1.0) => account
                .notes
                .push(format!("of {} at random every one fails like this", counted(self.samples, "schedule"))),
            Some(_) => {}
            None => account.notes.push("there was no time to find out which step decides".to_owned()),
        }
        if let Some(Jump { step, before, after }) = self.jump() {
            let (before, after) = (percent(before), percent(after));
            account.mark(step, format!("from here {after} of schedules fail like this (before: {before})"));
        }
        // Those are of most interest that have to do with the step that decides.
        let decides = self.jump().map_or(0, |jump| jump.step);
        let mut reversals = self.reversals.clone();
        reversals.sort_by_key(|reversal| ![reversal.first, reversal.second].contains(&decides));
        for Reversal { first, second } in reversals.into_iter().take(MOST_MARKS) {
            let Some(later) = account.steps.iter().find(|step| step.number == second) else { continue };
            let (who, what) = (&later.task, &later.brief);
            account.mark(first, format!("had step {second} ({who}: {what}) come before this, it would not fail"));
        }
    }
}

/// What is not the whole is not rounded to it, nor to nothing.
fn percent(share: f64) -> String {
    match share * 100.0 {
        none if none <= 0.0 => "0 %".to_owned(),
        all if all >= 100.0 => "100 %".to_owned(),
        some => format!("{:.0} %", some.clamp(1.0, 99.0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::StepAccount;

    #[test]
    fn percentages_are_not_rounded_to_all_or_nothing() {
        assert_eq!([0.0, 0.001, 0.124, 0.999, 1.0].map(percent), ["0 %", "1 %", "12 %", "99 %", "100 %"]);
    }

    #[test]
    fn marks_say_what_mattered() {
        let step = |number, task: &str, brief: &str| StepAccount {
            number,
            task: task.to_owned(),
            brief: brief.to_owned(),
            ..StepAccount::default()
        };
        let steps = vec![step(1, "main", "load hits → 0"), step(2, "other", "store 1 in hits")];
        let mut account = Account { steps, ..Account::default() };
        let decisive = Decisive {
            jump: Some(Jump { step: 1, before: 0.12, after: 0.94 }),
            from_the_start: Some(0.12),
            samples: 100,
            reversals: vec![Reversal { first: 1, second: 2 }],
            finished: true,
        };
        decisive.mark(&mut account);
        let marks: Vec<&str> = account.marks_of(1).collect();
        assert_eq!(
            marks,
            [
                "from here 94 % of schedules fail like this (before: 12 %)",
                "had step 2 (other: store 1 in hits) come before this, it would not fail"
            ]
        );
    }
}
