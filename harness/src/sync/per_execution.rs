//! Values that executions made in an object that may outlive them: of every execution its own. **Unsafe room.**
//!
//! A `static OnceLock` lends its value for `'static`, so that a reference may still be around when the execution
//! that made the value is over: in a real thread local, say. So the value lives on the heap and is never touched
//! again: the next execution makes another one elsewhere, and the old one is leaked. It is not dropped when the
//! object goes away later, either, because its destructor would find a world that is gone. Only in the execution
//! that made it, a value is dropped with its object.
//!
//! Executions on several OS threads use such an object at the same time and do not see each other.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::engine::Execution;
use crate::engine::identity::inside;

/// See the module's documentation.
pub(super) struct PerExecution<T> {
    /// One for each OS thread that explores, at most: of the last execution there that made one.
    values: Mutex<Vec<Value<T>>>,
}

/// A value of one execution.
///
/// There is one owner, so that an [`Arc`] is more than is needed. But it drops its contents without a
/// `Drop` implementation that mentions `T`, so that `OnceLock<&'a U>` may be dropped after the `U`, as in the
/// standard library, and it can be talked out of it.
struct Value<T> {
    /// Dropped before the value.
    last_will: LastWill,
    value: Arc<T>,
}

/// Leaks the value, if it is dropped when its execution is over.
struct LastWill {
    /// The execution that made the value, and where the execution was in memory.
    epoch: u64,
    execution: usize,
    /// What `Arc::into_raw` gave.
    value: *const (),
    /// Takes `value` and adds an owner that nobody will drop.
    leak: unsafe fn(*const ()),
}

// SAFETY: the raw pointer is one more owner of a `T`, as far as it is used at all, and it goes where the value goes.
// No two owners are ever used from two threads: the second one only exists when nobody uses the value any more.
unsafe impl<T: Send> Send for Value<T> {}

/// # Safety
/// `value` is what `Arc::<T>::into_raw` gave, and the `Arc` is alive.
unsafe fn leak<T>(value: *const ()) {
    // SAFETY: as the caller says.
    unsafe { Arc::increment_strong_count(value.cast::<T>()) }
}

/// Which execution this is: its epoch, and its address, which no two that run at the same time have in common.
fn key(this: *mut Execution) -> (u64, usize) {
    // SAFETY: the caller is a task inside `this`, and nothing switches here.
    (unsafe { (*this).epoch }, this as usize)
}

impl Drop for LastWill {
    fn drop(&mut self) {
        if inside().map(key) != Some((self.epoch, self.execution)) {
            // SAFETY: made together with the `Arc`, which is dropped after this.
            unsafe { (self.leak)(self.value) }
        }
    }
}

impl<T> Value<T> {
    fn new(this: *mut Execution, value: T) -> Value<T> {
        let (epoch, execution) = key(this);
        let raw = Arc::into_raw(Arc::new(value));
        let last_will = LastWill { epoch, execution, value: raw.cast(), leak: leak::<T> };
        // SAFETY: `into_raw` was just called.
        Value { last_will, value: unsafe { Arc::from_raw(raw) } }
    }
}

impl<T> PerExecution<T> {
    pub(super) const fn new() -> PerExecution<T> {
        PerExecution { values: Mutex::new(Vec::new()) }
    }

    fn values(&self) -> MutexGuard<'_, Vec<Value<T>>> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The value that this execution made.
    pub(super) fn get(&self, this: *mut Execution) -> Option<&T> {
        let (epoch, _) = key(this);
        let value = {
            let values = self.values();
            let value = values.iter().rfind(|value| value.last_will.epoch == epoch)?;
            Arc::as_ptr(&value.value)
        };
        // SAFETY: the value goes away only by way of `&mut self`, or leaves this list to be leaked.
        Some(unsafe { &*value })
    }

    /// Makes `value` that of this execution. What an execution that is over left behind is leaked.
    pub(super) fn put(&self, this: *mut Execution, value: T) {
        let value = Value::new(this, value);
        let mut values = self.values();
        // A thread is in one execution at a time, so that another one at the same address is over.
        match values.iter_mut().find(|old| old.last_will.execution == value.last_will.execution) {
            Some(old) => std::mem::forget(std::mem::replace(old, value)),
            None => values.push(value),
        }
    }

    pub(super) fn get_mut(&mut self, this: *mut Execution) -> Option<&mut T> {
        let (epoch, _) = key(this);
        let values = self.values.get_mut().unwrap_or_else(PoisonError::into_inner);
        let value = values.iter_mut().rfind(|value| value.last_will.epoch == epoch)?;
        Arc::get_mut(&mut value.value)
    }

    /// Takes the value of this execution out.
    pub(super) fn take(&mut self, this: *mut Execution) -> Option<T> {
        let (epoch, _) = key(this);
        let values = self.values.get_mut().unwrap_or_else(PoisonError::into_inner);
        let at = values.iter().rposition(|value| value.last_will.epoch == epoch)?;
        let Value { last_will, value } = values.swap_remove(at);
        drop(last_will);
        Arc::into_inner(value)
    }
}
