//! An exhaustive exploration, by several workers.
//!
//! It goes in rounds. In each, up to [`LANES`] executions are led, each along a plan that was taken from the tree, and
//! their races are looked for while the tree stands still. When all are through, what they found is entered into the
//! tree in the order of the lanes. Who ran which lane makes no difference, so that any number of workers explores the
//! same executions in the same order. Nor does the limit of schedules: a round that it cuts short goes on from its
//! checkpoint (see `resume`) with the rest of the round.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};

use super::checkpoint::CheckpointError;
use super::estimate::Estimate;
use super::guide::{Guide, Led, Loop, Trial};
use super::moves::Move;
use super::races::{Rest, Reversal, Search as Races, Standing};
use super::resume::{self, Gate, Saving};
use super::shadow::Shadow;
use super::tree::{NodeId, Planning, Task, Tree};
use crate::checker::{Settings, counted};
use crate::engine::Place;
use crate::engine::execution::Ending;
use crate::engine::teardown::Remains;
use crate::explore::exploration::{Pulse, Shared, forget_failures, lock};
use crate::explore::led::{Outcome, lead};
use crate::explore::rounds::Rounds;
use crate::explore::systematic::note_cut;
use crate::explore::worker::Worker;

/// How many executions a round has at most. The order of exploration depends on it, the number of workers does not.
const LANES: usize = 32;

/// How many moves the plans may have together: 16 bytes each.
const MAX_PLANNED_MOVES: usize = 50_000_000;

/// What the workers share.
#[derive(Debug)]
pub(crate) struct Search {
    tree: RwLock<Tree>,
    pub(super) lanes: Vec<Mutex<Lane>>,
    rounds: Rounds,
    /// What was taken from the tree for the round that is under way, and is beyond the limit of schedules.
    pub(super) waiting: Mutex<VecDeque<Task>>,
    pub(super) blocked: AtomicU64,
    /// Executions that had more steps than are allowed.
    pub(super) cut: AtomicU64,
    /// Executions in which a loop that waits gave up.
    pub(super) gave_up: AtomicU64,
    /// Finishing is a step of its own, because some task asks whether another has finished.
    pub(super) finish_apart: AtomicBool,
    pub(super) single_steps: AtomicBool,
    pub(super) estimate: Mutex<Estimate>,
    /// The exploration ended before everything was explored.
    pub(super) left: AtomicBool,
    pub(super) saving: Option<Mutex<Saving>>,
    /// How many moves the plans may have together before only single steps are planned: see [`Planning`].
    max_planned_moves: usize,
    #[cfg(test)]
    pub(crate) seen: Option<Seen>,
}

/// The classes that were executed, with how each ended and how often it was executed.
#[cfg(test)]
pub(crate) type Seen = std::sync::Arc<Mutex<std::collections::BTreeMap<super::tests::brute::Class, (String, u32)>>>;

/// One execution of a round, with the memory that it needs.
#[derive(Debug)]
pub(super) struct Lane {
    guide: Option<Box<Guide>>,
    shadow: Shadow,
    task: Option<Task>,
    reversals: Vec<Reversal>,
    outcome: Outcome,
    /// A loop that was seen to end by itself.
    free_loop: Option<Place>,
}

impl Search {
    /// The exploration that `settings` ask for, from its checkpoint if it has one. An error says why that cannot be used.
    pub(crate) fn new(settings: &Settings) -> Result<Search, CheckpointError> {
        let mut search = Search::with(settings, LANES, MAX_PLANNED_MOVES);
        search.open_checkpoint(settings)?;
        Ok(search)
    }

    /// With so many lanes, and so many planned moves at most.
    pub(crate) fn with(settings: &Settings, lanes: usize, max_planned_moves: usize) -> Search {
        let planning = if max_planned_moves == 0 { Planning::Steps } else { Planning::Sequences };
        let lane = || Lane {
            guide: Some(Box::new(Guide::new(settings.clock, planning))),
            shadow: Shadow::default(),
            task: None,
            reversals: Vec::new(),
            outcome: Outcome::none(),
            free_loop: None,
        };
        let mut tree = Tree::new();
        let lanes: Vec<Mutex<Lane>> = (0..lanes).map(|_| Mutex::new(lane())).collect();
        lock(&lanes[0]).task = Some(tree.first());
        Search {
            tree: RwLock::new(tree),
            lanes,
            rounds: Rounds::new(),
            waiting: Mutex::default(),
            blocked: AtomicU64::new(0),
            cut: AtomicU64::new(0),
            gave_up: AtomicU64::new(0),
            finish_apart: AtomicBool::new(false),
            single_steps: AtomicBool::new(max_planned_moves == 0),
            max_planned_moves,
            estimate: Mutex::default(),
            left: AtomicBool::new(false),
            saving: None,
            #[cfg(test)]
            seen: None,
        }
    }

    /// What a report has to say besides its numbers.
    pub(in crate::explore) fn note(&self, shared: &Shared) -> Option<String> {
        let mut notes = self.note_on_progress(shared);
        notes.extend(note_cut(self.cut.load(Ordering::Relaxed)));
        let gave_up = self.gave_up.load(Ordering::Relaxed);
        if gave_up > 0 {
            let executions = counted(gave_up, "execution");
            notes.push(format!("in {executions} a loop that waits gave up; that it does so earlier was not explored"));
        }
        (!notes.is_empty()).then(|| notes.join("; "))
    }

    /// How many executions turned out to be explored elsewhere.
    #[cfg(test)]
    pub(crate) fn blocked(&self) -> u64 {
        self.blocked.load(Ordering::Relaxed)
    }

    /// Whether finishing is a step of its own.
    #[cfg(test)]
    pub(crate) fn finishes_apart(&self) -> bool {
        self.finish_apart.load(Ordering::Relaxed)
    }

    /// Takes part until everything is explored. Returns whether another thread has to go on instead.
    pub(in crate::explore) fn work(&self, shared: &Shared, worker: &mut Worker, pulse: &Pulse) -> bool {
        loop {
            let Some(lane) = self.rounds.begin() else { return false };
            pulse.execution.store(lane as u64, Ordering::Relaxed);
            let remains = {
                let mut lane = lock(&self.lanes[lane]);
                let tree = self.tree.read().unwrap_or_else(PoisonError::into_inner);
                lane.explore(shared, worker, &tree)
            };
            self.rounds.finish(|lanes| self.next_round(shared, lanes));
            if remains == Remains::ThreadSpoiled {
                return true;
            }
        }
    }

    /// Enters what the `lanes` of a round found. Returns how many the next round has.
    fn next_round(&self, shared: &Shared, lanes: usize) -> usize {
        let mut tree = self.tree.write().unwrap_or_else(PoisonError::into_inner);
        let lanes = &self.lanes[..lanes];
        match self.pass_gate(shared, &mut tree) {
            Gate::Refused => return 0,
            Gate::Resumed => {}
            Gate::Enter => {
                if !self.finish_apart.load(Ordering::Relaxed) && lanes.iter().any(|lane| lock(lane).asks()) {
                    self.finish_apart.store(true, Ordering::Relaxed);
                    self.start_again(shared, &mut tree);
                    return 1;
                }
                let free_loop = lanes.iter().find_map(|lane| lock(lane).free_loop.take());
                if let Some(place) = free_loop {
                    for lane in &self.lanes {
                        if let Some(guide) = &mut lock(lane).guide {
                            guide.free_loops.push(Loop::at(place));
                        }
                    }
                    self.start_again(shared, &mut tree);
                    return 1;
                }
                if !lanes.iter().all(|lane| self.enter(shared, &mut tree, &mut lock(lane))) {
                    self.end_checkpoint();
                    return 0;
                }
            }
        }
        let left = shared.limit.load(Ordering::Relaxed).saturating_sub(shared.executed.load(Ordering::Relaxed));
        let most = self.lanes.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let mut waiting = lock(&self.waiting);
        if waiting.is_empty() && !shared.stop.load(Ordering::Relaxed) {
            if tree.planned_moves > self.max_planned_moves {
                self.single_steps.store(true, Ordering::Relaxed);
            }
            // A whole round, whatever the limit: what is explored when must not depend on it.
            while waiting.len() < self.lanes.len()
                && let Some(task) = tree.next()
            {
                waiting.push_back(task);
            }
        }
        let over = most == 0 || waiting.is_empty() || shared.stop.load(Ordering::Relaxed);
        self.settle(shared, &tree, &waiting, over);
        if over {
            let left_out = self.cut.load(Ordering::Relaxed) + self.gave_up.load(Ordering::Relaxed);
            shared.complete.store(tree.is_finished() && left_out == 0, Ordering::Relaxed);
            return 0;
        }
        let tasks = most.min(waiting.len());
        for (task, lane) in waiting.drain(..tasks).zip(&self.lanes) {
            let mut lane = lock(lane);
            lane.set_planning(self.planning());
            lane.task = Some(task);
        }
        tasks
    }

    /// Forgets everything: what is a step has changed.
    fn start_again(&self, shared: &Shared, tree: &mut Tree) {
        *tree = Tree::new();
        for lane in &self.lanes {
            let mut lane = lock(lane);
            lane.task = None;
            lane.free_loop = None;
            if let Some(guide) = &mut lane.guide {
                guide.finish_apart = self.finish_apart.load(Ordering::Relaxed);
                guide.forget();
            }
        }
        lock(&self.lanes[0]).task = Some(tree.first());
        lock(&self.waiting).clear();
        shared.executed.store(0, Ordering::Relaxed);
        shared.steps.store(0, Ordering::Relaxed);
        self.cut.store(0, Ordering::Relaxed);
        self.gave_up.store(0, Ordering::Relaxed);
        self.blocked.store(0, Ordering::Relaxed);
        self.forget_first();
        forget_failures(shared);
        #[cfg(test)]
        if let Some(seen) = &self.seen {
            lock(seen).clear();
        }
    }

    fn planning(&self) -> Planning {
        if self.single_steps.load(Ordering::Relaxed) { Planning::Steps } else { Planning::Sequences }
    }

    /// Enters what an execution found. Returns whether to go on.
    fn enter(&self, shared: &Shared, tree: &mut Tree, lane: &mut Lane) -> bool {
        let Some(task) = lane.task.take() else { return true };
        let Some(guide) = &lane.guide else { return true };
        shared.steps.fetch_add(lane.outcome.steps, Ordering::Relaxed);
        if guide.led == Led::Blocked {
            self.blocked.fetch_add(1, Ordering::Relaxed);
        } else {
            let execution = shared.executed.fetch_add(1, Ordering::Relaxed);
            if lane.outcome.is_cut() {
                self.cut.fetch_add(1, Ordering::Relaxed);
            }
            if guide.released && lane.outcome.ending != Ending::StepLimit {
                self.gave_up.fetch_add(1, Ordering::Relaxed);
            }
            #[cfg(test)]
            if let Some(seen) = &self.seen {
                let end = super::tests::brute::ending(&lane.outcome.ending);
                lock(seen).entry(super::tests::brute::class_of(&guide.trace)).or_insert((end, 0)).1 += 1;
            }
            if !lane.outcome.enter(shared, execution) {
                return false;
            }
        }
        if matches!(guide.led, Led::Astray { .. }) {
            // Nothing that was found below holds.
            tree.grow(&task, &[], &[]);
            tree.close((task.node, task.edge));
            return true;
        }
        let moves = guide.moves();
        let path = tree.grow(&task, &moves, &guide.sleeps);
        lane.reversals.sort_by_key(|reversal| reversal.at);
        for reversal in lane.reversals.drain(..) {
            let mut rest = Rest::new(&guide.trace, &mut lane.shadow, &reversal);
            let from = edge_of(tree, &path, &task, reversal.at);
            tree.insert((path[reversal.at], from), &mut rest, self.planning());
        }
        tree.list_all(&path);
        if !moves.is_empty() {
            let last = if moves.len() == 1 { (task.node, task.edge) } else { (path[path.len() - 1], 0) };
            tree.close(last);
            tree.sweep();
        }
        true
    }
}

impl Lane {
    fn asks(&self) -> bool {
        self.task.is_some() && self.guide.as_ref().is_some_and(|guide| guide.asks)
    }

    /// Of the execution of this lane.
    pub(super) fn fingerprint(&self, allow_leaks: bool) -> u64 {
        self.guide.as_ref().map_or(0, |guide| resume::fingerprint(guide, &self.outcome.ending, allow_leaks))
    }

    /// What is known about the program, which was found out in executions that are not run again.
    pub(super) fn learn(&mut self, finish_apart: bool, free_loops: &[Loop], tried_loops: &[Loop]) {
        if let Some(guide) = &mut self.guide {
            guide.finish_apart = finish_apart;
            guide.free_loops = free_loops.to_vec();
            guide.tried_loops = tried_loops.to_vec();
        }
    }

    /// The loops that end by themselves, and those that this lane has tried.
    pub(super) fn loops(&self) -> (Vec<Loop>, Vec<Loop>) {
        let guide = self.guide.as_deref();
        guide.map(|guide| (guide.free_loops.clone(), guide.tried_loops.clone())).unwrap_or_default()
    }

    /// Forgets what was found.
    pub(super) fn clear(&mut self) {
        self.task = None;
        self.outcome = Outcome::none();
        self.free_loop = None;
        self.reversals.clear();
    }

    fn set_planning(&mut self, planning: Planning) {
        if let Some(guide) = &mut self.guide {
            guide.planning = planning;
        }
    }

    /// Leads the execution of this lane and looks for its races.
    fn explore(&mut self, shared: &Shared, worker: &mut Worker, tree: &Tree) -> Remains {
        let (Some(task), Some(guide)) = (self.task.take(), self.guide.take()) else { return Remains::Clean };
        let prepare = |guide: &mut Guide| guide.prepare(&task.prefix, &task.moves, &task.sleep);
        let (mut guide, outcome, mut remains) = lead(shared, worker, guide, prepare);
        self.outcome = outcome;
        self.reversals.clear();
        if !matches!(guide.led, Led::Astray { .. }) {
            self.look_for_races(&task, &mut guide, tree);
        }
        // A thread that is spoiled runs nothing more.
        if remains == Remains::Clean
            && let Some(trial) = guide.untried_loop.take()
        {
            guide.tried_loops.push(Loop::at(trial.place));
            remains = self.try_loop(shared, worker, &guide, trial);
        }
        self.task = Some(task);
        self.guide = Some(guide);
        remains
    }

    /// Lets a loop that is about to wait go on alone, to see whether it ends by itself.
    fn try_loop(&mut self, shared: &Shared, worker: &mut Worker, guide: &Guide, trial: Trial) -> Remains {
        let mut prober = Box::new(Guide::new(shared.settings.clock, Planning::Sequences));
        prober.finish_apart = guide.finish_apart;
        prober.free_loops.clone_from(&guide.free_loops);
        let plan: Vec<Move> = guide.trace.events[..trial.at].iter().map(|event| event.made).collect();
        let place = trial.place;
        prober.prepare(&[], &plan, &[]);
        prober.trial = Some(trial);
        let (prober, remains) = worker.lead(&shared.test, prober);
        if prober.trial.is_some_and(|trial| trial.ends) {
            self.free_loop = Some(place);
        }
        remains
    }

    fn look_for_races(&mut self, task: &Task, guide: &mut Guide, tree: &Tree) {
        let branch = guide.branch();
        let mut known = std::mem::take(&mut guide.races);
        let trace = &guide.trace;
        let path = tree.path(task.node);
        let planning = guide.planning;
        let reversals = &mut self.reversals;
        // The steps that are asleep or were taken before at a node that was there, or asleep at one that is new.
        let at_hand = |at: usize, look: &mut dyn FnMut(&Move) -> bool| -> bool {
            match path.get(at) {
                Some(id) => {
                    let node = tree.node(*id);
                    let from = edge_of(tree, &path, task, at);
                    node.sleep.iter().any(&mut *look) || node.before(from).any(look)
                }
                None => guide.sleeps.get(at - branch).is_some_and(|sleep| sleep.iter().any(look)),
            }
        };
        let mut races = Races::new(trace, &mut self.shadow, branch);
        races.run(
            &mut known,
            |trace, at, but| {
                at_hand(at, &mut |made| {
                    let Some(task) = trace.names.number(made.task).filter(|task| *task != but) else { return false };
                    // The first step of that task is it, and nothing that is left comes before.
                    trace.next_of(task, at).is_some_and(|next| {
                        let event = &trace.events[next];
                        event.made == *made && event.after as usize <= at && !trace.before(at, next)
                    })
                })
            },
            |trace, shadow, reversal| {
                let mut rest = Rest::new(trace, shadow, &reversal);
                let covered = match path.get(reversal.at) {
                    Some(id) => tree.covers((*id, edge_of(tree, &path, task, reversal.at)), &mut rest, planning),
                    None => guide.sleeps.get(reversal.at - branch).is_some_and(|sleep| {
                        sleep.iter().any(|made| rest.standing_for(planning, *made) != Standing::Against)
                    }),
                };
                if !covered {
                    reversals.push(reversal);
                }
            },
        );
        guide.races = known;
    }
}

/// By which edge an execution leaves the node of its `path` at depth `at`.
fn edge_of(tree: &Tree, path: &[NodeId], task: &Task, at: usize) -> u32 {
    match path.get(at + 1) {
        Some(next) => tree.node(*next).parent.map_or(0, |(_, edge)| edge),
        None if path[at] == task.node => task.edge,
        None => 0,
    }
}
