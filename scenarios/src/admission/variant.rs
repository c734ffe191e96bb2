//! The correct admission control and its buggy twins, told apart by a type.
//!
//! Whoever lifts it into a service deletes this file and writes the default of each constant where it
//! is used.

/// The decisions that the twins get wrong. The defaults are the right ones.
pub trait Policy: 'static {
    /// For which requests the limiter is charged.
    const CHARGE: Charge = Charge::ForWhatIsAccepted;
    /// Who gives a place back.
    const RELEASE: Release = Release::ByTheGuard;
}

/// For which requests the limiter is charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charge {
    /// For those that also find a place.
    ForWhatIsAccepted,
    /// For those that ask, before it is known whether there is a place.
    ForWhatIsAsked,
}

/// Who gives a place back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Release {
    /// The guard, whatever the way out.
    ByTheGuard,
    /// A line below the work.
    AfterTheWork,
}

/// No mistake.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Correct;

impl Policy for Correct {}

/// Gives the place back in a line below the work.
///
/// Work that fails leaves by the question mark above that line. Its place is never free again, and after as many errors as there are
/// places the service is busy for ever, with nobody at work.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LeakedPlace;

impl Policy for LeakedPlace {
    const RELEASE: Release = Release::AfterTheWork;
}

/// Charges the limiter first, and looks for a place then.
///
/// Alone, every request that asks finds a place. On a busy day clients use up their shares on answers that say "busy".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ChargedForBusy;

impl Policy for ChargedForBusy {
    const CHARGE: Charge = Charge::ForWhatIsAsked;
}
