//! What is always true of a state.

use crate::kernel::clock::Owner;
use crate::kernel::rendezvous::Waiter;
use crate::kernel::world::{Task, Timer, Wake};
use crate::kernel::{Object, TaskId, World, timer};

fn sorted(tasks: &[TaskId]) -> bool {
    tasks.is_sorted()
}

/// What is wrong with `world`, if anything is.
pub(super) fn broken(world: &World) -> Option<String> {
    let object = world.objects.iter().find(|object| !sound(world, object));
    let timer = |(index, task): &(usize, &Task)| {
        world.time.deadline_of(Owner::Task(TaskId(*index as u32))).is_none() || task.timer == Timer::Armed
    };
    let task = world.tasks.iter().enumerate().find(|task| !timer(task));
    match (object, task) {
        (Some(object), _) => Some(format!("a step broke an object: {object:?}")),
        (None, Some((index, task))) => Some(format!("a step left a deadline behind: task{index}: {task:?}")),
        (None, None) => None,
    }
}

/// How many armed timers are `timer`.
fn timers_of(world: &World, timer: &timer::Timer) -> usize {
    let is_it = |owner: &Owner| matches!(owner, Owner::Timer(id) if world.timer(*id) == timer);
    world.time.owners().filter(is_it).count()
}

fn sound(world: &World, object: &Object) -> bool {
    let waits = |task: &TaskId| world.tasks[task.index()].wake == Wake::Waiting;
    match object {
        Object::Atomic(_) | Object::Mutex(_) | Object::Once(_) | Object::Semaphore(_) | Object::Cell => true,
        Object::RwLock(lock) => sorted(&lock.readers) && (lock.writer == TaskId::NONE || lock.readers.is_empty()),
        Object::Condvar(condvar) => sorted(&condvar.waiters) && condvar.waiters.iter().all(waits),
        Object::Barrier(barrier) => {
            sorted(&barrier.waiting) && barrier.missing() > 0 && barrier.waiting.iter().all(waits)
        }
        Object::Channel(channel) => {
            channel.received <= channel.sent && channel.capacity().is_none_or(|capacity| channel.len() <= capacity)
        }
        Object::Rendezvous(channel) => {
            let (senders, receivers) = (&channel.senders_waiting, &channel.receivers_waiting);
            let alone = senders.iter().count() == 1 && senders == receivers;
            let waits_here = |waiter: &Waiter| {
                let met = world.tasks[waiter.task.index()].met;
                waits(&waiter.task) && met.is_none()
            };
            (senders.is_empty() || receivers.is_empty() || alone) && channel.waiting().all(waits_here)
        }
        Object::Timer(timer) => timer.runs || timers_of(world, timer) == 0,
        Object::Gate(gate) => {
            sorted(&gate.waiting) && gate.count >= i64::from(!gate.waiting.is_empty()) && gate.waiting.iter().all(waits)
        }
    }
}
