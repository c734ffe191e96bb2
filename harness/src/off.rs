//! Without the feature `sim` every name that std has is std's.
//!
//! `cell` and `rand` are not here: std has no such modules, so they are the same files with and without the feature.

/// The standard `#[test]`: a test that runs once, on real threads.
pub use std::prelude::v1::test;
pub use std::thread_local;

/// [`std::thread`].
pub mod thread {
    pub use std::thread::*;
}

/// [`std::sync`].
pub mod sync {
    pub use std::sync::*;
}

/// [`crossbeam_channel`].
pub mod chan {
    pub use crossbeam_channel::*;
}

/// [`std::time`].
pub mod time {
    pub use std::time::*;
}

/// [`std::hint`].
pub mod hint {
    pub use std::hint::*;
}
