//! The weighted semaphore.
//!
//! The algorithm is that of `golang.org/x/sync/semaphore`: a count, and a list of those who wait, each with a channel that is closed when
//! its turn has come. There a mutex guards them; here looking after them is one step on an object of the kernel.

use std::collections::VecDeque;
use std::fmt;
use std::panic::Location;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use super::Chan;
use super::context::{Context, ContextError};
use super::core::Core;
use super::select::{RecvArm, select};
use crate::driver::{Place, Subject};
use crate::kernel::atomic::{Atomic, Op as AtomicOp};
use crate::kernel::{Object, Op};
use crate::memory::shared::Shared;

/// Limits how much of something is in use: Go's `semaphore.Weighted` of `golang.org/x/sync`.
///
/// A handle: clones are the same semaphore. Whoever came first is served first: one who wants much is not passed by those who want
/// little.
///
/// ```
/// use reweave::go;
///
/// let slots = go::Semaphore::new(2);
/// let context = go::Context::background();
/// slots.acquire(&context, 2).unwrap();
/// assert!(!slots.try_acquire(1));
/// slots.release(2);
/// assert!(slots.try_acquire(1));
/// ```
#[derive(Clone)]
pub struct Semaphore(Arc<Weighted>);

struct Weighted {
    size: i64,
    /// Every look at the state is a step on it.
    guard: Subject,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    taken: i64,
    waiting: VecDeque<Waiter>,
}

struct Waiter {
    wants: i64,
    ready: Shared<Core<()>>,
}

/// Those whose turn has come.
type Ready = Vec<Shared<Core<()>>>;

impl State {
    /// Serves those in front, as far as what is left goes.
    fn serve(&mut self, size: i64) -> Ready {
        let mut ready = Ready::new();
        while let Some(next) = self.waiting.front()
            && size - self.taken >= next.wants
            && let Some(next) = self.waiting.pop_front()
        {
            self.taken += next.wants;
            ready.push(next.ready);
        }
        ready
    }
}

fn tell(ready: Ready, place: Place) {
    for channel in ready {
        channel.close(place, |_| ());
    }
}

impl Semaphore {
    /// A semaphore of which `size` can be taken: `semaphore.NewWeighted(n)`.
    #[must_use]
    #[track_caller]
    pub fn new(size: i64) -> Semaphore {
        let guard = Subject::new("Semaphore", Location::caller());
        let weighted = Arc::new(Weighted { size, guard, state: Mutex::default() });
        weighted.guard.register(|| Object::Atomic(Atomic { value: 0 }));
        Semaphore(weighted)
    }

    /// Looks after the state, in one step.
    #[track_caller]
    fn section<R>(&self, place: Place, then: impl FnOnce(&mut State) -> R) -> Option<R> {
        let op = |id| Op::Atomic(id, AtomicOp::Swap(0, Ordering::SeqCst));
        let state = &self.0.state;
        self.0.guard.step(op, place, |_, _| then(&mut state.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    /// Takes `wants`, waiting until they are there or `context` is done: `s.Acquire(ctx, n)`.
    ///
    /// # Errors
    /// The error of the context. Then nothing is taken.
    #[track_caller]
    pub fn acquire(&self, context: &Context, wants: i64) -> Result<(), ContextError> {
        let place = Location::caller();
        // "If ctx is already done, Acquire may still succeed without blocking": this one does not.
        if let Some(error) = context.err() {
            return Err(error);
        }
        let size = self.0.size;
        let mut ready = None;
        if wants <= size {
            ready = Some(Core::for_closing("Semaphore", place));
        }
        let taken = self.section(place, |state| {
            if size - state.taken >= wants && state.waiting.is_empty() {
                state.taken += wants;
                return true;
            }
            if let Some(ready) = &ready {
                state.waiting.push_back(Waiter { wants, ready: ready.clone() });
            }
            false
        });
        if taken != Some(false) {
            return Ok(());
        }
        let done = context.done();
        let Some(ready) = ready else {
            // More than there is: it can only fail.
            done.recv();
            return Err(context.err().unwrap_or(ContextError::Canceled));
        };
        let turn = Chan::of(ready.clone());
        let mut arms: (RecvArm<'_, ()>, RecvArm<'_, ()>) = (done.__recv_arm(), turn.__recv_arm());
        select(&mut [&mut arms.0, &mut arms.1], false);
        if arms.0.taken() {
            self.give_up(&ready, wants, place);
            return Err(context.err().unwrap_or(ContextError::Canceled));
        }
        // "Acquired the semaphore. Check that ctx isn't already done."
        if let Some(error) = context.err() {
            self.release_at(wants, place);
            return Err(error);
        }
        Ok(())
    }

    /// Stops waiting; what was given meanwhile is put back.
    #[track_caller]
    fn give_up(&self, mine: &Shared<Core<()>>, wants: i64, place: Place) {
        let size = self.0.size;
        let ready = self.section(place, |state| {
            match state.waiting.iter().position(|waiter| waiter.ready.is_same(mine)) {
                None => state.taken -= wants,
                Some(at) => {
                    state.waiting.remove(at);
                }
            }
            state.serve(size)
        });
        tell(ready.unwrap_or_default(), place);
    }

    /// Takes `wants` if they are there and nobody waits: `s.TryAcquire(n)`.
    #[must_use]
    #[track_caller]
    pub fn try_acquire(&self, wants: i64) -> bool {
        let size = self.0.size;
        let taken = self.section(Location::caller(), |state| {
            let enough = size - state.taken >= wants && state.waiting.is_empty();
            if enough {
                state.taken += wants;
            }
            enough
        });
        taken.unwrap_or(false)
    }

    /// Gives `number` back: `s.Release(n)`.
    ///
    /// # Panics
    /// With "semaphore: released more than held".
    #[track_caller]
    pub fn release(&self, number: i64) {
        self.release_at(number, Location::caller());
    }

    #[track_caller]
    fn release_at(&self, number: i64, place: Place) {
        let size = self.0.size;
        let ready = self.section(place, |state| {
            state.taken -= number;
            (state.taken >= 0).then(|| state.serve(size))
        });
        match ready {
            Some(None) => panic!("semaphore: released more than held"),
            Some(Some(ready)) => tell(ready, place),
            None => {}
        }
    }
}

impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Semaphore").field("size", &self.0.size).finish_non_exhaustive()
    }
}
