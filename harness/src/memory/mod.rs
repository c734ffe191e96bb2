//! Memory of what is made and dropped in every execution: counted handles, queues of messages, and blocks that are used again. **Unsafe room.**

pub(crate) mod blocks;
pub(crate) mod ring;
pub(crate) mod shared;
