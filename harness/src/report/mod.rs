//! Findings made visible.

mod backtrace;
mod command;
mod fold;
mod lanes;
mod place;
mod style;
pub(crate) mod text;
mod width;

pub use style::TextOptions;
