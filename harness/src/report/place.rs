//! Places in the source, as short as they may be.

/// Files whose names say nothing without their folder.
const NAMELESS: [&str; 3] = ["mod", "lib", "main"];

/// `text` with the paths in it made short: of a path its file remains.
pub(super) fn brief(text: &str) -> String {
    let words = text.split(' ').map(|word| {
        let Some(end) = word.find(".rs:") else { return word };
        let mut folders = word[..end].rmatch_indices('/').map(|(at, _)| at + 1);
        let file = folders.next().unwrap_or(0);
        let kept = if NAMELESS.contains(&&word[file..end]) { folders.next().unwrap_or(0) } else { file };
        &word[kept..]
    });
    words.collect::<Vec<_>>().join(" ")
}

/// The file and the line of a place, without the folders and the column.
pub(super) fn line(place: &str) -> String {
    let short = brief(place);
    match short.rsplit_once(':') {
        Some((line, column)) if line.contains(':') && column.bytes().all(|b| b.is_ascii_digit()) => line.to_owned(),
        _ => short,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_objects_are_short() {
        assert_eq!(brief("lock mutex /home/me/bank/src/queue/mod.rs:3"), "lock mutex queue/mod.rs:3");
        assert_eq!(brief("lock mutex /bank/src/queue/state.rs:3"), "lock mutex state.rs:3");
        assert_eq!(brief("lock mutex src/lib.rs:3, held"), "lock mutex src/lib.rs:3, held");
        assert_eq!(brief("load atomic lib.rs:3 → 0"), "load atomic lib.rs:3 → 0");
    }

    #[test]
    fn lines_have_no_column() {
        assert_eq!(line("bank/src/state.rs:3:17"), "state.rs:3");
        assert_eq!(line("bank/src/lib.rs:3:17"), "src/lib.rs:3");
        assert_eq!(line("state.rs:3"), "state.rs:3");
        assert_eq!(line(""), "");
    }
}
