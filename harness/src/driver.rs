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
use crate::channel::Engine;
use crate::channel::{Between, Driver, Inside, buffered, unbuffered};
#[cfg(feature = "sim")]
use crate::engine::identity::{Identity, inside, name_of_current};
#[cfg(feature = "sim")]
use crate::engine::{self, Execution};
use crate::kernel::select::{self, Arms};
use crate::kernel::{Object, ObjectId, Op, Outcome, TaskId, World};
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
    Native { object: AtomicU32, place: Place },
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

    /// What orders those who come here independently of the schedule; the same for everybody outside executions.
    pub(crate) fn path(self) -> Vec<u32> {
        match self {
            #[cfg(feature = "sim")]
            Scene::Simulated(this) => engine::driver::running_path(this),
            Scene::Native => Vec::new(),
        }
    }

    /// What people call the caller; none if it is a thread without a name.
    pub(crate) fn name(self) -> Option<String> {
        match self {
            #[cfg(feature = "sim")]
            Scene::Simulated(this) => Some(engine::driver::running_name(this)),
            Scene::Native => std::thread::current().name().map(str::to_owned),
        }
    }
}

impl Driver for Scene {
    #[inline(always)]
    fn step<R>(self, op: Op, place: Place, then: impl FnOnce(Outcome, &mut dyn Between) -> R) -> R {
        match self {
            #[cfg(feature = "sim")]
            Scene::Simulated(this) => Engine(this).step(op, place, then),
            Scene::Native => {
                let _ = place;
                native::perform(op, |outcome, process| then(outcome, process))
            }
        }
    }

    fn me(self) -> TaskId {
        match self {
            #[cfg(feature = "sim")]
            Scene::Simulated(this) => Engine(this).me(),
            Scene::Native => native::me(),
        }
    }

    fn add_object(self, object: Object, place: Place) -> ObjectId {
        match self {
            #[cfg(feature = "sim")]
            Scene::Simulated(this) => Engine(this).add_object(object, place),
            Scene::Native => native::add_object(object, place),
        }
    }

    fn steps(self) -> u64 {
        match self {
            #[cfg(feature = "sim")]
            Scene::Simulated(this) => Engine(this).steps(),
            Scene::Native => 0,
        }
    }
}

/// The moment that the clock calls `since_start`, inside an execution or not.
pub(crate) fn moment(inside: Inside<'_>, since_start: std::time::Duration) -> Instant {
    #[cfg(feature = "sim")]
    return match inside {
        Some(_) => Instant::of_virtual(since_start),
        None => Instant::of_real(native::moment(since_start)),
    };
    #[cfg(not(feature = "sim"))]
    match inside {
        Some(never) => match *never {},
        None => native::moment(since_start),
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
    Scene::here().perform(Op::Select(op), place);
    unreachable!("a select of nothing never ends")
}

impl Subject {
    /// An object that is made here and now, to be registered when it is where it will stay.
    #[inline(always)]
    pub(crate) fn new(called: &'static str, place: Place) -> Subject {
        let _ = called;
        let home = match Scene::here() {
            #[cfg(feature = "sim")]
            Scene::Simulated(_) => Home::Simulated(Identity::at(place, Some(called))),
            Scene::Native => Home::Native { object: AtomicU32::new(NOT_YET), place },
        };
        Subject {
            #[cfg(feature = "sim")]
            called,
            home,
        }
    }

    /// Adds the object to where it was made. To be called by whoever makes it, before anybody else knows it.
    #[inline(always)]
    pub(crate) fn register(&self, object: impl FnOnce() -> Object) -> ObjectId {
        match (&self.home, Scene::here()) {
            #[cfg(feature = "sim")]
            (Home::Simulated(identity), Scene::Simulated(this)) => identity.begin_here(this, object),
            (Home::Native { object: number, place }, _) => {
                let id = native::add_object(object(), place);
                number.store(id.0, Ordering::Relaxed);
                id
            }
            #[cfg(feature = "sim")]
            _ => unreachable!("an object is registered where it was made"),
        }
    }

    /// [`Self::register`] with the part that the kernel keeps of a channel with room for so many values.
    pub(crate) fn register_channel(&self, capacity: u64) -> ObjectId {
        match capacity {
            0 => self.register(unbuffered),
            capacity => self.register(|| buffered(Some(capacity))),
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

    /// Performs what `op` says on the object, and does `then` before anybody else can step. None to a caller who unwinds elsewhere.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn step<R>(
        &self,
        op: impl FnOnce(ObjectId) -> Op,
        place: Place,
        then: impl FnOnce(Outcome, &World) -> R,
    ) -> Option<R> {
        let (scene, id) = self.visit()?;
        Some(scene.step(op(id), place, |outcome, between| then(outcome, between.world())))
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
