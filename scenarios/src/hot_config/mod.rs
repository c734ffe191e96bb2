//! Hot configuration: settings that change while requests run.
//!
//! # The problem
//!
//! At night a service may have more workers, and during an incident a shorter queue, and nobody wants
//! to restart it for that. So settings are read while somebody writes them. Each of them alone is a
//! number and easily made atomic, but they belong together: a request that takes the number of workers
//! from the old configuration and the length of the queue from the new one runs under a configuration
//! that nobody has ever written, tested or approved. And what is already under way when its worker is
//! saved away has a right to be finished.
//!
//! [`Hot`] holds a configuration as immutable *snapshots* with versions. A reader takes one and keeps
//! it for as long as its decision takes; a writer puts a new one in its place. [`Service`] is what one
//! does with it: a pool of workers whose size and whose intake follow its [`Limits`].
//!
//! ```
//! use reweave_scenarios::hot_config::{Limits, Service};
//!
//! let service: Service = Service::new(Limits { workers: 2, waiting: 8 })?;
//! let job = service.submit(|| 6 * 7)?;
//! let version = service.adjust(|before| Limits { workers: 4, ..*before })?; // while the job runs
//! assert_eq!(job.join().unwrap(), 42);
//!
//! let limits = service.limits();
//! assert_eq!((limits.version(), version), (2, 2));
//! assert_eq!((limits.workers, limits.waiting), (4, 8));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Guarantees
//!
//! Of [`Hot`]:
//!
//! - *Nothing is torn.* Whoever loads gets what one writer wrote, all of it, and the pointer stays good
//!   for as long as it is held.
//! - *Order.* Versions count up by one. A load after a change has returned gets that change or a later
//!   one: loads and changes are linearizable.
//! - *No lost change.* A change starts from the version that it replaces. [`Hot::publish_if`] changes
//!   nothing if somebody else was faster.
//! - *Nobody waits for thinking.* Readers do not wait while a change is being computed; the changes
//!   take turns.
//!
//! Of [`Service`]:
//!
//! - *One version decides.* Whether a job is accepted is decided by one version, which was current when
//!   it was submitted, and which is told.
//! - *Nobody is sent away.* A job that was accepted is run, whatever changes. A worker that is one too
//!   many leaves between two jobs.
//! - *All or nothing.* A change that cannot be carried out leaves everything as it was.

mod error;
mod hot;
mod row;
mod service;
#[cfg(test)]
mod tests;
pub mod variant;
pub mod workload;

pub use error::{Rejected, Stale};
pub use hot::{Hot, Snapshot};
pub use row::scenario;
pub use service::{Accepted, Limits, Service};
