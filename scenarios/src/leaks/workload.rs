//! What the client is put through: small programs that check its guarantees from outside.
//!
//! That no worker is left behind is not asserted anywhere: an execution that ends with a task which can never finish fails as
//! it is.

use reweave::go;
use reweave::sync::Arc;
use reweave::sync::atomic::{AtomicUsize, Ordering};
use reweave::thread;
use reweave::time::{Duration, Instant};

use super::variant::Policy;
use super::{Abandoned, CallError, Client};

/// The unit of all durations.
const TICK: Duration = Duration::from_millis(5);

/// Each caller has work that takes so many ticks, and waits for `limit` ticks: who has less to do gets the answer, who has more
/// does not, and who has as much gets one or the other.
///
/// # Panics
/// When a guarantee of the client does not hold.
pub fn calls<P: Policy>(work: &[u32], limit: u32) {
    let client = Arc::new(Client::<P>::new(TICK * limit));
    let call = |(caller, ticks): (usize, u32)| {
        let client = Arc::clone(&client);
        let thread = thread::Builder::new().name(format!("caller {caller}"));
        let begin = move || {
            let start = Instant::now();
            let answer = client.call(move || {
                thread::sleep(TICK * ticks);
                caller
            });
            (answer, start.elapsed())
        };
        (ticks, thread.spawn(begin).expect("there are threads enough"))
    };
    let calls: Vec<_> = work.iter().copied().enumerate().map(call).collect();

    for (caller, (ticks, thread)) in calls.into_iter().enumerate() {
        let (answer, waited) = thread.join().expect("a caller comes to its end");
        assert_eq!(waited, TICK * ticks.min(limit), "nobody waits for longer than the answer or the limit takes");
        match answer {
            Ok(who) => assert!(who == caller && ticks <= limit, "{caller} got the answer of {who} after {waited:?}"),
            Err(error) => {
                assert!(ticks >= limit, "{caller} had work for {ticks} ticks of {limit}, and yet: {error}");
                assert_eq!(error, CallError::TimedOut);
            }
        }
    }
}

/// One call whose answer comes about when the time is up, or later, or earlier.
///
/// # Panics
/// When a guarantee of the client does not hold.
pub fn answer_or_timeout<P: Policy>() {
    match Client::<P>::new(TICK).call(|| {
        thread::sleep(TICK);
        7
    }) {
        Ok(answer) => assert_eq!(answer, 7),
        Err(error) => assert_eq!(error, CallError::TimedOut),
    }
}

/// A stream of `sent` items, of which no more than `wanted` are taken: they come in order, and the end comes after the last.
///
/// # Panics
/// When a guarantee of the client does not hold.
pub fn items<P: Policy>(sent: usize, wanted: usize) {
    let client = Client::<P>::new(TICK * 1_000_000);
    let stream = client.stream(move |outlet| {
        // Who is told that nobody is there stops.
        let _ = (0..sent).try_for_each(|item| outlet.send(item));
    });
    let taken: Vec<_> = stream.take(wanted).collect();
    assert_eq!(taken, (0..sent.min(wanted)).map(Ok).collect::<Vec<_>>(), "in order, none missing, none twice");
}

/// The work of a stream stops when nobody takes its items, and not before: what it could send is what was taken.
///
/// # Panics
/// When a guarantee of the client does not hold.
pub fn told<P: Policy>(wanted: usize) {
    let sent = Arc::new(AtomicUsize::new(0));
    let (counter, told) = (Arc::clone(&sent), go::Chan::new(1));
    let tell = told.clone();
    let client = Client::<P>::new(TICK * 1_000_000);
    let stream = client.stream(move |outlet| {
        while outlet.send(()) != Err(Abandoned) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
        tell.send(outlet.is_abandoned());
    });
    assert_eq!(stream.take(wanted).filter(Result::is_ok).count(), wanted, "there is always one more");
    assert_eq!(told.recv(), Some(true), "the work is told");
    assert_eq!(sent.load(Ordering::Relaxed), wanted, "what was sent was taken");
}

/// The work of a stream pauses for `pause` ticks before each of two items, which are wanted within `limit` ticks.
///
/// # Panics
/// When a guarantee of the client does not hold.
pub fn slow_items<P: Policy>(pause: u32, limit: u32) {
    let start = Instant::now();
    let stream = Client::<P>::new(TICK * limit).stream(move |outlet| {
        for item in 1..=2 {
            thread::sleep(TICK * pause);
            if outlet.send(item).is_err() {
                return;
            }
        }
    });
    let taken: Vec<_> = stream.collect();
    let waited = start.elapsed();

    let in_time = taken.iter().filter_map(|item| item.as_ref().ok()).copied().collect::<Vec<u32>>();
    assert!([1, 2].starts_with(&in_time), "in order, none missing, none twice: {taken:?}");
    assert_eq!(waited, TICK * limit.min(2 * pause), "the time is the time of the whole stream");
    if taken.len() > in_time.len() {
        assert!(limit <= 2 * pause, "there is time enough for two items: {taken:?}");
        assert_eq!(taken[in_time.len()..], [Err(CallError::TimedOut)], "one error, and it is the last");
    }
}
