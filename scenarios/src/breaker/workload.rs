//! What the breaker is put through: small programs that check its guarantees from outside.
//!
//! The service that is called is played by the workload. It counts who is there at a time, and fails when it is told to.

use reweave::sync::Arc;
use reweave::sync::atomic::{AtomicUsize, Ordering};
use reweave::thread::{self, JoinHandle};
use reweave::time::Duration;

use super::variant::Policy;
use super::{CallError, CircuitBreaker, Config, Phase};

/// For how long the breakers of the workloads stay open.
const WAIT: Duration = Duration::from_millis(5);

/// Calls that fail at the same time open the breaker when the last of them has returned.
///
/// # Panics
/// When a guarantee of the breaker does not hold.
pub fn failures_open<P: Policy>(callers: usize) {
    // It stays open for longer than a real thread may be late.
    let config = Config::default().window(callers).minimum_calls(callers).failure_rate(100);
    let breaker = config.wait(Duration::from_secs(3600)).build::<P>();
    let breaker = Arc::new(breaker.expect("the workload chooses numbers that fit"));
    let fail = move |breaker: &CircuitBreaker<P>| breaker.call(|| Err::<(), _>("down"));
    let calls: Vec<_> = (0..callers).map(|caller| start(caller, &breaker, fail)).collect();

    for call in calls {
        assert_eq!(join(call), Err(CallError::Failed("down")), "a closed breaker lets every call through");
    }
    assert_eq!(breaker.phase(), Phase::Open, "{callers} failures of {callers} calls open the breaker");
    let refused = breaker.call(|| Ok::<_, &str>(())).expect_err("an open breaker refuses");
    assert!(matches!(refused, CallError::Refused(_)), "the service is not called while the breaker is open");
}

/// The breaker has been open for its time, and many callers come at once: no more than the trial calls reach the service, and
/// everybody else gets the fallback.
///
/// # Panics
/// When a guarantee of the breaker does not hold.
pub fn probes<P: Policy>(callers: usize, trial_calls: usize) {
    let config = Config::default().window(1).minimum_calls(1).trial_calls(trial_calls);
    let breaker = Arc::new(breaker::<P>(config));
    trip(&breaker);
    let reached = Arc::new(AtomicUsize::new(0));
    let probe = |caller| {
        let reached = Arc::clone(&reached);
        start(caller, &breaker, move |breaker| {
            let call = || {
                reached.fetch_add(1, Ordering::Relaxed);
                Err("still down")
            };
            breaker.call_or(call, |_| "fallback")
        })
    };
    let answers: Vec<_> = (0..callers).map(probe).collect::<Vec<_>>().into_iter().map(join).collect();

    let probed = answers.iter().filter(|answer| answer.is_err()).count();
    assert_eq!(probed, reached.load(Ordering::Relaxed), "whoever gets the fallback has called nobody");
    assert!(probed <= trial_calls, "{probed} calls reached the service, of {trial_calls} that were to try it");
    assert!(probed >= trial_calls.min(callers), "the places for trial calls are given away");
}

/// The service is up again: the trial calls close the breaker, whatever comes back late from before.
///
/// # Panics
/// When a guarantee of the breaker does not hold.
pub fn recovery<P: Policy>(callers: usize) {
    let config = Config::default().window(1).minimum_calls(1).trial_calls(callers);
    let breaker = Arc::new(breaker::<P>(config));
    let late = breaker.admit().expect("a closed breaker lets every call through");
    trip(&breaker);
    let succeed = move |breaker: &CircuitBreaker<P>| breaker.call(|| Ok::<_, &str>("up"));
    let calls: Vec<_> = (0..callers).map(|caller| start(caller, &breaker, succeed)).collect();
    late.fail();

    for call in calls {
        assert_eq!(join(call), Ok("up"), "there is a place for each of the trial calls");
    }
    assert_eq!(breaker.phase(), Phase::Closed, "the trial calls succeeded, and what is late says nothing");
}

/// A trial call panics: that is a failure, and the breaker opens again instead of waiting for it for ever.
///
/// # Panics
/// When a guarantee of the breaker does not hold.
pub fn a_probe_dies<P: Policy>() {
    let config = Config::default().window(1).minimum_calls(1).trial_calls(1);
    let breaker = Arc::new(breaker::<P>(config));
    trip(&breaker);
    let dies = start(0, &breaker, |breaker| {
        breaker.call(|| -> Result<(), ()> { std::panic::resume_unwind(Box::new("in the middle of a call")) })
    });
    let other = start(1, &breaker, |breaker| breaker.call(|| Ok::<_, ()>(())));

    let died = dies.join().is_err();
    let answered = join(other).is_ok();
    assert!(died || answered, "one of them had the only place");
    assert_eq!(breaker.phase() == Phase::Open, died, "a call that dies has failed, whether it was on trial or not");
}

/// Opens a breaker for which one failure is enough, and waits until it tries again.
fn trip<P: Policy>(breaker: &CircuitBreaker<P>) {
    assert_eq!(breaker.call(|| Err::<(), _>("down")), Err(CallError::Failed("down")));
    assert_eq!(breaker.phase(), Phase::Open);
    thread::sleep(WAIT);
}

fn breaker<P: Policy>(config: Config) -> CircuitBreaker<P> {
    config.failure_rate(100).wait(WAIT).build().expect("the workload chooses numbers that fit")
}

fn start<P: Policy, T: Send + 'static>(
    caller: usize,
    breaker: &Arc<CircuitBreaker<P>>,
    call: impl FnOnce(&CircuitBreaker<P>) -> T + Send + 'static,
) -> JoinHandle<T> {
    let breaker = Arc::clone(breaker);
    let thread = thread::Builder::new().name(format!("caller {caller}"));
    thread.spawn(move || call(&breaker)).expect("there are threads enough")
}

fn join<T>(thread: JoinHandle<T>) -> T {
    thread.join().expect("a caller comes to its end")
}
