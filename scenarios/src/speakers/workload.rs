//! What a conversation is put through: a program that checks its guarantees from outside.

use super::variant::Policy;
use super::{Speaker, converse_variant};

/// Nothing is lost, doubled or out of order: `speakers` say `lines` lines each.
///
/// # Panics
/// When a guarantee of the conversation does not hold.
pub fn conversation<P: Policy>(speakers: usize, lines: usize) {
    let texts: Vec<_> = (0..lines).map(|line| line.to_string()).collect();
    let names: Vec<_> = (0..speakers).map(|speaker| format!("speaker {speaker}")).collect();
    let cast = names.iter().map(|name| Speaker::new(name, texts.clone())).collect();

    let said = converse_variant::<P>(cast).expect("the system has room for the speakers");

    for name in &names {
        let heard: Vec<_> = said.iter().filter(|line| line.speaker == *name).map(|line| &line.text).collect();
        assert!(
            heard.iter().eq(&texts.iter().collect::<Vec<_>>()),
            "lines of {name} are lost: only {heard:?} was heard"
        );
    }
    assert_eq!(said.len(), speakers * lines, "nobody else speaks");
}
