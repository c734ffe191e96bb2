//! Shared memory without synchronisation, checked for data races.
//!
//! - [`UnsafeCell`] is std's, with accesses that say what they are: for unsafe code as it will run in production.
//! - [`RaceCell`] is safe and stands for such memory in a model or a test: it can be shared without a lock.
//!
//! In an execution two accesses of a cell by different tasks are a [data race](crate::FindingKind::DataRace) if one of them
//! writes and nothing that the tasks do orders them: no unlocking before a locking, no message, no join, no store that is
//! released before the load that acquires it. The order of the schedule does not count, so that a race is found in every
//! execution in which both accesses occur, and not only where they meet.
//!
//! Accesses are no scheduling points: they make no test larger. An execution ends with its first race.
//!
//! # What orders accesses
//!
//! Everything in Reweave that synchronises in reality: locks, condition variables, barriers, `Once` and what is built on it, channels,
//! parking, spawning and joining, wait groups and semaphores, and atomics with the orderings that they are given: a relaxed one
//! orders nothing by itself, only together with fences. The real locks of std are not known, nor are its reference counts: that the
//! last [`Arc`](std::sync::Arc) is dropped after all others is an order only for whoever has the cell for itself by then. A destructor
//! has: let it use `get_mut`, which is not checked, as are `into_inner` and the first access after a cell was moved.
//!
//! ```
//! use std::sync::Arc;
//!
//! use reweave::cell::RaceCell;
//! use reweave::sync::atomic::{AtomicBool, Ordering};
//! # #[cfg(feature = "sim")]
//! use reweave::{Checker, FindingKind, Strategy};
//!
//! fn publish(order: Ordering) {
//!     let shared = Arc::new((RaceCell::new(0), AtomicBool::new(false)));
//!     let theirs = Arc::clone(&shared);
//!     let writer = reweave::thread::spawn(move || {
//!         theirs.0.set(42);
//!         theirs.1.store(true, order);
//!     });
//!     if shared.1.load(Ordering::Acquire) {
//!         assert_eq!(shared.0.get(), 42);
//!     }
//!     writer.join().unwrap();
//! }
//!
//! # #[cfg(feature = "sim")] {
//! let explore = |order| Checker::new().strategy(Strategy::Exhaustive).explore(move || publish(order));
//! assert!(explore(Ordering::Release).findings().is_empty());
//! assert_eq!(explore(Ordering::Relaxed).finding().unwrap().kind(), FindingKind::DataRace);
//! # }
//! ```

#[cfg(feature = "sim")]
mod checks;
mod race;
mod raw;

pub use race::RaceCell;
pub use raw::UnsafeCell;
