//! How a variant is explored, and whether the exploration came to what was promised.

use std::fmt;

use super::Kind;

/// What is wrong with an exploration that did not come to what its variant promises.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Surprise {
    /// The correct component fails, in the way that is named.
    Fails(String),
    /// The correct component does not fail, but not every interleaving was executed; the verdict.
    NotProved(String),
    /// No interleaving of the twin fails.
    NotFound(Kind),
    /// The twin fails, but in another way; which, and how it should have.
    FailsOtherwise(String, Kind),
    /// The twin fails in the right way and says something else; what, and what it should have said.
    SaysOtherwise(String, &'static str),
    /// Nothing was explored, for this reason.
    Refused(String),
}

impl fmt::Display for Surprise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Surprise::Fails(kind) => write!(f, "the correct component fails: {kind}"),
            Surprise::NotProved(verdict) => write!(f, "expected a proof, and came no further than: {verdict}"),
            Surprise::NotFound(kind) => write!(f, "expected a {kind}, and found nothing"),
            Surprise::FailsOtherwise(found, kind) => write!(f, "expected a {kind}, and found a {found}"),
            Surprise::SaysOtherwise(message, says) => {
                write!(f, "expected a message with the words {says:?}, and found: {message}")
            }
            Surprise::Refused(reason) => write!(f, "nothing was explored: {reason}"),
        }
    }
}

impl std::error::Error for Surprise {}

#[cfg(feature = "sim")]
mod simulated {
    use reweave::{Checker, Clock, Report, Strategy, Verdict};

    use super::Surprise;
    use crate::gallery::scenario::Place;
    use crate::gallery::{Promise, Scenario, Variant};

    impl Scenario {
        /// The checker with which one of its variants is explored.
        ///
        /// ```
        /// use reweave_scenarios::gallery::gallery;
        ///
        /// let row = &gallery()[0];
        /// let twin = row.variants.iter().find(|variant| variant.is_twin()).expect("every row has a twin");
        /// let report = row.checker(twin).explore(twin.program());
        /// assert_eq!(twin.judge(&report), Ok(()));
        /// println!("{}", report.finding().expect("the twin is caught").render());
        /// ```
        pub fn checker(&self, variant: &Variant) -> Checker {
            let setting = &variant.setting;
            let checker = Checker::new()
                .name(&self.test_name(variant))
                .strategy(variant.strategy())
                .schedules(setting.schedules)
                .clock(if setting.elastic { Clock::Elastic } else { Clock::Idle })
                .spurious_wakeups(setting.spurious_wakeups);
            match setting.max_steps {
                Some(steps) => checker.max_steps(steps),
                None => checker,
            }
        }
    }

    impl Variant {
        /// How its schedules are chosen: what is promised a proof is explored exhaustively, the rest in the way of whoever
        /// names no strategy.
        #[must_use]
        pub fn strategy(&self) -> Strategy {
            match self.promise {
                Promise::Proved => Strategy::Exhaustive,
                Promise::Survives | Promise::Fails { .. } => Strategy::Auto,
            }
        }

        /// Whether it must survive whatever the rules of the clock and of wake-ups.
        #[must_use]
        pub fn survives_any_rules(&self) -> bool {
            !self.is_twin() && self.setting.place == Place::Everywhere
        }

        /// Compares a report with what is promised.
        ///
        /// # Errors
        /// With what is wrong.
        pub fn judge(&self, report: &Report) -> Result<(), Surprise> {
            if let Verdict::Refused { reason } = report.verdict() {
                return Err(Surprise::Refused(reason.clone()));
            }
            match (self.promise, report.finding()) {
                (Promise::Proved | Promise::Survives, Some(finding)) => Err(Surprise::Fails(finding.to_string())),
                (Promise::Proved, None) if *report.verdict() == Verdict::Exhaustive => Ok(()),
                (Promise::Proved, None) => Err(Surprise::NotProved(report.to_string())),
                (Promise::Survives, None) => Ok(()),
                (Promise::Fails { kind, .. }, None) => Err(Surprise::NotFound(kind)),
                (Promise::Fails { kind, says }, Some(finding)) => {
                    if finding.kind().name() != kind.name() {
                        Err(Surprise::FailsOtherwise(finding.to_string(), kind))
                    } else if !finding.message().contains(says) {
                        Err(Surprise::SaysOtherwise(finding.message().to_owned(), says))
                    } else {
                        Ok(())
                    }
                }
            }
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use crate::gallery::Kind;

        fn scenario(variant: Variant) -> Scenario {
            Scenario { number: 1, name: "judged", about: "a program to judge", variants: vec![variant] }
        }

        fn judged(variant: Variant) -> Result<(), Surprise> {
            let row = scenario(variant);
            let variant = &row.variants[0];
            variant.judge(&row.checker(variant).explore(variant.program()))
        }

        fn two_tasks() {
            let both = [(); 2].map(|()| reweave::thread::spawn(reweave::thread::yield_now));
            both.into_iter().for_each(|task| task.join().expect("it does not panic"));
        }

        fn alarm() {
            two_tasks();
            panic!("the alarm went off");
        }

        #[test]
        fn a_correct_component_is_proved_or_survives() {
            assert_eq!(judged(Variant::proved("p", "", two_tasks)), Ok(()));
            assert_eq!(judged(Variant::survives("s", "", two_tasks)), Ok(()));
        }

        #[test]
        fn a_correct_component_that_fails_is_a_surprise() {
            for variant in [Variant::proved("p", "", alarm), Variant::survives("s", "", alarm)] {
                let surprise = judged(variant).unwrap_err();
                assert!(
                    matches!(&surprise, Surprise::Fails(what) if what.contains("the alarm went off")),
                    "{surprise}"
                );
            }
        }

        #[test]
        fn a_proof_that_is_not_finished_is_a_surprise() {
            let surprise = judged(Variant::proved("p", "", lock_often).schedules(3)).unwrap_err();
            assert!(matches!(surprise, Surprise::NotProved(_)), "{surprise}");
        }

        fn lock_often() {
            let shared = reweave::sync::Arc::new(reweave::sync::Mutex::new(0));
            let tasks = [(); 3].map(|()| {
                let shared = reweave::sync::Arc::clone(&shared);
                reweave::thread::spawn(move || *shared.lock().expect("nobody panics") += 1)
            });
            tasks.into_iter().for_each(|task| task.join().expect("it does not panic"));
        }

        #[test]
        fn a_twin_fails_in_its_own_way_and_with_its_own_words() {
            let twin = |kind, says, run| judged(Variant::fails("t", "", kind, says, run));
            assert_eq!(twin(Kind::Panic, "alarm", alarm), Ok(()));
            assert_eq!(twin(Kind::Panic, "alarm", two_tasks), Err(Surprise::NotFound(Kind::Panic)));
            let surprise = twin(Kind::Leak, "alarm", alarm).unwrap_err();
            assert!(matches!(surprise, Surprise::FailsOtherwise(_, Kind::Leak)), "{surprise}");
            let surprise = twin(Kind::Panic, "bell", alarm).unwrap_err();
            assert!(matches!(surprise, Surprise::SaysOtherwise(_, "bell")), "{surprise}");
        }

        #[test]
        fn what_was_refused_is_a_surprise() {
            let row = scenario(Variant::survives("s", "", two_tasks).schedules(0));
            let variant = &row.variants[0];
            let surprise = variant.judge(&row.checker(variant).explore(variant.program())).unwrap_err();
            assert!(matches!(surprise, Surprise::Refused(_)), "{surprise}");
        }
    }
}
