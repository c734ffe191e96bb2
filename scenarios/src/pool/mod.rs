//! A pool of connections, and the layers of a service over it: gateway, service, repository.
//!
//! # The problem
//!
//! A connection to a database is dear: opening one takes a while, and the database bears only so many. So requests share
//! a few. A *pool* keeps those that nobody uses, opens new ones up to a limit, and lets a request wait when all
//! are out, but not for longer than the client would. Connections go bad while they lie idle, and also when
//! a query is given up half-way: the pool must notice the one and be told of the other, and replace them.
//!
//! Most of what goes wrong with pools is not a crash. A place that is not given back when a request fails is
//! missed a week later, when the last one is gone and every request is answered "busy". And the pool is where all requests
//! meet: if it is locked while somebody waits for the database, everybody waits, and not always for an end.
//!
//! Use a pool for what is dear to make, can be used again, and by one at a time. Limit with a semaphore what is cheap to
//! make. And keep the layers apart: only the [repository](layers::Repository) knows of connections, only the
//! [service](layers::Shop) knows the rules, and only the [gateway](layers::Gateway) what a client is told.
//!
//! ```
//! use reweave::time::Duration;
//! use reweave_scenarios::pool::database::Database;
//! use reweave_scenarios::pool::layers::{Gateway, Repository, Request, Shop, Status};
//! use reweave_scenarios::pool::{Config, ConfigError, Pool};
//!
//! let database = Database::new([(7, 3)]);
//! let pool: Pool<Database> = Config::new(2).patience(Duration::from_millis(100)).build(database)?;
//! let gateway = Gateway::new(Shop::new(Repository::new(pool, Duration::from_millis(50))));
//!
//! let sold = gateway.handle(Request::Reserve { item: 7, count: 2 });
//! assert_eq!((sold.status, sold.left), (Status::Ok, Some(1)));
//! assert_eq!(gateway.handle(Request::Reserve { item: 7, count: 2 }).status, Status::Conflict);
//! assert_eq!(gateway.handle(Request::Reserve { item: 8, count: 1 }).status.code(), 404);
//! # Ok::<(), ConfigError>(())
//! ```
//!
//! # Guarantees
//!
//! - *Bound.* No more connections are open at a time than the pool has places.
//! - *No place is lost.* When nobody uses the pool all places are free, however requests ended: with an answer, an error, a
//!   timeout or a panic.
//! - *One at a time.* A connection is used by one, and is reset before it is used by another: nobody finds a transaction
//!   that somebody else has left open.
//! - *Health.* A connection that has lain idle for longer than `check_after` is tried before it is handed out, and
//!   replaced if it is dead. One that was discarded is never handed out again.
//! - *Patience.* Who finds no place waits for one, and is not told [`PoolError::Busy`] before its time is up, nor without a last
//!   look.
//! - *Nobody waits for a lock while somebody waits for the database.* The pool calls the backend without holding its own
//!   lock.
//!
//! It does not promise fairness: who comes late may find the place for which another has been waiting.
//!
//! The pool is built like those of the crates `r2d2` and `deadpool`.

mod config;
pub mod database;
mod error;
pub mod layers;
mod row;
#[cfg(test)]
mod tests;
pub mod variant;
pub mod workload;

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use reweave::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use reweave::time::Instant;

pub use config::{Config, ConfigError};
pub use error::PoolError;
pub use row::scenario;

use variant::{Calls, Correct, Discard, Policy};

/// What a pool keeps connections to.
///
/// All of it is called by the thread that uses the connection, may take long, and must not panic.
pub trait Backend: Send + Sync + 'static {
    /// A connection. To drop it is to close it.
    type Connection: Send;
    /// Why there is none.
    type Error;

    /// Opens a connection.
    ///
    /// # Errors
    /// If that is not possible.
    fn connect(&self) -> Result<Self::Connection, Self::Error>;

    /// Whether a connection that has lain idle still works.
    fn is_healthy(&self, connection: &mut Self::Connection) -> bool;

    /// Makes a connection as good as new after it was used: ends a transaction that was left open, for example.
    fn reset(&self, connection: &mut Self::Connection);
}

/// A bounded pool of connections; see the [module](self) for what it guarantees.
///
/// The parameter `P` is there for the buggy twins of [`variant`]; leave it out.
pub struct Pool<B: Backend, P = Correct> {
    backend: B,
    config: Config,
    state: Mutex<State<B::Connection>>,
    /// A place is free, or a connection idle.
    returned: Condvar,
    policy: PhantomData<fn() -> P>,
}

struct State<C> {
    /// The one that was used last comes last.
    idle: Vec<Idle<C>>,
    /// Places that are taken: by idle connections, by those that are out, and by those that are being opened.
    taken: usize,
}

struct Idle<C> {
    connection: C,
    since: Instant,
}

/// A connection that is out. It goes back when this is dropped.
#[must_use = "the connection goes back at once if this is not kept"]
pub struct Checkout<'a, B: Backend, P: Policy = Correct> {
    pool: &'a Pool<B, P>,
    /// None while it is being opened, and when it was discarded: then there is only a place to be given back.
    connection: Option<B::Connection>,
}

impl<B: Backend, P: Policy> Pool<B, P> {
    fn assemble(backend: B, config: Config) -> Self {
        let state = Mutex::new(State { idle: Vec::new(), taken: 0 });
        Self { backend, config, state, returned: Condvar::new(), policy: PhantomData }
    }

    /// Takes a connection that lies idle, or opens one, or waits until one comes back.
    ///
    /// # Errors
    /// [`PoolError::Busy`] if none came back in time, [`PoolError::Connect`] if none could be opened.
    pub fn checkout(&self) -> Result<Checkout<'_, B, P>, PoolError<B::Error>> {
        let begun = Instant::now();
        let mut state = self.lock();
        let idle = loop {
            if let Some(idle) = state.idle.pop() {
                break Some(idle);
            }
            if state.taken < self.config.size {
                state.taken += 1;
                break None;
            }
            // The clock is asked last: whoever was told of a connection takes it.
            let left = self.config.patience.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return Err(PoolError::Busy);
            }
            state = self.returned.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        };
        // From here on the place is this one's: it goes back whatever happens.
        let mut checkout = Checkout { pool: self, connection: None };
        let held = match P::CALLS {
            Calls::Unlocked => {
                drop(state);
                None
            }
            Calls::UnderLock => Some(state),
        };
        checkout.connection = idle.and_then(|idle| self.still_good(idle));
        if checkout.connection.is_none() {
            checkout.connection = Some(self.backend.connect().map_err(PoolError::Connect)?);
        }
        drop(held);
        Ok(checkout)
    }

    /// The connection, if it works after its rest.
    fn still_good(&self, idle: Idle<B::Connection>) -> Option<B::Connection> {
        let Idle { mut connection, since } = idle;
        let rested = since.elapsed() < self.config.check_after;
        (rested || self.backend.is_healthy(&mut connection)).then_some(connection)
    }

    fn take_back(&self, mut connection: B::Connection) {
        let held = (P::CALLS == Calls::UnderLock).then(|| self.lock());
        self.backend.reset(&mut connection);
        let mut state = held.unwrap_or_else(|| self.lock());
        state.idle.push(Idle { connection, since: Instant::now() });
        drop(state);
        self.returned.notify_one();
    }

    fn free_place(&self) {
        self.lock().taken -= 1;
        self.returned.notify_one();
    }

    /// How many places are taken: by connections that are out or lie idle.
    pub fn open(&self) -> usize {
        self.lock().taken
    }

    /// How many connections lie idle.
    pub fn idle(&self) -> usize {
        self.lock().idle.len()
    }

    /// The state, be the lock poisoned or not: nothing that panics runs under it.
    fn lock(&self) -> MutexGuard<'_, State<B::Connection>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<B: Backend, P: Policy> Checkout<'_, B, P> {
    /// Closes the connection instead of giving it back, because it may be out of order: a query was given up half-way, for
    /// example. Its place is free again.
    pub fn discard(mut self) {
        drop(self.connection.take());
        if P::DISCARD == Discard::KeepsPlace {
            std::mem::forget(self);
        }
    }
}

impl<B: Backend, P: Policy> Drop for Checkout<'_, B, P> {
    fn drop(&mut self) {
        match self.connection.take() {
            Some(connection) => self.pool.take_back(connection),
            None => self.pool.free_place(),
        }
    }
}

impl<B: Backend, P: Policy> Deref for Checkout<'_, B, P> {
    type Target = B::Connection;

    fn deref(&self) -> &B::Connection {
        self.connection.as_ref().expect("whoever has a checkout has a connection")
    }
}

impl<B: Backend, P: Policy> DerefMut for Checkout<'_, B, P> {
    fn deref_mut(&mut self) -> &mut B::Connection {
        self.connection.as_mut().expect("whoever has a checkout has a connection")
    }
}

/// Shows the configuration. It does not take the lock, so printing a pool never waits for it.
impl<B: Backend, P> fmt::Debug for Pool<B, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("config", &self.config).finish_non_exhaustive()
    }
}

impl<B: Backend, P: Policy> fmt::Debug for Checkout<'_, B, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checkout").finish_non_exhaustive()
    }
}
