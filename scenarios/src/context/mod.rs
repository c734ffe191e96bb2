//! A request with a context, from the handler down to the driver of the database.
//!
//! # The problem
//!
//! A client hangs up, or has waited for long enough. From then on all work for its request is wasted: the handler, the service
//! below it, the query that the database still computes. They stand in different functions, goroutines and machines, and
//! all of them have to learn that it is over. A *context* goes down with the request and tells them: it carries a deadline, is
//! cancelled from above, and takes along what belongs to the request and to no layer, such as the id by which its log
//! lines are found.
//!
//! A context helps only if three rules are kept, and each of them is broken every day:
//!
//! - *Derive, never begin anew.* A layer makes its context from that of its caller, with less time if it likes. One that
//!   starts from [`Context::background`] has cut the line: no deadline comes through, and no cancellation.
//! - *Listen where you wait.* Whoever waits for something else than the context waits for the context as well.
//! - *Cancel what you have made*, when the work is done, whether it was cancelled before or not. A context that nobody cancels
//!   stays, and so do its timer and everybody who waits for it. (Go has `defer cancel()` for it; here it is a guard.)
//!
//! Use contexts for what is called on behalf of a request. What outlives it, such as writing a log, is not to be cancelled with
//! it: see [`Context::without_cancel`].
//!
//! ```
//! use reweave::go::Context;
//! use reweave::time::Duration;
//! use reweave_scenarios::context::server::{Pace, Server};
//! use reweave_scenarios::context::{Database, Driver, Handler, Request, Service, Status, TraceId};
//!
//! let database = |pace, patience| -> Database<Server> { Database::new(Driver::new(Server::new(pace)), Some(patience)) };
//! // The first never answers, so that the second is asked after five milliseconds.
//! let first = database(Pace::Hangs, Duration::from_millis(5));
//! let second = database(Pace::Answers(Duration::ZERO), Duration::from_secs(60));
//! let service = Service::new([first, second]);
//! let handler: Handler<_> = Handler::new(service, Some(Duration::from_secs(60)));
//! let request = Request { trace: TraceId(7), statement: "select 1".to_owned() };
//! let response = handler.handle(&Context::background(), request);
//! assert_eq!((response.status, response.rows), (Status::Ok, vec!["select 1".to_owned()]));
//! ```
//!
//! # Guarantees
//!
//! - *In time.* A request is answered within its limit and within the deadline of its caller, whatever the database does.
//! - *All the way down.* When the caller cancels, or the time is up, the query is ended at the server.
//! - *Down, and never up.* A query whose own time is up is given up alone: the request goes on, and asks another database while
//!   there is time.
//! - *Nothing is left.* When a request has been answered its context is done: no timer runs for it, and no goroutine waits
//!   for it, as soon as the server has let go of the query.
//! - *Values travel.* The server learns the trace id of each statement that it runs.
//!
//! The rules are those of Go's package `context`; the driver watches it as the MySQL driver of Go does, with a goroutine beside a read
//! that cannot be interrupted.

mod database;
mod driver;
mod error;
mod row;
mod scope;
pub mod server;
mod service;
#[cfg(test)]
mod tests;
mod trace;
pub mod variant;
pub mod workload;

use std::fmt;
use std::marker::PhantomData;

use reweave::go::{Context, ContextError};
use reweave::time::Duration;

pub use database::Database;
pub use driver::{Backend, Driver, Reply, Running};
pub use error::{QueryError, ServerError};
pub use row::scenario;
pub use service::{Service, Store};
pub use trace::TraceId;

use scope::Scope;
use variant::{Correct, Policy};

/// What a statement has found.
pub type Rows = Vec<String>;

/// Answers requests; see the [module](self) for what it guarantees.
///
/// The parameter `P` is there for the buggy twins of [`variant`]; leave it out.
pub struct Handler<S, P = Correct> {
    service: Service<S>,
    limit: Option<Duration>,
    policy: PhantomData<fn() -> P>,
}

/// What a client asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// By which it is found in all logs.
    pub trace: TraceId,
    /// What it wants to know.
    pub statement: String,
}

/// What a client is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// How it went.
    pub status: Status,
    /// What was found.
    pub rows: Rows,
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// With what was asked for.
    Ok,
    /// The client did not want it any more. Nobody reads that status but those who read logs.
    Cancelled,
    /// The database refused.
    BadGateway,
    /// It took too long.
    Timeout,
}

impl Status {
    /// The status code of HTTP; 499 is nginx's for a client that has hung up.
    #[must_use]
    pub fn code(self) -> u16 {
        match self {
            Self::Ok => 200,
            Self::Cancelled => 499,
            Self::BadGateway => 502,
            Self::Timeout => 504,
        }
    }
}

impl<S: Store, P: Policy> Handler<S, P> {
    /// A handler that lets a request take at most so long; for as long as its caller wants if there is no limit.
    pub fn new(service: Service<S>, limit: Option<Duration>) -> Self {
        Self { service, limit, policy: PhantomData }
    }

    /// Answers a request of somebody who waits for it as long as `context` is not done.
    pub fn handle(&self, context: &Context, request: Request) -> Response {
        let scope = Scope::<P>::within(context, self.limit);
        let context = request.trace.attach_to(scope.context());
        let answer = self.service.find(&context, &request.statement);
        let status = match &answer {
            Ok(_) => Status::Ok,
            Err(QueryError::Cancelled(ContextError::Canceled)) => Status::Cancelled,
            Err(QueryError::Cancelled(ContextError::DeadlineExceeded) | QueryError::TimedOut) => Status::Timeout,
            Err(QueryError::Refused(_)) => Status::BadGateway,
        };
        Response { status, rows: answer.unwrap_or_default() }
    }
}

impl<S, P> fmt::Debug for Handler<S, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handler").field("limit", &self.limit).finish_non_exhaustive()
    }
}
