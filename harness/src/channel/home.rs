//! Where a channel lives: outside executions, or in the one that created it.
//!
//! A handle that is used elsewhere is an error of the test, and the message names both sides. In a destructor
//! that runs while its thread unwinds the message would be an abort, so there the channel looks disconnected
//! instead.

use super::core::{buffered, unbuffered};
use crate::engine::identity::{Identity, inside, name_of_current};
use crate::engine::{Execution, Place, names};
use crate::kernel::{Object, ObjectId};

/// A handle of a real channel. Boxed, because in an execution, where handles are moved about without end, there is none.
#[derive(Clone)]
pub(crate) struct Real<H>(Box<Known<H>>);

/// A handle, and what there is to say of it.
#[derive(Clone)]
struct Known<H> {
    handle: H,
    /// What the real channels are called.
    library: &'static str,
    /// Where the channel was created.
    place: Place,
}

impl<H> Real<H> {
    pub(crate) fn new(handle: H, library: &'static str, place: Place) -> Real<H> {
        Real(Box::new(Known { handle, library, place }))
    }

    /// The handle, for a caller outside executions; none for one that unwinds inside.
    #[inline]
    #[track_caller]
    pub(crate) fn visit(&self) -> Option<&H> {
        match inside() {
            None => Some(&self.0.handle),
            Some(this) => {
                self.refuse(this);
                None
            }
        }
    }

    #[cold]
    #[track_caller]
    fn refuse(&self, this: *mut Execution) {
        if crate::thread::panicking() {
            return;
        }
        panic!(
            "reweave: the channel created at {} outside executions is used by {} inside one: create it inside the \
             tested closure, or use `{}` for what leaves the execution",
            self.0.place,
            user(Some(this)),
            self.0.library,
        )
    }
}

impl<H: Clone> Real<H> {
    /// Another handle of the channel.
    #[track_caller]
    pub(crate) fn another(&self) -> Real<H> {
        // To refuse the wrong side; where a thread unwinds there, one more real handle does no harm.
        let _ = self.visit();
        self.clone()
    }
}

/// The execution that created a channel, and which of its objects the channel is.
pub(crate) struct Home {
    identity: Identity,
    /// What the real channels of the same kind are called.
    library: &'static str,
}

impl Home {
    pub(crate) fn new(identity: Identity, library: &'static str) -> Home {
        Home { identity, library }
    }

    /// Registers the channel. To be called once it is where it will stay.
    #[inline(always)]
    fn register(&self, this: *mut Execution, object: impl FnOnce() -> Object) {
        self.identity.begin_here(this, object);
    }

    /// [`Self::register`] with the part that the kernel keeps of a channel with room for so many messages, or for any number.
    pub(crate) fn register_channel(&self, this: *mut Execution, capacity: Option<u64>) {
        match capacity {
            Some(0) => self.register(this, unbuffered),
            capacity => self.register(this, || buffered(capacity)),
        }
    }

    /// Where the channel was created.
    pub(crate) fn place(&self) -> Place {
        self.identity.place()
    }

    /// The execution and the object, if the caller is inside the one that created the channel.
    #[inline(always)]
    pub(crate) fn known(&self) -> Option<(*mut Execution, ObjectId)> {
        let this = inside()?;
        Some((this, self.identity.known(this)?))
    }

    /// [`Self::known`] for a caller who needs it to be; none for one that unwinds elsewhere.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn visit(&self) -> Option<(*mut Execution, ObjectId)> {
        let known = self.known();
        if known.is_none() {
            self.refuse_unless_unwinding();
        }
        known
    }

    #[cold]
    #[inline(never)]
    #[track_caller]
    fn refuse_unless_unwinding(&self) {
        if !crate::thread::panicking() {
            self.refuse();
        }
    }

    #[cold]
    #[track_caller]
    pub(crate) fn refuse(&self) -> ! {
        let place = self.place();
        let this = inside();
        let user = user(this);
        match this {
            None => panic!(
                "reweave: the channel created at {place} inside an execution is used by {user} outside: start the \
                 thread with `reweave::thread`, or use `{}` for what leaves the execution",
                self.library
            ),
            Some(_) => panic!(
                "reweave: the channel created at {place} inside one execution is used by {user} inside another: \
                 create it inside the tested closure, so that every execution has its own"
            ),
        }
    }
}

/// Who the caller is, for a message.
fn user(this: Option<*mut Execution>) -> String {
    match this {
        None => format!("the thread `{}`", std::thread::current().name().unwrap_or("unnamed")),
        Some(this) => {
            let test = name_of_current(this);
            // SAFETY: the caller is a task inside `this`, and nothing switches here.
            let execution = unsafe { &*this };
            format!("{} of {test}", names::task_name(execution, execution.running))
        }
    }
}
