//! Exploration in order of preemptions: first every schedule without any, then those with one, and so on up to a bound.
//!
//! A step *preempts* if the task that stepped before it could have gone on. Most bugs need few preemptions, and what fails
//! with few is easy to understand (Musuvathi, Qadeer: Iterative context bounding for systematic testing of multithreaded
//! programs, PLDI 2007).
//!
//! Every execution follows a prefix and then preempts nobody. What else was possible on the way becomes a prefix for
//! later, of this level or, if it preempts, of the next. Sleep sets and the like are of no use here, because the one
//! schedule of a class that they leave may be one with many preemptions (Coons, Musuvathi, McKinley: Bounded partial-order
//! reduction, OOPSLA 2013). So equivalent prefixes are recognised after the fact, by their happens-before relation as in
//! the paper of 2007: an execution that comes to a state with a class of prefix and a last task that were seen before ends
//! there. Everything from there on is explored elsewhere, with as few preemptions or fewer: levels are finished in
//! order, and an execution is of one level from the end of its prefix on.
//!
//! What was seen changes between rounds only, so that the exploration is the same with any number of workers.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use rustc_hash::FxHashSet;

use super::exhaustive::{Guide, Key, Led, Loops, Move, Planning, Survey, try_loop};
use super::exploration::{Pulse, Shared, forget_failures, lock};
use super::led::{Outcome, lead};
use super::rounds::Rounds;
use super::systematic::note_cut;
use super::worker::Worker;
use crate::checker::{Settings, Verdict, counted};
use crate::engine::teardown::Remains;

/// How many executions a round has at most. The order of exploration depends on it, the number of workers does not.
const LANES: usize = 32;

/// What the workers share.
#[derive(Debug)]
pub(crate) struct Bounded {
    bound: usize,
    rounds: Rounds,
    lanes: Vec<Mutex<Lane>>,
    /// States from which everything was explored, or is going to be. Changes between rounds only.
    visited: Arc<RwLock<FxHashSet<Key>>>,
    frontier: Mutex<Frontier>,
    #[cfg(test)]
    pub(crate) seen: Option<super::exhaustive::Seen>,
}

/// How far the exploration is.
#[derive(Debug, Default)]
struct Frontier {
    /// How many preemptions the prefixes have that are explored now.
    level: usize,
    /// Prefixes with that many preemptions, and with one more; the next to be explored is last.
    now: Vec<Prefix>,
    later: Vec<Prefix>,
    /// Some step was left out because it preempts beyond the bound.
    beyond: bool,
    /// The classes that were executed.
    executed: FxHashSet<Key>,
    /// Up to how many preemptions everything was executed.
    complete: Option<usize>,
    /// Executions that had more steps than are allowed.
    cut: u64,
    /// Finishing is a step of its own, because some task asks whether another has finished.
    finish_apart: bool,
    loops: Loops,
}

/// The first `steps` moves of an execution, and another one after them.
#[derive(Clone, Debug, Default)]
struct Prefix {
    execution: Arc<[Move]>,
    steps: usize,
    other: Option<Move>,
}

/// One execution of a round, with the memory that it needs.
#[derive(Debug)]
struct Lane {
    guide: Option<Box<Guide>>,
    prefix: Vec<Move>,
    outcome: Outcome,
}

impl Bounded {
    pub(crate) fn new(settings: &Settings, bound: usize) -> Bounded {
        Bounded::with(settings, bound, LANES)
    }

    /// With so many lanes.
    pub(crate) fn with(settings: &Settings, bound: usize, lanes: usize) -> Bounded {
        let visited: Arc<RwLock<FxHashSet<Key>>> = Arc::default();
        let lane = || {
            let mut guide = Box::new(Guide::new(settings.clock, Planning::Steps));
            guide.survey = Some(Box::new(Survey::new(Some(Arc::clone(&visited)))));
            Mutex::new(Lane { guide: Some(guide), prefix: Vec::new(), outcome: Outcome::none() })
        };
        let lanes = (0..lanes).map(|_| lane()).collect();
        Bounded {
            bound,
            rounds: Rounds::new(),
            lanes,
            visited,
            frontier: Mutex::default(),
            #[cfg(test)]
            seen: None,
        }
    }

    /// The verdict if nothing failed and there are schedules beyond the bound.
    pub(super) fn verdict(&self) -> Verdict {
        match lock(&self.frontier).complete {
            Some(complete) if complete == self.bound => Verdict::Bounded { preemptions: self.bound },
            _ => Verdict::Sampled,
        }
    }

    /// Whether finishing is a step of its own.
    #[cfg(test)]
    pub(super) fn finishes_apart(&self) -> bool {
        lock(&self.frontier).finish_apart
    }

    /// What a report with this verdict has to say besides its numbers.
    pub(super) fn note(&self, verdict: &Verdict) -> Option<String> {
        let frontier = lock(&self.frontier);
        let covered = match (verdict, frontier.complete) {
            (Verdict::Exhaustive | Verdict::Bounded { .. }, _) => None,
            (_, None) => Some("not even every schedule without preemptions was executed".to_owned()),
            (_, Some(0)) => Some("every schedule without preemptions was executed".to_owned()),
            (_, Some(most)) => {
                Some(format!("every schedule with at most {} was executed", counted(most as u64, "preemption")))
            }
        };
        match (note_cut(frontier.cut), covered) {
            (Some(cut), Some(covered)) => Some(format!("{covered}; {cut}")),
            (cut, covered) => covered.or(cut),
        }
    }

    /// Takes part until everything within the bound is explored. Returns whether another thread has to go on instead.
    pub(super) fn work(&self, shared: &Shared, worker: &mut Worker, pulse: &Pulse) -> bool {
        let walker = self.rounds.join();
        loop {
            let Some(turn) = self.rounds.begin(walker) else { return false };
            pulse.execution.store(turn.lane as u64, Ordering::Relaxed);
            let remains = lock(&self.lanes[turn.lane]).explore(shared, worker);
            self.rounds.finish(turn, |lanes| {
                let next = self.next_round(shared, lanes.len());
                (next > 0).then(|| vec![(0..next).collect()])
            });
            if remains == Remains::ThreadSpoiled {
                return true;
            }
        }
    }

    /// Enters what the `lanes` of a round found. Returns how many the next round has.
    fn next_round(&self, shared: &Shared, lanes: usize) -> usize {
        let frontier = &mut *lock(&self.frontier);
        let lanes = &self.lanes[..lanes];
        if lanes.iter().filter(|lane| lock(lane).teaches(frontier)).count() > 0 {
            self.start_again(shared, frontier);
            return 1;
        }
        if !lanes.iter().all(|lane| self.enter(shared, frontier, &mut lock(lane))) {
            return 0;
        }
        while frontier.now.is_empty() {
            if frontier.cut == 0 {
                frontier.complete = Some(frontier.level);
            }
            if frontier.later.is_empty() {
                shared.complete.store(frontier.cut == 0 && !frontier.beyond, Ordering::Relaxed);
                return 0;
            }
            frontier.level += 1;
            std::mem::swap(&mut frontier.now, &mut frontier.later);
        }
        if shared.stop.load(Ordering::Relaxed) {
            return 0;
        }
        let left = shared.limit.load(Ordering::Relaxed).saturating_sub(shared.executed.load(Ordering::Relaxed));
        let most = self.lanes.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let next = frontier.now.split_off(frontier.now.len().saturating_sub(most));
        for (prefix, lane) in next.iter().rev().zip(&self.lanes) {
            let Lane { prefix: moves, guide, .. } = &mut *lock(lane);
            moves.clear();
            moves.extend_from_slice(&prefix.execution[..prefix.steps]);
            moves.extend(prefix.other);
            if let Some(guide) = guide {
                frontier.loops.teach(&mut guide.loops);
            }
        }
        next.len()
    }

    /// Forgets everything but what is known about the program: what is a step has changed.
    fn start_again(&self, shared: &Shared, frontier: &mut Frontier) {
        let (finish_apart, loops) = (frontier.finish_apart, std::mem::take(&mut frontier.loops));
        *frontier = Frontier { finish_apart, loops, ..Frontier::default() };
        self.visited.write().unwrap_or_else(PoisonError::into_inner).clear();
        for lane in &self.lanes {
            let mut lane = lock(lane);
            lane.prefix.clear();
            if let Some(guide) = &mut lane.guide {
                guide.finish_apart = finish_apart;
                frontier.loops.teach(&mut guide.loops);
                guide.forget();
            }
        }
        shared.executed.store(0, Ordering::Relaxed);
        shared.steps.store(0, Ordering::Relaxed);
        forget_failures(shared);
        #[cfg(test)]
        if let Some(seen) = &self.seen {
            lock(seen).clear();
        }
    }

    /// Enters what an execution found. Returns whether to go on.
    fn enter(&self, shared: &Shared, frontier: &mut Frontier, lane: &mut Lane) -> bool {
        let Lane { guide: Some(guide), outcome, .. } = lane else { return true };
        let Guide { trace, survey: Some(survey), led, .. } = &mut **guide else { return true };
        shared.steps.fetch_add(outcome.steps, Ordering::Relaxed);
        let astray = matches!(led, Led::Astray { .. });
        let to_the_end = *led == Led::ToTheEnd && frontier.executed.insert(survey.class(trace, trace.events.len()));
        if to_the_end || astray {
            let execution = shared.executed.fetch_add(1, Ordering::Relaxed);
            frontier.cut += u64::from(outcome.is_cut());
            #[cfg(test)]
            if let Some(seen) = &self.seen {
                use super::exhaustive::tests::brute;
                let end = brute::ending(&outcome.ending);
                lock(seen).entry(brute::class_of(trace)).or_insert((end, 0)).1 += 1;
            }
            if !outcome.enter(shared, execution) {
                return false;
            }
        }
        if astray {
            // Nothing that was found below holds.
            return true;
        }
        let execution: Arc<[Move]> = trace.events.iter().map(|event| event.made).collect();
        let mut visited = self.visited.write().unwrap_or_else(PoisonError::into_inner);
        for (at, state, choices) in survey.states() {
            // Where the step limit was reached, nothing was done any more.
            let Some(taken) = execution.get(at) else { break };
            if !visited.insert(state) {
                break;
            }
            for choice in choices.iter().filter(|choice| choice.made != *taken) {
                let prefix = Prefix { execution: Arc::clone(&execution), steps: at, other: Some(choice.made) };
                match choice.preempts {
                    false => frontier.now.push(prefix),
                    true if frontier.level < self.bound => frontier.later.push(prefix),
                    true => frontier.beyond = true,
                }
            }
        }
        true
    }
}

impl Lane {
    /// Takes note of what the execution found out about the program. Returns whether that changes what a step is.
    fn teaches(&self, frontier: &mut Frontier) -> bool {
        let Some(guide) = &self.guide else { return false };
        let asks = guide.asks && !std::mem::replace(&mut frontier.finish_apart, guide.asks);
        frontier.loops.learn(&guide.loops) || asks
    }

    /// Leads the execution of this lane.
    fn explore(&mut self, shared: &Shared, worker: &mut Worker) -> Remains {
        let Some(guide) = self.guide.take() else { return Remains::Clean };
        let prepare = |guide: &mut Guide| guide.prepare(&self.prefix, &[], &[]);
        let (mut guide, outcome, mut remains) = lead(shared, worker, guide, prepare);
        // A thread that is spoiled runs nothing more.
        if remains == Remains::Clean {
            remains = try_loop(shared, worker, &mut guide);
        }
        self.guide = Some(guide);
        self.outcome = outcome;
        remains
    }
}

#[cfg(test)]
mod tests;
