//! Coroutines on pooled stacks.
//!
//! A carrier is a stack with a coroutine that runs one task after another: starting a task on it costs no more
//! than a switch, and a stack is mapped once however many tasks run on it. **Unsafe room**: the switch itself.

use std::cell::Cell;
use std::fmt;

use corosensei::stack::{DefaultStack, Stack, StackPointer};
use corosensei::{Coroutine, Yielder};

/// What a carrier runs next: a function and the pointer that it takes.
#[derive(Clone, Copy)]
pub(crate) struct Job {
    pub(crate) entry: unsafe fn(*mut ()),
    pub(crate) data: *mut (),
}

/// The way back from a task to the loop that drives the execution.
pub(crate) type Back = Yielder<(), ()>;

/// A stack whose top is moved down a little, each by another amount.
///
/// Stacks are mapped at page boundaries, so that without this the hot ends of all of them would compete for the
/// same few lines of the first-level cache.
struct StaggeredStack {
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

/// A stack and the coroutine on it.
pub(crate) struct Carrier {
    coroutine: Coroutine<(), (), (), StaggeredStack>,
    shared: Box<Shared>,
}

/// What the coroutine and its owner share. Boxed, so that it stays where it is.
struct Shared {
    job: Cell<Option<Job>>,
    back: Cell<*const Back>,
}

impl fmt::Debug for Carrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Carrier")
    }
}

impl Carrier {
    fn new(stack_size: usize, number: usize) -> std::io::Result<Carrier> {
        let shared = Box::new(Shared { job: Cell::new(None), back: Cell::new(std::ptr::null()) });
        let link: *const Shared = &*shared;
        let stack = StaggeredStack::new(stack_size, number)?;
        let coroutine = Coroutine::with_stack(stack, move |back: &Back, ()| {
            // SAFETY: the box lives in the carrier beside the coroutine, and the coroutine runs only inside
            // `resume`, which borrows the carrier.
            let shared = unsafe { &*link };
            shared.back.set(back);
            while let Some(Job { entry, data }) = shared.job.take() {
                // SAFETY: whoever gave the job promises that the entry takes this pointer, see `begin`.
                unsafe { entry(data) };
                back.suspend(());
            }
        });
        Ok(Carrier { coroutine, shared })
    }

    /// Gives the carrier its next job, which starts at the next `resume`.
    ///
    /// # Safety
    /// `job.entry` may be called with `job.data` once, when the carrier is resumed; and it does not unwind.
    pub(crate) unsafe fn begin(&mut self, job: Job) {
        self.shared.job.set(Some(job));
    }

    /// Runs the task until it hands back control. Returns the way back that it uses.
    #[inline]
    pub(crate) fn resume(&mut self) {
        self.coroutine.resume(());
    }

    pub(crate) fn back(&self) -> *const Back {
        self.shared.back.get()
    }
}

impl Drop for Carrier {
    fn drop(&mut self) {
        // Without a job the loop ends, so that an idle coroutine returns instead of being unwound.
        if self.coroutine.started() && !self.coroutine.done() {
            self.resume();
        }
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
        match Carrier::new(self.stack_size, self.made) {
            Ok(carrier) => Box::new(carrier),
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
