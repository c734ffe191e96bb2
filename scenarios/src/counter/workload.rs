//! What the counter is put through: small programs that check its guarantees from outside.

use reweave::history::{History, Model};
use reweave::sync::Arc;
use reweave::thread::{self, JoinHandle};

use super::variant::Policy;
use super::{Counter, OutOfRange};

/// Callers add one at the same time, `each` of them so many times: no addition is lost, and no number is handed out twice.
///
/// # Panics
/// When a guarantee of the counter does not hold.
pub fn additions<P: Policy>(callers: usize, each: usize) {
    let counter = Arc::new(Counter::<P>::new());
    let add = |caller| {
        start(format!("caller {caller}"), &counter, move |counter| {
            (0..each).map(|_| counter.add(1).expect("there is no limit")).collect::<Vec<_>>()
        })
    };
    let adding: Vec<_> = (0..callers).map(add).collect();
    let mut numbers: Vec<_> = adding.into_iter().flat_map(join).collect();

    let (count, made) = (counter.get(), (callers * each) as u64);
    assert_eq!(count, made, "an addition is lost");
    numbers.sort_unstable();
    assert!(numbers.into_iter().eq(1..=made), "every number is handed out, and none twice");
}

/// More callers come than there is room for: as many as there is room for are accepted, and the others are told so.
///
/// # Panics
/// When a guarantee of the counter does not hold.
pub fn limit<P: Policy>(callers: usize, limit: u64) {
    let counter = Arc::new(Counter::<P>::up_to(limit));
    let add = |caller| start(format!("caller {caller}"), &counter, |counter| counter.add(1));
    let answers: Vec<_> = (0..callers).map(add).collect::<Vec<_>>().into_iter().map(join).collect();

    let accepted = answers.iter().filter(|answer| answer.is_ok()).count() as u64;
    assert_eq!(accepted, limit.min(callers as u64), "as many are accepted as there is room for");
    assert_eq!(counter.get(), accepted, "who is refused is not counted");
    let refusal = OutOfRange::AboveLimit { count: limit, limit };
    assert!(answers.into_iter().all(|answer| answer.is_ok() || answer == Err(refusal)), "the refusal says why");
}

/// Callers add while a reporter takes the count now and then: everything is reported, and nothing twice.
///
/// # Panics
/// When a guarantee of the counter does not hold.
pub fn reports<P: Policy>(callers: usize, each: usize, reports: usize) {
    let counter = Arc::new(Counter::<P>::new());
    let add = |caller| {
        start(format!("caller {caller}"), &counter, move |counter| {
            for _ in 0..each {
                counter.add(1).expect("there is no limit");
            }
        })
    };
    let adding: Vec<_> = (0..callers).map(add).collect();
    let report = move |counter: &Counter<P>| (0..reports).map(|_| counter.take()).sum::<u64>();
    let reporter = start("reporter".to_owned(), &counter, report);

    adding.into_iter().for_each(join);
    let reported = join(reporter) + counter.take();
    assert_eq!(reported, (callers * each) as u64, "what was counted is reported, once");
}

/// What can be asked of a counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// [`Counter::add`].
    Add(u64),
    /// [`Counter::subtract`].
    Subtract(u64),
    /// [`Counter::take`].
    Take,
    /// [`Counter::get`].
    Get,
}

/// What a counter means to somebody who is alone with it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Plain {
    count: u64,
    limit: u64,
}

impl Model for Plain {
    type Operation = Call;
    type Answer = Result<u64, OutOfRange>;

    fn apply(&mut self, call: &Call) -> Result<u64, OutOfRange> {
        let Plain { count, limit } = *self;
        self.count = match *call {
            Call::Add(amount) if amount > limit - count => return Err(OutOfRange::AboveLimit { count, limit }),
            Call::Add(amount) => count + amount,
            Call::Subtract(amount) if amount > count => return Err(OutOfRange::BelowZero { count }),
            Call::Subtract(amount) => count - amount,
            Call::Take => {
                self.count = 0;
                return Ok(count);
            }
            Call::Get => count,
        };
        Ok(self.count)
    }
}

/// Every caller makes the calls that stand in its plan: there is an order of all the calls in which a counter that is used by one
/// task alone gives the same answers.
///
/// # Panics
/// When a guarantee of the counter does not hold.
pub fn linearizable<P: Policy>(plans: impl IntoIterator<Item = Vec<Call>>, limit: u64) {
    let counter = Arc::new(Counter::<P>::up_to(limit));
    let history = History::new();
    let follow = |(caller, plan): (usize, Vec<Call>)| {
        let history = history.clone();
        start(format!("caller {caller}"), &counter, move |counter| {
            for call in plan {
                let _ = history.record(call, || match call {
                    Call::Add(amount) => counter.add(amount),
                    Call::Subtract(amount) => counter.subtract(amount),
                    Call::Take => Ok(counter.take()),
                    Call::Get => Ok(counter.get()),
                });
            }
        })
    };
    let calling: Vec<_> = plans.into_iter().enumerate().map(follow).collect();

    calling.into_iter().for_each(join);
    history.assert_linearizable(Plain { count: 0, limit });
}

/// In an explanation a thread was created where this is called.
#[track_caller]
fn start<P: Policy, T: Send + 'static>(
    name: String,
    counter: &Arc<Counter<P>>,
    run: impl FnOnce(&Counter<P>) -> T + Send + 'static,
) -> JoinHandle<T> {
    let counter = Arc::clone(counter);
    thread::Builder::new().name(name).spawn(move || run(&counter)).expect("there are threads enough")
}

fn join<T>(thread: JoinHandle<T>) -> T {
    thread.join().expect("a thread comes to its end")
}
