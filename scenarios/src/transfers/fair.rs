//! A lock that serves first who came first.
//!
//! The lock is never free while somebody waits for it. Whoever gives it back hands it over to the one at the head of the queue: makes
//! that one its holder, and only then wakes it. So it makes no difference how long the woken thread takes to get up, and a
//! thread that comes in between finds the lock taken and stands at the end of the queue.
//!
//! The price is that the lock lies idle while the next holder wakes up. The locks of operating systems let whoever is
//! awake come first for that reason, and are unfair.

use std::collections::VecDeque;
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use reweave::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use reweave::time::Duration;

use super::try_hold;
use super::variant::{Correct, Next, Policy};
use crate::deadline::Deadline;

/// A lock that is handed over in the order of arrival; see the [module](super) for its guarantees.
///
/// A panic of the holder does not poison it.
///
/// ```
/// use reweave::time::Duration;
/// use reweave_scenarios::transfers::FairMutex;
///
/// let journal: FairMutex<Vec<&str>> = FairMutex::new(Vec::new());
/// journal.lock().push("opened");
/// let held = journal.lock();
/// assert!(journal.try_lock_for(Duration::from_millis(1)).is_none());
/// assert_eq!(*held, ["opened"]);
/// ```
pub struct FairMutex<T, P = Correct> {
    turns: Mutex<Turns>,
    /// Locked by who has its turn, and by nobody else.
    value: Mutex<T>,
    policy: PhantomData<fn() -> P>,
}

/// Whose turn it is, and who waits for one.
#[derive(Debug, Default)]
struct Turns {
    holder: Option<Ticket>,
    /// Who came first stands in front.
    waiting: VecDeque<(Ticket, Arc<Condvar>)>,
    drawn: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ticket(u64);

/// Who has it has the lock. It is handed over when this is dropped.
#[must_use = "the lock is given back at once if the guard is not kept"]
pub struct FairGuard<'a, T, P: Policy = Correct> {
    // Dropped in this order: the value is free before the next is told.
    value: MutexGuard<'a, T>,
    _turn: Turn<'a, P>,
}

/// The right to be the only one, until it is dropped.
struct Turn<'a, P: Policy> {
    turns: &'a Mutex<Turns>,
    policy: PhantomData<fn() -> P>,
}

impl<T, P: Policy> FairMutex<T, P> {
    /// A lock that nobody holds.
    pub fn new(value: T) -> Self {
        Self { turns: Mutex::default(), value: Mutex::new(value), policy: PhantomData }
    }

    /// Waits for its turn for as long as it takes.
    pub fn lock(&self) -> FairGuard<'_, T, P> {
        self.wait_for_turn(Deadline::Never);
        self.enter()
    }

    /// Waits for its turn for at most so long. `None` if the time is up.
    pub fn try_lock_for(&self, patience: Duration) -> Option<FairGuard<'_, T, P>> {
        self.wait_for_turn(Deadline::after(patience)).then(|| self.enter())
    }

    /// Its turn has come.
    fn enter(&self) -> FairGuard<'_, T, P> {
        let turn = Turn { turns: &self.turns, policy: PhantomData };
        let value = try_hold(&self.value).expect("who has its turn is alone");
        FairGuard { value, _turn: turn }
    }

    /// Whether it came before the deadline.
    fn wait_for_turn(&self, deadline: Deadline) -> bool {
        let mut turns = look(&self.turns);
        let ticket = turns.draw();
        if turns.holder.is_none() {
            turns.holder = Some(ticket);
            return true;
        }
        let called = Arc::new(Condvar::new());
        turns.waiting.push_back((ticket, Arc::clone(&called)));
        while turns.holder != Some(ticket) {
            // Only who was not called looks at the clock: a lock that was handed over must not be left lying.
            let Some(left) = deadline.left() else {
                turns.waiting.retain(|(waiting, _)| *waiting != ticket);
                return false;
            };
            turns = match deadline {
                Deadline::Never => called.wait(turns).unwrap_or_else(PoisonError::into_inner),
                Deadline::At(_) => called.wait_timeout(turns, left).unwrap_or_else(PoisonError::into_inner).0,
            };
        }
        true
    }
}

impl Turns {
    fn draw(&mut self) -> Ticket {
        self.drawn += 1;
        Ticket(self.drawn)
    }
}

impl<P: Policy> Drop for Turn<'_, P> {
    fn drop(&mut self) {
        let mut turns = look(self.turns);
        let next = match P::NEXT {
            Next::Oldest => turns.waiting.pop_front(),
            Next::Newest => turns.waiting.pop_back(),
        };
        turns.holder = next.as_ref().map(|(ticket, _)| *ticket);
        if let Some((_, called)) = next {
            called.notify_one();
        }
    }
}

/// The turns, be their lock poisoned or not: nothing that panics runs under it.
fn look(turns: &Mutex<Turns>) -> MutexGuard<'_, Turns> {
    turns.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<T, P: Policy> Deref for FairGuard<'_, T, P> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T, P: Policy> DerefMut for FairGuard<'_, T, P> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

/// It takes no lock, so printing never waits.
impl<T, P> fmt::Debug for FairMutex<T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FairMutex").finish_non_exhaustive()
    }
}

impl<T: fmt::Debug, P: Policy> fmt::Debug for FairGuard<'_, T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}
