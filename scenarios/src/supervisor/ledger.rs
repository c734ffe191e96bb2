//! State that workers share and that no panic leaves half changed.
//!
//! A mutex whose holder panics is *poisoned*: what it protects may be half changed, and the standard library tells everybody who locks it
//! from then on. To `unwrap` that spreads the panic to workers that have done nothing wrong, one after the other; to ignore it lets
//! them go on with half a change. Here neither is necessary, because a change is made on a copy, which takes the place of the
//! original when the change has succeeded. What a poisoned lock protects is whole, so the poison may be wiped away.

use std::fmt;
use std::marker::PhantomData;

use reweave::sync::{Mutex, MutexGuard};

use super::variant::{Correct, Poison, Policy};

/// State that workers share. Share it in an [`Arc`](reweave::sync::Arc) or with scoped threads.
///
/// ```
/// use reweave_scenarios::supervisor::ledger::Ledger;
///
/// let accounts: Ledger<_> = Ledger::new([10, 0]);
/// let died = reweave::go::recover(|| {
///     accounts.change(|accounts| {
///         accounts[0] -= 7;
///         panic!("no such account");
///     })
/// });
/// assert!(died.is_err());
/// assert_eq!(accounts.get(), [10, 0]);
/// ```
pub struct Ledger<T, P = Correct> {
    state: Mutex<T>,
    policy: PhantomData<fn() -> P>,
}

impl<T: Clone, P: Policy> Ledger<T, P> {
    /// Begins with `state`.
    pub fn new(state: T) -> Self {
        Self { state: Mutex::new(state), policy: PhantomData }
    }

    /// Changes the state as a whole, and returns what the change returns. While it runs, nobody else gets to the state.
    ///
    /// # Panics
    /// If `change` does. The state is as it was before.
    pub fn change<R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        let mut state = self.lock();
        let mut copy = state.clone();
        let result = change(&mut copy);
        // The old state is dropped when the lock is free again, because that may panic.
        let old = std::mem::replace(&mut *state, copy);
        drop(state);
        drop(old);
        result
    }

    /// A copy of the state.
    pub fn get(&self) -> T {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, T> {
        match P::POISON {
            Poison::WipedAway => self.state.lock().unwrap_or_else(|poisoned| {
                self.state.clear_poison();
                poisoned.into_inner()
            }),
            Poison::Unexpected => self.state.lock().expect("nobody panics under the lock"),
        }
    }
}

impl<T, P> fmt::Debug for Ledger<T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger").finish_non_exhaustive()
    }
}
