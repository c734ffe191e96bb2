//! An exploration that is saved now and then, and goes on from what was saved.
//!
//! It is saved between rounds, and so is one that a limit cut short: what its executions found is entered, and the regions are put back
//! into the tree. Where the exploration goes on, regions are made anew, and what a region does not get to in a round that is cut short
//! it does not have back. So what is left is executed in another order than without the interruption. That changes which execution of a class is met and
//! when, and so how a finding that several classes have is told; it does not change which classes there are, or
//! that each is executed once.
//!
//! That a checkpoint belongs to the test is not only asked of names and versions: the first execution is run again, and
//! has to be the one that it was.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::checkpoint::{self, CheckpointError, Fnv, Head, Rules};
use super::guide::Guide;
use super::loops::Loops;
use super::search::{Course, Search};
use super::tree::{Step, Tree};
use crate::checker::{Settings, about, counted, share};
use crate::engine::execution::Ending;
use crate::explore::exploration::{self, Shared, lock};
use crate::findings::explain;
use crate::kernel::Op;

/// How many times longer exploration goes on than the last checkpoint took to be written, at least.
const PATIENCE: u32 = 20;

/// Where an exploration is saved, and what was read from there.
#[derive(Debug)]
pub(super) struct Saving {
    path: PathBuf,
    /// What the exploration goes on from, until its first execution was run again.
    loaded: Option<Box<(Head, Tree)>>,
    /// How many executions had been there, and for how long that exploration went on.
    resumed: Option<u64>,
    before: Duration,
    fingerprint: Option<u64>,
    started: Instant,
    every: Duration,
    due: Instant,
    /// Why the exploration was refused, or could not be saved the last time.
    refused: Option<CheckpointError>,
    problem: Option<CheckpointError>,
    /// How many executions the file has.
    saved: Option<u64>,
}

/// What the end of a round is to the checkpoint.
pub(super) enum Gate {
    /// Nothing: the round is to be entered into the tree.
    Enter,
    /// The first execution is the right one, and the exploration goes on from what was saved.
    Resumed,
    /// The exploration must not go on.
    Refused,
}

impl Search {
    /// Explores from the checkpoint of `settings` if there is one, and is saved there from now on.
    pub(in crate::explore) fn open_checkpoint(&mut self, settings: &Settings) -> Result<(), CheckpointError> {
        let Some(path) = &settings.checkpoint else { return Ok(()) };
        let path = checkpoint::file_of(path, &settings.name);
        let loaded = checkpoint::load(&path, settings)?.map(Box::new);
        checkpoint::probe(&path)?;
        if let Some((head, _)) = loaded.as_deref() {
            self.finish_apart.store(head.finish_apart, Ordering::Relaxed);
            let course = &mut *lock(&self.course);
            course.loops = Arc::new(Loops { free: head.free_loops.clone(), tried: head.tried_loops.clone() });
            self.begin(head.finish_apart, &course.loops);
        }
        let now = exploration::now();
        self.saving = Some(std::sync::Mutex::new(Saving {
            path,
            resumed: loaded.as_ref().map(|loaded| loaded.0.executed),
            before: loaded.as_ref().map_or(Duration::ZERO, |loaded| loaded.0.elapsed),
            loaded,
            fingerprint: None,
            started: now,
            every: settings.checkpoint_every,
            due: now + settings.checkpoint_every,
            refused: None,
            problem: None,
            saved: None,
        }));
        Ok(())
    }

    /// Why nothing was explored, if that is so.
    pub(in crate::explore) fn refused(&self) -> Option<String> {
        let saving = lock(self.saving.as_ref()?);
        saving.refused.as_ref().map(CheckpointError::to_string)
    }

    /// How many executions were there before this exploration went on, and for how long it had gone on, in real time.
    pub(in crate::explore) fn before(&self) -> (u64, Duration) {
        self.saving.as_ref().map_or((0, Duration::ZERO), |saving| {
            let saving = lock(saving);
            (saving.resumed.unwrap_or(0), saving.before)
        })
    }

    /// How many executions there are in all, as far as can be told, where `executed` were there already.
    pub(in crate::explore) fn estimate(&self, executed: u64) -> Option<f64> {
        lock(&self.estimate).total(executed)
    }

    /// What a report says of an exploration that may have been interrupted.
    pub(super) fn note_on_progress(&self, shared: &Shared) -> Vec<String> {
        let mut notes = Vec::new();
        let executed = shared.executed.load(Ordering::Relaxed);
        let left = self.left.load(Ordering::Relaxed);
        if left && let Some(total) = self.estimate(executed) {
            notes.push(format!("about {} schedules in all, {} explored", about(total), share(executed as f64 / total)));
        }
        let Some(saving) = &self.saving else { return notes };
        let saving = lock(saving);
        if let Some(resumed) = saving.resumed {
            notes.push(format!("went on after {}", counted(resumed, "schedule")));
        }
        if let Some(problem) = &saving.problem {
            notes.push(problem.to_string());
        } else if left && saving.saved.is_some() {
            notes.push(format!("to be resumed from {}", saving.path.display()));
        }
        notes
    }

    /// Takes note of the first execution; the first of an exploration that goes on is only there to be compared.
    pub(super) fn pass_gate(&self, shared: &Shared) -> Gate {
        let Some(saving) = &self.saving else { return Gate::Enter };
        let mut saving = lock(saving);
        if saving.fingerprint.is_some() {
            return Gate::Enter;
        }
        let fingerprint = self.fingerprint(shared.settings.allow_leaks);
        let Some(loaded) = saving.loaded.take() else {
            saving.fingerprint = Some(fingerprint);
            return Gate::Enter;
        };
        let (head, loaded) = *loaded;
        if head.fingerprint != fingerprint {
            saving.refused = Some(CheckpointError::Program { path: saving.path.clone() });
            return Gate::Refused;
        }
        saving.fingerprint = Some(fingerprint);
        *lock(&self.tree) = loaded;
        self.single_steps.store(head.single_steps, Ordering::Relaxed);
        self.loses_timers.store(head.loses_timers, Ordering::Relaxed);
        self.cut.store(head.cut, Ordering::Relaxed);
        self.gave_up.store(head.gave_up, Ordering::Relaxed);
        self.blocked.store(head.blocked, Ordering::Relaxed);
        *lock(&self.estimate) = head.estimate;
        exploration::restore(shared, (head.executed, head.failed, head.steps), head.failures);
        Gate::Resumed
    }

    /// The exploration starts again, and so does its checkpoint.
    pub(super) fn forget_first(&self) {
        *lock(&self.estimate) = super::estimate::Estimate::default();
        if let Some(saving) = &self.saving {
            lock(saving).fingerprint = None;
        }
    }

    /// A round was entered into the tree and its `parts`, by region: estimates, and saves if it is time, or if the exploration is `over`.
    pub(super) fn settle(
        &self,
        shared: &Shared,
        tree: &Tree,
        parts: &[Option<(Step, &Tree)>],
        course: &Course,
        over: bool,
    ) {
        let executed = shared.executed.load(Ordering::Relaxed);
        let trees: Vec<Option<&Tree>> = parts.iter().map(|part| part.map(|(_, tree)| tree)).collect();
        lock(&self.estimate).keep_up(tree, &trees, executed, over);
        self.left.store(over && !tree.is_finished(), Ordering::Relaxed);
        let Some(saving) = &self.saving else { return };
        let mut saving = lock(saving);
        if tree.is_finished() {
            return saving.end();
        }
        let now = exploration::now();
        let Some(fingerprint) = saving.fingerprint else { return };
        if now < saving.due && !over {
            return;
        }
        let (failed, failures) = exploration::failures(shared);
        let head = Head {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            test: shared.settings.name.clone(),
            rules: Rules::of(&shared.settings),
            fingerprint,
            finish_apart: self.finish_apart.load(Ordering::Relaxed),
            single_steps: self.single_steps.load(Ordering::Relaxed),
            loses_timers: self.loses_timers.load(Ordering::Relaxed),
            executed,
            failed,
            steps: shared.steps.load(Ordering::Relaxed),
            cut: self.cut.load(Ordering::Relaxed),
            gave_up: self.gave_up.load(Ordering::Relaxed),
            blocked: self.blocked.load(Ordering::Relaxed),
            elapsed: saving.before + saving.started.elapsed(),
            estimate: *lock(&self.estimate),
            failures,
            free_loops: course.loops.free.clone(),
            tried_loops: course.loops.tried.clone(),
        };
        // Regions are made anew where the exploration goes on, and go on here as if nothing had been saved.
        let mut whole = tree.clone();
        for (step, part) in parts.iter().flatten() {
            whole.graft(*step, (*part).clone());
        }
        match checkpoint::save(&saving.path, &head, &whole) {
            Ok(()) => (saving.problem, saving.saved) = (None, Some(executed)),
            Err(problem) => saving.problem = Some(problem),
        }
        saving.due = exploration::now() + saving.every.max(now.elapsed() * PATIENCE);
    }

    /// A failure ended the exploration: what was saved belongs to a program that will be changed.
    pub(super) fn end_checkpoint(&self) {
        if let Some(saving) = &self.saving {
            lock(saving).end();
        }
    }
}

impl Saving {
    fn end(&mut self) {
        self.problem = checkpoint::remove(&self.path).err();
        self.saved = None;
    }
}

/// A hash of the steps of an execution: who took which, with which outcome, and how it ended. Values of atomic variables
/// are left out, because they may be addresses.
pub(super) fn fingerprint(guide: &Guide, ending: &Ending, allow_leaks: bool) -> u64 {
    let mut hash = Fnv::new();
    for event in &guide.trace.events {
        hash.add(&event.made.task.0.to_le_bytes());
        hash.add(&event.made.outcome.to_le_bytes());
        // Writing to a hash does not fail.
        let _ = match &event.op {
            Op::Atomic(id, op) => write!(hash, "{id:?} {:?}", std::mem::discriminant(op)),
            op => write!(hash, "{op:?}"),
        };
    }
    hash.add(explain::kind_of(ending, allow_leaks).map_or("", |kind| kind.name()).as_bytes());
    hash.0
}
