//! Short names for objects, which fit into the columns of an account.
//!
//! The full name of an object says where it was made. Whoever wrote the program knows it by the variable instead, so that is
//! its label if the line of the constructor tells it: `let hits = Arc::new(AtomicU32::new(0))`. Where it does not, or
//! the file is not at hand, it is the kind and a letter: `mutex A`. Objects that would have the same label are numbered.

use std::collections::BTreeMap;

use super::source::Sources;
use crate::engine::Execution;
use crate::engine::names::object_kind;
use crate::kernel::ObjectId;

/// Variables with longer names, in characters, are not used as labels: they would fill a column.
const LONGEST: usize = 24;

/// How many lines above that of the constructor may tell the variable.
const LINES_ABOVE: u32 = 2;

/// The labels of all objects of a recorded execution, by object.
pub(super) fn labels(execution: &Execution, ranks: &[u32], sources: &mut Sources) -> Vec<String> {
    let objects = &execution.registry.objects;
    let count = execution.world.objects.len();
    let mut names: Vec<Option<String>> = (0..count)
        .map(|index| {
            let place = objects.get(index)?.place;
            variable(sources, place.file(), place.line(), place.column())
        })
        .collect();
    let mut letters: BTreeMap<&'static str, u32> = BTreeMap::new();
    // By place and rank, which do not depend on the schedule.
    let mut order: Vec<usize> = (0..count).collect();
    let place = |index: usize| objects.get(index).map(|object| object.place);
    let key = |index: usize| {
        let at = place(index).map(|place| (place.file(), place.line(), place.column()));
        (at, ranks.get(index).copied().unwrap_or(0), index)
    };
    order.sort_by_key(|index| key(*index));
    let mut numbers: BTreeMap<String, u32> = BTreeMap::new();
    for index in &order {
        if let Some(name) = &names[*index] {
            *numbers.entry(name.clone()).or_insert(0) += 1;
        }
    }
    let mut next: BTreeMap<String, u32> = BTreeMap::new();
    for index in order {
        let name = match names[index].take() {
            Some(name) if numbers[&name] == 1 => name,
            Some(name) => {
                let number = next.entry(name.clone()).or_insert(0);
                *number += 1;
                format!("{name}#{number}")
            }
            None => {
                let kind = kind_of(execution, index);
                let number = letters.entry(kind).or_insert(0);
                *number += 1;
                format!("{kind} {}", letter(*number))
            }
        };
        names[index] = Some(name);
    }
    names.into_iter().map(Option::unwrap_or_default).collect()
}

/// What people call an object of its kind.
pub(super) fn kind_of(execution: &Execution, index: usize) -> &'static str {
    let called = execution.registry.objects.get(index).and_then(|object| object.called);
    called.unwrap_or_else(|| object_kind(execution, ObjectId(index as u32)))
}

/// `A` to `Z`, then `A2` and so on.
fn letter(number: u32) -> String {
    let letter = char::from(b'A' + ((number - 1) % 26) as u8);
    match (number - 1) / 26 {
        0 => letter.to_string(),
        round => format!("{letter}{}", round + 1),
    }
}

/// The variable that holds what is made at this place, if the source tells.
fn variable(sources: &mut Sources, file: &str, line: u32, column: u32) -> Option<String> {
    let text = sources.line(file, line)?;
    let before: String = text.chars().take((column as usize).checked_sub(1)?).collect();
    if let Some(name) = named_before(&before) {
        return Some(name);
    }
    // The rest of a statement that began above.
    for above in 1..=LINES_ABOVE.min(line.saturating_sub(1)) {
        let text = sources.line(file, line - above)?;
        if text.contains(';') || text.trim_end().ends_with('}') {
            return None;
        }
        if let Some(name) = named_before(text) {
            return Some(name);
        }
    }
    None
}

/// The variable, field or static that gets what comes after this text.
fn named_before(before: &str) -> Option<String> {
    let inside = without_wrappers(before);
    let name = match inside.strip_suffix(':') {
        // A field: `ready: `, but no path.
        Some(rest) if !rest.ends_with(':') => last_word(rest),
        _ => None,
    };
    name.or_else(|| bound(before)).filter(|name| name.chars().count() <= LONGEST)
}

/// `text` without the calls at its end of which something is the first argument: `x: Arc::new(`.
fn without_wrappers(text: &str) -> &str {
    let mut text = text.trim_end();
    while let Some(rest) = text.strip_suffix(['(', '[', '{', '&', '|']) {
        let path = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':' | '<' | '>');
        let start =
            rest.rfind(|c: char| !path(c)).map_or(0, |at| at + rest[at..].chars().next().map_or(1, char::len_utf8));
        // `x:Arc::new(` has no space, but the last colon that is alone ends the name.
        text = rest[..start].trim_end();
    }
    text
}

/// What a `let`, a `static` or a `const` binds in `text`, the last of them.
fn bound(text: &str) -> Option<String> {
    let starts = ["let ", "static ", "const "];
    let at = starts.iter().filter_map(|word| {
        let at = text.rfind(word)?;
        let alone = text[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric() && c != '_');
        alone.then_some(at + word.len())
    });
    let rest = text[at.max()?..].trim_start();
    let rest = rest.strip_prefix("mut ").unwrap_or(rest).trim_start();
    if let Some(pattern) = rest.strip_prefix('(') {
        let (pattern, rest) = pattern.split_once(')')?;
        let names: Option<Vec<&str>> = pattern.split(',').map(simple).collect();
        let names = names?;
        return match rest.trim_start().strip_prefix('=').map(str::trim_start).and_then(|rest| rest.strip_prefix('(')) {
            // `let (first, second) = (Mutex::new(1), Mutex::new(2))`: one after the other.
            Some(before) => names.get(commas(before)).map(|name| (*name).to_owned()),
            // `let (sender, receiver) = channel()`.
            None => Some(names.join("/")),
        };
    }
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_')?;
    simple(&rest[..end]).map(str::to_owned)
}

/// How many commas there are in `text` outside of brackets.
fn commas(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut count = 0;
    for c in text.chars() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => count += 1,
            _ => {}
        }
    }
    count
}

fn simple(text: &str) -> Option<&str> {
    let text = text.trim();
    let text = text.strip_prefix("mut ").unwrap_or(text);
    let fits = text.chars().all(|c| c.is_alphanumeric() || c == '_') && text.chars().any(char::is_alphabetic);
    fits.then_some(text)
}

fn last_word(text: &str) -> Option<String> {
    let text = text.trim_end();
    let start = text.rfind(|c: char| !c.is_alphanumeric() && c != '_').map_or(0, |at| at + 1);
    simple(text.get(start..)?).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_read_off_the_source() {
        let named = |text: &str| named_before(text);
        assert_eq!(named("    let hits = Arc::new(").as_deref(), Some("hits"));
        assert_eq!(named("    let mut hits: Arc<AtomicU32> = Arc::new(").as_deref(), Some("hits"));
        assert_eq!(named("static READY: AtomicBool = ").as_deref(), Some("READY"));
        assert_eq!(named("        Queue { items: Mutex::new(VecDeque::new()), ready: ").as_deref(), Some("ready"));
        assert_eq!(named("            items: Arc::new(").as_deref(), Some("items"));
        assert_eq!(named("    let (sender, receiver) = ").as_deref(), Some("sender/receiver"));
        let both = "    let (first, second) = (Arc::new(Mutex::new(10)), Arc::new(";
        assert_eq!(named(&both[..41]).as_deref(), Some("first"));
        assert_eq!(named(both).as_deref(), Some("second"));
        assert_eq!(named("    let accounts = Arc::new((Mutex::new(10), ").as_deref(), Some("accounts"));
        assert_eq!(named("    if let Some(x) = ").as_deref(), Some("Some"));
        assert_eq!(named("    std::sync::").as_deref(), None);
        assert_eq!(named("    outlet = ").as_deref(), None);
        assert_eq!(named("").as_deref(), None);
        assert_eq!(named("    let a_name_that_is_really_too_long = ").as_deref(), None);
    }

    #[test]
    fn letters_go_on_after_the_last() {
        assert_eq!(letter(1), "A");
        assert_eq!(letter(26), "Z");
        assert_eq!(letter(27), "A2");
    }
}
