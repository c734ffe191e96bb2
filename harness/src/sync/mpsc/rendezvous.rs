//! The simulated channel without a buffer: a message goes from hand to hand.
//!
//! Of the two that meet one was waiting, and the value passes through the *seat* of that task. A sender that has to
//! wait lays its value on its seat, and the receiver that meets it takes the value from there; a receiver that has to
//! wait finds on its seat what the sender that met it has laid there. Nothing switches between a step and the
//! move of its value. For the lock see [`super::buffered`].

use std::collections::VecDeque;
use std::sync::mpsc::{TryRecvError, TrySendError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::LIBRARY;
use crate::channel::Home;
use crate::engine::identity::Identity;
use crate::engine::{Execution, Place, add_handle, drop_handle, perform, perform_arrive, perform_leave};
use crate::kernel::handles::Side;
use crate::kernel::rendezvous::Op as RendezvousOp;
use crate::kernel::{End, ObjectId, Op, TaskId, clock};

struct Channel<T> {
    home: Home,
    /// What lies on the seats. Partners meet in order of arrival, so that the one to be found is in front, unless
    /// somebody before it gave up.
    values: Mutex<VecDeque<(TaskId, T)>>,
}

pub(super) struct Sender<T>(Arc<Channel<T>>);
pub(super) struct Receiver<T>(Arc<Channel<T>>);

/// A channel of `this`.
pub(super) fn channel<T>(this: *mut Execution, identity: Identity) -> (Sender<T>, Receiver<T>) {
    let channel = Arc::new(Channel { home: Home::new(identity, LIBRARY), values: Mutex::default() });
    channel.home.register_channel(this, Some(0));
    (Sender(Arc::clone(&channel)), Receiver(channel))
}

impl<T> Channel<T> {
    fn values(&self) -> MutexGuard<'_, VecDeque<(TaskId, T)>> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lay(&self, seat: TaskId, value: T) {
        self.values().push_back((seat, value));
    }

    fn take(&self, seat: TaskId) -> Option<T> {
        let mut values = self.values();
        let at = values.iter().position(|(owner, _)| *owner == seat)?;
        values.remove(at).map(|(_, value)| value)
    }

    /// The seat of the running task, which has just joined a queue.
    fn sit_down(&self, this: *mut Execution) -> Seat<'_, T> {
        // SAFETY: the caller is a task inside `this`, and nothing switches here.
        let task = unsafe { (*this).running };
        Seat { channel: self, task }
    }
}

/// The right of a waiting task to what lies on its seat. Whoever stops waiting in the middle of an unwinding leaves
/// nothing behind.
struct Seat<'a, T> {
    channel: &'a Channel<T>,
    task: TaskId,
}

impl<T> Seat<'_, T> {
    fn take(&self) -> Option<T> {
        self.channel.take(self.task)
    }
}

impl<T> Drop for Seat<'_, T> {
    fn drop(&mut self) {
        drop(self.take());
    }
}

fn partner(value: u64) -> TaskId {
    TaskId(value as u32)
}

impl<T> Sender<T> {
    /// Sends, waiting for a receiver.
    #[inline(never)]
    #[track_caller]
    pub(super) fn send(&self, value: T, place: Place) -> Result<(), TrySendError<T>> {
        let Some((this, id)) = self.0.home.visit() else { return Err(TrySendError::Disconnected(value)) };
        let arrival = perform_arrive(this, id, Side::Sending, place);
        match arrival.end {
            End::Done => self.0.lay(partner(arrival.value), value),
            End::Queued => {
                let seat = self.0.sit_down(this);
                self.0.lay(seat.task, value);
                let left = perform_leave(this, id, Side::Sending);
                if !left.is_done() {
                    // Nobody came, so that the value is still there.
                    return seat.take().map_or(Ok(()), |value| Err(TrySendError::Disconnected(value)));
                }
            }
            _ => return Err(TrySendError::Disconnected(value)),
        }
        Ok(())
    }

    /// Sends if a receiver waits.
    #[inline(never)]
    #[track_caller]
    pub(super) fn try_send(&self, value: T, place: Place) -> Result<(), TrySendError<T>> {
        let Some((this, id)) = self.0.home.visit() else { return Err(TrySendError::Disconnected(value)) };
        let outcome = perform(this, Op::Rendezvous(id, RendezvousOp::TrySend), place);
        match outcome.end {
            End::Done => {
                self.0.lay(partner(outcome.value), value);
                Ok(())
            }
            End::Failed => Err(TrySendError::Full(value)),
            _ => Err(TrySendError::Disconnected(value)),
        }
    }

    #[track_caller]
    pub(super) fn add(&self, place: Place) -> Sender<T> {
        let Some((this, id)) = self.0.home.known() else { self.0.home.refuse() };
        add_handle(this, id, Side::Sending, false, place);
        Sender(Arc::clone(&self.0))
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        if let Some((this, id)) = self.0.home.known() {
            drop_handle(this, id, Side::Sending, false, self.0.home.place());
        }
    }
}

impl<T> Receiver<T> {
    /// Receives, waiting for a sender.
    #[inline(never)]
    #[track_caller]
    pub(super) fn receive(&self, place: Place) -> Result<T, TryRecvError> {
        let Some((this, id)) = self.0.home.visit() else { return Err(TryRecvError::Disconnected) };
        self.arrive(this, id, place).1
    }

    /// Receives if a sender waits.
    #[inline(never)]
    #[track_caller]
    pub(super) fn try_receive(&self, place: Place) -> Result<T, TryRecvError> {
        let Some((this, id)) = self.0.home.visit() else { return Err(TryRecvError::Disconnected) };
        let outcome = perform(this, Op::Rendezvous(id, RendezvousOp::TryReceive), place);
        match outcome.end {
            End::Done => self.0.take(partner(outcome.value)).ok_or(TryRecvError::Disconnected),
            End::Failed => Err(TryRecvError::Empty),
            _ => Err(TryRecvError::Disconnected),
        }
    }

    /// Receives, waiting for a sender that long; `Empty` if none came.
    #[track_caller]
    pub(super) fn receive_within(&self, timeout: Duration, place: Place) -> Result<T, TryRecvError> {
        let Some((this, id)) = self.0.home.visit() else { return Err(TryRecvError::Disconnected) };
        perform(this, Op::Clock(clock::Op::Arm(timeout)), place);
        let (waited, result) = self.arrive(this, id, place);
        if !waited {
            // Leaving takes the timer back, and there was nothing to leave.
            perform(this, Op::Clock(clock::Op::Disarm), place);
        }
        result
    }

    /// Meets a sender. Says whether that took waiting, and what came of it.
    fn arrive(&self, this: *mut Execution, id: ObjectId, place: Place) -> (bool, Result<T, TryRecvError>) {
        // A seat can only be empty where a task was unwound from it while the execution ended.
        let gone = TryRecvError::Disconnected;
        let arrival = perform_arrive(this, id, Side::Receiving, place);
        match arrival.end {
            End::Done => (false, self.0.take(partner(arrival.value)).ok_or(gone)),
            End::Queued => {
                let seat = self.0.sit_down(this);
                let result = match perform_leave(this, id, Side::Receiving).end {
                    End::Done => seat.take().ok_or(gone),
                    End::TimedOut => Err(TryRecvError::Empty),
                    _ => Err(gone),
                };
                (true, result)
            }
            _ => (false, Err(gone)),
        }
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        if let Some((this, id)) = self.0.home.known() {
            drop_handle(this, id, Side::Receiving, false, self.0.home.place());
        }
    }
}
