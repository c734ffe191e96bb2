//! The virtual clock: a time, and the timers that are armed.
//!
//! Time is the duration since the start of the execution. The clock is a task, and its steps are firing one of
//! the timers with the earliest deadline, and ticking, which moves the time when every task only looks at it.
//! Every task has a timer, and there are some that send a message: see [`super::timer`].

use smallvec::SmallVec;
use std::time::Duration;

use super::ids::{ObjectId, TaskId};

/// What is armed: the timer of a task, or an object.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Owner {
    Task(TaskId),
    /// A [`super::timer::Timer`].
    Timer(ObjectId),
}

/// Owners are values of outcomes: objects come after all tasks.
const FIRST_TIMER: u64 = 1 << 32;

impl Owner {
    pub(crate) fn value(self) -> u64 {
        match self {
            Owner::Task(task) => task.0.into(),
            Owner::Timer(timer) => FIRST_TIMER + u64::from(timer.0),
        }
    }

    pub(crate) fn of_value(value: u64) -> Owner {
        match value.checked_sub(FIRST_TIMER) {
            None => Owner::Task(TaskId(value as u32)),
            Some(timer) => Owner::Timer(ObjectId(timer as u32)),
        }
    }
}

/// How the virtual clock advances.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
#[cfg_attr(not(feature = "sim"), expect(unreachable_pub, reason = "without executions nobody sets their clock"))]
pub enum Clock {
    /// To the next deadline, and only when no task can step (or all of them only spin or yield).
    #[default]
    Idle,
    /// To the next deadline at any moment, as on a machine that stalls at the worst time: every timeout can
    /// happen before every event.
    Elastic,
}

/// The time and the armed timers.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Time {
    pub(crate) now: Duration,
    /// Latest deadline first, and among equal deadlines the greater owner first, so that the next to fire is last; and
    /// whether it has fired before since it was started.
    timers: Vec<(Duration, Owner, bool)>,
    /// Whether the next deadline may come at any moment.
    elastic: bool,
    /// Whether the clock may step although tasks can.
    due: bool,
    /// Whether anybody ever looked at the time or armed a timer.
    matters: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Op {
    Now,
    /// Arm the timer of the calling task to fire after this long.
    Arm(Duration),
    /// Put the timer of the calling task back.
    Disarm,
    /// Wait for the timer of the calling task.
    Sleep,
    /// The clock fires a timer; the alternative says which of those with the earliest deadline.
    Fire,
    /// The clock moves by this much, past no deadline.
    Tick(Duration),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Access {
    Read,
    /// Armed a timer with this deadline.
    Arm(Duration),
    /// Took timers back, the first of them with this deadline.
    Disarm(Duration),
    /// Moved the time to this.
    Move(Duration),
    /// Fired a timer whose deadline, which is this, had come already.
    Fall(Duration),
}

impl Access {
    pub(crate) fn commutes(self, other: Access) -> bool {
        match (self, other) {
            // The clock did not come as far as the timer that was taken back.
            (Access::Disarm(deadline), Access::Move(to)) | (Access::Move(to), Access::Disarm(deadline)) => {
                to < deadline
            }
            (Access::Move(_), _) | (_, Access::Move(_)) => false,
            // It was not among those that could fire.
            (Access::Arm(deadline) | Access::Disarm(deadline), Access::Fall(fired))
            | (Access::Fall(fired), Access::Arm(deadline) | Access::Disarm(deadline)) => deadline > fired,
            (Access::Fall(_), Access::Fall(_)) => false,
            (Access::Fall(_), Access::Read) | (Access::Read, Access::Fall(_)) => true,
            // Timers of different tasks are different timers.
            (Access::Read | Access::Arm(_) | Access::Disarm(_), Access::Read | Access::Arm(_) | Access::Disarm(_)) => {
                true
            }
        }
    }
}

impl Time {
    pub(crate) fn reset(&mut self, clock: Clock) {
        self.now = Duration::ZERO;
        self.timers.clear();
        self.elastic = clock == Clock::Elastic;
        self.due = false;
        self.matters = false;
    }

    /// Whether the clock may step although tasks can.
    #[inline]
    pub(crate) fn is_due(&self) -> bool {
        self.due
    }

    /// Whether time makes a difference to anybody.
    #[inline]
    pub(crate) fn matters(&self) -> bool {
        self.matters
    }

    /// Somebody looked at the time.
    pub(crate) fn look(&mut self) {
        self.matters = true;
    }

    /// Lets the clock step although tasks can, once.
    pub(crate) fn hurry(&mut self) {
        self.due = true;
    }

    fn update(&mut self) {
        let due = |(deadline, _, again): &(Duration, Owner, bool)| (self.elastic && !again) || *deadline <= self.now;
        self.due = self.timers.last().is_some_and(due);
    }

    /// Arms the timer of `owner`; a deadline beyond the end of time never comes.
    pub(crate) fn arm(&mut self, owner: Owner, after: Duration) {
        if let Some(deadline) = self.now.checked_add(after) {
            self.insert((deadline, owner, false));
        }
        self.matters = true;
        self.update();
    }

    /// Arms a timer that has fired to do so again.
    pub(crate) fn arm_again(&mut self, timer: ObjectId, deadline: Duration) {
        self.insert((deadline, Owner::Timer(timer), true));
        self.update();
    }

    fn insert(&mut self, key: (Duration, Owner, bool)) {
        let at = self.timers.partition_point(|timer| *timer > key);
        self.timers.insert(at, key);
    }

    /// Takes back the timer of `owner`, if it is armed; returns its deadline, if that would have come.
    pub(crate) fn disarm(&mut self, owner: Owner) -> Option<Duration> {
        let at = self.timers.iter().rposition(|(_, other, _)| *other == owner)?;
        let (deadline, ..) = self.timers.remove(at);
        self.update();
        Some(deadline)
    }

    #[inline]
    pub(crate) fn next_deadline(&self) -> Option<Duration> {
        self.timers.last().map(|(deadline, ..)| *deadline)
    }

    /// The deadline of the timer of `owner`, if it is armed.
    pub(crate) fn deadline_of(&self, owner: Owner) -> Option<Duration> {
        self.timers.iter().find(|(_, other, _)| *other == owner).map(|(deadline, ..)| *deadline)
    }

    /// Whose timers are armed.
    pub(crate) fn owners(&self) -> impl Iterator<Item = Owner> {
        self.timers.iter().map(|(_, owner, _)| *owner)
    }

    /// The owners of the timers that share the earliest deadline, in their order.
    pub(crate) fn next_owners(&self) -> SmallVec<[Owner; 4]> {
        let next = self.next_deadline();
        let earliest = self.timers.iter().rev().take_while(|(deadline, ..)| Some(*deadline) == next);
        earliest.map(|(_, owner, _)| *owner).collect()
    }

    /// How many timers share the earliest deadline.
    pub(crate) fn next_count(&self) -> u32 {
        let Some(next) = self.next_deadline() else { return 0 };
        self.timers.iter().rev().take_while(|(deadline, ..)| *deadline == next).count() as u32
    }

    /// Fires the `alternative`-th timer among those with the earliest deadline, in the order of owners. Returns whose it was,
    /// and its deadline.
    pub(crate) fn fire(&mut self, alternative: u32) -> Option<(Owner, Duration)> {
        let Some(at) = self.timers.len().checked_sub(1 + alternative as usize) else {
            // Somebody hurried the clock for nothing.
            self.update();
            return None;
        };
        let (deadline, owner, _) = self.timers.remove(at);
        self.now = self.now.max(deadline);
        self.update();
        Some((owner, deadline))
    }

    /// Moves the time by `step`, at most to the next deadline and never past the end of time.
    pub(crate) fn tick(&mut self, step: Duration) {
        let to = self.now.saturating_add(step);
        self.now = self.next_deadline().map_or(to, |deadline| to.min(deadline.max(self.now)));
        self.update();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(task: u32) -> Owner {
        Owner::Task(TaskId(task))
    }

    #[test]
    fn owners_are_values() {
        for owner in [of(0), of(7), Owner::Timer(ObjectId(0)), Owner::Timer(ObjectId(7))] {
            assert_eq!(Owner::of_value(owner.value()), owner);
        }
    }

    #[test]
    fn timers_fire_in_the_order_of_their_deadlines() {
        let mut time = Time::default();
        let second = Duration::from_secs(1);
        time.arm(of(5), second * 2);
        time.arm(of(7), second);
        time.arm(of(6), second);
        assert_eq!(time.next_count(), 2);
        assert_eq!(time.fire(1).map(|(owner, _)| owner), Some(of(7)));
        assert_eq!(time.now, second);
        assert_eq!(time.fire(0).map(|(owner, _)| owner), Some(of(6)));
        assert_eq!(time.fire(0).map(|(owner, _)| owner), Some(of(5)));
        assert_eq!(time.now, second * 2);
        assert_eq!(time.fire(0), None);
    }

    #[test]
    fn a_deadline_beyond_the_end_of_time_never_comes() {
        let mut time = Time::default();
        time.tick(Duration::from_secs(1));
        time.arm(of(1), Duration::MAX);
        assert_eq!(time.next_deadline(), None);
    }

    #[test]
    fn a_tick_stops_at_the_next_deadline() {
        let mut time = Time::default();
        time.arm(of(1), Duration::from_secs(1));
        time.tick(Duration::from_secs(3));
        assert_eq!(time.now, Duration::from_secs(1));
    }

    #[test]
    fn only_an_elastic_clock_is_due_before_the_deadline() {
        for (clock, due) in [(Clock::Idle, false), (Clock::Elastic, true)] {
            let mut time = Time::default();
            time.reset(clock);
            assert!(!time.is_due());
            time.arm(of(1), Duration::from_secs(1));
            assert_eq!(time.is_due(), due);
            time.arm(of(2), Duration::ZERO);
            assert!(time.is_due(), "the deadline has come");
            assert_eq!(time.disarm(of(2)), Some(Duration::ZERO));
            assert_eq!(time.is_due(), due);
            time.disarm(of(1));
            assert!(!time.is_due());
        }
    }
}
