//! Every failure has a file of its own, and none is lost: not to one that looks like it, nor to one that has its name.

use std::fs;
use std::path::{Path, PathBuf};

use reweave::sync::Arc;
use reweave::sync::atomic::{AtomicU32, Ordering::SeqCst};
use reweave::{Checker, Finding, Seeds, Strategy, thread};

/// A directory of its own for a test.
fn scratch(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("saved-seeds-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&path);
    path
}

/// The seed files below `directory`, with their content.
fn files(directory: &Path) -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        files.push((path, text));
    }
    files.sort();
    files
}

/// Counts in two tasks, and loses one unless it is done right.
fn count(hits: &Arc<AtomicU32>, right: bool) {
    let theirs = Arc::clone(hits);
    let task = thread::spawn(move || match right {
        true => drop(theirs.fetch_add(1, SeqCst)),
        false => theirs.store(theirs.load(SeqCst) + 1, SeqCst),
    });
    hits.fetch_add(1, SeqCst);
    task.join().unwrap();
}

/// Fails at two places, in words that are the same.
fn alike(first_is_right: bool) {
    let (apples, pears) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    count(&apples, first_is_right);
    count(&pears, false);
    assert!(apples.load(SeqCst) == 2);
    assert!(pears.load(SeqCst) == 2);
}

fn checker(directory: &Path) -> Checker {
    Checker::new().name("alike").strategy(Strategy::Random).keep_going(true).schedules(200).seeds_dir(directory)
}

#[test]
fn failures_that_look_alike_have_a_file_each() {
    let directory = scratch("alike");
    let report = checker(&directory).seeds(Seeds::Write).explore(|| alike(false));
    let [first, second] = report.findings() else { panic!("{report}") };
    let words = |finding: &Finding| finding.message().split_once("assertion").unwrap().1.replace("apples", "pears");
    assert_eq!(words(first), words(second));
    assert_ne!(first.signature(), second.signature());

    let folder = directory.join("alike");
    let pending = files(&folder);
    assert_eq!(pending.len(), 2, "{pending:?}");
    for finding in [first, second] {
        let is_its = |text: &str| text == finding.seed_file();
        assert!(pending.iter().any(|(_, text)| is_its(text)), "{} is lost: {pending:?}", finding.message());
    }

    // The names stay when they are accepted, both at once. What looks like the first failure when that is gone is the second,
    // which has a file already.
    checker(&directory).seeds(Seeds::Accept).explore(|| alike(false));
    let report = checker(&directory).seeds(Seeds::Accept).explore(|| alike(true));
    assert!(report.note().is_some_and(|note| note.contains("the failure near it that is saved as")), "{report}");
    let accepted = files(&folder);
    let names = |files: &[(PathBuf, String)]| -> Vec<String> {
        files.iter().map(|(path, _)| path.file_name().unwrap().to_str().unwrap().replace(".new", "")).collect()
    };
    assert_eq!(names(&accepted), names(&pending));
    assert!(accepted.iter().all(|(path, _)| path.extension().unwrap() == "toml"), "{accepted:?}");
    let mut texts: [Vec<&String>; 2] = [&pending, &accepted].map(|files| files.iter().map(|(_, text)| text).collect());
    texts.iter_mut().for_each(|texts| texts.sort());
    assert_eq!(texts[0], texts[1]);
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn a_file_of_another_failure_is_not_overwritten() {
    let directory = scratch("taken");
    let fails = |words: &'static str| {
        let report =
            Checker::new().name("taken").strategy(Strategy::Random).schedules(1).explore(move || panic!("{words}"));
        report.finding().expect("it fails in every schedule").clone()
    };
    let (lost, torn) = (fails("lost"), fails("torn"));
    assert_eq!(lost.signature(), torn.signature(), "they are told apart by their words alone");
    let path = lost.save(&directory).unwrap();
    assert_ne!(torn.save(&directory).unwrap(), path);

    // As if the names collided, or something else lay there.
    for other in [torn.seed_file(), "not a seed".to_owned()] {
        fs::write(&path, &other).unwrap();
        let beside = lost.save(&directory).unwrap();
        let stem = path.file_stem().unwrap().to_str().unwrap();
        assert_eq!(beside, path.with_file_name(format!("{stem}-2.toml")));
        assert_eq!(fs::read_to_string(&path).unwrap(), other);
        assert_eq!(lost.save(&directory).unwrap(), beside, "its own file is replaced");
    }
    fs::remove_dir_all(directory).unwrap();
}
