//! How a task begins and ends.
//!
//! A new task runs at once, up to its first declaration, while its parent waits: what it does before touching
//! anything shared concerns nobody, so that starting it is no decision. It also means that the closure can be
//! handed over on the parent's stack. **Unsafe room**: that hand-over.

use std::any::Any;
use std::mem::ManuallyDrop;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;

use super::Place;
use super::execution::{DRIVER, Ending, Execution, flag};
use super::panics::{Abandoned, PanicNote, abandon, note_of};
use super::switch::{Entry, Job, Next, leave, switch};
use crate::kernel::{Op, TaskId, life};

/// The result of a task: what it returned, or the payload of its panic.
pub(crate) type TaskResult<T> = Result<T, Box<dyn Any + Send>>;

/// What a task is called and who made it where.
#[derive(Debug)]
pub(crate) struct Birth {
    pub(crate) name: Option<Arc<str>>,
    pub(crate) place: Place,
}

/// The body of a task, as it is handed over.
///
/// The user's function is called from as few frames as possible: when a task ends that was suspended, the processor
/// mispredicts the return from each of them.
struct Body<F, S> {
    run: F,
    /// Takes the result, and says what is to be noted of a panic.
    settle: S,
    execution: *mut Execution,
}

/// Spawns a task that runs `run` and gives its result to `settle`, as a child of the running one, and lets it run up to
/// its first declaration.
///
/// # Safety
/// `this` is the execution that the caller runs inside of. What `run` borrows outlives the task: it either ends
/// before, or its stack is never used again.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) unsafe fn spawn<F, T, S>(this: *mut Execution, birth: Birth, run: F, settle: S) -> TaskId
where
    F: FnOnce() -> T,
    S: FnOnce(TaskResult<T>) -> Option<Box<PanicNote>>,
{
    let mut body = ManuallyDrop::new(Body { run, settle, execution: this });
    let job = Job { entry: entry_of(&body), data: (&raw mut body).cast() };
    let child = {
        // SAFETY: as the caller says; the reference ends before the switch.
        let execution = unsafe { &mut *this };
        let parent = execution.running;
        let child = execution.add_task(parent, birth.name, birth.place);
        execution.start(child, job);
        execution.slots[child.index()].return_to = parent;
        execution.starting += 1;
        // What the child does is for others to find, before the parent steps again.
        execution.rides = false;
        execution.begin_starting();
        if execution.flags & (flag::RECORDING | flag::FOLLOWING) != 0 {
            execution.apply(parent, &Op::Life(life::Op::Spawn(child)), 0, birth.place);
        } else if execution.flags & flag::CELLS != 0 {
            execution.races.spawned(parent, child);
        }
        if execution.flags & flag::PANICKED != 0 {
            execution.note_unwinding(parent);
        }
        child
    };
    let this = switch(this, Next::of(child));
    // SAFETY: as above; no switch follows.
    let execution = unsafe { &mut *this };
    let me = execution.running;
    execution.note_running();
    execution.unwinding_goes_on(me);
    // Usually the child has come back here by itself. When the execution is torn down, it may not have.
    execution.slots[child.index()].return_to = TaskId::NONE;
    if execution.flags & flag::TEARDOWN != 0 && !execution.is_unwinding() {
        execution.people[me.index()].abandoned += 1;
        abandon();
    }
    child
}

/// Runs `run` as the root task of a fresh execution, to the end of the execution.
///
/// # Safety
/// As for [`Execution::drive`]; the caller has set the current execution to `this`.
pub(crate) unsafe fn run_root<F>(this: *mut Execution, birth: Birth, run: F)
where
    F: FnOnce() -> Option<Box<PanicNote>>,
{
    let settle = |result: TaskResult<Option<Box<PanicNote>>>| result.unwrap_or_else(lost);
    let mut body = ManuallyDrop::new(Body { run, settle, execution: this });
    let job = Job { entry: entry_of(&body), data: (&raw mut body).cast() };
    // SAFETY: as the caller says. The body stays in this frame until `enter` has moved it out, which is the first
    // thing that the driven execution does.
    unsafe {
        let execution = &mut *this;
        let root = execution.add_task(TaskId::NONE, birth.name, birth.place);
        execution.start(root, job);
        execution.enabled.set::<false>(root, true);
        execution.next = root;
        Execution::drive(this);
    }
}

impl Execution {
    /// Tells whoever watches a recorded execution that the running task is at work.
    #[inline]
    fn note_running(&self) {
        if self.flags & flag::RECORDING != 0 {
            crate::findings::explain::testify(self);
        }
    }

    fn start(&mut self, task: TaskId, job: Job) {
        let mut carrier = self.pool.take();
        // SAFETY: `enter` takes this pointer, once, catches every panic, and leaves.
        unsafe { carrier.begin(job) };
        self.bind(task, carrier);
    }

    /// Gives back the carrier of `task`, which has ended. It is still in use until the next switch, but nobody takes it before.
    #[inline(always)]
    pub(super) fn leave_carrier(&mut self, task: TaskId) {
        if let Some(carrier) = self.people[task.index()].carrier.take() {
            self.pool.give(carrier);
        }
    }

    /// `task`, which is running, has ended.
    fn ended(&mut self, task: TaskId, panic: Option<Box<PanicNote>>) {
        if panic.is_none() && self.end_calmly(task) {
            return;
        }
        let starter = std::mem::replace(&mut self.slots[task.index()].return_to, TaskId::NONE);
        if starter != TaskId::NONE {
            self.started();
        }
        self.stop_riding();
        self.enabled.set::<false>(task, false);
        self.finish(task);
        self.leave_carrier(task);
        if let Some(note) = panic {
            self.panics_ended = true;
            let person = &mut self.people[task.index()];
            person.panic = Some(note);
            if (task == TaskId::ROOT || person.detached) && self.flags & flag::TEARDOWN == 0 {
                if self.flags & flag::GUIDED != 0 {
                    self.failed.get_or_insert(Ending::Panicked(task));
                } else {
                    self.end(Ending::Panicked(task));
                }
            }
        }
        self.next = if starter != TaskId::NONE {
            starter
        } else if self.ending.is_some() || self.flags & flag::TEARDOWN != 0 {
            DRIVER
        } else if self.flags & flag::GUIDED != 0 {
            self.decide_guided()
        } else {
            self.decide()
        };
    }
}

/// The function that takes a body of this type.
fn entry_of<F, T, S>(_: &ManuallyDrop<Body<F, S>>) -> Entry
where
    F: FnOnce() -> T,
    S: FnOnce(TaskResult<T>) -> Option<Box<PanicNote>>,
{
    enter::<F, T, S>
}

/// What is to be noted of a panic whose payload nobody takes: nothing if the engine itself unwound the task.
fn lost(payload: Box<dyn Any + Send>) -> Option<Box<PanicNote>> {
    let note = (!payload.is::<Abandoned>()).then(|| note_of(&*payload));
    // It may panic when it is dropped. Its message is what matters.
    let _ = panic::catch_unwind(AssertUnwindSafe(|| drop(payload)));
    note
}

/// The first function on the stack of a task.
///
/// # Safety
/// `data` points to a `ManuallyDrop<Body<F, S>>` that is nobody else's to take.
unsafe extern "C" fn enter<F, T, S>(data: *mut ())
where
    F: FnOnce() -> T,
    S: FnOnce(TaskResult<T>) -> Option<Box<PanicNote>>,
{
    // SAFETY: as the caller says: the value is moved out here, once.
    let Body { run, settle, execution: this } = unsafe { data.cast::<Body<F, S>>().read() };
    // SAFETY: the task runs inside `this`, whose driver keeps it alive; no switch while the reference lives.
    unsafe { (*this).note_running() };
    let result = panic::catch_unwind(AssertUnwindSafe(run));
    // The result may be dropped here, and that is the user's code again.
    let panic = panic::catch_unwind(AssertUnwindSafe(|| settle(result))).unwrap_or_else(lost);
    let locals = {
        // SAFETY: as above.
        let execution = unsafe { &mut *this };
        let me = execution.running;
        !execution.people[me.index()].locals.is_empty()
    };
    let lost = if locals { super::locals::drop_all(this) } else { None };
    {
        // SAFETY: as above.
        let execution = unsafe { &*this };
        if execution.flags & flag::GUIDED != 0 && execution.finishes_apart() {
            let finish = || super::perform(this, Op::Life(life::Op::Finish), execution.slots[0].place);
            // It may be unwound instead.
            let _ = panic::catch_unwind(AssertUnwindSafe(finish));
        }
    }
    {
        // SAFETY: as above.
        let execution = unsafe { &mut *this };
        let me = execution.running;
        execution.ended(me, panic.or(lost));
    }
    // SAFETY: the task has ended, and has said who is next. All that was here was moved or dropped.
    unsafe { leave(this) };
}
