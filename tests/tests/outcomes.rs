//! Every peer, held to its column of the table.

use std::collections::BTreeSet;
use std::env;
use std::process::Command;

use reweave_tests::peers::{LOOM, PEERS, REWEAVE, SHUTTLE, STD};
use reweave_tests::programs::{THEMES, atomics, channels, condvars, locks, meeting, tasks};
use reweave_tests::{Driver, Outcomes, Peer, Program};

/// Checks each program on one peer and reports all that is wrong at once.
#[track_caller]
fn check(peer: &Driver, programs: &[Program]) {
    let mismatches: Vec<String> =
        programs.iter().filter_map(|program| peer.check(program).err()).map(|mismatch| mismatch.to_string()).collect();
    assert!(mismatches.is_empty(), "{}", mismatches.join("\n"));
}

/// A test for each theme on each peer.
macro_rules! outcomes {
    ($($name:ident: $peer:expr),+ $(,)?) => {$(
        mod $name {
            use super::*;

            #[test]
            fn atomics() {
                check(&$peer, atomics::PROGRAMS);
            }

            #[test]
            fn locks() {
                check(&$peer, locks::PROGRAMS);
            }

            #[test]
            fn condvars() {
                check(&$peer, condvars::PROGRAMS);
            }

            #[test]
            fn meeting() {
                check(&$peer, meeting::PROGRAMS);
            }

            #[test]
            fn channels() {
                check(&$peer, channels::PROGRAMS);
            }

            #[test]
            fn tasks() {
                check(&$peer, tasks::PROGRAMS);
            }
        }
    )+};
}

outcomes! {
    std_threads: STD,
    reweave: REWEAVE,
    shuttle: SHUTTLE,
    loom: LOOM,
}

/// All programs.
fn programs() -> impl Iterator<Item = &'static Program> {
    THEMES.iter().flat_map(|(_, programs)| *programs)
}

/// Runs the test with this name again, in a process of its own for each program that ends it.
#[test]
fn aborts_do_abort() {
    /// What tells such a process which program to run, on which peer.
    const CHILD: &str = "PEER_PROGRAM";

    let child = env::var(CHILD).ok();
    for program in programs() {
        for peer in PEERS {
            let Peer::Aborts { program: run, .. } = *(peer.column)(program) else {
                continue;
            };
            let name = format!("{} on {}", program.name, peer.name);
            if let Some(child) = &child {
                if *child == name {
                    (peer.explore)(run, &Outcomes::new());
                }
                continue;
            }
            let ended = Command::new(env::current_exe().unwrap())
                .args(["--exact", "aborts_do_abort", "--nocapture"])
                .env(CHILD, &name)
                .output()
                .unwrap();
            let noise = String::from_utf8_lossy(&ended.stderr);
            assert!(!ended.status.success(), "{name} ends well");
            assert!(noise.contains("aborting"), "{name} ends with {}: {noise}", ended.status);
        }
    }
}

#[test]
fn every_program_has_a_name_of_its_own_and_outcomes_without_repetition() {
    let mut names = BTreeSet::new();
    for program in programs() {
        assert!(names.insert(program.name), "{} is there twice", program.name);
        let may: BTreeSet<_> = program.may.iter().collect();
        assert_eq!(may.len(), program.may.len(), "{} repeats an outcome", program.name);
    }
    assert!(names.len() >= 32, "only {} programs", names.len());
}

#[test]
fn a_difference_is_one() {
    for program in programs() {
        let may: BTreeSet<_> = program.may.iter().collect();
        for peer in PEERS {
            if let Peer::Differs { outcomes, .. } = (peer.column)(program) {
                let outcomes: BTreeSet<_> = outcomes.iter().collect();
                assert_ne!(outcomes, may, "{} does not differ on {}", program.name, peer.name);
            }
        }
    }
}
