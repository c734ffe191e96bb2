//! When two steps that were performed depend on each other.

use smallvec::SmallVec;

use super::ids::{ObjectId, TaskId};
use super::world::{End, Object, Op, Outcome, World};
use super::{atomic, barrier, channel, clock, condvar, gate, life, mutex, once, park, rendezvous, rwlock, semaphore};
use crate::kernel::Clock;

/// What a step touched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Target {
    Object(ObjectId),
    /// The life of a task.
    Life(TaskId),
    /// The park token of a task.
    Token(TaskId),
    Clock,
}

/// How a step used what it touched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Access {
    Atomic(atomic::Access),
    Mutex(mutex::Access),
    RwLock(rwlock::Access),
    Condvar(condvar::Access),
    Barrier(barrier::Access),
    Once(once::Access),
    Channel(channel::Access),
    Rendezvous(rendezvous::Access),
    Semaphore(semaphore::Access),
    Gate(gate::Access),
    Park(park::Access),
    Life(life::Access),
    Clock(clock::Access),
}

impl Access {
    /// Whether two accesses of one target commute.
    pub(crate) fn commutes(self, other: Access) -> bool {
        match (self, other) {
            (Access::Atomic(a), Access::Atomic(b)) => a.commutes(b),
            (Access::Mutex(a), Access::Mutex(b)) => a.commutes(b),
            (Access::RwLock(a), Access::RwLock(b)) => a.commutes(b),
            (Access::Condvar(a), Access::Condvar(b)) => a.commutes(b),
            (Access::Barrier(a), Access::Barrier(b)) => a.commutes(b),
            (Access::Once(a), Access::Once(b)) => a.commutes(b),
            (Access::Channel(a), Access::Channel(b)) => a.commutes(b),
            (Access::Rendezvous(a), Access::Rendezvous(b)) => a.commutes(b),
            (Access::Semaphore(a), Access::Semaphore(b)) => a.commutes(b),
            (Access::Gate(a), Access::Gate(b)) => a.commutes(b),
            (Access::Park(a), Access::Park(b)) => a.commutes(b),
            (Access::Life(a), Access::Life(b)) => a.commutes(b),
            (Access::Clock(a), Access::Clock(b)) => a.commutes(b),
            _ => false,
        }
    }
}

/// A step that was performed: everything it touched, and how.
pub(crate) type Accesses = SmallVec<[(Target, Access); 3]>;

/// Whether two steps of different tasks commute.
///
/// On an idle clock the clock moves only when nobody else can step, so that a move depends on every step.
pub(crate) fn independent(rules: Clock, a: &Accesses, b: &Accesses) -> bool {
    let moves =
        |accesses: &Accesses| accesses.iter().any(|(_, access)| matches!(access, Access::Clock(clock::Access::Move)));
    if rules == Clock::Idle && (moves(a) || moves(b)) {
        return false;
    }
    a.iter().all(|(target, mine)| b.iter().all(|(other, theirs)| target != other || mine.commutes(*theirs)))
}

impl World {
    /// What `task` touched with `op`, which it has just performed with `outcome`.
    pub(crate) fn accesses(&self, task: TaskId, op: &Op, outcome: Outcome, timed: bool) -> Accesses {
        let mut accesses = Accesses::new();
        let mut touch = |target, access| accesses.push((target, access));
        let read_or_write = |reads: bool| if reads { mutex::Access::Read } else { mutex::Access::Write };
        match op {
            Op::Start | Op::Fence(_) | Op::Choose(_) | Op::Yield => {}
            Op::Atomic(id, op) => {
                let reads = matches!(op, atomic::Op::Load(_)) || outcome.end == End::Failed;
                let access = if reads { atomic::Access::Read } else { atomic::Access::Write };
                touch(Target::Object(*id), Access::Atomic(access));
            }
            Op::Mutex(id, op) => {
                let reads =
                    matches!(op, mutex::Op::IsPoisoned) || (*op == mutex::Op::TryLock && outcome.end == End::Failed);
                touch(Target::Object(*id), Access::Mutex(read_or_write(reads)));
            }
            Op::RwLock(id, op) => {
                let access = rwlock::RwLock::access(op, outcome.is_done());
                touch(Target::Object(*id), Access::RwLock(access));
            }
            Op::Condvar(id, op) => {
                let access = match (op, outcome) {
                    (condvar::Op::Wait { .. }, _) => condvar::Access::Enqueue,
                    (condvar::Op::Wake { .. }, Outcome { end: End::Failed, .. }) => condvar::Access::Spurious,
                    (condvar::Op::Wake { .. }, _) => condvar::Access::Woken,
                    (_, Outcome { value: 0, .. }) => condvar::Access::NotifyNobody,
                    _ => condvar::Access::Notify,
                };
                touch(Target::Object(*id), Access::Condvar(access));
                if let condvar::Op::Wait { mutex, .. } | condvar::Op::Wake { mutex } = op {
                    touch(Target::Object(*mutex), Access::Mutex(mutex::Access::Write));
                }
                match op {
                    condvar::Op::Wait { timeout: Some(_), .. } => {
                        touch(Target::Clock, Access::Clock(clock::Access::Arm))
                    }
                    // A notification takes the timers of those it wakes back.
                    condvar::Op::NotifyOne | condvar::Op::NotifyAll if access == condvar::Access::Notify => {
                        touch(Target::Clock, Access::Clock(clock::Access::Disarm));
                    }
                    _ => {}
                }
            }
            Op::Barrier(id, op) => {
                let Object::Barrier(barrier) = &self.objects[id.index()] else { unreachable!("a barrier") };
                let access = match op {
                    barrier::Op::Arrive if outcome.is_done() => barrier::Access::Arrive { missing: 0 },
                    barrier::Op::Arrive => barrier::Access::Arrive { missing: barrier.missing() },
                    barrier::Op::Leave => barrier::Access::Leave,
                };
                touch(Target::Object(*id), Access::Barrier(access));
            }
            Op::Once(id, op) => {
                let done = outcome.value == once::Found::Done as u64;
                let reads = matches!(op, once::Op::IsCompleted | once::Op::Wait) || (*op == once::Op::Begin && done);
                let access = if reads { once::Access::Read } else { once::Access::Write };
                touch(Target::Object(*id), Access::Once(access));
            }
            Op::Channel(id, op) => {
                let Object::Channel(channel) = &self.objects[id.index()] else { unreachable!("a channel") };
                let done = match (op, outcome.end) {
                    (channel::Op::Send | channel::Op::TrySend, End::Failed) => channel::Done::Full,
                    (_, End::Failed | End::TimedOut) => channel::Done::Empty,
                    (_, End::Disconnected) => channel::Done::Disconnected,
                    (
                        channel::Op::AddSender
                        | channel::Op::DropSender
                        | channel::Op::AddReceiver
                        | channel::Op::DropReceiver,
                        _,
                    ) => channel::Done::Handles,
                    _ => channel::Done::Message(outcome.value),
                };
                touch(Target::Object(*id), Access::Channel(channel.access(op, done)));
            }
            Op::Rendezvous(id, op) => {
                let Object::Rendezvous(channel) = &self.objects[id.index()] else { unreachable!("a channel") };
                let done = match outcome.end {
                    End::Done => rendezvous::Done::Met(TaskId(outcome.value as u32)),
                    End::Queued => rendezvous::Done::Queued,
                    End::Failed | End::TimedOut => rendezvous::Done::Nobody,
                    End::Disconnected => rendezvous::Done::Disconnected,
                };
                touch(Target::Object(*id), Access::Rendezvous(channel.access(op, done)));
                if outcome.end == End::Done {
                    touch(Target::Clock, Access::Clock(clock::Access::Disarm));
                }
            }
            Op::Semaphore(id, op) => {
                let access = semaphore::Semaphore::access(op, outcome.is_done());
                touch(Target::Object(*id), Access::Semaphore(access));
            }
            Op::Gate(id, op) => {
                let access = match *op {
                    gate::Op::Add(_) if outcome.end == End::Failed => gate::Access::Refused,
                    gate::Op::Add(delta) if delta < 0 => {
                        gate::Access::Lower { left: outcome.value as i64, by: delta.saturating_neg() }
                    }
                    gate::Op::Add(_) => gate::Access::Raise,
                    gate::Op::Enroll => gate::Access::Enroll,
                    gate::Op::Leave => gate::Access::Leave,
                };
                touch(Target::Object(*id), Access::Gate(access));
            }
            Op::Park(park::Op::Park) => touch(Target::Token(task), Access::Park(park::Access::Take)),
            Op::Park(park::Op::Unpark(other)) => touch(Target::Token(*other), Access::Park(park::Access::Give)),
            Op::Life(op) => match *op {
                life::Op::Spawn(child) => touch(Target::Life(child), Access::Life(life::Access::Spawn)),
                life::Op::Finish => touch(Target::Life(task), Access::Life(life::Access::Finish)),
                life::Op::Join(child) => touch(Target::Life(child), Access::Life(life::Access::Join)),
                life::Op::IsFinished(child) => {
                    touch(Target::Life(child), Access::Life(life::Access::Ask(outcome.is_done())));
                }
            },
            Op::Clock(op) => {
                let access = match op {
                    clock::Op::Now => clock::Access::Read,
                    clock::Op::Arm(_) => clock::Access::Arm,
                    clock::Op::Disarm | clock::Op::Sleep => clock::Access::Disarm,
                    clock::Op::Fire | clock::Op::Tick(_) => clock::Access::Move,
                };
                touch(Target::Clock, Access::Clock(access));
            }
        }
        // Firing a timer takes a waiting task out of its condition variable, so it is a notification there.
        if *op == Op::Clock(clock::Op::Fire) {
            if let Some(condvar) = self.fired_in(TaskId(outcome.value as u32)) {
                touch(Target::Object(condvar), Access::Condvar(condvar::Access::Notify));
            }
        }
        if timed {
            touch(Target::Clock, Access::Clock(clock::Access::Disarm));
        }
        accesses
    }
}
