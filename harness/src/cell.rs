//! Shared memory without synchronisation, for code under test that relies on something else for it.
//!
//! - [`UnsafeCell`] is std's, with accesses that say what they are: for unsafe code as it will run in production.
//! - [`RaceCell`] is safe and stands for such memory in a model or a test: it can be shared without a lock, and code
//!   that does so wrongly has wrong results, but no undefined behaviour.
//!
//! Accesses are no scheduling points: no other task steps between two of them unless the task performs an operation of
//! another kind there.

mod race;
mod raw;

pub use race::RaceCell;
pub use raw::UnsafeCell;
