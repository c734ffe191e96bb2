//! The thread-local values of a task.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};
use std::rc::Rc;

use super::execution::Execution;
use super::panics::PanicNote;

/// Values with the addresses of their keys.
type Values = Vec<(usize, Rc<dyn Any>)>;

/// Values by the address of their key, in the order of their initialisation.
#[derive(Default)]
pub(crate) struct Locals {
    /// Boxed, because most tasks have none and every task pays for the size.
    values: Option<Box<Values>>,
    /// The values are being dropped: none can be made any more.
    pub(crate) closed: bool,
}

impl std::fmt::Debug for Locals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Locals")
            .field("values", &self.values.as_ref().map_or(0, |values| values.len()))
            .field("closed", &self.closed)
            .finish()
    }
}

impl Locals {
    /// Makes this the values of a new task. Those of a task that was left behind are lost with it.
    pub(crate) fn renew(&mut self) {
        std::mem::forget(self.values.take());
        self.closed = false;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.values.as_ref().is_none_or(|values| values.is_empty())
    }

    pub(crate) fn get(&self, key: usize) -> Option<Rc<dyn Any>> {
        self.values.as_ref()?.iter().find(|(owner, _)| *owner == key).map(|(_, value)| Rc::clone(value))
    }

    pub(crate) fn set(&mut self, key: usize, value: Rc<dyn Any>) {
        self.values.get_or_insert_default().push((key, value));
    }

    fn pop(&mut self) -> Option<Rc<dyn Any>> {
        self.closed = true;
        self.values.as_mut()?.pop().map(|(_, value)| value)
    }
}

/// Drops the values of the running task, the last one first, in the task itself: their destructors may use simulated
/// objects. Returns the first panic.
pub(crate) fn drop_all(this: *mut Execution) -> Option<Box<PanicNote>> {
    let mut first = None;
    loop {
        // SAFETY: the caller is a task inside `this`; the reference ends before the destructor runs.
        let value = unsafe {
            let execution = &mut *this;
            execution.people[execution.running.index()].locals.pop()
        };
        let Some(value) = value else { return first };
        if let Err(payload) = panic::catch_unwind(AssertUnwindSafe(|| drop(value))) {
            first.get_or_insert_with(|| super::panics::note_of(&*payload));
        }
    }
}
