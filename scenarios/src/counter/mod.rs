//! A counter that many threads count with, between zero and a limit.
//!
//! # The problem
//!
//! A service counts what it uses up: the seats that are sold, the bytes of a quota, the requests that are under way.
//! `count += 1` looks like one thing and is three: read the count, add to it, write the sum. Two threads that read the same
//! count write the same sum, and an addition is lost. With a limit there is more that must not come apart: whether there is
//! room, and taking it.
//!
//! Here both stand under a mutex. Use it where a change depends on the count, and where a report takes the count and starts
//! over. Where nobody asks for more than `+ 1`, and no limit is kept, the `fetch_add` of an atomic does the same and is
//! faster; where a limit is kept without a lock, see [`lock_free`](crate::lock_free).
//!
//! ```
//! use reweave::thread;
//! use reweave_scenarios::counter::{Counter, OutOfRange};
//!
//! let seats: Counter = Counter::up_to(2);
//! let sold = thread::scope(|scope| {
//!     let buyers = [(); 3].map(|()| scope.spawn(|| seats.add(1).is_ok()));
//!     buyers.into_iter().map(|buyer| buyer.join().unwrap()).filter(|sold| *sold).count()
//! });
//! assert_eq!(sold, 2);
//! assert_eq!(seats.add(1), Err(OutOfRange::AboveLimit { count: 2, limit: 2 }));
//! assert_eq!(seats.subtract(1), Ok(1));
//! assert_eq!((seats.take(), seats.get()), (1, 0));
//! ```
//!
//! # Guarantees
//!
//! - *Every change counts once.* The count is the sum of the additions that were accepted, less the subtractions.
//! - *Bounds.* The count is never above the limit nor below zero. A change that is refused has changed nothing.
//! - *Each number once.* While nothing but additions of one are made, no two of them have the same answer: the counter hands
//!   out numbers.
//! - *Handover.* What [`take`](Counter::take) returns is counted nowhere else: neither in the next report nor never.
//! - *One instant.* The counter is linearizable: every call happens at one instant between its beginning and its end.

mod error;
mod row;
mod storage;
#[cfg(test)]
mod tests;
pub mod variant;
pub mod workload;

use std::fmt;

pub use error::OutOfRange;
pub use row::scenario;
pub use storage::Storage;

use variant::{Correct, Policy};

/// A counter between zero and a limit; see the [module](self) for what it is good for and what it guarantees.
///
/// Share it in an [`Arc`](reweave::sync::Arc) or with scoped threads. The parameter `P` is there for the buggy twins of
/// [`variant`]; leave it out.
pub struct Counter<P: Policy = Correct> {
    count: P::Storage,
    limit: u64,
}

impl<P: Policy> Counter<P> {
    /// A counter at zero, without a limit but that of its type.
    #[must_use]
    pub fn new() -> Self {
        Self::up_to(u64::MAX)
    }

    /// A counter at zero that never counts higher than `limit`.
    #[must_use]
    pub fn up_to(limit: u64) -> Self {
        Self { count: P::Storage::default(), limit }
    }

    /// Adds `amount`, and returns the count afterwards.
    ///
    /// # Errors
    /// [`OutOfRange::AboveLimit`] if there is no room for all of it. Then nothing is added.
    pub fn add(&self, amount: u64) -> Result<u64, OutOfRange> {
        self.count.update(|count| {
            let sum = count.checked_add(amount).filter(|sum| *sum <= self.limit);
            *count = sum.ok_or(OutOfRange::AboveLimit { count: *count, limit: self.limit })?;
            Ok(*count)
        })
    }

    /// Subtracts `amount`, and returns the count afterwards.
    ///
    /// # Errors
    /// [`OutOfRange::BelowZero`] if the count is less than that. Then nothing is subtracted.
    pub fn subtract(&self, amount: u64) -> Result<u64, OutOfRange> {
        self.count.update(|count| {
            *count = count.checked_sub(amount).ok_or(OutOfRange::BelowZero { count: *count })?;
            Ok(*count)
        })
    }

    /// Returns the count and starts over from zero, in one go.
    pub fn take(&self) -> u64 {
        self.count.update(std::mem::take)
    }

    /// The count. Others may change it before the caller looks at the answer.
    pub fn get(&self) -> u64 {
        self.count.update(|count| *count)
    }

    /// How high it counts.
    pub fn limit(&self) -> u64 {
        self.limit
    }
}

impl<P: Policy> Default for Counter<P> {
    fn default() -> Self {
        Self::new()
    }
}

/// Shows the limit. It does not take the lock, so printing a counter never waits for it.
impl<P: Policy> fmt::Debug for Counter<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Counter").field("limit", &self.limit).finish_non_exhaustive()
    }
}
