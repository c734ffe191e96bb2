//! Loops that only read: whether they wait for what they read to change, or end by themselves.
//!
//! A loop that takes a turn without having done anything but read is taken for one that waits: see [`super::guide`]. That
//! is wrong for one that counts its turns, or looks at the time for so long. So the first time that a loop is about to wait it
//! is *tried*: in an execution of its own, nobody but its task goes on from there. If it ends nevertheless, it is free, and
//! what was explored while it was thought to wait does not count.

use super::guide::Guide;
use super::moves::{Move, TaskName};
use super::tree::Planning;
use crate::engine::Place;
use crate::engine::teardown::Remains;
use crate::explore::exploration::Shared;
use crate::explore::worker::Worker;

/// Where a loop is in the source: a [`Place`] that may be from another process.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Loop {
    pub(super) file: String,
    pub(super) line: u32,
    pub(super) column: u32,
}

impl Loop {
    pub(super) fn at(place: Place) -> Loop {
        Loop { file: place.file().to_owned(), line: place.line(), column: place.column() }
    }

    fn is_at(&self, place: Place) -> bool {
        self.line == place.line() && self.column == place.column() && self.file == place.file()
    }
}

/// What is known of the loops of a program.
#[derive(Clone, Debug, Default)]
pub(crate) struct Loops {
    /// Those that were seen to end by themselves: they never wait.
    pub(super) free: Vec<Loop>,
    /// All that were tried.
    pub(super) tried: Vec<Loop>,
}

impl Loops {
    pub(super) fn is_free(&self, place: Place) -> bool {
        self.free.iter().any(|it| it.is_at(place))
    }

    pub(super) fn was_tried(&self, place: Place) -> bool {
        self.tried.iter().any(|it| it.is_at(place))
    }

    /// Whether `other` knows of a loop of which this does not.
    pub(super) fn lacks(&self, other: &Loops) -> bool {
        let lacks = |mine: &[Loop], theirs: &[Loop]| theirs.iter().any(|it| !mine.contains(it));
        lacks(&self.free, &other.free) || lacks(&self.tried, &other.tried)
    }

    /// Takes over what `other` knows, too. Returns whether a loop is free that was thought to wait.
    pub(crate) fn learn(&mut self, other: &Loops) -> bool {
        let free = self.free.len();
        for (mine, theirs) in [(&mut self.free, &other.free), (&mut self.tried, &other.tried)] {
            let new: Vec<Loop> = theirs.iter().filter(|it| !mine.contains(it)).cloned().collect();
            mine.extend(new);
        }
        self.free.len() > free
    }

    /// Makes `other` know the same.
    pub(crate) fn teach(&self, other: &mut Loops) {
        if (self.free.len(), self.tried.len()) != (other.free.len(), other.tried.len()) {
            other.clone_from(self);
        }
    }
}

/// How a loop is tried: from which event on, whose it is, and where.
#[derive(Clone, Debug)]
pub(crate) struct Trial {
    pub(crate) at: usize,
    pub(crate) task: TaskName,
    pub(crate) place: Place,
    pub(crate) steps: u32,
    pub(crate) ends: bool,
}

/// For how many steps a loop is tried that may end by itself.
pub(super) const TRIAL_STEPS: u32 = 2_000;

/// Lets the loop that was about to wait in the execution of `guide` go on alone, if it was not tried before, and notes what
/// comes of it.
pub(in crate::explore) fn try_loop(shared: &Shared, worker: &mut Worker, guide: &mut Guide) -> Remains {
    let Some(trial) = guide.untried_loop.take() else { return Remains::Clean };
    let mut prober = Box::new(Guide::new(shared.settings.clock, Planning::Sequences));
    prober.finish_apart = guide.finish_apart;
    prober.loops.free.clone_from(&guide.loops.free);
    let plan: Vec<Move> = guide.trace.events[..trial.at].iter().map(|event| event.made).collect();
    let tried = Loop::at(trial.place);
    prober.prepare(&[], &plan, &[]);
    prober.trial = Some(trial);
    let (prober, remains) = worker.lead(&shared.test, prober);
    if prober.trial.is_some_and(|trial| trial.ends) {
        guide.loops.free.push(tried.clone());
    }
    guide.loops.tried.push(tried);
    remains
}
