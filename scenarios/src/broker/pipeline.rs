//! A shop: what is ordered is taken from the stock, and earns its customer points.
//!
//! Both is done by consumers of the same topic, in groups of their own, so that neither waits for the other. Delivery is at least
//! once; that each order counts once is up to the consumers: each keeps, together with what it changes and under one lock, which
//! orders it has seen. In a service both would be in one transaction of a database.
//!
//! ```
//! use reweave_scenarios::broker::pipeline::{Order, Shop, Station};
//!
//! let shop: Shop = Shop::open(Shop::config(2).build()?, 10);
//! shop.place(Order { id: 1, customer: "ada".to_owned(), pieces: 3 })?;
//! shop.close();
//! for station in [Station::Stock, Station::Points] {
//!     shop.work(station, |_, _| ())?;
//! }
//! assert_eq!((shop.in_stock(), shop.points_of("ada")), (7, 3));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fmt;
use std::marker::PhantomData;

use reweave::sync::{Mutex, PoisonError};

use super::variant::{Correct, Policy, SeenBefore};
use super::{Broker, Config, DeadLetter, PublishError, SubscribeError};
use crate::journal::Record;

/// State that changes once for each number, however often it is told to.
///
/// It is what makes a consumer *idempotent*: a message that is delivered twice changes nothing the second time.
///
/// ```
/// use reweave_scenarios::broker::Once;
///
/// let balance: Once<i64> = Once::new(100);
/// let charge = |account: &mut i64| -> Result<(), ()> { Ok(*account -= 30) };
/// assert_eq!(balance.apply(7, charge), Ok(true));
/// assert_eq!(balance.apply(7, charge), Ok(false)); // The same bill again.
/// assert_eq!(balance.read(|account| *account), 70);
/// ```
pub struct Once<S, P = Correct> {
    book: Mutex<Book<S>>,
    policy: PhantomData<fn() -> P>,
}

struct Book<S> {
    state: S,
    /// The numbers for which it has changed.
    seen: BTreeSet<u64>,
}

impl<S, P: Policy> Once<S, P> {
    /// State that nothing has changed yet.
    pub fn new(state: S) -> Self {
        Self { book: Mutex::new(Book { state, seen: BTreeSet::new() }), policy: PhantomData }
    }

    /// Changes the state, unless it has changed for this number before. Says whether it did.
    ///
    /// # Errors
    /// That of `change`, which is to leave the state as it was. Then the number has not been seen.
    pub fn apply<E>(&self, number: u64, change: impl FnOnce(&mut S) -> Result<(), E>) -> Result<bool, E> {
        let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        if P::SEEN_BEFORE == SeenBefore::Nothing && book.seen.contains(&number) {
            return Ok(false);
        }
        change(&mut book.state)?;
        book.seen.insert(number);
        Ok(true)
    }

    /// Looks at the state.
    pub fn read<R>(&self, look: impl FnOnce(&S) -> R) -> R {
        look(&self.book.lock().unwrap_or_else(PoisonError::into_inner).state)
    }
}

impl<S, P> fmt::Debug for Once<S, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Once").finish_non_exhaustive()
    }
}

/// An order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Its number, which no other has.
    pub id: u64,
    /// Whose it is. The orders of a customer are done one after the other.
    pub customer: String,
    /// How much is ordered.
    pub pieces: u64,
}

impl Record for Order {
    fn encode(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.id.to_le_bytes());
        bytes.extend(self.pieces.to_le_bytes());
        bytes.extend(self.customer.as_bytes());
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (id, bytes) = bytes.split_first_chunk()?;
        let (pieces, customer) = bytes.split_first_chunk()?;
        let customer = String::from_utf8(customer.to_vec()).ok()?;
        Some(Self { id: u64::from_le_bytes(*id), customer, pieces: u64::from_le_bytes(*pieces) })
    }
}

/// Where something is done about an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Station {
    /// The pieces are taken from the stock.
    Stock,
    /// The customer earns a point for each piece.
    Points,
}

impl Station {
    fn group(self) -> &'static str {
        match self {
            Station::Stock => "stock",
            Station::Points => "points",
        }
    }
}

/// How far a worker has come with an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// It begins.
    Begun,
    /// The change is made, and the message not acknowledged.
    Changed,
}

/// There are not as many pieces in stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutOfStock;

impl fmt::Display for OutOfStock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there are not as many pieces in stock")
    }
}

impl Error for OutOfStock {}

/// A shop with a broker between its counter and its stations; see the [module](self).
#[derive(Debug)]
pub struct Shop<P = Correct> {
    broker: Broker<Order, P>,
    stock: Once<u64, P>,
    points: Once<BTreeMap<String, u64>, P>,
}

const ORDERS: &str = "orders";

impl Shop {
    /// How the broker of a shop is set up, apart from leases and attempts.
    #[must_use]
    pub fn config(partitions: usize) -> Config {
        Config::new().topic(ORDERS, partitions, &[Station::Stock.group(), Station::Points.group()])
    }
}

impl<P: Policy> Shop<P> {
    /// A shop with this broker, which has the topic of [`config`](Self::config), and so many pieces in stock.
    pub fn open(broker: Broker<Order, P>, pieces: u64) -> Self {
        Self { broker, stock: Once::new(pieces), points: Once::new(BTreeMap::new()) }
    }

    /// Accepts an order.
    ///
    /// # Errors
    /// If the shop is closed, or the log cannot be written.
    pub fn place(&self, order: Order) -> Result<(), PublishError<Order>> {
        let customer = order.customer.clone();
        self.broker.publish(ORDERS, &customer, order).map(drop)
    }

    /// Works at a station until the shop is closed and every order is done. `watch` is told of each attempt how far it has come, for
    /// the log of the service.
    ///
    /// # Errors
    /// If the broker does not know the station, or cannot write its log.
    pub fn work(&self, station: Station, mut watch: impl FnMut(&Order, Progress)) -> Result<(), SubscribeError> {
        let consumer = self.broker.subscribe(ORDERS, station.group())?;
        let worked = consumer.work(|delivery| {
            let order = delivery.message();
            watch(order, Progress::Begun);
            self.change(station, order)?;
            watch(order, Progress::Changed);
            Ok::<(), OutOfStock>(())
        });
        worked.map_err(SubscribeError::Log)
    }

    fn change(&self, station: Station, order: &Order) -> Result<bool, OutOfStock> {
        match station {
            Station::Stock => self.stock.apply(order.id, |pieces| {
                *pieces = pieces.checked_sub(order.pieces).ok_or(OutOfStock)?;
                Ok(())
            }),
            Station::Points => self.points.apply(order.id, |points| {
                *points.entry(order.customer.clone()).or_default() += order.pieces;
                Ok(())
            }),
        }
    }

    /// Accepts no order any more.
    pub fn close(&self) {
        self.broker.close();
    }

    /// Takes the oldest order that a station has given up.
    ///
    /// # Errors
    /// If the broker does not know the station, or cannot write its log.
    pub fn take_failed(&self, station: Station) -> Result<Option<DeadLetter<Order>>, SubscribeError> {
        self.broker.take_dead_letter(ORDERS, station.group())
    }

    /// How many pieces are in stock.
    pub fn in_stock(&self) -> u64 {
        self.stock.read(|pieces| *pieces)
    }

    /// How many points a customer has.
    pub fn points_of(&self, customer: &str) -> u64 {
        self.points.read(|points| points.get(customer).copied().unwrap_or(0))
    }
}
