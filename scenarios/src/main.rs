//! Explores the gallery: every component has to survive, every twin has to be caught.
//!
//! `cargo run --release` prints a table of what came of each program; `cargo run --release -- --help` says what else there is.

use std::process::ExitCode;

#[cfg(feature = "sim")]
mod command;

#[cfg(feature = "sim")]
fn main() -> ExitCode {
    command::main()
}

#[cfg(not(feature = "sim"))]
fn main() -> ExitCode {
    eprintln!("built without the feature `sim`, so there is nothing to explore with");
    ExitCode::from(2)
}
