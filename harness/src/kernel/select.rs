//! Select: one of several sends and receives, whichever can be done.
//!
//! A select has *arms*, each a channel and a side of it, in the order in which the vocabulary wrote them; a channel may
//! be in several. Which of the arms that are ready is taken is an alternative of the operation, known by the arm's
//! number; whoever wants the first that is ready says so ([`Pick::First`]). Channels that are never ready (Go's nil) are
//! left out, and a select without arms waits for ever.
//!
//! - On buffered channels a select is one step, enabled when some arm is ready.
//! - With a channel without a buffer among the arms it is two, as sending to one is: *arriving* is always possible, and
//!   takes an arm that is ready or joins the queues of all such channels; *leaving* is enabled once a partner has come at one
//!   of them, or another arm is ready. Whoever meets a task that waits in a select takes it out of all other queues.
//! - A timeout is the timer of the task, as for every operation that waits.
//!
//! **What it touches.** An arm that was taken touches its channel as sending or receiving would, *and nothing else*: that
//! another arm was ready, or was not, makes no difference to what this step does. So a send to the channel of another arm commutes
//! with it, although it adds an alternative. Whether an arm could have been taken is therefore asked of each arm by itself, as if
//! every arm were a task of its own of which only one gets to step; see the page on exhaustive exploration. What depends on
//! arms that are *not* ready (waiting in queues, giving up, taking a later arm in order) saw that of each of them.

use std::borrow::Borrow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::{Mutex, PoisonError};

use rustc_hash::{FxBuildHasher, FxHashSet};
use smallvec::SmallVec;

use super::channel;
use super::handles::Side;
use super::ids::{ObjectId, TaskId};
use super::relation::{Access, Target};
use super::rendezvous::{self, Waiter};
use super::world::{End, Object, Outcome, Wake, World};

/// One of the sends and receives among which a select chooses.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Arm {
    pub(crate) channel: ObjectId,
    pub(crate) side: Side,
}

/// The arms of a select, kept once for the whole process: operations are copied often, and the arms would make
/// every one of them large. There are no more than the programs under test have different selects.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Arms(&'static List);

#[derive(PartialEq, Eq)]
struct List(Box<[Arm]>);

static KNOWN: Mutex<FxHashSet<&'static List>> = Mutex::new(FxHashSet::with_hasher(FxBuildHasher));

impl Hash for List {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl Borrow<[Arm]> for &List {
    fn borrow(&self) -> &[Arm] {
        &self.0
    }
}

impl Arms {
    pub(crate) fn of(arms: &[Arm]) -> Arms {
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        let list = known.get(arms).copied().unwrap_or_else(|| {
            let list: &'static List = Box::leak(Box::new(List(arms.into())));
            known.insert(list);
            list
        });
        Arms(list)
    }
}

impl Deref for Arms {
    type Target = [Arm];

    fn deref(&self) -> &[Arm] {
        &self.0.0
    }
}

impl fmt::Debug for Arms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// What a select waits for, and what it does then.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    /// Wait for an arm and take it, or time out. Ends as [`End::Queued`] if it is to be followed by `Leave`.
    Wait,
    /// Take an arm that is ready, if there is one.
    Try,
    /// The second step of `Wait` of this task.
    Leave(TaskId),
    /// Wait until an arm is ready and leave it so, or time out.
    Await,
    /// Say which arm is ready, if there is one.
    Look,
}

/// Which arm, if several are ready.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Pick {
    /// Each is an alternative.
    Any,
    First,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Op {
    pub(crate) arms: Arms,
    pub(crate) form: Form,
    pub(crate) pick: Pick,
}

/// How many bits of the value of an outcome say what came of the arm: the number of a message, or a partner.
const DETAIL_BITS: u32 = 40;

impl Outcome {
    fn of_arm(end: End, arm: u32, detail: u64) -> Outcome {
        Outcome { end, value: u64::from(arm) << DETAIL_BITS | detail & ((1 << DETAIL_BITS) - 1) }
    }

    /// Of a select that ended as done or disconnected: the arm, and what came of it, the number of a message or a partner.
    pub(crate) fn arm(self) -> (usize, u64) {
        ((self.value >> DETAIL_BITS) as usize, self.value & ((1 << DETAIL_BITS) - 1))
    }
}

impl Op {
    /// The second step, after one that ended as queued.
    pub(crate) fn leave(self, task: TaskId) -> Op {
        Op { form: Form::Leave(task), ..self }
    }

    /// Whether the scheduler chooses among the arms.
    pub(crate) fn has_outcomes(&self) -> bool {
        self.pick == Pick::Any
    }
}

impl World {
    fn is_rendezvous(&self, arm: Arm) -> bool {
        matches!(self.objects[arm.channel.index()], Object::Rendezvous(_))
    }

    fn meetings<'a>(&'a self, arms: &'a Arms) -> impl Iterator<Item = Arm> + 'a {
        arms.iter().copied().filter(|arm| self.is_rendezvous(*arm))
    }

    /// Whether `arm` could be taken by a select of this form.
    fn is_ready(&self, arm: Arm, form: Form) -> bool {
        match &self.objects[arm.channel.index()] {
            Object::Channel(channel) => channel.is_ready(arm.side),
            // Partners that come later look for those who wait.
            Object::Rendezvous(channel) if matches!(form, Form::Leave(_)) => channel.is_gone(arm.side),
            Object::Rendezvous(channel) => channel.is_gone(arm.side) || channel.is_awaited(arm.side),
            other => unreachable!("{:?} is a {}", arm.channel, other.kind()),
        }
    }

    /// The numbers of the arms that `op` could take, in order.
    fn choices<'a>(&'a self, op: &'a Op) -> impl Iterator<Item = u32> + 'a {
        let met = match op.form {
            Form::Leave(task) if self.tasks[task.index()].wake == Wake::Woken => self.tasks[task.index()].met,
            _ => None,
        };
        let possible = move |arm: Arm| match met {
            Some(met) => arm == met,
            None => self.is_ready(arm, op.form),
        };
        (0..).zip(op.arms.iter()).filter(move |(_, arm)| possible(**arm)).map(|(number, _)| number)
    }

    /// How many arms the scheduler can choose from.
    pub(super) fn select_alternatives(&self, op: &Op) -> u32 {
        match op.pick {
            Pick::Any => self.choices(op).count().max(1) as u32,
            Pick::First => 1,
        }
    }

    /// The arm that is alternative `index` of `op`; none if no arm is ready.
    pub(crate) fn select_arm(&self, op: &Op, index: u32) -> Option<u32> {
        self.choices(op).nth(index as usize)
    }

    pub(super) fn select_enabled(&self, task: TaskId, op: &Op) -> bool {
        let any = || self.choices(op).next().is_some();
        match op.form {
            Form::Try | Form::Look => true,
            Form::Wait => self.meetings(&op.arms).next().is_some() || self.has_timed_out(task) || any(),
            Form::Leave(_) => self.tasks[task.index()].wake == Wake::Woken || self.has_timed_out(task) || any(),
            Form::Await => self.has_timed_out(task) || any(),
        }
    }

    /// Performs `op`, which is enabled.
    pub(super) fn apply_select(&mut self, task: TaskId, op: &Op, alternative: u32) -> Outcome {
        self.withdrawn.clear();
        let chosen = self.select_arm(op, alternative);
        match (op.form, chosen) {
            (Form::Wait, None) if self.meetings(&op.arms).next().is_some() => {
                let waiter = Waiter { task, arms: Some(op.arms) };
                for arm in op.arms.iter() {
                    if let Object::Rendezvous(channel) = &mut self.objects[arm.channel.index()] {
                        channel.enqueue_once(arm.side, waiter);
                    }
                }
                return self.queued(task);
            }
            (Form::Leave(_), chosen) => {
                let me = &mut self.tasks[task.index()];
                if std::mem::take(&mut me.wake) == Wake::Woken {
                    me.met = None;
                    let partner = std::mem::replace(&mut me.partner, TaskId::NONE);
                    return Outcome::of_arm(End::Done, chosen.unwrap_or(0), partner.0.into());
                }
                self.withdraw(task, &op.arms);
            }
            _ => {}
        }
        self.disarm(task);
        match (op.form, chosen) {
            (Form::Try | Form::Look, None) => Outcome { end: End::Failed, value: 0 },
            (_, None) => Outcome { end: End::TimedOut, value: 0 },
            (Form::Await | Form::Look, Some(number)) => Outcome::of_arm(End::Done, number, 0),
            (_, Some(number)) => self.take(task, op.arms[number as usize], number),
        }
    }

    /// `task` takes an arm that is ready.
    fn take(&mut self, task: TaskId, arm: Arm, number: u32) -> Outcome {
        let disconnected = Outcome::of_arm(End::Disconnected, number, 0);
        match &mut self.objects[arm.channel.index()] {
            Object::Channel(channel) => {
                let op = match arm.side {
                    Side::Sending => channel::Op::TrySend,
                    Side::Receiving => channel::Op::TryReceive,
                };
                match channel.apply(&op) {
                    channel::Done::Message(message) => Outcome::of_arm(End::Done, number, message),
                    _ => disconnected,
                }
            }
            Object::Rendezvous(channel) => match channel.meet(arm.side) {
                rendezvous::Done::Met(partner) => {
                    self.met(task, arm, partner);
                    Outcome::of_arm(End::Done, number, partner.task.0.into())
                }
                _ => disconnected,
            },
            other => unreachable!("{:?} is a {}", arm.channel, other.kind()),
        }
    }

    /// `task` came at `arm` and met `partner`, which waited there.
    #[inline]
    pub(super) fn met(&mut self, task: TaskId, arm: Arm, partner: Waiter) {
        self.tasks[partner.task.index()].partner = task;
        if let Some(arms) = partner.arms {
            self.met_selecting(arm, partner.task, arms);
        }
        self.wake(partner.task);
    }

    /// `partner`, who waited at all of `arms`, was met at `arm`.
    #[inline(never)]
    fn met_selecting(&mut self, arm: Arm, partner: TaskId, arms: Arms) {
        let met = Arm { channel: arm.channel, side: arm.side.other() };
        self.tasks[partner.index()].met = Some(met);
        let others = self.meetings(&arms).filter(|other| *other != met).collect();
        self.withdrawn = others;
        self.withdraw(partner, &arms);
    }

    /// Takes `task` out of all queues in which it waits.
    fn withdraw(&mut self, task: TaskId, arms: &Arms) {
        for arm in arms.iter() {
            if let Object::Rendezvous(channel) = &mut self.objects[arm.channel.index()] {
                channel.withdraw(task);
            }
        }
    }

    /// Whom the last step, which met somebody, took out of other queues.
    pub(super) fn withdrawals(&self, touch: &mut impl FnMut(Target, Access)) {
        for arm in &self.withdrawn {
            touch(Target::Object(arm.channel), Access::Rendezvous(rendezvous::Access::Queue(arm.side)));
        }
    }

    /// The channels whose state `op`, which sends, receives or selects, may change: its own, and those where somebody waits
    /// whom it may meet.
    pub(crate) fn channels_in_reach(&self, op: &super::Op) -> SmallVec<[ObjectId; 4]> {
        let own: SmallVec<[ObjectId; 4]> = match op {
            super::Op::Select(op) => op.arms.iter().map(|arm| arm.channel).collect(),
            _ => op.object().into_iter().collect(),
        };
        let mut reach = own.clone();
        for channel in own {
            if let Object::Rendezvous(channel) = &self.objects[channel.index()] {
                let elsewhere = channel.waiting().filter_map(|waiter| waiter.arms);
                reach.extend(elsewhere.flat_map(|arms| arms.0.0.iter().map(|arm| arm.channel)));
            }
        }
        reach.sort_unstable();
        reach.dedup();
        reach
    }

    /// What seeing that `arm` is ready, or that it is not, saw.
    fn see(&self, arm: Arm, touch: &mut impl FnMut(Target, Access)) {
        let access = match &self.objects[arm.channel.index()] {
            Object::Channel(channel) => Access::Channel(channel.sight(arm.side)),
            Object::Rendezvous(channel) => Access::Rendezvous(channel.sight(arm.side)),
            other => unreachable!("{:?} is a {}", arm.channel, other.kind()),
        };
        touch(Target::Object(arm.channel), access);
    }

    /// The task joined the queues of all arms that have one, or left them.
    fn queues(&self, arms: &Arms, touch: &mut impl FnMut(Target, Access)) {
        for arm in self.meetings(arms) {
            touch(Target::Object(arm.channel), Access::Rendezvous(rendezvous::Access::Queue(arm.side)));
        }
    }

    /// Whether `op`, which ended with `outcome`, is the second step of a select to which a partner had come.
    pub(super) fn was_met(&self, op: &Op, outcome: Outcome) -> bool {
        matches!(op.form, Form::Leave(_)) && outcome.is_done() && self.is_rendezvous(op.arms[outcome.arm().0])
    }

    /// What `op`, which has just ended with `outcome`, did to the channels of its arms.
    pub(super) fn select_accesses(&self, op: &Op, outcome: Outcome, touch: &mut impl FnMut(Target, Access)) {
        let leaves = matches!(op.form, Form::Leave(_));
        let waits = leaves || outcome.end == End::Queued;
        let not_ready = |arms: &[Arm], touch: &mut _| {
            arms.iter().filter(|arm| !waits || !self.is_rendezvous(**arm)).for_each(|arm| self.see(*arm, touch));
        };
        if !matches!(outcome.end, End::Done | End::Disconnected) {
            if waits {
                self.queues(&op.arms, touch);
            }
            return not_ready(&op.arms, touch);
        }
        if self.was_met(op, outcome) {
            // That concerns only whoever came.
            return;
        }
        let (number, detail) = outcome.arm();
        let arm = op.arms[number];
        if leaves {
            self.queues(&op.arms, touch);
        }
        if op.pick == Pick::First {
            not_ready(&op.arms[..number], touch);
        }
        if matches!(op.form, Form::Await | Form::Look) {
            return self.see(arm, touch);
        }
        let access = match &self.objects[arm.channel.index()] {
            Object::Channel(channel) => {
                let capacity = channel.capacity();
                Access::Channel(match (outcome.end, arm.side) {
                    (End::Done, Side::Sending) => channel::Access::Send { message: detail, capacity },
                    (End::Done, Side::Receiving) => channel::Access::Receive { message: detail, capacity },
                    (_, Side::Sending) => channel::Access::SeeNoReceivers,
                    (_, Side::Receiving) => channel::Access::SeeNoSenders,
                })
            }
            _ if outcome.is_done() => Access::Rendezvous(rendezvous::Access::Meet(arm.side)),
            _ => Access::Rendezvous(rendezvous::Access::SeeGone),
        };
        touch(Target::Object(arm.channel), access);
        self.withdrawals(touch);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::kernel::channel::Channel;
    use crate::kernel::rendezvous::Rendezvous;
    use crate::kernel::{Op as AnyOp, Rules, clock};

    const A: TaskId = TaskId(1);
    const B: TaskId = TaskId(2);
    /// A buffered channel and two without a buffer.
    const BUFFERED: ObjectId = ObjectId(0);
    const MEETING: ObjectId = ObjectId(1);
    const OTHER: ObjectId = ObjectId(2);

    fn world() -> World {
        let meeting = || Object::Rendezvous(Box::new(Rendezvous::new()));
        World::with(Rules::default(), 3, [Object::Channel(Channel::new(Some(1))), meeting(), meeting()])
    }

    fn receive(channel: ObjectId) -> Arm {
        Arm { channel, side: Side::Receiving }
    }

    fn send(channel: ObjectId) -> Arm {
        Arm { channel, side: Side::Sending }
    }

    fn select<const N: usize>(form: Form, pick: Pick, arms: [Arm; N]) -> AnyOp {
        AnyOp::Select(Op { arms: Arms::of(&arms), form, pick })
    }

    fn wait<const N: usize>(arms: [Arm; N]) -> AnyOp {
        select(Form::Wait, Pick::Any, arms)
    }

    fn leave<const N: usize>(task: TaskId, arms: [Arm; N]) -> AnyOp {
        select(Form::Leave(task), Pick::Any, arms)
    }

    #[test]
    fn the_arms_of_equal_selects_are_kept_once() {
        let [one, two] = [(); 2].map(|()| Arms::of(&[receive(BUFFERED), send(MEETING)]));
        assert!(std::ptr::eq(one.0, two.0));
        assert_ne!(one, Arms::of(&[send(MEETING), receive(BUFFERED)]));
    }

    #[test]
    fn on_buffered_channels_it_waits_until_an_arm_is_ready() {
        let mut world = world();
        let op = wait([receive(BUFFERED), receive(BUFFERED)]);
        assert!(!world.enabled(A, &op));
        world.apply(B, &AnyOp::Channel(BUFFERED, channel::Op::Send), 0);
        assert!(world.enabled(A, &op));
        assert_eq!(world.alternatives(&op), 2, "either arm can take it");
        assert_eq!(world.apply(A, &op, 1).arm(), (1, 0));
        let op = wait([receive(BUFFERED), send(BUFFERED)]);
        assert_eq!(world.apply(A, &op, 0).arm(), (1, 1));
    }

    #[test]
    fn without_arms_it_waits_for_ever() {
        assert!(!world().enabled(A, &wait([])));
        assert_eq!(world().apply(A, &select(Form::Try, Pick::Any, []), 0).end, End::Failed);
    }

    #[test]
    fn the_first_that_is_ready_is_no_choice() {
        let mut world = world();
        let op = select(Form::Wait, Pick::First, [receive(BUFFERED), send(BUFFERED), send(BUFFERED)]);
        assert_eq!(world.alternatives(&op), 1);
        assert_eq!(world.apply(A, &op, 0).arm(), (1, 0));
    }

    #[test]
    fn whoever_is_met_at_one_channel_leaves_the_others() {
        let mut world = world();
        let arms = [receive(BUFFERED), receive(MEETING), send(OTHER), send(MEETING)];
        assert_eq!(world.apply(A, &wait(arms), 0).end, End::Queued);
        assert!(!world.enabled(A, &leave(A, arms)));
        let met = world.apply(B, &AnyOp::Rendezvous(OTHER, rendezvous::Op::TryReceive), 0);
        assert_eq!((met.end, met.value), (End::Done, A.0.into()));
        for op in [rendezvous::Op::TrySend, rendezvous::Op::TryReceive] {
            assert_eq!(world.apply(B, &AnyOp::Rendezvous(MEETING, op), 0).end, End::Failed);
        }
        world.apply(B, &AnyOp::Channel(BUFFERED, channel::Op::Send), 0);
        assert_eq!(world.alternatives(&leave(A, arms)), 1, "although another arm is ready");
        assert_eq!(world.apply(A, &leave(A, arms), 0).arm(), (2, B.0.into()));
    }

    #[test]
    fn two_selects_meet() {
        let mut world = world();
        let both = [send(MEETING), receive(MEETING)];
        world.apply(A, &wait(both), 0);
        assert_eq!(world.alternatives(&wait(both)), 2);
        assert_eq!(world.apply(B, &wait(both), 1).arm(), (1, A.0.into()));
        assert_eq!(world.apply(A, &leave(A, both), 0).arm(), (0, B.0.into()));
    }

    #[test]
    fn while_it_waits_for_a_partner_another_arm_may_become_ready() {
        let mut world = world();
        let arms = [receive(MEETING), receive(BUFFERED)];
        world.apply(A, &wait(arms), 0);
        world.apply(B, &AnyOp::Channel(BUFFERED, channel::Op::Send), 0);
        assert_eq!(world.apply(A, &leave(A, arms), 0).arm(), (1, 0));
        assert_eq!(world.apply(B, &AnyOp::Rendezvous(MEETING, rendezvous::Op::TrySend), 0).end, End::Failed);
    }

    #[test]
    fn it_ends_with_its_timer() {
        let mut world = world();
        world.apply(A, &AnyOp::Clock(clock::Op::Arm(Duration::from_secs(1))), 0);
        let arms = [receive(MEETING), receive(BUFFERED)];
        world.apply(A, &wait(arms), 0);
        world.apply(TaskId::CLOCK, &AnyOp::Clock(clock::Op::Fire), 0);
        assert_eq!(world.apply(A, &leave(A, arms), 0).end, End::TimedOut);
        assert!(!world.is_timed(A));
        assert_eq!(world.apply(B, &AnyOp::Rendezvous(MEETING, rendezvous::Op::TrySend), 0).end, End::Failed);
    }

    #[test]
    fn looking_takes_nothing() {
        let mut world = world();
        let look = select(Form::Look, Pick::Any, [receive(MEETING), receive(BUFFERED)]);
        assert_eq!(world.apply(A, &look, 0).end, End::Failed);
        let waits = select(Form::Await, Pick::Any, [receive(MEETING)]);
        assert!(!world.enabled(A, &waits));
        world.apply(B, &AnyOp::Rendezvous(MEETING, rendezvous::Op::SendArrive), 0);
        assert!(world.enabled(A, &waits));
        for _ in 0..2 {
            assert_eq!(world.apply(A, &look, 0).arm().0, 0);
        }
    }

    #[test]
    fn an_arm_whose_other_side_is_gone_is_ready() {
        let mut world = world();
        let arms = [receive(MEETING), receive(BUFFERED)];
        world.apply(A, &wait(arms), 0);
        world.apply(B, &AnyOp::Rendezvous(MEETING, rendezvous::Op::Close), 0);
        let left = world.apply(A, &leave(A, arms), 0);
        assert_eq!((left.end, left.arm().0), (End::Disconnected, 0));
    }
}
