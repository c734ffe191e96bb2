//! The step: declare, decide, switch, perform.
//!
//! This is the hot path. It has one comparison that catches everything out of the ordinary (`steps >= next_check`, where
//! `next_check` is zero while any flag is set), allocates nothing, and calls nothing. What is usual but not so simple (a task
//! that has to wait, a batch of random numbers that is used up) goes through functions named `slowly`, what is not
//! usual (recording, panics, tearing down) through those named `carefully`. **Unsafe room**: the rule of the module above.

use super::Place;
use super::execution::{DRIVER, Execution, flag};
use super::switch::{Next, drive, switch};
use super::waiting::is_entered;
use crate::explore::Chooser;
use crate::kernel::atomic::{self, Ordering};
use crate::kernel::{Clock, End, Object, ObjectId, Op, Outcome, TaskId, World};
use crate::kernel::{channel, clock, condvar, life, mutex, once, rendezvous};

/// Whether `op` can be performed at once, without asking who steps: nothing that anybody else could do before it
/// would change what it does or what it means to others.
///
/// A task that joins one that has finished, draws a random number, adds a handle to a channel, or looks at a `Once` that is
/// done concerns nobody else; on an idle clock the time stands still while a task can step. (Dropping a handle that is
/// not the last is not of this kind: done at once, it could not become the last any more.)
#[inline(always)]
fn is_private(world: &World, op: &Op) -> bool {
    match op {
        Op::Life(life::Op::Join(_)) | Op::Choose(_) | Op::Fence(_) => true,
        Op::Clock(clock::Op::Now | clock::Op::Arm(_) | clock::Op::Disarm) => world.rules.clock == Clock::Idle,
        Op::Once(id, op) => {
            let done = matches!(world.objects[id.index()], Object::Once(once::Once::Done));
            done && !matches!(op, once::Op::End { .. })
        }
        Op::Channel(_, channel::Op::AddSender | channel::Op::AddReceiver) => true,
        Op::Rendezvous(_, rendezvous::Op::AddSender | rendezvous::Op::AddReceiver) => true,
        _ => false,
    }
}

/// Declares `op` for the running task, waits until it is chosen, performs it, and returns how it ended.
///
/// The caller is a task inside `this`, on its carrier. May not return: when the execution is over, the task is
/// unwound from here.
///
/// It is three calls: what comes before the switch, the switch, and what comes after. The switch is inlined, down to
/// the user's function where that is possible: a function that is suspended and resumed returns to where the
/// processor does not expect it, so that every frame between the switch and the user costs a misprediction.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn perform(this: *mut Execution, op: Op, place: Place) -> Outcome {
    match before_any(this, &op, place).ended() {
        Ok(outcome) => outcome,
        Err(next) => {
            let this = switch(this, next);
            after_any(this, &op, place)
        }
    }
}

/// What comes of what comes before the switch: an outcome, if the same task goes on, or who is next. In two registers: whoever switches
/// waits for nothing but that.
#[derive(Clone, Copy)]
pub(crate) struct Begun {
    end: Option<End>,
    /// Of the outcome, or the next task.
    value: u64,
}

impl Begun {
    #[inline(always)]
    pub(super) fn with(outcome: Outcome) -> Begun {
        Begun { end: Some(outcome.end), value: outcome.value }
    }

    #[inline(always)]
    pub(super) fn next(task: TaskId) -> Begun {
        Begun { end: None, value: Next::of(task).word() }
    }

    /// The outcome, or else who is to be switched to.
    #[inline(always)]
    pub(crate) fn ended(self) -> Result<Outcome, Next> {
        match self.end {
            Some(end) => Ok(Outcome { end, value: self.value }),
            None => Err(Next::from_word(self.value)),
        }
    }
}

/// What comes before the switch.
#[inline(never)]
pub(crate) fn before_any(this: *mut Execution, op: &Op, place: Place) -> Begun {
    before(this, || *op, place).unwrap_or_else(|| before_slowly(this, || *op, place))
}

/// What comes after the switch: the task was chosen, and performs what it declared.
#[inline(never)]
pub(crate) fn after_any(this: *mut Execution, op: &Op, place: Place) -> Outcome {
    after(this, || *op, place)
}

/// [`perform`] for one kind of operation, compiled for it alone; where debug assertions are on, and speed is not what
/// matters, it is [`perform`], because these copies would be a third of what users wait for when they compile the library.
///
/// What is passed on is a closure that makes the operation, and whoever looks at it makes its own: one that is passed
/// by reference to any function that is not inlined would be in memory from then on, and its kind unknown to the compiler.
macro_rules! perform_one {
    ($(#[doc = $doc:literal])* $name:ident, $before:ident, $slow:ident, $after:ident, ($($arg:ident: $type:ty),*), $op:expr) => {
        $(#[doc = $doc])*
        #[cfg(debug_assertions)]
        #[inline(always)]
        pub(crate) fn $name(this: *mut Execution, $($arg: $type,)* place: Place) -> Outcome {
            perform(this, $op, place)
        }

        $(#[doc = $doc])*
        #[cfg(not(debug_assertions))]
        #[inline(always)]
        pub(crate) fn $name(this: *mut Execution, $($arg: $type,)* place: Place) -> Outcome {
            #[inline(never)]
            fn $before(this: *mut Execution, $($arg: $type,)* place: Place) -> Begun {
                before(this, || $op, place).unwrap_or_else(|| $slow(this, $($arg,)* place))
            }

            #[inline(never)]
            fn $slow(this: *mut Execution, $($arg: $type,)* place: Place) -> Begun {
                before_slowly(this, || $op, place)
            }

            #[inline(never)]
            fn $after(this: *mut Execution, $($arg: $type,)* place: Place) -> Outcome {
                after(this, || $op, place)
            }

            match $before(this, $($arg,)* place).ended() {
                Ok(outcome) => outcome,
                Err(next) => {
                    let this = switch(this, next);
                    $after(this, $($arg,)* place)
                }
            }
        }
    };
}

perform_one!(
    /// [`perform`] of an atomic load.
    perform_load, before_load, before_load_slowly, after_load,
    (id: ObjectId, order: Ordering),
    Op::Atomic(id, atomic::Op::Load(order))
);
perform_one!(
    /// [`perform`] of an atomic store.
    perform_store, before_store, before_store_slowly, after_store,
    (id: ObjectId, value: u64, order: Ordering),
    Op::Atomic(id, atomic::Op::Store(value, order))
);
perform_one!(
    /// [`perform`] of an atomic read-modify-write.
    perform_rmw, before_rmw, before_rmw_slowly, after_rmw,
    (id: ObjectId, what: RmwWhat, operand: u64),
    Op::Atomic(id, atomic::Op::Rmw { function: what.0, width: what.1, operand, order: what.2 })
);
perform_one!(
    /// [`perform`] of locking a mutex.
    perform_lock, before_lock, before_lock_slowly, after_lock,
    (id: ObjectId),
    Op::Mutex(id, mutex::Op::Lock)
);
perform_one!(
    /// [`perform`] of unlocking a mutex.
    perform_unlock, before_unlock, before_unlock_slowly, after_unlock,
    (id: ObjectId, poison: bool),
    Op::Mutex(id, mutex::Op::Unlock { poison })
);

perform_one!(
    /// [`perform`] of waking up from a condition variable.
    perform_wake, before_wake, before_wake_slowly, after_wake,
    (id: ObjectId, mutex: ObjectId),
    Op::Condvar(id, condvar::Op::Wake { mutex })
);
perform_one!(
    /// [`perform`] of waiting at a condition variable without a timeout.
    perform_wait, before_wait, before_wait_slowly, after_wait,
    (id: ObjectId, mutex: ObjectId),
    Op::Condvar(id, condvar::Op::Wait { mutex, timeout: None, poison: false })
);
perform_one!(
    /// [`perform`] of waking one waiter.
    perform_notify_one, before_notify_one, before_notify_one_slowly, after_notify_one,
    (id: ObjectId),
    Op::Condvar(id, condvar::Op::NotifyOne)
);
perform_one!(
    /// [`perform`] of joining a task.
    perform_join, before_join, before_join_slowly, after_join,
    (task: TaskId),
    Op::Life(life::Op::Join(task))
);
perform_one!(
    /// [`perform`] of a yield. Time passes if everybody else does the same.
    perform_yield, before_yield, before_yield_slowly, after_yield,
    (),
    Op::Yield
);

/// The small arguments of a read-modify-write, which travel in one register.
pub(crate) type RmwWhat = (atomic::Rmw, atomic::Width, Ordering);

/// What comes before the switch, in the usual cases. `None`, with nothing decided, says that it is not as usual, and [`before_slowly`] is
/// to be asked.
///
/// This is the hottest code. Nothing in it calls a function, for most operations, so that it needs no registers that
/// belong to its caller; what does is all behind the one way out, with the same arguments.
#[inline(always)]
fn before(this: *mut Execution, op: impl Fn() -> Op + Copy, place: Place) -> Option<Begun> {
    // SAFETY: the vocabulary got `this` from `current`, so the calling thread is inside this execution and its driver
    // keeps it alive; the reference ends before the switch, see the module's rule.
    let execution = unsafe { &mut *this };
    let me = execution.running;
    if execution.steps >= execution.next_check {
        return None;
    }
    // Time may pass instead: a deadline has come, or this task and perhaps all others offer the processor.
    let time = &execution.world.time;
    if time.is_due() || (matches!(op(), Op::Yield) && time.matters()) {
        return None;
    }
    let enabled = execution.enabled.few()?;
    if is_entered(&op()) {
        return before_waiting(execution, me, op, place);
    }
    if !execution.world.enabled(me, &op()) {
        return None;
    }
    if enabled.at_most_one() || is_private(&execution.world, &op()) {
        return Some(Begun::with(finish_step::<true>(execution, me, op)));
    }
    if execution.drops_at_once(&op()) {
        execution.decisions.push_at_once(me.0)?;
        return Some(Begun::with(finish_step::<true>(execution, me, op)));
    }
    // Nobody can predict whether it is the same task again: it costs less to switch to oneself than to ask.
    let next = execution.decide_among(enabled)?;
    execution.declare::<true>(me, op, place);
    Some(Begun::next(next))
}

/// [`before`] of an operation that may have to wait. Nobody can predict whether it does, nor whether others can go on: as far
/// as possible, all cases take the same way.
#[inline(always)]
fn before_waiting(execution: &mut Execution, me: TaskId, op: impl Fn() -> Op + Copy, place: Place) -> Option<Begun> {
    let can = execution.world.enabled(me, &op());
    if can && is_private(&execution.world, &op()) {
        return Some(Begun::with(finish_step::<true>(execution, me, op)));
    }
    if !can && execution.world.time.matters() {
        // The others may all yield.
        return None;
    }
    execution.declare::<true>(me, op, place);
    execution.enabled.set::<true>(me, can);
    let enabled = execution.enabled.few()?;
    // Whoever waits may close a cycle, but not if it is for a task that can step.
    let closes_no_cycle = match op() {
        Op::Condvar(..) | Op::Channel(..) | Op::Rendezvous(..) => true,
        Op::Mutex(id, mutex::Op::Lock) => enabled.contains(if can { me } else { execution.world.owner(id) }),
        Op::Life(life::Op::Join(child)) => enabled.contains(child),
        _ => can,
    };
    if !closes_no_cycle {
        return None;
    }
    let next = if enabled.at_most_one() { enabled.first()? } else { execution.decide_among(enabled)? };
    Some(Begun::next(next))
}

/// [`before`] in all cases.
#[inline(always)]
fn before_slowly(this: *mut Execution, op: impl Fn() -> Op + Copy, place: Place) -> Begun {
    // SAFETY: as in `before`.
    let execution = unsafe { &mut *this };
    let me = execution.running;
    if execution.flags == flag::STARTING {
        // The usual reason: the first declaration of a new task. It is not worth the detour below.
        let starter = std::mem::replace(&mut execution.slots[me.index()].return_to, TaskId::NONE);
        if starter != TaskId::NONE {
            execution.declare_first(me, op, place);
            return Begun::next(starter);
        }
    }
    let rides = execution.stop_riding();
    if execution.steps >= execution.next_check {
        return before_carefully(this, op(), place, rides);
    }
    if rides
        && execution.rides_on(&op())
        && !is_private(&execution.world, &op())
        && execution.world.enabled(me, &op())
        && let Some(few) = execution.enabled.few()
        && (few.at_most_one() || execution.decisions.push_at_once(me.0).is_some())
    {
        // The usual case, as in `before`.
        if execution.drops_at_once(&op()) {
            execution.ride();
        }
        return Begun::with(finish_step::<true>(execution, me, op));
    }
    execution.declare::<false>(me, op, place);
    if execution.world.enabled(me, &op()) {
        let (next, chosen) = execution.decide_or_go_on(me, &op(), rides);
        if next == me {
            execution.delist::<false>(me, &op());
            let outcome = finish_step::<false>(execution, me, op);
            if chosen {
                execution.ride_after(&op(), outcome);
            }
            return Begun::with(outcome);
        }
        return Begun::next(next);
    }
    execution.block(me, &op());
    // Time may pass until the task itself can go on.
    Begun::next(if execution.ending.is_some() { DRIVER } else { execution.decide() })
}

/// What comes after the switch: the task was chosen, and performs what it declared.
#[inline(always)]
fn after(this: *mut Execution, op: impl Fn() -> Op + Copy, place: Place) -> Outcome {
    // SAFETY: as in `before`; nothing switches while the reference lives.
    let execution = unsafe { &mut *this };
    if execution.flags != 0 || execution.enabled.few().is_none() {
        return after_carefully(this, op(), place);
    }
    let me = execution.running;
    execution.delist::<true>(me, &op());
    let outcome = finish_step::<true>(execution, me, op);
    execution.ride_after(&op(), outcome);
    outcome
}

#[inline(always)]
fn finish_step<const FEW: bool>(execution: &mut Execution, me: TaskId, op: impl Fn() -> Op + Copy) -> Outcome {
    execution.steps += 1;
    if let Op::Channel(id, op) = op() {
        let (outcome, enables) = execution.world.apply_channel(me, id, &op);
        execution.settle_channel::<FEW>(id, enables);
        execution.settle_selecting::<FEW>();
        return outcome;
    }
    let alternative = execution.alternative(&op());
    let outcome = execution.world.apply(me, &op(), alternative);
    execution.settle::<FEW>(me, &op());
    outcome
}

/// [`before`] when something out of the ordinary is going on.
#[cold]
#[inline(never)]
fn before_carefully(this: *mut Execution, op: Op, place: Place, rides: bool) -> Begun {
    // SAFETY: as in `before`.
    let execution = unsafe { &mut *this };
    if execution.flags & flag::TEARDOWN != 0 {
        return Begun::with(super::teardown::perform(this, op, place));
    }
    let me = execution.running;
    execution.check();
    if execution.flags & flag::GUIDED != 0 {
        return Begun::next(execution.declare_guided(me, op, place));
    }
    let starter = std::mem::replace(&mut execution.slots[me.index()].return_to, TaskId::NONE);
    let enabled = execution.world.enabled(me, &op);
    let next = if starter != TaskId::NONE {
        execution.declare_first(me, || op, place);
        starter
    } else if execution.ending.is_some() {
        execution.declare::<false>(me, || op, place);
        DRIVER
    } else if enabled {
        execution.declare::<false>(me, || op, place);
        let (next, chosen) = execution.decide_or_go_on(me, &op, rides);
        if next == me {
            execution.delist::<false>(me, &op);
            let outcome = execution.finish_step_carefully(me, &op, place);
            if chosen {
                execution.ride_after(&op, outcome);
            }
            return Begun::with(outcome);
        }
        next
    } else {
        execution.declare::<false>(me, || op, place);
        execution.block(me, &op);
        if execution.ending.is_some() { DRIVER } else { execution.decide() }
    };
    if execution.flags & flag::PANICKED != 0 {
        execution.note_unwinding(me);
    }
    Begun::next(next)
}

/// [`after`] when something out of the ordinary is going on.
#[cold]
#[inline(never)]
fn after_carefully(this: *mut Execution, op: Op, place: Place) -> Outcome {
    {
        // SAFETY: as in `after`; the reference ends before the tearing down.
        let execution = unsafe { &mut *this };
        let me = execution.running;
        execution.unwinding_goes_on(me);
        execution.delist::<false>(me, &op);
        if execution.flags & flag::TEARDOWN == 0 {
            let outcome = execution.finish_step_carefully(me, &op, place);
            execution.ride_after(&op, outcome);
            return outcome;
        }
    }
    super::teardown::perform(this, op, place)
}

impl Execution {
    /// Notes what `me`, which will be suspended, is about to do.
    #[inline(always)]
    fn declare<const FEW: bool>(&mut self, me: TaskId, op: impl Fn() -> Op + Copy, place: Place) {
        let slot = &mut self.slots[me.index()];
        slot.pending = op();
        slot.place = place;
        self.enlist::<FEW>(me, &op());
    }

    /// Who steps next, where `me` could perform `op`; and whether it is, if it is `me`, because it was chosen.
    #[inline(always)]
    fn decide_or_go_on(&mut self, me: TaskId, op: &Op, rides: bool) -> (TaskId, bool) {
        let private = is_private(&self.world, op);
        if private || self.drops_at_once(op) {
            if !private {
                self.decide_to_go_on(me);
            }
            if rides {
                // What concerns nobody stands between no two steps.
                self.ride();
            }
            return (me, false);
        }
        if rides && self.rides_on(op) {
            self.decide_to_go_on(me);
            return (me, false);
        }
        (self.decide(), true)
    }

    /// The first declaration of a new task: its parent goes on.
    #[inline(always)]
    fn declare_first(&mut self, me: TaskId, op: impl Fn() -> Op + Copy, place: Place) {
        self.started();
        self.declare::<false>(me, op, place);
        self.enabled.set::<false>(me, self.world.enabled(me, &op()));
    }

    /// A declaration in an execution that is led: it is always asked who steps.
    fn declare_guided(&mut self, me: TaskId, op: Op, place: Place) -> TaskId {
        if op == Op::Yield
            && let Chooser::Guided(guide) = &mut self.chooser
        {
            guide.declare_turn(me, place);
        }
        let starter = std::mem::replace(&mut self.slots[me.index()].return_to, TaskId::NONE);
        let next = if starter != TaskId::NONE {
            self.declare_first(me, || op, place);
            starter
        } else {
            self.declare::<false>(me, || op, place);
            if !self.world.enabled(me, &op) {
                self.block(me, &op);
            }
            if self.ending.is_some() { DRIVER } else { self.decide_guided() }
        };
        if self.flags & flag::PANICKED != 0 {
            self.note_unwinding(me);
        }
        next
    }

    /// Performs a step, and records it if that is asked for.
    fn finish_step_carefully(&mut self, me: TaskId, op: &Op, place: Place) -> Outcome {
        let outcome = if self.flags & flag::GUIDED != 0 {
            self.step_guided(me, op, place)
        } else {
            let alternative = self.alternative(op);
            self.step(me, op, alternative, place)
        };
        self.settle::<false>(me, op);
        outcome
    }

    /// Resumes the chosen tasks until there is none.
    ///
    /// # Safety
    /// `this` is not referenced by anything else while this runs, other than through [`super::current`].
    pub(crate) unsafe fn drive(this: *mut Execution) {
        // SAFETY: as the caller says.
        unsafe { drive(this) };
    }
}
