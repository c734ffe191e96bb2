//! Which steps made a step what it is: the one that wrote what it reads, sent what it receives, unlocked what it locks,
//! woke it, or spawned its task.
//!
//! With the order of the steps of each task these are the edges of *happens-before* (Lamport: Time, clocks, and the ordering
//! of events in a distributed system, 1978), as far as values and waiting show it.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::engine::record::Step;
use crate::kernel::{End, ObjectId, Op, TaskId};
use crate::kernel::{atomic, barrier, channel, condvar, gate, life, mutex, once, rwlock, semaphore};

/// For each step, by index, the numbers of those of other tasks that it comes after. Numbers begin with 1.
pub(super) fn causes(steps: &[Step]) -> Vec<SmallVec<[u64; 2]>> {
    let mut order = Order::default();
    steps.iter().enumerate().map(|(index, step)| order.step(index as u64 + 1, step)).collect()
}

#[derive(Default)]
struct Order {
    /// The last step that changed an object so that others take notice.
    given: FxHashMap<ObjectId, u64>,
    /// Which step sent a message.
    sent: FxHashMap<(ObjectId, u64), u64>,
    /// What let a task go on: the step that spawned or woke it.
    released: FxHashMap<TaskId, u64>,
    finished: FxHashMap<TaskId, u64>,
    tasks: Vec<TaskId>,
}

impl Order {
    fn step(&mut self, number: u64, step: &Step) -> SmallVec<[u64; 2]> {
        let mut after: SmallVec<[u64; 2]> = SmallVec::new();
        after.extend(self.released.remove(&step.task));
        after.extend(self.taken(step));
        self.give(number, step);
        self.tasks.push(step.task);
        // What a task did itself before goes without saying.
        after.retain(|cause| self.tasks[*cause as usize - 1] != step.task);
        after.sort_unstable();
        after.dedup();
        after
    }

    /// The step that gave what this one takes.
    fn taken(&self, step: &Step) -> Option<u64> {
        let given = |id: &ObjectId| self.given.get(id).copied();
        let done = step.outcome.is_done();
        match &step.op {
            Op::Atomic(id, op) if !matches!(op, atomic::Op::Store(..)) => given(id),
            Op::Mutex(id, mutex::Op::Lock | mutex::Op::TryLock) if done => given(id),
            Op::RwLock(id, rwlock::Op::Read | rwlock::Op::Write | rwlock::Op::TryRead | rwlock::Op::TryWrite)
                if done =>
            {
                given(id)
            }
            Op::Condvar(_, condvar::Op::Wake { mutex }) => given(mutex),
            Op::Once(id, once::Op::Begin | once::Op::Wait | once::Op::WaitDone | once::Op::IsCompleted) => given(id),
            Op::Channel(id, channel::Op::Receive | channel::Op::TryReceive) => match step.outcome.end {
                End::Done => self.sent.get(&(*id, step.outcome.value)).copied(),
                End::Disconnected => given(id),
                _ => None,
            },
            Op::Rendezvous(id, _) if step.outcome.end == End::Disconnected => given(id),
            Op::Select(op) if matches!(step.outcome.end, End::Done | End::Disconnected) => {
                let (arm, detail) = step.outcome.arm();
                let id = op.arms.get(arm)?.channel;
                self.sent.get(&(id, detail)).copied().or_else(|| given(&id))
            }
            Op::Semaphore(id, semaphore::Op::Acquire(_) | semaphore::Op::TryAcquire(_)) if done => given(id),
            Op::Gate(id, gate::Op::Leave) | Op::Barrier(id, barrier::Op::Leave) => given(id),
            Op::Life(life::Op::Join(child)) => self.finished.get(child).copied(),
            Op::Life(life::Op::IsFinished(child)) if step.outcome.value == 1 => self.finished.get(child).copied(),
            _ => None,
        }
    }

    fn give(&mut self, number: u64, step: &Step) {
        let done = step.outcome.is_done();
        let gives = match &step.op {
            Op::Atomic(id, op) if done && !matches!(op, atomic::Op::Load(_)) => Some(*id),
            Op::Mutex(id, mutex::Op::Unlock { .. }) => Some(*id),
            Op::RwLock(id, rwlock::Op::UnlockRead | rwlock::Op::UnlockWrite { .. } | rwlock::Op::Downgrade) => {
                Some(*id)
            }
            Op::Condvar(_, condvar::Op::Wait { mutex, .. }) => Some(*mutex),
            Op::Once(id, once::Op::End { .. }) => Some(*id),
            Op::Channel(id, channel::Op::Send | channel::Op::TrySend) if done => {
                self.sent.insert((*id, step.outcome.value), number);
                None
            }
            Op::Channel(id, channel::Op::Close | channel::Op::DropSender | channel::Op::DropReceiver) => Some(*id),
            Op::Rendezvous(id, _) => Some(*id),
            Op::Semaphore(id, semaphore::Op::Release(_)) => Some(*id),
            Op::Gate(id, gate::Op::Add(_)) => Some(*id),
            Op::Barrier(id, barrier::Op::Arrive) => Some(*id),
            Op::Life(life::Op::Finish) => {
                self.finished.insert(step.task, number);
                None
            }
            Op::Life(life::Op::Spawn(child)) => {
                self.released.insert(*child, number);
                None
            }
            _ => None,
        };
        if let Some(id) = gives {
            self.given.insert(id, number);
        }
        for task in step.woke.iter().filter(|task| **task != step.task) {
            self.released.insert(*task, number);
        }
    }
}
