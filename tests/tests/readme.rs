//! The README shows what people see: its sample is what the example prints.

use std::process::Command;

const README: &str = include_str!("../../README.md");

/// The part of `text` between two others.
fn between<'a>(text: &'a str, begin: &str, end: &str) -> &'a str {
    let from = text.find(begin).unwrap_or_else(|| panic!("there is no {begin:?} in:\n{text}"));
    let rest = &text[from..];
    &rest[..rest.find(end).unwrap_or(rest.len())]
}

#[test]
fn the_sample_is_what_the_example_prints() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let mut cargo = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()));
    cargo.args(["test", "--quiet", "-p", "reweave", "--example", "both_count"]).current_dir(root);
    // Whatever the settings of this run are, a reader has none.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("REWEAVE_") || ["FORCE_COLOR", "CLICOLOR_FORCE"].contains(&&*name) {
            cargo.env_remove(&*name);
        }
    }
    // A failure that was saved would be replayed, and saved failures are none of the sample.
    cargo.env("RUST_BACKTRACE", "0").env("REWEAVE_SEEDS", "off");
    let output = cargo.output().expect("cargo runs");
    let printed = String::from_utf8_lossy(&output.stdout);
    let real = between(&printed, "reweave: panic in", "\nnote: run with `RUST_BACKTRACE=1`");
    let sample = between(README, "reweave: panic in", "```");
    assert_eq!(sample.trim_end(), real.trim_end());
    let token = real.split_whitespace().find_map(|word| word.strip_prefix("REWEAVE_REPLAY=")).expect("it has a token");
    let replay = README.split("## How to replay a failure").nth(1).expect("the README says how to replay");
    assert!(replay.contains(&format!("REWEAVE_REPLAY={token} cargo test")), "it replays another token than {token}");
}

#[test]
fn the_sample_is_of_the_program_above_it() {
    let example = include_str!("../../harness/examples/both_count.rs");
    let program = between(README, "fn count() {", "```");
    for line in program.lines().filter(|line| !line.trim().is_empty()) {
        assert!(example.contains(line.trim()), "the example has no line `{line}`");
    }
}
