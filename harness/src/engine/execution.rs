//! One execution: the step loop.
//!
//! Everything here is reused from one execution to the next on the same OS thread, so that a short test pays for
//! its steps and for nothing else.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Place;
use super::carrier::{Back, Carrier, Pool};
use super::decisions::Decisions;
use super::identity::Registry;
use super::locals::Locals;
use super::panics::PanicNote;
use super::record::Recorder;
use crate::explore::{Choices, Chooser};
use crate::kernel::{Clock, Object, ObjectId, Op, Outcome, Rules, TaskId, World};
use crate::kernel::{channel, clock, condvar, life, mutex, once, rendezvous, rwlock, semaphore};

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
}

/// A task is not among the enabled ones.
const ABSENT: u32 = u32::MAX;

/// After how many steps without movement the idle clock may move although tasks can step: whatever they spin on
/// may wait for time to pass.
const PATIENCE: u64 = 10_000;

/// The first tick of a clock that is only looked at; each one in a row is twice as long.
const FIRST_TICK: std::time::Duration = std::time::Duration::from_micros(1);

/// Where a waiting task is listed, so that it is re-evaluated when that changes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum List {
    None,
    Object(ObjectId),
    Task(TaskId),
}

/// The part of a task that every switch touches.
#[derive(Debug)]
pub(crate) struct Slot {
    /// What the task is about to do, while it is suspended.
    pub(crate) pending: Op,
    pub(crate) place: Place,
    back: *const Back,
    carrier: *mut Carrier,
    /// Its index in `enabled`, or [`ABSENT`].
    position: u32,
    list: List,
    previous: TaskId,
    next: TaskId,
    /// The task that spawned this one and waits for its first declaration.
    pub(crate) return_to: TaskId,
    spinning: bool,
    pub(crate) unwinding: bool,
    /// How many tasks wait for it to finish are listed from here.
    joiners: TaskId,
    /// The step count when it last looked at the clock.
    looked_at: u64,
}

/// The part of a task that people and the vocabulary know.
#[derive(Debug)]
pub(crate) struct Person {
    pub(crate) parent: TaskId,
    /// Its index among the children of its parent.
    pub(crate) ordinal: u32,
    pub(crate) children: u32,
    pub(crate) name: Option<Arc<str>>,
    /// Where it was spawned.
    pub(crate) place: Place,
    pub(crate) locals: Locals,
    pub(crate) panic: Option<PanicNote>,
    /// Somebody took the result.
    pub(crate) joined: bool,
    /// Nobody can take the result any more.
    pub(crate) detached: bool,
    /// Its carrier, while it has not ended.
    pub(crate) carrier: Option<Box<Carrier>>,
    /// How often it panicked, caught or not.
    pub(crate) panics: u32,
    /// How often it was asked to unwind while the execution was torn down.
    pub(crate) abandoned: u32,
}

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
    /// The step limit was reached.
    StepLimit,
    /// The schedule that was to be replayed does not fit the program; the step and the reason.
    Diverged { step: u64, reason: String },
    /// It needs an object that another execution uses at the moment.
    Contended(String),
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
    /// The task that the driver resumes next, or none at the end.
    pub(crate) next: TaskId,
    pub(crate) flags: u32,
    /// How many tasks among the enabled ones offer the processor.
    spinning: u32,
    pub(crate) steps: u64,
    /// The step count at which something is to be looked after.
    next_check: u64,
    pub(crate) epoch: u64,
    pub(crate) slots: Vec<Slot>,
    /// Tasks that are running or whose declared operation is enabled.
    enabled: Vec<TaskId>,
    pub(crate) world: World,
    pub(crate) chooser: Chooser,
    pub(crate) decisions: Decisions,
    /// The first task that waits for each object.
    waiters: Vec<TaskId>,
    pub(crate) people: Vec<Person>,
    pub(crate) registry: Registry,
    pub(crate) recorder: Recorder,
    pub(crate) ending: Option<Ending>,
    limits: Limits,
    /// How many tasks are suspended in the middle of unwinding.
    pub(crate) suspended_unwinding: u32,
    pub(crate) starting: u32,
    clock_moved_at: u64,
    tick: std::time::Duration,
    pub(crate) pool: Pool,
    /// Counted up now and then, for whoever watches whether this thread is stuck.
    beats: Arc<AtomicU64>,
}

impl Execution {
    pub(crate) fn new(stack_size: usize, limits: Limits, beats: Arc<AtomicU64>) -> Execution {
        Execution {
            running: TaskId::NONE,
            next: TaskId::NONE,
            flags: 0,
            spinning: 0,
            steps: 0,
            next_check: 0,
            epoch: 0,
            slots: Vec::new(),
            enabled: Vec::new(),
            world: World::default(),
            chooser: Chooser::RoundRobin,
            decisions: Decisions::default(),
            waiters: Vec::new(),
            people: Vec::new(),
            registry: Registry::default(),
            recorder: Recorder::default(),
            ending: None,
            limits,
            suspended_unwinding: 0,
            starting: 0,
            clock_moved_at: 0,
            tick: FIRST_TICK,
            pool: Pool::new(stack_size),
            beats,
        }
    }

    /// Forgets the last execution and prepares the next.
    pub(crate) fn reset(&mut self, epoch: u64, chooser: Chooser, recording: bool) {
        self.running = TaskId::NONE;
        self.next = TaskId::NONE;
        self.flags = if recording { flag::RECORDING } else { 0 };
        self.spinning = 0;
        self.steps = 0;
        self.epoch = epoch;
        self.slots.clear();
        self.enabled.clear();
        self.world.reset(self.limits.rules);
        self.chooser = chooser;
        self.decisions.clear();
        self.waiters.clear();
        self.people.clear();
        self.registry.reset();
        self.recorder.reset();
        self.ending = None;
        self.suspended_unwinding = 0;
        self.starting = 0;
        self.clock_moved_at = 0;
        self.tick = FIRST_TICK;
        self.schedule_check();
        // The clock has a place in both lists, so that tasks index them.
        let here = std::panic::Location::caller();
        self.slots.push(Slot::new(here));
        self.people.push(Person::new(TaskId::NONE, 0, None, here));
    }

    fn schedule_check(&mut self) {
        self.next_check = self.limits.max_steps.min(self.steps + PATIENCE);
    }

    pub(crate) fn rules(&self) -> Rules {
        self.limits.rules
    }

    pub(crate) fn max_steps(&self) -> u64 {
        self.limits.max_steps
    }

    /// Adds a task that has not started; it is not enabled yet.
    pub(crate) fn add_task(&mut self, parent: TaskId, name: Option<Arc<str>>, place: Place) -> TaskId {
        let id = self.world.add_task();
        let ordinal = if parent == TaskId::NONE {
            0
        } else {
            let parent = &mut self.people[parent.index()];
            parent.children += 1;
            parent.children - 1
        };
        self.slots.push(Slot::new(place));
        self.people.push(Person::new(parent, ordinal, name, place));
        id
    }

    /// Registers an object; the caller names its creator and place in the registry.
    pub(crate) fn add_object(&mut self, object: Object) -> ObjectId {
        self.waiters.push(TaskId::NONE);
        self.world.add_object(object)
    }

    pub(crate) fn bind(&mut self, task: TaskId, carrier: Box<Carrier>) {
        let carrier = self.people[task.index()].carrier.insert(carrier);
        self.slots[task.index()].carrier = &raw mut **carrier;
    }

    /// Enters `task` among the enabled ones.
    #[inline]
    pub(crate) fn enable(&mut self, task: TaskId) {
        let slot = &mut self.slots[task.index()];
        debug_assert_eq!(slot.position, ABSENT);
        slot.position = self.enabled.len() as u32;
        self.enabled.push(task);
    }

    #[inline]
    pub(crate) fn disable(&mut self, task: TaskId) {
        let position = std::mem::replace(&mut self.slots[task.index()].position, ABSENT);
        debug_assert_ne!(position, ABSENT);
        self.enabled.swap_remove(position as usize);
        if let Some(moved) = self.enabled.get(position as usize) {
            self.slots[moved.index()].position = position;
        }
    }

    #[inline]
    pub(crate) fn is_enabled(&self, task: TaskId) -> bool {
        self.slots[task.index()].position != ABSENT
    }

    /// The tasks that are running or could step.
    pub(crate) fn enabled(&self) -> &[TaskId] {
        &self.enabled
    }

    fn head(&mut self, list: List) -> Option<&mut TaskId> {
        match list {
            List::None => None,
            List::Object(id) => Some(&mut self.waiters[id.index()]),
            List::Task(task) => Some(&mut self.slots[task.index()].joiners),
        }
    }

    /// Lists the suspended `task` where it will be re-evaluated.
    #[inline]
    fn enlist(&mut self, task: TaskId, op: &Op) {
        let list = list_of(op);
        if list == List::None {
            return;
        }
        let Some(head) = self.head(list) else { return };
        let first = std::mem::replace(head, task);
        let slot = &mut self.slots[task.index()];
        slot.list = list;
        slot.previous = TaskId::NONE;
        slot.next = first;
        if first != TaskId::NONE {
            self.slots[first.index()].previous = task;
        }
    }

    #[inline]
    fn delist(&mut self, task: TaskId) {
        let slot = &mut self.slots[task.index()];
        let list = std::mem::replace(&mut slot.list, List::None);
        if list == List::None {
            return;
        }
        let (previous, next) = (slot.previous, slot.next);
        if next != TaskId::NONE {
            self.slots[next.index()].previous = previous;
        }
        if previous != TaskId::NONE {
            self.slots[previous.index()].next = next;
        } else if let Some(head) = self.head(list) {
            *head = next;
        }
    }

    /// Brings the enabledness of one suspended task up to date.
    #[inline]
    fn reevaluate(&mut self, task: TaskId) {
        let slot = &self.slots[task.index()];
        let enabled = self.world.enabled(task, &slot.pending);
        if enabled != (slot.position != ABSENT) {
            if enabled { self.enable(task) } else { self.disable(task) }
        }
    }

    fn reevaluate_list(&mut self, mut task: TaskId) {
        while task != TaskId::NONE {
            self.reevaluate(task);
            task = self.slots[task.index()].next;
        }
    }

    /// After `op` of `task`: brings everybody up to date whom it may concern.
    #[inline]
    fn settle(&mut self, task: TaskId, op: &Op) {
        if let Op::Atomic(..) = op {
            return;
        }
        if let Some(id) = op.object() {
            let first = self.waiters[id.index()];
            if first != TaskId::NONE {
                self.reevaluate_list(first);
            }
        }
        if let Op::Condvar(_, condvar::Op::Wait { mutex, .. }) = op {
            self.reevaluate_list(self.waiters[mutex.index()]);
        }
        if let Op::Life(life::Op::Finish) = op {
            self.reevaluate_list(self.slots[task.index()].joiners);
        }
        if !self.world.woken.is_empty() {
            self.settle_woken();
        }
    }

    fn settle_woken(&mut self) {
        for task in std::mem::take(&mut self.world.woken) {
            // A running task that can go on has nothing pending: it may have woken itself.
            let goes_on = task == self.running && self.is_enabled(task);
            if !goes_on && !self.world.tasks[task.index()].finished {
                self.reevaluate(task);
            }
        }
    }

    /// Chooses among `n` outcomes, at least two, and records the choice.
    fn choose(&mut self, n: u32) -> u32 {
        let choice = self.chooser.alternative(n);
        self.decisions.push(choice);
        choice
    }

    #[inline]
    fn alternative(&mut self, op: &Op) -> u32 {
        match op {
            Op::Condvar(..) | Op::Choose(_) | Op::Life(_) => match self.world.alternatives(op) {
                0 | 1 => 0,
                n => self.choose(n),
            },
            _ => 0,
        }
    }

    /// Decides who steps next; none if the execution has ended.
    #[inline]
    pub(crate) fn decide(&mut self) -> TaskId {
        let count = self.enabled.len();
        if self.world.time.is_due() || self.spinning as usize == count {
            return self.decide_with_clock();
        }
        if count == 1 {
            return self.enabled[0];
        }
        self.pick(false)
    }

    #[inline]
    fn pick(&mut self, clock: bool) -> TaskId {
        let choices = Choices { current: self.running, enabled: &self.enabled, clock, slots: &self.slots };
        let task = self.chooser.task(&choices);
        self.decisions.push(task.0);
        task
    }

    /// [`Self::decide`] when the clock may have a say.
    #[cold]
    fn decide_with_clock(&mut self) -> TaskId {
        loop {
            let count = self.enabled.len();
            let due = self.world.time.is_due();
            if count == 0 {
                if self.world.time.next_deadline().is_none() {
                    self.end_idle();
                    return TaskId::NONE;
                }
                self.fire();
                continue;
            }
            let spinning = self.spinning as usize == count && self.world.time.matters();
            if !due && !spinning {
                return if count == 1 { self.enabled[0] } else { self.pick(false) };
            }
            let task = self.pick(true);
            if task != TaskId::CLOCK {
                return task;
            }
            self.move_clock();
        }
    }

    /// Lets the clock take a step although tasks could.
    fn move_clock(&mut self) {
        let elastic = self.limits.rules.clock == Clock::Elastic;
        let expired = self.world.time.next_deadline().is_some_and(|deadline| deadline <= self.world.time.now);
        if expired || (elastic && self.world.time.next_deadline().is_some()) {
            return self.fire();
        }
        // The tasks only look at the time, or wait for what a sleeper will do: let it pass faster and faster.
        let pause = self.steps - self.clock_moved_at;
        if pause > PATIENCE + 64 * (1 + self.enabled.len() as u64) {
            self.tick = FIRST_TICK;
        }
        let op = Op::Clock(clock::Op::Tick(self.tick));
        self.tick = self.tick.saturating_mul(2);
        self.clock_step(&op, 0);
    }

    /// The clock fires the next timer.
    fn fire(&mut self) {
        let op = Op::Clock(clock::Op::Fire);
        let alternative = match self.world.alternatives(&op) {
            0 | 1 => 0,
            n => self.choose(n),
        };
        self.clock_step(&op, alternative);
    }

    fn clock_step(&mut self, op: &Op, alternative: u32) {
        self.clock_moved_at = self.steps;
        let here = self.slots[0].place;
        self.step(TaskId::CLOCK, op, alternative, here);
        self.settle_woken();
    }

    /// Performs a step and records it if that is asked for.
    #[inline]
    fn step(&mut self, task: TaskId, op: &Op, alternative: u32, place: Place) -> Outcome {
        self.steps += 1;
        if self.flags & flag::RECORDING != 0 {
            return self.step_recorded(task, op, alternative, place);
        }
        self.world.apply(task, op, alternative)
    }

    #[cold]
    fn step_recorded(&mut self, task: TaskId, op: &Op, alternative: u32, place: Place) -> Outcome {
        let timed = self.world.is_timed(task);
        let outcome = self.world.apply(task, op, alternative);
        let accesses = self.world.accesses(task, op, outcome, timed);
        let choices = self.enabled.len();
        self.recorder.step(task, op, outcome, place, self.world.time.now, choices, accesses);
        crate::findings::explain::testify(self);
        outcome
    }

    /// Nobody can step and no timer is armed.
    fn end_idle(&mut self) {
        if self.ending.is_some() {
            return;
        }
        let unfinished = self.world.tasks.iter().skip(1).any(|task| !task.finished);
        let root = &self.world.tasks[TaskId::ROOT.index()];
        let ending = match (unfinished, root.finished) {
            (true, false) => Ending::Deadlock(Vec::new()),
            (true, true) => Ending::Leak,
            (false, _) => self.ending_of_panics(),
        };
        self.ending = Some(ending);
    }

    /// How an execution ended in which every task finished.
    fn ending_of_panics(&self) -> Ending {
        if self.flags & flag::PANICKED == 0 {
            return Ending::Finished;
        }
        let lost = self.people.iter().position(|person| person.panic.is_some() && !person.joined);
        lost.map_or(Ending::Finished, |task| Ending::Panicked(TaskId(task as u32)))
    }

    /// Ends the execution: the running task hands control back to the driver, which unwinds everybody.
    pub(crate) fn end(&mut self, ending: Ending) {
        self.ending.get_or_insert(ending);
        self.next = TaskId::NONE;
    }

    /// Something is to be looked after: the step limit, or the patience with an idle clock.
    #[cold]
    fn check(&mut self) {
        self.beats.fetch_add(1, Ordering::Relaxed);
        if self.steps >= self.limits.max_steps {
            self.end(Ending::StepLimit);
        } else if self.steps - self.clock_moved_at >= PATIENCE && self.world.time.matters() {
            self.world.time.hurry();
        }
        self.schedule_check();
    }

    /// The tasks of a cycle that `task` closes by waiting for what `op` waits for.
    fn cycle(&self, task: TaskId, op: &Op) -> Option<Vec<TaskId>> {
        let mut path = vec![task];
        self.walk(task, op, &mut path).then_some(path)
    }

    fn walk(&self, start: TaskId, op: &Op, path: &mut Vec<TaskId>) -> bool {
        for holder in self.world.holders(op) {
            if holder == start {
                return true;
            }
            // Whoever can step, or has a timer, may still let go.
            if self.is_enabled(holder)
                || path.contains(&holder)
                || self.world.tasks[holder.index()].finished
                || self.world.is_timed(holder)
            {
                continue;
            }
            path.push(holder);
            let pending = self.slots[holder.index()].pending;
            if self.walk(start, &pending, path) {
                return true;
            }
            path.pop();
        }
        false
    }

    /// `task` cannot perform `op` now: it leaves the enabled ones, and may close a cycle.
    fn block(&mut self, task: TaskId, op: &Op) {
        self.disable(task);
        self.slots[task.index()].pending = *op;
        let holders = self.world.holders(op);
        let hopeless = |holder: &TaskId| *holder == task || !self.is_enabled(*holder);
        if holders.iter().any(hopeless) && self.ending.is_none() && self.flags & flag::TEARDOWN == 0 {
            if let Some(cycle) = self.cycle(task, op) {
                self.end(Ending::Deadlock(cycle));
            }
        }
    }

    pub(crate) fn mark_looked(&mut self, task: TaskId) -> bool {
        let steps = self.steps;
        std::mem::replace(&mut self.slots[task.index()].looked_at, steps) == steps
    }

    pub(crate) fn back_of(&self, task: TaskId) -> *const Back {
        self.slots[task.index()].back
    }

    /// Called by the panic hook. Returns whether the execution is recorded.
    ///
    /// # Safety
    /// `this` is the execution that the calling thread is inside of.
    pub(crate) unsafe fn note_panic(this: *mut Execution) -> bool {
        // SAFETY: as the caller says; no other reference is alive, see the module's rule.
        let execution = unsafe { &mut *this };
        execution.flags |= flag::PANICKED;
        if let Some(person) = execution.people.get_mut(execution.running.index()) {
            person.panics += 1;
        }
        execution.flags & flag::RECORDING != 0
    }
}

impl Slot {
    fn new(place: Place) -> Slot {
        Slot {
            pending: Op::Start,
            place,
            back: std::ptr::null(),
            carrier: std::ptr::null_mut(),
            position: ABSENT,
            list: List::None,
            previous: TaskId::NONE,
            next: TaskId::NONE,
            return_to: TaskId::NONE,
            spinning: false,
            unwinding: false,
            joiners: TaskId::NONE,
            looked_at: u64::MAX,
        }
    }
}

impl Person {
    fn new(parent: TaskId, ordinal: u32, name: Option<Arc<str>>, place: Place) -> Person {
        Person {
            parent,
            ordinal,
            children: 0,
            name,
            place,
            locals: Locals::default(),
            panic: None,
            joined: false,
            detached: false,
            carrier: None,
            panics: 0,
            abandoned: 0,
        }
    }
}

/// Where a task that declared `op` has to be listed.
#[inline]
fn list_of(op: &Op) -> List {
    match *op {
        Op::Mutex(id, mutex::Op::Lock)
        | Op::RwLock(id, rwlock::Op::Read | rwlock::Op::Write)
        | Op::Condvar(_, condvar::Op::Wake { mutex: id })
        | Op::Once(id, once::Op::Begin | once::Op::Wait)
        | Op::Channel(id, channel::Op::Send | channel::Op::Receive)
        | Op::Rendezvous(id, rendezvous::Op::SendLeave | rendezvous::Op::ReceiveLeave)
        | Op::Semaphore(id, semaphore::Op::Acquire(_)) => List::Object(id),
        Op::Life(life::Op::Join(child)) => List::Task(child),
        _ => List::None,
    }
}

/// Whether `op` can be performed at once, without asking who steps: nothing that anybody else could do before it
/// would change what it does or what it means to others.
///
/// A task that joins one that has finished, draws a random number, or looks at a `Once` that is done concerns
/// nobody else; on an idle clock the time stands still while a task can step.
#[inline]
fn is_private(world: &World, op: &Op) -> bool {
    match op {
        Op::Life(life::Op::Join(_)) | Op::Choose(_) | Op::Fence(_) => true,
        Op::Clock(clock::Op::Now | clock::Op::Arm(_) | clock::Op::Disarm) => world.rules.clock == Clock::Idle,
        Op::Once(id, op) => {
            let done = matches!(world.objects[id.index()], Object::Once(once::Once::Done));
            done && !matches!(op, once::Op::End { .. })
        }
        Op::Channel(_, channel::Op::AddSender | channel::Op::AddReceiver) => true,
        Op::Channel(id, channel::Op::DropSender) => {
            matches!(&world.objects[id.index()], Object::Channel(channel) if channel.senders > 1)
        }
        Op::Rendezvous(_, rendezvous::Op::AddSender | rendezvous::Op::AddReceiver) => true,
        Op::Rendezvous(id, rendezvous::Op::DropSender) => {
            matches!(&world.objects[id.index()], Object::Rendezvous(channel) if channel.senders > 1)
        }
        _ => false,
    }
}

/// Declares `op` for the running task, waits until it is chosen, performs it, and returns how it ended.
///
/// The caller is a task inside `this`, on its carrier. May not return: when the execution is over, the task is
/// unwound from here.
#[inline]
pub(crate) fn perform(this: *mut Execution, op: Op, place: Place) -> Outcome {
    {
        // SAFETY: the vocabulary got `this` from `current`, so the calling thread is inside this execution and its
        // driver keeps it alive; the reference ends before the switch below, see the module's rule.
        let execution = unsafe { &mut *this };
        if execution.flags != 0 || execution.steps >= execution.next_check {
            return perform_carefully(this, op, place);
        }
        let me = execution.running;
        if execution.world.enabled(me, &op) {
            let alone = execution.enabled.len() == 1 && execution.spinning == 0 && !execution.world.time.is_due();
            if alone || is_private(&execution.world, &op) {
                return finish_step(execution, me, &op, place);
            }
        } else {
            execution.block(me, &op);
            if execution.ending.is_some() {
                return perform_carefully(this, op, place);
            }
        }
        let next = execution.decide();
        if next == me {
            return finish_step(execution, me, &op, place);
        }
        suspend_for(execution, me, &op, place, next);
    }
    switch(this);
    resumed(this, op, place)
}

#[inline]
fn finish_step(execution: &mut Execution, me: TaskId, op: &Op, place: Place) -> Outcome {
    let alternative = execution.alternative(op);
    let outcome = execution.step(me, op, alternative, place);
    execution.settle(me, op);
    outcome
}

/// Notes what `me` is about to do and that `next` steps before it.
#[inline]
fn suspend_for(execution: &mut Execution, me: TaskId, op: &Op, place: Place, next: TaskId) {
    let slot = &mut execution.slots[me.index()];
    slot.pending = *op;
    slot.place = place;
    execution.enlist(me, op);
    execution.next = next;
}

/// Hands control to the driver; returns when the calling task is resumed.
#[inline]
pub(crate) fn switch(this: *mut Execution) {
    // SAFETY: `this` is alive (see `perform`); the way back was stored when the task started and lives on the
    // task's stack, on which we are.
    unsafe {
        let back = (*this).back_of((*this).running);
        (*back).suspend(());
    }
}

/// The calling task was chosen: it performs what it declared.
#[inline]
fn resumed(this: *mut Execution, op: Op, place: Place) -> Outcome {
    // SAFETY: as in `perform`; the reference does not outlive this function, which does not switch.
    let execution = unsafe { &mut *this };
    if execution.flags != 0 {
        return resumed_carefully(this, op, place);
    }
    let me = execution.running;
    execution.delist(me);
    finish_step(execution, me, &op, place)
}

/// [`perform`] when something out of the ordinary is going on.
#[cold]
#[inline(never)]
pub(crate) fn perform_carefully(this: *mut Execution, op: Op, place: Place) -> Outcome {
    {
        // SAFETY: as in `perform`.
        let execution = unsafe { &mut *this };
        if execution.flags & flag::TEARDOWN != 0 {
            return super::teardown::perform(this, op, place);
        }
        if execution.ending.is_none() && execution.steps >= execution.next_check {
            execution.check();
        }
        let me = execution.running;
        let starter = std::mem::replace(&mut execution.slots[me.index()].return_to, TaskId::NONE);
        let enabled = execution.world.enabled(me, &op);
        if starter != TaskId::NONE {
            // The first declaration of a new task: its parent goes on.
            execution.started(me);
            if enabled {
                execution.enable(me);
            }
            suspend_for(execution, me, &op, place, starter);
        } else if execution.ending.is_some() {
            suspend_for(execution, me, &op, place, TaskId::NONE);
        } else {
            if enabled && is_private(&execution.world, &op) {
                return finish_step(execution, me, &op, place);
            }
            if !enabled {
                // Blocking may close a cycle and end the execution.
                if execution.is_enabled(me) {
                    execution.block(me, &op);
                }
            }
            let next = if execution.ending.is_some() { TaskId::NONE } else { execution.decide() };
            if next == me {
                return finish_step(execution, me, &op, place);
            }
            suspend_for(execution, me, &op, place, next);
        }
        if execution.flags & flag::PANICKED != 0 {
            execution.note_unwinding(me);
        }
    }
    switch(this);
    resumed_carefully(this, op, place)
}

#[cold]
#[inline(never)]
fn resumed_carefully(this: *mut Execution, op: Op, place: Place) -> Outcome {
    // SAFETY: as in `resumed`.
    let execution = unsafe { &mut *this };
    let me = execution.running;
    let slot = &mut execution.slots[me.index()];
    if std::mem::take(&mut slot.unwinding) {
        execution.suspended_unwinding -= 1;
    }
    execution.delist(me);
    if execution.flags & flag::TEARDOWN != 0 {
        return super::teardown::perform(this, op, place);
    }
    finish_step(execution, me, &op, place)
}

/// Offers the processor: like [`perform`] of a [`Op::Yield`], and lets time pass if everybody else does the same.
pub(crate) fn perform_yield(this: *mut Execution, place: Place) {
    {
        // SAFETY: as in `perform`.
        let execution = unsafe { &mut *this };
        if execution.flags & (flag::TEARDOWN | flag::STARTING) == 0 {
            let me = execution.running;
            execution.slots[me.index()].spinning = true;
            execution.spinning += 1;
        }
    }
    // A yield that unwinds leaves the count as it is: the execution is over then.
    perform(this, Op::Yield, place);
    // SAFETY: as in `perform`; no switch follows.
    let execution = unsafe { &mut *this };
    let slot = &mut execution.slots[execution.running.index()];
    if std::mem::take(&mut slot.spinning) {
        execution.spinning -= 1;
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
    pub(crate) fn is_unwinding(&self) -> bool {
        std::thread::panicking()
            && (self.suspended_unwinding == 0
                || self.people[self.running.index()].panics > 0
                || self.people[self.running.index()].abandoned > 0)
    }

    /// `task` has declared its first operation, or ended without one.
    pub(crate) fn started(&mut self, _task: TaskId) {
        self.starting -= 1;
        if self.starting == 0 {
            self.flags &= !flag::STARTING;
        }
    }

    /// Resumes the chosen tasks until there is none.
    ///
    /// # Safety
    /// `this` is not referenced by anything else while this runs, other than through [`super::current`].
    pub(crate) unsafe fn drive(this: *mut Execution) {
        loop {
            // SAFETY: between two switches nothing else refers to the execution. The carrier belongs to an
            // unfinished task and is not moved or dropped while it runs.
            unsafe {
                let next = (*this).next;
                if next == TaskId::NONE {
                    return;
                }
                (*this).running = next;
                if (*this).flags & flag::RECORDING != 0 {
                    crate::findings::explain::testify(&*this);
                }
                let carrier = (&(*this).slots)[next.index()].carrier;
                (*carrier).resume();
            }
        }
    }

    /// Notes the way back of `task`, which has just begun to run on its carrier.
    pub(crate) fn learn_way_back(&mut self, task: TaskId) {
        let carrier = self.people[task.index()].carrier.as_ref();
        self.slots[task.index()].back = carrier.map_or(std::ptr::null(), |carrier| carrier.back());
    }

    pub(crate) fn next_check(&self) -> u64 {
        self.next_check
    }

    pub(crate) fn set_next_check(&mut self, steps: u64) {
        self.next_check = steps;
    }

    /// `task` has finished: whoever waits for that may go on.
    pub(crate) fn finish(&mut self, task: TaskId) {
        let op = Op::Life(life::Op::Finish);
        if self.flags & flag::RECORDING != 0 {
            self.record_quiet(task, op, self.slots[task.index()].place);
        } else {
            self.world.apply(task, &op, 0);
        }
        if self.flags & flag::TEARDOWN == 0 {
            self.settle(task, &op);
        }
    }

    /// Performs and records something that is no step of its own.
    pub(crate) fn record_quiet(&mut self, task: TaskId, op: Op, place: Place) {
        let outcome = self.world.apply(task, &op, 0);
        let accesses = self.world.accesses(task, &op, outcome, false);
        self.recorder.step(task, &op, outcome, place, self.world.time.now, 1, accesses);
        crate::findings::explain::testify(self);
    }
}
