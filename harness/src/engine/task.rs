//! What the engine knows of a task.

use std::sync::Arc;

use super::Place;
use super::locals::Locals;
use super::panics::PanicNote;
use super::switch::{Carrier, Seat};
use super::task_set::TaskSet;
use crate::kernel::{Op, TaskId};

/// The part of a task that every switch touches. As long as a power of two, so that finding one takes no multiplication.
#[derive(Debug)]
#[repr(align(128))]
pub(crate) struct Slot {
    /// What the task is about to do, while it is suspended.
    pub(crate) pending: Op,
    pub(crate) place: Place,
    pub(super) seat: Seat,
    /// The task that spawned this one and waits for its first declaration.
    pub(crate) return_to: TaskId,
    pub(crate) unwinding: bool,
    /// The tasks that wait for it to finish.
    pub(super) joiners: TaskSet,
    pub(super) looks: Looks,
}

const _: () = assert!(size_of::<Slot>().is_power_of_two());

/// How a task has looked at the clock without doing anything else.
#[derive(Clone, Copy, Debug)]
pub(super) struct Looks {
    /// The step count after the last look.
    at: u64,
    /// Where the last look was.
    place: Option<Place>,
    /// How many there were in a row.
    count: u32,
}

/// After how many looks in a row a task waits for a moment to come, wherever in its code it looks.
const MANY_LOOKS: u32 = 8;

impl Looks {
    const NONE: Looks = Looks { at: u64::MAX, place: None, count: 0 };

    /// The task is about to look from `place`, after so many `steps`. Whether it does so in a loop, and may be waiting for a
    /// moment to come: looks from several places are no loop, unless there are many of them.
    pub(super) fn again(&mut self, place: Place, steps: u64) -> bool {
        if self.at != steps {
            *self = Looks::NONE;
        }
        let again = self.place == Some(place) || self.count >= MANY_LOOKS;
        (self.place, self.count) = (Some(place), self.count.saturating_add(1));
        again
    }

    /// The task has looked, after so many `steps`.
    pub(super) fn done(&mut self, steps: u64) {
        self.at = steps;
    }
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
            return_to: TaskId::NONE,
            unwinding: false,
            joiners: TaskSet::default(),
            looks: Looks::NONE,
        }
    }

    /// Makes this a new task. Field by field: building one elsewhere and copying it here costs more than all else that
    /// makes a task.
    #[inline]
    pub(super) fn renew(&mut self, place: Place) {
        self.pending = Op::Start;
        self.place = place;
        self.return_to = TaskId::NONE;
        self.unwinding = false;
        self.joiners.clear();
        self.looks = Looks::NONE;
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
