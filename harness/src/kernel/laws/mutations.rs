//! Relations that are wrong in one place: the laws have to refuse each of them.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestError, TestRunner};

use super::coverage::{Coverage, conflicts, names};
use super::generator::{Kind, cases_with};
use super::{config, examine};
use crate::kernel::Clock;
use crate::kernel::relation::{Accesses, independent};

/// After how many programs a wrong relation counts as accepted.
const CASES: u32 = 500;

/// Asserts that none of these pairs of labels can be declared independent, as programs show that use `kinds`.
fn refuses(kinds: &[Kind], labels: &[(&'static str, &'static str)]) {
    for (a, b) in labels {
        let these = |conflict| matches!(names(conflict), (x, y) if (x, y) == (*a, *b) || (y, x) == (*a, *b));
        let wrong = |clock: Clock, first: &Accesses, second: &Accesses| {
            let mut conflicts = conflicts(first, second).peekable();
            let blind = conflicts.peek().is_some() && conflicts.all(these);
            blind || independent(clock, first, second)
        };
        let config = Config { max_shrink_iters: 0, ..config(CASES) };
        let result = TestRunner::new(config).run(&cases_with(Just(kinds.to_vec()), 1..=20), |case| {
            examine(&case, &wrong, &mut Coverage::default()).map_err(TestCaseError::fail)
        });
        assert!(matches!(result, Err(TestError::Fail(..))), "{a} and {b} pass as independent");
    }
}

#[test]
fn atomics() {
    refuses(&[Kind::Atomic], &[("atomic: read", "atomic: write"), ("atomic: write", "atomic: write")]);
}

#[test]
fn mutexes() {
    refuses(&[Kind::Mutex], &[("mutex: read", "mutex: write"), ("mutex: write", "mutex: write")]);
}

#[test]
fn rwlocks() {
    let pairs = [
        ("rwlock: see anybody", "rwlock: share"),
        ("rwlock: see anybody", "rwlock: exclude"),
        ("rwlock: see a writer", "rwlock: exclude"),
        ("rwlock: share", "rwlock: exclude"),
        ("rwlock: exclude", "rwlock: exclude"),
    ];
    refuses(&[Kind::RwLock], &pairs);
}

#[test]
fn condition_variables() {
    let pairs = [
        ("condvar: enqueue", "condvar: notify"),
        ("condvar: enqueue", "condvar: notify nobody"),
        ("condvar: withdraw", "condvar: notify"),
        ("condvar: withdraw", "condvar: notify nobody"),
        ("condvar: notify", "condvar: notify"),
        ("condvar: notify", "condvar: notify nobody"),
        ("wake", "wake"),
    ];
    refuses(&[Kind::Condvar], &pairs);
}

#[test]
fn barriers() {
    refuses(&[Kind::Barrier(2)], &[("barrier: arrive", "barrier: arrive"), ("wake", "wake")]);
    refuses(&[Kind::Barrier(3)], &[("barrier: arrive", "barrier: arrive"), ("wake", "wake")]);
}

#[test]
fn onces() {
    refuses(&[Kind::Once], &[("once: read", "once: write"), ("once: write", "once: write")]);
}

#[test]
fn channels() {
    let pairs = [
        ("channel: send", "channel: send"),
        ("channel: send", "channel: receive"),
        ("channel: send", "channel: see it full"),
        ("channel: send", "channel: see it empty"),
        ("channel: receive", "channel: receive"),
        ("channel: receive", "channel: see it full"),
        ("channel: receive", "channel: see it empty"),
        ("channel: drop a sender", "channel: see it empty"),
        ("channel: drop a sender", "channel: see no senders"),
        ("channel: drop a receiver", "channel: send"),
        ("channel: drop a receiver", "channel: see it full"),
        ("channel: drop a receiver", "channel: see no receivers"),
        ("channel: drop a receiver", "channel: drop a receiver"),
    ];
    refuses(&[Kind::Channel(Some(1))], &pairs);
    refuses(&[Kind::Channel(Some(2))], &[("channel: send", "channel: receive")]);
    refuses(&[Kind::Channel(None)], &[("channel: send", "channel: receive")]);
}

#[test]
fn channels_that_are_closed_or_looked_at() {
    let pairs = [
        ("channel: close", "channel: send"),
        ("channel: close", "channel: see it full"),
        ("channel: close", "channel: see it empty"),
        ("channel: close", "channel: see no senders"),
        ("channel: close", "channel: see no receivers"),
        ("channel: close", "channel: drop a receiver"),
        ("channel: close", "channel: close"),
        ("channel: count", "channel: send"),
        ("channel: count", "channel: receive"),
        ("channel: see a message", "channel: send"),
        ("channel: see a message", "channel: receive"),
        ("channel: see room", "channel: send"),
        ("channel: see room", "channel: receive"),
    ];
    refuses(&[Kind::Channel(Some(1))], &pairs);
}

#[test]
fn selects() {
    // What no operation without a select does.
    let pairs = [
        ("rendezvous: queue to send", "rendezvous: queue to receive"),
        ("rendezvous: see somebody send", "rendezvous: queue to send"),
        ("rendezvous: see somebody receive", "rendezvous: meet a receiver"),
        ("rendezvous: close", "rendezvous: see somebody send"),
        ("wake", "wake"),
    ];
    refuses(&[Kind::Rendezvous, Kind::Rendezvous, Kind::Select], &pairs);
    let pairs = [
        ("channel: see room", "channel: drop a receiver"),
        ("channel: see room", "channel: close"),
        ("channel: see it empty", "channel: send"),
        ("channel: see it full", "channel: receive"),
    ];
    refuses(&[Kind::Channel(Some(1)), Kind::Rendezvous, Kind::Select], &pairs);
}

#[test]
fn rendezvous() {
    let pairs = [
        ("rendezvous: meet a sender", "rendezvous: queue to send"),
        ("rendezvous: meet a sender", "rendezvous: see nobody send"),
        ("rendezvous: meet a receiver", "rendezvous: queue to receive"),
        ("rendezvous: queue to send", "rendezvous: queue to send"),
        ("rendezvous: queue to send", "rendezvous: queue to receive"),
        ("rendezvous: queue to send", "rendezvous: see nobody send"),
        ("rendezvous: queue to receive", "rendezvous: see nobody receive"),
        ("rendezvous: drop a sender", "rendezvous: drop a sender"),
        ("rendezvous: drop a sender", "rendezvous: queue to receive"),
        ("rendezvous: drop a receiver", "rendezvous: see nobody receive"),
        ("rendezvous: drop a receiver", "rendezvous: see a side gone"),
        ("rendezvous: close", "rendezvous: meet a receiver"),
        ("rendezvous: close", "rendezvous: queue to send"),
        ("rendezvous: close", "rendezvous: see nobody receive"),
        ("rendezvous: close", "rendezvous: see a side gone"),
        ("rendezvous: close", "rendezvous: drop a sender"),
        ("rendezvous: close", "rendezvous: close"),
        ("wake", "wake"),
    ];
    refuses(&[Kind::Rendezvous], &pairs);
}

#[test]
fn semaphores() {
    let pairs = [
        ("semaphore: take", "semaphore: take"),
        ("semaphore: take", "semaphore: give"),
        ("semaphore: take", "semaphore: read"),
        ("semaphore: give", "semaphore: read"),
    ];
    refuses(&[Kind::Semaphore(1)], &pairs);
}

#[test]
fn gates() {
    let pairs = [
        ("gate: raise", "gate: lower"),
        ("gate: raise", "gate: refused"),
        ("gate: raise", "gate: enroll"),
        ("gate: raise", "gate: leave"),
        ("gate: lower", "gate: lower"),
        ("gate: lower", "gate: refused"),
        ("gate: lower", "gate: enroll"),
        ("gate: lower", "gate: leave"),
    ];
    refuses(&[Kind::Gate], &pairs);
}

#[test]
fn timers() {
    let pairs = [
        ("timer", "timer"),
        ("channel: send", "channel: receive"),
        ("channel: send", "channel: see it empty"),
        ("clock: move", "clock: arm"),
    ];
    refuses(&[Kind::Timer], &pairs);
}

#[test]
fn park_tokens() {
    refuses(&[Kind::Park], &[("park: take", "park: give")]);
}

#[test]
fn lives() {
    let pairs = [
        ("life: told that it did not finish", "life: finish"),
        ("life: told that it did not finish", "life: told that it finished"),
        ("life: told that it did not finish", "life: join"),
        ("life: told that it finished", "life: told that it finished"),
        ("life: told that it finished", "life: finish"),
        ("life: finish", "life: join"),
    ];
    refuses(&[Kind::Life], &pairs);
}

#[test]
fn the_clock() {
    let pairs = [("clock: move", "clock: arm"), ("clock: move", "clock: disarm"), ("clock: move", "clock: read")];
    refuses(&[Kind::Clock], &pairs);
    refuses(&[Kind::Clock, Kind::Park], &[("wake", "wake")]);
}
