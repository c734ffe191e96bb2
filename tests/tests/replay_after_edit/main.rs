//! A saved failure survives edits of the program: ten programs, five edits each.

mod given;
mod programs;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use programs::{Edit, PROGRAMS};
use reweave::{Checker, SeedOutcome, Seeds, Strategy};

/// A directory of its own for a test.
fn scratch(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("after-edit-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&path);
    path
}

/// So few schedules that exploring does not find what replaying did not.
fn checker(name: &str, directory: &Path) -> Checker {
    Checker::new().name(name).strategy(Strategy::Random).seeds_dir(directory).shrink_for(Duration::from_millis(300))
}

#[test]
fn seeds_are_found_again_after_edits() {
    let directory = scratch("all");
    let (mut found, mut told) = (0, Vec::new());
    for (name, program) in PROGRAMS {
        let saved = checker(name, &directory).seeds(Seeds::Accept).explore(move || program(Edit::None));
        let kind = saved.finding().unwrap_or_else(|| panic!("{name} does not fail: {saved}")).kind();
        let again = checker(name, &directory).schedules(1).explore(move || program(Edit::None));
        assert_eq!(again.seeds()[0].outcome(), SeedOutcome::Reproduced, "{name}");
        for edit in Edit::ALL {
            let report = checker(name, &directory).schedules(1).explore(move || program(edit));
            let seed = &report.seeds()[0];
            let parted = seed.parted().unwrap_or("it was followed to its end");
            told.push(format!("{name}, {edit:?}: {:?}, {parted}", seed.outcome()));
            match seed.outcome() {
                SeedOutcome::Reproduced | SeedOutcome::Moved => {
                    found += 1;
                    assert_eq!(report.finding().expect("it was found").kind(), kind, "{name}, {edit:?}");
                }
                _ => assert!(parted.contains("step") || parted.contains("decision"), "{name}, {edit:?}: {parted}"),
            }
        }
    }
    fs::remove_dir_all(directory).unwrap();
    let told = told.join("\n");
    println!("{told}\n{found} of 50 found again");
    assert!(found >= 45, "{found} of 50 found again:\n{told}");
}

#[test]
fn what_has_moved_is_brought_up_to_date_on_request_only() {
    let directory = scratch("moved");
    let program = programs::lost_update;
    let name = "moved";
    checker(name, &directory).seeds(Seeds::Accept).explore(move || program(Edit::None));
    let edited = || checker(name, &directory).schedules(1);
    let report = edited().seeds(Seeds::Write).explore(move || program(Edit::AddedTask));
    assert_eq!(report.seeds()[0].outcome(), SeedOutcome::Moved, "{report}");
    let note = report.note().unwrap();
    assert!(note.contains("parted at step") && note.contains("REWEAVE_SEEDS=accept"), "{note}");
    let report = edited().explore(move || program(Edit::AddedTask));
    assert_eq!(report.seeds()[0].outcome(), SeedOutcome::Moved, "nothing was changed");
    edited().seeds(Seeds::Accept).explore(move || program(Edit::AddedTask));
    let report = edited().explore(move || program(Edit::AddedTask));
    assert_eq!(report.seeds()[0].outcome(), SeedOutcome::Reproduced, "{report}");
    assert_eq!(report.note().unwrap(), format!("the seed {} still fails", report.seeds()[0].path().display()));
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn new_failures_wait_until_they_are_accepted_and_stay_when_they_are_gone() {
    let directory = scratch("pending");
    let program = programs::crossed_locks;
    let run = |seeds: Seeds| checker("pending", &directory).seeds(seeds).explore(move || program(Edit::None));
    assert!(run(Seeds::Read).verdict().is_failed());
    assert!(!directory.exists(), "nothing is written that nobody asked for");
    let note = run(Seeds::Write).note().unwrap().to_owned();
    assert!(note.contains(".toml.new; REWEAVE_SEEDS=accept keeps it"), "{note}");
    let pending = run(Seeds::Write).seeds()[0].clone();
    assert!(
        pending.path().ends_with(pending.path().file_name().unwrap()) && pending.path().extension().unwrap() == "new"
    );
    let accepted = run(Seeds::Accept).seeds()[0].clone();
    assert_eq!(accepted.path().extension().unwrap(), "toml");
    assert!(!pending.path().exists() && accepted.path().exists());
    let report = checker("pending", &directory).seeds(Seeds::Write).schedules(10).explore(|| {
        let task = reweave::thread::spawn(reweave::thread::yield_now);
        task.join().unwrap();
    });
    assert_eq!(report.seeds()[0].outcome(), SeedOutcome::Gone, "{report}");
    assert!(report.note().unwrap().contains("no longer fails") && accepted.path().exists(), "{report}");
    assert_eq!(run(Seeds::Off).seeds(), []);
    fs::remove_dir_all(directory).unwrap();
}
