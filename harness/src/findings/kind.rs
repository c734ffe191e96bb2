//! The kinds of failure.

use std::fmt;

/// What kind of failure a finding is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum FindingKind {
    /// The root panicked, or a task panicked and nobody took the result of its `join`.
    Panic,
    /// Nobody can step, or some tasks wait for each other in a cycle.
    Deadlock,
    /// The root returned, and a task can never finish.
    Leak,
    /// The step limit was reached.
    Livelock,
    /// The same schedule gave two different executions.
    Nondeterminism,
    /// No step ended for some seconds: a task blocks in something that Reweave does not control.
    Stuck,
}

impl FindingKind {
    const ALL: [FindingKind; 6] = [
        FindingKind::Panic,
        FindingKind::Deadlock,
        FindingKind::Leak,
        FindingKind::Livelock,
        FindingKind::Nondeterminism,
        FindingKind::Stuck,
    ];

    /// The name by which attributes and seed files know it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            FindingKind::Panic => "panic",
            FindingKind::Deadlock => "deadlock",
            FindingKind::Leak => "leak",
            FindingKind::Livelock => "livelock",
            FindingKind::Nondeterminism => "nondeterminism",
            FindingKind::Stuck => "stuck",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<FindingKind> {
        FindingKind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for FindingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
