//! What people type, paste and merge badly: environment variables, tokens, seed files. None of it panics where a
//! report is promised, and every message names what is wrong.
//!
//! Variables belong to the process, so the tests of them run this binary again.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use proptest::prelude::{ProptestConfig, any, prop, prop_assert, proptest};
use proptest::sample::Index;
use reweave::{Checker, Finding, Verdict, thread};

/// Set for the processes that the tests start.
const CHILD: &str = "BAD_INPUT_CHILD";

/// The name under which the programs here are explored.
const NAME: &str = "bad_input::program";

fn program() {
    let task = thread::spawn(thread::yield_now);
    thread::yield_now();
    task.join().unwrap();
}

fn failing_program() {
    program();
    panic!("on purpose");
}

fn a_finding() -> Finding {
    let report = Checker::new().name(NAME).explore(failing_program);
    report.finding().expect("it fails in every schedule").clone()
}

fn refusal(verdict: &Verdict) -> &str {
    match verdict {
        Verdict::Refused { reason } => reason,
        other => panic!("not refused, but {other}"),
    }
}

// The environment.

#[test]
fn child_that_checks() {
    if std::env::var_os(CHILD).is_some() {
        Checker::new().name(NAME).schedules(10).check(program);
    }
}

#[test]
fn child_that_explores() {
    if std::env::var_os(CHILD).is_some() {
        let report = Checker::new().name(NAME).schedules(10).explore(program);
        println!("verdict {}\n{report}", report.verdict());
    }
}

/// Runs the test `child` of this binary with `variable` set.
fn run(child: &str, variable: &str, value: &str) -> Output {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "--nocapture", child]).env(CHILD, "1").env(variable, value).env("RUST_BACKTRACE", "0");
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Malformed values, each with a part of the message.
const MALFORMED: [(&str, &str, &str); 16] = [
    ("REWEAVE_STRATEGY", "clever", "is no strategy; there are `random`"),
    ("REWEAVE_SCHEDULES", "many", "is not a whole number"),
    ("REWEAVE_SCHEDULES", "-1", "is not a whole number"),
    ("REWEAVE_SCHEDULES", "0", "has to be at least 1"),
    ("REWEAVE_TIME_LIMIT", "10", "is no time"),
    ("REWEAVE_TIME_LIMIT", "99999999999999999h", "is too long"),
    ("REWEAVE_SEED", "0xg", "is not a whole number"),
    ("REWEAVE_MAX_STEPS", "1e6", "is not a whole number"),
    ("REWEAVE_WORKERS", "0", "has to be at least 1"),
    ("REWEAVE_WORKERS", "100000", "may be at most"),
    ("REWEAVE_CLOCK", "fast", "is no clock; there are `idle` and `elastic`"),
    ("REWEAVE_KEEP_GOING", "yes", "is neither `true` nor `false`"),
    ("REWEAVE_STACK_SIZE", "4096", "has to be at least 16384"),
    ("REWEAVE_STUCK_AFTER", "soon", "is no time"),
    ("REWEAVE_REPLAY", "rw1notatoken", "is no token"),
    ("REWEAVE_REPLAY", "seeds/x.toml", "cannot read the seed file seeds/x.toml"),
];

#[test]
fn check_panics_with_what_is_wrong_with_a_variable() {
    for (variable, value, expected) in MALFORMED {
        let output = run("child_that_checks", variable, value);
        let said = text(&output.stderr);
        assert!(!output.status.success(), "{variable}={value} was accepted");
        assert!(said.contains("reweave: ") && said.contains(expected), "{variable}={value}: {said}");
    }
}

#[test]
fn explore_refuses_what_is_wrong_with_a_variable() {
    for (variable, value, expected) in MALFORMED {
        let output = run("child_that_explores", variable, value);
        let said = text(&output.stdout);
        assert!(output.status.success(), "{variable}={value}: explore panicked: {}", text(&output.stderr));
        assert!(said.contains("verdict refused") && said.contains(expected), "{variable}={value}: {said}");
    }
}

#[test]
fn a_variable_that_nobody_knows_is_a_warning() {
    let output = run("child_that_checks", "REWEAVE_SCHEDULE", "10");
    assert!(output.status.success());
    let said = text(&output.stderr);
    assert!(said.contains("reweave: warning: REWEAVE_SCHEDULE is not understood"), "{said}");
    assert!(said.contains("REWEAVE_SCHEDULES"), "the warning lists what is: {said}");
}

#[test]
fn a_variable_that_is_empty_or_well_formed_is_none() {
    for (variable, value) in [("REWEAVE_SCHEDULES", ""), ("REWEAVE_SEED", " 0xff "), ("REWEAVE_CLOCK", "elastic")] {
        let output = run("child_that_checks", variable, value);
        assert!(output.status.success(), "{variable}={value:?}: {}", text(&output.stderr));
    }
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_utf8_is_refused() {
    use std::os::unix::ffi::OsStrExt;
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "--nocapture", "child_that_explores"]).env(CHILD, "1");
    let output = command.env("REWEAVE_SEED", std::ffi::OsStr::from_bytes(b"7\xff")).output().unwrap();
    assert!(text(&output.stdout).contains("verdict refused"), "{output:?}");
}

#[test]
fn a_token_of_another_test_is_none_of_this_ones_business() {
    let other = Checker::new().name("another").explore(failing_program);
    let output = run("child_that_checks", "REWEAVE_REPLAY", &other.finding().unwrap().token());
    assert!(output.status.success(), "{}", text(&output.stderr));
}

#[test]
fn a_damaged_token_in_the_environment_is_refused() {
    let token = a_finding().token();
    for damaged in [&token[..token.len() - 3], &token[1..], &token.replace("rw1", "rw9"), &format!("{token}z")] {
        let output = run("child_that_explores", "REWEAVE_REPLAY", damaged);
        assert!(text(&output.stdout).contains("verdict refused"), "{damaged}: {output:?}");
    }
}

// Tokens.

/// Replays `seed`, whatever it is, and returns the verdict. Nothing here panics.
fn replay(seed: &str) -> Verdict {
    Checker::new().name(NAME).max_steps(10_000).replay(seed, program).verdict().clone()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_334, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_refused_unless_it_is_a_token(seed: String) {
        prop_assert!(matches!(replay(&seed), Verdict::Refused { .. }), "{}", seed);
    }

    #[test]
    fn what_looks_like_a_token_is_refused_unless_it_is_one(body in "[0-9a-v]{0,200}") {
        let verdict = replay(&format!("rw1{body}"));
        prop_assert!(matches!(verdict, Verdict::Refused { .. }), "rw1{} gave {}", body, verdict);
    }

    #[test]
    fn a_token_that_was_cut_or_changed_is_refused(at: Index, cut in any::<bool>(), with in "[0-9a-v]") {
        let token = TOKEN.with(Clone::clone);
        let at = at.index(token.len());
        let mut damaged = token.clone();
        if cut { damaged.truncate(at) } else { damaged.replace_range(at..=at, &with) }
        if damaged != token {
            let verdict = replay(&damaged);
            prop_assert!(matches!(verdict, Verdict::Refused { .. }), "{} gave {}", damaged, verdict);
        }
    }

    #[test]
    fn a_seed_file_with_a_damaged_byte_is_a_report(at: Index, with in prop::char::range(' ', '~')) {
        let mut text: Vec<char> = SEED_FILE.with(|text| text.chars().collect());
        let at = at.index(text.len());
        text[at] = with;
        let text: String = text.into_iter().collect();
        let verdict = replay(&text);
        prop_assert!(matches!(verdict, Verdict::Refused { .. } | Verdict::Sampled), "{} gave {}", text, verdict);
    }
}

thread_local! {
    static TOKEN: String = a_finding().token();
    static SEED_FILE: String = saved(&Scratch::new("sample")).1;
}

#[test]
fn a_refused_token_is_quoted_with_the_reason() {
    let verdict = replay("rw1abcdefgh");
    assert_eq!(
        refusal(&verdict),
        "\"rw1abcdefgh\" is neither a token nor a seed file: its checksum is wrong; it may have been cut short or changed"
    );
    let long = "x".repeat(10_000);
    let verdict = replay(&long);
    assert!(refusal(&verdict).len() < 300, "a long text is not repeated in full");
}

// Seed files.

/// A directory that goes with its owner.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Scratch {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("bad-input-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A seed file in `scratch`, and its text.
fn saved(scratch: &Scratch) -> (PathBuf, String) {
    let path = a_finding().save(&scratch.0).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    (path, text)
}

fn explore_with(scratch: &Scratch) -> Verdict {
    Checker::new().name(NAME).schedules(10).seeds_dir(&scratch.0).explore(program).verdict().clone()
}

#[test]
fn a_seed_file_that_is_whole_is_used() {
    let scratch = Scratch::new("whole");
    let (path, text) = saved(&scratch);
    let report = Checker::new().name(NAME).schedules(1).seeds_dir(&scratch.0).explore(failing_program);
    assert!(report.verdict().is_failed());
    assert_eq!(report.note(), Some(&*format!("the seed {} still fails", path.display())));
    assert!(matches!(replay(&text), Verdict::Sampled), "the text of a seed file stands for its token");
    assert!(matches!(replay(path.to_str().unwrap()), Verdict::Sampled), "and so does its path");
    fs::write(&path, text.replace('\n', "\r\n")).unwrap();
    assert_eq!(explore_with(&scratch), Verdict::Exhaustive, "whatever an editor ends lines with");
}

#[test]
fn a_damaged_seed_file_is_refused_with_its_name_and_line() {
    let scratch = Scratch::new("damaged");
    let (path, text) = saved(&scratch);
    let line_of = |key: &str| 1 + text.lines().position(|line| line.starts_with(key)).unwrap();
    let without = |key: &str| text.lines().filter(|line| !line.starts_with(key)).collect::<Vec<_>>().join("\n");
    let changed = "the checksum is not that of the file";
    let steps = text.find("steps = [").unwrap();
    let damages = [
        (text.replace("decisions = \"", "decisions = \"1 "), line_of("checksum"), changed),
        (text.replace("on purpose", "by accident"), line_of("checksum"), changed),
        (text.replace("format = 2", "format = two"), line_of("format"), "neither a whole number nor a string"),
        (text.replace("finding = \"panic\"", "finding = \"doom\""), line_of("finding"), "no kind of finding"),
        (text.replace("test = ", "<<<<<<< HEAD\ntest = "), line_of("test"), "it is no `key = value`"),
        (text.replace("test = ", "format = 2\ntest = "), line_of("test"), "`format` is there twice"),
        (without("message"), line_of("checksum") - 1, changed),
        (text[..text.find("message").unwrap() + 20].to_owned(), line_of("message"), "the string has no end"),
        (text[..steps + 20].to_owned(), line_of("steps") + 1, "the string has no end"),
        (text[..text.find("checksum").unwrap()].to_owned(), line_of("checksum") - 1, "`checksum` is missing"),
    ];
    for (damaged, line, problem) in damages {
        fs::write(&path, &damaged).unwrap();
        let verdict = explore_with(&scratch);
        let reason = refusal(&verdict);
        assert!(reason.contains(path.to_str().unwrap()), "{reason}");
        assert!(reason.contains(&format!("line {line}: ")) && reason.contains(problem), "{problem}, {line}: {reason}");
    }
}

#[test]
fn what_cannot_be_a_seed_file_is_refused_with_its_name() {
    let scratch = Scratch::new("odd");
    let (path, text) = saved(&scratch);
    for odd in [b"\xff\xfe\x00".to_vec(), Vec::new(), text.replace("format = 2", "format = 99").into_bytes()] {
        fs::write(&path, odd).unwrap();
        let verdict = explore_with(&scratch);
        assert!(refusal(&verdict).contains(path.to_str().unwrap()), "{verdict:?}");
    }
    fs::File::create(&path).unwrap().set_len(1 << 30).unwrap();
    let verdict = explore_with(&scratch);
    assert!(refusal(&verdict).contains("more than any seed file"), "{verdict:?}");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    let verdict = explore_with(&scratch);
    assert!(refusal(&verdict).contains(path.to_str().unwrap()), "a directory in its place: {verdict:?}");
}

#[test]
fn what_is_not_a_seed_file_is_left_alone() {
    let scratch = Scratch::new("others");
    let (path, _) = saved(&scratch);
    fs::remove_file(&path).unwrap();
    fs::write(path.with_extension("toml.orig"), "left by a merge").unwrap();
    fs::write(path.with_file_name("README.md"), "notes").unwrap();
    assert_eq!(explore_with(&scratch), Verdict::Exhaustive);
}
