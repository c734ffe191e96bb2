//! Experiments that show which step decided that an execution fails.
//!
//! *How likely is the failure after each step?* The schedule is followed up to there, and then goes on at random, so and so
//! often: the step that raises the share of failures most is where things went wrong. *Which order did it need?* The two
//! steps of each race are exchanged, and if what happens then does not fail, that order was needed.
//!
//! Both are functions of the program and the schedule alone. Time can only end them, and then nothing is said that is half
//! true: probabilities are known of all steps or of none.

use std::time::Instant;

use super::Chooser;
use super::continued::Continued;
use super::elsewhere::elsewhere;
use super::exploration::{Shared, now};
use super::reordered::{Reordered, Trace};
use super::worker::Worker;
use crate::checker::Test;
use crate::engine::decisions::Decisions;
use crate::engine::teardown::Remains;
use crate::findings::{Decisive, Jump, Reversal};

/// How many random schedules a probability comes from.
const SAMPLES: u64 = 100;

/// After how many decisions the probability is looked at first; between the two where it rises most, as often again.
const LOOKS: usize = 24;

/// How many steps an execution may have.
const MOST_STEPS: usize = 200;

/// How many races are reversed.
const MOST_RACES: usize = 100;

/// How many more steps than twice as many an execution may have that goes on at random.
const SLACK: u64 = 1_000;

/// Makes the experiments with the schedule of `decisions`, which fails with `signature`, until then. None if the execution is
/// too long, or one of them is stuck.
pub(super) fn decisive(shared: &Shared, signature: &str, decisions: &Decisions, until: Instant) -> Option<Decisive> {
    let (test, signature, decisions) = (shared.test.clone(), signature.to_owned(), decisions.clone());
    elsewhere(&shared.settings, None, move |worker| {
        let mut experiments = Experiments { worker, test: &test, signature: &signature, until, spoiled: false };
        let decisive = experiments.make(&decisions);
        let remains = if experiments.spoiled { Remains::ThreadSpoiled } else { Remains::Clean };
        (decisive, remains)
    })?
}

struct Experiments<'a> {
    worker: &'a mut Worker,
    test: &'a Test,
    signature: &'a str,
    until: Instant,
    /// Set when the thread must not run another execution.
    spoiled: bool,
}

impl Experiments<'_> {
    fn goes_on(&self) -> bool {
        !self.spoiled && now() < self.until
    }

    fn make(&mut self, decisions: &Decisions) -> Option<Decisive> {
        let (trace, remains) = self.worker.relate(self.test, decisions, MOST_STEPS);
        self.spoiled = remains != Remains::Clean;
        let trace = trace.filter(|_| self.worker.signature() == self.signature)?;
        self.worker.limit_steps(self.worker.steps().saturating_mul(2).saturating_add(SLACK));
        let probabilities = self.probabilities(decisions);
        let (reversals, finished) = self.reversals(&trace);
        let jump = probabilities.as_ref().and_then(|known| steepest(known)).and_then(|(before, after)| {
            let step = trace.step_after(after.0 - 1)?;
            Some(Jump { step, before: before.1, after: after.1 })
        });
        let from_the_start = probabilities.as_ref().and_then(|known| known.first()).map(|first| first.1);
        let finished = finished && probabilities.is_some();
        Some(Decisive { jump, from_the_start, samples: SAMPLES, reversals, finished })
    }

    /// After how many decisions how many schedules fail: 0 to 1. In order, and where it rises most after every single one.
    fn probabilities(&mut self, decisions: &Decisions) -> Option<Vec<(usize, f64)>> {
        let mut continued = Box::new(Continued::new(decisions));
        let mut known = vec![(continued.len(), 1.0)];
        let (mut from, mut to) = (0, continued.len());
        loop {
            let step = (to - from).div_ceil(LOOKS).max(1);
            for prefix in (from..to).step_by(step) {
                if known.iter().all(|(other, _)| *other != prefix) {
                    let probability;
                    (continued, probability) = self.probability(continued, prefix)?;
                    known.push((prefix, probability));
                }
            }
            known.sort_by_key(|(prefix, _)| *prefix);
            match steepest(&known) {
                Some((before, after)) if after.0 - before.0 > 1 => (from, to) = (before.0, after.0),
                _ => return Some(known),
            }
        }
    }

    fn probability(&mut self, mut continued: Box<Continued>, prefix: usize) -> Option<(Box<Continued>, f64)> {
        let mut failed = 0;
        for walk in 0..SAMPLES {
            if !self.goes_on() {
                return None;
            }
            continued.start(prefix, walk);
            let (chooser, remains) = self.worker.try_out(self.test, Chooser::Continued(continued));
            self.spoiled = remains != Remains::Clean;
            failed += u64::from(self.worker.signature() == self.signature);
            let Chooser::Continued(back) = chooser else { unreachable!("nobody else chooses") };
            continued = back;
        }
        Some((continued, failed as f64 / SAMPLES as f64))
    }

    /// The races whose reversal passes, and whether all were tried.
    fn reversals(&mut self, trace: &Trace) -> (Vec<Reversal>, bool) {
        let races = trace.races();
        let mut needed = Vec::new();
        for race in races.iter().take(MOST_RACES) {
            if !self.goes_on() {
                return (needed, false);
            }
            let reordered = Box::new(Reordered::new(trace, *race));
            let (chooser, remains) = self.worker.try_out(self.test, Chooser::Reordered(reordered));
            self.spoiled = remains != Remains::Clean;
            let Chooser::Reordered(reordered) = chooser else { unreachable!("nobody else chooses") };
            if reordered.is_done() && self.worker.signature().is_empty() {
                let (first, second) = (trace.number(race.first), trace.number(race.second));
                needed.push(Reversal { first, second });
            }
        }
        (needed, races.len() <= MOST_RACES)
    }
}

/// Between which two neighbours the probability rises most: the first, if there are several.
fn steepest(known: &[(usize, f64)]) -> Option<((usize, f64), (usize, f64))> {
    let rises = known.windows(2).map(|pair| (pair[0], pair[1]));
    rises.reduce(|best, next| if next.1.1 - next.0.1 > best.1.1 - best.0.1 { next } else { best })
}
