//! One execution.
//!
//! Everything here is reused from one execution to the next on the same OS thread, so that a short test pays for
//! its steps and for nothing else.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::Place;
use super::carrier::Pool;
use super::decide::{FIRST_TICK, PATIENCE};
use super::decisions::Decisions;
use super::enabled::Enabled;
use super::identity::Registry;
use super::races::{Race, Races};
use super::record::Recorder;
use super::switch::Carrier;
use super::task::{Person, Slot};
use super::task_set::TaskSet;
use super::waiting::Waiting;
use crate::explore::Chooser;
use crate::kernel::{Object, ObjectId, Rules, TaskId, World};
use crate::memory::blocks::Kept;

/// Reasons to leave the fast path, as bits of [`Execution::flags`].
pub(crate) mod flag {
    /// Steps are recorded.
    pub(crate) const RECORDING: u32 = 1;
    /// Some task is on its way to its first declaration.
    pub(crate) const STARTING: u32 = 2;
    /// The execution is over and its tasks are being unwound.
    pub(crate) const TEARDOWN: u32 = 4;
    /// Some task panicked, so that tasks may switch in the middle of unwinding.
    pub(crate) const PANICKED: u32 = 8;
    /// A guide leads: every operation is declared and decided, and nothing ends the execution early.
    pub(crate) const GUIDED: u32 = 16;
    /// Steps of an earlier execution are followed, or decisions are named: the chooser wants to know of every step.
    pub(crate) const FOLLOWING: u32 = 32;
    /// A checked cell was used, so that the order of accesses is kept.
    pub(crate) const CELLS: u32 = 64;
}

/// Whoever runs the execution, and waits for its end. The clock has no stack, so that its slot is the driver's.
pub(crate) const DRIVER: TaskId = TaskId::CLOCK;

/// How an execution ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Every task finished, and every panic was taken by a join.
    Finished,
    /// A task panicked and nobody took the result.
    Panicked(TaskId),
    /// Nobody can step; the tasks of a cycle, if there is one, in order.
    Deadlock(Vec<TaskId>),
    /// The root returned, and others can never finish.
    Leak,
    /// Two accesses of a checked cell are not ordered.
    DataRace(Box<Race>),
    /// The step limit was reached.
    StepLimit,
    /// It needs an object that another execution uses at the moment.
    Contended(String),
    /// Its guide gave it up.
    Abandoned,
}

/// What stays the same over all executions of an exploration.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) rules: Rules,
    pub(crate) max_steps: u64,
}

/// See the module's documentation.
#[derive(Debug)]
pub(crate) struct Execution {
    pub(crate) running: TaskId,
    /// Who runs after a task that has ended, or first: the task, or [`DRIVER`] at the end. (Whoever switches names whom it switches to.)
    pub(crate) next: TaskId,
    pub(crate) flags: u32,
    pub(crate) steps: u64,
    /// The step count at which the fast path is left: that of the next check, or zero while a flag is set or a task rides.
    pub(super) next_check: u64,
    /// The step count at which calm ends: see [`super::calm`].
    pub(super) calm_until: u64,
    /// The step count at which something is to be looked after.
    pub(super) check_at: u64,
    /// Whether the running task goes on without being chosen: see [`super::rides`].
    pub(super) rides: bool,
    pub(crate) epoch: u64,
    /// By task, as are the people; what is beyond the tasks of the world is left from earlier executions.
    pub(crate) slots: Vec<Slot>,
    /// Tasks that are running or whose declared operation is enabled.
    pub(super) enabled: Enabled,
    pub(crate) world: World,
    pub(crate) chooser: Chooser,
    pub(crate) decisions: Decisions,
    /// By object; what is beyond the objects of the world is left from earlier executions.
    pub(super) waiting: Vec<Waiting>,
    /// The tasks that wait in a select.
    pub(super) selecting: TaskSet,
    /// Those who came to yield since the clock last moved.
    pub(super) yielding: TaskSet,
    pub(crate) people: Vec<Person>,
    pub(crate) registry: Registry,
    pub(crate) recorder: Recorder,
    /// Means nothing until a checked cell is used.
    pub(super) races: Races,
    pub(crate) ending: Option<Ending>,
    /// The first failure of an execution that goes on after it.
    pub(super) failed: Option<Ending>,
    /// Some task ended with a panic, of which the hook has not heard if somebody passed it on.
    pub(super) panics_ended: bool,
    pub(super) limits: Limits,
    /// A task was left behind in the middle of the panic hook: nothing may panic on this OS thread any more.
    pub(crate) spoiled: bool,
    /// How many tasks are suspended in the middle of unwinding.
    pub(crate) suspended_unwinding: u32,
    pub(crate) starting: u32,
    pub(super) clock_moved_at: u64,
    pub(super) tick: std::time::Duration,
    pub(crate) pool: Pool,
    /// What was freed in executions of this thread.
    _kept: Kept,
    /// Counted up now and then, for whoever watches whether this thread is stuck.
    pub(super) beats: Arc<AtomicU64>,
}

impl Execution {
    pub(crate) fn new(stack_size: usize, limits: Limits, beats: Arc<AtomicU64>) -> Execution {
        // The clock has a place in both lists, so that tasks index them.
        let here = std::panic::Location::caller();
        Execution {
            running: TaskId::NONE,
            next: DRIVER,
            flags: 0,
            steps: 0,
            next_check: 0,
            calm_until: 0,
            check_at: 0,
            rides: false,
            epoch: 0,
            slots: vec![Slot::new(here)],
            enabled: Enabled::new(),
            world: World::default(),
            chooser: Chooser::RoundRobin,
            decisions: Decisions::default(),
            waiting: Vec::new(),
            selecting: TaskSet::default(),
            yielding: TaskSet::default(),
            people: vec![Person::new(TaskId::NONE, 0, None, here)],
            registry: Registry::default(),
            recorder: Recorder::default(),
            races: Races::default(),
            ending: None,
            failed: None,
            panics_ended: false,
            limits,
            spoiled: false,
            suspended_unwinding: 0,
            starting: 0,
            clock_moved_at: 0,
            tick: FIRST_TICK,
            pool: Pool::new(stack_size),
            _kept: Kept,
            beats,
        }
    }

    /// Forgets the last execution and prepares the next, in which the chooser that is in place chooses.
    pub(crate) fn reset(&mut self, epoch: u64, recording: bool) {
        self.running = TaskId::NONE;
        self.next = DRIVER;
        self.flags = if recording { flag::RECORDING } else { 0 };
        self.flags |= match self.chooser {
            Chooser::Guided(_) => flag::GUIDED,
            Chooser::Follow(_)
            | Chooser::Edited(_)
            | Chooser::Steered(_)
            | Chooser::Reordered(_)
            | Chooser::Near(_) => flag::FOLLOWING,
            _ => 0,
        };
        self.steps = 0;
        self.rides = false;
        self.epoch = epoch;
        self.enabled.clear();
        self.world.reset(self.limits.rules);
        self.decisions.clear();
        self.selecting.clear();
        self.yielding.clear();
        self.registry.reset();
        self.recorder.reset();
        self.ending = None;
        self.failed = None;
        self.panics_ended = false;
        self.spoiled = false;
        self.suspended_unwinding = 0;
        self.starting = 0;
        self.clock_moved_at = 0;
        self.tick = FIRST_TICK;
        self.check_at = self.limits.max_steps.min(PATIENCE);
        self.schedule_check();
    }

    /// Executions take so many steps at most from now on, if that is fewer than before.
    pub(crate) fn limit_steps(&mut self, max_steps: u64) {
        self.limits.max_steps = self.limits.max_steps.min(max_steps);
    }

    /// Executions take so many steps at most from now on.
    pub(crate) fn set_max_steps(&mut self, max_steps: u64) {
        self.limits.max_steps = max_steps;
    }

    pub(crate) fn max_steps(&self) -> u64 {
        self.limits.max_steps
    }

    /// The tasks of this execution, the clock first.
    pub(crate) fn people(&self) -> &[Person] {
        &self.people[..self.world.tasks.len()]
    }

    /// Adds a task that has not started; it is not enabled yet.
    pub(crate) fn add_task(&mut self, parent: TaskId, name: Option<Arc<str>>, place: Place) -> TaskId {
        let id = self.world.add_task();
        if !self.enabled.make_room(self.world.tasks.len()) {
            self.schedule_check();
        }
        let ordinal = if parent == TaskId::NONE {
            0
        } else {
            let parent = &mut self.people[parent.index()];
            parent.children += 1;
            parent.children - 1
        };
        // What earlier executions left is used again.
        if let (Some(slot), Some(person)) = (self.slots.get_mut(id.index()), self.people.get_mut(id.index())) {
            slot.renew(place);
            person.renew(parent, ordinal, name, place);
        } else {
            self.slots.push(Slot::new(place));
            self.people.push(Person::new(parent, ordinal, name, place));
        }
        if self.flags & (flag::GUIDED | flag::FOLLOWING) != 0 && parent != TaskId::NONE {
            self.chooser.task_added(parent, ordinal);
        }
        id
    }

    /// Registers an object; the caller names its creator and place in the registry.
    pub(crate) fn add_object(&mut self, object: Object) -> ObjectId {
        self.add_made(|| object)
    }

    /// [`Self::add_object`] with what `make` makes, where it will stay.
    #[inline(always)]
    pub(crate) fn add_made(&mut self, make: impl FnOnce() -> Object) -> ObjectId {
        let id = self.world.add_made(make);
        match self.waiting.get_mut(id.index()) {
            Some(waiting) => waiting.clear(),
            None => self.waiting.push(Waiting::default()),
        }
        id
    }

    pub(crate) fn bind(&mut self, task: TaskId, carrier: Box<Carrier>) {
        let carrier = self.people[task.index()].carrier.insert(carrier);
        self.slots[task.index()].seat.board(carrier);
    }

    /// Ends the execution: whoever runs hands control back to the driver next, which unwinds everybody.
    pub(crate) fn end(&mut self, ending: Ending) {
        self.ending.get_or_insert(ending);
    }

    /// How it has ended.
    pub(crate) fn ending(&self) -> &Ending {
        self.ending.as_ref().unwrap_or(&Ending::Finished)
    }

    /// The running task is about to look at the clock. Whether it may be waiting for a moment to come.
    pub(crate) fn looks_again(&mut self, place: Place) -> bool {
        let (me, steps) = (self.running, self.steps_before_look());
        self.slots[me.index()].looks.again(place, steps)
    }

    /// The running task has looked at the clock.
    pub(crate) fn note_look(&mut self) {
        let (me, steps) = (self.running, self.steps_before_look());
        self.slots[me.index()].looks.done(steps);
    }

    /// What a task declares may depend on its own steps, and not on those of others in between.
    fn steps_before_look(&self) -> u64 {
        if let Chooser::Guided(guide) = &self.chooser { guide.steps_of(self.running) } else { self.steps }
    }

    /// Called by the panic hook. Returns whether the execution is recorded.
    ///
    /// # Safety
    /// `this` is the execution that the calling thread is inside of.
    pub(crate) unsafe fn note_panic(this: *mut Execution) -> bool {
        // SAFETY: as the caller says; no other reference is alive, see the module's rule.
        let execution = unsafe { &mut *this };
        execution.set_flag(flag::PANICKED);
        if let Some(person) = execution.people.get_mut(execution.running.index()) {
            person.panics += 1;
        }
        execution.flags & flag::RECORDING != 0
    }
}

impl Execution {
    /// Notes whether `task`, about to be suspended, is in the middle of unwinding.
    pub(crate) fn note_unwinding(&mut self, task: TaskId) {
        if self.is_unwinding() {
            self.slots[task.index()].unwinding = true;
            self.suspended_unwinding += 1;
        }
    }

    /// Whether the running task is unwinding.
    ///
    /// std counts panics per OS thread. While no other task is suspended in the middle of unwinding, std's answer is
    /// that of the running task. While one is, std says yes to everybody, and the task itself must have panicked too.
    ///
    /// `resume_unwind` does not call the hook: where no panic of the execution was heard of before, a task that unwinds with a payload
    /// of its own does not count, and poisons nothing. Asking std at every switch would see it, and cost 3 % of short sections.
    #[inline]
    pub(crate) fn is_unwinding(&self) -> bool {
        self.flags & (flag::PANICKED | flag::TEARDOWN) != 0 && self.is_unwinding_after_a_panic()
    }

    #[cold]
    fn is_unwinding_after_a_panic(&self) -> bool {
        std::thread::panicking()
            && (self.suspended_unwinding == 0
                || self.people[self.running.index()].panics > 0
                || self.people[self.running.index()].abandoned > 0)
    }

    /// `task` has been resumed.
    #[inline]
    pub(crate) fn unwinding_goes_on(&mut self, task: TaskId) {
        if std::mem::take(&mut self.slots[task.index()].unwinding) {
            self.suspended_unwinding -= 1;
        }
    }

    /// A task is on its way to its first declaration.
    #[inline]
    pub(crate) fn begin_starting(&mut self) {
        self.flags |= flag::STARTING;
        (self.next_check, self.calm_until) = (0, 0);
    }

    /// A task has declared its first operation, or ended without one.
    pub(crate) fn started(&mut self) {
        self.starting -= 1;
        if self.starting == 0 {
            self.clear_flag(flag::STARTING);
        }
    }

    pub(crate) fn set_flag(&mut self, flag: u32) {
        self.flags |= flag;
        self.schedule_check();
    }

    pub(crate) fn clear_flag(&mut self, flag: u32) {
        self.flags &= !flag;
        self.schedule_check();
    }

    /// Sets when the fast path has to be left next.
    pub(super) fn schedule_check(&mut self) {
        self.next_check = if self.flags == 0 && !self.rides { self.check_at } else { 0 };
        self.calm_until = if self.is_quiet() { self.check_at } else { 0 };
    }
}
