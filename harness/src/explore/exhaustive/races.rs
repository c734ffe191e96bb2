//! Races of an execution, and the steps that reverse them.
//!
//! A step races with an earlier one of another task if they depend on each other, nothing that depends on both lies
//! between, and the later could have been taken first. To see what else can happen, the later step has to be tried first:
//! from the state before the earlier step, everything that does not come after that, and then the later step. Whatever
//! else a task could have had as the outcome of a step is tried in the same way.
//!
//! Blocking needs no special rule. A step that was enabled by the earlier one could not have come first, so the search
//! looks further back, past the unlock to the lock before it; and what tasks still wait for at the end of a
//! deadlocked execution races like steps that were taken.
//!
//! Where both steps of a race were taken in an earlier execution already, it was seen there. It is reversed again only if
//! some step that is new does not come after the earlier one: then the reversal has that step, too.

mod exchange;
mod others;
mod standing;

use std::ops::Range;

use smallvec::{SmallVec, smallvec};

use exchange::Exchange;
pub(crate) use standing::{Rest, Standing};

use super::clocks::{VectorClock, covers, covers_but, steps};
use super::moves::Move;
use super::shadow::{Answer, Question, Shadow};
use super::trace::{Entry, Trace, Watch, arm_touches, is_simple, looks_ahead};
use crate::kernel::relation::{Access, Accesses, Target, independent};
use crate::kernel::select::{Arm, Form};
use crate::kernel::{ObjectId, Op, TaskId, clock, condvar, life, mutex, park};

/// Steps that lead from the state before an event to something that has not happened there: all that does not come after
/// that event, and one more.
#[derive(Clone, Debug)]
pub(crate) struct Reversal {
    /// The event, which also says how many steps come before.
    pub(crate) at: usize,
    pub(crate) events: Vec<u32>,
    pub(crate) last: Last,
}

/// The step at the end of a reversal.
#[derive(Clone, Debug)]
pub(crate) struct Last {
    pub(crate) task: TaskId,
    pub(crate) op: Op,
    pub(crate) made: Move,
    pub(crate) number: u32,
    pub(crate) watch: Option<Box<Watch>>,
    /// What comes before it there.
    pub(crate) clock: VectorClock,
}

/// A step that races with that of an earlier event.
#[derive(Clone, Debug)]
struct Race {
    /// The event of the later step.
    step: u32,
    at: u32,
    /// What has to be left out so that the step could be taken first: in each of several ways, if in any.
    ways: SmallVec<[Without; 1]>,
}

/// The races between the steps of a trace, which are the same in every execution that begins like this.
///
/// Those of the clock are not among them: which timer it would have fired depends on what comes later.
#[derive(Clone, Debug, Default)]
pub(crate) struct Races {
    races: Vec<Race>,
    /// How many events were looked at.
    known: usize,
}

impl Races {
    /// Forgets the races of all events but the first `length`.
    pub(super) fn truncate(&mut self, length: usize) {
        if length < self.known {
            self.known = length;
            self.races.truncate(self.races.partition_point(|race| (race.step as usize) < length));
        }
    }
}

/// Asks of the steps that need not be taken before the event with this number, because they are asleep or are explored from there
/// already, whether one of them is the one that is looked for.
pub(crate) trait Resting: FnMut(usize, &mut dyn FnMut(&Move) -> bool) -> bool {}

impl<F: FnMut(usize, &mut dyn FnMut(&Move) -> bool) -> bool> Resting for F {}

/// Who looks for races.
pub(crate) struct Search<'a> {
    pub(crate) trace: &'a Trace,
    pub(crate) shadow: &'a mut Shadow,
    /// The first event that is new.
    from: usize,
    /// What comes before every event that is new.
    settled: VectorClock,
    later: Vec<u32>,
}

/// A step that was taken at the event `at`, or is still to be taken at the end.
#[derive(Clone, Copy)]
struct Step<'a> {
    at: usize,
    task: TaskId,
    op: &'a Op,
    outcome: u64,
    number: u32,
    watch: Option<&'a Watch>,
    /// What it touched, if it was taken and would have touched the same elsewhere.
    accesses: Option<&'a [(Target, Access)]>,
    /// What it touched, if it was taken.
    touched: &'a [(Target, Access)],
    /// How far its outcome goes with it.
    which: Which,
}

/// What a step is, if not just what a task does next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    /// The step of its task, with whatever outcome it has there.
    Next,
    /// An arm of a select, which is a step of its own: it can be taken or not, whatever the other arms are.
    Arm,
    /// An arm that was not taken: another was at that event, or none until the end. Or a timer that did not fire, because it
    /// was taken back at that event.
    OtherArm,
}

/// Steps that are left out, with everything that comes after them.
type Without = SmallVec<[u32; 4]>;

impl<'a> Step<'a> {
    /// The step that was taken at the event `at`.
    fn of(trace: &'a Trace, at: usize) -> Step<'a> {
        let event = &trace.events[at];
        // Which timer the clock fires depends on when, and so does which arm a select comes to first: what it did says nothing of
        // what it would have done.
        let fires = event.task == TaskId::CLOCK;
        let first = matches!(event.op, Op::Select(_)) && !is_choice(&event.op);
        Step {
            at,
            task: event.task,
            op: &event.op,
            outcome: event.made.outcome,
            number: event.number,
            watch: event.watch.as_deref(),
            accesses: (!fires && !first).then_some(trace.accesses(event)),
            touched: trace.accesses(event),
            which: if is_choice(&event.op) { Which::Arm } else { Which::Next },
        }
    }

    fn question(&self, strict: bool) -> Question<'a> {
        let strict = strict || self.which != Which::Next;
        Question { task: self.task, op: self.op, outcome: self.outcome, strict, watch: self.watch }
    }

    /// How far the steps go that can come before it: to its place in the execution, or to the end if others may matter to it
    /// there that did not matter to it where it was.
    fn end(&self, trace: &Trace) -> usize {
        if self.looks_ahead() { trace.events.len() } else { self.at }
    }

    /// The arm that it is, if that is a step of its own to which the channels of other arms do not matter. (Whoever leaves a select
    /// leaves all queues.)
    fn own_arm(&self) -> Option<Arm> {
        match self.op {
            Op::Select(op) if self.which == Which::OtherArm && !matches!(op.form, Form::Leave(_)) => {
                op.arms.get((self.outcome as usize).checked_sub(1)?).copied()
            }
            _ => None,
        }
    }

    /// What its effect may depend on.
    fn touches(&self) -> u64 {
        match self.own_arm() {
            Some(arm) => arm_touches(self.task, arm),
            None => static_touches(self.task, self.op),
        }
    }

    /// What it may wait for, or others could have taken from it.
    fn targets(&self) -> SmallVec<[Target; 4]> {
        match self.own_arm() {
            Some(arm) => smallvec![Target::Object(arm.channel), Target::Wake(self.task), Target::Clock],
            None => targets_of(self.task, self.op, self.watch),
        }
    }

    /// See [`looks_ahead`].
    fn looks_ahead(&self) -> bool {
        looks_ahead(self.task, self.op, self.touched)
    }
}

impl<'a> Search<'a> {
    /// A search in `trace`, whose events from `from` on are new.
    pub(crate) fn new(trace: &'a Trace, shadow: &'a mut Shadow, from: usize) -> Search<'a> {
        let mut new = (from..trace.events.len()).map(|at| trace.clock(at));
        let mut settled = new.next().map(VectorClock::of).unwrap_or_default();
        new.for_each(|clock| settled.meet(clock));
        Search { trace, shadow, from, settled, later: Vec::new() }
    }

    /// Shows `found` every reversal, but for some that `resting` tells beforehand need not be built. `known` has the races
    /// of steps that were looked at before, and gets those of the others.
    pub(crate) fn run(
        &mut self,
        known: &mut Races,
        mut resting: impl Resting,
        mut found: impl FnMut(&Trace, &mut Shadow, Reversal),
    ) {
        let trace = self.trace;
        for at in known.known..trace.events.len() {
            let event = &trace.events[at];
            let touched = trace.accesses(event);
            if !touched.is_empty() && !is_join(&event.op) && !event.looks_ahead {
                let targets = touched.iter().map(|(target, _)| *target);
                self.races_of(&Step::of(trace, at), trace.base_of(at), targets, &mut known.races);
            }
        }
        known.known = trace.events.len();
        // What others may matter to than those who were there is looked for anew.
        let mut here = Vec::new();
        for at in trace.special() {
            let event = &trace.events[at];
            if !event.looks_ahead || (at < self.from && !self.goes_on_without(at)) {
                continue;
            }
            let step = Step::of(trace, at);
            // Earlier, a select may have seen arms that it does not come to here.
            let selects = matches!(event.op, Op::Select(_));
            let of_op = if selects { targets_of(event.task, &event.op, None) } else { SmallVec::new() };
            let targets = trace.accesses(event).iter().map(|(target, _)| *target).chain(of_op);
            self.races_of(&step, trace.base_of(at), targets, &mut here);
            if is_choice(&event.op) {
                self.other_arms(&step, &trace.base_of(at), &mut resting, &mut found);
            }
        }
        for at in trace.special().filter(|at| trace.events[*at].disarms) {
            self.timers_taken_back(at, &mut resting, &mut found);
        }
        for race in known.races.iter().chain(&here) {
            if race.step as usize >= self.from || self.goes_on_without(race.at as usize) {
                let step = Step::of(trace, race.step as usize);
                self.reverse(&step, race, None, &mut resting, &mut found);
            }
        }
        for (task, pending) in trace.pending.iter().enumerate() {
            let Some((op, watch)) = pending.as_ref().filter(|(op, _)| !is_join(op)) else { continue };
            let task = TaskId(task as u32);
            let targets = targets_of(task, op, watch.as_deref());
            let step = Step {
                at: trace.events.len(),
                task,
                op,
                outcome: 0,
                number: trace.steps_of(task) + 1,
                watch: watch.as_deref(),
                accesses: None,
                touched: &[],
                which: Which::Next,
            };
            let base = trace.base(task);
            if is_choice(op) {
                self.other_arms(&step, &base, &mut resting, &mut found);
                continue;
            }
            here.clear();
            self.races_of(&step, base.clone(), targets.iter().copied(), &mut here);
            for race in &here {
                self.reverse(&step, race, Some(&base), &mut resting, &mut found);
            }
        }
        for at in trace.special() {
            let event = &trace.events[at];
            if event.others.is_some() && !is_choice(&event.op) && (at >= self.from || self.goes_on_without(at)) {
                self.other_outcomes(at, &mut found);
            }
        }
    }

    /// Adds the races of `step` with what came before it and is not covered by `seen` to `races`.
    fn races_of(
        &mut self,
        step: &Step<'a>,
        mut seen: VectorClock,
        targets: impl Iterator<Item = Target>,
        races: &mut Vec<Race>,
    ) {
        let trace = self.trace;
        let base = seen.clone();
        // Whether something was passed without which the step could not be taken, so that what it did there says nothing
        // of what it would have done before.
        let mut enabled_by = false;
        // Each list, with how many of its entries are left to look at, the last one first.
        let mut left: SmallVec<[(Target, &[Entry]); 4]> = SmallVec::new();
        for target in targets {
            if left.iter().all(|(other, _)| *other != target) {
                let list = trace.list(target);
                left.push((target, &list[..list.partition_point(|entry| (entry.event as usize) < step.at)]));
            }
        }
        loop {
            let mut latest: Option<(u32, usize)> = None;
            for (index, (_, list)) in left.iter_mut().enumerate() {
                match list.last() {
                    Some(entry) if covers(&seen, trace.cover(entry)) => *list = &[],
                    Some(entry) => latest = latest.max(Some((entry.event, index))),
                    None => {}
                }
            }
            let Some((at, list)) = latest else { return };
            let at = at as usize;
            let (_, list) = &mut left[list];
            *list = &list[..list.len() - 1];
            let earlier = &trace.events[at];
            if earlier.task == step.task || steps(&seen, earlier.task) >= earlier.number || earlier.last_resort {
                continue;
            }
            if let Some(accesses) = step.accesses.filter(|_| !enabled_by)
                && independent(trace.clock_rule, accesses, trace.accesses(earlier))
            {
                continue;
            }
            // What the state says about locks needs no look at it.
            let exchange = match (step.op, &earlier.op) {
                (Op::Mutex(_, mutex::Op::Lock), Op::Mutex(_, mutex::Op::Unlock { .. })) => {
                    // Who unlocks has held it: nobody could have locked it there, whatever else is left out.
                    enabled_by = true;
                    continue;
                }
                // Who locked found it free.
                (Op::Mutex(_, mutex::Op::Lock), Op::Mutex(_, mutex::Op::Lock)) => Exchange::Matters,
                _ => self.exchange(step, at),
            };
            let mut ways: SmallVec<[Without; 1]> = SmallVec::new();
            match exchange {
                Exchange::Impossible => {
                    enabled_by = true;
                    // Several steps may have kept it from being taken, each of which is enough.
                    ways = self.exchange_all(step, at, &base);
                    if ways.is_empty() {
                        continue;
                    }
                }
                Exchange::Indifferent if step.looks_ahead() => {
                    // Something of what is kept may have made another step of it.
                    ways = self.exchange_all(step, at, &base);
                    if ways.is_empty() {
                        continue;
                    }
                }
                Exchange::Indifferent => continue,
                Exchange::Matters => {}
            }
            // Another timer is another step, and what comes before one says nothing of the others.
            if step.task != TaskId::CLOCK {
                seen.join(trace.clock(at));
            }
            races.push(Race { step: step.at as u32, at: at as u32, ways });
        }
    }

    /// Shows `found` how `step` is taken first in a race of its; `base` is what comes before it by necessity.
    fn reverse(
        &mut self,
        step: &Step<'a>,
        race: &Race,
        base: Option<&VectorClock>,
        resting: &mut impl Resting,
        found: &mut impl FnMut(&Trace, &mut Shadow, Reversal),
    ) {
        let (trace, at) = (self.trace, race.at as usize);
        if race.ways.is_empty() && self.rests(at, step.task, resting) {
            return;
        }
        let of_event;
        let base = match base {
            Some(base) => base,
            None => {
                of_event = trace.base_of(step.at);
                &of_event
            }
        };
        let nothing = [Without::new()];
        let ways: &[Without] = if race.ways.is_empty() { &nothing } else { &race.ways };
        for without in ways {
            if let Some(reversal) = self.build(step, at, base, without, resting) {
                found(trace, self.shadow, reversal);
            }
        }
    }

    /// Whether a reversal of the event at `at` by a step of `task` begins with a step that rests there: the next one of its
    /// task is it, and nothing that is left comes before.
    fn rests(&self, at: usize, task: TaskId, resting: &mut impl Resting) -> bool {
        let trace = self.trace;
        resting(at, &mut |made| {
            let Some(other) = trace.names.number(made.task).filter(|other| *other != task) else { return false };
            trace.next_of(other, at).is_some_and(|next| {
                let event = &trace.events[next];
                event.made == *made && event.after as usize <= at && !trace.before(at, next)
            })
        })
    }

    /// Shows `found` how `step`, which was not taken, is taken first in each of `races`, where that is new.
    fn reverse_all(
        &mut self,
        step: &Step<'a>,
        races: &[Race],
        base: &VectorClock,
        resting: &mut impl Resting,
        found: &mut impl FnMut(&Trace, &mut Shadow, Reversal),
    ) {
        for race in races {
            if step.at >= self.from || self.goes_on_without(race.at as usize) {
                self.reverse(step, race, Some(base), resting, found);
            }
        }
    }

    /// Whether some event that is new does not come after the one at `at`.
    fn goes_on_without(&self, at: usize) -> bool {
        let event = &self.trace.events[at];
        steps(&self.settled, event.task) < event.number
    }

    /// The steps that lead to `step` before the event at `at` and those `without` which it can be taken; none if it rests there and
    /// could be the first of them.
    fn build(
        &mut self,
        step: &Step<'a>,
        at: usize,
        base: &VectorClock,
        without: &[u32],
        resting: &mut impl Resting,
    ) -> Option<Reversal> {
        let trace = self.trace;
        let belongs =
            |other: &u32| can_come_before(trace, step, at, *other as usize) && !is_left_out(trace, without, *other);
        let (at_step, end) = (step.at as u32, trace.events.len() as u32);
        if let Some((object, events)) = self.on_object(step, at, belongs) {
            let before = events.partition_point(|other| *other < at_step);
            let (last, end) = match self.last_on_object(step, at, object, &events, base) {
                Some(last) => (last, end),
                None => (self.last_on_object(step, at, object, &events[..before], base)?, at_step),
            };
            let taken = trace.counts(at);
            let first = steps(taken, last.task) + 1 == last.number && covers_but(taken, &last.clock, last.task);
            if first && resting(at, &mut |made| *made == last.made) {
                return None;
            }
            return Some(Reversal { at, events: collected(at as u32 + 1..end, belongs), last });
        }
        let all = collected(at as u32 + 1..end, belongs);
        let before = all.partition_point(|other| *other < at_step);
        self.finish(step, at, &all, base, false).or_else(|| self.finish(step, at, &all[..before], base, false))
    }

    /// The object that is all that `step` is about, with the events after the one at `at` that touch it and belong to the
    /// reversal, if they too are about nothing else: the others make no difference to the step then.
    fn on_object(
        &self,
        step: &Step<'a>,
        at: usize,
        belongs: impl Fn(&u32) -> bool,
    ) -> Option<(ObjectId, SmallVec<[u32; 16]>)> {
        let trace = self.trace;
        let object = step.op.object().filter(|_| is_simple(step.op))?;
        let list = trace.list(Target::Object(object));
        let later = &list[list.partition_point(|entry| entry.event as usize <= at)..];
        let mut events: SmallVec<[u32; 16]> = later.iter().map(|entry| entry.event).filter(belongs).collect();
        events.dedup();
        events.iter().all(|event| is_simple(&trace.events[*event as usize].op)).then_some((object, events))
    }

    /// `step`, after those of `events` that touch its object, if it can be taken there.
    fn last_on_object(
        &mut self,
        step: &Step<'a>,
        at: usize,
        object: ObjectId,
        events: &[u32],
        base: &VectorClock,
    ) -> Option<Last> {
        let trace = self.trace;
        self.shadow.go_to_object(trace, at, object, events);
        let answer = self.shadow.ask(trace, &step.question(false))?;
        let mut clock = base.clone();
        for event in events.iter().map(|event| *event as usize) {
            if !independent(trace.clock_rule, &answer.accesses, trace.accesses(&trace.events[event])) {
                clock.join(trace.clock(event));
            }
        }
        let (task, op, made, number) = (step.task, *step.op, answer.made, step.number);
        Some(Last { task, op, made, number, watch: step.watch.map(|watch| Box::new(watch.clone())), clock })
    }

    /// `events` from the state before `at`, and then `step`, if that can be taken there.
    fn finish(
        &mut self,
        step: &Step<'a>,
        at: usize,
        events: &[u32],
        base: &VectorClock,
        strict: bool,
    ) -> Option<Reversal> {
        let trace = self.trace;
        self.shadow.go(trace, at, &[], 0);
        let labels: Vec<Accesses> =
            events.iter().map(|event| self.shadow.label(trace, &trace.events[*event as usize])).collect();
        let answer: Answer = self.shadow.ask(trace, &step.question(strict))?;
        let mut clock = base.clone();
        for (at, label) in events.iter().map(|event| *event as usize).zip(&labels) {
            if trace.events[at].last_resort || !independent(trace.clock_rule, &answer.accesses, label) {
                clock.join(trace.clock(at));
            }
        }
        // Other timers may fire before one that was taken back.
        let firing = events.iter().filter(|event| trace.events[**event as usize].task == TaskId::CLOCK).count() as u32;
        let takes_part = step.task == TaskId::CLOCK && step.which == Which::OtherArm;
        let number = if takes_part { steps(base, step.task) + firing + 1 } else { step.number };
        let last = Last {
            task: step.task,
            op: *step.op,
            made: answer.made,
            number,
            watch: step.watch.map(|watch| Box::new(watch.clone())),
            clock,
        };
        Some(Reversal { at, events: events.to_vec(), last })
    }
}

/// Whether the event `other`, which is later than the one at `at`, can come before `step` if that is taken in the place of the
/// one at `at`: it comes neither after that nor after `step`.
#[inline]
fn can_come_before(trace: &Trace, step: &Step<'_>, at: usize, other: usize) -> bool {
    !trace.before(at, other) && (other < step.at || !trace.before(step.at, other))
}

/// The `events` that belong to a reversal, of which most do: there is room for all of them at once.
fn collected(events: Range<u32>, belongs: impl Fn(&u32) -> bool) -> Vec<u32> {
    let mut all = Vec::with_capacity(events.len());
    all.extend(events.filter(belongs));
    all
}

/// What comes before `step` if that is taken in the place of the event at `at`: what came between and can. Of the clock also
/// what came later: which timer it fires is not the same there, and may have been armed only then.
fn before_step(trace: &Trace, step: &Step<'_>, at: usize) -> impl Iterator<Item = u32> {
    (at + 1..step.end(trace)).filter(move |other| can_come_before(trace, step, at, *other)).map(|other| other as u32)
}

/// Whether `event` is one of those that are left out, or comes after one.
fn is_left_out(trace: &Trace, without: &[u32], event: u32) -> bool {
    without.iter().any(|out| *out <= event && trace.before(*out as usize, event as usize))
}

/// Whether `op` can be taken only after what it depends on, so that it races with nothing.
fn is_join(op: &Op) -> bool {
    matches!(op, Op::Life(life::Op::Join(_)))
}

/// What a step that was not taken waits for, or what others could have taken from it.
fn targets_of(task: TaskId, op: &Op, watch: Option<&Watch>) -> SmallVec<[Target; 4]> {
    let mut targets: SmallVec<[Target; 4]> = SmallVec::new();
    targets.extend(op.object().map(Target::Object));
    match op {
        Op::Condvar(id, op) => {
            targets.push(Target::Object(*id));
            if let condvar::Op::Wait { mutex, .. } = op {
                targets.push(Target::Object(*mutex));
            }
            targets.extend([Target::Wake(task), Target::Clock]);
        }
        Op::Life(life::Op::Join(other) | life::Op::IsFinished(other)) => targets.push(Target::Life(*other)),
        Op::Park(park::Op::Park) => targets.extend([Target::Token(task), Target::Wake(task), Target::Clock]),
        Op::Park(park::Op::Unpark(other)) => targets.push(Target::Token(*other)),
        Op::Clock(clock::Op::Sleep) => targets.extend([Target::Wake(task), Target::Clock]),
        Op::Clock(_) => targets.push(Target::Clock),
        Op::Barrier(..) | Op::Gate(..) | Op::Rendezvous(..) | Op::Channel(..) | Op::Timer(..) => {
            targets.extend([Target::Wake(task), Target::Clock]);
        }
        Op::Select(op) => {
            targets.extend(op.arms.iter().map(|arm| Target::Object(arm.channel)));
            targets.extend([Target::Wake(task), Target::Clock]);
        }
        _ => {}
    }
    for (op, _) in watch.into_iter().flatten() {
        targets.extend(op.object().map(Target::Object));
        match op {
            Op::Select(op) => targets.extend(op.arms.iter().map(|arm| Target::Object(arm.channel))),
            Op::Life(life::Op::IsFinished(other)) => targets.push(Target::Life(*other)),
            Op::Clock(_) => targets.push(Target::Clock),
            _ => {}
        }
    }
    targets
}

const FIRE: Op = Op::Clock(clock::Op::Fire);

/// Whether every arm of a select is a step of its own.
fn is_choice(op: &Op) -> bool {
    matches!(op, Op::Select(op) if op.has_outcomes())
}

/// What the effect of a step that was not taken may depend on.
fn static_touches(task: TaskId, op: &Op) -> u64 {
    if is_simple(op) || matches!(op, Op::Start | Op::Fence(_) | Op::Choose(_)) {
        return super::trace::touches(task, op, &[], false);
    }
    if *op == Op::Yield {
        // A turn of a loop looks at everything that it read.
        return !0;
    }
    super::trace::touches(task, op, &[], true)
}

impl Reversal {
    /// How many steps it has.
    pub(crate) fn len(&self) -> usize {
        self.events.len() + 1
    }

    /// Its step at `index`.
    pub(crate) fn made(&self, trace: &Trace, index: usize) -> Move {
        self.events.get(index).map_or(self.last.made, |event| trace.events[*event as usize].made)
    }
}
