//! Findings in a form that lasts: tokens for one line of a log, and files under `seeds/`.

mod file;
pub(crate) mod store;
mod token;

pub use file::SeedError;
pub(crate) use file::SeedFile;
pub use token::TokenError;
pub(crate) use token::{Form, Token};
