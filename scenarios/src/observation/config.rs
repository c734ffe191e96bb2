//! How the metrics of requests are set up.

use std::error::Error;
use std::fmt;

use reweave::time::Duration;

use super::Requests;
use super::variant::Policy;

/// Which routes there are and how their latencies are divided. The default has no route, and the
/// buckets of the Prometheus clients, from 5 ms to 10 s.
///
/// The routes are given beforehand, because each costs a histogram in this process and a dozen series
/// in the data base: what comes from the caller, such as a path with a number in it, is no route.
///
/// ```
/// use reweave::time::Duration;
/// use reweave_scenarios::observation::variant::Correct;
/// use reweave_scenarios::observation::{Config, ConfigError, Requests};
///
/// let config = Config::default().buckets([Duration::from_millis(1), Duration::from_millis(50)]);
/// let requests: Requests = config.route("/search").route("/order").build()?;
/// assert!(requests.begin("/order").is_some() && requests.begin("/order/17").is_none());
///
/// let refused = Config::default().route("/search").route("/search").build::<Correct>();
/// assert_eq!(refused.err(), Some(ConfigError::SameRoute { route: "/search".into() }));
/// # Ok::<(), ConfigError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    pub(super) bounds: Vec<Duration>,
    pub(super) routes: Vec<String>,
}

impl Default for Config {
    fn default() -> Self {
        let bounds = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000];
        Self { bounds: bounds.map(Duration::from_millis).to_vec(), routes: Vec::new() }
    }
}

impl Config {
    /// The upper bounds of the buckets, ascending. A latency that equals a bound is below it.
    #[must_use]
    pub fn buckets(mut self, bounds: impl IntoIterator<Item = Duration>) -> Self {
        self.bounds = bounds.into_iter().collect();
        self
    }

    /// Adds a route.
    #[must_use]
    pub fn route(mut self, route: impl Into<String>) -> Self {
        self.routes.push(route.into());
        self
    }

    /// Builds the metrics, which are all zero.
    ///
    /// # Errors
    /// [`ConfigError`] says what cannot be used.
    pub fn build<P: Policy>(self) -> Result<Requests<P>, ConfigError> {
        if let Some(at) = self.bounds.windows(2).position(|two| two[0] >= two[1]) {
            return Err(ConfigError::NotAscending { bound: self.bounds[at + 1], after: self.bounds[at] });
        }
        for (index, route) in self.routes.iter().enumerate() {
            if self.routes[..index].contains(route) {
                return Err(ConfigError::SameRoute { route: route.clone() });
            }
        }
        Ok(Requests::assemble(self))
    }
}

/// Why metrics could not be built.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// A bound of the buckets is not above the one before.
    NotAscending {
        /// The bound.
        bound: Duration,
        /// The one before.
        after: Duration,
    },
    /// A route was named twice.
    SameRoute {
        /// Which one.
        route: String,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAscending { bound, after } => write!(f, "the bound {bound:?} follows {after:?}, sort the bounds"),
            Self::SameRoute { route } => write!(f, "the route {route:?} is there twice, name it once"),
        }
    }
}

impl Error for ConfigError {}
