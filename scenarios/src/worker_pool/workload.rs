//! What the pool is put through: small programs that check its guarantees from outside.

use std::iter;

use reweave::sync::atomic::{AtomicUsize, Ordering};
use reweave::sync::{Arc, mpsc};
use reweave::thread::{self, JoinHandle};

use super::variant::Policy;
use super::{Config, SubmitError, WorkerPool};

/// How much goes on in [`crowd`].
#[derive(Debug, Clone)]
pub struct Size {
    /// How many workers there are at first, and then one after the other; at least one number, none of them 0.
    pub workers: Vec<usize>,
    /// Threads that submit jobs.
    pub clients: usize,
    /// Jobs that each of them submits.
    pub jobs: usize,
    /// Threads that stop the pool.
    pub stops: usize,
}

/// Jobs are accepted, the pool is resized, and it is stopped: every job has been run once when the stop returns.
///
/// # Panics
/// When a guarantee of the pool does not hold.
pub fn nothing_is_lost<P: Policy>(workers: usize, resized: usize, jobs: usize) {
    let pool = pool::<P>(workers);
    let runs: Arc<Vec<_>> = Arc::new(iter::repeat_with(|| AtomicUsize::new(0)).take(jobs).collect());
    for job in 0..jobs {
        let runs = Arc::clone(&runs);
        let run = move || {
            runs[job].fetch_add(1, Ordering::SeqCst);
        };
        pool.execute(run).expect("the pool is open");
    }
    pool.resize(resized).expect("the pool is open");
    let statistics = pool.stop();

    for (job, runs) in runs.iter().enumerate() {
        assert_eq!(runs.load(Ordering::SeqCst), 1, "job {job} was accepted, and is run once");
    }
    assert_eq!(statistics.workers, 0, "all have left");
    assert!(pool.resize(1).is_err(), "a closed pool is not resized");
}

/// A client submits jobs while `stops` threads stop the pool: when any of them returns, all is done that will ever be.
///
/// # Panics
/// When a guarantee of the pool does not hold.
pub fn stops<P: Policy>(workers: usize, jobs: usize, stops: usize) {
    let pool = Arc::new(pool::<P>(workers));
    let done = Arc::new(AtomicUsize::new(0));
    let stopping: Vec<_> = (0..stops).map(|number| start_stop(number, &pool, &done)).collect();
    let accepted = submit(&pool, &done, jobs);

    for stop in stopping {
        assert_eq!(join(stop), accepted, "when the pool has stopped, all that was accepted is done");
    }
    assert!(accepted == jobs || pool.is_closed(), "an open pool with room refuses nothing");
}

/// A pool is resized, and given as many jobs as it has workers then, of which each waits until the next has begun.
///
/// # Panics
/// When a guarantee of the pool does not hold.
pub fn grows<P: Policy>(workers: usize, resized: usize) {
    let pool = pool::<P>(workers);
    pool.resize(resized).expect("the pool is open");
    let (mut begun, _) = mpsc::channel();
    let job = |_| {
        let (next, next_has_begun) = mpsc::channel();
        let begun = std::mem::replace(&mut begun, next);
        let run = move || {
            // Nobody waits for the first.
            let _ = begun.send(());
            next_has_begun.recv().is_ok()
        };
        pool.submit(run).expect("the pool is open")
    };
    let jobs: Vec<_> = (0..resized).map(job).collect();
    drop(begun); // Nobody is next to the last.

    let met: Vec<_> = jobs.into_iter().map(|job| job.join().expect("it does not panic")).collect();
    assert_eq!(met.iter().filter(|met| **met).count(), resized - 1, "all were under way together: {met:?}");
    assert_eq!(pool.stop().started, workers.max(resized) as u64, "threads are not started for jobs");
}

/// A pool shrinks before it is given jobs: all of them end although nobody stops it, never more than it has workers at
/// a time.
///
/// # Panics
/// When a guarantee of the pool does not hold.
pub fn shrinks<P: Policy>(workers: usize, resized: usize, jobs: usize) {
    let pool = pool::<P>(workers);
    pool.resize(resized).expect("the pool is open");
    let under_way = Arc::new(AtomicUsize::new(0));
    let job = |number| {
        let under_way = Arc::clone(&under_way);
        let run = move || {
            let others = under_way.fetch_add(1, Ordering::SeqCst);
            under_way.fetch_sub(1, Ordering::SeqCst);
            (number, others)
        };
        pool.submit(run).expect("the pool is open")
    };
    let jobs: Vec<_> = (0..jobs).map(job).collect();
    for (number, job) in jobs.into_iter().enumerate() {
        let (result, others) = job.join().expect("it does not panic");
        assert_eq!(result, number, "each handle has the result of its own job");
        assert!(others < resized, "a job begins while {others} are under way, in a pool of {resized}");
    }
}

/// The first of the jobs panics: that is its result, and the only worker goes on with the others.
///
/// # Panics
/// When a guarantee of the pool does not hold.
pub fn one_panics<P: Policy>(jobs: usize) {
    let pool = pool::<P>(1);
    let job = |number| move || if number == 0 { panic!("no such file") } else { number };
    let jobs: Vec<_> = (0..jobs).map(|number| pool.submit(job(number)).expect("the pool is open")).collect();
    let accepted = jobs.len() as u64;

    for (number, job) in jobs.into_iter().enumerate() {
        match job.join() {
            Ok(result) => assert!(result == number && number != 0, "{number} has the result of {result}"),
            Err(panic) => assert_eq!((panic.downcast_ref(), number), (Some(&"no such file"), 0)),
        }
    }
    let statistics = pool.stop();
    assert_eq!((statistics.panicked, statistics.succeeded), (1, accepted - 1));
    assert_eq!(statistics.started, 1, "a worker outlives its jobs");
}

/// All at once: clients submit jobs, the pool is resized again and again, and it is stopped in the middle of it.
///
/// # Panics
/// When a guarantee of the pool does not hold, and when `size` names no number of workers or names 0 of them.
pub fn crowd<P: Policy>(size: &Size) {
    let (first, later) = size.workers.split_first().expect("there is a first number of workers");
    let pool = Arc::new(pool::<P>(*first));
    let done = Arc::new(AtomicUsize::new(0));
    let submitting: Vec<_> = (0..size.clients)
        .map(|number| {
            let (pool, done, jobs) = (Arc::clone(&pool), Arc::clone(&done), size.jobs);
            start(format!("client {number}"), move || submit(&pool, &done, jobs))
        })
        .collect();
    let resizing = start("resizer".to_owned(), {
        let (pool, later) = (Arc::clone(&pool), later.to_vec());
        // Once it is closed there is nothing to resize.
        move || later.into_iter().take_while(|workers| pool.resize(*workers).is_ok()).count()
    });
    let stopping: Vec<_> = (0..size.stops).map(|number| start_stop(number, &pool, &done)).collect();

    let accepted: usize = submitting.into_iter().map(join).sum();
    assert!(join(resizing) <= later.len());
    let statistics = pool.stop();
    for seen in stopping.into_iter().map(join).chain(iter::once(done.load(Ordering::SeqCst))) {
        assert_eq!(seen, accepted, "when the pool has stopped, all that was accepted is done");
    }
    assert_eq!((statistics.accepted, statistics.succeeded), (accepted as u64, accepted as u64));
    assert_eq!((statistics.workers, statistics.waiting), (0, 0), "nobody and nothing is left");
}

fn pool<P: Policy>(workers: usize) -> WorkerPool<P> {
    Config::new(workers).build().expect("a workload asks for a pool that there can be")
}

/// Submits jobs until all are accepted or the pool is closed, and says how many were accepted.
fn submit<P: Policy>(pool: &WorkerPool<P>, done: &Arc<AtomicUsize>, jobs: usize) -> usize {
    let accepted = |_: &usize| {
        let done = Arc::clone(done);
        let run = move || {
            done.fetch_add(1, Ordering::SeqCst);
        };
        match pool.execute(run) {
            Ok(()) => true,
            Err(SubmitError::Closed(_)) => false,
            Err(SubmitError::Full(_)) => panic!("there is room for all jobs"),
        }
    };
    (0..jobs).take_while(accepted).count()
}

/// A thread that stops the pool, and says how much was done then.
fn start_stop<P: Policy>(number: usize, pool: &Arc<WorkerPool<P>>, done: &Arc<AtomicUsize>) -> JoinHandle<usize> {
    let (pool, done) = (Arc::clone(pool), Arc::clone(done));
    start(format!("stop {number}"), move || {
        pool.stop();
        done.load(Ordering::SeqCst)
    })
}

fn start<T: Send + 'static>(name: String, run: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    thread::Builder::new().name(name).spawn(run).expect("there are threads enough")
}

fn join<T>(thread: JoinHandle<T>) -> T {
    thread.join().expect("a thread comes to its end")
}
