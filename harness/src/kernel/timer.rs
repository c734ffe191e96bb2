//! The timer that sends: when it fires, a message is in its channel.
//!
//! That is what `after`, `tick` and Go's timers and tickers are: a channel with room for a message, and a timer that is its
//! only sender. One that repeats is armed again as it fires, and what finds no room is dropped. Whoever just waits with a
//! timeout needs none of this: every task has a timer of its own, see [`super::clock`].
//!
//! On an elastic clock a timer may fire at any moment once it was started, but a repetition only when its time has come:
//! otherwise there would be no end of ticks.

use std::time::Duration;

use super::channel;
use super::clock::{self, Owner};
use super::ids::{ObjectId, TaskId};
use super::relation::{Access, Target};
use super::world::{End, Object, Outcome, World};

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Timer {
    /// A buffered channel.
    pub(crate) channel: ObjectId,
    /// After how long it fires again, if it does; not zero.
    pub(crate) period: Option<Duration>,
    /// Started, and neither stopped nor fired for the last time.
    pub(crate) runs: bool,
    /// When it sent its last message.
    pub(crate) sent_at: Duration,
    pub(crate) started: Started,
}

/// Who started a timer last, and how many the same task had started before: that means the same in every execution.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Started {
    pub(crate) by: TaskId,
    pub(crate) before: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Op {
    /// Fire after this long, whatever was agreed before. Like the others, fails if the timer was not running.
    Start(Duration),
    /// Fire after this long, which is not zero, and then again and again.
    Repeat(Duration),
    Stop,
}

impl Timer {
    pub(crate) fn new(channel: ObjectId) -> Timer {
        let started = Started { by: TaskId::NONE, before: 0 };
        Timer { channel, period: None, runs: false, sent_at: Duration::ZERO, started }
    }
}

impl World {
    pub(crate) fn timer(&self, id: ObjectId) -> &Timer {
        match &self.objects[id.index()] {
            Object::Timer(timer) => timer,
            other => unreachable!("{id:?} is a {}", other.kind()),
        }
    }

    fn timer_mut(&mut self, id: ObjectId) -> &mut Timer {
        match &mut self.objects[id.index()] {
            Object::Timer(timer) => timer,
            other => unreachable!("{id:?} is a {}", other.kind()),
        }
    }

    pub(super) fn apply_timer(&mut self, task: TaskId, id: ObjectId, op: &Op) -> Outcome {
        let ran = std::mem::take(&mut self.timer_mut(id).runs);
        if ran {
            self.take_back(Owner::Timer(id));
        }
        let (after, period) = match *op {
            Op::Stop => (None, None),
            Op::Start(after) => (Some(after), None),
            Op::Repeat(after) => (Some(after), Some(after)),
        };
        if let Some(after) = after {
            let me = &mut self.tasks[task.index()];
            let started = Started { by: task, before: me.timers_started };
            me.timers_started += 1;
            let timer = self.timer_mut(id);
            (timer.runs, timer.period, timer.started) = (true, period, started);
            self.time.arm(Owner::Timer(id), after);
        }
        let end = if ran { End::Done } else { End::Failed };
        Outcome { end, value: 0 }
    }

    /// The timer `id` has fired at its `deadline`. Whether there was room for the message.
    pub(super) fn deliver(&mut self, id: ObjectId, deadline: Duration) -> bool {
        let now = self.time.now;
        let timer = self.timer_mut(id);
        let (channel, again) = (timer.channel, timer.period.and_then(|period| deadline.checked_add(period)));
        timer.runs = timer.period.is_some();
        let sent = match &mut self.objects[channel.index()] {
            Object::Channel(channel) => matches!(channel.apply(&channel::Op::TrySend), channel::Done::Message(_)),
            other => unreachable!("{channel:?} is a {}", other.kind()),
        };
        if sent {
            self.timer_mut(id).sent_at = now;
        }
        if let Some(again) = again {
            self.time.arm_again(id, again);
        }
        sent
    }

    /// What the timer `id` did, which has just fired, and sent a message or found no room for it.
    pub(super) fn delivery(&self, id: ObjectId, sent: bool, touch: &mut impl FnMut(Target, Access)) {
        let timer = self.timer(id);
        touch(Target::Object(id), Access::Timer);
        if let Object::Channel(channel) = &self.objects[timer.channel.index()] {
            let done = if sent { channel::Done::Message(channel.sent - 1) } else { channel.why_not_sent() };
            let access = channel.access(&channel::Op::TrySend, done);
            touch(Target::Object(timer.channel), Access::Channel(access.expect("sending can be noticed")));
        }
        if let Some(again) = self.time.deadline_of(Owner::Timer(id)) {
            touch(Target::Clock, Access::Clock(clock::Access::Arm(again)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::channel::Channel;
    use crate::kernel::{Clock, Op as AnyOp, Rules};

    const A: TaskId = TaskId(1);
    const CHANNEL: ObjectId = ObjectId(0);
    const TIMER: ObjectId = ObjectId(1);
    const FIRE: AnyOp = AnyOp::Clock(clock::Op::Fire);
    const SECOND: Duration = Duration::from_secs(1);

    fn world(clock: Clock) -> World {
        let channel = Object::Channel(Channel::new(Some(1)));
        let rules = Rules { clock, ..Rules::default() };
        World::with(rules, 1, [channel, Object::Timer(Box::new(Timer::new(CHANNEL)))])
    }

    fn perform(world: &mut World, op: Op) -> bool {
        world.apply(A, &AnyOp::Timer(TIMER, op), 0).is_done()
    }

    fn fire(world: &mut World) -> End {
        world.apply(TaskId::CLOCK, &FIRE, 0).end
    }

    fn receives(world: &mut World) -> bool {
        world.apply(A, &AnyOp::Channel(CHANNEL, channel::Op::TryReceive), 0).is_done()
    }

    #[test]
    fn it_sends_when_it_fires() {
        let mut world = world(Clock::Idle);
        assert!(!perform(&mut world, Op::Start(SECOND)), "it was not running");
        assert!(!receives(&mut world));
        assert_eq!(fire(&mut world), End::Done);
        assert!(receives(&mut world));
        assert_eq!(world.timer(TIMER).sent_at, SECOND);
        assert!(!world.enabled(TaskId::CLOCK, &FIRE));
        assert!(!perform(&mut world, Op::Stop), "it has fired");
    }

    #[test]
    fn one_that_was_stopped_does_not_fire() {
        let mut world = world(Clock::Idle);
        perform(&mut world, Op::Start(SECOND));
        assert!(perform(&mut world, Op::Stop));
        assert!(!world.enabled(TaskId::CLOCK, &FIRE));
        perform(&mut world, Op::Start(SECOND));
        assert!(perform(&mut world, Op::Start(SECOND * 3)));
        fire(&mut world);
        assert_eq!(world.timer(TIMER).sent_at, SECOND * 3, "it was started anew");
    }

    #[test]
    fn ticks_that_find_no_room_are_dropped() {
        let mut world = world(Clock::Idle);
        perform(&mut world, Op::Repeat(SECOND));
        assert_eq!([fire(&mut world), fire(&mut world)], [End::Done, End::Failed]);
        assert!(receives(&mut world));
        assert!(!receives(&mut world));
        assert_eq!(world.timer(TIMER).sent_at, SECOND);
        fire(&mut world);
        assert_eq!(world.timer(TIMER).sent_at, SECOND * 3);
        assert!(perform(&mut world, Op::Stop));
    }

    #[test]
    fn only_the_first_tick_may_come_early() {
        let mut world = world(Clock::Elastic);
        perform(&mut world, Op::Repeat(SECOND));
        assert!(world.time.is_due());
        fire(&mut world);
        assert!(!world.time.is_due());
        assert!(world.enabled(TaskId::CLOCK, &FIRE));
    }
}
