//! The correct supervisor and its buggy twins, told apart by a type.
//!
//! Whoever lifts the supervisor into a service deletes this file and writes the default of each constant where it is used.

/// The decisions that the twins get wrong. The defaults are the right ones.
pub trait Policy: 'static {
    /// Who catches the panic of a helper.
    const HELPERS: Helpers = Helpers::Guarded;
    /// What is done when a worker is given up.
    const GIVING_UP: GivingUp = GivingUp::CountsItOut;
    /// What to make of a lock whose holder has panicked.
    const POISON: Poison = Poison::WipedAway;
}

/// Who catches the panic of a helper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Helpers {
    /// Each has a guard of its own.
    Guarded,
    /// They are left to the guard of the worker that has started them.
    LeftToTheWorker,
}

/// What is done when a worker is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GivingUp {
    /// It is counted out, as in every other way in which it can end.
    CountsItOut,
    /// That it is given up is reported, and that is that.
    ReturnsAtOnce,
}

/// What to make of a lock whose holder has panicked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Poison {
    /// What it protects is whole, so there is no harm in it.
    WipedAway,
    /// It cannot be.
    Unexpected,
}

/// No mistake.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Correct;

impl Policy for Correct {}

/// Helpers run without a guard.
///
/// The worker is guarded, and it looks as if that were enough. But its guard stands on the stack of the worker, and a helper
/// has a stack of its own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UnguardedHelper;

impl Policy for UnguardedHelper {
    const HELPERS: Helpers = Helpers::LeftToTheWorker;
}

/// A worker that is given up is never counted out.
///
/// Whoever waits for the workers waits for ever, on the one day on which something is really broken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ForgetsDone;

impl Policy for ForgetsDone {
    const GIVING_UP: GivingUp = GivingUp::ReturnsAtOnce;
}

/// Believes that nobody panics while holding the lock.
///
/// One worker does, and everybody else who comes to the lock panics as well.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PoisonSpreads;

impl Policy for PoisonSpreads {
    const POISON: Poison = Poison::Unexpected;
}
