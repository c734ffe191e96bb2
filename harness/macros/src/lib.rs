//! The attribute macro `#[reweave::test]`.
//!
//! The crate has no dependencies, because it is compiled in every test build of its users: it reads
//! tokens by hand (`tokens`). It reads two things, the arguments (`args`, by the table in
//! `arguments`, with values checked in `value`) and the function (`function`), and writes one, the
//! test (`expand`). Whatever is wrong becomes a `compile_error!` at the token that is wrong
//! (`error`), and all that is wrong with a test is reported at once.

mod args;
mod arguments;
mod error;
mod expand;
mod function;
mod literal;
mod near_miss;
mod tokens;
mod value;

use proc_macro::TokenStream;

/// Makes a function a test whose interleavings are explored.
///
/// The attribute stands in place of the standard `#[test]`. The function takes no parameters and
/// returns nothing or a `Result<(), E>`. Its name, its visibility and its other attributes
/// (`#[ignore]`, `#[should_panic]`, `#[cfg]`, documentation …) stay as they are. Its body runs once
/// for every schedule that is explored.
///
/// The expansion names the library `::reweave`, so the dependency must not be renamed.
///
/// # Arguments
///
/// Each argument is given at most once, as `name = literal`. All but `expect` are the methods of
/// `Checker` of the same name, and what is not given keeps the default that is documented there.
///
/// | argument | values | meaning |
/// | --- | --- | --- |
/// | `strategy` | `"auto"` (if not given), `"random"`, `"round_robin"`, `"exhaustive"`, `"bounded"` | who decides which task steps |
/// | `preemptions` | an integer from 0; 2 if not given | how many preemptions `"bounded"` allows |
/// | `schedules` | an integer from 1 | executions to run |
/// | `time_limit` | `"1500us"`, `"500ms"`, `"10s"`, `"2m"`, `"1h"` | wall time for the whole exploration |
/// | `seed` | an integer from 0 | where random choices start |
/// | `max_steps` | an integer from 1 | steps after which an execution counts as a livelock |
/// | `workers` | an integer from 1 | OS threads that explore |
/// | `stack_size` | an integer from 16384 | bytes of stack for each task |
/// | `clock` | `"idle"`, `"elastic"` | when virtual time may advance |
/// | `spurious_wakeups` | `true`, `false` | whether waiting may end without a notification |
/// | `allow_leaks` | `true`, `false` | whether tasks may be left behind |
/// | `keep_going` | `true`, `false` | whether to look for more after the first finding |
/// | `expect` | `"panic"`, `"deadlock"`, `"leak"`, `"data_race"`, `"livelock"`, `"starvation"`, `"nondeterminism"`, `"stuck"` | the finding without which the test fails |
///
/// Integers are written as in Rust without a suffix: `10_000`, `0x2a`.
///
/// # Errors
///
/// An argument that is unknown, repeated or has a wrong value is a compile error that says what is
/// allowed. So is a function that is `async`, `const`, `unsafe`, `extern` or generic or has
/// parameters, and another test attribute below this one. (One above it has expanded before and
/// cannot be seen; the test would then run twice.)
///
/// # Examples
///
/// ```
/// #[reweave::test]
/// fn transfers_keep_the_total() {
///     // spawn, lock, join, assert
/// }
///
/// #[reweave::test(strategy = "random", schedules = 10_000, time_limit = "10s", expect = "deadlock")]
/// fn crossed_locks_are_found() -> Result<(), std::io::Error> {
///     Ok(())
/// }
/// ```
#[proc_macro_attribute]
pub fn test(args: TokenStream, item: TokenStream) -> TokenStream {
    let (given, mut errors) = args::parse(args);
    let expansion = match function::parse(item.clone()) {
        // A wrong argument leaves a test made of the right ones, so that what only this test uses
        // is not reported as unused on top.
        Ok(function) => expand::test(function, given),
        Err(found) => {
            errors.extend(found);
            item
        }
    };
    let errors = errors.into_iter().map(error::Error::into_compile_error);
    errors.chain([expansion]).collect()
}
