//! There was no room. The message is a fragment that fits after "failed to push: " and "failed to count: ".

use std::error::Error;
use std::fmt;

/// There was no room for this, and it is given back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Full<T>(pub T);

/// Without what is given back, which may be large.
impl<T> fmt::Debug for Full<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Full(..)")
    }
}

impl<T> fmt::Display for Full<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there is no room")
    }
}

impl<T> Error for Full<T> {}
