//! Seed files on disk: `<directory>/<test>/<kind>-<hash>.toml`, and `.toml.new` while nobody has accepted them.
//!
//! The hash is of what tells the failure from others, so that every failure has a file of its own and a name that stays. A
//! file of another failure is never overwritten: should one have the name nevertheless, a number is added.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::file::MAX_BYTES;
use super::{SeedError, SeedFile, Token};
use crate::findings::Finding;

/// What the name of an accepted file ends with.
const ACCEPTED: &str = ".toml";

/// What the name of a pending file ends with.
const PENDING: &str = ".toml.new";

/// Whether somebody said that a seed is to be kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum State {
    Accepted,
    Pending,
}

/// A seed file on disk.
#[derive(Clone, Debug)]
pub(crate) struct Saved {
    pub(crate) path: PathBuf,
    pub(crate) state: State,
    pub(crate) file: SeedFile,
}

/// The seed files for `test` under `directory`, in the order of their names. A directory that does not exist
/// has none.
pub(crate) fn load(directory: &Path, test: &str) -> Result<Vec<Saved>, SeedError> {
    let folder = directory.join(folder_of(test));
    let read = |error| SeedError::Read { path: folder.clone(), error };
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(read(error)),
    };
    let paths: Result<Vec<PathBuf>, _> = entries.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut paths = paths.map_err(read)?;
    paths.sort();
    let found = paths.into_iter().filter_map(|path| state_of(&path).map(|state| (path, state)));
    found.map(|(path, state)| Ok(Saved { path: path.clone(), state, file: load_file(path)? })).collect()
}

/// Whether this is a seed file, by its name. What editors, merges and writers that were interrupted leave beside them is none.
fn state_of(path: &Path) -> Option<State> {
    let name = path.file_name()?.to_str()?;
    if name.starts_with('.') {
        None
    } else if name.ends_with(ACCEPTED) {
        Some(State::Accepted)
    } else {
        name.ends_with(PENDING).then_some(State::Pending)
    }
}

fn load_file(path: PathBuf) -> Result<SeedFile, SeedError> {
    let read = |error| SeedError::Read { path: path.clone(), error };
    let bytes = fs::metadata(&path).map_err(read)?.len();
    if bytes > MAX_BYTES {
        let problem = format!("the file has {bytes} bytes, more than any seed file");
        return Err(SeedError::Damaged { path, line: 1, problem });
    }
    let text = fs::read_to_string(&path).map_err(read)?;
    SeedFile::parse(path, &text)
}

/// Writes `finding` under `directory`; returns the file. An earlier file of the same finding is replaced, at once; an
/// accepted one also removes what is pending.
pub(crate) fn save(directory: &Path, finding: &Finding, state: State) -> Result<PathBuf, SeedError> {
    let path = path_of(directory, finding, state);
    write(&path, &finding.seed_file())?;
    if state == State::Accepted {
        remove(&path_of(directory, finding, State::Pending))?;
    }
    Ok(path)
}

/// Where [`save`] writes a finding.
pub(crate) fn path_of(directory: &Path, finding: &Finding, state: State) -> PathBuf {
    let ending = match state {
        State::Accepted => ACCEPTED,
        State::Pending => PENDING,
    };
    let folder = directory.join(folder_of(finding.test()));
    own_path(&folder, &finding.file_stem(), ending, &SeedFile::of(finding))
}

/// The first of `stem`, `stem-2`, `stem-3` … that no other failure than that of `file` has.
fn own_path(folder: &Path, stem: &str, ending: &str, file: &SeedFile) -> PathBuf {
    let own = |path: &Path| match fs::symlink_metadata(path) {
        // What cannot be read may be anything.
        Ok(_) => load_file(path.to_owned()).is_ok_and(|other| other.is_of_the_same(file)),
        Err(_) => true,
    };
    let mut path = folder.join(format!("{stem}{ending}"));
    let mut number = 2_u64;
    while !own(&path) {
        path.set_file_name(format!("{stem}-{number}{ending}"));
        number += 1;
    }
    path
}

/// Accepts what is pending, in place of what was accepted of the same failure.
pub(crate) fn accept(saved: &mut Saved) -> Result<(), SeedError> {
    if saved.state == State::Pending {
        let name = saved.path.file_name().unwrap_or_default().to_string_lossy();
        let stem = name.strip_suffix(PENDING).unwrap_or(&name);
        let path = own_path(saved.path.parent().unwrap_or(Path::new("")), stem, ACCEPTED, &saved.file);
        fs::rename(&saved.path, &path).map_err(|error| SeedError::Write { path: path.clone(), error })?;
        (saved.path, saved.state) = (path, State::Accepted);
    }
    Ok(())
}

/// Removes a file, which may be gone already.
pub(crate) fn remove(path: &Path) -> Result<(), SeedError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(SeedError::Write { path: path.to_owned(), error })
        }
        _ => Ok(()),
    }
}

/// Written beside it and then renamed: whoever reads sees the old file or the new one, whole.
fn write(path: &Path, text: &str) -> Result<(), SeedError> {
    let failed = |error| SeedError::Write { path: path.to_owned(), error };
    let (folder, name) = (path.parent().unwrap_or(Path::new("")), path.file_name().unwrap_or_default());
    fs::create_dir_all(folder).map_err(failed)?;
    // Tests of one process save at the same time, too.
    static WRITES: AtomicU64 = AtomicU64::new(0);
    let unique = (std::process::id(), WRITES.fetch_add(1, Ordering::Relaxed));
    let beside = folder.join(format!(".{}.{}-{}", name.to_string_lossy(), unique.0, unique.1));
    let written = fs::File::create(&beside).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, path)
    });
    written.map_err(|error| {
        // What is half written helps nobody.
        let _ = fs::remove_file(&beside);
        failed(error)
    })
}

/// The folder of a test: its name, with what no file system likes replaced.
fn folder_of(test: &str) -> PathBuf {
    let clean = |part: &str| -> String {
        let safe = |c: char| if c.is_alphanumeric() || matches!(c, '_' | '-' | '.') { c } else { '_' };
        part.chars().map(safe).collect()
    };
    test.split("::").map(clean).filter(|part| !part.is_empty() && part != "." && part != "..").collect()
}

/// What somebody gave to be replayed.
#[derive(Clone, Debug)]
pub(crate) enum Given {
    Token(Token),
    /// A seed file, and where it is.
    File(PathBuf, Box<SeedFile>),
}

impl Given {
    /// Whether it was made by the test `name`.
    pub(crate) fn is_for(&self, name: &str) -> bool {
        match self {
            Given::Token(token) => token.is_for(name),
            Given::File(_, file) => file.test == name,
        }
    }
}

/// What `text` is: a token, the text of a seed file, or the path of one.
pub(crate) fn read_given(text: &str) -> Result<Given, SeedError> {
    let error = match text.parse() {
        Ok(token) => return Ok(Given::Token(token)),
        Err(error) => error,
    };
    if text.contains("format = ") {
        let path = PathBuf::from("(given text)");
        let file = SeedFile::parse(path.clone(), text)?;
        return Ok(Given::File(path, Box::new(file)));
    }
    let given = Path::new(text.trim());
    match locate(given) {
        Some(path) => Ok(Given::File(path.clone(), Box::new(load_file(path)?))),
        // Whoever names a seed file does not want to hear of tokens.
        None if state_of(given).is_some() => Ok(Given::File(given.to_owned(), Box::new(load_file(given.to_owned())?))),
        None => Err(SeedError::Token { text: text.chars().take(80).collect(), error }),
    }
}

/// Where a file is that somebody named. Cargo runs tests in the directory of their package, and whoever types a relative
/// path may be in one above it.
fn locate(given: &Path) -> Option<PathBuf> {
    if given.is_absolute() {
        return given.is_file().then(|| given.to_owned());
    }
    let here = std::env::current_dir().unwrap_or_default();
    std::iter::once(given.to_owned())
        .chain(here.ancestors().skip(1).map(|above| above.join(given)))
        .find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_name_is_a_safe_path() {
        assert_eq!(folder_of("krate::module::test"), PathBuf::from("krate/module/test"));
        assert_eq!(folder_of("../../etc::..::a b/c"), PathBuf::from(".._.._etc/a_b_c"));
        assert_eq!(folder_of("src/lib.rs:12"), PathBuf::from("src_lib.rs_12"));
    }

    #[test]
    fn files_are_seeds_by_their_names() {
        let state = |name: &str| state_of(&Path::new("seeds/a").join(name));
        assert_eq!(state("panic-12345678.toml"), Some(State::Accepted));
        assert_eq!(state("panic-12345678.toml.new"), Some(State::Pending));
        for other in ["README.md", "panic-1.toml.orig", ".panic-1.toml.77", ".panic-1.toml.new.77", "new", "toml"] {
            assert_eq!(state(other), None, "{other}");
        }
    }

    #[test]
    fn a_directory_that_does_not_exist_has_no_seeds() {
        assert!(load(Path::new("surely/not/there"), "a::b").unwrap().is_empty());
    }
}
