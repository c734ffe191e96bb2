//! What an exploration reports.

use std::fmt;
use std::time::Duration;

use crate::findings::Finding;

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
    /// Nothing was executed, for this reason.
    Refused {
        /// What was wrong with the settings, and what is allowed.
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
        }
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

    /// How long it took, in real time.
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

    /// A hash of every step of every execution, if [`Checker::trace_hash`](crate::Checker::trace_hash) asked for it. The
    /// same program, seed and number of schedules give the same hash on any machine and with any number of workers.
    #[must_use]
    pub fn trace_hash(&self) -> Option<u64> {
        self.trace_hash
    }

    /// Something that a person should know besides: that a replayed schedule and the program parted, that the
    /// time limit cut the exploration.
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
            (_, Some(finding)) => panic!("{}", finding.render()),
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

/// How far an exploration is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Progress {
    /// Executions so far.
    pub schedules: u64,
    /// Executions at most.
    pub limit: u64,
    /// Executions that failed so far.
    pub failures: u64,
    /// Real time so far.
    pub elapsed: Duration,
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
}
