//! What the broker and the shop are put through: small programs that check their guarantees from outside.
//!
//! The book-keeping is in the results of the threads. In all of them a lease may run out at any time, on a clock that moves as it
//! likes: what is asserted is what holds all the same, or the variant says that it does not.

use reweave::sync::Arc;
use reweave::thread::{self, JoinHandle};
use reweave::time::Duration;

use super::pipeline::{Order, Progress, Shop, Station};
use super::variant::Policy;
use super::{AcknowledgeError, Broker, Config, Consumer, Position};
use crate::journal::{Durability, Scratch};

/// The unit of all durations.
const TICK: Duration = Duration::from_millis(2);

/// For how long a consumer has a message, in ticks.
const LEASE: u32 = 4;

/// Attempts that nobody uses up.
const MANY: u32 = 1_000;

/// How much goes on in a workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Partitions of the topic.
    pub partitions: usize,
    /// Threads that publish.
    pub producers: usize,
    /// Messages that each publishes.
    pub messages: u64,
    /// Groups that read the topic.
    pub groups: usize,
    /// Consumers in each group.
    pub consumers: usize,
}

const TOPIC: &str = "news";

/// What a message says: who published it, and how many it had published before.
type News = (usize, u64);

/// Messages that a consumer has acknowledged, in that order.
type Acknowledged = Vec<(Position, News)>;

/// Every group acknowledges every message once, and the messages of a producer in the order in which they were published.
///
/// # Panics
/// When a guarantee of the broker does not hold.
pub fn everybody_has_it<P: Policy>(size: Size) {
    let groups: Vec<_> = (0..size.groups).map(|group| format!("group {group}")).collect();
    let names: Vec<_> = groups.iter().map(String::as_str).collect();
    let broker = broker::<P>(Config::new().topic(TOPIC, size.partitions, &names));
    let reading: Vec<Vec<_>> = groups
        .iter()
        .map(|group| (0..size.consumers).map(|number| start_reader(&broker, group, number)).collect())
        .collect();
    let publishing: Vec<_> = (0..size.producers).map(|producer| start_producer(&broker, producer, size)).collect();

    let accepted: Vec<_> = publishing.into_iter().flat_map(join).collect();
    broker.close();
    assert_eq!(accepted.len() as u64, size.producers as u64 * size.messages, "an open broker accepts everything");
    for readers in reading {
        let acknowledged: Vec<_> = readers.into_iter().map(join).collect();
        acknowledged.iter().for_each(assert_order);
        assert_once(&accepted, acknowledged.concat());
    }
}

/// The broker is halted in the middle of everything, and the next process goes on with its log: what was acknowledged does not come
/// back, and what was not does.
///
/// # Panics
/// When a guarantee of the broker does not hold.
pub fn restart<P: Policy>(size: Size) {
    let scratch = Scratch::new();
    let open = || {
        let config = Config::new().topic(TOPIC, size.partitions, &["readers"]).attempts(MANY).lease(TICK * LEASE);
        let broker = config.open_variant::<Told, P>(&scratch.file("log"), Durability::Process);
        Arc::new(broker.expect("the log is ours"))
    };
    let broker = open();
    let reading: Vec<_> = (0..size.consumers).map(|number| start_reader(&broker, "readers", number)).collect();
    let publishing: Vec<_> = (0..size.producers).map(|producer| start_producer(&broker, producer, size)).collect();
    broker.halt();
    let accepted: Vec<_> = publishing.into_iter().flat_map(join).collect();
    let before: Vec<_> = reading.into_iter().map(join).collect();
    drop(broker);

    let broker = open();
    broker.close();
    let after = join(start_reader(&broker, "readers", 0));
    before.iter().chain([&after]).for_each(assert_order);
    assert_once(&accepted, [before.concat(), after].concat());
    drop(broker);
    let broker = open();
    broker.close();
    assert_eq!(join(start_reader(&broker, "readers", 0)), [], "nothing is left to do");
}

/// A worker is slow, so that its message is given to another, who has the next one in hand when the slow worker is done. That one fails,
/// and must be tried again.
///
/// # Panics
/// When a guarantee of the broker does not hold.
pub fn a_slow_worker<P: Policy>() {
    let broker = broker::<P>(Config::new().topic(TOPIC, 1, &["readers"]));
    for number in 0..2 {
        broker.publish(TOPIC, "key", Told((0, number))).expect("the broker is open");
    }
    broker.close();
    let work = |broker: &Broker<Told, P>| {
        let (mut done, mut acknowledged) = (Vec::new(), Vec::new());
        let consumer = subscribe(broker, "readers");
        while let Some(delivery) = consumer.receive().expect("there is no log") {
            let (position, Told(news)) = (delivery.position(), delivery.message().clone());
            match (position.offset, delivery.attempt()) {
                (0, 1) => thread::sleep(TICK * (LEASE + 2)),
                (1, 1) => {
                    thread::sleep(TICK * (LEASE - 1));
                    delivery.give_back();
                    continue;
                }
                _ => {}
            }
            done.push(news);
            match delivery.acknowledge() {
                Ok(()) => acknowledged.push((position, news)),
                Err(AcknowledgeError::Expired) => {}
                Err(AcknowledgeError::Log(error)) => panic!("there is no log: {error}"),
            }
        }
        (done, acknowledged)
    };
    let working: Vec<_> = (0..2).map(|number| start(format!("worker {number}"), &broker, work)).collect();
    let (done, acknowledged): (Vec<_>, Vec<_>) = working.into_iter().map(join).unzip();
    let done = done.concat();
    for number in 0..2 {
        assert!(done.contains(&(0, number)), "message {number} was settled, and nobody has done it");
    }
    assert_once(&[(0, 0), (0, 1)], acknowledged.concat());
}

/// The first message of each producer always fails: it is tried as often as it may, and is then a dead letter. The others are done.
///
/// # Panics
/// When a guarantee of the broker does not hold.
pub fn dead_letters<P: Policy>(size: Size, attempts: u32) {
    let config = Config::new().topic(TOPIC, size.partitions, &["readers"]).attempts(attempts).lease(TICK * LEASE);
    let broker = Arc::new(config.build_variant::<Told, P>().expect("the workload chooses numbers that fit"));
    let work = |broker: &Broker<Told, P>| {
        let mut tried = Vec::new();
        let worked = subscribe(broker, "readers").work(|delivery| {
            let Told(news) = *delivery.message();
            tried.push(news);
            if news.1 == 0 { Err(()) } else { Ok(()) }
        });
        worked.expect("there is no log");
        tried
    };
    let working: Vec<_> = (0..size.consumers).map(|number| start(format!("worker {number}"), &broker, work)).collect();
    let publishing: Vec<_> = (0..size.producers).map(|producer| start_producer(&broker, producer, size)).collect();
    let accepted: Vec<_> = publishing.into_iter().flat_map(join).collect();
    broker.close();
    let tried: Vec<_> = working.into_iter().flat_map(join).collect();
    let dead = std::iter::from_fn(|| broker.take_dead_letter(TOPIC, "readers").expect("there is such a group"));
    let dead: Vec<_> = dead.map(|letter| (letter.message.0, letter.attempts)).collect();

    for news in accepted {
        let times = tried.iter().filter(|tried| **tried == news).count();
        let expected = if news.1 == 0 { attempts } else { 1 };
        assert_eq!(times, expected as usize, "attempts of {news:?}");
        let letters: Vec<_> = dead.iter().filter(|letter| letter.0 == news).collect();
        assert_eq!(letters.len(), usize::from(news.1 == 0), "{news:?} is done, or a dead letter");
        assert!(letters.iter().all(|letter| letter.1 == attempts), "{letters:?} of {attempts} attempts");
    }
}

/// A day in the shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// Partitions of the topic.
    pub partitions: usize,
    /// Orders, which two customers place in turn.
    pub orders: u64,
    /// Workers at each station.
    pub workers: usize,
    /// Where workers die at the first order, and how far they come with it.
    pub death: Option<(Station, Progress)>,
}

/// Orders come in while workers die, and others take their place. Each order leaves the stock once, and earns
/// its points once.
///
/// # Panics
/// When a guarantee of the shop does not hold.
pub fn orders<P: Policy>(day: Day) {
    let pieces = |order: u64| order + 1;
    let ordered: u64 = (0..day.orders).map(pieces).sum();
    let config = Shop::config(day.partitions).lease(TICK * LEASE).attempts(MANY);
    let broker = config.build_variant().expect("the workload chooses numbers that fit");
    let shop = Arc::new(Shop::<P>::open(broker, ordered + 5));
    let work = |station: Station, death: Option<Progress>| {
        let run = move |shop: &Shop<P>| {
            let watched = shop.work(station, |order, progress| {
                if order.id == 0 && death == Some(progress) {
                    std::panic::resume_unwind(Box::new("in the middle of an order"));
                }
            });
            watched.expect("there is such a station, and no log");
        };
        (station, start(format!("{station:?} worker"), &shop, run))
    };
    let death_at = |station| day.death.filter(|(at, _)| *at == station).map(|(_, progress)| progress);
    let stations = [Station::Stock, Station::Points];
    let mut working: Vec<_> = stations
        .into_iter()
        .flat_map(|station| (0..day.workers).map(move |_| station))
        .map(|station| work(station, death_at(station)))
        .collect();
    for id in 0..day.orders {
        let customer = ["ada", "bob"][id as usize % 2].to_owned();
        shop.place(Order { id, customer, pieces: pieces(id) }).expect("the shop is open");
    }
    shop.close();
    while let Some((station, worker)) = working.pop() {
        if worker.join().is_err() {
            working.push(work(station, None));
        }
    }

    let points = [shop.points_of("ada"), shop.points_of("bob")];
    let earned = [0, 1].map(|customer| (0..day.orders).filter(|order| order % 2 == customer).map(pieces).sum());
    assert_eq!((shop.in_stock(), points), (5, earned), "each order counts once at each station");
    for station in stations {
        assert!(shop.take_failed(station).expect("there is such a station").is_none(), "no order failed");
    }
}

/// A message of a workload.
#[derive(Debug, Clone)]
struct Told(News);

impl crate::journal::Record for Told {
    fn encode(&self, bytes: &mut Vec<u8>) {
        let (producer, number) = self.0;
        bytes.extend((producer as u64).to_le_bytes());
        bytes.extend(number.to_le_bytes());
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (producer, number) = bytes.split_first_chunk()?;
        let number = u64::from_le_bytes(number.try_into().ok()?);
        Some(Told((u64::from_le_bytes(*producer) as usize, number)))
    }
}

fn broker<P: Policy>(config: Config) -> Arc<Broker<Told, P>> {
    let broker = config.lease(TICK * LEASE).attempts(MANY).build_variant();
    Arc::new(broker.expect("the workload chooses numbers that fit"))
}

fn subscribe<'a, P: Policy>(broker: &'a Broker<Told, P>, group: &str) -> Consumer<'a, Told, P> {
    broker.subscribe(TOPIC, group).expect("there is such a group")
}

/// Starts a producer, which returns what was accepted.
fn start_producer<P: Policy>(broker: &Arc<Broker<Told, P>>, producer: usize, size: Size) -> JoinHandle<Vec<News>> {
    start(format!("producer {producer}"), broker, move |broker| {
        let key = format!("producer {producer}");
        let news = (0..size.messages).map(|number| (producer, number));
        news.take_while(|news| broker.publish(TOPIC, &key, Told(*news)).is_ok()).collect()
    })
}

/// Starts a consumer that acknowledges everything, and returns what it has.
fn start_reader<P: Policy>(broker: &Arc<Broker<Told, P>>, group: &str, number: usize) -> JoinHandle<Acknowledged> {
    let group = group.to_owned();
    start(format!("{group}, reader {number}"), broker, move |broker| {
        let consumer = subscribe(broker, &group);
        let mut acknowledged = Vec::new();
        while let Some(delivery) = consumer.receive().expect("the disk works") {
            let (position, Told(news)) = (delivery.position(), delivery.message().clone());
            match delivery.acknowledge() {
                Ok(()) => acknowledged.push((position, news)),
                Err(AcknowledgeError::Expired) => {}
                Err(AcknowledgeError::Log(error)) => panic!("the disk works: {error}"),
            }
        }
        acknowledged
    })
}

fn start<S, T, F>(name: String, shared: &Arc<S>, run: F) -> JoinHandle<T>
where
    S: Send + Sync + 'static,
    T: Send + 'static,
    F: FnOnce(&S) -> T + Send + 'static,
{
    let shared = Arc::clone(shared);
    thread::Builder::new().name(name).spawn(move || run(&shared)).expect("there are threads enough")
}

/// The result of a thread. Its panic becomes that of the caller, under its own words.
fn join<T>(thread: JoinHandle<T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// A consumer has the messages of a partition, and those of a producer, in the order in which they were published.
fn assert_order(acknowledged: &Acknowledged) {
    for (index, (position, news)) in acknowledged.iter().enumerate() {
        for (later, later_news) in &acknowledged[index + 1..] {
            let ordered = later.partition != position.partition || later.offset > position.offset;
            assert!(ordered, "{later:?} came after {position:?}");
            assert!(later_news.0 != news.0 || later_news.1 > news.1, "{later_news:?} came after {news:?}");
        }
    }
}

/// Every accepted message was acknowledged, once, and nothing else was.
fn assert_once(accepted: &[News], acknowledged: Acknowledged) {
    let mut found: Vec<_> = acknowledged.into_iter().map(|(_, news)| news).collect();
    let mut accepted = accepted.to_vec();
    found.sort_unstable();
    accepted.sort_unstable();
    assert_eq!(found, accepted, "every accepted message is acknowledged, exactly once");
}
