//! A context that ends with the work for which it was made.
//!
//! Go writes `ctx, cancel := context.WithTimeout(parent, d)` and `defer cancel()` below it. A guard cannot be forgotten.

use std::marker::PhantomData;

use reweave::go::{CancelFunc, Context};
use reweave::time::Duration;

use super::variant::{Ending, Policy};

/// A context that is cancelled when this is dropped.
pub(super) struct Scope<P: Policy> {
    context: Context,
    cancel: CancelFunc,
    policy: PhantomData<fn() -> P>,
}

impl<P: Policy> Scope<P> {
    /// Below `parent`, with a limit of its own if there is one.
    pub(super) fn within(parent: &Context, limit: Option<Duration>) -> Self {
        let (context, cancel) = match limit {
            Some(limit) => parent.with_timeout(limit),
            None => parent.with_cancel(),
        };
        Self { context, cancel, policy: PhantomData }
    }

    pub(super) fn context(&self) -> &Context {
        &self.context
    }
}

impl<P: Policy> Drop for Scope<P> {
    fn drop(&mut self) {
        match P::ENDING {
            Ending::Cancelled => self.cancel.cancel(),
            Ending::Forgotten => {}
        }
    }
}
