//! The correct queue and its buggy twins, told apart by a type.
//!
//! A twin is the same code with one classic mistake. The mistake is a constant of [`Policy`], so
//! that the line which makes it stands beside the line which does not, and the compiler removes the
//! one that is not meant: the correct queue pays nothing for having twins. Whoever lifts the queue
//! into a service deletes this file and writes the default of each constant where it is used.

/// The decisions of the queue that the twins get wrong. The defaults are the right ones.
pub trait Policy: 'static {
    /// What a task does first when its wait ends.
    const WOKEN: Woken = Woken::LooksAgain;
    /// Whom an accepted item wakes.
    const PUSH_WAKES: Side = Side::Consumers;
    /// What a task asks first when it is woken and its time may be up.
    const LATE: Late = Late::AsksQueue;
    /// What becomes of the items that a forced stop finds in the queue.
    const LEFT_OVER: LeftOver = LeftOver::Returned;
    /// How an item comes from the file into memory.
    const REFILL: Refill = Refill::InOneGo;
    /// What a forced stop does with an item in memory that is on disk as well.
    const ON_DISK: OnDisk = OnDisk::Stays;
    /// Where an item is until it is tried again.
    const RETRY: Retry = Retry::InHand;
}

/// What a task does first when its wait ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Woken {
    /// Looks at the queue again: `while` around the wait.
    LooksAgain,
    /// Believes that what it waited for is true, whatever ended the wait: `if` around the wait.
    Believes,
}

/// The two kinds of tasks that wait, and so the two condition variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Tasks in `pop`, which wait for an item.
    Consumers,
    /// Tasks in `push`, which wait for room.
    Producers,
}

/// What a task asks first when it is woken and its time may be up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Late {
    /// The queue. It gives up only when the queue has nothing for it and the time is up.
    AsksQueue,
    /// The clock. It gives up as soon as the time is up.
    AsksClock,
}

/// What becomes of the items that a forced stop finds in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeftOver {
    /// The caller of the stop gets them.
    Returned,
    /// They are dropped, and the stop reports a complete drain.
    Dropped,
}

/// How an item comes from the file into memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refill {
    /// Reading it and noting that it is read are one: nobody can come between.
    InOneGo,
    /// The lock is given back in between.
    LooksThenTakes,
}

/// What a forced stop does with an item in memory that is on disk as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnDisk {
    /// It leaves it to whoever opens the file.
    Stays,
    /// It returns all that it finds in memory.
    ReturnedToo,
}

/// Where an item is until it is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// The worker that has it keeps it.
    InHand,
    /// It goes back into the queue, so that others come first.
    BackIntoQueue,
}

/// No mistake.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Correct;

impl Policy for Correct {}

/// Waits inside an `if`.
///
/// Between the notification and the moment when the woken task holds the lock again, another task
/// may take the item (or the room) that the notification was about. A consumer then finds an empty
/// queue where it was sure of an item; a producer puts an item too many into a full one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct IfInsteadOfWhile;

impl Policy for IfInsteadOfWhile {
    const WOKEN: Woken = Woken::Believes;
}

/// Tells the producers of a new item, not the consumers.
///
/// A consumer that waited before the item came sleeps on, and the next producer waits for the room
/// that only this consumer could make.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WrongSide;

impl Policy for WrongSide {
    const PUSH_WAKES: Side = Side::Producers;
}

/// Looks at the clock before it looks at the queue.
///
/// A consumer is notified of an item, finds that its time is up by now, and leaves. The
/// notification is spent, the item lies in the queue, and the other consumer, whom nobody told,
/// sleeps beside it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ClockBeforeQueue;

impl Policy for ClockBeforeQueue {
    const LATE: Late = Late::AsksClock;
}

/// Clears the queue at a forced stop.
///
/// The producers were told that their items had been accepted; now nobody has them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LostAtStop;

impl Policy for LostAtStop {
    const LEFT_OVER: LeftOver = LeftOver::Dropped;
}

/// Reads an item from the file, and notes afterwards that it is read.
///
/// Reading is slow, so the lock is given back meanwhile, and a second consumer reads the same item.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReadTwice;

impl Policy for ReadTwice {
    const REFILL: Refill = Refill::LooksThenTakes;
}

/// Returns at a forced stop all that is in memory.
///
/// What had been read from the file is still there: the caller has it, and the next process reads it again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReadAgain;

impl Policy for ReadAgain {
    const ON_DISK: OnDisk = OnDisk::ReturnedToo;
}

/// Puts an item that failed back into the queue.
///
/// When the queue is full the worker waits for room, which only workers make: once they all have an item that failed they wait for
/// ever. And nobody counts the attempts any more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RetryInQueue;

impl Policy for RetryInQueue {
    const RETRY: Retry = Retry::BackIntoQueue;
}
