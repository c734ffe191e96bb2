//! What a row of the gallery is made of: a scenario, and its variants, each a program with a promise.

use std::fmt;

/// A row of the gallery: a component, put through its paces correctly and with its classic mistakes.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its number in the gallery, from 1.
    pub number: u8,
    /// Its name: lower-case words with hyphens.
    pub name: &'static str,
    /// What the component is, in half a sentence.
    pub about: &'static str,
    /// The correct component first, at its small and at a realistic size; then the twins.
    pub variants: Vec<Variant>,
}

impl Scenario {
    /// The name of the exploration of one of its variants, under which findings are saved:
    /// `reweave-scenarios::producer-consumer::wrong-side`.
    #[must_use]
    pub fn test_name(&self, variant: &Variant) -> String {
        format!("reweave-scenarios::{}::{}", self.name, variant.name)
    }
}

/// One program of a scenario, and what its exploration must come to.
///
/// ```
/// use reweave_scenarios::gallery::{Kind, Variant};
///
/// let small = Variant::proved("small", "two tasks meet", || ());
/// let large = Variant::survives("large", "a thousand tasks meet", || ()).schedules(500);
/// let twin = Variant::fails("twin", "they miss each other", Kind::Deadlock, "waits for", || ()).elastic();
/// ```
#[derive(Clone)]
pub struct Variant {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) promise: Promise,
    pub(super) run: fn(),
    pub(super) setting: Setting,
}

/// What the exploration of a variant must come to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Promise {
    /// Every interleaving is executed, and none fails: the correct component, at its smallest interesting size.
    Proved,
    /// A sample of the interleavings is executed, and none fails: the correct component, at a realistic size.
    Survives,
    /// Some interleaving fails, and is found in fewer than a thousand: a buggy twin.
    Fails {
        /// In this way.
        kind: Kind,
        /// And with these words in the message, so that it is for the right reason.
        says: &'static str,
    },
}

/// The ways in which twins fail. The same as [`reweave::FindingKind`], which is not there without the feature `sim`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A panic, that of an assertion for example.
    Panic,
    /// Nobody can step, or some tasks wait for each other in a cycle.
    Deadlock,
    /// The test has returned, and a task can never finish.
    Leak,
    /// Two tasks touch the same memory, one of them writes, and nothing orders them.
    DataRace,
    /// Tasks step for ever and get nowhere.
    Livelock,
    /// A task that could step is passed over for ever, while others step.
    Starvation,
}

impl Kind {
    /// The name, which is that of the [`reweave::FindingKind`].
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Panic => "panic",
            Kind::Deadlock => "deadlock",
            Kind::Leak => "leak",
            Kind::DataRace => "data_race",
            Kind::Livelock => "livelock",
            Kind::Starvation => "starvation",
        }
    }
}

impl fmt::Display for Kind {
    /// The name as people write it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name().replace('_', " "))
    }
}

impl fmt::Display for Promise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Promise::Proved => f.write_str("proved"),
            Promise::Survives => f.write_str("survives"),
            Promise::Fails { kind, .. } => write!(f, "fails: {kind}"),
        }
    }
}

/// How a variant is explored, where that is not as always.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setting {
    pub(super) schedules: u64,
    pub(super) max_steps: Option<usize>,
    pub(super) elastic: bool,
    pub(super) spurious_wakeups: bool,
    pub(super) place: Place,
}

/// Where a program can run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    /// In executions, whatever the rules of their clock, and on real threads.
    Everywhere,
    /// In executions with the rules that the variant names, and on real threads.
    UnderItsRules,
    /// In executions with the rules that the variant names.
    Simulated,
}

/// Executions of a correct component at a realistic size, unless its variant says otherwise.
const SAMPLE: u64 = 1_000;

/// Executions of a correct component at its small size at most: with more its size is not small.
const PROOF: u64 = 200_000;

/// Executions in which a twin is found, from whatever seed.
const HUNT: u64 = 1_000;

impl Variant {
    /// The correct component at its smallest interesting size, where every interleaving can be executed.
    ///
    /// `run` must come to the same whenever it is called. It returns if the guarantees of the component held, and panics if one
    /// did not.
    #[must_use]
    pub fn proved(name: &'static str, about: &'static str, run: fn()) -> Variant {
        Variant::new(name, about, Promise::Proved, PROOF, run)
    }

    /// The correct component at a realistic size, where interleavings are sampled.
    #[must_use]
    pub fn survives(name: &'static str, about: &'static str, run: fn()) -> Variant {
        Variant::new(name, about, Promise::Survives, SAMPLE, run)
    }

    /// A buggy twin, which fails in the way `kind`, with the words `says` in the message of the finding.
    #[must_use]
    pub fn fails(name: &'static str, about: &'static str, kind: Kind, says: &'static str, run: fn()) -> Variant {
        Variant::new(name, about, Promise::Fails { kind, says }, HUNT, run)
    }

    fn new(name: &'static str, about: &'static str, promise: Promise, schedules: u64, run: fn()) -> Variant {
        let place = Place::Everywhere;
        let setting = Setting { schedules, max_steps: None, elastic: false, spurious_wakeups: false, place };
        Variant { name, about, promise, run, setting }
    }

    /// How many executions there are at most, instead of 200,000 for a proof and 1,000 for the others.
    #[must_use]
    pub fn schedules(mut self, schedules: u64) -> Variant {
        self.setting.schedules = schedules;
        self
    }

    /// Explores on a clock that may move at any step: every timeout may come at the worst moment.
    #[must_use]
    pub fn elastic(mut self) -> Variant {
        self.setting.elastic = true;
        self
    }

    /// Explores with condition variables that wake tasks which nobody notified.
    #[must_use]
    pub fn spurious_wakeups(mut self) -> Variant {
        self.setting.spurious_wakeups = true;
        self
    }

    /// After how many steps an execution counts as a livelock, instead of a million. Set it where a livelock is expected.
    #[must_use]
    pub fn max_steps(mut self, steps: usize) -> Variant {
        self.setting.max_steps = Some(steps);
        self
    }

    /// Not tried with other rules of the clock and of wake-ups than its own, because what the program asserts holds under these
    /// only: that something is done by a certain time, for example, does not hold on an elastic clock.
    #[must_use]
    pub fn under_its_rules(mut self) -> Variant {
        self.setting.place = Place::UnderItsRules;
        self
    }

    /// Not run on real threads either, because it relies on virtual time: it waits for hours, or asserts on times exactly.
    #[must_use]
    pub fn simulated(mut self) -> Variant {
        self.setting.place = Place::Simulated;
        self
    }

    /// Its name, which no other variant of the scenario has.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What happens in it, in half a sentence.
    #[must_use]
    pub fn about(&self) -> &'static str {
        self.about
    }

    /// What its exploration must come to.
    #[must_use]
    pub fn promise(&self) -> &Promise {
        &self.promise
    }

    /// The program. It can be run any number of times.
    #[must_use]
    pub fn program(&self) -> fn() {
        self.run
    }

    /// Whether it is a buggy twin.
    #[must_use]
    pub fn is_twin(&self) -> bool {
        matches!(self.promise, Promise::Fails { .. })
    }

    /// Whether the program means anything on real threads, where time is real: then it is correct and must return.
    #[must_use]
    pub fn runs_natively(&self) -> bool {
        !self.is_twin() && self.setting.place != Place::Simulated
    }
}

impl fmt::Debug for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Variant")
            .field("name", &self.name)
            .field("about", &self.about)
            .field("promise", &self.promise)
            .field("setting", &self.setting)
            .finish_non_exhaustive()
    }
}
