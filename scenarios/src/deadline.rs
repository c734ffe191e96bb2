//! The moment at which somebody who waits gives up, for the scenarios in which somebody does.

use reweave::time::{Duration, Instant};

/// The moment at which a caller gives up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deadline {
    /// It waits for as long as it takes.
    Never,
    /// It gives up at this moment, not before.
    At(Instant),
}

impl Deadline {
    /// The deadline of a caller that begins now and has `patience`. A moment beyond the range of the clock is never.
    pub(crate) fn after(patience: Duration) -> Self {
        Instant::now().checked_add(patience).map_or(Self::Never, Self::At)
    }

    /// How much time is left; `None` if it is up.
    pub(crate) fn left(self) -> Option<Duration> {
        match self {
            Self::Never => Some(Duration::MAX),
            Self::At(moment) => {
                let left = moment.saturating_duration_since(Instant::now());
                (!left.is_zero()).then_some(left)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_beyond_the_clock_is_never() {
        assert_eq!(Deadline::after(Duration::MAX), Deadline::Never);
    }
}
