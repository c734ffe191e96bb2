//! The simulated channel with a buffer, bounded or not.
//!
//! The kernel counts the messages and decides who may proceed; the values wait here. Nothing switches between a step
//! and the move of its value, so that the `i`-th value here is the `i`-th message there.
//!
//! The values are behind a real lock although one task runs at a time: it is never contended, costs about 3 ns, and
//! no proof is needed for handles that leave their execution. It is never held while user code runs.

use std::collections::VecDeque;
use std::sync::mpsc::{TryRecvError, TrySendError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::LIBRARY;
use crate::channel::Home;
use crate::engine::identity::Identity;
use crate::engine::{Execution, Place, add_handle, drop_handle, perform, perform_at_buffer};
use crate::kernel::channel::Op as ChannelOp;
use crate::kernel::handles::Side;
use crate::kernel::{End, Op, clock};

struct Channel<T> {
    home: Home,
    values: Mutex<VecDeque<T>>,
}

pub(super) struct Sender<T>(Arc<Channel<T>>);
pub(super) struct Receiver<T>(Arc<Channel<T>>);

/// A channel of `this` with room for `capacity` messages, or for any number.
pub(super) fn channel<T>(this: *mut Execution, identity: Identity, capacity: Option<u64>) -> (Sender<T>, Receiver<T>) {
    let channel = Arc::new(Channel { home: Home::new(identity, LIBRARY), values: Mutex::default() });
    channel.home.register_channel(this, capacity);
    (Sender(Arc::clone(&channel)), Receiver(channel))
}

impl<T> Channel<T> {
    /// Performs `op`. To a caller who unwinds elsewhere the channel looks disconnected.
    #[inline(always)]
    #[track_caller]
    fn perform(&self, op: ChannelOp, place: Place) -> End {
        match self.home.visit() {
            Some((this, id)) => {
                match op {
                    ChannelOp::Send => perform_at_buffer(this, id, Side::Sending, place),
                    ChannelOp::Receive => perform_at_buffer(this, id, Side::Receiving, place),
                    _ => perform(this, Op::Channel(id, op), place),
                }
                .end
            }
            None => End::Disconnected,
        }
    }

    #[inline]
    fn values(&self) -> MutexGuard<'_, VecDeque<T>> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Sender<T> {
    /// Sends, waiting for room.
    #[inline(always)]
    #[track_caller]
    pub(super) fn send(&self, value: T, place: Place) -> Result<(), TrySendError<T>> {
        self.perform(ChannelOp::Send, value, place)
    }

    /// Sends if there is room.
    #[inline(always)]
    #[track_caller]
    pub(super) fn try_send(&self, value: T, place: Place) -> Result<(), TrySendError<T>> {
        self.perform(ChannelOp::TrySend, value, place)
    }

    #[inline(always)]
    #[track_caller]
    fn perform(&self, op: ChannelOp, value: T, place: Place) -> Result<(), TrySendError<T>> {
        match self.0.perform(op, place) {
            End::Done => {
                self.0.values().push_back(value);
                Ok(())
            }
            End::Failed => Err(TrySendError::Full(value)),
            _ => Err(TrySendError::Disconnected(value)),
        }
    }

    #[track_caller]
    pub(super) fn add(&self, place: Place) -> Sender<T> {
        let Some((this, id)) = self.0.home.known() else { self.0.home.refuse() };
        add_handle(this, id, Side::Sending, true, place);
        Sender(Arc::clone(&self.0))
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        if let Some((this, id)) = self.0.home.known() {
            drop_handle(this, id, Side::Sending, true, self.0.home.place());
        }
    }
}

impl<T> Receiver<T> {
    /// Receives, waiting for a message.
    #[inline(always)]
    #[track_caller]
    pub(super) fn receive(&self, place: Place) -> Result<T, TryRecvError> {
        self.perform(ChannelOp::Receive, place)
    }

    /// Receives if there is a message.
    #[inline(always)]
    #[track_caller]
    pub(super) fn try_receive(&self, place: Place) -> Result<T, TryRecvError> {
        self.perform(ChannelOp::TryReceive, place)
    }

    /// Receives, waiting for a message that long; `Empty` if none came.
    #[track_caller]
    pub(super) fn receive_within(&self, timeout: Duration, place: Place) -> Result<T, TryRecvError> {
        if let Some((this, _)) = self.0.home.visit() {
            perform(this, Op::Clock(clock::Op::Arm(timeout)), place);
        }
        // However it ends, it takes the timer back.
        self.perform(ChannelOp::Receive, place)
    }

    #[inline(always)]
    #[track_caller]
    fn perform(&self, op: ChannelOp, place: Place) -> Result<T, TryRecvError> {
        match self.0.perform(op, place) {
            End::Done => Ok(self.0.values().pop_front().expect("as many values as the kernel counts messages")),
            End::Failed | End::TimedOut => Err(TryRecvError::Empty),
            _ => Err(TryRecvError::Disconnected),
        }
    }
}

/// Drops the values of a channel whose receiver goes, even if the step that says so unwinds: a value that holds a
/// sender of its own channel would keep both alive for ever.
struct Discard<'a, T>(&'a Channel<T>);

impl<T> Drop for Discard<'_, T> {
    fn drop(&mut self) {
        // Destructors may use the channel, so that the lock is released first.
        let values = std::mem::take(&mut *self.0.values());
        drop(values);
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let _discard = Discard(&self.0);
        if let Some((this, id)) = self.0.home.known() {
            drop_handle(this, id, Side::Receiving, true, self.0.home.place());
        }
    }
}
