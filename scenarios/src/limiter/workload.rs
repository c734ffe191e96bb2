//! What the limiters are put through: small programs that check their guarantees from outside.
//!
//! Each is generic over the algorithm, and asks its [`Definition`] what is right.

use reweave::history::{Call, History, linearize};
use reweave::sync::Arc;
use reweave::thread::{self, JoinHandle};
use reweave::time::{Duration, Instant};

use super::definition::{Answer, Ask, Sequential};
use super::variant::Policy;
use super::{Definition, FixedWindow, Pass, Rate, RateLimiter, Refused};

/// Who asks how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// For each caller, how many requests it makes.
    pub requests: Vec<usize>,
    /// For how long it rests between two of them.
    pub rest: Duration,
}

/// All callers come at once. As many requests pass as the algorithm lets pass, and the others are told when to come again.
///
/// # Panics
/// When a guarantee of the limiter does not hold, and when the moment at which everybody comes lasts longer than the algorithm takes
/// to let the next request pass.
pub fn rush<A, P>(algorithm: A, callers: usize)
where
    A: Definition + Send + 'static,
    P: Policy,
{
    let limiter = Arc::new(RateLimiter::<A, P>::new_variant(algorithm.clone()));
    let asked: Vec<_> = (0..callers).map(|caller| start(caller, &limiter, RateLimiter::try_acquire)).collect();
    let answers: Vec<_> = asked.into_iter().map(join).collect();

    let expected = expected(&algorithm, callers);
    let passed = answers.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!(passed, expected, "of {callers} requests at once so many pass");
    for refused in answers.iter().filter_map(|answer| answer.as_ref().err()) {
        assert!(!refused.retry_after().is_zero(), "it makes no sense to come again at once");
    }
}

/// How many requests pass of so many that come when the limiter is made.
fn expected<A: Definition>(algorithm: &A, callers: usize) -> usize {
    let mut passed = Vec::new();
    for _ in 0..callers {
        passed.extend(algorithm.passes(&passed, Duration::ZERO));
    }
    passed.len()
}

/// Callers ask, rest, and ask again; some order of their requests explains the answers, as if there had been one caller only.
///
/// # Panics
/// When it does not.
pub fn answers<A, P>(algorithm: A, plan: Plan)
where
    A: Definition + Send + 'static,
    P: Policy,
{
    let limiter = Arc::new(RateLimiter::<A, P>::new_variant(algorithm.clone()));
    let history = History::new();
    ask_together(&limiter, &history, plan);
    assert_explained(algorithm, limiter.start(), &history);
}

/// The limiter is exhausted, and when the next request may pass several callers are there.
///
/// # Panics
/// When their answers are not those of a limiter with a single caller.
pub fn comes_due<A, P>(algorithm: A, callers: usize)
where
    A: Definition + Send + 'static,
    P: Policy,
{
    let limiter = Arc::new(RateLimiter::<A, P>::new_variant(algorithm.clone()));
    let history = History::new();
    let refused = loop {
        if let Err(refused) = history.record((), || limiter.try_acquire()) {
            break refused;
        }
    };
    thread::sleep(refused.retry_after());
    ask_together(&limiter, &history, Plan { requests: vec![1; callers], rest: Duration::ZERO });
    assert_explained(algorithm, limiter.start(), &history);
}

/// More callers than the limiter lets pass come at once, and each waits until all its requests have passed. No request passes
/// early, and none later than it could.
///
/// # Panics
/// When a guarantee of the limiter does not hold.
pub fn demand<A, P>(algorithm: A, callers: usize, requests: usize)
where
    A: Definition + Send + 'static,
    P: Policy,
{
    let limiter = Arc::new(RateLimiter::<A, P>::new_variant(algorithm.clone()));
    let wait_for_all = move |limiter: &RateLimiter<A, P>| {
        let wait = |_| {
            let pass = limiter.acquire_within(Duration::MAX).expect("there is time enough");
            assert!(Instant::now() >= pass.at(), "a request waits until it may go");
            pass.at().duration_since(limiter.start())
        };
        (0..requests).map(wait).collect::<Vec<_>>()
    };
    let waiting: Vec<_> = (0..callers).map(|caller| start(caller, &limiter, wait_for_all)).collect();
    let mut passed: Vec<_> = waiting.into_iter().flat_map(join).collect();

    passed.sort_unstable();
    assert_eq!(passed.len(), callers * requests);
    for (index, at) in passed.iter().enumerate() {
        let before = &passed[..index];
        assert_eq!(algorithm.passes(before, *at), Some(*at), "request {index} passes early, after {before:?}");
        if let Some(earlier) = at.checked_sub(Duration::from_nanos(1)).filter(|earlier| before.last() <= Some(earlier))
        {
            let wasted = algorithm.passes(before, earlier).is_some_and(|possible| possible < *at);
            assert!(!wasted, "request {index} passes at {at:?} and could have passed before, after {before:?}");
        }
    }
}

/// As many callers as the limit come just before the end of a period, and as many just after it. With a [`FixedWindow`] all of
/// them pass, twice the limit within a nanosecond, and no code that implements it can prevent that. The other algorithms do.
///
/// Returns how many pass. Means something on the virtual clock only.
pub fn boundary<A, P>(algorithm: A, rate: Rate) -> usize
where
    A: Definition + Send + 'static,
    P: Policy,
{
    const MOMENT: Duration = Duration::from_nanos(1);
    let limiter = Arc::new(RateLimiter::<A, P>::new_variant(algorithm));
    let come_after = |rest| {
        thread::sleep(rest);
        let callers = 0..rate.limit() as usize;
        let asked: Vec<_> = callers.map(|caller| start(caller, &limiter, RateLimiter::try_acquire)).collect();
        asked.into_iter().filter_map(|answer| join(answer).ok()).collect::<Vec<_>>()
    };
    let mut passed = come_after(rate.period() - MOMENT);
    passed.extend(come_after(MOMENT));

    let last = passed.iter().map(Pass::at).max();
    passed.iter().filter(|pass| last.is_some_and(|last| last - pass.at() <= MOMENT)).count()
}

/// [`boundary`] with a fixed window.
///
/// # Panics
/// If not exactly twice the limit pass.
pub fn twice_the_limit<P: Policy>(rate: Rate) {
    let passed = boundary::<_, P>(FixedWindow::new(rate), rate);
    assert_eq!(passed, 2 * rate.limit() as usize, "half of them in the window before, and half in the one after");
}

type Answers = History<(), Result<Pass, Refused>>;

fn ask_together<A: Definition + Send + 'static, P: Policy>(
    limiter: &Arc<RateLimiter<A, P>>,
    history: &Answers,
    plan: Plan,
) {
    let rest = plan.rest;
    let ask = |(caller, requests)| {
        let history = history.clone();
        start(caller, limiter, move |limiter| {
            for request in 0..requests {
                if request > 0 {
                    thread::sleep(rest);
                }
                let _ = history.record((), || limiter.try_acquire());
            }
        })
    };
    let callers: Vec<_> = plan.requests.into_iter().enumerate().map(ask).collect();
    callers.into_iter().for_each(join);
}

/// What a limiter answers depends on when it looks at the clock, which is known only from the answer. So the time is made
/// a part of the question.
fn assert_explained<A: Definition>(algorithm: A, start: Instant, history: &Answers) {
    let told = |call: Call<(), Result<Pass, Refused>>| {
        let (answer, returned) = call.answer.expect("every caller came to its end");
        let (decided, answer) = match answer {
            Ok(pass) => (pass.decided(), Answer::PassesAt(pass.at() - start)),
            Err(refused) => (refused.decided(), Answer::Refused),
        };
        Call::new(&call.task, Ask { at: decided - start }, call.invoked).answered(answer, returned)
    };
    let calls: Vec<_> = history.calls().into_iter().map(told).collect();
    if let Err(violation) = linearize(&calls, &Sequential::new(algorithm)) {
        panic!("the answers are not those of a limiter with a single caller: {violation}");
    }
}

fn start<A: Definition + Send + 'static, P: Policy, T: Send + 'static>(
    caller: usize,
    limiter: &Arc<RateLimiter<A, P>>,
    ask: impl FnOnce(&RateLimiter<A, P>) -> T + Send + 'static,
) -> JoinHandle<T> {
    let limiter = Arc::clone(limiter);
    let thread = thread::Builder::new().name(format!("caller {caller}"));
    thread.spawn(move || ask(&limiter)).expect("there are threads enough")
}

fn join<T>(thread: JoinHandle<T>) -> T {
    thread.join().expect("a caller comes to its end")
}
