//! Who performs operations: the engine, inside an execution; or real threads over a kernel of the process.

use crate::driver::Place;
#[cfg(feature = "sim")]
use crate::engine::{Execution, close_buffer, moment, perform};
#[cfg(feature = "sim")]
use crate::kernel::channel::Op as ChannelOp;
use crate::kernel::{Object, ObjectId, Op, Outcome, TaskId, World};

/// Performs the operations of the caller.
///
/// **Invariant.** A step and what is to be done because of it are one: `then` of [`Driver::step`] runs before anybody else
/// can step. In the engine nothing switches there; a driver for real threads holds the lock of its kernel meanwhile.
/// Therefore `then` only moves values. It runs no user code (not even a destructor), does not step, and asks the
/// [`Between`] that it is given for all that it needs of the kernel, never the driver.
pub(crate) trait Driver: Copy {
    /// Waits until the caller may perform `op`, performs it, and does `then` with how it ended. May not return: when the
    /// execution is over, the caller is unwound from here, and `then` is dropped.
    fn step<R>(self, op: Op, place: Place, then: impl FnOnce(Outcome, &mut dyn Between) -> R) -> R;

    /// [`Driver::step`] where nothing is to be done because of it.
    #[inline(always)]
    fn perform(self, op: Op, place: Place) -> Outcome {
        self.step(op, place, |outcome, _| outcome)
    }

    /// The caller.
    fn me(self) -> TaskId;

    /// Adds an object that is named by `place`.
    fn add_object(self, object: Object, place: Place) -> ObjectId;

    /// How many steps there were. As long as the number is the same, nobody but the caller can have stepped. Where this is
    /// nobody's concern, because nothing is explored, it is always the same: see [`super::late`].
    fn steps(self) -> u64;
}

/// What can be done between a step and the next.
pub(crate) trait Between {
    /// See [`Driver::add_object`].
    fn add_object(&mut self, object: Object, place: Place) -> ObjectId;

    /// See [`Driver::steps`].
    fn steps(&self) -> u64;

    /// The state after the step.
    fn world(&self) -> &World;

    /// The execution, inside one.
    fn execution(&self) -> Inside<'_>;
}

/// The execution that a caller is inside of, if it is inside one.
#[cfg(feature = "sim")]
pub(crate) type Inside<'a> = Option<&'a Execution>;

/// There are none.
#[cfg(not(feature = "sim"))]
pub(crate) type Inside<'a> = Option<&'a std::convert::Infallible>;

/// The engine, for a task inside this execution.
#[cfg(feature = "sim")]
#[derive(Clone, Copy)]
pub(crate) struct Engine(pub(crate) *mut Execution);

#[cfg(feature = "sim")]
impl Driver for Engine {
    #[inline(always)]
    fn step<R>(self, op: Op, place: Place, then: impl FnOnce(Outcome, &mut dyn Between) -> R) -> R {
        // What is known when this is compiled is not asked later.
        let outcome = match op {
            Op::Channel(id, ChannelOp::Close) => close_buffer(self.0, id, place),
            op => perform(self.0, op, place),
        };
        moment(self.0, |execution| then(outcome, execution))
    }

    fn me(self) -> TaskId {
        moment(self.0, |execution| execution.running)
    }

    fn add_object(self, object: Object, place: Place) -> ObjectId {
        moment(self.0, |execution| execution.add_unnamed(object, place))
    }

    fn steps(self) -> u64 {
        moment(self.0, |execution| execution.steps)
    }
}

#[cfg(feature = "sim")]
impl Between for Execution {
    fn add_object(&mut self, object: Object, place: Place) -> ObjectId {
        self.add_unnamed(object, place)
    }

    fn steps(&self) -> u64 {
        self.steps
    }

    fn world(&self) -> &World {
        &self.world
    }

    #[inline(always)]
    fn execution(&self) -> Inside<'_> {
        Some(self)
    }
}
