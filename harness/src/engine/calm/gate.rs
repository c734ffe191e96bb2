//! Steps at gates.

use crate::engine::execution::Execution;
use crate::engine::step::{Begun, after_any, before_any};
use crate::engine::switch::switch;
use crate::engine::{Place, moment};
use crate::kernel::{ObjectId, Op, Outcome, gate};

/// Adds `delta` to the counter of a gate.
#[inline(never)]
pub(crate) fn add_to_gate(this: *mut Execution, id: ObjectId, delta: i64, place: Place) -> Outcome {
    let op = || Op::Gate(id, gate::Op::Add(delta));
    let begun = moment(this, |execution| execution.begin_to_add(id, delta, place));
    match begun.unwrap_or_else(|| before_any(this, &op(), place)).ended() {
        Ok(outcome) => outcome,
        Err(next) => {
            switch(this, next);
            let added = moment(this, |execution| execution.add_calmly(id, delta));
            added.unwrap_or_else(|| after_any(this, &op(), place))
        }
    }
}

impl Execution {
    /// What comes before the switch.
    #[inline(always)]
    fn begin_to_add(&mut self, id: ObjectId, delta: i64, place: Place) -> Option<Begun> {
        if !self.is_calm() {
            return None;
        }
        let me = self.running;
        if self.goes_on_unasked() {
            let alone = self.goes_on_alone()?;
            let outcome = self.add_calmly(id, delta)?;
            self.went_on_unasked(me, alone);
            return Some(Begun::with(outcome));
        }
        let slot = &mut self.slots[me.index()];
        (slot.pending, slot.place) = (Op::Gate(id, gate::Op::Add(delta)), place);
        self.choose_calmly().map(Begun::next)
    }

    /// What comes after the switch, if nobody is let go.
    #[inline(always)]
    fn add_calmly(&mut self, id: ObjectId, delta: i64) -> Option<Outcome> {
        if !self.is_calm() {
            return None;
        }
        let outcome = self.world.add_plainly(id, delta)?;
        self.steps += 1;
        Some(outcome)
    }
}
