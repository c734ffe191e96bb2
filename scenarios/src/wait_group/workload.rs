//! What the fan-out is put through: small programs that check its guarantees from outside.

use reweave::sync::Arc;
use reweave::sync::atomic::{AtomicUsize, Ordering};
use reweave::thread;

use super::FanOut;
use super::variant::Policy;

/// All jobs have ended when the batch returns, and the results stand in their order.
///
/// # Panics
/// When a guarantee of the fan-out does not hold.
pub fn complete<P: Policy>(jobs: usize) {
    let ended = Arc::new(AtomicUsize::new(0));
    let job = |number| {
        let ended = Arc::clone(&ended);
        move || {
            ended.fetch_add(1, Ordering::Relaxed);
            number
        }
    };
    let results = FanOut::<P>::new().run((0..jobs).map(job));
    assert_eq!(ended.load(Ordering::Relaxed), jobs, "every job has ended");
    assert_eq!(results, (0..jobs).map(Ok).collect::<Vec<_>>(), "the results stand in the order of the jobs");
}

/// The first of the jobs panics: that is its result, and the others have theirs.
///
/// # Panics
/// When a guarantee of the fan-out does not hold.
pub fn one_panics<P: Policy>(jobs: usize) {
    let job = |number| move || if number == 0 { panic!("no route to shard {number}") } else { number };
    let results = FanOut::<P>::new().run((0..jobs).map(job));
    assert_eq!(results.len(), jobs);
    for (number, result) in results.into_iter().enumerate() {
        match result {
            Ok(value) => assert!(value == number && number != 0, "{number} has the result of {value}"),
            Err(panic) => assert_eq!((panic.message(), number), ("no route to shard 0", 0)),
        }
    }
}

/// Two callers have a batch each, at the same time.
///
/// # Panics
/// When a guarantee of the fan-out does not hold.
pub fn two_batches<P: Policy>(jobs: usize) {
    let fan_out = Arc::new(FanOut::<P>::new());
    let callers = ["one", "other"].map(|name| {
        let fan_out = Arc::clone(&fan_out);
        let begin = move || fan_out.run((0..jobs).map(|number| move || (name, number)));
        (name, thread::Builder::new().name(name.to_owned()).spawn(begin).expect("there are threads enough"))
    });
    for (name, caller) in callers {
        let results = caller.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        let own: Vec<_> = (0..jobs).map(|number| Ok((name, number))).collect();
        assert_eq!(results, own, "each caller has the results of its own jobs");
    }
}
