//! What the processor is put through: jobs that fail as often as they are told to.

use reweave::sync::Arc;
use reweave::thread::JoinHandle;
use reweave::time::{Duration, Instant};

use super::super::variant::Policy;
use super::super::{Cause, Failed, OverflowQueue, Processor, Retries, WhenFull};
use super::{PATIENCE, join, start};

/// A job that fails for some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Job {
    number: usize,
    /// How many attempts fail before one succeeds.
    failures: u32,
}

/// One attempt, as the worker remembers it.
#[derive(Debug, Clone, Copy)]
struct Attempt {
    job: Job,
    succeeded: bool,
    at: Instant,
}

type Jobs<P> = Arc<Processor<Job, u32, P>>;

/// How the processor of a workload is set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shop {
    /// Threads that work.
    pub workers: usize,
    /// Items that the queue holds at most.
    pub capacity: usize,
    /// How often a job is tried at most.
    pub attempts: u32,
}

/// Jobs fail, each as often as `failures` says: one that fails less often than it is tried is done, and the others are in the error
/// queue. Nobody is tried too often or too soon.
///
/// # Panics
/// When a guarantee of the processor does not hold.
pub fn retries<P: Policy>(shop: Shop, failures: &[u32]) {
    let jobs = processor::<P>(shop);
    let workers = start_workers(&jobs, shop.workers);
    for job in all(failures) {
        jobs.submit(job).expect("nobody has stopped it");
    }
    let rest = jobs.stop(Duration::MAX);
    let attempts: Vec<_> = workers.into_iter().flat_map(join).collect();
    let failed = take_failed(&jobs);

    assert!(rest.is_empty(), "there was time enough: {rest:?}");
    for job in all(failures) {
        let tried = job.failures.saturating_add(1).min(shop.attempts);
        let mine: Vec<_> = attempts.iter().filter(|attempt| attempt.job == job).collect();
        assert_eq!(mine.len(), tried as usize, "attempts of {job:?}");
        let succeeded = mine.iter().any(|attempt| attempt.succeeded);
        let aside: Vec<_> = failed.iter().filter(|failed| failed.item == job).collect();
        assert_eq!(aside.len(), usize::from(!succeeded), "{job:?} is done, or in the error queue");
        assert!(aside.iter().all(|failed| (failed.attempts, &failed.cause) == (tried, &Cause::Error(tried))));
    }
    assert_paused(&attempts);
}

/// The processor is stopped with patience that is over when some jobs are not: each is done, or in the error queue, or returned.
///
/// # Panics
/// When a guarantee of the processor does not hold.
pub fn stopped<P: Policy>(shop: Shop, failures: &[u32]) {
    let jobs = processor::<P>(shop);
    let workers = start_workers(&jobs, shop.workers);
    let client = start("client", &jobs, {
        let offered: Vec<_> = all(failures).collect();
        move |jobs| offered.into_iter().filter(|job| jobs.submit(*job).is_ok()).collect::<Vec<_>>()
    });
    let begun = Instant::now();
    let rest = jobs.stop(PATIENCE);
    let lasted = begun.elapsed();
    let mut accepted = join(client);
    let attempts: Vec<_> = workers.into_iter().flat_map(join).collect();
    let failed = take_failed(&jobs);

    assert!(rest.is_empty() || lasted >= PATIENCE, "the stop was forced early, after {lasted:?}");
    assert!(jobs.submit(Job { number: 0, failures: 0 }).is_err(), "a stopped processor accepts nothing");
    let done = attempts.iter().filter(|attempt| attempt.succeeded).map(|attempt| attempt.job);
    let mut found: Vec<_> = done.chain(failed.into_iter().map(|failed| failed.item)).chain(rest.in_memory).collect();
    accepted.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, accepted, "every accepted job is done, in the error queue, or returned, exactly once");
    assert_paused(&attempts);
}

/// The handler panics at one of the jobs. Its worker is gone, and the job is in the error queue; the other worker does the others.
///
/// # Panics
/// When a guarantee of the processor does not hold.
pub fn a_worker_dies<P: Policy>(jobs_in_all: usize) {
    let jobs = processor::<P>(Shop { workers: 2, capacity: 1, attempts: 3 });
    let workers = ["worker 0", "worker 1"].map(|name| {
        start(name, &jobs, |jobs: &Processor<Job, u32, P>| {
            let work = jobs.work(|job| match job.number {
                0 => std::panic::resume_unwind(Box::new("in the middle of a job")),
                _ => Ok(()),
            });
            work.expect("there is no disk that could fail");
        })
    });
    for job in all(&vec![0; jobs_in_all]) {
        jobs.submit(job).expect("nobody has stopped it");
    }
    let rest = jobs.stop(Duration::MAX);
    let died = workers.into_iter().map(JoinHandle::join).filter(Result::is_err).count();

    assert!(rest.is_empty(), "the other worker does the others: {rest:?}");
    assert_eq!(died, 1, "the panic is that of one worker");
    let job = Job { number: 0, failures: 0 };
    assert_eq!(take_failed(&jobs), [Failed { item: job, attempts: 1, cause: Cause::Panicked }]);
}

fn processor<P: Policy>(shop: Shop) -> Jobs<P> {
    let queue = OverflowQueue::new_variant(shop.capacity, WhenFull::Block);
    let queue = queue.expect("the capacity of a workload is small and not 0");
    Arc::new(Processor::new(queue, Retries::new(shop.attempts).pause(PATIENCE)))
}

/// The jobs that fail so often.
fn all(failures: &[u32]) -> impl Iterator<Item = Job> + use<'_> {
    failures.iter().copied().enumerate().map(|(number, failures)| Job { number, failures })
}

/// Starts the workers. Each returns its attempts, and fails with their number.
fn start_workers<P: Policy>(jobs: &Jobs<P>, workers: usize) -> Vec<JoinHandle<Vec<Attempt>>> {
    let start_one = |worker| {
        start(format!("worker {worker}"), jobs, |jobs| {
            let mut attempts: Vec<Attempt> = Vec::new();
            let work = jobs.work(|job| {
                let before = attempts.iter().filter(|attempt| attempt.job == *job).count() as u32;
                let succeeded = before >= job.failures;
                attempts.push(Attempt { job: *job, succeeded, at: Instant::now() });
                if succeeded { Ok(()) } else { Err(before + 1) }
            });
            work.expect("there is no disk that could fail");
            attempts
        })
    };
    (0..workers).map(start_one).collect()
}

fn take_failed<P: Policy>(jobs: &Processor<Job, u32, P>) -> Vec<Failed<Job, u32>> {
    std::iter::from_fn(|| jobs.take_failed()).collect()
}

/// Nobody tried a job again before the pause was over.
fn assert_paused(attempts: &[Attempt]) {
    for (index, attempt) in attempts.iter().enumerate() {
        let next = attempts[index + 1..].iter().find(|next| next.job == attempt.job);
        if let Some(next) = next {
            assert!(next.at - attempt.at >= PATIENCE, "{:?} was tried again too soon", attempt.job);
        }
    }
}
