//! The pool, its layers and their twins, explored; and one thread alone.

#[cfg(feature = "sim")]
use proptest::prelude::*;
use reweave::sync::Arc;
use reweave::thread;
use reweave::time::Duration;

use super::database::{Database, Down};
use super::layers::{Gateway, QueryError, Repository, Request, Response, Session, Shop, ShopError, Status, StoreError};
use super::variant::Correct;
#[cfg(feature = "sim")]
use super::workload;
use super::{Backend, Config, ConfigError, Pool, PoolError};

crate::testing::row!(super::scenario);

#[cfg(feature = "sim")]
#[test]
fn the_guarantees_hold_for_any_number_of_clients_and_places() {
    let numbers = (1..6_usize, 1..4_usize, 0..6_u32).prop_map(|numbers| numbers);
    crate::testing::explore_with(&super::scenario(), numbers, |(clients, places, stock)| {
        workload::sale::<Correct>(clients, places, stock);
        workload::slow_database::<Correct>(clients, places);
        workload::check_during_transaction::<Correct>(clients);
        workload::outage::<Correct>(clients, places);
    });
}

const LITTLE: Duration = Duration::from_millis(2);

fn pool(size: usize, database: &Database) -> Pool<Database> {
    Config::new(size).patience(LITTLE).check_after(LITTLE).build(database.clone()).expect("there is a place")
}

#[test]
fn a_connection_is_used_again_and_checked_only_after_a_rest() {
    let database = Database::new([]);
    let pool = pool(2, &database);
    drop(pool.checkout().expect("it is up"));
    assert_eq!((pool.open(), pool.idle(), database.sessions().opened), (1, 1, 1));
    thread::sleep(LITTLE * 2);
    drop(pool.checkout().expect("it is up"));
    assert_eq!(database.sessions().opened, 1, "it is well, and used again");

    database.set_down(true);
    thread::sleep(LITTLE * 2);
    assert_eq!(pool.checkout().unwrap_err(), PoolError::Connect(Down));
    assert_eq!((pool.open(), database.sessions().open), (0, 0), "the dead one is closed, and its place free");
    database.set_down(false);
    drop(pool.checkout().expect("it is up again"));
    assert_eq!(database.sessions().opened, 2);
}

#[test]
fn a_discarded_connection_is_closed_and_its_place_free() {
    let database = Database::new([]);
    let pool = pool(1, &database);
    pool.checkout().expect("it is up").discard();
    assert_eq!((pool.open(), pool.idle(), database.sessions().open), (0, 0, 0));
    drop(pool.checkout().expect("its place is free"));
    assert_eq!(database.sessions().opened, 2);
}

fn gateway(database: &Database) -> Gateway<Database> {
    Gateway::new(Shop::new(Repository::new(pool(1, database), LITTLE)))
}

#[test]
fn every_failure_has_a_status_of_its_own() {
    let database = Database::new([(1, 5)]);
    let gateway = gateway(&database);
    let ask = |item, count| gateway.handle(Request::Reserve { item, count });
    assert_eq!(ask(1, 2), Response { status: Status::Ok, left: Some(3) });
    assert_eq!(ask(2, 1), Response { status: Status::NotFound, left: None });
    assert_eq!(ask(1, 4), Response { status: Status::Conflict, left: Some(3) });

    let mut other = database.connect().expect("it is up");
    other.begin(LITTLE).expect("nobody else is there");
    assert_eq!(ask(1, 1).status, Status::Timeout);
    drop(other);
    let only = gateway.shop().stock().pool().checkout().expect("its place is free again");
    assert_eq!(ask(1, 1).status, Status::Busy);
    drop(only);
    database.set_down(true);
    assert_eq!(ask(1, 1).status, Status::BadGateway);
    database.set_down(false);
    assert_eq!(ask(1, 3), Response { status: Status::Ok, left: Some(0) });
    let codes = [Status::Ok, Status::NotFound, Status::Conflict, Status::BadGateway, Status::Busy, Status::Timeout];
    assert_eq!(codes.map(Status::code), [200, 404, 409, 502, 503, 504]);
}

#[test]
fn a_panic_in_a_transaction_undoes_it_and_costs_no_place() {
    let database = Database::new([(1, 5)]);
    let stock: Arc<Repository<Database>> = Arc::new(Repository::new(pool(1, &database), LITTLE));
    let theirs = Arc::clone(&stock);
    let panics = thread::spawn(move || {
        theirs.transaction(|session| -> Result<(), StoreError> {
            session.set(1, 0);
            std::panic::resume_unwind(Box::new("in the middle of it"))
        })
    });
    assert!(panics.join().is_err());
    let seen = stock.transaction(|session| Ok::<_, StoreError>(session.get(1)));
    assert_eq!(seen, Ok(Some(5)));
    assert_eq!(stock.pool().open(), 1);
}

#[test]
fn what_is_set_in_a_transaction_is_seen_in_it_and_afterwards() {
    let database = Database::new([(1, 5)]);
    let mut session = database.connect().expect("it is up");
    session.begin(LITTLE).expect("nobody else is there");
    session.set(1, 4);
    assert_eq!((session.get(1), database.counts()[&1]), (Some(4), 5));
    session.commit();
    assert_eq!(database.counts()[&1], 4);
}

#[test]
fn errors_say_what_happened() {
    let refused = Config::new(0).build::<Database, Correct>(Database::new([])).unwrap_err();
    assert_eq!(refused, ConfigError::NoPlace);
    assert_eq!(refused.to_string(), "the size of the pool is 0, choose at least 1");
    assert_eq!(PoolError::<Down>::Busy.to_string(), "all connections were out until the time was up");
    let refused = PoolError::Connect(Down);
    assert_eq!(refused.to_string(), "no connection could be opened: the database is down");
    assert!(std::error::Error::source(&refused).is_some_and(|source| source.to_string() == "the database is down"));
    assert_eq!(QueryError::TimedOut.to_string(), "the query took too long");
    assert_eq!(ShopError::Store(StoreError::Busy).to_string(), "no connection was free in time");
    assert_eq!(ShopError::OutOfStock { left: 3 }.to_string(), "only 3 are left");
}
