//! States that no execution was in: what a step would do if others had not been taken before it.
//!
//! Reversing a race asks whether the later step could have been taken first, and how it would then have ended. The
//! kernel alone answers that: the steps in between are applied to the state before the earlier one. User code never runs.
//! Of those steps only the ones matter that the answer depends on, which [`Event::touches`] says; where only one object
//! is concerned, only that object is brought up to date.

use smallvec::SmallVec;

use super::moves::Move;
use super::races::Last;
use super::trace::{Event, Trace, Watch, is_simple};
use crate::kernel::atomic::Atomic;
use crate::kernel::relation::{Access, Accesses, Target};
use crate::kernel::select::Form;
use crate::kernel::{Object, ObjectId, Op, Outcome, TaskId, World, atomic, clock, life, mutex};

/// Memory for states that are looked at.
#[derive(Debug, Default)]
pub(crate) struct Shadow {
    world: World,
    spare: World,
}

/// A step that is asked about: nobody has taken it, at least not there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question<'a> {
    pub(crate) task: TaskId,
    pub(crate) op: &'a Op,
    /// The outcome that is wanted, if the state offers it; else it is the first.
    pub(crate) outcome: u64,
    /// Whether no other will do.
    pub(crate) strict: bool,
    pub(crate) watch: Option<&'a Watch>,
}

/// How a step would end in some state.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) made: Move,
    pub(crate) accesses: Accesses,
}

impl Shadow {
    /// Goes to the state before event `at` of `trace`, with those of the `later` events taken, in order, on which
    /// something in `bits` depends.
    pub(crate) fn go(&mut self, trace: &Trace, at: usize, later: &[u32], bits: u64) {
        trace.restore(at, &mut self.world);
        let mut bits = bits;
        let mut needed: SmallVec<[u32; 16]> = SmallVec::new();
        for event in later.iter().rev() {
            let touched = trace.events[*event as usize].touches;
            if touched & bits != 0 {
                bits |= touched;
                needed.push(*event);
            }
        }
        for event in needed.into_iter().rev() {
            self.take(trace, &trace.events[event as usize]);
        }
    }

    /// Goes to the state before event `at`, as far as `object` is concerned, with the `later` events on it taken.
    pub(crate) fn go_to_object(&mut self, trace: &Trace, at: usize, object: ObjectId, later: &[u32]) {
        let state = trace.object(object, at);
        while self.world.objects.len() <= object.index() {
            self.world.objects.push(Object::Atomic(Atomic { value: 0 }));
        }
        self.world.objects[object.index()].clone_from(state);
        while self.world.tasks.len() < trace.names.len() {
            self.world.add_task();
        }
        for event in later {
            let event = &trace.events[*event as usize];
            if event.op.object() == Some(object) {
                self.world.apply(event.task, &event.op, event.alternative);
            }
        }
    }

    /// Takes a step of the execution here, where it may be another alternative that has its outcome.
    fn take(&mut self, trace: &Trace, event: &Event) {
        let alternative = trace.names.alternative(&self.world, &event.op, event.made.outcome).unwrap_or(0);
        self.world.apply(event.task, &event.op, alternative);
        self.take_ends(trace, event);
    }

    /// Takes the last step of a reversal here.
    pub(crate) fn take_last(&mut self, trace: &Trace, last: &Last) {
        let alternative = trace.names.alternative(&self.world, &last.op, last.made.outcome).unwrap_or(0);
        self.world.apply(last.task, &last.op, alternative);
    }

    /// Lets those finish that finished with a step.
    fn take_ends(&mut self, trace: &Trace, event: &Event) {
        for (target, access) in trace.accesses(event) {
            if let (Target::Life(task), Access::Life(life::Access::Finish)) = (target, access) {
                self.world.apply(*task, &Op::Life(life::Op::Finish), 0);
            }
        }
    }

    /// Takes a step of the execution here, and says what it touches.
    pub(crate) fn label(&mut self, trace: &Trace, event: &Event) -> Accesses {
        let alternative = trace.names.alternative(&self.world, &event.op, event.made.outcome).unwrap_or(0);
        let timed = !is_simple(&event.op) && self.world.is_timed(event.task);
        let outcome = self.world.apply(event.task, &event.op, alternative);
        let mut accesses = self.world.accesses(event.task, &event.op, outcome, timed);
        if let Some(watch) = &event.watch {
            accesses.extend(super::trace::watched(&self.world, event.task, watch));
        }
        self.take_ends(trace, event);
        let ends = trace.accesses(event).iter().filter(|(_, access)| *access == Access::Life(life::Access::Finish));
        accesses.extend(ends.copied());
        accesses
    }

    /// Takes a step of the execution here, and says which timers it takes back, by name.
    pub(crate) fn taken_back(&mut self, trace: &Trace, event: &Event) -> SmallVec<[u64; 2]> {
        let armed = |world: &World| -> SmallVec<[u64; 4]> {
            world.time.owners().map(|owner| trace.names.of_owner(world, owner)).collect()
        };
        let before = armed(&self.world);
        self.take(trace, event);
        let after = armed(&self.world);
        before.into_iter().filter(|name| !after.contains(name)).collect()
    }

    /// [`Shadow::label`] where only the one object of the step is up to date.
    pub(crate) fn label_on_object(&mut self, event: &Event) -> Accesses {
        let outcome = self.world.apply(event.task, &event.op, event.alternative);
        self.world.accesses(event.task, &event.op, outcome, false)
    }

    /// Whether the step could be taken here.
    pub(crate) fn enabled(&self, question: &Question<'_>) -> bool {
        if question.task == TaskId::CLOCK {
            // A timer that is not due waits until nobody can step, and here somebody can. So does a tick of the clock.
            let time = &self.world.time;
            return matches!(question.op, Op::Clock(clock::Op::Fire))
                && time.is_due()
                && time.next_deadline().is_some();
        }
        match question.watch {
            Some(watch) => differs(&self.world, question.task, watch),
            None => self.world.enabled(question.task, question.op),
        }
    }

    /// How the step would end here. `None` if it could not be taken, or not with the outcome that is wanted.
    pub(crate) fn ask(&mut self, trace: &Trace, question: &Question<'_>) -> Option<Answer> {
        if !self.enabled(question) {
            return None;
        }
        let Question { task, op, .. } = *question;
        let alternative = match trace.names.alternative(&self.world, op, question.outcome) {
            Some(alternative) => alternative,
            None if question.strict => return None,
            None => 0,
        };
        let made = Move { task: trace.names.of(task), outcome: trace.names.outcome(&self.world, op, alternative) };
        let timed = !is_simple(op) && self.world.is_timed(task);
        if let Some(label) = plain_label(&self.world, op) {
            return Some(Answer { made, accesses: Accesses::from_slice(&[label]) });
        }
        if let (true, Some(object)) = (is_simple(op), op.object()) {
            let before = self.world.objects[object.index()].clone();
            let outcome = self.world.apply(task, op, alternative);
            let accesses = self.world.accesses(task, op, outcome, timed);
            self.world.objects[object.index()] = before;
            return Some(Answer { made, accesses });
        }
        self.spare.clone_from(&self.world);
        let outcome = self.world.apply(task, op, alternative);
        let mut accesses = self.world.accesses(task, op, outcome, timed);
        if let Some(watch) = question.watch {
            accesses.extend(super::trace::watched(&self.world, task, watch));
        }
        std::mem::swap(&mut self.world, &mut self.spare);
        Some(Answer { made, accesses })
    }
}

/// Whether a task that read `watch` would read something else in the state `world`.
pub(crate) fn differs(world: &World, task: TaskId, watch: &Watch) -> bool {
    watch.iter().any(|(op, outcome)| reads(world, task, op) != Some(*outcome))
}

/// Whether there are states in which `op` only reads.
#[inline]
pub(crate) fn may_read(op: &Op) -> bool {
    match op {
        Op::Atomic(_, op) => matches!(op, atomic::Op::Load(_) | atomic::Op::CompareExchange { .. }),
        Op::Mutex(_, op) => matches!(op, mutex::Op::TryLock | mutex::Op::IsPoisoned),
        Op::Start | Op::Fence(_) | Op::Condvar(..) | Op::Barrier(..) | Op::Gate(..) | Op::Choose(_) => false,
        Op::Yield | Op::Cell(..) => false,
        Op::RwLock(..) | Op::Once(..) | Op::Semaphore(..) | Op::Channel(..) | Op::Rendezvous(..) => true,
        Op::Select(_) | Op::Timer(..) | Op::Park(_) | Op::Life(_) | Op::Clock(_) => true,
    }
}

/// How `op`, which only reads, would end in the state `world`; `None` if it would do more than read.
pub(crate) fn reads(world: &World, task: TaskId, op: &Op) -> Option<Outcome> {
    use crate::kernel::{channel, once, rendezvous, rwlock, semaphore};
    let on_object = match op {
        Op::Atomic(id, atomic::Op::Load(_)) => match &world.objects[id.index()] {
            Object::Atomic(atomic) => return Some(Outcome { end: crate::kernel::End::Done, value: atomic.value }),
            _ => return None,
        },
        Op::Atomic(_, atomic::Op::CompareExchange { .. })
        | Op::Mutex(_, mutex::Op::TryLock | mutex::Op::IsPoisoned)
        | Op::RwLock(_, rwlock::Op::TryRead | rwlock::Op::TryWrite | rwlock::Op::IsPoisoned)
        | Op::Once(_, once::Op::IsCompleted)
        | Op::Semaphore(_, semaphore::Op::TryAcquire(_) | semaphore::Op::Available)
        | Op::Channel(
            _,
            channel::Op::TrySend
            | channel::Op::TryReceive
            | channel::Op::Len
            | channel::Op::IsEmpty
            | channel::Op::IsFull,
        ) => op.object(),
        // Whoever is met may wait at other channels, too.
        Op::Rendezvous(id, meeting @ (rendezvous::Op::TrySend | rendezvous::Op::TryReceive)) => {
            let Object::Rendezvous(channel) = &world.objects[id.index()] else { return None };
            op.object().filter(|_| !channel.would_meet(meeting))
        }
        Op::Select(select) if matches!(select.form, Form::Try | Form::Look) => {
            let mut copy = world.clone();
            let outcome = copy.apply(task, op, 0);
            return (copy.objects == world.objects).then_some(outcome);
        }
        Op::Life(life::Op::IsFinished(child)) => {
            let finished = world.tasks[child.index()].finished;
            return (!finished).then_some(Outcome { end: crate::kernel::End::Failed, value: 0 });
        }
        Op::Clock(clock::Op::Now) => {
            let now = u64::try_from(world.time.now.as_nanos()).unwrap_or(u64::MAX);
            return Some(Outcome { end: crate::kernel::End::Done, value: now });
        }
        _ => return None,
    };
    let object = on_object?;
    // A copy of the one object is enough to see what happens to it.
    let state = &world.objects[object.index()];
    let mut copy = World::default();
    copy.reset(world.rules);
    while copy.tasks.len() < world.tasks.len() {
        copy.add_task();
    }
    copy.objects.resize(object.index(), Object::Atomic(Atomic { value: 0 }));
    copy.objects.push(state.clone());
    let outcome = copy.apply(task, op, 0);
    (copy.objects[object.index()] == *state).then_some(outcome)
}

/// The label of an operation that does not have to be performed to know it.
pub(crate) fn plain_label(world: &World, op: &Op) -> Option<(Target, Access)> {
    let (target, access) = match op {
        Op::Atomic(id, op) => {
            let reads = match op {
                atomic::Op::Load(_) => true,
                atomic::Op::CompareExchange { current, .. } => match &world.objects[id.index()] {
                    Object::Atomic(atomic) => atomic.value != *current,
                    _ => return None,
                },
                _ => false,
            };
            (id, Access::Atomic(if reads { atomic::Access::Read } else { atomic::Access::Write }))
        }
        Op::Mutex(id, mutex::Op::Lock | mutex::Op::Unlock { .. }) => (id, Access::Mutex(mutex::Access::Write)),
        _ => return None,
    };
    Some((Target::Object(*target), access))
}
