//! What fails is shown as simple as it can be.

use std::time::Duration;

use reweave::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use reweave::sync::{Arc, Condvar, Mutex, mpsc};
use reweave::{Checker, Finding, FindingKind, Focus, Strategy, thread};
use reweave_tests::failing::{self, Failing};

/// With so many seeds each is tried.
const SEEDS: u64 = 15;

/// What the random walk finds in `test` with `seed`, given more time than shrinking takes.
fn finding(test: impl Fn() + Send + Sync + 'static, seed: u64) -> (Finding, Checker, Arc<dyn Fn() + Send + Sync>) {
    let test: Arc<dyn Fn() + Send + Sync> = Arc::new(test);
    let checker = || Checker::new().name("shrinking").strategy(Strategy::Random).shrink_for(Duration::from_secs(30));
    let own = Arc::clone(&test);
    let report = checker().seed(seed).explore(move || own());
    (report.finding().expect("the test fails").clone(), checker(), test)
}

/// Every seed leads to a schedule with so many preemptions that fails like the one that was found, and no schedule has fewer.
fn fails_with(preemptions: u64, kind: FindingKind, test: impl Fn() + Send + Sync + Clone + 'static) {
    for seed in 0..SEEDS {
        let (finding, checker, test) = finding(test.clone(), seed);
        let shrunk = finding.shrunk().expect("it was shrunk");
        assert_eq!((shrunk.preemptions(), finding.kind()), (preemptions, kind), "seed {seed}: {finding}");
        assert!(shrunk.is_fewest(), "seed {seed}: {shrunk}");
        assert!(shrunk.is_finished(), "seed {seed}: {shrunk}");
        assert!(shrunk.preemptions_before() >= preemptions);
        let again = checker.replay(&finding.token(), move || test());
        let again = again.finding().expect("the shrunk schedule fails");
        assert_eq!(again.signature(), finding.signature());
    }
}

fn in_tasks(count: usize, body: impl Fn(usize) + Send + Sync + 'static) {
    let body = Arc::new(body);
    let tasks: Vec<_> = (0..count)
        .map(|task| {
            let body = Arc::clone(&body);
            thread::spawn(move || body(task))
        })
        .collect();
    tasks.into_iter().for_each(|task| task.join().unwrap());
}

#[test]
fn a_lost_update() {
    fails_with(1, FindingKind::Panic, || {
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        in_tasks(3, move |_| {
            for _ in 0..2 {
                let seen = counted.load(SeqCst);
                counted.store(seen + 1, SeqCst);
            }
        });
        assert_eq!(count.load(SeqCst), 6);
    });
}

#[test]
fn two_locks_in_two_orders() {
    fails_with(1, FindingKind::Deadlock, || {
        let locks = [Mutex::new(()), Mutex::new(())];
        in_tasks(3, move |task| {
            let _first = locks[task % 2].lock().unwrap();
            let _second = locks[(task + 1) % 2].lock().unwrap();
        });
    });
}

#[test]
fn a_reader_that_sees_every_value() {
    // Writer, reader, writer, reader: the last switch is free, because the writer has finished.
    fails_with(2, FindingKind::Panic, || {
        let value = Arc::new(AtomicUsize::new(0));
        in_tasks(2, move |task| {
            if task == 0 {
                (1..=2).for_each(|new| value.store(new, SeqCst));
            } else {
                let seen = [value.load(SeqCst), value.load(SeqCst)];
                assert_ne!(seen, [1, 2]);
            }
        });
    });
}

#[test]
fn the_order_of_messages_needs_no_preemption() {
    fails_with(0, FindingKind::Panic, || {
        let (sender, receiver) = mpsc::channel();
        in_tasks(3, move |task| sender.send(task).unwrap());
        let messages: Vec<usize> = receiver.iter().collect();
        assert_eq!(messages, [0, 1, 2]);
    });
}

#[test]
fn a_notification_that_comes_too_early() {
    fails_with(0, FindingKind::Deadlock, || {
        let pair = (Mutex::new(()), Condvar::new());
        in_tasks(2, move |task| {
            let guard = pair.0.lock().unwrap();
            if task == 0 {
                drop(pair.1.wait(guard).unwrap());
            } else {
                pair.1.notify_one();
            }
        });
    });
}

#[test]
fn it_can_be_turned_off() {
    let test = || {
        let (sender, receiver) = mpsc::channel();
        in_tasks(3, move |task| sender.send(task).unwrap());
        assert_eq!(receiver.iter().collect::<Vec<usize>>(), [0, 1, 2]);
    };
    let report = Checker::new().strategy(Strategy::Random).shrink_for(Duration::ZERO).explore(test);
    assert_eq!(report.finding().expect("the test fails").shrunk(), None);
}

/// What became of a program of the corpus.
struct Row {
    name: &'static str,
    preemptions: u64,
    steps: u64,
    text: String,
}

#[test]
fn the_corpus_becomes_small() {
    let mut rows: Vec<Row> = Vec::new();
    for program in failing::all() {
        let start = std::time::Instant::now();
        let report = program.checker().shrink_for(Duration::from_secs(20)).explore(program.run);
        let elapsed = start.elapsed();
        let finding = report.finding().unwrap_or_else(|| panic!("{} does not fail: {report}", program.name));
        assert_eq!(finding.kind(), program.kind, "{}: {}", program.name, finding.render());
        let shrunk = finding.shrunk().unwrap_or_else(|| panic!("{} was not shrunk", program.name));
        let listed = format!("\"total_steps\": {},", shrunk.steps());
        assert!(finding.json().contains(&listed), "{}: {shrunk}, but {}", program.name, finding.render());
        let text = format!("{shrunk}, {elapsed:.2?}");
        if program.kind != FindingKind::Livelock {
            assert!(shrunk.is_finished() && shrunk.is_fewest(), "{}: {text}", program.name);
            nothing_can_go(program, finding);
        }
        rows.push(Row { name: program.name, preemptions: shrunk.preemptions(), steps: shrunk.steps(), text });
    }
    rows.iter().for_each(|row| println!("{:34} {}", row.name, row.text));
    let median = |mut numbers: Vec<u64>| {
        numbers.sort_unstable();
        numbers[numbers.len() / 2]
    };
    let preemptions = median(rows.iter().map(|row| row.preemptions).collect());
    let steps = median(rows.iter().map(|row| row.steps).collect());
    println!("{} programs: median {preemptions} preemptions, {steps} steps", rows.len());
    assert!(rows.len() >= 40, "{} programs", rows.len());
    assert!(preemptions <= 2, "median {preemptions} preemptions");
    assert!(steps <= 12, "median {steps} steps");
}

/// No set of the preemptions can be left out, and no schedule with fewer fails in the same way.
fn nothing_can_go(program: &Failing, finding: &Finding) {
    let removable = program.checker().removable_preemptions(finding, program.run);
    assert_eq!(removable, Vec::<Vec<usize>>::new(), "{}: {}", program.name, finding.render());
    let Some(fewer) = finding.shrunk().and_then(|shrunk| shrunk.preemptions().checked_sub(1)) else { return };
    let bounded = Strategy::Bounded { preemptions: usize::try_from(fewer).expect("there are few") };
    let checker = program.checker().strategy(bounded).schedules(20_000).keep_going(true).shrink_for(Duration::ZERO);
    let report = checker.explore(program.run);
    let same = report.findings().iter().find(|other| other.signature() == finding.signature());
    assert!(same.is_none(), "{} fails with {fewer} preemptions: {}", program.name, finding.render());
}

/// Adds up, and loses what others add meanwhile.
fn all_are_counted(amounts: &[u64]) {
    let total = Arc::new(AtomicUsize::new(0));
    let tasks: Vec<_> = amounts
        .iter()
        .map(|amount| {
            let (total, amount) = (Arc::clone(&total), usize::try_from(*amount).unwrap());
            thread::spawn(move || total.store(total.load(SeqCst) + amount, SeqCst))
        })
        .collect();
    tasks.into_iter().for_each(|task| task.join().unwrap());
    assert!(amounts.len() < 6, "another failure, which is not to be slipped into");
    assert_eq!(total.load(SeqCst) as u64, amounts.iter().sum::<u64>());
}

/// What to write in a test: `focus.check(…)?` in the body of a property. proptest makes the input simple, and what fails stays
/// the same; the schedule follows.
#[test]
fn an_input_is_shrunk_by_proptest_and_the_schedule_after_it() {
    use proptest::test_runner::{Config, TestError, TestRunner};

    let focus = Focus::new(Checker::new().name("inputs").schedules(500));
    let config = Config { failure_persistence: None, ..Config::default() };
    let mut runner =
        TestRunner::new_with_rng(config, proptest::test_runner::TestRng::deterministic_rng(Default::default()));
    let outcome = runner.run(&proptest::collection::vec(1..100_u64, 0..6), |amounts| {
        focus.check(move || all_are_counted(&amounts))?;
        Ok(())
    });
    let Err(TestError::Fail(_, amounts)) = outcome else { panic!("the property fails: {outcome:?}") };
    assert_eq!(amounts, [1, 1], "it takes two to lose an update");
    let finding = focus.explain().expect("an input failed");
    let shrunk = finding.shrunk().expect("there was time");
    assert_eq!((shrunk.preemptions(), shrunk.is_fewest()), (1, true), "{shrunk}");
    let again = Checker::new().name("inputs").replay(&finding.token(), move || all_are_counted(&amounts));
    assert_eq!(again.finding().expect("it replays").signature(), finding.signature());
}

#[test]
fn the_same_failure_is_followed_and_no_other() {
    let focus = Focus::new(Checker::new().name("focus").schedules(500));
    assert_eq!(focus.check(|| all_are_counted(&[1])), Ok(()));
    assert!(focus.check(|| all_are_counted(&[3, 4, 5])).is_err());
    assert_eq!(focus.check(|| all_are_counted(&[1; 6])), Ok(()), "it fails in another way");
    assert!(focus.check(|| all_are_counted(&[4, 5])).is_err());
}

#[test]
fn the_decisive_step_is_the_same_every_time() {
    let program = failing::all().find(|program| program.name == "lost update").expect("it is there");
    let explore = || program.checker().shrink_for(Duration::from_secs(20)).explore(program.run);
    let finding = explore().finding().expect("it fails").clone();
    let decisive = finding.decisive().expect("there was time");
    let jump = decisive.jump().expect("one step stands out");
    assert!(decisive.is_finished());
    assert!(jump.after > jump.before + 0.2, "{jump:?}");
    assert!(!decisive.reversals().is_empty());
    assert_eq!(explore().finding().expect("it fails").decisive(), Some(decisive));
    let text = finding.render();
    assert!(text.contains("of schedules fail like this (before: "), "{text}");
    assert!(text.contains("come before this, it would not fail"), "{text}");
}
