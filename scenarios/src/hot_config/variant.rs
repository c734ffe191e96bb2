//! The correct configuration and its buggy twins, told apart by a type.
//!
//! Whoever lifts it into a service deletes this file and writes the default of each constant where it
//! is used.

use crate::worker_pool::variant as pool;

/// The decisions that the twins get wrong. The defaults are the right ones.
pub trait Policy: 'static {
    /// How the settings for a decision are read.
    const READING: Reading = Reading::OneSnapshot;
    /// How a version is made from the one before.
    const CHANGE: Change = Change::InTurn;
    /// How workers leave: the policy of their pool.
    type Pool: pool::Policy;
}

/// How the settings for a decision are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// All from one snapshot.
    OneSnapshot,
    /// Each from the snapshot that is current just then.
    SettingBySetting,
}

/// How a version is made from the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// While no other is made.
    InTurn,
    /// At any time: it is loaded, changed and published.
    AtAnyTime,
}

/// No mistake.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Correct;

impl Policy for Correct {
    type Pool = pool::Correct;
}

/// Asks the configuration for each setting where it is needed.
///
/// Every single answer is right. A change that comes between two of them makes a configuration that nobody has written: the
/// few workers of the one version with the short queue of the other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TornRead;

impl Policy for TornRead {
    const READING: Reading = Reading::SettingBySetting;
    type Pool = pool::Correct;
}

/// Loads the configuration, changes a setting, and publishes the result.
///
/// Two operators change different settings at the same time, and both are told that it worked. The second has published the first one's
/// setting as it was before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LostChange;

impl Policy for LostChange {
    const CHANGE: Change = Change::AtAnyTime;
    type Pool = pool::Correct;
}

/// A worker looks whether it is one too many when it has taken a job.
///
/// It is, and leaves, and the job leaves with it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KilledWithJob;

impl Policy for KilledWithJob {
    type Pool = pool::TakesJobAlong;
}
