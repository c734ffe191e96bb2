//! The explanation as a sequence diagram: pinned, escaped, and capped.

use reweave_tests::samples::{self, finding, stable};

macro_rules! pinned {
    ($name:literal, $program:expr) => {
        let finding = finding($name, $program);
        insta::with_settings!({ omit_expression => true }, {
            insta::assert_snapshot!(stable(&finding, &finding.mermaid()));
        });
    };
}

#[test]
fn a_lost_update() {
    pinned!("lost_update", samples::lost_update);
}

#[test]
fn a_deadlock() {
    pinned!("opposite_order", samples::opposite_order);
}

#[test]
fn names_are_escaped() {
    pinned!("wide_names", samples::wide_names);
}

#[test]
fn a_long_execution_is_capped_and_says_so() {
    fn many_different_steps() {
        let cells: Vec<_> = (0..120).map(reweave::sync::atomic::AtomicU32::new).collect();
        for cell in &cells {
            cell.load(reweave::sync::atomic::Ordering::SeqCst);
        }
        panic!("always");
    }
    let diagram = finding("many_different_steps", many_different_steps).mermaid();
    assert!(diagram.contains("earlier steps are left out"), "{diagram}");
    assert!(diagram.lines().count() < 80, "{diagram}");
}
