//! The explanation as text: lanes that are aligned and never wider than they may be, loops folded, colour only where it is
//! asked for. What it says about each kind of finding is in `explanations.rs`.

use reweave::{Finding, TextOptions};
use reweave_tests::samples::{self, finding, stable};

/// Compares with a snapshot.
macro_rules! pinned {
    ($text:expr) => {
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => true }, {
            insta::assert_snapshot!($text);
        })
    };
}

/// The first screen, without the details.
fn screen(finding: &Finding, width: usize) -> String {
    let text = stable(finding, &finding.render_with(&TextOptions::new().width(width)));
    text.split("\ntasks\n").next().expect("there is a first part").to_owned()
}

/// How many cells a line takes, for the characters that the programs here use.
fn cells(line: &str) -> usize {
    let wide = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c) || c == '🦀';
    line.chars().map(|c| if wide(c) { 2 } else { usize::from(c != '\u{301}') }).sum()
}

#[test]
fn columns_are_as_narrow_as_they_have_to_be() {
    pinned!(screen(&finding("opposite_order", samples::opposite_order), 80));
}

#[test]
fn a_gutter_takes_the_place_of_many_columns() {
    pinned!(screen(&finding("many_tasks", samples::many_tasks), 100));
}

#[test]
fn loops_are_folded() {
    pinned!(screen(&finding("long_loop", samples::long_loop), 100));
}

#[test]
fn wide_names_are_aligned() {
    let finding = finding("wide_names", samples::wide_names);
    let text = screen(&finding, 120);
    // The place of a step begins in the same cell in every row, whatever stands in the columns before.
    let places: Vec<usize> = text
        .lines()
        .filter(|line| line.contains('●'))
        .filter_map(|line| line.find("samples.rs:").map(|at| cells(&line[..at])))
        .collect();
    assert!(places.len() > 3, "{text}");
    assert!(places.iter().all(|at| *at == places[0]), "{places:?} in\n{text}");
    pinned!(text);
}

#[test]
fn no_line_is_wider_than_it_may_be() {
    let programs: [(&str, fn()); 5] = [
        ("lost_update", samples::lost_update),
        ("opposite_order", samples::opposite_order),
        ("wide_names", samples::wide_names),
        ("many_tasks", samples::many_tasks),
        ("long_loop", samples::long_loop),
    ];
    for (name, program) in programs {
        let finding = finding(name, program);
        for width in [40, 60, 80, 100, 133, 200] {
            let text = finding.render_with(&TextOptions::new().width(width));
            // What is to be pasted stands in one line, and places are not torn apart.
            let exempt = |line: &str| line.contains("REWEAVE_") || line.contains("--config") || line.contains(" at ");
            for line in text.lines().filter(|line| !exempt(line)) {
                assert!(cells(line) <= width, "{} cells instead of {width} in {line:?} of\n{text}", cells(line));
            }
        }
    }
}

#[test]
fn colour_changes_nothing_else() {
    let finding = finding("lost_update", samples::lost_update);
    let plain = finding.render();
    let coloured = finding.render_with(&TextOptions::new().colour(true));
    assert!(!plain.contains('\u{1b}'));
    let mut stripped = String::new();
    let mut parts = coloured.split("\u{1b}[");
    stripped.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let (code, text) = part.split_once('m').expect("a colour ends with m");
        assert!(code.bytes().all(|b| b.is_ascii_digit() || b == b';'), "{code}");
        stripped.push_str(text);
    }
    assert_eq!(stripped, plain);
}
