//! What is replayed is explained as it was when it was found, the steps that decide included: from a token, and from a seed file
//! that was saved.

use std::path::Path;
use std::time::Duration;

use reweave::{Checker, Finding, FindingKind, Report, SeedOutcome, Seeds, TextOptions};
use reweave_tests::failing::{self, Failing};

/// Experiments are not cut short, however busy the machine is.
const TIME: Duration = Duration::from_secs(60);

fn checker(program: &Failing) -> Checker {
    program.checker().shrink_for(TIME)
}

/// The explanation without what is told of how the failure was found: the first line, and remarks.
fn explanation(finding: &Finding) -> String {
    // So wide that a remark is one line.
    let text = finding.render_with(&TextOptions::new().width(1_000));
    let found = ["reweave: ", "  shrunk: ", "  note: schedule "];
    let lines = text.lines().filter(|line| !found.iter().any(|begin| line.starts_with(begin)));
    lines.collect::<Vec<_>>().join("\n")
}

#[track_caller]
fn assert_same(program: &Failing, way: &str, found: &Finding, report: &Report) {
    let name = program.name;
    let again = report.finding().unwrap_or_else(|| panic!("{name} is gone, replayed from {way}: {report}"));
    assert_eq!(again.decisive(), found.decisive(), "{name}, replayed from {way}");
    assert_eq!(explanation(again), explanation(found), "{name}, replayed from {way}");
    assert_eq!(again.token(), found.token(), "{name}, replayed from {way}");
}

#[test]
fn the_explanation_is_the_same() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("replayed-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&directory);
    let mut with_marks = 0;
    // Of something endless the schedule that is kept is the beginning only.
    let ends = |program: &&Failing| !matches!(program.kind, FindingKind::Livelock | FindingKind::Starvation);
    for program in failing::all().filter(ends) {
        let report = checker(program).seeds_dir(&directory).seeds(Seeds::Accept).explore(program.run);
        let found = report.finding().unwrap_or_else(|| panic!("{} does not fail: {report}", program.name));
        with_marks += u32::from(explanation(found).contains(" ▲ "));
        assert_same(program, "the token", found, &checker(program).replay(&found.token(), program.run));
        let saved = checker(program).seeds_dir(&directory).explore(program.run);
        assert_eq!(saved.seeds()[0].outcome(), SeedOutcome::Reproduced, "{}", program.name);
        assert_same(program, "the directory", found, &saved);
    }
    std::fs::remove_dir_all(directory).unwrap();
    assert!(with_marks >= 20, "{with_marks} explanations mark the steps that decide");
}
