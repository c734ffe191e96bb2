//! The metrics of the requests of a service, by route.

use std::fmt;

use reweave::sync::atomic::{AtomicU64, Ordering};
use reweave::time::Instant;

use super::config::Config;
use super::histogram::{Histogram, Outcome, Snapshot};
use super::variant::{Correct, Policy};

/// Counts requests and their latencies, by route; see the [module](super) for what it guarantees.
///
/// Share it in an [`Arc`](reweave::sync::Arc) or with scoped threads. The parameter `P` is there for
/// the buggy twins of [`variant`](super::variant); leave it out.
#[derive(Debug)]
pub struct Requests<P = Correct> {
    routes: Vec<Route<P>>,
}

#[derive(Debug)]
struct Route<P> {
    name: String,
    latencies: Histogram<P>,
    in_flight: AtomicU64,
}

impl<P: Policy> Requests<P> {
    pub(super) fn assemble(Config { bounds, routes }: Config) -> Self {
        let route = |name| Route { name, latencies: Histogram::new(bounds.clone()), in_flight: AtomicU64::new(0) };
        Self { routes: routes.into_iter().map(route).collect() }
    }

    /// A request begins. It is counted when it is [`finished`](InFlight::finish), and as failed when it
    /// is dropped before. `None` if there is no such route.
    pub fn begin(&self, route: &str) -> Option<InFlight<'_, P>> {
        let route = self.routes.iter().find(|known| known.name == route)?;
        route.in_flight.fetch_add(1, Ordering::Relaxed);
        Some(InFlight { route, begun: Instant::now(), outcome: Outcome::Failure })
    }

    /// All metrics as they are now. Its `Display` is what a scraper wants to have.
    pub fn scrape(&self) -> Scrape {
        let scrape = |route: &Route<P>| RouteScrape {
            name: route.name.clone(),
            latencies: route.latencies.scrape(),
            in_flight: route.in_flight.load(Ordering::Relaxed),
        };
        Scrape { routes: self.routes.iter().map(scrape).collect() }
    }
}

/// A request that is under way.
#[must_use = "a request that is dropped counts as failed"]
pub struct InFlight<'a, P: Policy = Correct> {
    route: &'a Route<P>,
    begun: Instant,
    outcome: Outcome,
}

impl<P: Policy> InFlight<'_, P> {
    /// The request has come to its end, and is counted.
    pub fn finish(mut self, outcome: Outcome) {
        self.outcome = outcome; // The drop does the rest.
    }
}

impl<P: Policy> Drop for InFlight<'_, P> {
    fn drop(&mut self) {
        self.route.latencies.observe(self.outcome, self.begun.elapsed());
        self.route.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

impl<P: Policy> fmt::Debug for InFlight<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InFlight").field("route", &self.route.name).finish_non_exhaustive()
    }
}

/// The metrics of all routes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scrape {
    routes: Vec<RouteScrape>,
}

/// The metrics of one route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteScrape {
    name: String,
    latencies: Snapshot,
    in_flight: u64,
}

impl Scrape {
    /// The routes, in the order in which they were configured.
    pub fn routes(&self) -> &[RouteScrape] {
        &self.routes
    }
}

impl RouteScrape {
    /// The name of the route.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The requests that were finished.
    pub fn latencies(&self) -> &Snapshot {
        &self.latencies
    }

    /// How many requests were under way a moment later.
    pub fn in_flight(&self) -> u64 {
        self.in_flight
    }
}
