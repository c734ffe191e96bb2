//! What an exploration reports.

use std::fmt;
use std::time::Duration;

use super::SavedSeed;
use crate::findings::{Finding, FindingKind};
use crate::report::TextOptions;

/// How far an exploration got. Every verdict says what it did not cover.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Verdict {
    /// Every schedule was executed, and none failed.
    Exhaustive,
    /// Every schedule with at most so many preemptions was executed, or one that is equivalent to it, and none failed;
    /// there are others that have more. See [`Strategy::Bounded`](crate::Strategy::Bounded).
    Bounded {
        /// The bound.
        preemptions: usize,
    },
    /// None of the executed schedules failed; there are others.
    Sampled,
    /// A schedule failed.
    Failed,
    /// Nothing was explored, for this reason.
    Refused {
        /// What was wrong with the settings or a file, and what to do.
        reason: String,
    },
}

impl Verdict {
    /// Whether a schedule failed.
    #[must_use]
    pub fn is_failed(&self) -> bool {
        *self == Verdict::Failed
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verdict::Exhaustive => "exhaustive",
            Verdict::Bounded { preemptions } => {
                return write!(f, "exhaustive up to {}", counted(*preemptions as u64, "preemption"));
            }
            Verdict::Sampled => "sampled",
            Verdict::Failed => "failed",
            Verdict::Refused { .. } => "refused",
        })
    }
}

/// What an exploration did and found.
#[derive(Clone, Debug)]
pub struct Report {
    pub(crate) verdict: Verdict,
    pub(crate) schedules: u64,
    pub(crate) failures: u64,
    pub(crate) steps: u64,
    pub(crate) elapsed: Duration,
    pub(crate) findings: Vec<Finding>,
    pub(crate) trace_hash: Option<u64>,
    pub(crate) note: Option<String>,
    /// Everything was executed, whether or not it failed.
    pub(crate) complete: bool,
    /// How many schedules there seem to be.
    pub(crate) estimate: Option<f64>,
    pub(crate) seeds: Vec<SavedSeed>,
}

impl Report {
    pub(crate) fn refused(reason: String) -> Report {
        Report {
            verdict: Verdict::Refused { reason },
            schedules: 0,
            failures: 0,
            steps: 0,
            elapsed: Duration::ZERO,
            findings: Vec::new(),
            trace_hash: None,
            note: None,
            complete: false,
            estimate: None,
            seeds: Vec::new(),
        }
    }

    /// Of one execution that failed.
    pub(crate) fn of_finding(finding: Finding) -> Report {
        let steps = finding.account.total_steps;
        let report = Report::refused(String::new());
        Report { verdict: Verdict::Failed, schedules: 1, failures: 1, steps, findings: vec![finding], ..report }
    }

    /// Whether an execution blocked its thread, so that nothing can go on.
    pub(crate) fn is_stuck(&self) -> bool {
        self.findings.iter().any(|finding| finding.kind() == FindingKind::Stuck)
    }

    pub(crate) fn with_note(self, note: String) -> Report {
        Report { note: Some(note), ..self }
    }

    /// How far the exploration got.
    #[must_use]
    pub fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    /// How many executions ran to their end, failing ones included.
    #[must_use]
    pub fn schedules(&self) -> u64 {
        self.schedules
    }

    /// How many executions failed, before findings that are alike were put together.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.failures
    }

    /// How many steps all executions had together.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// How long it took, in real time. With a [checkpoint](crate::Checker::checkpoint), from the beginning.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// The findings, in the order of the executions that had them.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The first finding.
    #[must_use]
    pub fn finding(&self) -> Option<&Finding> {
        self.findings.first()
    }

    /// The saved seeds that were replayed before anything was explored, with what became of each.
    #[must_use]
    pub fn seeds(&self) -> &[SavedSeed] {
        &self.seeds
    }

    /// A hash of every step of every execution, if [`Checker::trace_hash`](crate::Checker::trace_hash) asked for it. The
    /// same program, seed and number of schedules give the same hash on any machine and with any number of workers.
    #[must_use]
    pub fn trace_hash(&self) -> Option<u64> {
        self.trace_hash
    }

    /// Something that a person should know besides: that a replayed schedule and the program parted, that the
    /// time limit cut the exploration, how many schedules there are if an exhaustive exploration did not come to its end.
    #[must_use]
    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    /// Executions per second of real time.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.schedules as f64 / self.elapsed.as_secs_f64().max(1e-9)
    }

    #[track_caller]
    pub(super) fn panic_if_failed(&self) {
        match (&self.verdict, self.finding()) {
            (Verdict::Refused { reason }, _) => panic!("reweave: {reason}"),
            (_, Some(finding)) => panic!("{}", finding.render_with(&TextOptions::detect())),
            _ => {}
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Verdict::Refused { reason } = &self.verdict {
            return write!(f, "refused: {reason}");
        }
        write!(f, "{}: {}", self.verdict, counted(self.schedules, "schedule"))?;
        write!(f, ", {} steps in {:.2?}", grouped(self.steps), self.elapsed)?;
        write!(f, " ({}/s)", grouped(self.rate() as u64))?;
        if self.failures > 0 {
            write!(f, ", {} failed", grouped(self.failures))?;
        }
        match &self.note {
            Some(note) => write!(f, "; {note}"),
            None => Ok(()),
        }
    }
}

/// `1234567` as `1,234,567`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).unwrap_or("")).collect();
    groups.join(",")
}

/// `1 step`, `1,234 steps`.
pub(crate) fn counted(number: u64, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {what}{plural}", grouped(number))
}

/// `310_000.0` as `3.1e5`; small numbers in full, with two digits that count.
pub(crate) fn about(number: f64) -> String {
    if number >= 1e4 {
        return format!("{number:.1e}");
    }
    let unit = if number >= 1e3 {
        100.0
    } else if number >= 100.0 {
        10.0
    } else {
        1.0
    };
    grouped(((number / unit).round() * unit) as u64)
}

/// `0.012` as `1.2 %`; what is not the whole is not rounded to it.
pub(crate) fn share(share: f64) -> String {
    let percent = share * 100.0;
    match percent {
        100.0.. => "100 %".to_owned(),
        10.0.. => format!("{:.0} %", percent.min(99.0)),
        1.0.. => format!("{percent:.1} %"),
        0.01.. => format!("{percent:.2} %"),
        _ => "less than 0.01 %".to_owned(),
    }
}

/// A time for people who wait: `40 s`, `4 min`, `3.5 h`, `12 days`.
fn time(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    let (minute, hour, day) = (60.0, 3_600.0, 86_400.0);
    match seconds {
        s if s < 1.0 => "less than 1 s".to_owned(),
        s if s < 1.5 * minute => format!("{s:.0} s"),
        s if s < 1.5 * hour => format!("{:.0} min", s / minute),
        s if s < 2.0 * day => format!("{:.1} h", s / hour),
        s if s < 1_000.0 * day => format!("{:.0} days", s / day),
        _ => "years".to_owned(),
    }
}

/// How far an exploration is: see [`Checker::on_progress`](crate::Checker::on_progress).
///
/// ```
/// use reweave::{Checker, Strategy};
/// let checker = Checker::new().strategy(Strategy::Exhaustive).on_progress(|progress| {
///     let outlook = progress.outlook().unwrap_or_default();
///     eprintln!("{} schedules; {outlook}", progress.schedules); // 3720 schedules; about 3.1e5, 4 min left
/// });
/// assert!(!checker.explore(|| ()).verdict().is_failed());
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Progress {
    /// Executions so far; if exploration went on from a [checkpoint](crate::Checker::checkpoint), with those before.
    pub schedules: u64,
    /// Executions at most.
    pub limit: u64,
    /// Executions that failed so far.
    pub failures: u64,
    /// Real time so far; if exploration went on from a checkpoint, with that before.
    pub elapsed: Duration,
    /// How many executions an exhaustive exploration will have in all, at least [`schedules`](Progress::schedules), as far as
    /// can be told: the better the more has been explored, and rather too low before, by an order of magnitude or two while
    /// less than a hundredth was. `None` with other strategies, and before the first executions have ended.
    ///
    /// After Knuth, *Estimating the efficiency of backtrack programs* (1975).
    pub estimate: Option<f64>,
    /// How much real time is left at the rate so far, until everything was explored or a limit is reached. `None` if that
    /// cannot be told.
    pub remaining: Option<Duration>,
}

impl Progress {
    /// How much time what is left takes, if `executed` executions took `elapsed`.
    pub(crate) fn to_go(&self, executed: u64, elapsed: Duration) -> Option<Duration> {
        let limit = (self.limit < u64::MAX).then_some(self.limit as f64);
        let last = self.estimate.into_iter().chain(limit).reduce(f64::min)?;
        if executed == 0 {
            return None;
        }
        let left = (last - self.schedules as f64).max(0.0);
        let seconds = left * elapsed.as_secs_f64() / executed as f64;
        Some(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
    }

    /// How many executions there are and how long they will take, for people: `about 3.1e5, 4 min left`. `None` if neither
    /// can be told.
    ///
    /// ```
    /// # use reweave::{Checker, Strategy};
    /// # let checker = Checker::new().strategy(Strategy::Exhaustive);
    /// checker.on_progress(|progress| eprintln!("{}", progress.outlook().unwrap_or_default())).check(|| ());
    /// ```
    #[must_use]
    pub fn outlook(&self) -> Option<String> {
        let estimate = self.estimate.map(|estimate| format!("about {}", about(estimate)));
        let remaining = self.remaining.map(|remaining| format!("{} left", time(remaining)));
        match (estimate, remaining) {
            (Some(estimate), Some(remaining)) => Some(format!("{estimate}, {remaining}")),
            (estimate, remaining) => estimate.or(remaining),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_000), "1,000");
        assert_eq!(grouped(1_234_567), "1,234,567");
    }

    #[test]
    fn an_outlook_is_short() {
        let progress = |estimate: Option<f64>, seconds: Option<f64>| Progress {
            schedules: 0,
            limit: u64::MAX,
            failures: 0,
            elapsed: Duration::ZERO,
            estimate,
            remaining: seconds.map(Duration::from_secs_f64),
        };
        let outlook = |estimate, seconds| progress(estimate, seconds).outlook();
        assert_eq!(outlook(Some(312_345.6), Some(250.0)).unwrap(), "about 3.1e5, 4 min left");
        assert_eq!(outlook(Some(1_234.0), Some(0.3)).unwrap(), "about 1,200, less than 1 s left");
        assert_eq!(outlook(Some(72.2), None).unwrap(), "about 72");
        assert_eq!(outlook(None, Some(10_000.0)).unwrap(), "2.8 h left");
        assert_eq!(outlook(Some(f64::MAX), Some(1e15)).unwrap(), "about 1.8e308, years left");
        assert_eq!(outlook(None, None), None);
    }

    #[test]
    fn what_is_left_takes_the_time_that_it_took_so_far() {
        let progress = Progress {
            schedules: 100,
            limit: 1_000,
            failures: 0,
            elapsed: Duration::from_secs(1),
            estimate: Some(500.0),
            remaining: None,
        };
        assert_eq!(progress.to_go(100, Duration::from_secs(1)), Some(Duration::from_secs(4)));
        assert_eq!(progress.to_go(50, Duration::from_secs(1)), Some(Duration::from_secs(8)));
        assert_eq!(progress.to_go(0, Duration::from_secs(1)), None);
        let endless = Progress { limit: u64::MAX, estimate: Some(f64::MAX), ..progress.clone() };
        assert_eq!(endless.to_go(1, Duration::from_secs(1)), Some(Duration::MAX));
        let sampled = Progress { estimate: None, ..progress };
        assert_eq!(sampled.to_go(100, Duration::from_secs(1)), Some(Duration::from_secs(9)));
    }

    #[test]
    fn shares_are_not_rounded_to_all_or_nothing() {
        assert_eq!(share(0.012), "1.2 %");
        assert_eq!(share(0.000_5), "0.05 %");
        assert_eq!(share(0.000_01), "less than 0.01 %");
        assert_eq!(share(0.42), "42 %");
        assert_eq!(share(0.999_9), "99 %");
        assert_eq!(share(1.0), "100 %");
    }
}
