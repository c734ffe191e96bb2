//! What a request carries from span to span, and from process to process.

use std::error::Error;
use std::fmt;
use std::num::{NonZeroU64, NonZeroU128};
use std::str::FromStr;

/// Of which trace a span is, and which span. As text it is the value of the header `traceparent`.
///
/// ```
/// use reweave_scenarios::observation::TraceContext;
///
/// let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
/// let context: TraceContext = header.parse()?;
/// assert_eq!(context.span_id().get(), 0x00f0_67aa_0ba9_02b7);
/// assert!(context.is_sampled());
/// assert_eq!(context.to_string(), header);
/// # Ok::<(), reweave_scenarios::observation::ParseContextError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceContext {
    trace_id: NonZeroU128,
    span_id: NonZeroU64,
    sampled: bool,
}

impl TraceContext {
    pub(super) fn new(trace_id: NonZeroU128, span_id: NonZeroU64, sampled: bool) -> Self {
        Self { trace_id, span_id, sampled }
    }

    /// The same for all spans of a trace.
    pub fn trace_id(self) -> NonZeroU128 {
        self.trace_id
    }

    /// Of this span alone.
    pub fn span_id(self) -> NonZeroU64 {
        self.span_id
    }

    /// Whether the caller keeps its spans of this trace.
    pub fn is_sampled(self) -> bool {
        self.sampled
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace_id, self.span_id, u8::from(self.sampled))
    }
}

impl FromStr for TraceContext {
    type Err = ParseContextError;

    fn from_str(header: &str) -> Result<Self, ParseContextError> {
        let mut fields = header.split('-');
        let version = hexadecimal(fields.next(), 2)?;
        if version == 0xff {
            return Err(ParseContextError::Version);
        }
        let trace_id = hexadecimal(fields.next(), 32)?;
        let span_id = hexadecimal(fields.next(), 16)?;
        let flags = hexadecimal(fields.next(), 2)?;
        // Later versions may add fields, and what is here stays as it is.
        if version == 0 && fields.next().is_some() {
            return Err(ParseContextError::Malformed);
        }
        let trace_id = NonZeroU128::new(trace_id).ok_or(ParseContextError::Zero)?;
        let span_id = u64::try_from(span_id).ok().and_then(NonZeroU64::new).ok_or(ParseContextError::Zero)?;
        Ok(Self::new(trace_id, span_id, flags & 1 == 1))
    }
}

/// A field of exactly so many digits, in lower case as the standard wants them.
fn hexadecimal(field: Option<&str>, digits: usize) -> Result<u128, ParseContextError> {
    let digit = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
    let field = field.filter(|field| field.len() == digits && field.bytes().all(digit));
    field.and_then(|field| u128::from_str_radix(field, 16).ok()).ok_or(ParseContextError::Malformed)
}

/// Why a `traceparent` cannot be used. The standard says what to do then: begin a new trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParseContextError {
    /// It is not four fields of 2, 32, 16 and 2 hexadecimal digits in lower case.
    Malformed,
    /// Its version is `ff`, which there is not.
    Version,
    /// An id is zero.
    Zero,
}

impl fmt::Display for ParseContextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "the trace context is not of the form 00-<32 digits>-<16 digits>-<2 digits>",
            Self::Version => "the version of the trace context is ff, which is forbidden",
            Self::Zero => "an id of the trace context is zero, which is forbidden",
        })
    }
}

impl Error for ParseContextError {}
