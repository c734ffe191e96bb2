//! The same program and seed give the same executions: with any number of workers, in debug and release builds.

use std::time::Duration;

use reweave::sync::atomic::{AtomicU32, Ordering::SeqCst};
use reweave::sync::{Arc, Condvar, Mutex, mpsc};
use reweave::{Checker, Clock, FindingKind, Strategy, Verdict, thread};

/// Something of everything.
fn program() {
    let hits = Arc::new(AtomicU32::new(0));
    let state = Arc::new((Mutex::new(0), Condvar::new()));
    let (sender, receiver) = mpsc::sync_channel(1);
    let tasks: Vec<_> = (0..3)
        .map(|i| {
            let (hits, state, sender) = (Arc::clone(&hits), Arc::clone(&state), sender.clone());
            thread::spawn(move || {
                hits.fetch_add(i, SeqCst);
                *state.0.lock().unwrap() += 1;
                state.1.notify_one();
                if i == 2 {
                    thread::sleep(Duration::from_millis(5));
                }
                sender.send(i).unwrap();
            })
        })
        .collect();
    drop(sender);
    let mut count = state.0.lock().unwrap();
    while *count < 2 {
        count = state.1.wait_timeout(count, Duration::from_millis(1)).unwrap().0;
    }
    drop(count);
    assert_eq!(receiver.iter().count(), 3);
    tasks.into_iter().for_each(|task| task.join().unwrap());
}

fn hash(workers: usize, clock: Clock) -> u64 {
    let report = Checker::new()
        .strategy(Strategy::Random)
        .name("determinism")
        .seed(7)
        .schedules(500)
        .workers(workers)
        .clock(clock)
        .trace_hash(true)
        .explore(program);
    assert!(!report.verdict().is_failed(), "{}", report.finding().unwrap().render());
    report.trace_hash().expect("it was asked for")
}

#[test]
fn workers_do_not_matter() {
    for clock in [Clock::Idle, Clock::Elastic] {
        let one = hash(1, clock);
        assert_eq!(hash(2, clock), one, "two workers, {clock:?}");
        assert_eq!(hash(5, clock), one, "five workers, {clock:?}");
    }
    assert_ne!(hash(1, Clock::Idle), hash(1, Clock::Elastic));
}

/// The hashes of `program` as it stands here. They change with its text, and when the engine takes other steps; they do
/// not depend on the machine, the profile or the day.
const HASHES: [(Clock, u64); 2] = [(Clock::Idle, 0x69d8_346d_1662_21eb), (Clock::Elastic, 0x8efe_b05f_e5fe_1791)];

#[test]
fn debug_and_release_builds_agree_on_any_machine() {
    for (clock, expected) in HASHES {
        let seen = hash(1, clock);
        assert_eq!(seen, expected, "{clock:?}: {seen:#018x} in this build, {expected:#018x} pinned");
    }
}

fn lost_update() {
    let hits = Arc::new(AtomicU32::new(0));
    let tasks: Vec<_> = (0..3)
        .map(|_| {
            let hits = Arc::clone(&hits);
            thread::spawn(move || {
                let seen = hits.load(SeqCst);
                thread::yield_now();
                hits.store(seen + 1, SeqCst);
            })
        })
        .collect();
    tasks.into_iter().for_each(|task| task.join().unwrap());
    assert!(hits.load(SeqCst) > 1, "all but one update were lost");
}

#[test]
fn the_first_finding_is_the_same_with_any_number_of_workers() {
    for seed in 0..20 {
        let explore = |workers| {
            Checker::new()
                .strategy(Strategy::Random)
                .name("lost_update")
                .seed(seed)
                .workers(workers)
                .explore(lost_update)
        };
        let (one, two, four) = (explore(1), explore(2), explore(4));
        for other in [&two, &four] {
            assert_eq!(one.schedules(), other.schedules(), "seed {seed}");
            let (a, b) = (one.finding().unwrap(), other.finding().unwrap());
            assert_eq!(a.token(), b.token(), "seed {seed}");
            assert_eq!(a.schedule(), b.schedule(), "seed {seed}");
            assert_eq!(a.render(), b.render(), "seed {seed}");
        }
    }
}

#[test]
fn a_token_replays_its_finding() {
    for seed in 0..100 {
        let checker = Checker::new().strategy(Strategy::Random).name("lost_update").seed(seed);
        let found = checker.clone().explore(lost_update);
        let finding = found.finding().expect("it is found");
        let replayed = checker.replay(&finding.token(), lost_update);
        let again = replayed.finding().expect("it fails again");
        assert_eq!((again.kind(), again.message()), (finding.kind(), finding.message()), "seed {seed}");
        assert_eq!(again.schedule(), finding.schedule());
        assert_eq!(replayed.note(), None);
    }
}

#[test]
fn a_program_that_is_not_deterministic_is_found_out() {
    let calls = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
    let report = Checker::new().strategy(Strategy::Random).schedules(10).explore(move || {
        let hits = AtomicU32::new(0);
        if calls.fetch_add(1, std::sync::atomic::Ordering::SeqCst).is_multiple_of(2) {
            hits.store(1, SeqCst);
        } else {
            hits.load(SeqCst);
        }
    });
    let finding = report.finding().expect("the difference is seen");
    assert_eq!(finding.kind(), FindingKind::Nondeterminism, "{}", finding.render());
    assert!(finding.message().contains("store 1 in atomic"), "{}", finding.message());
    assert!(finding.message().contains("load atomic"), "{}", finding.message());
}

/// What an execution stores in an atomic depends, from the fiftieth on, on how many there were before.
fn strays_late(runs: &std::sync::atomic::AtomicU32) {
    let run = runs.fetch_add(1, SeqCst);
    let cell = Arc::new(AtomicU32::new(0));
    let theirs = Arc::clone(&cell);
    let task = thread::spawn(move || theirs.store(run.saturating_sub(50), SeqCst));
    cell.load(SeqCst);
    task.join().unwrap();
}

#[test]
fn one_in_a_hundred_executions_is_run_twice() {
    let runs = std::sync::atomic::AtomicU32::new(0);
    let checker = Checker::new().strategy(Strategy::Random).schedules(101);
    let report = checker.explore(move || strays_late(&runs));
    let finding = report.finding().expect("the hundredth is run twice");
    assert_eq!(finding.kind(), FindingKind::Nondeterminism, "{}", finding.render());
    let message = finding.message();
    assert!(message.contains("in the first run and `"), "both sides are shown: {message}");
    assert!(message.contains("a value differs; look for the real clock, random numbers, hashes"), "{message}");
}

#[test]
fn addresses_in_atomics_are_no_difference() {
    let checker = Checker::new().strategy(Strategy::Random).schedules(301);
    let report = checker.explore(|| {
        let place = Arc::new(reweave::sync::atomic::AtomicPtr::new(std::ptr::null_mut::<u8>()));
        let theirs = Arc::clone(&place);
        let task =
            thread::spawn(move || theirs.store(Box::leak(vec![0_u8; 4096].into_boxed_slice()).as_mut_ptr(), SeqCst));
        place.load(SeqCst);
        task.join().unwrap();
    });
    assert!(report.findings().is_empty(), "{report}");
}

#[test]
fn a_program_without_choices_is_proved_in_one_schedule() {
    let report = Checker::new().strategy(Strategy::Random).explore(|| thread::spawn(|| ()).join().unwrap());
    assert_eq!(*report.verdict(), Verdict::Exhaustive);
    assert_eq!(report.schedules(), 1);
}
