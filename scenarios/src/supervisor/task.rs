//! What a worker gets from its supervisor: a name, a context, and guarded helpers.

use std::fmt;
use std::marker::PhantomData;

use reweave::go;
use reweave::sync::mpsc;

use super::variant::{Correct, Helpers, Policy};
use super::{Event, Report};

/// Where workers and helpers are counted and report.
#[derive(Clone)]
pub(super) struct Desk {
    pub(super) reports: mpsc::Sender<Report>,
    /// Done when the supervisor is stopped.
    pub(super) context: go::Context,
    /// Counts workers and helpers that have not ended.
    pub(super) running: go::WaitGroup,
}

/// A worker, seen from inside.
pub struct Task<P: Policy = Correct> {
    name: String,
    desk: Desk,
    policy: PhantomData<fn() -> P>,
}

impl<P: Policy> Task<P> {
    pub(super) fn new(name: String, desk: &Desk) -> Self {
        Self { name, desk: desk.clone(), policy: PhantomData }
    }

    /// The name of the worker.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Done when the supervisor is stopped, for calls that take a context.
    pub fn context(&self) -> &go::Context {
        &self.desk.context
    }

    /// Whether the supervisor was stopped. A worker that runs for ever asks now and then, and returns.
    pub fn is_stopped(&self) -> bool {
        self.desk.context.err().is_some()
    }

    /// Starts a helper on a goroutine of its own. It is guarded as the worker is, but not restarted: a worker that panics and is restarted
    /// starts its helpers again, whatever has become of those that it had.
    pub fn spawn(&self, name: impl fmt::Display, run: impl FnOnce() + Send + 'static) {
        let helper = Self::new(format!("{}/{name}", self.name), &self.desk);
        // The worker is still counted, so this does not count up from zero.
        self.desk.running.add(1);
        go::spawn(move || {
            let ended = match P::HELPERS {
                Helpers::Guarded => go::recover(run),
                Helpers::LeftToTheWorker => {
                    run();
                    Ok(())
                }
            };
            helper.report(match ended {
                Ok(()) => Event::Ended,
                Err(panic) => Event::Panicked(panic.message().to_owned()),
            });
            helper.done();
        });
    }

    pub(super) fn report(&self, event: Event) {
        // Nobody needs to listen.
        let _ = self.desk.reports.send(Report { task: self.name.clone(), event });
    }

    /// Counts the task out. It reports nothing any more.
    pub(super) fn done(self) {
        let Self { desk: Desk { reports, running, .. }, .. } = self;
        drop(reports);
        running.done();
    }
}

impl<P: Policy> fmt::Debug for Task<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task").field("name", &self.name).finish_non_exhaustive()
    }
}
