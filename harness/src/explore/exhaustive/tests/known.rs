//! Known counts of programs for whose objects the public vocabulary has no words yet: semaphores, and channels with several
//! receivers. (Those of all others are in the tests of the workspace.)

use super::program::{Kind, Program, Simple, Statement};
use super::{explored, settings};
use crate::kernel::Clock;
use crate::kernel::select::{Form, Pick};

/// How many classes of a program with one object end with every task finished, and how many in a deadlock.
fn count<const N: usize>(kind: Kind, tasks: [Vec<Statement>; N]) -> (usize, usize) {
    count_on(vec![kind], Clock::Idle, tasks)
}

fn count_on<const N: usize>(kinds: Vec<Kind>, clock: Clock, tasks: [Vec<Statement>; N]) -> (usize, usize) {
    let program = Program { kinds, tasks: tasks.into() };
    let (seen, blocked) = explored(&settings(clock, 1), &program, ((7, 3), usize::MAX));
    assert_eq!(blocked, 0);
    assert!(seen.values().all(|(_, times)| *times == 1), "no class twice");
    let finished = seen.values().filter(|(end, _)| end == "Finished").count();
    (finished, seen.len() - finished)
}

fn plain(simple: Simple) -> Statement {
    Statement::Plain(0, simple)
}

fn receive() -> Statement {
    Statement::Receive(0, None)
}

#[test]
fn semaphores() {
    let section = || vec![plain(Simple::A), plain(Simple::B)];
    assert_eq!(count(Kind::Semaphore(1), [section(), section()]), (2, 0));
    assert_eq!(count(Kind::Semaphore(1), [section(), section(), section()]), (6, 0));
    let twice = || vec![plain(Simple::A), plain(Simple::A)];
    assert_eq!(count(Kind::Semaphore(2), [twice(), twice()]), (0, 4));
}

#[test]
fn channels_with_several_receivers() {
    let send = || vec![plain(Simple::A)];
    let receives = || vec![receive()];
    assert_eq!(count(Kind::Channel(None), [send(), send(), receives(), receives()]), (4, 0));
    assert_eq!(count(Kind::Channel(None), [send(), receives(), receives()]), (0, 2));
}

#[test]
fn attempts() {
    let try_send = || plain(Simple::B);
    assert_eq!(count(Kind::Channel(None), [vec![plain(Simple::A)], vec![plain(Simple::C)]]), (2, 0));
    assert_eq!(count(Kind::Channel(Some(1)), [vec![try_send(), try_send()], vec![receive()]]), (2, 0));
}

#[test]
fn meetings() {
    let send = || vec![Statement::Send(0)];
    let receives = || vec![receive()];
    assert_eq!(count(Kind::Rendezvous, [send(), receives()]), (2, 0));
    assert_eq!(count(Kind::Rendezvous, [send(), send(), receives(), receives()]), (24, 0));
}

/// Selects among receiving from these objects.
fn select(objects: &[usize], form: Form, timeout: Option<u64>) -> Vec<Statement> {
    let arms = objects.iter().map(|object| (*object, false)).collect();
    vec![Statement::Select { arms, form, pick: Pick::Any, timeout }]
}

/// Where a select takes an arm, what happens to the others makes no difference to it. A relation in which it sees all of them
/// counts each class of the first program twice: before and after the other send. See `kernel/laws/classes.rs`, where both
/// are counted.
#[test]
fn selects() {
    let send = |object| vec![Statement::Plain(object, Simple::A)];
    let buffered = || vec![Kind::Channel(None); 2];
    let both = |form, timeout| select(&[0, 1], form, timeout);
    let on = |clock, selecting| count_on(buffered(), clock, [send(0), send(1), selecting]);
    assert_eq!(on(Clock::Idle, both(Form::Wait, None)), (2, 0));
    assert_eq!(on(Clock::Idle, [both(Form::Wait, None), both(Form::Wait, None)].concat()), (2, 0));
    // Or nothing was ready.
    assert_eq!(on(Clock::Idle, both(Form::Try, None)), (3, 0));
    assert_eq!(on(Clock::Idle, both(Form::Await, None)), (2, 0));
    // Two that select, each of whom gets one of the messages.
    let two = [send(0), send(1), both(Form::Wait, None), both(Form::Wait, None)];
    assert_eq!(count_on(buffered(), Clock::Idle, two), (2, 0));
    // One message for two.
    let one = [send(0), both(Form::Wait, None), both(Form::Wait, None)];
    assert_eq!(count_on(buffered(), Clock::Idle, one), (0, 2));
}

#[test]
fn timers() {
    let start = |object| Statement::Plain(object, Simple::B);
    let stop = |object| Statement::Plain(object, Simple::D);
    let receive = |object| Statement::Receive(object, None);
    // It fires before it is stopped, or does not.
    let stopped = || [vec![start(0), stop(0)]];
    assert_eq!(count_on(vec![Kind::Timer], Clock::Elastic, stopped()), (2, 0));
    assert_eq!(count_on(vec![Kind::Timer], Clock::Idle, stopped()), (1, 0));
    // Equal deadlines, in either order.
    let both = [vec![start(0), start(1), receive(0), receive(1)]];
    assert_eq!(count_on(vec![Kind::Timer; 2], Clock::Idle, both), (2, 0));
    // A ticker does not keep the end away.
    let tick = [vec![Statement::Plain(0, Simple::C), receive(0), receive(0)]];
    assert_eq!(count_on(vec![Kind::Timer], Clock::Idle, tick), (1, 0));
    let nobody = [vec![Statement::Plain(0, Simple::C), receive(1)]];
    assert_eq!(count_on(vec![Kind::Timer, Kind::Channel(None)], Clock::Idle, nobody), (0, 1));
}
