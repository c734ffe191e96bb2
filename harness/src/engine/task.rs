//! What the engine knows of a task.

use std::sync::Arc;

use super::Place;
use super::locals::Locals;
use super::panics::PanicNote;
use super::switch::{Carrier, Seat};
use crate::kernel::{ObjectId, Op, TaskId};

/// A task is not among the enabled ones.
pub(super) const ABSENT: u32 = u32::MAX;

/// Where a waiting task is listed, so that it is re-evaluated when that changes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum List {
    None,
    Object(ObjectId),
    Task(TaskId),
    /// Among those who wait for one of several things.
    Selecting,
}

/// The part of a task that every switch touches.
#[derive(Debug)]
pub(crate) struct Slot {
    /// What the task is about to do, while it is suspended.
    pub(crate) pending: Op,
    pub(crate) place: Place,
    pub(super) seat: Seat,
    /// Its index in `enabled`, or [`ABSENT`].
    pub(super) position: u32,
    pub(super) list: List,
    pub(super) previous: TaskId,
    pub(super) next: TaskId,
    /// The task that spawned this one and waits for its first declaration.
    pub(crate) return_to: TaskId,
    pub(crate) unwinding: bool,
    /// The first of the tasks that wait for it to finish.
    pub(super) joiners: TaskId,
    /// The step count when it last looked at the clock.
    pub(super) looked_at: u64,
}

/// The part of a task that people and the vocabulary know.
#[derive(Debug)]
pub(crate) struct Person {
    pub(crate) parent: TaskId,
    /// Its index among the children of its parent.
    pub(crate) ordinal: u32,
    pub(crate) children: u32,
    pub(crate) name: Option<Arc<str>>,
    /// Where it was spawned.
    pub(crate) place: Place,
    pub(crate) locals: Locals,
    /// Boxed, like the values above: most tasks have neither.
    pub(crate) panic: Option<Box<PanicNote>>,
    /// Somebody took the result.
    pub(crate) joined: bool,
    /// Nobody can take the result any more.
    pub(crate) detached: bool,
    /// Its carrier, while it has not ended.
    pub(crate) carrier: Option<Box<Carrier>>,
    /// How often it panicked, caught or not.
    pub(crate) panics: u32,
    /// How often it was asked to unwind while the execution was torn down.
    pub(crate) abandoned: u32,
}

impl Slot {
    pub(super) fn new(place: Place) -> Slot {
        Slot {
            pending: Op::Start,
            place,
            seat: Seat::empty(),
            position: ABSENT,
            list: List::None,
            previous: TaskId::NONE,
            next: TaskId::NONE,
            return_to: TaskId::NONE,
            unwinding: false,
            joiners: TaskId::NONE,
            looked_at: u64::MAX,
        }
    }

    /// Makes this a new task. Field by field: building one elsewhere and copying it here costs more than all else that
    /// makes a task.
    #[inline]
    pub(super) fn renew(&mut self, place: Place) {
        self.pending = Op::Start;
        self.place = place;
        self.position = ABSENT;
        self.list = List::None;
        self.previous = TaskId::NONE;
        self.next = TaskId::NONE;
        self.return_to = TaskId::NONE;
        self.unwinding = false;
        self.joiners = TaskId::NONE;
        self.looked_at = u64::MAX;
    }
}

impl Person {
    pub(super) fn new(parent: TaskId, ordinal: u32, name: Option<Arc<str>>, place: Place) -> Person {
        Person {
            parent,
            ordinal,
            children: 0,
            name,
            place,
            locals: Locals::default(),
            panic: None,
            joined: false,
            detached: false,
            carrier: None,
            panics: 0,
            abandoned: 0,
        }
    }

    /// Makes this a new task; see [`Slot::renew`].
    #[inline]
    pub(super) fn renew(&mut self, parent: TaskId, ordinal: u32, name: Option<Arc<str>>, place: Place) {
        self.parent = parent;
        self.ordinal = ordinal;
        self.children = 0;
        self.name = name;
        self.place = place;
        self.locals.renew();
        self.panic = None;
        self.joined = false;
        self.detached = false;
        self.panics = 0;
        self.abandoned = 0;
    }
}
