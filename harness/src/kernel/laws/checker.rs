//! The laws of one state: what has to hold of every two steps that two tasks could take there.
//!
//! Steps are compared in the two ways in which exploration compares them: both labelled in the same state, as when a
//! task sleeps while others step, and one labelled after the other, as in a recorded execution.

use std::fmt::Write;
use std::time::Duration;

use smallvec::SmallVec;

use super::coverage::{Coverage, Verdict};
use super::invariants;
use crate::kernel::channel::Access::DropReceiver;
use crate::kernel::clock::Owner;
use crate::kernel::gate::Access::Lower;
use crate::kernel::handles::Dropped;
use crate::kernel::relation::{Access, Accesses};
use crate::kernel::rendezvous::Access::Drop;
use crate::kernel::{Clock, ObjectId, Op, Outcome, TaskId, World, clock, condvar, life};

/// A relation between steps that is held to account.
pub(super) type Relation<'a> = &'a dyn Fn(Clock, &Accesses, &Accesses) -> bool;

/// What a task would do.
pub(super) type Candidate = (TaskId, Op);

/// A step that was performed, and the state after it.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) task: TaskId,
    pub(super) op: Op,
    pub(super) alternative: u32,
    /// What that is called in every state: see [`name`].
    pub(super) name: u32,
    pub(super) outcome: Outcome,
    /// What a look at the clock showed.
    time: Option<Duration>,
    pub(super) accesses: Accesses,
    pub(super) after: World,
}

/// What alternative `index` of `op` is called in the state `world`: the arm of a select, one more than its number, or zero
/// for none; else just its index.
pub(super) fn name(world: &World, op: &Op, index: u32) -> u32 {
    match op {
        Op::Select(op) => world.select_arm(op, index).map_or(0, |arm| arm + 1),
        _ => index,
    }
}

/// What `task` can do in the state `world` by performing `op`, by name.
fn names(world: &World, (task, op): &Candidate) -> SmallVec<[u32; 4]> {
    let count = if world.enabled(*task, op) { world.alternatives(op) } else { 0 };
    (0..count).map(|index| name(world, op, index)).collect()
}

impl Step {
    pub(super) fn of(world: &World, (task, op): Candidate, alternative: u32) -> Step {
        let name = name(world, &op, alternative);
        let mut after = world.clone();
        after.woken.clear();
        let timed = after.is_timed(task);
        let outcome = after.apply(task, &op, alternative);
        let accesses = after.accesses(task, &op, outcome, timed);
        let time = (op == Op::Clock(clock::Op::Now)).then_some(after.time.now);
        Step { task, op, alternative, name, outcome, time, accesses, after }
    }

    pub(super) fn candidate(&self) -> Candidate {
        (self.task, self.op)
    }

    /// This step in the state `world`, if it is possible there.
    pub(super) fn again(&self, world: &World) -> Option<Step> {
        let index = names(world, &self.candidate()).iter().position(|name| *name == self.name)?;
        Some(Step::of(world, self.candidate(), index as u32))
    }

    /// This step in the state after `earlier`, if it is possible there.
    fn after(&self, earlier: &Step) -> Option<Step> {
        self.again(&earlier.after)
    }

    /// What is different in `other`, which is the same step in another state, for its task or for others.
    pub(super) fn difference(&self, other: &Step) -> Option<String> {
        let said = |what, one: &dyn std::fmt::Debug, two: &dyn std::fmt::Debug| {
            Some(format!("{what} of {:?} {:?}: {one:?} or {two:?}", self.task, self.op))
        };
        let same = |(a, b): (&(_, Access), &(_, Access))| a.0 == b.0 && same_but_for_position(a.1, b.1);
        if self.outcome != other.outcome {
            said("the outcome", &self.outcome, &other.outcome)
        } else if self.time != other.time {
            said("the sight", &self.time, &other.time)
        } else if self.accesses.len() != other.accesses.len() || !self.accesses.iter().zip(&other.accesses).all(same) {
            said("the accesses", &self.accesses, &other.accesses)
        } else {
            None
        }
    }
}

/// Whether two labels of one step mean the same to others. Some count how many such steps came before, which
/// exchanging independent ones changes.
fn same_but_for_position(a: Access, b: Access) -> bool {
    let same_drop = |a: Dropped, b: Dropped| a.side == b.side && a.closes() == b.closes();
    match (a, b) {
        (Access::Barrier(a), Access::Barrier(b)) => (a.missing == 0) == (b.missing == 0),
        (Access::Gate(Lower { left: a, by: x }), Access::Gate(Lower { left: b, by: y })) => {
            x == y && (a == 0) == (b == 0)
        }
        (Access::Channel(DropReceiver(a)), Access::Channel(DropReceiver(b))) => same_drop(a, b),
        (Access::Rendezvous(Drop(a)), Access::Rendezvous(Drop(b))) => same_drop(a, b),
        _ => a == b,
    }
}

/// A state in which some tasks could each do one of several things.
#[derive(Debug)]
pub(super) struct State<'a> {
    pub(super) world: &'a World,
    pub(super) candidates: &'a [Candidate],
}

impl State<'_> {
    /// Checks every law, and notes what was checked.
    pub(super) fn check(&self, relation: Relation<'_>, coverage: &mut Coverage) -> Result<(), String> {
        let enabled = self.candidates.iter().filter(|(task, op)| self.world.enabled(*task, op));
        let steps: Vec<Step> = enabled
            .flat_map(|candidate| (0..self.world.alternatives(&candidate.1)).map(|choice| (*candidate, choice)))
            .map(|(candidate, choice)| Step::of(self.world, candidate, choice))
            .collect();
        coverage.visited();
        for (index, step) in steps.iter().enumerate() {
            coverage.performed(&step.op);
            self.deterministic(step)?;
            self.reevaluated(step)?;
            for other in steps[index + 1..].iter().filter(|other| other.task != step.task) {
                self.either_order(step, other, relation, coverage)?;
            }
            for candidate in self.candidates.iter().filter(|(task, _)| *task != step.task) {
                self.one_order(step, *candidate, relation, coverage)?;
            }
        }
        Ok(())
    }

    /// A step depends on nothing but the state, and keeps its invariants.
    fn deterministic(&self, step: &Step) -> Result<(), String> {
        let again = Step::of(self.world, step.candidate(), step.alternative);
        let error = if again.after != step.after || again.outcome != step.outcome || again.accesses != step.accesses {
            Some("a step is not determined by the state".to_owned())
        } else {
            invariants::broken(&step.after)
        };
        error.map_or(Ok(()), |error| Err(self.report(&error, &[step])))
    }

    /// A step enables and disables nobody but those whom the engine looks at after it: the tasks that wait at the
    /// object of the step, that it woke, and that wait for its task to finish.
    fn reevaluated(&self, step: &Step) -> Result<(), String> {
        let waits_there = |id: ObjectId| match step.op {
            Op::Condvar(condvar, condvar::Op::Wait { mutex, .. }) => id == condvar || id == mutex,
            Op::Select(op) => op.arms.iter().any(|arm| arm.channel == id),
            _ => Some(id) == step.op.object(),
        };
        // A timer that fires sends to a channel.
        let sends = match (step.op, Owner::of_value(step.outcome.value)) {
            (Op::Clock(clock::Op::Fire), Owner::Timer(timer)) => Some(self.world.timer(timer).channel),
            _ => None,
        };
        let on_channels = matches!(step.op, Op::Channel(..) | Op::Rendezvous(..) | Op::Select(_)) || sends.is_some();
        for (task, op) in self.candidates.iter().filter(|(task, _)| *task != step.task && *task != TaskId::CLOCK) {
            let looked_at = op.object().is_some_and(waits_there)
                || (sends.is_some() && op.object() == sends)
                || step.after.woken.contains(task)
                || (on_channels && matches!(op, Op::Select(_)))
                || (step.op == Op::Life(life::Op::Finish) && *op == Op::Life(life::Op::Join(step.task)));
            if !looked_at && self.world.enabled(*task, op) != step.after.enabled(*task, op) {
                let error = format!("the engine does not look at {op:?} of {task:?}, which was enabled or disabled");
                return Err(self.report(&error, &[step]));
            }
        }
        Ok(())
    }

    /// Compares what the relation says of two steps that are both possible with what is so.
    fn either_order(&self, a: &Step, b: &Step, relation: Relation<'_>, coverage: &mut Coverage) -> Result<(), String> {
        let (a_second, b_second) = (a.after(b), b.after(a));
        let difference = self.exchange(a, b, a_second.as_ref(), b_second.as_ref());
        let in_one_state = relation(self.world.rules.clock, &a.accesses, &b.accesses);
        let pairs = [(a, Some(b)), (a, b_second.as_ref()), (b, a_second.as_ref())];
        for (first, second) in pairs.into_iter().filter_map(|(first, second)| Some((first, second?))) {
            let independent = relation(self.world.rules.clock, &first.accesses, &second.accesses);
            let verdict = Verdict { independent, commute: difference.is_none() };
            coverage.compared(&first.accesses, &second.accesses, verdict);
            match &difference {
                Some(difference) if independent => {
                    let error = format!("independent steps do not commute, but make a difference to {difference}");
                    return Err(self.report(&error, &[first, second]));
                }
                None if independent != in_one_state => {
                    let error = "steps are independent in one state, or one after the other, and not both";
                    return Err(self.report(error, &[a, b, first, second]));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// A step depends on the one that makes it possible.
    fn one_order(
        &self,
        first: &Step,
        second: Candidate,
        relation: Relation<'_>,
        coverage: &mut Coverage,
    ) -> Result<(), String> {
        let before = names(self.world, &second);
        for (new, _) in (0..).zip(names(&first.after, &second)).filter(|(_, name)| !before.contains(name)) {
            let then = Step::of(&first.after, second, new);
            let independent = relation(self.world.rules.clock, &first.accesses, &then.accesses);
            coverage.compared(&first.accesses, &then.accesses, Verdict { independent, commute: false });
            if independent {
                let error = "the second of two independent steps was not possible before the first";
                return Err(self.report(error, &[first, &then]));
            }
        }
        Ok(())
    }

    /// To what it makes a difference which of `a` and `b` comes first, if to anything.
    fn exchange(&self, a: &Step, b: &Step, a_second: Option<&Step>, b_second: Option<&Step>) -> Option<String> {
        for (first, second) in [(a, b), (b, a)] {
            // Each arm of a select is possible or not whatever the others are.
            let apart = matches!(second.op, Op::Select(_));
            if !apart && self.world.alternatives(&second.op) != first.after.alternatives(&second.op) {
                return Some(format!("the alternatives of {:?} {:?}", second.task, second.op));
            }
        }
        let (Some(a_second), Some(b_second)) = (a_second, b_second) else {
            return Some("whether the other is possible at all".to_owned());
        };
        if let Some(difference) = b_second.difference(b).or_else(|| a_second.difference(a)) {
            return Some(difference);
        }
        let (after, other) = (&b_second.after, &a_second.after);
        if after != other {
            return Some(format!("the state:\n{}or\n{}", show(after), show(other)));
        }
        let third = self.candidates.iter().filter(|(task, _)| *task != a.task && *task != b.task);
        let possible = |world: &World, (task, op): &Candidate| (world.enabled(*task, op), world.alternatives(op));
        let mut differs = third.filter(|candidate| possible(after, candidate) != possible(other, candidate));
        differs.next().map(|(task, op)| format!("whether {op:?} of {task:?} is possible"))
    }

    fn report(&self, error: &str, steps: &[&Step]) -> String {
        let mut report = format!("{error}\n");
        for Step { task, op, alternative, outcome, accesses, .. } in steps {
            let _ = writeln!(report, "step of {task:?}: {op:?}, alternative {alternative}");
            let _ = writeln!(report, "  ends as {outcome:?}, labelled {accesses:?}");
        }
        let _ = writeln!(report, "in the state, with {:?}:\n{}", self.world.rules, show(self.world));
        report
    }
}

/// A state, one thing a line.
fn show(world: &World) -> String {
    let mut text = format!("  {:?}\n", world.time);
    for (index, object) in world.objects.iter().enumerate() {
        let _ = writeln!(text, "  {:?}: {object:?}", ObjectId(index as u32));
    }
    for (index, task) in world.tasks.iter().enumerate().skip(1) {
        let _ = writeln!(text, "  {:?}: {task:?}", TaskId(index as u32));
    }
    text
}
