//! The gallery holds: its correct components survive, and its twins are caught, saved and replayed.

#![cfg(feature = "sim")]

use std::path::{Path, PathBuf};

use reweave::{Checker, Clock, Finding, Report, Strategy};
use reweave_scenarios::gallery::{Entry, Expectation, gallery};

/// Random schedules that each correct component survives here, per clock; the program explores many more.
const SURVIVED: u64 = if cfg!(debug_assertions) { 2_000 } else { 20_000 };

/// Seeds from which every twin is caught, and within how many schedules. The rarest, the clock before the queue, takes
/// a hundred schedules on average and 634 from the unluckiest of these seeds; the others take fifty at most.
const SEEDS: u64 = 20;
const CAUGHT_WITHIN: u64 = 1_000;

/// Seeds whose finding is replayed from its token.
const REPLAYED: u64 = 100;

fn checker(entry: &Entry) -> Checker {
    Checker::new().name(&entry.name()).strategy(Strategy::Random)
}

/// The seeds that are saved beside the sources.
fn seeds_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this package is a member of a workspace").join("seeds")
}

fn correct() -> impl Iterator<Item = Entry> {
    gallery().into_iter().filter(|entry| entry.expect == Expectation::Correct)
}

/// The twins, each with the name of the kind of finding that it is caught with.
fn twins() -> impl Iterator<Item = (Entry, &'static str)> {
    gallery().into_iter().filter_map(|entry| match entry.expect {
        Expectation::Correct => None,
        Expectation::Fails(kind) => Some((entry, kind)),
    })
}

/// The finding of `report`, which is of this kind.
fn caught<'a>(entry: &Entry, kind: &str, report: &'a Report) -> &'a Finding {
    let finding = report.finding().unwrap_or_else(|| panic!("{} is not caught: {report}", entry.name()));
    assert_eq!(finding.kind().name(), kind, "{}: {}", entry.name(), finding.render());
    finding
}

fn survives(entry: &Entry, checker: Checker) {
    let report = checker.schedules(SURVIVED).seeds_dir(seeds_dir()).explore(entry.run);
    if let Some(finding) = report.finding() {
        panic!("{}", finding.render());
    }
    assert_eq!(report.schedules(), SURVIVED, "{}: {report}", entry.name());
}

#[test]
fn correct_components_survive_while_time_stands_still() {
    correct().for_each(|entry| survives(&entry, checker(&entry).clock(Clock::Idle)));
}

#[test]
fn correct_components_survive_while_time_flies() {
    correct().for_each(|entry| survives(&entry, checker(&entry).clock(Clock::Elastic)));
}

#[test]
fn correct_components_survive_wake_ups_that_nobody_asked_for() {
    correct().for_each(|entry| survives(&entry, checker(&entry).spurious_wakeups(true)));
}

#[test]
fn every_twin_is_caught_from_every_seed() {
    for (entry, kind) in twins() {
        for seed in 0..SEEDS {
            let report = checker(&entry).seed(seed).schedules(CAUGHT_WITHIN).explore(entry.run);
            caught(&entry, kind, &report);
        }
    }
}

#[test]
fn the_saved_seed_of_every_twin_still_fails() {
    for (entry, kind) in twins() {
        // One schedule would hardly find it: the saved seed does.
        let report = checker(&entry).schedules(1).seeds_dir(seeds_dir()).explore(entry.run);
        caught(&entry, kind, &report);
        assert!(report.verdict().is_failed(), "{report}");
        let note = report.note().unwrap_or_default();
        assert!(note.ends_with("still fails"), "{}: {note:?}", entry.name());
        assert!(note.contains("seeds"), "{}: the note names the file: {note:?}", entry.name());
    }
}

#[test]
fn tokens_replay_the_finding_that_they_came_with() {
    for (entry, kind) in twins() {
        for seed in 0..REPLAYED {
            let checker = checker(&entry).seed(seed);
            let found = checker.clone().explore(entry.run);
            let first = caught(&entry, kind, &found);
            let replayed = checker.replay(&first.token(), entry.run);
            let again = caught(&entry, kind, &replayed);
            assert_eq!(again.signature(), first.signature(), "{} from seed {seed}", entry.name());
            assert_eq!(again.message(), first.message(), "{} from seed {seed}", entry.name());
            assert_eq!(again.schedule(), first.schedule(), "{} from seed {seed}", entry.name());
            assert_eq!(replayed.note(), None, "{} from seed {seed}", entry.name());
        }
    }
}
