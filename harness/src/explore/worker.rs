//! One exploring OS thread: runs executions, one after the other, on the same memory. **Unsafe room**: it owns the
//! execution that everything else reaches by pointer.

use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use super::exhaustive::{Guide, Move};
use super::near::Turns;
use super::reordered::Trace as Related;
use super::replay::Parted;
use super::watchdog::Beats;
use super::{Chooser, Edited, Follow, Near, Random, Replay, Steered, Strategy};
use crate::checker::{Settings, Test};
use crate::engine::decisions::Decisions;
use crate::engine::execution::{Ending, Execution, flag};
use crate::engine::identity::{Explorer, announce};
use crate::engine::panics;
use crate::engine::record::{Step, Witness};
use crate::engine::spawn::{Birth, run_root};
use crate::engine::teardown::{Remains, tear_down};
use crate::findings::StepAccount;
use crate::findings::explain::{self, Explained};
use crate::findings::suspects::suspects;
use crate::findings::{FindingKind, shape};
use crate::kernel::Object;
use crate::seed::{Trace, fingerprint};

/// Where the decisions of an execution come from.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// From the strategy of the exploration, for this execution.
    Strategy { execution: u64 },
    /// From an earlier execution.
    Decisions(Decisions),
    /// Equivalent to an execution that was led by a guide, and took these steps.
    Steps(Vec<Move>),
    /// By the turns of tasks.
    Turns(Turns),
}

/// A recorded execution.
#[derive(Debug)]
pub(crate) struct Recorded {
    pub(crate) ending: Ending,
    pub(crate) explained: Option<Explained>,
    /// What tells the failure from others while exploring.
    pub(crate) signature: String,
    pub(crate) decisions: Decisions,
    pub(crate) steps: Vec<StepAccount>,
    /// Where a replayed schedule and the program parted.
    pub(crate) parted: Option<Parted>,
}

/// What can be seen of an execution when it has ended.
#[derive(Debug)]
pub(crate) struct Outline {
    steps: u64,
    pub(crate) decisions: Decisions,
    objects: Vec<Object>,
    time: Duration,
    ending: Ending,
}

/// See the module's documentation.
pub(crate) struct Worker {
    execution: Box<Execution>,
    explorer: Explorer,
    random: Option<Box<Random>>,
    seed: u64,
    strategy: Strategy,
    allow_leaks: bool,
    beats: Beats,
    break_at: Option<u64>,
    signature: String,
    /// Whether recorded executions are traced, and the trace of the last, with the place of every step.
    traces: bool,
    traced: (Trace, Vec<String>),
}

impl Worker {
    pub(crate) fn new(settings: &Settings, beats: Beats) -> Worker {
        panics::explore_on_this_thread();
        Worker {
            execution: Box::new(Execution::new(settings.stack_size, settings.limits(), beats.counter())),
            explorer: announce(&settings.name),
            random: None,
            seed: settings.seed,
            strategy: settings.strategy,
            allow_leaks: settings.allow_leaks,
            beats,
            break_at: settings.break_at,
            signature: String::new(),
            traces: false,
            traced: (Trace::default(), Vec::new()),
        }
    }

    fn chooser(&mut self, source: &Source) -> Chooser {
        match source {
            Source::Decisions(decisions) => Chooser::Replay(Replay::new(decisions)),
            Source::Turns(turns) => Chooser::Near(Box::new(Near::new(turns.clone()))),
            Source::Steps(steps) => Chooser::Follow(Box::new(Follow::new(steps))),
            Source::Strategy { execution } => match self.strategy {
                Strategy::RoundRobin => Chooser::RoundRobin,
                Strategy::Auto | Strategy::Random | Strategy::Exhaustive | Strategy::Bounded { .. } => {
                    let seed = self.seed;
                    let mut random = self.random.take().unwrap_or_else(|| Box::new(Random::new(seed)));
                    random.seek(*execution);
                    Chooser::Random(random)
                }
            },
        }
    }

    /// Says who chooses in the next execution.
    fn choose_by(&mut self, source: &Source) {
        // Mostly whoever chose in the last one, which is not moved about then.
        match (source, &mut self.execution.chooser) {
            (Source::Strategy { execution }, Chooser::Random(random)) => random.seek(*execution),
            _ => {
                let chooser = self.chooser(source);
                self.put_chooser(chooser);
            }
        }
    }

    /// Puts `chooser` in the place of another. Returns that, unless it is kept here for the next execution that asks for it.
    fn put_chooser(&mut self, chooser: Chooser) -> Chooser {
        match std::mem::replace(&mut self.execution.chooser, chooser) {
            Chooser::Random(random) => {
                self.random = Some(random);
                Chooser::RoundRobin
            }
            other => other,
        }
    }

    /// Runs one execution and remembers its decisions only.
    pub(crate) fn run(&mut self, test: &Test, source: &Source) -> Remains {
        self.choose_by(source);
        self.execute(test, false, |_| ())
    }

    /// Runs one execution as `guide` leads it.
    pub(crate) fn lead(&mut self, test: &Test, guide: Box<Guide>) -> (Box<Guide>, Remains) {
        let mut back = None;
        self.put_chooser(Chooser::Guided(guide));
        let remains = self.execute(test, false, |execution| {
            if let Chooser::Guided(mut guide) = std::mem::replace(&mut execution.chooser, Chooser::RoundRobin) {
                guide.complete(&execution.world, &execution.slots);
                execution.clear_flag(flag::GUIDED);
                back = Some(guide);
            }
        });
        (back.expect("a guide leads to the end"), remains)
    }

    /// Executions take so many steps at most from now on, if that is fewer than before.
    pub(crate) fn limit_steps(&mut self, max_steps: u64) {
        self.execution.limit_steps(max_steps);
    }

    /// Runs one execution that follows `edited`, and remembers its decisions only.
    pub(crate) fn edit(&mut self, test: &Test, edited: Box<Edited>) -> (Box<Edited>, Remains) {
        match self.try_out(test, Chooser::Edited(edited)) {
            (Chooser::Edited(edited), remains) => (edited, remains),
            _ => unreachable!("nobody else chooses"),
        }
    }

    /// Runs one execution of at most so many steps that `steered` leads, and remembers its decisions only.
    pub(crate) fn steer(&mut self, test: &Test, steered: Box<Steered>, max_steps: u64) -> Remains {
        let limit = self.execution.max_steps();
        self.execution.limit_steps(max_steps);
        let (_, remains) = self.try_out(test, Chooser::Steered(steered));
        self.execution.set_max_steps(limit);
        remains
    }

    /// Runs the last execution again, recorded. `look` sees it when it has ended; if it ends otherwise than before, nothing
    /// is seen.
    pub(crate) fn look_again<R: Default>(&mut self, test: &Test, look: impl FnOnce(&Execution) -> R) -> (R, Remains) {
        let chooser = Chooser::Replay(Replay::new(&self.execution.decisions));
        self.put_chooser(chooser);
        let before = self.ending().clone();
        let mut seen = None;
        let remains = self.execute(test, true, |execution| {
            seen = (*execution.ending() == before).then(|| look(execution));
        });
        (seen.unwrap_or_default(), remains)
    }

    /// Whether the last execution used more locks than one.
    pub(crate) fn uses_several_locks(&self) -> bool {
        let objects = self.execution.world.objects.iter();
        objects.filter(|object| matches!(object, Object::Mutex(_) | Object::RwLock(_))).nth(1).is_some()
    }

    /// Runs one execution in which `chooser` chooses, and remembers its decisions only. Gives the chooser back as it was at the
    /// end, before tasks were unwound.
    pub(crate) fn try_out(&mut self, test: &Test, chooser: Chooser) -> (Chooser, Remains) {
        let mut back = Chooser::RoundRobin;
        self.put_chooser(chooser);
        let remains = self.execute(test, false, |execution| {
            back = std::mem::replace(&mut execution.chooser, Chooser::RoundRobin);
            execution.clear_flag(flag::FOLLOWING);
        });
        (back, remains)
    }

    /// Runs the schedule of `decisions` again and notes what its steps have to do with each other, if they are at most so many.
    pub(crate) fn relate(&mut self, test: &Test, decisions: &Decisions, most: usize) -> (Option<Related>, Remains) {
        let mut trace = None;
        self.put_chooser(Chooser::Replay(Replay::new(decisions)));
        let remains = self.execute(test, true, |execution| {
            trace = (execution.recorder.steps.len() <= most).then(|| Related::of(execution));
        });
        (trace, remains)
    }

    /// Runs one execution that takes these turns. Returns the shape of the failure, if it fails.
    pub(crate) fn take_turns(&mut self, test: &Test, turns: &Turns) -> (Option<String>, Remains) {
        let allow_leaks = self.allow_leaks;
        let mut shape = None;
        self.choose_by(&Source::Turns(turns.clone()));
        let remains = self.execute(test, false, |execution| {
            shape = shape::shape(execution, execution.ending(), allow_leaks);
        });
        (shape, remains)
    }

    /// Runs one execution, and records what every step was and where, besides what [`record`](Worker::record) does.
    pub(crate) fn trace(&mut self, test: &Test, source: &Source) -> (Recorded, Trace, Vec<String>, Remains) {
        self.traces = true;
        let (recorded, remains) = self.record(test, source, None);
        let (trace, places) = std::mem::take(&mut self.traced);
        self.traces = false;
        (recorded, trace, places, remains)
    }

    /// Runs one execution and records everything.
    pub(crate) fn record(
        &mut self,
        test: &Test,
        source: &Source,
        witness: Option<&Arc<Witness>>,
    ) -> (Recorded, Remains) {
        self.choose_by(source);
        let allow_leaks = self.allow_leaks;
        let (mut explained, mut steps) = (None, Vec::new());
        let (traces, mut traced) = (self.traces, (Trace::default(), Vec::new()));
        self.execution.recorder.watch(witness.cloned());
        self.execution.recorder.break_at(self.break_at);
        let remains = self.execute(test, true, |execution| {
            explained = explain::explain(execution, execution.ending(), allow_leaks);
            steps = explain::steps(execution);
            if traces {
                let recorded = execution.recorder.steps.iter().zip(&steps);
                let marked = recorded.filter(|(step, _)| fingerprint::has_one(&step.op));
                traced = (Trace::of(execution), marked.map(|(_, account)| account.place.clone()).collect());
            }
        });
        self.traced = traced;
        self.execution.recorder.watch(None);
        let parted = match self.put_chooser(Chooser::RoundRobin) {
            Chooser::Replay(replay) => replay.outcome(),
            _ => None,
        };
        let (ending, signature) = (self.ending().clone(), self.signature.clone());
        let decisions = self.execution.decisions.clone();
        (Recorded { ending, explained, signature, decisions, steps, parted }, remains)
    }

    /// What can be seen of the last execution now that it has ended, for little.
    pub(crate) fn outline(&self) -> Outline {
        let execution = &self.execution;
        Outline {
            steps: execution.steps,
            decisions: execution.decisions.clone(),
            objects: execution.world.objects.clone(),
            time: execution.world.time.now,
            ending: self.ending().clone(),
        }
    }

    /// Whether that is the same as `outline`.
    pub(crate) fn is_like(&self, outline: &Outline) -> bool {
        let execution = &self.execution;
        execution.steps == outline.steps
            && execution.decisions == outline.decisions
            && execution.world.objects == outline.objects
            && execution.world.time.now == outline.time
            && *self.ending() == outline.ending
    }

    /// Runs one execution, and keeps its steps as they are.
    pub(crate) fn keep_steps(&mut self, test: &Test, source: &Source) -> (Vec<Step>, Remains) {
        self.choose_by(source);
        let mut steps = Vec::new();
        let remains = self.execute(test, true, |execution| {
            steps = std::mem::take(&mut execution.recorder.steps);
        });
        (steps, remains)
    }

    /// Runs one execution in which the chooser that is in place chooses; `look` sees it when it has ended, before its tasks are unwound.
    fn execute(&mut self, test: &Test, recording: bool, look: impl FnOnce(&mut Execution)) -> Remains {
        let this: *mut Execution = &raw mut *self.execution;
        let birth = Birth { name: None, place: Location::caller() };
        let body = || {
            test();
            None
        };
        // SAFETY: the execution is boxed and owned by this worker, which does nothing else with it until the
        // execution is over; everything inside reaches it by the current pointer, which is null again afterwards.
        unsafe {
            (*this).reset(self.explorer.begin(), recording);
            crate::engine::set_current(this);
            self.beats.enter_user_code();
            run_root(this, birth, body);
            self.beats.leave_user_code();
            (*this).end(Ending::Finished);
            self.signature.clear();
            if let Some(kind) = explain::kind_of((*this).ending(), self.allow_leaks) {
                self.signature = explain::signature(&*this, kind);
            }
            look(&mut *this);
            // Destructors are the user's, too.
            self.beats.enter_user_code();
            let remains = tear_down(this);
            self.beats.leave_user_code();
            crate::engine::set_current(std::ptr::null_mut());
            self.explorer.end();
            remains
        }
    }

    /// How the last execution ended.
    pub(crate) fn ending(&self) -> &Ending {
        self.execution.ending()
    }

    /// Whether the last execution ended because another, or an ordinary thread, uses what it needs.
    pub(crate) fn was_contended(&self) -> bool {
        matches!(self.ending(), Ending::Contended(_))
    }

    pub(crate) fn decisions(&self) -> &Decisions {
        &self.execution.decisions
    }

    pub(crate) fn steps(&self) -> u64 {
        self.execution.steps
    }

    /// The kind of failure that the last execution was, if it failed.
    pub(crate) fn kind(&self) -> Option<FindingKind> {
        explain::kind_of(self.ending(), self.allow_leaks)
    }

    /// What tells the failure of the last execution from others.
    pub(crate) fn signature(&self) -> &str {
        &self.signature
    }

    /// The worker explores no more. If its thread is spoiled, its memory is lost: coroutines are left in it.
    pub(crate) fn retire(self, spoiled: bool) {
        self.explorer.retire();
        if spoiled {
            std::mem::forget(self.execution);
        }
    }
}

impl Recorded {
    /// The first step that differs between two runs of one schedule, with both sides.
    pub(crate) fn difference(&self, other: &Recorded) -> Option<String> {
        let text = |step: &StepAccount| format!("{}: {} at {}", step.task, step.what, step.place);
        let same = |a: &StepAccount, b: &StepAccount| a == b;
        let pairs = self.steps.iter().zip(&other.steps);
        if let Some((a, b)) = pairs.clone().find(|(a, b)| !same(a, b)) {
            let (first, second) = (text(a), text(b));
            let look = suspects(Some(a), Some(b));
            let number = a.number;
            return Some(format!("step {number} is `{first}` in the first run and `{second}` in the second: {look}"));
        }
        let (ours, theirs) = (self.steps.len(), other.steps.len());
        if ours != theirs {
            let longer = if ours > theirs { &self.steps } else { &other.steps };
            let next = longer.get(ours.min(theirs)).map(text).unwrap_or_default();
            let which = if ours > theirs { "second" } else { "first" };
            let (both, look) = (ours.min(theirs), suspects(None, longer.get(ours.min(theirs))));
            return Some(format!("the {which} run ends after {both} steps, the other goes on with `{next}`: {look}"));
        }
        (self.ending != other.ending || other.parted.is_some())
            .then(|| "all steps are the same, but they end in different ways".to_owned())
    }

    /// A hash of every step, mixed with the number of the execution so that it can be added to those of others.
    pub(crate) fn hash(&self, execution: u64) -> u64 {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ execution.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut mix = |text: &str| {
            for byte in text.bytes().chain([0xff]) {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        };
        for step in &self.steps {
            mix(&step.task);
            mix(&step.what);
            mix(&step.place);
        }
        hash ^ hash >> 29
    }
}
