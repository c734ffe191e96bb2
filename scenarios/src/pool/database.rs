//! A database in memory, as the workloads need it: with sessions, transactions that wait for each other, and outages.
//!
//! There is one table, and a transaction locks all of it. That is little concurrency for a database and all that is needed to
//! put a pool through its paces.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;

use reweave::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use reweave::time::{Duration, Instant};

use super::Backend;
use super::layers::{QueryError, Session};

/// A table of counts, to which there are connections.
#[derive(Debug, Clone)]
pub struct Database(Arc<Server>);

#[derive(Debug)]
struct Server {
    table: Mutex<Table>,
    /// A transaction has ended.
    unlocked: Condvar,
}

#[derive(Debug, Default)]
struct Table {
    counts: BTreeMap<u32, u32>,
    /// The session that is in a transaction.
    locked_by: Option<u64>,
    sessions: Sessions,
    is_down: bool,
}

/// What a database says of those who are connected to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sessions {
    /// How many there have been.
    pub opened: u64,
    /// How many there are now.
    pub open: usize,
    /// How many there were at a time, at most.
    pub peak: usize,
}

/// A session with the database, which ends when it is dropped.
#[derive(Debug)]
pub struct Connection {
    server: Arc<Server>,
    id: u64,
    /// What it has changed in its transaction.
    changes: BTreeMap<u32, u32>,
}

/// The database is down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Down;

impl Database {
    /// A database with a count for each of some items.
    pub fn new(counts: impl IntoIterator<Item = (u32, u32)>) -> Self {
        let table = Table { counts: counts.into_iter().collect(), ..Table::default() };
        Self(Arc::new(Server { table: Mutex::new(table), unlocked: Condvar::new() }))
    }

    /// What is committed.
    pub fn counts(&self) -> BTreeMap<u32, u32> {
        self.0.table().counts.clone()
    }

    /// Who is connected.
    pub fn sessions(&self) -> Sessions {
        self.0.table().sessions
    }

    /// From now on nobody can connect, and whoever is connected finds its session dead; or all is well again.
    pub fn set_down(&self, is_down: bool) {
        self.0.table().is_down = is_down;
    }
}

impl Server {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Backend for Database {
    type Connection = Connection;
    type Error = Down;

    fn connect(&self) -> Result<Connection, Down> {
        let mut table = self.0.table();
        if table.is_down {
            return Err(Down);
        }
        let sessions = &mut table.sessions;
        (sessions.opened, sessions.open) = (sessions.opened + 1, sessions.open + 1);
        sessions.peak = sessions.peak.max(sessions.open);
        Ok(Connection { server: Arc::clone(&self.0), id: sessions.opened, changes: BTreeMap::new() })
    }

    /// Tries a transaction, as long as it takes until it is there.
    fn is_healthy(&self, connection: &mut Connection) -> bool {
        let works = connection.begin(Duration::MAX).is_ok();
        connection.roll_back();
        works
    }

    fn reset(&self, connection: &mut Connection) {
        connection.roll_back();
    }
}

impl Connection {
    /// Ends the transaction, if there is one, as if it had never been.
    fn roll_back(&mut self) {
        self.changes.clear();
        self.end();
    }

    fn end(&mut self) {
        let mut table = self.server.table();
        if table.locked_by == Some(self.id) {
            table.locked_by = None;
            drop(table);
            self.server.unlocked.notify_one();
        }
    }
}

impl Session for Connection {
    fn begin(&mut self, patience: Duration) -> Result<(), QueryError> {
        let begun = Instant::now();
        let mut table = self.server.table();
        while table.locked_by.is_some() {
            let left = patience.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return Err(QueryError::TimedOut);
            }
            table = match patience {
                Duration::MAX => self.server.unlocked.wait(table).unwrap_or_else(PoisonError::into_inner),
                _ => self.server.unlocked.wait_timeout(table, left).unwrap_or_else(PoisonError::into_inner).0,
            };
        }
        if table.is_down {
            return Err(QueryError::Broken);
        }
        table.locked_by = Some(self.id);
        Ok(())
    }

    fn get(&mut self, item: u32) -> Option<u32> {
        self.changes.get(&item).copied().or_else(|| self.server.table().counts.get(&item).copied())
    }

    fn set(&mut self, item: u32, count: u32) {
        self.changes.insert(item, count);
    }

    fn commit(&mut self) {
        let changes = std::mem::take(&mut self.changes);
        self.server.table().counts.extend(changes);
        self.end();
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.roll_back();
        self.server.table().sessions.open -= 1;
    }
}

impl fmt::Display for Down {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the database is down")
    }
}

impl Error for Down {}
