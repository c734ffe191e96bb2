//! Reweave beside its peers: the same small programs on the real threads of `std`, on `reweave`, on
//! `shuttle` and on `loom`, with the outcomes that each of them may show and does show.
//!
//! A program is a function that runs a few tasks and returns what it saw as a short label, such as
//! `"r1=0 r2=1"`. Its text stands in one macro of [`programs`], which is expanded once for each
//! peer over that peer's own types. Beside it stands a row of the table: the outcomes that
//! sequential consistency and std's documentation allow, derived by hand, with the reason in a
//! line, and what each peer makes of it. Where a peer does something else, the row says what and
//! why ([`Peer::Differs`]), and the tests hold it to that as well, so that no claim here outlives
//! the behaviour it is about.
//!
//! The programs of [`oracles`] are of another kind: it is known how many executions they have. Those of [`failing`] fail, and
//! [`json`] reads what is written of that.
//!
//! `shuttle` is pinned and `loom` is held by the lock file. When an upgrade makes a test fail, the
//! peer has changed, and its row is what has to follow.
//!
//! # What a peer lacks
//!
//! [`Peer::Lacks`] is about programs that do not compile over a peer, so no test can run into the
//! day when they do. These say it instead, one for each thing that the table calls missing:
//!
//! ```compile_fail
//! use loom::sync::Once;
//! ```
//! ```compile_fail
//! use loom::sync::OnceLock;
//! ```
//! ```compile_fail
//! use loom::sync::mpsc::sync_channel;
//! ```
//! ```compile_fail
//! use loom::thread::scope;
//! ```
//! ```compile_fail
//! use loom::thread::sleep;
//! ```
//! ```compile_fail
//! use loom::thread::park_timeout;
//! ```
//! ```compile_fail
//! let _ = loom::sync::Condvar::wait_while::<(), fn(&mut ()) -> bool>;
//! ```
//! ```compile_fail
//! let _ = loom::thread::JoinHandle::<()>::is_finished;
//! ```
//! ```compile_fail
//! use shuttle::sync::OnceLock;
//! ```
//! ```compile_fail
//! let _ = shuttle::thread::JoinHandle::<()>::is_finished;
//! ```
//!
//! and these, that the names around them are right:
//!
//! ```
//! use loom::sync::{Barrier, mpsc::channel};
//! use loom::thread::{park, spawn};
//! use shuttle::sync::{Once, mpsc::sync_channel};
//! let _ = loom::sync::Condvar::wait::<()>;
//! let _ = loom::thread::JoinHandle::<()>::join;
//! let _ = shuttle::sync::Condvar::wait_while::<(), fn(&mut ()) -> bool>;
//! let _ = shuttle::thread::JoinHandle::<()>::join;
//! ```

use std::collections::BTreeSet;

pub mod check;
pub mod failing;
pub mod json;
pub mod oracles;
pub mod peers;
pub mod programs;
#[expect(clippy::missing_panics_doc, reason = "to fail is what they are for")]
pub mod samples;
pub mod table;

pub use check::{Coverage, Driver, Explore, Mismatch};
pub use table::{Peer, Program};

/// What one execution of a program came to: the label that the program returns, `"deadlock"`, or
/// `"panic: "` and the message.
pub type Outcome = String;

/// The outcomes of many executions of a program.
pub type Outcomes = BTreeSet<Outcome>;
