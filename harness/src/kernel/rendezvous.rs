//! The channel without a buffer: a sender and a receiver meet.
//!
//! Sending and receiving are two steps each: arriving, which is always possible and either meets a partner that
//! waits on the other side or joins the queue of one's own side, and leaving, which is enabled once a partner
//! came (or the other side is gone, or the timer fired). Partners meet in order of arrival.

use std::collections::VecDeque;

use super::ids::TaskId;

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Rendezvous {
    /// The tasks that wait for a partner, in order of arrival. At most one of the two queues holds anybody.
    pub(crate) senders_waiting: VecDeque<TaskId>,
    pub(crate) receivers_waiting: VecDeque<TaskId>,
    pub(crate) senders: u32,
    pub(crate) receivers: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Op {
    SendArrive,
    SendLeave,
    ReceiveArrive,
    ReceiveLeave,
    TrySend,
    TryReceive,
    AddSender,
    DropSender,
    AddReceiver,
    DropReceiver,
}

/// How an operation on a rendezvous ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Done {
    /// Met this partner.
    Met(TaskId),
    /// Joined the queue.
    Queued,
    /// Nobody waits on the other side (a `try_` form), or the timer fired first.
    Nobody,
    Disconnected,
    Handles,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Access {
    /// Arrived, left without a partner, or found the other side gone: seen by everybody at this channel.
    Arrive,
    /// Left with a partner: concerns only the arrival that brought it, which came before by necessity.
    Leave,
    /// A `try_` form found nobody.
    SeeNobody,
    Handle {
        left: u32,
    },
    Close,
}

impl Access {
    pub(crate) fn commutes(self, other: Access) -> bool {
        use Access::{Arrive, Close, Handle, Leave, SeeNobody};
        match (self, other) {
            (Leave, Leave | SeeNobody | Handle { .. }) | (SeeNobody | Handle { .. }, Leave) => true,
            (SeeNobody, SeeNobody) => true,
            (Handle { left: a }, Handle { left: b }) => (if a == b { a.saturating_sub(1) } else { a.min(b) }) > 0,
            (Handle { left }, Close) | (Close, Handle { left }) => left > 1,
            (Handle { .. }, _) | (_, Handle { .. }) => true,
            (Arrive | Close, _) | (_, Arrive | Close) => false,
        }
    }
}

impl Rendezvous {
    pub(crate) fn new() -> Rendezvous {
        Rendezvous { senders: 1, receivers: 1, ..Rendezvous::default() }
    }

    pub(crate) fn disconnected(&self, op: &Op) -> bool {
        match op {
            Op::SendArrive | Op::SendLeave | Op::TrySend => self.receivers == 0,
            Op::ReceiveArrive | Op::ReceiveLeave | Op::TryReceive => self.senders == 0,
            _ => false,
        }
    }

    /// `task` performs an operation that is not a leave.
    pub(crate) fn apply(&mut self, task: TaskId, op: &Op) -> Done {
        let partner = match op {
            Op::SendArrive | Op::TrySend => self.receivers_waiting.pop_front(),
            Op::ReceiveArrive | Op::TryReceive => self.senders_waiting.pop_front(),
            _ => None,
        };
        if let Some(partner) = partner {
            return Done::Met(partner);
        }
        if self.disconnected(op) {
            return Done::Disconnected;
        }
        match op {
            Op::SendArrive => self.senders_waiting.push_back(task),
            Op::ReceiveArrive => self.receivers_waiting.push_back(task),
            Op::TrySend | Op::TryReceive => return Done::Nobody,
            Op::AddSender => self.senders += 1,
            Op::DropSender => self.senders -= 1,
            Op::AddReceiver => self.receivers += 1,
            Op::DropReceiver => self.receivers -= 1,
            Op::SendLeave | Op::ReceiveLeave => debug_assert!(false, "leaving is decided by the world"),
        }
        match op {
            Op::SendArrive | Op::ReceiveArrive => Done::Queued,
            _ => Done::Handles,
        }
    }

    /// `task` gives up waiting.
    pub(crate) fn withdraw(&mut self, task: TaskId) {
        self.senders_waiting.retain(|waiting| *waiting != task);
        self.receivers_waiting.retain(|waiting| *waiting != task);
    }

    /// The tasks that wait for a side that is gone.
    pub(crate) fn stranded(&self) -> impl Iterator<Item = TaskId> + '_ {
        let senders = self.senders_waiting.iter().filter(|_| self.receivers == 0);
        let receivers = self.receivers_waiting.iter().filter(|_| self.senders == 0);
        senders.chain(receivers).copied()
    }

    /// How `op`, which has just ended with `done`, used the channel.
    pub(crate) fn access(&self, op: &Op, done: Done) -> Access {
        match (op, done) {
            (Op::SendLeave | Op::ReceiveLeave, Done::Met(_)) => Access::Leave,
            (Op::TrySend | Op::TryReceive, Done::Nobody) => Access::SeeNobody,
            (Op::DropSender, _) if self.senders == 0 => Access::Close,
            (Op::DropReceiver, _) if self.receivers == 0 => Access::Close,
            (Op::AddSender | Op::DropSender, _) => Access::Handle { left: self.senders },
            (Op::AddReceiver | Op::DropReceiver, _) => Access::Handle { left: self.receivers },
            _ => Access::Arrive,
        }
    }
}
