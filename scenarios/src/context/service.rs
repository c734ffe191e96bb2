//! The service: asks one database after the other, as long as there is time.

use reweave::go::Context;

use super::Rows;
use super::error::QueryError;

/// What can be asked by statements.
pub trait Store: Send + Sync + 'static {
    /// Runs a statement for somebody who waits as long as `context` is not done.
    ///
    /// # Errors
    /// [`QueryError`]. It is [`Cancelled`](QueryError::Cancelled) exactly if `context` is done.
    fn query(&self, context: &Context, statement: &str) -> Result<Rows, QueryError>;
}

/// Asks one store, and if that takes too long the next.
#[derive(Debug)]
pub struct Service<S> {
    stores: Vec<S>,
}

impl<S: Store> Service<S> {
    /// A service over these stores, the best first.
    pub fn new(stores: impl Into<Vec<S>>) -> Self {
        Self { stores: stores.into() }
    }

    /// The stores that it asks.
    pub fn stores(&self) -> &[S] {
        &self.stores
    }

    /// What the first store says that answers in its time.
    ///
    /// # Errors
    /// [`QueryError::TimedOut`] if none does; any other as soon as a store says so.
    pub fn find(&self, context: &Context, statement: &str) -> Result<Rows, QueryError> {
        let asked = self.stores.iter().map(|store| store.query(context, statement));
        let mut answered = asked.filter(|answer| *answer != Err(QueryError::TimedOut));
        answered.next().unwrap_or(Err(QueryError::TimedOut))
    }
}
