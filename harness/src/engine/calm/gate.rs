//! Steps at gates.

use super::declared_at;
use crate::engine::execution::Execution;
use crate::engine::step::{Begun, after_any, before_any};
use crate::engine::switch::switch;
use crate::engine::{Place, moment};
use crate::kernel::{End, ObjectId, Op, Outcome, TaskId, World, gate};

/// Adds `delta` to the counter of a gate.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn add_to_gate(this: *mut Execution, id: ObjectId, delta: i64, place: Place) -> Outcome {
    match begin_to_add(this, id, delta, place).ended() {
        Ok(outcome) => outcome,
        Err(next) => {
            let this = switch(this, next);
            end_adding(this, id, delta)
        }
    }
}

#[inline(never)]
fn begin_to_add(this: *mut Execution, id: ObjectId, delta: i64, place: Place) -> Begun {
    let op = gate::Op::Add(delta);
    match begin(this, id, op, place, |execution| execution.add_calmly(id, delta)) {
        Some(begun) => begun,
        None => begin_slowly(this, id, op, place),
    }
}

#[inline(never)]
fn end_adding(this: *mut Execution, id: ObjectId, delta: i64) -> Outcome {
    end(this, Op::Gate(id, gate::Op::Add(delta)), |execution| execution.add_calmly(id, delta))
}

/// Waits until the counter of a gate has reached zero. Says what it is then, unless it was zero when the caller came.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn wait_at_gate(this: *mut Execution, id: ObjectId, place: Place) -> Option<u64> {
    let enrolled = match begin_to_enroll(this, id, place).ended() {
        Ok(outcome) => outcome,
        Err(next) => {
            let this = switch(this, next);
            end_enrolling(this, id)
        }
    };
    if enrolled.end != End::Queued {
        return None;
    }
    let let_go = match begin_to_leave_gate(this, id, place).ended() {
        Ok(outcome) => outcome,
        Err(next) => {
            let this = switch(this, next);
            end_leaving(this, id)
        }
    };
    Some(let_go.value)
}

#[inline(never)]
fn begin_to_enroll(this: *mut Execution, id: ObjectId, place: Place) -> Begun {
    match begin(this, id, gate::Op::Enroll, place, |execution| execution.pass_calmly(id, World::enroll)) {
        Some(begun) => begun,
        None => begin_slowly(this, id, gate::Op::Enroll, place),
    }
}

#[inline(never)]
fn end_enrolling(this: *mut Execution, id: ObjectId) -> Outcome {
    end(this, Op::Gate(id, gate::Op::Enroll), |execution| execution.pass_calmly(id, World::enroll))
}

#[inline(never)]
fn begin_to_leave_gate(this: *mut Execution, id: ObjectId, place: Place) -> Begun {
    let next = moment(this, |execution| {
        if !execution.is_calm() {
            return None;
        }
        // Nobody has let it go yet. (Where it is not calm, it may be one of too many for this.)
        execution.enabled.set::<true>(execution.running, false);
        execution.declare_calmly(|| Op::Gate(id, gate::Op::Leave), place)
    });
    match next {
        Some(next) => Begun::next(next),
        None => before_any(this, &Op::Gate(id, gate::Op::Leave), place),
    }
}

#[inline(never)]
fn end_leaving(this: *mut Execution, id: ObjectId) -> Outcome {
    end(this, Op::Gate(id, gate::Op::Leave), |execution| execution.pass_calmly(id, World::leave_gate))
}

/// What comes before the switch of a step, of which `perform` is what comes after it where it is calm.
#[inline(always)]
fn begin(
    this: *mut Execution,
    id: ObjectId,
    op: gate::Op,
    place: Place,
    perform: impl Fn(&mut Execution) -> Option<Outcome>,
) -> Option<Begun> {
    moment(this, |execution| {
        if execution.may_go_on_unasked() {
            let alone = execution.goes_on_alone()?;
            let outcome = perform(execution)?;
            execution.went_on_unasked(execution.running, alone);
            return Some(Begun::with(outcome));
        }
        execution.declare_calmly(|| Op::Gate(id, op), place).map(Begun::next)
    })
}

/// [`begin`] where that takes more than a glance.
#[inline(never)]
fn begin_slowly(this: *mut Execution, id: ObjectId, op: gate::Op, place: Place) -> Begun {
    let starter = moment(this, |execution| {
        let starter = execution.starts_calmly()?;
        execution.enabled.set::<true>(execution.running, true);
        execution.declare_start(Op::Gate(id, op), place);
        Some(starter)
    });
    match starter {
        Some(starter) => Begun::next(starter),
        None => before_any(this, &Op::Gate(id, op), place),
    }
}

/// What comes after it.
#[inline(always)]
fn end(this: *mut Execution, op: Op, perform: impl Fn(&mut Execution) -> Option<Outcome>) -> Outcome {
    moment(this, perform).unwrap_or_else(|| after_any(this, &op, declared_at(this)))
}

impl Execution {
    /// Whether it is calm and the running task goes on without being chosen.
    #[inline(always)]
    fn may_go_on_unasked(&self) -> bool {
        self.is_calm() && self.goes_on_unasked()
    }

    #[inline(always)]
    fn add_calmly(&mut self, id: ObjectId, delta: i64) -> Option<Outcome> {
        if !self.is_calm() {
            return None;
        }
        let outcome = match self.world.add_plainly(id, delta) {
            Some(outcome) => outcome,
            None => {
                let let_go = self.world.open_gate(id, delta)?;
                let_go.into_iter().for_each(|waiter| self.enabled.set::<true>(waiter, true));
                Outcome::DONE
            }
        };
        self.steps += 1;
        Some(outcome)
    }

    /// The running task comes to a gate or leaves it, whichever `act` is. For one who leaves: somebody has let it go.
    #[inline(always)]
    fn pass_calmly(
        &mut self,
        id: ObjectId,
        act: impl FnOnce(&mut World, TaskId, ObjectId) -> Outcome,
    ) -> Option<Outcome> {
        if !self.is_calm() {
            return None;
        }
        self.steps += 1;
        Some(act(&mut self.world, self.running, id))
    }
}
