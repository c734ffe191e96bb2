//! Explores programs, several at a time, until all are done or Ctrl-C ends it.
//!
//! Explorations run on threads of their own that only send what they see; everything is put together and shown on the main
//! thread. So Ctrl-C needs no cooperation from them: they are left behind when the process ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

use reweave::{Progress, Report};
use reweave_scenarios::gallery::Surprise;

use super::arguments::{Action, Arguments, Budget};
use super::progress::Display;
use super::save;
use super::selection::Program;

/// What came of it.
pub(super) struct Run {
    /// What was explored to its end, in the order of the gallery.
    pub(super) done: Vec<Done>,
    /// What was not, with the number of schedules that were executed.
    pub(super) cut: Vec<(Program, u64)>,
    pub(super) ended: Ended,
    /// In real time.
    pub(super) elapsed: Duration,
}

/// A program that was explored.
pub(super) struct Done {
    pub(super) program: Program,
    pub(super) report: Report,
    pub(super) outcome: Result<(), Surprise>,
}

/// How a run ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ended {
    Complete,
    Interrupted,
}

impl Run {
    pub(super) fn is_as_expected(&self) -> bool {
        self.cut.is_empty() && self.done.iter().all(|done| done.outcome.is_ok())
    }

    /// What did not come to what was promised.
    pub(super) fn surprises(&self) -> impl Iterator<Item = (&Program, &Report)> {
        let surprises = self.done.iter().filter(|done| done.outcome.is_err());
        surprises.map(|done| (&done.program, &done.report))
    }
}

/// What the main thread is told.
enum Event {
    Begun(usize),
    Progress(usize, Progress),
    Done(usize, Box<Report>),
    Interrupted,
}

/// Explores `programs` as the arguments want it.
pub(super) fn run(programs: &[Program], arguments: &Arguments, display: Display) -> Run {
    let begun = Instant::now();
    let (sender, events) = mpsc::channel();
    listen_to_ctrl_c(sender.clone());
    let next = Arc::new(AtomicUsize::new(0));
    for job in 0..arguments.jobs.min(programs.len()) {
        let (programs, arguments) = (programs.to_vec(), arguments.clone());
        let (next, sender) = (Arc::clone(&next), sender.clone());
        let work = move || {
            while let Some(index) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|index| *index < programs.len()) {
                explore(&programs[index], index, &arguments, &sender);
            }
        };
        let started = thread::Builder::new().name(format!("job {job}")).spawn(work);
        started.expect("the system has room for a thread for each processor");
    }
    drop(sender);
    let mut run = gather(programs, &events, display);
    run.elapsed = begun.elapsed();
    run
}

/// Explores one program, and tells `events` about it.
fn explore(program: &Program, index: usize, arguments: &Arguments, events: &Sender<Event>) {
    // Nobody listens any more once Ctrl-C has ended the run: then there is nothing to tell.
    let _ = events.send(Event::Begun(index));
    let watch = events.clone();
    let checker = program.scenario.checker(&program.variant).seed(arguments.seed).on_progress(move |progress| {
        let _ = watch.send(Event::Progress(index, progress.clone()));
    });
    let checker = match arguments.budget {
        None => checker,
        Some(Budget::Schedules(schedules)) => checker.schedules(schedules),
        Some(Budget::Time(time)) => checker.schedules(u64::MAX).time_limit(time),
    };
    let checker = if arguments.action == Action::Show { checker.seeds_dir(save::directory()) } else { checker };
    let report = checker.explore(program.variant.program());
    let _ = events.send(Event::Done(index, Box::new(report)));
}

/// Makes of Ctrl-C an event. The second one ends the process at once.
fn listen_to_ctrl_c(events: Sender<Event>) {
    let told = AtomicBool::new(false);
    let handler = move || {
        if told.swap(true, Ordering::Relaxed) || events.send(Event::Interrupted).is_err() {
            std::process::exit(super::INTERRUPTED.into());
        }
    };
    if let Err(error) = ctrlc::set_handler(handler) {
        eprintln!("reweave-scenarios: Ctrl-C will show nothing of what was found: {error}");
    }
}

/// Puts together what the explorations tell, until all are done or one Ctrl-C comes.
fn gather(programs: &[Program], events: &Receiver<Event>, mut display: Display) -> Run {
    let mut reports: Vec<Option<Report>> = programs.iter().map(|_| None).collect();
    let mut executed = vec![0; programs.len()];
    let mut ended = Ended::Complete;
    while reports.iter().any(Option::is_none) {
        // No thread is left that could tell: one has died, and what it explored is missing in the table.
        let Ok(event) = events.recv() else { break };
        match event {
            Event::Begun(index) => display.begun(&programs[index]),
            Event::Progress(index, progress) => {
                executed[index] = progress.schedules;
                display.progress(&programs[index], &progress);
            }
            Event::Done(index, report) => {
                display.done(&programs[index], &report);
                reports[index] = Some(*report);
            }
            Event::Interrupted => {
                ended = Ended::Interrupted;
                break;
            }
        }
    }
    display.end();
    let mut run = Run { done: Vec::new(), cut: Vec::new(), ended, elapsed: Duration::ZERO };
    for ((program, report), executed) in programs.iter().zip(reports).zip(executed) {
        let program = program.clone();
        match report {
            Some(report) => {
                let outcome = program.variant.judge(&report);
                run.done.push(Done { program, report, outcome });
            }
            None => run.cut.push((program, executed)),
        }
    }
    run
}
