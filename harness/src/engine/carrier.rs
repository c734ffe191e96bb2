//! Pooled stacks.
//!
//! A carrier is a stack that runs one task after another: starting a task on it costs no more than a switch, and a
//! stack is mapped once however many tasks run on it. How it does that is in [`super::switch`]. **Unsafe room**: where
//! the stack is.

use corosensei::stack::{DefaultStack, Stack, StackPointer};

use super::switch::Carrier;

/// A stack whose top is moved down a little, each by another amount.
///
/// Stacks are mapped at page boundaries, so that without this the hot ends of all of them would compete for the
/// same few lines of the first-level cache.
pub(crate) struct StaggeredStack {
    stack: DefaultStack,
    base: StackPointer,
}

/// How far apart the tops of two stacks are placed (bytes), and after how many the distances repeat.
const STAGGER: usize = 7 * 64;
const STAGGERS: usize = 32;

impl StaggeredStack {
    fn new(size: usize, number: usize) -> std::io::Result<StaggeredStack> {
        let stack = DefaultStack::new(size + STAGGER * STAGGERS)?;
        let base = stack.base().get() - STAGGER * (number % STAGGERS);
        let base = StackPointer::new(base).expect("a stack does not end at address zero");
        Ok(StaggeredStack { stack, base })
    }
}

// SAFETY: the base lies inside the mapping of the inner stack, a multiple of 64 below its page-aligned end and
// therefore aligned; what remains is at least the `size` that was asked for, and the guard page at the limit is
// the inner stack's own.
unsafe impl Stack for StaggeredStack {
    fn base(&self) -> StackPointer {
        self.base
    }

    fn limit(&self) -> StackPointer {
        self.stack.limit()
    }
}

/// The carriers of one exploring thread.
#[derive(Debug)]
pub(crate) struct Pool {
    stack_size: usize,
    made: usize,
    // Boxed, because tasks point to the carrier they run on while the pool grows.
    #[expect(clippy::vec_box, reason = "tasks point to their carriers")]
    idle: Vec<Box<Carrier>>,
}

impl Pool {
    pub(crate) fn new(stack_size: usize) -> Pool {
        Pool { stack_size, made: 0, idle: Vec::new() }
    }

    /// An idle carrier.
    ///
    /// # Panics
    /// If the operating system has no memory or no mapping left for a stack.
    #[inline]
    pub(crate) fn take(&mut self) -> Box<Carrier> {
        match self.idle.pop() {
            Some(carrier) => carrier,
            None => self.make(),
        }
    }

    #[cold]
    fn make(&mut self) -> Box<Carrier> {
        self.made += 1;
        match StaggeredStack::new(self.stack_size, self.made) {
            Ok(stack) => Box::new(Carrier::new(stack)),
            Err(error) => panic!(
                "reweave: no stack of {} bytes for one more task ({} are mapped): {error}; a smaller `stack_size` or a \
                 higher limit of mappings (vm.max_map_count on Linux) may help",
                self.stack_size,
                self.made - 1,
            ),
        }
    }

    /// Takes back a carrier whose task has ended.
    #[inline]
    pub(crate) fn give(&mut self, carrier: Box<Carrier>) {
        self.idle.push(carrier);
    }
}
