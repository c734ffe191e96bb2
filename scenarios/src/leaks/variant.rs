//! The correct client and its buggy twins, told apart by a type.
//!
//! Whoever lifts the client into a service deletes this file and writes the default of each constant where it is used.

/// The decisions of the client that the twins get wrong. The defaults are the right ones.
pub trait Policy: 'static {
    /// How a worker hands over its only answer.
    const HANDOVER: Handover = Handover::Buffered;
    /// How a worker hands over one of many items.
    const SENDING: Sending = Sending::UntilAbandoned;
}

/// How a worker hands over its only answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handover {
    /// It lays the answer down, in a channel that has room for it, and goes.
    Buffered,
    /// It waits for somebody who takes it.
    Rendezvous,
}

/// How a worker hands over one of many items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sending {
    /// It waits for somebody who takes it, or for the news that nobody will.
    UntilAbandoned,
    /// It waits for somebody who takes it.
    WithoutStopArm,
}

/// No mistake.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Correct;

impl Policy for Correct {}

/// Hands the answer over in person.
///
/// A caller whose time is up has gone, and the worker waits for it for ever.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RendezvousAnswer;

impl Policy for RendezvousAnswer {
    const HANDOVER: Handover = Handover::Rendezvous;
}

/// Sends without an ear for the news that nobody listens.
///
/// It works as long as everybody takes all items. The first who has seen enough leaves a worker behind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NoStopArm;

impl Policy for NoStopArm {
    const SENDING: Sending = Sending::WithoutStopArm;
}
