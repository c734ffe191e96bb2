//! Strategies: who steps next.
//!
//! The engine asks a [`Chooser`] whenever there is more than one answer. Every strategy draws from ChaCha8, so that
//! execution `i` of seed `s` is the same everywhere and for ever.

mod auto;
mod bounded;
mod continued;
mod decisive;
mod edited;
mod elsewhere;
mod endless;
pub(crate) mod exhaustive;
pub(crate) mod explanation;
pub(crate) mod exploration;
mod focus;
mod follow;
mod led;
mod near;
mod random;
mod reordered;
pub(crate) mod replay;
pub(crate) mod retrace;
mod round_robin;
mod rounds;
mod shrink;
mod steer;
mod systematic;
mod watchdog;
mod worker;

pub(crate) use continued::Continued;
pub(crate) use edited::Edited;
pub use focus::{Focus, StillFails};
pub(crate) use follow::Follow;
pub(crate) use near::Near;
pub(crate) use random::{Random, SMALL, of_byte};
pub(crate) use reordered::Reordered;
pub(crate) use replay::Replay;
pub(crate) use steer::Steered;

use crate::engine::enabled::Enabled;
use crate::kernel::TaskId;
use exhaustive::Guide;

/// How the schedules of an exploration are chosen.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[non_exhaustive]
pub enum Strategy {
    /// [`Exhaustive`](Strategy::Exhaustive) for a quarter of the schedules and of the time, and
    /// [`Random`](Strategy::Random) for the rest if that was not enough: a proof for a small test, a fair sample of a large one.
    /// The [verdict](crate::Verdict) and the note of the [report](crate::Report) say which.
    ///
    /// It does not insist on a proof where executions have more than 2,000 steps or 60 tasks. After a proof it tries some
    /// schedules at random, which do not count: if one of them fails, the program shares something that is not simulated.
    ///
    /// ```
    /// use reweave::sync::Arc;
    /// use reweave::sync::atomic::{AtomicU32, Ordering::SeqCst};
    /// use reweave::{Checker, Verdict, thread};
    ///
    /// let report = Checker::new().explore(|| {
    ///     let count = Arc::new(AtomicU32::new(0));
    ///     let other = Arc::clone(&count);
    ///     let task = thread::spawn(move || other.fetch_add(1, SeqCst));
    ///     count.fetch_add(1, SeqCst);
    ///     task.join().unwrap();
    ///     assert_eq!(count.load(SeqCst), 2);
    /// });
    /// assert_eq!(*report.verdict(), Verdict::Exhaustive);
    /// assert_eq!(report.schedules(), 2);
    /// ```
    #[default]
    Auto,
    /// At every step one of the enabled tasks, all with the same probability: the random walk. It does not stop next to steps on
    /// channels that nobody could notice.
    ///
    /// Finds shallow bugs fast, and its executions are independent of each other.
    Random,
    /// Every task in turn, one step each. One schedule only: a smoke test.
    RoundRobin,
    /// Every interleaving that makes a difference, each once: two executions that differ only in the order of steps that
    /// do not concern each other count as one.
    ///
    /// Runs to the end unless [`Checker::schedules`](crate::Checker::schedules) or a time limit stops it.
    Exhaustive,
    /// The same in order of preemptions, up to a bound: every class of interleavings that has one with at most so many
    /// preemptions. A preemption is a switch away from a task that could have gone on; switching away from one that is
    /// blocked or has finished is free, and so is a step of the clock when nobody else can step. (A task that took
    /// 500 steps in a row while others could step also gives way for nothing.)
    ///
    /// The first finding is one with the fewest preemptions. The report says how far the exploration got: see
    /// [`Verdict::Bounded`](crate::Verdict::Bounded).
    ///
    /// ```
    /// use reweave::sync::Arc;
    /// use reweave::sync::atomic::{AtomicU32, Ordering::SeqCst};
    /// use reweave::{Checker, Strategy, Verdict};
    ///
    /// fn lose_an_update() {
    ///     let count = Arc::new(AtomicU32::new(0));
    ///     let other = Arc::clone(&count);
    ///     let task = reweave::thread::spawn(move || other.store(other.load(SeqCst) + 1, SeqCst));
    ///     count.store(count.load(SeqCst) + 1, SeqCst);
    ///     task.join().unwrap();
    ///     assert_eq!(count.load(SeqCst), 2);
    /// }
    ///
    /// let explore = |preemptions| Checker::new().strategy(Strategy::Bounded { preemptions }).explore(lose_an_update);
    /// assert_eq!(*explore(0).verdict(), Verdict::Bounded { preemptions: 0 });
    /// assert_eq!(*explore(1).verdict(), Verdict::Failed);
    /// ```
    Bounded {
        /// How many preemptions at most. [`Checker::preemptions`](crate::Checker::preemptions) overrides it.
        preemptions: usize,
    },
}

/// How many preemptions [`Strategy::Bounded`] allows where only its name is given.
const PREEMPTIONS: usize = 2;

impl std::fmt::Display for Strategy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl Strategy {
    /// Every strategy, in the order in which they are listed to people. Tokens name them by their place here.
    pub(crate) const ALL: [Strategy; 5] = [
        Strategy::Random,
        Strategy::RoundRobin,
        Strategy::Exhaustive,
        Strategy::Bounded { preemptions: PREEMPTIONS },
        Strategy::Auto,
    ];

    /// The name by which attributes and the environment know it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Strategy::Auto => "auto",
            Strategy::Random => "random",
            Strategy::RoundRobin => "round_robin",
            Strategy::Exhaustive => "exhaustive",
            Strategy::Bounded { .. } => "bounded",
        }
    }
}

/// What there is to choose from.
#[derive(Debug)]
pub(crate) struct Choices<'a> {
    /// The task that has just run, or [`TaskId::NONE`].
    pub(crate) current: TaskId,
    /// The tasks that can step; at least one.
    pub(crate) enabled: &'a Enabled,
    /// Whether the clock may step, too.
    pub(crate) clock: bool,
    /// Who goes before the current task if nobody has an opinion, because that yields: somebody who has not done so since the
    /// clock last moved, else the clock.
    pub(crate) instead: Option<TaskId>,
}

impl Choices<'_> {
    pub(crate) fn contains(&self, task: TaskId) -> bool {
        (task == TaskId::CLOCK && self.clock) || self.enabled.contains(task)
    }

    /// What happens when nobody has an opinion: the current task goes on, unless it gives way, else the oldest that can.
    pub(crate) fn default(&self) -> TaskId {
        if let Some(instead) = self.instead {
            return instead;
        }
        if self.enabled.contains(self.current) {
            return self.current;
        }
        self.enabled.next_from(TaskId(0)).unwrap_or(TaskId::CLOCK)
    }
}

/// The strategy of one execution, with its state. Which one is asked at every decision, so that it is a plain number and
/// not encoded in what one of them holds.
#[repr(u8)]
#[derive(Debug)]
pub(crate) enum Chooser {
    /// Boxed, because it is large and moves from execution to execution.
    Random(Box<Random>),
    RoundRobin,
    Replay(Replay),
    /// Exhaustive exploration: asked at every step.
    Guided(Box<Guide>),
    Follow(Box<Follow>),
    Edited(Box<Edited>),
    Steered(Box<Steered>),
    Continued(Box<Continued>),
    Reordered(Box<Reordered>),
    Near(Box<Near>),
}

impl Chooser {
    /// Which task steps next.
    #[inline]
    pub(crate) fn task(&mut self, choices: &Choices<'_>) -> TaskId {
        match self {
            Chooser::Random(random) => random.task(choices),
            Chooser::RoundRobin => round_robin::task(choices),
            Chooser::Replay(replay) => replay.task(choices),
            Chooser::Follow(follow) => follow.task(choices),
            Chooser::Edited(edited) => edited.task(choices),
            Chooser::Steered(steered) => steered.task(choices),
            Chooser::Continued(continued) => continued.task(choices),
            Chooser::Reordered(reordered) => reordered.task(choices),
            Chooser::Near(near) => near.task(choices),
            Chooser::Guided(_) => unreachable!("a guide is asked otherwise"),
        }
    }

    /// Which of `n` outcomes, at least two, an operation has.
    pub(crate) fn alternative(&mut self, n: u32) -> u32 {
        match self {
            Chooser::Random(random) => random.below(n),
            Chooser::RoundRobin => 0,
            Chooser::Replay(replay) => replay.alternative(n),
            Chooser::Steered(steered) => steered.alternative(n),
            Chooser::Continued(continued) => continued.alternative(n),
            Chooser::Follow(_) | Chooser::Edited(_) | Chooser::Reordered(_) | Chooser::Near(_) | Chooser::Guided(_) => {
                unreachable!("these name the outcome")
            }
        }
    }

    /// A task was added, with `ordinal` among the children of `parent`.
    pub(crate) fn task_added(&mut self, parent: TaskId, ordinal: u32) {
        match self {
            Chooser::Guided(guide) => guide.task_added(parent, ordinal),
            Chooser::Follow(follow) => follow.task_added(parent, ordinal),
            Chooser::Edited(edited) => edited.task_added(parent, ordinal),
            Chooser::Steered(steered) => steered.task_added(parent, ordinal),
            Chooser::Reordered(reordered) => reordered.task_added(parent, ordinal),
            Chooser::Near(near) => near.task_added(parent, ordinal),
            Chooser::Random(_) | Chooser::RoundRobin | Chooser::Replay(_) | Chooser::Continued(_) => {}
        }
    }
}
