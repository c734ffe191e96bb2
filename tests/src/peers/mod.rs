//! The peers: for each, the types over which programs are instantiated (`api`), and a driver that
//! runs a program under many schedules and collects the set of outcomes.
//!
//! An `api` is the peer's own `Mutex`, `spawn` and so on under std's names, with the two helpers
//! below; what a peer does not have is not in its `api`, and programs that need it are not
//! instantiated for it.

pub(crate) mod loom;
mod quiet;
pub(crate) mod reweave;
pub(crate) mod shuttle;
pub(crate) mod std;

use crate::{Coverage, Driver};

/// Real threads, run natively: a sample of what the operating system happens to do.
pub const STD: Driver =
    Driver { name: "std", coverage: Coverage::Sample, column: |program| &program.std, explore: std::explore_outcomes };

/// Reweave, at random.
pub const REWEAVE: Driver = Driver {
    name: "reweave",
    coverage: Coverage::Full,
    column: |program| &program.reweave,
    explore: reweave::explore_outcomes,
};

/// Shuttle, at random.
pub const SHUTTLE: Driver = Driver {
    name: "shuttle",
    coverage: Coverage::Full,
    column: |program| &program.shuttle,
    explore: shuttle::explore_outcomes,
};

/// Loom, exhaustively up to a bound.
pub const LOOM: Driver =
    Driver { name: "loom", coverage: Coverage::Full, column: |program| &program.loom, explore: loom::explore_outcomes };

/// The peers, in the order of the table's columns.
pub const PEERS: [Driver; 4] = [STD, REWEAVE, SHUTTLE, LOOM];

/// Defines, over the `Arc` and `thread` in scope, what programs start their tasks with.
macro_rules! tasks {
    () => {
        /// Starts a task over shared state.
        pub(crate) fn task<S, T>(shared: &Arc<S>, body: fn(&S) -> T) -> thread::JoinHandle<T>
        where
            S: Send + Sync + 'static,
            T: Send + 'static,
        {
            let shared = Arc::clone(shared);
            thread::spawn(move || body(&shared))
        }

        /// Runs two tasks over shared state to their ends.
        pub(crate) fn both<S, A, B>(shared: &Arc<S>, a: fn(&S) -> A, b: fn(&S) -> B) -> (A, B)
        where
            S: Send + Sync + 'static,
            A: Send + 'static,
            B: Send + 'static,
        {
            let (a, b) = (task(shared, a), task(shared, b));
            (a.join().unwrap(), b.join().unwrap())
        }
    };
}

use tasks;

/// The outcome of an execution that panicked: a deadlock, if the message is one by which shuttle or
/// loom report it, or else the panic's message.
fn outcome_of_panic(payload: &(dyn ::std::any::Any + Send)) -> crate::Outcome {
    let message = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("of an unknown type");
    if message.starts_with("deadlock") {
        "deadlock".to_owned()
    } else {
        format!("panic: {}", message.lines().next().unwrap_or_default())
    }
}
