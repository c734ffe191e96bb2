//! The conversation and its buggy twins, which differ in whom they wait for.

/// The decision that the twins get wrong. The default is the right one.
pub trait Policy: 'static {
    /// Whom the conversation waits for before it ends.
    const ENDING: Ending = Ending::JoinsAll;
}

/// Whom the conversation waits for before it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Every speaker.
    JoinsAll,
    /// The speaker that was started first.
    JoinsFirst,
    /// Nobody.
    JoinsNone,
}

/// No mistake.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Correct;

impl Policy for Correct {}

/// Starts the speakers and returns, as a `main` does that drops its handles.
///
/// On a quiet machine the threads are often fast enough for nobody to notice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReturnsFirst;

impl Policy for ReturnsFirst {
    const ENDING: Ending = Ending::JoinsNone;
}

/// Waits for the first speaker, in the belief that whoever starts first ends last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct JoinsFirst;

impl Policy for JoinsFirst {
    const ENDING: Ending = Ending::JoinsFirst;
}
