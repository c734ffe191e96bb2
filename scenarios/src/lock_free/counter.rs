//! A counter with a limit, which is kept by compare-and-swap.

use std::fmt;
use std::marker::PhantomData;

use reweave::sync::atomic::{AtomicU64, Ordering};

use super::Full;
use super::variant::{Adding, Correct, Policy};

/// A counter that never counts higher than its limit; see the [module](super) for what it guarantees.
///
/// It counts, and orders nothing else: all its accesses are relaxed.
///
/// ```
/// use reweave_scenarios::lock_free::{Counter, Full};
///
/// let requests: Counter = Counter::up_to(2);
/// assert_eq!((requests.add(2), requests.add(1)), (Ok(2), Err(Full(1))));
/// assert_eq!((requests.take(), requests.add(1)), (2, Ok(1)));
/// ```
pub struct Counter<P = Correct> {
    count: AtomicU64,
    limit: u64,
    policy: PhantomData<fn() -> P>,
}

impl<P: Policy> Counter<P> {
    /// A counter at zero that never counts higher than `limit`.
    #[must_use]
    pub fn up_to(limit: u64) -> Self {
        Self { count: AtomicU64::new(0), limit, policy: PhantomData }
    }

    /// Adds `amount`, and returns the count afterwards.
    ///
    /// # Errors
    /// [`Full`] with the amount if there is no room for all of it. Then nothing is added.
    pub fn add(&self, amount: u64) -> Result<u64, Full<u64>> {
        let mut count = self.count.load(Ordering::Relaxed);
        loop {
            let sum = count.checked_add(amount).filter(|sum| *sum <= self.limit).ok_or(Full(amount))?;
            if P::ADDING == Adding::Blindly {
                return Ok(self.count.fetch_add(amount, Ordering::Relaxed) + amount);
            }
            match self.count.compare_exchange_weak(count, sum, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return Ok(sum),
                Err(now) => count = now,
            }
        }
    }

    /// Returns the count and starts over from zero, in one go.
    pub fn take(&self) -> u64 {
        self.count.swap(0, Ordering::Relaxed)
    }

    /// The count. Others may change it before the caller looks at the answer.
    pub fn get(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// How high it counts.
    pub fn limit(&self) -> u64 {
        self.limit
    }
}

/// Shows the limit. To look at the count would be a step of its own.
impl<P> fmt::Debug for Counter<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Counter").field("limit", &self.limit).finish_non_exhaustive()
    }
}
