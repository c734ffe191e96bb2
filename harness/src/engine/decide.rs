//! Who steps next, and when the clock moves.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Place;
use super::decisions::Decisions;
use super::drawn::Drawn;
use super::enabled::Few;
use super::execution::{DRIVER, Ending, Execution};
use super::task::{Person, Slot};
use crate::explore::exhaustive::Led;
use crate::explore::{Choices, Chooser, Random};
use crate::kernel::clock::Owner;
use crate::kernel::{ObjectId, Op, Outcome, TaskId, World, clock};

/// After how many steps without movement the idle clock may move although tasks can step: whatever they spin on
/// may wait for time to pass.
pub(super) const PATIENCE: u64 = 10_000;

/// The first tick of a clock that is only looked at; each one in a row is twice as long.
pub(super) const FIRST_TICK: Duration = Duration::from_micros(1);

/// Whether it makes a difference to anybody that time passes, where no task can step: a task waits for its timer, or for
/// the channel of one that sends. (A ticker that nobody listens to would go on for ever.)
pub(crate) fn time_helps(world: &World, slots: &[Slot]) -> bool {
    let listens = |channel: ObjectId| {
        let tasks = world.tasks.iter().zip(slots).filter(|(task, _)| !task.finished);
        let mut pending = tasks.skip(1).map(|(_, slot)| &slot.pending);
        pending.any(|op| match op {
            Op::Select(select) => select.arms.iter().any(|arm| arm.channel == channel),
            _ => op.object() == Some(channel),
        })
    };
    world.time.owners().any(|owner| match owner {
        Owner::Task(_) => true,
        Owner::Timer(timer) => listens(world.timer(timer).channel),
    })
}

impl Execution {
    /// Chooses among the `n` outcomes, at least two, of `op` of `task`, and records the choice.
    pub(super) fn choose(&mut self, task: TaskId, op: &Op, n: u32) -> u32 {
        let choice = match &mut self.chooser {
            Chooser::Follow(follow) => follow.alternative(&self.world, task, op),
            Chooser::Edited(edited) => edited.alternative(&self.world, task, op, n),
            Chooser::Reordered(reordered) => reordered.alternative(task, n),
            Chooser::Near(near) => near.alternative(task, n),
            _ => self.chooser.alternative(n),
        };
        self.decisions.push(choice);
        choice
    }

    #[inline(always)]
    pub(super) fn alternative(&mut self, op: &Op) -> u32 {
        match op {
            Op::Condvar(..) | Op::Choose(_) | Op::Life(_) | Op::Select(_) => match self.world.alternatives(op) {
                0 | 1 => 0,
                n => self.choose(self.running, op, n),
            },
            _ => 0,
        }
    }

    /// Decides who steps next; none if the execution has ended.
    #[inline(always)]
    pub(crate) fn decide(&mut self) -> TaskId {
        let time = &self.world.time;
        let clock = self.enabled.is_empty() || time.is_due() || (time.matters() && self.comes_to_yield());
        if clock { self.decide_with_clock() } else { self.decide_without_clock() }
    }

    /// [`Self::decide`] when somebody can step and the clock has no say.
    #[inline(always)]
    fn decide_without_clock(&mut self) -> TaskId {
        match self.enabled.few() {
            Some(few) if few.at_most_one() => few.nth(0),
            Some(few) => self.decide_among(few).unwrap_or_else(|| self.pick(false)),
            None if self.enabled.count() == 1 => self.enabled.nth(0),
            None => self.pick(false),
        }
    }

    /// The running task has declared what it is about to do. Whether all yield now.
    #[inline(never)]
    fn comes_to_yield(&mut self) -> bool {
        let me = self.running;
        if self.yields(me) {
            self.yielding.set::<false>(me, true);
        }
        self.all_yield()
    }

    /// Whether everybody who can step offers the processor, and has done something since the clock last moved: time does not go
    /// past a task that would look at it.
    fn all_yield(&self) -> bool {
        self.enabled.iter().all(|task| self.yields(task) && self.yielding.contains(task))
    }

    /// Whether `task` can step and offers the processor.
    fn yields(&self, task: TaskId) -> bool {
        self.slots[task.index()].pending == Op::Yield && self.enabled.contains(task)
    }

    /// [`Self::decide`] among `enabled` for the usual case: the clock has no say, the strategy is the
    /// random one, and nothing has to be made or enlarged for it. `None` if it is not that simple; then nothing has changed.
    #[inline(always)]
    pub(super) fn decide_among(&mut self, enabled: Few) -> Option<TaskId> {
        let Chooser::Random(random) = &mut self.chooser else { return None };
        Execution::draw(random, &mut self.decisions, enabled)
    }

    /// Draws one of `enabled`, and writes the decision down, if it is one. `None`, with nothing done, if there is nobody, if what it takes is
    /// not at hand, or if there is no room. (Nobody can predict whether there is more than one, so that one takes the same way, but nothing
    /// is drawn.)
    #[inline(always)]
    pub(super) fn draw(random: &mut Random, decisions: &mut Decisions, enabled: Few) -> Option<TaskId> {
        if let Some(task) = random.peek_byte().and_then(|byte| enabled.drawn(byte)).and_then(Drawn::task) {
            Execution::note_drawn(task, random, decisions, enabled)?;
            return Some(task);
        }
        if enabled.at_most_one() {
            return enabled.first();
        }
        let (nth, at) = random.peek_among(enabled.count())?;
        let task = enabled.nth(nth);
        decisions.push_at_once(task.0)?;
        random.go_to(at);
        Some(task)
    }

    /// Notes that the byte at hand has drawn `task` from `enabled`, which is a decision if they are more than one. `None`, with nothing done,
    /// if there is no room for it.
    #[inline(always)]
    pub(super) fn note_drawn(task: TaskId, random: &mut Random, decisions: &mut Decisions, enabled: Few) -> Option<()> {
        let decided = !enabled.at_most_one();
        decisions.push_small_if(task.0, decided)?;
        random.go_past_byte_if(decided);
        Some(())
    }

    #[inline(never)]
    fn pick(&mut self, clock: bool) -> TaskId {
        let instead = if self.world.time.matters() { self.instead_of_current(clock) } else { None };
        let choices = Choices { current: self.running, enabled: &self.enabled, clock, instead };
        let task = self.chooser.task(&choices);
        self.decisions.push(task.0);
        task
    }

    /// Who should go on in the place of the running task, if it waits for time to pass, or for others.
    fn instead_of_current(&self, clock: bool) -> Option<TaskId> {
        let me = self.running;
        if !self.yields(me) || !self.yielding.contains(me) {
            return None;
        }
        let ticks = clock && !self.world.time.is_due();
        self.enabled.iter().find(|task| !self.yielding.contains(*task)).or(ticks.then_some(TaskId::CLOCK))
    }

    /// [`Self::decide`] when the clock may have a say.
    #[cold]
    fn decide_with_clock(&mut self) -> TaskId {
        loop {
            if self.enabled.is_empty() {
                if !self.world.time.is_due() && !time_helps(&self.world, &self.slots) {
                    self.end_idle();
                    return DRIVER;
                }
                self.fire();
                continue;
            }
            let spinning = self.world.time.matters() && self.all_yield();
            if !self.world.time.is_due() && !spinning {
                return self.decide_without_clock();
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
        // Due: a deadline has come, may come at any moment, or nothing else helps tasks that have spun for long.
        if self.world.time.is_due() && self.world.time.next_deadline().is_some() {
            return self.fire();
        }
        // The tasks only look at the time, or wait for what a sleeper will do.
        let op = self.next_tick();
        self.clock_step(&op, 0);
    }

    /// Lets time pass faster and faster.
    fn next_tick(&mut self) -> Op {
        let pause = self.steps - self.clock_moved_at;
        if pause > 3 * PATIENCE {
            self.tick = FIRST_TICK;
        }
        let tick = self.tick;
        self.tick = tick.saturating_mul(2);
        Op::Clock(clock::Op::Tick(tick))
    }

    /// The clock fires the next timer.
    fn fire(&mut self) {
        let op = Op::Clock(clock::Op::Fire);
        let alternative = match self.world.alternatives(&op) {
            0 | 1 => 0,
            n => self.choose(TaskId::CLOCK, &op, n),
        };
        self.clock_step(&op, alternative);
    }

    fn clock_step(&mut self, op: &Op, alternative: u32) {
        self.clock_moved_at = self.steps;
        self.yielding.clear();
        let here = self.slots[0].place;
        let outcome = self.step(TaskId::CLOCK, op, alternative, here);
        self.settle_clock(op, outcome);
    }

    /// [`Self::decide`] when a guide leads, who is asked at every step.
    pub(super) fn decide_guided(&mut self) -> TaskId {
        loop {
            let Chooser::Guided(guide) = &mut self.chooser else { unreachable!("a guide leads") };
            match guide.next(&self.world, &self.enabled, &self.slots) {
                Some(TaskId::CLOCK) => {
                    let op = if guide.ticks { self.next_tick() } else { Op::Clock(clock::Op::Fire) };
                    let here = self.slots[0].place;
                    self.clock_moved_at = self.steps;
                    let outcome = self.step_guided(TaskId::CLOCK, &op, here);
                    self.settle_clock(&op, outcome);
                    self.check();
                    if self.ending.is_some() {
                        return DRIVER;
                    }
                }
                Some(task) => return task,
                None if guide.led == Led::ToTheEnd => {
                    self.end_idle();
                    return DRIVER;
                }
                None => {
                    self.end(Ending::Abandoned);
                    return DRIVER;
                }
            }
        }
    }

    /// Whether finishing is a step of its own.
    pub(super) fn finishes_apart(&self) -> bool {
        matches!(&self.chooser, Chooser::Guided(guide) if guide.finish_apart)
    }

    /// Performs a step of an execution that is led.
    pub(super) fn step_guided(&mut self, task: TaskId, op: &Op, place: Place) -> Outcome {
        let Chooser::Guided(guide) = &mut self.chooser else { unreachable!("a guide leads") };
        if let Op::Atomic(object, _) = op {
            let known = self.registry.objects.get(object.index());
            guide.sees_addresses |= known.is_some_and(|known| known.holds_addresses);
        }
        let alternative = guide.begin(&self.world, (task, op), &self.slots);
        let outcome = self.step(task, op, alternative, place);
        let Chooser::Guided(guide) = &mut self.chooser else { unreachable!("a guide leads") };
        guide.end(&self.world, outcome);
        outcome
    }

    /// Nobody can step and no timer is armed.
    fn end_idle(&mut self) {
        if self.ending.is_some() {
            return;
        }
        if let Some(failed) = self.failed.take() {
            self.ending = Some(failed);
            return;
        }
        let unfinished = self.world.tasks.iter().skip(1).any(|task| !task.finished);
        let root = &self.world.tasks[TaskId::ROOT.index()];
        let ending = match (unfinished, root.finished) {
            (true, false) => Ending::Deadlock(Vec::new()),
            (true, true) => Ending::Leak,
            (false, _) => Ending::Finished,
        };
        self.ending = Some(self.lost_panic(unfinished).unwrap_or(ending));
    }

    /// A panic that nobody has joined. While tasks are left somebody may be about to, unless the handle is gone; whether it went before
    /// the panic, which would have ended the execution, or after makes no difference.
    fn lost_panic(&self, unfinished: bool) -> Option<Ending> {
        if !self.panics_ended {
            return None;
        }
        let is_lost = |person: &Person| person.panic.is_some() && !person.joined && (person.detached || !unfinished);
        let lost = self.people().iter().position(is_lost)?;
        Some(Ending::Panicked(TaskId(lost as u32)))
    }

    /// Looks after what is due, if anything is: the step limit, and the patience with an idle clock.
    pub(super) fn check(&mut self) {
        if self.steps < self.check_at || self.ending.is_some() {
            return;
        }
        self.beats.fetch_add(1, Ordering::Relaxed);
        if self.steps >= self.limits.max_steps {
            self.end(Ending::StepLimit);
        } else if self.steps - self.clock_moved_at >= PATIENCE && self.world.time.matters() {
            self.world.time.hurry();
        }
        self.check_at = self.limits.max_steps.min(self.steps + PATIENCE);
        self.schedule_check();
    }
}
