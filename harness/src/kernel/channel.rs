//! The buffered channel: a first-in first-out queue, bounded or not.
//!
//! The kernel counts and the vocabulary keeps the values: message `i` is the `i`-th that was sent, and the
//! `i`-th that is received. A channel without a buffer is another protocol: see [`super::rendezvous`].

use super::handles::{Dropped, Side};

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Channel {
    /// How many messages fit; `None` is no limit.
    pub(crate) capacity: Option<u64>,
    pub(crate) sent: u64,
    pub(crate) received: u64,
    pub(crate) senders: u32,
    pub(crate) receivers: u32,
    /// How many handles of the receiving side were dropped.
    receivers_dropped: u32,
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
    /// A receive found the buffer empty and the senders gone.
    SeeNoSenders,
    /// A send found the receivers gone.
    SeeNoReceivers,
    DropSender,
    DropReceiver(Dropped),
}

impl Access {
    /// The order that Go's memory model gives to the operations of a channel: the `i`-th send comes before the
    /// `i`-th receive, which comes before send `i + capacity`; other sends and receives do not see each other.
    ///
    /// Receivers ask for the senders only when the buffer is empty, and mostly once, at the end: that question
    /// depends on every sender that was dropped, and these need no order among themselves. Senders ask for the
    /// receivers with every message, so only the last receiver that is dropped concerns them.
    pub(crate) fn commutes(self, other: Access) -> bool {
        !self.concerns(other) && !other.concerns(self)
    }

    /// Whether what this did makes a difference to `other`.
    fn concerns(self, other: Access) -> bool {
        use Access::{DropReceiver, DropSender, Receive, SeeEmpty, SeeFull, SeeNoReceivers, SeeNoSenders, Send};
        match (self, other) {
            (Send { .. }, Send { .. } | SeeFull) => true,
            (Send { message, .. }, Receive { message: taken, .. }) => message == taken,
            (Send { message, .. }, SeeEmpty { sent }) => message >= sent,
            (Receive { .. }, Receive { .. } | SeeFull | SeeEmpty { .. } | SeeNoSenders) => true,
            (Receive { message: taken, .. }, Send { message, capacity }) => {
                capacity.is_some_and(|capacity| message == taken + capacity)
            }
            (DropSender, SeeEmpty { .. } | SeeNoSenders) => true,
            (DropReceiver(drop), Send { .. } | SeeFull | SeeNoReceivers) => drop.closes(),
            (DropReceiver(drop), DropReceiver(other)) => !drop.commutes(other),
            (Send { .. } | Receive { .. } | DropSender | DropReceiver(_), _) => false,
            (SeeFull | SeeEmpty { .. } | SeeNoSenders | SeeNoReceivers, _) => false,
        }
    }
}

impl Channel {
    pub(crate) fn new(capacity: Option<u64>) -> Channel {
        Channel { capacity, sent: 0, received: 0, senders: 1, receivers: 1, receivers_dropped: 0 }
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
                self.receivers_dropped += 1;
                Done::Handles
            }
        }
    }

    /// How `op`, which has just ended with `done`, used the channel, if it did so in a way that others can notice.
    pub(crate) fn access(&self, op: &Op, done: Done) -> Option<Access> {
        let capacity = self.capacity;
        Some(match (op, done) {
            (Op::Send | Op::TrySend, Done::Message(message)) => Access::Send { message, capacity },
            (Op::Receive | Op::TryReceive, Done::Message(message)) => Access::Receive { message, capacity },
            (Op::Send | Op::TrySend, Done::Disconnected) => Access::SeeNoReceivers,
            (Op::Receive | Op::TryReceive, Done::Disconnected) => Access::SeeNoSenders,
            (Op::Send | Op::TrySend, _) => Access::SeeFull,
            (Op::Receive | Op::TryReceive, _) => Access::SeeEmpty { sent: self.sent },
            (Op::AddSender | Op::AddReceiver, _) => return None,
            (Op::DropSender, _) => Access::DropSender,
            (Op::DropReceiver, _) => Access::DropReceiver(Dropped {
                side: Side::Receiving,
                before: self.receivers_dropped - 1,
                left: self.receivers,
            }),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_received_in_the_order_in_which_they_were_sent() {
        let mut channel = Channel::new(Some(2));
        assert_eq!(channel.apply(&Op::TryReceive), Done::Empty);
        assert!(!channel.enabled(&Op::Receive));
        assert_eq!(channel.apply(&Op::Send), Done::Message(0));
        assert_eq!(channel.apply(&Op::TrySend), Done::Message(1));
        assert_eq!(channel.apply(&Op::TrySend), Done::Full);
        assert!(!channel.enabled(&Op::Send));
        assert_eq!(channel.apply(&Op::Receive), Done::Message(0));
        assert_eq!(channel.apply(&Op::TrySend), Done::Message(2));
        assert_eq!(channel.apply(&Op::TryReceive), Done::Message(1));
    }

    #[test]
    fn what_was_sent_is_received_after_the_last_sender_is_gone() {
        let mut channel = Channel::new(None);
        channel.apply(&Op::AddSender);
        channel.apply(&Op::Send);
        channel.apply(&Op::DropSender);
        channel.apply(&Op::DropSender);
        assert_eq!(channel.apply(&Op::Receive), Done::Message(0));
        assert!(channel.enabled(&Op::Receive));
        assert_eq!(channel.apply(&Op::Receive), Done::Disconnected);
    }

    #[test]
    fn nothing_is_sent_when_the_receivers_are_gone() {
        let mut channel = Channel::new(Some(1));
        channel.apply(&Op::Send);
        channel.apply(&Op::DropReceiver);
        assert!(channel.enabled(&Op::Send), "although the buffer is full");
        assert_eq!(channel.apply(&Op::Send), Done::Disconnected);
        assert_eq!(channel.apply(&Op::TrySend), Done::Disconnected);
    }
}
