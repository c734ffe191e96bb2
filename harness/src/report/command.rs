//! What to type to see a finding again.

use crate::findings::{Finding, FindingKind};

/// How to replay a finding, and how to stop in it.
#[derive(Debug)]
pub(super) struct Commands {
    /// Replays it. If the program is no test, this is only the variable.
    pub(super) replay: String,
    /// The test is run by `cargo test`.
    pub(super) is_test: bool,
    /// Stops in a debugger before this step.
    pub(super) step: Option<u64>,
}

/// What runs a test in a debugger.
pub(super) const DEBUGGER: &str = "--config \"target.'cfg(all())'.runner='rust-gdb -q -ex run --args'\"";

impl Commands {
    pub(super) fn of(finding: &Finding) -> Commands {
        let token = finding.token();
        let filter = filter(&finding.test);
        let replay = match filter {
            Some(filter) => format!("REWEAVE_REPLAY={token} cargo test {filter}"),
            None => format!("REWEAVE_REPLAY={token}"),
        };
        let step = (finding.kind != FindingKind::Stuck).then(|| decisive_step(finding)).flatten();
        Commands { replay, is_test: filter.is_some(), step }
    }

    /// Stops before the decisive step, in a debugger: the lines of one command.
    pub(super) fn debug(&self) -> Option<Vec<String>> {
        let step = self.step?;
        Some(match self.is_test {
            true => vec![format!("REWEAVE_BREAK={step} {} \\", self.replay), format!("  {DEBUGGER}")],
            false => vec![format!("REWEAVE_BREAK={step} {}", self.replay)],
        })
    }
}

/// The step before which to stop: the first that is marked, else the last that another task was preempted for, else the last.
fn decisive_step(finding: &Finding) -> Option<u64> {
    use crate::findings::Why;
    let account = &finding.account;
    let marked = account.marks.first().map(|mark| mark.step);
    let preempted = |why: Why| why == Why::Preempted;
    let switch = account.steps.iter().rev().find(|step| step.left.as_ref().is_some_and(|left| preempted(left.why)));
    marked.or(switch.map(|step| step.number)).or(account.steps.last().map(|step| step.number))
}

/// What `cargo test` takes to run the test: its path without the crate. None if the name is no path, so that it was
/// chosen by hand and no test need be called so.
fn filter(test: &str) -> Option<&str> {
    let is_path =
        test.split("::").all(|name| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_'));
    let path = test.split_once("::").map_or(test, |(_, path)| path);
    is_path.then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_a_path_without_its_crate() {
        assert_eq!(filter("bank::tests::transfer"), Some("tests::transfer"));
        assert_eq!(filter("transfer"), Some("transfer"));
        assert_eq!(filter("src/main.rs:12"), None);
        assert_eq!(filter("bank::queue-fan-out"), None);
    }
}
