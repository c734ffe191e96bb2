//! The driver: runs a statement on the server, and ends it there when nobody wants to know any more.
//!
//! It waits for the server in a read that cannot be interrupted, as one of a socket is. What ends it is the server, which has
//! to be told on another way; so a goroutine beside it watches the context and tells it.

use std::fmt;
use std::marker::PhantomData;

use reweave::go::{self, Context};

use super::Rows;
use super::error::ServerError;
use super::scope::Scope;
use super::trace::TraceId;
use super::variant::{Correct, Listening, Policy};

/// What comes back from a server.
pub type Reply = Result<Rows, ServerError>;

/// A server that runs statements.
pub trait Backend: Send + Sync + 'static {
    /// Starts a statement, which belongs to the request with this id. Does not wait for its end.
    fn start(&self, trace: Option<TraceId>, statement: &str) -> Running;
}

/// A statement that a server runs.
#[derive(Debug)]
pub struct Running {
    /// Brings the reply, once.
    pub reply: go::RecvChan<Reply>,
    /// To be closed by who wants the statement to end: then the reply is [`ServerError::Killed`], unless there is one
    /// already.
    pub kill: go::Chan<()>,
}

/// Runs statements on a server.
pub struct Driver<B, P = Correct> {
    server: B,
    policy: PhantomData<fn() -> P>,
}

impl<B: Backend, P: Policy> Driver<B, P> {
    /// A driver for this server.
    pub fn new(server: B) -> Self {
        Self { server, policy: PhantomData }
    }

    /// Runs a statement to its end, which is soon after `context` is done.
    ///
    /// # Errors
    /// [`ServerError`].
    pub fn run(&self, context: &Context, statement: &str) -> Reply {
        let Running { reply, kill } = self.server.start(TraceId::of(context), statement);
        // It ends with this call, and the watcher with it.
        let scope = Scope::<P>::within(context, None);
        if P::LISTENING == Listening::Watches {
            let watched = scope.context().done();
            go::spawn(move || {
                watched.recv();
                kill.close();
            });
        }
        reply.recv().unwrap_or(Err(ServerError::Killed))
    }
}

impl<B, P> fmt::Debug for Driver<B, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver").finish_non_exhaustive()
    }
}
