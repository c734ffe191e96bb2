//! Saves the failures of the twins under `seeds/`, where the tests replay them.

use std::fs;
use std::path::{Path, PathBuf};

use super::run::Run;

/// Where failures are saved: beside the sources.
pub(super) fn directory() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).join("seeds")
}

/// Saves what failed as it should. What was saved for the same twin before makes room: it was of a program that has changed.
pub(super) fn all(run: &Run) -> Result<(), String> {
    let caught = run.done.iter().filter(|done| done.outcome.is_ok());
    for finding in caught.filter_map(|done| done.report.finding()) {
        let path = finding.save(directory()).map_err(|error| error.to_string())?;
        remove_others(&path)
            .map_err(|error| format!("failed to remove what lay beside {}: {error}", path.display()))?;
        eprintln!("saved {}", path.display());
    }
    Ok(())
}

fn remove_others(saved: &Path) -> std::io::Result<()> {
    let Some(folder) = saved.parent() else { return Ok(()) };
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path != saved && path.extension().is_some_and(|extension| extension == "toml") {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}
