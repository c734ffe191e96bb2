//! Go's vocabulary, for designs that come from Go: goroutines, channels and `select`, and what stands beside them in the packages
//! `sync`, `time` and `context`, `golang.org/x/sync/errgroup` and `golang.org/x/sync/semaphore`.
//!
//! Everything means what Go's documentation says it means, misuse included: the same panics, with the same words. Inside an execution
//! goroutines are tasks, every operation is a step that is scheduled, explored and replayed, and time is virtual. Outside, and
//! without the feature `sim`, goroutines are threads, over the same implementation.
//!
//! ```
//! use reweave::go;
//! use reweave::time::Duration;
//!
//! fn search(context: &go::Context, query: &'static str) -> Result<String, go::Error> {
//!     let answers = go::Chan::new(2);
//!     for replica in ["left", "right"] {
//!         let answers = answers.clone();
//!         go::spawn(move || answers.send(format!("{query} from {replica}")));
//!     }
//!     go::select! {
//!         recv(answers) -> answer => Ok(answer.expect("nobody closes it")),
//!         recv(context.done()) => Err(context.err().expect("it is done").into()),
//!     }
//! }
//!
//! # #[cfg(feature = "sim")]
//! reweave::check(|| {
//!     let (context, cancel) = go::Context::background().with_timeout(Duration::from_secs(1));
//!     assert!(search(&context, "gophers").unwrap().starts_with("gophers from"));
//!     cancel.cancel();
//! });
//! ```
//!
//! (With `go::Chan::new(0)` there, the slower replica could never finish: a classic, which an exploration reports as a leak.)
//!
//! # From Go to Reweave
//!
//! | Go | here |
//! | --- | --- |
//! | `go f(x)` | `go::spawn(move \|\| f(x))` |
//! | `defer func() { r := recover(); … }()` | `match go::recover(\|\| …) { … }` |
//! | `make(chan T)`, `make(chan T, n)`, `var c chan T` | `go::Chan::new(0)`, `go::Chan::new(n)`, `go::Chan::nil()` |
//! | `c <- v`, `v := <-c`, `v, ok := <-c` | `c.send(v)`, `c.recv().unwrap_or_default()`, `c.recv()` |
//! | `for v := range c { … }` | `for v in &c { … }` |
//! | `close(c)`, `len(c)`, `cap(c)` | `c.close()`, `c.len()`, `c.cap()` |
//! | `chan<- T`, `<-chan T` | [`SendChan<T>`](SendChan), [`RecvChan<T>`](RecvChan) |
//! | `select { case v := <-a: … case b <- w: … default: … }` | `go::select! { recv(a) -> v => …, send(b, w) => …, default => … }` |
//! | `var wg sync.WaitGroup`, `wg.Add(1)`, `wg.Done()`, `wg.Wait()`, `wg.Go(f)` | [`WaitGroup`]: `new`, `add`, `done`, `wait`, `go` |
//! | `var once sync.Once`, `once.Do(f)` | [`Once`]: `new`, `do_once` |
//! | `sync.Mutex`, `sync.RWMutex`, `sync.Cond`, `sync/atomic` | [`crate::sync`] |
//! | `time.NewTimer(d)`, `t.C`, `t.Stop()`, `t.Reset(d)` | [`Timer`]: `new`, `c`, `stop`, `reset` |
//! | `time.NewTicker(d)`, `time.Tick(d)` | [`Ticker`], [`tick`] |
//! | `time.After(d)`, `time.AfterFunc(d, f)` | [`after`], [`after_func`] |
//! | `time.Sleep(d)`, `time.Now()` | [`crate::thread::sleep`], [`crate::time::Instant::now`] |
//! | `context.Background()`, `context.WithCancel(ctx)`, `context.WithTimeout(ctx, d)` … | [`Context`]: `background`, `with_cancel`, `with_timeout` … |
//! | `ctx.Done()`, `ctx.Err()`, `context.Cause(ctx)`, `ctx.Value(key)` | `ctx.done()`, `ctx.err()`, `ctx.cause()`, `ctx.value(&key)` |
//! | `errgroup.WithContext(ctx)`, `g.Go(f)`, `g.Wait()` | [`ErrGroup`]: `with_context`, `go`, `wait` |
//! | `semaphore.NewWeighted(n)`, `s.Acquire(ctx, n)` | [`Semaphore`]: `new`, `acquire` |
//! | `error`, `errors.New("…")`, `errors.Is(err, context.Canceled)` | [`Error`], `go::Error::new("…")`, `err.is(go::ContextError::Canceled)` |
//!
//! # What is different
//!
//! - *Everything is a handle.* In Go one passes a channel, or a pointer to a `WaitGroup`; here one passes a clone.
//! - *Leaks are failures.* Go ends with `main`; an execution goes on until every goroutine has ended, and a goroutine that never can is
//!   reported with where it was started, what it waits for and what would release it. A timer that is still running is no
//!   failure: time passes only for those who wait for it.
//! - *A zero value that was sent and the end of a channel* are told apart: [`Chan::recv`] returns an `Option`.
//! - *`break` in a [`select!`](crate::go::select)* is that of the loop around it.
//! - *Objects stay where they were made*, in an execution or outside: using them on the other side is an error that names both.
//! - *Data races* on plain memory are no concern here: Rust has none. Where Go's race detector would say that `Add` and `Wait` of a
//!   `WaitGroup` race, only the schedules in which that makes a difference fail.
//!
//! Outside executions a goroutine is a thread of the operating system, and so is every armed [`after_func`] and every context with a
//! deadline. All operations take one lock of the process: this is for tests and tools, and not what to build a server on.

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
