//! How many executions small programs have that are not equivalent: what the laws cannot see, that the relation is
//! not needlessly coarse.
//!
//! Every schedule of a program is run, and those that order dependent steps alike count once. The counts of the
//! classical programs are the published ones (Abdulla, Aronis, Jonsson, Sagonas: Optimal dynamic partial order
//! reduction, JACM 2017, and the suites of the tools that followed it); two steps of one class are also seen to end
//! in the same state.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use super::checker::{Relation, Step};
use super::protocol::second;
use super::trace::Trace;
use crate::kernel::handles::Side;
use crate::kernel::relation::{Accesses, independent};
use crate::kernel::select::{self, Arm, Arms, Form, Pick};
use crate::kernel::{
    Clock, Object, ObjectId, Op, Outcome, Rules, TaskId, World, atomic, barrier, channel, clock, condvar, gate, mutex,
    rendezvous, rwlock, semaphore,
};

/// What a task does next, given how its steps so far ended; steps that follow by necessity left out.
type Script = Box<dyn Fn(&[Outcome]) -> Option<Op>>;

/// A script without conditions.
fn script<const N: usize>(ops: [Op; N]) -> Script {
    Box::new(move |outcomes| ops.get(outcomes.len()).copied())
}

/// All executions of a program.
struct Program {
    start: World,
    scripts: Vec<Script>,
    relation: fn(Clock, &Accesses, &Accesses) -> bool,
    /// By their order: whether every task finished, and the state at the end.
    classes: BTreeMap<Order, (bool, World)>,
}

/// The steps of each task, each with its alternative and the steps that come before it.
type Order = Vec<(TaskId, usize, u32, Vec<(TaskId, usize)>)>;

impl Program {
    /// The number of classes that end with every task finished, and of those that do not.
    fn count(clock: Clock, objects: Vec<Object>, scripts: Vec<Script>) -> (usize, usize) {
        Program::count_by(|rules, a, b| independent(rules, a, b), clock, objects, scripts)
    }

    /// [`Program::count`] by another relation.
    fn count_by(
        relation: fn(Clock, &Accesses, &Accesses) -> bool,
        clock: Clock,
        objects: Vec<Object>,
        scripts: Vec<Script>,
    ) -> (usize, usize) {
        let start = World::with(Rules { clock, spurious_wakeups: false }, scripts.len(), objects);
        let mut program = Program { start, scripts, relation, classes: BTreeMap::new() };
        program.explore(&mut Vec::new());
        let finished = program.classes.values().filter(|(finished, _)| *finished).count();
        (finished, program.classes.len() - finished)
    }

    fn next(&self, task: TaskId, steps: &[Step]) -> Option<Op> {
        if task == TaskId::CLOCK {
            return Some(Op::Clock(clock::Op::Fire));
        }
        let mine = || steps.iter().filter(|step| step.task == task);
        let last = mine().next_back().and_then(|step| second(task, &step.op, step.outcome));
        // What follows by necessity ends the operation, so its outcome replaces the first.
        let outcomes: Vec<Outcome> =
            mine().filter(|step| second(task, &step.op, step.outcome).is_none()).map(|step| step.outcome).collect();
        last.or_else(|| self.scripts[task.index() - 1](&outcomes))
    }

    fn explore(&mut self, steps: &mut Vec<Step>) {
        let world = steps.last().map_or(&self.start, |step| &step.after).clone();
        let mut ended = true;
        for task in (0..=self.scripts.len() as u32).rev().map(TaskId) {
            let idle = task == TaskId::CLOCK && world.rules.clock == Clock::Idle && !ended;
            let Some(op) = self.next(task, steps).filter(|op| !idle && world.enabled(task, op)) else { continue };
            ended = false;
            for alternative in 0..world.alternatives(&op) {
                steps.push(Step::of(&world, (task, op), alternative));
                self.explore(steps);
                steps.pop();
            }
        }
        if ended {
            let finished = (1..=self.scripts.len() as u32).all(|task| self.next(TaskId(task), steps).is_none());
            let known = self
                .classes
                .entry(order(&self.start, &self.relation, steps))
                .or_insert_with(|| (finished, world.clone()));
            assert_eq!(*known, (finished, world), "two executions of one class end differently");
        }
    }
}

fn order(start: &World, relation: Relation<'_>, steps: &[Step]) -> Order {
    let before = Trace::new(start.clone(), relation, steps.to_vec()).order();
    let names: Vec<(TaskId, usize)> = steps
        .iter()
        .enumerate()
        .map(|(at, step)| (step.task, steps[..at].iter().filter(|other| other.task == step.task).count()))
        .collect();
    let predecessors = |at: usize| {
        let mut names: Vec<_> = (0..at).filter(|other| before[at] >> other & 1 == 1).map(|at| names[at]).collect();
        names.sort_unstable();
        names
    };
    let mut order: Order =
        names.iter().enumerate().map(|(at, name)| (name.0, name.1, steps[at].name, predecessors(at))).collect();
    order.sort_unstable();
    order
}

fn count<const N: usize>(object: Object, scripts: [Script; N]) -> (usize, usize) {
    Program::count(Clock::Idle, vec![object], scripts.into())
}

/// `n` times what `make` makes.
fn times(n: usize, make: impl Fn() -> Script) -> Vec<Script> {
    (0..n).map(|_| make()).collect()
}

const A: ObjectId = ObjectId(0);
const B: ObjectId = ObjectId(1);

fn load(id: ObjectId) -> Op {
    Op::Atomic(id, atomic::Op::Load(SeqCst))
}

fn store(id: ObjectId) -> Op {
    Op::Atomic(id, atomic::Op::Store(1, SeqCst))
}

fn variable() -> Object {
    Object::Atomic(atomic::Atomic { value: 0 })
}

fn mutex() -> Object {
    Object::Mutex(mutex::Mutex::new(false))
}

const LOCK: Op = Op::Mutex(A, mutex::Op::Lock);
const UNLOCK: Op = Op::Mutex(A, mutex::Op::Unlock { poison: false });

#[test]
fn atomics() {
    let on = |objects: usize, scripts| {
        Program::count(Clock::Idle, std::iter::repeat_with(variable).take(objects).collect(), scripts)
    };
    let swap = || script([Op::Atomic(A, atomic::Op::Swap(1, SeqCst))]);
    assert_eq!(on(1, times(3, swap)), (6, 0));
    let exchange = atomic::Op::CompareExchange { current: 0, new: 1, success: SeqCst, failure: SeqCst };
    assert_eq!(on(1, times(3, || script([Op::Atomic(A, exchange)]))), (3, 0));
    // One writer and two readers.
    assert_eq!(on(1, vec![script([store(A)]), script([load(A)]), script([load(A)])]), (4, 0));
    // Store buffering, message passing, and independent reads of independent writes.
    assert_eq!(on(2, vec![script([store(A), load(B)]), script([store(B), load(A)])]), (3, 0));
    assert_eq!(on(2, vec![script([store(A), store(B)]), script([load(B), load(A)])]), (3, 0));
    let readers = vec![script([load(A), load(B)]), script([load(B), load(A)])];
    let writers = vec![script([store(A)]), script([store(B)])];
    assert_eq!(on(2, writers.into_iter().chain(readers).collect()), (15, 0));
}

#[test]
fn locks() {
    let sections = |tasks, scripts: fn() -> Script| Program::count(Clock::Idle, vec![mutex()], times(tasks, scripts));
    assert_eq!(sections(2, || script([LOCK, UNLOCK])), (2, 0));
    assert_eq!(sections(3, || script([LOCK, UNLOCK])), (6, 0));
    assert_eq!(sections(2, || script([LOCK, UNLOCK, LOCK, UNLOCK])), (6, 0));
    assert_eq!(sections(3, || script([Op::Mutex(A, mutex::Op::TryLock)])), (3, 0));
    let try_and_unlock: fn() -> Script = || {
        Box::new(|outcomes| match outcomes {
            [] => Some(Op::Mutex(A, mutex::Op::TryLock)),
            [first] if first.is_done() => Some(UNLOCK),
            _ => None,
        })
    };
    assert_eq!(sections(2, try_and_unlock), (4, 0));

    use rwlock::Op::{Read, UnlockRead, UnlockWrite, Write};
    let lock = || Object::RwLock(rwlock::RwLock::new(false));
    let reader = || script([Read, UnlockRead].map(|op| Op::RwLock(A, op)));
    let writer = || script([Write, UnlockWrite { poison: false }].map(|op| Op::RwLock(A, op)));
    let upgrade = || script([Read, Write].map(|op| Op::RwLock(A, op)));
    assert_eq!(count(lock(), [reader(), reader(), writer()]), (4, 0));
    assert_eq!(count(lock(), [reader(), writer(), writer()]), (6, 0));
    assert_eq!(count(lock(), [upgrade(), upgrade()]), (0, 1));
}

#[test]
fn semaphores() {
    use semaphore::Op::{Acquire, Release};
    let permits = |permits| Object::Semaphore(semaphore::Semaphore { permits });
    let section = || script([Acquire(1), Release(1)].map(|op| Op::Semaphore(A, op)));
    let twice = || script([Acquire(1), Acquire(1)].map(|op| Op::Semaphore(A, op)));
    assert_eq!(count(permits(1), [section(), section()]), (2, 0));
    assert_eq!(count(permits(1), [section(), section(), section()]), (6, 0));
    assert_eq!(count(permits(2), [twice(), twice()]), (0, 4));
}

#[test]
fn condition_variables() {
    let objects = || vec![mutex(), Object::Condvar(condvar::Condvar::default())];
    let wait = Op::Condvar(B, condvar::Op::Wait { mutex: A, timeout: None, poison: false });
    let notify = Op::Condvar(B, condvar::Op::NotifyOne);
    let waiter = || script([LOCK, wait, UNLOCK]);
    let notifier = || script([LOCK, notify, UNLOCK]);
    assert_eq!(Program::count(Clock::Idle, objects(), vec![waiter(), notifier()]), (1, 1));
}

#[test]
fn channels() {
    use channel::Op::{DropSender, Receive, Send, TryReceive, TrySend};
    let channel = |capacity, senders| {
        let mut channel = channel::Channel::new(capacity);
        channel.senders = senders;
        Object::Channel(channel)
    };
    fn each<const N: usize>(ops: [channel::Op; N]) -> Script {
        script(ops.map(|op| Op::Channel(A, op)))
    }
    for capacity in [Some(1), Some(2), None] {
        assert_eq!(count(channel(capacity, 1), [each([Send; 3]), each([Receive; 3])]), (1, 0));
    }
    assert_eq!(count(channel(None, 3), [each([Send]), each([Send]), each([Send]), each([Receive; 3])]), (6, 0));
    assert_eq!(count(channel(None, 2), [each([Send; 2]), each([Send; 2]), each([Receive; 4])]), (6, 0));
    assert_eq!(count(channel(Some(1), 2), [each([Send; 2]), each([Send; 2]), each([Receive; 2])]), (0, 6));
    assert_eq!(count(channel(None, 2), [each([Send]), each([Send]), each([Receive]), each([Receive])]), (4, 0));
    assert_eq!(count(channel(None, 1), [each([Send]), each([Receive]), each([Receive])]), (0, 2));
    assert_eq!(count(channel(None, 1), [each([Send]), each([TryReceive])]), (2, 0));
    assert_eq!(count(channel(Some(1), 1), [each([TrySend; 2]), each([Receive])]), (2, 0));
    // Which sender hangs up last makes no difference to a receiver that waits for the end.
    let hang_up = || each([Send, DropSender]);
    assert_eq!(count(channel(None, 2), [hang_up(), hang_up(), each([Receive; 3])]), (2, 0));
    assert_eq!(count(channel(None, 3), [hang_up(), hang_up(), hang_up(), each([Receive; 4])]), (6, 0));
}

#[test]
fn rendezvous() {
    use rendezvous::Op::{ReceiveArrive, SendArrive};
    let channel = || Object::Rendezvous(Box::new(rendezvous::Rendezvous::new()));
    let send = || script([Op::Rendezvous(A, SendArrive)]);
    let receive = || script([Op::Rendezvous(A, ReceiveArrive)]);
    assert_eq!(count(channel(), [send(), receive()]), (2, 0));
    assert_eq!(count(channel(), [send(), send(), receive(), receive()]), (24, 0));
}

#[test]
fn barriers_and_gates() {
    let arrive = || script([Op::Barrier(A, barrier::Op::Arrive)]);
    let barrier = |size| Object::Barrier(barrier::Barrier::new(size));
    // One for each leader.
    assert_eq!(count(barrier(2), [arrive(), arrive()]), (2, 0));
    assert_eq!(count(barrier(3), [arrive(), arrive(), arrive()]), (3, 0));
    let gate = |count| Object::Gate(gate::Gate { count, ..gate::Gate::default() });
    let lower = || script([Op::Gate(A, gate::Op::Add(-1))]);
    let wait = || script([Op::Gate(A, gate::Op::Enroll)]);
    // One for each that is last, and for waiting before or after it.
    assert_eq!(count(gate(2), [lower(), lower(), wait()]), (4, 0));
    assert_eq!(count(gate(3), [lower(), lower(), lower(), wait()]), (6, 0));
}

#[test]
fn timers() {
    let sleep = |ms| script([clock::Op::Arm(Duration::from_millis(ms)), clock::Op::Sleep].map(Op::Clock));
    assert_eq!(Program::count(Clock::Idle, vec![], vec![sleep(1), sleep(2)]), (1, 0));
    // The first to go off may do so before the other is armed.
    assert_eq!(Program::count(Clock::Elastic, vec![], vec![sleep(1), sleep(2)]), (3, 0));
}

/// The published count of this program is 4, by a relation in which a select sees every arm. By ours, which the laws prove, the
/// arm that was not taken makes no difference, and the classes are the two outcomes.
#[test]
fn selects() {
    let unbounded = || Object::Channel(channel::Channel::new(None));
    let meeting = || Object::Rendezvous(Box::new(rendezvous::Rendezvous::new()));
    let arms = || Arms::of(&[A, B].map(|channel| Arm { channel, side: Side::Receiving }));
    let select = |form| script([Op::Select(select::Op { arms: arms(), form, pick: Pick::Any })]);
    let send = |channel| script([Op::Channel(channel, channel::Op::Send)]);
    let arrive = |channel| script([Op::Rendezvous(channel, rendezvous::Op::SendArrive)]);
    // In this program one step alone touches both channels, if it sees every arm: whatever touches either depends on it.
    let sees_every_arm = |clock: Clock, a: &Accesses, b: &Accesses| {
        let sends = |accesses: &Accesses| {
            accesses.iter().all(|(_, access)| {
                matches!(access, crate::kernel::relation::Access::Channel(channel::Access::Send { .. }))
            })
        };
        independent(clock, a, b) && sends(a) == sends(b)
    };
    let program = |form| vec![send(A), send(B), select(form)];
    let buffered = || vec![unbounded(), unbounded()];
    assert_eq!(Program::count_by(sees_every_arm, Clock::Idle, buffered(), program(Form::Wait)), (4, 0));
    assert_eq!(Program::count(Clock::Idle, buffered(), program(Form::Wait)), (2, 0));
    assert_eq!(Program::count(Clock::Idle, buffered(), program(Form::Try)), (3, 0));
    assert_eq!(Program::count(Clock::Idle, buffered(), program(Form::Await)), (2, 0));
    // One for each sender, met by coming after the select or before it; the other waits for ever.
    let meetings = vec![arrive(A), arrive(B), select(Form::Wait)];
    assert_eq!(Program::count(Clock::Idle, vec![meeting(), meeting()], meetings), (0, 4));
}
