//! A random choice: an operation with `n` outcomes that concerns nobody else.

/// Draws a number below `outcomes`, which is at least one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Op {
    pub(crate) outcomes: u32,
}
