//! Without the feature `sim` every name is the real thing.

pub use std::thread_local;

/// [`std::thread`].
pub mod thread {
    pub use std::thread::*;
}

/// [`std::sync`].
pub mod sync {
    pub use std::sync::*;
}

/// [`std::time`].
pub mod time {
    pub use std::time::*;
}

/// [`std::hint`].
pub mod hint {
    pub use std::hint::*;
}
