//! The checked cell. Its accesses are no steps, and there is no state: they are known here so that a record of steps can hold
//! them, too, in the place where they were made.

/// What an access does to the memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Op {
    Read,
    Write,
}
