//! Reweave runs concurrent code under a scheduler that it controls.
//!
//! Threads, locks, channels and clocks are replaced by deterministic versions with the same names; interleavings are
//! explored; a failing one is explained and replayed on any machine.
//!
//! ```
//! use reweave::sync::atomic::{AtomicU32, Ordering::SeqCst};
//! use reweave::sync::Arc;
//! use reweave::{Checker, FindingKind, thread};
//!
//! let report = Checker::new().name("lost_update").explore(|| {
//!     let hits = Arc::new(AtomicU32::new(0));
//!     let tasks: Vec<_> = (0..2)
//!         .map(|_| {
//!             let hits = Arc::clone(&hits);
//!             thread::spawn(move || {
//!                 let seen = hits.load(SeqCst); // both may read 0 …
//!                 hits.store(seen + 1, SeqCst); // … and both store 1
//!             })
//!         })
//!         .collect();
//!     tasks.into_iter().for_each(|task| task.join().unwrap());
//!     assert_eq!(hits.load(SeqCst), 2);
//! });
//! let finding = report.finding().expect("the lost update is found");
//! assert_eq!(finding.kind(), FindingKind::Panic);
//! println!("{}", finding.render());
//! ```
//!
//! # How to use it
//!
//! Write `use reweave::sync` where there was `use std::sync`, and the same for [`thread`], [`time`] and [`hint`]; and
//! `use reweave::chan` where there was `use crossbeam_channel`. Mark
//! tests with [`#[reweave::test]`](macro@test), or call [`check`] in an ordinary test. Code that is not under test does
//! not notice: outside an execution every type behaves as the real one, and without the feature `sim` it *is* the
//! real one.
//!
//! # What is controlled
//!
//! Every operation on a simulated object is a point at which any other task may step first. Between two such
//! points a task runs alone. A new task runs at once up to its first such operation, inside the `spawn` that made it.
//!
//! What the schedule does not control makes executions differ: random hash order, the real clock, addresses, real
//! locks and threads, I/O. Draw random values from [`rand`], and take the time from [`time`].
//!
//! A `static` keeps what outlives an execution: the value in a simulated `Mutex`, for example. Atomics and the state of
//! locks start afresh in every execution with what they hold outside.
//!
//! # Feature
//!
//! `sim` (on by default): simulation inside executions. Without it the modules re-export `crossbeam-channel` ([`chan`]) and std;
//! [`cell`] and [`rand`], which std does not have, are thin wrappers around what it does have, and [`go`] runs on real threads.

#[cfg_attr(not(feature = "sim"), expect(dead_code, reason = "some of it is for `chan`"))]
mod channel;
#[cfg(feature = "sim")]
mod checker;
mod driver;
#[cfg(feature = "sim")]
mod engine;
#[cfg(feature = "sim")]
mod explore;
#[cfg(feature = "sim")]
mod findings;
mod iteration;
#[cfg_attr(not(test), expect(dead_code, reason = "no vocabulary uses all of it"))]
mod kernel;
#[cfg_attr(not(feature = "sim"), expect(dead_code, reason = "some of it is for `chan`"))]
mod memory;
mod native;
#[cfg(feature = "sim")]
mod report;
#[cfg(feature = "sim")]
mod seed;

pub mod cell;
pub mod go;
pub mod history;
pub mod rand;

#[cfg(feature = "sim")]
pub mod chan;
#[cfg(feature = "sim")]
pub mod hint;
#[cfg(feature = "sim")]
pub mod sync;
#[cfg(feature = "sim")]
pub mod thread;
#[cfg(feature = "sim")]
pub mod time;

#[cfg(all(test, feature = "sim"))]
mod trial;

#[cfg(feature = "sim")]
pub use checker::{Checker, Progress, Report, SavedSeed, SeedOutcome, Seeds, Verdict, check};
#[cfg(feature = "sim")]
pub use explore::{Focus, StillFails, Strategy};
#[cfg(feature = "sim")]
pub use findings::{Decisive, Finding, FindingKind, Jump, Reversal, Schedule, Shrunk};
#[cfg(feature = "sim")]
pub use kernel::Clock;
#[cfg(feature = "sim")]
pub use report::{TextOptions, html_page};
#[cfg(feature = "sim")]
pub use reweave_macros::test;
#[cfg(feature = "sim")]
pub use seed::{SeedError, TokenError};

#[cfg(not(feature = "sim"))]
mod off;
#[cfg(not(feature = "sim"))]
pub use off::*;

#[cfg(feature = "sim")]
#[doc(hidden)]
pub mod __private {
    pub use crate::checker::{Outcome, run_test};
}
