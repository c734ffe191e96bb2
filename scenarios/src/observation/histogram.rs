//! A histogram that is written by many and read as a whole.
//!
//! All numbers are there twice. One half is *hot*: observers write into it. To read, the halves change
//! places; from then on nobody begins to write into the one that has become cold, and once those that
//! had begun are done, it stands still. It is read, added to the hot half, and emptied.
//!
//! How many observations have begun and which half is hot are in *one* word, so that changing places
//! says at the same time how many there are to wait for. An observer adds to `done` last.

use std::marker::PhantomData;

use reweave::hint;
use reweave::sync::atomic::{AtomicU64, Ordering};
use reweave::sync::{Mutex, PoisonError};
use reweave::time::Duration;

use super::variant::{Correct, Policy, Reading};

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// With an answer.
    Success,
    /// With an error, or not at all.
    Failure,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Outcome; 2] = [Outcome::Success, Outcome::Failure];

    /// Its name in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Success => "success",
            Outcome::Failure => "failure",
        }
    }
}

/// Latencies of requests by size, with their outcomes; see the [module](super) for what it guarantees.
///
/// ```
/// use reweave::time::Duration;
/// use reweave_scenarios::observation::{Histogram, Outcome};
///
/// let latencies: Histogram = Histogram::new(vec![Duration::from_millis(10), Duration::from_millis(100)]);
/// latencies.observe(Outcome::Success, Duration::from_millis(10));
/// latencies.observe(Outcome::Failure, Duration::from_secs(3));
/// let seen = latencies.scrape();
/// assert_eq!(seen.buckets(), [1, 0, 1]);
/// assert_eq!((seen.count(), seen.sum()), (2, Duration::from_millis(3_010)));
/// ```
#[derive(Debug)]
pub struct Histogram<P = Correct> {
    /// Ascending. The last bucket is for what is above all of them.
    bounds: Vec<Duration>,
    /// The highest bit says which half is hot, the rest how many observations have begun.
    begun: AtomicU64,
    halves: [Half; 2],
    /// Held by who scrapes: the halves change places once at a time.
    scraping: Mutex<()>,
    policy: PhantomData<fn() -> P>,
}

/// The bit of `begun` that says which half is hot. Adding it changes that, and nothing else.
const HOT: u64 = 1 << 63;

#[derive(Debug)]
struct Half {
    buckets: Vec<AtomicU64>,
    outcomes: [AtomicU64; Outcome::ALL.len()],
    /// In nanoseconds: enough for 584 years.
    sum: AtomicU64,
    /// Observations of which all the above is written.
    done: AtomicU64,
}

impl<P: Policy> Histogram<P> {
    /// A histogram with a bucket up to and including each of these bounds, which ascend, and one for the rest.
    pub fn new(bounds: Vec<Duration>) -> Self {
        let halves = [(); 2].map(|()| Half::with_buckets(bounds.len() + 1));
        Self { bounds, begun: AtomicU64::new(0), halves, scraping: Mutex::new(()), policy: PhantomData }
    }

    /// Counts a request.
    pub fn observe(&self, outcome: Outcome, latency: Duration) {
        let bucket = self.bounds.partition_point(|bound| *bound < latency);
        // Acquire: a half that has been emptied is not written into before it was.
        let begun = self.begun.fetch_add(1, Ordering::Acquire);
        let half = self.half(begun);
        half.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        half.outcomes[outcome as usize].fetch_add(1, Ordering::Relaxed);
        half.sum.fetch_add(nanoseconds(latency), Ordering::Relaxed);
        // Release: who sees that this observation is done sees all of it.
        half.done.fetch_add(1, Ordering::Release);
    }

    /// All that was counted so far, as it was at one moment.
    pub fn scrape(&self) -> Snapshot {
        let _one_at_a_time = self.scraping.lock().unwrap_or_else(PoisonError::into_inner);
        if P::READING == Reading::NumberByNumber {
            let hot = self.half(self.begun.load(Ordering::Acquire));
            return hot.read(&self.bounds);
        }
        let begun = self.begun.fetch_add(HOT, Ordering::AcqRel);
        let (cold, hot) = (self.half(begun), self.half(begun ^ HOT));
        while cold.done.load(Ordering::Acquire) != begun & !HOT {
            hint::spin_loop(); // An observer is a few additions from its end.
        }
        let snapshot = cold.read(&self.bounds);
        cold.pour_into(hot);
        snapshot
    }

    /// The half that is hot when `begun` has this value.
    fn half(&self, begun: u64) -> &Half {
        &self.halves[usize::from(begun & HOT != 0)]
    }
}

impl Half {
    fn with_buckets(buckets: usize) -> Self {
        let zero = || AtomicU64::new(0);
        Self { buckets: (0..buckets).map(|_| zero()).collect(), outcomes: [zero(), zero()], sum: zero(), done: zero() }
    }

    fn read(&self, bounds: &[Duration]) -> Snapshot {
        let value = |number: &AtomicU64| number.load(Ordering::Relaxed);
        Snapshot {
            bounds: bounds.to_vec(),
            count: value(&self.done),
            sum: Duration::from_nanos(value(&self.sum)),
            outcomes: [value(&self.outcomes[0]), value(&self.outcomes[1])],
            buckets: self.buckets.iter().map(value).collect(),
        }
    }

    /// Adds everything to the other half, `done` last: as observers do, whose work it is.
    fn pour_into(&self, other: &Half) {
        let mine = self.buckets.iter().chain(&self.outcomes).chain([&self.sum, &self.done]);
        let others = other.buckets.iter().chain(&other.outcomes).chain([&other.sum, &other.done]);
        for (from, to) in mine.zip(others) {
            to.fetch_add(from.swap(0, Ordering::Relaxed), Ordering::Release);
        }
    }
}

/// What a histogram contained at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    bounds: Vec<Duration>,
    count: u64,
    sum: Duration,
    outcomes: [u64; Outcome::ALL.len()],
    buckets: Vec<u64>,
}

impl Snapshot {
    /// How many requests it is about.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Their latencies together.
    pub fn sum(&self) -> Duration {
        self.sum
    }

    /// How many of them ended in this way.
    pub fn ended_in(&self, outcome: Outcome) -> u64 {
        self.outcomes[outcome as usize]
    }

    /// How many fell between a bound and the one before it. The last number is of those above all bounds.
    pub fn buckets(&self) -> &[u64] {
        &self.buckets
    }

    /// The bounds of all buckets but the last.
    pub fn bounds(&self) -> &[Duration] {
        &self.bounds
    }
}

fn nanoseconds(latency: Duration) -> u64 {
    u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX)
}
