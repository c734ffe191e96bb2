//! Pauses that grow, and of which chance decides how long they are.
//!
//! Time is divided into slots. After the first attempt in vain the pause is one or two slots, after the second one to
//! four, then one to eight, and so on up to a limit. That the range grows finds out how many there are who disturb each other,
//! which nobody knows beforehand. That chance decides sets two apart who came at the same time: without it they would pause, however
//! long, and come at the same time again.

use std::marker::PhantomData;

use reweave::rand;
use reweave::time::Duration;

use super::variant::{Pause, Policy};

/// How long to pause between two attempts: truncated binary exponential back-off, as on the Ethernet.
///
/// ```
/// use reweave::time::Duration;
/// use reweave_scenarios::transfers::Backoff;
///
/// let backoff = Backoff { slot: Duration::from_micros(50), most: 1_000 };
/// assert_eq!(backoff.longest(), Duration::from_millis(50));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The shortest pause, and the unit of all others. About the time that an attempt takes is right.
    pub slot: Duration,
    /// How many slots the longest pause has, from 1 up.
    pub most: u32,
}

/// A slot of a millisecond, and 64 of them at most.
impl Default for Backoff {
    fn default() -> Self {
        Self { slot: Duration::from_millis(1), most: 64 }
    }
}

impl Backoff {
    /// The longest pause.
    #[must_use]
    pub fn longest(self) -> Duration {
        self.slot.saturating_mul(self.most)
    }

    /// The pauses of one caller, who begins.
    pub(super) fn pauses<P: Policy>(self) -> Pauses<P> {
        Pauses { backoff: self, range: 1, policy: PhantomData }
    }
}

/// The pauses of one caller.
#[derive(Debug)]
pub(super) struct Pauses<P> {
    backoff: Backoff,
    /// How many slots the last pause could have at most.
    range: u32,
    policy: PhantomData<fn() -> P>,
}

impl<P: Policy> Pauses<P> {
    /// How long to pause next.
    pub(super) fn draw(&mut self) -> Duration {
        let Backoff { slot, most } = self.backoff;
        match P::PAUSE {
            Pause::Drawn => {
                self.range = self.range.saturating_mul(2).min(most);
                slot.saturating_mul(1 + rand::below(self.range))
            }
            Pause::Fixed => slot,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::variant::Correct;
    use super::*;

    #[test]
    fn pauses_are_drawn_from_a_range_that_doubles_up_to_the_limit() {
        let backoff = Backoff { slot: Duration::from_millis(3), most: 6 };
        for _ in 0..100 {
            let mut pauses = backoff.pauses::<Correct>();
            for most in [2, 4, 6, 6] {
                let pause = pauses.draw();
                assert!(pause >= backoff.slot && pause <= backoff.slot * most, "{pause:?} of at most {most} slots");
                assert_eq!(pause.as_millis() % 3, 0, "a pause is a number of slots");
            }
        }
        assert_eq!(backoff.longest(), backoff.slot * 6);
    }

    #[test]
    fn limits_are_not_passed_when_numbers_are_large() {
        let mut pauses = Backoff { slot: Duration::MAX, most: u32::MAX }.pauses::<Correct>();
        (0..40).for_each(|_| assert_eq!(pauses.draw(), Duration::MAX));
    }
}
