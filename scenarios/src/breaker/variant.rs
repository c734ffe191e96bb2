//! The correct breaker and its buggy twins, told apart by a type.
//!
//! Whoever lifts the breaker into a service deletes this file and writes the default of each constant
//! where it is used.

/// The decisions of the breaker that the twins get wrong. The defaults are the right ones.
pub trait Policy: 'static {
    /// How a call gets through.
    const ADMISSION: Admission = Admission::InOneGo;
    /// How an outcome is noted.
    const RECORDING: Recording = Recording::InPlace;
}

/// How a call gets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Whether there is a place and taking it are one: nobody can come between.
    InOneGo,
    /// The lock is given back in between.
    LooksThenTakes,
}

/// How an outcome is noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recording {
    /// In the window itself.
    InPlace,
    /// In a copy of the window, which replaces it: the lock is held for as short as possible.
    OnACopy,
}

/// No mistake.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Correct;

impl Policy for Correct {}

/// Looks whether there is a place for a trial call, and takes it afterwards.
///
/// Two callers see the same last place, and both probe the service that is barely up again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TwoProbes;

impl Policy for TwoProbes {
    const ADMISSION: Admission = Admission::LooksThenTakes;
}

/// Notes an outcome in a copy of the window.
///
/// Two calls that fail at the same time both add to the window as it was before: one failure is lost,
/// and with it the change to open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LostFailure;

impl Policy for LostFailure {
    const RECORDING: Recording = Recording::OnACopy;
}
