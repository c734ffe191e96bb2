//! Deadlocks among some tasks, found when they close although others run on.
//!
//! A task that waits for a lock waits for its holders, and one that joins waits for a task to finish. Only the task that
//! has just blocked can have closed a cycle, so that one walk along the waits is enough.

use super::execution::{Ending, Execution, flag};
use crate::kernel::{Op, TaskId, life, mutex};

/// How far it is looked for the quick answer.
const WAITS_IN_A_ROW: u32 = 4;

impl Execution {
    /// The tasks of a cycle that `task` closes by waiting for what `op` waits for.
    fn cycle(&self, task: TaskId, op: &Op) -> Option<Vec<TaskId>> {
        let mut path = vec![task];
        self.walk(task, op, &mut path).then_some(path)
    }

    fn walk(&self, start: TaskId, op: &Op, path: &mut Vec<TaskId>) -> bool {
        for holder in self.world.holders(op) {
            if holder == start {
                return true;
            }
            // Whoever can step, or has a timer, may still let go.
            if self.is_enabled(holder)
                || path.contains(&holder)
                || self.world.tasks[holder.index()].finished
                || self.world.is_timed(holder)
            {
                continue;
            }
            path.push(holder);
            let pending = self.slots[holder.index()].pending;
            if self.walk(start, &pending, path) {
                return true;
            }
            path.pop();
        }
        false
    }

    /// `task` cannot perform `op`, which it has declared: it leaves the enabled ones, and may close a cycle.
    #[inline(always)]
    pub(super) fn block(&mut self, task: TaskId, op: &Op) {
        self.enabled.set::<false>(task, false);
        if !matches!(op, Op::Condvar(..) | Op::Channel(..) | Op::Rendezvous(..)) && !self.leads_out(*op) {
            self.look_for_a_cycle(task);
        }
    }

    /// Whether it is clear that waiting for what `op` waits for closes no cycle: that leads, from one to the next,
    /// to a task that can step, or to one that waits for nobody in particular.
    #[inline]
    fn leads_out(&self, mut op: Op) -> bool {
        for _ in 0..WAITS_IN_A_ROW {
            let holder = match op {
                Op::Mutex(id, mutex::Op::Lock) => self.world.owner(id),
                Op::Life(life::Op::Join(child)) => child,
                Op::Condvar(..) | Op::Channel(..) | Op::Rendezvous(..) => return true,
                _ => return false,
            };
            if self.is_enabled(holder) {
                return true;
            }
            op = self.slots[holder.index()].pending;
        }
        false
    }

    #[inline(never)]
    fn look_for_a_cycle(&mut self, task: TaskId) {
        let op = self.slots[task.index()].pending;
        let holders = self.world.holders(&op);
        let hopeless = |holder: &TaskId| *holder == task || !self.is_enabled(*holder);
        if holders.iter().any(hopeless)
            && self.ending.is_none()
            && self.flags & (flag::TEARDOWN | flag::GUIDED) == 0
            && let Some(cycle) = self.cycle(task, &op)
        {
            self.end(Ending::Deadlock(cycle));
        }
    }
}
