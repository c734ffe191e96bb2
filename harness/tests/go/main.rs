//! What Go's documentation says of channels, select, `sync`, `time`, `context`, `errgroup` and `semaphore`, sentence by sentence.
//!
//! Every test is one text that runs on real threads, outside executions or without the feature `sim`, and, with it, in executions with
//! random schedules, on an idle and on an elastic clock; the small ones in all of them.

mod channels;
mod contexts;
#[cfg(feature = "sim")]
mod explored;
mod groups;
mod selects;
mod timers;
mod waiting;

/// Declares tests that run outside executions and in random ones.
#[macro_export]
macro_rules! go_says {
    ($($tests:tt)*) => { $crate::go_says_by! { explore $($tests)* } };
}

/// [`go_says`], but what is late is late: no elastic clock.
#[macro_export]
macro_rules! go_says_in_time {
    ($($tests:tt)*) => { $crate::go_says_by! { explore_in_time $($tests)* } };
}

/// [`go_says`], explored exhaustively.
#[macro_export]
macro_rules! go_says_in_every_schedule {
    ($($tests:tt)*) => { $crate::go_says_by! { explore_all $($tests)* } };
}

/// Declares tests that run outside executions and in those of the function `explore`.
#[macro_export]
macro_rules! go_says_by {
    ($explore:ident $($(#[$meta:meta])* fn $name:ident() $body:block)*) => {$(
        $(#[$meta])*
        #[test]
        fn $name() {
            fn body() $body
            body();
            $crate::$explore(stringify!($name), body);
        }
    )*};
}

#[cfg(feature = "sim")]
pub(crate) fn explore(name: &str, body: fn()) {
    explore_in_time(name, body);
    explore_on(reweave::Clock::Elastic, name, body);
}

#[cfg(feature = "sim")]
pub(crate) fn explore_in_time(name: &str, body: fn()) {
    explore_on(reweave::Clock::Idle, name, body);
}

#[cfg(feature = "sim")]
fn explore_on(clock: reweave::Clock, name: &str, body: fn()) {
    use reweave::{Checker, Strategy};
    let report = Checker::new().name(name).strategy(Strategy::Random).schedules(200).clock(clock).explore(body);
    if let Some(finding) = report.finding() {
        panic!("{clock:?}: {}", finding.render());
    }
}

#[cfg(feature = "sim")]
pub(crate) fn explore_all(name: &str, body: fn()) {
    use reweave::{Checker, Strategy, Verdict};
    let report = Checker::new().name(name).strategy(Strategy::Exhaustive).explore(body);
    if let Some(finding) = report.finding() {
        panic!("{}", finding.render());
    }
    assert!(matches!(report.verdict(), Verdict::Exhaustive), "{:?}", report.verdict());
}

#[cfg(not(feature = "sim"))]
pub(crate) fn explore(_: &str, _: fn()) {}

#[cfg(not(feature = "sim"))]
pub(crate) fn explore_in_time(_: &str, _: fn()) {}

#[cfg(not(feature = "sim"))]
pub(crate) fn explore_all(_: &str, _: fn()) {}

/// The message of the panic of `run`.
#[track_caller]
pub(crate) fn panic_of<T>(run: impl FnOnce() -> T) -> String {
    match reweave::go::recover(run) {
        Ok(_) => panic!("it does not panic"),
        Err(panic) => panic.message().to_owned(),
    }
}
