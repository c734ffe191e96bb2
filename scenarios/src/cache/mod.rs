//! A cache for what is read often and loaded rarely, which loads each value once.
//!
//! # The problem
//!
//! Every request needs the same few things: the settings of a tenant, the keys of a signer, the rates of the day. Each takes
//! tens of milliseconds to load and is the same for minutes. A map behind a reader–writer lock holds what is loaded, and any
//! number of requests read it at a time. Three things go wrong with it. A value expires, a hundred requests miss it in the same
//! millisecond, and each of them loads it: the database goes down just when it is needed (a *cache stampede*). The request that
//! missed holds the lock for reading and asks for it for writing, which it waits for for ever. And with enough readers there is
//! always one inside, so that the writer who would bring in the new value never gets its turn.
//!
//! Use it where reads outnumber loads by far, and a value that is a little old is good enough. Where every read must see the
//! last write ask the source; where values are small and there are few of them, a [`LazyLock`](reweave::sync::LazyLock) for each
//! is simpler.
//!
//! ```
//! use std::num::ParseIntError;
//!
//! use reweave_scenarios::cache::{Cache, Config};
//!
//! let load = |text: &String| text.parse(); // as slow as a database, let us say
//! let numbers: Cache<String, u32, ParseIntError> = Config::default().capacity(100).build(load)?;
//! assert_eq!(*numbers.get(&"42".to_owned())?, 42); // loaded
//! assert_eq!(*numbers.get(&"42".to_owned())?, 42); // from the cache
//! assert!(numbers.get(&"forty-two".to_owned()).is_err());
//! assert!(numbers.invalidate(&"42".to_owned()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Guarantees
//!
//! - *Once.* Whoever misses a key while it is being loaded waits for that load and shares what comes of it. As long as a
//!   key is neither invalidated nor expired nor pushed out, it is loaded once.
//! - *Never older than the invalidation.* A [`get`](Cache::get) that begins after [`invalidate`](Cache::invalidate) has
//!   returned has a value whose load began after the invalidation did, even if an older load is still under way.
//! - *Failures are not kept.* Those who waited for a load that failed share its error; who comes later loads again. A load that
//!   panics takes with it only its own caller: the next of those who waited loads in its place.
//! - *No load under the lock*, and no destructor of a value. A load may take as long as it likes, and may ask the cache for other
//!   keys. One that asks for its own key waits for itself.
//! - *Bound.* There are never more than `capacity` entries. The oldest makes room.
//! - *Nobody starves.* However many readers come and go, a writer gets its turn: see [`FairLock`].
//!
//! What is guaranteed here of loads is called *single flight* in Go, after the package `golang.org/x/sync/singleflight`, and
//! is what `LoadingCache` does in Java's Guava and Caffeine.

mod config;
mod error;
mod fair;
mod row;
#[cfg(test)]
mod tests;
pub mod variant;
pub mod workload;

use std::collections::BTreeMap;
use std::fmt;

use reweave::sync::{Arc, OnceLock};
use reweave::time::{Duration, Instant};

pub use config::{Config, ConfigError};
pub use error::LoadError;
pub use fair::FairLock;
pub use row::scenario;

use variant::{Claiming, Correct, Policy, Upgrading};

/// A cache; see the [module](self) for what it is good for and what it guarantees.
///
/// Share it in an [`Arc`] or with scoped threads. The parameter `P` is there for the buggy twins of [`variant`]; leave it out.
pub struct Cache<K, V, E, P = Correct> {
    entries: FairLock<Entries<K, V, E>, P>,
    loader: Loader<K, V, E>,
    config: Config,
}

type Loader<K, V, E> = Box<dyn Fn(&K) -> Result<V, E> + Send + Sync>;

struct Entries<K, V, E> {
    slots: BTreeMap<K, (u64, Slot<V, E>)>,
    /// The age of the next entry: who has a smaller one is older.
    next: u64,
}

/// Where the outcome of one load is put. Whoever loads does so in its initialisation, and whoever waits waits for that. An entry
/// that is invalidated or pushed out leaves the map with its slot, so that a load which is under way has nowhere to put an old
/// value but there, where only those look who already wait for it.
type Slot<V, E> = Arc<OnceLock<Loaded<V, E>>>;

/// What had to leave the map. It is dropped when the lock has been given back: that may run code of the values.
type Gone<V, E> = [Option<Slot<V, E>>; 2];

struct Loaded<V, E> {
    outcome: Result<Arc<V>, LoadError<E>>,
    /// Until when it can be used; `None` for ever.
    until: Option<Instant>,
}

impl<K: Ord + Clone, V, E, P: Policy> Cache<K, V, E, P> {
    fn assemble(config: Config, loader: Loader<K, V, E>) -> Self {
        let entries = Entries { slots: BTreeMap::new(), next: 0 };
        Self { entries: FairLock::new(entries), loader, config }
    }

    /// The value of `key`, from the cache or, if it is not there, from the loader.
    ///
    /// # Errors
    /// With what the load failed with. All who waited for that load have the same error.
    pub fn get(&self, key: &K) -> Result<Arc<V>, LoadError<E>> {
        let slot = {
            let entries = self.entries.read();
            match entries.current(key) {
                Some(slot) => slot,
                None if P::UPGRADING == Upgrading::WhileReading => self.claim(key),
                None => {
                    drop(entries);
                    self.claim(key)
                }
            }
        };
        slot.get_or_init(|| self.load(key)).outcome.clone()
    }

    /// The slot for `key`, which is new unless somebody else was faster.
    fn claim(&self, key: &K) -> Slot<V, E> {
        let mut entries = self.entries.write();
        let other = match P::CLAIMING {
            Claiming::LooksAgain => entries.current(key),
            Claiming::TrustsItsLook => None,
        };
        if let Some(slot) = other {
            return slot;
        }
        let (slot, gone) = entries.insert(key.clone(), self.config.capacity);
        drop(entries);
        drop(gone);
        slot
    }

    fn load(&self, key: &K) -> Loaded<V, E> {
        // The value is as old as the beginning of its load.
        let begun = self.config.time_to_live.map(|time| (Instant::now(), time));
        let outcome = (self.loader)(key).map(Arc::new).map_err(LoadError::new);
        Loaded { outcome, until: begun.and_then(|(begun, time)| begun.checked_add(time)) }
    }

    /// Forgets `key`: whoever asks for it from now on has a value that is loaded after this. Says whether there was anything
    /// to forget.
    pub fn invalidate(&self, key: &K) -> bool {
        let gone = self.entries.write().slots.remove(key);
        gone.is_some()
    }

    /// Forgets all keys.
    pub fn clear(&self) {
        let gone = std::mem::take(&mut self.entries.write().slots);
        drop(gone);
    }

    /// How many entries there are, with those that are being loaded and those that have expired or failed and have not made
    /// room yet.
    pub fn len(&self) -> usize {
        self.entries.read().slots.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many entries there are at most.
    pub fn capacity(&self) -> usize {
        self.config.capacity
    }

    /// For how long a value can be used after its load began; `None` for ever.
    pub fn time_to_live(&self) -> Option<Duration> {
        self.config.time_to_live
    }
}

impl<K: Ord + Clone, V, E> Entries<K, V, E> {
    /// The slot for `key`, if what is in it can be used or is being loaded.
    fn current(&self, key: &K) -> Option<Slot<V, E>> {
        let (_, slot) = self.slots.get(key)?;
        slot.get().is_none_or(Loaded::is_current).then(|| Arc::clone(slot))
    }

    /// Makes a slot for `key`, and room for it.
    fn insert(&mut self, key: K, capacity: usize) -> (Slot<V, E>, Gone<V, E>) {
        let slot: Slot<V, E> = Arc::new(OnceLock::new());
        let replaced = self.slots.insert(key, (self.next, Arc::clone(&slot)));
        self.next += 1;
        let oldest = (self.slots.len() > capacity).then(|| self.oldest()).flatten();
        let pushed_out = oldest.and_then(|key| self.slots.remove(&key));
        (slot, [replaced, pushed_out].map(|gone| gone.map(|(_, slot)| slot)))
    }

    fn oldest(&self) -> Option<K> {
        self.slots.iter().min_by_key(|(_, (age, _))| *age).map(|(key, _)| key.clone())
    }
}

impl<V, E> Loaded<V, E> {
    fn is_current(&self) -> bool {
        self.outcome.is_ok() && self.until.is_none_or(|until| Instant::now() < until)
    }
}

/// Shows the configuration. It does not take the lock, so printing a cache never waits for it.
impl<K, V, E, P> fmt::Debug for Cache<K, V, E, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("config", &self.config).finish_non_exhaustive()
    }
}
