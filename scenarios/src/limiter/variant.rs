//! The correct limiter and its buggy twins, told apart by a type.
//!
//! Whoever lifts the limiter into a service deletes this file and writes the default of each constant
//! where it is used.

/// The decisions of the limiter that the twins get wrong. The defaults are the right ones.
pub trait Policy: 'static {
    /// When a caller looks at the clock.
    const CLOCK: ClockLook = ClockLook::UnderTheLock;
    /// Where the state is brought to the present.
    const REFILL: Refill = Refill::InPlace;
}

/// When a caller looks at the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockLook {
    /// When it has the lock: times come in the order of the callers.
    UnderTheLock,
    /// Before it asks for the lock, which it then holds a little shorter.
    BeforeTheLock,
}

/// Where the state is brought to the present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refill {
    /// In place, while nobody else sees it.
    InPlace,
    /// In a copy, which replaces it: there is no arithmetic under the lock.
    OnACopy,
}

/// No mistake.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Correct;

impl Policy for Correct {}

/// Looks at the clock before it takes the lock.
///
/// A caller that is held up between the two comes with an old time when others have gone on. A window goes back to the
/// period before and forgets what it counted; a bucket counts the time since then a second time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ClockOutsideLock;

impl Policy for ClockOutsideLock {
    const CLOCK: ClockLook = ClockLook::BeforeTheLock;
}

/// Adds the tokens that have come in to a copy of the bucket.
///
/// Two callers fill the same old bucket. The first takes the new token, and the second puts it back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RefillRace;

impl Policy for RefillRace {
    const REFILL: Refill = Refill::OnACopy;
}
