//! What a task can look at, and add, between two of its steps. **Unsafe room**: the rule of the module above.

use super::identity::Registered;
use super::{Execution, Place};
use crate::kernel::{Object, ObjectId};

/// Calls `look` with the execution that the calling task is inside of.
///
/// Nothing may switch in `look`, and it calls neither user code nor anything else that takes an execution by pointer.
#[inline(always)]
pub(crate) fn moment<R>(this: *mut Execution, look: impl FnOnce(&mut Execution) -> R) -> R {
    // SAFETY: the caller is a task inside `this`; the reference ends with `look`, which does not switch.
    look(unsafe { &mut *this })
}

impl Execution {
    /// Adds an object that no object of the user stands for. It is named by `place`.
    pub(crate) fn add_unnamed(&mut self, object: Object, place: Place) -> ObjectId {
        let id = self.add_object(object);
        self.registry.objects.push(Registered { place, address: UNNAMED, holds_addresses: false, called: None });
        id
    }
}

/// Where no object of a user is.
const UNNAMED: usize = 0;

impl Registered {
    /// Whether no object of the user stands for it.
    pub(super) fn is_unnamed(&self) -> bool {
        self.address == UNNAMED
    }
}
