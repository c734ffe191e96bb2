//! Small programs that fail in some interleavings, of every kind: what a tool that finds, shrinks and explains failures is
//! held to.
//!
//! Each is a classic or the bare form of one. [`all`] lists them with the kind of their failure and the clock that they need.

use reweave::{Checker, Clock, FindingKind, Strategy};

mod channels;
mod classics;
mod go;
mod locks;
mod memory;

/// A program that fails in some interleavings.
#[derive(Debug, Clone, Copy)]
pub struct Failing {
    /// A short name.
    pub name: &'static str,
    /// What a failing execution is reported as.
    pub kind: FindingKind,
    /// The clock that it takes to fail.
    pub clock: Clock,
    /// The program.
    pub run: fn(),
}

impl Failing {
    /// One that fails on the idle clock.
    const fn new(name: &'static str, kind: FindingKind, run: fn()) -> Failing {
        Failing { name, kind, clock: Clock::Idle, run }
    }

    /// The same on the elastic clock.
    const fn elastic(self) -> Failing {
        Failing { clock: Clock::Elastic, ..self }
    }

    /// A checker that finds the failure: the random walk, with the clock that it takes.
    #[track_caller]
    pub fn checker(&self) -> Checker {
        let checker = Checker::new().name(self.name).strategy(Strategy::Random).schedules(100_000);
        // Only a livelock has many steps.
        checker.clock(self.clock).max_steps(20_000)
    }
}

/// The themes.
const THEMES: [&[Failing]; 5] = [memory::ALL, locks::ALL, channels::ALL, go::ALL, classics::ALL];

/// All programs.
pub fn all() -> impl Iterator<Item = &'static Failing> {
    THEMES.into_iter().flatten()
}

/// Runs `body` in so many tasks, with their numbers, and waits for them.
fn in_tasks(count: usize, body: impl Fn(usize) + Send + Sync + 'static) {
    let body = reweave::sync::Arc::new(body);
    let tasks: Vec<_> = (0..count)
        .map(|number| {
            let body = reweave::sync::Arc::clone(&body);
            reweave::thread::spawn(move || body(number))
        })
        .collect();
    tasks.into_iter().for_each(|task| task.join().unwrap());
}
