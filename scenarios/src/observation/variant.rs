//! The correct observation and its buggy twins, told apart by a type.
//!
//! Whoever lifts it into a service deletes this file and writes the default of each constant where it
//! is used.

/// The decisions that the twins get wrong. The defaults are the right ones.
pub trait Policy: 'static {
    /// How a histogram is read.
    const READING: Reading = Reading::TurnsAway;
    /// How the context of a span gets from one thread to another.
    const CARRIAGE: Carriage = Carriage::WithTheMessage;
}

/// How a histogram is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// Observers are turned away to the other half, and those that are under way are waited for.
    TurnsAway,
    /// One number after another, while they are written.
    NumberByNumber,
}

/// How the context of a span gets from one thread to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carriage {
    /// As a part of the message.
    WithTheMessage,
    /// In a place that sender and receiver share, beside the channel.
    InASharedSlot,
}

/// No mistake.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Correct;

impl Policy for Correct {}

/// Reads sum and count of a histogram apart.
///
/// Each of them is atomic, and nobody is lost. But a request that comes between the two reads is in
/// one of them and not in the other, and the average latency is that of no set of requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReadApart;

impl Policy for ReadApart {
    const READING: Reading = Reading::NumberByNumber;
}

/// Leaves the context of the current span in a slot, where the receiver takes it from.
///
/// With one request at a time it is the right one. With two, the second sender overwrites it before
/// the receiver has looked, and the work for one request appears in the trace of another.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SharedSlot;

impl Policy for SharedSlot {
    const CARRIAGE: Carriage = Carriage::InASharedSlot;
}
