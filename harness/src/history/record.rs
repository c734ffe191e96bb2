//! Records a history while a test runs.
//!
//! Linearizability is about which call was over before which began, and that has to be the same in two executions that differ only
//! in the order of independent steps: of these an exhaustive exploration executes one. So the ends of a call are steps. A call
//! begins with a load of an atomic and ends with an addition to it: beginnings commute with one another and ends do not commute with
//! them, so that two executions with different histories are never taken for the same. Both are relaxed, and order nothing else.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Call, Model, Violation, linearize};
use crate::driver::Scene;
use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::thread::{self, ThreadId};

/// The calls that the tasks of a test made, in the order in which they began.
///
/// Make it inside the test, so that every execution has its own. A clone is another handle to the same history.
///
/// In an execution the beginning and the end of each call are steps of their task. Outside executions, on real threads, a history is
/// recorded as well, and says what happened this time.
///
/// See the [module](super) for an example.
pub struct History<O, A> {
    shared: Arc<Shared<O, A>>,
}

struct Shared<O, A> {
    /// How many calls have come back. Whoever looks at it or changes it in an execution performs a step.
    ends: AtomicUsize,
    /// Never locked across a step.
    log: Mutex<Log<O, A>>,
}

struct Log<O, A> {
    calls: Vec<Call<O, A>>,
    /// The next instant.
    now: usize,
    tasks: Vec<(ThreadId, String)>,
}

impl<O, A> History<O, A> {
    /// A history without any calls.
    #[must_use]
    #[track_caller]
    pub fn new() -> History<O, A> {
        let log = Log { calls: Vec::new(), now: 0, tasks: Vec::new() };
        History { shared: Arc::new(Shared { ends: AtomicUsize::new(0), log: Mutex::new(log) }) }
    }

    /// Runs `call`, and records that the current task asked for `operation` and got what it returns.
    ///
    /// If `call` does not come back, because it panics for example, the record says so: it may have had its effect or not.
    ///
    /// ```
    /// use reweave::history::History;
    /// use reweave::sync::Mutex;
    ///
    /// let (history, stack) = (History::new(), Mutex::new(vec![7]));
    /// assert_eq!(history.record("pop", || stack.lock().unwrap().pop()), Some(7));
    /// assert_eq!(history.calls().len(), 1);
    /// ```
    #[track_caller]
    pub fn record(&self, operation: O, call: impl FnOnce() -> A) -> A
    where
        A: Clone,
    {
        let index = self.invoke(operation);
        let answer = call();
        self.finish(index, answer.clone());
        answer
    }

    #[track_caller]
    fn invoke(&self, operation: O) -> usize {
        self.shared.ends.load(Ordering::Relaxed);
        let thread = thread::current().id();
        let mut log = self.log();
        let task = log.name_of(thread);
        let invoked = log.tick();
        log.calls.push(Call { task, operation, invoked, answer: None });
        log.calls.len() - 1
    }

    #[track_caller]
    fn finish(&self, index: usize, answer: A) {
        self.shared.ends.fetch_add(1, Ordering::Relaxed);
        let mut log = self.log();
        let returned = log.tick();
        log.calls[index].answer = Some((answer, returned));
    }

    /// The calls so far, in the order in which they began.
    #[must_use]
    pub fn calls(&self) -> Vec<Call<O, A>>
    where
        O: Clone,
        A: Clone,
    {
        self.log().calls.clone()
    }

    /// An order of the calls so far that `initial` explains: see [`linearize`].
    ///
    /// # Errors
    /// With the shortest history that has none.
    pub fn linearize<M>(&self, initial: &M) -> Result<Vec<Call<O, A>>, Violation<O, A>>
    where
        M: Model<Operation = O, Answer = A>,
        O: Clone,
        A: Clone,
    {
        linearize(&self.calls(), initial)
    }

    /// Asserts that `initial` explains the calls so far.
    ///
    /// # Panics
    /// If it does not, with the shortest history that has no explanation.
    #[track_caller]
    pub fn assert_linearizable<M>(&self, initial: M)
    where
        M: Model<Operation = O, Answer = A>,
        O: Clone + fmt::Debug,
        A: Clone + fmt::Debug,
    {
        if let Err(violation) = self.linearize(&initial) {
            panic!("{violation}");
        }
    }

    /// What has been recorded. A task that panics while it clones or compares does not hold the lock, so the log is whole.
    fn log(&self) -> MutexGuard<'_, Log<O, A>> {
        self.shared.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<O, A> Log<O, A> {
    /// The name of a task, which is looked up once.
    fn name_of(&mut self, thread: ThreadId) -> String {
        if let Some((_, name)) = self.tasks.iter().find(|(known, _)| *known == thread) {
            return name.clone();
        }
        let name = Scene::here().name().unwrap_or_else(|| format!("thread {}", self.tasks.len() + 1));
        self.tasks.push((thread, name.clone()));
        name
    }

    fn tick(&mut self) -> usize {
        let now = self.now;
        self.now += 1;
        now
    }
}

impl<O, A> Clone for History<O, A> {
    fn clone(&self) -> History<O, A> {
        History { shared: Arc::clone(&self.shared) }
    }
}

impl<O, A> Default for History<O, A> {
    #[track_caller]
    fn default() -> History<O, A> {
        History::new()
    }
}

/// Shows how many calls there are. What they carry is printed by whoever has [`calls`](History::calls): it may take steps.
impl<O, A> fmt::Debug for History<O, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("History").field("calls", &self.log().calls.len()).finish_non_exhaustive()
    }
}
