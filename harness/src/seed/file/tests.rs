use super::*;
use crate::seed::trace::{Mark, Who};
use proptest::prelude::{any, prop, prop_assert_eq, proptest};

fn file(test: &str, message: &str) -> SeedFile {
    let decisions = [1, 2, 2].into_iter().collect();
    let mark = |path: &[u32], what: &str| Mark { who: Who::Task(path.to_vec()), what: what.to_owned(), alternative: 0 };
    SeedFile {
        test: test.to_owned(),
        finding: FindingKind::Deadlock,
        message: message.to_owned(),
        signature: "deadlock: to lock mutex".to_owned(),
        strategy: Strategy::Random,
        origin: Some((u64::MAX, 2)),
        token: Token::by_seed(test, Rules::default(), 1000, Form::Decisions(decisions)),
        trace: Trace { steps: vec![mark(&[], "spawn"), mark(&[1], "lock mutex1"), mark(&[1], "lock mutex2")] },
    }
}

fn error(text: &str) -> String {
    SeedFile::parse("x.toml".into(), text).unwrap_err().to_string()
}

/// `text` with the checksum that belongs to it.
fn resealed(text: &str) -> String {
    let fields = text::parse(text).unwrap();
    let old = text.lines().find(|line| line.starts_with("checksum")).unwrap();
    text.replace(old, &format!("checksum = \"{}\"", checksum(&fields)))
}

#[test]
fn the_format_is_what_the_golden_file_says() {
    let golden = include_str!("../golden/format-2.toml");
    assert_eq!(SeedFile::parse("x.toml".into(), golden).unwrap(), file("a::test", "two tasks"));
    let golden = golden.replace("0.1.0", env!("CARGO_PKG_VERSION"));
    assert_eq!(file("a::test", "two tasks").to_text("explained\n\nin words"), golden);
}

#[test]
fn the_first_format_is_still_read() {
    let golden = include_str!("../golden/format-1.toml");
    let read = SeedFile::parse("x.toml".into(), golden).unwrap();
    assert_eq!((&*read.test, read.finding), ("reweave-scenarios::queue-turns::wrong-side", FindingKind::Deadlock));
    assert!(read.message.starts_with("main waits for producer 0 (1) to finish"));
    assert_eq!(read.token.to_string(), "rw1036noj00o223q1g59oljq");
    assert_eq!((&*read.signature, read.origin), ("", None));
    assert!(error(&golden.replace("token = \"", "token = \"x")).contains("line 7: the token makes no sense"));
}

#[test]
fn errors_name_the_file_and_the_line() {
    let text = file("t", "m").to_text("");
    assert!(error("").contains("`format` is missing"), "{}", error(""));
    assert!(error(&text.replace("format = 2", "format = 3")).contains("update reweave"));
    assert!(error(&text.replace("format = 2", "format = 0")).contains("line 2: `format` is not"));
    assert!(error(&text.replace("\"deadlock\"", "deadlock")).contains("line 5"));
    assert!(error(&text.replace("\"deadlock\"", "\"doom\"")).contains("no kind of finding"));
    assert!(error(&text.replace("test = \"t\"", "test = \"u\"")).contains("line 19: the checksum"), "{text}");
    let refused = |from: &str, to: &str| error(&resealed(&text.replace(from, to)));
    assert!(refused("1 2x2", "1 2y2").contains("line 14: \"2y2\" is no decision"));
    assert!(refused("1 2x2", "1 2x99999999999").contains("line 14: there are more than"));
    assert!(refused("1: lock", "one: lock").contains("line 17: \"one\" is no task"));
    assert!(refused("\"idle\"", "\"lazy\"").contains("\"lazy\" is no clock"));
    assert!(refused("max_steps", "max_stops").contains("`max_stops` is no key"));
    assert!(refused("spurious_wakeups = false", "spurious_wakeups = 0").contains("is no flag"));
}

#[test]
fn a_schedule_may_be_given_by_its_seed() {
    let form = Form::Seed { strategy: Strategy::Random, seed: 1, execution: 2 };
    let token = Token::by_seed("t", Rules { clock: Clock::Elastic, spurious_wakeups: true }, 7, form);
    let whole = SeedFile { token, origin: Some((1, 2)), trace: Trace::default(), ..file("t", "m") };
    let text = whole.to_text("");
    assert!(!text.contains("decisions") && !text.contains("\nsteps"), "{text}");
    assert_eq!(SeedFile::parse("x.toml".into(), &text).unwrap(), whole);
    let without = resealed(&text.replace("seed = 1\n", "").replace("execution = 2\n", ""));
    assert!(error(&without).contains("`decisions` is missing"));
}

#[test]
fn a_file_cut_short_anywhere_is_an_error_or_complete() {
    let whole = file("t", "m");
    let text = whole.to_text("explained\nin two lines");
    for end in 0..text.len() {
        if let Ok(read) = SeedFile::parse("x.toml".into(), &text[..end]) {
            assert_eq!(read, whole, "cut at {end}");
        }
    }
}

proptest! {
    #[test]
    fn what_was_written_comes_back(test: String, message: String, explanation: String) {
        let file = file(&test, &message);
        let text = file.to_text(&explanation);
        prop_assert_eq!(SeedFile::parse("x.toml".into(), &text).unwrap(), file);
    }

    #[test]
    fn decisions_come_back(decisions in prop::collection::vec(0_u32..5, 0..60)) {
        let decisions: Decisions = decisions.into_iter().collect();
        prop_assert_eq!(read_decisions(&write_decisions(&decisions)).unwrap(), decisions);
    }

    #[test]
    fn a_changed_byte_is_an_error_or_changes_nothing(at: prop::sample::Index, with in any::<u8>()) {
        let whole = file("t", "m");
        let mut bytes = whole.to_text("explained").into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = with;
        if let Ok(read) = SeedFile::parse("x.toml".into(), &String::from_utf8_lossy(&bytes)) {
            prop_assert_eq!(read, whole);
        }
    }

    #[test]
    fn any_text_is_a_file_or_an_error(text: String) {
        let _ = SeedFile::parse("x.toml".into(), &text);
    }
}
