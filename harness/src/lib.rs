//! Deterministic schedules for concurrent tests.
#[cfg(feature = "sim")]
mod checker;
#[cfg(feature = "sim")]
mod engine;
#[cfg(feature = "sim")]
mod explore;
#[cfg(feature = "sim")]
mod findings;
#[cfg(feature = "sim")]
mod kernel;
#[cfg(feature = "sim")]
mod report;
#[cfg(feature = "sim")]
mod seed;
#[cfg(feature = "sim")]
pub mod thread;
#[cfg(feature = "sim")]
pub mod sync {
    //! x
    pub mod atomic;
    mod mutex;
    pub use mutex::*;
}
#[cfg(feature = "sim")]
pub use checker::{Checker, Progress, Report, Verdict, check};
#[cfg(feature = "sim")]
pub use explore::Strategy;
#[cfg(feature = "sim")]
pub use findings::{Finding, FindingKind, Schedule};
#[cfg(feature = "sim")]
pub use kernel::Clock;
#[cfg(feature = "sim")]
pub use seed::{SeedError, TokenError};
