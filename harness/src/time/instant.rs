//! The monotonic clock, as in [`std::time::Instant`].

use std::fmt;
use std::ops::{Add, AddAssign, Sub, SubAssign};
use std::panic::Location;
use std::time::Duration;

use crate::engine::identity::inside;

/// A moment of the monotonic clock.
///
/// A moment is real if it was looked up outside executions and virtual if inside one. The two have no common clock:
/// comparing them puts every real moment before every virtual one, and the time from one to the other does not exist.
///
/// ```
/// use reweave::time::{Duration, Instant};
///
/// let start = Instant::now();
/// let end = start + Duration::from_secs(1);
/// assert!(start < end);
/// assert_eq!(end - start, Duration::from_secs(1));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(Repr);

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Repr {
    Real(std::time::Instant),
    Virtual(Moment),
}

/// Nanoseconds since the start of the execution, negative before it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Moment(i128);

/// The end of the clock, and its beginning before the start: 2^63 seconds, as on Linux. A deadline that is a [`Duration::MAX`]
/// away is beyond it.
const END: i128 = (1 << 63) * 1_000_000_000;

impl Moment {
    fn after_start(duration: Duration) -> Moment {
        Moment(nanos(duration))
    }

    fn checked_add(self, nanos_later: i128) -> Option<Moment> {
        // Neither exceeds 2^94, so that the sum is exact.
        let sum = self.0 + nanos_later;
        // Whoever sleeps for longer than that is beyond the end, too.
        (sum.abs() <= END.max(self.0.abs())).then_some(Moment(sum))
    }

    /// The time from `earlier` to this one, if it is earlier; at most the longest there is.
    fn checked_since(self, earlier: Moment) -> Option<Duration> {
        u128::try_from(self.0 - earlier.0).ok().map(duration)
    }
}

fn nanos(duration: Duration) -> i128 {
    // At most 2^64 seconds, that is, 2^94 nanoseconds.
    duration.as_nanos() as i128
}

fn duration(nanos: u128) -> Duration {
    const SECOND: u128 = 1_000_000_000;
    match u64::try_from(nanos / SECOND) {
        Ok(seconds) => Duration::new(seconds, (nanos % SECOND) as u32),
        Err(_) => Duration::MAX,
    }
}

impl fmt::Debug for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(f, "{sign}{:?}", duration(self.0.unsigned_abs()))
    }
}

impl Instant {
    /// The present moment; inside an execution that of the virtual clock.
    ///
    /// Inside, time stands still while tasks work. A task that looks at the clock in a loop and does nothing in
    /// between lets the other tasks go on, and time pass when nobody else has anything to do, so that a loop that
    /// waits for a deadline this way ends. (An exhaustive exploration takes a loop that ends by itself for work, and
    /// lets no time pass in it.)
    ///
    /// ```
    /// use reweave::time::{Duration, Instant};
    ///
    /// let deadline = Instant::now() + Duration::from_millis(1);
    /// while Instant::now() < deadline {}
    /// ```
    #[must_use]
    #[track_caller]
    pub fn now() -> Instant {
        match inside() {
            None => Instant(Repr::Real(real_now())),
            Some(this) => {
                let since_start = super::look(this, Location::caller());
                Instant::of_virtual(since_start)
            }
        }
    }

    /// This moment of the real clock.
    pub(crate) const fn of_real(moment: std::time::Instant) -> Instant {
        Instant(Repr::Real(moment))
    }

    /// The moment of the virtual clock so long after the start of the execution.
    pub(crate) fn of_virtual(since_start: Duration) -> Instant {
        Instant(Repr::Virtual(Moment::after_start(since_start)))
    }

    /// This moment for the real clock, for a caller outside executions.
    ///
    /// # Panics
    /// If it is virtual.
    #[track_caller]
    pub(crate) fn real(self) -> std::time::Instant {
        match self.0 {
            Repr::Real(moment) => moment,
            // In a destructor that runs while its thread unwinds the message would be an abort.
            Repr::Virtual(_) if crate::thread::panicking() => real_now(),
            Repr::Virtual(_) => panic!(
                "reweave: {self:?} is a moment of the virtual clock of an execution and is used outside: take the time \
                 where it is used"
            ),
        }
    }

    /// How long it is until this moment; zero if it has come.
    ///
    /// # Panics
    /// If this moment is real and the caller inside an execution, or it is virtual and the caller outside.
    #[track_caller]
    pub(crate) fn until(self) -> Duration {
        self.saturating_duration_since(Instant::now())
    }

    /// The time from `earlier` to this moment, zero if `earlier` is later.
    ///
    /// ```
    /// use reweave::time::{Duration, Instant};
    ///
    /// let start = Instant::now();
    /// let end = start + Duration::from_secs(1);
    /// assert_eq!(end.duration_since(start), Duration::from_secs(1));
    /// assert_eq!(start.duration_since(end), Duration::ZERO);
    /// ```
    ///
    /// # Panics
    /// If one of the two is real and the other virtual.
    #[must_use]
    #[track_caller]
    pub fn duration_since(&self, earlier: Instant) -> Duration {
        self.checked_duration_since(earlier).unwrap_or_default()
    }

    /// The time from `earlier` to this moment, `None` if `earlier` is later.
    ///
    /// ```
    /// use reweave::time::{Duration, Instant};
    ///
    /// let start = Instant::now();
    /// let end = start + Duration::from_secs(1);
    /// assert_eq!(end.checked_duration_since(start), Some(Duration::from_secs(1)));
    /// assert_eq!(start.checked_duration_since(end), None);
    /// ```
    ///
    /// # Panics
    /// If one of the two is real and the other virtual.
    #[must_use]
    #[track_caller]
    pub fn checked_duration_since(&self, earlier: Instant) -> Option<Duration> {
        match (self.0, earlier.0) {
            (Repr::Real(later), Repr::Real(earlier)) => later.checked_duration_since(earlier),
            (Repr::Virtual(later), Repr::Virtual(earlier)) => later.checked_since(earlier),
            // In a destructor that runs while its thread unwinds the message would be an abort.
            _ if crate::thread::panicking() => None,
            _ => panic!(
                "reweave: {self:?} and {earlier:?} are moments of different clocks, one of the virtual clock of an \
                 execution and one of the real clock outside: take both on the same side"
            ),
        }
    }

    /// The time from `earlier` to this moment, zero if `earlier` is later.
    ///
    /// ```
    /// use reweave::time::{Duration, Instant};
    ///
    /// let start = Instant::now();
    /// let end = start + Duration::from_secs(1);
    /// assert_eq!(start.saturating_duration_since(end), Duration::ZERO);
    /// ```
    ///
    /// # Panics
    /// If one of the two is real and the other virtual.
    #[must_use]
    #[track_caller]
    pub fn saturating_duration_since(&self, earlier: Instant) -> Duration {
        self.checked_duration_since(earlier).unwrap_or_default()
    }

    /// The time from this moment to the present.
    ///
    /// ```
    /// let start = reweave::time::Instant::now();
    /// assert!(start.elapsed() < reweave::time::Duration::from_secs(3600));
    /// ```
    ///
    /// # Panics
    /// If this moment is real and the caller inside an execution, or it is virtual and the caller outside.
    #[must_use]
    #[track_caller]
    pub fn elapsed(&self) -> Duration {
        Instant::now().duration_since(*self)
    }

    /// The moment that much later, `None` if it is beyond the end of the clock.
    ///
    /// ```
    /// use reweave::time::{Duration, Instant};
    /// assert_eq!(Instant::now().checked_add(Duration::MAX), None);
    /// ```
    #[must_use]
    pub fn checked_add(&self, duration: Duration) -> Option<Instant> {
        Some(Instant(match self.0 {
            Repr::Real(instant) => Repr::Real(instant.checked_add(duration)?),
            Repr::Virtual(moment) => Repr::Virtual(moment.checked_add(nanos(duration))?),
        }))
    }

    /// The moment that much earlier, `None` if it is before the beginning of the clock. The virtual clock begins long
    /// before the execution starts.
    ///
    /// ```
    /// use reweave::time::{Duration, Instant};
    /// assert_eq!(Instant::now().checked_sub(Duration::MAX), None);
    /// ```
    #[must_use]
    pub fn checked_sub(&self, duration: Duration) -> Option<Instant> {
        Some(Instant(match self.0 {
            Repr::Real(instant) => Repr::Real(instant.checked_sub(duration)?),
            Repr::Virtual(moment) => Repr::Virtual(moment.checked_add(-nanos(duration))?),
        }))
    }
}

#[expect(clippy::disallowed_methods, reason = "outside executions time is real")]
fn real_now() -> std::time::Instant {
    std::time::Instant::now()
}

impl Add<Duration> for Instant {
    type Output = Instant;

    /// # Panics
    /// If the result is beyond the end of the clock; see [`Instant::checked_add`].
    #[track_caller]
    fn add(self, duration: Duration) -> Instant {
        self.checked_add(duration).expect("overflow when adding duration to instant")
    }
}

impl AddAssign<Duration> for Instant {
    #[track_caller]
    fn add_assign(&mut self, duration: Duration) {
        *self = *self + duration;
    }
}

impl Sub<Duration> for Instant {
    type Output = Instant;

    /// # Panics
    /// If the result is before the beginning of the clock; see [`Instant::checked_sub`].
    #[track_caller]
    fn sub(self, duration: Duration) -> Instant {
        self.checked_sub(duration).expect("overflow when subtracting duration from instant")
    }
}

impl SubAssign<Duration> for Instant {
    #[track_caller]
    fn sub_assign(&mut self, duration: Duration) {
        *self = *self - duration;
    }
}

impl Sub<Instant> for Instant {
    type Output = Duration;

    /// The time from `earlier` to this moment, zero if `earlier` is later.
    ///
    /// # Panics
    /// If one of the two is real and the other virtual.
    #[track_caller]
    fn sub(self, earlier: Instant) -> Duration {
        self.duration_since(earlier)
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Real(instant) => instant.fmt(f),
            Repr::Virtual(moment) => f.debug_struct("Instant").field("since_start", moment).finish(),
        }
    }
}
