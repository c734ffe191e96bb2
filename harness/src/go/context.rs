//! Contexts: cancellation, deadlines and values that go with a request.
//!
//! As in Go's package `context`, a context that can be cancelled has a channel that is closed when it is. Here that channel *is* the
//! state as far as scheduling can tell: whoever closes it has cancelled the context, and in one unit with that step sets the error
//! and takes the children, which it cancels one after another; whoever adds a child or asks for the error looks at the channel in
//! one unit with doing so. What lies beside (error, cause, children) is therefore behind a plain lock.
//!
//! Children are cancelled in an order that does not depend on the schedule, by the path of the goroutine that made them. In an execution
//! none is ever taken from its parent again, so that cancelling a parent is the same steps whatever its children did; outside one is, as
//! soon as it is cancelled.

use std::any::Any;
use std::fmt;
use std::panic::Location;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

use super::chan::{Chan, RecvChan};
use super::core::Core;
use super::error::Error;
use super::spawn::spawn_at;
use super::timer::{Timer, after_func_at};
use crate::driver::{Place, Scene, now};
use crate::memory::shared::Shared;
use crate::time::Instant;

/// Why a context is done: Go's `context.Canceled` and `context.DeadlineExceeded`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ContextError {
    /// It was cancelled.
    Canceled,
    /// Its deadline has passed.
    DeadlineExceeded,
}

impl fmt::Display for ContextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ContextError::Canceled => "context canceled",
            ContextError::DeadlineExceeded => "context deadline exceeded",
        })
    }
}

impl std::error::Error for ContextError {}

/// Carries a deadline, cancellation and values: Go's `context.Context`.
///
/// A handle: clones are the same context. In Go contexts are made by functions of the package; here they are methods of the parent.
///
/// ```
/// use reweave::go;
///
/// let (context, cancel) = go::Context::background().with_cancel();
/// let theirs = context.clone();
/// go::spawn(move || {
///     theirs.done().recv();
/// });
/// assert_eq!(context.err(), None);
/// cancel.cancel();
/// assert_eq!(context.err(), Some(go::ContextError::Canceled));
/// ```
#[derive(Clone)]
pub struct Context(Arc<Link>);

/// A context and what it comes from.
struct Link {
    parent: Option<Context>,
    kind: Kind,
}

enum Kind {
    Background,
    Todo,
    /// It can be cancelled, and may have a deadline.
    Cancel(Arc<Node>, Option<Instant>),
    Value(Box<dyn Any + Send + Sync>, fn(&dyn Any, &dyn Any) -> bool, Box<dyn Any + Send + Sync>),
    WithoutCancel,
}

/// What is cancelled: a context, or what was registered with [`Context::after_func`].
struct Node {
    done: Shared<Core<()>>,
    state: Mutex<State>,
    /// To be called when it is cancelled.
    action: Mutex<Option<Box<dyn FnOnce() + Send>>>,
    parent: OnceLock<Weak<Node>>,
    place: Place,
}

#[derive(Default)]
struct State {
    error: Option<ContextError>,
    cause: Option<Error>,
    /// With the path of the goroutine that made each.
    children: Vec<(Vec<u32>, Arc<Node>)>,
    /// Cancels it at its deadline.
    timer: Option<Timer>,
}

impl Node {
    fn new(called: &'static str, action: Option<Box<dyn FnOnce() + Send>>, place: Place) -> Arc<Node> {
        Arc::new(Node {
            done: Core::for_closing(called, place),
            state: Mutex::default(),
            action: Mutex::new(action),
            parent: OnceLock::new(),
            place,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Cancels it and everything below, if it has not been cancelled. Says whether that was so.
    fn cancel(&self, error: ContextError, cause: Option<&Error>, place: Place) -> bool {
        let closed = self.done.close(place, |closed| {
            closed.then(|| {
                let mut state = self.state();
                state.error = Some(error);
                state.cause = cause.cloned();
                (std::mem::take(&mut state.children), state.timer.take())
            })
        });
        let Some(Some((children, timer))) = closed else { return false };
        for (_, child) in children {
            child.cancel(error, cause, place);
        }
        let action = self.action.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(action) = action {
            spawn_at(self.place, action);
        }
        self.leave_parent();
        if let Some(timer) = timer {
            timer.stop();
        }
        true
    }

    /// Lets `timer` cancel it, if it has not been cancelled.
    fn set_timer(&self, timer: Timer, place: Place) {
        let mut timer = Some(timer);
        self.done.look(place, |closed| {
            if !closed {
                self.state().timer = timer.take();
            }
        });
        if let Some(timer) = timer {
            timer.stop();
        }
    }

    /// Outside executions, what is cancelled needs no place among the children of its parent any more.
    fn leave_parent(&self) {
        if !self.done.subject().is_native() {
            return;
        }
        if let Some(parent) = self.parent.get().and_then(Weak::upgrade) {
            let me: *const Node = self;
            let mut state = parent.state();
            let at = state.children.iter().position(|(_, child)| std::ptr::eq(Arc::as_ptr(child), me));
            let left = at.map(|at| state.children.remove(at));
            drop(state);
            drop(left);
        }
    }

    /// Cancels `child` when this is cancelled, which may be now.
    fn adopt(self: &Arc<Node>, child: &Arc<Node>, place: Place) {
        let _ = child.parent.set(Arc::downgrade(self));
        let path = Scene::here().path();
        let cancelled = self.done.look(place, |closed| {
            let mut state = self.state();
            if closed {
                return state.error.map(|error| (error, state.cause.clone()));
            }
            let at = state.children.partition_point(|(other, _)| *other <= path);
            state.children.insert(at, (path, Arc::clone(child)));
            None
        });
        if let Some(Some((error, cause))) = cancelled {
            child.cancel(error, cause.as_ref(), place);
        }
    }

    /// The error, and the cause if there is another, if it has been cancelled.
    fn error(&self, place: Place) -> Option<(ContextError, Option<Error>)> {
        self.done.look(place, |closed| {
            let state = self.state();
            state.error.filter(|_| closed).map(|error| (error, state.cause.clone()))
        })?
    }
}

impl Context {
    fn root(kind: Kind) -> Context {
        Context(Arc::new(Link { parent: None, kind }))
    }

    /// Never cancelled, without values and deadline: `context.Background()`.
    #[must_use]
    pub fn background() -> Context {
        Context::root(Kind::Background)
    }

    /// As [`Context::background`], where it is unclear which context to use: `context.TODO()`.
    #[must_use]
    pub fn todo() -> Context {
        Context::root(Kind::Todo)
    }

    fn child(&self, kind: Kind) -> Context {
        Context(Arc::new(Link { parent: Some(self.clone()), kind }))
    }

    /// This and what it comes from, as far up as cancellation reaches.
    fn cancellable(&self) -> Option<&Arc<Node>> {
        let mut at = self;
        loop {
            match &at.0.kind {
                Kind::Cancel(node, _) => return Some(node),
                Kind::WithoutCancel => return None,
                _ => at = at.0.parent.as_ref()?,
            }
        }
    }

    /// A context that is done when `cancel` is called or this is done, whichever comes first: `context.WithCancel(parent)`.
    #[track_caller]
    pub fn with_cancel(&self) -> (Context, CancelFunc) {
        let (context, node) = self.below(None, Location::caller());
        (context, CancelFunc(node))
    }

    /// [`Context::with_cancel`] with a reason to give: `context.WithCancelCause(parent)`.
    ///
    /// ```
    /// use reweave::go;
    ///
    /// let (context, cancel) = go::Context::background().with_cancel_cause();
    /// cancel.cancel(Some(go::Error::new("the disk is full")));
    /// assert_eq!(context.err().unwrap().to_string(), "context canceled");
    /// assert_eq!(context.cause().unwrap().to_string(), "the disk is full");
    /// ```
    #[track_caller]
    pub fn with_cancel_cause(&self) -> (Context, CancelCauseFunc) {
        let (context, node) = self.below(None, Location::caller());
        (context, CancelCauseFunc(node))
    }

    fn below(&self, deadline: Option<Instant>, place: Place) -> (Context, Arc<Node>) {
        let node = Node::new("Context", None, place);
        if let Some(parent) = self.cancellable() {
            parent.adopt(&node, place);
        }
        (self.child(Kind::Cancel(Arc::clone(&node), deadline)), node)
    }

    /// A context that is done after `timeout` at the latest: `context.WithTimeout(parent, timeout)`.
    ///
    /// ```
    /// use reweave::go;
    /// use reweave::time::Duration;
    ///
    /// let (context, cancel) = go::Context::background().with_timeout(Duration::from_millis(2));
    /// context.done().recv();
    /// assert_eq!(context.err().unwrap().to_string(), "context deadline exceeded");
    /// cancel.cancel();
    /// ```
    #[track_caller]
    pub fn with_timeout(&self, timeout: Duration) -> (Context, CancelFunc) {
        self.until(later(timeout), None, Location::caller())
    }

    /// [`Context::with_timeout`] with the cause to give when time is up: `context.WithTimeoutCause`.
    #[track_caller]
    pub fn with_timeout_cause(&self, timeout: Duration, cause: Error) -> (Context, CancelFunc) {
        self.until(later(timeout), Some(cause), Location::caller())
    }

    /// A context that is done at `deadline` at the latest: `context.WithDeadline(parent, d)`.
    #[track_caller]
    pub fn with_deadline(&self, deadline: Instant) -> (Context, CancelFunc) {
        self.until(Some(deadline), None, Location::caller())
    }

    /// [`Context::with_deadline`] with the cause to give when it passes: `context.WithDeadlineCause`.
    #[track_caller]
    pub fn with_deadline_cause(&self, deadline: Instant, cause: Error) -> (Context, CancelFunc) {
        self.until(Some(deadline), Some(cause), Location::caller())
    }

    #[track_caller]
    fn until(&self, deadline: Option<Instant>, cause: Option<Error>, place: Place) -> (Context, CancelFunc) {
        let earlier = |known: Instant| deadline.is_none_or(|deadline| known < deadline);
        let Some(deadline) = deadline.filter(|_| !self.deadline().is_some_and(earlier)) else {
            // The parent's comes first, or it never comes.
            let (context, node) = self.below(None, place);
            return (context, CancelFunc(node));
        };
        let (context, node) = self.below(Some(deadline), place);
        let left = deadline.saturating_duration_since(now());
        if left.is_zero() {
            node.cancel(ContextError::DeadlineExceeded, cause.as_ref(), place);
        } else {
            let theirs = Arc::clone(&node);
            let timer = after_func_at(place, left, move || {
                theirs.cancel(ContextError::DeadlineExceeded, cause.as_ref(), place);
            });
            node.set_timer(timer, place);
        }
        (context, CancelFunc(node))
    }

    /// A context in which `key` stands for `value`: `context.WithValue(parent, key, val)`. Keys are told apart by their type and then
    /// by `==`.
    ///
    /// ```
    /// use reweave::go;
    ///
    /// #[derive(PartialEq)]
    /// struct User;
    ///
    /// let context = go::Context::background().with_value(User, "gopher");
    /// assert_eq!(context.value::<_, &str>(&User), Some(&"gopher"));
    /// assert_eq!(context.value::<_, &str>(&"another key"), None);
    /// ```
    #[must_use]
    pub fn with_value<K, V>(&self, key: K, value: V) -> Context
    where
        K: PartialEq + Send + Sync + 'static,
        V: Send + Sync + 'static,
    {
        let same = |mine: &dyn Any, theirs: &dyn Any| match (mine.downcast_ref::<K>(), theirs.downcast_ref::<K>()) {
            (Some(mine), Some(theirs)) => mine == theirs,
            _ => false,
        };
        self.child(Kind::Value(Box::new(key), same, Box::new(value)))
    }

    /// What `key` stands for in this context, or in the nearest that it comes from: `ctx.Value(key)`. None also if that is not a `V`.
    #[must_use]
    pub fn value<K: PartialEq + 'static, V: 'static>(&self, key: &K) -> Option<&V> {
        let mut at = self;
        loop {
            if let Kind::Value(known, same, value) = &at.0.kind
                && same(&**known, key)
            {
                return value.downcast_ref();
            }
            at = at.0.parent.as_ref()?;
        }
    }

    /// A context that keeps the values and is not done when this is: `context.WithoutCancel(parent)`.
    #[must_use]
    pub fn without_cancel(&self) -> Context {
        self.child(Kind::WithoutCancel)
    }

    /// Calls `run` in a goroutine of its own once this context is done: `context.AfterFunc(ctx, f)`. If it is done, that is now.
    ///
    /// ```
    /// use reweave::go;
    ///
    /// let (context, cancel) = go::Context::background().with_cancel();
    /// let stop = context.after_func(|| panic!("it was stopped before"));
    /// assert!(stop.stop());
    /// cancel.cancel();
    /// assert!(!stop.stop());
    /// ```
    #[track_caller]
    pub fn after_func(&self, run: impl FnOnce() + Send + 'static) -> StopFunc {
        let place = Location::caller();
        let node = Node::new("Context's AfterFunc", Some(Box::new(run)), place);
        if let Some(parent) = self.cancellable() {
            parent.adopt(&node, place);
        }
        StopFunc(node)
    }

    /// A channel that is closed when the context is done: `ctx.Done()`. Nil if it never can be.
    #[must_use]
    pub fn done(&self) -> RecvChan<()> {
        match self.cancellable() {
            Some(node) => Chan::of(node.done.clone()).recv_only(),
            None => RecvChan::nil(),
        }
    }

    /// Why the context is done: `ctx.Err()`. None while it is not.
    #[must_use]
    #[track_caller]
    pub fn err(&self) -> Option<ContextError> {
        Some(self.cancellable()?.error(Location::caller())?.0)
    }

    /// What was given as the reason: `context.Cause(ctx)`; the error itself if nothing was. None while the context is not done.
    #[must_use]
    #[track_caller]
    pub fn cause(&self) -> Option<Error> {
        let (error, cause) = self.cancellable()?.error(Location::caller())?;
        Some(cause.unwrap_or_else(|| error.into()))
    }

    /// When the context will be done at the latest: `ctx.Deadline()`.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let mut at = self;
        loop {
            match &at.0.kind {
                Kind::Cancel(_, Some(deadline)) => return Some(*deadline),
                Kind::WithoutCancel => return None,
                _ => at = at.0.parent.as_ref()?,
            }
        }
    }
}

#[track_caller]
fn later(timeout: Duration) -> Option<Instant> {
    now().checked_add(timeout)
}

/// Cancels a context: Go's `context.CancelFunc`. Clones cancel the same.
///
/// It does not wait for the work to stop, and calls after the first do nothing. Dropping it does nothing either: as in Go, a context
/// that is not cancelled stays until its parent is.
#[derive(Clone)]
#[must_use = "a context that nobody cancels stays until its parent is cancelled"]
pub struct CancelFunc(Arc<Node>);

impl CancelFunc {
    /// Cancels the context: `cancel()`.
    #[track_caller]
    pub fn cancel(&self) {
        self.0.cancel(ContextError::Canceled, None, Location::caller());
    }
}

/// Cancels a context and says why: Go's `context.CancelCauseFunc`. Clones cancel the same.
#[derive(Clone)]
#[must_use = "a context that nobody cancels stays until its parent is cancelled"]
pub struct CancelCauseFunc(Arc<Node>);

impl CancelCauseFunc {
    /// Cancels the context: `cancel(cause)`. Without a cause it is [`ContextError::Canceled`]. Calls after the first do nothing.
    #[track_caller]
    pub fn cancel(&self, cause: Option<Error>) {
        self.0.cancel(ContextError::Canceled, cause.as_ref(), Location::caller());
    }
}

/// Takes back what was registered with [`Context::after_func`].
#[derive(Clone)]
pub struct StopFunc(Arc<Node>);

impl StopFunc {
    /// Says whether the call stopped the function from being run: `stop()`. `false` if it has been started in its goroutine, or had
    /// been stopped before.
    #[track_caller]
    pub fn stop(&self) -> bool {
        let node = &self.0;
        let stopped = node.done.close(Location::caller(), |closed| {
            closed.then(|| node.action.lock().unwrap_or_else(PoisonError::into_inner).take())
        });
        let Some(Some(action)) = stopped else { return false };
        drop(action);
        node.leave_parent();
        true
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match &self.0.kind {
            Kind::Background => return f.write_str("context.Background"),
            Kind::Todo => return f.write_str("context.TODO"),
            Kind::Cancel(_, None) => "WithCancel",
            Kind::Cancel(_, Some(_)) => "WithDeadline",
            Kind::Value(..) => "WithValue",
            Kind::WithoutCancel => "WithoutCancel",
        };
        match &self.0.parent {
            Some(parent) => write!(f, "{parent:?}.{what}"),
            None => f.write_str(what),
        }
    }
}

impl fmt::Debug for CancelFunc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CancelFunc")
    }
}

impl fmt::Debug for CancelCauseFunc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CancelCauseFunc")
    }
}

impl fmt::Debug for StopFunc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StopFunc")
    }
}
