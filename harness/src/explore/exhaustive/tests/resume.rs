//! Explorations that are interrupted again and again, beside those that are not.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use proptest::test_runner::{Config, RngSeed, TestCaseError, TestRunner};

use super::brute::Class;
use super::program::{self, Program};
use super::settings;
use crate::checker::Settings;
use crate::explore::exploration::explore_with;
use crate::kernel::Clock;

/// On how many programs interruptions are tried.
const CASES: u32 = if cfg!(debug_assertions) { 40 } else { 300 };

type Classes = BTreeMap<Class, (String, u32)>;

/// Programs with more executions than this are left out.
const MOST: u64 = 400;

/// What is executed until `complete`, when the exploration stops after every `pace` executions.
fn interrupted(settings: &Settings, program: &Program, limits: super::Limits, pace: u64) -> Result<Classes, String> {
    let seen: Arc<Mutex<Classes>> = Arc::default();
    for part in 1..=MOST / pace + 2 {
        let settings = Settings { schedules: Some(part * pace), ..settings.clone() };
        let (_, complete, _) = explore_with(&settings, &program.test(), limits, &seen);
        let file = settings.checkpoint.as_ref().expect("it is set");
        if complete == file.exists() {
            return Err(format!("after part {part}, complete: {complete}, file: {}", file.exists()));
        }
        if complete {
            return Ok(std::mem::take(&mut *seen.lock().unwrap()));
        }
    }
    Err(format!("not complete after {} executions", seen.lock().unwrap().len()))
}

#[test]
fn an_interrupted_exploration_executes_what_is_left() {
    let file = std::env::temp_dir().join(format!("reweave-unit-{}.checkpoint", std::process::id()));
    let config = Config { cases: CASES, failure_persistence: None, rng_seed: RngSeed::Fixed(7), ..Config::default() };
    let compared = std::cell::Cell::new(0);
    let strategy = (program::programs(3), 1..40_u64);
    let result = TestRunner::new(config).run(&strategy, |(program, pace)| {
        let _ = std::fs::remove_file(&file);
        let plain = settings(Clock::Idle, 1);
        for limits in [((7, 3), usize::MAX), ((1, 64), usize::MAX), ((5, 3), 0)] {
            let seen: Arc<Mutex<Classes>> = Arc::default();
            let bounded = Settings { schedules: Some(MOST), ..plain.clone() };
            let (_, complete, _) = explore_with(&bounded, &program.test(), limits, &seen);
            if !complete {
                return Ok(());
            }
            let whole = std::mem::take(&mut *seen.lock().unwrap());
            let saved = Settings { checkpoint: Some(file.clone()), ..plain.clone() };
            let parts = interrupted(&saved, &program, limits, pace).map_err(TestCaseError::fail)?;
            if parts != whole {
                let text = format!("{limits:?}: {} classes in parts, {} at once", parts.len(), whole.len());
                return Err(TestCaseError::fail(text));
            }
            compared.set(compared.get() + u32::from(whole.len() as u64 > pace));
        }
        Ok(())
    });
    let _ = std::fs::remove_file(&file);
    if let Err(error) = result {
        panic!("{error}");
    }
    println!("{} explorations were interrupted", compared.get());
    assert!(compared.get() > CASES / 4, "some were interrupted: {}", compared.get());
}
