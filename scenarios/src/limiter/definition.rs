//! What the algorithms promise, said without cleverness: by looking at everything that has passed so far.
//!
//! An algorithm keeps a few numbers and updates them; whether these updates are right is hard to see. Here is the same said as a
//! textbook says it, in time proportional to the past. The limiters are compared with it.

use reweave::history::Model;
use reweave::time::Duration;

use super::{Algorithm, FixedWindow, LeakyBucket, SlidingCounter, SlidingLog, TokenBucket};

/// An algorithm that says what it promises.
pub trait Definition: Algorithm + Eq + std::hash::Hash {
    /// When a request that comes at the time `now` passes, if those before passed at these times; `None` if it is refused. The
    /// state of the algorithm does not matter, only how it is set up.
    fn passes(&self, passed: &[Duration], now: Duration) -> Option<Duration>;
}

fn count(passed: &[Duration], counts: impl Fn(Duration) -> bool) -> u128 {
    passed.iter().filter(|at| counts(**at)).count() as u128
}

impl Definition for FixedWindow {
    /// There is a place in the window that the request comes in.
    fn passes(&self, passed: &[Duration], now: Duration) -> Option<Duration> {
        let window = |at| self.rate().window(at).0;
        let in_window = count(passed, |at| window(at) == window(now));
        (in_window < u128::from(self.rate().limit())).then_some(now)
    }
}

impl Definition for SlidingLog {
    /// There is a place in the period that ends with the request.
    fn passes(&self, passed: &[Duration], now: Duration) -> Option<Duration> {
        let in_period = count(passed, |at| at + self.rate().period() > now);
        (in_period < u128::from(self.rate().limit())).then_some(now)
    }
}

impl Definition for SlidingCounter {
    /// There is a place in the period that ends with the request, if the window before was evenly busy.
    fn passes(&self, passed: &[Duration], now: Duration) -> Option<Duration> {
        let (window, into) = self.rate().window(now);
        let in_window = |wanted: u128| count(passed, |at| self.rate().window(at).0 == wanted);
        let before = window.checked_sub(1).map_or(0, in_window);
        let period = self.rate().period().as_nanos();
        // Everything times the period, so that nothing is divided.
        let estimate = in_window(window) * period + before * (period - into.as_nanos());
        (estimate + period <= u128::from(self.rate().limit()) * period).then_some(now)
    }
}

impl Definition for TokenBucket {
    /// With this request no more pass since any earlier one than were in the full bucket and have come in since.
    fn passes(&self, passed: &[Duration], now: Duration) -> Option<Duration> {
        let conforms = |(index, at): (usize, &Duration)| {
            let since = (passed.len() - index + 1) as u32;
            self.interval() * since <= self.full() + (now - *at)
        };
        passed.iter().enumerate().all(conforms).then_some(now)
    }
}

impl Definition for LeakyBucket {
    /// It is the turn of the request an interval after the one before, and if it has to wait there is a place in line.
    fn passes(&self, passed: &[Duration], now: Duration) -> Option<Duration> {
        let turn = passed.last().map_or(now, |last| now.max(*last + self.interval()));
        let waiting = count(passed, |at| at > now);
        (turn == now || waiting < self.places() as u128).then_some(turn)
    }
}

/// A request that the limiter decided on at this time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ask {
    pub(super) at: Duration,
}

/// What it was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    PassesAt(Duration),
    Refused,
}

/// A limiter with a single caller, as the [`Definition`] has it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Sequential<A> {
    algorithm: A,
    passed: Vec<Duration>,
    now: Duration,
}

impl<A: Definition> Sequential<A> {
    pub(super) fn new(algorithm: A) -> Self {
        Self { algorithm, passed: Vec::new(), now: Duration::ZERO }
    }
}

impl<A: Definition> Model for Sequential<A> {
    type Operation = Ask;
    type Answer = Answer;

    fn apply(&mut self, ask: &Ask) -> Answer {
        self.now = self.now.max(ask.at);
        match self.algorithm.passes(&self.passed, self.now) {
            Some(at) => {
                self.passed.push(at);
                Answer::PassesAt(at)
            }
            None => Answer::Refused,
        }
    }

    /// The time of a single caller does not go back.
    fn admits(&mut self, ask: &Ask, answer: &Answer) -> bool {
        self.now <= ask.at && self.apply(ask) == *answer
    }
}
