//! Errors as Go has them: any, behind one type.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use super::context::ContextError;

/// Any error: Go's `error`, without nil. Clones are the same.
///
/// As with `errors.As`, one asks for what is inside.
///
/// ```
/// use reweave::go;
///
/// let error = go::Error::new("no route to host");
/// assert_eq!(error.to_string(), "no route to host");
/// let error: go::Error = "x".parse::<i32>().unwrap_err().into();
/// assert!(error.downcast_ref::<std::num::ParseIntError>().is_some());
/// ```
#[derive(Clone)]
pub struct Error(Arc<dyn StdError + Send + Sync>);

#[derive(Debug)]
struct Text(String);

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl StdError for Text {}

impl Error {
    /// An error that only says something: `errors.New(message)`.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Error {
        Error(Arc::new(Text(message.into())))
    }

    /// The error inside, if it is an `E`.
    #[must_use]
    pub fn downcast_ref<E: StdError + 'static>(&self) -> Option<&E> {
        self.0.downcast_ref()
    }

    /// Whether this is `target`: `errors.Is(err, context.Canceled)`.
    #[must_use]
    pub fn is(&self, target: ContextError) -> bool {
        self.downcast_ref() == Some(&target)
    }

    /// Whether both are the same error, not only alike: Go's `==`.
    #[must_use]
    pub fn is_same(&self, other: &Error) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl<E: StdError + Send + Sync + 'static> From<E> for Error {
    fn from(error: E) -> Error {
        Error(Arc::new(error))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
