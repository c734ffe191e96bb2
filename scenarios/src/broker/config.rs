//! How a broker is set up.

use std::error::Error;
use std::fmt;
use std::path::Path;

use reweave::time::Duration;

use super::Broker;
use super::log::Log;
use super::state::{GroupShape, State, TopicShape, Topology};
use super::variant::{Correct, Policy};
use crate::journal::{Durability, JournalError, Record};

/// How a broker is set up: its topics with their partitions and groups, and what becomes of messages that are not acknowledged.
///
/// ```
/// use reweave::time::Duration;
/// use reweave_scenarios::broker::{Broker, Config};
///
/// let config = Config::new()
///     .topic("orders", 8, &["stock", "points"])
///     .topic("mails", 1, &["postman"])
///     .lease(Duration::from_secs(60))
///     .attempts(5);
/// let broker: Broker<String> = config.build()?;
/// # Ok::<(), reweave_scenarios::broker::ConfigError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    topology: Topology,
    lease: Duration,
    attempts: u32,
}

impl Config {
    /// No topic, leases of 30 seconds, three attempts.
    #[must_use]
    pub fn new() -> Self {
        Self { topology: Topology::default(), lease: Duration::from_secs(30), attempts: 3 }
    }

    /// Adds a topic with its partitions, and the groups that read it. A message of which all groups are done is forgotten, so a
    /// group that is added later has missed it.
    #[must_use]
    pub fn topic(mut self, name: &str, partitions: usize, groups: &[&str]) -> Self {
        let topic = self.topology.topics.len();
        self.topology.topics.push(TopicShape { name: name.to_owned(), partitions });
        let shape = |group: &&str| GroupShape { topic, name: (*group).to_owned() };
        self.topology.groups.extend(groups.iter().map(shape));
        self
    }

    /// For how long a consumer may work on a message before another gets it.
    #[must_use]
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }

    /// How often a message is delivered to a group before that gives it up.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// Builds a broker that keeps everything in memory, and forgets it when the process ends.
    ///
    /// # Errors
    /// [`ConfigError`] says what cannot be.
    pub fn build<T>(self) -> Result<Broker<T>, ConfigError> {
        self.build_variant::<T, Correct>()
    }

    /// As [`build`](Self::build), for a buggy twin of the broker.
    ///
    /// # Errors
    /// [`ConfigError`] says what cannot be.
    pub fn build_variant<T, P: Policy>(self) -> Result<Broker<T, P>, ConfigError> {
        self.check()?;
        let state = State::new(&self.topology);
        Ok(Broker::assemble(self.topology, self.lease, self.attempts, state))
    }

    /// Builds a broker that has its log at `path`, and begins with what an earlier process left there.
    ///
    /// The topics and groups that the log speaks of must still be there. Nothing keeps two processes from opening the same log.
    ///
    /// ```
    /// use reweave_scenarios::broker::{Broker, Config};
    /// use reweave_scenarios::journal::{Durability, Scratch};
    ///
    /// let scratch = Scratch::new();
    /// let config = Config::new().topic("mails", 1, &["postman"]);
    /// let broker: Broker<String> = config.clone().open(&scratch.file("log"), Durability::Process)?;
    /// broker.publish("mails", "ada", "Dear Ada".to_owned())?;
    /// drop(broker); // or the process dies
    ///
    /// let broker: Broker<String> = config.open(&scratch.file("log"), Durability::Process)?;
    /// let delivery = broker.subscribe("mails", "postman")?.receive()?.expect("it was not delivered");
    /// assert_eq!(delivery.message(), "Dear Ada");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ConfigError`] says what cannot be, or why the log cannot be read.
    pub fn open<T: Record>(self, path: &Path, durability: Durability) -> Result<Broker<T>, ConfigError> {
        self.open_variant::<T, Correct>(path, durability)
    }

    /// As [`open`](Self::open), for a buggy twin of the broker.
    ///
    /// # Errors
    /// [`ConfigError`] says what cannot be, or why the log cannot be read.
    pub fn open_variant<T: Record, P: Policy>(
        self,
        path: &Path,
        durability: Durability,
    ) -> Result<Broker<T, P>, ConfigError> {
        self.check()?;
        let mut state = State::new(&self.topology);
        let log = Log::open(path, durability, &self.topology, &mut state).map_err(ConfigError::Log)?;
        state.attach(log);
        Ok(Broker::assemble(self.topology, self.lease, self.attempts, state))
    }

    fn check(&self) -> Result<(), ConfigError> {
        let Topology { topics, groups } = &self.topology;
        for (index, topic) in topics.iter().enumerate() {
            let name = topic.name.clone();
            let readers: Vec<_> = groups.iter().filter(|group| group.topic == index).map(|group| &group.name).collect();
            if self.topology.topic(&name) != Some(index) {
                return Err(ConfigError::Twice { name });
            }
            if let Some(twice) = (1..readers.len()).find(|reader| readers[..*reader].contains(&readers[*reader])) {
                return Err(ConfigError::Twice { name: readers[twice].clone() });
            }
            if topic.partitions == 0 {
                return Err(ConfigError::NoPartition { topic: name });
            }
            if readers.is_empty() {
                return Err(ConfigError::NoGroup { topic: name });
            }
        }
        if self.attempts == 0 {
            return Err(ConfigError::NoAttempt);
        }
        Ok(())
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}

/// Why a broker could not be built.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConfigError {
    /// A topic without partitions has no room for messages.
    NoPartition {
        /// The topic.
        topic: String,
    },
    /// Messages of a topic without groups would be forgotten at once.
    NoGroup {
        /// The topic.
        topic: String,
    },
    /// Two topics, or two groups of one topic, have the same name.
    Twice {
        /// The name.
        name: String,
    },
    /// Without an attempt every message would be dead at once.
    NoAttempt,
    /// The log cannot be read, or speaks of other topics and groups.
    Log(JournalError),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPartition { topic } => write!(f, "the topic {topic:?} has no partition, choose at least 1"),
            Self::NoGroup { topic } => write!(f, "nobody reads the topic {topic:?}, name at least one group"),
            Self::Twice { name } => write!(f, "the name {name:?} is given twice, choose another"),
            Self::NoAttempt => f.write_str("a message has 0 attempts, choose at least 1"),
            Self::Log(error) => write!(f, "the log cannot be used: {error}"),
        }
    }
}

impl Error for ConfigError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Log(error) => Some(error),
            _ => None,
        }
    }
}
