//! The database as the service sees it: statements that are answered in time.
//!
//! The driver runs on a goroutine of its own. So whoever asks need not wait until the driver has agreed with the server that a query
//! is over, which may take a while when the network is slow; and that goroutine ends as soon as they have.

use std::fmt;
use std::marker::PhantomData;

use reweave::go::{self, Context};
use reweave::sync::Arc;
use reweave::time::Duration;

use super::Rows;
use super::driver::{Backend, Driver};
use super::error::{QueryError, ServerError};
use super::scope::Scope;
use super::service::Store;
use super::variant::{Correct, Parent, Policy};

/// A database whose statements may take so long.
pub struct Database<B, P = Correct> {
    driver: Arc<Driver<B, P>>,
    limit: Option<Duration>,
    policy: PhantomData<fn() -> P>,
}

impl<B: Backend, P: Policy> Database<B, P> {
    /// A database whose statements take as long as whoever asks wants to wait, and `limit` at most.
    pub fn new(driver: Driver<B, P>, limit: Option<Duration>) -> Self {
        Self { driver: Arc::new(driver), limit, policy: PhantomData }
    }
}

impl<B: Backend, P: Policy> Store for Database<B, P> {
    fn query(&self, caller: &Context, statement: &str) -> Result<Rows, QueryError> {
        let parent = match P::PARENT {
            Parent::Caller => caller.clone(),
            Parent::Background => Context::background(),
        };
        let scope = Scope::<P>::within(&parent, self.limit);
        // One place, so that the driver can lay down its answer when nobody waits for it any more.
        let answers = go::Chan::new(1);
        let (driver, answer) = (Arc::clone(&self.driver), answers.clone());
        let (context, statement) = (scope.context().clone(), statement.to_owned());
        go::spawn(move || answer.send(driver.run(&context, &statement)));

        let answer = go::select! {
            recv(answers) -> answer => answer.expect("nobody closes the channel"),
            recv(scope.context().done()) => Err(ServerError::Killed),
        };
        answer.map_err(|error| match (error, caller.err()) {
            (ServerError::Refused(why), _) => QueryError::Refused(why),
            (ServerError::Killed, Some(cancelled)) => QueryError::Cancelled(cancelled),
            (ServerError::Killed, None) => QueryError::TimedOut,
        })
    }
}

impl<B, P> fmt::Debug for Database<B, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("limit", &self.limit).finish_non_exhaustive()
    }
}
