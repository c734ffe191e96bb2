//! A server in memory, as the workloads need it: one that is quick, slow, hangs, or refuses.

use reweave::go;
use reweave::sync::{Arc, Mutex, PoisonError};
use reweave::time::Duration;

use super::driver::{Backend, Running};
use super::error::ServerError;
use super::trace::TraceId;

/// How a server does its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// It answers each statement with one row, the statement, after so long.
    Answers(Duration),
    /// It never answers, unless the statement is killed.
    Hangs,
    /// It refuses every statement.
    Refuses,
}

/// A server that keeps a log. A handle: clones are the same server.
#[derive(Debug, Clone)]
pub struct Server {
    pace: Pace,
    log: Arc<Mutex<Vec<Entry>>>,
}

/// A statement that has come to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The request that it belonged to.
    pub trace: Option<TraceId>,
    /// The statement.
    pub statement: String,
    /// Whether it was killed.
    pub killed: bool,
}

impl Server {
    /// A server that works at this pace.
    #[must_use]
    pub fn new(pace: Pace) -> Self {
        Self { pace, log: Arc::default() }
    }

    /// The statements that have come to their end, in that order.
    pub fn log(&self) -> Vec<Entry> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Backend for Server {
    fn start(&self, trace: Option<TraceId>, statement: &str) -> Running {
        let (replies, kill) = (go::Chan::new(1), go::Chan::<()>::new(0));
        let running = Running { reply: replies.recv_only(), kill: kill.clone() };
        let (server, statement) = (self.clone(), statement.to_owned());
        go::spawn(move || {
            let reply = match server.pace {
                Pace::Answers(after) => {
                    let timer = go::Timer::new(after);
                    go::select! {
                        recv(timer.c()) => Ok(vec![statement.clone()]),
                        recv(kill) => {
                            timer.stop();
                            Err(ServerError::Killed)
                        },
                    }
                }
                Pace::Hangs => {
                    kill.recv();
                    Err(ServerError::Killed)
                }
                Pace::Refuses => Err(ServerError::Refused("there is no such table".to_owned())),
            };
            let killed = reply == Err(ServerError::Killed);
            let entry = Entry { trace, statement, killed };
            server.log.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
            replies.send(reply);
        });
        running
    }
}
