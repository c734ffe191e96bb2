//! A counter and a stack without locks.
//!
//! # The problem
//!
//! A thread that holds a lock and is not running, because the system gave its processor to another, keeps everybody waiting. That
//! is too long for a signal handler, an audio callback or an allocator. Without locks a thread prepares its change aside and
//! puts it in force by one *compare-and-swap*: if what it looked at is still what it was, then now it is this. If it is not,
//! the thread begins again, and somebody else has got on: whoever is suspended, the others go on.
//!
//! The price is that "still what it was" is less than it seems. The top of the stack is node *A*, with *B* below it. A thread
//! reads that, and is suspended. Meanwhile *A* and *B* are popped, and *A* is used again for a new item. The top is *A*, as it was,
//! and the thread goes on and makes *B* the top, which is no part of the stack any more. This is the *ABA problem*.
//!
//! Use [`Stack`] for a pool of things that are interchangeable, such as buffers: the last one in is the warmest. Use
//! [`Counter`] for a limit that is checked at every request. Where waiting for a lock does no harm take the lock: it is
//! easier to get right, and with many threads at one place it is no slower. See [`counter`](crate::counter).
//!
//! ```
//! use reweave::thread;
//! use reweave_scenarios::lock_free::{Full, Stack};
//!
//! let buffers: Stack<Vec<u8>> = Stack::with_capacity(2);
//! thread::scope(|scope| {
//!     for _ in 0..2 {
//!         scope.spawn(|| {
//!             let mut buffer = buffers.pop().unwrap_or_default();
//!             buffer.extend(b"hello");
//!             buffer.clear();
//!             buffers.push(buffer).unwrap();
//!         });
//!     }
//! });
//! let spare = buffers.pop_all().len();
//! assert!(spare == 1 || spare == 2);
//!
//! let small: Stack<u8> = Stack::with_capacity(1);
//! assert_eq!((small.push(1), small.push(2)), (Ok(()), Err(Full(2))));
//! assert_eq!((small.pop(), small.pop()), (Some(1), None));
//! ```
//!
//! # Guarantees
//!
//! - *One instant.* Both are linearizable: every call happens at one instant between its beginning and its end. A stack answers as
//!   one that is used by one thread alone, and so does the counter.
//! - *Nothing is lost, nothing comes twice.* What is pushed is popped once, or dropped with the stack.
//! - *Lock freedom.* When a thread has to begin again, another has finished a change.
//! - *Bounds.* The counter is never above its limit, not even for an instant, and the stack never holds more than its capacity.
//!   Who is refused gets back what was to be added.
//! - *Safe reclamation.* A node is used again as soon as its item has been taken, and no thread that still looks at it is deceived:
//!   the top carries a *tag* that changes with every exchange, so that *A* is not taken for the *A* of before. (A thread that sleeps
//!   while exactly 2³² exchanges are made would be.)
//! - *No `unsafe`.* Nodes are places in an array, and their memory is theirs for as long as there is a stack. What a node carries
//!   is in a [checked cell](reweave::cell::RaceCell): exploration proves that two threads never touch it without an order
//!   between them. That is what one has to promise for an `UnsafeCell`, which may then take its place; the cell itself costs a real
//!   thread a lock, for which nobody ever waits.
//!
//! The stack is that of R. K. Treiber, *Systems Programming: Coping with Parallelism* (IBM RJ 5118, 1986), and so are the tags,
//! which were known to the users of the System/370.

mod counter;
mod error;
mod list;
mod row;
mod stack;
#[cfg(test)]
mod tests;
pub mod variant;
pub mod workload;

pub use counter::Counter;
pub use error::Full;
pub use row::scenario;
pub use stack::Stack;
