//! Many sources that send into one channel, which is closed when the last of them has ended.
//!
//! # The problem
//!
//! Some goroutines read pages, others want the lines in them, whoever wrote them. A channel between them is the easy part. The hard one
//! is its end: those who receive loop until the channel is closed, so somebody must close it; but to close it twice is a panic, and
//! so is to send when it is closed. There is no way to ask whether a channel is closed, and an answer would be old
//! before one could act on it.
//!
//! Therefore a rule: *who closes must know that nobody will send*. If there is one sender, it closes when it is done. If there are many,
//! none of them knows, and somebody else does: a *coordinator*, who sends nothing, waits until all of them have ended, and closes.
//! Receivers never close. One who has seen enough tells the senders, over a channel of its own on which nobody sends and whose
//! closing *is* the news, and leaves the rest to the coordinator.
//!
//! Use it to bring several streams together. For one answer each of many jobs take [`wait_group`](crate::wait_group); where the
//! two sides should share one object that either may close, take [`queue`](crate::queue).
//!
//! ```
//! use reweave_scenarios::channel_closing::{Feed, Merge};
//!
//! let feed: Feed<&str> = Merge::new(4)
//!     .source(|outlet| ["to be", "or not to be"].into_iter().for_each(|line| drop(outlet.send(line))))
//!     .source(|outlet| drop(outlet.send("full of sound and fury")))
//!     .start();
//! let mut lines: Vec<_> = feed.iter().collect(); // ends, because somebody closes the channel
//! lines.sort_unstable();
//! assert_eq!(lines, ["full of sound and fury", "or not to be", "to be"]);
//! ```
//!
//! # Guarantees
//!
//! - *Conservation.* An item that was accepted is received exactly once, unless all receivers go before.
//! - *Order.* The items of one source are received in the order in which it sent them.
//! - *An end.* Receiving ends when all sources have ended and everything is received, for every receiver, and not before.
//! - *Stop.* When a [`stop`](Feed::stop) has returned, no source is accepted an item any more; one that waits with an item
//!   is told. Any number of receivers may stop, any number of times.
//! - *Nobody is left behind.* When the last receiver is dropped, that is a stop. A source ends as soon as its function returns.
//!
//! A panic that leaves a source is the end of the program, as of every goroutine.
//!
//! The rule is the *channel closing principle* of Go 101, "How to Gracefully Close Channels", where the mistakes of
//! [`variant`] stand as well.

mod row;
#[cfg(test)]
mod tests;
pub mod variant;
pub mod workload;

use std::error::Error;
use std::fmt;
use std::marker::PhantomData;

use reweave::go;
use reweave::sync::Arc;
use reweave::sync::atomic::{AtomicUsize, Ordering};

pub use row::scenario;

use variant::{Closing, Correct, Policy, Stopping};

/// Sources that are to send into one channel; see the [module](self) for what is guaranteed.
///
/// The parameter `P` is there for the buggy twins of [`variant`]; leave it out.
pub struct Merge<T, P: Policy = Correct> {
    capacity: usize,
    sources: Vec<Source<T, P>>,
}

type Source<T, P> = Box<dyn FnOnce(&Outlet<T, P>) + Send>;

impl<T: Send + 'static, P: Policy> Merge<T, P> {
    /// No sources yet, and a channel with room for `capacity` items. With 0, a source waits with each of its items for somebody who takes it.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { capacity, sources: Vec::new() }
    }

    /// Adds a source, which sends through its [`Outlet`] until it has nothing more or is told to stop.
    #[must_use]
    pub fn source(mut self, run: impl FnOnce(&Outlet<T, P>) + Send + 'static) -> Self {
        self.sources.push(Box::new(run));
        self
    }

    /// Starts the sources, each on a goroutine of its own.
    pub fn start(self) -> Feed<T, P> {
        let (items, stopped) = (go::Chan::new(self.capacity), go::Chan::new(0));
        let outlet = Outlet { items: items.send_only(), stopped: stopped.recv_only(), policy: PhantomData };
        match <[_; 1]>::try_from(self.sources) {
            Ok([only]) => outlet.start_one(only),
            Err(sources) => outlet.start_many(sources),
        }
        let stop = Stop { receivers: AtomicUsize::new(1), once: go::Once::new(), news: stopped };
        Feed { items: items.recv_only(), stop: Arc::new(stop), policy: PhantomData }
    }
}

/// Where a source sends its items.
pub struct Outlet<T, P = Correct> {
    items: go::SendChan<T>,
    /// Closed when nobody wants more items.
    stopped: go::RecvChan<()>,
    policy: PhantomData<fn() -> P>,
}

impl<T: Send + 'static, P: Policy> Outlet<T, P> {
    /// Who is alone knows when nobody will send.
    fn start_one(self, run: Source<T, P>) {
        go::spawn(move || {
            run(&self);
            if P::CLOSING != Closing::ByNobody {
                self.items.close();
            }
        });
    }

    fn start_many(self, sources: Vec<Source<T, P>>) {
        let running = go::WaitGroup::new();
        let first = go::Once::new();
        for run in sources {
            let (outlet, first) = (self.clone(), first.clone());
            running.go(move || {
                run(&outlet);
                if P::CLOSING == Closing::ByTheFirst {
                    first.do_once(|| outlet.items.close());
                }
            });
        }
        if P::CLOSING == Closing::ByACoordinator {
            go::spawn(move || {
                running.wait();
                self.items.close();
            });
        }
    }

    /// Sends an item, after waiting for room, or without room for somebody who takes it.
    ///
    /// # Errors
    /// [`Stopped`] if nobody wants it. The item is dropped, and the source had better end.
    pub fn send(&self, item: T) -> Result<(), Stopped> {
        // Where there is room and nobody who wants more, the select below might choose the room.
        if self.is_stopped() {
            return Err(Stopped);
        }
        go::select! {
            send(self.items, item) => Ok(()),
            recv(self.stopped) => Err(Stopped),
        }
    }

    /// Whether nobody wants more items, for a source that works long on the next.
    pub fn is_stopped(&self) -> bool {
        is_closed(&self.stopped)
    }
}

/// Nobody wants more items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopped;

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nobody wants more items")
    }
}

impl Error for Stopped {}

/// What the sources send, for one receiver. Clones are receivers of their own: each item goes to one of them.
pub struct Feed<T, P: Policy = Correct> {
    items: go::RecvChan<T>,
    stop: Arc<Stop>,
    policy: PhantomData<fn() -> P>,
}

/// How receivers tell the sources that they have seen enough.
struct Stop {
    /// Those that have not been dropped.
    receivers: AtomicUsize,
    once: go::Once,
    /// Nobody sends: that it is closed is the news.
    news: go::Chan<()>,
}

impl<T, P: Policy> Feed<T, P> {
    /// Receives an item, after waiting for one. `None` when all sources have ended and everything has been received, which is final.
    pub fn recv(&self) -> Option<T> {
        self.items.recv()
    }

    /// The items as they come, to the end.
    pub fn iter(&self) -> go::Iter<'_, T> {
        self.items.iter()
    }

    /// Tells the sources that nobody wants more. What was accepted before can still be received.
    pub fn stop(&self) {
        match P::STOPPING {
            Stopping::Once => self.stop.once.do_once(|| self.stop.news.close()),
            Stopping::UnlessStopped => {
                if !is_closed(&self.stop.news.recv_only()) {
                    self.stop.news.close();
                }
            }
        }
    }
}

/// Whether a channel on which nobody sends is closed.
fn is_closed(news: &go::RecvChan<()>) -> bool {
    go::select! {
        recv(news) => true,
        default => false,
    }
}

impl<'a, T, P: Policy> IntoIterator for &'a Feed<T, P> {
    type Item = T;
    type IntoIter = go::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T, P: Policy> Clone for Feed<T, P> {
    fn clone(&self) -> Self {
        self.stop.receivers.fetch_add(1, Ordering::Relaxed);
        Self { items: self.items.clone(), stop: Arc::clone(&self.stop), policy: PhantomData }
    }
}

impl<T, P: Policy> Drop for Feed<T, P> {
    fn drop(&mut self) {
        if self.stop.receivers.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.stop();
        }
    }
}

impl<T, P> Clone for Outlet<T, P> {
    fn clone(&self) -> Self {
        Self { items: self.items.clone(), stopped: self.stopped.clone(), policy: PhantomData }
    }
}

impl<T, P: Policy> fmt::Debug for Merge<T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Merge")
            .field("capacity", &self.capacity)
            .field("sources", &self.sources.len())
            .finish_non_exhaustive()
    }
}

impl<T, P> fmt::Debug for Outlet<T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outlet").finish_non_exhaustive()
    }
}

impl<T, P: Policy> fmt::Debug for Feed<T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feed").finish_non_exhaustive()
    }
}
