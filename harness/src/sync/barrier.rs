//! The barrier, as in [`std::sync::Barrier`].

use std::fmt;
use std::panic::Location;

use crate::engine::identity::{Identity, Sharing, inside};
use crate::engine::perform;
use crate::kernel::barrier::{Barrier as State, Op as BarrierOp};
use crate::kernel::{Object, Op};

/// A place where threads wait until a given number of them has arrived; then it is ready for the next round.
///
/// ```
/// use reweave::sync::{Arc, Barrier};
/// let barrier = Arc::new(Barrier::new(2));
/// let theirs = Arc::clone(&barrier);
/// let thread = reweave::thread::spawn(move || theirs.wait().is_leader());
/// let mine = barrier.wait().is_leader();
/// assert_ne!(mine, thread.join().unwrap());
/// ```
pub struct Barrier {
    real: std::sync::Barrier,
    size: usize,
    identity: Identity,
}

/// What [`Barrier::wait`] returns: whether the caller is the leader of its round.
///
/// The standard library gives nobody but itself a way to make its own, so that this one is Reweave's.
pub struct BarrierWaitResult(bool);

impl Barrier {
    /// A barrier for rounds of `size` threads; zero means one.
    #[must_use]
    #[track_caller]
    #[inline]
    pub const fn new(size: usize) -> Barrier {
        Barrier { real: std::sync::Barrier::new(size), size, identity: Identity::new() }
    }

    /// Waits until as many threads as make a round have arrived. The last of them is the leader.
    #[track_caller]
    pub fn wait(&self) -> BarrierWaitResult {
        let place = Location::caller();
        match inside() {
            None => {
                self.identity.outside();
                BarrierWaitResult(self.real.wait().is_leader())
            }
            Some(this) => {
                let object = || Some(Object::Barrier(State::new(self.size)));
                let id = self.identity.in_execution(this, Sharing::Separate, object);
                let leader = perform(this, Op::Barrier(id, BarrierOp::Arrive), place).is_done();
                if !leader {
                    perform(this, Op::Barrier(id, BarrierOp::Leave), place);
                }
                BarrierWaitResult(leader)
            }
        }
    }
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Barrier").finish_non_exhaustive()
    }
}

impl BarrierWaitResult {
    /// Whether the caller was the last to arrive: one thread in every round.
    #[must_use]
    pub fn is_leader(&self) -> bool {
        self.0
    }
}

impl fmt::Debug for BarrierWaitResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BarrierWaitResult").field("is_leader", &self.is_leader()).finish()
    }
}
