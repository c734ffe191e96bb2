//! Executions on an OS thread of their own, which can be left behind if one of them is stuck.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use super::exploration::{CONTENDED_TRIES, WATCH_EVERY, lock, now, pause, start_thread};
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
    let beats = Arc::new(AtomicU64::new(0));
    let (theirs, their_beats, own_settings) = (Arc::clone(&result), Arc::clone(&beats), settings.clone());
    start_thread(settings.name.clone(), move || {
        let mut worker = Worker::new(&own_settings, their_beats);
        let (outcome, remains) = job(&mut worker);
        worker.retire(remains == Remains::ThreadSpoiled);
        *lock(&theirs.0) = Some(outcome);
        theirs.1.notify_all();
    });
    let mut slot = lock(&result.0);
    let (mut last, mut since) = (0, now());
    loop {
        if let Some(outcome) = slot.take() {
            return Some(outcome);
        }
        slot = result.1.wait_timeout(slot, WATCH_EVERY).unwrap_or_else(PoisonError::into_inner).0;
        let beat = beats.load(Ordering::Relaxed) + witness.map_or(0, Witness::beats);
        if beat != last {
            (last, since) = (beat, now());
        } else if since.elapsed() >= settings.stuck_after && slot.is_none() {
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
