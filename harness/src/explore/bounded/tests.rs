//! Exploration within a bound beside an enumeration of every schedule, on random programs.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use crate::checker::{Settings, Verdict};
use crate::explore::exhaustive::Seen;
use crate::explore::exhaustive::tests::brute::{self, Class};
use crate::explore::exhaustive::tests::program::Program;
use crate::explore::exhaustive::tests::program::programs;
use crate::explore::exhaustive::tests::{MOST_SCHEDULES, cases, on_programs, settings, shown};
use crate::explore::exploration::explore_bounded_with;
use crate::kernel::Clock;

type Executed = BTreeMap<Class, (String, u32)>;

fn explored(settings: &Settings, program: &Program, limits: (usize, usize)) -> (Executed, Verdict, bool) {
    let seen: Seen = Arc::default();
    let (verdict, finish_apart) = explore_bounded_with(settings, &program.test(), limits, &seen);
    let seen = std::mem::take(&mut *Mutex::lock(&seen).unwrap());
    (seen, verdict, finish_apart)
}

/// Compares the explorer with the enumeration. Says whether the program was small enough.
fn compare(program: &Program, clock: Clock) -> Result<bool, String> {
    let settings = settings(clock, 1);
    // Whether anybody asks if another has finished may depend on the bound, and decides what is a step.
    let mut enumerations = [None, None];
    for (bound, lanes) in [(0, 1), (1, 1), (1, 7), (2, 1), (2, 7), (usize::MAX, 3)] {
        let (seen, verdict, apart) = explored(&settings, program, (lanes, bound));
        let classes = || brute::classes(&settings, &program.test(), MOST_SCHEDULES, apart);
        let Some(all) = enumerations[usize::from(apart)].get_or_insert_with(classes) else { return Ok(false) };
        let name = format!("{bound} preemptions, {lanes} lanes");
        for (class, (end, times)) in &seen {
            match all.get(class) {
                None => return Err(format!("{name}: this class does not exist:{}", shown(class))),
                Some((_, least)) if *least > bound => {
                    return Err(format!("{name}: a class was executed that needs {least}:{}", shown(class)));
                }
                Some((expected, _)) if expected != end => {
                    return Err(format!("{name}: ends with {end} and not {expected}"));
                }
                Some(_) if *times > 1 => return Err(format!("{name}: a class was counted {times} times")),
                Some(_) => {}
            }
        }
        let within = |(class, (_, least)): &(&Class, &(String, usize))| *least <= bound && !seen.contains_key(*class);
        if let Some((class, (_, least))) = all.iter().find(within) {
            return Err(format!("{name}: missed a class that needs {least}:{}", shown(class)));
        }
        let right = match verdict {
            Verdict::Exhaustive => seen.len() == all.len(),
            Verdict::Bounded { preemptions } => preemptions == bound && bound != usize::MAX,
            _ => false,
        };
        if !right {
            return Err(format!("{name}: the verdict is {verdict} after {} of {} classes", seen.len(), all.len()));
        }
    }
    Ok(true)
}

#[test]
fn random_programs_on_an_idle_clock() {
    on_programs(cases() / 4, programs(3), |program| compare(program, Clock::Idle));
}

#[test]
fn random_programs_on_an_elastic_clock() {
    on_programs(cases() / 4, programs(2), |program| compare(program, Clock::Elastic));
}

#[test]
fn longer_random_programs() {
    on_programs(cases() / 16, programs(5), |program| compare(program, Clock::Idle));
}

/// A loop that ends by itself does not wait for time to pass.
#[test]
fn a_loop_that_looks_at_the_time_twice() {
    use crate::explore::exhaustive::tests::program::Statement::{Now, Yield};
    let program = Program { kinds: Vec::new(), tasks: vec![vec![Yield, Now, Yield], Vec::new()] };
    assert_eq!(compare(&program, Clock::Idle), Ok(true));
}
