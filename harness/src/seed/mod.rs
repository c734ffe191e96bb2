//! Findings in a form that lasts: tokens for one line of a log, and files under `seeds/`.

pub(crate) mod align;
mod error;
mod file;
pub(crate) mod fingerprint;
pub(crate) mod store;
mod text;
mod token;
mod trace;

pub use error::SeedError;
pub(crate) use file::SeedFile;
pub use token::TokenError;
pub(crate) use token::{Form, Token, fnv};
pub(crate) use trace::{Mark, Trace, Who};
