//! What the pool and its layers are put through: small programs that check their guarantees from outside.
//!
//! The database is played by [`database`](super::database), which counts its sessions.

use reweave::sync::Arc;
use reweave::thread::{self, JoinHandle};
use reweave::time::{Duration, Instant};

use super::database::Database;
use super::layers::{Gateway, Repository, Request, Response, Session, Shop, Status};
use super::variant::Policy;
use super::{Backend, Config, Pool, PoolError};

/// The unit of all durations.
const TICK: Duration = Duration::from_millis(5);

/// As long as it takes.
const LONG: Duration = Duration::from_secs(3600);

/// The only item in the shop.
const ITEM: u32 = 7;

type Service<P> = Arc<Gateway<Database, P>>;

/// Each client wants one piece, of which there are so many. Who gets one is told so, nobody else is, and there are never more
/// sessions than places.
///
/// # Panics
/// When a guarantee of the pool or a layer does not hold.
pub fn sale<P: Policy>(clients: usize, places: usize, stock: u32) {
    let database = Database::new([(ITEM, stock)]);
    let service = service::<P>(&database, Config::new(places).patience(LONG), LONG);
    let clients: Vec<_> = (0..clients).map(|client| ask(client, &service, 1)).collect();
    let answers: Vec<_> = clients.into_iter().map(join).collect();

    let sold = answers.iter().filter(|answer| answer.status == Status::Ok).count();
    assert_eq!(sold, answers.len().min(stock as usize), "everybody gets a piece as long as there are any: {answers:?}");
    let mut left: Vec<_> = answers.iter().filter(|answer| answer.status == Status::Ok).collect();
    left.sort_by_key(|answer| std::cmp::Reverse(answer.left));
    assert!(left.windows(2).all(|two| two[0].left > two[1].left), "no piece is sold twice: {answers:?}");
    let refused = answers.iter().filter(|answer| answer.status == Status::Conflict && answer.left == Some(0));
    assert_eq!(refused.count(), answers.len() - sold, "the others are told that there is nothing left");
    assert_eq!(database.counts()[&ITEM] as usize, stock as usize - sold, "what was sold is gone");
    assert_recovered(&service, &database, places);
    assert!(database.sessions().peak <= places, "there were more sessions than places");
}

/// Somebody locks the database for just as long as requests are willing to wait for it. Whether they time out or not, the service
/// is as good as before when the lock is gone.
///
/// # Panics
/// When a guarantee of the pool or a layer does not hold.
pub fn slow_database<P: Policy>(clients: usize, places: usize) {
    let database = Database::new([(ITEM, 100)]);
    let service = service::<P>(&database, Config::new(places).patience(LONG), TICK);
    let mut other = database.connect().expect("the database is up");
    other.begin(LONG).expect("nobody else is there");
    let clients: Vec<_> = (0..clients).map(|client| ask(client, &service, 1)).collect();
    thread::sleep(TICK);
    other.commit();
    drop(other);

    let mut sold = 0;
    for answer in clients.into_iter().map(join) {
        assert!(matches!(answer.status, Status::Ok | Status::Timeout), "{answer:?}");
        sold += u32::from(answer.status == Status::Ok);
    }
    assert_eq!(database.counts()[&ITEM], 100 - sold, "a request that timed out has not happened");
    assert_recovered(&service, &database, places);
}

/// A request fails in the middle of its transaction, while another one finds its connection in need of a check, which waits
/// for that transaction to end.
///
/// # Panics
/// When a guarantee of the pool or a layer does not hold.
pub fn check_during_transaction<P: Policy>(clients: usize) {
    let places = clients + 1;
    let database = Database::new([(ITEM, 100)]);
    let config = Config::new(places).patience(LONG).check_after(Duration::ZERO);
    let service = service::<P>(&database, config, LONG);
    // From here on all connections lie idle.
    assert_recovered(&service, &database, places);

    let greedy = ask(0, &service, 1_000);
    let clients: Vec<_> = (1..=clients).map(|client| ask(client, &service, 1)).collect();
    let sold = clients.len() as u32;
    assert_eq!(join(greedy).status, Status::Conflict, "there are not so many");
    clients.into_iter().for_each(|client| assert_eq!(join(client).status, Status::Ok, "there are enough for it"));
    assert_eq!(database.counts()[&ITEM], 100 - sold, "a transaction that failed has not happened");
    assert_recovered(&service, &database, places);
}

/// The database goes down for a moment while clients come. Afterwards the service is as good as before.
///
/// # Panics
/// When a guarantee of the pool or a layer does not hold.
pub fn outage<P: Policy>(clients: usize, places: usize) {
    let database = Database::new([(ITEM, 100)]);
    let config = Config::new(places).patience(LONG).check_after(Duration::ZERO);
    let service = service::<P>(&database, config, LONG);
    drop(service.shop().stock().pool().checkout().expect("the database is up"));
    let clients: Vec<_> = (0..clients).map(|client| ask(client, &service, 1)).collect();
    database.set_down(true);
    database.set_down(false);

    let mut sold = 0;
    for answer in clients.into_iter().map(join) {
        assert!(matches!(answer.status, Status::Ok | Status::BadGateway), "{answer:?}");
        sold += u32::from(answer.status == Status::Ok);
    }
    assert_eq!(database.counts()[&ITEM], 100 - sold, "a request that failed has not happened");
    assert_recovered(&service, &database, places);
}

/// The only connection comes back just when somebody gives up waiting for it. If that one leaves without it, another one who waits
/// gets it.
///
/// # Panics
/// When a guarantee of the pool does not hold.
pub fn in_time_or_busy<P: Policy>() {
    let database = Database::new([]);
    let pool: Arc<Pool<_, P>> = Arc::new(Config::new(1).patience(TICK).build(database).expect("there is a place"));
    let only = pool.checkout().expect("nobody else is there");
    let waiting = [0, 1].map(|client| {
        let pool = Arc::clone(&pool);
        start(client, move || {
            let begun = Instant::now();
            (pool.checkout().map(drop), begun.elapsed())
        })
    });
    thread::sleep(TICK);
    drop(only);
    for (outcome, waited) in waiting.map(join) {
        assert!(
            outcome == Ok(()) || (outcome == Err(PoolError::Busy) && waited >= TICK),
            "{outcome:?} after {waited:?}"
        );
    }
    assert_eq!((pool.open(), pool.idle()), (1, 1), "the connection is back");
}

/// When nobody uses the service it answers, all places of its pool can be had, and no session is left that has none.
fn assert_recovered<P: Policy>(service: &Service<P>, database: &Database, places: usize) {
    let answer = service.handle(Request::Reserve { item: ITEM, count: 0 });
    assert_eq!(answer.status, Status::Ok, "the database is well, so the service answers");
    let pool = service.shop().stock().pool();
    let all: Vec<_> = (0..places).map(|_| pool.checkout().ok()).collect();
    assert!(all.iter().all(Option::is_some), "all places are free");
    assert_eq!(database.sessions().open, places, "there is a session for each place");
}

fn service<P: Policy>(database: &Database, config: Config, patience: Duration) -> Service<P> {
    let pool = config.build(database.clone()).expect("a workload chooses a size above 0");
    Arc::new(Gateway::new(Shop::new(Repository::new(pool, patience))))
}

/// Somebody asks the service for so many pieces.
fn ask<P: Policy>(client: usize, service: &Service<P>, count: u32) -> JoinHandle<Response> {
    let service = Arc::clone(service);
    start(client, move || service.handle(Request::Reserve { item: ITEM, count }))
}

fn start<R: Send + 'static>(client: usize, work: impl FnOnce() -> R + Send + 'static) -> JoinHandle<R> {
    let thread = thread::Builder::new().name(format!("client {client}"));
    thread.spawn(work).expect("there are threads enough")
}

/// The result of a thread. Its panic becomes that of the caller, under its own words.
fn join<R>(thread: JoinHandle<R>) -> R {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
