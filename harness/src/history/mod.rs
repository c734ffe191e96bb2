//! Concurrent histories, and whether a sequential model explains them.
//!
//! A component that is used by several tasks at a time is *linearizable* if each of its operations seems to happen at one instant
//! between its call and its return: if there is an order of the calls that keeps every call which returned before another began in
//! front of it, and in which a plain sequential [`Model`] gives the same answers (Herlihy and Wing, *Linearizability: a correctness
//! condition for concurrent objects*, ACM TOPLAS 12 (3), 1990). It is what people mean who say that a queue is thread-safe, and
//! it needs no assertion of one's own: the model says what is right.
//!
//! A [`History`] records the calls of a test, and compares them with a model:
//!
//! ```
//! use reweave::history::{History, Model};
//! use reweave::sync::atomic::{AtomicU32, Ordering::SeqCst};
//! use reweave::{Checker, thread};
//!
//! /// A counter that is used by one task alone.
//! #[derive(Clone, PartialEq, Eq, Hash, Default)]
//! struct Counter(u32);
//!
//! #[derive(Clone, Debug)]
//! struct Increment;
//!
//! impl Model for Counter {
//!     type Operation = Increment;
//!     type Answer = u32;
//!
//!     fn apply(&mut self, _: &Increment) -> u32 {
//!         self.0 += 1;
//!         self.0
//!     }
//! }
//!
//! let report = Checker::new().name("counter").explore(|| {
//!     let history = History::new();
//!     let hits = AtomicU32::new(0);
//!     thread::scope(|scope| {
//!         for _ in 0..2 {
//!             scope.spawn(|| {
//!                 history.record(Increment, || {
//!                     let seen = hits.load(SeqCst); // both may see the same
//!                     hits.store(seen + 1, SeqCst);
//!                     seen + 1
//!                 })
//!             });
//!         }
//!     });
//!     history.assert_linearizable(Counter::default());
//! });
//! let finding = report.finding().expect("both may answer 1");
//! assert!(finding.message().contains("then Increment would have answered 2, not 1"), "{}", finding.message());
//! ```
//!
//! # What is generated
//!
//! The calls may come from `proptest`: draw a list of operations for each task, explore with it, and let proptest make the lists
//! shorter while some schedule has a history without explanation. `tests/history.rs` in the sources of this crate does so.
//!
//! # What it costs
//!
//! To find an order is NP-complete. The search is that of Wing and Gong (*Testing and verifying concurrent objects*, Journal of
//! Parallel and Distributed Computing 17, 1993) with Lowe's memory of the configurations from which it came back (*Testing for
//! linearizability*, Concurrency and Computation 29 (4), 2017). It is quick unless very many calls overlap.

mod call;
mod record;
mod search;
#[cfg(test)]
mod tests;
mod violation;

use std::hash::Hash;

pub use call::Call;
pub use record::History;
pub use search::linearize;
pub use violation::Violation;

/// What a component means when one task uses it alone.
///
/// Its state is compared and hashed, so that no configuration is looked at twice.
///
/// ```
/// use std::collections::VecDeque;
/// use reweave::history::Model;
///
/// #[derive(Clone, Debug)]
/// enum Operation {
///     Push(u32),
///     Pop,
/// }
///
/// #[derive(Clone, PartialEq, Eq, Hash, Default)]
/// struct Queue(VecDeque<u32>);
///
/// impl Model for Queue {
///     type Operation = Operation;
///     type Answer = Option<u32>;
///
///     fn apply(&mut self, operation: &Operation) -> Option<u32> {
///         match operation {
///             Operation::Push(item) => {
///                 self.0.push_back(*item);
///                 None
///             }
///             Operation::Pop => self.0.pop_front(),
///         }
///     }
/// }
///
/// let mut queue = Queue::default();
/// queue.apply(&Operation::Push(7));
/// assert_eq!(queue.apply(&Operation::Pop), Some(7));
/// ```
pub trait Model: Clone + Eq + Hash {
    /// What can be asked of it.
    type Operation;
    /// What it answers.
    type Answer: PartialEq;

    /// Performs `operation`, and answers.
    fn apply(&mut self, operation: &Self::Operation) -> Self::Answer;

    /// Performs `operation` if the model can give this `answer`, and says whether it can. If not, its state does not matter any
    /// more.
    ///
    /// By default that is the answer of [`apply`](Model::apply). Where several are right, say which: an operation with a timeout
    /// may give up whatever the state.
    fn admits(&mut self, operation: &Self::Operation, answer: &Self::Answer) -> bool {
        self.apply(operation) == *answer
    }
}
