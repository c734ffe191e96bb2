//! One vocabulary, two drivers.
//!
//! What the standard library has is real outside executions. What it does not have is the kernel's everywhere: inside an execution
//! the engine performs the operations, outside it is [`native`](crate::native). A vocabulary on top of this file is written once.
//!
//! An object belongs to where it was made, an execution or the world of the process, for its whole life. Using it elsewhere is an
//! error of the test, and the message names both sides.

use std::panic::Location;
use std::sync::atomic::{AtomicU32, Ordering};

#[cfg(feature = "sim")]
use crate::engine::identity::{Identity, Sharing, inside, name_of_current};
#[cfg(feature = "sim")]
use crate::engine::{self, Execution};
use crate::kernel::select::{self, Arms};
use crate::kernel::{End, Object, ObjectId, Op, Outcome, TaskId, World};
use crate::native;
use crate::time::Instant;

/// A place in the source, known at compile time.
pub(crate) type Place = &'static Location<'static>;

/// A kernel object that a handle of a vocabulary stands for.
#[derive(Debug)]
pub(crate) struct Subject {
    /// What its vocabulary calls it.
    #[cfg(feature = "sim")]
    called: &'static str,
    home: Home,
}

#[derive(Debug)]
enum Home {
    #[cfg(feature = "sim")]
    Simulated(Identity),
    /// The object, or [`NOT_YET`].
    Native {
        object: AtomicU32,
        #[cfg(feature = "sim")]
        place: Place,
    },
}

const NOT_YET: u32 = u32::MAX;

/// Where a step takes place.
#[derive(Clone, Copy)]
pub(crate) enum Scene {
    #[cfg(feature = "sim")]
    Simulated(*mut Execution),
    Native,
}

impl Scene {
    /// Where the caller is.
    #[inline]
    pub(crate) fn here() -> Scene {
        #[cfg(feature = "sim")]
        if let Some(this) = inside() {
            return Scene::Simulated(this);
        }
        Scene::Native
    }

    /// Performs `op` for the caller, who is here, and calls `then` with how it ended, who the caller is, and the state, before anybody
    /// else can step. `then` makes no step and calls no code of the user.
    #[inline(always)]
    pub(crate) fn step<R>(self, op: Op, place: Place, then: impl FnOnce(Outcome, TaskId, &World) -> R) -> R {
        match self {
            #[cfg(feature = "sim")]
            Scene::Simulated(this) => {
                let outcome = engine::perform(this, op, place);
                engine::driver::after_step(this, |me, world| then(outcome, me, world))
            }
            Scene::Native => {
                let _ = place;
                native::perform(op, then)
            }
        }
    }

    /// The second step of a select that ended as queued.
    pub(crate) fn leave<R>(self, op: select::Op, place: Place, then: impl FnOnce(Outcome, TaskId, &World) -> R) -> R {
        match self {
            #[cfg(feature = "sim")]
            Scene::Simulated(this) => {
                let me = engine::driver::after_step(this, |me, _| me);
                self.step(Op::Select(op.leave(me)), place, then)
            }
            Scene::Native => {
                let _ = place;
                native::perform_as(|me| Op::Select(op.leave(me)), then)
            }
        }
    }

    /// The moment that the clock calls `since_start`.
    pub(crate) fn moment(self, since_start: std::time::Duration) -> Instant {
        match self {
            #[cfg(feature = "sim")]
            Scene::Simulated(_) => Instant::of_virtual(since_start),
            #[cfg(feature = "sim")]
            Scene::Native => Instant::of_real(native::moment(since_start)),
            #[cfg(not(feature = "sim"))]
            Scene::Native => native::moment(since_start),
        }
    }

    /// What orders those who come here independently of the schedule; the same for everybody outside executions.
    pub(crate) fn path(self) -> Vec<u32> {
        match self {
            #[cfg(feature = "sim")]
            Scene::Simulated(this) => engine::driver::running_path(this),
            Scene::Native => Vec::new(),
        }
    }
}

/// The present moment.
#[cfg_attr(not(feature = "sim"), expect(clippy::disallowed_methods, reason = "outside executions time is real"))]
#[track_caller]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Blocks the caller for ever.
#[cold]
pub(crate) fn block_for_ever(place: Place) -> ! {
    let op = select::Op { arms: Arms::of(&[]), form: select::Form::Wait, pick: select::Pick::Any };
    Scene::here().step(Op::Select(op), place, |_, _, _| ());
    unreachable!("a select of nothing never ends")
}

impl Subject {
    /// An object that is made here and now, to be registered when it is where it will stay.
    pub(crate) fn new(called: &'static str, place: Place) -> Subject {
        let _ = (called, place);
        let home = match Scene::here() {
            #[cfg(feature = "sim")]
            Scene::Simulated(_) => Home::Simulated(Identity::at(place, Some(called))),
            Scene::Native => Home::Native {
                object: AtomicU32::new(NOT_YET),
                #[cfg(feature = "sim")]
                place,
            },
        };
        Subject {
            #[cfg(feature = "sim")]
            called,
            home,
        }
    }

    /// Adds the object to where it was made.
    pub(crate) fn register(&self, object: Object) -> ObjectId {
        match (&self.home, Scene::here()) {
            #[cfg(feature = "sim")]
            (Home::Simulated(identity), Scene::Simulated(this)) => {
                // Used by no other execution, so that there is nobody to exclude.
                identity.in_execution(this, Sharing::Separate, || Some(object))
            }
            (Home::Native { object: number, .. }, _) => {
                let id = native::add_object(|| object);
                number.store(id.0, Ordering::Relaxed);
                id
            }
            #[cfg(feature = "sim")]
            _ => unreachable!("an object is registered where it was made"),
        }
    }

    /// Whether it is an object of the world of the process.
    pub(crate) fn is_native(&self) -> bool {
        matches!(self.home, Home::Native { .. })
    }

    /// The object, for a caller who is where it was made; none for one that unwinds elsewhere.
    ///
    /// # Panics
    /// If the caller is elsewhere.
    #[cfg_attr(not(feature = "sim"), expect(clippy::needless_return, reason = "there is only one side"))]
    #[inline(always)]
    #[track_caller]
    pub(crate) fn visit(&self) -> Option<(Scene, ObjectId)> {
        match (&self.home, Scene::here()) {
            #[cfg(feature = "sim")]
            (Home::Simulated(identity), Scene::Simulated(this)) => {
                if let Some(id) = identity.known(this) {
                    return Some((Scene::Simulated(this), id));
                }
            }
            (Home::Native { object, .. }, Scene::Native) => {
                return Some((Scene::Native, ObjectId(object.load(Ordering::Relaxed))));
            }
            #[cfg(feature = "sim")]
            _ => {}
        }
        #[cfg(feature = "sim")]
        {
            self.refuse();
            None
        }
    }

    /// Performs what `op` says on the object; see [`Scene::step`]. To a caller who unwinds elsewhere it looks as if the other side
    /// were gone.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn step<R>(
        &self,
        op: impl FnOnce(ObjectId) -> Op,
        place: Place,
        then: impl FnOnce(Outcome, TaskId, &World) -> R,
    ) -> Option<R> {
        let (scene, id) = self.visit()?;
        Some(scene.step(op(id), place, then))
    }

    /// [`Self::step`] of sending to a buffered channel.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn send<R>(&self, place: Place, then: impl FnOnce(End, &World) -> R) -> Option<R> {
        self.often(place, Often::Send, then)
    }

    /// [`Self::step`] of receiving from a buffered channel.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn receive<R>(&self, place: Place, then: impl FnOnce(End, &World) -> R) -> Option<R> {
        self.often(place, Often::Receive, then)
    }

    #[inline(always)]
    #[track_caller]
    fn often<R>(&self, place: Place, op: Often, then: impl FnOnce(End, &World) -> R) -> Option<R> {
        let (scene, id) = self.visit()?;
        Some(match scene {
            #[cfg(feature = "sim")]
            Scene::Simulated(this) => {
                let outcome = match op {
                    Often::Send => engine::perform_send(this, id, place),
                    Often::Receive => engine::perform_receive(this, id, place),
                };
                engine::driver::after_step(this, |_, world| then(outcome.end, world))
            }
            Scene::Native => {
                let _ = place;
                let op = match op {
                    Often::Send => crate::kernel::channel::Op::Send,
                    Often::Receive => crate::kernel::channel::Op::Receive,
                };
                native::perform(Op::Channel(id, op), |outcome, _, world| then(outcome.end, world))
            }
        })
    }

    #[cfg(feature = "sim")]
    #[cold]
    #[track_caller]
    fn refuse(&self) {
        if crate::thread::panicking() {
            return;
        }
        let called = self.called;
        match (&self.home, inside()) {
            (Home::Native { place, .. }, Some(this)) => panic!(
                "reweave: the {called} created at {place} outside executions is used by {} inside one: create it inside the \
                 tested closure",
                name_of_current(this)
            ),
            (Home::Simulated(identity), Some(this)) => panic!(
                "reweave: the {called} created at {} inside one execution is used by {} inside another: create it inside \
                 the tested closure, so that every execution has its own",
                identity.place(),
                name_of_current(this)
            ),
            (Home::Simulated(identity), None) => panic!(
                "reweave: the {called} created at {} inside an execution is used by the thread `{}` outside: start the thread \
                 with `reweave::go::spawn` or `reweave::thread`",
                identity.place(),
                std::thread::current().name().unwrap_or("unnamed")
            ),
            (Home::Native { .. }, None) => unreachable!("that is where it belongs"),
        }
    }
}

/// The operations that are performed most often, each compiled by itself in the engine.
#[derive(Clone, Copy)]
enum Often {
    Send,
    Receive,
}

impl Drop for Subject {
    fn drop(&mut self) {
        match &self.home {
            #[cfg(feature = "sim")]
            Home::Simulated(_) => {}
            Home::Native { object, .. } => match object.load(Ordering::Relaxed) {
                NOT_YET => {}
                object => native::remove_object(ObjectId(object)),
            },
        }
    }
}
