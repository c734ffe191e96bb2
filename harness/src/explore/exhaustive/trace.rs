//! An execution as exploration sees it: its steps, and which of them come before which.
//!
//! A step comes before another (*happens before* it) if both are of one task, if one spawned the task of the other, if
//! they depend on each other by the kernel's relation and were taken in that order, or by a chain of these. Executions that
//! differ only in the order of steps that are not so ordered are equivalent.
//!
//! The steps that touched something are listed there, and every entry knows what it and those before it cover. Who looks
//! back through a list stops when it knows all that, so that a step costs what it depends on and not what the
//! execution is long.

use smallvec::SmallVec;

use super::clocks::{self, Clocks, VectorClock, covers};
use super::moves::{Move, Names, TaskName};
use crate::kernel::clock::{Owner, Time};
use crate::kernel::relation::{Access, Accesses, Target};
use crate::kernel::select::Arm;
use crate::kernel::{
    Clock, Object, ObjectId, Op, Outcome, Rules, Task, TaskId, Timer, World, atomic, channel, clock, condvar, life,
};

/// A step that was taken.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) task: TaskId,
    pub(crate) op: Op,
    pub(crate) made: Move,
    /// Which alternative that is.
    pub(crate) alternative: u32,
    pub(crate) outcome: Outcome,
    /// Where what it touched begins, and ends, in the list of that.
    accesses: (u32, u32),
    /// Its number among the steps of its task, from one.
    pub(crate) number: u32,
    /// One more than the last event that comes before it; none if it is zero.
    pub(crate) after: u32,
    /// What its effect depends on and changes, as bits: see [`touches`].
    pub(crate) touches: u64,
    /// For a turn of a waiting loop: what it read.
    pub(crate) watch: Option<Box<Watch>>,
    /// The clock moved although nobody else could step, or somebody went on who could not have otherwise: this
    /// depends on every other step.
    pub(crate) last_resort: bool,
    /// The other outcomes that it could have had.
    pub(crate) others: Option<Box<[u64]>>,
    /// The objects that it could change.
    changes: SmallVec<[ObjectId; 2]>,
    /// The step of the same task before it.
    pub(crate) previous: Option<u32>,
    /// How many tasks there were before it.
    tasks_before: u32,
    /// What the kernel knew of the tasks and the time before it: which of these notes.
    kernel: u32,
    /// Whether that may not hold any more after it.
    changes_kernel: bool,
    /// Whether its task had a timer before it.
    timed: bool,
    /// Whether others may matter to it in an earlier place than those who were there before it: see [`looks_ahead`].
    pub(crate) looks_ahead: bool,
    /// Whether it took back a timer.
    pub(crate) disarms: bool,
}

/// What a task read in a turn of a loop that only reads: the loop goes on when one of these would end differently.
pub(crate) type Watch = SmallVec<[(Op, Outcome); 2]>;

/// A step in the list of what it touched.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) event: u32,
    pub(crate) access: Access,
    /// What this and all earlier entries of the list cover: one of the clocks of lists, or that of the event, which covers it all.
    cover: u32,
}

/// The clock of the event is meant.
const ITS_OWN: u32 = u32::MAX;

#[derive(Clone, Debug, Default)]
struct TaskLists {
    life: Vec<Entry>,
    token: Vec<Entry>,
    wake: Vec<Entry>,
}

/// An execution, as far as it went.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trace {
    pub(crate) clock_rule: Clock,
    pub(crate) events: Vec<Event>,
    /// By event, everything that comes before it, itself included.
    clocks: Clocks,
    /// By event, how many steps each task had taken before it.
    counts: Clocks,
    /// What the entries of lists cover, where that is not what comes before an event.
    covers: Clocks,
    /// What the events touched; the end of tasks that finished with them included.
    accesses: Vec<(Target, Access)>,
    /// What the kernel knew of the tasks and the time, as far as that changed; more than there are to keep memory.
    kernel: Vec<(Vec<Task>, Time)>,
    /// By object, its state before each event that could change it.
    history: Vec<Vec<(u32, Object)>>,
    /// The objects at the end.
    end: Vec<Object>,
    rules: Rules,
    pub(crate) names: Names,
    /// By task: the event with which it was spawned, and its own.
    spawned_by: Vec<Option<u32>>,
    steps: Vec<Vec<u32>>,
    /// Events that depend on every other.
    last_resorts: Vec<u32>,
    /// Events of which something else could have come, or to which others may matter than those who came before.
    special: Vec<u32>,
    objects: Vec<Vec<Entry>>,
    tasks: Vec<TaskLists>,
    time: Vec<Entry>,
    /// What unfinished tasks were about to do when the execution ended, with what they wait for.
    pub(crate) pending: Vec<Option<(Op, Option<Box<Watch>>)>>,
}

/// The objects whose state `op` may change.
#[inline]
fn changes(world: &World, op: &Op, alternative: u32) -> SmallVec<[ObjectId; 2]> {
    let mut changes = SmallVec::new();
    match op {
        Op::Condvar(id, condvar::Op::Wait { mutex, .. } | condvar::Op::Wake { mutex }) => changes.extend([*id, *mutex]),
        Op::Clock(clock::Op::Fire) => {
            let owner = world.time.next_owners().get(alternative as usize).copied();
            changes.extend(owner.and_then(|owner| world.fired_in(owner)));
            if let Some(Owner::Timer(timer)) = owner {
                changes.extend([timer, world.timer(timer).channel]);
            }
        }
        Op::Select(_) | Op::Rendezvous(..) => changes.extend(world.channels_in_reach(op)),
        Op::Atomic(_, atomic::Op::Load(_)) => {}
        _ => {
            if let Some(object) = op.object() {
                changes.push(object);
            }
        }
    }
    changes
}

const CLOCK_BIT: u64 = 1 << 63;

fn object_bit(object: ObjectId) -> u64 {
    1 << (object.0 % 40)
}

fn task_bit(task: TaskId) -> u64 {
    1 << (40 + task.0 % 23)
}

/// Whether `op` depends on and changes one object and nothing else, so that its label does not count other steps.
pub(crate) fn is_simple(op: &Op) -> bool {
    matches!(op, Op::Atomic(..) | Op::Mutex(..) | Op::RwLock(..) | Op::Once(..) | Op::Semaphore(..))
}

/// Whether `op` leaves what the kernel knows of the tasks and the time as it is.
fn is_about_objects(op: &Op) -> bool {
    is_simple(op) || matches!(op, Op::Start | Op::Fence(_) | Op::Choose(_) | Op::Yield)
}

/// What the effect of `op` of `task` depends on and changes, as a set in which several things may share a bit. Two steps
/// without a common bit commute.
pub(crate) fn touches(task: TaskId, op: &Op, accesses: &[(Target, Access)], timed: bool) -> u64 {
    let mut bits = match op {
        Op::Start | Op::Fence(_) | Op::Choose(_) | Op::Yield => 0,
        Op::Condvar(id, op) => {
            let mutex = match op {
                condvar::Op::Wait { mutex, .. } | condvar::Op::Wake { mutex } => object_bit(*mutex),
                _ => 0,
            };
            mutex | object_bit(*id) | task_bit(task)
        }
        Op::Select(op) => op.arms.iter().fold(task_bit(task), |bits, arm| bits | object_bit(arm.channel)),
        Op::Park(_) | Op::Life(life::Op::Finish) => task_bit(task),
        Op::Life(life::Op::Join(other) | life::Op::IsFinished(other) | life::Op::Spawn(other)) => task_bit(*other),
        Op::Clock(_) => task_bit(task) | CLOCK_BIT,
        Op::Timer(id, _) => object_bit(*id) | task_bit(task) | CLOCK_BIT,
        _ if is_simple(op) => op.object().map_or(0, object_bit),
        _ => op.object().map_or(0, object_bit) | task_bit(task),
    };
    if timed {
        bits |= CLOCK_BIT | task_bit(task);
    }
    for (target, _) in accesses {
        bits |= match target {
            Target::Object(id) => object_bit(*id),
            Target::Life(task) | Target::Token(task) | Target::Wake(task) => task_bit(*task),
            Target::Clock => CLOCK_BIT,
        };
    }
    bits
}

/// [`touches`] of one arm of a select.
pub(super) fn arm_touches(task: TaskId, arm: Arm) -> u64 {
    object_bit(arm.channel) | task_bit(task) | CLOCK_BIT
}

/// Whether others may matter to a step of `task` in an earlier place than those who were there before it: which timer the clock
/// fires is not the same there, nor which arm a select finds ready, and a send to a closed channel did not see who made room.
pub(super) fn looks_ahead(task: TaskId, op: &Op, accesses: &[(Target, Access)]) -> bool {
    const FOUND_CLOSED: Access = Access::Channel(channel::Access::SeeNoReceivers);
    task == TaskId::CLOCK || matches!(op, Op::Select(_)) || accesses.iter().any(|(_, access)| *access == FOUND_CLOSED)
}

impl Trace {
    pub(crate) fn new(clock_rule: Clock) -> Trace {
        let mut trace = Trace { clock_rule, ..Trace::default() };
        trace.forget_everything();
        trace
    }

    fn forget_everything(&mut self) {
        self.names.truncate(0);
        self.names.add(TaskName::CLOCK);
        self.names.add(TaskName::ROOT);
        self.spawned_by = vec![None, None];
        self.steps.truncate(2);
        self.steps.resize_with(2, Vec::new);
        self.steps.iter_mut().for_each(Vec::clear);
        self.tasks.resize_with(2, TaskLists::default);
        self.clocks.widen(2);
        self.counts.widen(2);
        self.covers.widen(2);
        self.pending.clear();
    }

    /// Forgets all events but the first `length`.
    pub(crate) fn truncate(&mut self, length: usize) {
        self.pending.clear();
        if length == 0 {
            self.events.clear();
            self.clocks.truncate(0);
            self.counts.truncate(0);
            self.covers.truncate(0);
            self.accesses.clear();
            self.last_resorts.clear();
            self.special.clear();
            self.objects.iter_mut().for_each(Vec::clear);
            self.history.iter_mut().for_each(Vec::clear);
            self.tasks.iter_mut().for_each(|lists| *lists = TaskLists::default());
            self.time.clear();
            self.forget_everything();
            return;
        }
        for event in self.events[length.min(self.events.len())..].iter().rev() {
            for object in &event.changes {
                self.history[object.index()].pop();
            }
            for touched in event.accesses.0..event.accesses.1 {
                let (target, _) = self.accesses[touched as usize];
                let list = list_of(&mut self.objects, &mut self.tasks, &mut self.time, target);
                if list.pop().is_some_and(|entry| entry.cover != ITS_OWN) {
                    self.covers.truncate(self.covers.len() - 1);
                }
            }
            if event.last_resort {
                self.last_resorts.pop();
            }
            self.steps[event.task.index()].pop();
        }
        if let Some(first) = self.events.get(length) {
            let tasks = first.tasks_before as usize;
            self.accesses.truncate(first.accesses.0 as usize);
            self.names.truncate(tasks);
            self.spawned_by.truncate(tasks);
            self.steps.truncate(tasks);
        }
        self.events.truncate(length);
        self.special.truncate(self.special.partition_point(|event| (*event as usize) < length));
        self.clocks.truncate(length);
        self.counts.truncate(length);
    }

    /// A task was added, with `ordinal` among the children of `parent`.
    pub(crate) fn add_task(&mut self, parent: TaskId, ordinal: u32) {
        let name = self.names.of(parent).child(ordinal);
        self.names.add(name);
        self.spawned_by.push(self.events.len().checked_sub(1).map(|at| at as u32));
        self.steps.push(Vec::new());
        self.clocks.widen(self.names.len());
        self.counts.widen(self.names.len());
        self.covers.widen(self.names.len());
        if self.tasks.len() < self.names.len() {
            self.tasks.push(TaskLists::default());
        }
    }

    fn list_mut(&mut self, target: Target) -> &mut Vec<Entry> {
        list_of(&mut self.objects, &mut self.tasks, &mut self.time, target)
    }

    /// The steps that touched `target`, in order.
    pub(crate) fn list(&self, target: Target) -> &[Entry] {
        match target {
            Target::Object(id) => self.objects.get(id.index()).map_or(&[], Vec::as_slice),
            Target::Life(task) => &self.tasks[task.index()].life,
            Target::Token(task) => &self.tasks[task.index()].token,
            Target::Wake(task) => &self.tasks[task.index()].wake,
            Target::Clock => &self.time,
        }
    }

    /// The state of `object` before the event at `at`: that in which it came into the execution, if it did so later.
    pub(crate) fn object(&self, object: ObjectId, at: usize) -> &Object {
        let history = &self.history[object.index()];
        let next = history.partition_point(|(event, _)| (*event as usize) < at);
        history.get(next).map_or(&self.end[object.index()], |(_, state)| state)
    }

    /// Makes `world` the state before the event at `at`, with everything that came into the execution later.
    pub(crate) fn restore(&self, at: usize, world: &mut World) {
        world.reset(self.rules);
        let (tasks, time) = &self.kernel[self.events[at].kernel as usize];
        world.tasks.clone_from(tasks);
        world.time.clone_from(time);
        for object in 0..self.end.len() {
            world.objects.push(self.object(ObjectId(object as u32), at).clone());
        }
        while world.tasks.len() < self.names.len() {
            world.add_task();
        }
    }

    /// The execution has ended in the state `world`.
    pub(crate) fn complete(&mut self, world: &World) {
        self.end.clone_from(&world.objects);
    }

    /// Whether there were timers that send.
    pub(crate) fn has_timers(&self) -> bool {
        self.end.iter().any(|object| matches!(object, Object::Timer(_)))
    }

    /// What comes before the next step of `task` by necessity: its own steps, and the one that spawned it.
    pub(crate) fn base(&self, task: TaskId) -> VectorClock {
        let before = self.last_of(task).or(self.spawned_by[task.index()]);
        before.map_or_else(VectorClock::default, |at| VectorClock::of(self.clock(at as usize)))
    }

    /// What comes before the next step of `task` after the first `at` events by necessity, if it was spawned by then.
    pub(crate) fn base_after(&self, task: TaskId, at: usize) -> VectorClock {
        let steps = &self.steps[task.index()];
        let taken = steps.partition_point(|event| (*event as usize) < at);
        let before = taken.checked_sub(1).map(|last| steps[last]).or(self.spawned_by[task.index()]);
        before.map_or_else(VectorClock::default, |at| VectorClock::of(self.clock(at as usize)))
    }

    /// What comes before the event at `at` by necessity.
    pub(crate) fn base_of(&self, at: usize) -> VectorClock {
        let event = &self.events[at];
        let before = event.previous.or(self.spawned_by[event.task.index()]);
        before.map_or_else(VectorClock::default, |at| VectorClock::of(self.clock(at as usize)))
    }

    /// Everything that comes before the event at `at`, itself included.
    #[inline]
    pub(crate) fn clock(&self, at: usize) -> &[u32] {
        self.clocks.get(at)
    }

    /// What `event` touched; the end of tasks that finished with it included.
    #[inline]
    pub(crate) fn accesses(&self, event: &Event) -> &[(Target, Access)] {
        &self.accesses[event.accesses.0 as usize..event.accesses.1 as usize]
    }

    /// What `entry` and all earlier ones of its list cover.
    #[inline]
    pub(crate) fn cover(&self, entry: &Entry) -> &[u32] {
        if entry.cover == ITS_OWN { self.clock(entry.event as usize) } else { self.covers.get(entry.cover as usize) }
    }

    /// The event with which `task` was spawned.
    #[cfg(test)]
    pub(crate) fn spawner(&self, task: TaskId) -> Option<u32> {
        self.spawned_by[task.index()]
    }

    /// The events of which something else could have come, or to which others may matter than those who came before.
    pub(crate) fn special(&self) -> impl Iterator<Item = usize> + use<'_> {
        self.special.iter().map(|at| *at as usize)
    }

    fn last_of(&self, task: TaskId) -> Option<u32> {
        self.steps[task.index()].last().copied()
    }

    /// The first event of `task` after the one at `at`.
    pub(crate) fn next_of(&self, task: TaskId, at: usize) -> Option<usize> {
        let steps = &self.steps[task.index()];
        steps.get(steps.partition_point(|event| *event as usize <= at)).map(|event| *event as usize)
    }

    /// How many steps each task had taken before the event at `at`.
    pub(crate) fn counts(&self, at: usize) -> &[u32] {
        self.counts.get(at)
    }

    /// Whether `event` touched `object`.
    #[inline]
    pub(crate) fn touches_object(&self, event: &Event, object: ObjectId) -> bool {
        let touched = || self.accesses(event).iter().any(|(target, _)| *target == Target::Object(object));
        event.touches & object_bit(object) != 0 && touched()
    }

    /// How many steps `task` has taken.
    pub(crate) fn steps_of(&self, task: TaskId) -> u32 {
        self.steps[task.index()].len() as u32
    }

    /// Whether the event at `first` comes before the one at `second`, which is later or the same.
    #[inline]
    pub(crate) fn before(&self, first: usize, second: usize) -> bool {
        let event = &self.events[first];
        self.clock(second)[event.task.index()] >= event.number
    }

    /// Takes note of a step that is about to be taken, with its alternative `alternative` of `alternatives`.
    pub(crate) fn begin(&mut self, world: &World, (task, op): (TaskId, &Op), (alternative, alternatives): (u32, u32)) {
        let at = self.events.len();
        let kernel = match self.events.last() {
            // Time may become due between steps.
            Some(last) if !last.changes_kernel && self.kernel[last.kernel as usize].1 == world.time => last.kernel,
            last => last.map_or(0, |last| last.kernel + 1),
        };
        match self.kernel.get_mut(kernel as usize) {
            Some((tasks, time)) if self.events.last().is_none_or(|last| last.kernel != kernel) => {
                tasks.clone_from(&world.tasks);
                time.clone_from(&world.time);
            }
            // Tasks that are about to be spawned may have been added.
            Some((tasks, _)) => debug_assert!(world.tasks.starts_with(tasks), "it is about objects only"),
            None => self.kernel.push((world.tasks.clone(), world.time.clone())),
        }
        self.rules = world.rules;
        if self.history.len() < world.objects.len() {
            self.history.resize_with(world.objects.len(), Vec::new);
        }
        let changes = changes(world, op, alternative);
        for object in &changes {
            self.history[object.index()].push((at as u32, world.objects[object.index()].clone()));
        }
        if self.objects.len() < world.objects.len() {
            self.objects.resize_with(world.objects.len(), Vec::new);
        }
        match self.events.last() {
            Some(last) => {
                self.counts.push_again(at - 1);
                self.counts.last_mut()[last.task.index()] = last.number;
            }
            None => self.counts.push(),
        }
        let made = Move { task: self.names.of(task), outcome: self.names.outcome(world, op, alternative) };
        let others = (alternatives > 1).then(|| {
            let others = (0..alternatives).filter(|other| *other != alternative);
            others.map(|other| self.names.outcome(world, op, other)).collect()
        });
        self.events.push(Event {
            task,
            op: *op,
            made,
            alternative,
            outcome: Outcome { end: crate::kernel::End::Done, value: 0 },
            accesses: (self.accesses.len() as u32, self.accesses.len() as u32),
            number: self.steps[task.index()].len() as u32 + 1,
            after: 0,
            touches: 0,
            watch: None,
            last_resort: false,
            previous: self.last_of(task),
            others,
            changes,
            tasks_before: self.names.len() as u32,
            kernel,
            changes_kernel: !is_about_objects(op),
            timed: world.tasks[task.index()].timer != Timer::Off,
            looks_ahead: false,
            disarms: false,
        });
    }

    /// Completes the note of a step that was taken.
    pub(crate) fn end(&mut self, world: &World, outcome: Outcome, watch: Option<Box<Watch>>, last_resort: bool) {
        let at = self.events.len() - 1;
        let event = &self.events[at];
        let (task, op, number, timed) = (event.task, event.op, event.number, event.timed);
        let mut accesses = world.accesses(task, &op, outcome, timed);
        if let Some(watch) = &watch
            && !last_resort
        {
            accesses.extend(watched(world, task, watch));
        }
        let base = self.last_of(task).or(self.spawned_by[task.index()]);
        match base {
            Some(base) => self.clocks.push_again(base as usize),
            None => self.clocks.push(),
        }
        let mut after = base.map_or(0, |before| before + 1);
        if last_resort {
            for last in self.steps.iter().filter_map(|steps| steps.last()) {
                let (clock, last) = self.clocks.last_with(*last as usize);
                clocks::join(clock, last);
            }
            self.last_resorts.push(at as u32);
            after = at as u32;
        } else if let Some(resort) = self.last_resorts.last() {
            let (clock, resorted) = self.clocks.last_with(*resort as usize);
            clocks::join(clock, resorted);
            after = after.max(resort + 1);
        }
        self.steps[task.index()].push(at as u32);
        for (target, access) in &accesses {
            after = after.max(self.join_dependent(*target, *access));
        }
        self.clocks.last_mut()[task.index()] = number;
        let event = &mut self.events[at];
        event.touches = touches(task, &op, &accesses, timed);
        event.outcome = outcome;
        event.after = after;
        event.watch = watch;
        event.last_resort = last_resort;
        if timed || !is_simple(&op) {
            event.looks_ahead = looks_ahead(task, &op, &accesses);
            event.disarms =
                accesses.iter().any(|(_, access)| matches!(access, Access::Clock(clock::Access::Disarm(_))));
        }
        if event.looks_ahead || event.disarms || event.others.is_some() {
            self.special.push(at as u32);
        }
        for (target, access) in &accesses {
            self.enter(*target, *access);
        }
    }

    /// `task` has finished, with the last step that was taken.
    pub(crate) fn finish(&mut self, world: &World, task: TaskId) {
        let Some(at) = self.events.len().checked_sub(1) else { return };
        let op = Op::Life(life::Op::Finish);
        let accesses = world.accesses(task, &op, Outcome { end: crate::kernel::End::Done, value: 0 }, false);
        for (target, access) in accesses {
            let after = self.join_dependent(target, access);
            let event = &mut self.events[at];
            event.after = event.after.max(after);
            event.touches |= task_bit(task);
            event.changes_kernel = true;
            self.enter(target, access);
        }
    }

    /// Covers, by the clock of the last event, the steps that touched `target` in a way that depends on `access`; returns
    /// one more than the last of them.
    fn join_dependent(&mut self, target: Target, access: Access) -> u32 {
        let mut after = 0;
        // Not by `list`, which would borrow the clocks, too.
        let list = match target {
            Target::Object(id) => &self.objects[id.index()],
            Target::Life(task) => &self.tasks[task.index()].life,
            Target::Token(task) => &self.tasks[task.index()].token,
            Target::Wake(task) => &self.tasks[task.index()].wake,
            Target::Clock => &self.time,
        };
        let this = self.clocks.len() as u32 - 1;
        for entry in list.iter().rev().skip_while(|entry| entry.event == this) {
            let dependent = !entry.access.commutes(access);
            let (clock, theirs) = self.clocks.last_with(entry.event as usize);
            let cover = if entry.cover == ITS_OWN { theirs } else { self.covers.get(entry.cover as usize) };
            if covers(clock, cover) {
                break;
            }
            if dependent {
                clocks::join(clock, theirs);
                after = after.max(entry.event + 1);
            }
        }
        after
    }

    /// Enters the last event into the list of what it touched.
    fn enter(&mut self, target: Target, access: Access) {
        let at = self.events.len() - 1;
        self.accesses.push((target, access));
        self.events[at].accesses.1 += 1;
        let clock = self.clocks.get(at);
        let cover = match self.list(target).last() {
            Some(entry) if entry.event as usize != at || entry.cover != ITS_OWN => {
                let cover = self.cover(entry);
                (!covers(clock, cover)).then(|| VectorClock::of(cover))
            }
            _ => None,
        };
        let cover = match cover {
            None => ITS_OWN,
            Some(mut cover) => {
                cover.join(clock);
                self.covers.push_copy(&cover);
                self.covers.len() as u32 - 1
            }
        };
        // Two accesses of one step to one target count as both; the second has an entry of its own.
        self.list_mut(target).push(Entry { event: at as u32, access, cover });
    }

    /// Step `number` of `task`, if it was taken; it is not among the first `at` events.
    pub(crate) fn event_of(&self, task: TaskId, number: u32, at: usize) -> Option<u32> {
        let event = self.steps[task.index()].get(number as usize - 1).copied()?;
        (event as usize >= at).then_some(event)
    }

    /// The operation of step `number` of `task`, with what it waits for; it is not among the first `at` events.
    pub(crate) fn step_of(&self, task: TaskId, number: u32, at: usize) -> Option<(Op, Option<Watch>)> {
        if let Some(event) = self.event_of(task, number, at) {
            let event = &self.events[event as usize];
            return Some((event.op, event.watch.as_deref().cloned()));
        }
        if task == TaskId::CLOCK {
            return Some((Op::Clock(clock::Op::Fire), None));
        }
        self.pending.get(task.index())?.as_ref().map(|(op, watch)| (*op, watch.as_deref().cloned()))
    }
}

/// The list of `target` among those of a trace.
#[inline]
fn list_of<'a>(
    objects: &'a mut [Vec<Entry>],
    tasks: &'a mut [TaskLists],
    time: &'a mut Vec<Entry>,
    target: Target,
) -> &'a mut Vec<Entry> {
    match target {
        Target::Object(id) => &mut objects[id.index()],
        Target::Life(task) => &mut tasks[task.index()].life,
        Target::Token(task) => &mut tasks[task.index()].token,
        Target::Wake(task) => &mut tasks[task.index()].wake,
        Target::Clock => time,
    }
}

/// What waiting for a change of what was read touches: the same as reading it.
pub(crate) fn watched(world: &World, task: TaskId, watch: &Watch) -> Accesses {
    watch.iter().flat_map(|(op, outcome)| world.accesses(task, op, *outcome, false)).collect()
}
