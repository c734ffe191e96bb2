//! What a person reads when a test fails: one small program of each kind of finding, and its explanation, word for word.
//!
//! Change the wording with `INSTA_UPDATE=always cargo test -p reweave-tests --test explanations`, and read the
//! difference as somebody who has never seen one.

use reweave::cell::RaceCell;
use reweave::sync::atomic::Ordering::{Acquire, Relaxed, SeqCst};
use reweave::sync::atomic::{AtomicBool, AtomicU32};
use reweave::sync::{Arc, Condvar, Mutex, RwLock, mpsc};
use reweave::{Checker, Finding, FindingKind, Strategy, thread};

/// A checker whose findings are the same everywhere.
fn checker(name: &str) -> Checker {
    Checker::new().strategy(Strategy::Random).name(&format!("explanations::{name}")).seed(7)
}

/// The first finding, which is of this kind.
#[track_caller]
fn find(kind: FindingKind, checker: Checker, test: fn()) -> Finding {
    let report = checker.explore(test);
    let finding = report.finding().unwrap_or_else(|| panic!("nothing was found: {report}"));
    assert_eq!(finding.kind(), kind, "{}", finding.render());
    finding.clone()
}

/// The explanation without what depends on the compiler: the token, whose checksum covers places, and the frames of a
/// backtrace, of which some may be inlined.
fn stable(finding: &Finding) -> String {
    let text = finding.render().replace(&finding.token(), "rw1…");
    let Some((before, frames)) = text.split_once("\nbacktrace of the panic\n") else { return text };
    assert!(frames.contains("explanations.rs"), "the backtrace does not lead into the program: {frames}");
    format!("{before}\nbacktrace of the panic\n  …\n")
}

/// Compares an explanation with its snapshot.
macro_rules! explained {
    ($finding:expr) => {
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(stable(&$finding));
        })
    };
}

fn named(name: &str, run: impl FnOnce() + Send + 'static) -> thread::JoinHandle<()> {
    thread::Builder::new().name(name.to_owned()).spawn(run).unwrap()
}

fn lost_update() {
    let hits = Arc::new(AtomicU32::new(0));
    let tasks = ["left", "right"].map(|name| {
        let hits = Arc::clone(&hits);
        named(name, move || {
            let seen = hits.load(SeqCst);
            hits.store(seen + 1, SeqCst);
        })
    });
    tasks.into_iter().for_each(|task| task.join().unwrap());
    assert_eq!(hits.load(SeqCst), 2, "both have counted");
}

#[test]
fn panic() {
    explained!(find(FindingKind::Panic, checker("panic"), lost_update));
}

fn opposite_order() {
    let accounts = Arc::new((Mutex::new(10), Mutex::new(20)));
    let theirs = Arc::clone(&accounts);
    let there = named("there", move || {
        let mut from = theirs.0.lock().unwrap();
        let mut to = theirs.1.lock().unwrap();
        *from -= 1;
        *to += 1;
    });
    let theirs = Arc::clone(&accounts);
    let back = named("back", move || {
        let mut from = theirs.1.lock().unwrap();
        let mut to = theirs.0.lock().unwrap();
        *from -= 1;
        *to += 1;
    });
    there.join().unwrap();
    back.join().unwrap();
}

#[test]
fn deadlock_in_a_cycle() {
    explained!(find(FindingKind::Deadlock, checker("deadlock_in_a_cycle"), opposite_order));
}

fn opposite_order_far_apart() {
    let books = Arc::new((Mutex::new(1), Mutex::new(2)));
    let theirs = Arc::clone(&books);
    let early = named("early", move || {
        let first = theirs.0.lock().unwrap();
        *theirs.1.lock().unwrap() += *first;
    });
    (0..10).for_each(|_| thread::yield_now());
    let second = books.1.lock().unwrap();
    *books.0.lock().unwrap() += *second;
    drop(second);
    early.join().unwrap();
}

#[test]
fn deadlock_that_was_predicted() {
    let one_schedule = checker("deadlock_that_was_predicted").strategy(Strategy::RoundRobin).schedules(1);
    explained!(find(FindingKind::Deadlock, one_schedule, opposite_order_far_apart));
}

fn lost_wake_up() {
    let door = Arc::new((Mutex::new(false), Condvar::new()));
    let theirs = Arc::clone(&door);
    let opener = named("opener", move || {
        theirs.1.notify_one(); // before there is anything to see
        *theirs.0.lock().unwrap() = true;
    });
    let mut open = door.0.lock().unwrap();
    while !*open {
        open = door.1.wait(open).unwrap();
    }
    drop(open);
    opener.join().unwrap();
}

#[test]
fn deadlock_without_a_cycle() {
    explained!(find(FindingKind::Deadlock, checker("deadlock_without_a_cycle").seed(2), lost_wake_up));
}

fn lost_between_look_and_wait() {
    let bell = Arc::new((AtomicBool::new(false), Mutex::new(()), Condvar::new()));
    let theirs = Arc::clone(&bell);
    let ringer = named("ringer", move || {
        theirs.0.store(true, SeqCst);
        theirs.2.notify_one(); // without the lock
    });
    if !bell.0.load(SeqCst) {
        let asleep = bell.1.lock().unwrap();
        drop(bell.2.wait(asleep).unwrap());
    }
    ringer.join().unwrap();
}

#[test]
fn deadlock_by_a_lost_wake_up() {
    explained!(find(FindingKind::Deadlock, checker("deadlock_by_a_lost_wake_up"), lost_between_look_and_wait));
}

fn forgotten_worker() {
    let (sender, receiver) = mpsc::channel::<u32>();
    named("worker", move || while receiver.recv().is_ok() {});
    sender.send(1).unwrap();
    std::mem::forget(sender);
}

#[test]
fn leak() {
    explained!(find(FindingKind::Leak, checker("leak"), forgotten_worker));
}

fn page_without_ink() {
    let page = Arc::new((RaceCell::new(""), AtomicBool::new(false)));
    let theirs = Arc::clone(&page);
    let author = named("author", move || {
        theirs.0.set("Call me Ishmael.");
        theirs.1.store(true, Relaxed);
    });
    while !page.1.load(Acquire) {
        thread::yield_now();
    }
    assert!(!page.0.get().is_empty());
    author.join().unwrap();
}

#[test]
fn data_race() {
    explained!(find(FindingKind::DataRace, checker("data_race"), page_without_ink));
}

fn polite_neighbours() {
    let turn = Arc::new(AtomicU32::new(0));
    let tasks = ["anna", "bert"].map(|name| {
        let turn = Arc::clone(&turn);
        named(name, move || {
            while turn.load(SeqCst) != 2 {
                thread::yield_now();
            }
        })
    });
    tasks.into_iter().for_each(|task| task.join().unwrap());
}

#[test]
fn livelock() {
    explained!(find(FindingKind::Livelock, checker("livelock").max_steps(200), polite_neighbours));
}

fn polite_philosophers() {
    let forks = Arc::new([Mutex::new(()), Mutex::new(())]);
    let tasks = [("left", 0), ("right", 1)].map(|(name, first)| {
        let forks = Arc::clone(&forks);
        named(name, move || {
            loop {
                let one = forks[first].lock().unwrap();
                if forks[1 - first].try_lock().is_ok() {
                    break;
                }
                drop(one);
            }
        })
    });
    tasks.into_iter().for_each(|task| task.join().unwrap());
}

#[test]
fn livelock_of_locks() {
    let in_turn = checker("livelock_of_locks").strategy(Strategy::RoundRobin).max_steps(60);
    explained!(find(FindingKind::Livelock, in_turn, polite_philosophers));
}

fn outrun() {
    let total = Arc::new(AtomicU32::new(0));
    let stop = Arc::new(AtomicBool::new(false));
    let (theirs, stopped) = (Arc::clone(&total), Arc::clone(&stop));
    named("runner", move || {
        while !stopped.load(SeqCst) {
            theirs.fetch_add(1, SeqCst);
        }
    });
    let walker = named("walker", move || {
        loop {
            let seen = total.load(SeqCst);
            if total.compare_exchange(seen, 0, SeqCst, SeqCst).is_ok() {
                return;
            }
        }
    });
    walker.join().unwrap();
    stop.store(true, SeqCst);
}

#[test]
fn starvation() {
    let in_turn = checker("starvation").strategy(Strategy::RoundRobin).max_steps(60);
    explained!(find(FindingKind::Starvation, in_turn, outrun));
}

fn behind_readers(write: fn(&RwLock<bool>)) {
    let page = Arc::new(RwLock::new(false));
    let readers = ["anna", "bert"].map(|name| {
        let page = Arc::clone(&page);
        named(name, move || {
            if name == "bert" {
                // So that one always holds the page when the other has put it down.
                thread::yield_now();
            }
            loop {
                let read = page.read().unwrap();
                thread::yield_now();
                if *read {
                    break;
                }
            }
        })
    });
    let writer = named("carl", move || write(&page));
    [writer].into_iter().chain(readers).for_each(|task| task.join().unwrap());
}

#[test]
fn starvation_of_who_waits() {
    let in_turn = checker("starvation_of_who_waits").strategy(Strategy::RoundRobin).max_steps(60);
    explained!(find(FindingKind::Starvation, in_turn, || behind_readers(|page| *page.write().unwrap() = true)));
}

fn memory_of_the_last_run() {
    static RUNS: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let shared = Arc::new(AtomicU32::new(0));
    let theirs = Arc::clone(&shared);
    let task = named("counter", move || theirs.store(RUNS.fetch_add(1, SeqCst), SeqCst));
    task.join().unwrap();
    assert!(shared.load(SeqCst) < 2, "the third run fails");
}

#[test]
fn nondeterminism() {
    // With the number of runs in it, which is what differs.
    explained!(find(FindingKind::Nondeterminism, checker("nondeterminism"), memory_of_the_last_run));
}

fn real_lock_across_a_yield() {
    let lock = Arc::new(std::sync::Mutex::new(0));
    let theirs = Arc::clone(&lock);
    let holder = named("holder", move || {
        let mut value = theirs.lock().unwrap();
        thread::yield_now();
        *value += 1;
    });
    thread::yield_now();
    *lock.lock().unwrap() += 1;
    holder.join().unwrap();
}

#[test]
fn stuck() {
    let checker = checker("stuck").stuck_after(std::time::Duration::from_millis(300));
    explained!(find(FindingKind::Stuck, checker, real_lock_across_a_yield));
}

#[test]
fn starvation_of_who_has_begun() {
    // Its own first steps are among those that are shown. Enough come after them to see that it starves.
    let in_turn = checker("starvation_of_who_has_begun").strategy(Strategy::RoundRobin).max_steps(2_000);
    let test = || {
        behind_readers(|page| {
            if !*page.read().unwrap() {
                *page.write().unwrap() = true;
            }
        });
    };
    explained!(find(FindingKind::Starvation, in_turn, test));
}
