//! Random programs over every kind of kernel object, run by the engine like any other test.

use std::fmt;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::select;

use crate::checker::Test;
use crate::engine::panics::{Abandoned, note_of};
use crate::engine::{Place, current, perform, perform_yield};
use crate::explore::exploration::lock;
use crate::kernel::atomic::{self, Atomic, Rmw, Width};
use crate::kernel::handles::Side;
use crate::kernel::select::{self as select_among, Arm, Arms, Form, Pick};
use crate::kernel::{
    End, Object, ObjectId, Op, Outcome, TaskId, barrier, channel, choice, clock, condvar, gate, life, mutex, once,
    park, rendezvous, rwlock, semaphore, timer,
};

/// One statement of a task.
#[derive(Clone, Debug)]
pub(in crate::explore) enum Statement {
    /// An operation on the object at this index, which needs no second one.
    Plain(usize, Simple),
    /// A critical section of a mutex.
    Section(usize, Vec<Statement>),
    /// A critical section, if the lock is free.
    TrySection(usize, Vec<Statement>),
    Reading(usize, Vec<Statement>),
    Writing(usize, Vec<Statement>),
    /// Lock, wait and unlock, with a timeout in milliseconds.
    Wait(usize, Option<u64>),
    Meet(usize),
    Initialise(usize),
    Send(usize),
    Receive(usize, Option<u64>),
    /// Receive from some objects or send (if so it says) to them.
    Select {
        arms: Vec<(usize, bool)>,
        form: Form,
        pick: Pick,
        timeout: Option<u64>,
    },
    Close(usize),
    /// Counts the messages, or asks whether there are none, or no room.
    Ask(usize, Simple),
    WaitAtGate(usize),
    Park(Option<u64>),
    /// Unparks a task that was spawned before, counted from the last.
    Unpark(usize),
    Spawn(Vec<Statement>),
    /// Joins the oldest child that was not joined.
    Join,
    AskChild,
    Sleep(u64),
    Now,
    Choose(u32, Vec<Statement>),
    /// If the last operation ended with an even value.
    If(Vec<Statement>),
    Yield,
    Panic,
}

/// The payload of [`Statement::Panic`]: any other panic is a mistake of the library.
struct Intended;

/// What the library did that no program asked for.
static MISTAKE: Mutex<Option<String>> = Mutex::new(None);

/// Says what the library did wrong since it was last asked.
pub(in crate::explore) fn check_mistakes() -> Result<(), String> {
    lock(&MISTAKE).take().map_or(Ok(()), Err)
}

/// Goes on with a panic of a task, if there was one.
fn pass_on(result: std::thread::Result<()>) {
    if let Err(payload) = result {
        std::panic::resume_unwind(payload);
    }
}

/// What [`Statement::Plain`] does: the kinds of the object decide what it means.
#[derive(Clone, Copy, Debug)]
pub(in crate::explore) enum Simple {
    A,
    B,
    C,
    D,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::explore) enum Kind {
    Atomic,
    Mutex,
    RwLock,
    /// With a mutex of its own, which is the object after it.
    Condvar,
    Barrier(usize),
    Once,
    Channel(Option<u64>),
    Rendezvous,
    Semaphore(u64),
    Gate(i64),
    /// With the channel to which it sends, which is the object before it.
    Timer,
}

#[derive(Clone)]
pub(in crate::explore) struct Program {
    pub(in crate::explore) kinds: Vec<Kind>,
    pub(in crate::explore) tasks: Vec<Vec<Statement>>,
}

impl fmt::Debug for Program {
    /// One task a line, however it is asked for.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format!("{:?}", self.kinds))?;
        self.tasks.iter().try_for_each(|task| f.write_str(&format!("\n  {task:?}")))
    }
}

fn kinds() -> impl Strategy<Value = Kind> {
    use Kind::{Atomic, Barrier, Channel, Condvar, Gate, Mutex, Once, Rendezvous, RwLock, Semaphore};
    prop_oneof![
        4 => select(vec![Atomic, Mutex]),
        2 => select(vec![RwLock, Condvar, Once, Rendezvous]),
        2 => select(vec![None, Some(1), Some(2)]).prop_map(Channel),
        1 => (1..=3_usize).prop_map(Barrier),
        1 => (0..=2_u64).prop_map(Semaphore),
        1 => (0..=2_i64).prop_map(Gate),
        1 => Just(Kind::Timer),
    ]
}

fn statements(kinds: Vec<Kind>, depth: u32, most: usize) -> BoxedStrategy<Vec<Statement>> {
    prop::collection::vec(statement(kinds, depth), 0..=most).boxed()
}

fn statement(kinds: Vec<Kind>, depth: u32) -> BoxedStrategy<Statement> {
    let on = kinds.clone();
    let simple = || select(vec![Simple::A, Simple::B, Simple::C, Simple::D]);
    let object = (0..kinds.len(), simple(), 0..6_u8);
    let on_object = object.prop_flat_map(move |(index, simple, variant)| {
        let is_channel = |kind: &Kind| matches!(kind, Kind::Rendezvous | Kind::Channel(_) | Kind::Timer);
        if is_channel(&on[index]) {
            match (variant, simple) {
                (3 | 4, _) => {
                    let channels = (0..on.len()).filter(|index| is_channel(&on[*index])).collect();
                    return selects(channels);
                }
                (5, Simple::A) => return Just(Statement::Close(index)).boxed(),
                (5, _) => return Just(Statement::Ask(index, simple)).boxed(),
                _ => {}
            }
        }
        let variant = variant % 3;
        let body = || if depth > 0 { statements(on.clone(), depth - 1, 2) } else { Just(Vec::new()).boxed() };
        let timeout = || select(vec![None, None, Some(0), Some(1), Some(2)]);
        match (on[index], variant) {
            (Kind::Mutex, 0) => body().prop_map(move |body| Statement::TrySection(index, body)).boxed(),
            (Kind::Mutex, 1 | 2) => body().prop_map(move |body| Statement::Section(index, body)).boxed(),
            (Kind::RwLock, 0) => body().prop_map(move |body| Statement::Reading(index, body)).boxed(),
            (Kind::RwLock, 1) => body().prop_map(move |body| Statement::Writing(index, body)).boxed(),
            (Kind::Condvar, 0) => timeout().prop_map(move |after| Statement::Wait(index, after)).boxed(),
            (Kind::Barrier(_), _) => Just(Statement::Meet(index)).boxed(),
            (Kind::Once, 0) => Just(Statement::Initialise(index)).boxed(),
            (Kind::Rendezvous, 0) => Just(Statement::Send(index)).boxed(),
            (Kind::Rendezvous | Kind::Channel(_) | Kind::Timer, 1) => {
                timeout().prop_map(move |after| Statement::Receive(index, after)).boxed()
            }
            (Kind::Gate(_), 0) => Just(Statement::WaitAtGate(index)).boxed(),
            _ => Just(Statement::Plain(index, simple)).boxed(),
        }
    });
    let body = move || if depth > 0 { statements(kinds.clone(), depth - 1, 2) } else { Just(Vec::new()).boxed() };
    let timeout = select(vec![None, Some(0), Some(1)]);
    let alone = prop_oneof![
        2 => timeout.prop_map(Statement::Park),
        2 => (0..3_usize).prop_map(Statement::Unpark),
        3 => body().prop_map(Statement::Spawn),
        2 => Just(Statement::Join),
        1 => Just(Statement::AskChild),
        1 => (0..3_u64).prop_map(Statement::Sleep),
        1 => Just(Statement::Now),
        1 => (2..=3_u32, body()).prop_map(|(outcomes, body)| Statement::Choose(outcomes, body)),
        2 => body().prop_map(Statement::If),
        1 => Just(Statement::Yield),
        1 => Just(Statement::Panic),
    ];
    prop_oneof![4 => on_object, 1 => alone].boxed()
}

/// Selects with one to three arms, which may be the same.
fn selects(channels: Vec<usize>) -> BoxedStrategy<Statement> {
    let forms = select(vec![Form::Wait, Form::Wait, Form::Wait, Form::Try, Form::Await, Form::Look]);
    let picks = select(vec![Pick::Any, Pick::Any, Pick::Any, Pick::First]);
    let timeouts = select(vec![None, None, Some(0), Some(1)]);
    (prop::collection::vec((select(channels), any::<bool>()), 1..=3), forms, picks, timeouts)
        .prop_map(|(arms, form, pick, timeout)| Statement::Select { arms, form, pick, timeout })
        .boxed()
}

/// Programs with channels, among which tasks select.
pub(in crate::explore) fn selecting(most: usize) -> BoxedStrategy<Program> {
    use Kind::{Channel, Rendezvous, Timer};
    let channel = select(vec![Rendezvous, Rendezvous, Rendezvous, Channel(None), Channel(Some(1)), Timer]);
    programs_on(prop::collection::vec(channel, 1..=3), most)
}

/// Programs of two to four tasks with up to `most` statements each.
pub(in crate::explore) fn programs(most: usize) -> BoxedStrategy<Program> {
    programs_on(prop::collection::vec(kinds(), 1..=2), most)
}

fn programs_on(kinds: impl Strategy<Value = Vec<Kind>> + 'static, most: usize) -> BoxedStrategy<Program> {
    let tasks = move |kinds: Vec<Kind>| {
        prop::collection::vec(statements(kinds.clone(), 1, most), 2..=4)
            .prop_map(move |tasks| Program { kinds: kinds.clone(), tasks })
    };
    kinds.prop_flat_map(tasks).boxed()
}

impl Kind {
    /// The objects that it is, the first of which will have the number `first`.
    fn objects(self, tasks: u32, first: ObjectId) -> Vec<Object> {
        match self {
            Kind::Atomic => vec![Object::Atomic(Atomic { value: 0 })],
            Kind::Mutex => vec![Object::Mutex(mutex::Mutex::new(false))],
            Kind::RwLock => vec![Object::RwLock(rwlock::RwLock::new(false))],
            Kind::Condvar => {
                vec![Object::Condvar(condvar::Condvar::default()), Object::Mutex(mutex::Mutex::new(false))]
            }
            Kind::Barrier(size) => vec![Object::Barrier(barrier::Barrier::new(size))],
            Kind::Once => vec![Object::Once(once::Once::New)],
            Kind::Channel(capacity) => {
                let mut channel = channel::Channel::new(capacity);
                (channel.senders, channel.receivers) = (tasks, tasks);
                vec![Object::Channel(channel)]
            }
            Kind::Rendezvous => {
                let mut channel = rendezvous::Rendezvous::new();
                (channel.senders, channel.receivers) = (tasks, tasks);
                vec![Object::Rendezvous(Box::new(channel))]
            }
            Kind::Semaphore(permits) => vec![Object::Semaphore(semaphore::Semaphore { permits })],
            Kind::Timer => {
                let mut channel = channel::Channel::new(Some(1));
                channel.receivers = tasks;
                vec![Object::Channel(channel), Object::Timer(Box::new(timer::Timer::new(first)))]
            }
            Kind::Gate(count) => vec![Object::Gate(gate::Gate { count, ..gate::Gate::default() })],
        }
    }
}

/// A task that runs statements.
struct Runner {
    kinds: Arc<Vec<Kind>>,
    ids: Arc<Vec<ObjectId>>,
    /// Tasks that were spawned before this one.
    older: Vec<TaskId>,
    children: Vec<(TaskId, crate::thread::JoinHandle<()>)>,
    last: u64,
    /// The handles that it still has, by object: sending and receiving.
    handles: Vec<(bool, bool)>,
}

impl Program {
    /// Whether some task may ask whether another has finished.
    pub(in crate::explore) fn asks(&self) -> bool {
        format!("{:?}", self.tasks).contains("AskChild")
    }

    pub(in crate::explore) fn test(&self) -> Test {
        let program = self.clone();
        Arc::new(move || {
            let count = program.tasks.len() as u32;
            let mut ids = Vec::new();
            for kind in &program.kinds {
                // SAFETY: the test runs as a task inside the current execution; nothing switches here.
                let first = ObjectId(unsafe { &(*current()).world.objects }.len() as u32);
                let objects = kind.objects(count, first).into_iter();
                // SAFETY: as above.
                let added: Vec<ObjectId> = unsafe { objects.map(|object| (*current()).add_object(object)).collect() };
                ids.push(added[0]);
            }
            let (kinds, ids) = (Arc::new(program.kinds.clone()), Arc::new(ids));
            let mut older = vec![TaskId::ROOT];
            let mut tasks = Vec::new();
            for statements in program.tasks.clone() {
                let (kinds, ids, known) = (Arc::clone(&kinds), Arc::clone(&ids), older.clone());
                tasks.push(crate::thread::spawn(move || {
                    let handles = kinds.iter().map(|kind| (*kind != Kind::Timer, true)).collect();
                    let mut runner = Runner { kinds, ids, older: known, children: Vec::new(), last: 0, handles };
                    runner.run_all(&statements);
                }));
                older.push(last_task());
            }
            for task in tasks {
                pass_on(task.join());
            }
        })
    }
}

/// The task that was added last.
fn last_task() -> TaskId {
    // SAFETY: the caller is a task inside the current execution; nothing switches here.
    let world = unsafe { &(*current()).world };
    TaskId(world.tasks.len() as u32 - 1)
}

/// Where all operations of a program are.
pub(super) fn here() -> Place {
    std::panic::Location::caller()
}

impl Runner {
    fn perform(&mut self, op: Op) -> Outcome {
        let outcome = perform(current(), op, here());
        self.last = outcome.value;
        outcome
    }

    fn id(&self, index: usize) -> ObjectId {
        self.ids[index]
    }

    fn timer(&mut self, after: Option<u64>) {
        if let Some(after) = after {
            self.perform(Op::Clock(clock::Op::Arm(Duration::from_millis(after))));
        }
    }

    /// [`Runner::run`] of a whole task. A panic that no statement asked for is a mistake.
    fn run_all(&mut self, statements: &[Statement]) {
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.run(statements)));
        let Err(payload) = result else { return };
        if !payload.is::<Intended>() && !payload.is::<Abandoned>() {
            let note = note_of(&*payload);
            let place = note.place.unwrap_or_default();
            *lock(&MISTAKE) = Some(format!("the library panicked at {place}: {}", note.message));
        }
        std::panic::resume_unwind(payload);
    }

    fn run(&mut self, statements: &[Statement]) {
        statements.iter().for_each(|statement| self.one(statement));
    }

    fn one(&mut self, statement: &Statement) {
        match statement {
            Statement::Plain(index, simple) => self.plain(*index, *simple),
            Statement::Section(index, body) => {
                let id = self.id(*index);
                self.perform(Op::Mutex(id, mutex::Op::Lock));
                self.run(body);
                self.perform(Op::Mutex(id, mutex::Op::Unlock { poison: false }));
            }
            Statement::TrySection(index, body) => {
                let id = self.id(*index);
                if self.perform(Op::Mutex(id, mutex::Op::TryLock)).is_done() {
                    self.run(body);
                    self.perform(Op::Mutex(id, mutex::Op::Unlock { poison: false }));
                }
            }
            Statement::Reading(index, body) => {
                let id = self.id(*index);
                self.perform(Op::RwLock(id, rwlock::Op::Read));
                self.run(body);
                self.perform(Op::RwLock(id, rwlock::Op::UnlockRead));
            }
            Statement::Writing(index, body) => {
                let id = self.id(*index);
                self.perform(Op::RwLock(id, rwlock::Op::Write));
                self.run(body);
                self.perform(Op::RwLock(id, rwlock::Op::UnlockWrite { poison: false }));
            }
            Statement::Wait(index, after) => {
                let id = self.id(*index);
                let mutex = ObjectId(id.0 + 1);
                let timeout = after.map(Duration::from_millis);
                self.perform(Op::Mutex(mutex, mutex::Op::Lock));
                self.perform(Op::Condvar(id, condvar::Op::Wait { mutex, timeout, poison: false }));
                let woken = self.perform(Op::Condvar(id, condvar::Op::Wake { mutex }));
                self.perform(Op::Mutex(mutex, mutex::Op::Unlock { poison: false }));
                self.last = woken.end as u64;
            }
            Statement::Meet(index) => {
                let id = self.id(*index);
                if self.perform(Op::Barrier(id, barrier::Op::Arrive)).end == End::Queued {
                    self.perform(Op::Barrier(id, barrier::Op::Leave));
                }
            }
            Statement::Initialise(index) => {
                let id = self.id(*index);
                if self.perform(Op::Once(id, once::Op::Begin)).value != once::Found::Done as u64 {
                    self.perform(Op::Once(id, once::Op::End { poison: false }));
                }
            }
            Statement::Send(index) => {
                let id = self.id(*index);
                if self.handles[*index].0
                    && self.perform(Op::Rendezvous(id, rendezvous::Op::SendArrive)).end == End::Queued
                {
                    self.perform(Op::Rendezvous(id, rendezvous::Op::SendLeave));
                }
            }
            Statement::Receive(index, after) => self.receive(*index, *after),
            Statement::Select { arms, form, pick, timeout } => self.select(arms, (*form, *pick), *timeout),
            Statement::Close(index) => self.close(*index),
            Statement::Ask(index, simple) => {
                let op = match simple {
                    Simple::A | Simple::B => channel::Op::Len,
                    Simple::C => channel::Op::IsEmpty,
                    Simple::D => channel::Op::IsFull,
                };
                if let Kind::Channel(_) = self.kinds[*index] {
                    self.perform(Op::Channel(self.id(*index), op));
                }
            }
            Statement::WaitAtGate(index) => {
                let id = self.id(*index);
                if self.perform(Op::Gate(id, gate::Op::Enroll)).end == End::Queued {
                    self.perform(Op::Gate(id, gate::Op::Leave));
                }
            }
            Statement::Park(after) => {
                self.timer(*after);
                let end = self.perform(Op::Park(park::Op::Park)).end;
                self.last = end as u64;
            }
            Statement::Unpark(back) => {
                let older = self.older[self.older.len() - 1 - back % self.older.len()];
                self.perform(Op::Park(park::Op::Unpark(older)));
            }
            Statement::Spawn(body) => self.spawn(body),
            Statement::Join => {
                if !self.children.is_empty() {
                    pass_on(self.children.remove(0).1.join());
                }
            }
            Statement::AskChild => {
                if let Some((child, _)) = self.children.first() {
                    let op = Op::Life(life::Op::IsFinished(*child));
                    self.perform(op);
                }
            }
            Statement::Sleep(after) => {
                self.timer(Some(*after));
                self.perform(Op::Clock(clock::Op::Sleep));
            }
            Statement::Now => {
                self.perform(Op::Clock(clock::Op::Now));
                // SAFETY: a task inside the current execution; nothing switches here.
                self.last = unsafe { (*current()).world.time.now.as_millis() as u64 };
            }
            Statement::Choose(outcomes, body) => {
                self.perform(Op::Choose(choice::Op { outcomes: *outcomes }));
                self.one(&Statement::If(body.clone()));
            }
            Statement::If(body) => {
                if self.last.is_multiple_of(2) {
                    self.run(body);
                }
            }
            Statement::Yield => _ = perform_yield(current(), here()),
            Statement::Panic => std::panic::resume_unwind(Box::new(Intended)),
        }
    }

    fn spawn(&mut self, body: &[Statement]) {
        let (kinds, ids, older, body) =
            (Arc::clone(&self.kinds), Arc::clone(&self.ids), self.older.clone(), body.to_vec());
        let task = crate::thread::spawn(move || {
            let handles = vec![(false, false); kinds.len()];
            Runner { kinds, ids, older, children: Vec::new(), last: 0, handles }.run_all(&body);
        });
        // Nobody was added since.
        let child = last_task();
        self.children.push((child, task));
    }

    fn receive(&mut self, index: usize, after: Option<u64>) {
        let id = self.id(index);
        if !self.handles[index].1 {
            return;
        }
        self.timer(after);
        let end = if self.kinds[index] == Kind::Rendezvous {
            let arrived = self.perform(Op::Rendezvous(id, rendezvous::Op::ReceiveArrive));
            match arrived.end {
                End::Queued => self.perform(Op::Rendezvous(id, rendezvous::Op::ReceiveLeave)).end,
                end => end,
            }
        } else {
            self.perform(Op::Channel(id, channel::Op::Receive)).end
        };
        self.last = end as u64;
    }

    fn select(&mut self, arms: &[(usize, bool)], (form, pick): (Form, Pick), timeout: Option<u64>) {
        let has_handle = |(index, sends): &&(usize, bool)| {
            let (sending, receiving) = self.handles[*index];
            if *sends { sending } else { receiving }
        };
        let arm = |(index, sends): &(usize, bool)| {
            let side = if *sends { Side::Sending } else { Side::Receiving };
            Arm { channel: self.id(*index), side }
        };
        let arms: Vec<Arm> = arms.iter().filter(has_handle).map(arm).collect();
        if arms.is_empty() {
            return;
        }
        if matches!(form, Form::Wait | Form::Await) {
            self.timer(timeout);
        }
        let op = select_among::Op { arms: Arms::of(&arms), form, pick };
        let mut outcome = self.perform(Op::Select(op));
        if outcome.end == End::Queued {
            // SAFETY: a task inside the current execution; nothing switches here.
            let me = unsafe { (*current()).running };
            outcome = self.perform(Op::Select(op.leave(me)));
        }
        self.last = match outcome.end {
            End::Done => outcome.arm().0 as u64,
            end => end as u64,
        };
    }

    fn close(&mut self, index: usize) {
        let id = self.id(index);
        let op = match self.kinds[index] {
            Kind::Rendezvous => Op::Rendezvous(id, rendezvous::Op::Close),
            // Whoever would close it has no handle to send.
            Kind::Timer => return,
            _ => Op::Channel(id, channel::Op::Close),
        };
        self.last = self.perform(op).end as u64;
    }

    fn plain(&mut self, index: usize, simple: Simple) {
        use Simple::{A, B, C, D};
        let id = self.id(index);
        let op = match (self.kinds[index], simple) {
            (Kind::Atomic, A) => Op::Atomic(id, atomic::Op::Load(SeqCst)),
            (Kind::Atomic, B) => Op::Atomic(id, atomic::Op::Store(2, SeqCst)),
            (Kind::Atomic, C) => {
                let add = atomic::Op::Rmw { function: Rmw::Add, width: Width::W64, operand: 1, order: SeqCst };
                Op::Atomic(id, add)
            }
            (Kind::Atomic, D) => {
                let exchange = atomic::Op::CompareExchange { current: 0, new: 1, success: SeqCst, failure: SeqCst };
                Op::Atomic(id, exchange)
            }
            (Kind::RwLock, A | B) => return self.try_rwlock(id, rwlock::Op::TryRead, rwlock::Op::UnlockRead),
            (Kind::RwLock, _) => {
                return self.try_rwlock(id, rwlock::Op::TryWrite, rwlock::Op::UnlockWrite { poison: false });
            }
            (Kind::Condvar, A | B) => Op::Condvar(id, condvar::Op::NotifyOne),
            (Kind::Condvar, _) => Op::Condvar(id, condvar::Op::NotifyAll),
            (Kind::Once, A | B) => Op::Once(id, once::Op::IsCompleted),
            (Kind::Once, _) => Op::Once(id, once::Op::Wait),
            (Kind::Channel(_), A | B) if self.handles[index].0 => {
                Op::Channel(id, if matches!(simple, A) { channel::Op::Send } else { channel::Op::TrySend })
            }
            (Kind::Channel(_), C) if self.handles[index].1 => Op::Channel(id, channel::Op::TryReceive),
            (Kind::Channel(_), D) if self.handles[index].0 => {
                self.handles[index].0 = false;
                Op::Channel(id, channel::Op::DropSender)
            }
            (Kind::Channel(_), D) if self.handles[index].1 => {
                self.handles[index].1 = false;
                Op::Channel(id, channel::Op::DropReceiver)
            }
            (Kind::Rendezvous, A) if self.handles[index].0 => Op::Rendezvous(id, rendezvous::Op::TrySend),
            (Kind::Rendezvous, B) if self.handles[index].1 => Op::Rendezvous(id, rendezvous::Op::TryReceive),
            (Kind::Rendezvous, C) if self.handles[index].0 => {
                self.handles[index].0 = false;
                Op::Rendezvous(id, rendezvous::Op::DropSender)
            }
            (Kind::Rendezvous, D) if self.handles[index].1 => {
                self.handles[index].1 = false;
                Op::Rendezvous(id, rendezvous::Op::DropReceiver)
            }
            (Kind::Semaphore(_), A) => Op::Semaphore(id, semaphore::Op::Acquire(1)),
            (Kind::Semaphore(_), B) => Op::Semaphore(id, semaphore::Op::Release(1)),
            (Kind::Semaphore(_), C) => Op::Semaphore(id, semaphore::Op::TryAcquire(1)),
            (Kind::Semaphore(_), D) => Op::Semaphore(id, semaphore::Op::Available),
            (Kind::Timer, simple) => {
                let op = match simple {
                    A => timer::Op::Start(Duration::ZERO),
                    B => timer::Op::Start(Duration::from_millis(1)),
                    C => timer::Op::Repeat(Duration::from_millis(1)),
                    D => timer::Op::Stop,
                };
                Op::Timer(ObjectId(id.0 + 1), op)
            }
            (Kind::Gate(_), A | B) => Op::Gate(id, gate::Op::Add(-1)),
            (Kind::Gate(_), _) => Op::Gate(id, gate::Op::Add(1)),
            _ => return,
        };
        let outcome = self.perform(op);
        if outcome.end != End::Done {
            self.last = outcome.end as u64 + 1;
        }
    }

    fn try_rwlock(&mut self, id: ObjectId, take: rwlock::Op, give: rwlock::Op) {
        if self.perform(Op::RwLock(id, take)).is_done() {
            self.perform(Op::RwLock(id, give));
        }
    }
}
