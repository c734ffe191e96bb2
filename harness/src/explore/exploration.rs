//! An exploration: executions one after the other, on one or several OS threads, and what becomes of failures.
//!
//! Workers take numbers of executions in order; a failure lowers the number at which all of them stop. So the
//! executions that ran are always those from the first to some last one, and the first finding is the same with
//! any number of workers.
//!
//! The calling thread only waits and watches, so that an exploration that is stuck in a real primitive can be left
//! behind.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::Strategy;
use super::auto::explore_auto;
use super::exhaustive::Search;
use super::explanation::{explain_failure, explain_stuck};
use super::steer;
use super::systematic::Systematic;
use super::watchdog::{Beats, Watchdog};
use super::worker::{Recorded, Source, Worker};
use crate::checker::{Progress, Report, Settings, Test, Verdict};
use crate::engine::decisions::Decisions;
use crate::engine::execution::Ending;
use crate::engine::teardown::Remains;
use crate::findings::explain;
use crate::findings::{Finding, FindingKind};

/// How many distinct findings an exploration that keeps going collects.
const MAX_FINDINGS: usize = 100;

/// One in this many passing executions is run twice to see whether it is deterministic, besides the first few.
pub(super) const AUDIT_EVERY: u64 = 100;
const AUDIT_FIRST: u64 = 2;

/// One in this many is compared step by step, which takes several times as long; the others by how they end.
const COMPARE_STEPS_EVERY: u64 = 10_000;

/// How many schedules are executed to see whether fewer preemptions are enough.
const MOST_WITHIN: u64 = 2_000;

/// How often the calling thread looks at the workers.
pub(super) const WATCH_EVERY: Duration = Duration::from_millis(100);

/// How often an execution that needs an object that is in use elsewhere is tried again, and how long it pauses.
pub(super) const CONTENDED_TRIES: u32 = 500;
const CONTENDED_PAUSE: Duration = Duration::from_millis(2);

/// A failure, as the workers know it.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub(super) execution: u64,
    pub(super) kind: FindingKind,
    pub(super) decisions: Decisions,
    /// What two runs of the same schedule differ in, for nondeterminism; the reason of a conflict.
    pub(super) detail: Option<String>,
    /// It is not that execution which failed, but another into which it led.
    pub(super) steered: bool,
}

/// What the workers of an exploration share.
pub(super) struct Shared {
    pub(super) settings: Settings,
    pub(super) test: Test,
    /// The number of the next execution, and the number before which to stop.
    next: AtomicU64,
    pub(super) limit: AtomicU64,
    pub(super) executed: AtomicU64,
    failed: AtomicU64,
    pub(super) steps: AtomicU64,
    hash: AtomicU64,
    /// Every schedule was executed.
    pub(super) complete: AtomicBool,
    /// What an exploration shares that is systematic.
    pub(super) systematic: Option<Systematic>,
    /// The time is up.
    pub(super) stop: AtomicBool,
    failures: Mutex<BTreeMap<String, Failure>>,
    pulses: Mutex<Vec<Arc<Pulse>>>,
    active: Mutex<usize>,
    done: Condvar,
    /// A worker panicked, which is not to be.
    broken: AtomicBool,
}

impl Shared {
    pub(super) fn new(settings: &Settings, test: &Test, systematic: Option<Systematic>) -> Shared {
        Shared {
            settings: settings.clone(),
            test: Arc::clone(test),
            next: AtomicU64::new(0),
            limit: AtomicU64::new(settings.schedule_limit()),
            executed: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            steps: AtomicU64::new(0),
            hash: AtomicU64::new(0),
            complete: AtomicBool::new(false),
            systematic,
            stop: AtomicBool::new(false),
            failures: Mutex::new(BTreeMap::new()),
            pulses: Mutex::new(Vec::new()),
            active: Mutex::new(settings.workers),
            done: Condvar::new(),
            broken: AtomicBool::new(false),
        }
    }

    /// What an exhaustive exploration shares.
    fn search(&self) -> Option<&Search> {
        match &self.systematic {
            Some(Systematic::Exhaustive(search)) => Some(search.as_ref()),
            _ => None,
        }
    }
}

/// What a worker lets others see of itself.
#[derive(Debug)]
pub(crate) struct Pulse {
    pub(crate) beats: Beats,
    pub(super) execution: AtomicU64,
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[expect(clippy::disallowed_methods, reason = "the watch over an exploration runs on real time")]
pub(super) fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "explorations run on OS threads of their own")]
pub(super) fn start_thread(name: String, run: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().name(name).spawn(run).expect("the operating system starts a thread");
}

/// Explores `test`.
pub(crate) fn explore(settings: &Settings, test: &Test) -> Report {
    if settings.strategy == Strategy::Auto {
        return explore_auto(settings, test);
    }
    let start = now();
    let schedules = settings.schedule_limit();
    let systematic = match Systematic::new(settings) {
        Ok(systematic) => systematic,
        Err(reason) => return Report::refused(reason),
    };
    let shared = Arc::new(Shared::new(settings, test, systematic));
    for _ in 0..settings.workers {
        start_worker(Arc::clone(&shared));
    }
    let (stuck, cut) = watch(&shared, schedules, start);
    if let Some(reason) = shared.search().and_then(Search::refused) {
        return Report::refused(reason);
    }
    let mut findings: Vec<Finding> = Vec::new();
    if let Some(execution) = stuck {
        findings.push(explain_stuck(&shared, execution));
        shared.failed.fetch_add(1, Ordering::Relaxed);
    }
    let elapsed = start.elapsed();
    let mut failures: Vec<(String, Failure)> =
        lock(&shared.failures).iter().map(|(signature, failure)| (signature.clone(), failure.clone())).collect();
    failures.sort_by_key(|(_, failure)| failure.execution);
    if !settings.keep_going {
        failures.truncate(1);
    }
    let until = now() + settings.shrink_for;
    findings.extend(failures.into_iter().map(|failure| explain_failure(&shared, failure, until)));
    let before = shared.search().map_or(Duration::ZERO, |search| search.before().1);
    report(&shared, findings, before + elapsed, cut)
}

/// Explores exhaustively with at most so many regions, so many executions in each of them in a round and so many planned
/// moves, and notes the classes that were executed. Returns how many executions were blocked, and whether everything was explored.
#[cfg(test)]
pub(super) fn explore_with(
    settings: &Settings,
    test: &Test,
    (rounds, max_planned_moves): ((usize, u64), usize),
    seen: &super::exhaustive::Seen,
) -> (u64, bool, bool) {
    let mut search = Search::with(settings, rounds, max_planned_moves);
    search.open_checkpoint(settings).expect("the checkpoint, if there is one, is its own");
    search.seen = Some(Arc::clone(seen));
    let shared = Shared::new(settings, test, Some(Systematic::Exhaustive(Box::new(search))));
    work(&shared);
    let Some(Systematic::Exhaustive(search)) = &shared.systematic else { unreachable!("it was given above") };
    (search.blocked(), shared.complete.load(Ordering::Relaxed), search.finishes_apart())
}

/// How many executions there seem to be after `schedules` of them, and how many there were by then.
#[cfg(test)]
pub(super) fn estimate_after(settings: &Settings, test: &Test, schedules: u64) -> (f64, u64) {
    let settings = Settings { schedules: Some(schedules), ..settings.clone() };
    let systematic = Systematic::new(&settings).expect("there is no checkpoint");
    let shared = Shared::new(&settings, test, systematic);
    work(&shared);
    let executed = shared.executed.load(Ordering::Relaxed);
    let search = shared.search().expect("the exploration is exhaustive");
    (search.estimate(executed).expect("something was executed"), executed)
}

/// Explores within a bound with `lanes` executions in a round, and notes the classes that were executed. Returns the
/// verdict, and whether finishing was a step of its own.
#[cfg(test)]
pub(super) fn explore_bounded_with(
    settings: &Settings,
    test: &Test,
    (lanes, bound): (usize, usize),
    seen: &super::exhaustive::Seen,
) -> (Verdict, bool) {
    let mut bounded = super::bounded::Bounded::with(settings, bound, lanes);
    bounded.seen = Some(Arc::clone(seen));
    let shared = Shared::new(settings, test, Some(Systematic::Bounded(Box::new(bounded))));
    work(&shared);
    let Some(Systematic::Bounded(bounded)) = &shared.systematic else { unreachable!("it was given above") };
    (verdict(&shared), bounded.finishes_apart())
}

/// The decisions of an execution that fails with `signature` and has at most so many preemptions, if one is found until then;
/// and whether all were executed.
pub(super) fn within(shared: &Shared, preemptions: u64, signature: &str, until: Instant) -> (Option<Decisions>, bool) {
    let (mut found, complete) = failures_within(shared, preemptions, until);
    (found.remove(signature).map(|failure| failure.decisions), complete)
}

/// What fails with at most so many preemptions, by signature, as far as it is found until then; and whether all were executed.
pub(super) fn failures_within(shared: &Shared, preemptions: u64, until: Instant) -> (BTreeMap<String, Failure>, bool) {
    let settings = Settings {
        strategy: Strategy::Bounded { preemptions: usize::try_from(preemptions).unwrap_or(usize::MAX) },
        preemptions: None,
        schedules: Some(MOST_WITHIN),
        time_limit: Some(until.saturating_duration_since(now())),
        workers: 1,
        keep_going: true,
        checkpoint: None,
        trace_hash: false,
        progress: None,
        ..shared.settings.clone()
    };
    let Ok(systematic) = Systematic::new(&settings) else { return (BTreeMap::new(), false) };
    let start = now();
    let inner = Arc::new(Shared::new(&settings, &shared.test, systematic));
    start_worker(Arc::clone(&inner));
    let (stuck, cut) = watch(&inner, MOST_WITHIN, start);
    let found = lock(&inner.failures).clone();
    let complete = stuck.is_none() && !cut && !matches!(verdict(&inner), Verdict::Sampled);
    (found, complete)
}

/// The verdict if nothing failed.
fn verdict(shared: &Shared) -> Verdict {
    let within = || shared.systematic.as_ref().map_or(Verdict::Sampled, Systematic::verdict);
    if shared.complete.load(Ordering::Relaxed) { Verdict::Exhaustive } else { within() }
}

fn report(shared: &Shared, findings: Vec<Finding>, elapsed: Duration, cut: bool) -> Report {
    let verdict = if findings.is_empty() { verdict(shared) } else { Verdict::Failed };
    let executed = shared.executed.load(Ordering::Relaxed);
    let schedules = match findings.first().and_then(|finding| finding.execution) {
        Some(execution) if !shared.settings.keep_going => execution + 1,
        _ => executed,
    };
    let failures = shared.failed.load(Ordering::Relaxed);
    Report {
        note: note(shared, &verdict, cut),
        verdict,
        schedules,
        failures: if shared.settings.keep_going { failures } else { failures.min(1) },
        steps: shared.steps.load(Ordering::Relaxed),
        elapsed,
        findings,
        trace_hash: shared.settings.trace_hash.then(|| shared.hash.load(Ordering::Relaxed)),
        complete: shared.complete.load(Ordering::Relaxed),
        estimate: shared.search().and_then(|search| search.estimate(executed)),
        seeds: Vec::new(),
    }
}

fn note(shared: &Shared, verdict: &Verdict, cut: bool) -> Option<String> {
    let cut = cut.then(|| "the time limit ended the exploration".to_owned());
    let rest = shared.systematic.as_ref().and_then(|systematic| systematic.note(shared, verdict));
    match (cut, rest) {
        (Some(cut), Some(rest)) => Some(format!("{cut}; {rest}")),
        (cut, rest) => cut.or(rest),
    }
}

/// Waits for the workers. Returns the execution that is stuck, if one is, and whether the time limit was reached.
fn watch(shared: &Arc<Shared>, schedules: u64, start: Instant) -> (Option<u64>, bool) {
    let settings = &shared.settings;
    let mut watchdogs: Vec<Watchdog> = Vec::new();
    let mut cut = false;
    let mut active = lock(&shared.active);
    while *active > 0 {
        let rest = settings.time_limit.map(|limit| limit.saturating_sub(start.elapsed()));
        let pause = rest.filter(|_| !cut).map_or(WATCH_EVERY, |rest| rest.min(WATCH_EVERY));
        active = shared.done.wait_timeout(active, pause).unwrap_or_else(PoisonError::into_inner).0;
        if !cut && settings.time_limit.is_some_and(|limit| start.elapsed() >= limit) {
            cut = shared.next.load(Ordering::Relaxed) < shared.limit.load(Ordering::Relaxed);
            cut |= shared.systematic.is_some();
            shared.stop.store(true, Ordering::Relaxed);
            shared.limit.fetch_min(shared.next.load(Ordering::Relaxed), Ordering::Relaxed);
        }
        if let Some(watch) = &settings.progress {
            (watch.0)(&progress(shared, schedules, start.elapsed()));
        }
        let pulses = lock(&shared.pulses);
        watchdogs.resize_with(pulses.len(), || Watchdog::new(now()));
        for (pulse, watchdog) in pulses.iter().zip(&mut watchdogs) {
            if watchdog.finds_stuck(pulse.beats.seen(), now(), settings.stuck_after) {
                shared.limit.store(0, Ordering::Relaxed);
                shared.stop.store(true, Ordering::Relaxed);
                return (Some(pulse.execution.load(Ordering::Relaxed)), cut);
            }
        }
    }
    let broken = shared.broken.load(Ordering::Relaxed);
    assert!(!broken, "reweave: a thread that explored has panicked, see above: a defect in Reweave, please report it");
    (None, cut)
}

/// How far the exploration is, after `elapsed` of real time.
fn progress(shared: &Shared, limit: u64, elapsed: Duration) -> Progress {
    let schedules = shared.executed.load(Ordering::Relaxed);
    let failures = shared.failed.load(Ordering::Relaxed);
    let search = shared.search();
    let estimate = search.and_then(|search| search.estimate(schedules));
    let (schedules_before, before) = search.map_or((0, Duration::ZERO), Search::before);
    let progress = Progress { schedules, limit, failures, elapsed: before + elapsed, estimate, remaining: None };
    let left = shared.settings.time_limit.map(|limit| limit.saturating_sub(elapsed));
    let to_go = progress.to_go(schedules.saturating_sub(schedules_before), elapsed);
    Progress { remaining: to_go.into_iter().chain(left).min(), ..progress }
}

fn start_worker(shared: Arc<Shared>) {
    let name = shared.settings.name.clone();
    start_thread(name, move || {
        let mut leave = Leave { shared: Arc::clone(&shared), returned: false };
        let respawn = work(&shared);
        leave.returned = true;
        if respawn {
            // This thread is of no use any more, see `Remains::ThreadSpoiled`. Another one goes on.
            *lock(&shared.active) += 1;
            start_worker(Arc::clone(&shared));
        }
        drop(leave);
    });
}

/// Counts a worker out, whatever happens to it.
struct Leave {
    shared: Arc<Shared>,
    /// It came to its end. Whether its thread is panicking does not say: a task may be suspended for ever in the middle of a panic.
    returned: bool,
}

impl Drop for Leave {
    fn drop(&mut self) {
        // What tasks panic with ends in them: this is of the exploration itself, and what it says would not hold.
        self.shared.broken.fetch_or(!self.returned, Ordering::Relaxed);
        *lock(&self.shared.active) -= 1;
        self.shared.done.notify_all();
    }
}

/// Runs executions until there are none left. Returns whether another thread has to go on instead.
fn work(shared: &Shared) -> bool {
    let pulse = Arc::new(Pulse { beats: Beats::new(), execution: AtomicU64::new(0) });
    lock(&shared.pulses).push(Arc::clone(&pulse));
    let mut worker = Worker::new(&shared.settings, pulse.beats.clone());
    if let Some(systematic) = &shared.systematic {
        let respawn = systematic.work(shared, &mut worker, &pulse);
        worker.retire(respawn);
        return respawn;
    }
    let mut totals = Totals::default();
    let respawn = loop {
        let execution = take_number(shared);
        if execution >= shared.limit.load(Ordering::Relaxed) {
            break false;
        }
        pulse.execution.store(execution, Ordering::Relaxed);
        let remains = run(shared, &mut worker, execution, &mut totals);
        totals.flush_now_and_then(shared);
        if remains == Remains::ThreadSpoiled {
            break true;
        }
    };
    totals.flush(shared);
    worker.retire(respawn);
    respawn
}

/// The number of the next execution that nobody runs yet.
#[inline]
fn take_number(shared: &Shared) -> u64 {
    if shared.settings.workers > 1 {
        return shared.next.fetch_add(1, Ordering::Relaxed);
    }
    // Nobody else takes one, so that no instruction need lock the bus.
    let number = shared.next.load(Ordering::Relaxed);
    shared.next.store(number + 1, Ordering::Relaxed);
    number
}

/// Counts of one worker, added to the shared ones now and then.
#[derive(Default)]
struct Totals {
    executed: u64,
    steps: u64,
    hash: u64,
}

impl Totals {
    fn flush_now_and_then(&mut self, shared: &Shared) {
        if self.executed >= 64 || self.steps >= 10_000 {
            self.flush(shared);
        }
    }

    fn flush(&mut self, shared: &Shared) {
        shared.executed.fetch_add(std::mem::take(&mut self.executed), Ordering::Relaxed);
        shared.steps.fetch_add(std::mem::take(&mut self.steps), Ordering::Relaxed);
        shared.hash.fetch_add(std::mem::take(&mut self.hash), Ordering::Relaxed);
    }
}

/// Runs one execution. Some are looked at more closely: nearly all take the shortest way.
fn run(shared: &Shared, worker: &mut Worker, execution: u64, totals: &mut Totals) -> Remains {
    let settings = &shared.settings;
    let closely = settings.trace_hash || execution < AUDIT_FIRST || execution.is_multiple_of(AUDIT_EVERY);
    let source = Source::Strategy { execution };
    let mut tries = 0;
    let remains = loop {
        let remains =
            if closely { examine(shared, worker, execution, totals) } else { worker.run(&shared.test, &source) };
        // Another execution, or an ordinary thread, uses an object that this one needs.
        if worker.was_contended() && tries < CONTENDED_TRIES && remains == Remains::Clean {
            tries += 1;
            pause();
            continue;
        }
        break remains;
    };
    totals.executed += 1;
    totals.steps += worker.steps();
    let ending = worker.ending();
    if let Some(kind) = explain::kind_of(ending, settings.allow_leaks) {
        let detail = match ending {
            Ending::Contended(reason) => Some(reason.clone()),
            _ => None,
        };
        let decisions = worker.decisions().clone();
        fail(shared, worker.signature().to_owned(), Failure { execution, kind, decisions, detail, steered: false });
    } else if closely {
        if execution == 0 && worker.decisions().is_empty() && !settings.repeat_complete {
            shared.complete.store(true, Ordering::Relaxed);
            shared.limit.fetch_min(1, Ordering::Relaxed);
        } else if settings.samples && steer::is_sampled(execution) && remains == Remains::Clean {
            return steer::predict_and_steer(shared, worker, execution);
        }
    }
    remains
}

/// Runs one execution, and a second time if it is to be audited.
#[inline(never)]
fn examine(shared: &Shared, worker: &mut Worker, execution: u64, totals: &mut Totals) -> Remains {
    let settings = &shared.settings;
    let source = Source::Strategy { execution };
    let first_ones = settings.samples && execution < AUDIT_FIRST;
    if !settings.trace_hash && !first_ones {
        return if settings.samples && execution.is_multiple_of(AUDIT_EVERY) {
            sample(shared, worker, execution)
        } else {
            worker.run(&shared.test, &source)
        };
    }
    let (recorded, remains) = worker.record(&shared.test, &source, None);
    totals.hash = totals.hash.wrapping_add(recorded.hash(execution));
    let passed = explain::kind_of(&recorded.ending, settings.allow_leaks).is_none();
    if first_ones && passed && remains == Remains::Clean {
        audit(shared, worker, execution, &recorded)
    } else {
        remains
    }
}

#[expect(clippy::disallowed_methods, reason = "waits for an execution on another OS thread")]
pub(super) fn pause() {
    std::thread::sleep(CONTENDED_PAUSE);
}

/// Notes a failure, and stops the exploration unless it is to keep going.
pub(super) fn fail(shared: &Shared, signature: String, failure: Failure) {
    shared.failed.fetch_add(1, Ordering::Relaxed);
    if !shared.settings.keep_going {
        shared.limit.fetch_min(failure.execution + 1, Ordering::Relaxed);
    }
    let mut failures = lock(&shared.failures);
    let full = failures.len() >= MAX_FINDINGS && shared.settings.keep_going;
    match failures.get_mut(&signature) {
        Some(first) if first.execution <= failure.execution => {}
        Some(first) => *first = failure,
        None if full => {}
        None => {
            failures.insert(signature, failure);
        }
    }
}

/// Forgets all failures: the exploration starts again.
pub(super) fn forget_failures(shared: &Shared) {
    lock(&shared.failures).clear();
    shared.failed.store(0, Ordering::Relaxed);
}

/// How many executions failed, and the failures by signature.
pub(super) fn failures(shared: &Shared) -> (u64, Vec<(String, Failure)>) {
    let failures = lock(&shared.failures);
    let list = failures.iter().map(|(signature, failure)| (signature.clone(), failure.clone())).collect();
    (shared.failed.load(Ordering::Relaxed), list)
}

/// Goes on with what an earlier exploration counted and found.
pub(super) fn restore(
    shared: &Shared,
    (executed, failed, steps): (u64, u64, u64),
    failures: impl IntoIterator<Item = (String, Failure)>,
) {
    shared.executed.store(executed, Ordering::Relaxed);
    shared.failed.store(failed, Ordering::Relaxed);
    shared.steps.store(steps, Ordering::Relaxed);
    lock(&shared.failures).extend(failures);
}

/// Whether a failure with this signature was noted.
pub(super) fn is_known(shared: &Shared, signature: &str) -> bool {
    lock(&shared.failures).contains_key(signature)
}

/// Runs a passing execution again and compares.
fn audit(shared: &Shared, worker: &mut Worker, execution: u64, first: &Recorded) -> Remains {
    let source = Source::Decisions(first.decisions.clone());
    let (second, remains) = worker.record(&shared.test, &source, None);
    if remains != Remains::Clean || worker.was_contended() {
        return remains;
    }
    if let Some(difference) = first.difference(&second) {
        let decisions = first.decisions.clone();
        let (kind, detail) = (FindingKind::Nondeterminism, Some(difference));
        fail(shared, kind.to_string(), Failure { execution, kind, decisions, detail, steered: false });
    }
    remains
}

/// Runs an execution, and again if it passes, and compares how they ended: who stepped when, how many steps there were, and what they
/// left of every object. One in some of them is compared step by step. What is not the same is [audited](audit) with everything in
/// words, which takes much longer: addresses, which differ from run to run, are no difference there.
///
/// It is run again by the strategy, which would choose the same; following the schedule of the first takes longer.
fn sample(shared: &Shared, worker: &mut Worker, execution: u64) -> Remains {
    let source = Source::Strategy { execution };
    let by_steps = execution.is_multiple_of(COMPARE_STEPS_EVERY);
    let once = |worker: &mut Worker| match by_steps {
        true => worker.keep_steps(&shared.test, &source),
        false => (Vec::new(), worker.run(&shared.test, &source)),
    };
    let (steps, remains) = once(worker);
    if remains != Remains::Clean || worker.kind().is_some() || worker.was_contended() {
        return remains;
    }
    let first = worker.outline();
    let (again, remains) = once(worker);
    let same =
        worker.is_like(&first) && steps.len() == again.len() && steps.iter().zip(&again).all(|(a, b)| a.is_same(b));
    if remains != Remains::Clean || same || worker.was_contended() {
        return remains;
    }
    let (recorded, remains) = worker.record(&shared.test, &Source::Decisions(first.decisions), None);
    if remains != Remains::Clean || worker.was_contended() {
        return remains;
    }
    audit(shared, worker, execution, &recorded)
}
