//! The wall clock, as in [`std::time::SystemTime`].

use std::fmt;
use std::ops::{Add, AddAssign, Sub, SubAssign};
use std::panic::Location;
use std::time::{Duration, SystemTimeError};

use crate::engine::identity::inside;

/// What the wall clock shows when an execution starts: midnight of the first of January 2000, UTC.
const START: Duration = Duration::from_secs(946_684_800);

/// The first of January 1970, midnight, UTC.
///
/// ```
/// use reweave::time::{SystemTime, UNIX_EPOCH};
/// assert!(SystemTime::now() > UNIX_EPOCH);
/// ```
pub const UNIX_EPOCH: SystemTime = SystemTime::UNIX_EPOCH;

/// A time of the wall clock. Other than an [`Instant`](super::Instant) it means the same inside and outside executions.
///
/// ```
/// use reweave::time::{Duration, SystemTime};
///
/// let time = SystemTime::UNIX_EPOCH + Duration::from_secs(60);
/// assert_eq!(time.duration_since(SystemTime::UNIX_EPOCH).unwrap(), Duration::from_secs(60));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SystemTime(std::time::SystemTime);

impl SystemTime {
    /// The first of January 1970, midnight, UTC.
    pub const UNIX_EPOCH: SystemTime = SystemTime(std::time::SystemTime::UNIX_EPOCH);

    /// The present time. Inside an execution the wall clock shows the first of January 2000, midnight, UTC at the start,
    /// moves with the virtual clock, and is never set.
    ///
    /// ```
    /// use reweave::time::SystemTime;
    /// assert!(SystemTime::now() > SystemTime::UNIX_EPOCH);
    /// ```
    ///
    /// # Panics
    /// If the virtual clock is beyond what the platform can represent, some hundred billion years at least on Unix.
    #[must_use]
    #[track_caller]
    pub fn now() -> SystemTime {
        match inside() {
            None => SystemTime(real_now()),
            Some(this) => {
                let since_start = super::look(this, Location::caller());
                let start = SystemTime::UNIX_EPOCH + START;
                start.checked_add(since_start).expect("reweave: the virtual clock is beyond the last `SystemTime`")
            }
        }
    }

    /// The time from `earlier` to this one.
    ///
    /// ```
    /// use reweave::time::{Duration, SystemTime};
    ///
    /// let early = SystemTime::UNIX_EPOCH;
    /// let late = early + Duration::from_secs(1);
    /// assert_eq!(late.duration_since(early).unwrap(), Duration::from_secs(1));
    /// assert_eq!(early.duration_since(late).unwrap_err().duration(), Duration::from_secs(1));
    /// ```
    ///
    /// # Errors
    /// If `earlier` is later, with the time between the two.
    pub fn duration_since(&self, earlier: SystemTime) -> Result<Duration, SystemTimeError> {
        self.0.duration_since(earlier.0)
    }

    /// The time from this one to the present.
    ///
    /// ```
    /// use reweave::time::{Duration, SystemTime};
    /// assert!(SystemTime::UNIX_EPOCH.elapsed().unwrap() > Duration::from_secs(3600));
    /// ```
    ///
    /// # Errors
    /// If this one is in the future, with the time until then.
    ///
    /// # Panics
    /// As [`Self::now`].
    #[track_caller]
    pub fn elapsed(&self) -> Result<Duration, SystemTimeError> {
        SystemTime::now().duration_since(*self)
    }

    /// The time that much later, `None` if the platform cannot represent it.
    ///
    /// ```
    /// use reweave::time::{Duration, SystemTime};
    /// assert_eq!(SystemTime::UNIX_EPOCH.checked_add(Duration::MAX), None);
    /// ```
    #[must_use]
    pub fn checked_add(&self, duration: Duration) -> Option<SystemTime> {
        self.0.checked_add(duration).map(SystemTime)
    }

    /// The time that much earlier, `None` if the platform cannot represent it.
    ///
    /// ```
    /// use reweave::time::{Duration, SystemTime};
    /// assert_eq!(SystemTime::UNIX_EPOCH.checked_sub(Duration::MAX), None);
    /// ```
    #[must_use]
    pub fn checked_sub(&self, duration: Duration) -> Option<SystemTime> {
        self.0.checked_sub(duration).map(SystemTime)
    }
}

#[expect(clippy::disallowed_methods, reason = "outside executions time is real")]
fn real_now() -> std::time::SystemTime {
    std::time::SystemTime::now()
}

impl Add<Duration> for SystemTime {
    type Output = SystemTime;

    /// # Panics
    /// If the platform cannot represent the result; see [`SystemTime::checked_add`].
    #[track_caller]
    fn add(self, duration: Duration) -> SystemTime {
        self.checked_add(duration).expect("overflow when adding duration to instant")
    }
}

impl AddAssign<Duration> for SystemTime {
    #[track_caller]
    fn add_assign(&mut self, duration: Duration) {
        *self = *self + duration;
    }
}

impl Sub<Duration> for SystemTime {
    type Output = SystemTime;

    /// # Panics
    /// If the platform cannot represent the result; see [`SystemTime::checked_sub`].
    #[track_caller]
    fn sub(self, duration: Duration) -> SystemTime {
        self.checked_sub(duration).expect("overflow when subtracting duration from instant")
    }
}

impl SubAssign<Duration> for SystemTime {
    #[track_caller]
    fn sub_assign(&mut self, duration: Duration) {
        *self = *self - duration;
    }
}

impl From<std::time::SystemTime> for SystemTime {
    fn from(time: std::time::SystemTime) -> SystemTime {
        SystemTime(time)
    }
}

impl From<SystemTime> for std::time::SystemTime {
    fn from(time: SystemTime) -> std::time::SystemTime {
        time.0
    }
}

impl fmt::Debug for SystemTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
