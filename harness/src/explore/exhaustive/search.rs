//! An exhaustive exploration, by several workers.
//!
//! It goes in rounds. In each, every region of the tree (`region.rs`) is explored for a while by one worker, who shares nothing with
//! the others meanwhile: up to [`EPISODE`] executions, each along a plan that was taken from the region's own tree. Between
//! rounds one worker enters what they found above their regions, and makes new ones: see `boundary.rs`. All of it in the order of the
//! regions. Who explored which makes no difference, so that any number of workers explores the same
//! executions in the same order.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use rustc_hash::FxHashSet;
use smallvec::SmallVec;

use super::checkpoint::CheckpointError;
use super::estimate::Estimate;
use super::guide::{Guide, Led};
use super::lane::Lane;
use super::loops::Loops;
use super::region::{Berth, Execution};
use super::resume::{self, Saving};
use super::survey::{Key, class_of};
use super::tree::{Planning, Tree};
use crate::checker::{Settings, counted};
use crate::engine::teardown::Remains;
use crate::explore::exploration::{Pulse, Shared, forget_failures, lock};
use crate::explore::led::Outcome;
use crate::explore::rounds::Rounds;
use crate::explore::systematic::note_cut;
use crate::explore::worker::Worker;
use crate::kernel::Clock;

/// How many regions are explored at a time at most. The order of exploration depends on it, the number of workers does not.
const BREADTH: usize = 16;

/// How many executions a region has in a round at most.
const EPISODE: u64 = 64;

/// After how many executions that found something above it a region waits for the end of the round.
const DEFERRING: usize = 8;

/// How many times more lanes a worker has than a round has executions, at least: a lane that is free may have been where an
/// execution begins, and then need not look at all of its steps again.
const SPARE: usize = 3;

/// How many free lanes that were used before are enough to take one of them again, rather than a new one whose memory was never
/// touched: a short exploration would touch that of all.
const WARM: usize = 8;

/// How far up from the node where an execution begins a lane is looked for that was there.
const NEAR: usize = 8;

/// How many moves the plans may have together: 16 bytes each.
const MAX_PLANNED_MOVES: usize = 50_000_000;

/// How many tasks an execution may have in an exploration that is only a try: what is noted of a step has a number for each.
const TENTATIVE_TASKS: usize = 64;

/// What the workers share.
#[derive(Debug)]
pub(crate) struct Search {
    /// Whoever ends a round has it, and nobody else: lanes show what they need of it.
    pub(super) tree: Mutex<Tree>,
    /// The executions of the rounds that are under way.
    pub(super) berths: Vec<Mutex<Berth>>,
    /// The lanes of all workers, each with whether what was found in it is still to be entered. A lane is never used by another
    /// worker: what is in it would have to be carried from one processor to the other.
    pub(super) lanes: Vec<Mutex<Lane>>,
    pub(super) taken: Vec<AtomicBool>,
    /// Whose lanes nobody uses: of the first worker, of the second, …
    homes: Mutex<Vec<usize>>,
    rounds: Rounds,
    clock: Clock,
    /// How many tasks an execution may have.
    max_tasks: usize,
    /// How many regions there are at most, and how many executions each has in a round.
    pub(super) breadth: usize,
    pub(super) episode: u64,
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
    pub(super) max_planned_moves: usize,
    /// The classes that were executed: see [`Search::contradiction`].
    pub(super) classes: Mutex<FxHashSet<Key>>,
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
        let workers = settings.workers.max(1);
        let count = workers * lanes_of(breadth);
        Search {
            tree: Mutex::new(Tree::new()),
            berths: (0..breadth).map(|berth| Mutex::new(Berth::first(berth, planning))).collect(),
            lanes: (0..count).map(|_| Mutex::default()).collect(),
            taken: (0..count).map(|_| AtomicBool::new(false)).collect(),
            homes: Mutex::new((0..workers).rev().collect()),
            rounds: Rounds::new(),
            clock: settings.clock,
            max_tasks,
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
        let walker = self.rounds.join();
        let spoiled = loop {
            let Some(turn) = self.rounds.begin(walker) else { break false };
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
        let used = |lane: &usize| desk.used[lane - first];
        let far = || {
            let mut free: SmallVec<[usize; 32]> = desk.lanes.clone().filter(is_free).collect();
            if free.iter().filter(|lane| used(lane) > 0).count() >= WARM {
                free.retain(|lane| used(lane) > 0);
            }
            free.into_iter().min_by_key(used)
        };
        let lane = near.or_else(far).expect("there are more lanes than are used");
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
            lane.guide.get_or_insert_with(|| self.new_guide(*planning));
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

    /// For a lane that is used for the first time: most explorations are over before they need all lanes.
    #[cold]
    fn new_guide(&self, planning: Planning) -> Box<Guide> {
        let mut guide = Box::new(Guide::new(self.clock, planning));
        guide.max_tasks = self.max_tasks;
        guide.finish_apart = self.finish_apart.load(Ordering::Relaxed);
        guide
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

    /// Forgets everything but what is known about the program: what is a step has changed.
    pub(super) fn start_again(&self, shared: &Shared, course: &mut Course) {
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

    pub(super) fn planning(&self) -> Planning {
        if self.single_steps.load(Ordering::Relaxed) { Planning::Steps } else { Planning::Sequences }
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
