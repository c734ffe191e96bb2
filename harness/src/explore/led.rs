//! Leads one execution for an exploration that is systematic, and says what came of it.

use super::exhaustive::{Guide, Led, Move};
use super::exploration::{CONTENDED_TRIES, Failure, Shared, fail, is_known, pause};
use super::worker::{Source, Worker};
use crate::engine::decisions::Decisions;
use crate::engine::execution::Ending;
use crate::engine::teardown::Remains;
use crate::findings::FindingKind;
use crate::findings::explain;

/// What came of an execution that was led.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) steps: u64,
    pub(super) ending: Ending,
    /// What failed, by its signature; without details if it was known before.
    failure: Option<(String, FindingKind, Option<Failure>)>,
}

impl Outcome {
    /// Of an execution that nobody has led.
    pub(super) fn none() -> Outcome {
        Outcome { steps: 0, ending: Ending::Finished, failure: None }
    }

    /// Whether the execution had more steps than are allowed, and nothing else is wrong with it.
    pub(super) fn is_cut(&self) -> bool {
        self.ending == Ending::StepLimit && self.failure.is_none()
    }

    /// Whether something is wrong with it.
    pub(super) fn has_failed(&self) -> bool {
        self.failure.is_some()
    }

    /// Takes it for nondeterminism that the execution is not what it has to be, unless it failed anyhow.
    pub(super) fn contradict(&mut self, detail: &str) {
        let kind = FindingKind::Nondeterminism;
        let detail = format!(
            "{detail}: the test does something that the scheduler does not control, such as reading a std atomic, a clock or \
             the addresses of objects (or Reweave has a defect: please report it)"
        );
        let failure =
            || Failure { execution: 0, kind, decisions: Decisions::default(), detail: Some(detail), steered: false };
        self.failure.get_or_insert_with(|| (kind.to_string(), kind, Some(failure())));
    }

    /// Notes what failed as execution number `execution`. Returns whether to go on.
    pub(super) fn enter(&mut self, shared: &Shared, execution: u64) -> bool {
        let Some((signature, kind, failure)) = self.failure.take() else { return true };
        let failure = failure.unwrap_or(Failure {
            execution,
            kind,
            decisions: Decisions::default(),
            detail: None,
            steered: false,
        });
        fail(shared, signature, Failure { execution, ..failure });
        shared.settings.keep_going
    }
}

/// Leads an execution by `guide`, which `prepare` makes ready for it.
pub(super) fn lead(
    shared: &Shared,
    worker: &mut Worker,
    mut guide: Box<Guide>,
    prepare: impl Fn(&mut Guide),
) -> (Box<Guide>, Outcome, Remains) {
    let mut tries = 0;
    let mut remains = loop {
        prepare(&mut guide);
        let (back, remains) = worker.lead(&shared.test, guide);
        guide = back;
        if !worker.was_contended() || tries >= CONTENDED_TRIES || remains != Remains::Clean {
            break remains;
        }
        tries += 1;
        pause();
    };
    let mut outcome = Outcome { steps: worker.steps(), ending: worker.ending().clone(), failure: None };
    match &guide.led {
        Led::Astray { step, reason } => {
            let kind = FindingKind::Nondeterminism;
            let detail = format!("step {} of a schedule that was executed before: {reason}", step + 1);
            let failure =
                Failure { execution: 0, kind, decisions: Decisions::default(), detail: Some(detail), steered: false };
            outcome.failure = Some((kind.to_string(), kind, Some(failure)));
        }
        Led::ToTheEnd | Led::Blocked | Led::TooLarge => {
            let spins = outcome.ending == Ending::StepLimit && (!guide.released || shared.settings.tentative);
            if let Some(kind) = explain::kind_of(&outcome.ending, shared.settings.allow_leaks)
                && !spins
            {
                let signature = worker.signature().to_owned();
                if is_known(shared, &signature) {
                    outcome.failure = Some((signature, kind, None));
                } else if remains == Remains::Clean {
                    (outcome.failure, remains) = confirm(shared, worker, &guide.decided());
                }
                if outcome.failure.is_none() {
                    outcome.failure = Some((worker.signature().to_owned(), kind, None));
                }
            }
        }
    }
    (guide, outcome, remains)
}

/// Runs a failing execution as everybody else would, to learn its decisions, and what fails first.
fn confirm(
    shared: &Shared,
    worker: &mut Worker,
    steps: &[Move],
) -> (Option<(String, FindingKind, Option<Failure>)>, Remains) {
    let remains = worker.run(&shared.test, &Source::Steps(steps.to_vec()));
    let failure = explain::kind_of(worker.ending(), shared.settings.allow_leaks).map(|kind| {
        let detail = match worker.ending() {
            Ending::Contended(reason) => Some(reason.clone()),
            _ => None,
        };
        let failure = Failure { execution: 0, kind, decisions: worker.decisions().clone(), detail, steered: false };
        (worker.signature().to_owned(), kind, Some(failure))
    });
    (failure, remains)
}
