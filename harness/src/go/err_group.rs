//! Goroutines that work on one task, of which the first error counts.

use std::fmt;
use std::panic::Location;
use std::sync::{Arc, Mutex, PoisonError};

use super::chan::Chan;
use super::context::{CancelCauseFunc, Context};
use super::error::Error;
use super::once::Once;
use super::select::select;
use super::spawn::spawn_at;
use super::wait_group::WaitGroup;
use crate::driver::Place;

/// Goroutines that work on one task: Go's `errgroup.Group` of `golang.org/x/sync`.
///
/// A handle: clones are the same group.
///
/// ```
/// use reweave::go;
///
/// let (group, context) = go::ErrGroup::with_context(&go::Context::background());
/// group.go(|| Err(go::Error::new("no such host")));
/// group.go(move || {
///     context.done().recv();
///     Ok(())
/// });
/// assert_eq!(group.wait().unwrap_err().to_string(), "no such host");
/// ```
#[derive(Clone)]
pub struct ErrGroup(Arc<Group>);

struct Group {
    cancel: Option<CancelCauseFunc>,
    goroutines: WaitGroup,
    /// A place in it is the right to run; none if there is no limit.
    limit: Mutex<Option<Chan<()>>>,
    once: Once,
    error: Mutex<Option<Error>>,
}

impl ErrGroup {
    fn make(cancel: Option<CancelCauseFunc>, place: Place) -> ErrGroup {
        ErrGroup(Arc::new(Group {
            cancel,
            goroutines: WaitGroup::at(place),
            limit: Mutex::default(),
            once: Once::at(place),
            error: Mutex::default(),
        }))
    }

    /// A group without a limit that cancels nothing: Go's `new(errgroup.Group)`.
    #[must_use]
    #[track_caller]
    pub fn new() -> ErrGroup {
        ErrGroup::make(None, Location::caller())
    }

    /// A group and a context that is cancelled "the first time a function passed to Go returns a non-nil error or the first time Wait
    /// returns, whichever occurs first": `errgroup.WithContext(ctx)`.
    #[must_use]
    #[track_caller]
    pub fn with_context(parent: &Context) -> (ErrGroup, Context) {
        let (context, cancel) = parent.with_cancel_cause();
        (ErrGroup::make(Some(cancel), Location::caller()), context)
    }

    fn limit(&self) -> Option<Chan<()>> {
        self.0.limit.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Calls `run` in a new goroutine: `g.Go(f)`. "It blocks until the new goroutine can be added without the number of goroutines in
    /// the group exceeding the configured limit." The first error is the one that [`Self::wait`] returns.
    #[track_caller]
    pub fn go(&self, run: impl FnOnce() -> Result<(), Error> + Send + 'static) {
        let place = Location::caller();
        let limit = self.limit();
        if let Some(limit) = &limit {
            limit.send_at((), place);
        }
        self.start(run, limit, place);
    }

    /// Calls `run` in a new goroutine if that does not exceed the limit: `g.TryGo(f)`. Says whether it has.
    #[must_use]
    #[track_caller]
    pub fn try_go(&self, run: impl FnOnce() -> Result<(), Error> + Send + 'static) -> bool {
        let place = Location::caller();
        let limit = self.limit();
        if let Some(limit) = &limit
            && !select(&mut [&mut limit.__send_arm(())], true)
        {
            return false;
        }
        self.start(run, limit, place);
        true
    }

    #[track_caller]
    fn start(&self, run: impl FnOnce() -> Result<(), Error> + Send + 'static, limit: Option<Chan<()>>, place: Place) {
        self.0.goroutines.add_at(1, place);
        let group = Arc::clone(&self.0);
        spawn_at(place, move || {
            if let Err(error) = run() {
                group.once.do_once(|| {
                    *group.error.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.clone());
                    if let Some(cancel) = &group.cancel {
                        cancel.cancel(Some(error));
                    }
                });
            }
            if let Some(limit) = limit {
                limit.recv_at(place);
            }
            group.goroutines.add_at(-1, place);
        });
    }

    /// Sets how many goroutines of the group can be active: `g.SetLimit(n)`. None is no limit; with zero none can be added.
    ///
    /// # Panics
    /// With "errgroup: modify limit while … goroutines in the group are still active".
    #[track_caller]
    pub fn set_limit(&self, limit: Option<usize>) {
        let place = Location::caller();
        let active = match (limit, self.limit()) {
            (Some(_), Some(known)) => known.len(),
            _ => 0,
        };
        if active != 0 {
            panic!("errgroup: modify limit while {active} goroutines in the group are still active");
        }
        let limit = limit.map(|limit| Chan::internal(limit, "ErrGroup", place));
        *self.0.limit.lock().unwrap_or_else(PoisonError::into_inner) = limit;
    }

    /// Waits until all functions have returned: `g.Wait()`.
    ///
    /// # Errors
    /// The first that was returned.
    #[track_caller]
    pub fn wait(&self) -> Result<(), Error> {
        self.0.goroutines.wait_at(Location::caller());
        let error = self.0.error.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(cancel) = &self.0.cancel {
            cancel.cancel(error.clone());
        }
        error.map_or(Ok(()), Err)
    }
}

impl Default for ErrGroup {
    #[track_caller]
    fn default() -> ErrGroup {
        ErrGroup::new()
    }
}

impl fmt::Debug for ErrGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ErrGroup").finish_non_exhaustive()
    }
}
