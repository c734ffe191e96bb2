//! The layers over the pool: a repository that knows of connections, a service that knows the rules, and a gateway that knows
//! what a client is told.
//!
//! Each has errors of its own, and turns those of the layer below into them: nobody above the repository knows what a connection
//! is, and nobody below the gateway what a status is.

use std::error::Error;
use std::fmt;

use reweave::time::Duration;

use super::variant::{Correct, Policy};
use super::{Backend, Checkout, Pool, PoolError};

/// What a repository wants of a connection: transactions over a table of counts.
pub trait Session {
    /// Begins a transaction, and waits for those of others to end for at most so long.
    ///
    /// # Errors
    /// [`QueryError`]. Then there is no transaction, and the session may be out of order.
    fn begin(&mut self, patience: Duration) -> Result<(), QueryError>;

    /// The count of an item, if there is one.
    fn get(&mut self, item: u32) -> Option<u32>;

    /// Sets the count of an item.
    fn set(&mut self, item: u32, count: u32);

    /// Ends the transaction, and keeps what was set in it.
    fn commit(&mut self);
}

/// Why a query has no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryError {
    /// It took too long, and was given up.
    TimedOut,
    /// The session is dead.
    Broken,
}

/// Runs transactions on the connections of a pool.
#[derive(Debug)]
pub struct Repository<B: Backend, P = Correct> {
    pool: Pool<B, P>,
    patience: Duration,
}

/// Why a transaction was not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreError {
    /// There was no connection for it.
    Busy,
    /// The database cannot be reached.
    Unreachable,
    /// The transactions of others took too long.
    TimedOut,
}

impl<B: Backend<Connection: Session>, P: Policy> Repository<B, P> {
    /// A repository whose transactions wait for those of others for at most so long.
    pub fn new(pool: Pool<B, P>, patience: Duration) -> Self {
        Self { pool, patience }
    }

    /// The pool whose connections it uses.
    pub fn pool(&self) -> &Pool<B, P> {
        &self.pool
    }

    /// Runs `run` in a transaction. It is committed if `run` says so, by an `Ok`; otherwise nothing has happened.
    ///
    /// # Errors
    /// The error of `run`, or a [`StoreError`] that is made one.
    pub fn transaction<T, E: From<StoreError>>(
        &self,
        run: impl FnOnce(&mut B::Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut connection = self.begin()?;
        // If it fails the transaction stays open: giving the connection back resets it.
        let result = run(&mut connection)?;
        connection.commit();
        Ok(result)
    }

    fn begin(&self) -> Result<Checkout<'_, B, P>, StoreError> {
        let mut connection = self.pool.checkout().map_err(|error| match error {
            PoolError::Busy => StoreError::Busy,
            PoolError::Connect(_) => StoreError::Unreachable,
        })?;
        match connection.begin(self.patience) {
            Ok(()) => Ok(connection),
            Err(error) => {
                // What was given up may still be under way.
                connection.discard();
                Err(match error {
                    QueryError::TimedOut => StoreError::TimedOut,
                    QueryError::Broken => StoreError::Unreachable,
                })
            }
        }
    }
}

/// Sells what is in stock, and nothing else: the service.
#[derive(Debug)]
pub struct Shop<B: Backend, P = Correct> {
    stock: Repository<B, P>,
}

/// Why nothing was sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShopError {
    /// There is no such item.
    Unknown,
    /// There are not so many.
    OutOfStock {
        /// How many there are.
        left: u32,
    },
    /// The stock could not be asked.
    Store(StoreError),
}

impl<B: Backend<Connection: Session>, P: Policy> Shop<B, P> {
    /// A shop with this stock.
    pub fn new(stock: Repository<B, P>) -> Self {
        Self { stock }
    }

    /// Where its stock is kept.
    pub fn stock(&self) -> &Repository<B, P> {
        &self.stock
    }

    /// Takes `count` of an item out of the stock. Returns how many are left.
    ///
    /// # Errors
    /// [`ShopError`]. Then nothing was taken.
    pub fn reserve(&self, item: u32, count: u32) -> Result<u32, ShopError> {
        self.stock.transaction(|stock| {
            let there = stock.get(item).ok_or(ShopError::Unknown)?;
            let left = there.checked_sub(count);
            // Taken out first, and looked at afterwards: what is not committed has not happened.
            stock.set(item, left.unwrap_or(0));
            left.ok_or(ShopError::OutOfStock { left: there })
        })
    }
}

/// Answers requests.
#[derive(Debug)]
pub struct Gateway<B: Backend, P = Correct> {
    shop: Shop<B, P>,
}

/// What a client asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// So many of an item.
    Reserve {
        /// Which one.
        item: u32,
        /// How many of it.
        count: u32,
    },
}

/// What a client is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Response {
    /// Whether it got what it asked for, and if not why.
    pub status: Status,
    /// How many are left in stock, if that is known.
    pub left: Option<u32>,
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// With what was asked for.
    Ok,
    /// There is no such thing.
    NotFound,
    /// There is not enough of it.
    Conflict,
    /// The service could not reach what it needs.
    BadGateway,
    /// There are too many requests; try again later.
    Busy,
    /// It took too long.
    Timeout,
}

impl Status {
    /// The status code of HTTP.
    #[must_use]
    pub fn code(self) -> u16 {
        match self {
            Self::Ok => 200,
            Self::NotFound => 404,
            Self::Conflict => 409,
            Self::BadGateway => 502,
            Self::Busy => 503,
            Self::Timeout => 504,
        }
    }
}

impl<B: Backend<Connection: Session>, P: Policy> Gateway<B, P> {
    /// A gateway to this shop.
    pub fn new(shop: Shop<B, P>) -> Self {
        Self { shop }
    }

    /// The shop behind it.
    pub fn shop(&self) -> &Shop<B, P> {
        &self.shop
    }

    /// Answers a request.
    pub fn handle(&self, request: Request) -> Response {
        let Request::Reserve { item, count } = request;
        let (status, left) = match self.shop.reserve(item, count) {
            Ok(left) => (Status::Ok, Some(left)),
            Err(ShopError::Unknown) => (Status::NotFound, None),
            Err(ShopError::OutOfStock { left }) => (Status::Conflict, Some(left)),
            Err(ShopError::Store(StoreError::Busy)) => (Status::Busy, None),
            Err(ShopError::Store(StoreError::Unreachable)) => (Status::BadGateway, None),
            Err(ShopError::Store(StoreError::TimedOut)) => (Status::Timeout, None),
        };
        Response { status, left }
    }
}

impl From<StoreError> for ShopError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TimedOut => "the query took too long",
            Self::Broken => "the session is dead",
        })
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Busy => "no connection was free in time",
            Self::Unreachable => "the database cannot be reached",
            Self::TimedOut => "the transactions of others took too long",
        })
    }
}

impl fmt::Display for ShopError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("there is no such item"),
            Self::OutOfStock { left } => write!(f, "only {left} are left"),
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl Error for QueryError {}
impl Error for StoreError {}
impl Error for ShopError {}
