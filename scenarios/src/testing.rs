//! What every row of the gallery is tested for.
//!
//! [`row!`] in a row's `tests.rs` makes a test of each of these functions. They explore what the row lists and compare with
//! what it promises, so that a row cannot promise what no test has seen.

#[cfg(feature = "sim")]
pub(crate) use simulated::{
    explore_with, saved_seeds_still_fail, survives_other_rules, tokens_replay, twins_are_caught_from_every_seed,
    verdicts,
};

use crate::gallery::{Promise, Scenario};

/// The tests that every row has, for the row that the function `$scenario` returns.
macro_rules! row {
    ($scenario:path) => {
        /// All that the variants promise, with the numbers of schedules: they are the same on every machine.
        #[cfg(feature = "sim")]
        #[test]
        fn every_promise_is_kept() {
            insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
                insta::assert_snapshot!("verdicts", $crate::testing::verdicts(&$scenario()));
            });
        }

        #[cfg(feature = "sim")]
        #[test]
        fn correct_components_survive_other_rules() {
            $crate::testing::survives_other_rules(&$scenario());
        }

        #[cfg(feature = "sim")]
        #[test]
        fn every_twin_is_caught_from_every_seed() {
            $crate::testing::twins_are_caught_from_every_seed(&$scenario());
        }

        #[cfg(feature = "sim")]
        #[test]
        fn the_saved_seed_of_every_twin_still_fails() {
            $crate::testing::saved_seeds_still_fail(&$scenario());
        }

        #[cfg(feature = "sim")]
        #[test]
        fn tokens_replay_the_finding_that_they_came_with() {
            $crate::testing::tokens_replay(&$scenario());
        }

        #[test]
        fn correct_components_run_on_real_threads() {
            $crate::testing::runs_natively(&$scenario());
        }
    };
}
pub(crate) use row;

/// Runs the correct component on real threads. One run meets one interleaving, so each runs several times; what a thousand
/// runs cannot show, an exploration does.
pub(crate) fn runs_natively(scenario: &Scenario) {
    for variant in scenario.variants.iter().filter(|variant| variant.runs_natively()) {
        let runs = if *variant.promise() == Promise::Proved { 50 } else { 3 };
        (0..runs).for_each(|_| variant.program()());
    }
}

#[cfg(feature = "sim")]
mod simulated {
    use std::fmt::{Debug, Write as _};
    use std::path::{Path, PathBuf};
    use std::time::Duration;

    use proptest::test_runner::{Config, RngSeed, TestCaseError, TestRunner};
    use reweave::{Checker, Clock, Finding, Report, Strategy};

    use crate::gallery::{Scenario, Variant};

    /// Seeds from which every twin is caught.
    const SEEDS: u64 = 20;

    /// Seeds whose finding is replayed from its token.
    const REPLAYED: u64 = 5;

    /// Executions under each of the other rules.
    const SURVIVED: u64 = 300;

    /// Parameters that are drawn, and executions with each.
    const DRAWN: u32 = 48;
    const EACH: u64 = 30;

    /// What came of every variant, a line each.
    ///
    /// # Panics
    /// If it is not what the variant promises.
    pub(crate) fn verdicts(scenario: &Scenario) -> String {
        let width = scenario.variants.iter().map(|variant| variant.name().len()).max().unwrap_or(0);
        let mut table = String::new();
        for variant in &scenario.variants {
            let report = explore(scenario, variant, |checker| checker);
            let name = variant.name();
            let strategy = variant.strategy().to_string();
            let seen = match report.finding() {
                Some(finding) => format!("{} in schedule {}", finding.kind(), report.schedules()),
                None => format!("{}: {} schedules", report.verdict(), report.schedules()),
            };
            // Writing to a string does not fail.
            let _ = writeln!(table, "{name:width$}  {strategy:10}  {seen}");
        }
        table
    }

    /// Explores a variant with its own settings changed by `settings`.
    ///
    /// # Panics
    /// If the report is not what the variant promises.
    fn explore(scenario: &Scenario, variant: &Variant, settings: impl FnOnce(Checker) -> Checker) -> Report {
        let checker = scenario.checker(variant).shrink_for(Duration::ZERO);
        let report = settings(checker).explore(variant.program());
        if let Err(surprise) = variant.judge(&report) {
            let explanation = report.finding().map(Finding::render).unwrap_or_default();
            panic!("{}: {surprise}\n{explanation}", scenario.test_name(variant));
        }
        report
    }

    fn twins(scenario: &Scenario) -> impl Iterator<Item = &Variant> {
        scenario.variants.iter().filter(|variant| variant.is_twin())
    }

    /// The correct component survives timeouts that come early and wake-ups that nobody asked for, where it does not say that
    /// its program asserts what holds under its own rules only.
    pub(crate) fn survives_other_rules(scenario: &Scenario) {
        for variant in scenario.variants.iter().filter(|variant| variant.survives_any_rules()) {
            for (clock, spurious) in [(Clock::Elastic, false), (Clock::Idle, true), (Clock::Elastic, true)] {
                let checker = scenario.checker(variant).strategy(Strategy::Random).schedules(SURVIVED);
                let report = checker.clock(clock).spurious_wakeups(spurious).explore(variant.program());
                if let Some(finding) = report.finding() {
                    panic!("{}", finding.render());
                }
                let name = scenario.test_name(variant);
                assert!(!report.verdict().is_failed() && report.schedules() > 0, "{name}: {report}");
            }
        }
    }

    /// No twin is caught by luck: each is, from whatever seed.
    pub(crate) fn twins_are_caught_from_every_seed(scenario: &Scenario) {
        for twin in twins(scenario) {
            for seed in 1..=SEEDS {
                let report = explore(scenario, twin, |checker| checker.seed(seed));
                assert!(report.schedules() < 1_000, "{} is rare: {report}", scenario.test_name(twin));
            }
        }
    }

    /// What is saved under `seeds/` is replayed before anything is explored, and fails.
    pub(crate) fn saved_seeds_still_fail(scenario: &Scenario) {
        for twin in twins(scenario) {
            let name = scenario.test_name(twin);
            let report = explore(scenario, twin, |checker| checker.seeds_dir(seeds_dir()));
            let note = report.note().unwrap_or_default();
            let advice = format!("save it by `cargo run --release -- --save {}`", scenario.number);
            assert!(note.ends_with("still fails") && note.contains("seeds"), "{name}: {note:?}; {advice}");
        }
    }

    /// The token of a finding leads to the same finding again.
    pub(crate) fn tokens_replay(scenario: &Scenario) {
        for twin in twins(scenario) {
            for seed in 0..REPLAYED {
                let found = explore(scenario, twin, |checker| checker.seed(seed));
                let first = found.finding().expect("a twin that keeps its promise is caught");
                let checker = scenario.checker(twin).shrink_for(Duration::ZERO);
                let replayed = checker.replay(&first.token(), twin.program());
                let name = format!("{} from seed {seed}", scenario.test_name(twin));
                let again = replayed.finding().unwrap_or_else(|| panic!("{name} is gone: {replayed}"));
                assert_eq!(again.signature(), first.signature(), "{name}");
                assert_eq!(again.message(), first.message(), "{name}");
                assert_eq!(again.schedule(), first.schedule(), "{name}");
                assert_eq!(replayed.note(), None, "{name}");
            }
        }
    }

    /// Explores `run` with parameters that are drawn from `parameters`: inputs and schedules together. If a schedule fails, the
    /// parameters are made simpler as long as one does.
    ///
    /// `PROPTEST_CASES` is how many are drawn, if not 48.
    ///
    /// # Panics
    /// With the simplest parameters and the explanation of the schedule that fails with them.
    pub(crate) fn explore_with<P: proptest::strategy::Strategy>(scenario: &Scenario, parameters: P, run: fn(P::Value))
    where
        P::Value: Clone + Debug + Send + Sync + 'static,
    {
        let defaults = Config::default();
        let cases = if std::env::var_os("PROPTEST_CASES").is_some() { defaults.cases } else { DRAWN };
        // Everything is the same in every run, and so are the parameters.
        let config = Config { cases, rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..defaults };
        let name = format!("reweave-scenarios::{}::with-parameters", scenario.name);
        let outcome = TestRunner::new(config).run(&parameters, |value| {
            let checker = Checker::new().name(&name).strategy(Strategy::Random).schedules(EACH);
            let report = checker.explore(move || run(value.clone()));
            match report.finding() {
                Some(finding) => Err(TestCaseError::fail(finding.render())),
                None => Ok(()),
            }
        });
        if let Err(error) = outcome {
            panic!("{name}: {error}");
        }
    }

    /// The seeds that are saved beside the sources.
    fn seeds_dir() -> PathBuf {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
        root.expect("this package is a member of a workspace").join("seeds")
    }
}
