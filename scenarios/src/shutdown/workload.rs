//! What the gate is put through: small programs that check its guarantees from outside.

use reweave::sync::Arc;
use reweave::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use reweave::thread::{self, JoinHandle};
use reweave::time::{Duration, Instant};

use super::variant::Policy;
use super::{Gate, Stopped};

/// Grace that no request of [`nothing_is_lost`] uses up.
const PATIENT: Duration = Duration::from_secs(3600);

/// Requests come in while the service is told to stop `stops` times. After the stop it takes down what the requests need.
///
/// # Panics
/// When a guarantee of the gate does not hold.
pub fn nothing_is_lost<P: Policy>(requests: usize, stops: usize) {
    let gate = Arc::new(Gate::<P>::new());
    let down = Arc::new(AtomicBool::new(false));
    let answered = Arc::new(AtomicUsize::new(0));
    let request = |number: usize| {
        let (gate, down, answered) = (Arc::clone(&gate), Arc::clone(&down), Arc::clone(&answered));
        start(format!("request {number}"), move || {
            let Ok(_ticket) = gate.enter() else { return false };
            if !down.load(Ordering::SeqCst) {
                answered.fetch_add(1, Ordering::SeqCst);
            }
            true
        })
    };
    let requesting: Vec<_> = (0..requests).map(request).collect();
    let stop = |number: usize| {
        let (gate, down) = (Arc::clone(&gate), Arc::clone(&down));
        start(format!("stop {number}"), move || {
            let stopped = gate.shutdown(PATIENT);
            down.store(true, Ordering::SeqCst);
            stopped
        })
    };
    let stopping: Vec<_> = (0..stops).map(stop).collect();

    for stop in stopping {
        assert_eq!(join(stop), Stopped::Drained, "there was time enough");
    }
    let accepted = requesting.into_iter().map(join).filter(|accepted| *accepted).count();
    assert_eq!(answered.load(Ordering::SeqCst), accepted, "a request was accepted, and is lost");
    assert!(gate.enter().is_err(), "nobody enters after the stop");
}

/// A request hangs until it is forced, and two stops that come meanwhile return when the grace of the first is over.
///
/// # Panics
/// When a guarantee of the gate does not hold.
pub fn forced<P: Policy>(requests: usize) {
    let grace = Duration::from_secs(10);
    let gate = Arc::new(Gate::<P>::new());
    let hang = |number: usize| {
        let gate = Arc::clone(&gate);
        start(format!("request {number}"), move || {
            let Ok(ticket) = gate.enter() else { return };
            while !ticket.is_forced() {
                thread::sleep(Duration::from_secs(4));
            }
        })
    };
    let hanging: Vec<_> = (0..requests).map(hang).collect();
    thread::sleep(Duration::from_secs(1)); // Now they are all inside.
    let begun = Instant::now();
    let first = start("stop".to_owned(), {
        let gate = Arc::clone(&gate);
        move || gate.shutdown(grace)
    });
    let second = gate.shutdown(grace);

    assert_eq!(second, Stopped::Forced { inside: requests }, "they hang");
    assert_eq!(join(first), second, "several stops are one");
    assert_eq!(begun.elapsed(), grace, "the time of grace is used, and no more");
    hanging.into_iter().for_each(join);
}

/// A request panics inside: it has left, and the stop does not wait for it.
///
/// # Panics
/// When a guarantee of the gate does not hold.
pub fn a_request_dies<P: Policy>() {
    let gate = Arc::new(Gate::<P>::new());
    let dies = start("request".to_owned(), {
        let gate = Arc::clone(&gate);
        move || {
            let _ticket = gate.enter();
            std::panic::resume_unwind(Box::new("in the middle of a request"));
        }
    });
    assert_eq!(gate.shutdown(PATIENT), Stopped::Drained, "a request that dies has left");
    let died: Result<(), _> = dies.join();
    assert!(died.is_err());
}

fn start<T: Send + 'static>(name: String, run: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    thread::Builder::new().name(name).spawn(run).expect("there are threads enough")
}

fn join<T>(thread: JoinHandle<T>) -> T {
    thread.join().expect("a thread comes to its end")
}
