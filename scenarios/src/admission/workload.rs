//! What admission control is put through: small programs that check its guarantees from outside.

use reweave::history::{History, Model};
use reweave::sync::Arc;
use reweave::sync::atomic::{AtomicUsize, Ordering};
use reweave::thread::{self, JoinHandle};
use reweave::time::{Duration, Instant};

use super::variant::Policy;
use super::{AdmissionControl, Config, Rejected, RunError};
use crate::limiter::{Definition, FixedWindow, Rate, SlidingLog};

/// So long that no second period begins while a workload runs.
const HOUR: Duration = Duration::from_secs(3600);

/// How long an impatient request waits and how long work takes: the same, so that the schedule decides which of them ends first.
const WHILE: Duration = Duration::from_millis(2);

/// How much goes on in a workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Requests that come at the same time, one in two of which fails.
    pub requests: usize,
    /// How many are accepted in an hour.
    pub limit: u32,
    /// How many can be at work.
    pub places: usize,
    /// For how long a request waits for a place.
    pub patience: Duration,
}

type Shared<P> = Arc<AdmissionControl<FixedWindow, P>>;

/// Requests come all at once, and then others one after another, when nobody else is there: these find a place, until exactly as many
/// were accepted as may be.
///
/// # Panics
/// When a guarantee does not hold.
pub fn rush<P: Policy>(size: Size) {
    let admission = admission::<P>(size);
    let inside = Arc::new(AtomicUsize::new(0));
    let come = |request: usize| {
        let inside = Arc::clone(&inside);
        start(request, &admission, move |admission| {
            admission.run(|| {
                let at_work = inside.fetch_add(1, Ordering::Relaxed) + 1;
                inside.fetch_sub(1, Ordering::Relaxed);
                if request.is_multiple_of(2) { Err(at_work) } else { Ok(at_work) }
            })
        })
    };
    let requests: Vec<_> = (0..size.requests).map(come).collect();
    let answers: Vec<_> = requests.into_iter().map(join).collect();

    let mut accepted = 0;
    for answer in answers {
        match answer {
            Ok(at_work) | Err(RunError::Failed(at_work)) => {
                assert!(at_work <= size.places, "{at_work} at work in {} places", size.places);
                accepted += 1;
            }
            Err(RunError::Rejected(Rejected::Busy)) => {
                assert_ne!(size.patience, Duration::MAX, "whoever has endless patience waits for a place");
            }
            Err(RunError::Rejected(Rejected::TooManyRequests(_))) => {}
        }
    }
    assert_eq!(inside.load(Ordering::Relaxed), 0);
    loop {
        match admission.run(|| Ok::<_, usize>(())) {
            Ok(()) => accepted += 1,
            Err(RunError::Rejected(Rejected::TooManyRequests(_))) => break,
            Err(other) => panic!("{other} though nobody is at work"),
        }
    }
    assert_eq!(accepted, size.limit, "so many are accepted before there are too many");
    assert_eq!(admission.free_places(), size.places, "all places are free when nobody is at work");
}

/// Requests come in and leave, and some order of what they do explains all answers.
///
/// # Panics
/// When it does not.
pub fn answers<P: Policy>(size: Size) {
    let admission = admission::<P>(size);
    let history = History::new();
    let come = |request: usize| {
        let history = history.clone();
        start(request, &admission, move |admission| {
            let mut place = None;
            let enter = || match admission.enter() {
                Ok(found) => {
                    place = Some(found);
                    Answer::Accepted
                }
                Err(Rejected::Busy) => Answer::Busy,
                Err(Rejected::TooManyRequests(_)) => Answer::TooManyRequests,
            };
            history.record(Step::Enter, enter);
            if let Some(place) = place {
                history.record(Step::Leave, || {
                    drop(place);
                    Answer::Left
                });
            }
        })
    };
    let requests: Vec<_> = (0..size.requests).map(come).collect();
    requests.into_iter().for_each(join);

    history.assert_linearizable(OneAtATime { share: size.limit, free: size.places });
}

/// One request is at work, and its place becomes free at the very moment at which the patience of two others ends. They get it, or
/// have waited for their time.
///
/// # Panics
/// When a guarantee does not hold.
pub fn patience<P: Policy>() {
    let size = Size { requests: 2, limit: 2, places: 1, patience: WHILE };
    let admission = admission::<P>(size);
    let wait = |admission: &AdmissionControl<FixedWindow, P>| {
        let begun = Instant::now();
        (admission.run(|| Ok::<_, ()>(())), begun.elapsed())
    };
    let place = admission.enter().expect("there is a place");
    let waiting: Vec<_> = (0..size.requests).map(|request| start(request, &admission, wait)).collect();
    thread::sleep(WHILE);
    drop(place);

    let (mut accepted, mut too_many) = (1, false);
    for (answer, waited) in waiting.into_iter().map(join) {
        match answer {
            Ok(()) => accepted += 1,
            Err(RunError::Rejected(Rejected::TooManyRequests(_))) => too_many = true,
            Err(RunError::Rejected(Rejected::Busy)) => assert!(waited >= WHILE, "busy after {waited:?} already"),
            Err(RunError::Failed(())) => unreachable!("the work does not fail"),
        }
    }
    assert!(!too_many || accepted == size.limit, "too many requests when there were {accepted}");
    assert!(accepted <= size.limit, "{accepted} were accepted of {} that may", size.limit);
    assert_eq!(admission.free_places(), size.places, "all places are free when nobody is at work");
}

/// Work panics, and its place is free.
///
/// # Panics
/// When it is not.
pub fn work_dies<P: Policy>() {
    let size = Size { requests: 1, limit: 2, places: 1, patience: Duration::MAX };
    let admission = admission::<P>(size);
    let dies = start(0, &admission, |admission| {
        admission.run(|| -> Result<(), ()> { std::panic::resume_unwind(Box::new("in the middle of the work")) })
    });
    let answer = admission.run(|| Ok::<_, ()>(()));
    assert!(dies.join().is_err(), "there is a place for each, sooner or later");
    assert_eq!(answer, Ok(()), "there is a place for each, sooner or later");
    assert_eq!(admission.free_places(), size.places, "all places are free when nobody is at work");
}

/// Clients do as they are told: who comes too often comes again when it makes sense, and who meets a busy service rests for a while.
/// All of them are served in the end, and in no period too many.
///
/// # Panics
/// When a guarantee does not hold.
pub fn day<P: Policy>(clients: usize, limit: u32, places: usize) {
    let log = SlidingLog::new(Rate::new(limit, 10 * WHILE).expect("the limit is not 0"));
    let admission = Config::new(places).build_variant::<_, P>(log.clone()).expect("there are places");
    let admission = Arc::new(admission);
    let begun = Instant::now();
    let serve = move |admission: &AdmissionControl<SlidingLog, P>| {
        loop {
            match admission.enter() {
                Ok(place) => {
                    thread::sleep(WHILE);
                    return place.accepted() - begun;
                }
                Err(Rejected::TooManyRequests(refused)) => thread::sleep(refused.retry_after()),
                Err(Rejected::Busy) => thread::sleep(WHILE / 2),
            }
        }
    };
    let served: Vec<_> = (0..clients).map(|client| start(client, &admission, serve)).collect();
    let mut accepted: Vec<_> = served.into_iter().map(join).collect();

    accepted.sort_unstable();
    for (index, moment) in accepted.iter().enumerate() {
        let passes = log.passes(&accepted[..index], *moment);
        assert_eq!(passes, Some(*moment), "too many in the period that ends with request {index}: {accepted:?}");
    }
    assert_eq!(admission.free_places(), places, "all places are free when nobody is at work");
}

/// What happens to a request.
#[derive(Debug, Clone, Copy)]
enum Step {
    Enter,
    Leave,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Accepted,
    TooManyRequests,
    Busy,
    Left,
}

/// Admission as it is when only one request moves at a time.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct OneAtATime {
    share: u32,
    free: usize,
}

impl Model for OneAtATime {
    type Operation = Step;
    type Answer = Answer;

    fn apply(&mut self, step: &Step) -> Answer {
        match step {
            Step::Enter if self.share == 0 => Answer::TooManyRequests,
            Step::Enter if self.free == 0 => Answer::Busy,
            Step::Enter => {
                self.share -= 1;
                self.free -= 1;
                Answer::Accepted
            }
            Step::Leave => {
                self.free += 1;
                Answer::Left
            }
        }
    }
}

fn admission<P: Policy>(size: Size) -> Shared<P> {
    let window = FixedWindow::new(Rate::new(size.limit, HOUR).expect("the limit of a workload is not 0"));
    let config = Config::new(size.places).patience(size.patience);
    Arc::new(config.build_variant(window).expect("there are places in a workload"))
}

fn start<A: Send + Sync + 'static, T: Send + 'static>(
    number: usize,
    admission: &Arc<A>,
    come: impl FnOnce(&A) -> T + Send + 'static,
) -> JoinHandle<T> {
    let admission = Arc::clone(admission);
    let thread = thread::Builder::new().name(format!("request {number}"));
    thread.spawn(move || come(&admission)).expect("there are threads enough")
}

fn join<T>(thread: JoinHandle<T>) -> T {
    thread.join().expect("a request comes to its end")
}
