//! How wide text is on a terminal, and how it is made to fit.
//!
//! A terminal shows most characters in one cell, those of East Asia and pictograms in two, and combining marks in none
//! (Unicode Standard Annex 11, *East Asian Width*). The ranges here are those that names in programs can be expected to have.

/// Ranges of characters that take two cells.
const WIDE: [(u32, u32); 14] = [
    (0x1100, 0x115f),   // Hangul Jamo
    (0x2e80, 0x303e),   // CJK radicals, punctuation
    (0x3041, 0x33ff),   // Hiragana to CJK compatibility
    (0x3400, 0x4dbf),   // CJK extension A
    (0x4e00, 0x9fff),   // CJK unified ideographs
    (0xa000, 0xa4cf),   // Yi
    (0xac00, 0xd7a3),   // Hangul syllables
    (0xf900, 0xfaff),   // CJK compatibility ideographs
    (0xfe30, 0xfe6f),   // CJK compatibility forms
    (0xff00, 0xff60),   // full-width forms
    (0xffe0, 0xffe6),   // full-width signs
    (0x1f300, 0x1f64f), // pictographs, emoticons
    (0x1f680, 0x1f9ff), // transport, supplemental pictographs
    (0x20000, 0x3fffd), // CJK extensions B and on
];

/// Ranges of characters that take none.
const ZERO: [(u32, u32); 7] = [
    (0x0300, 0x036f), // combining diacritics
    (0x0483, 0x0489),
    (0x0591, 0x05bd),
    (0x200b, 0x200f), // zero width spaces and joiners
    (0x20d0, 0x20ff), // combining marks for symbols
    (0xfe00, 0xfe0f), // variation selectors
    (0xfe20, 0xfe2f), // combining half marks
];

fn width_of(c: char) -> usize {
    let within = |ranges: &[(u32, u32)]| {
        let at = ranges.partition_point(|(_, last)| *last < c as u32);
        ranges.get(at).is_some_and(|(first, _)| *first <= c as u32)
    };
    if c.is_control() || within(&ZERO) {
        0
    } else if within(&WIDE) {
        2
    } else {
        1
    }
}

/// How many cells `text` takes.
pub(super) fn width(text: &str) -> usize {
    text.chars().map(width_of).sum()
}

/// `text` and as many spaces as it takes to fill `cells`.
pub(super) fn padded(text: &str, cells: usize) -> String {
    format!("{text}{}", " ".repeat(cells.saturating_sub(width(text))))
}

/// `text`, cut with a `…` if it takes more than `cells`.
pub(super) fn cut(text: &str, cells: usize) -> String {
    if width(text) <= cells {
        return text.to_owned();
    }
    let (head, _) = split(text, cells.saturating_sub(1));
    format!("{head}…")
}

/// The end of `text`, begun with a `…` if it takes more than `cells`.
pub(super) fn cut_front(text: &str, cells: usize) -> String {
    let mut rest = text;
    if width(text) <= cells {
        return text.to_owned();
    }
    while width(rest) > cells.saturating_sub(1) {
        let next = rest.char_indices().nth(1).map_or(rest.len(), |(at, _)| at);
        rest = &rest[next..];
    }
    format!("…{rest}")
}

/// As much of `text` as fits into `cells`, and the rest. At least one character, so that it comes to an end.
fn split(text: &str, cells: usize) -> (&str, &str) {
    let mut taken = 0;
    for (at, c) in text.char_indices() {
        taken += width_of(c);
        if taken > cells && at > 0 {
            return text.split_at(at);
        }
    }
    (text, "")
}

/// `text` in lines of at most `cells`, broken between words where that is possible. Lines after the first begin with
/// `indent` spaces.
pub(super) fn wrapped(text: &str, cells: usize, indent: usize) -> Vec<String> {
    let indent = if indent + 2 <= cells { indent } else { 0 };
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut empty = true;
    for mut word in text.split(' ') {
        let space = usize::from(!empty);
        if !empty && width(&line) + space + width(word) > cells {
            lines.push(std::mem::replace(&mut line, " ".repeat(indent)));
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        // A word that is longer than a line is broken.
        while width(&line) + width(word) > cells {
            let (head, rest) = split(word, cells.saturating_sub(width(&line)));
            if rest.is_empty() {
                break;
            }
            line.push_str(head);
            lines.push(std::mem::replace(&mut line, " ".repeat(indent)));
            word = rest;
        }
        line.push_str(word);
        empty = false;
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_take_two_cells() {
        assert_eq!(width("main"), 4);
        assert_eq!(width("作業員"), 6);
        assert_eq!(width("🦀"), 2);
        assert_eq!(width("e\u{301}"), 1, "a combining accent");
        assert_eq!(width("│● → …"), 6, "what explanations are drawn with");
        assert_eq!(padded("作業", 6), "作業  ");
    }

    #[test]
    fn ranges_are_sorted() {
        assert!(WIDE.windows(2).all(|pair| pair[0].1 < pair[1].0));
        assert!(ZERO.windows(2).all(|pair| pair[0].1 < pair[1].0));
    }

    #[test]
    fn what_is_too_long_is_cut() {
        assert_eq!(cut("load hits", 9), "load hits");
        assert_eq!(cut("load hits", 6), "load …");
        assert_eq!(cut("作業員", 4), "作…");
        assert_eq!(cut_front("src/queue/mod.rs:3", 9), "…mod.rs:3");
        assert_eq!(cut_front("mod.rs:3", 9), "mod.rs:3");
    }

    #[test]
    fn lines_are_never_longer() {
        let text = "compare_exchange 0 to 1 on a_variable_with_a_long_name → done 作業員作業員作業員";
        for cells in 1..60 {
            for indent in [0, 2] {
                for line in wrapped(text, cells, indent) {
                    // A wide character does not fit into one cell.
                    assert!(width(&line) <= cells.max(2), "{cells}: {line:?}");
                }
            }
        }
        assert_eq!(wrapped("load hits → 0", 8, 2), ["load", "  hits →", "  0"]);
        assert_eq!(wrapped("", 8, 2), [""]);
    }
}
