//! Seed files on disk: `<directory>/<test>/<kind>-<hash>.toml`.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::file::MAX_BYTES;
use super::{SeedError, SeedFile, Token};
use crate::findings::Finding;

/// The seed files for `test` under `directory`, in the order of their names. A directory that does not exist
/// has none.
pub(crate) fn load(directory: &Path, test: &str) -> Result<Vec<(PathBuf, SeedFile)>, SeedError> {
    let folder = directory.join(folder_of(test));
    let read = |error| SeedError::Read { path: folder.clone(), error };
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(read(error)),
    };
    let paths: Result<Vec<PathBuf>, _> = entries.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut paths = paths.map_err(read)?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    paths.into_iter().map(|path| Ok((path.clone(), load_file(path)?))).collect()
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

/// Writes `finding` under `directory`; returns the file. An earlier file of the same finding is replaced, at once.
pub(crate) fn save(directory: &Path, finding: &Finding) -> Result<PathBuf, SeedError> {
    let folder = directory.join(folder_of(finding.test()));
    let name = format!("{}-{:08x}.toml", finding.kind().name(), finding.signature_hash());
    let path = folder.join(&name);
    let text = SeedFile::of(finding).to_text(&finding.render());
    let write = |error| SeedError::Write { path: path.clone(), error };
    fs::create_dir_all(&folder).map_err(write)?;
    // Written beside it and then renamed: whoever reads sees the old file or the new one, whole.
    let beside = folder.join(format!(".{name}.{}", std::process::id()));
    let mut file = fs::File::create(&beside).map_err(write)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(write)?;
    fs::rename(&beside, &path).map_err(write)?;
    Ok(path)
}

/// The folder of a test: its name, with what no file system likes replaced.
fn folder_of(test: &str) -> PathBuf {
    let clean = |part: &str| -> String {
        let safe = |c: char| if c.is_alphanumeric() || matches!(c, '_' | '-' | '.') { c } else { '_' };
        part.chars().map(safe).collect()
    };
    test.split("::").map(clean).filter(|part| !part.is_empty() && part != "." && part != "..").collect()
}

/// The token in `text`: a token, the text of a seed file, or the path of one.
pub(crate) fn read_token(text: &str) -> Result<Token, SeedError> {
    match text.parse() {
        Ok(token) => Ok(token),
        Err(_) if text.contains("token = ") => Ok(SeedFile::parse(PathBuf::from("(given text)"), text)?.token),
        Err(_) if Path::new(text.trim()).is_file() => Ok(load_file(PathBuf::from(text.trim()))?.token),
        Err(error) => {
            let text = text.chars().take(80).collect();
            Err(SeedError::Token { text, error })
        }
    }
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
    fn a_directory_that_does_not_exist_has_no_seeds() {
        assert!(load(Path::new("surely/not/there"), "a::b").unwrap().is_empty());
    }
}
