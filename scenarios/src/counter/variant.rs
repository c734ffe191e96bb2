//! The correct counter and its buggy twins, told apart by a type.
//!
//! Whoever lifts the counter into a service deletes this file and keeps the count in a `Mutex<u64>`.

use reweave::cell::RaceCell;
use reweave::sync::Mutex;
use reweave::sync::atomic::AtomicU64;

use super::storage::{LockedTwice, Storage};

/// The decision that the twins get wrong.
pub trait Policy: 'static {
    /// Where the count is kept.
    type Storage: Storage;
}

/// No mistake.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Correct;

impl Policy for Correct {
    type Storage = Mutex<u64>;
}

/// The count is a plain variable.
///
/// That is not a matter of numbers which are a little wrong: two accesses that nothing orders, one of which writes, are
/// undefined behaviour, and the compiler may assume that they do not happen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Unsynchronised;

impl Policy for Unsynchronised {
    type Storage = RaceCell<u64>;
}

/// The count is an atomic, loaded and then stored.
///
/// No data race any more, and no sanitizer complains. But two threads that load the same count store the same sum, and an
/// update is lost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LoadThenStore;

impl Policy for LoadThenStore {
    type Storage = AtomicU64;
}

/// The count is behind a mutex, which is locked to read it and locked again to write it.
///
/// Every access is protected, and the change is not: two callers see the same last place, and both take it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LocksTwice;

impl Policy for LocksTwice {
    type Storage = LockedTwice;
}
