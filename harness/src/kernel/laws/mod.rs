//! The laws that hold every kind of object to account.
//!
//! A random program is led through a random execution. In every state on the way, every two steps that two tasks
//! could take are performed in both orders and compared with what [`super::relation`] says of them; at the end,
//! independent neighbours of the whole execution are exchanged. `PROPTEST_CASES` sets how many programs there are.

mod checker;
#[cfg(not(miri))]
mod classes;
mod coverage;
mod generator;
mod invariants;
mod labels;
#[cfg(not(miri))]
mod mutations;
mod protocol;
mod trace;

use std::cell::RefCell;

use proptest::test_runner::{Config, RngSeed, TestCaseError, TestRunner};

use super::relation::independent;
use checker::{Relation, State, Step};
use coverage::Coverage;
use generator::{Case, Program};
use trace::Trace;

/// On how many programs the laws are tried, unless somebody says otherwise.
const CASES: u32 = 1_000;

/// The same programs every time, so that what they cover can be checked as well.
fn config(cases: u32) -> Config {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    match config.rng_seed {
        RngSeed::Random => Config { rng_seed: RngSeed::Fixed(1), ..config },
        RngSeed::Fixed(_) => config,
    }
}

/// Leads the program of `case` through an execution and checks everything on the way.
fn examine(case: &Case, relation: Relation<'_>, coverage: &mut Coverage) -> Result<(), String> {
    let mut program = Program::new(case);
    let start = program.world.clone();
    let mut steps = Vec::new();
    while steps.len() < trace::MAX_STEPS {
        let candidates = program.candidates();
        State { world: &program.world, candidates: &candidates }.check(relation, coverage)?;
        let Some((candidate, alternative)) = program.pick() else { break };
        steps.push(Step::of(&program.world, candidate, alternative));
        program.step(candidate, alternative);
    }
    coverage.exchanges += Trace::new(start, relation, steps).check()?;
    Ok(())
}

#[test]
fn every_two_steps_obey_the_laws() {
    let asked = std::env::var_os("PROPTEST_CASES").map(|_| Config::default().cases);
    let cases = asked.unwrap_or(if cfg!(miri) { 2 } else { CASES });
    let coverage = RefCell::new(Coverage::default());
    let result = TestRunner::new(config(cases)).run(&generator::cases(1..=30), |case| {
        examine(&case, &|rules, a, b| independent(rules, a, b), &mut coverage.borrow_mut()).map_err(TestCaseError::fail)
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    let coverage = coverage.into_inner();
    println!("{coverage}");
    let gaps = coverage.gaps();
    assert!(cases < CASES || gaps.is_empty(), "{gaps:#?}");
}
