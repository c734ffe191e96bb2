//! The correct fan-out and its buggy twins, told apart by a type.
//!
//! Whoever lifts the fan-out into a service deletes this file and writes the default of each constant where it is used.

/// The decisions of the fan-out that the twins get wrong. The defaults are the right ones.
pub trait Policy: 'static {
    /// When a goroutine is counted.
    const ADDING: Adding = Adding::BeforeItStarts;
    /// Where a goroutine says that it is done.
    const DONE: Saying = Saying::InADestructor;
    /// Which batches share a group.
    const GROUPING: Grouping = Grouping::OnePerBatch;
}

/// When a goroutine is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adding {
    /// By whoever starts it.
    BeforeItStarts,
    /// By itself.
    OnceItRuns,
}

/// Where a goroutine says that it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saying {
    /// In a destructor, which runs however the job ends.
    InADestructor,
    /// On the line after the job.
    AfterTheJob,
    /// In both places.
    Twice,
}

impl Saying {
    pub(super) fn in_destructor(self) -> bool {
        self != Saying::AfterTheJob
    }

    pub(super) fn after_the_job(self) -> bool {
        self != Saying::InADestructor
    }
}

/// Which batches share a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grouping {
    /// Each has its own.
    OnePerBatch,
    /// All have the same one.
    OneForAll,
}

/// No mistake.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Correct;

impl Policy for Correct {}

/// Every goroutine counts itself.
///
/// The caller comes to its `wait` before the last of them has begun, finds zero, and goes on without its result.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AddInWorker;

impl Policy for AddInWorker {
    const ADDING: Adding = Adding::OnceItRuns;
}

/// `done` stands on the line after the job.
///
/// A job that panics never gets there, and the caller waits for ever.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DoneSkipped;

impl Policy for DoneSkipped {
    const DONE: Saying = Saying::AfterTheJob;
}

/// `done` stands on the line after the job and in a destructor.
///
/// Somebody repaired [`DoneSkipped`], and left the line where it was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DoneTwice;

impl Policy for DoneTwice {
    const DONE: Saying = Saying::Twice;
}

/// One group for all batches, to save a few bytes.
///
/// The jobs of one caller have ended, and before it has woken up another counts its own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SharedGroup;

impl Policy for SharedGroup {
    const GROUPING: Grouping = Grouping::OneForAll;
}
