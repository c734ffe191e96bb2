//! The same text over crossbeam's channels and over Reweave's: outside executions, inside, and without the feature.
#![expect(clippy::disallowed_methods, reason = "outside executions time and threads are real")]

/// Crossbeam itself.
mod native {
    use std::thread;
    use std::time::{Duration, Instant};

    use crossbeam_channel as chan;

    fn run(case: fn()) {
        case();
    }

    include!("chan/cases.rs");
}

/// Outside executions; and without the feature, where there are none.
mod outside {
    use reweave::chan;
    use reweave::thread;
    use reweave::time::{Duration, Instant};

    fn run(case: fn()) {
        case();
    }

    include!("chan/cases.rs");
}

#[cfg(feature = "sim")]
mod inside {
    use reweave::chan;
    use reweave::thread;
    use reweave::time::{Duration, Instant};
    use reweave::{Checker, Strategy};

    /// Under random schedules, and under all of them where these are few.
    fn run(case: fn()) {
        Checker::new().strategy(Strategy::Random).schedules(100).check(case);
        Checker::new().strategy(Strategy::Exhaustive).schedules(500).check(case);
    }

    include!("chan/cases.rs");
}
