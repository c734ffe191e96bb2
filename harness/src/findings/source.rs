//! The lines of the program that an account mentions, where its files are at hand.
//!
//! Places are written as the compiler was told them: relative to the root of a workspace, while tests run in the folder of
//! their package. So a file is looked for in the current folder and in those above. What is not found is left out:
//! an account has to be as good without.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// How many folders above the current one are looked at.
const ABOVE: usize = 4;

/// Files of more bytes are not read.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// Files of programs, each read once.
#[derive(Debug, Default)]
pub(super) struct Sources {
    files: BTreeMap<String, Option<Vec<String>>>,
}

impl Sources {
    /// The line `number`, from 1, of `file`.
    pub(super) fn line(&mut self, file: &str, number: u32) -> Option<&str> {
        let lines = self.files.entry(file.to_owned()).or_insert_with(|| read(file)).as_ref()?;
        lines.get((number as usize).checked_sub(1)?).map(String::as_str)
    }

    /// The line at `place`, which is `file:line:column`, without the spaces around it.
    pub(super) fn at(&mut self, place: &str) -> Option<&str> {
        let (rest, _column) = place.rsplit_once(':')?;
        let (file, line) = rest.rsplit_once(':')?;
        self.line(file, line.parse().ok()?).map(str::trim)
    }
}

fn read(file: &str) -> Option<Vec<String>> {
    if !file.ends_with(".rs") || file.starts_with("/rustc/") {
        return None;
    }
    let path = find(Path::new(file))?;
    if std::fs::metadata(&path).ok()?.len() > MAX_BYTES {
        return None;
    }
    let text = std::fs::read_to_string(path).ok()?;
    Some(text.lines().map(str::to_owned).collect())
}

fn find(file: &Path) -> Option<PathBuf> {
    if file.is_absolute() {
        return file.is_file().then(|| file.to_owned());
    }
    let above = |folders: usize| -> PathBuf { std::iter::repeat_n("..", folders).collect() };
    (0..=ABOVE).map(|folders| above(folders).join(file)).find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_found_from_the_folder_of_a_package() {
        let mut sources = Sources::default();
        let first = file!();
        assert!(sources.line(first, 1).unwrap().starts_with("//! The lines of the program"));
        assert_eq!(sources.at(&format!("{first}:7:1")), Some("use std::collections::BTreeMap;"));
        assert_eq!(sources.line(first, 0), None);
        assert_eq!(sources.line(first, 1_000_000), None);
        assert_eq!(sources.line("surely/not/there.rs", 1), None);
        assert_eq!(sources.at("no place"), None);
    }
}
