//! The explorer beside an enumeration of every schedule, on random programs.

pub(in crate::explore) mod brute;
mod estimate;
mod known;
pub(in crate::explore) mod program;
mod resume;

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use proptest::strategy::BoxedStrategy;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestRunner};

use crate::checker::Settings;
use crate::explore::Strategy;
use crate::explore::exploration::explore_with;
use crate::kernel::Clock;
use brute::Class;
use program::{Kind, Program, check_mistakes, programs, selecting};

/// On how many programs the explorer is tried, unless somebody says otherwise.
const CASES: u32 = if cfg!(debug_assertions) { 400 } else { 4_000 };

/// Programs with more schedules than this are left out.
pub(in crate::explore) const MOST_SCHEDULES: usize = 2_000;

pub(in crate::explore) fn settings(clock: Clock, workers: usize) -> Settings {
    Settings {
        strategy: Strategy::Exhaustive,
        keep_going: true,
        clock,
        workers,
        max_steps: 5_000,
        ..Settings::new("random program".to_owned())
    }
}

/// What the explorer executes: every class with how it ends, and how often it was executed.
fn explored(settings: &Settings, program: &Program, limits: Limits) -> (BTreeMap<Class, (String, u32)>, u64) {
    let seen: Arc<Mutex<BTreeMap<Class, (String, u32)>>> = Arc::default();
    let (blocked, complete, _) = explore_with(settings, &program.test(), limits, &seen);
    assert!(complete, "the exploration comes to its end");
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    (seen, blocked)
}

/// How many regions there are at most, how many executions each has in a round, and how many moves may be planned.
type Limits = ((usize, u64), usize);

/// By how many workers programs are explored, and with which limits.
const EXPLORERS: [(&str, usize, Limits); 6] = [
    ("one region", 1, ((1, 64), usize::MAX)),
    ("regions", 1, ((7, 5), usize::MAX)),
    ("one execution a round", 1, ((3, 1), usize::MAX)),
    ("two workers", 2, ((4, 3), usize::MAX)),
    ("three workers", 3, ((16, 64), usize::MAX)),
    ("single steps", 1, ((5, 3), 0)),
];

/// Compares the explorer with the enumeration. Says whether the program was small enough.
fn compare(program: &Program, clock: Clock) -> Result<bool, String> {
    let base = settings(clock, 1);
    // Whether anybody really asks, the explorer finds out by itself.
    let finish_apart = program.asks() && explored_once(&base, program);
    let Some(expected) = brute::classes(&base, &program.test(), MOST_SCHEDULES, finish_apart) else { return Ok(false) };
    for (name, workers, limits) in EXPLORERS {
        if limits.1 == 0 && program.kinds.contains(&Kind::Timer) {
            // Some orders in which timers fire are not found then, and the exploration says so.
            let seen: Arc<Mutex<BTreeMap<Class, (String, u32)>>> = Arc::default();
            let (_, complete, _) = explore_with(&settings(clock, workers), &program.test(), limits, &seen);
            assert!(!complete, "it is not all");
            let seen = std::mem::take(&mut *seen.lock().unwrap());
            if let Some(class) = seen.keys().find(|class| !expected.contains_key(*class)) {
                return Err(format!("{name}: this class does not exist:{}", shown(class)));
            }
            continue;
        }
        let (seen, blocked) = explored(&settings(clock, workers), program, limits);
        if let Some((class, _)) = expected.iter().find(|(class, _)| !seen.contains_key(*class)) {
            return Err(format!(
                "{name}: of {} classes, {} were explored; missed{}",
                expected.len(),
                seen.len(),
                shown(class)
            ));
        }
        if let Some((class, _)) = seen.iter().find(|(class, _)| !expected.contains_key(*class)) {
            return Err(format!("{name}: this class does not exist:{}", shown(class)));
        }
        if let Some((class, (_, times))) = seen.iter().find(|(_, (_, times))| *times > 1) {
            return Err(format!("{name}: a class was explored {times} times:{}", shown(class)));
        }
        if let Some((class, (end, _))) = seen.iter().find(|(class, (end, _))| expected[*class].0 != *end) {
            return Err(format!("{name}: ends with {end} and not {}", expected[class].0));
        }
        if blocked > 0 && name != "single steps" {
            return Err(format!("{name}: {blocked} executions were blocked"));
        }
    }
    Ok(true)
}

/// Whether a task asks in some execution whether another has finished, if the program is small enough to be compared.
fn explored_once(settings: &Settings, program: &Program) -> bool {
    let settings = &Settings { schedules: Some(MOST_SCHEDULES as u64), ..settings.clone() };
    let seen: Arc<Mutex<BTreeMap<Class, (String, u32)>>> = Arc::default();
    explore_with(settings, &program.test(), ((1, 64), usize::MAX), &seen).2
}

/// A class as text: every step with those right before it.
pub(in crate::explore) fn shown(class: &Class) -> String {
    let name = |(task, number): (u64, u32)| match task {
        0 => format!("clock.{number}"),
        1 => format!("main.{number}"),
        _ => format!("{:x}.{number}", task >> 52),
    };
    let mut text = String::new();
    for (task, number, outcome, end, before) in class {
        let before: Vec<String> = before.iter().map(|step| name(*step)).collect();
        let outcome = if *outcome > 9 { format!("{:x}", outcome >> 52) } else { outcome.to_string() };
        text.push_str(&format!("\n  {} {end} {outcome} after {}", name((*task, *number)), before.join(" ")));
    }
    text
}

/// Compares the explorer with the enumeration on `cases` of these `programs`.
fn try_programs(cases: u32, programs: BoxedStrategy<Program>, clock: Clock) {
    on_programs(cases, programs, |program| compare(program, clock));
}

/// Calls `compare` with `cases` of these `programs`. It says whether a program was small enough.
pub(in crate::explore) fn on_programs(
    cases: u32,
    programs: BoxedStrategy<Program>,
    compare: impl Fn(&Program) -> Result<bool, String>,
) {
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 500, ..Config::default() };
    let config = match config.rng_seed {
        RngSeed::Random => Config { rng_seed: RngSeed::Fixed(1), ..config },
        RngSeed::Fixed(_) => config,
    };
    let compared = std::sync::atomic::AtomicU64::new(0);
    let result = TestRunner::new(config).run(&programs, |program| {
        let small = compare(&program).and_then(|small| check_mistakes().map(|()| small));
        let small = small.map_err(TestCaseError::fail)?;
        compared.fetch_add(small.into(), Ordering::Relaxed);
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    let compared = compared.into_inner();
    println!("{compared} of {cases} programs were small enough to be compared");
    assert!(compared * 2 > u64::from(cases), "most programs are compared: {compared} of {cases}");
}

/// On how many programs an explorer is tried.
pub(in crate::explore) fn cases() -> u32 {
    std::env::var_os("PROPTEST_CASES").map_or(CASES, |_| Config::default().cases)
}

#[test]
fn random_programs_on_an_idle_clock() {
    try_programs(cases(), programs(3), Clock::Idle);
}

#[test]
fn random_programs_on_an_elastic_clock() {
    try_programs(cases(), programs(2), Clock::Elastic);
}

#[test]
fn longer_random_programs() {
    try_programs(cases() / 4, programs(5), Clock::Idle);
}

#[test]
fn random_programs_with_selects_on_an_idle_clock() {
    try_programs(cases(), selecting(2), Clock::Idle);
}

#[test]
fn random_programs_with_selects_on_an_elastic_clock() {
    try_programs(cases() / 2, selecting(2), Clock::Elastic);
}

/// What keeps a writer from writing is here the last step of one reader and all of another.
#[test]
fn a_writer_among_readers() {
    use Statement::{Plain, Reading, Writing};
    use program::{Simple, Statement};
    let program = Program {
        kinds: vec![Kind::RwLock],
        tasks: vec![
            vec![Plain(0, Simple::A)],
            vec![Writing(0, vec![Reading(0, vec![])])],
            vec![Reading(0, vec![Writing(0, vec![])])],
            vec![Plain(0, Simple::C), Reading(0, vec![Writing(0, vec![])])],
        ],
    };
    assert_eq!(compare(&program, Clock::Idle), Ok(true));
}

/// The clock could have fired a timer that was taken back, and fires another.
#[test]
fn a_timer_that_was_taken_back() {
    use crate::kernel::select::{Form, Pick};
    use program::Statement;
    let select = |arms: &[(usize, bool)], form, timeout| Statement::Select {
        arms: arms.to_vec(),
        form,
        pick: Pick::Any,
        timeout: Some(timeout),
    };
    let program = Program {
        kinds: vec![Kind::Channel(None)],
        tasks: vec![
            vec![select(&[(0, true), (0, true)], Form::Wait, 0)],
            vec![select(&[(0, true)], Form::Await, 1), Statement::Receive(0, Some(0))],
        ],
    };
    assert_eq!(compare(&program, Clock::Elastic), Ok(true));
}

/// Earlier, a select that takes the first arm that is ready sees one to which it does not come later.
#[test]
fn a_later_arm_that_was_ready_earlier() {
    use crate::kernel::select::{Form, Pick};
    use program::{Simple, Statement};
    let select =
        |arms: &[(usize, bool)], form, pick| Statement::Select { arms: arms.to_vec(), form, pick, timeout: None };
    let program = Program {
        kinds: vec![Kind::Timer, Kind::Rendezvous],
        tasks: vec![
            vec![Statement::Receive(0, None), select(&[(1, true)], Form::Wait, Pick::Any)],
            vec![select(&[(1, false), (0, false)], Form::Await, Pick::First)],
            vec![Statement::Plain(0, Simple::B)],
        ],
    };
    assert_eq!(compare(&program, Clock::Idle), Ok(true));
}

/// A select that was met could have taken an earlier arm before, had nobody met it.
#[test]
fn a_first_arm_that_was_ready_before_somebody_came() {
    use crate::kernel::select::{Form, Pick};
    use program::{Simple, Statement};
    let arms = vec![(0, false), (1, false), (1, true)];
    let program = Program {
        kinds: vec![Kind::Channel(None), Kind::Rendezvous],
        tasks: vec![
            vec![Statement::Receive(0, None)],
            vec![Statement::Plain(0, Simple::B)],
            vec![Statement::Select { arms, form: Form::Wait, pick: Pick::First, timeout: None }],
            vec![Statement::If(Vec::new()), Statement::Send(1)],
        ],
    };
    assert_eq!(compare(&program, Clock::Idle), Ok(true));
}

/// A ticker whose channel is closed.
#[test]
fn ticks_that_are_not_wanted_any_more() {
    use crate::kernel::select::{Form, Pick};
    use program::{Simple, Statement};
    let arms = vec![(1, true), (0, false), (0, false)];
    let look = Statement::Select { arms, form: Form::Look, pick: Pick::Any, timeout: None };
    let program = Program {
        kinds: vec![Kind::Timer, Kind::Channel(Some(1))],
        tasks: vec![
            vec![Statement::Plain(0, Simple::C), Statement::Receive(0, Some(1))],
            vec![Statement::Close(0), Statement::If(vec![look])],
        ],
    };
    assert_eq!(compare(&program, Clock::Elastic), Ok(true));
}

/// Somebody who does not wait meets a task that waits at several channels.
#[test]
fn a_partner_who_waits_elsewhere_besides() {
    use crate::kernel::select::{Form, Pick};
    use program::{Simple, Statement};
    let select = |arms: &[(usize, bool)], pick, timeout| Statement::Select {
        arms: arms.to_vec(),
        form: Form::Wait,
        pick,
        timeout,
    };
    let program = Program {
        kinds: vec![Kind::Rendezvous, Kind::Channel(Some(1)), Kind::Rendezvous],
        tasks: vec![
            vec![select(&[(0, true)], Pick::Any, None), select(&[(1, true), (0, false)], Pick::Any, None)],
            vec![select(&[(1, false), (0, true), (1, false)], Pick::First, Some(0)), Statement::Receive(1, None)],
            vec![Statement::Plain(0, Simple::B)],
        ],
    };
    assert_eq!(compare(&program, Clock::Idle), Ok(true));
    assert_eq!(check_mistakes(), Ok(()));
}
