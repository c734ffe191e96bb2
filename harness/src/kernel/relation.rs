//! When two steps that were performed depend on each other.

use smallvec::SmallVec;
use std::time::Duration;

use super::clock::Owner;
use super::ids::{ObjectId, TaskId};
use super::world::{End, Object, Op, Outcome, World};
use super::{
    Clock, atomic, barrier, channel, clock, condvar, gate, life, mutex, once, park, rendezvous, rwlock, semaphore,
    timer,
};

/// What a step touched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Target {
    Object(ObjectId),
    /// The life of a task.
    Life(TaskId),
    /// The park token of a task.
    Token(TaskId),
    /// That a waiting task is let go: by whoever brings what it waits for, or by its timer.
    Wake(TaskId),
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
    /// Started, stopped, or fired.
    Timer,
    Park(park::Access),
    /// Let somebody go, or went.
    Wake,
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
            // Somebody is let go before it goes, and a timer is started, stopped and fires in some order: `Access::Wake` and
            // `Access::Timer` commute with nothing.
            _ => false,
        }
    }
}

/// A step that was performed: everything it touched, and how.
pub(crate) type Accesses = SmallVec<[(Target, Access); 2]>;

/// Whether two steps of different tasks commute.
///
/// Some labels count the steps of their kind before them. Two labels can therefore be compared if both were made in the
/// same state or in the same execution, and not if one says what a step did and the other what another would have
/// done elsewhere.
///
/// On an idle clock the clock moves only when nobody else can step, so that a move depends on every step.
pub(crate) fn independent(rules: Clock, a: &[(Target, Access)], b: &[(Target, Access)]) -> bool {
    let moves = |accesses: &[(Target, Access)]| {
        accesses.iter().any(|(_, access)| matches!(access, Access::Clock(clock::Access::Move(_))))
    };
    if rules == Clock::Idle && (moves(a) || moves(b)) {
        return false;
    }
    a.iter().all(|(target, mine)| b.iter().all(|(other, theirs)| target != other || mine.commutes(*theirs)))
}

impl World {
    /// What `task` touched with `op`, which it has just performed with `outcome`; `timed` says whether it had a timer
    /// before. Asks [`World::woken`], which must not have been emptied since.
    pub(crate) fn accesses(&self, task: TaskId, op: &Op, outcome: Outcome, timed: bool) -> Accesses {
        let mut accesses = Accesses::new();
        let mut touch = |target, access| accesses.push((target, access));
        let read_or_write = |reads: bool| if reads { mutex::Access::Read } else { mutex::Access::Write };
        match op {
            Op::Start | Op::Fence(_) | Op::Choose(_) | Op::Yield | Op::Cell(..) => {}
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
            Op::Condvar(id, op) => self.condvar_accesses(*id, op, outcome, &mut touch),
            Op::Barrier(id, barrier::Op::Arrive) => {
                let Object::Barrier(barrier) = &self.objects[id.index()] else { unreachable!("a barrier") };
                let missing = if outcome.is_done() { 0 } else { barrier.missing() };
                touch(Target::Object(*id), Access::Barrier(barrier::Access { missing }));
            }
            Op::Barrier(_, barrier::Op::Leave) => {}
            Op::Once(id, op) => {
                let done = outcome.value == once::Found::Done as u64;
                let waits = matches!(op, once::Op::Wait | once::Op::WaitDone);
                let reads = waits || *op == once::Op::IsCompleted || (*op == once::Op::Begin && done);
                let access = if reads { once::Access::Read } else { once::Access::Write };
                touch(Target::Object(*id), Access::Once(access));
            }
            Op::Channel(id, op) => {
                let Object::Channel(channel) = &self.objects[id.index()] else { unreachable!("a channel") };
                let done = match (op, outcome.end) {
                    (channel::Op::Close, _) => channel::Done::Closed(true),
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
                    (channel::Op::Len | channel::Op::IsEmpty | channel::Op::IsFull, _) => {
                        channel::Done::Answer(outcome.value)
                    }
                    _ => channel::Done::Message(outcome.value),
                };
                if let Some(access) = channel.access(op, done) {
                    touch(Target::Object(*id), Access::Channel(access));
                }
            }
            Op::Rendezvous(id, op) => {
                let Object::Rendezvous(channel) = &self.objects[id.index()] else { unreachable!("a channel") };
                let done = match outcome.end {
                    // Or a handle came or went, which the operation tells.
                    End::Done => {
                        rendezvous::Done::Met(rendezvous::Waiter { task: TaskId(outcome.value as u32), arms: None })
                    }
                    End::Queued => rendezvous::Done::Queued,
                    End::Failed | End::TimedOut => rendezvous::Done::Nobody,
                    End::Disconnected => rendezvous::Done::Disconnected,
                };
                if let Some(access) = channel.access(op, done) {
                    touch(Target::Object(*id), Access::Rendezvous(access));
                    if matches!(access, rendezvous::Access::Meet(_)) {
                        self.withdrawals(&mut touch);
                    }
                }
            }
            Op::Select(op) => self.select_accesses(op, outcome, &mut touch),
            Op::Semaphore(id, op) => {
                let access = semaphore::Semaphore::access(op, outcome.is_done());
                touch(Target::Object(*id), Access::Semaphore(access));
            }
            Op::Gate(id, op) => {
                let Object::Gate(gate) = &self.objects[id.index()] else { unreachable!("a gate") };
                let access = match *op {
                    gate::Op::Add(_) if outcome.end == End::Failed => gate::Access::Refused,
                    gate::Op::Add(delta) if delta < 0 => {
                        gate::Access::Lower { left: gate.count, by: delta.saturating_neg() }
                    }
                    gate::Op::Add(_) => gate::Access::Raise,
                    gate::Op::Enroll => gate::Access::Enroll,
                    gate::Op::Leave => gate::Access::Leave,
                };
                touch(Target::Object(*id), Access::Gate(access));
            }
            Op::Timer(id, op) => {
                touch(Target::Object(*id), Access::Timer);
                if let timer::Op::Start(after) | timer::Op::Repeat(after) = op {
                    touch(Target::Clock, self.armed(*after));
                }
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
            Op::Clock(op) => match op {
                clock::Op::Now => touch(Target::Clock, Access::Clock(clock::Access::Read)),
                clock::Op::Arm(after) => touch(Target::Clock, self.armed(*after)),
                clock::Op::Disarm | clock::Op::Sleep => {}
                clock::Op::Fire | clock::Op::Tick(_) => {
                    let access = match self.fell() {
                        Some(deadline) => clock::Access::Fall(deadline),
                        None => clock::Access::Move(self.time.now),
                    };
                    touch(Target::Clock, Access::Clock(access));
                }
            },
        }
        if *op == Op::Clock(clock::Op::Fire) {
            let owner = Owner::of_value(outcome.value);
            // Firing a timer takes a waiting task out of its condition variable, or sends a message.
            if let Some(condvar) = self.fired_in(owner) {
                touch(Target::Object(condvar), Access::Condvar(condvar::Access::Withdraw));
            }
            if let Owner::Timer(timer) = owner {
                self.delivery(timer, outcome.is_done(), &mut touch);
            }
        }
        // These leave everybody alone, so much so that they do not even forget whom the step before them woke.
        if !matches!(op, Op::Atomic(..) | Op::Mutex(..) | Op::Start | Op::Fence(_) | Op::Yield) {
            self.wake_accesses(task, op, outcome, timed, &mut touch);
        }
        accesses
    }

    /// Armed a timer that fires after this long.
    fn armed(&self, after: Duration) -> Access {
        Access::Clock(clock::Access::Arm(self.time.now.saturating_add(after)))
    }

    fn condvar_accesses(
        &self,
        id: ObjectId,
        op: &condvar::Op,
        outcome: Outcome,
        touch: &mut impl FnMut(Target, Access),
    ) {
        let access = match (op, outcome) {
            (condvar::Op::Wait { .. }, _) => Some(condvar::Access::Enqueue),
            (condvar::Op::Wake { .. }, Outcome { end: End::Failed, .. }) => Some(condvar::Access::Withdraw),
            // Whoever let it go took it out of the waiters.
            (condvar::Op::Wake { .. }, _) => None,
            (condvar::Op::NotifyOne | condvar::Op::NotifyAll, Outcome { value: 0, .. }) => {
                Some(condvar::Access::NotifyNobody)
            }
            (condvar::Op::NotifyOne | condvar::Op::NotifyAll, _) => Some(condvar::Access::Notify),
        };
        if let Some(access) = access {
            touch(Target::Object(id), Access::Condvar(access));
        }
        if let condvar::Op::Wait { mutex, .. } | condvar::Op::Wake { mutex } = op {
            touch(Target::Object(*mutex), Access::Mutex(mutex::Access::Write));
        }
        if let condvar::Op::Wait { timeout: Some(timeout), .. } = op {
            touch(Target::Clock, self.armed(*timeout));
        }
    }

    /// Who was let go, whether `task` was, and the timers that are not needed any more.
    fn wake_accesses(
        &self,
        task: TaskId,
        op: &Op,
        outcome: Outcome,
        timed: bool,
        touch: &mut impl FnMut(Target, Access),
    ) {
        use rendezvous::Op::{Close, DropReceiver, DropSender, ReceiveLeave, SendLeave};
        let lets_go = match op {
            Op::Condvar(..) | Op::Barrier(..) | Op::Select(_) | Op::Clock(clock::Op::Fire) => true,
            // Those who wait for a side that is gone see that by themselves.
            Op::Rendezvous(_, op) => !matches!(op, DropSender | DropReceiver | Close),
            // A parked task takes its token, and one that leaves a gate looks at the counter.
            _ => false,
        };
        if lets_go {
            self.woken.iter().for_each(|woken| touch(Target::Wake(*woken), Access::Wake));
        }
        let goes = match op {
            Op::Barrier(_, barrier::Op::Leave) => true,
            Op::Condvar(_, condvar::Op::Wake { .. }) | Op::Rendezvous(_, SendLeave | ReceiveLeave)
                if outcome.is_done() =>
            {
                true
            }
            Op::Select(op) if self.was_met(op, outcome) => true,
            // It used its timer up, fired or not.
            _ => timed && !self.is_timed(task),
        };
        if goes {
            touch(Target::Wake(task), Access::Wake);
        }
        if let Some(deadline) = self.disarmed() {
            touch(Target::Clock, Access::Clock(clock::Access::Disarm(deadline)));
        }
    }
}
