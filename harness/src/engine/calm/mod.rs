//! Steps where all is calm.
//!
//! In a random walk of few tasks, in which nothing is recorded, nobody selects and time does not matter, a step concerns
//! nobody but those who wait for its object, and most of what [`step`](super::step) asks at each step has its answer beforehand. *Calm* is one
//! comparison, `steps < calm_until`, and what is done in it is done here, each time with one way out: `None`, or no, with nothing done
//! that doing it again would not do, for whatever is not so simple; then `step` does it. **Unsafe room**: the rule of the module above.

mod channel;
mod gate;
#[cfg(test)]
mod tests;

pub(crate) use channel::{
    add_handle, begin_receive, begin_send, begin_to_give, begin_to_take, close_buffer, declared_at, drop_handle,
};
pub(crate) use channel::{perform_arrive, perform_at_buffer, perform_leave};
pub(crate) use gate::{add_to_gate, wait_at_gate};

use super::Place;
use super::decisions::Decisions;
use super::drawn::Drawn;
use super::enabled::Few;
use super::execution::{Execution, flag};
use super::task::Slot;
use super::task_set::few_bit;
use crate::explore::{Chooser, Random};
use crate::kernel::{Op, TaskId};

/// The walk of an execution in which it is calm.
///
/// # Safety
/// It is.
#[inline(always)]
unsafe fn walk(chooser: &mut Chooser) -> &mut Random {
    let Chooser::Random(random) = chooser else {
        // SAFETY: as the caller says; it is calm in no other walk, see `is_quiet`.
        unsafe { std::hint::unreachable_unchecked() }
    };
    random
}

/// Who would be next if the running task could do what it is about to declare, and who if not.
///
/// Whether it can is known last: it depends on an object, which has to be found first. So the decision is made for both cases
/// meanwhile.
#[derive(Clone, Copy)]
struct Prospects {
    others: Few,
    /// The running task, as a bit of `others`.
    me: u64,
    if_ready: Drawn,
    if_not: Drawn,
}

impl Prospects {
    /// Where `few` can step, `me` among them, for it runs. None if there is no byte at hand, or if they are too many for one.
    #[inline(always)]
    fn of(me: TaskId, few: Few, random: &Random) -> Option<Prospects> {
        let byte = random.peek_byte()?;
        let bit = few_bit(me);
        debug_assert!(few.contains(me));
        let others = few.with(bit, false);
        Some(Prospects { others, me: bit, if_ready: few.drawn(byte)?, if_not: others.drawn(byte)? })
    }

    /// Who is next, and who can step now. None, with nothing done, if nobody can, if the byte does not say who, or if there is no room for the
    /// decision.
    #[inline(always)]
    fn choose(self, ready: bool, random: &mut Random, decisions: &mut Decisions) -> Option<(TaskId, Few)> {
        // It is as often one as the other.
        let next = Drawn::choose(ready, self.if_ready, self.if_not).task()?;
        let few = self.others.with(self.me, ready);
        Execution::note_drawn(next, random, decisions, few)?;
        Some((next, few))
    }
}

impl Execution {
    /// Whether it is calm now, and will be until something is done that says it is not.
    pub(super) fn is_quiet(&self) -> bool {
        let time = &self.world.time;
        self.flags == 0
            && self.walks()
            && !time.matters()
            && !time.is_due()
            && self.enabled.few().is_some()
            && !self.anybody_selects()
    }

    #[inline(always)]
    fn is_calm(&self) -> bool {
        let calm = self.steps < self.calm_until;
        debug_assert!(!calm || self.is_quiet());
        calm
    }

    /// Who steps next. None if nobody can, or if no random byte is at hand, or no room for the decision; what to make of that is not for
    /// here to say.
    #[inline(always)]
    fn choose_calmly(&mut self) -> Option<TaskId> {
        let few = self.few_calm();
        // SAFETY: it is calm.
        unsafe { Execution::choose_among(&mut self.chooser, &mut self.decisions, few) }
    }

    /// [`Self::choose_calmly`] among `few`.
    ///
    /// # Safety
    /// It is calm.
    #[inline(always)]
    unsafe fn choose_among(chooser: &mut Chooser, decisions: &mut Decisions, few: Few) -> Option<TaskId> {
        // SAFETY: as the caller says.
        Execution::draw(unsafe { walk(chooser) }, decisions, few)
    }

    /// Whether the running task goes on without being chosen, because it rides (see [`super::rides`]) or because nobody else can step.
    #[inline(always)]
    fn goes_on_unasked(&self) -> bool {
        self.rides || self.few_calm().at_most_one()
    }

    /// Whether nobody else can step, for one who is about to go on without being chosen. `None` if there is no room for the decision that
    /// is not made. (Between this and [`Self::went_on_unasked`] is the step; a closure for it would not be inlined.)
    #[inline(always)]
    fn goes_on_alone(&self) -> Option<bool> {
        let alone = self.few_calm().at_most_one();
        (alone | self.decisions.has_room()).then_some(alone)
    }

    /// The running task has taken a step without being chosen.
    #[inline(always)]
    fn went_on_unasked(&mut self, me: TaskId, alone: bool) {
        self.note_unasked(me, alone);
        self.stand_up();
    }

    /// Writes the decision down that was not made.
    #[inline(always)]
    fn note_unasked(&mut self, me: TaskId, alone: bool) {
        // If it is one, there is room.
        let _ = self.decisions.push_small_if(me.0, !alone);
    }

    /// The running task does not ride any more, where it is calm.
    #[inline(always)]
    fn stand_up(&mut self) {
        (self.rides, self.next_check) = (false, self.check_at);
    }

    /// Those who can step, where it is calm.
    #[inline(always)]
    fn few_calm(&self) -> Few {
        debug_assert!(self.is_quiet());
        // SAFETY: it is calm, so that they are few, see `is_quiet`. When they become more it is not calm any more, see `add_task`.
        unsafe { self.enabled.few().unwrap_unchecked() }
    }

    /// What the running task declares.
    #[inline(always)]
    fn declaration(&mut self) -> &mut Slot {
        let me = self.running.index();
        debug_assert!(me < self.slots.len());
        // SAFETY: whoever runs was added by `add_task`, or is the driver; both have a slot, and none is taken away, ever.
        unsafe { self.slots.get_unchecked_mut(me) }
    }

    /// Where the running task has declared its step.
    pub(crate) fn declared_at(&self) -> Place {
        self.slots[self.running.index()].place
    }

    /// What comes before the switch for an operation for which nobody is entered anywhere. Returns who is next. (What makes the operation is a
    /// function: one that is in memory before it is known where it is to be written would be written twice.)
    #[inline(always)]
    fn declare_calmly(&mut self, op: impl FnOnce() -> Op, place: Place) -> Option<TaskId> {
        if !self.is_calm() {
            return None;
        }
        let slot = self.declaration();
        (slot.pending, slot.place) = (op(), place);
        self.choose_calmly()
    }

    /// Who goes on after the first declaration of the running task, if this is that in an otherwise usual execution.
    #[inline(always)]
    fn starts_calmly(&mut self) -> Option<TaskId> {
        let starter = self.declaration().return_to;
        let usual = self.flags == flag::STARTING && starter != TaskId::NONE && self.enabled.few().is_some();
        usual.then_some(starter)
    }

    /// The running task declares its first step.
    #[inline(always)]
    fn declare_start(&mut self, op: Op, place: Place) {
        let slot = self.declaration();
        slot.return_to = TaskId::NONE;
        (slot.pending, slot.place) = (op, place);
        self.started();
    }

    /// The running task, which has ended without a panic, finishes. Returns whether that is done, and notes who is next.
    #[inline(always)]
    pub(super) fn end_calmly(&mut self, task: TaskId) -> bool {
        if !self.is_calm() || self.ending.is_some() {
            return false;
        }
        let joiners = &self.slots[task.index()].joiners;
        self.enabled.set::<true>(task, false);
        self.enabled.set_all::<true>(joiners, true);
        let Some(next) = self.choose_calmly() else { return false };
        self.next = next;
        self.world.finish(task);
        self.stand_up();
        self.leave_carrier(task);
        true
    }

    /// The running task joins `child`, if that has finished, which concerns nobody else.
    #[inline]
    pub(crate) fn join_calmly(&mut self, child: TaskId) -> bool {
        if !self.is_calm() || !self.world.tasks[child.index()].finished {
            return false;
        }
        self.world.see_end_of(child);
        self.steps += 1;
        true
    }
}
