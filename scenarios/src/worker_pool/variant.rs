//! The correct pool and its buggy twins, told apart by a type.
//!
//! Whoever lifts the pool into a service deletes this file and writes the default of each constant where it is used.

/// The decisions of the pool that the twins get wrong. The defaults are the right ones.
pub trait Policy: 'static {
    /// When a worker that is one too many leaves.
    const RESIGNATION: Resignation = Resignation::EmptyHanded;
    /// What a stop does that is not the first.
    const LATE_STOP: LateStop = LateStop::LooksFirst;
}

/// When a worker that is one too many leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resignation {
    /// Before it takes a job.
    EmptyHanded,
    /// When it has taken one, which it puts back for the others.
    WithAJob,
    /// When it has taken one, which goes with it.
    TakesJobAlong,
}

/// What a stop does that is not the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LateStop {
    /// It looks whether somebody is still at work, and waits only then.
    LooksFirst,
    /// It waits until it is told that nobody is.
    WaitsToBeTold,
}

/// No mistake.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Correct;

impl Policy for Correct {}

/// A worker takes a job, sees that it is one too many, and puts the job back for the others when it has counted itself out.
///
/// Somebody will take it, as long as somebody is there. If the pool is stopped while the job is in these hands, the
/// others find the queue empty and leave.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LeavesWithJob;

impl Policy for LeavesWithJob {
    const RESIGNATION: Resignation = Resignation::WithAJob;
}

/// A worker takes a job, sees that it is one too many, and leaves.
///
/// Nobody else knows of the job. This one is put through its paces by [hot configuration](crate::hot_config), which makes
/// workers leave while they are needed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TakesJobAlong;

impl Policy for TakesJobAlong {
    const RESIGNATION: Resignation = Resignation::TakesJobAlong;
}

/// A second stop waits for the news that the pool has ended.
///
/// A condition variable remembers nothing. Who comes when the news has been told waits for ever.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LateStopWaits;

impl Policy for LateStopWaits {
    const LATE_STOP: LateStop = LateStop::WaitsToBeTold;
}
