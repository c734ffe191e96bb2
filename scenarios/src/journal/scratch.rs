//! Files for one run, which nobody else has and which go when the run does.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Fresh temporary files, which are removed when this is dropped.
///
/// A workload makes one at its beginning. An execution that is cut short unwinds its tasks, so the files go in any case.
/// Their names differ from run to run, and must not appear in what a workload says.
#[derive(Debug)]
pub struct Scratch {
    /// What the names of all files of this run begin with.
    prefix: String,
    /// std's lock, not Reweave's: files are named in no particular order, and nobody waits for anybody.
    files: Mutex<Vec<PathBuf>>,
}

impl Scratch {
    /// Files for one run.
    #[must_use]
    pub fn new() -> Scratch {
        // std's as well: executions that run side by side must differ here, and nothing else may depend on it.
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let prefix = format!("reweave-scenarios-{}-{number}", std::process::id());
        Scratch { prefix, files: Mutex::new(Vec::new()) }
    }

    /// The path of a file of this run, in the system's directory for temporary files. It is not made.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("{}-{name}", self.prefix));
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if !files.contains(&path) {
            files.push(path.clone());
        }
        path
    }
}

impl Default for Scratch {
    fn default() -> Scratch {
        Scratch::new()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        for file in self.files.get_mut().unwrap_or_else(PoisonError::into_inner) {
            // Some were never made. What cannot be removed is left to the system, which clears these files now and then.
            let _ = std::fs::remove_file(file);
        }
    }
}
