//! The correct broker and its buggy twins, told apart by a type.
//!
//! Whoever lifts the broker into a service deletes this file and writes the default of each constant where it is used.

/// The decisions of the broker and its consumers that the twins get wrong. The defaults are the right ones.
pub trait Policy: 'static {
    /// When a consumer acknowledges a message.
    const ACKNOWLEDGING: Acknowledging = Acknowledging::WhenDone;
    /// What a consumer does with a message that it has done before.
    const SEEN_BEFORE: SeenBefore = SeenBefore::Nothing;
    /// Who may acknowledge.
    const LEASES: Leases = Leases::ByWhom;
}

/// When a consumer acknowledges a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acknowledging {
    /// When its work is done.
    WhenDone,
    /// When it has the message.
    WhenReceived,
}

/// What a consumer does with a message that it has done before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeenBefore {
    /// Nothing: it is done.
    Nothing,
    /// The same as the first time.
    TheSame,
}

/// Who may acknowledge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leases {
    /// Who holds the lease of the message.
    ByWhom,
    /// Whoever had it once, as long as somebody works on the partition.
    ByAnybody,
}

/// No mistake.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Correct;

impl Policy for Correct {}

/// Acknowledges first and works then.
///
/// A worker that panics takes the order along: nobody delivers it again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AcknowledgesFirst;

impl Policy for AcknowledgesFirst {
    const ACKNOWLEDGING: Acknowledging = Acknowledging::WhenReceived;
}

/// Does again what it has done.
///
/// It relies on getting every message once. A worker that dies between the work and the acknowledgement, or is slow, has the customer
/// charged twice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ChargesTwice;

impl Policy for ChargesTwice {
    const SEEN_BEFORE: SeenBefore = SeenBefore::TheSame;
}

/// Takes the acknowledgement of a lease that has run out for that of the one who holds the next.
///
/// The slow worker and the one that replaced it both acknowledge the same message, and with it the one behind, which nobody has seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LateAcknowledgement;

impl Policy for LateAcknowledgement {
    const LEASES: Leases = Leases::ByAnybody;
}
