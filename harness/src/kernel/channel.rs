//! The buffered channel: a first-in first-out queue, bounded or not.
//!
//! The kernel counts and the vocabulary keeps the values: message `i` is the `i`-th that was sent, and the
//! `i`-th that is received. A channel without a buffer is another protocol: see [`super::rendezvous`].
//!
//! A side is gone with its last handle; closing the channel takes both sides away at once, and what was sent before can
//! still be received. What a vocabulary makes of that (an error, the end of a loop, a panic) is its own business.

use super::handles::{Dropped, Side};

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Channel {
    /// How many messages fit; [`NO_LIMIT`] is any number. Not an option, because who sends to channels with and without a limit in turn
    /// would branch on that in vain.
    limit: u64,
    pub(crate) sent: u64,
    pub(crate) received: u64,
    pub(crate) senders: u32,
    pub(crate) receivers: u32,
    /// How many handles of the receiving side were dropped.
    receivers_dropped: u32,
    /// Closed, whoever has handles; these are not counted any more.
    closed: bool,
}

const NO_LIMIT: u64 = u64::MAX;

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
    /// Takes both sides away. Fails if that has been done before.
    Close,
    /// How many messages it holds.
    Len,
    IsEmpty,
    IsFull,
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
    /// Closed; or not, because it was.
    Closed(bool),
    /// What was asked, as a number.
    Answer(u64),
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
    Close,
    /// Saw that there is a message, of which the first has this number.
    SeeMessage {
        next: u64,
    },
    /// Saw that there is room for the message with this number.
    SeeRoom {
        next: u64,
        capacity: Option<u64>,
    },
    /// Counted the messages.
    Count,
}

impl Op {
    /// Whether whoever performed this, and ended with `done`, does not wait any more, so that it needs its timer no longer.
    #[inline(always)]
    pub(crate) fn ends_waiting(&self, done: Done) -> bool {
        done == Done::Disconnected || (*self == Op::Receive && matches!(done, Done::Message(_) | Done::Empty))
    }
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
        use Access::{Close, Count, DropReceiver, DropSender, Receive, Send};
        use Access::{SeeEmpty, SeeFull, SeeMessage, SeeNoReceivers, SeeNoSenders, SeeRoom};
        match (self, other) {
            (Send { .. }, Send { .. } | SeeFull | Count) => true,
            (Send { message, .. }, Receive { message: taken, .. }) => message == taken,
            (Send { message, .. }, SeeEmpty { sent }) => message >= sent,
            // Only the message that was the first makes a difference to whether there is one.
            (Send { message, .. }, SeeMessage { next }) => message == next,
            (Send { .. }, SeeRoom { capacity, .. }) => capacity.is_some(),
            (Receive { .. }, Receive { .. } | SeeFull | SeeEmpty { .. } | SeeMessage { .. } | SeeNoSenders | Count) => {
                true
            }
            (Receive { message: taken, .. }, Send { message: next, capacity } | SeeRoom { next, capacity }) => {
                capacity.is_some_and(|capacity| next == taken + capacity)
            }
            (DropSender, SeeEmpty { .. } | SeeNoSenders) => true,
            (DropReceiver(drop), Send { .. } | SeeFull | SeeRoom { .. } | SeeNoReceivers) => drop.closes(),
            (DropReceiver(drop), DropReceiver(other)) => !drop.commutes(other),
            // What was sent can be received all the same, and handles are not counted any more.
            (Close, Receive { .. } | SeeMessage { .. } | Count | DropSender) => false,
            (Close, _) => true,
            (Send { .. } | Receive { .. } | DropSender | DropReceiver(_), _) => false,
            (SeeFull | SeeEmpty { .. } | SeeNoSenders | SeeNoReceivers, _) => false,
            (SeeMessage { .. } | SeeRoom { .. } | Count, _) => false,
        }
    }
}

impl Channel {
    pub(crate) fn new(capacity: Option<u64>) -> Channel {
        let limit = capacity.unwrap_or(NO_LIMIT);
        Channel { limit, sent: 0, received: 0, senders: 1, receivers: 1, receivers_dropped: 0, closed: false }
    }

    /// How many messages fit; `None` is no limit.
    pub(crate) fn capacity(&self) -> Option<u64> {
        (self.limit != NO_LIMIT).then_some(self.limit)
    }

    #[inline]
    pub(crate) fn len(&self) -> u64 {
        self.sent - self.received
    }

    #[inline]
    fn has_room(&self) -> bool {
        self.len() < self.limit
    }

    /// Whether sending or receiving would do something, or say that the other side is gone.
    pub(crate) fn is_ready(&self, side: Side) -> bool {
        match side {
            Side::Sending => self.enabled(&Op::Send),
            Side::Receiving => self.enabled(&Op::Receive),
        }
    }

    #[inline]
    pub(crate) fn enabled(&self, op: &Op) -> bool {
        match op {
            // Nobody can predict whether there is room or a message: both are asked, so that there is no branch.
            Op::Send => (self.receivers == 0) | self.has_room(),
            Op::Receive => (self.sent != self.received) | (self.senders == 0),
            _ => true,
        }
    }

    /// Whether nobody is left on the other side of this one, and so nobody ever will be.
    #[inline(always)]
    pub(crate) fn is_gone(&self, side: Side) -> bool {
        side.pick(self.receivers, self.senders) == 0
    }

    /// Whether one could send to the channel, and whether one could receive from it, after `op` has ended with `done`.
    #[inline(always)]
    pub(crate) fn enables_after(&self, op: &Op, done: Done) -> (bool, bool) {
        let enables = match (op, done) {
            // A message was put there, and a receiver is there.
            (Op::Send, Done::Message(_)) => (self.has_room(), true),
            // A message was taken from where there is room for one.
            (Op::Receive, Done::Message(_)) => (true, self.enabled(&Op::Receive)),
            _ => self.enables(),
        };
        debug_assert_eq!(enables, self.enables());
        enables
    }

    /// Whether one could send to the channel, and whether one could receive from it.
    #[inline]
    pub(crate) fn enables(&self) -> (bool, bool) {
        (self.enabled(&Op::Send), self.enabled(&Op::Receive))
    }

    /// Why a message that was not sent was not.
    pub(crate) fn why_not_sent(&self) -> Done {
        if self.receivers == 0 { Done::Disconnected } else { Done::Full }
    }

    /// One more handle of this side; they are not counted any more once it is closed.
    #[inline(always)]
    pub(crate) fn add_handle(&mut self, side: Side) {
        if !self.closed {
            *side.pick(&mut self.senders, &mut self.receivers) += 1;
        }
    }

    /// One handle of this side less.
    #[inline(always)]
    pub(crate) fn drop_handle(&mut self, side: Side) {
        if self.closed {
            return;
        }
        match side {
            Side::Sending => self.senders -= 1,
            Side::Receiving => {
                self.receivers -= 1;
                self.receivers_dropped += 1;
            }
        }
    }

    /// Closes it for both sides, and says whether it was open.
    #[inline(always)]
    pub(crate) fn close(&mut self) -> bool {
        (self.senders, self.receivers, self.receivers_dropped) = (0, 0, 0);
        !std::mem::replace(&mut self.closed, true)
    }

    /// Sends a message, for somebody who can step, and says whether there is room for another. `None`, with nothing done, if there is no
    /// receiver. (With one, who can step has room.)
    #[inline(always)]
    pub(crate) fn send_plainly(&mut self) -> Option<bool> {
        if self.receivers == 0 {
            return None;
        }
        debug_assert!(self.has_room());
        self.sent += 1;
        Some(self.has_room())
    }

    /// Receives a message, which is there, and says whether one can receive once more.
    #[inline(always)]
    pub(crate) fn receive_plainly(&mut self) -> bool {
        debug_assert!(self.len() > 0);
        self.received += 1;
        self.enabled(&Op::Receive)
    }

    /// Whether who receives finds that there is nothing any more.
    #[inline]
    pub(crate) fn has_ended(&self) -> bool {
        self.len() == 0 && self.senders == 0
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
                self.add_handle(Side::Sending);
                Done::Handles
            }
            Op::AddReceiver => {
                self.add_handle(Side::Receiving);
                Done::Handles
            }
            Op::DropSender => {
                self.drop_handle(Side::Sending);
                Done::Handles
            }
            Op::DropReceiver => {
                self.drop_handle(Side::Receiving);
                Done::Handles
            }
            Op::Close => Done::Closed(self.close()),
            Op::Len => Done::Answer(self.len()),
            Op::IsEmpty => Done::Answer((self.len() == 0).into()),
            Op::IsFull => Done::Answer((!self.has_room()).into()),
        }
    }

    /// What seeing that `side` is ready, or that it is not, saw of the channel.
    pub(crate) fn sight(&self, side: Side) -> Access {
        match side {
            Side::Receiving if self.len() > 0 => Access::SeeMessage { next: self.received },
            Side::Receiving if self.senders == 0 => Access::SeeNoSenders,
            Side::Receiving => Access::SeeEmpty { sent: self.sent },
            Side::Sending if self.receivers == 0 => Access::SeeNoReceivers,
            Side::Sending => self.sight_of_room(),
        }
    }

    fn sight_of_room(&self) -> Access {
        match self.capacity() {
            None => Access::SeeRoom { next: 0, capacity: None },
            capacity if self.has_room() => Access::SeeRoom { next: self.sent, capacity },
            _ => Access::SeeFull,
        }
    }

    /// How `op`, which has just ended with `done`, used the channel, if it did so in a way that others can notice.
    pub(crate) fn access(&self, op: &Op, done: Done) -> Option<Access> {
        let capacity = self.capacity();
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
                before: self.receivers_dropped.saturating_sub(1),
                left: self.receivers,
            }),
            (Op::Close, _) => Access::Close,
            (Op::Len, _) => Access::Count,
            (Op::IsEmpty, _) if self.len() > 0 => Access::SeeMessage { next: self.received },
            (Op::IsEmpty, _) => Access::SeeEmpty { sent: self.sent },
            (Op::IsFull, _) => self.sight_of_room(),
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
    fn what_was_sent_before_it_was_closed_is_received() {
        let mut channel = Channel::new(Some(1));
        channel.apply(&Op::Send);
        assert_eq!(channel.apply(&Op::Close), Done::Closed(true));
        assert_eq!(channel.apply(&Op::Close), Done::Closed(false));
        assert!(channel.enabled(&Op::Send), "although the buffer is full");
        assert_eq!(channel.apply(&Op::Send), Done::Disconnected);
        channel.apply(&Op::DropSender);
        channel.apply(&Op::DropReceiver);
        assert_eq!(channel.apply(&Op::Receive), Done::Message(0));
        assert_eq!(channel.apply(&Op::Receive), Done::Disconnected);
    }

    #[test]
    fn its_length_can_be_asked() {
        let mut channel = Channel::new(Some(1));
        let answers = |channel: &mut Channel| [Op::Len, Op::IsEmpty, Op::IsFull].map(|op| channel.apply(&op));
        assert_eq!(answers(&mut channel), [0, 1, 0].map(Done::Answer));
        channel.apply(&Op::Send);
        assert_eq!(answers(&mut channel), [1, 0, 1].map(Done::Answer));
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
