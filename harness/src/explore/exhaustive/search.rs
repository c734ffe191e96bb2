//! An exhaustive exploration, by several workers.
//!
//! It goes in rounds. In each, up to [`LANES`] executions are led, each along a plan that was taken from the tree, and
//! their races are looked for. When all are through, what they found is entered into the tree in the order in which they were
//! taken from it. Two rounds are under way at a time, so that nobody waits while one is entered: the second was taken
//! from the tree before the first was entered. Who ran what makes no difference, so that any number of workers explores the
//! same executions in the same order. Nor does the limit of schedules: a round that it cuts short goes on from its
//! checkpoint (see `resume`) with the rest of the round.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use rustc_hash::FxHashSet;
use smallvec::SmallVec;

use super::checkpoint::CheckpointError;
use super::estimate::Estimate;
use super::guide::{Guide, Led};
use super::loops::{Loops, try_loop};
use super::moves::Move;
use super::races::{Rest, Reversal, Search as Races, Standing};
use super::region::{Execution, Region};
use super::resume::{self, Gate, Saving};
use super::shadow::Shadow;
use super::survey::{Key, class_of};
use super::tree::{Planning, Task, Tree, View};
use crate::checker::{Settings, counted};
use crate::engine::execution::Ending;
use crate::engine::teardown::Remains;
use crate::explore::exploration::{Pulse, Shared, forget_failures, lock};
use crate::explore::led::{Outcome, lead};
use crate::explore::rounds::{Begin, Rounds, Walker};
use crate::explore::systematic::note_cut;
use crate::explore::worker::Worker;

/// How many regions are explored at a time at most. The order of exploration depends on it, the number of workers does not.
const BREADTH: usize = 16;

/// How many executions a region has in a round at most, and how many while there are few regions.
const EPISODE: u64 = 64;
const SHORT: u64 = 4;

/// After how many executions that found something above it a region waits for the end of the round.
const DEFERRING: usize = 8;

/// How many times more lanes a worker has than a round has executions, at least: a lane that is free may have been where an
/// execution begins, and then need not look at all of its steps again.
const SPARE: usize = 3;

/// How far up from the node where an execution begins a lane is looked for that was there.
const NEAR: usize = 8;

/// How many moves the plans may have together: 16 bytes each.
const MAX_PLANNED_MOVES: usize = 50_000_000;

/// After how many steps in all an exploration ends that is only a try: their states are kept, some 200 bytes each.
const TENTATIVE_STEPS: u64 = 500_000;

/// How many tasks an execution may have in such an exploration: what is noted of a step has a number for each.
const TENTATIVE_TASKS: usize = 64;

/// What the workers share.
#[derive(Debug)]
pub(crate) struct Search {
    /// Whoever ends a round has it, and nobody else: lanes show what they need of it.
    pub(super) tree: Mutex<Tree>,
    /// The executions of the rounds that are under way.
    berths: Vec<Mutex<Berth>>,
    /// The lanes of all workers, each with whether what was found in it is still to be entered. A lane is never used by another
    /// worker: what is in it would have to be carried from one processor to the other.
    pub(super) lanes: Vec<Mutex<Lane>>,
    taken: Vec<AtomicBool>,
    /// Whose lanes nobody uses: of the first worker, of the second, …
    homes: Mutex<Vec<usize>>,
    rounds: Rounds,
    /// How many regions there are at most, and how many executions each has in a round.
    breadth: usize,
    episode: u64,
    pub(super) course: Mutex<Course>,
    pub(super) blocked: AtomicU64,
    /// Executions that had more steps than are allowed.
    pub(super) cut: AtomicU64,
    /// Executions in which a loop that waits gave up.
    pub(super) gave_up: AtomicU64,
    /// Single steps are planned, although there are timers that send: some orders in which they fire are not found then.
    pub(super) loses_timers: AtomicBool,
    /// Finishing is a step of its own, because some task asks whether another has finished.
    pub(super) finish_apart: AtomicBool,
    pub(super) single_steps: AtomicBool,
    pub(super) estimate: Mutex<Estimate>,
    /// The exploration ended before everything was explored.
    pub(super) left: AtomicBool,
    pub(super) saving: Option<Mutex<Saving>>,
    /// How many moves the plans may have together before only single steps are planned: see [`Planning`].
    max_planned_moves: usize,
    /// The classes that were executed: see [`Search::contradiction`].
    classes: Mutex<FxHashSet<Key>>,
    #[cfg(test)]
    pub(crate) seen: Option<Seen>,
}

/// What is known about the program.
#[derive(Debug, Default)]
pub(super) struct Course {
    pub(super) loops: Arc<Loops>,
}

/// The classes that were executed, with how each ended and how often it was executed.
#[cfg(test)]
pub(crate) type Seen = std::sync::Arc<Mutex<std::collections::BTreeMap<super::tests::brute::Class, (String, u32)>>>;

/// Where a region is explored: what it is to do in this round, and what came of it.
#[derive(Debug)]
struct Berth {
    region: Option<Region>,
    planning: Planning,
    loops: Arc<Loops>,
    /// How many executions it may have in this round.
    quota: u64,
}

/// What an execution needs, and what it leaves behind: its trace.
#[derive(Debug)]
pub(super) struct Lane {
    guide: Option<Box<Guide>>,
    shadow: Shadow,
}

impl Search {
    /// The exploration that `settings` ask for, from its checkpoint if it has one. An error says why that cannot be used.
    pub(crate) fn new(settings: &Settings) -> Result<Search, CheckpointError> {
        let mut search = Search::with(settings, (BREADTH, EPISODE), MAX_PLANNED_MOVES);
        search.open_checkpoint(settings)?;
        Ok(search)
    }

    /// With so many regions, so many executions in each of them in a round, and so many planned moves at most.
    pub(crate) fn with(settings: &Settings, (breadth, episode): (usize, u64), max_planned_moves: usize) -> Search {
        let planning = if max_planned_moves == 0 { Planning::Steps } else { Planning::Sequences };
        let max_tasks = if settings.tentative { TENTATIVE_TASKS } else { usize::MAX };
        let guide = || {
            let mut guide = Box::new(Guide::new(settings.clock, planning));
            guide.max_tasks = max_tasks;
            guide
        };
        let workers = settings.workers.max(1);
        let count = workers * lanes_of(breadth);
        Search {
            tree: Mutex::new(Tree::new()),
            berths: (0..breadth).map(|berth| Mutex::new(Berth::first(berth, planning))).collect(),
            lanes: (0..count).map(|_| Mutex::new(Lane { guide: Some(guide()), shadow: Shadow::default() })).collect(),
            taken: (0..count).map(|_| AtomicBool::new(false)).collect(),
            homes: Mutex::new((0..workers).rev().collect()),
            rounds: Rounds::new(),
            breadth,
            episode,
            course: Mutex::default(),
            blocked: AtomicU64::new(0),
            cut: AtomicU64::new(0),
            gave_up: AtomicU64::new(0),
            loses_timers: AtomicBool::new(false),
            finish_apart: AtomicBool::new(false),
            single_steps: AtomicBool::new(max_planned_moves == 0),
            max_planned_moves,
            estimate: Mutex::default(),
            left: AtomicBool::new(false),
            saving: None,
            classes: Mutex::default(),
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
        if self.loses_timers.load(Ordering::Relaxed) {
            notes.push(
                "plans became too large for the memory, and without them some orders in which timers fire were not explored"
                    .to_owned(),
            );
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
        let Some(home) = lock(&self.homes).pop() else { return false };
        let count = lanes_of(self.breadth);
        let mut desk = Desk { lanes: home * count..(home + 1) * count, used: vec![0; count], executions: 0 };
        let spoiled = loop {
            let Some(turn) = self.rounds.begin(Walker(home)) else { break false };
            pulse.execution.store(turn.lane as u64, Ordering::Relaxed);
            let remains = self.explore(&mut lock(&self.berths[turn.lane]), &mut desk, shared, worker);
            self.rounds.finish(turn, |berths| self.end_round(shared, berths));
            if remains == Remains::ThreadSpoiled {
                break true;
            }
        };
        lock(&self.homes).push(home);
        spoiled
    }

    /// Finds a lane among those of a worker, if possible one that is `near`.
    fn find_lane(&self, desk: &mut Desk, near: &[u32]) -> usize {
        let is_free = |lane: &usize| !self.taken[*lane].load(Ordering::Acquire);
        let near = near.iter().map(|lane| *lane as usize).filter(|lane| desk.lanes.contains(lane)).find(is_free);
        // What was not used for long is far from everything that is of interest.
        let first = desk.lanes.start;
        let lane = near.or_else(|| desk.lanes.clone().filter(is_free).min_by_key(|lane| desk.used[lane - first]));
        let lane = lane.expect("there are more lanes than are used");
        desk.executions += 1;
        desk.used[lane - first] = desk.executions;
        self.taken[lane].store(true, Ordering::Relaxed);
        lane
    }

    /// Explores the region in a berth, for as long as it may in this round.
    fn explore(&self, berth: &mut Berth, desk: &mut Desk, shared: &Shared, worker: &mut Worker) -> Remains {
        let Berth { region: Some(region), planning, loops, quota } = berth else { return Remains::Clean };
        let mut deferring = 0;
        for _ in 0..*quota {
            if region.first {
                region.first = false;
            } else if shared.stop.load(Ordering::Relaxed) {
                break;
            } else {
                let Some(step) = region.tree.next() else { break };
                region.tree.load(step, &mut region.task);
            }
            let near: SmallVec<[u32; NEAR]> = region.tree.lanes(region.task.step.0).take(NEAR).collect();
            let number = self.find_lane(desk, &near);
            let mut lane = lock(&self.lanes[number]);
            let mut found = Vec::new();
            let (outcome, remains) = lane.explore(&region.task, (*planning, loops), &mut found, shared, worker);
            let Lane { guide: Some(guide), shadow } = &mut *lane else { return remains };
            let mut execution = self.describe(guide, outcome);
            region.enter(guide, shadow, number, found, &mut execution);
            let goes_on = execution.goes_on(shared) && !region.learn(guide, loops);
            if execution.deferred.is_empty() && region.task.step != Tree::FIRST {
                self.taken[number].store(false, Ordering::Release);
            } else {
                execution.lane = Some(number);
                deferring += 1;
            }
            region.executions.push(execution);
            if remains != Remains::Clean {
                return remains;
            }
            if deferring == DEFERRING || !goes_on {
                break;
            }
        }
        Remains::Clean
    }

    /// What is to be said of the execution of `guide` later.
    fn describe(&self, guide: &Guide, outcome: Outcome) -> Execution {
        let whole = guide.led == Led::ToTheEnd && !outcome.is_cut() && !guide.released && !guide.sees_addresses;
        Execution {
            led: guide.led.clone(),
            released: guide.released,
            loses_timers: guide.planning == Planning::Steps && guide.trace.has_timers(),
            single_steps: guide.planning == Planning::Steps,
            key: (cfg!(debug_assertions) && whole).then(|| class_of(&guide.trace)),
            #[cfg(test)]
            class: self.seen.is_some().then(|| super::tests::brute::class_of(&guide.trace)),
            outcome,
            lane: None,
            deferred: Vec::new(),
        }
    }

    /// Enters what was found in the `berths` of a round. Returns those of the next; `None` if it is over.
    fn end_round(&self, shared: &Shared, berths: &[usize]) -> Option<Vec<Vec<Begin>>> {
        let mut course = lock(&self.course);
        let gate = self.pass_gate(shared, &mut course);
        let mut all: Vec<_> = self.berths.iter().map(lock).collect();
        let mut tree = lock(&self.tree);
        match gate {
            Gate::Refused => return None,
            Gate::Resumed => {
                self.release(&mut all, berths);
                all.iter_mut().for_each(|berth| berth.region = None);
            }
            Gate::Enter => {
                if self.learn(&mut course, &mut all, berths) {
                    self.release(&mut all, berths);
                    drop((all, tree));
                    self.start_again(shared, &mut course);
                    return Some(vec![vec![(0, None)]]);
                }
                for berth in berths {
                    let Some(region) = &mut all[*berth].region else { continue };
                    for execution in &mut region.executions {
                        if !self.count(shared, execution) {
                            self.end_checkpoint();
                            return None;
                        }
                    }
                }
                for berth in berths {
                    self.insert_deferred(&mut tree, &mut all, *berth);
                }
            }
        }
        for berth in all.iter_mut() {
            if let Some(region) = berth.region.take_if(|region| region.tree.is_finished() || !region.tree.part) {
                tree.graft(region.step, region.tree);
            }
        }
        tree.sweep();
        let left = shared.limit.load(Ordering::Relaxed).saturating_sub(shared.executed.load(Ordering::Relaxed));
        let over = shared.stop.load(Ordering::Relaxed) || left == 0 || tree.is_finished();
        let parts: Vec<_> =
            all.iter().map(|berth| berth.region.as_ref().map(|region| (region.step, &region.tree))).collect();
        self.settle(shared, &tree, &parts, &course, over);
        if over {
            let left_out = self.cut.load(Ordering::Relaxed)
                + self.gave_up.load(Ordering::Relaxed)
                + u64::from(self.loses_timers.load(Ordering::Relaxed));
            shared.complete.store(tree.is_finished() && left_out == 0, Ordering::Relaxed);
            return None;
        }
        drop(parts);
        self.divide(&mut tree, &mut all);
        Some(vec![self.begin_round(&tree, &mut all, &course.loops, left)])
    }

    /// Enters what the executions in a berth found above their region, in their order.
    fn insert_deferred(&self, tree: &mut Tree, all: &mut [MutexGuard<'_, Berth>], berth: usize) {
        let Some(region) = &mut all[berth].region else { return };
        let task = std::mem::take(&mut region.task);
        for mut execution in std::mem::take(&mut region.executions) {
            let Some(number) = execution.lane else { continue };
            let lane = &mut *lock(&self.lanes[number]);
            let Some(guide) = &lane.guide else { continue };
            for reversal in execution.deferred.drain(..) {
                let mut rest = Rest::new(&guide.trace, &mut lane.shadow, &reversal);
                let step = (task.path[reversal.at], task.from(reversal.at));
                if let Some(other) = tree.insert(step, &mut rest, guide.planning)
                    && let Some(region) = &mut all[other as usize].region
                {
                    region.tree.insert_into_part(&mut rest, guide.planning);
                }
            }
            self.taken[number].store(false, Ordering::Release);
        }
        if let Some(region) = &mut all[berth].region {
            region.task = task;
        }
    }

    /// Makes regions until there are as many as there may be.
    fn divide(&self, tree: &mut Tree, all: &mut [MutexGuard<'_, Berth>]) {
        loop {
            let Some(free) = all.iter().position(|berth| berth.region.is_none()) else { return };
            if let Some((step, part)) = tree.carve(free as u32) {
                all[free].region = Some(Region::new(step, part, Task::default()));
                continue;
            }
            if all.iter().filter(|berth| berth.region.is_some()).count() * 2 > self.breadth {
                return;
            }
            let planned = |berth: &Berth| berth.region.as_ref().map_or(0, |region| region.tree.planned());
            let Some(largest) = (0..all.len()).rev().max_by_key(|berth| planned(&all[*berth])) else { return };
            if planned(&all[largest]) < 2 {
                return;
            }
            if let Some(region) = all[largest].region.take() {
                tree.graft(region.step, region.tree);
            }
        }
    }

    /// Shows every region what is above it. Returns the berths of a round of at most `left` executions.
    fn begin_round(
        &self,
        tree: &Tree,
        all: &mut [MutexGuard<'_, Berth>],
        loops: &Arc<Loops>,
        mut left: u64,
    ) -> Vec<Begin> {
        let parts = all.iter().filter_map(|berth| berth.region.as_ref());
        let planned_moves = tree.planned_moves + parts.clone().map(|region| region.tree.planned_moves).sum::<usize>();
        if planned_moves > self.max_planned_moves {
            self.single_steps.store(true, Ordering::Relaxed);
        }
        // While there are few, what they find is divided soon.
        let episode = if parts.count() * 2 > self.breadth { self.episode } else { self.episode.min(SHORT) };
        let mut begin = Vec::new();
        for (number, berth) in all.iter_mut().enumerate() {
            let Berth { region: Some(region), planning, loops: taught, quota } = &mut **berth else { continue };
            if left == 0 {
                break;
            }
            *quota = episode.min(left);
            left -= *quota;
            tree.load(region.step, &mut region.task);
            *planning = self.planning();
            if !Arc::ptr_eq(taught, loops) {
                *taught = Arc::clone(loops);
            }
            begin.push((number, None));
        }
        begin
    }

    /// Gives back the lanes of what will not be entered.
    fn release(&self, all: &mut [MutexGuard<'_, Berth>], berths: &[usize]) {
        for berth in berths {
            let Some(region) = &mut all[*berth].region else { continue };
            for execution in region.executions.drain(..) {
                if let Some(lane) = execution.lane {
                    self.taken[lane].store(false, Ordering::Release);
                }
            }
        }
    }

    /// Takes note of what was found out about the program in `berths`. Returns whether that changes what a step is.
    fn learn(&self, course: &mut Course, all: &mut [MutexGuard<'_, Berth>], berths: &[usize]) -> bool {
        let mut changed = false;
        for berth in berths {
            let Some(region) = &mut all[*berth].region else { continue };
            changed |= region.asks && !self.finish_apart.swap(region.asks, Ordering::Relaxed);
            if course.loops.lacks(&region.loops) {
                changed |= Arc::make_mut(&mut course.loops).learn(&region.loops);
            }
            region.loops = Loops::default();
            region.asks = false;
        }
        changed
    }

    /// Forgets everything but what is known about the program: what is a step has changed.
    fn start_again(&self, shared: &Shared, course: &mut Course) {
        *lock(&self.tree) = Tree::new();
        self.begin(self.finish_apart.load(Ordering::Relaxed), &course.loops);
        shared.executed.store(0, Ordering::Relaxed);
        shared.steps.store(0, Ordering::Relaxed);
        self.cut.store(0, Ordering::Relaxed);
        self.gave_up.store(0, Ordering::Relaxed);
        self.blocked.store(0, Ordering::Relaxed);
        self.forget_first();
        lock(&self.classes).clear();
        forget_failures(shared);
        #[cfg(test)]
        if let Some(seen) = &self.seen {
            lock(seen).clear();
        }
    }

    /// Nothing was explored, but this is known about the program.
    pub(super) fn begin(&self, finish_apart: bool, loops: &Arc<Loops>) {
        for (number, berth) in self.berths.iter().enumerate() {
            *lock(berth) = Berth { loops: Arc::clone(loops), ..Berth::first(number, self.planning()) };
        }
        for lane in &self.lanes {
            if let Some(guide) = &mut lock(lane).guide {
                guide.finish_apart = finish_apart;
                guide.forget();
            }
        }
    }

    /// Of the first execution.
    pub(super) fn fingerprint(&self, allow_leaks: bool) -> u64 {
        let berth = lock(&self.berths[0]);
        let first = berth.region.as_ref().and_then(|region| region.executions.first());
        let Some((execution, lane)) = first.and_then(|first| Some((first, first.lane?))) else { return 0 };
        let lane = lock(&self.lanes[lane]);
        lane.guide.as_ref().map_or(0, |guide| resume::fingerprint(guide, &execution.outcome.ending, allow_leaks))
    }

    fn planning(&self) -> Planning {
        if self.single_steps.load(Ordering::Relaxed) { Planning::Steps } else { Planning::Sequences }
    }

    /// What contradicts that exploration is optimal: an execution came to a state in which all that could be done is asleep (with
    /// single steps it may), or a class was executed twice. Looked for in debug builds, and only the first classes are
    /// remembered, so that memory stays small.
    fn contradiction(&self, execution: &Execution) -> Option<&'static str> {
        if !cfg!(debug_assertions) {
            return None;
        }
        let single_steps = execution.single_steps || self.single_steps.load(Ordering::Relaxed);
        if execution.led == Led::Blocked && !single_steps {
            return Some("nothing was left to do in an execution that had to differ from all others");
        }
        let key = execution.key?;
        let mut classes = lock(&self.classes);
        let new = classes.len() >= MOST_CLASSES || classes.insert(key);
        (!new).then_some("an execution that had to differ from all others was the same as one of them")
    }

    /// Counts an execution. Returns whether to go on.
    fn count(&self, shared: &Shared, execution: &mut Execution) -> bool {
        shared.steps.fetch_add(execution.outcome.steps, Ordering::Relaxed);
        self.blocked.fetch_add((execution.led == Led::Blocked).into(), Ordering::Relaxed);
        let contradiction = self.contradiction(execution);
        if let Some(detail) = contradiction {
            execution.outcome.contradict(detail);
        }
        if execution.led == Led::Blocked && contradiction.is_none() {
            // Explored elsewhere.
            return true;
        }
        if execution.led == Led::TooLarge {
            self.cut.fetch_add(1, Ordering::Relaxed);
            shared.stop.store(true, Ordering::Relaxed);
            return true;
        }
        let number = shared.executed.fetch_add(1, Ordering::Relaxed);
        self.loses_timers.fetch_or(execution.loses_timers, Ordering::Relaxed);
        if execution.outcome.is_cut() {
            self.cut.fetch_add(1, Ordering::Relaxed);
            shared.stop.fetch_or(shared.settings.tentative, Ordering::Relaxed);
        }
        if shared.settings.tentative && shared.steps.load(Ordering::Relaxed) > TENTATIVE_STEPS {
            shared.stop.store(true, Ordering::Relaxed);
        }
        if execution.released && execution.outcome.ending != Ending::StepLimit {
            self.gave_up.fetch_add(1, Ordering::Relaxed);
        }
        #[cfg(test)]
        if let (Some(seen), Some(class)) = (&self.seen, execution.class.take()) {
            let end = super::tests::brute::ending(&execution.outcome.ending);
            lock(seen).entry(class).or_insert((end, 0)).1 += 1;
        }
        execution.outcome.enter(shared, number)
    }
}

impl Execution {
    /// Whether the region may go on before this is counted.
    fn goes_on(&self, shared: &Shared) -> bool {
        self.led != Led::TooLarge && (shared.settings.keep_going || !self.outcome.has_failed())
    }
}

impl Region {
    /// Enters what an execution in lane `number` found, as far as it is in this region.
    fn enter(
        &mut self,
        guide: &Guide,
        shadow: &mut Shadow,
        number: usize,
        mut found: Vec<Reversal>,
        execution: &mut Execution,
    ) {
        let Region { tree, task, .. } = self;
        if matches!(guide.led, Led::Astray { .. } | Led::TooLarge) {
            // Nothing that was found below holds.
            tree.grow(task, number, &[], |_| &[]);
            tree.close(task.step);
            return;
        }
        let moves = guide.moves();
        tree.grow(task, number, &moves, |index| guide.sleep(index));
        found.sort_by_key(|reversal| reversal.at);
        let depth = tree.node(Tree::ROOT).depth as usize;
        for reversal in found {
            if reversal.at <= depth && tree.part {
                execution.deferred.push(reversal);
                continue;
            }
            let mut rest = Rest::new(&guide.trace, shadow, &reversal);
            tree.insert((task.path[reversal.at], task.from(reversal.at)), &mut rest, guide.planning);
        }
        if !moves.is_empty() {
            let last = if moves.len() == 1 { task.step } else { (task.path[task.path.len() - 1], 0) };
            tree.close(last);
            tree.sweep();
        }
    }

    /// Takes note of what an execution found out about the program. Returns whether that may change what a step is.
    fn learn(&mut self, guide: &Guide, known: &Loops) -> bool {
        let asks = guide.asks && !guide.finish_apart;
        self.asks |= guide.asks;
        known.lacks(&guide.loops) && self.loops.learn(&guide.loops) || asks
    }
}

impl Berth {
    /// The first has the first execution of all.
    fn first(number: usize, planning: Planning) -> Berth {
        Berth { region: (number == 0).then(Region::first), planning, loops: Arc::default(), quota: 1 }
    }
}

/// How many lanes a worker has that goes through so many regions: those of executions that are to be entered, and others.
fn lanes_of(breadth: usize) -> usize {
    breadth * (DEFERRING + SPARE)
}

/// The lanes of a worker.
struct Desk {
    lanes: Range<usize>,
    /// For each lane, how many executions there had been when it was last used; and how many there were.
    used: Vec<u64>,
    executions: u64,
}

impl Lane {
    /// Leads an execution and looks for its races.
    fn explore(
        &mut self,
        task: &Task,
        (planning, loops): (Planning, &Loops),
        reversals: &mut Vec<Reversal>,
        shared: &Shared,
        worker: &mut Worker,
    ) -> (Outcome, Remains) {
        let Some(mut guide) = self.guide.take() else { return (Outcome::none(), Remains::Clean) };
        guide.planning = planning;
        loops.teach(&mut guide.loops);
        let prepare = |guide: &mut Guide| guide.prepare(&task.prefix, &task.moves, &task.sleep);
        let (mut guide, outcome, mut remains) = lead(shared, worker, guide, prepare);
        if !matches!(guide.led, Led::Astray { .. } | Led::TooLarge) {
            self.look_for_races(&mut guide, &task.views, reversals);
        }
        // A thread that is spoiled runs nothing more.
        if remains == Remains::Clean {
            remains = try_loop(shared, worker, &mut guide);
        }
        self.guide = Some(guide);
        (outcome, remains)
    }

    fn look_for_races(&mut self, guide: &mut Guide, views: &[View], reversals: &mut Vec<Reversal>) {
        let shadow = &mut self.shadow;
        let branch = guide.branch();
        let mut known = std::mem::take(&mut guide.races);
        let planning = guide.planning;
        // The steps that are asleep or were taken before at a node that was there, or asleep at one that is new.
        let resting = |at: usize, look: &mut dyn FnMut(&Move) -> bool| -> bool {
            match views.get(at) {
                Some(view) => view.at_rest().any(look),
                None => guide.sleep(at - branch).iter().any(look),
            }
        };
        let mut races = Races::new(&guide.trace, shadow, branch);
        races.run(&mut known, resting, |trace, shadow, reversal| {
            let mut rest = Rest::new(trace, shadow, &reversal);
            let covered = match views.get(reversal.at) {
                Some(view) => view.covers(&mut rest, planning),
                None => {
                    let asleep = guide.sleep(reversal.at - branch);
                    asleep.iter().any(|made| rest.standing_for(planning, *made) != Standing::Against)
                }
            };
            if !covered {
                reversals.push(reversal);
            }
        });
        guide.races = known;
    }
}

/// How many classes are remembered.
const MOST_CLASSES: usize = 1 << 20;
