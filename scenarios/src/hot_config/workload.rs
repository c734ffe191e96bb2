//! What the configuration and the service are put through: small programs that check their guarantees from outside.

use reweave::history::{History, Model};
use reweave::sync::Arc;
use reweave::sync::atomic::{AtomicUsize, Ordering};
use reweave::thread::{self, JoinHandle};
use reweave::time::Duration;

use super::variant::Policy;
use super::{Hot, Limits, Rejected, Service};

/// Jobs are submitted while the limits change from one version to another. Each of the two has room for all of the jobs, so all of them are
/// accepted, and are run.
///
/// # Panics
/// When a guarantee of the service does not hold, and when a version has less room.
pub fn there_is_room<P: Policy>(from: Limits, to: Limits, jobs: usize) {
    assert!(from.room() >= jobs && to.room() >= jobs, "the workload chooses limits with room");
    let service = Arc::new(service::<P>(from));
    let operator = start("operator", &service, move |service: &Service<P>| {
        service.reconfigure(to).expect("there are threads enough");
    });
    for job in 0..jobs {
        if let Err(rejected) = service.submit(|| ()) {
            panic!("job {job} is rejected, {rejected}, where both versions have room for {jobs}");
        }
    }
    join(operator);
    let statistics = service.stop();

    assert_eq!(statistics.succeeded, jobs as u64, "every job that was accepted is run, whatever changes");
    assert_eq!(service.in_hand(), 0, "a job that has ended takes no room");
    assert_eq!((service.limits().version(), **service.limits()), (2, to));
}

/// The service gets more or fewer workers while it has jobs in hand.
///
/// # Panics
/// When one of them is not run.
pub fn resizes<P: Policy>(from: usize, to: usize, jobs: usize) {
    let service = service::<P>(Limits { workers: from, waiting: jobs });
    let accepted = (0..jobs).filter(|_| service.submit(|| ()).is_ok()).count();
    service.adjust(|before| Limits { workers: to, ..*before }).expect("there are threads enough");
    let statistics = service.stop();

    assert_eq!(accepted, jobs, "there is room for all of them");
    assert_eq!(statistics.succeeded, jobs as u64, "every job that was accepted is run, whatever changes");
    assert_eq!(service.in_hand(), 0, "a job that has ended takes no room");
}

/// Two groups of operators change a setting each, by one. All their changes are there in the end.
///
/// # Panics
/// When one is not.
pub fn changes<P: Policy>(operators: usize) {
    let limits = Arc::new(Hot::<_, P>::new(Limits { workers: 1, waiting: 0 }));
    let change = |number: usize| {
        start("operator", &limits, move |limits: &Hot<Limits, P>| {
            let changed = limits.change(|before| match number.is_multiple_of(2) {
                true => Limits { workers: before.workers + 1, ..*before },
                false => Limits { waiting: before.waiting + 1, ..*before },
            });
            changed.version()
        })
    };
    let changing: Vec<_> = (0..operators).map(change).collect();
    let mut versions: Vec<_> = changing.into_iter().map(join).collect();

    versions.sort_unstable();
    assert!(versions.into_iter().eq(2..operators as u64 + 2), "every change makes a version of its own");
    let expected = Limits { workers: 1 + operators.div_ceil(2), waiting: operators / 2 };
    assert_eq!(**limits.load(), expected, "a change is lost");
}

/// Two writers, one of whom gives way to the other, and a reader: some order of what they do explains what they are told.
///
/// # Panics
/// When none does.
pub fn register<P: Policy>() {
    let register = Arc::new(Hot::<u32, P>::new(0));
    let history = History::new();
    let plans = [vec![Step::Publish(1)], vec![Step::PublishIf(1, 2)], vec![Step::Load, Step::Load]];
    let perform = |plan: Vec<Step>| {
        let history = history.clone();
        start("party", &register, move |register: &Hot<u32, P>| {
            for step in plan {
                history.record(step, || match step {
                    Step::Load => told(&register.load()),
                    Step::Publish(value) => told(&register.publish(value)),
                    Step::PublishIf(version, value) => match register.publish_if(version, value) {
                        Ok(snapshot) => told(&snapshot),
                        Err(stale) => Answer::Stale { current: stale.current },
                    },
                });
            }
        })
    };
    let parties = plans.map(perform);
    parties.into_iter().for_each(join);
    history.assert_linearizable(Register { version: 1, value: 0 });
}

/// Somebody watches while somebody else publishes versions up to the last. The watcher sees newer and newer ones, up to the last.
///
/// # Panics
/// When that is not so; a wake-up that is lost shows as a watcher that never ends.
pub fn watch<P: Policy>(watchers: usize, last: u64) {
    let number = Arc::new(Hot::<u64, P>::new(1));
    let follow = move |number: &Hot<u64, P>| {
        let mut seen = number.load();
        while seen.version() < last {
            let newer = number.newer_than(seen.version(), Duration::MAX).expect("with endless patience there is one");
            assert!(newer.version() > seen.version(), "version {} comes after {}", newer.version(), seen.version());
            assert_eq!(newer.version(), **newer, "what belongs to another version");
            seen = newer;
        }
    };
    let watching: Vec<_> = (0..watchers).map(|_| start("watcher", &number, follow)).collect();
    (2..=last).for_each(|next| drop(number.publish(next)));
    watching.into_iter().for_each(join);
}

/// Clients submit jobs while an operator goes from one version of the limits to the next.
///
/// # Panics
/// When a guarantee of the service does not hold.
pub fn crowd<P: Policy>(versions: Vec<Limits>, clients: usize, jobs: usize) {
    let most = versions.iter().map(|limits| limits.workers).max().expect("there are versions");
    let published = versions.len() as u64;
    let service = Arc::new(service::<P>(versions[0]));
    let at_work = Arc::new(AtomicUsize::new(0));
    let submit = move |service: &Service<P>| {
        let mut accepted = Vec::new();
        for _ in 0..jobs {
            let at_work = Arc::clone(&at_work);
            let job = move || {
                let others = at_work.fetch_add(1, Ordering::Relaxed);
                thread::yield_now();
                at_work.fetch_sub(1, Ordering::Relaxed);
                others + 1
            };
            match service.submit(job) {
                Ok(job) => accepted.push(job),
                Err(Rejected::Full { version }) => assert!((1..=published).contains(&version)),
                Err(Rejected::Stopped) => panic!("nobody has stopped the service"),
            }
        }
        let versions: Vec<_> = accepted.iter().map(|job| job.version()).collect();
        assert!(versions.is_sorted(), "the versions of one client's jobs go back: {versions:?}");
        for job in accepted {
            let together = job.join().expect("no job panics");
            assert!(together <= most, "{together} jobs at work at a time, with {most} workers at most");
        }
        versions.len() as u64
    };
    let submitting: Vec<_> = (0..clients).map(|_| start("client", &service, submit.clone())).collect();
    let last = *versions.last().expect("there are versions");
    for limits in versions.into_iter().skip(1) {
        service.reconfigure(limits).expect("there are threads enough");
    }
    let accepted: u64 = submitting.into_iter().map(join).sum();
    let statistics = service.stop();

    assert_eq!(statistics.succeeded, accepted, "every job that was accepted is run, whatever changes");
    assert_eq!(service.in_hand(), 0, "a job that has ended takes no room");
    assert_eq!((service.limits().version(), **service.limits()), (published, last));
}

/// What can be done with a configuration.
#[derive(Debug, Clone, Copy)]
enum Step {
    Load,
    Publish(u32),
    /// If the version is still this one.
    PublishIf(u64, u32),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Is { version: u64, value: u32 },
    Stale { current: u64 },
}

fn told(snapshot: &super::Snapshot<u32>) -> Answer {
    Answer::Is { version: snapshot.version(), value: **snapshot }
}

/// A configuration that one party uses at a time.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Register {
    version: u64,
    value: u32,
}

impl Model for Register {
    type Operation = Step;
    type Answer = Answer;

    fn apply(&mut self, step: &Step) -> Answer {
        match *step {
            Step::Load => {}
            Step::PublishIf(version, _) if version != self.version => return Answer::Stale { current: self.version },
            Step::Publish(value) | Step::PublishIf(_, value) => {
                self.version += 1;
                self.value = value;
            }
        }
        Answer::Is { version: self.version, value: self.value }
    }
}

fn service<P: Policy>(limits: Limits) -> Service<P> {
    Service::new(limits).expect("the workload chooses limits that fit")
}

fn start<S: Send + Sync + 'static, T: Send + 'static>(
    name: &str,
    shared: &Arc<S>,
    run: impl FnOnce(&S) -> T + Send + 'static,
) -> JoinHandle<T> {
    let shared = Arc::clone(shared);
    let thread = thread::Builder::new().name(name.to_owned());
    thread.spawn(move || run(&shared)).expect("there are threads enough")
}

fn join<T>(thread: JoinHandle<T>) -> T {
    thread.join().expect("it comes to its end")
}
