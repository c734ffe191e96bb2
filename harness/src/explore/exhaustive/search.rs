//! An exhaustive exploration, by several workers.
//!
//! It goes in rounds. In each, up to [`LANES`] executions are led, each along a plan that was taken from the tree, and
//! their races are looked for. When all are through, what they found is entered into the tree in the order in which they were
//! taken from it. Two rounds are under way at a time, so that nobody waits while one is entered: the second was taken
//! from the tree before the first was entered. Who ran what makes no difference, so that any number of workers explores the
//! same executions in the same order. Nor does the limit of schedules: a round that it cuts short goes on from its
//! checkpoint (see `resume`) with the rest of the round.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use rustc_hash::FxHashSet;
use smallvec::SmallVec;

use super::checkpoint::CheckpointError;
use super::estimate::Estimate;
use super::guide::{Guide, Led};
use super::loops::{Loops, try_loop};
use super::moves::Move;
use super::races::{Rest, Reversal, Search as Races, Standing};
use super::resume::{self, Gate, Saving};
use super::shadow::Shadow;
use super::survey::{Key, class_of};
use super::tree::{Planning, Step, Task, Tree, View};
use crate::checker::{Settings, counted};
use crate::engine::execution::Ending;
use crate::engine::teardown::Remains;
use crate::explore::exploration::{Pulse, Shared, forget_failures, lock};
use crate::explore::led::{Outcome, lead};
use crate::explore::rounds::{Begin, Rounds, Walker};
use crate::explore::systematic::note_cut;
use crate::explore::worker::Worker;

/// How many executions a round has at most. The order of exploration depends on it, the number of workers does not.
const LANES: usize = 16;

/// How many rounds are under way at a time.
const ROUNDS: usize = 2;

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
    /// How many executions a round has at most.
    breadth: usize,
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

/// What is being explored, and what comes next.
#[derive(Debug, Default)]
pub(super) struct Course {
    /// The rounds that are under way, the oldest first, with the berths of their executions.
    running: VecDeque<(Vec<Step>, Vec<usize>)>,
    /// What was taken from the tree for the rounds after those, which are not to begin: the limit of schedules is reached, or the
    /// time is up. Of the last round that is under way the first has the rest, if `cut` says so.
    pub(super) waiting: VecDeque<VecDeque<Step>>,
    cut: bool,
    /// Everything is to be forgotten when nothing is under way any more.
    start_again: bool,
    pub(super) loops: Arc<Loops>,
}

impl Course {
    /// The first round has the first execution.
    fn begin() -> Course {
        let first = (vec![Tree::FIRST], vec![0]);
        Course { running: VecDeque::from([first]), ..Course::default() }
    }

    /// The rounds that have begun and not been entered, and those that are waiting.
    pub(super) fn rounds(&self) -> Vec<Vec<Step>> {
        let mut rounds: Vec<Vec<Step>> = self.running.iter().map(|(steps, _)| steps.clone()).collect();
        let mut waiting = self.waiting.iter();
        if self.cut
            && let (Some(last), Some(rest)) = (rounds.last_mut(), waiting.next())
        {
            last.extend(rest);
        }
        rounds.extend(waiting.map(|round| round.iter().copied().collect()));
        rounds
    }

    /// How many rounds were taken from the tree and not been entered.
    fn taken(&self) -> usize {
        self.running.len() + self.waiting.len() - usize::from(self.cut)
    }
}

/// The classes that were executed, with how each ended and how often it was executed.
#[cfg(test)]
pub(crate) type Seen = std::sync::Arc<Mutex<std::collections::BTreeMap<super::tests::brute::Class, (String, u32)>>>;

/// An execution of a round: what it is to do, and what came of it.
#[derive(Debug)]
struct Berth {
    task: Task,
    planning: Planning,
    loops: Arc<Loops>,
    /// The lanes that were last near to where it begins, the nearest first.
    near: SmallVec<[u32; NEAR]>,
    /// In which lane it was executed.
    lane: usize,
    reversals: Vec<Reversal>,
    outcome: Outcome,
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
        let mut search = Search::with(settings, LANES, MAX_PLANNED_MOVES);
        search.open_checkpoint(settings)?;
        Ok(search)
    }

    /// With so many lanes, and so many planned moves at most.
    pub(crate) fn with(settings: &Settings, lanes: usize, max_planned_moves: usize) -> Search {
        let planning = if max_planned_moves == 0 { Planning::Steps } else { Planning::Sequences };
        let max_tasks = if settings.tentative { TENTATIVE_TASKS } else { usize::MAX };
        let guide = || {
            let mut guide = Box::new(Guide::new(settings.clock, planning));
            guide.max_tasks = max_tasks;
            guide
        };
        let workers = settings.workers.max(1);
        let count = workers * lanes * SPARE;
        Search {
            tree: Mutex::new(Tree::new()),
            berths: (0..lanes * ROUNDS).map(|_| Mutex::new(Berth::first(planning))).collect(),
            lanes: (0..count).map(|_| Mutex::new(Lane { guide: Some(guide()), shadow: Shadow::default() })).collect(),
            taken: (0..count).map(|_| AtomicBool::new(false)).collect(),
            homes: Mutex::new((0..workers).rev().collect()),
            rounds: Rounds::new(),
            breadth: lanes,
            course: Mutex::new(Course::begin()),
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
        let count = self.breadth * SPARE;
        let mut desk = Desk { lanes: home * count..(home + 1) * count, used: vec![0; count], executions: 0 };
        let spoiled = loop {
            let Some(turn) = self.rounds.begin(Walker(home)) else { break false };
            pulse.execution.store(turn.lane as u64, Ordering::Relaxed);
            let remains = {
                let berth = &mut *lock(&self.berths[turn.lane]);
                berth.lane = self.find_lane(&mut desk, &berth.near);
                lock(&self.lanes[berth.lane]).explore(berth, shared, worker)
            };
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

    /// Enters what was found in the `berths` of a round. Returns those of the rounds that are to begin; `None` if it is over.
    fn end_round(&self, shared: &Shared, berths: &[usize]) -> Option<Vec<Vec<Begin>>> {
        let mut course = lock(&self.course);
        course.running.pop_front();
        match self.pass_gate(shared, &mut course) {
            Gate::Refused => return None,
            Gate::Resumed => {}
            Gate::Enter if course.start_again => {}
            Gate::Enter => {
                course.start_again = self.learn(&mut course, berths);
                let mut tree = lock(&self.tree);
                for berth in berths.iter().filter(|_| !course.start_again) {
                    if !self.enter(shared, &mut tree, &mut lock(&self.berths[*berth])) {
                        self.end_checkpoint();
                        return None;
                    }
                }
            }
        }
        for berth in berths {
            self.taken[lock(&self.berths[*berth]).lane].store(false, Ordering::Release);
        }
        if course.start_again {
            // What is under way still needs the tree as it is.
            if !course.running.is_empty() {
                return Some(Vec::new());
            }
            self.start_again(shared, &mut course);
            return Some(vec![vec![(0, None)]]);
        }
        let mut tree = lock(&self.tree);
        course.cut &= !course.running.is_empty();
        while course.taken() < ROUNDS {
            if tree.planned_moves > self.max_planned_moves {
                self.single_steps.store(true, Ordering::Relaxed);
            }
            // A whole round, whatever the limit: what is explored when must not depend on it.
            let round: VecDeque<Step> = std::iter::from_fn(|| tree.next()).take(self.breadth).collect();
            if round.is_empty() {
                break;
            }
            course.waiting.push_back(round);
        }
        let begin = self.begin_rounds(shared, &tree, &mut course);
        let over = course.running.is_empty();
        self.settle(shared, &tree, &course, over);
        if over {
            let left_out = self.cut.load(Ordering::Relaxed)
                + self.gave_up.load(Ordering::Relaxed)
                + u64::from(self.loses_timers.load(Ordering::Relaxed));
            shared.complete.store(tree.is_finished() && left_out == 0, Ordering::Relaxed);
            return None;
        }
        Some(begin)
    }

    /// Finds berths for what is waiting, as far as it may begin. Returns them by round.
    fn begin_rounds(&self, shared: &Shared, tree: &Tree, course: &mut Course) -> Vec<Vec<Begin>> {
        let mut rounds = Vec::new();
        let busy: Vec<usize> = course.running.iter().flat_map(|(_, berths)| berths).copied().collect();
        let mut free = (0..self.berths.len()).filter(|berth| !busy.contains(berth));
        let executed = shared.executed.load(Ordering::Relaxed) + busy.len() as u64;
        let mut left = shared.limit.load(Ordering::Relaxed).saturating_sub(executed);
        while left > 0
            && !shared.stop.load(Ordering::Relaxed)
            && let Some(mut steps) = course.waiting.pop_front()
        {
            let rest = steps.split_off(steps.len().min(usize::try_from(left).unwrap_or(usize::MAX)));
            left -= steps.len() as u64;
            let berths: Vec<usize> = free.by_ref().take(steps.len()).collect();
            let begin = |(berth, step): (&usize, &Step)| (*berth, self.occupy(tree, &course.loops, *berth, *step));
            rounds.push(berths.iter().zip(&steps).map(begin).collect());
            course.running.push_back((steps.into(), berths));
            if !rest.is_empty() {
                course.waiting.push_front(rest);
                course.cut = true;
                break;
            }
        }
        rounds
    }

    /// Makes the execution in a berth that of `step`. Returns who was last near to where it begins.
    fn occupy(&self, tree: &Tree, loops: &Arc<Loops>, berth: usize, step: Step) -> Option<Walker> {
        let mut berth = lock(&self.berths[berth]);
        tree.load(step, &mut berth.task);
        berth.planning = self.planning();
        if !Arc::ptr_eq(&berth.loops, loops) {
            berth.loops = Arc::clone(loops);
        }
        berth.near.clear();
        berth.near.extend(tree.lanes(step.0).take(NEAR));
        berth.near.first().map(|lane| Walker(*lane as usize / (self.breadth * SPARE)))
    }

    /// Takes note of what was found out about the program in `berths`. Returns whether that changes what a step is.
    fn learn(&self, course: &mut Course, berths: &[usize]) -> bool {
        let mut changed = false;
        for berth in berths {
            let lane = lock(&self.lanes[lock(&self.berths[*berth]).lane]);
            let Some(guide) = &lane.guide else { continue };
            changed |= guide.asks && !self.finish_apart.swap(guide.asks, Ordering::Relaxed);
            if course.loops.lacks(&guide.loops) {
                changed |= Arc::make_mut(&mut course.loops).learn(&guide.loops);
            }
        }
        changed
    }

    /// Forgets everything but what is known about the program: what is a step has changed.
    fn start_again(&self, shared: &Shared, course: &mut Course) {
        let loops = std::mem::take(&mut course.loops);
        *course = Course { loops, ..Course::begin() };
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
        for berth in &self.berths {
            *lock(berth) = Berth { loops: Arc::clone(loops), ..Berth::first(self.planning()) };
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
        let lane = lock(&self.lanes[berth.lane]);
        lane.guide.as_ref().map_or(0, |guide| resume::fingerprint(guide, &berth.outcome.ending, allow_leaks))
    }

    fn planning(&self) -> Planning {
        if self.single_steps.load(Ordering::Relaxed) { Planning::Steps } else { Planning::Sequences }
    }

    /// What contradicts that exploration is optimal: an execution came to a state in which all that could be done is asleep (with
    /// single steps it may), or a class was executed twice. Looked for in debug builds, and only the first classes are
    /// remembered, so that memory stays small.
    fn contradiction(&self, guide: &Guide, outcome: &Outcome) -> Option<&'static str> {
        if !cfg!(debug_assertions) {
            return None;
        }
        let single_steps = guide.planning == Planning::Steps || self.single_steps.load(Ordering::Relaxed);
        if guide.led == Led::Blocked && !single_steps {
            return Some("nothing was left to do in an execution that had to differ from all others");
        }
        if guide.led != Led::ToTheEnd || outcome.is_cut() || guide.released || guide.sees_addresses {
            return None;
        }
        let mut classes = lock(&self.classes);
        let new = classes.len() >= MOST_CLASSES || classes.insert(class_of(&guide.trace));
        (!new).then_some("an execution that had to differ from all others was the same as one of them")
    }

    /// Enters what an execution found. Returns whether to go on.
    fn enter(&self, shared: &Shared, tree: &mut Tree, berth: &mut Berth) -> bool {
        let lane = &mut *lock(&self.lanes[berth.lane]);
        let Some(guide) = &lane.guide else { return true };
        shared.steps.fetch_add(berth.outcome.steps, Ordering::Relaxed);
        self.blocked.fetch_add((guide.led == Led::Blocked).into(), Ordering::Relaxed);
        let contradiction = self.contradiction(guide, &berth.outcome);
        if let Some(detail) = contradiction {
            berth.outcome.contradict(detail);
        }
        if guide.led == Led::Blocked && contradiction.is_none() {
            // Explored elsewhere.
        } else if guide.led == Led::TooLarge {
            self.cut.fetch_add(1, Ordering::Relaxed);
            shared.stop.store(true, Ordering::Relaxed);
        } else {
            let execution = shared.executed.fetch_add(1, Ordering::Relaxed);
            if guide.planning == Planning::Steps && guide.trace.has_timers() {
                self.loses_timers.store(true, Ordering::Relaxed);
            }
            if berth.outcome.is_cut() {
                self.cut.fetch_add(1, Ordering::Relaxed);
                shared.stop.fetch_or(shared.settings.tentative, Ordering::Relaxed);
            }
            if shared.settings.tentative && shared.steps.load(Ordering::Relaxed) > TENTATIVE_STEPS {
                shared.stop.store(true, Ordering::Relaxed);
            }
            if guide.released && berth.outcome.ending != Ending::StepLimit {
                self.gave_up.fetch_add(1, Ordering::Relaxed);
            }
            #[cfg(test)]
            if let Some(seen) = &self.seen {
                let end = super::tests::brute::ending(&berth.outcome.ending);
                lock(seen).entry(super::tests::brute::class_of(&guide.trace)).or_insert((end, 0)).1 += 1;
            }
            if !berth.outcome.enter(shared, execution) {
                return false;
            }
        }
        let task = &mut berth.task;
        if matches!(guide.led, Led::Astray { .. } | Led::TooLarge) {
            // Nothing that was found below holds.
            tree.grow(task, berth.lane, &[], |_| &[]);
            // If that was the first execution of all, there is no edge yet.
            if !tree.node(Tree::ROOT).edges.is_empty() {
                tree.close(task.step);
            }
            return true;
        }
        let moves = guide.moves();
        tree.grow(task, berth.lane, &moves, |index| guide.sleep(index));
        berth.reversals.sort_by_key(|reversal| reversal.at);
        for reversal in berth.reversals.drain(..) {
            let mut rest = Rest::new(&guide.trace, &mut lane.shadow, &reversal);
            tree.insert((task.path[reversal.at], task.from(reversal.at)), &mut rest, guide.planning);
        }
        if !moves.is_empty() {
            let last = if moves.len() == 1 { task.step } else { (task.path[task.path.len() - 1], 0) };
            tree.close(last);
            tree.sweep();
        }
        true
    }
}

impl Berth {
    /// Of the first execution of all.
    fn first(planning: Planning) -> Berth {
        Berth {
            task: Task::default(),
            planning,
            loops: Arc::default(),
            near: SmallVec::new(),
            lane: 0,
            reversals: Vec::new(),
            outcome: Outcome::none(),
        }
    }
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
    fn explore(&mut self, berth: &mut Berth, shared: &Shared, worker: &mut Worker) -> Remains {
        let Some(mut guide) = self.guide.take() else { return Remains::Clean };
        guide.planning = berth.planning;
        berth.loops.teach(&mut guide.loops);
        let task = &berth.task;
        let prepare = |guide: &mut Guide| guide.prepare(&task.prefix, &task.moves, &task.sleep);
        let (mut guide, outcome, mut remains) = lead(shared, worker, guide, prepare);
        berth.outcome = outcome;
        berth.reversals.clear();
        if !matches!(guide.led, Led::Astray { .. } | Led::TooLarge) {
            self.look_for_races(&mut guide, &task.views, &mut berth.reversals);
        }
        // A thread that is spoiled runs nothing more.
        if remains == Remains::Clean {
            remains = try_loop(shared, worker, &mut guide);
        }
        self.guide = Some(guide);
        remains
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
