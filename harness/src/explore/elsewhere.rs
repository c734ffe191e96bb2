//! Executions on an OS thread of their own, which can be left behind if one of them is stuck.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

use super::exploration::{CONTENDED_TRIES, WATCH_EVERY, lock, now, pause, start_thread};
use super::watchdog::{Beats, Watchdog};
use super::worker::{Recorded, Source, Worker};
use crate::checker::{Settings, Test};
use crate::engine::execution::Ending;
use crate::engine::record::Witness;
use crate::engine::teardown::Remains;

/// Does `job` there. None if it is stuck; what `witness` sees counts as a sign of life, too.
pub(super) fn elsewhere<R: Send + 'static>(
    settings: &Settings,
    witness: Option<&Witness>,
    job: impl FnOnce(&mut Worker) -> (R, Remains) + Send + 'static,
) -> Option<R> {
    let result: Arc<(Mutex<Option<R>>, Condvar)> = Arc::default();
    let beats = Beats::new();
    let (theirs, their_beats, own_settings) = (Arc::clone(&result), beats.clone(), settings.clone());
    start_thread(settings.name.clone(), move || {
        let mut worker = Worker::new(&own_settings, their_beats);
        let (outcome, remains) = job(&mut worker);
        worker.retire(remains == Remains::ThreadSpoiled);
        *lock(&theirs.0) = Some(outcome);
        theirs.1.notify_all();
    });
    let mut slot = lock(&result.0);
    let mut watchdog = Watchdog::new(now());
    loop {
        if let Some(outcome) = slot.take() {
            return Some(outcome);
        }
        slot = result.1.wait_timeout(slot, WATCH_EVERY).unwrap_or_else(PoisonError::into_inner).0;
        let shown = beats.seen() + witness.map_or(0, Witness::beats);
        if watchdog.finds_stuck(shown, now(), settings.stuck_after) && slot.is_none() {
            return None;
        }
    }
}

/// Records an execution; an error, with what was seen of it, if it is stuck.
pub(super) fn record_elsewhere(settings: &Settings, test: &Test, source: Source) -> Result<Recorded, Arc<Witness>> {
    let witness = Arc::new(Witness::default());
    let (their_witness, test) = (Arc::clone(&witness), Arc::clone(test));
    let recorded = elsewhere(settings, Some(&witness), move |worker| {
        let (mut recorded, mut remains) = worker.record(&test, &source, Some(&their_witness));
        for _ in 0..CONTENDED_TRIES {
            if remains != Remains::Clean || !matches!(recorded.ending, Ending::Contended(_)) {
                break;
            }
            pause();
            (recorded, remains) = worker.record(&test, &source, Some(&their_witness));
        }
        (recorded, remains)
    });
    recorded.ok_or(witness)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Much longer than nobody waits here.
    const LONG: Duration = Duration::from_millis(1_500);

    #[expect(clippy::disallowed_methods, reason = "real time is what is watched")]
    fn stand_still() {
        std::thread::sleep(LONG);
    }

    /// Runs `test`, then `analyse`, in between executions if `after` is set, else at the end of one. Whether that is stuck.
    fn is_stuck(test: fn(), analyse: fn(), after: bool) -> bool {
        let settings = Settings { stuck_after: Duration::from_millis(500), ..Settings::new("watched".to_owned()) };
        let test: Test = Arc::new(test);
        let done = elsewhere(&settings, None, move |worker| {
            let mut remains = worker.run(&test, &Source::Strategy { execution: 0 });
            if after {
                analyse();
            } else {
                remains = worker.look_again(&test, |_| analyse()).1;
            }
            ((), remains)
        });
        done.is_none()
    }

    struct Slow;

    impl Drop for Slow {
        fn drop(&mut self) {
            stand_still();
        }
    }

    /// Leaves a task behind whose destructor stands still.
    fn leave_slow() {
        let (sender, receiver) = crate::sync::mpsc::channel::<()>();
        crate::thread::spawn(move || {
            let _slow = Slow;
            let _ = receiver.recv();
        });
        std::mem::forget(sender);
    }

    #[test]
    fn only_code_of_the_user_is_stuck() {
        assert!(is_stuck(stand_still, || (), true));
        assert!(is_stuck(leave_slow, || (), true), "destructors are the user's");
        assert!(!is_stuck(|| (), stand_still, true), "between executions");
        assert!(!is_stuck(|| (), stand_still, false), "before an execution is torn down");
    }
}
