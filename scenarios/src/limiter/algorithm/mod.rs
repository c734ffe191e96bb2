//! The five algorithms, as state machines without a clock and without a lock.
//!
//! They are told the time since the limiter was made, so that they can be tested without waiting, and compared with
//! [what they promise](super::Definition). All of them count in whole nanoseconds; nothing is rounded in favour of a caller.

mod fixed_window;
mod leaky_bucket;
mod sliding_counter;
mod sliding_log;
mod token_bucket;

use reweave::time::Duration;

pub use fixed_window::FixedWindow;
pub use leaky_bucket::LeakyBucket;
pub use sliding_counter::SlidingCounter;
pub use sliding_log::SlidingLog;
pub use token_bucket::TokenBucket;

/// What "so many in a period" means.
///
/// A limiter calls [`advance`](Self::advance), then [`decide`](Self::decide), and, if the request passes and is made,
/// [`charge`](Self::charge), all with the lock held. The time that it passes never goes back. Nothing here may panic.
///
/// ```
/// use reweave::time::Duration;
/// use reweave_scenarios::limiter::{Algorithm, Decision, FixedWindow, Rate};
///
/// let second = Duration::from_secs(1);
/// let mut window = FixedWindow::new(Rate::new(1, second)?);
/// window.advance(Duration::ZERO);
/// assert_eq!(window.decide(Duration::ZERO), Decision::Pass { at: Duration::ZERO });
/// window.charge(Duration::ZERO);
/// assert_eq!(window.decide(Duration::ZERO), Decision::Refuse { until: second });
/// # Ok::<(), reweave_scenarios::limiter::ConfigError>(())
/// ```
pub trait Algorithm: Clone {
    /// Brings the state to the time `now`: forgets what counts no more, and adds what has come due.
    fn advance(&mut self, now: Duration);

    /// Whether one more request may pass at the time `now`, to which the state was brought.
    fn decide(&self, now: Duration) -> Decision;

    /// Charges for a request that passes at the time `at`, as was decided.
    fn charge(&mut self, at: Duration);
}

/// What becomes of a request. Times are counted from when the limiter was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It may pass.
    Pass {
        /// At this time: now, or later if it has to wait for its turn.
        at: Duration,
    },
    /// It may not.
    Refuse {
        /// The first time at which a request passes, if none comes before.
        until: Duration,
    },
}
