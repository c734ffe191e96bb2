//! The native driver: kernel operations of real threads.
//!
//! Vocabularies that the standard library does not have run on the kernel's state machines also outside executions. The
//! process has one [`World`] behind a lock. A thread that is to perform an operation takes the lock, waits while the operation
//! is not enabled, and performs it; among alternatives it draws. What belongs to a step (the move of a value) is done
//! before the lock is released, so that step and move are one unit, as in an execution.
//!
//! - A thread becomes a task of this world with its first operation and leaves it when it ends; its number is used again.
//! - Objects go with their last handle, and their numbers are used again.
//! - Every waiting thread has a bell of its own. Whoever steps rings for those who have become enabled, and for one only among
//!   those who wait for the same: that one rings for the next.
//! - Timers fire by the real clock. One of the waiting threads keeps the time: it waits no longer than to the next deadline, and
//!   hands this on when it goes. What nobody waits for fires late, when somebody looks.
//! - Nobody looks for deadlocks: threads that wait for each other wait.
//!
//! No code of the user runs while the lock is held.

use std::cell::Cell;
use std::sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use smallvec::SmallVec;

use crate::channel::{Between, Inside};
use crate::driver::Place;
use crate::kernel::clock::{self, Owner};
use crate::kernel::{Clock, Object, ObjectId, Op, Outcome, Rules, TaskId, World, semaphore};

/// See the module's documentation.
pub(crate) struct Process {
    world: World,
    /// The threads that wait, and for what, in the order in which they came.
    waiting: Vec<(TaskId, Op)>,
    /// By task.
    bells: Vec<Arc<Condvar>>,
    free_tasks: Vec<TaskId>,
    free_objects: Vec<ObjectId>,
    /// The waiting thread that keeps the time.
    keeper: Option<TaskId>,
}

static PROCESS: LazyLock<Mutex<Process>> = LazyLock::new(|| {
    let mut world = World::default();
    world.reset(Rules { clock: Clock::Idle, spurious_wakeups: false });
    Mutex::new(Process {
        world,
        waiting: Vec::new(),
        bells: vec![Arc::default()],
        free_tasks: Vec::new(),
        free_objects: Vec::new(),
        keeper: None,
    })
});

/// When the clock of this world began.
static START: LazyLock<Instant> = LazyLock::new(real_now);

const FIRE: Op = Op::Clock(clock::Op::Fire);

#[expect(clippy::disallowed_methods, reason = "outside executions time is real")]
fn real_now() -> Instant {
    Instant::now()
}

fn process() -> MutexGuard<'static, Process> {
    PROCESS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The task that a thread is; it goes with the thread.
struct Member(Cell<TaskId>);

impl Drop for Member {
    fn drop(&mut self) {
        if let Some(me) = self.0.get().some() {
            process().leave(me);
        }
    }
}

thread_local! {
    static MEMBER: Member = const { Member(Cell::new(TaskId::NONE)) };
}

impl Between for Process {
    fn add_object(&mut self, object: Object, _: Place) -> ObjectId {
        match self.free_objects.pop() {
            Some(id) => {
                self.world.objects[id.index()] = object;
                id
            }
            None => self.world.add_object(object),
        }
    }

    /// Nothing is explored.
    fn steps(&self) -> u64 {
        0
    }

    fn world(&self) -> &World {
        &self.world
    }

    fn execution(&self) -> Inside<'_> {
        None
    }
}

/// The task that the calling thread is.
pub(crate) fn me() -> TaskId {
    let mut process = process();
    let (me, is_member) = process.member();
    if !is_member {
        process.leave(me);
    }
    me
}

/// Waits until `op` is enabled, performs it for the calling thread, and calls `then` with how it ended and the state, before
/// anybody else can step.
pub(crate) fn perform<R>(op: Op, then: impl FnOnce(Outcome, &mut Process) -> R) -> R {
    let mut performed = Performed::of(&op);
    let result = then(performed.outcome, &mut performed.process);
    performed.done();
    result
}

/// A step of the calling thread, and the lock that is held until what has to be done because of it is done.
struct Performed {
    process: MutexGuard<'static, Process>,
    outcome: Outcome,
    me: TaskId,
    is_member: bool,
    /// The next deadline before the step.
    deadline: Option<Duration>,
}

impl Performed {
    /// Waits until `op` is enabled, and performs it.
    fn of(op: &Op) -> Performed {
        let mut process = process();
        let (me, is_member) = process.member();
        let mut process = Process::wait(process, me, op);
        let deadline = process.world.time.next_deadline();
        let alternative = match process.world.alternatives(op) {
            0 | 1 => 0,
            n => crate::rand::below_outside(n),
        };
        let outcome = process.world.apply(me, op, alternative);
        Performed { process, outcome, me, is_member, deadline }
    }

    /// Lets the others know.
    fn done(mut self) {
        self.process.ring(self.deadline);
        if !self.is_member {
            self.process.leave(self.me);
        }
    }
}

/// Adds an object to the world of the process.
pub(crate) fn add_object(object: Object, place: Place) -> ObjectId {
    process().add_object(object, place)
}

/// Takes an object away whose last handle is gone.
pub(crate) fn remove_object(id: ObjectId) {
    let mut process = process();
    if let Object::Timer(timer) = &process.world.objects[id.index()]
        && timer.runs
    {
        process.world.time.disarm(Owner::Timer(id));
    }
    // Anything small.
    process.world.objects[id.index()] = Object::Semaphore(semaphore::Semaphore { permits: 0 });
    process.free_objects.push(id);
}

/// The moment that the clock of this world calls `since_start`.
pub(crate) fn moment(since_start: Duration) -> Instant {
    *START + since_start
}

impl Process {
    /// The task that the calling thread is, and whether it stays that until the thread ends: not in a destructor of a thread-local
    /// value that runs after ours.
    fn member(&mut self) -> (TaskId, bool) {
        let known = MEMBER.try_with(|member| {
            if member.0.get() == TaskId::NONE {
                member.0.set(self.join());
            }
            member.0.get()
        });
        match known {
            Ok(me) => (me, true),
            Err(_) => (self.join(), false),
        }
    }

    fn join(&mut self) -> TaskId {
        if let Some(task) = self.free_tasks.pop() {
            return task;
        }
        self.bells.push(Arc::default());
        self.world.add_task()
    }

    fn leave(&mut self, task: TaskId) {
        self.world.renew_task(task);
        self.free_tasks.push(task);
    }

    /// Brings the clock up to date, and fires what is due.
    fn catch_up(&mut self, op: &Op) {
        if self.world.time.next_deadline().is_none() && !matches!(op, Op::Timer(..) | Op::Clock(_)) {
            return;
        }
        let now = {
            let start = *START;
            real_now().saturating_duration_since(start)
        };
        self.world.time.now = now;
        let mut fired = false;
        while self.world.time.next_deadline().is_some_and(|deadline| deadline <= now) {
            let alternative = match self.world.alternatives(&FIRE) {
                0 | 1 => 0,
                n => crate::rand::below_outside(n),
            };
            let outcome = self.world.apply(TaskId::CLOCK, &FIRE, alternative);
            self.skip_missed(Owner::of_value(outcome.value), now);
            fired = true;
        }
        if fired {
            self.ring_enabled();
        }
    }

    /// A ticker that is late goes on with its next tick that is still to come, as Go's do.
    fn skip_missed(&mut self, owner: Owner, now: Duration) {
        let Owner::Timer(id) = owner else { return };
        let (Some(period), Some(deadline)) = (self.world.timer(id).period, self.world.time.deadline_of(owner)) else {
            return;
        };
        if let Some(late) = now.checked_sub(deadline) {
            let missed = late.as_nanos() / period.as_nanos().max(1) + 1;
            let skipped = Duration::from_nanos_u128(missed * period.as_nanos());
            self.world.time.disarm(owner);
            self.world.time.arm_again(id, deadline + skipped);
        }
    }

    /// Waits until `op` of `me` is enabled.
    fn wait(mut process: MutexGuard<'static, Process>, me: TaskId, op: &Op) -> MutexGuard<'static, Process> {
        process.catch_up(op);
        if process.world.enabled(me, op) {
            return process;
        }
        process.waiting.push((me, *op));
        let bell = Arc::clone(&process.bells[me.index()]);
        loop {
            let deadline = process.world.time.next_deadline();
            process = match deadline {
                Some(deadline) if process.keeper.is_none_or(|keeper| keeper == me) => {
                    process.keeper = Some(me);
                    let pause = deadline.saturating_sub(process.world.time.now);
                    let (process, _) = bell.wait_timeout(process, pause).unwrap_or_else(PoisonError::into_inner);
                    process
                }
                _ => bell.wait(process).unwrap_or_else(PoisonError::into_inner),
            };
            process.catch_up(op);
            if process.world.enabled(me, op) {
                break;
            }
        }
        process.waiting.retain(|(task, _)| *task != me);
        if process.keeper == Some(me) {
            process.keeper = None;
        }
        process
    }

    /// After a step, before which `deadline` was the next: wakes whoever has something to do.
    fn ring(&mut self, deadline: Option<Duration>) {
        if self.waiting.is_empty() {
            return;
        }
        self.ring_enabled();
        let next = self.world.time.next_deadline();
        match self.keeper {
            // The time is somebody else's to keep now.
            None if next.is_some() => self.bells[self.waiting[0].0.index()].notify_one(),
            Some(keeper) if next < deadline || deadline.is_none() => self.bells[keeper.index()].notify_one(),
            _ => {}
        }
    }

    fn ring_enabled(&self) {
        let mut rung: SmallVec<[Op; 4]> = SmallVec::new();
        for (task, op) in &self.waiting {
            if !rung.contains(op) && self.world.enabled(*task, op) {
                rung.push(*op);
                self.bells[task.index()].notify_one();
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "here threads are real")]
mod tests {
    use super::*;
    use crate::kernel::channel::{Channel, Op as ChannelOp};
    use crate::kernel::{End, gate};

    fn here() -> Place {
        std::panic::Location::caller()
    }

    fn end(op: Op) -> End {
        perform(op, |outcome, _| outcome.end)
    }

    #[test]
    fn who_waits_is_woken_by_who_steps() {
        let channel = add_object(Object::Channel(Channel::new(Some(1))), here());
        let op = move |op| Op::Channel(channel, op);
        let receivers: Vec<_> = (0..8).map(|_| std::thread::spawn(move || end(op(ChannelOp::Receive)))).collect();
        for _ in 0..8 {
            assert_eq!(end(op(ChannelOp::Send)), End::Done);
        }
        for receiver in receivers {
            assert_eq!(receiver.join().unwrap(), End::Done);
        }
        assert_eq!(end(op(ChannelOp::TryReceive)), End::Failed);
        remove_object(channel);
    }

    #[test]
    fn all_who_wait_at_a_gate_are_woken() {
        let gate = add_object(Object::Gate(gate::Gate { count: 1, ..gate::Gate::default() }), here());
        let op = move |op| Op::Gate(gate, op);
        let wait = move || {
            if end(op(gate::Op::Enroll)) == End::Queued {
                end(op(gate::Op::Leave));
            }
        };
        let waiting: Vec<_> = (0..8).map(|_| std::thread::spawn(wait)).collect();
        end(op(gate::Op::Add(-1)));
        waiting.into_iter().for_each(|thread| thread.join().unwrap());
        remove_object(gate);
    }

    #[test]
    fn a_thread_is_one_task_and_leaves_it_when_it_ends() {
        assert_eq!(me(), me());
        for _ in 0..2000 {
            std::thread::spawn(me).join().unwrap();
        }
        assert!(process().world.tasks.len() < 1000, "numbers are used again");
    }

    #[test]
    fn objects_are_used_again() {
        for _ in 0..2000 {
            remove_object(add_object(Object::Channel(Channel::new(None)), here()));
        }
        assert!(process().world.objects.len() < 1000);
    }
}
