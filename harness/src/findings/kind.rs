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
    /// Two tasks accessed a checked [cell](crate::cell), one of them wrote, and nothing orders the two accesses.
    DataRace,
    /// The step limit was reached: tasks go round and round, and none gets anywhere.
    Livelock,
    /// The step limit was reached, and a task got nowhere because others always came first.
    Starvation,
    /// The same schedule gave two different executions.
    Nondeterminism,
    /// No step ended for some seconds: a task blocks in something that Reweave does not control.
    Stuck,
}

impl FindingKind {
    const ALL: [FindingKind; 8] = [
        FindingKind::Panic,
        FindingKind::Deadlock,
        FindingKind::Leak,
        FindingKind::DataRace,
        FindingKind::Livelock,
        FindingKind::Starvation,
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
            FindingKind::DataRace => "data_race",
            FindingKind::Livelock => "livelock",
            FindingKind::Starvation => "starvation",
            FindingKind::Nondeterminism => "nondeterminism",
            FindingKind::Stuck => "stuck",
        }
    }

    /// Whether this is what a recorded execution can say of one that was found to be `lean` without a record.
    pub(crate) fn tells(self, lean: FindingKind) -> bool {
        self == lean || (self, lean) == (FindingKind::Starvation, FindingKind::Livelock)
    }

    pub(crate) fn from_name(name: &str) -> Option<FindingKind> {
        FindingKind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for FindingKind {
    /// The name as people write it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FindingKind::DataRace => f.write_str("data race"),
            kind => f.write_str(kind.name()),
        }
    }
}
