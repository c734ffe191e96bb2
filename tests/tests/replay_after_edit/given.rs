//! A seed file that somebody names is replayed as a saved one is: by `Checker::replay`, and by `REWEAVE_REPLAY`.

use std::path::{Path, PathBuf};
use std::process::Command;

use reweave::{Checker, Report, SeedOutcome, Strategy, Verdict};

use super::programs::{self, Edit};
use super::{checker, scratch};

/// Under which the program is explored here.
const NAME: &str = "replay_after_edit::given";

/// Names the edit for the processes that the tests start.
const EDIT: &str = "REPLAY_AFTER_EDIT";

/// Saves how the program fails as it was, and returns the file and the token.
fn saved(directory: &Path) -> (PathBuf, String) {
    let report = checker(NAME, directory).explore(|| programs::lost_update(Edit::None));
    let finding = report.finding().expect("an update can be lost");
    (finding.save(directory).unwrap(), finding.token())
}

fn replay(seed: &str, edit: Edit) -> Report {
    Checker::new().name(NAME).replay(seed, move || programs::lost_update(edit))
}

#[test]
fn a_file_is_replayed_tolerantly_and_a_token_is_not() {
    let directory = scratch("given");
    let (path, token) = saved(&directory);
    let text = std::fs::read_to_string(&path).unwrap();
    for seed in [path.to_str().unwrap(), &text] {
        let report = replay(seed, Edit::None);
        assert_eq!(report.seeds()[0].outcome(), SeedOutcome::Reproduced, "{report}");
        assert!(report.verdict().is_failed() && report.note().unwrap().ends_with(" still fails"), "{report}");

        let report = replay(seed, Edit::AddedTask);
        assert_eq!(report.seeds()[0].outcome(), SeedOutcome::Moved, "{report}");
        let note = report.note().unwrap();
        assert!(note.contains("still fails, but by another schedule: program and schedule parted at step"), "{note}");
        let moved = report.finding().expect("it was found").token();
        assert_eq!(replay(&moved, Edit::AddedTask).note(), None, "the new token fits the edited program");
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text, "the file is left as it is");

    let report = replay(&token, Edit::AddedTask);
    assert!(report.seeds().is_empty() && report.note().unwrap().contains("parted at decision"), "{report}");
    std::fs::remove_dir_all(directory).unwrap();
}

#[test]
fn what_is_gone_is_said_to_be_gone() {
    let directory = scratch("given-gone");
    let (path, _) = saved(&directory);
    let report = Checker::new().name(NAME).replay(path.to_str().unwrap(), || ());
    assert_eq!(*report.verdict(), Verdict::Sampled);
    assert_eq!(report.seeds()[0].outcome(), SeedOutcome::Gone);
    let note = report.note().unwrap();
    assert!(note.contains("no longer fails: program and schedule parted at step 1, which was `main: spawn`"), "{note}");
    std::fs::remove_dir_all(directory).unwrap();
}

/// What the next test runs in a process of its own.
#[test]
fn child() {
    let Ok(edit) = std::env::var(EDIT) else { return };
    let edit = if edit == "added task" { Edit::AddedTask } else { Edit::None };
    let explored = Checker::new().name(NAME).strategy(Strategy::Random).schedules(1);
    let report = explored.explore(move || programs::lost_update(edit));
    println!("{:?}; {report}", report.seeds().first().map(|seed| seed.outcome()));
}

/// What such a process prints.
fn in_a_process(directory: &Path, seed: &str, edit: &str, test: &str) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "--nocapture", test]).current_dir(directory);
    let output = command.env("REWEAVE_REPLAY", seed).env(EDIT, edit).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_variable_takes_the_path_of_a_file() {
    let directory = scratch("given-variable");
    let (path, _) = saved(&directory);
    let printed = in_a_process(&directory, path.to_str().unwrap(), "none", "given::child");
    assert!(printed.contains("Some(Reproduced); failed"), "{printed}");
    let printed = in_a_process(&directory, path.to_str().unwrap(), "added task", "given::child");
    assert!(printed.contains("Some(Moved); failed") && printed.contains("parted at step"), "{printed}");

    // Tests run in the directory of their package, and people are elsewhere.
    let below = directory.join("a/package");
    std::fs::create_dir_all(&below).unwrap();
    let relative = path.strip_prefix(&directory).unwrap().to_str().unwrap();
    for place in [&directory, &below] {
        let printed = in_a_process(place, relative, "none", "given::child");
        assert!(printed.contains("Some(Reproduced); failed"), "{printed}");
    }
    let printed = in_a_process(&directory, "nowhere/panic-1.toml", "none", "given::child");
    assert!(
        printed.contains("refused") && printed.contains("cannot read the seed file nowhere/panic-1.toml"),
        "{printed}"
    );
    std::fs::remove_dir_all(directory).unwrap();
}
