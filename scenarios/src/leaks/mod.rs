//! A client that gives up what is slow, and leaves nobody behind when it does.
//!
//! # The problem
//!
//! A request must be answered within a second, and what it calls takes a minute now and then. So the call runs on a
//! goroutine of its own, and the request waits for its answer or for the time to be up, whichever comes first. When the time is
//! up the worker is *abandoned*: nobody will ever take what it computes. If it hands over its answer in such a way that it waits
//! for somebody who takes it, it waits for ever, with all that it holds. Nothing fails; the process grows by a goroutine
//! with every request that is slow, and is killed a week later.
//!
//! Use [`call`](Client::call) for one answer. Use [`stream`](Client::stream) for many, such as the pages of a listing, where a
//! worker must be stopped that would go on for ever. Neither interrupts the work itself: work that takes long looks at
//! [`Outlet::is_abandoned`] from time to time, or is made of pieces that it sends one by one.
//!
//! ```
//! use reweave::thread;
//! use reweave::time::Duration;
//! use reweave_scenarios::leaks::{CallError, Client};
//!
//! let client: Client = Client::new(Duration::from_millis(5));
//! assert_eq!(client.call(|| 6 * 7), Ok(42));
//! assert_eq!(client.call(|| thread::sleep(Duration::from_millis(80))), Err(CallError::TimedOut));
//!
//! let squares = client.stream(|outlet| {
//!     for number in 1_u64.. {
//!         if outlet.send(number * number).is_err() {
//!             break; // nobody is there any more
//!         }
//!     }
//! });
//! assert_eq!(squares.take(3).collect::<Result<Vec<_>, _>>(), Ok(vec![1, 4, 9]));
//! ```
//!
//! # Guarantees
//!
//! - *In time.* Nobody waits for an answer for longer than the limit, whatever the worker does.
//! - *No worker is left behind.* An abandoned worker ends as soon as its work does; in a stream, no later than
//!   with the next item that it sends.
//! - *An answer that is there counts.* If the answer and the end of the time come together, and the answer is there when the
//!   caller looks, the caller gets it.
//! - *Order.* The items of a stream come in the order in which they were sent, none missing, none twice; what comes after them
//!   is the end, or one error.
//! - *A panic of the work is an answer*, [`CallError::Panicked`]: nobody waits for somebody who is dead.
//!
//! The mistake is known from Go, where a request that returns early leaves its goroutine at an unbuffered channel: T. Tu,
//! X. Liu, L. Song and Y. Zhang, *Understanding Real-World Concurrency Bugs in Go* (ASPLOS 2019), figure 1.

mod error;
mod row;
mod stream;
#[cfg(test)]
mod tests;
pub mod variant;
pub mod workload;

use std::fmt;
use std::marker::PhantomData;

use reweave::go;
use reweave::time::Duration;

pub use error::{Abandoned, CallError};
pub use row::scenario;
pub use stream::{Outlet, Stream};

use variant::{Correct, Handover, Policy};

/// Runs work on goroutines of its own, and gives it up when its time is up; see the [module](self) for what it guarantees.
///
/// The parameter `P` is there for the buggy twins of [`variant`]; leave it out.
pub struct Client<P = Correct> {
    limit: Duration,
    policy: PhantomData<fn() -> P>,
}

impl<P: Policy> Client<P> {
    /// A client that waits for so long: for the answer of a call, or for a whole stream.
    #[must_use]
    pub fn new(limit: Duration) -> Self {
        Self { limit, policy: PhantomData }
    }

    /// For how long it waits.
    pub fn limit(&self) -> Duration {
        self.limit
    }

    /// Runs `work`, and waits for its answer until the time is up.
    ///
    /// # Errors
    /// [`CallError::TimedOut`] if there is no answer then, [`CallError::Panicked`] if the work panicked.
    pub fn call<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, CallError> {
        let answers = go::Chan::new(match P::HANDOVER {
            Handover::Buffered => 1,
            Handover::Rendezvous => 0,
        });
        let answer = answers.clone();
        go::spawn(move || answer.send(go::recover(work).map_err(CallError::from)));

        let timer = go::Timer::new(self.limit);
        go::select! {
            recv(answers) -> answer => {
                timer.stop();
                received(answer)
            },
            recv(timer.c()) => go::select! {
                recv(answers) -> answer => received(answer),
                default => Err(CallError::TimedOut),
            },
        }
    }

    /// Runs `work`, which sends items through its [`Outlet`] until it is done or nobody wants more of them.
    ///
    /// An item is handed over when somebody asks for it: the work is never ahead by more than one. Who drops the [`Stream`] is
    /// understood to want no more.
    pub fn stream<T: Send + 'static>(&self, work: impl FnOnce(&Outlet<T, P>) + Send + 'static) -> Stream<T> {
        Stream::start(self.limit, work)
    }
}

/// What came out of the channel of a call: its end it cannot be.
fn received<T>(answer: Option<Result<T, CallError>>) -> Result<T, CallError> {
    answer.expect("nobody closes the channel")
}

impl<P> fmt::Debug for Client<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("limit", &self.limit).finish_non_exhaustive()
    }
}
