//! What the feed is put through: small programs that check its guarantees from outside.
//!
//! That no source and no receiver is left behind is not asserted anywhere: an execution that ends with a task which can never
//! finish fails as it is.

use reweave::go;
use reweave::thread::{self, JoinHandle};

use super::variant::Policy;
use super::{Feed, Merge, Outlet, Stopped};

/// How much goes on in a workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Sources that send.
    pub sources: usize,
    /// Items that each of them has.
    pub items: usize,
    /// Receivers, at least one.
    pub receivers: usize,
    /// Items that the channel has room for.
    pub capacity: usize,
}

/// An item that says where it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Item {
    source: usize,
    number: usize,
}

/// Receivers loop over the items until the end: they get all of them, each once and in order.
///
/// # Panics
/// When a guarantee of the feed does not hold.
pub fn complete<P: Policy>(size: Size) {
    let feed = start_sources(size, |source, items, outlet: &Outlet<_, P>| {
        for number in 0..items {
            outlet.send(Item { source, number }).expect("nobody stops");
        }
    });
    let received = receive(feed, size.receivers, |feed| feed.iter().collect::<Vec<_>>());

    assert_in_order(&received);
    let mut all = received.concat();
    all.sort_unstable();
    let sent = (0..size.sources).flat_map(|source| (0..size.items).map(move |number| Item { source, number }));
    assert_eq!(all, sent.collect::<Vec<_>>(), "everything is received, and once");
}

/// Receivers take as many items as are `wanted` and stop, while the sources would go on for ever. What was accepted before can still
/// be received.
///
/// # Panics
/// When a guarantee of the feed does not hold.
pub fn seen_enough<P: Policy>(size: Size, wanted: usize) {
    let accepted = go::Chan::new(size.sources);
    let tell = accepted.clone();
    let feed = start_sources(size, move |source, _, outlet: &Outlet<_, P>| {
        let sent = (0..).take_while(|number| outlet.send(Item { source, number: *number }).is_ok()).count();
        assert_eq!(outlet.send(Item { source, number: sent }), Err(Stopped), "a stop is final");
        tell.send((source, sent));
    });
    let received = receive(feed, size.receivers, move |feed| {
        let mut items: Vec<_> = feed.iter().take(wanted).collect();
        feed.stop();
        items.extend(feed);
        items
    });

    assert_in_order(&received);
    let mut all = received.concat();
    all.sort_unstable();
    let mut counts: Vec<_> = (0..size.sources).map(|_| accepted.recv().expect("nobody closes it")).collect();
    counts.sort_unstable();
    let sent = counts.into_iter().flat_map(|(source, sent)| (0..sent).map(move |number| Item { source, number }));
    assert_eq!(all, sent.collect::<Vec<_>>(), "what was accepted is received, and once");
}

/// Receivers take one item each and are dropped. The sources end although nobody stops them.
///
/// # Panics
/// When a guarantee of the feed does not hold.
pub fn dropped<P: Policy>(size: Size) {
    let ended = go::Chan::new(size.sources);
    let tell = ended.clone();
    let feed = start_sources(size, move |source, _, outlet: &Outlet<_, P>| {
        while outlet.send(Item { source, number: 0 }) != Err(Stopped) {}
        tell.send(outlet.is_stopped());
    });
    let received = receive(feed, size.receivers, |feed| feed.recv().is_some());
    assert!(received.iter().all(|got| *got) || size.sources == 0, "there is an item for everybody");
    for _ in 0..size.sources {
        assert_eq!(ended.recv(), Some(true), "a source ends because it is stopped");
    }
}

/// Receivers work in the background, and the program goes on when the last item is done.
///
/// # Panics
/// When a guarantee of the feed does not hold.
pub fn in_the_background<P: Policy>(size: Size) {
    let done = go::Chan::new(0);
    let feed = start_sources(size, |source, items, outlet: &Outlet<_, P>| {
        for number in 0..items {
            outlet.send(Item { source, number }).expect("nobody stops");
        }
    });
    for _ in 0..size.receivers {
        let (feed, done) = (feed.clone(), done.clone());
        go::spawn(move || {
            for item in &feed {
                done.send(item);
            }
        });
    }
    let mut all: Vec<_> = (0..size.sources * size.items).map(|_| done.recv().expect("nobody closes it")).collect();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), size.sources * size.items, "everything is received, and once");
}

/// Starts sources that know their number and how many items they have.
fn start_sources<P: Policy>(
    size: Size,
    run: impl Fn(usize, usize, &Outlet<Item, P>) + Clone + Send + 'static,
) -> Feed<Item, P> {
    let merge = (0..size.sources).fold(Merge::new(size.capacity), |merge, source| {
        let run = run.clone();
        merge.source(move |outlet| run(source, size.items, outlet))
    });
    merge.start()
}

/// Runs receivers to their end, for what they return.
fn receive<P: Policy, T: Send + 'static>(
    feed: Feed<Item, P>,
    receivers: usize,
    run: impl Fn(&Feed<Item, P>) -> T + Clone + Send + 'static,
) -> Vec<T> {
    let start = |number| -> JoinHandle<T> {
        let (feed, run) = (feed.clone(), run.clone());
        let thread = thread::Builder::new().name(format!("receiver {number}"));
        thread.spawn(move || run(&feed)).expect("there are threads enough")
    };
    let receiving: Vec<_> = (0..receivers).map(start).collect();
    drop(feed);
    // The panic of a receiver is not another's: it goes on here.
    let join = |receiver: JoinHandle<T>| receiver.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    receiving.into_iter().map(join).collect()
}

/// What one receiver has of one source stands in the order in which it was sent.
fn assert_in_order(received: &[Vec<Item>]) {
    for items in received {
        let mut sorted = items.clone();
        sorted.sort_by_key(|item| item.source);
        assert!(sorted.is_sorted(), "the items of a source are out of order: {items:?}");
    }
}
