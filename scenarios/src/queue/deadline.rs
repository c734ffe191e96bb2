//! The moment at which a waiting task gives up.
//!
//! A wait may end because of a notification, because the time is up, or for no reason at all, and
//! which of them it was says nothing about the queue: a task may be notified, and find its time up
//! before it holds the lock again. If such a task reported a timeout, the notification would be
//! spent, the item that it announced would lie in the queue, and the other consumers would sleep
//! beside it. So the callers of [`Deadline::wait`] look at the *queue* after every wait, and only
//! when there is still nothing for them do they come back here, where the *clock* is asked, never
//! the reason why the last wait ended.

use reweave::sync::{Condvar, MutexGuard, PoisonError};

use super::variant::{Late, Policy};
pub(super) use crate::deadline::Deadline;

impl Deadline {
    /// Waits on `condvar` once, at most until the deadline. The caller must look at what the guard
    /// protects whenever this returns `Ok`, for whatever reason the wait ended.
    ///
    /// # Errors
    /// The guard itself, without having waited, when the deadline has passed.
    pub(super) fn wait<'a, S, P: Policy>(
        self,
        condvar: &Condvar,
        guard: MutexGuard<'a, S>,
    ) -> Result<MutexGuard<'a, S>, MutexGuard<'a, S>> {
        let Some(left) = self.left() else { return Err(guard) };
        if self == Self::Never {
            return Ok(condvar.wait(guard).unwrap_or_else(PoisonError::into_inner));
        }
        let (guard, _) = condvar.wait_timeout(guard, left).unwrap_or_else(PoisonError::into_inner);
        if P::LATE == Late::AsksClock && self.left().is_none() {
            return Err(guard);
        }
        Ok(guard)
    }
}

#[cfg(test)]
mod tests {
    use super::super::variant::Correct;
    use super::*;
    use reweave::sync::Mutex;
    use reweave::time::{Duration, Instant};

    #[test]
    fn a_passed_deadline_does_not_wait() {
        let mutex = Mutex::new(7);
        let guard = mutex.lock().expect("nobody panicked");
        let guard =
            Deadline::after(Duration::ZERO).wait::<_, Correct>(&Condvar::new(), guard).expect_err("no time was left");
        assert_eq!(*guard, 7);
    }

    #[test]
    fn a_wait_without_a_notification_ends_at_the_deadline() {
        let mutex = Mutex::new(());
        let never_notified = Condvar::new();
        let begun = Instant::now();
        let patience = Duration::from_millis(5);
        let deadline = Deadline::after(patience);
        let mut guard = mutex.lock().expect("nobody panicked");
        while let Ok(again) = deadline.wait::<_, Correct>(&never_notified, guard) {
            guard = again;
        }
        assert!(begun.elapsed() >= patience);
    }
}
