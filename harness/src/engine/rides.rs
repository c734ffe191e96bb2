//! Steps next to which the random walk does not ask who is next.
//!
//! Some steps do nothing that others could notice, and depend on nothing that others could still do: going on from a channel without
//! a buffer with a partner who has come, finding a channel disconnected, dropping a handle when nobody is left on the other side.
//! Let `l` be such a step, and `n` the next one of the same task. What others do between the two they could as well have done before
//! `l`, so that every execution is equivalent to one in which `n` follows on `l` at once (Lipton, Reduction: a method of proving
//! properties of parallel programs, CACM 1975). So whoever was chosen and took `l` *rides*: it takes `n`, too, if it can, without
//! being chosen once more. After `n` it is asked again who is next, be `n` such a step or not: a task that spins on a channel
//! without anybody at its other end must not keep the others from going on.
//!
//! What the task does between `l` and `n` moves with `l`. That concerns nobody, unless it spawns a task, whose steps others could have
//! found before `n`: then it does not ride. If it ends, its end is part of `l`. Where time matters nobody rides: such steps may take
//! timers back, and who offers the processor has a say in whether the clock moves.
//!
//! A handle that is dropped for nobody is dropped at once, like what is private to a task; there it is the step *before* that the
//! drop is next to, so that nobody rides for that.
//!
//! *All this is a habit of the random walk and no part of the schedule.* The decision that was not made is written down all the
//! same, so that a schedule means what it means whoever made it. Every other strategy, and all that follows a schedule, asks at
//! every step. Exhaustive exploration knows these steps by their accesses.

use super::execution::Execution;
use crate::explore::Chooser;
use crate::kernel::{Op, Outcome, TaskId};

impl Execution {
    /// Lets the running task ride if `op`, for which it was chosen and which has just ended with `outcome`, is such a step.
    #[inline(always)]
    pub(super) fn ride_after(&mut self, op: &Op, outcome: Outcome) {
        if self.world.was_settled(op, outcome) {
            self.ride();
        }
    }

    #[inline(always)]
    pub(super) fn ride(&mut self) {
        if self.walks() {
            self.rides = true;
            self.next_check = 0;
        }
    }

    /// Whether the running task has ridden until here. It does not any more.
    #[inline(always)]
    pub(super) fn stop_riding(&mut self) -> bool {
        let rides = std::mem::take(&mut self.rides);
        if rides {
            self.schedule_check();
        }
        rides
    }

    #[inline(always)]
    pub(super) fn walks(&self) -> bool {
        matches!(self.chooser, Chooser::Random(_))
    }

    /// Whether the running task, if it rides and can perform `op`, does so without being chosen.
    #[inline(always)]
    pub(super) fn rides_on(&self, op: &Op) -> bool {
        !matches!(op, Op::Yield) && !self.world.time.matters()
    }

    /// Whether `op` is done at once, because it drops a handle for nobody.
    #[inline(always)]
    pub(super) fn drops_at_once(&self, op: &Op) -> bool {
        self.world.is_dropped_for_nobody(op) && self.walks() && !self.world.time.matters()
    }

    /// Writes the decision down that was not made, if there would have been one: for the running task.
    pub(super) fn decide_to_go_on(&mut self, me: TaskId) {
        if self.enabled.count() > 1 {
            self.decisions.push(me.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::{Arc, Mutex};

    use crate::chan::{bounded, unbounded};
    use crate::sync::atomic::{AtomicU32, Ordering::SeqCst};
    use crate::trial::{explore, replay};
    use crate::{Checker, Strategy, Verdict, thread};

    /// Compares what the random walk finds with all there is, and replays every walk, asking at every step.
    #[track_caller]
    fn walks_find_everything(walks: u64, program: impl Fn() -> Vec<u32> + Send + Sync + Copy + 'static) {
        let mut found = BTreeSet::new();
        for walked in explore(walks, program) {
            let replayed = replay(&walked.decisions, program);
            assert_eq!(replayed.value, walked.value);
            found.insert(walked.value());
        }
        let all = Arc::new(Mutex::new(BTreeSet::new()));
        let report = Checker::new().strategy(Strategy::Exhaustive).explore({
            let all = Arc::clone(&all);
            move || {
                all.lock().unwrap().insert(program());
            }
        });
        assert_eq!(*report.verdict(), Verdict::Exhaustive, "{report}");
        assert_eq!(found, *all.lock().unwrap());
    }

    #[test]
    fn what_comes_after_a_meeting_may_come_early_or_late() {
        walks_find_everything(3_000, || {
            let (sender, receiver) = bounded(0);
            let clock = Arc::new(AtomicU32::new(0));
            let tick = |clock: &AtomicU32| clock.fetch_add(1, SeqCst);
            let other = Arc::clone(&clock);
            let task = thread::spawn(move || {
                receiver.recv().unwrap();
                let met = tick(&other);
                [met, tick(&other)]
            });
            sender.send(()).unwrap();
            let mut seen = vec![tick(&clock), tick(&clock)];
            seen.extend(task.join().unwrap());
            seen
        });
    }

    #[test]
    fn whom_a_task_spawns_after_a_meeting_steps_before_it() {
        walks_find_everything(3_000, || {
            let (sender, receiver) = bounded(0);
            let flag = Arc::new(AtomicU32::new(0));
            let other = Arc::clone(&flag);
            let task = thread::spawn(move || {
                receiver.recv().unwrap();
                let third = Arc::clone(&other);
                let child = thread::spawn(move || third.fetch_add(1, SeqCst));
                vec![other.fetch_add(1, SeqCst), child.join().unwrap()]
            });
            sender.send(()).unwrap();
            let mut seen = vec![flag.fetch_add(1, SeqCst)];
            seen.extend(task.join().unwrap());
            seen
        });
    }

    #[test]
    fn who_drops_last_is_left_open_as_long_as_anybody_is_on_the_other_side() {
        walks_find_everything(3_000, || {
            let (sender, receiver) = unbounded::<()>();
            let flag = Arc::new(AtomicU32::new(0));
            let (another, other) = (sender.clone(), Arc::clone(&flag));
            let task = thread::spawn(move || {
                drop(another);
                other.store(1, SeqCst);
            });
            let watcher = thread::spawn(move || {
                assert!(receiver.recv().is_err());
                flag.load(SeqCst)
            });
            drop(sender);
            task.join().unwrap();
            vec![watcher.join().unwrap()]
        });
    }

    #[test]
    fn whoever_spins_on_a_channel_without_senders_lets_others_go_on() {
        for walked in explore(200, || {
            let (sender, receiver) = unbounded::<()>();
            drop(sender);
            let flag = Arc::new(AtomicU32::new(0));
            let other = Arc::clone(&flag);
            let task = thread::spawn(move || other.store(1, SeqCst));
            let mut turns = 0;
            while flag.load(SeqCst) == 0 {
                assert!(receiver.recv().is_err());
                turns += 1;
            }
            task.join().unwrap();
            turns
        }) {
            assert!(walked.value() < 1_000);
        }
    }
}
