//! Observation of a service: metrics that are read while they are written, and traces that follow a
//! request.
//!
//! # The problem
//!
//! A service is watched in two ways. *Metrics* count what happens in all requests together: how many
//! there were, how they ended, how long they took. Every request writes them, on whatever thread it
//! runs, and once in a while somebody *scrapes* them all. If the counters of a histogram are read one
//! after another while they are written, the scrape contains requests that are counted and took no
//! time, and the average that is computed from it is wrong. *Traces* tell the story of a single
//! request: its work is divided in *spans*, and a span that begins on another thread must know which
//! one caused it. What is kept "somewhere global" for that purpose belongs to another request by the
//! time it is looked at.
//!
//! [`Requests`] are the metrics: writers never wait, for nobody, and a scrape waits until the requests
//! that are being written down at that moment are. [`Tracer`] makes the spans, and a
//! [`traced channel`](channel) carries the context of a span with each message from one thread to
//! another. Between processes it travels as text, in the header `traceparent`.
//!
//! ```
//! use reweave::thread;
//! use reweave_scenarios::observation::variant::Correct;
//! use reweave_scenarios::observation::{Config, Outcome, Requests, Tracer, channel};
//!
//! let requests: Requests = Config::default().route("/search").build()?;
//! let tracer = Tracer::new(7);
//! let (sender, receiver) = channel::<_, Correct>();
//! let worker = thread::spawn({
//!     let tracer = tracer.clone();
//!     move || {
//!         let (context, query) = receiver.recv().expect("the sender sends one");
//!         let _span = tracer.child("look it up", context);
//!         assert_eq!(query, "weaving");
//!     }
//! });
//!
//! let in_flight = requests.begin("/search").expect("this route is known");
//! let span = tracer.root("search");
//! sender.send(&span, "weaving")?;
//! worker.join().expect("it does not panic");
//! in_flight.finish(Outcome::Success);
//! drop(span);
//!
//! let text = requests.scrape().to_string();
//! assert!(text.contains(r#"requests_total{route="/search",outcome="success"} 1"#));
//! let spans = tracer.take_finished();
//! assert_eq!(spans[0].parent(), Some(spans[1].context().span_id()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Guarantees
//!
//! - *Conservation.* Every request that is finished is counted once, in every number of its route. One
//!   that is given up, because its thread panics for example, counts as failed.
//! - *Agreement.* The numbers of a route in one scrape are of the same requests: the outcomes add up
//!   to the count, so do the buckets, and the sum is that of their latencies. (The numbers of
//!   *different* routes are read one after another, and may be a moment apart. So is the gauge of the
//!   requests in flight.)
//! - *No going back.* A scrape contains all that the scrape before contained, and all requests that
//!   were finished before it began.
//! - *No waiting for observers.* To finish a request takes a fixed number of atomic additions. A
//!   scrape waits for requests that are in the middle of these, never for new ones, and for other
//!   scrapes.
//! - *Parentage.* A span that is made from the context of a message is a child of the span with which
//!   that message was sent, in the same trace, whatever else is sent at the time.
//!
//! # How it works
//!
//! A histogram is kept twice; see `histogram.rs`. The way was found by B. Rabenstein for the Go client
//! of Prometheus. The text is the [exposition format of
//! Prometheus](https://prometheus.io/docs/instrumenting/exposition_formats/), version 0.0.4; contexts
//! are written as in [W3C Trace Context](https://www.w3.org/TR/trace-context/), version 00.

mod channel;
mod config;
mod context;
mod histogram;
mod requests;
mod row;
#[cfg(test)]
mod tests;
mod text;
mod tracer;
pub mod variant;
pub mod workload;

pub use channel::{Receiver, Sender, channel};
pub use config::{Config, ConfigError};
pub use context::{ParseContextError, TraceContext};
pub use histogram::{Histogram, Outcome, Snapshot};
pub use requests::{InFlight, Requests, RouteScrape, Scrape};
pub use row::scenario;
pub use tracer::{FinishedSpan, Span, Tracer};
