//! Holding a peer to its rows of the table.

use std::error::Error;
use std::fmt;

use crate::{Outcome, Outcomes, Peer, Program};

/// How much of what may happen a peer shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverage {
    /// Whatever the machine happened to do: nothing may be seen that is not in the table, but much
    /// of the table may stay unseen.
    Sample,
    /// Everything, either because the peer enumerates it or because it explores at random for long
    /// enough that programs of this size have nothing left to show.
    Full,
}

/// A peer, as something that runs programs.
#[derive(Debug, Clone, Copy)]
pub struct Driver {
    /// The name of the peer's crate.
    pub name: &'static str,
    /// How much it shows.
    pub coverage: Coverage,
    /// Its column of the table.
    pub column: fn(&Program) -> &Peer,
    /// How it runs them.
    pub explore: Explore,
}

/// Runs a program many times and collects the outcomes. A peer that explores at random takes the
/// outcomes that are expected as a sign of when it may stop.
pub type Explore = fn(program: fn() -> Outcome, expected: &Outcomes) -> Outcomes;

impl Driver {
    /// Runs `program` on this peer and compares what is seen with what the table says. There is
    /// nothing to compare if the peer lacks the program, or would end the process over it.
    ///
    /// # Errors
    ///
    /// The [`Mismatch`], if the table is wrong about the peer or the peer about the program.
    pub fn check(&self, program: &Program) -> Result<(), Mismatch> {
        let (run, outcomes, rule) = match *(self.column)(program) {
            Peer::Agrees(run) => (run, program.may, self.coverage.into()),
            Peer::StopsAtFailure(run) => (run, program.may, Rule::SomeFailure),
            Peer::Differs { program: run, outcomes, .. } => (run, outcomes, self.coverage.into()),
            Peer::Aborts { .. } | Peer::Lacks { .. } => return Ok(()),
        };
        let claim = outcomes.iter().map(ToString::to_string).collect();
        let seen = (self.explore)(run, &claim);
        let kept = match rule {
            Rule::Some => !seen.is_empty() && seen.is_subset(&claim),
            Rule::SomeFailure => seen.is_subset(&claim) && seen.iter().any(|outcome| is_failure(outcome)),
            Rule::All => seen == claim,
        };
        if kept { Ok(()) } else { Err(Mismatch { program: program.name, peer: self.name, claim, seen }) }
    }
}

/// What has to have been seen of the outcomes in the table; never anything else.
enum Rule {
    /// One of them.
    Some,
    /// One that is a failure.
    SomeFailure,
    /// All.
    All,
}

impl From<Coverage> for Rule {
    fn from(coverage: Coverage) -> Self {
        match coverage {
            Coverage::Sample => Self::Some,
            Coverage::Full => Self::All,
        }
    }
}

/// Whether an outcome is a failure of the execution rather than a label of the program's.
fn is_failure(outcome: &str) -> bool {
    outcome == "deadlock" || outcome.starts_with("panic: ")
}

/// A peer did not do what the table says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    program: &'static str,
    peer: &'static str,
    claim: Outcomes,
    seen: Outcomes,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |outcomes: &mut dyn Iterator<Item = &Outcome>| {
            outcomes.map(|outcome| format!("{outcome:?}")).collect::<Vec<_>>().join(", ")
        };
        write!(
            f,
            "{} on {}: seen but not in the table [{}]; in the table but not seen [{}]; both [{}]",
            self.program,
            self.peer,
            list(&mut self.seen.difference(&self.claim)),
            list(&mut self.claim.difference(&self.seen)),
            list(&mut self.seen.intersection(&self.claim)),
        )
    }
}

impl Error for Mismatch {}
