//! Small programs that fail, each in a way of its own: what the renderings of findings are tried with.

use reweave::sync::atomic::{AtomicU32, Ordering::SeqCst};
use reweave::sync::{Arc, Mutex, mpsc};
use reweave::{Checker, Finding, Strategy, thread};

/// The first finding of a seed that is the same everywhere.
///
/// # Panics
/// If there is none.
#[track_caller]
pub fn finding(name: &str, test: fn()) -> Finding {
    let checker = Checker::new().strategy(Strategy::Random).name(&format!("failing::{name}")).seed(7);
    let report = checker.max_steps(2_000).explore(test);
    report.finding().unwrap_or_else(|| panic!("nothing was found: {report}")).clone()
}

/// `rendered` without what depends on the compiler: the token, whose checksum covers places, and where a backtrace leads.
pub fn stable(finding: &Finding, rendered: &str) -> String {
    rendered.replace(&finding.token(), "rw1…")
}

fn named(name: &str, run: impl FnOnce() + Send + 'static) -> thread::JoinHandle<()> {
    thread::Builder::new().name(name.to_owned()).spawn(run).expect("a thread is started")
}

/// Two tasks count, and one update is lost.
pub fn lost_update() {
    let hits = Arc::new(AtomicU32::new(0));
    let tasks = ["left", "right"].map(|name| {
        let hits = Arc::clone(&hits);
        named(name, move || {
            let seen = hits.load(SeqCst);
            hits.store(seen + 1, SeqCst);
        })
    });
    tasks.into_iter().for_each(|task| task.join().unwrap());
    assert_eq!(hits.load(SeqCst), 2, "both have </script> counted");
}

/// Two tasks lock two mutexes in opposite order.
pub fn opposite_order() {
    let (first, second) = (Arc::new(Mutex::new(10)), Arc::new(Mutex::new(20)));
    let (our_first, our_second) = (Arc::clone(&first), Arc::clone(&second));
    let there = named("there", move || {
        let mut from = our_first.lock().unwrap();
        *our_second.lock().unwrap() += *from;
        *from = 0;
    });
    let back = named("back", move || {
        let mut from = second.lock().unwrap();
        *first.lock().unwrap() += *from;
        *from = 0;
    });
    there.join().unwrap();
    back.join().unwrap();
}

/// Names that are wider than they have characters, and one that wants to be something else.
pub fn wide_names() {
    let (sender, receiver) = mpsc::channel();
    let worker = named("作業員🦀", move || while receiver.recv().is_ok() {});
    let other = named("e\u{301}\"</script>;#", move || sender.send(1).unwrap());
    other.join().unwrap();
    worker.join().unwrap();
    panic!("always");
}

/// More tasks than a screen has columns.
pub fn many_tasks() {
    let turn = Arc::new(AtomicU32::new(0));
    let tasks: Vec<_> = (0..9)
        .map(|_| {
            let turn = Arc::clone(&turn);
            thread::spawn(move || turn.fetch_add(1, SeqCst))
        })
        .collect();
    tasks.into_iter().for_each(|task| drop(task.join()));
    assert_ne!(turn.load(SeqCst), 9, "always");
}

/// A loop that goes round for long before something fails.
pub fn long_loop() {
    let rounds = AtomicU32::new(0);
    for _ in 0..200 {
        rounds.load(SeqCst);
        rounds.fetch_and(0, SeqCst);
    }
    panic!("after the loop");
}
