//! A supervisor, which runs workers, takes note of their panics and starts them again.
//!
//! # The problem
//!
//! A service has workers that run as long as it does: one empties a mailbox, one renews certificates. One day a worker meets input that
//! nobody thought of, and panics. In Go that is the end of the process, in Rust the worker is silently no more; either is worse than
//! what the panic itself has done. A supervisor stands around each worker: a panic becomes a [`Report`] to whoever
//! oversees the service, and the worker is started again, unless it has failed so often of late that it would not help.
//!
//! Three things are forgotten time and again. A worker that starts helpers of its own is guarded, and they are not: nobody catches
//! a panic for another goroutine. Whoever waits for the workers waits for ever if one of the ways in which a worker can end
//! does not count it out. And what a worker was changing when it panicked is half changed, behind a lock that is poisoned; the
//! state that workers share lives in a [`Ledger`](ledger::Ledger), where a change is made as a whole or not at all.
//!
//! Use it for what must go on running. A call that may panic needs no more than [`recover`](go::recover), a batch of jobs whose
//! results are wanted is run by [`wait_group`](crate::wait_group).
//!
//! ```
//! use reweave::sync::atomic::{AtomicU32, Ordering};
//! use reweave_scenarios::supervisor::{Config, Event, Supervisor};
//!
//! let (supervisor, reports): (Supervisor, _) = Config::new(3).build();
//! let attempts = AtomicU32::new(0);
//! supervisor.start("mailbox", move |task| {
//!     task.spawn("attachment", || panic!("not an image")); // harms nobody
//!     if attempts.fetch_add(1, Ordering::Relaxed) == 0 {
//!         panic!("no route");
//!     }
//! });
//! supervisor.wait();
//!
//! let mailbox: Vec<_> = reports.iter().filter(|report| report.task == "mailbox").map(|report| report.event).collect();
//! assert_eq!(mailbox, [Event::Panicked("no route".to_owned()), Event::Restarted, Event::Ended]);
//! ```
//!
//! # Guarantees
//!
//! - *Every panic is a message.* A panic of a worker or of a helper becomes one [`Event::Panicked`] with its words, and harms nobody else.
//! - *Restarts have a limit.* A worker that panics is started again, after a pause, unless it was restarted `restarts` times within the
//!   `period` before; then it is given up. The others go on.
//! - *The last word.* The last report of a worker is [`Event::Ended`], [`Event::GivenUp`] or [`Event::Stopped`], and it has only one of them.
//! - *Complete.* [`wait`](Supervisor::wait) returns when every worker and every helper has ended, however it ended, and not before.
//! - *Stop.* After a [`stop`](Supervisor::stop) no worker is started again, and none waits out its pause.
//!
//! Restarts with a limit over a period are those of Erlang's supervisors: J. Armstrong, *Making reliable distributed systems in the presence
//! of software errors* (2003), chapter 5.

mod config;
pub mod ledger;
mod restarts;
mod row;
mod task;
#[cfg(test)]
mod tests;
pub mod variant;
pub mod workload;

use std::fmt;
use std::marker::PhantomData;

use reweave::go;
use reweave::sync::mpsc;

pub use config::Config;
pub use row::scenario;
pub use task::Task;

use restarts::Restarts;
use task::Desk;
use variant::{Correct, GivingUp, Policy};

/// Runs workers; see the [module](self) for what it guarantees. When it is dropped, the workers go on and stay guarded, and nobody
/// can stop them any more.
///
/// The parameter `P` is there for the buggy twins of [`variant`]; leave it out.
pub struct Supervisor<P: Policy = Correct> {
    config: Config,
    desk: Desk,
    cancel: go::CancelFunc,
    policy: PhantomData<fn() -> P>,
}

/// What has become of a worker or a helper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The name of the worker; that of a helper stands behind it, as in `mailbox/attachment`.
    pub task: String,
    /// What has happened.
    pub event: Event,
}

/// What happens to workers and helpers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// It panicked, with these words.
    Panicked(String),
    /// The worker is started again after a panic.
    Restarted,
    /// It returned.
    Ended,
    /// The worker has panicked once more than it is restarted.
    GivenUp,
    /// The worker has panicked, and is not started again because the supervisor was stopped.
    Stopped,
}

impl<P: Policy> Supervisor<P> {
    fn assemble(config: Config) -> (Self, mpsc::Receiver<Report>) {
        let (reports, inbox) = mpsc::channel();
        let (context, cancel) = go::Context::background().with_cancel();
        let desk = Desk { reports, context, running: go::WaitGroup::new() };
        (Self { config, desk, cancel, policy: PhantomData }, inbox)
    }

    /// Starts a worker, on a goroutine of its own. It is `run` again after each panic, within the limits.
    pub fn start(&self, name: impl Into<String>, mut run: impl FnMut(&Task<P>) + Send + 'static) {
        let mut restarts = Restarts::new(&self.config);
        let task = Task::<P>::new(name.into(), &self.desk);
        self.desk.running.add(1);
        go::spawn(move || {
            let ending = loop {
                match go::recover(|| run(&task)) {
                    Ok(()) => break Event::Ended,
                    Err(panic) => task.report(Event::Panicked(panic.message().to_owned())),
                }
                if task.is_stopped() {
                    break Event::Stopped;
                }
                if !restarts.allow_one() {
                    if P::GIVING_UP == GivingUp::ReturnsAtOnce {
                        return task.report(Event::GivenUp);
                    }
                    break Event::GivenUp;
                }
                if restarts.pause(&task).is_err() {
                    break Event::Stopped;
                }
                task.report(Event::Restarted);
            };
            // What the worker owns is dropped before it is counted out, and that is code of the user as well.
            if let Err(panic) = go::recover(|| drop(run)) {
                task.report(Event::Panicked(panic.message().to_owned()));
            }
            task.report(ending);
            task.done();
        });
    }

    /// Asks the workers to come to their ends. They see it in [`Task::is_stopped`] and in their [context](Task::context).
    pub fn stop(&self) {
        self.cancel.cancel();
    }

    /// Waits until all workers and helpers have ended.
    ///
    /// Nobody can start another meanwhile: a wait group must not be counted up from zero while somebody waits at it.
    pub fn wait(self) {
        self.desk.running.wait();
    }
}

impl<P: Policy> fmt::Debug for Supervisor<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Supervisor").field("config", &self.config).finish_non_exhaustive()
    }
}
