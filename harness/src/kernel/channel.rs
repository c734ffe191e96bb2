//! The buffered channel: a first-in first-out queue, bounded or not.
//!
//! The kernel counts and the vocabulary keeps the values: message `i` is the `i`-th that was sent, and the
//! `i`-th that is received. A channel without a buffer is another protocol: see [`super::rendezvous`].

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Channel {
    /// How many messages fit; `None` is no limit.
    pub(crate) capacity: Option<u64>,
    pub(crate) sent: u64,
    pub(crate) received: u64,
    pub(crate) senders: u32,
    pub(crate) receivers: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Op {
    Send,
    TrySend,
    /// Receive, or time out if the task armed a timer and it fired.
    Receive,
    TryReceive,
    AddSender,
    DropSender,
    AddReceiver,
    DropReceiver,
}

/// How an operation on a channel ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Done {
    /// Sent or received the message with this number.
    Message(u64),
    Full,
    Empty,
    Disconnected,
    /// A handle was added or dropped.
    Handles,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Access {
    Send {
        message: u64,
        capacity: Option<u64>,
    },
    Receive {
        message: u64,
        capacity: Option<u64>,
    },
    /// A `try_send` found the buffer full.
    SeeFull,
    /// A `try_receive` (or a receive that timed out) found it empty after this many messages.
    SeeEmpty {
        sent: u64,
    },
    /// An operation found the other side gone.
    SeeClosed,
    /// A handle came or went, with this many left on its side.
    Handle {
        left: u32,
    },
    /// The last handle of a side went.
    Close,
}

impl Access {
    /// The order that Go's memory model gives to the operations of a channel: the `i`-th send comes before the
    /// `i`-th receive, which comes before send `i + capacity`; other sends and receives do not see each other.
    pub(crate) fn commutes(self, other: Access) -> bool {
        use Access::{Close, Handle, Receive, SeeClosed, SeeEmpty, SeeFull, Send};
        match (self, other) {
            (Send { message, capacity }, Receive { message: taken, .. })
            | (Receive { message: taken, .. }, Send { message, capacity }) => {
                message != taken && capacity.is_none_or(|capacity| message != taken + capacity)
            }
            (Send { message, .. }, SeeEmpty { sent }) | (SeeEmpty { sent }, Send { message, .. }) => message < sent,
            (SeeFull, SeeFull) | (SeeEmpty { .. }, SeeEmpty { .. }) | (SeeClosed, SeeClosed) => true,
            (SeeFull, SeeEmpty { .. }) | (SeeEmpty { .. }, SeeFull) => true,
            // Two that drop a handle each commute unless the second is the last; see `Barrier`.
            (Handle { left: a }, Handle { left: b }) => (if a == b { a.saturating_sub(1) } else { a.min(b) }) > 0,
            (Handle { left }, Close) | (Close, Handle { left }) => left > 1,
            (Handle { .. }, _) | (_, Handle { .. }) => true,
            (Close, _) | (_, Close) => false,
            (SeeClosed, _) | (_, SeeClosed) => false,
            (Send { .. }, Send { .. } | SeeFull) | (SeeFull, Send { .. }) => false,
            (Receive { .. }, Receive { .. } | SeeFull | SeeEmpty { .. })
            | (SeeFull | SeeEmpty { .. }, Receive { .. }) => false,
        }
    }
}

impl Channel {
    pub(crate) fn new(capacity: Option<u64>) -> Channel {
        Channel { capacity, sent: 0, received: 0, senders: 1, receivers: 1 }
    }

    #[inline]
    pub(crate) fn len(&self) -> u64 {
        self.sent - self.received
    }

    #[inline]
    fn has_room(&self) -> bool {
        self.capacity.is_none_or(|capacity| self.len() < capacity)
    }

    #[inline]
    pub(crate) fn enabled(&self, op: &Op) -> bool {
        match op {
            Op::Send => self.receivers == 0 || self.has_room(),
            Op::Receive => self.len() > 0 || self.senders == 0,
            _ => true,
        }
    }

    /// Performs `op`. A blocking operation that is not enabled answers like its `try_` form.
    #[inline]
    pub(crate) fn apply(&mut self, op: &Op) -> Done {
        match op {
            Op::Send | Op::TrySend => {
                if self.receivers == 0 {
                    Done::Disconnected
                } else if self.has_room() {
                    self.sent += 1;
                    Done::Message(self.sent - 1)
                } else {
                    Done::Full
                }
            }
            Op::Receive | Op::TryReceive => {
                if self.len() > 0 {
                    self.received += 1;
                    Done::Message(self.received - 1)
                } else if self.senders == 0 {
                    Done::Disconnected
                } else {
                    Done::Empty
                }
            }
            Op::AddSender => {
                self.senders += 1;
                Done::Handles
            }
            Op::AddReceiver => {
                self.receivers += 1;
                Done::Handles
            }
            Op::DropSender => {
                self.senders -= 1;
                Done::Handles
            }
            Op::DropReceiver => {
                self.receivers -= 1;
                Done::Handles
            }
        }
    }

    /// How `op`, which has just ended with `done`, used the channel.
    pub(crate) fn access(&self, op: &Op, done: Done) -> Access {
        let capacity = self.capacity;
        let handles = |left: u32, dropped: bool| match left {
            0 if dropped => Access::Close,
            _ => Access::Handle { left },
        };
        match (op, done) {
            (Op::Send | Op::TrySend, Done::Message(message)) => Access::Send { message, capacity },
            (Op::Receive | Op::TryReceive, Done::Message(message)) => Access::Receive { message, capacity },
            (_, Done::Full) => Access::SeeFull,
            (_, Done::Empty) => Access::SeeEmpty { sent: self.sent },
            (_, Done::Disconnected) => Access::SeeClosed,
            (Op::AddSender, _) => handles(self.senders, false),
            (Op::AddReceiver, _) => handles(self.receivers, false),
            (Op::DropSender, _) => handles(self.senders, true),
            (Op::DropReceiver, _) => handles(self.receivers, true),
            (Op::Send | Op::TrySend | Op::Receive | Op::TryReceive, Done::Handles) => Access::Close,
        }
    }
}
