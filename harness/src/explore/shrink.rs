//! Makes a schedule that fails as simple as it can be: few preemptions, then few tasks that do anything, few
//! steps, and little else out of the ordinary.
//!
//! Every candidate is executed, and counts only if it fails in the same way: with the same signature. A candidate is a list
//! of [edits](super::edited), so that what a candidate leaves out is done in the ordinary way, and whatever was left is
//! read off again from what happened.
//!
//! 1. Leave out edits: all, then halves, quarters and so on down to single ones, until none can go (ddmin: Zeller, Hildebrandt:
//!    Simplifying and isolating failure-inducing input, TSE 2002; on thread switches: Choi, Zeller: Isolating
//!    failure-inducing thread schedules, ISSTA 2002).
//! 2. Leave out any of the preemptions that are left together, if they are few.
//! 3. Let a task come last where another has to step, so that those who have nothing to do with it do not step at all.
//! 4. Let a preemption come some steps earlier or later (Jalbert, Sen: A trace simplification technique for effective
//!    debugging of concurrent programs, FSE 2010).
//!
//! What is found in one way is a new beginning for the others. If preemptions are left then, the program is explored with
//! fewer, in order of preemptions: what fails there in the same way is shrunk instead.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use super::edited::{Edit, Edited, Ordinary, What};
use super::elsewhere::elsewhere;
use super::exhaustive::TaskName;
use super::exploration::{Failure, Shared, lock, now, within};
use super::worker::Worker;
use crate::checker::Test;
use crate::engine::decisions::Decisions;
use crate::engine::teardown::Remains;
use crate::findings::{FindingKind, Shrunk, Size};

/// How many candidates are tried at most.
const MOST_TRIES: u64 = 5_000;

/// How many more steps than twice as many a candidate may take.
const SLACK: u64 = 1_000;

/// Up to how many preemptions every set of them is left out.
const FEW_PREEMPTIONS: usize = 4;

/// The longest beginning of something endless that is tried has two to the power of one less decisions.
const MOST_BEGINNINGS: u32 = 13;

/// By how many steps a preemption is moved at most.
const FARTHEST: u32 = 8;

/// The simplest schedule so far.
#[derive(Clone, Debug)]
pub(super) struct Best {
    pub(super) decisions: Decisions,
    pub(super) shrunk: Shrunk,
    pub(super) edits: Vec<Edit>,
    pub(super) late: Vec<TaskName>,
    /// How many steps there were when something last was out of the ordinary.
    pub(super) settled: u64,
    tasks: Vec<TaskName>,
}

/// Whether the schedule alone decides that an execution fails like this, and at which step it ends.
pub(super) fn is_by_schedule(failure: &Failure) -> bool {
    use FindingKind::{DataRace, Deadlock, Leak, Panic};
    matches!(failure.kind, Panic | Deadlock | Leak | DataRace) && failure.detail.is_none()
}

/// The decisions of the simplest execution found until then that fails like `failure`; none if it does not fail again, or is
/// of a kind that depends on more than the schedule. Of a livelock see [`endless`](super::endless).
pub(super) fn simplest(
    shared: &Shared,
    signature: &str,
    failure: &Failure,
    until: Instant,
) -> Option<(Decisions, Shrunk)> {
    if !is_by_schedule(failure) || shared.settings.shrink_for.is_zero() {
        return None;
    }
    let mut best = shrink_elsewhere(shared, signature, &failure.decisions, until)?;
    while best.shrunk.after.preemptions > 0 && best.shrunk.finished {
        let (other, complete) = within(shared, best.shrunk.after.preemptions - 1, signature, until);
        best.shrunk.fewest = complete && other.is_none();
        let other = other.and_then(|decisions| shrink_elsewhere(shared, signature, &decisions, until));
        let Some(other) = other.filter(|other| other.shrunk.after < best.shrunk.after) else { break };
        let tries = best.shrunk.tries + other.shrunk.tries;
        let shrunk = Shrunk { before: best.shrunk.before, tries, ..other.shrunk };
        best = Best { shrunk, ..other };
    }
    best.shrunk.fewest |= best.shrunk.after.preemptions == 0;
    Some((best.decisions, best.shrunk))
}

/// Shrinks on another thread. If that is stuck in a candidate, the best that was found before counts.
fn shrink_elsewhere(shared: &Shared, signature: &str, decisions: &Decisions, until: Instant) -> Option<Best> {
    let so_far: Arc<Mutex<Option<Best>>> = Arc::default();
    let (noted, test) = (Arc::clone(&so_far), Arc::clone(&shared.test));
    let (signature, decisions) = (signature.to_owned(), decisions.clone());
    let done = elsewhere(&shared.settings, None, move |worker| {
        let mut better = |best: &Best| *lock(&noted) = Some(best.clone());
        Shrinker::new(worker, &test, (signature, until), &mut better).shrink(&decisions)
    });
    done.unwrap_or_else(|| lock(&so_far).take())
}

/// See the module's documentation.
pub(super) struct Shrinker<'a> {
    ordinary: Ordinary,
    worker: &'a mut Worker,
    test: &'a Test,
    signature: String,
    until: Instant,
    tries: u64,
    /// Set when the thread must not run another execution.
    spoiled: bool,
    /// Is shown every schedule that is simpler than those before.
    better: &'a mut dyn FnMut(&Best),
}

impl<'a> Shrinker<'a> {
    /// To shrink what fails with `signature`, until a moment of real time.
    pub(super) fn new(
        worker: &'a mut Worker,
        test: &'a Test,
        (signature, until): (String, Instant),
        better: &'a mut dyn FnMut(&Best),
    ) -> Shrinker<'a> {
        let ordinary = Ordinary::GoOn;
        Shrinker { ordinary, worker, test, signature, until, tries: 0, spoiled: false, better }
    }

    /// The same with another notion of what is ordinary.
    pub(super) fn ordinarily(self, ordinary: Ordinary) -> Shrinker<'a> {
        Shrinker { ordinary, ..self }
    }

    /// Shrinks the schedule of `decisions`. Returns what became of it, and what is left of the thread; nothing if it does not
    /// fail in the same way again.
    pub(super) fn shrink(mut self, decisions: &Decisions) -> (Option<Best>, Remains) {
        let beginnings = match self.ordinary {
            Ordinary::GoOn => vec![usize::MAX],
            // As little as possible, after which everybody has a turn.
            Ordinary::InTurn => std::iter::once(0).chain((0..MOST_BEGINNINGS).map(|power| 1 << power)).collect(),
        };
        let mut run = |count: usize| self.run(Edited::beginning(decisions, count), Vec::new());
        let Some(mut best) = beginnings.into_iter().find_map(&mut run) else { return (None, self.remains()) };
        best.shrunk.before = best.shrunk.after;
        // A candidate that goes on for much longer is none.
        self.worker.limit_steps(self.worker.steps().saturating_mul(2).saturating_add(SLACK));
        while self.round(&mut best) {}
        best.shrunk.tries = self.tries;
        best.shrunk.finished = self.goes_on();
        (Some(best), self.remains())
    }

    fn remains(&self) -> Remains {
        if self.spoiled { Remains::ThreadSpoiled } else { Remains::Clean }
    }

    fn goes_on(&self) -> bool {
        !self.spoiled && self.tries < MOST_TRIES && now() < self.until
    }

    /// Tries every way once. Returns whether one of them led to something.
    fn round(&mut self, best: &mut Best) -> bool {
        let edits = self.leave_out_edits(best);
        let preemptions = self.leave_out_preemptions(best);
        let late = self.let_tasks_come_last(best);
        let moved = self.move_preemptions(best);
        edits || preemptions || late || moved
    }

    fn leave_out_edits(&mut self, best: &mut Best) -> bool {
        let mut changed = false;
        let mut size = best.edits.len();
        while size > 0 && self.goes_on() {
            let mut end = best.edits.len();
            while end > 0 && self.goes_on() {
                let begin = end.saturating_sub(size);
                let mut edits = best.edits.clone();
                edits.drain(begin..end);
                if self.attempt(best, &edits, None) {
                    changed = true;
                    // What is left may be another list altogether.
                    end = begin.min(best.edits.len());
                } else {
                    end = begin;
                }
            }
            size = if size == 1 { 0 } else { size.div_ceil(2).min(best.edits.len()) };
        }
        changed
    }

    fn leave_out_preemptions(&mut self, best: &mut Best) -> bool {
        let preemptions: Vec<usize> =
            best.edits.iter().enumerate().filter(|(_, edit)| edit.preempts()).map(|(index, _)| index).collect();
        if preemptions.len() > FEW_PREEMPTIONS {
            return false;
        }
        // Those without more than one; single ones were tried.
        let sets = (0..1_u32 << preemptions.len()).filter(|set| set.count_ones() > 1);
        let mut sets: Vec<u32> = sets.collect();
        sets.sort_by_key(|set| std::cmp::Reverse(set.count_ones()));
        for set in sets {
            let out =
                |index: usize| preemptions.iter().position(|it| *it == index).is_some_and(|at| set >> at & 1 == 1);
            let kept = best.edits.iter().enumerate().filter(|(index, _)| !out(*index));
            let edits: Vec<Edit> = kept.map(|(_, edit)| *edit).collect();
            if self.goes_on() && self.attempt(best, &edits, None) {
                return true;
            }
        }
        false
    }

    fn let_tasks_come_last(&mut self, best: &mut Best) -> bool {
        let mut changed = false;
        for task in best.tasks.clone() {
            if !self.goes_on() {
                break;
            }
            let mut late = best.late.clone();
            match late.iter().position(|other| *other == task) {
                Some(at) => drop(late.remove(at)),
                None => late.push(task),
            }
            let edits = best.edits.clone();
            // The one that comes late need not be asked for elsewhere.
            let without: Vec<Edit> = edits.iter().filter(|edit| !goes_to(edit, task)).copied().collect();
            changed |= self.attempt(best, &without, Some(&late)) || self.attempt(best, &edits, Some(&late));
        }
        changed
    }

    fn move_preemptions(&mut self, best: &mut Best) -> bool {
        let mut changed = false;
        let mut index = 0;
        while index < best.edits.len() && self.goes_on() {
            if best.edits[index].preempts() {
                let steps = best.edits[index].at.steps;
                let later = (steps + 1..=steps + FARTHEST).rev();
                let earlier = steps.saturating_sub(FARTHEST)..steps;
                for other in later.chain(earlier) {
                    let mut edits = best.edits.clone();
                    edits[index].at.steps = other;
                    if self.goes_on() && self.attempt(best, &edits, None) {
                        changed = true;
                        break;
                    }
                }
            }
            index += 1;
        }
        changed
    }

    /// Tries `edits`, and takes them if what fails is the same and they are simpler.
    fn attempt(&mut self, best: &mut Best, edits: &[Edit], late: Option<&[TaskName]>) -> bool {
        let late = late.unwrap_or(&best.late).to_vec();
        let Some(other) = self.run(Edited::new(edits, &late), late) else { return false };
        if other.shrunk.after >= best.shrunk.after {
            return false;
        }
        let before = best.shrunk.before;
        *best = other;
        best.shrunk.before = before;
        (self.better)(best);
        true
    }

    /// Runs one execution. None if it does not fail in the same way.
    fn run(&mut self, edited: Edited, late: Vec<TaskName>) -> Option<Best> {
        self.tries += 1;
        let edited = Box::new(edited.ordinarily(self.ordinary));
        let (edited, remains) = self.worker.edit(self.test, edited);
        self.spoiled = remains != Remains::Clean;
        if self.worker.signature() != self.signature {
            return None;
        }
        let edits = edited.taken().to_vec();
        let after = Size {
            preemptions: edits.iter().filter(|edit| edit.preempts()).count() as u64,
            tasks: edited.active(),
            steps: match self.ordinary {
                Ordinary::GoOn => edited.steps(),
                Ordinary::InTurn => edited.settled(),
            },
            edits: edits.len() as u64,
            switches: edited.switches(),
        };
        let shrunk = Shrunk { before: after, after, tries: self.tries, finished: false, fewest: false, endless: None };
        let (decisions, tasks) = (self.worker.decisions().clone(), edited.tasks().collect());
        Some(Best { decisions, shrunk, edits, late, settled: edited.settled(), tasks })
    }
}

/// Which sets of the preemptions in the schedule of `decisions` can be left out, by number. At most 16 preemptions are looked at.
pub(super) fn removable_preemptions(
    worker: &mut Worker,
    test: &Test,
    decisions: &Decisions,
) -> (Vec<Vec<usize>>, Remains) {
    let (edited, mut remains) = worker.edit(test, Box::new(Edited::script(decisions)));
    let (edits, signature) = (edited.taken().to_vec(), worker.signature().to_owned());
    worker.limit_steps(worker.steps().saturating_mul(2).saturating_add(SLACK));
    let preempts: Vec<usize> = (0..edits.len()).filter(|index| edits[*index].preempts()).take(16).collect();
    let mut removable = Vec::new();
    for set in 1..1_u32 << preempts.len() {
        if remains != Remains::Clean {
            break;
        }
        let out: Vec<usize> = (0..preempts.len()).filter(|number| set >> number & 1 == 1).collect();
        let is_out = |index: usize| out.iter().any(|number| preempts[*number] == index);
        let kept: Vec<Edit> = (0..edits.len()).filter(|index| !is_out(*index)).map(|index| edits[index]).collect();
        remains = worker.edit(test, Box::new(Edited::new(&kept, &[]))).1;
        if worker.signature() == signature {
            removable.push(out);
        }
    }
    (removable, remains)
}

fn goes_to(edit: &Edit, to: TaskName) -> bool {
    matches!(edit.what, What::Next { task, .. } if task == to)
}
