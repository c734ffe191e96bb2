//! The correct feed and its buggy twins, told apart by a type.
//!
//! Whoever lifts the feed into a service deletes this file and writes the default of each constant where it is used.

/// The decisions of the feed that the twins get wrong. The defaults are the right ones.
pub trait Policy: 'static {
    /// Who closes the channel of many sources.
    const CLOSING: Closing = Closing::ByACoordinator;
    /// How a receiver closes the channel with the news that nobody wants more.
    const STOPPING: Stopping = Stopping::Once;
}

/// Who closes the channel of many sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    /// Somebody who waits until all of them have ended.
    ByACoordinator,
    /// The first that ends, and nobody again.
    ByTheFirst,
    /// Nobody.
    ByNobody,
}

/// How a receiver closes the channel with the news that nobody wants more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopping {
    /// Whoever is first does it, and the others know that it is done.
    Once,
    /// If it is not closed already.
    UnlessStopped,
}

/// No mistake.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Correct;

impl Policy for Correct {}

/// Looks whether the channel is closed, and closes it if it is not.
///
/// Two receivers look at the same time, and both close it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TwoClosers;

impl Policy for TwoClosers {
    const STOPPING: Stopping = Stopping::UnlessStopped;
}

/// The first source that ends closes the channel, in a `Once` so that the second does not panic.
///
/// That cured the panic of the second close, and not the mistake: the others still send.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FirstCloses;

impl Policy for FirstCloses {
    const CLOSING: Closing = Closing::ByTheFirst;
}

/// Nobody closes the channel.
///
/// All items arrive, and the loop that receives them waits for the next one for ever, with all that it holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NobodyCloses;

impl Policy for NobodyCloses {
    const CLOSING: Closing = Closing::ByNobody;
}
