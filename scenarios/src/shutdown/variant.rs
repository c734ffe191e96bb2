//! The correct gate and its buggy twins, told apart by a type.
//!
//! Whoever lifts the gate into a service deletes this file and writes the default of each constant
//! where it is used.

/// The decisions of the gate that the twins get wrong. The defaults are the right ones.
pub trait Policy: 'static {
    /// How a request comes in.
    const ENTRY: Entry = Entry::InOneGo;
    /// Who hears that the shutdown is over.
    const ANNOUNCEMENT: Announcement = Announcement::ToAll;
}

/// How a request comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// That the gate is open and that there is one more inside are one: no stop comes between.
    InOneGo,
    /// The lock is given back in between.
    LooksThenCounts,
}

/// Who hears that the shutdown is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Announcement {
    /// Everybody who waits for it.
    ToAll,
    /// One of those who wait.
    ToOne,
}

/// No mistake.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Correct;

impl Policy for Correct {}

/// Sees that the gate is open, and counts the request afterwards.
///
/// A stop that comes between finds nobody inside and reports that all is done. The request was accepted,
/// and finds that what it needs has been taken down.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LateEntry;

impl Policy for LateEntry {
    const ENTRY: Entry = Entry::LooksThenCounts;
}

/// Tells one of the others that the shutdown is over.
///
/// It is enough as long as the order to stop comes twice. At the third time somebody waits for ever.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ForgottenStop;

impl Policy for ForgottenStop {
    const ANNOUNCEMENT: Announcement = Announcement::ToOne;
}
