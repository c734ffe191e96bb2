//! Explores the whole gallery: every component has to survive, every twin has to be caught.
//!
//! `cargo run --release` prints a line for each program, the explanation of each failure, and saves the failures
//! under `seeds/`, where the tests replay them. Words after `--` select programs by name.

use std::process::ExitCode;

#[cfg(feature = "sim")]
fn main() -> ExitCode {
    let filters: Vec<String> = std::env::args().skip(1).collect();
    if let Some(flag) = filters.iter().find(|word| word.starts_with('-')) {
        eprintln!("unknown option {flag}: give words that the names of scenarios or variants contain, or nothing");
        return ExitCode::from(2);
    }
    let entries: Vec<_> = reweave_scenarios::gallery::gallery()
        .into_iter()
        .filter(|entry| filters.is_empty() || filters.iter().any(|word| entry.name().contains(word.as_str())))
        .collect();
    if entries.is_empty() {
        eprintln!("no scenario is called like {}", filters.join(" or "));
        return ExitCode::from(2);
    }
    if explore::all(&entries) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[cfg(not(feature = "sim"))]
fn main() -> ExitCode {
    eprintln!("built without the feature `sim`, so there is nothing to explore with");
    ExitCode::from(2)
}

/// The exploration of the gallery.
#[cfg(feature = "sim")]
mod explore {
    use std::io::{IsTerminal, Write as _};
    use std::path::{Path, PathBuf};

    use reweave::{Checker, Finding, Progress, Report, Strategy};
    use reweave_scenarios::gallery::{Entry, Expectation};

    /// How many schedules a program has to survive, or may need to fail.
    const SCHEDULES: u64 = 100_000;

    /// Explores every entry; says whether all came to what was expected.
    pub(super) fn all(entries: &[Entry]) -> bool {
        println!("Correct components have to survive every schedule, and their buggy twins have to fail in one.\n");
        let mut expected = true;
        let mut failures = Vec::new();
        let width = |text: fn(&Entry) -> &str| entries.iter().map(|entry| text(entry).len()).max().unwrap_or(0);
        let (scenarios, variants) = (width(|entry| entry.scenario), width(|entry| entry.variant));
        for entry in entries {
            let report = explore(entry);
            let outcome = judge(entry, &report);
            expected &= outcome.is_ok();
            let mark = if outcome.is_ok() { "ok" } else { "NO" };
            let (scenario, variant, seen) = (entry.scenario, entry.variant, summary(&report));
            println!("{mark}  {scenario:scenarios$}  {variant:variants$}  {seen}");
            if let Err(problem) = outcome {
                println!("    {problem}");
            }
            failures.extend(report.finding().cloned().map(|finding| (entry, finding)));
        }
        for (entry, finding) in &failures {
            expected &= explain(entry, finding);
        }
        let verdict = if expected { "everything is as expected" } else { "something is NOT as expected" };
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        let (programs, failures) = (entries.len(), failures.len());
        println!("{programs} program{}, {failures} failure{} explained: {verdict}", plural(programs), plural(failures));
        expected
    }

    /// What came of an exploration, in a few words.
    fn summary(report: &Report) -> String {
        match report.finding() {
            Some(finding) => format!("{} in schedule {}", finding.kind(), report.schedules()),
            None => report.to_string(),
        }
    }

    /// Prints and saves a finding; says whether it could be saved.
    fn explain(entry: &Entry, finding: &Finding) -> bool {
        let line = "─".repeat(80);
        println!("\n{line}\n{} {}: {}\n{line}\n", entry.scenario, entry.variant, entry.summary);
        println!("{}", finding.render().trim_end());
        let words = format!("{}::{}", entry.scenario, entry.variant);
        println!("or here\n  REWEAVE_REPLAY={} cargo run --release -- {words}", finding.token());
        let saved = save(finding);
        match &saved {
            Ok(Some(path)) => println!("\nsaved as {}\n", path.display()),
            Ok(None) => println!(),
            Err(error) => println!("\n{error}\n"),
        }
        saved.is_ok()
    }

    fn explore(entry: &Entry) -> Report {
        let label = format!("{} {}", entry.scenario, entry.variant);
        let terminal = std::io::stderr().is_terminal();
        let progress = move |progress: &Progress| {
            if terminal {
                let share = 100 * progress.schedules / progress.limit.max(1);
                let seconds = progress.elapsed.as_secs_f32();
                eprint!("\r    {label}: {} schedules, {share} %, {seconds:.1} s", progress.schedules);
                let _ = std::io::stderr().flush();
            }
        };
        let checker = Checker::new().name(&entry.name()).strategy(Strategy::Random).schedules(SCHEDULES);
        let report = checker.on_progress(progress).explore(entry.run);
        if terminal {
            eprint!("\r\x1b[K");
        }
        report
    }

    /// Whether the report is what the gallery says, and if not, what is wrong.
    fn judge(entry: &Entry, report: &Report) -> Result<(), String> {
        match (entry.expect, report.finding()) {
            (Expectation::Correct, None) => Ok(()),
            (Expectation::Correct, Some(_)) => Err("the correct component fails; see below".to_owned()),
            (Expectation::Fails(kind), Some(finding)) if finding.kind().name() == kind => Ok(()),
            (Expectation::Fails(kind), Some(finding)) => {
                Err(format!("expected a {kind}, and found a {}; see below", finding.kind()))
            }
            (Expectation::Fails(kind), None) => Err(format!("expected a {kind}, and found nothing")),
        }
    }

    /// Saves a finding under `seeds/`, where the tests replay it; not on a machine that only checks, and not if it was
    /// replayed itself.
    fn save(finding: &Finding) -> Result<Option<PathBuf>, reweave::SeedError> {
        let set = |variable| std::env::var_os(variable).is_some_and(|value| !value.is_empty());
        if std::env::var("CI").is_ok_and(|ci| ci == "true") || set("REWEAVE_REPLAY") {
            return Ok(None);
        }
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."));
        let path = finding.save(root.join("seeds"))?;
        Ok(Some(path.strip_prefix(root).map(Path::to_owned).unwrap_or(path)))
    }
}
