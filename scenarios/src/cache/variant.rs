//! The correct cache and its buggy twins, told apart by a type.
//!
//! Whoever lifts the cache into a service deletes this file and writes the default of each constant where it is used.

/// The decisions of the cache that the twins get wrong. The defaults are the right ones.
pub trait Policy: 'static {
    /// What a caller that misses does with the lock it holds for reading.
    const UPGRADING: Upgrading = Upgrading::GivesBackFirst;
    /// What a caller that missed does once it may write.
    const CLAIMING: Claiming = Claiming::LooksAgain;
    /// How readers enter while a writer waits.
    const ENTERING: Entering = Entering::ThroughATurnstile;
}

/// What a caller that misses does with the lock it holds for reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upgrading {
    /// It gives it back before it asks for the lock for writing.
    GivesBackFirst,
    /// It keeps it.
    WhileReading,
}

/// What a caller that missed does once it may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claiming {
    /// It looks whether somebody was faster.
    LooksAgain,
    /// It writes.
    TrustsItsLook,
}

/// How readers enter while a writer waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entering {
    /// They wait until it had its turn.
    ThroughATurnstile,
    /// They enter if they can.
    AsSoonAsPossible,
}

/// No mistake.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Correct;

impl Policy for Correct {}

/// Asks for the lock for writing while it holds it for reading.
///
/// A writer waits until the last reader has left, and the last reader is the writer itself. It takes no second thread to hang, only
/// a miss.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UpgradesWhileReading;

impl Policy for UpgradesWhileReading {
    const UPGRADING: Upgrading = Upgrading::WhileReading;
}

/// Looks under the lock for reading, and acts under the lock for writing.
///
/// Two callers miss the same key. When the second may write, the first has put its slot there; the second puts
/// its own in place of it, and the value is loaded twice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CheckThenAct;

impl Policy for CheckThenAct {
    const CLAIMING: Claiming = Claiming::TrustsItsLook;
}

/// Lets readers in whenever no writer is inside.
///
/// The readers take turns so that one of them is always there, and the writer never is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReadersFirst;

impl Policy for ReadersFirst {
    const ENTERING: Entering = Entering::AsSoonAsPossible;
}
