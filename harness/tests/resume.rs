//! Exhaustive explorations that are interrupted: by a limit, by `kill -9`, and with a file that is not what it was.

#![cfg(feature = "sim")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use reweave::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use reweave::sync::{Arc, Condvar, Mutex};
use reweave::{Checker, Clock, Report, Strategy, Verdict, thread};

/// A file in a directory of its own, which goes when this is dropped.
struct File(PathBuf);

impl File {
    fn new(name: &str) -> File {
        let folder = std::env::temp_dir().join(format!("reweave-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        File(folder.join("exploration"))
    }

    fn bytes(&self) -> Vec<u8> {
        std::fs::read(&self.0).unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(self.0.parent().unwrap());
    }
}

/// `tasks` tasks, each of which changes a variable `times` times.
fn adders(tasks: usize, times: usize) {
    let sum = AtomicU32::new(0);
    thread::scope(|scope| {
        for _ in 0..tasks {
            scope.spawn(|| (0..times).for_each(|_| _ = sum.fetch_add(1, SeqCst)));
        }
    });
}

fn nine_steps() {
    adders(3, 3);
}

fn waiting() {
    let state = Arc::new((Mutex::new(0), Condvar::new()));
    let tasks: Vec<_> = (0..3)
        .map(|_| {
            let state = Arc::clone(&state);
            thread::spawn(move || {
                *state.0.lock().unwrap() += 1;
                state.1.notify_one();
            })
        })
        .collect();
    let mut count = state.0.lock().unwrap();
    while *count < 3 {
        count = state.1.wait(count).unwrap();
    }
    drop(count);
    tasks.into_iter().for_each(|task| task.join().unwrap());
}

/// Fails in some schedules, and in more than one way.
fn failing() {
    let (a, b) = (Arc::new(Mutex::new(0)), Arc::new(Mutex::new(0)));
    let (first, second) = (Arc::clone(&a), Arc::clone(&b));
    let task = thread::spawn(move || {
        let _second = second.lock().unwrap();
        *first.lock().unwrap() += 1;
    });
    let other = Arc::clone(&b);
    let third = thread::spawn(move || *other.lock().unwrap() += 5);
    let held = a.lock().unwrap();
    assert!(*b.lock().unwrap() < 5 || *held == 0, "the third came first");
    drop(held);
    task.join().unwrap();
    third.join().unwrap();
}

/// Asks whether a task has finished, so that exploration starts again.
fn asking() {
    let flag = Arc::new(AtomicBool::new(false));
    let tasks: Vec<_> = (0..3)
        .map(|_| {
            let flag = Arc::clone(&flag);
            thread::spawn(move || {
                flag.store(true, SeqCst);
                flag.store(false, SeqCst);
            })
        })
        .collect();
    if flag.load(SeqCst) && tasks[0].is_finished() {
        flag.store(true, SeqCst);
    }
    tasks.into_iter().for_each(|task| task.join().unwrap());
}

/// Asks three times and then goes on: a loop that ends by itself, for which exploration starts again, too.
fn impatient() {
    let flag = Arc::new(AtomicU32::new(0));
    let tasks: Vec<_> = (0..3)
        .map(|_| {
            let flag = Arc::clone(&flag);
            thread::spawn(move || _ = flag.fetch_add(1, SeqCst))
        })
        .collect();
    for _ in 0..3 {
        if flag.load(SeqCst) == 3 {
            break;
        }
        thread::yield_now();
    }
    tasks.into_iter().for_each(|task| task.join().unwrap());
}

/// Waits for everybody in a loop that does not end by itself.
fn patient() {
    let flag = Arc::new(AtomicU32::new(0));
    let tasks: Vec<_> = (0..3)
        .map(|_| {
            let flag = Arc::clone(&flag);
            thread::spawn(move || _ = flag.fetch_add(1, SeqCst))
        })
        .collect();
    while flag.load(SeqCst) < 3 {
        thread::yield_now();
    }
    tasks.into_iter().for_each(|task| task.join().unwrap());
}

fn checker() -> Checker {
    Checker::new().name("resumed").strategy(Strategy::Exhaustive)
}

/// All that two explorations have to agree in that go on after failures.
fn summary(report: &Report) -> (Verdict, [u64; 3], BTreeSet<String>) {
    let findings = report.findings().iter().map(|finding| format!("{:?}: {}", finding.kind(), finding.message()));
    let numbers = [report.schedules(), report.failures(), report.steps()];
    (report.verdict().clone(), numbers, findings.collect())
}

fn refusal(report: &Report) -> String {
    match report.verdict() {
        Verdict::Refused { reason } => reason.clone(),
        _ => panic!("not refused: {report}"),
    }
}

const PROGRAMS: [(&str, fn()); 6] = [
    ("adders", nine_steps),
    ("waiting", waiting),
    ("failing", failing),
    ("asking", asking),
    ("impatient", impatient),
    ("patient", patient),
];

#[test]
fn any_number_of_workers_reports_the_same() {
    for (name, program) in PROGRAMS {
        for (keep_going, schedules) in [(true, u64::MAX), (false, u64::MAX), (true, 150), (true, 6)] {
            let told = |workers| {
                let report = checker().workers(workers).keep_going(keep_going).schedules(schedules).explore(program);
                let findings: Vec<_> = report.findings().iter().map(reweave::Finding::render).collect();
                (summary(&report), findings)
            };
            let one = told(1);
            assert_eq!(told(2), one, "{name}, {schedules} schedules");
            assert_eq!(told(3), one, "{name}, {schedules} schedules");
        }
    }
}

#[test]
fn an_interrupted_exploration_reports_what_an_uninterrupted_one_does() {
    for (name, program) in PROGRAMS {
        for (workers, keep_going) in [(1, true), (2, true), (1, false), (2, false)] {
            let checker = || checker().workers(workers).keep_going(keep_going);
            let whole = checker().explore(program);
            let file = File::new(&format!("limits-{name}-{workers}-{keep_going}"));
            // The parts end in the middle of a round, at its end, and at once.
            let mut limit = 1;
            for part in 1.. {
                let report = checker().checkpoint(&file.0).schedules(limit).explore(program);
                if !file.0.exists() {
                    if keep_going || *whole.verdict() == Verdict::Exhaustive {
                        assert_eq!(summary(&report), summary(&whole), "{name}, {workers} workers, {part} parts");
                    } else {
                        // Which failure comes first depends on the order.
                        assert_eq!(report.verdict(), whole.verdict(), "{name}, {workers} workers, {part} parts");
                        assert_eq!((report.failures(), report.findings().len()), (1, 1), "{name}: {report}");
                    }
                    break;
                }
                assert_eq!(report.schedules(), limit, "{name}: {report}");
                assert!(limit < whole.schedules() || whole.failures() == 1 && !keep_going, "{name}: {report}");
                limit = (limit + [1, 63, 7, 32, 200][part % 5]).min(limit * 3);
            }
        }
    }
}

#[test]
fn a_time_limit_leaves_a_checkpoint_and_an_estimate() {
    let file = File::new("time");
    let long = || {
        let checker = checker().checkpoint(&file.0).time_limit(Duration::from_millis(100));
        checker.explore(|| adders(5, 5))
    };
    let first = long();
    let note = first.note().unwrap_or_default();
    assert!(note.starts_with("the time limit ended the exploration; about "), "{note}");
    assert!(note.contains(" schedules in all, "), "{note}");
    assert!(note.contains(" explored; to be resumed from "), "{note}");
    let second = long();
    assert!(second.schedules() > first.schedules(), "{first}, then {second}");
    assert!(second.elapsed() > Duration::from_millis(200), "the time of both: {second}");
    let note = second.note().unwrap_or_default();
    assert!(note.contains("; went on after "), "{note}");
}

/// Runs as a process of its own, which is killed: see below.
#[test]
#[ignore = "is run by another test"]
fn child() {
    let Some(path) = std::env::var_os("CHILD_OF_RESUME") else { return };
    let checker = checker().checkpoint(path).checkpoint_every(Duration::ZERO);
    #[expect(clippy::disallowed_methods, reason = "makes the process live long enough to be killed")]
    checker.explore(|| {
        std::thread::sleep(Duration::from_millis(1));
        nine_steps();
    });
}

#[test]
fn an_exploration_that_was_killed_goes_on() {
    let file = File::new("killed");
    let whole = checker().explore(nine_steps);
    let mut killed = 0;
    for _ in 0..3 {
        let before = std::fs::read(&file.0).ok();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child", "--ignored"])
            .env("CHILD_OF_RESUME", &file.0)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // Until it got further than before, or to its end.
        let ended = loop {
            if child.try_wait().unwrap().is_some() {
                break true;
            }
            let now = std::fs::read(&file.0).ok();
            if now.is_some() && now != before {
                break false;
            }
            std::thread::yield_now();
        };
        child.kill().unwrap();
        child.wait().unwrap();
        if ended || !file.0.exists() {
            break;
        }
        killed += 1;
    }
    let resumed = checker().checkpoint(&file.0).explore(nine_steps);
    assert_eq!(summary(&resumed), summary(&whole), "killed {killed} times");
    let went_on = resumed.note().is_some_and(|note| note.starts_with("went on after"));
    assert_eq!(went_on, killed > 0, "{resumed}");
    assert!(!file.0.exists());
}

/// An exploration that stopped after 40 executions.
fn begun(name: &str) -> File {
    let file = File::new(name);
    let report = checker().checkpoint(&file.0).schedules(40).explore(nine_steps);
    assert_eq!(*report.verdict(), Verdict::Sampled, "{report}");
    file
}

/// Goes on from `bytes`, which have to be refused and left alone.
#[track_caller]
fn refused(file: &Path, bytes: &[u8]) -> String {
    std::fs::write(file, bytes).unwrap();
    let reason = refusal(&checker().checkpoint(file).explore(nine_steps));
    assert_eq!(std::fs::read(file).unwrap(), bytes, "what is refused is not overwritten");
    reason
}

#[test]
fn a_file_that_is_cut_short_is_refused() {
    let file = begun("cut");
    let whole = file.bytes();
    for length in 0..whole.len() {
        let reason = refused(&file.0, &whole[..length]);
        assert!(reason.contains("is damaged: it is cut short"), "{length}: {reason}");
    }
    let longer: Vec<u8> = whole.iter().copied().chain([0]).collect();
    assert!(refused(&file.0, &longer).contains("is damaged: it has"));
    std::fs::write(&file.0, &whole).unwrap();
    assert_eq!(*checker().checkpoint(&file.0).explore(nine_steps).verdict(), Verdict::Exhaustive);
}

#[test]
fn a_file_in_which_a_byte_changed_is_refused() {
    let file = begun("flipped");
    let whole = file.bytes();
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        let reason = refused(&file.0, &bytes);
        let expected = match at {
            0..3 => "is not a checkpoint, and is left as it is: choose another path",
            3 => "has format ",
            _ => "is damaged: ",
        };
        assert!(reason.contains(expected), "byte {at}: {reason}");
    }
    assert!(refused(&file.0, b"dear diary").contains("is not a checkpoint"));
}

#[test]
fn what_another_test_left_is_refused() {
    let file = begun("others");
    let whole = file.bytes();
    let reason = |checker: Checker, program: fn()| {
        let reason = refusal(&checker.checkpoint(&file.0).explore(program));
        assert_eq!(file.bytes(), whole, "what is refused is not overwritten");
        reason
    };
    let program = reason(checker(), waiting);
    assert!(program.starts_with("the test is not the one that the checkpoint "), "{program}");
    assert!(program.contains("its first execution takes other steps; remove the file"), "{program}");
    let name = reason(checker().name("other"), nine_steps);
    assert!(name.contains("was made by the test `resumed`, and this is `other`"), "{name}");
    for (checker, expected) in [
        (checker().clock(Clock::Elastic), "clock idle, and it is elastic now"),
        (checker().spurious_wakeups(true), "spurious_wakeups false, and it is true now"),
        (checker().allow_leaks(true), "allow_leaks false, and it is true now"),
        (checker().keep_going(true), "keep_going false, and it is true now"),
        (checker().max_steps(77), "max_steps 1000000, and it is 77 now"),
    ] {
        let reason = reason(checker, nine_steps);
        assert!(reason.contains(expected), "{reason}");
    }
    // What makes no difference may change.
    let report = checker().checkpoint(&file.0).workers(2).seed(8).explore(nine_steps);
    assert_eq!(*report.verdict(), Verdict::Exhaustive, "{report}");
}

#[test]
fn a_place_that_cannot_be_written_is_refused_at_once() {
    let file = File::new("place");
    std::fs::write(&file.0, "a file").unwrap();
    let reason = refusal(&checker().checkpoint(file.0.join("below")).explore(nine_steps));
    assert!(reason.starts_with("cannot "), "{reason}");
}

#[test]
fn a_directory_has_a_file_for_every_test() {
    let file = File::new("directory");
    let folder = file.0.parent().unwrap();
    for name in ["a::first", "a::second"] {
        checker().name(name).checkpoint(folder).schedules(5).explore(nine_steps);
    }
    let mut names: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, ["a__first.checkpoint", "a__second.checkpoint"]);
}
