//! Spans, and who collects them.

use std::fmt;
use std::num::{NonZeroU64, NonZeroU128};

use reweave::sync::atomic::{AtomicU64, Ordering};
use reweave::sync::{Arc, Mutex, PoisonError};
use reweave::time::{Duration, Instant};

use super::context::TraceContext;

/// Makes spans, and keeps those that are finished until somebody takes them.
///
/// Clones are the same tracer.
///
/// ```
/// use reweave_scenarios::observation::Tracer;
///
/// let tracer = Tracer::new(42);
/// let request = tracer.root("request");
/// drop(tracer.child("query", request.context()));
/// drop(request);
/// let names: Vec<_> = tracer.take_finished().iter().map(|span| span.name().to_owned()).collect();
/// assert_eq!(names, ["query", "request"]);
/// ```
#[derive(Clone)]
pub struct Tracer {
    shared: Arc<Shared>,
}

struct Shared {
    seed: u64,
    /// Ids that were given out.
    ids: AtomicU64,
    finished: Mutex<Vec<FinishedSpan>>,
}

impl Tracer {
    /// A tracer without spans. Its ids follow from the seed: give each process its own, at random.
    pub fn new(seed: u64) -> Self {
        Self { shared: Arc::new(Shared { seed, ids: AtomicU64::new(0), finished: Mutex::new(Vec::new()) }) }
    }

    /// The first span of a new trace.
    pub fn root(&self, name: impl Into<String>) -> Span {
        let high = u128::from(self.id().get()) << 64;
        let trace_id = NonZeroU128::from(self.id()) | high;
        self.begin(name.into(), TraceContext::new(trace_id, self.id(), true), None)
    }

    /// A span that `parent` has caused, here or in another process.
    pub fn child(&self, name: impl Into<String>, parent: TraceContext) -> Span {
        let context = TraceContext::new(parent.trace_id(), self.id(), parent.is_sampled());
        self.begin(name.into(), context, Some(parent.span_id()))
    }

    /// The spans that have finished since the last time, in the order in which they did.
    pub fn take_finished(&self) -> Vec<FinishedSpan> {
        std::mem::take(&mut *self.shared.finished.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn begin(&self, name: String, context: TraceContext, parent: Option<NonZeroU64>) -> Span {
        Span { tracer: self.clone(), name, context, parent, begun: Instant::now() }
    }

    /// An id that this tracer has not given out before: the numbers from 1, each multiplied and mixed by a permutation of all
    /// words (the one of `SplitMix64`).
    fn id(&self) -> NonZeroU64 {
        loop {
            let number = self.shared.ids.fetch_add(1, Ordering::Relaxed).wrapping_add(self.shared.seed);
            let word = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            if let Some(id) = NonZeroU64::new(word ^ (word >> 31)) {
                return id;
            }
        }
    }
}

/// A piece of work that is under way. It is finished when it is dropped.
#[must_use = "a span lasts until it is dropped"]
#[derive(Debug)]
pub struct Span {
    tracer: Tracer,
    name: String,
    context: TraceContext,
    parent: Option<NonZeroU64>,
    begun: Instant,
}

impl Span {
    /// What its children are made from.
    pub fn context(&self) -> TraceContext {
        self.context
    }
}

impl Drop for Span {
    fn drop(&mut self) {
        let finished = FinishedSpan {
            name: std::mem::take(&mut self.name),
            context: self.context,
            parent: self.parent,
            duration: self.begun.elapsed(),
        };
        self.tracer.shared.finished.lock().unwrap_or_else(PoisonError::into_inner).push(finished);
    }
}

/// A piece of work that was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FinishedSpan {
    name: String,
    context: TraceContext,
    parent: Option<NonZeroU64>,
    duration: Duration,
}

impl FinishedSpan {
    /// What was done.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its trace, and itself.
    pub fn context(&self) -> TraceContext {
        self.context
    }

    /// The span that caused it.
    pub fn parent(&self) -> Option<NonZeroU64> {
        self.parent
    }

    /// How long it took.
    pub fn duration(&self) -> Duration {
        self.duration
    }
}

/// Does not take the lock, so printing a tracer never waits.
impl fmt::Debug for Tracer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tracer").finish_non_exhaustive()
    }
}
