//! What the supervisor is put through: small programs that check its guarantees from outside.

use reweave::sync::atomic::{AtomicUsize, Ordering};
use reweave::sync::{Arc, mpsc};
use reweave::thread;
use reweave::time::{Duration, Instant};

use super::ledger::Ledger;
use super::variant::Policy;
use super::{Config, Event, Report};

/// Workers panic so many times each, and return after that if they are restarted so often.
///
/// # Panics
/// When a guarantee of the supervisor does not hold.
pub fn restarts<P: Policy>(failures: &[usize], limit: usize) {
    let (supervisor, inbox) = Config::new(limit).build::<P>();
    for (worker, failures) in failures.iter().enumerate() {
        let mut left = *failures;
        supervisor.start(format!("worker {worker}"), move |_| {
            if left > 0 {
                left -= 1;
                panic!("{left} to go");
            }
        });
    }
    supervisor.wait();

    let reports = Reports::all(inbox);
    for (worker, failures) in failures.iter().copied().enumerate() {
        let panicked = (1..=failures).map(|nth| Event::Panicked(format!("{} to go", failures - nth)));
        let mut expected: Vec<_> = panicked.flat_map(|panicked| [panicked, Event::Restarted]).collect();
        if failures > limit {
            expected.truncate(2 * limit + 1);
            expected.push(Event::GivenUp);
        } else {
            expected.push(Event::Ended);
        }
        assert_eq!(reports.of(&format!("worker {worker}")), expected, "every panic, every restart, and the last word");
    }
}

/// Each worker has helpers, of whom the first panics. All of them have ended when the supervisor says so, and those who did not panic have
/// done their work.
///
/// # Panics
/// When a guarantee of the supervisor does not hold.
pub fn helpers<P: Policy>(workers: usize, helpers: usize) {
    let (supervisor, inbox) = Config::new(0).build::<P>();
    let done = Arc::new(AtomicUsize::new(0));
    for worker in 0..workers {
        let done = Arc::clone(&done);
        supervisor.start(format!("worker {worker}"), move |task| {
            for helper in 0..helpers {
                let done = Arc::clone(&done);
                task.spawn(helper, move || {
                    assert!(helper != 0, "a helper has met bad input");
                    done.fetch_add(1, Ordering::Relaxed);
                });
            }
        });
    }
    supervisor.wait();

    assert_eq!(done.load(Ordering::Relaxed), workers * helpers.saturating_sub(1), "everybody has ended");
    let reports = Reports::all(inbox);
    for worker in (0..workers).map(|worker| format!("worker {worker}")) {
        assert_eq!(reports.of(&worker), [Event::Ended], "the panic of a helper does not harm its worker");
        for helper in 0..helpers {
            let panicked = Event::Panicked("a helper has met bad input".to_owned());
            let expected = if helper == 0 { panicked } else { Event::Ended };
            assert_eq!(reports.of(&format!("{worker}/{helper}")), [expected], "of each there is one report");
        }
    }
}

/// Workers transfer money from one account to the other, and the first of them panics in the middle of it. It is restarted and tries again:
/// in the end as much has been transferred as there are workers, and none has been lost.
///
/// # Panics
/// When a guarantee of the supervisor or of the ledger does not hold.
pub fn half_a_change<P: Policy>(workers: usize) {
    let accounts = Arc::new(Ledger::<_, P>::new((workers, 0)));
    let (supervisor, inbox) = Config::new(1).build::<P>();
    for worker in 0..workers {
        let accounts = Arc::clone(&accounts);
        let mut fails = worker == 0;
        supervisor.start(format!("worker {worker}"), move |_| {
            let fails = std::mem::take(&mut fails);
            accounts.change(|(from, to)| {
                *from -= 1;
                assert!(!fails, "the line is dead");
                *to += 1;
            });
        });
    }
    supervisor.wait();

    assert_eq!(accounts.get(), (0, workers), "every transfer was made, as a whole and once");
    let reports = Reports::all(inbox);
    for worker in 1..workers {
        let name = format!("worker {worker}");
        assert_eq!(reports.of(&name), [Event::Ended], "the panic of another does not harm this worker");
    }
}

/// A worker works for a time and panics, again and again: restarts that are longer ago than the period do not count.
///
/// # Panics
/// When a guarantee of the supervisor does not hold.
pub fn of_late<P: Policy>(limit: usize) {
    let period = Duration::from_secs(10);
    let run = |work: Duration| {
        let (supervisor, inbox) = Config::new(limit).period(period).pause(Duration::from_secs(1)).build::<P>();
        let mut runs = 0;
        supervisor.start("worker", move |_| {
            runs += 1;
            if runs <= 3 * limit {
                thread::sleep(work);
                panic!("again");
            }
        });
        supervisor.wait();
        Reports::all(inbox).of("worker")
    };
    // Restarts are so far apart that no more than the limit fall into a period.
    let seldom = run(period / u32::try_from(limit).expect("a limit is small"));
    assert_eq!(seldom.last(), Some(&Event::Ended), "it is restarted for ever: {seldom:?}");
    assert_eq!(seldom.iter().filter(|event| **event == Event::Restarted).count(), 3 * limit);
    let often = run(Duration::from_secs(1) / 2);
    assert_eq!(often.last(), Some(&Event::GivenUp), "it panics too often: {often:?}");
    assert_eq!(often.iter().filter(|event| **event == Event::Restarted).count(), limit);
}

/// A worker has panicked and rests before its restart when the supervisor is stopped, and another works until it is told.
///
/// # Panics
/// When a guarantee of the supervisor does not hold.
pub fn stopped<P: Policy>() {
    let pause = Duration::from_secs(3600);
    let (supervisor, inbox) = Config::new(1).pause(pause).build::<P>();
    let (tell, panics) = mpsc::channel();
    supervisor.start("rests", move |_| {
        tell.send(()).expect("somebody waits for it");
        panic!("no route");
    });
    supervisor.start("works", |task| {
        task.context().done().recv();
        assert!(task.is_stopped());
    });
    panics.recv().expect("the worker is run");
    let begun = Instant::now();
    supervisor.stop();
    supervisor.wait();

    assert!(begun.elapsed() < pause, "nobody waits out the pause");
    assert!(panics.recv().is_err(), "nobody is restarted");
    let reports = Reports::all(inbox);
    assert_eq!(reports.of("rests"), [Event::Panicked("no route".to_owned()), Event::Stopped]);
    assert_eq!(reports.of("works"), [Event::Ended]);
}

/// All that a supervisor has reported.
struct Reports(Vec<Report>);

impl Reports {
    /// The supervisor and all tasks must have ended, and so do the reports.
    fn all(inbox: mpsc::Receiver<Report>) -> Self {
        Self(inbox.iter().collect())
    }

    fn of(&self, task: &str) -> Vec<Event> {
        self.0.iter().filter(|report| report.task == task).map(|report| report.event.clone()).collect()
    }
}
