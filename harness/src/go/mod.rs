//! Go's vocabulary, for designs that come from Go.

mod chan;
mod context;
mod core;
mod err_group;
mod error;
mod once;
mod select;
mod semaphore;
mod spawn;
mod timer;
mod wait_group;

pub use chan::{Chan, IntoIter, Iter, RecvChan, SendChan};
pub use context::{CancelCauseFunc, CancelFunc, Context, ContextError, StopFunc};
pub use err_group::ErrGroup;
pub use error::Error;
pub use once::Once;
pub use semaphore::Semaphore;
pub use spawn::{Panic, recover, spawn};
pub use timer::{Ticker, Timer, after, after_func, tick};
pub use wait_group::WaitGroup;

#[doc(inline)]
pub use crate::__go_select as select;

/// For [`select!`](crate::go::select) only.
#[doc(hidden)]
pub mod __private {
    pub use super::select::{Arm, RecvArm, SendArm, for_ever, no_arm, select};
}
