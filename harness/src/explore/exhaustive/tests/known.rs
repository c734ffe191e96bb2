//! Known counts of programs for whose objects the public vocabulary has no words yet: semaphores, and channels with several
//! receivers. (Those of all others are in the tests of the workspace.)

use super::program::{Kind, Program, Simple, Statement};
use super::{explored, settings};
use crate::kernel::Clock;

/// How many classes of a program with one object end with every task finished, and how many in a deadlock.
fn count<const N: usize>(kind: Kind, tasks: [Vec<Statement>; N]) -> (usize, usize) {
    let program = Program { kinds: vec![kind], tasks: tasks.into() };
    let (seen, blocked) = explored(&settings(Clock::Idle, 1), &program, (7, usize::MAX));
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
