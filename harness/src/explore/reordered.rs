//! An execution once more, but with one step before another that it came after.
//!
//! Two steps of different tasks that depend on each other, with nothing of a third between them that orders them, are a
//! *race*: they could have come in the other order (Flanagan, Godefroid: Dynamic partial-order reduction for model checking
//! software, POPL 2005). Everything that came before the later one and does not depend on the earlier one is done as it was;
//! the task of the earlier one is held until then; afterwards the old order is followed as far as it goes.

use super::Choices;
use super::exhaustive::{Names, TaskName};
use crate::engine::execution::Execution;
use crate::kernel::relation::{Accesses, Target, independent};
use crate::kernel::{Clock, Op, TaskId, life};

/// The steps of an execution, and what they have to do with each other.
#[derive(Debug)]
pub(crate) struct Trace {
    clock: Clock,
    steps: Vec<Event>,
    /// By step, which ones come after it in every execution that is equivalent.
    after: Vec<Vec<bool>>,
}

#[derive(Debug)]
struct Event {
    /// As it is listed.
    number: u64,
    task: TaskId,
    name: TaskName,
    alternative: u32,
    /// How many decisions were made until then, those for this step included.
    decided: usize,
    spawns: TaskId,
    accesses: Accesses,
}

/// Two steps, by index, of which the second could have come before the first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Race {
    pub(crate) first: usize,
    pub(crate) second: usize,
}

impl Trace {
    /// That of a recorded execution which has ended.
    pub(crate) fn of(execution: &Execution) -> Trace {
        let mut names = vec![TaskName::CLOCK, TaskName::ROOT];
        for person in execution.people().iter().skip(2) {
            names.push(names[person.parent.index()].child(person.ordinal));
        }
        // Accesses of cells are listed, and nobody decides about them.
        let recorded = (1..).zip(&execution.recorder.steps).filter(|(_, step)| !matches!(step.op, Op::Cell(..)));
        let steps = recorded.map(|(number, step)| Event {
            number,
            task: step.task,
            name: names[step.task.index()],
            alternative: step.alternative,
            decided: execution.decisions.count_in(step.decided),
            spawns: match step.op {
                Op::Life(life::Op::Spawn(child)) => child,
                _ => TaskId::NONE,
            },
            accesses: step.accesses.clone(),
        });
        let mut trace = Trace { clock: execution.world.rules.clock, steps: steps.collect(), after: Vec::new() };
        let count = trace.steps.len();
        trace.after = vec![vec![false; count]; count];
        for later in 0..count {
            for earlier in (0..later).rev() {
                if !trace.after[earlier][later] && trace.depends(earlier, later) {
                    trace.after[earlier][later] = true;
                    for before in 0..earlier {
                        trace.after[before][later] |= trace.after[before][earlier];
                    }
                }
            }
        }
        trace
    }

    fn depends(&self, earlier: usize, later: usize) -> bool {
        let (a, b) = (&self.steps[earlier], &self.steps[later]);
        a.task == b.task || a.spawns == b.task || !independent(self.clock, &a.accesses, &b.accesses)
    }

    /// The number of the first step that was made after more than so many decisions.
    pub(crate) fn step_after(&self, decisions: usize) -> Option<u64> {
        self.steps.iter().find(|step| step.decided > decisions).map(|step| step.number)
    }

    /// The number of the step with this index.
    pub(crate) fn number(&self, index: usize) -> u64 {
        self.steps[index].number
    }

    /// The races, those first whose steps are close to each other.
    pub(crate) fn races(&self) -> Vec<Race> {
        let count = self.steps.len();
        let pairs = (0..count).flat_map(|second| (0..second).map(move |first| Race { first, second }));
        let mut races: Vec<Race> = pairs.filter(|race| self.is_race(*race)).collect();
        races.sort_by_key(|race| (race.second - race.first, race.first));
        races
    }

    fn is_race(&self, Race { first, second }: Race) -> bool {
        let (a, b) = (&self.steps[first], &self.steps[second]);
        if a.task == b.task || [a.task, b.task].contains(&TaskId::CLOCK) {
            return false;
        }
        // Lives begin and end in one order only.
        let touches = |accesses: &Accesses| -> Accesses {
            accesses.iter().filter(|(target, _)| !matches!(target, Target::Life(_))).copied().collect()
        };
        let between = |other: usize| self.steps[other].task != a.task && self.after[first][other];
        !independent(self.clock, &touches(&a.accesses), &touches(&b.accesses))
            && !(first + 1..second).any(|other| between(other) && self.after[other][second])
    }
}

/// See the module's documentation.
#[derive(Debug)]
pub(crate) struct Reordered {
    /// The steps in the order that is wanted: whose, with which outcome, and whether it was made.
    order: Vec<(TaskName, u32, bool)>,
    /// Before which of its steps a task is held, and until which step of another.
    held: (TaskName, u32),
    until: (TaskName, u32),
    state: State,
    names: Names,
    /// By task, how many steps it has made.
    steps: Vec<u32>,
}

/// How far the exchange is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Before,
    Done,
    /// The steps cannot be exchanged.
    Void,
}

impl Reordered {
    pub(crate) fn new(trace: &Trace, Race { first, second }: Race) -> Reordered {
        let mut names = Names::default();
        names.add(TaskName::CLOCK);
        names.add(TaskName::ROOT);
        let (waits, comes): (Vec<usize>, Vec<usize>) =
            (first..second).partition(|step| *step == first || trace.after[first][*step]);
        let order = (0..first).chain(comes).chain([second]).chain(waits).chain(second + 1..trace.steps.len());
        let entry = |step: usize| (trace.steps[step].name, trace.steps[step].alternative, false);
        let nth = |step: usize| {
            let own = |other: &&Event| other.task == trace.steps[step].task;
            (trace.steps[step].name, trace.steps[..step].iter().filter(own).count() as u32)
        };
        let order = order.map(entry).collect();
        Reordered { order, held: nth(first), until: nth(second), state: State::Before, names, steps: vec![0; 2] }
    }

    /// Whether the steps were exchanged, now that the execution is over.
    pub(crate) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    pub(crate) fn task_added(&mut self, parent: TaskId, ordinal: u32) {
        self.names.add(self.names.of(parent).child(ordinal));
        self.steps.push(0);
    }

    pub(crate) fn performed(&mut self, task: TaskId) {
        let step = (self.names.of(task), self.steps[task.index()]);
        if self.state == State::Before {
            if step == self.until {
                self.state = State::Done;
            } else if step == self.held {
                self.state = State::Void;
            }
        }
        self.steps[task.index()] += 1;
        if let Some(entry) = self.order.iter_mut().find(|(name, _, made)| *name == step.0 && !made) {
            entry.2 = true;
        }
    }

    fn is_held(&self, task: TaskId) -> bool {
        self.state == State::Before && (self.names.of(task), self.steps[task.index()]) == self.held
    }

    pub(crate) fn task(&self, choices: &Choices<'_>) -> TaskId {
        let wanted = self.order.iter().filter(|(_, _, made)| !made).filter_map(|(name, ..)| self.names.number(*name));
        let may = |task: &TaskId| choices.contains(*task) && !self.is_held(*task);
        let next = wanted.into_iter().find(may).or_else(|| choices.enabled.iter().find(may));
        next.unwrap_or_else(|| choices.default())
    }

    /// Which of `n` outcomes the next step of `task` has.
    pub(crate) fn alternative(&self, task: TaskId, n: u32) -> u32 {
        let name = self.names.of(task);
        let entry = self.order.iter().find(|(other, _, made)| *other == name && !made);
        entry.map(|(_, alternative, _)| *alternative).filter(|alternative| *alternative < n).unwrap_or(0)
    }
}
