//! The virtual clock: a time, and the timers that are armed.
//!
//! Time is the duration since the start of the execution. The clock is a task, and its steps are firing the
//! timer of one task among those with the earliest deadline, and ticking, which moves the time when every task
//! only looks at it.

use smallvec::SmallVec;
use std::time::Duration;

use super::ids::TaskId;

/// How the virtual clock advances.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
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
    /// Latest deadline first, and among equal deadlines the greater task first, so that the next to fire is last.
    timers: Vec<(Duration, TaskId)>,
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
        self.due = self.next_deadline().is_some_and(|deadline| self.elastic || deadline <= self.now);
    }

    /// Arms the timer of `task`; a deadline beyond the end of time never comes.
    pub(crate) fn arm(&mut self, task: TaskId, after: Duration) {
        if let Some(deadline) = self.now.checked_add(after) {
            let key = (deadline, task);
            let at = self.timers.partition_point(|timer| *timer > key);
            self.timers.insert(at, key);
        }
        self.matters = true;
        self.update();
    }

    /// Takes back the timer of `task`, if it is armed; returns its deadline, if that would have come.
    pub(crate) fn disarm(&mut self, task: TaskId) -> Option<Duration> {
        let at = self.timers.iter().rposition(|(_, owner)| *owner == task)?;
        let (deadline, _) = self.timers.remove(at);
        self.update();
        Some(deadline)
    }

    #[inline]
    pub(crate) fn next_deadline(&self) -> Option<Duration> {
        self.timers.last().map(|(deadline, _)| *deadline)
    }

    /// The deadline of the timer of `task`, if it is armed.
    pub(crate) fn deadline_of(&self, task: TaskId) -> Option<Duration> {
        self.timers.iter().find(|(_, owner)| *owner == task).map(|(deadline, _)| *deadline)
    }

    /// The tasks whose timers share the earliest deadline, in their order.
    pub(crate) fn next_owners(&self) -> SmallVec<[TaskId; 4]> {
        let next = self.next_deadline();
        let earliest = self.timers.iter().rev().take_while(|(deadline, _)| Some(*deadline) == next);
        earliest.map(|(_, owner)| *owner).collect()
    }

    /// How many timers share the earliest deadline.
    pub(crate) fn next_count(&self) -> u32 {
        let Some(next) = self.next_deadline() else { return 0 };
        self.timers.iter().rev().take_while(|(deadline, _)| *deadline == next).count() as u32
    }

    /// Fires the `alternative`-th timer among those with the earliest deadline, in the order of tasks.
    pub(crate) fn fire(&mut self, alternative: u32) -> Option<TaskId> {
        let at = self.timers.len().checked_sub(1 + alternative as usize)?;
        let (deadline, task) = self.timers.remove(at);
        self.now = self.now.max(deadline);
        self.update();
        Some(task)
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

    #[test]
    fn timers_fire_in_the_order_of_their_deadlines() {
        let mut time = Time::default();
        let second = Duration::from_secs(1);
        time.arm(TaskId(5), second * 2);
        time.arm(TaskId(7), second);
        time.arm(TaskId(6), second);
        assert_eq!(time.next_count(), 2);
        assert_eq!(time.fire(1), Some(TaskId(7)));
        assert_eq!(time.now, second);
        assert_eq!(time.fire(0), Some(TaskId(6)));
        assert_eq!(time.fire(0), Some(TaskId(5)));
        assert_eq!(time.now, second * 2);
        assert_eq!(time.fire(0), None);
    }

    #[test]
    fn a_deadline_beyond_the_end_of_time_never_comes() {
        let mut time = Time::default();
        time.tick(Duration::from_secs(1));
        time.arm(TaskId(1), Duration::MAX);
        assert_eq!(time.next_deadline(), None);
    }

    #[test]
    fn a_tick_stops_at_the_next_deadline() {
        let mut time = Time::default();
        time.arm(TaskId(1), Duration::from_secs(1));
        time.tick(Duration::from_secs(3));
        assert_eq!(time.now, Duration::from_secs(1));
    }

    #[test]
    fn only_an_elastic_clock_is_due_before_the_deadline() {
        for (clock, due) in [(Clock::Idle, false), (Clock::Elastic, true)] {
            let mut time = Time::default();
            time.reset(clock);
            assert!(!time.is_due());
            time.arm(TaskId(1), Duration::from_secs(1));
            assert_eq!(time.is_due(), due);
            time.arm(TaskId(2), Duration::ZERO);
            assert!(time.is_due(), "the deadline has come");
            assert_eq!(time.disarm(TaskId(2)), Some(Duration::ZERO));
            assert_eq!(time.is_due(), due);
            time.disarm(TaskId(1));
            assert!(!time.is_due());
        }
    }
}
