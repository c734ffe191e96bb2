//! What a journal finds when the one who wrote it died at the worst moment.

use std::fs;

use proptest::prelude::*;

use super::*;

fn open(path: &Path) -> Result<(Journal, Vec<Vec<u8>>), JournalError> {
    let mut records = Vec::new();
    let journal = Journal::open(path, Durability::Process, |_, bytes| {
        records.push(bytes.to_vec());
        Ok(())
    })?;
    Ok((journal, records))
}

fn records_in(path: &Path) -> Vec<Vec<u8>> {
    open(path).expect("it is a journal").1
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    /// The process dies when so many bytes are on disk: every record that was whole is found, and no other. What is appended
    /// afterwards is found as well.
    #[test]
    fn a_journal_that_is_cut_off_anywhere_has_all_records_before(
        records in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 0..6),
    ) {
        let scratch = Scratch::new();
        let path = scratch.file("journal");
        let mut journal = open(&path).expect("it is made").0;
        let mut ends = vec![journal.end];
        for record in &records {
            journal.append(record).expect("there is room");
            ends.push(journal.end);
        }
        let bytes = fs::read(&path).expect("it is there");
        prop_assert_eq!(bytes.len() as u64, journal.end);
        for cut in 0..=bytes.len() {
            let cut_off = scratch.file("cut-off");
            fs::write(&cut_off, &bytes[..cut]).expect("there is room");
            let whole = ends[1..].iter().filter(|end| **end <= cut as u64).count();
            let (mut again, found) = open(&cut_off).expect("it is a journal");
            prop_assert_eq!(&found, &records[..whole]);
            again.append(b"next").expect("there is room");
            drop(again);
            let mut expected = records[..whole].to_vec();
            expected.push(b"next".to_vec());
            prop_assert_eq!(records_in(&cut_off), expected);
        }
    }
}

#[test]
fn records_are_read_where_they_lie() {
    let scratch = Scratch::new();
    let mut journal = open(&scratch.file("journal")).expect("it is made").0;
    let places = [&b"one"[..], b"", b"three"].map(|record| (record, journal.append(record).expect("there is room")));
    for (record, place) in places.into_iter().rev() {
        assert_eq!(journal.read(place).expect("it lies there"), record);
    }
    journal.clear().expect("it can be written");
    assert!(journal.read(places[0].1).is_err(), "there is nothing any more");
    let place = journal.append(b"again").expect("there is room");
    assert_eq!(journal.read(place).expect("it lies there"), b"again");
    assert_eq!(records_in(journal.path()), [b"again"]);
}

#[test]
fn a_copy_is_a_journal() {
    let scratch = Scratch::new();
    let mut journal = Journal::open(&scratch.file("journal"), Durability::Power, |_, _| Ok(())).expect("it is made");
    journal.append(b"before").expect("there is room");
    journal.copy_to(&scratch.file("copy")).expect("there is room");
    journal.append(b"after").expect("there is room");
    assert_eq!(records_in(&scratch.file("copy")), [b"before"]);
}

#[test]
fn what_was_written_by_somebody_else_or_by_nobody_is_refused() {
    let scratch = Scratch::new();
    let path = scratch.file("journal");
    fs::write(&path, "# Shopping list").expect("there is room");
    let error = open(&path).expect_err("it is a list");
    assert!(error.to_string().ends_with("is not a journal, choose another file"), "{error}");

    fs::remove_file(&path).expect("it is there");
    let mut journal = open(&path).expect("it is made").0;
    journal.append(b"first").expect("there is room");
    journal.append(b"second").expect("there is room");
    let mut bytes = fs::read(&path).expect("it is there");
    bytes[MAGIC.len() + HEAD] ^= 1;
    fs::write(&path, bytes).expect("there is room");
    let error = open(&path).expect_err("the first record is not as it was");
    assert!(error.to_string().contains("the record at byte 8 is not as it was written"), "{error}");
}

#[test]
fn scratch_files_go_with_the_run() {
    let scratch = Scratch::new();
    let file = scratch.file("left-over");
    fs::write(&file, "of a test").expect("there is room");
    assert_ne!(Scratch::new().file("left-over"), file);
    drop(scratch);
    assert!(!file.exists());
}
