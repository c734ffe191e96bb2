//! Concurrent components with their classic mistakes, as a gallery to learn from and a test of
//! Reweave.
//!
//! Each module is a *scenario*: a real component, written as one would write it for a service,
//! against `reweave::sync`, `reweave::thread` and `reweave::time`, which have the surface of the
//! modules of `std` of the same names. A scenario has three parts:
//!
//! - the *component*, documented for the person who lifts it into a service;
//! - its *buggy twins*: the same code with one classic mistake each, chosen by a type parameter. A
//!   twin differs in a line or two, compiles, passes every test that one is likely to write, and
//!   fails in production on a bad day;
//! - its *workloads*: small programs that put the component through its paces and check its
//!   guarantees from outside.
//!
//! A workload that runs once on real threads says little, because one run meets one interleaving
//! among thousands. Under Reweave the same function runs under every schedule, or a fair sample of
//! them: the correct component survives them all, and each twin is caught, with the schedule that
//! breaks it. [`gallery()`](gallery::gallery) lists them all:
//!
//! ```
//! use reweave_scenarios::gallery::gallery;
//!
//! for scenario in gallery() {
//!     for variant in scenario.variants.iter().filter(|variant| variant.runs_natively()) {
//!         println!("{} {}: {}", scenario.name, variant.name(), variant.about());
//!         variant.program()(); // once, on real threads: it passes, which proves little
//!     }
//! }
//! ```
//!
//! # Where to begin
//!
//! Read [`queue`], its guarantees first. Then look at one twin, say
//! [`IfInsteadOfWhile`](queue::variant::IfInsteadOfWhile), and try to find the interleaving that
//! breaks it before you let Reweave show it to you.
//!
//! Or follow the [`guide`] through one scenario, from a test that passes by luck to a proof.
//!
//! # How to add a row
//!
//! 1. Make a folder `src/<name>/` with the component (`mod.rs` and its parts), `variant.rs` with its
//!    twins, `workload.rs` with its workloads and `row.rs` with
//!    `pub fn scenario() -> `[`Scenario`](gallery::Scenario). [`queue`] is the model. The `mod.rs`
//!    re-exports `row::scenario`.
//! 2. Add `pub mod <name>;` below the row's number in this file, and
//!    `crate::<name>::scenario(),` below its number in `src/gallery/mod.rs`. Nothing else lists rows.
//! 3. In `row.rs` name the variants: [`Variant::proved`](gallery::Variant::proved) for the correct
//!    component at its small size, [`Variant::survives`](gallery::Variant::survives) at a realistic
//!    one, [`Variant::fails`](gallery::Variant::fails) for each twin with the kind of its finding and
//!    words of its message. Every row has all three.
//! 4. Add `src/<name>/tests.rs` with `crate::testing::row!(super::scenario);`, which tests all that
//!    the variants promise, and beside it what else there is to test: parameters from `proptest` by
//!    `crate::testing::explore_with`, the behaviour of a single task, errors.
//! 5. Save the failures of the twins under `seeds/` by `cargo run --release -- --save <number>`, pin
//!    the verdicts by `INSTA_UPDATE=always cargo test -p reweave-scenarios --lib <name>`, and read
//!    the difference.

mod deadline;
pub mod gallery;
#[cfg(feature = "sim")]
pub mod guide;
pub mod journal;

// Between the lines of two rows stands a number, so that rows which are added side by side merge
// without conflict.

// 1
pub mod speakers;

// 2
pub mod queue;

// 3
pub mod wait_group;

// 4
pub mod worker_pool;

// 5
pub mod channel_closing;

// 6
pub mod counter;

// 7
pub mod cache;

// 8
pub mod lock_free;

// 9
pub mod limiter;

// 10
pub mod admission;

// 11
pub mod context;

// 12
pub mod transfers;

// 13
pub mod leaks;

// 14
pub mod supervisor;

// 15
pub mod breaker;

// 16
pub mod broker;

// 17
pub mod hot_config;

// 18
pub mod pool;

// 19
pub mod shutdown;

// 20
pub mod observation;

#[cfg(test)]
mod testing;
