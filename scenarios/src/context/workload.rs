//! What the layers are put through: small programs that check their guarantees from outside.
//!
//! That no goroutine is left behind is not asserted anywhere: an execution that ends with a task which can never finish fails as it
//! is.

use reweave::go::{Context, ContextError};
use reweave::sync::{Arc, Mutex};
use reweave::thread::{self, JoinHandle};
use reweave::time::{Duration, Instant};

use super::server::{Entry, Pace, Server};
use super::variant::Policy;
use super::{Database, Driver, Handler, QueryError, Request, Response, Rows, Service, Status, Store, TraceId};

/// The unit of all durations.
const TICK: Duration = Duration::from_millis(5);

/// A limit, or the time that something takes, in ticks; for ever if it is `None`.
pub type Ticks = Option<u32>;

/// Some requests at the same time, to a server that answers at once: every one gets the answer to its own statement, and the server
/// knows whose it is.
///
/// # Panics
/// When a guarantee of the layers does not hold.
pub fn answers<P: Policy>(requests: u64, limit: Option<Duration>) {
    let server = Server::new(Pace::Answers(Duration::ZERO));
    let service = Service::new([database::<P>(&server, None)]);
    let handler = Arc::new(Handler::<_, P>::new(service, limit));
    let caller = caller();
    let asked: Vec<_> = (0..requests).map(|number| ask(number, &handler, &caller)).collect();
    for (number, asked) in (0..).zip(asked) {
        assert_eq!(join(asked).0, Response { status: Status::Ok, rows: vec![statement(number)] });
    }
    let mut log = server.log();
    log.sort_by_key(|entry| entry.trace);
    assert_eq!(log, (0..requests).map(|number| entry(number, false)).collect::<Vec<_>>(), "the ids travel");
}

/// A request that may take `limit` ticks is answered after `work` ticks: it gets the answer, or is told that its time is up just
/// then. Afterwards its context is done, and the statement has come to its end.
///
/// # Panics
/// When a guarantee of the layers does not hold.
pub fn one_request<P: Policy>(work: Ticks, limit: Ticks) {
    let server = Server::new(pace(work));
    let service = Service::new([Spy::new(database::<P>(&server, None))]);
    let handler = Arc::new(Handler::<_, P>::new(service, limit.map(ticks)));
    let caller = caller();
    let begun = Instant::now();
    let (response, answered) = join(ask(1, &handler, &caller));
    let waited = answered - begun;

    let expected = [work, limit].into_iter().flatten().min().expect("it comes to an end");
    assert_eq!(waited, TICK * expected, "nobody waits for longer than the answer or the limit takes");
    match response.status {
        Status::Ok => assert_eq!((response.rows, work), (vec![statement(1)], Some(expected))),
        status => assert_eq!((status, limit), (Status::Timeout, Some(expected))),
    }
    let context = handler.service.stores()[0].seen.lock().expect("nobody panics").clone();
    let context = context.expect("the service has asked");
    assert!(context.err().is_some(), "the request is answered, and its context is not done: its timer runs on");
}

/// A query may take `query` ticks and the request `limit` ticks, and the server never answers.
///
/// # Panics
/// When a guarantee of the layers does not hold.
pub fn hanging_server<P: Policy>(query: u32, limit: u32) {
    let server = Server::new(Pace::Hangs);
    let service = Service::new([database::<P>(&server, Some(ticks(query)))]);
    let handler = Arc::new(Handler::<_, P>::new(service, Some(ticks(limit))));
    let caller = caller();
    let begun = Instant::now();
    let (response, answered) = join(ask(1, &handler, &caller));
    let waited = answered - begun;
    assert!(waited <= TICK * limit, "the request took {waited:?}, of {:?} at most", TICK * limit);
    assert_eq!((response.status, waited), (Status::Timeout, TICK * query.min(limit)));
    assert_eq!(ended(&server), [entry(1, true)], "the statement is ended at the server");
}

/// The first of two servers hangs, and the second is asked when a query has taken a tick. The request has three.
///
/// # Panics
/// When a guarantee of the layers does not hold.
pub fn second_try<P: Policy>() {
    let servers = [Pace::Hangs, Pace::Answers(Duration::ZERO)].map(Server::new);
    let caller = caller();
    let service = Service::new(servers.each_ref().map(|server| database::<P>(server, Some(TICK))));
    let handler = Arc::new(Handler::<_, P>::new(service, Some(TICK * 3)));
    let begun = Instant::now();
    let (response, answered) = join(ask(1, &handler, &caller));
    assert_eq!(
        (response.status, answered - begun),
        (Status::Ok, TICK),
        "the query is given up, and the request is not"
    );
    assert_eq!(caller.err(), None, "nobody cancels what is above");
    assert_eq!(ended(&servers[0]), [entry(1, true)]);
    assert_eq!(ended(&servers[1]), [entry(1, false)]);
}

/// A client hangs up after a tick, when the answer that takes `work` ticks may be there or not.
///
/// # Panics
/// When a guarantee of the layers does not hold.
pub fn hangs_up<P: Policy>(work: Ticks) {
    let server = Server::new(pace(work));
    let (caller, hang_up) = Context::background().with_cancel();
    let service = Service::new([database::<P>(&server, None)]);
    let handler = Arc::new(Handler::<_, P>::new(service, None));
    let begun = Instant::now();
    let asked = ask(1, &handler, &caller);
    thread::sleep(TICK);
    hang_up.cancel();

    let (response, answered) = join(asked);
    let waited = answered - begun;
    assert_eq!(caller.err(), Some(ContextError::Canceled));
    assert_eq!(waited, TICK * work.map_or(1, |work| work.min(1)), "who hangs up is heard at once");
    match response.status {
        Status::Ok => assert!(work.is_some_and(|work| work <= 1), "the answer was not there yet"),
        status => assert!(status == Status::Cancelled && work != Some(0), "{status:?} of an answer after {work:?}"),
    }
    assert_eq!(ended(&server).len(), 1, "the statement has come to its end");
}

/// Some requests at the same time, each with an id of its own and work that takes none to four ticks, of which it has two.
///
/// # Panics
/// When a guarantee of the layers does not hold.
pub fn crowd<P: Policy>(requests: u64) {
    let servers: Vec<_> = (0..requests).map(|work| Server::new(pace(Some(work as u32 % 5)))).collect();
    let caller = caller();
    let begun = Instant::now();
    let ask = |(number, server): (u64, &Server)| {
        let service = Service::new([database::<P>(server, Some(TICK * 3))]);
        ask(number, &Arc::new(Handler::<_, P>::new(service, Some(TICK * 2))), &caller)
    };
    let asked: Vec<_> = (0..).zip(&servers).map(ask).collect();
    for (number, asked) in asked.into_iter().enumerate() {
        let (response, answered) = join(asked);
        let work = number as u32 % 5;
        assert_eq!(answered - begun, TICK * work.min(2), "every request is answered in time");
        assert!(if response.status == Status::Ok { work <= 2 } else { work >= 2 }, "{response:?} after {work} ticks");
    }
    for (number, server) in (0..).zip(&servers) {
        let log = ended(server);
        assert!(log == [entry(number, false)] || log == [entry(number, true)], "the id travels: {log:?}");
    }
}

/// A store that keeps the context with which it was asked.
struct Spy<S> {
    store: S,
    seen: Mutex<Option<Context>>,
}

impl<S> Spy<S> {
    fn new(store: S) -> Self {
        Self { store, seen: Mutex::new(None) }
    }
}

impl<S: Store> Store for Spy<S> {
    fn query(&self, context: &Context, statement: &str) -> Result<Rows, QueryError> {
        *self.seen.lock().expect("nobody panics") = Some(context.clone());
        self.store.query(context, statement)
    }
}

/// What the server has in its log when everything has come to its end.
fn ended(server: &Server) -> Vec<Entry> {
    // Who was told to end a statement does so at once, and after this everybody is told.
    thread::sleep(TICK);
    server.log()
}

fn entry(number: u64, killed: bool) -> Entry {
    Entry { trace: Some(TraceId(number)), statement: statement(number), killed }
}

fn request(number: u64) -> Request {
    Request { trace: TraceId(number), statement: statement(number) }
}

fn statement(number: u64) -> String {
    format!("select {number}")
}

fn database<P: Policy>(server: &Server, limit: Option<Duration>) -> Database<Server, P> {
    Database::new(Driver::new(server.clone()), limit)
}

fn pace(work: Ticks) -> Pace {
    work.map_or(Pace::Hangs, |work| Pace::Answers(ticks(work)))
}

fn ticks(number: u32) -> Duration {
    TICK * number
}

/// The context of somebody who never hangs up, and stays for longer than any request.
fn caller() -> Context {
    Context::background().with_cancel().0
}

/// Somebody asks for something, and notes when the answer is there.
fn ask<S: Store, P: Policy>(
    number: u64,
    handler: &Arc<Handler<S, P>>,
    caller: &Context,
) -> JoinHandle<(Response, Instant)> {
    let (handler, caller) = (Arc::clone(handler), caller.clone());
    let thread = thread::Builder::new().name(format!("request {number}"));
    let asked = thread.spawn(move || (handler.handle(&caller, request(number)), Instant::now()));
    asked.expect("there are threads enough")
}

/// The result of a thread. Its panic becomes that of the caller, under its own words.
fn join<R>(thread: JoinHandle<R>) -> R {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
