//! Goroutines, and what becomes of their panics.

use std::any::Any;
use std::fmt;
use std::panic::{self, AssertUnwindSafe, Location};

use crate::driver::{Place, Scene};

/// Starts a goroutine: Go's `go f()`.
///
/// There is nothing to join; whoever wants to know of its end lets it say so, through a channel or a [`WaitGroup`](super::WaitGroup).
/// A panic that leaves `run` is the end of the program, as in Go: in an execution it is a finding, outside it is printed as Go
/// prints it and the process exits with status 2.
///
/// In Go the program ends when `main` returns, whatever other goroutines do. An execution goes on until all of them have ended, and
/// one that never can is reported as a leak: in a long-lived process it would be one.
///
/// ```
/// use reweave::go;
///
/// let messages = go::Chan::new(0);
/// let theirs = messages.clone();
/// go::spawn(move || theirs.send("ping"));
/// assert_eq!(messages.recv(), Some("ping"));
/// ```
#[cfg_attr(not(debug_assertions), inline(always))]
#[track_caller]
pub fn spawn(run: impl FnOnce() + Send + 'static) {
    spawn_at(Location::caller(), run);
}

#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn spawn_at(place: Place, run: impl FnOnce() + Send + 'static) {
    match Scene::here() {
        #[cfg(feature = "sim")]
        Scene::Simulated(this) => crate::engine::driver::spawn_detached(this, place, run),
        Scene::Native => spawn_thread(place, run),
    }
}

#[expect(clippy::disallowed_methods, reason = "outside executions goroutines are real threads")]
fn spawn_thread(place: Place, run: impl FnOnce() + Send + 'static) {
    let body = move || {
        if let Err(payload) = panic::catch_unwind(AssertUnwindSafe(run)) {
            // The hook has printed where it was.
            eprintln!("panic: {}\n\ngoroutine created at {place}", message_of(&*payload));
            std::process::exit(2);
        }
    };
    std::thread::Builder::new().spawn(body).expect("failed to spawn thread");
}

/// A panic that was recovered: what Go's `recover()` returns.
pub struct Panic {
    payload: Box<dyn Any + Send>,
}

impl Panic {
    /// What it says; `"a panic whose payload is not a string"` if it is not a string.
    #[must_use]
    pub fn message(&self) -> &str {
        message_of(&*self.payload)
    }

    /// The value that was given to `panic_any`, or the text.
    #[must_use]
    pub fn into_payload(self) -> Box<dyn Any + Send> {
        self.payload
    }
}

fn message_of(payload: &(dyn Any + Send)) -> &str {
    match (payload.downcast_ref::<&'static str>(), payload.downcast_ref::<String>()) {
        (Some(message), _) => message,
        (_, Some(message)) => message,
        _ => "a panic whose payload is not a string",
    }
}

impl fmt::Debug for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Panic").field(&self.message()).finish()
    }
}

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

/// Calls `run` and recovers from its panic: Go's `defer func() { r := recover(); … }()` at the top of a function.
///
/// Go runs what was deferred in the frame that panics and returns from the function that deferred it; here the function is what
/// is between the parentheses, and the panic is the `Err`. What Go does in other deferred calls, destructors do. Only the panics of
/// the calling goroutine are recovered, as in Go.
///
/// ```
/// use reweave::go;
///
/// let closed = go::Chan::<u8>::new(1);
/// closed.close();
/// let panic = go::recover(|| closed.send(1)).unwrap_err();
/// assert_eq!(panic.message(), "send on closed channel");
/// ```
///
/// # Errors
/// The panic, if `run` panicked.
pub fn recover<T>(run: impl FnOnce() -> T) -> Result<T, Panic> {
    panic::catch_unwind(AssertUnwindSafe(run)).map_err(|payload| {
        #[cfg(feature = "sim")]
        if payload.is::<crate::engine::panics::Abandoned>() {
            // The engine's own, for a goroutine that is left behind.
            panic::resume_unwind(payload);
        }
        Panic { payload }
    })
}
