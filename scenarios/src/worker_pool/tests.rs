//! The pool and its twins, explored; and one client alone.

#[cfg(feature = "sim")]
use proptest::prelude::*;

use reweave::sync::mpsc;

#[cfg(feature = "sim")]
use super::variant::Correct;
#[cfg(feature = "sim")]
use super::workload::{self, Size};
use super::{BuildError, Config, ResizeError, SubmitError, WorkerPool};

crate::testing::row!(super::scenario);

#[cfg(feature = "sim")]
fn sizes() -> impl Strategy<Value = Size> {
    (prop::collection::vec(1..5_usize, 1..4), 0..4_usize, 0..5_usize, 0..3_usize)
        .prop_map(|(workers, clients, jobs, stops)| Size { workers, clients, jobs, stops })
}

#[cfg(feature = "sim")]
#[test]
fn the_guarantees_hold_at_any_size() {
    crate::testing::explore_with(&super::scenario(), sizes(), |size| {
        let (first, last) = (size.workers[0], size.workers[size.workers.len() - 1]);
        workload::crowd::<Correct>(&size);
        workload::nothing_is_lost::<Correct>(first, last, size.jobs);
        workload::shrinks::<Correct>(first, last, size.jobs);
        workload::grows::<Correct>(first, last);
    });
}

fn pool(config: Config) -> WorkerPool {
    config.build().expect("there can be such a pool")
}

#[test]
fn a_full_queue_gives_the_job_back() {
    let pool = pool(Config::new(1).capacity(1));
    let (begin, may_begin) = mpsc::channel::<()>();
    let (begun, has_begun) = mpsc::channel();
    let busy = pool.submit(move || {
        begun.send(()).expect("somebody waits for it");
        may_begin.recv()
    });
    has_begun.recv().expect("the only worker takes the first job");
    pool.execute(|| ()).expect("there is room for one");
    let refused = pool.submit(|| 7).expect_err("there is room for one");
    assert!(matches!(refused, SubmitError::Full(_)));
    assert_eq!((format!("{refused:?}").as_str(), refused.into_job()()), ("Full(..)", 7));

    begin.send(()).expect("the worker waits for it");
    assert!(busy.expect("it was accepted").join().expect("it does not panic").is_ok());
    assert_eq!(pool.stop().succeeded, 2);
}

#[test]
fn a_closed_pool_runs_what_it_has_accepted() {
    let pool = pool(Config::new(2));
    let before = pool.submit(|| 1).expect("it is open");
    pool.close();
    assert!(pool.is_closed());
    let refused = pool.submit(|| 2).expect_err("it is closed");
    assert_eq!(refused.to_string(), "the pool is closed");
    assert_eq!(refused.into_job()(), 2);
    assert!(matches!(pool.resize(3), Err(ResizeError::Closed)));
    assert_eq!(before.join().expect("it does not panic"), 1);
    assert_eq!((pool.stop().accepted, pool.stop().workers), (1, 0));
}

#[test]
fn a_pool_that_is_dropped_runs_what_it_has_accepted() {
    let pool = pool(Config::new(1));
    let jobs: Vec<_> = (0..3).map(|number| pool.submit(move || number).expect("it is open")).collect();
    drop(pool);
    assert_eq!(jobs.into_iter().map(|job| job.join().expect("it does not panic")).sum::<i32>(), 3);
}

#[test]
fn a_job_may_close_its_pool() {
    let pool = reweave::sync::Arc::new(pool(Config::new(1)));
    let own = reweave::sync::Arc::clone(&pool);
    pool.execute(move || own.close()).expect("it is open");
    assert_eq!(pool.stop().succeeded, 1);
}

#[test]
fn a_result_that_panics_when_nobody_wants_it_harms_nobody() {
    struct Grudge;
    impl Drop for Grudge {
        fn drop(&mut self) {
            std::panic::resume_unwind(Box::new("nobody wanted me"));
        }
    }
    let pool = pool(Config::new(1));
    drop(pool.submit(|| Grudge).expect("it is open"));
    assert_eq!(pool.submit(|| 1).expect("it is open").join().expect("it does not panic"), 1);
    let statistics = pool.stop();
    assert_eq!(statistics.started, 1);
    assert_eq!(statistics.succeeded + statistics.panicked, 2);
}

#[test]
fn there_is_no_pool_without_workers_or_room() {
    let built = |config: Config| config.build::<super::variant::Correct>().map(drop);
    assert!(matches!(built(Config::new(0)), Err(BuildError::ZeroWorkers)));
    let error = built(Config::new(1).capacity(0)).expect_err("no job would ever be accepted");
    assert_eq!(error.to_string(), "the capacity is 0, choose at least 1");
    let error = pool(Config::new(1)).resize(0).expect_err("no job would ever be run");
    assert_eq!(error.to_string(), "there are to be 0 workers, choose at least 1");
}
