//! The correct bank and lock, and their buggy twins, told apart by a type.
//!
//! Whoever lifts them into a service deletes this file and writes the default of each constant where it is used.

/// The decisions that the twins get wrong. The defaults are the right ones.
pub trait Policy: 'static {
    /// Which of two accounts a transfer takes first.
    const ORDER: Order = Order::LowestFirst;
    /// How long a settlement pauses before it tries again.
    const PAUSE: Pause = Pause::Drawn;
    /// Who gets a fair lock next.
    const NEXT: Next = Next::Oldest;
}

/// Which of two accounts a transfer takes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// That with the lower number, whichever way the money goes.
    LowestFirst,
    /// That from which the money comes.
    AsGiven,
}

/// How long a settlement pauses before it tries again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pause {
    /// As chance decides, from a range that grows.
    Drawn,
    /// For one slot.
    Fixed,
}

/// Who gets a fair lock next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Who has waited for longest.
    Oldest,
    /// Who came last.
    Newest,
}

/// No mistake.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Correct;

impl Policy for Correct {}

/// Takes the account from which the money comes first.
///
/// Two transfers in opposite directions each hold the account that the other waits for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OppositeOrder;

impl Policy for OppositeOrder {
    const ORDER: Order = Order::AsGiven;
}

/// Always pauses for the same short time.
///
/// Two settlements that collide once are in step: each comes back while the other holds what it needs, and
/// steps back again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InStep;

impl Policy for InStep {
    const PAUSE: Pause = Pause::Fixed;
}

/// Hands the lock to who came last, whose data is still in the cache.
///
/// Two who come again and again pass the lock to each other, over the head of a third who came before them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NewestFirst;

impl Policy for NewestFirst {
    const NEXT: Next = Next::Newest;
}
