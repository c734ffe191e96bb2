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
    fn walks(&self) -> bool {
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
