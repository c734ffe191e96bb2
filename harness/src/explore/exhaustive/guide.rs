//! Leads one execution along a plan, and takes note of its steps.
//!
//! In an execution that is led, every operation is declared and decided, also those that the random walk performs at once
//! because they concern nobody else; every execution goes on until nobody can step, whatever has failed before; and a
//! loop that only reads waits for what it read to change.

use std::time::Duration;

use smallvec::SmallVec;

use super::loops::{Loops, TRIAL_STEPS, Trial};
use super::moves::Move;
use super::races::Races;
use super::shadow::{differs, may_read, plain_label, reads};
use super::survey::{Choice, Survey};
use super::trace::{Event, Trace, Watch};
use super::tree::Planning;
use crate::engine::Place;
use crate::engine::decide::time_helps;
use crate::engine::enabled::Enabled;
use crate::engine::task::Slot;
use crate::kernel::relation::{Accesses, independent};
use crate::kernel::{Clock, Op, Outcome, TaskId, World, clock, life};

/// After how many steps in a row a task has to let others go first, where no plan says anything: whatever it waits for
/// without saying so has to happen at some time.
const TURN: u32 = 500;

/// How many turns without a change a loop that only reads takes before it waits for one.
const FREE_TURNS: u32 = 1;

/// How an execution that was led ended, besides what the program did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Led {
    ToTheEnd,
    /// Everything that could be done was asleep, or the state is a known one: an equivalent execution is explored
    /// elsewhere.
    Blocked,
    /// There are too many tasks for an exploration that is only a try.
    TooLarge,
    /// The program did not do what it had done before, at this step.
    Astray {
        step: usize,
        reason: String,
    },
}

/// See the module's documentation.
#[derive(Debug)]
pub(crate) struct Guide {
    pub(crate) trace: Trace,
    /// Those of the part of the trace that was looked at.
    pub(crate) races: Races,
    pub(crate) planning: Planning,
    /// The moves to be taken first, and how many of them lead to the node from which the last plan starts.
    plan: Vec<Move>,
    branch: usize,
    /// How many events of the trace were taken in an earlier execution, and how many in this one, those included.
    kept: usize,
    at: usize,
    /// What is asleep before each event from `branch` on, and where that ends for each.
    sleeps: Vec<Move>,
    sleep_ends: Vec<u32>,
    asleep: SmallVec<[Move; 2]>,
    /// What the next step of the chosen task is to be, once it has been chosen.
    chosen: Option<Move>,
    /// By task: what it read since its last turn, whether it did anything else, and where the turn was.
    turns: Vec<Turn>,
    /// How many of them wait.
    waiting: u32,
    current: TaskId,
    in_a_row: u32,
    pub(crate) led: Led,
    /// Some loop went on although nothing had changed, because nobody else could step.
    pub(crate) released: bool,
    /// What each of the steps that are asleep touches, and a clone of the state to see it.
    labels: Vec<Option<Accesses>>,
    scratch: World,
    /// The chosen task goes on only because nobody else can.
    last_resort: bool,
    /// If the clock is chosen, it does not jump to the next deadline: there is none, or somebody looks at it on the way there.
    pub(crate) ticks: bool,
    /// How many tasks there may be.
    pub(crate) max_tasks: usize,
    /// The clock could move before the step that was begun, whoever else could.
    was_due: bool,
    /// How many tasks there are in this execution, which those of a trace that is kept include.
    tasks_seen: usize,
    /// Values are addresses, so that what is known of one execution does not hold in the next.
    pub(crate) sees_addresses: bool,
    pub(crate) loops: Loops,
    /// The first loop of this execution that was about to wait and was not tried.
    pub(crate) untried_loop: Option<Trial>,
    /// The loop that this execution is to try.
    pub(crate) trial: Option<Trial>,
    /// Some task asked whether another has finished.
    pub(crate) asks: bool,
    /// Finishing is a step of its own.
    pub(crate) finish_apart: bool,
    /// Takes note of what could have been done otherwise, for those who ask.
    pub(crate) survey: Option<Box<Survey>>,
}

/// How many outcomes `op` has for a guide to choose from.
fn alternatives(world: &World, op: &Op) -> u32 {
    if super::moves::has_outcomes(op) { world.alternatives(op) } else { 1 }
}

/// A task in a loop, as far as can be told from what it does.
#[derive(Clone, Debug, Default)]
struct Turn {
    read: Watch,
    acted: bool,
    place: Option<Place>,
    turns: u32,
    /// It waits for what it read to change.
    waits: bool,
    /// How many steps the task has taken.
    steps: u64,
}

impl Guide {
    pub(crate) fn new(clock: Clock, planning: Planning) -> Guide {
        Guide {
            trace: Trace::new(clock),
            races: Races::default(),
            planning,
            plan: Vec::new(),
            branch: 0,
            kept: 0,
            at: 0,
            sleeps: Vec::new(),
            sleep_ends: Vec::new(),
            asleep: SmallVec::new(),
            chosen: None,
            turns: Vec::new(),
            waiting: 0,
            current: TaskId::NONE,
            in_a_row: 0,
            led: Led::ToTheEnd,
            released: false,
            labels: Vec::new(),
            scratch: World::default(),
            last_resort: false,
            ticks: false,
            max_tasks: usize::MAX,
            was_due: false,
            tasks_seen: 2,
            sees_addresses: false,
            loops: Loops::default(),
            untried_loop: None,
            trial: None,
            asks: false,
            finish_apart: false,
            survey: None,
        }
    }

    /// Prepares an execution that takes `prefix`, then `plan`, and then what is not asleep; `sleep` is asleep when the
    /// first move of `plan` is taken.
    pub(crate) fn prepare(&mut self, prefix: &[Move], plan: &[Move], sleep: &[Move]) {
        let known = self.trace.events.iter().zip(prefix).take_while(|(event, made)| event.made == **made).count();
        let known = if self.sees_addresses { 0 } else { known };
        self.trace.truncate(known);
        self.races.truncate(known);
        self.kept = known;
        self.at = 0;
        self.branch = prefix.len();
        self.plan.clear();
        self.plan.extend(prefix.iter().chain(plan));
        self.sleeps.clear();
        self.sleep_ends.clear();
        self.asleep = SmallVec::from_slice(sleep);
        self.chosen = None;
        self.turns.clear();
        self.waiting = 0;
        self.current = TaskId::NONE;
        self.in_a_row = 0;
        self.led = Led::ToTheEnd;
        self.released = false;
        self.untried_loop = None;
        self.last_resort = false;
        self.tasks_seen = 2;
        if let Some(survey) = &mut self.survey {
            survey.begin(known, self.branch);
        }
    }

    /// Forgets the last execution.
    pub(crate) fn forget(&mut self) {
        self.trace.truncate(0);
        self.races.truncate(0);
    }

    /// How many events lead to the node from which the last plan starts.
    pub(crate) fn branch(&self) -> usize {
        self.branch
    }

    /// What was asleep before the event that comes so many after that node.
    pub(crate) fn sleep(&self, after: usize) -> &[Move] {
        let end = |index: usize| self.sleep_ends.get(index).map_or(self.sleeps.len(), |end| *end as usize);
        let begin = if after == 0 { 0 } else { end(after - 1) };
        &self.sleeps[begin..end(after)]
    }

    /// The steps of the execution that a scheduler decides: all but turns of loops, and finishing.
    pub(crate) fn decided(&self) -> Vec<Move> {
        let events = self.trace.events.iter();
        let not_decided = |op: &Op| matches!(op, Op::Yield | Op::Life(life::Op::Finish));
        let answer = |event: &Event| match event.op {
            // That a task has not finished can be said after its last step, too: it is the second of two answers then.
            Op::Life(life::Op::IsFinished(_)) => Move { outcome: (!event.outcome.is_done()).into(), ..event.made },
            _ => event.made,
        };
        events.filter(|event| !not_decided(&event.op)).map(answer).collect()
    }

    /// The moves from that node on.
    pub(crate) fn moves(&self) -> Vec<Move> {
        self.trace.events[self.branch.min(self.trace.events.len())..].iter().map(|event| event.made).collect()
    }

    fn astray(&mut self, reason: String) {
        if self.led == Led::ToTheEnd {
            self.led = Led::Astray { step: self.at, reason };
        }
    }

    fn turn(&mut self, task: TaskId) -> &mut Turn {
        if self.turns.len() <= task.index() {
            self.turns.resize_with(task.index() + 1, Turn::default);
        }
        &mut self.turns[task.index()]
    }

    /// How many steps `task` has taken.
    pub(crate) fn steps_of(&self, task: TaskId) -> u64 {
        self.turns.get(task.index()).map_or(0, |turn| turn.steps)
    }

    /// A task was added.
    pub(crate) fn task_added(&mut self, parent: TaskId, ordinal: u32) {
        self.tasks_seen += 1;
        if self.tasks_seen > self.trace.names.len() {
            self.trace.add_task(parent, ordinal);
        }
    }

    /// Whether `task`, which declared to offer the processor at `place`, waits for something to change.
    pub(crate) fn declare_turn(&mut self, task: TaskId, place: Place) {
        let turn = self.turn(task);
        let again = turn.place == Some(place) && !turn.acted && !turn.read.is_empty();
        turn.turns = if again { turn.turns + 1 } else { 0 };
        turn.place = Some(place);
        let waits = turn.turns >= FREE_TURNS;
        let waits = waits && !self.loops.is_free(place) && self.trial.is_none();
        self.turn(task).waits = waits;
        self.waiting += u32::from(waits);
        if waits && self.untried_loop.is_none() && !self.loops.was_tried(place) {
            let task = self.trace.names.of(task);
            self.untried_loop = Some(Trial { at: self.at, task, place, steps: 0, ends: false });
        }
    }

    /// In an execution that tries a loop, from where that begins: its task goes on, and nobody else.
    fn try_loop(&mut self, enabled: &Enabled) -> Option<TaskId> {
        let trial = self.trial.as_mut()?;
        let task = self.trace.names.number(trial.task).filter(|task| enabled.contains(*task));
        let turn = task.map(|task| &self.turns[task.index()]);
        trial.steps += 1;
        trial.ends = turn.is_none_or(|turn| turn.acted || turn.place != Some(trial.place));
        if trial.ends || trial.steps > TRIAL_STEPS {
            self.led = Led::Blocked;
            return None;
        }
        task
    }

    /// Whether `task`, whose operation is enabled as far as the kernel knows, can step.
    fn ready(&self, world: &World, task: TaskId) -> bool {
        match self.turns.get(task.index()) {
            Some(turn) if turn.waits => differs(world, task, &turn.read),
            _ => true,
        }
    }

    /// Who steps next: a task, the clock, or nobody, if the execution is to end here.
    pub(crate) fn next(&mut self, world: &World, enabled: &Enabled, slots: &[Slot]) -> Option<TaskId> {
        self.chosen = None;
        self.last_resort = false;
        self.ticks = false;
        if self.tasks_seen > self.max_tasks {
            self.led = Led::TooLarge;
            return None;
        }
        let plain = self.waiting == 0 && self.survey.is_none() && self.trial.is_none();
        if plain && !enabled.is_empty() && !world.time.is_due() {
            // Nothing but the kernel says who can step.
            if let Some(event) = self.trace.events.get(self.at).filter(|_| self.at < self.kept) {
                return self.go_on(event.task, enabled.contains(event.task));
            }
            if let Some(made) = self.plan.get(self.at).copied() {
                return self.follow(made, |task| enabled.contains(task));
            }
            if !self.has_had_its_turn() {
                let current = self.current;
                let first = Some(current).filter(|task| enabled.contains(*task));
                let order = first.into_iter().chain(enabled.iter().filter(|task| *task != current));
                return self.free(world, order, slots);
            }
        }
        if self.trial.as_ref().is_some_and(|trial| self.at >= trial.at) {
            return self.try_loop(enabled);
        }
        let mut ready: SmallVec<[TaskId; 8]> = enabled.iter().collect();
        if self.waiting > 0 {
            ready.retain(|task| self.ready(world, *task));
        }
        // Nobody can go on by himself, so that whoever steps preempts nobody.
        let stands = ready.is_empty();
        let mut polls = false;
        if stands {
            // Where only loops are left, nothing will change for them unless time passes.
            let on_time = |task: &TaskId| {
                let turn = &self.turns[task.index()];
                turn.read.iter().any(|(op, _)| matches!(op, Op::Clock(_)))
            };
            let passes = world.time.next_deadline().is_some()
                && (world.time.is_due() || !enabled.is_empty() || time_helps(world, slots));
            polls = enabled.iter().any(|task| on_time(&task));
            if passes || polls {
                ready.push(TaskId::CLOCK);
            } else if !enabled.is_empty() {
                ready.extend(enabled.iter());
                self.last_resort = true;
                self.released = true;
            }
        } else if world.time.is_due() {
            ready.push(TaskId::CLOCK);
        }
        // Where it is due without a deadline, it was hurried, with nothing to fire.
        self.ticks = world.time.next_deadline().is_none() || (polls && !world.time.is_due());
        if ready.is_empty() {
            return None;
        }
        if self.survey.is_some() && !self.note_choices(world, (&ready, stands), slots) {
            self.led = Led::Blocked;
            return None;
        }
        if let Some(made) = self.plan.get(self.at).copied() {
            return self.follow(made, |task| ready.contains(&task));
        }
        // The same task goes on, else the oldest that can; but everybody in turn, once it has had its own, or two that wait
        // for a third would keep it waiting.
        let current = self.current;
        if self.has_had_its_turn() {
            ready.sort_by_key(|task| (*task <= current, *task));
        } else {
            ready.sort_by_key(|task| (*task != current, *task == TaskId::CLOCK, *task));
        }
        self.free(world, ready.into_iter(), slots)
    }

    /// Notes what could be done here. Returns whether to go on.
    #[inline(never)]
    fn note_choices(&mut self, world: &World, (ready, stands): (&[TaskId], bool), slots: &[Slot]) -> bool {
        // A task that has had its turn gives way for nothing, or a loop that waits without saying so would not end.
        let goes_on = !stands && ready.contains(&self.current) && !self.has_had_its_turn();
        let Some(mut survey) = self.survey.take() else { return true };
        let arrived = survey.arrive(&self.trace, self.at, self.current);
        if arrived == Some(true) {
            for task in ready {
                let op = self.op_of(*task, slots);
                let preempts = goes_on && *task != self.current;
                let choices =
                    self.moves_of(world, *task, &op).map(|made| Choice { at: self.at as u32, made, preempts });
                survey.choices.extend(choices);
            }
        }
        self.survey = Some(survey);
        arrived.is_some()
    }

    /// Whether the current task has taken so many steps in a row that it has to let others go first.
    fn has_had_its_turn(&self) -> bool {
        match self.survey {
            // Going on is an alternative then, and another turn begins with it.
            Some(_) => self.in_a_row > 0 && self.in_a_row.is_multiple_of(TURN),
            None => self.in_a_row >= TURN,
        }
    }

    fn go(&mut self, task: TaskId) -> TaskId {
        self.in_a_row = if task == self.current { self.in_a_row + 1 } else { 0 };
        self.current = task;
        task
    }

    /// Takes a step of `task`, which stepped here before, if it can.
    fn go_on(&mut self, task: TaskId, can: bool) -> Option<TaskId> {
        if !can {
            self.astray("a task that stepped here before cannot step".to_owned());
            return None;
        }
        Some(self.go(task))
    }

    /// Makes a move of the plan.
    fn follow(&mut self, made: Move, can: impl FnOnce(TaskId) -> bool) -> Option<TaskId> {
        self.chosen = Some(made);
        let task = self.trace.names.number(made.task);
        self.go_on(task.unwrap_or(TaskId::NONE), task.is_some_and(can))
    }

    /// What to do where no plan says anything: what comes first in `order` and is not asleep.
    fn free(&mut self, world: &World, order: impl Iterator<Item = TaskId>, slots: &[Slot]) -> Option<TaskId> {
        for task in order {
            if self.asleep.is_empty() {
                return Some(self.go(task));
            }
            let op = self.op_of(task, slots);
            let made = self.moves_of(world, task, &op).find(|made| !self.asleep.contains(made));
            if let Some(made) = made {
                self.chosen = Some(made);
                return Some(self.go(task));
            }
        }
        self.led = Led::Blocked;
        None
    }

    /// The moves that `op` of `task` can be.
    fn moves_of(&self, world: &World, task: TaskId, op: &Op) -> impl Iterator<Item = Move> {
        let names = &self.trace.names;
        (0..alternatives(world, op))
            .map(move |index| Move { task: names.of(task), outcome: names.outcome(world, op, index) })
    }

    fn op_of(&self, task: TaskId, slots: &[Slot]) -> Op {
        match task {
            // How far does not matter to anybody who asks.
            TaskId::CLOCK if self.ticks => Op::Clock(clock::Op::Tick(Duration::ZERO)),
            TaskId::CLOCK => Op::Clock(clock::Op::Fire),
            task => slots[task.index()].pending,
        }
    }

    /// `task` is about to perform `op`: which alternative it takes.
    pub(crate) fn begin(&mut self, world: &World, (task, op): (TaskId, &Op), slots: &[Slot]) -> u32 {
        let alternatives = alternatives(world, op);
        self.asks |= matches!(op, Op::Life(life::Op::IsFinished(_)));
        self.was_due = world.time.is_due();
        if self.at < self.kept {
            let known = &self.trace.events[self.at];
            let alternative = known.alternative;
            if known.task != task || !is_same(&known.op, op) {
                let reason = format!("the operation was {:?} before and is now {op:?}", known.op);
                self.astray(reason);
            } else if alternative >= alternatives {
                self.astray(format!("an outcome that {op:?} had here before is gone"));
            }
            return if alternative < alternatives { alternative } else { 0 };
        }
        let mut alternative = 0;
        if let Some(made) = self.chosen {
            match self.trace.names.alternative(world, op, made.outcome) {
                Some(index) => alternative = index,
                None => self.astray(format!("an outcome that {op:?} had here before is gone")),
            }
        }
        if self.at >= self.branch {
            self.sleeps.extend_from_slice(&self.asleep);
            self.sleep_ends.push(self.sleeps.len() as u32);
            self.label_sleepers(world, task, slots);
        }
        self.trace.begin(world, (task, op), (alternative, alternatives));
        alternative
    }

    /// The step that began has ended.
    pub(crate) fn end(&mut self, world: &World, outcome: Outcome) {
        let at = self.at;
        self.at += 1;
        let (task, op) = (self.trace.events[at].task, self.trace.events[at].op);
        if at >= self.kept {
            let turn = self.turn(task);
            let waited = turn.waits.then(|| Box::new(turn.read.clone()));
            let idle = match world.rules.clock {
                Clock::Idle => world.fell().is_none(),
                Clock::Elastic => !self.was_due,
            };
            let idle_move = task == TaskId::CLOCK && (idle || matches!(op, Op::Clock(clock::Op::Tick(_))));
            let last_resort = idle_move || (self.last_resort && waited.is_some());
            self.trace.end(world, outcome, waited, last_resort);
            if at >= self.branch {
                self.wake(at);
            }
        }
        self.note_turn(world, task, &op, outcome);
    }

    /// Keeps up with what `task` reads between turns.
    fn note_turn(&mut self, world: &World, task: TaskId, op: &Op, outcome: Outcome) {
        if task == TaskId::CLOCK {
            return;
        }
        let turn = self.turn(task);
        turn.steps += 1;
        if *op == Op::Yield {
            turn.read.clear();
            turn.acted = false;
            let waited = std::mem::take(&mut turn.waits);
            self.waiting -= u32::from(waited);
            return;
        }
        if !may_read(op) {
            turn.acted = true;
            return;
        }
        // What only reads would end in the same way again.
        let read = reads(world, task, op).filter(|read| *read == outcome || matches!(op, Op::Clock(_)));
        let turn = self.turn(task);
        match read {
            Some(outcome) => turn.read.push((*op, outcome)),
            None => turn.acted = true,
        }
    }

    /// Looks at what the steps that are asleep touch, before `task` takes another.
    fn label_sleepers(&mut self, world: &World, task: TaskId, slots: &[Slot]) {
        self.labels.clear();
        let stepping = self.trace.names.of(task);
        for index in 0..self.asleep.len() {
            let made = self.asleep[index];
            let label = if made.task == stepping { None } else { self.label(world, made, slots) };
            self.labels.push(label);
        }
    }

    /// What a step that can be taken in the state `world` touches.
    fn label(&mut self, world: &World, made: Move, slots: &[Slot]) -> Option<Accesses> {
        let task = self.trace.names.number(made.task)?;
        let op = self.op_of(task, slots);
        let alternative = self.trace.names.alternative(world, &op, made.outcome)?;
        if matches!(op, Op::Start | Op::Fence(_) | Op::Choose(_)) {
            return Some(Accesses::new());
        }
        let mut accesses = if let Some(label) = plain_label(world, &op) {
            Accesses::from_slice(&[label])
        } else {
            self.scratch.clone_from(world);
            let timed = self.scratch.is_timed(task);
            let outcome = self.scratch.apply(task, &op, alternative);
            self.scratch.accesses(task, &op, outcome, timed)
        };
        if let Some(turn) = self.turns.get(task.index()).filter(|turn| turn.waits) {
            accesses.extend(super::trace::watched(world, task, &turn.read));
        }
        Some(accesses)
    }

    /// The step at `at` was taken: what depends on it is not asleep any more.
    fn wake(&mut self, at: usize) {
        if self.asleep.is_empty() {
            return;
        }
        let (event, rule) = (&self.trace.events[at], self.trace.clock_rule);
        let accesses = self.trace.accesses(event);
        let mut labels = self.labels.drain(..);
        self.asleep.retain(|_| {
            let label = labels.next().flatten();
            !event.last_resort && label.is_some_and(|label| independent(rule, &label, accesses))
        });
    }

    /// `task` has finished, together with the last step.
    pub(crate) fn finished(&mut self, world: &World, task: TaskId) {
        // In the part that is kept, that was noted before.
        if self.at > self.kept {
            self.trace.finish(world, task);
        }
    }

    /// The execution has ended; `slots` says what those who have not finished were about to do.
    pub(crate) fn complete(&mut self, world: &World, slots: &[Slot]) {
        self.trace.pending.clear();
        self.trace.complete(world);
        if self.led == Led::ToTheEnd && self.at < self.plan.len() {
            self.astray("the program ends here, and went on before".to_owned());
        }
        for (index, task) in world.tasks.iter().enumerate() {
            let id = TaskId(index as u32);
            let waits = self.turns.get(index).filter(|turn| turn.waits);
            let pending = if id == TaskId::CLOCK {
                Some((Op::Clock(clock::Op::Fire), None))
            } else if task.finished {
                None
            } else {
                Some((slots[index].pending, waits.map(|turn| Box::new(turn.read.clone()))))
            };
            self.trace.pending.push(pending);
        }
    }
}

/// Whether an operation is the one that was declared here before, where values may be addresses.
fn is_same(before: &Op, now: &Op) -> bool {
    match (before, now) {
        (Op::Atomic(a, before), Op::Atomic(b, now)) => {
            a == b && std::mem::discriminant(before) == std::mem::discriminant(now)
        }
        _ => before == now,
    }
}
