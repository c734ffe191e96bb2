//! The simulated channel behind its handles. **Unsafe room**: whom the home of a channel has let in is not asked again by the rest of it.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::LIBRARY;
use crate::channel::{Core, Engine, Home, NotSent, Patience, Reason};
use crate::engine::identity::Identity;
use crate::engine::{Execution, Place, add_handle, drop_handle};
use crate::kernel::ObjectId;
use crate::kernel::handles::Side;
use crate::memory::shared::Shared;

/// A channel of one execution.
pub(super) struct Channel<T> {
    pub(super) home: Home,
    pub(super) core: Core<T>,
    /// How many receivers there are.
    receivers: AtomicUsize,
}

impl<T> Channel<T> {
    /// A channel of `this` with one handle on each side.
    pub(super) fn pair(
        this: *mut Execution,
        place: Place,
        capacity: Option<u64>,
    ) -> (Shared<Channel<T>>, Shared<Channel<T>>) {
        let handles = Shared::pair(|| Channel {
            home: Home::new(Identity::at(place, None), LIBRARY),
            core: Core::new(capacity),
            receivers: AtomicUsize::new(1),
        });
        handles.0.home.register_channel(this, capacity);
        handles
    }

    /// For a caller that uses the channel; none for one that unwinds elsewhere, to whom it looks disconnected.
    #[inline(always)]
    #[track_caller]
    pub(super) fn visit(&self) -> Option<(Engine, ObjectId)> {
        self.home.visit().map(|(this, id)| (Engine(this), id))
    }

    #[inline(always)]
    #[track_caller]
    pub(super) fn send(&self, value: T, patience: Patience, place: Place) -> Result<(), NotSent<T>> {
        match self.visit() {
            Some((Engine(this), id)) if patience == Patience::Forever => {
                // SAFETY: both parts of the channel were made by `pair`, in the execution into which the home has let the caller, and as the object
                // that it knows.
                unsafe { self.core.send_inside(this, id, value, place) }
            }
            Some((engine, id)) => self.core.send(engine, id, value, patience, place),
            None => Err(NotSent(value, Reason::Disconnected)),
        }
    }

    #[inline(always)]
    #[track_caller]
    pub(super) fn receive(&self, patience: Patience, place: Place) -> Result<T, Reason> {
        let (engine, id) = self.visit().ok_or(Reason::Disconnected)?;
        match patience {
            // SAFETY: as in `send`.
            Patience::Forever => unsafe { self.core.receive_inside(engine.0, id, place) },
            _ => self.core.receive(engine, id, patience, place),
        }
    }

    #[track_caller]
    pub(super) fn len(&self, place: Place) -> usize {
        self.visit().map_or(0, |(engine, id)| self.core.len(engine, id, place) as usize)
    }

    #[track_caller]
    pub(super) fn is_empty(&self, place: Place) -> bool {
        self.visit().is_none_or(|(engine, id)| self.core.is_empty(engine, id, place))
    }

    #[track_caller]
    pub(super) fn is_full(&self, place: Place) -> bool {
        self.visit().is_none_or(|(engine, id)| self.core.is_full(engine, id, place))
    }

    pub(super) fn capacity(&self) -> Option<usize> {
        self.core.capacity().map(|capacity| capacity as usize)
    }

    /// One more handle of this side.
    #[track_caller]
    pub(super) fn add(channel: &Shared<Self>, side: Side, place: Place) -> Shared<Channel<T>> {
        let Some((this, id)) = channel.home.known() else { channel.home.refuse() };
        add_handle(this, id, side, channel.core.is_buffered(), place);
        if side == Side::Receiving {
            channel.receivers.store(channel.receivers.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        }
        channel.clone()
    }

    /// One handle of this side less.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn remove(&self, side: Side) {
        let _discard;
        if side == Side::Receiving {
            _discard = Discard(self);
        }
        if let Some((this, id)) = self.home.known() {
            drop_handle(this, id, side, self.core.is_buffered(), self.home.place());
        }
    }
}

/// Drops the messages of a channel without bounds with its last receiver, even if the step that says so unwinds: a
/// message that holds a sender of its own channel would keep both alive for ever. (A channel with bounds keeps its
/// messages until the senders are gone, too, as crossbeam's does.)
struct Discard<'a, T>(&'a Channel<T>);

impl<T> Drop for Discard<'_, T> {
    fn drop(&mut self) {
        // The tasks of an execution take turns, so that two instructions are as good as one that locks the bus. (Threads that drop
        // what outlived its execution at the same moment may leave its messages where they are.)
        let left = self.0.receivers.load(Ordering::Relaxed).wrapping_sub(1);
        self.0.receivers.store(left, Ordering::Relaxed);
        if left == 0 && self.0.core.capacity().is_none() {
            self.0.core.discard();
        }
    }
}
