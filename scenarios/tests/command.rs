//! The command from end to end: what it prints, what it writes, and its exit status.

#![cfg(feature = "sim")]

use std::io::Read as _;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// The command, without what the environment may say.
fn command(line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_reweave-scenarios"));
    command.args(line.split_whitespace()).stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("REWEAVE_") {
            command.env_remove(name);
        }
    }
    command
}

fn run(line: &str) -> Output {
    command(line).output().expect("the command was built for this test")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("what is printed is text")
}

#[test]
fn a_table_says_what_came_of_each_program() {
    let output = run("2.1 wrong-side --jobs 1");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let table = text(&output.stdout);
    let line = |name: &str| {
        let line = table.lines().find(|line| line.contains(name)).unwrap_or_else(|| panic!("no {name} in {table}"));
        line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(line(" turns ")[..5], ["ok", "2.1", "producer-consumer", "turns", "exhaustive"], "{table}");
    let twin = line(" wrong-side ");
    assert_eq!(
        (twin[4].as_str(), &twin[6..8]),
        ("auto", &["caught:".to_owned(), "deadlock".to_owned()][..]),
        "{table}"
    );
    assert!(table.contains("2 programs in") && table.contains("everything is as expected"), "{table}");
    let progress = text(&output.stderr);
    assert!(progress.starts_with("[1/2] 2.1 producer-consumer turns: exhaustive, "), "{progress}");
    assert_eq!(progress.lines().count(), 2, "a plain line for each program: {progress}");
}

#[test]
fn the_failure_that_a_person_asks_for_is_explained_and_replays() {
    let output = run("show wrong-side");
    let explanation = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{explanation}");
    assert!(explanation.contains("waits for a notification of condvar"), "{explanation}");
    let start = explanation.find("rw1").expect("there is a token");
    let token: String = explanation[start..].chars().take_while(char::is_ascii_alphanumeric).collect();
    let again = command("show wrong-side").env("REWEAVE_REPLAY", &token).output().expect("it runs");
    assert_eq!(again.status.code(), Some(0), "{again:?}");
    assert!(text(&again.stdout).contains("(replayed)"), "{again:?}");
    assert_eq!(run("show 2.1").status.code(), Some(2), "the correct component has no failure to show");
}

#[test]
fn a_page_that_cannot_be_written_is_a_failure_that_says_so() {
    let output = run("2.1 --html no/such/folder/page.html");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("failed to write no/such/folder/page.html: "), "{output:?}");
    assert!(text(&output.stdout).contains("everything is as expected"), "the table is printed all the same");
}

#[test]
fn what_is_not_as_expected_is_named_and_the_status_says_so() {
    // With one schedule nothing is proved and hardly a twin is caught.
    let output = run("2.1 lost-at-graceful --budget 1");
    let table = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{table}");
    assert!(table.contains("2 are NOT as expected"), "{table}");
    assert!(
        table.contains("NOT as expected: expected a proof, and came no further than: sampled: 1 schedule"),
        "{table}"
    );
    assert!(table.contains("NOT as expected: expected a panic, and found nothing"), "{table}");
}

#[test]
fn a_budget_of_time_ends_a_long_exploration() {
    let begun = Instant::now();
    let output = run("2.10 --budget 300ms");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(text(&output.stdout).contains("sampled"), "{output:?}");
    let elapsed = begun.elapsed();
    assert!((Duration::from_millis(300)..Duration::from_secs(30)).contains(&elapsed), "{elapsed:?}");
}

#[test]
fn nonsense_is_refused() {
    for (line, problem) in [
        ("--fast", "there is no option `--fast`"),
        ("no-such-thing", "nothing in the gallery is called like \"no-such-thing\""),
        ("--budget soon", "`--budget soon`: \"soon\" is not a number of schedules"),
        ("show --save 2", "`--save` means nothing with `show`"),
    ] {
        let output = run(line);
        assert_eq!(output.status.code(), Some(2), "{line}");
        assert!(text(&output.stderr).contains(problem), "{line}: {output:?}");
        assert!(output.stdout.is_empty(), "{line}: {output:?}");
    }
}

#[test]
fn the_list_names_everything_and_the_help_every_option() {
    let list = run("list 2");
    assert!(list.status.success() && text(&list.stdout).contains("2.1    turns"), "{list:?}");
    let help = run("--help");
    assert!(help.status.success(), "{help:?}");
    for option in ["--budget", "--seed", "--jobs", "--html", "--save", "show", "list"] {
        assert!(text(&help.stdout).contains(option), "{option}");
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_with_what_was_found_so_far() {
    let mut long = command("2.1 2.10 2.11 --jobs 1 --budget 5m");
    let mut child = long.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
    // The first is proved at once, and the second goes on for minutes.
    let mut progress = child.stderr.take().expect("it is piped");
    let mut line = Vec::new();
    let mut byte = [0];
    while progress.read(&mut byte).expect("it is readable") == 1 && byte != [b'\n'] {
        line.extend(byte);
    }
    assert!(text(&line).starts_with("[1/3] 2.1 "), "{line:?}");
    let begun = Instant::now();
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("there is `kill`");
    assert!(killed.success());
    let output = child.wait_with_output().expect("it ends");
    assert!(begun.elapsed() < Duration::from_secs(60), "it ends at once");
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    let table = text(&output.stdout);
    assert!(table.contains("ok  2.1 ") && table.contains("interrupted") && table.contains("not begun"), "{table}");
    assert!(table.contains("1 program in") && table.contains("2 interrupted"), "{table}");
}
