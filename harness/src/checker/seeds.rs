//! Saved seeds: replayed before anything is explored, on a budget of their own, and written when something new fails.
//!
//! As with snapshots, what is new waits beside what was accepted, in a file that ends with `.toml.new`, until somebody says
//! that it is to be kept. Both are replayed: whoever fixes a failure sees at once whether it is fixed.

use std::path::{Path, PathBuf};

use super::{Report, Settings, Test, Verdict};
use crate::explore::exploration;
use crate::explore::retrace::{Retraced, Way, retrace};
use crate::findings::{Finding, FindingKind};
use crate::seed::store::{self, Saved, State};
use crate::seed::{SeedError, SeedFile};

/// What happens to seed files: see [`Checker::seeds`](crate::Checker::seeds) and `REWEAVE_SEEDS`.
///
/// ```
/// use reweave::{Checker, SeedOutcome, Seeds};
/// let fails = || {
///     let task = reweave::thread::spawn(|| ());
///     task.join().unwrap();
///     panic!("on purpose");
/// };
/// let directory = std::env::temp_dir().join(format!("doc-seeds-{}", std::process::id()));
/// let checker = Checker::new().name("doc").seeds_dir(&directory);
/// checker.clone().seeds(Seeds::Accept).explore(fails);
///
/// let report = checker.explore(fails);
/// assert_eq!(report.seeds()[0].outcome(), SeedOutcome::Reproduced);
/// # std::fs::remove_dir_all(directory).unwrap();
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Seeds {
    /// They are neither replayed nor written.
    Off,
    /// They are replayed.
    Read,
    /// They are replayed, and the file of a new failure is printed to the standard error.
    Print,
    /// They are replayed, and a new failure is written to a file that ends with `.toml.new`. To keep it, rename it to `.toml`,
    /// or run the test again with `REWEAVE_SEEDS=accept`.
    Write,
    /// They are replayed, and everything is kept: what is pending, what is new, and the schedules of what has moved.
    Accept,
}

impl Seeds {
    pub(super) const ALL: [Seeds; 5] = [Seeds::Off, Seeds::Read, Seeds::Print, Seeds::Write, Seeds::Accept];

    /// The name by which the environment knows it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Seeds::Off => "off",
            Seeds::Read => "read",
            Seeds::Print => "print",
            Seeds::Write => "write",
            Seeds::Accept => "accept",
        }
    }

    /// Nobody collects what is written where tests run for a repository.
    pub(super) fn by_default() -> Seeds {
        let ci = std::env::var_os("CI").is_some_and(|value| !matches!(value.to_str(), Some("" | "0" | "false")));
        if ci { Seeds::Print } else { Seeds::Write }
    }
}

/// What became of a saved failure.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum SeedOutcome {
    /// The schedule still fails, in the same way.
    Reproduced,
    /// The program was edited: the schedule does not lead to the failure any more, but one near it does. The file is brought
    /// up to date by `REWEAVE_SEEDS=accept`.
    Moved,
    /// Neither the schedule nor one near it fails in that way. The file stays, as a regression test.
    Gone,
}

/// A saved seed that was replayed: see [`Report::seeds`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SavedSeed {
    path: PathBuf,
    outcome: SeedOutcome,
    parted: Option<String>,
}

impl SavedSeed {
    fn of(path: &Path, way: Option<Way>, parted: Option<String>) -> SavedSeed {
        let outcome = match way {
            Some(Way::Exactly) => SeedOutcome::Reproduced,
            Some(Way::Nearby) => SeedOutcome::Moved,
            Some(Way::Otherwise) | None => SeedOutcome::Gone,
        };
        SavedSeed { path: path.to_owned(), outcome, parted }
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What became of the failure.
    #[must_use]
    pub fn outcome(&self) -> SeedOutcome {
        self.outcome
    }

    /// Where the program and the saved schedule parted, in a sentence; none if the program followed it to its end.
    #[must_use]
    pub fn parted(&self) -> Option<&str> {
        self.parted.as_deref()
    }
}

/// Replays what is saved for this test, explores if nothing fails, and saves what is new.
pub(super) fn explore(settings: &Settings, directory: &Path, test: &Test) -> Report {
    if settings.seeds == Seeds::Off {
        return exploration::explore(settings, test);
    }
    let mut seeds = Vec::new();
    let replayed = match replay(settings, directory, test, &mut seeds) {
        Ok(replayed) => replayed,
        Err(error) => return Report { seeds, ..Report::refused(error.to_string()) },
    };
    if let Some(report) = replayed {
        return Report { seeds, ..report };
    }
    let report = exploration::explore(settings, test);
    let gone = match seeds.len() {
        0 => None,
        1 => Some("the saved seed no longer fails".to_owned()),
        count => Some(format!("{count} saved seeds no longer fail")),
    };
    let saved = report.findings().iter().filter_map(|finding| keep(settings.seeds, directory, finding));
    let notes: Vec<String> = report.note().map(str::to_owned).into_iter().chain(gone).chain(saved).collect();
    let note = (!notes.is_empty()).then(|| notes.join("; "));
    Report { note, seeds, ..report }
}

/// Replays one seed file that somebody gave. Nothing is written.
pub(super) fn replay_file(settings: &Settings, (path, file): (&Path, &SeedFile), test: &Test) -> Report {
    let Retraced { finding, parted, elapsed } = retrace(&settings.with_rules_of(&file.token), test, file);
    let seed = SavedSeed::of(path, finding.as_ref().map(|(_, way)| *way), parted.clone());
    let because = parted.map(|parted| format!(": {parted}")).unwrap_or_default();
    let (path, report) = (path.display(), Report::refused(String::new()));
    let (report, note) = match finding {
        None => {
            let note = format!("the seed {path} no longer fails{because}");
            (Report { verdict: Verdict::Sampled, schedules: 1, ..report }, note)
        }
        Some((finding, way)) => {
            let note = match way {
                Way::Exactly => format!("the seed {path} still fails"),
                Way::Nearby => format!("the seed {path} still fails, but by another schedule{because}"),
                Way::Otherwise => format!("the schedule of the seed {path} fails in another way{because}"),
            };
            (Report::of_finding(finding), note)
        }
    };
    Report { seeds: vec![seed], elapsed, ..report.with_note(note) }
}

/// Replays what is saved. Returns a report if something fails.
fn replay(
    settings: &Settings,
    directory: &Path,
    test: &Test,
    seeds: &mut Vec<SavedSeed>,
) -> Result<Option<Report>, SeedError> {
    let mut all = store::load(directory, &settings.name)?;
    if settings.seeds == Seeds::Accept {
        // All of them, whichever fails first.
        all.iter_mut().try_for_each(store::accept)?;
    }
    for saved in all {
        let rules = settings.with_rules_of(&saved.file.token);
        let Retraced { finding, parted, elapsed } = retrace(&rules, test, &saved.file);
        seeds.push(SavedSeed::of(&saved.path, finding.as_ref().map(|(_, way)| *way), parted.clone()));
        if let Some((finding, way)) = finding {
            let note = tell(settings.seeds, directory, &saved, (&finding, way), parted)?;
            return Ok(Some(Report { elapsed, ..Report::of_finding(finding).with_note(note) }));
        }
    }
    Ok(None)
}

/// Says how a saved seed fails, and brings it up to date if that is asked for.
fn tell(
    seeds: Seeds,
    directory: &Path,
    saved: &Saved,
    (finding, way): (&Finding, Way),
    parted: Option<String>,
) -> Result<String, SeedError> {
    let path = saved.path.display();
    let parted = parted.map(|parted| format!(": {parted}")).unwrap_or_default();
    Ok(match way {
        Way::Exactly => format!("the seed {path} still fails"),
        Way::Otherwise => {
            let kept = keep(seeds, directory, finding).map(|kept| format!("; {kept}")).unwrap_or_default();
            format!("the schedule of the seed {path} fails in another way{parted}{kept}")
        }
        Way::Nearby if seeds == Seeds::Accept => {
            // A failure that looks alike may have a file of its own: then both are kept.
            let other = [State::Accepted, State::Pending].map(|state| store::path_of(directory, finding, state));
            if let Some(now) = other.iter().find(|other| **other != saved.path && other.exists()) {
                let now = now.display();
                return Ok(format!(
                    "the seed {path} no longer fails, but the failure near it that is saved as {now}{parted}"
                ));
            }
            let now = store::save(directory, finding, State::Accepted)?;
            if now != saved.path {
                store::remove(&saved.path)?;
            }
            format!("the seed {path} had moved and was brought up to date as {}{parted}", now.display())
        }
        Way::Nearby => format!(
            "the seed {path} still fails, but by another schedule{parted}; REWEAVE_SEEDS=accept brings the file up to date"
        ),
    })
}

/// Saves a new finding as is asked for. Returns what to say about it.
fn keep(seeds: Seeds, directory: &Path, finding: &Finding) -> Option<String> {
    // What depends on more than the schedule cannot be replayed.
    if matches!(finding.kind(), FindingKind::Nondeterminism | FindingKind::Stuck) {
        return None;
    }
    let state = match seeds {
        Seeds::Off | Seeds::Read => return None,
        Seeds::Print => {
            let path = store::path_of(directory, finding, State::Accepted);
            eprintln!("reweave: the failure is not saved; its file would be {}:\n", path.display());
            eprintln!("{}", finding.seed_file());
            return None;
        }
        Seeds::Write => State::Pending,
        Seeds::Accept => State::Accepted,
    };
    Some(match store::save(directory, finding, state) {
        Ok(path) if state == State::Pending => format!("saved as {}; REWEAVE_SEEDS=accept keeps it", path.display()),
        Ok(path) => format!("saved as {}", path.display()),
        // That the failure cannot be saved is no reason not to show it.
        Err(error) => error.to_string(),
    })
}
