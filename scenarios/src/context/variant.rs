//! The correct layers and their buggy twins, told apart by a type.
//!
//! Whoever lifts them into a service deletes this file and writes the default of each constant where it is used.

/// The decisions that the twins get wrong. The defaults are the right ones.
pub trait Policy: 'static {
    /// What the driver does about the context while it waits for the server.
    const LISTENING: Listening = Listening::Watches;
    /// What becomes of a context when the work is done for which it was made.
    const ENDING: Ending = Ending::Cancelled;
    /// What the database makes its contexts from.
    const PARENT: Parent = Parent::Caller;
}

/// What the driver does about the context while it waits for the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listening {
    /// It ends the statement when the context is done.
    Watches,
    /// Nothing.
    Ignores,
}

/// What becomes of a context when the work is done for which it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It is cancelled.
    Cancelled,
    /// Nothing.
    Forgotten,
}

/// What the database makes its contexts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parent {
    /// That of the caller.
    Caller,
    /// One that is never done.
    Background,
}

/// No mistake.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Correct;

impl Policy for Correct {}

/// Takes a context, and does not look at it.
///
/// The request is answered in time all the same, because somebody above has listened. Below, the driver waits for a server that
/// never answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DeafDriver;

impl Policy for DeafDriver {
    const LISTENING: Listening = Listening::Ignores;
}

/// Does not cancel a context whose work is done.
///
/// Its timer runs until the deadline, which is long after the answer. Without a deadline whoever watches it waits for ever.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NeverCancels;

impl Policy for NeverCancels {
    const ENDING: Ending = Ending::Forgotten;
}

/// Makes the context of a query from the background, with a limit of its own.
///
/// The limit of the request is lost, the hanging up of the client is not heard, and the server does not learn whose statement it runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BeginsAnew;

impl Policy for BeginsAnew {
    const PARENT: Parent = Parent::Background;
}
