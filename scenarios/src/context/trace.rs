//! The id of a request, which travels in its context.

use std::fmt;

use reweave::go::Context;

/// The id of a request, by which its lines are found in the logs of all layers.
///
/// ```
/// use reweave::go::Context;
/// use reweave_scenarios::context::TraceId;
///
/// let context = TraceId(7).attach_to(&Context::background());
/// let (below, cancel) = context.with_cancel();
/// assert_eq!(TraceId::of(&below), Some(TraceId(7)));
/// cancel.cancel();
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TraceId(pub u64);

/// The key under which it is found. Nobody else can make one, so that nobody else's values are mistaken for it.
#[derive(PartialEq)]
struct Key;

impl TraceId {
    /// The id that came with this context, if one did.
    pub fn of(context: &Context) -> Option<TraceId> {
        context.value(&Key).copied()
    }

    /// A context that carries this id.
    #[must_use]
    pub fn attach_to(self, context: &Context) -> Context {
        context.with_value(Key, self)
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}
