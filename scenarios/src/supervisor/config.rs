//! How a supervisor is set up.

use reweave::sync::mpsc;
use reweave::time::Duration;

use super::variant::Policy;
use super::{Report, Supervisor};

/// How a supervisor is set up: how often it starts a worker again, and when.
///
/// ```
/// use reweave::time::Duration;
/// use reweave_scenarios::supervisor::{Config, Supervisor};
///
/// // A worker that panics for the sixth time within a minute is given up.
/// let config = Config::new(5).period(Duration::from_secs(60)).pause(Duration::from_millis(200));
/// let (supervisor, reports): (Supervisor, _) = config.build();
/// # supervisor.wait();
/// # assert_eq!(reports.iter().count(), 0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Config {
    pub(super) restarts: usize,
    pub(super) period: Duration,
    pub(super) pause: Duration,
}

impl Config {
    /// A worker is restarted so many times, ever, without a pause. With 0 its first panic is its last.
    pub fn new(restarts: usize) -> Self {
        Self { restarts, period: Duration::MAX, pause: Duration::ZERO }
    }

    /// Restarts that are longer ago than this do not count.
    #[must_use]
    pub fn period(mut self, period: Duration) -> Self {
        self.period = period;
        self
    }

    /// How long a worker rests between its panic and its restart.
    #[must_use]
    pub fn pause(mut self, pause: Duration) -> Self {
        self.pause = pause;
        self
    }

    /// Builds the supervisor, which has no workers yet, and the inbox for its reports. They end when supervisor and workers have
    /// ended. Who does not care may drop the inbox.
    pub fn build<P: Policy>(self) -> (Supervisor<P>, mpsc::Receiver<Report>) {
        Supervisor::assemble(self)
    }
}
