//! A channel whose messages know which span has sent them.

use std::fmt;
use std::marker::PhantomData;

use reweave::sync::mpsc::{self, RecvError, SendError};
use reweave::sync::{Arc, Mutex, PoisonError};

use super::context::TraceContext;
use super::tracer::Span;
use super::variant::{Carriage, Correct, Policy};

/// A channel without limit, as [`mpsc::channel`], whose messages carry the context of a span.
pub fn channel<T, P: Policy>() -> (Sender<T, P>, Receiver<T, P>) {
    let (sender, receiver) = mpsc::channel();
    let slot = Arc::new(Mutex::new(None));
    let sender = Sender { sender, slot: Arc::clone(&slot), policy: PhantomData };
    (sender, Receiver { receiver, slot, policy: PhantomData })
}

/// Where a twin leaves the context of the current span.
type Slot = Arc<Mutex<Option<TraceContext>>>;

/// The end that sends. Clones send to the same receiver.
pub struct Sender<T, P = Correct> {
    sender: mpsc::Sender<(TraceContext, T)>,
    slot: Slot,
    policy: PhantomData<fn() -> P>,
}

/// The end that receives.
pub struct Receiver<T, P = Correct> {
    receiver: mpsc::Receiver<(TraceContext, T)>,
    slot: Slot,
    policy: PhantomData<fn() -> P>,
}

impl<T, P: Policy> Sender<T, P> {
    /// Sends a message on behalf of a span.
    ///
    /// # Errors
    /// The message, if there is no receiver any more.
    pub fn send(&self, span: &Span, message: T) -> Result<(), SendError<T>> {
        if P::CARRIAGE == Carriage::InASharedSlot {
            *self.slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(span.context());
        }
        self.sender.send((span.context(), message)).map_err(|SendError((_, message))| SendError(message))
    }
}

impl<T, P: Policy> Receiver<T, P> {
    /// Waits for a message. Beside it is the context of the span that has sent it: the parent of the span
    /// in which it is worked on.
    ///
    /// # Errors
    /// If all senders are gone, and all messages received.
    pub fn recv(&self) -> Result<(TraceContext, T), RecvError> {
        let (context, message) = self.receiver.recv()?;
        if P::CARRIAGE == Carriage::InASharedSlot {
            let slot = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
            return Ok((slot.unwrap_or(context), message));
        }
        Ok((context, message))
    }
}

impl<T, P> Clone for Sender<T, P> {
    fn clone(&self) -> Self {
        Self { sender: self.sender.clone(), slot: Arc::clone(&self.slot), policy: PhantomData }
    }
}

impl<T, P> fmt::Debug for Sender<T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

impl<T, P> fmt::Debug for Receiver<T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}
