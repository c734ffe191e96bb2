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
//! use reweave_scenarios::gallery::{Expectation, gallery};
//!
//! for entry in gallery() {
//!     println!("{} ({}): {}", entry.scenario, entry.variant, entry.summary);
//!     if entry.expect == Expectation::Correct {
//!         (entry.run)(); // once, on real threads: it passes, which proves little
//!     }
//! }
//! ```
//!
//! # Where to begin
//!
//! Read [`queue`], its guarantees first. Then look at one twin, say
//! [`IfInsteadOfWhile`](queue::variant::IfInsteadOfWhile), and try to find the interleaving that
//! breaks it before you let Reweave show it to you.

pub mod gallery;
pub mod queue;
