//! Exploration in order of preemptions, as its users see it.
#![cfg(feature = "sim")]

use reweave::sync::atomic::{AtomicU32, Ordering::SeqCst};
use reweave::sync::{Arc, Mutex};
use reweave::{Checker, FindingKind, Report, Strategy, Verdict, thread};

/// Two tasks each read a number and write it back one greater.
fn lose_an_update() {
    let count = Arc::new(AtomicU32::new(0));
    let add = |count: &AtomicU32| count.store(count.load(SeqCst) + 1, SeqCst);
    let other = Arc::clone(&count);
    let task = thread::spawn(move || add(&other));
    add(&count);
    task.join().unwrap();
    assert_eq!(count.load(SeqCst), 2);
}

/// Two tasks take two locks each, in different orders.
fn cross_locks() {
    let locks = Arc::new((Mutex::new(0), Mutex::new(0)));
    let theirs = Arc::clone(&locks);
    let task = thread::spawn(move || {
        let (_b, _a) = (theirs.1.lock().unwrap(), theirs.0.lock().unwrap());
    });
    {
        let (_a, _b) = (locks.0.lock().unwrap(), locks.1.lock().unwrap());
    }
    task.join().unwrap();
}

/// Each of `tasks` tasks takes `steps` steps that concern all others.
fn contend(tasks: usize, steps: usize) {
    let count = Arc::new(AtomicU32::new(0));
    let add = |count: Arc<AtomicU32>| move || (0..steps).for_each(|_| _ = count.swap(1, SeqCst));
    let tasks: Vec<_> = (0..tasks).map(|_| thread::spawn(add(Arc::clone(&count)))).collect();
    tasks.into_iter().for_each(|task| task.join().unwrap());
}

fn bounded(preemptions: usize) -> Checker {
    Checker::new().strategy(Strategy::Bounded { preemptions })
}

/// What does not depend on how long it took.
fn essence(report: &Report) -> (Verdict, u64, u64, u64, Option<String>, Vec<String>) {
    let tokens = report.findings().iter().map(|finding| finding.token()).collect();
    let note = report.note().map(str::to_owned);
    (report.verdict().clone(), report.schedules(), report.failures(), report.steps(), note, tokens)
}

#[test]
fn a_lost_update_needs_one_preemption() {
    let report = bounded(0).explore(lose_an_update);
    assert_eq!(*report.verdict(), Verdict::Bounded { preemptions: 0 }, "{report}");
    assert_eq!(report.note(), None, "{report}");
    for bound in 1..4 {
        let report = bounded(bound).explore(lose_an_update);
        let finding = report.finding().expect("a schedule with one preemption fails");
        assert_eq!(finding.kind(), FindingKind::Panic);
        assert_eq!(report.note(), Some("every schedule without preemptions was executed"), "{report}");
        let replayed = bounded(bound).replay(&finding.token(), lose_an_update);
        assert!(replayed.verdict().is_failed(), "{replayed}");
    }
}

#[test]
fn crossed_locks_need_one_preemption() {
    assert_eq!(*bounded(0).explore(cross_locks).verdict(), Verdict::Bounded { preemptions: 0 });
    let report = bounded(1).explore(cross_locks);
    assert_eq!(report.finding().map(|finding| finding.kind()), Some(FindingKind::Deadlock), "{report}");
}

#[test]
fn the_number_in_the_checker_wins() {
    let report = Checker::new().preemptions(0).strategy(Strategy::Bounded { preemptions: 1 }).explore(lose_an_update);
    assert_eq!(*report.verdict(), Verdict::Bounded { preemptions: 0 }, "{report}");
}

#[test]
fn the_classes_are_those_of_exhaustive_exploration() {
    let exhaustive = Checker::new().strategy(Strategy::Exhaustive).explore(|| contend(3, 2));
    let report = bounded(100).explore(|| contend(3, 2));
    assert_eq!(*report.verdict(), Verdict::Exhaustive, "{report}");
    assert_eq!(report.schedules(), exhaustive.schedules());
    // Every order of the six steps is a class: without preemptions the tasks come one after the other.
    assert_eq!((report.schedules(), bounded(0).explore(|| contend(3, 2)).schedules()), (90, 6));
}

#[test]
fn a_report_says_how_far_the_exploration_got() {
    let shown = |report: &Report| report.to_string().split(':').next().unwrap_or_default().to_owned();
    let [none, one, two] = [0, 1, 2].map(|bound| bounded(bound).explore(|| contend(3, 3)));
    assert_eq!(shown(&none), "exhaustive up to 0 preemptions");
    assert_eq!(shown(&one), "exhaustive up to 1 preemption");
    assert_eq!(shown(&two), "exhaustive up to 2 preemptions");
    assert!(none.schedules() < one.schedules() && one.schedules() < two.schedules());
    let cut = |schedules| bounded(2).schedules(schedules).explore(|| contend(3, 3));
    let after = [
        (none.schedules() - 1, "not even every schedule without preemptions was executed"),
        (none.schedules() + 1, "every schedule without preemptions was executed"),
        (one.schedules() + 1, "every schedule with at most 1 preemption was executed"),
    ];
    for (schedules, note) in after {
        let report = cut(schedules);
        assert_eq!((report.verdict(), report.note()), (&Verdict::Sampled, Some(note)), "{report}");
        assert_eq!(report.schedules(), schedules, "{report}");
    }
}

#[test]
fn the_report_does_not_depend_on_the_number_of_workers() {
    let checkers: [fn(usize) -> Report; 5] = [
        |workers| bounded(2).workers(workers).explore(|| contend(3, 3)),
        |workers| bounded(2).workers(workers).schedules(40).explore(|| contend(3, 3)),
        |workers| bounded(2).workers(workers).explore(lose_an_update),
        |workers| bounded(2).workers(workers).keep_going(true).explore(lose_an_update),
        |workers| bounded(3).workers(workers).keep_going(true).explore(cross_locks),
    ];
    for explore in checkers {
        let (one, two) = (explore(1), explore(2));
        assert_eq!(essence(&one), essence(&two), "{one}\n{two}");
    }
}

#[test]
fn a_loop_that_waits_without_saying_so_comes_to_an_end() {
    let report = bounded(0).schedules(1).explore(|| {
        let flag = Arc::new(AtomicU32::new(0));
        let theirs = Arc::clone(&flag);
        let task = thread::spawn(move || theirs.store(1, SeqCst));
        while flag.load(SeqCst) == 0 {}
        task.join().unwrap();
    });
    assert_eq!((report.verdict(), report.schedules()), (&Verdict::Sampled, 1), "{report}");
    assert!(report.steps() < 2_000, "{report}");
}

#[reweave::test(strategy = "bounded", preemptions = 1, expect = "panic")]
fn the_attribute_takes_a_bound() {
    lose_an_update();
}

#[reweave::test(strategy = "bounded", preemptions = 0)]
fn the_attribute_takes_a_bound_of_none() {
    lose_an_update();
}
