//! The correct counter and stack and their buggy twins, told apart by a type.
//!
//! Whoever lifts them into a service deletes this file and writes the default of each constant where it is used.

/// The decisions that the twins get wrong. The defaults are the right ones.
pub trait Policy: 'static {
    /// How the counter adds once it has seen that there is room.
    const ADDING: Adding = Adding::IfNothingChanged;
    /// When the tag of a list changes.
    const TAGGING: Tagging = Tagging::EveryExchange;
    /// How nodes are put into a list.
    const PUBLISHING: Publishing = Publishing::Released;
}

/// How the counter adds once it has seen that there is room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adding {
    /// If the count is still what it was, by compare-and-swap.
    IfNothingChanged,
    /// In any case, by an atomic addition.
    Blindly,
}

/// When the tag of a list changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tagging {
    /// With every exchange of the top.
    EveryExchange,
    /// Never: there is none.
    Never,
}

/// How nodes are put into a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Publishing {
    /// With all that was written to them before.
    Released,
    /// By themselves.
    Relaxed,
}

/// No mistake.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Correct;

impl Policy for Correct {}

/// Looks whether there is room, and adds.
///
/// Both are atomic, and no addition is lost. But two callers see the same room, and the counter exceeds its limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AddsBlindly;

impl Policy for AddsBlindly {
    const ADDING: Adding = Adding::Blindly;
}

/// Compares the top without a tag.
///
/// A node that was popped and pushed again is taken for what it was before, and the node that was below it then becomes the top:
/// the ABA problem.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Untagged;

impl Policy for Untagged {
    const TAGGING: Tagging = Tagging::Never;
}

/// Puts nodes into a list with a relaxed exchange.
///
/// Everything is at its place, but who pops a node has no claim to see what was written to it. On the processors of most
/// desks it does see it, and on others not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PublishesRelaxed;

impl Policy for PublishesRelaxed {
    const PUBLISHING: Publishing = Publishing::Relaxed;
}
