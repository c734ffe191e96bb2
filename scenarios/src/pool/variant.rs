//! The correct pool and its buggy twins, told apart by a type.
//!
//! Whoever lifts the pool into a service deletes this file and writes the default of each constant where it is used.

/// The decisions of the pool that the twins get wrong. The defaults are the right ones.
pub trait Policy: 'static {
    /// What becomes of the place of a connection that is discarded.
    const DISCARD: Discard = Discard::FreesPlace;
    /// How the pool calls the backend.
    const CALLS: Calls = Calls::Unlocked;
}

/// What becomes of the place of a connection that is discarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Discard {
    /// It is free for a new one.
    FreesPlace,
    /// It stays taken, as if the connection were still out.
    KeepsPlace,
}

/// How the pool calls the backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Calls {
    /// Without holding its lock.
    Unlocked,
    /// While it holds its lock.
    UnderLock,
}

/// No mistake.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Correct;

impl Policy for Correct {}

/// Keeps the place of a connection that is discarded.
///
/// Each request that times out costs a place. When the last one is gone everybody is told that the service is busy, and it
/// is not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LostPlace;

impl Policy for LostPlace {
    const DISCARD: Discard = Discard::KeepsPlace;
}

/// Checks and resets connections under the lock of the pool.
///
/// A check waits for a row that an open transaction has locked. The transaction would end when its connection is given
/// back, for which it needs the lock of the pool.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CallsUnderLock;

impl Policy for CallsUnderLock {
    const CALLS: Calls = Calls::UnderLock;
}
