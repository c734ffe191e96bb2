//! How tests are run: [`check`], [`Checker`], and what they report.

mod environment;
mod pages;
mod report;
mod seeds;
mod settings;

pub use report::{Progress, Report, Verdict};
pub(crate) use report::{about, counted, grouped, share};
pub use seeds::{SavedSeed, SeedOutcome, Seeds};
pub(crate) use settings::{Settings, Watch};

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::engine::decisions::Decisions;
use crate::explore::Strategy;
use crate::explore::{explanation, exploration};
use crate::findings::{Finding, FindingKind};
use crate::kernel::Clock;
use crate::seed::Token;
use crate::seed::store::{self, Given};

/// The test closure, shared by all threads that explore it.
pub(crate) type Test = Arc<dyn Fn() + Send + Sync>;

/// Explores interleavings of `test` with the default settings, and panics with the explanation of a failure if one
/// of them fails.
///
/// ```
/// use reweave::sync::{Arc, Mutex};
/// reweave::check(|| {
///     let total = Arc::new(Mutex::new(0));
///     let tasks: Vec<_> = (0..2)
///         .map(|_| {
///             let total = Arc::clone(&total);
///             reweave::thread::spawn(move || *total.lock().unwrap() += 1)
///         })
///         .collect();
///     tasks.into_iter().for_each(|task| task.join().unwrap());
///     assert_eq!(*total.lock().unwrap(), 2);
/// });
/// ```
///
/// # Panics
/// If an interleaving fails, with the rendered [`Finding`](crate::Finding).
#[track_caller]
pub fn check<F>(test: F)
where
    F: Fn() + Send + Sync + 'static,
{
    Checker::new().check(test);
}

/// Settings of an exploration, and the ways to start it.
///
/// Every setting has an environment variable of the same name, which wins: `REWEAVE_SCHEDULES=100000`,
/// `REWEAVE_SEED=7`, `REWEAVE_CLOCK=elastic`. `REWEAVE_REPLAY=rw1…` replays one execution instead of exploring, and
/// `REWEAVE_REPLAY=seeds/….toml` a seed file: see [`Checker::replay`].
///
/// ```
/// use reweave::{Checker, Strategy, Verdict};
/// let report = Checker::new().strategy(Strategy::Random).schedules(100).seed(7).explore(|| {
///     let task = reweave::thread::spawn(|| ());
///     task.join().unwrap();
/// });
/// assert!(!report.verdict().is_failed());
/// ```
#[derive(Clone, Debug)]
#[must_use = "a checker does nothing until `check`, `explore` or `replay` is called"]
pub struct Checker {
    settings: Settings,
}

impl Default for Checker {
    #[track_caller]
    fn default() -> Checker {
        Checker::new()
    }
}

impl Checker {
    /// The default settings. The exploration is named after the current thread, which for a test is the name of
    /// the test, or after the place of this call.
    #[track_caller]
    pub fn new() -> Checker {
        let place = std::panic::Location::caller();
        let thread = std::thread::current();
        let name = match thread.name() {
            None | Some("main") => format!("{}:{}", place.file(), place.line()),
            Some(name) => name.to_owned(),
        };
        Checker { settings: Settings::new(name) }
    }

    /// Names the exploration: findings, tokens and seed files carry the name.
    pub fn name(mut self, name: &str) -> Checker {
        self.settings.name = name.to_owned();
        self
    }

    /// How schedules are chosen.
    pub fn strategy(mut self, strategy: Strategy) -> Checker {
        self.settings.strategy = strategy;
        self
    }

    /// How many preemptions a schedule has at most that [`Strategy::Bounded`] explores; other strategies have no bound. Wins
    /// over the number in the strategy, whichever is set first.
    ///
    /// ```
    /// use reweave::{Checker, Strategy, Verdict};
    /// let checker = Checker::new().strategy(Strategy::Bounded { preemptions: 2 }).preemptions(3);
    /// let report = checker.explore(|| {
    ///     let task = reweave::thread::spawn(|| ());
    ///     task.join().unwrap();
    /// });
    /// assert_eq!(*report.verdict(), Verdict::Exhaustive, "there are no schedules with more");
    /// ```
    pub fn preemptions(mut self, preemptions: usize) -> Checker {
        self.settings.preemptions = Some(preemptions);
        self
    }

    /// How many executions to run at most. If it is not set, 10,000 are sampled, and an exhaustive or bounded exploration
    /// goes on to its end.
    pub fn schedules(mut self, schedules: u64) -> Checker {
        self.settings.schedules = Some(schedules);
        self
    }

    /// For how long to explore at most, in real time; without limit if not set.
    pub fn time_limit(mut self, limit: Duration) -> Checker {
        self.settings.time_limit = Some(limit);
        self
    }

    /// The seed of all random decisions; 0 if not set. Execution `i` of a seed is always the same.
    pub fn seed(mut self, seed: u64) -> Checker {
        self.settings.seed = seed;
        self
    }

    /// How many steps an execution may have before it counts as a livelock; 1,000,000 if not set.
    pub fn max_steps(mut self, steps: usize) -> Checker {
        self.settings.max_steps = steps as u64;
        self
    }

    /// On how many OS threads to explore; 1 if not set. The first finding does not depend on it.
    pub fn workers(mut self, workers: usize) -> Checker {
        self.settings.workers = workers;
        self
    }

    /// How the virtual clock advances.
    pub fn clock(mut self, clock: Clock) -> Checker {
        self.settings.clock = clock;
        self
    }

    /// Whether a condition variable may wake a task that nobody notified. Each task has two such wake-ups per
    /// execution.
    pub fn spurious_wakeups(mut self, spurious: bool) -> Checker {
        self.settings.spurious_wakeups = spurious;
        self
    }

    /// Whether tasks that can never finish after the root returned are accepted.
    pub fn allow_leaks(mut self, allow: bool) -> Checker {
        self.settings.allow_leaks = allow;
        self
    }

    /// Whether to collect distinct findings instead of stopping at the first.
    pub fn keep_going(mut self, keep_going: bool) -> Checker {
        self.settings.keep_going = keep_going;
        self
    }

    /// The size of the stack of a task in bytes; 512 KiB if not set. Memory is used only as far as it is touched.
    pub fn stack_size(mut self, bytes: usize) -> Checker {
        self.settings.stack_size = bytes;
        self
    }

    /// After how much real time without a step the exploration is given up as stuck; 5 s if not set.
    pub fn stuck_after(mut self, time: Duration) -> Checker {
        self.settings.stuck_after = time;
        self
    }

    /// For how long, in real time, what fails is shrunk before it is explained; 1 s if not set, and not at all if it is zero.
    ///
    /// A schedule that fails in the same way is looked for that has fewer preemptions, and then fewer steps: see
    /// [`Finding::shrunk`](crate::Finding::shrunk).
    ///
    /// ```
    /// use reweave::sync::Arc;
    /// use reweave::sync::atomic::{AtomicU32, Ordering::SeqCst};
    /// use reweave::{Checker, Strategy, thread};
    ///
    /// let report = Checker::new().strategy(Strategy::Random).explore(|| {
    ///     let hits = Arc::new(AtomicU32::new(0));
    ///     let tasks = [(); 3].map(|()| {
    ///         let hits = Arc::clone(&hits);
    ///         thread::spawn(move || hits.store(hits.load(SeqCst) + 1, SeqCst))
    ///     });
    ///     tasks.into_iter().for_each(|task| task.join().unwrap());
    ///     assert_eq!(hits.load(SeqCst), 3);
    /// });
    /// let shrunk = report.finding().and_then(|finding| finding.shrunk().cloned()).expect("an update can be lost");
    /// assert_eq!(shrunk.preemptions(), 1);
    /// assert!(shrunk.is_fewest());
    /// ```
    pub fn shrink_for(mut self, time: Duration) -> Checker {
        self.settings.shrink_for = time;
        self
    }

    /// The directory whose seed files are replayed before anything is explored, by [`Checker::check`] and
    /// [`Checker::explore`]. It need not exist. What becomes of each is in [`Report::seeds`]; whether failures are saved there
    /// is said by [`Checker::seeds`].
    ///
    /// A test marked with [`#[reweave::test]`](macro@crate::test) has the directory `seeds` of its package.
    pub fn seeds_dir(mut self, path: impl Into<PathBuf>) -> Checker {
        self.settings.seeds_dir = Some(path.into());
        self
    }

    /// Where to write what fails as HTML: a file, if the name ends in `.html`, or else a directory with a file for each
    /// finding. The note of the report says where it is. See [`Finding::html`](crate::Finding::html).
    ///
    /// ```
    /// use reweave::{Checker, Strategy};
    ///
    /// let page = std::env::temp_dir().join(format!("doc-{}.html", std::process::id()));
    /// let checker = Checker::new().strategy(Strategy::Random).schedules(1).html(&page);
    /// let report = checker.explore(|| panic!("on purpose"));
    /// assert!(std::fs::read_to_string(&page)?.contains("on purpose"));
    /// assert_eq!(report.note(), Some(format!("explained in {}", page.display()).as_str()));
    /// # std::fs::remove_file(page)?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn html(mut self, path: impl Into<PathBuf>) -> Checker {
        self.settings.html = Some(path.into());
        self
    }

    /// What happens to the files of [`Checker::seeds_dir`]: [`Seeds::Read`] if not set. Tests marked with
    /// [`#[reweave::test]`](macro@crate::test) have [`Seeds::Write`], or [`Seeds::Print`] where the variable `CI` is set.
    pub fn seeds(mut self, seeds: Seeds) -> Checker {
        self.settings.seeds = seeds;
        self
    }

    /// The file in which an exhaustive exploration is saved every few seconds of real time, and when a limit stops it; if the
    /// file is there, exploration goes on from it. If `path` is a directory, the file is in it and named after the test.
    ///
    /// However often it is interrupted, also by a crash or `kill -9`, an exploration executes as many schedules, none of them equivalent
    /// to another, and comes to the same verdict with the same numbers and the same kinds of findings:
    /// [`Checker::schedules`] limits them all together, [`Checker::time_limit`] each part. The order may be another one after an
    /// interruption, and so may be the schedule that a finding is shown with, and which failure comes first if the first
    /// [ends](Checker::keep_going) the exploration. When everything was explored, or a failure ended the exploration, the file is removed.
    ///
    /// A file that is damaged, or was made by another version, by another test or with other settings, is refused and left
    /// as it is: the verdict is [`Verdict::Refused`]. Another test is one with another name, or whose first execution takes
    /// other steps. Of a change that shows only later the exploration says nothing, or reports
    /// [`Nondeterminism`](FindingKind::Nondeterminism): remove the file when you change the program. Other strategies
    /// have no checkpoint: [`Strategy::Bounded`] begins anew, and of the rest execution `i` of a seed is always the same.
    ///
    /// ```
    /// use reweave::sync::atomic::{AtomicU32, Ordering};
    /// use reweave::{Checker, Strategy, Verdict, thread};
    ///
    /// fn explore(schedules: u64) -> reweave::Report {
    ///     let file = std::env::temp_dir().join(format!("doc-{}.checkpoint", std::process::id()));
    ///     let checker = Checker::new().name("counting").strategy(Strategy::Exhaustive).checkpoint(file);
    ///     checker.schedules(schedules).explore(|| {
    ///         let hits = AtomicU32::new(0);
    ///         thread::scope(|scope| {
    ///             for _ in 0..3 {
    ///                 scope.spawn(|| hits.fetch_add(1, Ordering::SeqCst));
    ///             }
    ///         });
    ///     })
    /// }
    ///
    /// assert_eq!(*explore(2).verdict(), Verdict::Sampled);
    /// let report = explore(100);
    /// assert_eq!(*report.verdict(), Verdict::Exhaustive);
    /// assert_eq!(report.schedules(), 6);
    /// ```
    pub fn checkpoint(mut self, path: impl Into<PathBuf>) -> Checker {
        self.settings.checkpoint = Some(path.into());
        self
    }

    /// How often, in real time, the checkpoint is written: for tests.
    #[doc(hidden)]
    pub fn checkpoint_every(mut self, time: Duration) -> Checker {
        self.settings.checkpoint_every = time;
        self
    }

    /// Whether to compute [`Report::trace_hash`], which records every step of every execution and is slow.
    pub fn trace_hash(mut self, hash: bool) -> Checker {
        self.settings.trace_hash = hash;
        self
    }

    /// Goes on although the only schedule was executed: for benchmarks.
    #[doc(hidden)]
    pub fn repeat_complete(mut self) -> Checker {
        self.settings.repeat_complete = true;
        self
    }

    /// Does nothing for findings while exploring, to see what that costs: for benchmarks.
    #[doc(hidden)]
    pub fn without_samples(mut self) -> Checker {
        self.settings.samples = false;
        self
    }

    /// Calls `watch` about ten times a second while exploring.
    pub fn on_progress(mut self, watch: impl Fn(&Progress) + Send + Sync + 'static) -> Checker {
        self.settings.progress = Some(settings::Watch(Arc::new(watch)));
        self
    }

    /// Explores, and panics if a schedule fails.
    ///
    /// # Panics
    /// With the rendered finding if a schedule fails, or with the reason if a setting from the environment is
    /// malformed.
    #[track_caller]
    pub fn check<F>(self, test: F)
    where
        F: Fn() + Send + Sync + 'static,
    {
        let report = self.explore(test);
        if let Some(note) = report.note() {
            eprintln!("reweave: {note}");
        }
        report.panic_if_failed();
    }

    /// Explores, and reports what was found. Never panics.
    pub fn explore<F>(self, test: F) -> Report
    where
        F: Fn() + Send + Sync + 'static,
    {
        self.explore_test(Arc::new(test))
    }

    pub(crate) fn explore_test(mut self, test: Test) -> Report {
        if let Err(error) = environment::apply(&mut self.settings) {
            return Report::refused(error.to_string());
        }
        if let Err(error) = self.settings.validate() {
            return Report::refused(error.to_string());
        }
        if let Some(given) = self.settings.replay.take()
            && given.is_for(&self.settings.name)
        {
            return pages::write(&self.settings, replay(&self.settings, &given, &test));
        }
        // Only what is replayed by hand is looked at in a debugger.
        self.settings.break_at = None;
        let report = match self.settings.seeds_dir.clone() {
            Some(directory) => seeds::explore(&self.settings, &directory, &test),
            None => exploration::explore(&self.settings, &test),
        };
        pages::write(&self.settings, report)
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// How many schedules are explored at most if it is to be no more than so many.
    pub(crate) fn limited_to(&self, schedules: u64) -> u64 {
        self.settings.schedules.map_or(schedules, |limit| limit.min(schedules))
    }

    /// Shrinks and explains the execution of `decisions`, which fails with `signature`; none if it does not fail.
    pub(crate) fn explain(mut self, signature: &str, decisions: &Decisions, test: &Test) -> Option<Finding> {
        environment::apply(&mut self.settings).and_then(|()| self.settings.validate()).ok()?;
        explanation::explain(&self.settings, signature, decisions, test)
    }

    /// Which sets of the preemptions of `finding`, which was shrunk, can be left out so that `test` fails in the same way
    /// nevertheless, by their numbers: for tests, as they should not be there.
    #[doc(hidden)]
    pub fn removable_preemptions<F>(mut self, finding: &Finding, test: F) -> Vec<Vec<usize>>
    where
        F: Fn() + Send + Sync + 'static,
    {
        environment::apply(&mut self.settings).expect("the settings are right");
        let decisions = finding.schedule().decisions().collect();
        explanation::removable_preemptions(&self.settings, &decisions, &(Arc::new(test) as Test))
    }

    /// Replays `seed`: a token (`rw1…`), or the text or the path of a seed file.
    ///
    /// A token is one execution, and followed as it is: it says what was decided and not what that meant. A seed file says
    /// both, so that its failure is looked for near the saved schedule if the program was edited, as that of every
    /// [saved seed](Checker::seeds_dir) is: what became of it is in [`Report::seeds`]. Nothing is written. A relative path may
    /// start at the current directory, or at one above it.
    ///
    /// The verdict is `Failed` if the execution fails; [`Report::note`] says where program and schedule parted.
    ///
    /// ```
    /// use reweave::{Checker, SeedOutcome, thread};
    ///
    /// let fails = || {
    ///     let task = thread::spawn(thread::yield_now);
    ///     task.join().unwrap();
    ///     panic!("on purpose");
    /// };
    /// let report = Checker::new().name("doc").explore(fails);
    /// let file = report.finding().expect("every schedule fails").seed_file();
    /// let replayed = Checker::new().name("doc").replay(&file, fails);
    /// assert_eq!(replayed.seeds()[0].outcome(), SeedOutcome::Reproduced);
    /// ```
    pub fn replay<F>(mut self, seed: &str, test: F) -> Report
    where
        F: Fn() + Send + Sync + 'static,
    {
        if let Err(error) = environment::apply(&mut self.settings).and_then(|()| self.settings.validate()) {
            return Report::refused(error.to_string());
        }
        let given = match store::read_given(seed) {
            Ok(given) => given,
            Err(error) => return Report::refused(error.to_string()),
        };
        let report = replay(&self.settings, &given, &(Arc::new(test) as Test));
        pages::write(&self.settings, report)
    }
}

fn replay(settings: &Settings, given: &Given, test: &Test) -> Report {
    let (path, file) = match given {
        Given::Token(token) => return replay_token(settings, token, test),
        Given::File(path, file) => (path, file),
    };
    // Many executions may lead to the one that is to be looked at.
    let report = seeds::replay_file(&Settings { break_at: None, ..settings.clone() }, (path, file), test);
    match report.finding() {
        Some(finding) if settings.break_at.is_some() => {
            let stopped = replay_token(settings, &finding.token, test);
            Report { note: report.note, seeds: report.seeds, ..stopped }
        }
        _ => report,
    }
}

fn replay_token(settings: &Settings, token: &Token, test: &Test) -> Report {
    let mut settings = settings.with_rules_of(token);
    if settings.break_at.is_some() {
        // Whoever looks at a program in a debugger takes their time.
        settings.stuck_after = Duration::MAX;
    }
    explanation::replay(&settings, token, test)
}

/// What `#[reweave::test]` calls: explores, and compares with what is expected.
///
/// # Panics
/// With the rendered finding if there is one that is not expected, and if there is none where one is.
#[track_caller]
pub fn run_test<R: Outcome + 'static>(
    checker: Checker,
    package: Option<&str>,
    expect: Option<FindingKind>,
    test: fn() -> R,
) {
    let Some(expected) = expect else {
        // What is expected to fail is found anew each time, and nothing is saved of it.
        let checker = match package {
            Some(package) => checker.seeds_dir(std::path::Path::new(package).join("seeds")).seeds(Seeds::by_default()),
            None => checker,
        };
        return checker.check(move || test().settle());
    };
    let report = checker.explore(move || test().settle());
    match report.finding() {
        Some(finding) if finding.kind() == expected => {}
        None if !matches!(report.verdict(), Verdict::Refused { .. }) => {
            panic!("reweave: expected a {expected}, but no schedule failed: {report}")
        }
        _ => report.panic_if_failed(),
    }
}

/// What a test may return.
#[diagnostic::on_unimplemented(message = "a test returns `()` or a `Result<(), E>`, not `{Self}`")]
pub trait Outcome {
    /// Panics if the test failed.
    fn settle(self);
}

impl Outcome for () {
    fn settle(self) {}
}

impl<E: std::fmt::Debug> Outcome for Result<(), E> {
    fn settle(self) {
        if let Err(error) = self {
            panic!("the test returned an error: {error:?}");
        }
    }
}
