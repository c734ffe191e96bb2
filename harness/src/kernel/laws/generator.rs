//! Random programs, and the states that they reach.
//!
//! A case is a handful of objects, a few tasks and a stream of choices, which say who holds what at the beginning,
//! what each task does next, and who steps.

use std::fmt;
use std::ops::RangeInclusive;

use proptest::prelude::*;
use proptest::sample::select;

use super::checker::Candidate;
use super::protocol::Actor;
use crate::kernel::atomic::Atomic;
use crate::kernel::barrier::Barrier;
use crate::kernel::channel::Channel;
use crate::kernel::condvar::Condvar;
use crate::kernel::gate::Gate;
use crate::kernel::mutex::Mutex;
use crate::kernel::once::Once;
use crate::kernel::rendezvous::Rendezvous;
use crate::kernel::rwlock::RwLock;
use crate::kernel::semaphore::Semaphore;
use crate::kernel::timer::Timer;
use crate::kernel::{Clock, Object, ObjectId, Op, Rules, TaskId, World, clock, life};

/// One kind of thing that tasks share, in the size in which it is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Atomic,
    Mutex,
    RwLock,
    /// With a mutex of its own.
    Condvar,
    Barrier(usize),
    Once,
    Channel(Option<u64>),
    Rendezvous,
    Semaphore(u64),
    Gate,
    /// With a channel of its own.
    Timer,
    /// Selects among the channels.
    Select,
    Park,
    Life,
    Clock,
    /// What concerns nobody else: fences, yields, random choices.
    Private,
}

/// What a program is made from.
#[derive(Clone)]
pub(super) struct Case {
    rules: Rules,
    tasks: usize,
    kinds: Vec<Kind>,
    choices: Vec<u16>,
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Case { rules, tasks, kinds, choices } = self;
        write!(f, "{tasks} tasks on {kinds:?}, {rules:?}, choices {choices:?}")
    }
}

fn kinds() -> impl Strategy<Value = Kind> {
    use Kind::{Atomic, Barrier, Channel, Clock, Condvar, Gate, Life, Mutex, Once, Park, Private, Rendezvous, RwLock};
    prop_oneof![
        3 => select(vec![Atomic, Mutex, RwLock, Once, Park, Private]),
        1 => select(vec![Condvar, Life, Gate]),
        2 => select(vec![Clock, Rendezvous, Kind::Timer]),
        1 => (1..=4_usize).prop_map(Barrier),
        1 => (0..=3_u64).prop_map(Kind::Semaphore),
        2 => select(vec![None, Some(1), Some(2)]).prop_map(Channel),
    ]
}

fn channels() -> impl Strategy<Value = Kind> {
    select(vec![Kind::Rendezvous, Kind::Rendezvous, Kind::Channel(None), Kind::Channel(Some(1))])
}

/// Selects among one to three channels, and perhaps something else.
fn selects() -> impl Strategy<Value = Vec<Kind>> {
    let others = prop::option::of(select(vec![Kind::Clock, Kind::Timer, Kind::Timer, Kind::Park, Kind::Atomic]));
    (prop::collection::vec(channels(), 1..=3), others)
        .prop_map(|(channels, other)| channels.into_iter().chain([Kind::Select]).chain(other).collect())
}

/// How many choices a step takes on average, with what is checked before it.
const CHOICES_PER_STEP: usize = 12;

/// Programs with some of all kinds of objects, of about as many `steps`.
pub(super) fn cases(steps: RangeInclusive<usize>) -> impl Strategy<Value = Case> {
    cases_with(prop_oneof![3 => prop::collection::vec(kinds(), 1..=3), 1 => selects()], steps)
}

/// Programs with the objects that `kinds` generates.
pub(super) fn cases_with(
    kinds: impl Strategy<Value = Vec<Kind>>,
    steps: RangeInclusive<usize>,
) -> impl Strategy<Value = Case> {
    let (least, most) = steps.into_inner();
    let choices = prop::collection::vec(any::<u16>(), CHOICES_PER_STEP * (least + 1)..=CHOICES_PER_STEP * (most + 1));
    (any::<bool>(), any::<bool>(), 3..=5_usize, kinds, choices).prop_map(
        |(elastic, spurious_wakeups, tasks, kinds, choices)| {
            let clock = if elastic { Clock::Elastic } else { Clock::Idle };
            Case { rules: Rules { clock, spurious_wakeups }, tasks, kinds, choices }
        },
    )
}

/// A stream of choices, which ends at some time.
#[derive(Clone, Debug)]
struct Choices {
    left: std::vec::IntoIter<u16>,
}

impl Choices {
    /// A number below `n`, which is at least one; `None` at the end.
    fn below(&mut self, n: usize) -> Option<usize> {
        self.left.next().map(|choice| usize::from(choice) % n)
    }
}

/// A state of a program: the world, and what each task is about to do.
#[derive(Clone, Debug)]
pub(super) struct Program {
    pub(super) world: World,
    pending: Vec<Option<Op>>,
    pub(super) kinds: Vec<Kind>,
    pub(super) actors: Vec<Actor>,
    choices: Choices,
}

impl Program {
    pub(super) fn new(case: &Case) -> Program {
        let mut world = World::default();
        world.reset(case.rules);
        let mut actors = vec![Actor::default()];
        for index in 1..=case.tasks {
            let parent = (world.add_task() != TaskId::ROOT).then_some(TaskId::ROOT);
            // The last is spawned on the way, the others have been.
            let spawned = index < case.tasks || !case.kinds.contains(&Kind::Life);
            actors.push(Actor { parent, spawned, ..Actor::default() });
        }
        let choices = Choices { left: case.choices.clone().into_iter() };
        let pending = vec![None; case.tasks + 1];
        let mut program = Program { world, pending, kinds: case.kinds.clone(), actors, choices };
        for kind in &case.kinds {
            program.add(*kind);
        }
        for task in program.tasks() {
            program.declare(task);
        }
        program
    }

    pub(super) fn tasks(&self) -> impl Iterator<Item = TaskId> + use<> {
        (1..self.actors.len() as u32).map(TaskId)
    }

    fn add(&mut self, kind: Kind) {
        let object = match kind {
            Kind::Select | Kind::Park | Kind::Life | Kind::Clock | Kind::Private => return,
            Kind::Atomic => Object::Atomic(Atomic { value: 0 }),
            Kind::Mutex => Object::Mutex(Mutex::new(false)),
            Kind::RwLock => Object::RwLock(RwLock::new(false)),
            Kind::Condvar => {
                self.add(Kind::Mutex);
                Object::Condvar(Condvar::default())
            }
            Kind::Barrier(size) => Object::Barrier(Barrier::new(size)),
            Kind::Once => Object::Once(Once::New),
            Kind::Timer => {
                let channel = ObjectId(self.world.objects.len() as u32);
                self.add(Kind::Channel(Some(1)));
                // Nobody else sends to it, and it never hangs up.
                self.actors.iter_mut().for_each(|actor| actor.handles[channel.index()].0 = 0);
                if let Object::Channel(channel) = &mut self.world.objects[channel.index()] {
                    channel.senders = 1;
                }
                Object::Timer(Box::new(Timer::new(channel)))
            }
            Kind::Semaphore(permits) => Object::Semaphore(Semaphore { permits }),
            Kind::Gate => Object::Gate(Gate { count: self.choices.below(4).unwrap_or(0) as i64, ..Gate::default() }),
            Kind::Channel(capacity) => {
                let mut channel = Channel::new(capacity);
                (channel.senders, channel.receivers) = self.hand_out();
                Object::Channel(channel)
            }
            Kind::Rendezvous => {
                let mut channel = Rendezvous::new();
                (channel.senders, channel.receivers) = self.hand_out();
                Object::Rendezvous(Box::new(channel))
            }
        };
        self.world.add_object(object);
        for actor in &mut self.actors {
            actor.handles.resize(self.world.objects.len(), (0, 0));
        }
    }

    /// Gives the tasks handles of the object that is about to be added; returns how many of each side.
    fn hand_out(&mut self) -> (u32, u32) {
        let mut total = (0, 0);
        for actor in &mut self.actors[1..] {
            let (sending, receiving) = match self.choices.below(8) {
                Some(0) => (1, 1),
                Some(1) => (2, 0),
                Some(2..=4) => (1, 0),
                _ => (0, 1),
            };
            actor.handles.resize(self.world.objects.len() + 1, (0, 0));
            actor.handles[self.world.objects.len()] = (sending, receiving);
            total = (total.0 + sending, total.1 + receiving);
        }
        total
    }

    /// Lets `task` choose what to do next.
    fn declare(&mut self, task: TaskId) {
        let legal = self.legal(task);
        self.pending[task.index()] = match legal.len() {
            0 => None,
            1 => Some(legal[0]),
            n => Some(legal[self.choices.below(n).unwrap_or(0)]),
        };
    }

    /// What each task is about to do, and some of what it could be about to do in the same state; at the end of the
    /// choices none.
    pub(super) fn candidates(&mut self) -> Vec<Candidate> {
        let Some(tick) = self.choices.below(2) else { return Vec::new() };
        let mut candidates = vec![(TaskId::CLOCK, Op::Clock(clock::Op::Fire)), (TaskId::CLOCK, TICKS[tick])];
        for task in self.tasks() {
            let Some(pending) = self.pending[task.index()] else { continue };
            candidates.push((task, pending));
            let legal = self.legal(task);
            for _ in 0..2.min(legal.len() - 1) {
                let Some(at) = self.choices.below(legal.len()) else { return Vec::new() };
                if !candidates.contains(&(task, legal[at])) {
                    candidates.push((task, legal[at]));
                }
            }
        }
        candidates
    }

    /// The next step: who, what, and with which outcome; none at the end of the choices, or if nobody can step.
    pub(super) fn pick(&mut self) -> Option<(Candidate, u32)> {
        let moves = [Op::Clock(clock::Op::Fire), Op::Clock(clock::Op::Fire), TICKS[0], TICKS[1]];
        let clock = (TaskId::CLOCK, moves[self.choices.below(moves.len())?]);
        let pending = self.tasks().filter_map(|task| Some((task, self.pending[task.index()]?)));
        let enabled: Vec<_> = pending.chain([clock]).filter(|(task, op)| self.world.enabled(*task, op)).collect();
        if enabled.is_empty() {
            return None;
        }
        let candidate = enabled[self.choices.below(enabled.len())?];
        let alternatives = self.world.alternatives(&candidate.1) as usize;
        let alternative = if alternatives > 1 { self.choices.below(alternatives)? } else { 0 };
        Some((candidate, alternative as u32))
    }

    /// `task` performs `op`, which is enabled, and declares what it does next.
    pub(super) fn step(&mut self, (task, op): Candidate, alternative: u32) {
        let outcome = self.world.apply(task, &op, alternative);
        if task == TaskId::CLOCK {
            return;
        }
        self.learn(task, &op, outcome);
        self.declare(task);
        if let Op::Life(life::Op::Spawn(child)) = op {
            self.declare(child);
        }
    }
}

const TICKS: [Op; 2] = {
    let millisecond = std::time::Duration::from_millis(1);
    [Op::Clock(clock::Op::Tick(millisecond)), Op::Clock(clock::Op::Tick(millisecond.saturating_mul(5)))]
};
